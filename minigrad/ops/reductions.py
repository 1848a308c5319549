"""Reductions: many numbers become one.

A sum treats all its terms alike, so each receives the whole gradient: its derivative is `expand`, the adjoint of
summing. A maximum listens to one of its inputs and sends the gradient there alone.

Read next: `shapes.py`.
"""

from collections import namedtuple
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..dims import wrap_dim, wrap_dims
from ..recording import record
from ..tensor import Tensor, wrap

add_up: Any = np.add.reduce  # np.sum itself, without the Python around it


class ValuesAndIndices(namedtuple("ValuesAndIndices", ["values", "indices"])):
    """The result of `max(dim)`: prints and unpacks as torch's."""

    def __repr__(self) -> str:
        return f"torch.return_types.max(\nvalues={self.values!r},\nindices={self.indices!r})"


Dims = int | tuple[int, ...] | list[int] | None


def sum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None) -> Tensor:
    """y = Σ x over the given dimensions, or over all. Integers and bools are counted in int64.

    Shape: (N, M) -> (N), with dim=1; (N, 1) with keepdim.

    >>> import minigrad as torch
    >>> torch.tensor([[1., 2.], [3., 4.]]).sum(1)
    tensor([3., 7.])
    """
    if dtype is not None:
        input = input.to(dtype)
    dims = all_if_empty(wrap_dims(dim, input.array.ndim), input)
    count_in = np.dtype(np.int64) if input.array.dtype.kind != "f" else input.array.dtype
    total = add_up(input.array, axis=axes(dims, input), keepdims=keepdim, dtype=count_in)
    if dim is None:
        return record(SumBackward0, total, input, self_sym_sizes=input.array.shape)
    return record(SumBackward1, total, input, self_sym_sizes=input.array.shape, dim=dims, keepdim=keepdim)


class SumBackward0(Node):
    """∂ℒ/∂xᵢ = ∂ℒ/∂y: every term counts once."""

    saves = ("self_sym_sizes",)

    def backward(self, grad: Tensor) -> Tensor:
        return grad.expand(self._saved_self_sym_sizes)


class SumBackward1(Node):
    """∂ℒ/∂xᵢ = ∂ℒ/∂y of the sum that xᵢ went into."""

    saves = ("self_sym_sizes", "dim", "keepdim")

    def backward(self, grad: Tensor) -> Tensor:
        return spread_out(grad, self._saved_self_sym_sizes, self._saved_dim, self._saved_keepdim)


def mean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None) -> Tensor:
    """y = Σ x / n over the given dimensions, or over all.

    Raises: NotImplementedError for integers, whose mean is no integer.
    """
    if dtype is not None:
        input = input.to(dtype)
    if input.array.dtype.kind != "f":
        raise NotImplementedError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: "
            + dtypes.CPP_NAMES[input.dtype]
        )
    dims = all_if_empty(wrap_dims(dim, input.array.ndim), input)
    count = number_of_terms(input.array.shape, dims)
    average = add_up(input.array, axis=axes(dims, input), keepdims=keepdim) / input.array.dtype.type(count)
    sizes = {"self_sym_sizes": input.array.shape, "self_sym_numel": input.array.size}
    if dim is None:
        return record(MeanBackward0, average, input, **sizes)
    return record(MeanBackward1, average, input, **sizes, dim=dims, keepdim=keepdim)


class MeanBackward0(Node):
    """∂ℒ/∂xᵢ = ∂ℒ/∂y / n: every term counts 1/n."""

    saves = ("self_sym_sizes", "self_sym_numel")

    def backward(self, grad: Tensor) -> Tensor:
        return grad.expand(self._saved_self_sym_sizes) / self._saved_self_sym_numel


class MeanBackward1(Node):
    """∂ℒ/∂xᵢ = ∂ℒ/∂y / n of the mean that xᵢ went into, a mean of n."""

    saves = ("self_sym_sizes", "self_sym_numel", "dim", "keepdim")

    def backward(self, grad: Tensor) -> Tensor:
        shape, dims = self._saved_self_sym_sizes, self._saved_dim
        return spread_out(grad, shape, dims, self._saved_keepdim) / number_of_terms(shape, dims)


def max(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The largest value; with `dim`, a pair: the largest values along it and the index of the first of each.

    nan is larger than everything.

    >>> import minigrad as torch
    >>> torch.tensor([[1., 5.], [7., 2.]]).max(1).indices
    tensor([1, 0])
    """
    if dim is None:
        if not input.array.size:
            raise RuntimeError(
                "max(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with "
                "the 'dim' argument."
            )
        return record(MaxBackward1, input.array.max(), input, self=input)
    dim = nonempty_dim("max()", input, dim)
    indices = np.argmax(input.array, axis=dim, keepdims=True) if input.array.ndim else np.zeros((), np.int64)
    values = np.take_along_axis(input.array, indices, dim) if input.array.ndim else input.array.copy()
    if not keepdim and input.array.ndim:
        values, indices = values.squeeze(dim), indices.squeeze(dim)
    where = wrap(indices)
    sizes = input.array.shape
    return ValuesAndIndices(
        record(MaxBackward0, values, input, self_sym_sizes=sizes, dim=dim, keepdim=keepdim, indices=where), where
    )


class MaxBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y at the place of the maximum, 0 elsewhere: the others could move a little and not be seen."""

    saves = ("self_sym_sizes", "dim", "keepdim", "indices")

    def backward(self, grad: Tensor) -> Tensor:
        dim, indices = self._saved_dim, self._saved_indices
        if self._saved_self_sym_sizes and not self._saved_keepdim:
            grad, indices = grad.unsqueeze(dim), wrap(np.expand_dims(indices.array, dim))
        taken = np.zeros(self._saved_self_sym_sizes, grad.array.dtype)
        if taken.ndim:
            np.put_along_axis(taken, indices.array, 1, dim)
        else:
            taken[...] = 1
        return grad * wrap(taken)


class MaxBackward1(Node):
    """∂ℒ/∂x = ∂ℒ/∂y shared evenly among the places that hold the maximum: torch's choice at a tie."""

    saves = ("self", "result")

    def backward(self, grad: Tensor) -> Tensor:
        x, y = self._saved_self.array, self._saved_result.array
        taken = np.isnan(x) if np.isnan(y) else x == y
        return grad * wrap(taken / x.dtype.type(taken.sum()))


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the first of the largest values: along a dimension, or of all in reading order.

    >>> import minigrad as torch
    >>> torch.tensor([[1., 5.], [7., 2.]]).argmax(1)
    tensor([1, 0])
    """
    if dim is None:
        if not input.array.size:
            raise IndexError("argmax(): Expected reduction dim to be specified for input.numel() == 0.")
        return wrap(np.argmax(input.array, keepdims=keepdim))
    dim = nonempty_dim("argmax()", input, dim)
    return wrap(np.argmax(input.array, axis=dim, keepdims=keepdim) if input.array.ndim else np.zeros((), np.int64))


def all(input: Tensor) -> Tensor:
    """Whether no element is 0 or False."""
    return wrap(np.all(input.array))


def any(input: Tensor) -> Tensor:
    """Whether some element is not 0 or False."""
    return wrap(np.any(input.array))


def nonempty_dim(op: str, input: Tensor, dim: int) -> int:
    """The dimension, counted from the front. Raises: IndexError if there is nothing along it to choose from."""
    dim = wrap_dim(dim, input.array.ndim)
    if input.array.ndim and not input.array.shape[dim]:
        raise IndexError(f"{op}: Expected reduction dim {dim} to have non-zero size.")
    return dim


def all_if_empty(dims: tuple[int, ...], input: Tensor) -> tuple[int, ...]:
    """The dims of a reduction: no dims means all of them."""
    return dims or tuple(range(input.array.ndim))


def axes(dims: tuple[int, ...], input: Tensor) -> Any:
    """The dims as NumPy's axis argument; a 0-d tensor has no axis to name."""
    return dims if input.array.ndim else None


def number_of_terms(shape: tuple[int, ...], dims: tuple[int, ...]) -> int:
    """How many elements go into each result of a reduction over these dims."""
    count = 1
    for dim in dims if shape else ():
        count *= shape[dim]
    return count


def spread_out(grad: Tensor, shape: tuple[int, ...], dims: tuple[int, ...], keepdim: bool) -> Tensor:
    """A reduction's gradient, handed to every element that went into it: removed dimensions put back, then expanded."""
    for dim in () if keepdim or not shape else sorted(dims):
        grad = grad.unsqueeze(dim)
    return grad.expand(shape)
