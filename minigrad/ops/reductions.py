"""Reductions: many numbers become one.

A sum treats all its terms alike, so each receives the whole gradient: its derivative is `expand`, the adjoint of
summing. Every other reduction here is sums of something.

Read next: `extrema.py`.
"""

import builtins
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..dims import wrap_dims
from ..memory import row_by_row
from ..recording import record
from ..tensor import Tensor, wrap
from .arithmetic import as_default_float, div_number, mul_number
from .choosing import masked_fill

add_up: Any = np.add.reduce  # np.sum itself, without the Python around it
Dims = int | tuple[int, ...] | list[int] | None


def sum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None) -> Tensor:
    """y = Σ x over the given dimensions, or over all. Integers and bools are counted in int64.

    Shape: (N, M) -> (N), with dim=1; (N, 1) with keepdim.

    >>> import minigrad as torch
    >>> torch.tensor([[1., 2.], [3., 4.]]).sum(1)
    tensor([3., 7.])
    """
    x = input.array if dtype is None else input.array.astype(dtype.numpy)
    dims = all_if_empty(wrap_dims(dim, x.ndim), input)
    count_in = np.dtype(np.int64) if x.dtype.kind != "f" and dtype is None else x.dtype
    total = add_up(x, axis=axes(dims, input), keepdims=keepdim, dtype=count_in)
    if dim is None:
        return record(SumBackward0, total, input, self_sym_sizes=x.shape)
    named = wrap_dims(dim, x.ndim)
    return record(SumBackward1, row_by_row(total), input, self_sym_sizes=x.shape, dim=named, keepdim=keepdim)


class SumBackward0(Node):
    """∂ℒ/∂xᵢ = ∂ℒ/∂y: every term counts once."""

    saves = ("self_sym_sizes",)

    def backward(self, grad: Tensor) -> Tensor:
        return grad.expand(self._saved_self_sym_sizes)


class SumBackward1(Node):
    """∂ℒ/∂xᵢ = ∂ℒ/∂y of the sum that xᵢ went into."""

    saves = ("self_sym_sizes", "dim", "keepdim")

    def backward(self, grad: Tensor) -> Tensor:
        shape, dims = self._saved_self_sym_sizes, self._saved_dim
        return spread_out(grad, shape, dims or tuple(range(len(shape))), self._saved_keepdim)


def mean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None) -> Tensor:
    """y = Σ x / n over the given dimensions, or over all.

    Raises: NotImplementedError for integers, whose mean is no integer.
    """
    x = input.array if dtype is None else input.array.astype(dtype.numpy)
    if x.dtype.kind != "f":
        which = "Input dtype" if dtype is None else "Optional dtype"
        raise NotImplementedError(
            f"mean(): could not infer output dtype. {which} must be either a floating point or complex dtype. Got: "
            + dtypes.CPP_NAMES[dtype or input.dtype]
        )
    dims = all_if_empty(wrap_dims(dim, x.ndim), input)
    average = add_up(x, axis=axes(dims, input), keepdims=keepdim) / x.dtype.type(number_of_terms(x.shape, dims))
    sizes = {"self_sym_sizes": input.array.shape, "self_sym_numel": input.array.size}
    if dim is None:
        return record(MeanBackward0, average, input, **sizes)
    return record(MeanBackward1, row_by_row(average), input, **sizes, dim=wrap_dims(dim, x.ndim), keepdim=keepdim)


class MeanBackward0(Node):
    """∂ℒ/∂xᵢ = ∂ℒ/∂y / n: every term counts 1/n.

    Saved: self_sym_numel, the n of the formula.
    """

    saves = ("self_sym_sizes", "self_sym_numel")

    def backward(self, grad: Tensor) -> Tensor:
        return div_number(grad.expand(self._saved_self_sym_sizes), self._saved_self_sym_numel)


class MeanBackward1(Node):
    """∂ℒ/∂xᵢ = ∂ℒ/∂y / n of the mean that xᵢ went into, a mean of n.

    Saved: self_sym_numel, how many numbers x has.
    """

    saves = ("self_sym_sizes", "self_sym_numel", "dim", "keepdim")

    def backward(self, grad: Tensor) -> Tensor:
        shape, dims = self._saved_self_sym_sizes, self._saved_dim
        dims = dims or tuple(range(len(shape)))  # none named: all of them
        return div_number(spread_out(grad, shape, dims, self._saved_keepdim), number_of_terms(shape, dims))


def var(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:  # fmt: skip
    """y = Σ (x − x̄)² / (n − correction): the variance, over the given dimensions or over all.

    correction: 1 for the unbiased estimate from a sample (`unbiased`, the default), 0 for the mean square deviation.

    >>> import minigrad as torch
    >>> torch.tensor([1., 3.]).var(), torch.tensor([1., 3.]).var(correction=0)
    (tensor(2.), tensor(1.))
    """
    dims, correction, saved = variance_arguments("var", input, dim, unbiased, correction)
    spread = variance("var", input, dims, keepdim, correction)
    return record(VarBackward0, spread, input, self=input, keepdim=keepdim, **saved)


def std(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:  # fmt: skip
    """y = √(Σ (x − x̄)² / (n − correction)): the standard deviation, the root of `var`."""
    dims, correction, saved = variance_arguments("std", input, dim, unbiased, correction)
    root = np.sqrt(variance("std", input, dims, keepdim, correction))
    return record(StdBackward0, root, input, self=input, keepdim=keepdim, **saved)


def variance_arguments(
    op: str, input: Tensor, dim: Any, unbiased: bool | None, correction: float | None
) -> tuple[tuple[int, ...], float, dict[str, Any]]:
    """The dims and the correction in one form, and as torch's nodes save them."""
    if isinstance(dim, bool):  # var(unbiased)
        dim, unbiased = None, dim
    if input.array.dtype.kind != "f":
        raise RuntimeError("std and var only support floating point and complex dtypes")
    dims = all_if_empty(wrap_dims(dim, input.array.ndim), input)
    if correction is None and unbiased is not None:
        correction = int(unbiased)
    saved_dim = None if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    given = correction if correction is not None or dim is None else 1
    return dims, 1 if correction is None else correction, {"dim": saved_dim, "correction": given}


def variance(op: str, input: Tensor, dims: tuple[int, ...], keepdim: bool, correction: float) -> np.ndarray:
    """Σ (x − x̄)² / (n − correction), nan or infinite where that divides by 0."""
    x, count = input.array, number_of_terms(input.array.shape, dims)
    if count <= correction or not x.size:
        warnings.warn(
            f"{op}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor (input "
            "numel divided by output numel).",
            stacklevel=4,
        )
    deviation = x - add_up(x, axis=axes(dims, input), keepdims=True) / x.dtype.type(count)
    squares = add_up(deviation * deviation, axis=axes(dims, input), keepdims=keepdim)
    return row_by_row(squares) / x.dtype.type(builtins.max(count - correction, 0))


class VarBackward0(Node):
    """∂ℒ/∂xᵢ = ∂ℒ/∂y · 2 (xᵢ − x̄) / (n − correction). (That x̄ moves too cancels: the deviations sum to 0.)"""

    saves = ("self", "dim", "correction", "keepdim")

    def backward(self, grad: Tensor) -> Tensor:
        return variance_slope(self, grad)


class StdBackward0(Node):
    """∂ℒ/∂xᵢ = ∂ℒ/∂y / 2y · 2 (xᵢ − x̄) / (n − correction), from y² = var; 0 where y = 0.

    Saved: result, the y of the formula.
    """

    saves = ("self", "dim", "correction", "keepdim", "result")

    def backward(self, grad: Tensor) -> Tensor:
        y = self._saved_result
        return variance_slope(self, masked_fill(grad / mul_number(y, 2), wrap(y.array == 0), 0))


def variance_slope(node: Node, grad: Tensor) -> Tensor:
    """grad · 2 (x − x̄) / (n − correction), for a gradient of the variance."""
    x, dim = node._saved_self, node._saved_dim
    correction = 1 if node._saved_correction is None else node._saved_correction
    dims = all_if_empty(wrap_dims(dim, x.array.ndim), x)
    freedom = number_of_terms(x.array.shape, dims) - correction
    if (dim is None or not x.array.ndim) and freedom <= 0:  # torch's limit: infinite, where it is not 0/0
        return grad * wrap(np.where(x.array == x.mean().array, math.nan, math.inf).astype(x.array.dtype))
    factor = 2 / freedom if freedom else math.inf
    if dim is None:
        return mul_number(grad, factor) * (x - x.mean())
    grad = spread_out(grad, None, dims, node._saved_keepdim or not x.array.ndim)
    return mul_number(grad, factor) * (x - x.mean(dims, True))


def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """y = ln Σ eˣ over the given dimensions, in nats; the largest x is taken out first, so that nothing overflows.

    >>> import minigrad as torch
    >>> torch.tensor([0., 0.]).logsumexp(0)  # ln 2
    tensor(0.6931)
    """
    x = as_default_float(input.array)
    dims = all_if_empty(wrap_dims(dim, x.ndim), input)
    if not isinstance(dim, int) and not len(dim) and x.ndim and x.size and not keepdim:
        raise RuntimeError(f"output with shape [] doesn't match the broadcast shape {[1] * x.ndim}")  # torch's slip
    largest = np.max(x, axis=axes(dims, input), keepdims=True, initial=-np.inf)
    largest = np.where(np.isinf(largest), 0, largest).astype(x.dtype)
    total = np.log(add_up(np.exp(x - largest), axis=axes(dims, input), keepdims=True)) + largest
    if not keepdim and x.ndim:
        total = total.squeeze(dims)
    saved_dim = (dim,) if isinstance(dim, int) else tuple(dim)
    return record(LogsumexpBackward0, row_by_row(total), input, self=input, dim=saved_dim, keepdim=keepdim)


class LogsumexpBackward0(Node):
    """∂ℒ/∂xᵢ = ∂ℒ/∂y · eˣⁱ⁻ʸ: the softmax, each term's share of the sum.

    Saved: result, the y of the formula.
    """

    saves = ("self", "dim", "keepdim", "result")

    def backward(self, grad: Tensor) -> Tensor:
        x, y = self._saved_self, self._saved_result
        dims, keepdim = wrap_dims(self._saved_dim, x.array.ndim), self._saved_keepdim or not x.array.ndim
        grad, y = (spread_out(t, None, dims, keepdim) for t in (grad, y))
        return grad * (x - y).exp()


def norm(
    input: Tensor, p: Any = "fro", dim: Dims = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None
) -> Tensor:
    """y = (Σ |x|ᵖ)^(1/p) over the given dimensions, or over all; p = 2 (or "fro") is the length of the vector.

    >>> import minigrad as torch
    >>> torch.tensor([3., 4.]).norm(), torch.tensor([3., -4.]).norm(1), torch.tensor([3., -4.]).norm(float("inf"))
    (tensor(5.), tensor(7.), tensor(4.))
    """
    if dtype is not None:
        input = input.to(dtype)
    if input.array.dtype.kind != "f":
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            + dtypes.CPP_NAMES[input.dtype]
        )
    order = 2 if p in ("fro", None) else p
    x = np.abs(input.array)
    dims = all_if_empty(wrap_dims(dim, x.ndim), input)
    over = axes(dims, input)
    if order == math.inf or order == -math.inf:
        if not x.size and 0 in [x.shape[d] for d in dims]:
            raise RuntimeError(
                f"linalg.vector_norm cannot compute the {order} norm on an empty tensor because the operation does not "
                "have an identity"
            )
        y = (np.max if order > 0 else np.min)(x, axis=over, keepdims=keepdim)
    elif order == 0:
        y = add_up(x != 0, axis=over, keepdims=keepdim, dtype=x.dtype)
    elif order == 1:
        y = add_up(x, axis=over, keepdims=keepdim)
    elif order == 2:
        y = np.sqrt(add_up(x * x, axis=over, keepdims=keepdim))
    else:
        y = add_up(x**order, axis=over, keepdims=keepdim) ** (1 / order)
    saved_dim = None if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    y = row_by_row(y)
    return record(LinalgVectorNormBackward0, y, input, self=input, ord=order, dim=saved_dim, keepdim=keepdim)


class LinalgVectorNormBackward0(Node):
    """∂ℒ/∂xᵢ = ∂ℒ/∂y · sign(xᵢ) (|xᵢ| / y)ᵖ⁻¹, for p = 2 simply ∂ℒ/∂y · xᵢ/y; 0 where y = 0.

    For p = ∞ the largest alone count, and share the gradient; for p = 0 nothing does.

    Saved: ord, the p of the formula; result, its y.
    """

    saves = ("self", "ord", "dim", "keepdim", "result")

    def backward(self, grad: Tensor) -> Tensor | None:
        x, y, p = self._saved_self, self._saved_result, self._saved_ord
        dims = all_if_empty(wrap_dims(self._saved_dim, x.array.ndim), x)
        if self._saved_dim is not None:
            grad, y = (spread_out(t, None, dims, self._saved_keepdim or not x.array.ndim) for t in (grad, y))
        if p == 0:
            return None
        if p == 1:
            return grad * x.sign()
        if p == 2:
            return grad * masked_fill(x / y, wrap(y.array == 0), 0)
        if math.isinf(p):
            largest = wrap((np.abs(x.array) == y.array) | (np.isnan(x.array) & np.isnan(y.array)))
            count = largest.sum(dims, keepdim=True) if x.array.ndim else largest.sum()
            return grad / count * largest * x.sign()
        if p < 1:
            return x.sign() * masked_fill(x.abs() ** (p - 1), wrap(x.array == 0), 0) * grad * y ** (1 - p)
        share = masked_fill(grad / y ** (p - 1), wrap(y.array == 0), 0)
        return x.sign() * x.abs() ** (p - 1) * share if p < 2 else x * x.abs() ** (p - 2) * share


def all(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether no element is 0 or False: over the given dimensions, or over all."""
    return truth(np.all, input, dim, keepdim)


def any(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether some element is not 0 or False: over the given dimensions, or over all."""
    return truth(np.any, input, dim, keepdim)


def truth(quantifier: Callable[..., np.ndarray], input: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    """The answer as bool; of uint8, torch's bool of old, as uint8."""
    over = wrap_dims(dim, input.array.ndim) if input.array.ndim else None  # here no dims means none
    answer = row_by_row(quantifier(input.array, axis=over, keepdims=keepdim))
    return wrap(answer.astype(np.uint8) if input.array.dtype == np.uint8 else answer)


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


def spread_out(grad: Tensor, shape: tuple[int, ...] | None, dims: tuple[int, ...], keepdim: bool) -> Tensor:
    """A reduction's gradient, handed to every element that went into it: removed dimensions put back, then expanded.

    Without a shape it stays as it is: what follows broadcasts it.
    """
    for dim in () if keepdim or shape == () else sorted(dims):
        grad = grad.unsqueeze(dim)
    return grad if shape is None else grad.expand(shape)
