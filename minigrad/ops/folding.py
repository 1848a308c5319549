"""Unfold and fold: the patches of an image as columns, and columns back into an image. Each is the other's derivative.

A convolution is a matrix product with the unfolded image: `weight.view(F, -1) @ unfold(x)`. (`convolution.py` does it
so, without a tensor in between.)

Read next: `pooling.py`.
"""

import numpy as np

from ..autograd import Node
from ..recording import record
from ..tensor import Tensor
from .windows import Pair, pad_planes, scatter_windows, windows


def im2col(input: Tensor, kernel_size: Pair, dilation: Pair, padding: Pair, stride: Pair) -> Tensor:
    """Every patch as a column. Shape: (*, C, H, W) -> (*, C·KH·KW, L), L patches in reading order.

    `nn.functional.unfold` has checked the arguments.
    """
    H, W = input.array.shape[-2:]
    batch = input.array if input.array.ndim == 4 else input.array[None]  # one image is a batch of one
    patches = windows(pad_planes(batch, padding), kernel_size, stride, dilation).copy()
    N, C, KH, KW, OH, OW = patches.shape
    columns = patches.reshape(*input.array.shape[:-3], C * KH * KW, OH * OW)
    return record(
        Im2ColBackward0, columns, input, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride,
        self_sym_argsize_minus_2=H, self_sym_argsize_minus_1=W,
    )  # fmt: skip


class Im2ColBackward0(Node):
    """∂ℒ/∂x = fold(∂ℒ/∂y): a pixel that stands in several columns gets all their gradients.

    Saved: self_sym_argsize_minus_2, the height of the image; self_sym_argsize_minus_1, its width.
    """

    saves = ("kernel_size", "dilation", "padding", "stride", "self_sym_argsize_minus_2", "self_sym_argsize_minus_1")

    def backward(self, grad: Tensor) -> Tensor:
        size = self._saved_self_sym_argsize_minus_2, self._saved_self_sym_argsize_minus_1
        return col2im(
            grad, size, self._saved_kernel_size, self._saved_dilation, self._saved_padding, self._saved_stride
        )  # fmt: skip


def col2im(
    input: Tensor, output_size: Pair, kernel_size: Pair, dilation: Pair, padding: Pair, stride: Pair
) -> Tensor:
    """Every column added to the patch it came from. Shape: (*, C·KH·KW, L) -> (*, C, H, W), of the output's size."""
    (H, W), (KH, KW), (PH, PW) = output_size, kernel_size, padding
    *batch, rows, _ = input.array.shape
    C = rows // (KH * KW)
    OH, OW = positions(output_size, kernel_size, dilation, padding, stride)
    patches = input.array.reshape(batch[0] if batch else 1, C, KH, KW, OH, OW)
    planes = scatter_windows(patches, (H + 2 * PH, W + 2 * PW), stride, dilation)
    image = np.ascontiguousarray(planes[:, :, PH : PH + H, PW : PW + W]).reshape(*batch, C, H, W)
    return record(
        Col2ImBackward0, image, input, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )  # fmt: skip


def positions(size: Pair, kernel_size: Pair, dilation: Pair, padding: Pair, stride: Pair) -> tuple[int, ...]:
    """How many patches there are down and across."""
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(size, kernel_size, dilation, padding, stride, strict=True)
    )


class Col2ImBackward0(Node):
    """∂ℒ/∂x = unfold(∂ℒ/∂y): each column's numbers all went to one patch, and read their gradients there."""

    saves = ("kernel_size", "dilation", "padding", "stride")

    def backward(self, grad: Tensor) -> Tensor:
        return im2col(grad, self._saved_kernel_size, self._saved_dilation, self._saved_padding, self._saved_stride)
