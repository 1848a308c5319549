"""Convolution: one small kernel, slid over the image, asked everywhere the same question.

    y[n, f, a, b] = bias[f] + Σ over c, i, j of  weight[f, c, i, j] · x[n, c, a·stride + i·dilation − padding, b·…]

(The kernel is not flipped: strictly this is cross-correlation.) With every patch of the image written as a column, the
sum over c, i, j is a matrix product, weight times columns.

Three functions, and each is the derivative of the other two. y is linear in x and linear in the weight, so ⟨g, y⟩, for
any gradient g, is one trilinear form of (g, x, weight); holding two of them fixed gives the slope along the third:

    conv2d(x, weight)          what the kernel sees                                 the slope along g
    conv2d_input(g, weight)    each output's gradient, spread over its patch        the slope along x
    conv2d_weight(g, x)        how strongly output and pixel went together          the slope along weight

Read next: `pooling.py`.
"""

from typing import NamedTuple

import numpy as np

from ..autograd import Node
from ..recording import record
from ..tensor import Tensor
from .windows import Pair, output_size, pad_planes, scatter_windows, windows


class Geometry(NamedTuple):
    """How the kernel moves, in pixels."""

    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int


def convolution(input: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry) -> Tensor:
    """y = weight ⋆ x + bias, whose arguments `nn.functional.conv2d` has checked.

    Shape: (N, C, H, W), (F, C/groups, KH, KW), (F) -> (N, F, OH, OW).
    """
    y = correlate(input.array, weight.array, geometry)
    if bias is not None:
        y += bias.array[:, None, None]
    return record(
        ConvolutionBackward0, y, input, weight, bias, input=input, weight=weight,
        bias_sym_sizes_opt=None if bias is None else bias.array.shape, stride=geometry.stride,
        padding=geometry.padding, dilation=geometry.dilation, groups=geometry.groups, transposed=False,
        output_padding=(0, 0),
    )  # fmt: skip


class ConvolutionBackward0(Node):
    """∂ℒ/∂x = conv2d_input(∂ℒ/∂y, weight); ∂ℒ/∂weight = conv2d_weight(∂ℒ/∂y, x); ∂ℒ/∂bias = Σ ∂ℒ/∂y over N, OH, OW.

    The first layer's x is the image, which needs no gradient: the most expensive of the three is then left out.
    """

    saves = (
        "input", "weight", "bias_sym_sizes_opt", "stride", "padding", "dilation", "groups", "transposed",
        "output_padding",
    )  # fmt: skip

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        geometry = Geometry(self._saved_stride, self._saved_padding, self._saved_dilation, self._saved_groups)
        x, weight = self._saved_input, self._saved_weight
        needs_input, needs_weight, needs_bias = self.needs_input_grad
        return (
            conv2d_input(grad, weight, x.array.shape, geometry) if needs_input else None,
            conv2d_weight(grad, x, weight.array.shape, geometry) if needs_weight else None,
            grad.sum((0, 2, 3)) if needs_bias else None,
        )


def conv2d_input(grad: Tensor, weight: Tensor, shape: tuple[int, ...], geometry: Geometry) -> Tensor:
    """Each output's gradient times the kernel, added to the patch it saw. Shape: (N, F, OH, OW) -> (N, C, H, W)."""
    grad_input = spread(grad.array, weight.array, shape, geometry)
    return record(Conv2dInputBackward, grad_input, grad, weight, grad=grad, weight=weight, geometry=geometry)


class Conv2dInputBackward(Node):
    """∂ℒ/∂g = conv2d(h, weight) and ∂ℒ/∂weight = conv2d_weight(g, h), for h the gradient that arrives, an image."""

    saves = ("grad", "weight", "geometry")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_grad, needs_weight = self.needs_input_grad
        weight, geometry = self._saved_weight, self._saved_geometry
        return (
            convolution(grad, weight, None, geometry) if needs_grad else None,
            conv2d_weight(self._saved_grad, grad, weight.array.shape, geometry) if needs_weight else None,
        )


def conv2d_weight(grad: Tensor, input: Tensor, shape: tuple[int, ...], geometry: Geometry) -> Tensor:
    """For each element of the kernel: Σ gradient · pixel over all the places where they met. Shape: (F, C, KH, KW)."""
    grad_weight = meet(grad.array, input.array, shape, geometry)
    return record(Conv2dWeightBackward, grad_weight, grad, input, grad=grad, input=input, geometry=geometry)


class Conv2dWeightBackward(Node):
    """∂ℒ/∂g = conv2d(x, v) and ∂ℒ/∂x = conv2d_input(g, v), for v the gradient that arrives, a kernel."""

    saves = ("grad", "input", "geometry")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_grad, needs_input = self.needs_input_grad
        x, geometry = self._saved_input, self._saved_geometry
        return (
            convolution(x, grad, None, geometry) if needs_grad else None,
            conv2d_input(self._saved_grad, grad, x.array.shape, geometry) if needs_input else None,
        )


# The three products on arrays. Channels come in groups that do not see each other: G is usually 1.


def columns(x: np.ndarray, kernel: Pair, geometry: Geometry) -> np.ndarray:
    """Every patch as a column. Shape: (N, C, H, W) -> (N, G, C/G·KH·KW, OH·OW)."""
    patches = windows(pad_planes(x, geometry.padding), kernel, geometry.stride, geometry.dilation)
    N, C, KH, KW, OH, OW = patches.shape
    return patches.reshape(N, geometry.groups, C // geometry.groups * KH * KW, OH * OW)


def rows(weight: np.ndarray, groups: int) -> np.ndarray:
    """Every kernel as a row. Shape: (F, C/G, KH, KW) -> (G, F/G, C/G·KH·KW)."""
    F, C, KH, KW = weight.shape
    return weight.reshape(groups, F // groups, C * KH * KW)


def correlate(x: np.ndarray, weight: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Kernels times patches. Shape: (N, C, H, W), (F, C/G, KH, KW) -> (N, F, OH, OW)."""
    N, C, H, W = x.shape
    F, _, KH, KW = weight.shape
    OH, OW = geometry_output(geometry, (H, W), (KH, KW))
    y = np.matmul(rows(weight, geometry.groups), columns(x, (KH, KW), geometry))  # (N, G, F/G, OH·OW)
    return y.reshape(N, F, OH, OW)


def spread(g: np.ndarray, weight: np.ndarray, shape: tuple[int, ...], geometry: Geometry) -> np.ndarray:
    """Kernelsᵀ times gradients, scattered to the pixels. Shape: (N, F, OH, OW), (F, C/G, KH, KW) -> (N, C, H, W)."""
    N, C, H, W = shape
    F, _, KH, KW = weight.shape
    OH, OW = g.shape[2:]
    (PH, PW), G = geometry.padding, geometry.groups
    patches = np.matmul(rows(weight, G).swapaxes(1, 2), g.reshape(N, G, F // G, OH * OW))
    patches = patches.reshape(N, C, KH, KW, OH, OW)
    padded = scatter_windows(patches, (H + 2 * PH, W + 2 * PW), geometry.stride, geometry.dilation)
    return padded[:, :, PH : PH + H, PW : PW + W]


def meet(g: np.ndarray, x: np.ndarray, shape: tuple[int, ...], geometry: Geometry) -> np.ndarray:
    """Gradients times patchesᵀ, summed over the batch. Shape: (N, F, OH, OW), (N, C, H, W) -> (F, C/G, KH, KW)."""
    N, F, OH, OW = g.shape
    G = geometry.groups
    patches = columns(x, (shape[2], shape[3]), geometry)  # (N, G, C/G·KH·KW, OH·OW)
    products = np.matmul(g.reshape(N, G, F // G, OH * OW), patches.swapaxes(2, 3))  # (N, G, F/G, C/G·KH·KW)
    return np.add.reduce(products).reshape(shape)


def geometry_output(geometry: Geometry, size: Pair, kernel: Pair) -> Pair:
    """The height and width of the output."""
    OH, OW = (
        output_size(n, k, s, p, d)
        for n, k, s, p, d in zip(size, kernel, geometry.stride, geometry.padding, geometry.dilation, strict=True)
    )
    return OH, OW
