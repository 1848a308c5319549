"""Average-pooling: each window becomes its mean.

It is linear, so its derivative is its adjoint: each mean shares its gradient evenly among the pixels it is made of.

Read next: `normalization.py`.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..autograd import Node
from ..recording import record
from ..tensor import Tensor
from .pooling import pad_to_fit, pooled_size
from .windows import Pair, scatter_windows, windows


class Windows(NamedTuple):
    """Which windows are averaged, and what their sums are divided by."""

    kernel_size: Pair
    stride: Pair
    padding: Pair
    ceil_mode: bool
    count_include_pad: bool  # whether the padding's zeros count as pixels
    divisor_override: int | None  # divide by this instead of the number of pixels


def avg_pool2d(input: Tensor, over: Windows) -> Tensor:
    """y = Σ x / n over each window. Shape: (*, C, H, W) -> (*, C, OH, OW).

    `nn.functional.avg_pool2d` has checked the arguments.
    """
    x = input.array.reshape(-1, *input.array.shape[-3:])  # one image is a batch of one
    output = output_of(x.shape[-2:], over)
    padded = pad_to_fit(x, output, over.kernel_size, over.stride, over.padding, (1, 1), 0)
    patches = windows(padded, over.kernel_size, over.stride, (1, 1))
    KH, KW = over.kernel_size
    total = patches[:, :, 0, 0].copy()  # (N, C, KH, KW, OH, OW) -> (N, C, OH, OW)
    for number in range(1, KH * KW):
        total += patches[:, :, number // KW, number % KW]
    y = (total / divisors(x.shape[-2:], over)).astype(x.dtype)
    return record(
        AvgPool2DBackward0, y.reshape(*input.array.shape[:-2], *output), input, self=input, **over._asdict()
    )  # fmt: skip


class AvgPool2DBackward0(Node):
    """∂ℒ/∂x = Σ ∂ℒ/∂y / n over the windows that contain x."""

    saves = ("self", *Windows._fields)

    def backward(self, grad: Tensor) -> Tensor:
        return avg_pool2d_backward(grad, self._saved_self, windows_of(self))


def windows_of(node: Node) -> Windows:
    """The windows that a node has saved."""
    return Windows(*[getattr(node, f"_saved_{name}") for name in Windows._fields])


def avg_pool2d_backward(grad_output: Tensor, input: Tensor, over: Windows) -> Tensor:
    """Each number shared evenly among the pixels of its window: the adjoint of `avg_pool2d`.

    Shape: (*, OH, OW), (*, H, W) -> (*, H, W).
    """
    shape = input.array.shape
    (C, H, W), (KH, KW), (SH, SW), (PH, PW) = shape[-3:], over.kernel_size, over.stride, over.padding
    OH, OW = grad_output.array.shape[-2:]
    shares = (grad_output.array / divisors((H, W), over)).astype(grad_output.array.dtype).reshape(-1, C, 1, 1, OH, OW)
    patches = np.broadcast_to(shares, (len(shares), C, KH, KW, OH, OW))
    reached = max(PH + H, (OH - 1) * SH + KH), max(PW + W, (OW - 1) * SW + KW)
    padded = scatter_windows(patches, reached, over.stride, (1, 1))
    planes = np.ascontiguousarray(padded[:, :, PH : PH + H, PW : PW + W])
    return record(
        AvgPool2DBackwardBackward0, planes.reshape(shape), grad_output, input, **over._asdict()
    )  # fmt: skip


class AvgPool2DBackwardBackward0(Node):
    """∂ℒ/∂g = avg_pool2d(∂ℒ/∂z): the adjoint of sharing evenly is averaging. ∂ℒ/∂x = 0."""

    saves = Windows._fields

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_grad, needs_input = self.needs_input_grad
        return (
            avg_pool2d(grad, windows_of(self)) if needs_grad else None,
            grad.new_zeros(grad.shape) if needs_input else None,
        )


def output_of(size: tuple[int, ...], over: Windows) -> Pair:
    """How many windows fit down and across."""
    return pooled_size(size, over.kernel_size, over.stride, over.padding, (1, 1), over.ceil_mode)


def divisors(size: tuple[int, ...], over: Windows) -> Any:
    """How many pixels each window has: (OH, OW). A window that reaches over the padding ends there."""
    if over.divisor_override is not None:
        return over.divisor_override
    counts = []
    axes = zip(size, output_of(size, over), over.kernel_size, over.stride, over.padding, strict=True)
    for n, count, kernel, stride, padding in axes:
        start = np.arange(count) * stride - padding
        end = np.minimum(start + kernel, n + padding)
        if not over.count_include_pad:
            start, end = np.maximum(start, 0), np.minimum(end, n)
        counts.append(end - start)
    return np.multiply.outer(*counts)


def adaptive_avg_pool2d(input: Tensor, output_size: Pair) -> Tensor:
    """The plane cut into so many regions, each of them averaged. Shape: (*, H, W) -> (*, OH, OW).

    Region i goes from ⌊i·H/OH⌋ up to ⌈(i+1)·H/OH⌉; neighbours overlap where OH does not divide H.
    """
    x = input.array
    y = np.empty((*x.shape[:-2], *output_size), x.dtype)
    for a, b, rows, columns in regions(x.shape[-2:], output_size):
        y[..., a, b] = x[..., rows, columns].mean((-2, -1))
    return record(AdaptiveAvgPool2DBackward0, y, input, self=input)


def regions(size: tuple[int, ...], output_size: Pair) -> Iterator[tuple[int, int, slice, slice]]:
    """Each region: its place in the output, its rows and its columns."""
    (H, W), (OH, OW) = size, output_size
    for a, b in np.ndindex(OH, OW):
        yield a, b, slice(a * H // OH, -(-(a + 1) * H // OH)), slice(b * W // OW, -(-(b + 1) * W // OW))


class AdaptiveAvgPool2DBackward0(Node):
    """∂ℒ/∂x = Σ ∂ℒ/∂y / n over the regions that x is in, n the pixels of each."""

    saves = ("self",)

    def backward(self, grad: Tensor) -> Tensor:
        return adaptive_avg_pool2d_backward(grad, self._saved_self)


def adaptive_avg_pool2d_backward(grad_output: Tensor, input: Tensor) -> Tensor:
    """Each number shared evenly among the pixels of its region: the adjoint of `adaptive_avg_pool2d`.

    Shape: (*, OH, OW), (*, H, W) -> (*, H, W).
    """
    OH, OW = grad_output.array.shape[-2:]
    if not OH or not OW:
        raise RuntimeError(
            "adaptive_avg_pool2d_backward(): Expected grad_output to have non-zero size for non-batch dimensions, but "
            f"grad_output has sizes {list(grad_output.array.shape)} with dimension "
            f"{grad_output.array.ndim - (1 if OH else 2)} being empty"
        )
    g = grad_output.array
    planes = np.zeros((*g.shape[:-2], *input.array.shape[-2:]), g.dtype)
    for a, b, rows, columns in regions(input.array.shape[-2:], (OH, OW)):
        n = (rows.stop - rows.start) * (columns.stop - columns.start)
        planes[..., rows, columns] += (g[..., a, b] / g.dtype.type(n))[..., None, None]
    return record(
        AdaptiveAvgPool2DBackwardBackward0, planes, grad_output, input, grad_output_sym_argsize_minus_2=OH,
        grad_output_sym_argsize_minus_1=OW,
    )  # fmt: skip


class AdaptiveAvgPool2DBackwardBackward0(Node):
    """∂ℒ/∂g = adaptive_avg_pool2d(∂ℒ/∂z). ∂ℒ/∂x = 0.

    Saved: grad_output_sym_argsize_minus_2, the height of the output; grad_output_sym_argsize_minus_1, its width.
    """

    saves = ("grad_output_sym_argsize_minus_2", "grad_output_sym_argsize_minus_1")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_grad, needs_input = self.needs_input_grad
        size = self._saved_grad_output_sym_argsize_minus_2, self._saved_grad_output_sym_argsize_minus_1
        return (
            adaptive_avg_pool2d(grad, size) if needs_grad else None,
            grad.new_zeros(grad.shape) if needs_input else None,
        )
