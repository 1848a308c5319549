"""Functions of one element, and comparisons: y = f(x), so ∂ℒ/∂x = ∂ℒ/∂y · f′(x).

What a node keeps is whatever makes f′ cheapest: exp and sqrt keep their output, log and abs their input. A comparison
is a step function: flat wherever it has a slope at all, so it leaves no node.

Read next: `reductions.py`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Node
from ..recording import record
from ..tensor import Tensor, wrap
from .arithmetic import as_default_float
from .broadcasting import operands


def exp(input: Tensor) -> Tensor:
    """y = eˣ, element by element. Shape: (*) -> (*).

    >>> import minigrad as torch
    >>> torch.exp(torch.tensor([0., 1.]))
    tensor([1.0000, 2.7183])
    """
    return record(ExpBackward0, np.exp(as_default_float(input.array)), input)


class ExpBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y · y: the exponential is its own derivative, so the output is all that is kept."""

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
    """∂ℒ/∂x = ∂ℒ/∂y / 2y: from y² = x, 2y dy = dx."""

    saves = ("result",)

    def backward(self, grad: Tensor) -> Tensor:
        return grad / (2 * self._saved_result)


def abs(input: Tensor) -> Tensor:
    """y = |x|."""
    return record(AbsBackward0, np.abs(input.array), input, self=input)


class AbsBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y · sign(x); at the corner 0 torch chooses 0, and so do we."""

    saves = ("self",)

    def backward(self, grad: Tensor) -> Tensor:
        return grad * sign(self._saved_self)


def sign(input: Tensor) -> Tensor:
    """y = −1, 0 or 1; of nan, torch says 0. Flat on both sides of its jump: the gradient is 0 everywhere."""
    x = input.array
    return record(SignBackward0, np.subtract(x > 0, x < 0, dtype=x.dtype), input)


class SignBackward0(Node):
    """∂ℒ/∂x = 0."""

    def backward(self, grad: Tensor) -> Tensor:
        return grad * 0


def comparison(compare: Callable[..., Any], name: str, symbol: str) -> Callable[[Any, Any], Tensor]:
    """A comparison as a function of two operands, which broadcast and are promoted like those of arithmetic."""

    def compared(input: Any, other: Any) -> Tensor:
        _, _, x, y = operands(input, other)
        return wrap(compare(x, y))

    compared.__name__ = compared.__qualname__ = name
    compared.__doc__ = f"z = (x {symbol} y), element by element, as bool."
    return compared


eq = comparison(np.equal, "eq", "=")
ne = comparison(np.not_equal, "ne", "≠")
lt = comparison(np.less, "lt", "<")
le = comparison(np.less_equal, "le", "≤")
gt = comparison(np.greater, "gt", ">")
ge = comparison(np.greater_equal, "ge", "≥")
logical_and = comparison(np.logical_and, "logical_and", "and")
logical_or = comparison(np.logical_or, "logical_or", "or")


def bitwise_and(input: Any, other: Any) -> Tensor:
    """z = x & y, bit by bit; for bool tensors, "and"."""
    _, _, x, y = operands(input, other)
    return wrap(x & y)


def bitwise_or(input: Any, other: Any) -> Tensor:
    """z = x | y, bit by bit; for bool tensors, "or"."""
    _, _, x, y = operands(input, other)
    return wrap(x | y)


def bitwise_not(input: Tensor) -> Tensor:
    """y = ~x, bit by bit; for bool tensors, "not"."""
    return wrap(~input.array)


def isnan(input: Tensor) -> Tensor:
    """y = (x is not a number), as bool."""
    return wrap(np.isnan(input.array))
