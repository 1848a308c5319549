"""Arithmetic: the first derivatives to read.

Each operation is a function and, right under it, the node that it leaves in the graph. The function is plain NumPy on
the arrays. The node's `backward` is the derivative: it gets ∂ℒ/∂(output) and returns ∂ℒ/∂(input) for each input. It is
written with tensors, not arrays, so that it can itself be recorded: the gradient of a gradient needs nothing more.

Three helpers stand before the arithmetic. `operands(x, y)` makes tensors of both, of a Python number too, and gives
these and their arrays, in one dtype; `number_in` puts a number into a dtype; `record(Node, array, *inputs, **saved)`
makes the result and, where an input requires grad, its node.

Read next: `elementwise.py`, then `reductions.py`.
"""

from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..recording import record
from ..tensor import Tensor
from .broadcasting import number_in, operands, sum_to_size


def add(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """z = x + α·y, element by element.

    >>> import minigrad as torch
    >>> torch.add(torch.tensor([1., 2.]), torch.tensor([10., 20.]), alpha=2)
    tensor([21., 42.])
    """
    input, other, x, y = operands(input, other)
    return record(AddBackward0, x + times(alpha, y, "add"), input, other, alpha=alpha)


def times(alpha: float, array: np.ndarray, op: str) -> np.ndarray:
    """α · y, with α in y's dtype. Raises: RuntimeError for a float α of integers."""
    if array.dtype.kind != "f" and isinstance(alpha, float):
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    return array if alpha == 1 else number_in(alpha, array.dtype, f"{op}(): argument 'alpha'") * array


class AddBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂z and ∂ℒ/∂y = ∂ℒ/∂z · α: a sum passes its gradient on to both.

    Saved: alpha, the α of the formula.
    """

    saves = ("alpha",)

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_other = self.needs_input_grad
        return (
            sum_to_size(grad, self.input_shape(0)) if needs_input else None,
            sum_to_size(scaled(grad, self._saved_alpha), self.input_shape(1)) if needs_other else None,
        )


def scaled(grad: Tensor, alpha: float) -> Tensor:
    """grad · α, and no operation at all for the usual α = 1."""
    return grad if alpha == 1 else mul_number(grad, alpha)


def sub(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """z = x − α·y, element by element."""
    check_no_bool(input, other)
    input, other, x, y = operands(input, other)
    return record(SubBackward0, x - times(alpha, y, "sub"), input, other, alpha=alpha)


def check_no_bool(*operands: Any) -> None:
    """Raises: NotImplementedError for bools, which have no difference."""
    are_bool = [isinstance(i, bool) or (isinstance(i, Tensor) and i.array.dtype == np.bool_) for i in operands]
    if all(are_bool):
        raise NotImplementedError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
        )
    if any(are_bool):
        raise NotImplementedError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
            "use the `~` or `logical_not()` operator instead."
        )


class SubBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂z and ∂ℒ/∂y = −∂ℒ/∂z · α.

    Saved: alpha, the α of the formula.
    """

    saves = ("alpha",)

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_other = self.needs_input_grad
        return (
            sum_to_size(grad, self.input_shape(0)) if needs_input else None,
            sum_to_size(scaled(-grad, self._saved_alpha), self.input_shape(1)) if needs_other else None,
        )


def rsub(input: Tensor, other: Any, *, alpha: float = 1) -> Tensor:
    """z = y − α·x: for a number y, what Python calls for `1 - x`."""
    check_no_bool(input, other)
    is_number = not isinstance(other, Tensor)
    input, other, x, y = operands(input, other)
    z = y - times(alpha, x, "rsub")
    if is_number:
        return record(RsubBackward1, z, input, alpha=alpha)
    return record(RsubBackward0, z, input, other, alpha=alpha)


class RsubBackward0(Node):
    """∂ℒ/∂x = −∂ℒ/∂z · α and ∂ℒ/∂y = ∂ℒ/∂z.

    Saved: alpha, the α of the formula.
    """

    saves = ("alpha",)

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_other = self.needs_input_grad
        return (
            sum_to_size(scaled(-grad, self._saved_alpha), self.input_shape(0)) if needs_input else None,
            sum_to_size(grad, self.input_shape(1)) if needs_other else None,
        )


class RsubBackward1(Node):
    """∂ℒ/∂x = −∂ℒ/∂z · α.

    Saved: alpha, the α of the formula.
    """

    saves = ("alpha",)

    def backward(self, grad: Tensor) -> Tensor:
        return scaled(-grad, self._saved_alpha)


def mul(input: Any, other: Any) -> Tensor:
    """z = x · y, element by element."""
    input, other, x, y = operands(input, other)
    return record(MulBackward0, x * y, input, other, other=other, self=input)


class MulBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂z · y and ∂ℒ/∂y = ∂ℒ/∂z · x: the slope along one factor is the other."""

    saves = ("self", "other")
    saved_for = {"self": 1, "other": 0}

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_other = self.needs_input_grad
        return (
            sum_to_size(grad * self._saved_other, self.input_shape(0)) if needs_input else None,
            sum_to_size(grad * self._saved_self, self.input_shape(1)) if needs_other else None,
        )


def mul_number(input: Tensor, other: float) -> Tensor:
    """z = x · a for a number a, which takes x's dtype: what torch's own formulas use. (`x * 2` is `mul`.)"""
    return record(MulBackward1, input.array * input.array.dtype.type(other), input, other=other)


class MulBackward1(Node):
    """∂ℒ/∂x = ∂ℒ/∂z · a.

    Saved: other, the number a.
    """

    saves = ("other",)

    def backward(self, grad: Tensor) -> Tensor:
        return mul_number(grad, self._saved_other)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """z = x / y, element by element; integers are divided as floats. rounding_mode: "trunc", towards 0, or "floor".

    Raises: RuntimeError for another mode, and for the whole quotient of integers by 0.

    >>> import minigrad as torch
    >>> torch.div(torch.tensor([-7., 7.]), 2, rounding_mode="floor")
    tensor([-4.,  3.])
    """
    input, other, x, y = operands(input, other)
    if rounding_mode is not None:
        saved = {"self": input, "other": other, "rounding_mode": rounding_mode}
        return record(DivBackward2, whole_quotient(x, y, rounding_mode), input, other, **saved)
    if x.dtype.kind != "f":
        x, y = as_default_float(input.array), as_default_float(other.array)  # each as it was: 256 is no uint8
    return record(DivBackward0, x / y, input, other, other=other, self=input)


class DivBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂z / y and ∂ℒ/∂y = −∂ℒ/∂z · (x/y)/y: the quotient rule, one factor at a time."""

    saves = ("self", "other")
    saved_for = {"self": 1}

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_other = self.needs_input_grad
        y = self._saved_other
        return (
            sum_to_size(grad / y, self.input_shape(0)) if needs_input else None,
            sum_to_size(-grad * ((self._saved_self / y) / y), self.input_shape(1)) if needs_other else None,
        )


def div_number(input: Tensor, other: float) -> Tensor:
    """z = x / a for a number a, which takes x's dtype: what torch's own formulas use. (`x / 2` is `div`.)"""
    return record(DivBackward1, input.array / input.array.dtype.type(other), input, other=other)


class DivBackward1(Node):
    """∂ℒ/∂x = ∂ℒ/∂z / a.

    Saved: other, the number a.
    """

    saves = ("other",)

    def backward(self, grad: Tensor) -> Tensor:
        return div_number(grad, self._saved_other)


def whole_quotient(x: np.ndarray, y: np.ndarray, rounding_mode: str) -> np.ndarray:
    """x / y rounded to a whole number of the same dtype. Raises: RuntimeError, as `div`."""
    if rounding_mode not in ("trunc", "floor"):
        raise RuntimeError(
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '" + rounding_mode + "'"
        )
    if x.dtype.kind == "f":
        return np.floor_divide(x, y) if rounding_mode == "floor" else np.trunc(x / y)
    check_no_bools(f"div_{rounding_mode}_cpu", x)
    if not y.all():
        raise RuntimeError("ZeroDivisionError")
    if rounding_mode == "floor":
        return np.floor_divide(x, y)
    return ((x - np.fmod(x, y)) // y).astype(x.dtype)  # what is left after the remainder divides evenly


def check_no_bools(kernel: str, x: np.ndarray) -> None:
    """Raises: NotImplementedError for bools. `kernel`: what torch calls its function for it."""
    if x.dtype == np.bool_:
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")


class DivBackward2(Node):
    """∂ℒ/∂x = 0 and ∂ℒ/∂y = 0: a staircase is flat."""

    saves = ("self", "other", "rounding_mode")
    saved_for = {"self": 1}

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        _ = self._saved_other  # torch reads it too, so a second backward raises
        needed = enumerate(self.needs_input_grad)
        return tuple(grad.new_zeros(self.input_shape(i)) if wanted else None for i, wanted in needed)


def floor_divide(input: Any, other: Any) -> Tensor:
    """z = ⌊x / y⌋, which is `x // y`. Torch has no derivative for it: its node raises. (`div` with "floor" has: 0.)"""
    input, other, x, y = operands(input, other)
    return without_derivative("floor_divide", whole_quotient(x, y, "floor"), input, other)


def without_derivative(op: str, array: np.ndarray, *inputs: Tensor) -> Tensor:
    """The result of an operation whose derivative torch does not know. Only inputs that require grad get an edge."""
    return record(NotImplemented_, array, *[tensor for tensor in inputs if tensor.requires_grad], op=op)


class NotImplemented_(Node):
    """No derivative: where one is asked for, this raises."""

    def backward(self, grad: Tensor) -> Tensor:
        raise RuntimeError(f"derivative for aten::{self.saved['op']} is not implemented")


NotImplemented_.__name__ = "NotImplemented"  # as torch names it; here that is Python's own
NotImplemented_.prefix = "torch::autograd::"


def remainder(input: Any, other: Any) -> Tensor:
    """z = x − ⌊x / y⌋ · y, which is `x % y`: what the division leaves over, with the sign of y.

    >>> import minigrad as torch
    >>> torch.tensor([-3, 3]) % 2
    tensor([1, 1])
    """
    of_number, by_number = not isinstance(input, Tensor), not isinstance(other, Tensor)
    input, other, x, y = operands(input, other)
    check_no_bools("remainder_cpu", x)
    if x.dtype.kind != "f" and not y.all():
        raise RuntimeError("ZeroDivisionError")
    z = np.remainder(x, y)
    if z.dtype.kind == "f":
        z = np.where(z == 0, np.copysign(z, x), z)  # a zero has the sign of x in torch, in NumPy that of y
    if of_number:
        return without_derivative("remainder", z, input, other)
    if by_number:
        return record(RemainderBackward0, z, input)
    return record(RemainderBackward1, z, input, other, self=input, other=other)


class RemainderBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂z: between its jumps the remainder rises as x does."""

    def backward(self, grad: Tensor) -> Tensor:
        return grad


class RemainderBackward1(Node):
    """∂ℒ/∂x = ∂ℒ/∂z and ∂ℒ/∂y = −∂ℒ/∂z · ⌊x / y⌋."""

    saves = ("self", "other")
    saved_for = {"self": 1, "other": 1}

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_other = self.needs_input_grad
        return (
            sum_to_size(grad, self.input_shape(0)) if needs_input else None,
            sum_to_size(-grad * self.quotient(), self.input_shape(1)) if needs_other else None,
        )

    def quotient(self) -> Tensor:
        """⌊x / y⌋."""
        return div(self._saved_self, self._saved_other, rounding_mode="floor")


def as_default_float(array: np.ndarray) -> np.ndarray:
    """Integers as floats of the default dtype: what torch does before a function whose values are not integers."""
    from_integers = array.dtype.kind != "f"
    return array.astype(dtypes.get_default_dtype().numpy) if from_integers else array


def neg(input: Tensor) -> Tensor:
    """y = −x."""
    if input.array.dtype == np.bool_:
        raise NotImplementedError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
            "the `~` or `logical_not()` operator instead."
        )
    return record(NegBackward0, -input.array, input)


class NegBackward0(Node):
    """∂ℒ/∂x = −∂ℒ/∂y."""

    def backward(self, grad: Tensor) -> Tensor:
        return -grad


def reciprocal(input: Tensor) -> Tensor:
    """y = 1 / x."""
    return record(ReciprocalBackward0, np.reciprocal(as_default_float(input.array)), input)


class ReciprocalBackward0(Node):
    """∂ℒ/∂x = −∂ℒ/∂y · y²: because d(1/x) = −dx/x², and 1/x is the output, which is kept.

    Saved: result, the y of the formula.
    """

    saves = ("result",)

    def backward(self, grad: Tensor) -> Tensor:
        return -grad * (self._saved_result * self._saved_result)
