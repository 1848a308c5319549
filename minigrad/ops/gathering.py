"""Gather and scatter: one index per element, along one dimension. Reading and writing there are each other's adjoints.

    gather:  y[i, j] = x[index[i, j], j]            (dim = 0; for any dim, that coordinate comes from the index)
    scatter: y[index[i, j], j] = src[i, j]

Read next: `extrema.py`, which uses both.
"""

from typing import Any

import numpy as np

from ..autograd import Node
from ..dims import wrap_dim
from ..recording import record
from ..tensor import Tensor
from .broadcasting import number_in
from .inplace import check_apart, check_no_overlap


def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """y = x read at the index along the dimension; the other coordinates are those of y. Shape: that of the index.

    Raises: RuntimeError for an index out of range, of another dtype than int64, or of a shape that does not fit.

    >>> import minigrad as torch
    >>> torch.tensor([[1, 2], [3, 4]]).gather(1, torch.tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    dim = wrap_dim(dim, input.array.ndim)
    check_index("gather", input, dim, index)
    y = input.array.reshape(-1)[places_along(input.array, dim, index.array)]
    return record(GatherBackward0, y, input, self=input, dim=dim, index=index, sparse_grad=sparse_grad)


class GatherBackward0(Node):
    """∂ℒ/∂x = Σ ∂ℒ/∂y over the places that read x: what was read twice gets both gradients."""

    saves = ("self", "dim", "index", "sparse_grad")

    def backward(self, grad: Tensor) -> Tensor:
        return scatter_add(grad.new_zeros(self._saved_self.array.shape), self._saved_dim, self._saved_index, grad)


def scatter(input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None) -> Tensor:
    """y = x, but the source's elements (or one number) at the places that the index names along the dimension.

    Raises: RuntimeError as `gather`, and for a source smaller than the index or of another dtype than x.

    >>> import minigrad as torch
    >>> torch.zeros(2, 3).scatter(1, torch.tensor([[2], [0]]), 5.)
    tensor([[0., 0., 5.],
            [5., 0., 0.]])
    """
    dim = wrap_dim(dim, input.array.ndim)
    written = input.array.copy()
    if not isinstance(src, Tensor):
        number = number_in(value if src is None else src, written.dtype)
        check_index("scatter", input, dim, index)
        written.reshape(-1)[places_along(written, dim, index.array)] = number
        return record(ScatterBackward1, written, input, dim=dim, index=index)
    check_source(input, dim, index, src)
    written.reshape(-1)[places_along(written, dim, index.array)] = first_part(src.array, index.array)
    return record(ScatterBackward0, written, input, src, dim=dim, index=index)


class ScatterBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y, but 0 where it was overwritten; ∂ℒ/∂src = ∂ℒ/∂y read where it was written."""

    saves = ("dim", "index")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_src = self.needs_input_grad
        dim, index = self._saved_dim, self._saved_index
        return (
            scatter(grad, dim, index, 0) if needs_input else None,
            gather(grad, dim, index) if needs_src else None,
        )


class ScatterBackward1(Node):
    """∂ℒ/∂x = ∂ℒ/∂y, but 0 where it was overwritten."""

    saves = ("dim", "index")

    def backward(self, grad: Tensor) -> Tensor:
        return scatter(grad, self._saved_dim, self._saved_index, 0)


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """As `scatter`, but the source is added to what is there; what meets at one place is summed."""
    dim = wrap_dim(dim, input.array.ndim)
    check_source(input, dim, index, src)
    total = input.array.copy()
    np.add.at(total.reshape(-1), places_along(total, dim, index.array), first_part(src.array, index.array))
    return record(ScatterAddBackward0, total, input, src, dim=dim, index=index)


class ScatterAddBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y; ∂ℒ/∂src = ∂ℒ/∂y read where it was added."""

    saves = ("dim", "index")
    saved_for = {"index": 1}

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_src = self.needs_input_grad
        return (
            grad if needs_input else None,
            gather(grad, self._saved_dim, self._saved_index) if needs_src else None,
        )


def places_along(x: np.ndarray, dim: int, index: np.ndarray) -> np.ndarray:
    """Where the index points in x laid out flat: its own coordinates, but for `dim` the number that it holds."""
    if not x.ndim or not index.ndim or not index.size:  # nothing to work out, or a single place in a single row
        return index.astype(np.int64)
    coordinates = list(np.ogrid[tuple(slice(n) for n in index.shape)])
    coordinates[dim] = index
    step, places = 1, np.zeros((), np.int64)
    for size, along in zip(reversed(x.shape), reversed(coordinates), strict=True):
        places = places + along * step
        step *= size
    return places


def first_part(source: np.ndarray, index: np.ndarray) -> np.ndarray:
    """The part of the source that the index speaks of: as long along each dimension."""
    if not index.size:
        return np.zeros(index.shape, source.dtype)
    if not index.ndim:
        return source.reshape(-1)[0]
    return source.reshape(source.shape or 1)[tuple(slice(n) for n in index.shape)]


def check_index(op: str, input: Tensor, dim: int, index: Tensor, src: Tensor | None = None) -> None:
    """Raises: RuntimeError, in torch's words, for an index (or a source) that does not fit."""
    whole, indices = input.array, index.array
    if not indices.size:
        return  # whatever it is, it names no place
    name = "input" if op == "gather" else "self"
    if indices.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"{op}(): Expected dtype int32/int64 for index")
    if max(whole.ndim, 1) != max(indices.ndim, 1):
        raise RuntimeError(f"Index tensor must have the same number of dimensions as {name} tensor")
    if src is not None:
        if src.array.ndim and all(n <= size for n, size in zip(indices.shape, src.array.shape, strict=False)):
            wrap_dim(indices.ndim - 1, src.array.ndim)
        if max(src.array.ndim, 1) != max(indices.ndim, 1):
            raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    sizes = list(zip(indices.shape, whole.shape, strict=False))
    too_long = [i for i, (n, size) in enumerate(sizes) if i != dim and n > size]
    bounds = f"no larger than self {list(whole.shape)} apart from dimension {dim}"
    bounds = f"xpected index {list(indices.shape)} to be {bounds}"
    if too_long and op == "gather":
        raise RuntimeError(f"Size does not match at dimension {too_long[0]} e{bounds}")
    if src is not None and any(n > size for n, size in zip(indices.shape, src.array.shape or (1,), strict=False)):
        raise RuntimeError(f"E{bounds} and to be no larger size than src {list(src.array.shape)}")
    if too_long:
        raise RuntimeError(f"E{bounds}")
    length = whole.shape[dim] if whole.ndim else 1
    outside = indices[(indices < 0) | (indices >= length)]
    if outside.size:
        raise RuntimeError(f"index {outside.flat[0]} is out of bounds for dimension {dim} with size {length}")


def check_source_apart(input: Tensor, dim: int, index: Tensor, src: Any = None, **_: Any) -> None:
    """What `scatter_` and `scatter_add_` refuse: what their twins refuse, and a source in the memory written to."""
    check_no_overlap(input)
    if isinstance(src, Tensor):
        check_source(input, wrap_dim(dim, input.array.ndim), index, src)
        check_apart(input, src)


def check_source(input: Tensor, dim: int, index: Tensor, src: Tensor) -> None:
    """Raises: RuntimeError, in torch's words, for an index or a source that does not fit."""
    if input.array.dtype != src.array.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    check_index("scatter", input, dim, index, src)
