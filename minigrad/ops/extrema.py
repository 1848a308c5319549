"""Extrema: the largest and the smallest. They listen to one of their inputs, and send the gradient there alone.

Where several inputs are the largest torch decides in two ways: `max(dim)`, which names the place, gives the gradient to
that place; `max()` and `amax`, which do not, share it evenly among all of them.

Read next: `shapes.py`.
"""

from collections import namedtuple
from typing import Any

import numpy as np

from ..autograd import Node
from ..dims import wrap_dim, wrap_dims
from ..memory import row_by_row
from ..recording import record
from ..tensor import Tensor, wrap
from .choosing import masked_fill, maximum, minimum
from .gathering import scatter
from .reductions import Dims, all_if_empty, axes


class ValuesAndIndices(namedtuple("ValuesAndIndices", ["values", "indices"])):
    """A pair of results: prints and unpacks as torch's."""

    op = ""

    def __repr__(self) -> str:
        return f"torch.return_types.{self.op}(\nvalues={self.values!r},\nindices={self.indices!r})"


class MaxResult(ValuesAndIndices):
    """What `max(dim)` returns."""

    op = "max"


class MinResult(ValuesAndIndices):
    """What `min(dim)` returns."""

    op = "min"


def max(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest value; with `dim`, a pair: the largest values along it and the index of the first of each.

    nan is larger than everything. With a second tensor: `maximum`. The gradient goes to the largest; among equals it is
    shared evenly, but with `dim` the first gets it all (`MaxBackward1`, `MaxBackward0`).

    >>> import minigrad as torch
    >>> torch.tensor([[1., 5.], [7., 2.]]).max(1).indices
    tensor([1, 0])
    """
    if isinstance(dim, Tensor):
        return maximum(input, dim)
    if dim is None:
        check_nonempty("max()", input)
        return record(MaxBackward1, input.array.max(), input, self=input)
    return MaxResult(*extremum_along(input, dim, keepdim, "max()", np.argmax, MaxBackward0))


def min(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest value; with `dim`, a pair: the smallest values along it and the index of the first of each.

    nan is smaller than everything. With a second tensor: `minimum`.
    """
    if isinstance(dim, Tensor):
        return minimum(input, dim)
    if dim is None:
        check_nonempty("min()", input)
        return record(MinBackward1, input.array.min(), input, self=input)
    return MinResult(*extremum_along(input, dim, keepdim, "min()", np.argmin, MinBackward0))


def extremum_along(
    input: Tensor, dim: int, keepdim: bool, op: str, argextremum: Any, node: type[Node]
) -> tuple[Tensor, Tensor]:
    """The extreme values along a dimension and where each is."""
    x, dim = input.array, nonempty_dim(op, input, dim)
    if not x.ndim:
        values, indices = x.copy(), np.zeros((), np.int64)
    else:
        indices = argextremum(x, axis=dim, keepdims=True)
        values = np.take_along_axis(x, indices, dim)
        if not keepdim:
            values, indices = values.squeeze(dim), indices.squeeze(dim)
    where = wrap(indices)
    return record(node, values, input, self_sym_sizes=x.shape, dim=dim, keepdim=keepdim, indices=where), where


class MaxBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y at the place of the extremum, 0 elsewhere: the others could move a little and not be seen.

    Saved: indices, the places of the extrema.
    """

    saves = ("self_sym_sizes", "dim", "keepdim", "indices")

    def backward(self, grad: Tensor) -> Tensor:
        shape, dim, indices = self._saved_self_sym_sizes, self._saved_dim, self._saved_indices
        if shape and not self._saved_keepdim:
            grad, indices = grad.unsqueeze(dim), indices.unsqueeze(dim)
        return scatter(grad.new_zeros(shape), dim, indices, grad)


class MinBackward0(MaxBackward0):
    """The same for the smallest."""


class MaxBackward1(Node):
    """∂ℒ/∂x = ∂ℒ/∂y shared evenly among the places that hold the extremum: torch's choice at a tie.

    Saved: result, the extremum, to find the places that hold it.
    """

    saves = ("self", "result")

    def backward(self, grad: Tensor) -> Tensor:
        x, y = self._saved_self.array, self._saved_result.array
        taken = wrap(np.isnan(x) if np.isnan(y) else x == y)
        return masked_fill(grad.new_zeros(x.shape), taken, grad / taken.sum())


class MinBackward1(MaxBackward1):
    """The same for the smallest."""


def amax(input: Tensor, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """The largest values over one or several dimensions, or over all; where they are is not told.

    >>> import minigrad as torch
    >>> torch.tensor([[1., 5.], [7., 2.]]).amax((0, 1))
    tensor(7.)
    """
    return extremum_over(input, dim, keepdim, "amax()", np.max, AmaxBackward0)


def amin(input: Tensor, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """The smallest values over one or several dimensions, or over all."""
    return extremum_over(input, dim, keepdim, "amin()", np.min, AminBackward0)


def extremum_over(input: Tensor, dim: Dims, keepdim: bool, op: str, extremum: Any, node: type[Node]) -> Tensor:
    """The extreme values over the dimensions."""
    x = input.array
    dims = (dim,) if isinstance(dim, int) else tuple(dim or ())
    over = all_if_empty(wrap_dims(dims, x.ndim), input)
    for d in over if x.ndim else ():
        if not x.shape[d]:
            if not dims:
                raise RuntimeError(
                    f"{op}: Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
                    "with the 'dim' argument."
                )
            raise IndexError(f"{op}: Expected reduction dim {d} to have non-zero size.")
    y = row_by_row(extremum(x, axis=axes(over, input), keepdims=keepdim))
    return record(node, y, input, self=input, dim=dims, keepdim=keepdim)


class AmaxBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y shared evenly among the places of its group that hold the extremum.

    Saved: result, the extrema, to find the places that hold them.
    """

    saves = ("self", "dim", "keepdim", "result")

    def backward(self, grad: Tensor) -> Tensor:
        x, y = self._saved_self, self._saved_result
        kept = list(x.array.shape)
        over = all_if_empty(wrap_dims(self._saved_dim, x.array.ndim), x) if kept else ()
        for dim in over:
            kept[dim] = 1
        if not self._saved_keepdim and kept:
            grad, y = grad.view(kept), y.view(kept)
        taken = x.array == y.array
        count = taken.sum(axis=over if kept else None, keepdims=True)
        return grad / wrap(count) * wrap(taken)


class AminBackward0(AmaxBackward0):
    """The same for the smallest."""


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the first of the largest values: along a dimension, or of all in reading order.

    >>> import minigrad as torch
    >>> torch.tensor([[1., 5.], [7., 2.]]).argmax(1)
    tensor([1, 0])
    """
    return place_of_extremum(input, dim, keepdim, "argmax()", np.argmax)


def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the first of the smallest values: along a dimension, or of all in reading order."""
    return place_of_extremum(input, dim, keepdim, "argmin()", np.argmin)


def place_of_extremum(input: Tensor, dim: int | None, keepdim: bool, op: str, argextremum: Any) -> Tensor:
    """Where the extremum is."""
    if input.array.dtype == np.bool_:
        raise RuntimeError(f"{op}: does not support bool input")
    if dim is None:
        if not input.array.size:
            raise IndexError(f"{op}: Expected reduction dim to be specified for input.numel() == 0.")
        return wrap(argextremum(input.array, keepdims=keepdim))
    dim = nonempty_dim(op, input, dim)
    return wrap(argextremum(input.array, axis=dim, keepdims=keepdim) if input.array.ndim else np.zeros((), np.int64))


def nonempty_dim(op: str, input: Tensor, dim: int) -> int:
    """The dimension, counted from the front. Raises: IndexError if there is nothing along it to choose from."""
    dim = wrap_dim(dim, input.array.ndim)
    if input.array.ndim and not input.array.shape[dim]:
        raise IndexError(f"{op}: Expected reduction dim {dim} to have non-zero size.")
    return dim


def check_nonempty(op: str, input: Tensor) -> None:
    """Raises: RuntimeError if there is nothing to choose from."""
    if not input.array.size:
        raise RuntimeError(
            f"{op}: Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
            "'dim' argument."
        )
