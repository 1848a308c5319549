"""Arithmetic: the first derivatives to read.

Each operation is a function and, right under it, the node that it leaves in the graph. The function is plain NumPy on
the arrays. The node's `backward` is the derivative: it gets ∂ℒ/∂(output) and returns ∂ℒ/∂(input) for each input. It is
written with tensors, not arrays, so that it can itself be recorded: the gradient of a gradient needs nothing more.

Read next: `elementwise.py`, then `reductions.py`.
"""

from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..recording import record
from ..tensor import Tensor, wrap
from .broadcasting import operands, sum_to_size


def add(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """z = x + α·y, element by element.

    >>> import minigrad as torch
    >>> torch.add(torch.tensor([1., 2.]), torch.tensor([10., 20.]), alpha=2)
    tensor([21., 42.])
    """
    input, other, x, y = operands(input, other)
    return record(AddBackward0, x + y if alpha == 1 else x + x.dtype.type(alpha) * y, input, other, alpha=alpha)


class AddBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂z and ∂ℒ/∂y = ∂ℒ/∂z · α: a sum passes its gradient on to both."""

    saves = ("alpha",)

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_other = self.needs_input_grad
        return (
            sum_to_size(grad, self.input_shape(0)) if needs_input else None,
            sum_to_size(scaled(grad, self._saved_alpha), self.input_shape(1)) if needs_other else None,
        )


def scaled(grad: Tensor, alpha: float) -> Tensor:
    """grad · α, and no operation at all for the usual α = 1."""
    return grad if alpha == 1 else grad * alpha


def sub(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """z = x − α·y, element by element."""
    both_bool = all(
        isinstance(i, bool) or (isinstance(i, Tensor) and i.array.dtype == np.bool_) for i in (input, other)
    )
    if not both_bool and any(isinstance(i, bool) or getattr(i, "dtype", None) is dtypes.bool_ for i in (input, other)):
        raise NotImplementedError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
            "use the `~` or `logical_not()` operator instead."
        )
    input, other, x, y = operands(input, other)
    if x.dtype == np.bool_:
        raise NotImplementedError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
        )
    return record(SubBackward0, x - y if alpha == 1 else x - x.dtype.type(alpha) * y, input, other, alpha=alpha)


class SubBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂z and ∂ℒ/∂y = −∂ℒ/∂z · α."""

    saves = ("alpha",)

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_other = self.needs_input_grad
        return (
            sum_to_size(grad, self.input_shape(0)) if needs_input else None,
            sum_to_size(scaled(-grad, self._saved_alpha), self.input_shape(1)) if needs_other else None,
        )


def rsub(input: Tensor, other: Any, *, alpha: float = 1) -> Tensor:
    """z = y − α·x for a number y: what Python calls for `1 - x`. (For a tensor y, `y - x` is `sub`.)"""
    input, _, x, y = operands(input, other)
    return record(RsubBackward1, y - x if alpha == 1 else y - x.dtype.type(alpha) * x, input, alpha=alpha)


class RsubBackward1(Node):
    """∂ℒ/∂x = −∂ℒ/∂z · α."""

    saves = ("alpha",)

    def backward(self, grad: Tensor) -> Tensor:
        return scaled(-grad, self._saved_alpha)


def mul(input: Any, other: Any) -> Tensor:
    """z = x · y, element by element."""
    input, other, x, y = operands(input, other)
    return record(MulBackward0, x * y, input, other, self=input, other=other)


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


def div(input: Any, other: Any) -> Tensor:
    """z = x / y, element by element; integers are divided as floats."""
    input, other, x, y = operands(input, other)
    if x.dtype.kind != "f":
        x, y = as_default_float(x), as_default_float(y)
    z = x / y
    return record(DivBackward0, z, input, other, self=input, other=other)


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
    return record(ReciprocalBackward0, 1 / as_default_float(input.array), input)


class ReciprocalBackward0(Node):
    """∂ℒ/∂x = −∂ℒ/∂y · y²: because d(1/x) = −dx/x², and 1/x is the output, which is kept."""

    saves = ("result",)

    def backward(self, grad: Tensor) -> Tensor:
        return -grad * (self._saved_result * self._saved_result)


def where(condition: Tensor, input: Any, other: Any) -> Tensor:
    """z = x where the condition holds, else y.

    >>> import minigrad as torch
    >>> torch.where(torch.tensor([True, False]), torch.tensor([1., 2.]), 0.)
    tensor([1., 0.])
    """
    input, other, x, y = operands(input, other)
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


def pow(input: Any, exponent: Any) -> Tensor:
    """z = x ** p, element by element. Three nodes, as in torch: a number as exponent, two tensors, a number as base.

    >>> import minigrad as torch
    >>> torch.tensor([1., 2., 3.]) ** 2
    tensor([1., 4., 9.])
    """
    base, power, x, p = operands(input, exponent)
    if x.dtype.kind == "i" and not isinstance(exponent, Tensor) and exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    z = np.power(x, p).astype(x.dtype, copy=False)  # of bools NumPy would make int8
    if not isinstance(exponent, Tensor):
        return record(PowBackward0, z, base, self=base, exponent=exponent)
    if not isinstance(input, Tensor):
        return record(PowBackward2, z, power, self=input, exponent=power)
    return record(PowBackward1, z, base, power, self=base, exponent=power)


class PowBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂z · p·xᵖ⁻¹; at p = 0 nothing depends on x, whatever x is."""

    saves = ("self", "exponent")

    def backward(self, grad: Tensor) -> Tensor:
        x, p = self._saved_self, self._saved_exponent
        return grad * 0 if p == 0 else grad * (p * x ** (p - 1))


class PowBackward1(Node):
    """∂ℒ/∂x = ∂ℒ/∂z · p·xᵖ⁻¹ and ∂ℒ/∂p = ∂ℒ/∂z · z·ln x; where p = 0 the first is 0, and 0⁰'s second is 0."""

    saves = ("self", "exponent", "result")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, p = self._saved_self, self._saved_exponent
        needs_input, needs_exponent = self.needs_input_grad
        grad_input = grad_exponent = None
        if needs_input:
            slope = where(p == 0, 0.0, p * x ** (p - 1))
            grad_input = sum_to_size(grad * slope, self.input_shape(0))
        if needs_exponent:
            grad_exponent = sum_to_size(grad * exponent_slope(x, p, self._saved_result), self.input_shape(1))
        return grad_input, grad_exponent


class PowBackward2(Node):
    """∂ℒ/∂p = ∂ℒ/∂z · z·ln x: aˣ grows by the factor ln a per step of x."""

    saves = ("self", "exponent", "result")

    def backward(self, grad: Tensor) -> Tensor:
        result = self._saved_result
        base = wrap(np.asarray(self._saved_self, result.array.dtype))
        return grad * exponent_slope(base, self._saved_exponent, result)


def exponent_slope(base: Tensor, exponent: Tensor, result: Tensor) -> Tensor:
    """∂(xᵖ)/∂p = xᵖ·ln x, with its limit 0 at x = 0, p ≥ 0."""
    return where((base == 0) & (exponent >= 0), 0.0, result * base.log())
