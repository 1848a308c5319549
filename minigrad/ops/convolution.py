"""Convolution: one small kernel, slid over the image, asked everywhere the same question.

    y[n, f, a, b] = bias[f] + Σ over c, i, j of  weight[f, c, i, j] · x[n, c, a·stride + i·dilation − padding, b·…]

(The kernel is not flipped: strictly this is cross-correlation.) With every patch of the image written as a column, the
sum over c, i, j is a matrix product, weight times columns.

Three products, and each is the derivative of the other two. y is linear in x and linear in the weight, so ⟨g, y⟩, for
any gradient g, is one trilinear form of (g, x, weight); holding two of them fixed gives the slope along the third:

    correlate(x, weight)    what the kernel sees                                 the slope along g
    spread(g, weight)       each output's gradient, spread over its patch        the slope along x
    meet(g, x)              how strongly output and pixel went together          the slope along weight

Read next: `pooling.py`.
"""

from typing import NamedTuple

import numpy as np

from ..autograd import Node
from ..recording import record, record_all
from ..tensor import Tensor
from .windows import Pair, output_size, pad_planes, parts, scatter_runs, scatter_windows, widen, windows


class Geometry(NamedTuple):
    """How the kernel moves, in pixels."""

    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int


def convolution(input: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry) -> Tensor:
    """y = weight ⋆ x + bias, whose arguments `nn.functional.conv2d` has checked.

    Shape: (N, C, H, W), (F, C/groups, KH, KW), (F) -> (N, F, OH, OW); of no channels torch makes none, (N, 0, OH, OW).
    """
    y = correlate(input.array, weight.array, geometry, None if bias is None else bias.array)
    if not input.array.shape[1]:
        y = y[:, :0]
    return record(
        ConvolutionBackward0, y, input, weight, bias, input=input, weight=weight,
        bias_sym_sizes_opt=(0,) if bias is None else bias.array.shape, stride=geometry.stride,
        padding=geometry.padding, dilation=geometry.dilation, groups=geometry.groups, transposed=False,
        output_padding=(0, 0),
    )  # fmt: skip


class ConvolutionBackward0(Node):
    """∂ℒ/∂x = Σ weight · ∂ℒ/∂y over all products in which a pixel x took part; ∂ℒ/∂weight = Σ x · ∂ℒ/∂y likewise.

    In full, for g = ∂ℒ/∂y: the forward pass is a sum of products,

    y[n,f,a,b] = bias[f] + Σ over c, i, j of weight[f,c,i,j] · x[n,c,p,q],

    where p = a·stride + i·dilation − padding, and q likewise of b and j. In a product the slope along one factor is the
    other one:

    ∂ℒ/∂x[n,c,p,q] = Σ over f and those a, b, i, j that lead to p, q of weight[f,c,i,j] · g[n,f,a,b]

    ∂ℒ/∂weight[f,c,i,j] = Σ over n, a, b of x[n,c,p,q] · g[n,f,a,b]

    ∂ℒ/∂bias[f] = Σ over n, a, b of g[n,f,a,b]

    (With groups, c runs over the channels of f's group. What lies outside the image is 0.) The first sum is `spread`,
    the second `meet`. For stride 1 without padding a = p − i, so the kernel is flipped: see the lesson `flipped-kernel`
    in `comparisons/lessons/`. The first layer's x is the image, which needs no gradient: the most expensive of the sums
    is then left out.

    Saved: bias_sym_sizes_opt, (0,) without a bias; transposed and output_padding, which only conv_transpose2d needs.
    """

    saves = (
        "input", "weight", "bias_sym_sizes_opt", "stride", "padding", "dilation", "groups", "transposed",
        "output_padding",
    )  # fmt: skip

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = self._saved_input, self._saved_weight
        return convolution_backward(grad, x, weight, geometry_of(self), self.needs_input_grad)


def geometry_of(node: Node) -> Geometry:
    """The geometry that a node has saved."""
    return Geometry(node._saved_stride, node._saved_padding, node._saved_dilation, node._saved_groups)


def convolution_backward(
    grad_output: Tensor, input: Tensor, weight: Tensor, geometry: Geometry, wanted: tuple[bool, ...]
) -> tuple[Tensor | None, ...]:
    """The gradients of `convolution` with respect to x, weight and bias, those that are wanted; None for the others."""
    g, x, w = grad_output.array, input.array, weight.array
    wants_input, wants_weight, wants_bias = wanted
    if not x.shape[1]:
        g = np.zeros((g.shape[0], w.shape[0], *g.shape[2:]), g.dtype)  # the filters that the output lacks
    results = (
        spread(g, w, x.shape, geometry) if wants_input else None,
        meet(g, x, w.shape, geometry) if wants_weight else None,
        np.add.reduce(g, axis=(0, 2, 3)) if wants_bias else None,
    )
    return record_all(
        ConvolutionBackwardBackward0, results, grad_output, input, weight, grad_output=grad_output, input=input,
        weight=weight, stride=geometry.stride, padding=geometry.padding, dilation=geometry.dilation,
        groups=geometry.groups, transposed=False, output_padding=(0, 0),
    )  # fmt: skip


class ConvolutionBackwardBackward0(Node):
    """∂ℒ/∂g = correlate(u, weight) + correlate(x, v) + c;  ∂ℒ/∂x = spread(g, v);  ∂ℒ/∂weight = meet(g, u).

    Here u, v, c = ∂ℒ/∂(grad_input), ∂ℒ/∂(grad_weight), ∂ℒ/∂(grad_bias): an image, a kernel and a bias.

    Saved: transposed and output_padding, which only conv_transpose2d needs.
    """

    saves = (
        "grad_output", "input", "weight", "stride", "padding", "dilation", "groups", "transposed", "output_padding",
    )  # fmt: skip

    def backward(self, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        u, v, c = grads
        g, x, weight, geometry = self._saved_grad_output, self._saved_input, self._saved_weight, geometry_of(self)
        needs_grad, needs_input, needs_weight = self.needs_input_grad
        grad_output = grad_input = grad_weight = None
        if needs_grad:
            terms = [convolution(u, weight, None, geometry)] if u is not None else []
            terms += [convolution(x, v, None, geometry)] if v is not None else []
            terms += [c.view(-1, 1, 1).expand(g.array.shape)] if c is not None else []
            grad_output = sum(terms[1:], terms[0])
        if needs_input and v is not None:
            grad_input = convolution_backward(g, x, v, geometry, (True, False, False))[0]
        if needs_weight and u is not None:
            grad_weight = convolution_backward(g, u, weight, geometry, (False, True, False))[1]
        return grad_output, grad_input, grad_weight


# The three products on arrays. Channels come in groups that do not see each other: G is usually 1. Images come a few at
# a time (n of the N), so that their columns, the largest array here by far, are still in the cache when they are used.


def columns(x: np.ndarray, kernel: Pair, geometry: Geometry) -> np.ndarray:
    """Every patch as a column. Shape: (n, C, H, W), padded -> (n, G, C/G·KH·KW, OH·OW)."""
    patches = windows(x, kernel, geometry.stride, geometry.dilation)
    n, C, KH, KW, OH, OW = patches.shape
    return patches.reshape(n, geometry.groups, C // geometry.groups * KH * KW, OH * OW)


def rows(weight: np.ndarray, groups: int) -> np.ndarray:
    """Every kernel as a row. Shape: (F, C/G, KH, KW) -> (G, F/G, C/G·KH·KW)."""
    F, C, KH, KW = weight.shape
    return weight.reshape(groups, F // groups, C * KH * KW)


def correlate(x: np.ndarray, weight: np.ndarray, geometry: Geometry, bias: np.ndarray | None = None) -> np.ndarray:
    """Kernels times patches, plus bias. Shape: (N, C, H, W), (F, C/G, KH, KW), (F) -> (N, F, OH, OW)."""
    N, C, H, W = x.shape
    F, _, KH, KW = weight.shape
    OH, OW = geometry_output(geometry, (H, W), (KH, KW))
    x, kernels = pad_planes(x, geometry.padding), rows(weight, geometry.groups)
    y = np.empty((N, geometry.groups, F // geometry.groups, OH * OW), x.dtype)
    for part in parts(N, C * KH * KW * OH * OW * x.itemsize):
        np.matmul(kernels, columns(x[part], (KH, KW), geometry), out=y[part])
        if bias is not None:
            y[part] += bias.reshape(geometry.groups, F // geometry.groups, 1)
    return y.reshape(N, F, OH, OW)


def spread(g: np.ndarray, weight: np.ndarray, shape: tuple[int, ...], geometry: Geometry) -> np.ndarray:
    """Kernelsᵀ times gradients, scattered to the pixels. Shape: (N, F, OH, OW), (F, C/G, KH, KW) -> (N, C, H, W)."""
    N, C, H, W = shape
    F, _, KH, KW = weight.shape
    (PH, PW), G = geometry.padding, geometry.groups
    size = H + 2 * PH, W + 2 * PW
    scatter = scatter_windows
    if geometry.stride == (1, 1) and np.isfinite(weight).all():  # else nan would come of the zeros that widen g
        g, scatter = widen(g, size[1]), scatter_runs  # OW is the image's width from here on
    OH, OW = g.shape[2:]
    g, kernels = g.reshape(N, G, F // G, OH * OW), rows(weight, G).swapaxes(1, 2)
    x = np.empty(shape, g.dtype)
    for part in parts(N, C * KH * KW * OH * OW * g.itemsize):
        patches = np.matmul(kernels, g[part])  # (n, G, C/G·KH·KW, OH·OW)
        padded = scatter(patches.reshape(len(patches), C, KH, KW, OH, OW), size, geometry.stride, geometry.dilation)
        x[part] = padded[:, :, PH : PH + H, PW : PW + W]
    return x


def meet(g: np.ndarray, x: np.ndarray, shape: tuple[int, ...], geometry: Geometry) -> np.ndarray:
    """Gradients times patchesᵀ, summed over the batch. Shape: (N, F, OH, OW), (N, C, H, W) -> (F, C/G, KH, KW)."""
    N, F, OH, OW = g.shape
    C, KH, KW, G = x.shape[1], *shape[2:], geometry.groups
    g, x = g.reshape(N, G, F // G, OH * OW), pad_planes(x, geometry.padding)
    weight = np.zeros((G, C // G * KH * KW, F // G), g.dtype)  # the transpose: its product is the faster one
    for part in parts(N, C * KH * KW * OH * OW * g.itemsize):
        patches = columns(x[part], (KH, KW), geometry)  # (n, G, C/G·KH·KW, OH·OW)
        weight += np.add.reduce(np.matmul(patches, g[part].swapaxes(2, 3)))
    return np.ascontiguousarray(weight.swapaxes(1, 2)).reshape(shape)


def geometry_output(geometry: Geometry, size: Pair, kernel: Pair) -> Pair:
    """The height and width of the output."""
    OH, OW = (
        output_size(n, k, s, p, d)
        for n, k, s, p, d in zip(size, kernel, geometry.stride, geometry.padding, geometry.dilation, strict=True)
    )
    return OH, OW
