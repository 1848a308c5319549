"""Choosing: each output is one of the inputs as it was. The gradient goes to the one that was chosen.

The others could move a little and nobody would notice, so their gradient is 0. All that torch had to decide is what
happens at a tie; the nodes below say what it decided.

Read next: `elementwise.py`.
"""

import warnings
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..memory import row_by_row
from ..recording import record, record_views
from ..tensor import Tensor, wrap
from .arithmetic import div_number
from .broadcasting import check_broadcast, check_tensor, number_in, operands, sum_to_size

UINT8_CONDITION = (
    "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future version of "
    "PyTorch. Use a boolean condition instead."
)


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """z = x where the condition holds, else y. Without x and y: the indices where it does, one tensor per dimension.

    >>> import minigrad as torch
    >>> torch.where(torch.tensor([True, False]), torch.tensor([1., 2.]), 0.)
    tensor([1., 0.])
    """
    if input is None and other is None:
        places = wrap(np.array(np.nonzero(np.atleast_1d(condition.array))).T)  # a row for each; the columns are views
        return record_views(WhereBackward0, list(places.array.T), places)
    if condition.array.dtype not in (np.bool_, np.uint8):
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{dtypes.CPP_NAMES[condition.dtype]}"
        )
    if condition.array.dtype == np.uint8:
        warnings.warn(UINT8_CONDITION, stacklevel=3)
    numbers = [value for value in (input, other) if not isinstance(value, Tensor)]
    input, other, x, y = operands(input, other)
    for number in numbers:
        number_in(number, x.dtype)  # raises for one that is too large
    check_broadcast(condition.array, x)
    check_broadcast(condition.array, y)
    return record(WhereBackward0, np.where(condition.array, x, y), input, other, condition=condition)


class WhereBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂z where x was taken, and ∂ℒ/∂y where y was: the one not taken had no influence."""

    saves = ("condition",)

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_other = self.needs_input_grad
        condition = self._saved_condition
        return (
            sum_to_size(where(condition, grad, 0.0), self.input_shape(0)) if needs_input else None,
            sum_to_size(where(condition, 0.0, grad), self.input_shape(1)) if needs_other else None,
        )


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """y = the value where the mask holds, else x; the value is a number or a 0-d tensor.

    >>> import minigrad as torch
    >>> torch.ones(2).masked_fill(torch.tensor([True, False]), 7.)
    tensor([7., 1.])
    """
    if mask.array.dtype != np.bool_:
        raise RuntimeError(
            f"masked_fill_ only supports boolean masks, but got mask with dtype {dtypes.CPP_TYPES[mask.dtype]}"
        )
    x = input.array
    check_broadcast(x, mask.array)
    if not isinstance(value, Tensor):
        filling = number_in(value, x.dtype)
        return record(MaskedFillBackward0, row_by_row(np.where(mask.array, filling, x)), input, mask=mask)
    if value.array.ndim:
        raise RuntimeError(
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value.array.ndim} dimension(s)."
        )
    filled = row_by_row(np.where(mask.array, value.array.astype(x.dtype), x))
    return record(MaskedFillBackward1, filled, input, value, mask=mask)


class MaskedFillBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y, but 0 where the mask holds: what was there is gone."""

    saves = ("mask",)

    def backward(self, grad: Tensor) -> Tensor:
        return sum_to_size(masked_fill(grad, self._saved_mask, 0), self.input_shape(0))


class MaskedFillBackward1(Node):
    """As MaskedFillBackward0, and ∂ℒ/∂value = Σ ∂ℒ/∂y where the mask holds: the one number went to all these places."""

    saves = ("mask",)

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_value = self.needs_input_grad
        mask = self._saved_mask
        return (
            sum_to_size(masked_fill(grad, mask, 0), self.input_shape(0)) if needs_input else None,
            where(mask, grad, 0.0).sum() if needs_value else None,
        )


def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """y = x, but at least min and at most max; numbers or tensors, either may be left out. Where min > max: max.

    >>> import minigrad as torch
    >>> torch.tensor([-2., 0.5, 3.]).clamp(0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if isinstance(min, Tensor) or isinstance(max, Tensor):
        return clamp_by_tensors(input, min, max)
    y = input.array
    for bound, apply in ((min, np.maximum), (max, np.minimum)):
        if bound is not None:
            _, _, y, limit = operands(wrap(y), bound)
            y = apply(number_in(bound, limit.dtype), y)  # of equals, 0 and −0, the second
    return record(ClampBackward1, y, input, self=input, min=min, max=max)


class ClampBackward1(Node):
    """∂ℒ/∂x = ∂ℒ/∂y where min < x < max; 0 where x was cut off, and at the limits themselves."""

    saves = ("self", "min", "max")

    def backward(self, grad: Tensor) -> Tensor:
        x, inside = self._saved_self.array, np.ones((), np.bool_)
        if self._saved_min is not None:
            inside = inside & (x > self._saved_min)
        if self._saved_max is not None:
            inside = inside & (x < self._saved_max)
        return where(wrap(inside), grad, 0.0)


def clamp_by_tensors(input: Tensor, min: Any, max: Any) -> Tensor:
    """`clamp` with a limit for each element; the three broadcast."""
    y = input.array
    for limit, apply in ((min, np.maximum), (max, np.minimum)):
        if limit is not None:
            if not isinstance(limit, Tensor):
                raise TypeError("clamp() received an invalid combination of arguments - min and max are of two kinds")
            _, _, y, bound = operands(wrap(y), limit)
            y = apply(y, bound)
    return record(ClampBackward0, y, input, min, max, self=input, min=min, max=max)


class ClampBackward0(Node):
    """∂ℒ/∂y goes to whichever of x, min and max was y; half to each where x is exactly at a limit."""

    saves = ("self", "min", "max")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        limits = (self._saved_self, self._saved_min, self._saved_max)
        x, low, high = (None if limit is None else limit.array for limit in limits)  # type: Any, Any, Any
        if high is None:
            return share(self, 0, grad, x < low, x == low), share(self, 1, grad, x > low, x == low), None
        if low is None:
            return share(self, 0, grad, x > high, x == high), None, share(self, 2, grad, x < high, x == high)
        crossed, ordered = low > high, low <= high  # if crossed, y = max, whatever x is; of nan neither is true
        low_won, high_won = (x < low) & ordered, ((x > high) & ordered) | crossed
        at_low, at_high = (x == low) & (low < high), (x == high) & (low < high)
        return (
            share(self, 0, grad, (x < low) | (x > high), at_low | at_high),
            share(self, 1, grad, ~(low_won | at_low), at_low),
            share(self, 2, grad, ~(high_won | at_high), at_high),
        )


def maximum(input: Tensor, other: Tensor) -> Tensor:
    """z = the larger of x and y, element by element; nan if one is nan.

    >>> import minigrad as torch
    >>> torch.maximum(torch.tensor([1., 5.]), torch.tensor([3., 2.]))
    tensor([3., 5.])
    """
    check_tensor("maximum", other)
    input, other, x, y = operands(input, other)
    return record(MaximumBackward0, np.maximum(x, y), input, other, self=input, other=other)


class MaximumBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂z where x > y, and ∂ℒ/∂y = ∂ℒ/∂z where y > x; half each at a tie."""

    saves = ("self", "other")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, y = self._saved_self.array, self._saved_other.array
        return share(self, 0, grad, x < y, x == y), share(self, 1, grad, x > y, x == y)


def minimum(input: Tensor, other: Tensor) -> Tensor:
    """z = the smaller of x and y, element by element; nan if one is nan."""
    check_tensor("minimum", other)
    input, other, x, y = operands(input, other)
    return record(MinimumBackward0, np.minimum(x, y), input, other, self=input, other=other)


class MinimumBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂z where x < y, and ∂ℒ/∂y = ∂ℒ/∂z where y < x; half each at a tie."""

    saves = ("self", "other")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, y = self._saved_self.array, self._saved_other.array
        return share(self, 0, grad, x > y, x == y), share(self, 1, grad, x < y, x == y)


def share(node: Node, index: int, grad: Tensor, lost: Any, tie: Any) -> Tensor | None:
    """One competitor's gradient: nothing where it lost, half at a tie, else all. (At nan nobody lost: all for both.)"""
    if not node.needs_input_grad[index]:
        return None
    halved = where(wrap(tie), div_number(grad, 2), grad)
    return sum_to_size(masked_fill(halved, wrap(lost), 0), node.input_shape(index))
