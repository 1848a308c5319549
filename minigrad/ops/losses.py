"""Losses: one number that says how wrong the network is.

Read next: `minigrad/methods.py`, which binds all these functions to `Tensor`; then `minigrad/nn/functional/`.
"""

import warnings
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..memory import empty_like
from ..recording import record
from ..tensor import Tensor, wrap
from .arithmetic import div_number, mul_number
from .broadcasting import sum_to_size
from .choosing import clamp

NONE, MEAN, SUM = 0, 1, 2  # torch's numbers for `reduction`
REDUCTIONS = {"none": NONE, "mean": MEAN, "sum": SUM}


def legacy_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction in today's words, where yesterday's two flags were used: torch warns, and obeys them."""
    if size_average is None and reduce is None:
        return reduction
    averages, reduces = (flag is None or bool(flag) for flag in (size_average, reduce))
    name = "none" if not reduces else "mean" if averages else "sum"
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


def reduced(terms: np.ndarray, reduction: int) -> np.ndarray:
    """The terms themselves, their mean (nan if there are none) or their sum."""
    if reduction == NONE:
        return terms
    total = np.add.reduce(terms, axis=None)
    return total / terms.dtype.type(terms.size) if reduction == MEAN else total


class MseLossBackward0(Node):
    """∂ℒ/∂x = ∂ℒ · 2(x − y)/n, and ∂ℒ/∂y the opposite: twice the error, shared among the n terms of the mean."""

    saves = ("self", "target", "reduction")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, y, reduction = self._saved_self, self._saved_target, self._saved_reduction
        needs_input, needs_target = self.needs_input_grad
        return (
            mse_loss_backward(grad, x, y, reduction) if needs_input else None,
            mse_loss_backward(grad, y, x, reduction) if needs_target else None,
        )


def mse_loss_backward(grad_output: Tensor, input: Tensor, target: Tensor, reduction: int) -> Tensor:
    """z = g · 2(x − y)/n."""
    z = (input.array - target.array) * (grad_output.array * mse_factor(input, reduction))
    return record(
        MseLossBackwardBackward0, z, grad_output, input, target, grad_output=grad_output, self=input, target=target,
        reduction=reduction,
    )  # fmt: skip


def mse_factor(input: Tensor, reduction: int) -> Any:
    """2/n for the mean, 2 otherwise; in the input's dtype."""
    n = input.array.size if reduction == MEAN and input.array.size else 1
    return input.array.dtype.type(2 / n)


class MseLossBackwardBackward0(Node):
    """∂ℒ/∂g = Σ ∂ℒ/∂z · 2(x − y)/n, ∂ℒ/∂x = ∂ℒ/∂z · 2g/n, and ∂ℒ/∂y the opposite."""

    saves = ("grad_output", "self", "target", "reduction")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_grad, needs_input, needs_target = self.needs_input_grad
        x, y, factor = self._saved_self, self._saved_target, mse_factor(self._saved_self, self._saved_reduction)
        grad_input = mul_number(grad * self._saved_grad_output, factor) if needs_input or needs_target else None
        return (
            sum_to_size(mul_number(grad * (x - y), factor), self.input_shape(0)) if needs_grad else None,
            grad_input if needs_input else None,
            -grad_input if needs_target else None,  # type: ignore[operator]
        )


def smooth_l1_loss(input: Tensor, target: Tensor, reduction: int, beta: float) -> Tensor:
    """ℓ = |x − y| − β/2, and near 0, where |x − y| < β, (x − y)²/2β: an absolute error without the kink.

    Shape: (*), (*) -> (), or (*) with reduction "none".
    Source: Girshick, Fast R-CNN (2015), equation 3, where β = 1.
    """
    if input.array.dtype.kind != "f":
        raise NotImplementedError(f"\"smooth_l1_cpu\" not implemented for '{dtypes.CPP_NAMES[input.dtype]}'")
    error = np.abs(input.array - target.array)
    terms = np.where(error < beta, error * error * (0.5 / beta), error - 0.5 * beta).astype(error.dtype)
    return record(
        SmoothL1LossBackward0, reduced(terms, reduction), input, target, self=input, target=target,
        reduction=reduction, beta=beta,
    )  # fmt: skip


class SmoothL1LossBackward0(Node):
    """∂ℓ/∂x = (x − y)/β, but no more than 1 and no less than −1; ∂ℓ/∂y the opposite."""

    saves = ("self", "target", "reduction", "beta")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, y = self._saved_self, self._saved_target
        share = 1 / max(x.array.size, 1) if self._saved_reduction == MEAN else 1
        needs_input, needs_target = self.needs_input_grad
        grad_input = mul_number(clamp(div_number(x - y, self._saved_beta), -1.0, 1.0) * grad, share)
        return grad_input if needs_input else None, -grad_input if needs_target else None


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: int = MEAN, ignore_index: int = -100
) -> Tensor:
    """ℒ = −Σ w[yₙ]·x[n, yₙ] / Σ w[yₙ]: of each row only the log-probability of its label counts, weighted by its class.

    Shape: x (N, C) or (C), labels y (N) or (), integers in [0, C) or ignore_index; or x (N, C, H, W), labels (N, H, W).
    w (C), 1 where it is None -> ().
    Raises: IndexError for a label out of range. `nn.functional.nll_loss` has checked the shapes.
    """
    x, labels = input.array, target.array.astype(np.int64)
    C = x.shape[1] if x.ndim > 1 else x.shape[0]
    counted = labels != ignore_index
    outside = labels[counted & ((labels < 0) | (labels >= C))]
    if outside.size:
        raise IndexError(f"Target {outside.flat[0]} is out of bounds.")
    label_weight = label_weights(x.dtype, labels, weight, ignore_index)
    terms = np.where(counted, -label_weight * read_labels(x, labels * counted), 0).astype(x.dtype)
    total_weight = np.add.reduce(label_weight, axis=None)
    if reduction == NONE:
        loss, total_weight = terms, total_weight * 0  # nobody divides by it
    else:
        loss = np.add.reduce(terms, axis=None) / (total_weight if reduction == MEAN else 1)
    return record(
        NllLoss2DBackward0 if x.ndim == 4 else NllLossBackward0, loss, input, self=input, target=target, weight=weight,
        reduction=reduction, ignore_index=ignore_index, total_weight=wrap(total_weight),
    )  # fmt: skip


def label_weights(dtype: np.dtype, labels: np.ndarray, weight: Tensor | None, ignore_index: int) -> np.ndarray:
    """The weight of each label's class; 0 for labels to ignore."""
    counted = labels != ignore_index
    return np.where(counted, 1 if weight is None else weight.array[labels * counted], 0).astype(dtype)


def read_labels(x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """x[n, yₙ, …] for each n and place: the score of the label. Shape: (N, C, *), (N, *) -> (N, *); (C), () -> ()."""
    if x.ndim == 1:
        return x[labels]
    return np.take_along_axis(x, np.expand_dims(labels, 1), 1).squeeze(1)


class NllLossBackward0(Node):
    """∂ℒ/∂x[n, c] = −∂ℒ · w[yₙ]/Σw at the label c = yₙ, 0 elsewhere: the loss reads only one number of each row.

    Saved: weight, the w of the formula; ignore_index, the label of rows that count nothing; total_weight, the Σw that
    the mean divided by.
    """

    saves = ("self", "target", "weight", "reduction", "ignore_index", "total_weight")

    def backward(self, grad: Tensor) -> Tensor:
        x, target, weight = self._saved_self, self._saved_target, self._saved_weight
        reduction, ignore_index = self._saved_reduction, self._saved_ignore_index
        labels = target.array.astype(np.int64)
        slope = -label_weights(x.array.dtype, labels, weight, ignore_index)
        if reduction == MEAN:
            slope = slope / self._saved_total_weight.array
        z = empty_like(x.array)
        if z.ndim == 4 and not z.flags.c_contiguous:
            raise RuntimeError("grad_input must be contiguous")
        z[...] = 0
        places = np.where(labels == ignore_index, 0, labels)
        values = np.where(labels == ignore_index, 0, slope * grad.array).astype(z.dtype)
        if z.ndim == 1:
            z[places] = values
        else:
            np.put_along_axis(z, np.expand_dims(places, 1), np.expand_dims(values, 1), 1)
        node = NllLoss2DBackwardBackward0 if z.ndim == 4 else NllLossBackwardBackward0
        return record(
            node, z, grad, x, target=target, weight=weight, reduction=reduction, ignore_index=ignore_index
        )  # fmt: skip


class NllLoss2DBackward0(NllLossBackward0):
    """The same for images of labels."""


class NllLossBackwardBackward0(Node):
    """∂ℒ/∂g = nll_loss(∂ℒ/∂z): writing at the labels is linear in g, and its adjoint reads at the labels. ∂ℒ/∂x = 0.

    Saved: weight, as for the loss; ignore_index, the label of rows that count nothing.
    """

    saves = ("target", "weight", "reduction", "ignore_index")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_grad, needs_input = self.needs_input_grad
        target, weight, reduction = self._saved_target, self._saved_weight, self._saved_reduction
        return (
            nll_loss(grad, target, weight, reduction, self._saved_ignore_index) if needs_grad else None,
            grad.new_zeros(grad.shape) if needs_input else None,
        )


class NllLoss2DBackwardBackward0(NllLossBackwardBackward0):
    """The same for images of labels."""
