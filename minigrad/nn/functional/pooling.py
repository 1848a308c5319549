"""Max-pooling, its arguments checked in torch's words.

Read next: `dropout.py`.
"""

from typing import Any

import numpy as np

from ...ops import pooling
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
    kernel, step = pool_pair(kernel_size, "kernel_size"), pool_pair(stride or kernel_size, "stride")
    if stride == 0 or min(step) == 0:
        raise RuntimeError("stride should not be zero")
    pads, dilations = pool_pair(padding, "padding"), pool_pair(dilation, "dilation")
    check_pooling(input, kernel, step, pads, dilations, ceil_mode)
    output, indices = pooling.max_pool2d_with_indices(input, kernel, step, pads, dilations, ceil_mode)
    return (output, indices) if return_indices else output


def pool_pair(value: Ints, name: str) -> Pair:
    """One number or two. Raises: RuntimeError for any other count."""
    if isinstance(value, (tuple, list)) and len(value) not in (1, 2):
        raise RuntimeError(f"max_pool2d: {name} must either be a single int, or a tuple of two ints")
    return pair(value)


def check_pooling(input: Tensor, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, ceil_mode: bool) -> None:
    """Raises: RuntimeError, in torch's words, for arguments that make no pooling."""
    shape = input.array.shape
    if min(kernel) <= 0:
        raise RuntimeError(f"kernel size should be greater than zero, but got kH: {kernel[0]} kW: {kernel[1]}")
    if input.array.dtype == np.bool_:
        raise NotImplementedError("\"max_pool2d\" not implemented for 'Bool'")
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
