"""Losses: one number that says how wrong the network is.

Read next: `minigrad/methods.py`, which binds all these functions to `Tensor`; then `minigrad/nn/functional.py`.
"""

import warnings

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..recording import record
from ..tensor import Tensor, wrap

NONE, MEAN, SUM = 0, 1, 2  # torch's numbers for `reduction`
REDUCTIONS = {"none": NONE, "mean": MEAN, "sum": SUM}


def legacy_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction in today's words, where yesterday's two flags were used: torch warns, and obeys them."""
    if size_average is None and reduce is None:
        return reduction
    name = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{name}' instead.", stacklevel=3
    )
    return name


def reduction_number(reduction: str) -> int:
    """Raises: ValueError for anything but "none", "mean" and "sum"."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return REDUCTIONS[reduction]


def mse_loss(input: Tensor, target: Tensor, reduction: int = MEAN) -> Tensor:
    """ℒ = Σ (x − y)² / n: the mean squared error. Both of one shape; `nn.functional.mse_loss` broadcasts them.

    Shape: (*), (*) -> (), or (*) with reduction "none".
    """
    if input.array.dtype.kind != "f":
        raise NotImplementedError(f"\"mse_cpu\" not implemented for '{dtypes.CPP_NAMES[input.dtype]}'")
    squares = np.square(input.array - target.array)
    return record(
        MseLossBackward0, reduced(squares, reduction), input, target, self=input, target=target, reduction=reduction
    )  # fmt: skip


class MseLossBackward0(Node):
    """∂ℒ/∂x = ∂ℒ · 2(x − y)/n, and ∂ℒ/∂y the opposite: twice the error, shared among the n terms of the mean."""

    saves = ("self", "target", "reduction")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, y = self._saved_self, self._saved_target
        needs_input, needs_target = self.needs_input_grad
        factor = 2 / x.numel() if self._saved_reduction == MEAN and x.numel() else 2
        grad_input = (x - y) * (grad * factor)
        return grad_input if needs_input else None, -grad_input if needs_target else None


def reduced(terms: np.ndarray, reduction: int) -> np.ndarray:
    """The terms of a loss themselves, their mean or their sum; the mean of no terms is nan."""
    if reduction == NONE:
        return terms
    total = np.add.reduce(terms, axis=None)
    return total / terms.dtype.type(terms.size) if reduction == MEAN else total


def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None, reduction: int, ignore_index: int) -> Tensor:
    """ℒ = −Σₙ w[yₙ]·x[n, yₙ] / Σₙ w[yₙ]: minus the log-probability, in nats, that was given to the right class.

    Shape: x (N, C) or (C), labels y (N) or (), integers in [0, C) or ignore_index; w (C), 1 where it is None -> ().
    Raises: IndexError for a label out of range. `nn.functional.nll_loss` has checked the shapes.
    """
    x, y = input.array, target.array.astype(np.int64)
    if x.ndim == 1:
        x, y = x[None], y.reshape(1)
    N, C = x.shape
    counted = y != ignore_index
    outside = y[counted & ((y < 0) | (y >= C))]
    if outside.size:
        raise IndexError(f"Target {outside[0]} is out of bounds.")
    label_weight = np.where(counted, 1 if weight is None else weight.array[y * counted], 0).astype(x.dtype)
    terms = -label_weight * x[np.arange(N), y * counted]
    terms[~counted] = 0
    total_weight = label_weight.sum()
    if reduction == NONE:
        loss = terms.reshape(target.array.shape)
    else:
        loss = np.add.reduce(terms) / (total_weight if reduction == MEAN else 1)
    return record(
        NllLossBackward0, loss, input, self=input, target=target, weight=weight, reduction=reduction,
        ignore_index=ignore_index, total_weight=wrap(total_weight),
    )  # fmt: skip


class NllLossBackward0(Node):
    """∂ℒ/∂x[n, c] = −∂ℒ · w[yₙ]/Σw at the label c = yₙ, 0 elsewhere: the loss reads only one number of each row."""

    saves = ("self", "target", "weight", "reduction", "ignore_index", "total_weight")

    def backward(self, grad: Tensor) -> Tensor:
        x, labels, weight = self._saved_self, self._saved_target.array, self._saved_weight
        slope = np.zeros((labels.size, x.array.shape[-1]), x.array.dtype)
        counted = np.flatnonzero(labels != self._saved_ignore_index)
        chosen = labels.reshape(-1)[counted]
        share = self._saved_total_weight.array if self._saved_reduction == MEAN else 1
        slope[counted, chosen] = (-1 if weight is None else -weight.array[chosen]) / share
        if self._saved_reduction == NONE and x.array.ndim == 2:
            grad = grad.unsqueeze(1)
        return grad * wrap(slope.reshape(x.array.shape))
