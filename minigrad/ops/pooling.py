"""Max-pooling: each window keeps its largest pixel, and remembers which one it was.

Read next: `losses.py`.
"""

from functools import lru_cache

import numpy as np

from ..autograd import Node
from ..recording import record
from ..tensor import Tensor, wrap
from .windows import Pair, output_size, parts, seen_by


def max_pool2d_with_indices(
    input: Tensor, kernel_size: Pair, stride: Pair, padding: Pair, dilation: Pair, ceil_mode: bool
) -> tuple[Tensor, Tensor]:
    """The largest pixel of each window, and its index in the plane, counted in reading order.

    The first of equals wins; nan is larger than everything. The border of the padding is −∞: it never wins.
    Shape: (N, C, H, W) -> (N, C, OH, OW), twice. `nn.functional.max_pool2d` has checked the arguments.
    """
    x = input.array.reshape(-1, *input.array.shape[-3:])  # one image is a batch of one
    values, indices = largest(x, kernel_size, stride, padding, dilation, ceil_mode)
    shape = (*input.array.shape[:-2], *values.shape[-2:])
    values, where = values.reshape(shape), wrap(indices.reshape(shape))
    output = record(
        MaxPool2DWithIndicesBackward0, values, input, self=input, result1=where, kernel_size=kernel_size,
        stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode,
    )  # fmt: skip
    return output, where


class MaxPool2DWithIndicesBackward0(Node):
    """∂ℒ/∂x = Σ ∂ℒ/∂y over the windows that chose x: the pixels that were not the largest had no influence.

    Saved: result1, the index of each window's largest pixel; kernel_size and dilation, to see whether windows overlap.
    """

    saves = ("self", "result1", "kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def backward(self, grad: Tensor) -> Tensor:
        KH, KW = self._saved_kernel_size
        SH, SW = self._saved_stride
        disjoint = SH >= KH and SW >= KW and self._saved_dilation == (1, 1)  # then no pixel is chosen twice
        return scatter_planes(grad, self._saved_result1, self._saved_self, disjoint)


def scatter_planes(grad: Tensor, indices: Tensor, like: Tensor, disjoint: bool) -> Tensor:
    """Each number added at its index in a plane of zeros: the adjoint of `gather_planes`.

    Shape: (*, OH, OW), (*, OH, OW) -> (*, H, W).
    """
    shape = like.array.shape
    H, W = shape[-2:]
    places = flat_places(indices.array, H * W)
    if disjoint:
        planes = np.zeros(shape, grad.array.dtype)
        planes.reshape(-1)[places] = grad.array
    else:
        size = int(np.prod(shape))
        planes = np.bincount(places.reshape(-1), grad.array.reshape(-1), size).astype(grad.array.dtype).reshape(shape)
    return record(
        MaxPool2DWithIndicesBackwardBackward0, planes, grad, like, indices=indices, disjoint=disjoint
    )  # fmt: skip


class MaxPool2DWithIndicesBackwardBackward0(Node):
    """∂ℒ/∂g = ∂ℒ/∂y, read at the indices: the adjoint of scattering is gathering. ∂ℒ/∂x = 0."""

    saves = ("indices", "disjoint")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_grad, needs_input = self.needs_input_grad
        return (
            gather_planes(grad, self._saved_indices, self._saved_disjoint) if needs_grad else None,
            grad.new_zeros(grad.shape) if needs_input else None,
        )


def gather_planes(input: Tensor, indices: Tensor, disjoint: bool) -> Tensor:
    """The number at each index of a plane. Shape: (*, H, W), (*, OH, OW) -> (*, OH, OW)."""
    H, W = input.array.shape[-2:]
    values = input.array.reshape(-1)[flat_places(indices.array, H * W)]
    return record(GatherPlanesBackward, values, input, self=input, indices=indices, disjoint=disjoint)


class GatherPlanesBackward(Node):
    """∂ℒ/∂x = ∂ℒ/∂y, scattered to the indices."""

    saves = ("self", "indices", "disjoint")

    def backward(self, grad: Tensor) -> Tensor:
        return scatter_planes(grad, self._saved_indices, self._saved_self, self._saved_disjoint)


def flat_places(indices: np.ndarray, plane: int) -> np.ndarray:
    """Indices within planes of this many pixels as indices into all the planes, laid end to end."""
    OH, OW = indices.shape[-2:]
    by_plane = indices.reshape(-1, OH * OW)
    return (by_plane + plane * np.arange(len(by_plane))[:, None]).reshape(indices.shape)


def largest(
    x: np.ndarray, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, ceil_mode: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The values and indices of max-pooling, a few images at a time: what is looked at again is still in the cache."""
    output = pooled_size(x.shape[-2:], kernel, stride, padding, dilation, ceil_mode)
    values = np.empty((*x.shape[:2], *output), x.dtype)
    indices = np.empty(values.shape, np.int64)
    for part in parts(len(x), x[:1].nbytes):
        compete(x[part], values[part], indices[part], kernel, stride, padding, dilation)
    return values, indices


def compete(
    x: np.ndarray, values: np.ndarray, indices: np.ndarray, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair
) -> None:
    """Writes values and indices for some images: a running maximum over the kernel's elements.

    (Looking at one element of *all* the windows at a time makes long loops of NumPy's and a short one of Python's; and
    they are faster over what lies together, hence the copies.) Which element won is kept in one byte: a later winner
    has the larger number, so that this is a maximum too. Only at the end does the number become a place in the plane.
    """
    (KH, KW), (H, W) = kernel, x.shape[-2:]
    output = OH, OW = values.shape[-2:]
    padded = pad_to_fit(x, output, kernel, stride, padding, dilation, lowest(x.dtype))
    has_nan = x.dtype.kind == "f" and bool(np.isnan(np.max(x, initial=0)))
    values[...] = seen_by(padded, 0, 0, output, stride, dilation)
    candidate = np.empty_like(values)
    winner = np.zeros(values.shape, np.uint8 if KH * KW <= 256 else np.int64)
    for number in range(1, KH * KW):
        candidate[...] = seen_by(padded, number // KW, number % KW, output, stride, dilation)
        better = candidate > values
        if has_nan:
            better |= np.isnan(candidate)  # a later nan replaces an earlier one, as in torch
        np.maximum(candidate, values, out=values)  # of equals, 0 and −0, the first one found
        np.maximum(winner, better * winner.dtype.type(number), out=winner)
    steps, corners = places(kernel, output, stride, padding, dilation, W)
    steps.take(winner, mode="clip", out=indices)
    indices += corners
    if padding != (0, 0):  # where all is −∞ nothing won, and the first pixel inside the image counts as chosen
        nothing = values == lowest(x.dtype)
        axes = zip((OH, OW), (H, W), stride, padding, dilation, strict=True)
        row, column = (first_inside(*axis) for axis in axes)
        np.copyto(indices, np.add.outer(row * W, column), where=nothing)


@lru_cache(maxsize=64)  # a network asks for the same few again and again
def places(
    kernel: Pair, output: Pair, stride: Pair, padding: Pair, dilation: Pair, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """How far into the plane each element of the kernel lies from its window's corner; and each window's corner.

    Shape: (KH·KW), (OH, OW).
    """
    (KH, KW), (DH, DW) = kernel, dilation
    down, across = (np.arange(n) * s - p for n, s, p in zip(output, stride, padding, strict=True))
    steps = np.add.outer(np.arange(KH) * DH * width, np.arange(KW) * DW).reshape(-1)
    return steps, np.add.outer(down * width, across)


def pooled_size(size: tuple[int, ...], kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, up: bool) -> Pair:
    """How many windows fit down and across; rounded up (ceil_mode) as long as the last one starts inside the image."""
    OH, OW = (
        output_size(n + (s - 1 if up else 0), k, s, p, d)
        for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    )
    if up and (OH - 1) * stride[0] >= size[0] + padding[0]:
        OH -= 1
    if up and (OW - 1) * stride[1] >= size[1] + padding[1]:
        OW -= 1
    return OH, OW


def pad_to_fit(
    x: np.ndarray, output: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, value: float
) -> np.ndarray:
    """The planes with the padding on the left, and on the right as much as this many windows reach, or less."""
    N, C, H, W = x.shape
    needed = tuple((o - 1) * s + d * (k - 1) + 1 for o, s, d, k in zip(output, stride, dilation, kernel, strict=True))
    (PH, PW), (NH, NW) = padding, needed
    if not PH and not PW and NH <= H and NW <= W:
        return x[:, :, :NH, :NW]
    padded = np.full((N, C, *needed), value, x.dtype)
    inside = x[:, :, : NH - PH, : NW - PW]
    padded[:, :, PH : PH + inside.shape[2], PW : PW + inside.shape[3]] = inside
    return padded


def first_inside(count: int, size: int, stride: int, padding: int, dilation: int) -> np.ndarray:
    """For each position along a dimension, the first pixel of the window that is not padding.

    A dilated window can step over the whole image and see no pixel. It is given the last one, where torch gives one
    behind the image, and in backward writes there.
    """
    start = np.arange(count) * stride - padding
    return np.minimum(np.where(start < 0, start % dilation, start), size - 1)


def lowest(dtype: np.dtype) -> float:
    """What loses to every number of this dtype."""
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min
