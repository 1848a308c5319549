"""What a tensor can do: the one place where the class `Tensor` grows.

The operations are functions, in `minigrad/ops/`. This table gives them to the class as methods and operators, so that
`x.sum()`, `torch.sum(x)` and `x + y` are all the function that you have read. Nothing is computed here.

Read next: `minigrad/nn/functional.py`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import dtypes
from . import random as rand
from .ops import (
    activations,
    arithmetic,
    broadcasting,
    creation,
    elementwise,
    indexing,
    inplace,
    linalg,
    reductions,
    shapes,
    views,
)
from .tensor import Tensor

METHODS: list[Callable[..., Any]] = [
    broadcasting.expand, broadcasting.sum_to_size,
    arithmetic.add, arithmetic.sub, arithmetic.mul, arithmetic.div, arithmetic.neg, arithmetic.reciprocal,
    arithmetic.pow,
    elementwise.exp, elementwise.log, elementwise.sqrt, elementwise.abs, elementwise.sign, elementwise.isnan,
    elementwise.eq, elementwise.ne, elementwise.lt, elementwise.le, elementwise.gt, elementwise.ge,
    elementwise.logical_and, elementwise.logical_or,
    reductions.sum, reductions.mean, reductions.max, reductions.argmax, reductions.all, reductions.any,
    shapes.view, shapes.view_as, shapes.reshape, shapes.flatten, shapes.unflatten, shapes.t, shapes.transpose,
    shapes.permute, shapes.squeeze, shapes.unsqueeze, shapes.clone, shapes.contiguous, shapes.to,
    views.as_strided,
    linalg.mm, linalg.addmm, linalg.mv, linalg.dot, linalg.bmm, linalg.matmul,
    activations.relu, activations.log_softmax,
    creation.new_zeros, creation.new_ones,
    inplace.copy_, inplace.fill_, inplace.zero_,
    rand.uniform_, rand.normal_, rand.bernoulli_, rand.random_,
]  # fmt: skip

IN_PLACE: list[Callable[..., Tensor]] = [  # each gets a twin `<name>_`
    arithmetic.add, arithmetic.sub, arithmetic.mul, arithmetic.div, arithmetic.neg, arithmetic.reciprocal,
    arithmetic.pow,
    elementwise.exp, elementwise.log, elementwise.sqrt, elementwise.abs,
    activations.relu,
]  # fmt: skip


def operator(operation: Callable[..., Tensor]) -> Callable[..., Any]:
    """The operation, for operands that it understands; for others Python says that it does not."""

    def operate(self: Tensor, other: Any) -> Any:
        return operation(self, other) if is_operand(other) else NotImplemented

    return operate


def is_operand(value: Any) -> bool:
    """Whether the operators understand it: a tensor, a number or an array."""
    return isinstance(value, (Tensor, int, float, np.number, np.bool_, np.ndarray))


def rdiv(self: Tensor, other: Any) -> Tensor:
    """`1 / x`, as torch computes it: the reciprocal, times the number."""
    return arithmetic.mul(arithmetic.reciprocal(self), other)


def rpow(self: Tensor, other: Any) -> Tensor:
    """`2 ** x`."""
    return arithmetic.pow(other, self)


def rsub(self: Tensor, other: Any) -> Tensor:
    """`1 - x`."""
    return arithmetic.rsub(self, other)


def to_cpu(self: Tensor) -> Tensor:
    """`x.cpu()`: x itself."""
    return self


def to_cuda(self: Tensor, device: Any = 0) -> Tensor:
    """`x.cuda()`: an error that says where the GPU is."""
    return shapes.to(self, device=device)


def iterate(self: Tensor) -> Iterator[Tensor]:
    """The slices along the first dimension, one by one."""
    if not self.array.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return (indexing.select(self, 0, index) for index in range(len(self.array)))


OPERATORS: dict[str, Callable[..., Any]] = {
    "__add__": arithmetic.add, "__radd__": arithmetic.add,
    "__sub__": arithmetic.sub, "__rsub__": rsub,
    "__mul__": arithmetic.mul, "__rmul__": arithmetic.mul,
    "__truediv__": arithmetic.div, "__rtruediv__": rdiv,
    "__pow__": arithmetic.pow, "__rpow__": rpow,
    "__matmul__": linalg.matmul,
    "__eq__": elementwise.eq, "__ne__": elementwise.ne, "__lt__": elementwise.lt, "__le__": elementwise.le,
    "__gt__": elementwise.gt, "__ge__": elementwise.ge,
    "__and__": elementwise.bitwise_and, "__or__": elementwise.bitwise_or,
}  # fmt: skip

DTYPE_METHODS = {
    "float": dtypes.float32, "double": dtypes.float64, "long": dtypes.int64, "int": dtypes.int32,
    "short": dtypes.int16, "bool": dtypes.bool_,
}  # fmt: skip

OTHERS: dict[str, Any] = {
    "__neg__": arithmetic.neg, "__abs__": elementwise.abs, "__invert__": elementwise.bitwise_not,
    "__getitem__": indexing.getitem, "__setitem__": indexing.setitem, "__iter__": iterate,
    "T": property(shapes.reversed_dims), "cpu": to_cpu, "cuda": to_cuda,
}  # fmt: skip


def cast(dtype: dtypes.dtype) -> Callable[[Tensor], Tensor]:
    """`x.double()` and the like."""
    return lambda self: shapes.to(self, dtype)


def bind() -> None:
    """Puts everything in the tables above on the class."""
    for function in METHODS:
        setattr(Tensor, function.__name__, function)
    for operation in IN_PLACE:
        method = inplace.in_place(operation)
        setattr(Tensor, method.__name__, method)
    for name, function in OPERATORS.items():
        setattr(Tensor, name, operator(function))
    for symbol, name in {"add": "add_", "sub": "sub_", "mul": "mul_", "truediv": "div_"}.items():
        setattr(Tensor, f"__i{symbol}__", getattr(Tensor, name))
    for name, dtype in DTYPE_METHODS.items():
        setattr(Tensor, name, cast(dtype))
    for name, attribute in OTHERS.items():
        setattr(Tensor, name, attribute)


bind()
