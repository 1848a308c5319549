"""Functions of one element, and comparisons: y = f(x), so ∂ℒ/∂x = ∂ℒ/∂y · f′(x).

What a node keeps is whatever makes f′ cheapest: exp and sqrt keep their output, log and abs their input. A comparison
is a step function: flat wherever it has a slope at all, so it leaves no node.

Read next: `reductions.py`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..recording import record
from ..tensor import Tensor, wrap
from .arithmetic import as_default_float, check_no_bools, mul_number
from .broadcasting import check_broadcast, check_tensor, number_in, operands, sum_to_size
from .choosing import where


def exp(input: Tensor) -> Tensor:
    """y = eˣ, element by element. Shape: (*) -> (*).

    >>> import minigrad as torch
    >>> torch.exp(torch.tensor([0., 1.]))
    tensor([1.0000, 2.7183])
    """
    return record(ExpBackward0, np.exp(as_default_float(input.array)), input)


class ExpBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y · y: the exponential is its own derivative, so the output is all that is kept.

    Saved: result, the y of the formula.
    """

    saves = ("result",)

    def backward(self, grad: Tensor) -> Tensor:
        return grad * self._saved_result


def log(input: Tensor) -> Tensor:
    """y = ln x, in nats; −∞ at 0 and nan below."""
    return record(LogBackward0, np.log(as_default_float(input.array)), input, self=input)


class LogBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y / x."""

    saves = ("self",)

    def backward(self, grad: Tensor) -> Tensor:
        return grad / self._saved_self


def sqrt(input: Tensor) -> Tensor:
    """y = √x; nan below 0."""
    return record(SqrtBackward0, np.sqrt(as_default_float(input.array)), input)


class SqrtBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y / 2y: from y² = x, 2y dy = dx.

    Saved: result, the y of the formula.
    """

    saves = ("result",)

    def backward(self, grad: Tensor) -> Tensor:
        return grad / mul_number(self._saved_result, 2)


def pow(input: Any, exponent: Any) -> Tensor:
    """z = x ** p, element by element. Three nodes, as in torch: a number as exponent, two tensors, a number as base.

    >>> import minigrad as torch
    >>> torch.tensor([1., 2., 3.]) ** 2
    tensor([1., 4., 9.])
    """
    if not isinstance(input, Tensor):
        check_tensor("pow", exponent)
    base, power, x, p = operands(input, exponent)
    if isinstance(exponent, Tensor):
        check_no_bools("pow", x)
    else:
        p = number_in(exponent, p.dtype) if x.dtype.kind != "f" and exponent >= 0 else p
    if x.dtype.kind in "iu" and not isinstance(exponent, Tensor) and exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    if x.dtype.kind == "i" and (p < 0).any():  # 1 / xⁿ, rounded towards 0: only 1 and -1 leave something
        z = np.where((p >= 0) | (np.abs(x) == 1), np.power(x, np.abs(p)), 0)
    else:
        z = np.power(x, p).astype(x.dtype, copy=False)  # of bools NumPy would make int8
        if type(exponent) is float and exponent == -0.5:
            z = 1 / np.sqrt(x)  # of −0 that is −∞
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
        return grad.new_zeros(grad.shape) if p == 0 else grad * mul_number(x ** (p - 1), p)


class PowBackward1(Node):
    """∂ℒ/∂x = ∂ℒ/∂z · p·xᵖ⁻¹ and ∂ℒ/∂p = ∂ℒ/∂z · z·ln x; where p = 0 the first is 0, and 0⁰'s second is 0.

    Saved: result, the z of the formula.
    """

    saves = ("self", "exponent", "result")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, p, z = self._saved_self, self._saved_exponent, self._saved_result
        needs_input, needs_exponent = self.needs_input_grad
        grad_input = grad_exponent = None
        if needs_input:
            slope = where(p == 0, 0.0, p * x ** (p - 1))
            grad_input = sum_to_size(grad * slope, self.input_shape(0))
        if needs_exponent:
            grad_exponent = sum_to_size(grad * exponent_slope(x, p, z), self.input_shape(1))
        return grad_input, grad_exponent


class PowBackward2(Node):
    """∂ℒ/∂p = ∂ℒ/∂z · z·ln x: aˣ grows by the factor ln a per step of x.

    Saved: self, the number a; result, the z of the formula.
    """

    saves = ("self", "exponent", "result")

    def backward(self, grad: Tensor) -> Tensor:
        result = self._saved_result
        base = wrap(np.asarray(self._saved_self, result.array.dtype))
        return grad * exponent_slope(base, self._saved_exponent, result)


def exponent_slope(base: Tensor, exponent: Tensor, result: Tensor) -> Tensor:
    """∂(xᵖ)/∂p = xᵖ·ln x, with its limit 0 at x = 0, p ≥ 0."""
    return where((base == 0) & (exponent >= 0), 0.0, result * base.log())


def square(input: Tensor) -> Tensor:
    """y = x²: `pow(x, 2)`."""
    return pow(input, 2)


def abs(input: Tensor) -> Tensor:
    """y = |x|."""
    if input.array.dtype == np.bool_:
        raise NotImplementedError("\"abs_cpu\" not implemented for 'Bool'")
    return record(AbsBackward0, np.abs(input.array), input, self=input)


class AbsBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y · sign(x); at the corner 0 torch chooses 0, and so do we."""

    saves = ("self",)

    def backward(self, grad: Tensor) -> Tensor:
        return grad * sign(self._saved_self)


def sin(input: Tensor) -> Tensor:
    """y = sin x, x in radians."""
    return record(SinBackward0, np.sin(as_default_float(input.array)), input, self=input)


class SinBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y · cos x."""

    saves = ("self",)

    def backward(self, grad: Tensor) -> Tensor:
        return grad * cos(self._saved_self)


def cos(input: Tensor) -> Tensor:
    """y = cos x, x in radians."""
    return record(CosBackward0, np.cos(as_default_float(input.array)), input, self=input)


class CosBackward0(Node):
    """∂ℒ/∂x = −∂ℒ/∂y · sin x."""

    saves = ("self",)

    def backward(self, grad: Tensor) -> Tensor:
        return grad * -sin(self._saved_self)


def sign(input: Tensor) -> Tensor:
    """y = −1, 0 or 1; of nan, torch says 0. Flat on both sides of its jump: the gradient is 0 everywhere."""
    x = input.array
    if x.dtype == np.bool_:
        return wrap(x.copy())
    return record(SignBackward0, np.subtract(x > 0, x < 0, dtype=x.dtype), input)


class SignBackward0(Node):
    """∂ℒ/∂x = 0."""

    def backward(self, grad: Tensor) -> Tensor:
        return grad.new_zeros(grad.shape)


def comparison(compare: Callable[..., Any], name: str, symbol: str) -> Callable[[Any, Any], Tensor]:
    """A comparison as a function of two operands, which broadcast and are promoted like those of arithmetic."""

    def compared(input: Any, other: Any) -> Tensor:
        _, _, x, y = operands(input, other)
        return wrap(compare(x, y))

    compared.__name__ = compared.__qualname__ = name
    compared.__doc__ = f"z = (x {symbol} y), element by element, as bool."
    return compared


def comparing_in_place(compare: Callable[..., Any], name: str) -> Callable[[Tensor, Any], Tensor]:
    """The operation behind `x.eq_(y)`: 1 or 0 in x's own dtype. It can be recorded, and has the gradient 0."""
    title = name.capitalize()
    with_number = type(f"{title}Backward0", (Flat,), {"__doc__": "∂ℒ/∂x = 0."})
    with_tensor = type(f"{title}Backward1", (Flat,), {"__doc__": "∂ℒ/∂x = 0 and ∂ℒ/∂y = 0."})

    def compared(input: Tensor, other: Any) -> Tensor:
        by_tensor = isinstance(other, Tensor)
        _, _, x, y = operands(input, other)
        answer = compare(x, y).astype(input.array.dtype)
        return record(with_tensor, answer, input, other) if by_tensor else record(with_number, answer, input)

    compared.__name__ = name
    return compared


class Flat(Node):
    """The gradient of a step: 0 wherever there is one."""

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needed = enumerate(self.needs_input_grad)
        return tuple(grad.new_zeros(self.input_shape(i)) if wanted else None for i, wanted in needed)


eq = comparison(np.equal, "eq", "=")
ne = comparison(np.not_equal, "ne", "≠")
lt = comparison(np.less, "lt", "<")
le = comparison(np.less_equal, "le", "≤")
gt = comparison(np.greater, "gt", ">")
ge = comparison(np.greater_equal, "ge", "≥")
COMPARING_IN_PLACE = [
    comparing_in_place(compare, name)
    for compare, name in (
        (np.equal, "eq"), (np.not_equal, "ne"), (np.less, "lt"), (np.less_equal, "le"), (np.greater, "gt"),
        (np.greater_equal, "ge"),
    )
]  # fmt: skip


def logical(combine: Callable[..., Any], name: str, symbol: str) -> Callable[[Tensor, Tensor], Tensor]:
    """The same for truth values: 0 is false, everything else true. No numbers here."""
    compared = comparison(combine, name, symbol)

    def combined(input: Tensor, other: Tensor) -> Tensor:
        check_tensor(name, other)
        return compared(input, other)

    combined.__name__ = combined.__qualname__ = name
    combined.__doc__ = compared.__doc__
    return combined


logical_and = logical(np.logical_and, "logical_and", "and")
logical_or = logical(np.logical_or, "logical_or", "or")
logical_xor = logical(np.logical_xor, "logical_xor", "xor")


def logical_not(input: Tensor) -> Tensor:
    """y = (x is 0), as bool."""
    return wrap(np.logical_not(input.array))


def bitwise(combine: Callable[..., Any], name: str, symbol: str) -> Callable[[Any, Any], Tensor]:
    """An operation on bits as a function of two operands, whole numbers or bools."""

    def combined(input: Any, other: Any) -> Tensor:
        _, _, x, y = operands(input, other)
        if x.dtype.kind == "f":
            raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{dtypes.CPP_NAMES[wrap(x).dtype]}'")
        return wrap(combine(x, y))

    combined.__name__ = combined.__qualname__ = name
    combined.__doc__ = f"z = x {symbol} y, bit by bit."
    return combined


bitwise_and = bitwise(np.bitwise_and, "bitwise_and", "&")
bitwise_or = bitwise(np.bitwise_or, "bitwise_or", "|")
bitwise_xor = bitwise(np.bitwise_xor, "bitwise_xor", "^")


def bitwise_not(input: Tensor) -> Tensor:
    """y = ~x, bit by bit; for bool tensors, "not"."""
    if input.array.dtype.kind == "f":
        raise NotImplementedError(f"\"bitwise_not_cpu\" not implemented for '{dtypes.CPP_NAMES[input.dtype]}'")
    return wrap(~input.array)


def isfinite(input: Tensor) -> Tensor:
    """y = (x is neither infinite nor nan), as bool."""
    return wrap(np.isfinite(input.array))


def isinf(input: Tensor) -> Tensor:
    """y = (x is +∞ or −∞), as bool."""
    return wrap(np.isinf(input.array))


def isnan(input: Tensor) -> Tensor:
    """y = (x is not a number), as bool."""
    return wrap(np.isnan(input.array))


def isclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """z = (|x − y| ≤ atol + rtol · |y|), as bool."""
    if input.array.dtype != other.array.dtype:
        raise RuntimeError(
            f"{dtypes.CPP_NAMES[input.dtype]} did not match {dtypes.CPP_NAMES[other.dtype]}"
        )  # fmt: skip
    check_broadcast(input.array, other.array)
    return wrap(np.isclose(input.array, other.array, rtol, atol, equal_nan))


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether all elements are close, in the sense of `isclose`. Raises: RuntimeError for a negative tolerance."""
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if tolerance < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {tolerance:g}")
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether both have the same shape and the same values."""
    return bool(np.array_equal(input.array, other.array))
