"""Pooling by the maximum and by the mean, the arguments checked in torch's words.

Read next: `dropout.py`.
"""

from typing import Any

import numpy as np

from ... import dtypes
from ...dims import check_flag, integer
from ...ops import averaging, pooling
from ...ops.reductions import mean
from ...ops.windows import Pair, pair
from ...tensor import Tensor

Ints = int | tuple[int, ...]


def max_pool2d(
    input: Tensor, kernel_size: Ints, stride: Ints | None = None, padding: Ints = 0, dilation: Ints = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest pixel of each window; the stride is the kernel's size unless it is given.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C, OH, OW) or (C, OH, OW), OH as for `conv2d`, rounded up in ceil_mode.
    With `return_indices` also where each was: its index in its plane, in reading order.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.max_pool2d(torch.arange(16.).view(1, 1, 4, 4), 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    kernel, step, pads = pool_pairs("max_pool2d", kernel_size, stride, padding)
    dilations = pool_pair("max_pool2d", dilation, "dilation")
    check_pooling(input, kernel, step, pads, dilations, ceil_mode)
    if input.array.dtype == np.bool_:
        raise NotImplementedError("\"max_pool2d\" not implemented for 'Bool'")
    output, indices = pooling.max_pool2d_with_indices(input, kernel, step, pads, dilations, ceil_mode)
    return (output, indices) if return_indices else output


def avg_pool2d(
    input: Tensor, kernel_size: Ints, stride: Ints | None = None, padding: Ints = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """The mean of each window; the stride is the kernel's size unless it is given.

    The zeros of the padding count as pixels unless `count_include_pad` is false; `divisor_override` replaces the count.
    Shape: (N, C, H, W) or (C, H, W) -> (N, C, OH, OW) or (C, OH, OW), as for `max_pool2d`.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.avg_pool2d(torch.arange(16.).view(1, 1, 4, 4), 2)
    tensor([[[[ 2.5000,  4.5000],
              [10.5000, 12.5000]]]])
    """
    kernel, step, pads = pool_pairs("avg_pool2d", kernel_size, stride, padding)
    check_flag("count_include_pad", count_include_pad)
    divisor_override = None if divisor_override is None else integer(divisor_override, "divisor_override")
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    check_rank(input)
    check_pooling(input, kernel, step, pads, (1, 1), ceil_mode)
    if input.array.dtype.kind != "f" and input.array.dtype != np.int64:
        raise NotImplementedError(f"\"avg_pool2d\" not implemented for '{dtypes.CPP_NAMES[input.dtype]}'")
    over = averaging.Windows(kernel, step, pads, ceil_mode, count_include_pad, divisor_override)
    return averaging.avg_pool2d(input, over)


def check_rank(input: Tensor) -> None:
    """Raises: IndexError for a tensor without a dimension of channels, as torch does when it looks for that."""
    if input.array.ndim < 3:
        ndim = max(input.array.ndim, 1)
        raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got -3)")


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The mean over as many regions as are asked for, whatever the image's size; None keeps a size.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C, OH, OW) or (C, OH, OW), output_size (OH, OW) or one number for both.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.adaptive_avg_pool2d(torch.arange(6.).view(1, 1, 2, 3), (1, 2))  # the middle column is in both regions
    tensor([[[[2., 3.]]]])
    """
    shape = input.array.shape
    if isinstance(output_size, int):
        sizes: tuple[int, ...] = (output_size, output_size)
    elif len(shape) <= len(output_size):
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    else:
        kept = shape[len(shape) - len(output_size) :]
        sizes = tuple(old if new is None else new for old, new in zip(kept, output_size, strict=True))
    if len(sizes) != 2:
        raise RuntimeError("adaptive_avg_pool2d: output_size must be 2")
    if sizes == (1, 1):
        return mean(input, (-1, -2), keepdim=True)  # as torch computes it, and so its graph
    if min(sizes) < 0:
        raise RuntimeError(
            "adaptive_avg_pool2d: elements of output_size must be greater than or equal to 0 but received "
            f"{{{sizes[0]}, {sizes[1]}}}"
        )
    if len(shape) not in (3, 4):
        raise RuntimeError(f"adaptive_avg_pool2d(): Expected 3D or 4D tensor, but got {list(shape)}")
    for dim in (-2, -1):
        if not shape[dim]:
            raise RuntimeError(
                "adaptive_avg_pool2d(): Expected input to have non-zero size for non-batch dimensions, but input has "
                f"sizes {list(shape)} with dimension {len(shape) + dim} being empty"
            )
    if input.array.dtype.kind != "f":
        raise NotImplementedError(f"\"adaptive_avg_pool2d\" not implemented for '{dtypes.CPP_NAMES[input.dtype]}'")
    return averaging.adaptive_avg_pool2d(input, sizes)


def pool_pairs(op: str, kernel_size: Ints, stride: Ints | None, padding: Ints) -> tuple[Pair, Pair, Pair]:
    """All three as pairs. Raises: RuntimeError for a stride of 0."""
    kernel, step = pool_pair(op, kernel_size, "kernel_size"), pool_pair(op, stride or kernel_size, "stride")
    if stride == 0 or min(step) == 0:
        raise RuntimeError("stride should not be zero")
    return kernel, step, pool_pair(op, padding, "padding")


def pool_pair(op: str, value: Ints, name: str) -> Pair:
    """One number or two. Raises: RuntimeError for any other count."""
    if isinstance(value, (tuple, list)) and len(value) not in (1, 2):
        raise RuntimeError(f"{op}: {name} must either be a single int, or a tuple of two ints")
    return pair(value)


def check_pooling(input: Tensor, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, ceil_mode: bool) -> None:
    """Raises: RuntimeError for arguments that make no pooling, TypeError for a ceil_mode that is no bool."""
    check_flag("ceil_mode", ceil_mode)
    shape = input.array.shape
    if min(kernel) <= 0:
        raise RuntimeError(f"kernel size should be greater than zero, but got kH: {kernel[0]} kW: {kernel[1]}")
    if min(dilation) <= 0:
        raise RuntimeError(
            f"dilation should be greater than zero, but got dilationH: {dilation[0]} dilationW: {dilation[1]}"
        )  # fmt: skip
    if len(shape) not in (3, 4):
        raise RuntimeError("non-empty 3D or 4D (batch mode) tensor expected for input")
    if 0 in shape[-3:]:
        raise RuntimeError(
            f"Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:{list(shape)}"
        )
    for k, p, d in zip(kernel, padding, dilation, strict=True):
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if p > (d * (k - 1) + 1) // 2:
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={p}, "
                f"kernel_size={k} and dilation={d}"
            )
    OH, OW = pooling.pooled_size(shape[-2:], kernel, stride, padding, dilation, ceil_mode)
    if OH < 1 or OW < 1:
        C, H, W = shape[-3:]
        raise RuntimeError(
            f"Given input size: ({C}x{H}x{W}). Calculated output size: ({C}x{OH}x{OW}). Output size is too small"
        )
