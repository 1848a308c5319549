"""What a tensor can do: the one place where the class `Tensor` grows.

The operations are functions, in `minigrad/ops/`. This table gives them to the class as methods and operators, so that
`x.sum()`, `torch.sum(x)` and `x + y` are all the function that you have read. Nothing is computed here.

Read next: `minigrad/nn/functional/`.
"""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import dtypes
from . import random as rand
from .foreign import is_foreign_tensor, refuse, refuse_foreign
from .missing import of_tensor
from .ops import (
    activations,
    arithmetic,
    broadcasting,
    choosing,
    creation,
    elementwise,
    extrema,
    gathering,
    indexing,
    inplace,
    joining,
    linalg,
    reductions,
    shapes,
    slicing,
    views,
)
from .tensor import Tensor

METHODS: list[Callable[..., Any]] = [
    broadcasting.expand, broadcasting.expand_as, broadcasting.sum_to_size,
    arithmetic.add, arithmetic.sub, arithmetic.mul, arithmetic.div, arithmetic.floor_divide, arithmetic.remainder,
    arithmetic.neg, arithmetic.reciprocal,
    choosing.masked_fill, choosing.clamp, choosing.maximum, choosing.minimum,
    elementwise.exp, elementwise.log, elementwise.sqrt, elementwise.pow, elementwise.square, elementwise.abs,
    elementwise.sin, elementwise.cos, elementwise.sign, elementwise.isnan, elementwise.isfinite, elementwise.isinf,
    elementwise.eq, elementwise.ne, elementwise.lt, elementwise.le, elementwise.gt, elementwise.ge,
    elementwise.logical_and, elementwise.logical_or, elementwise.logical_xor, elementwise.logical_not,
    elementwise.bitwise_and, elementwise.bitwise_or, elementwise.bitwise_xor, elementwise.bitwise_not,
    elementwise.isclose, elementwise.allclose, elementwise.equal,
    reductions.sum, reductions.mean, reductions.var, reductions.std, reductions.logsumexp, reductions.norm,
    reductions.all, reductions.any,
    extrema.max, extrema.min, extrema.amax, extrema.amin, extrema.argmax, extrema.argmin,
    gathering.gather, gathering.scatter, gathering.scatter_add,
    shapes.view, shapes.view_as, shapes.reshape, shapes.flatten, shapes.unflatten, shapes.t, shapes.transpose,
    shapes.permute, shapes.movedim, shapes.squeeze, shapes.unsqueeze, shapes.clone, shapes.contiguous, shapes.to,
    slicing.select, slicing.narrow, joining.split, joining.chunk, joining.unbind, indexing.index_put,
    views.as_strided,
    linalg.mm, linalg.addmm, linalg.mv, linalg.dot, linalg.bmm, linalg.matmul, linalg.outer,
    activations.relu, activations.sigmoid, activations.tanh, activations.softmax, activations.log_softmax,
    creation.new_full, creation.new_zeros, creation.new_empty, creation.new_ones, creation.new_tensor,
    inplace.copy_, inplace.fill_, inplace.zero_,
    rand.uniform_, rand.normal_, rand.bernoulli_, rand.random_, rand.exponential_, rand.bernoulli, rand.multinomial,
]  # fmt: skip

IN_PLACE: list[Callable[..., Tensor]] = [  # each gets a twin `<name>_`
    arithmetic.add, arithmetic.sub, arithmetic.mul, arithmetic.div, arithmetic.floor_divide, arithmetic.remainder,
    arithmetic.neg, arithmetic.reciprocal,
    choosing.masked_fill, choosing.clamp,
    elementwise.exp, elementwise.log, elementwise.sqrt, elementwise.pow, elementwise.square, elementwise.abs,
    elementwise.sin, elementwise.cos, elementwise.sign, *elementwise.COMPARING_IN_PLACE,
    elementwise.logical_and, elementwise.logical_or, elementwise.logical_xor, elementwise.logical_not,
    elementwise.bitwise_and, elementwise.bitwise_or, elementwise.bitwise_xor, elementwise.bitwise_not,
    gathering.scatter, gathering.scatter_add, indexing.index_put, linalg.addmm,
    activations.relu, activations.sigmoid, activations.tanh,
]  # fmt: skip

ONLY_IN_PLACE: dict[Callable[..., Tensor], Callable[..., None]] = {  # what the twin refuses; most, a part of itself
    linalg.addmm: linalg.check_fits_in_place, choosing.masked_fill: inplace.check_no_overlap,
    gathering.scatter: gathering.check_source_apart, gathering.scatter_add: gathering.check_source_apart,
    indexing.index_put: indexing.check_values_apart,
}  # fmt: skip

RESHAPING: list[Callable[..., Tensor]] = [shapes.squeeze, shapes.unsqueeze, shapes.t, shapes.transpose]  # so do these

WITH_OUT: list[Callable[..., Tensor]] = [  # each takes `out=` when it is called by its name in the front door
    arithmetic.add, arithmetic.sub, arithmetic.mul, arithmetic.div, arithmetic.floor_divide, arithmetic.remainder,
    arithmetic.neg, arithmetic.reciprocal,
    choosing.clamp, choosing.maximum, choosing.minimum, choosing.where,
    elementwise.exp, elementwise.log, elementwise.sqrt, elementwise.pow, elementwise.square, elementwise.abs,
    elementwise.sin, elementwise.cos, elementwise.sign,
    elementwise.eq, elementwise.ne, elementwise.lt, elementwise.le, elementwise.gt, elementwise.ge,
    elementwise.logical_and, elementwise.logical_or, elementwise.logical_xor, elementwise.logical_not,
    elementwise.bitwise_and, elementwise.bitwise_or, elementwise.bitwise_xor, elementwise.bitwise_not,
    reductions.sum, reductions.mean, reductions.var, reductions.std, reductions.logsumexp, reductions.all,
    reductions.any, extrema.amax, extrema.amin, extrema.argmax, extrema.argmin,
    gathering.gather, gathering.scatter, gathering.scatter_add, joining.cat, joining.stack,
    linalg.mm, linalg.addmm, linalg.mv, linalg.dot, linalg.bmm, linalg.matmul, linalg.outer,
    activations.sigmoid, activations.tanh,
]  # fmt: skip


def operator(operation: Callable[..., Tensor]) -> Callable[..., Any]:
    """The operation, for operands that it understands; for others Python says that it does not."""

    def operate(self: Tensor, other: Any) -> Any:
        usual = type(other) is Tensor or type(other) is float
        return operation(self, other) if usual or is_operand(other) else not_ours(operation, other)

    return operate


def not_ours(operation: Callable[..., Tensor], other: Any) -> Any:
    """NotImplemented, so that Python asks the other operand. Raises: TypeError for a tensor of PyTorch's."""
    if is_foreign_tensor(other):
        refuse(f"{operation.__name__}(): argument 'other' (position 1)", other)
    return NotImplemented


def matrix_product(self: Tensor, other: Any) -> Any:
    """`x @ y`, of tensors only."""
    return linalg.matmul(self, other) if isinstance(other, Tensor) else not_ours(linalg.matmul, other)


def is_operand(value: Any) -> bool:
    """Whether the operators understand it: a tensor, a number or an array."""
    return isinstance(value, (Tensor, int, float, np.number, np.bool_, np.ndarray))


def rdiv(self: Tensor, other: Any) -> Tensor:
    """`1 / x`, as torch computes it: the reciprocal, times the number."""
    return arithmetic.mul(arithmetic.reciprocal(self), other)


def rpow(self: Tensor, other: Any) -> Tensor:
    """`2 ** x`."""
    return elementwise.pow(other, self)


def rfloordiv(self: Tensor, other: Any) -> Tensor:
    """`7 // x`."""
    return arithmetic.floor_divide(other, self)


def rmod(self: Tensor, other: Any) -> Tensor:
    """`7 % x`."""
    return arithmetic.remainder(other, self)


def rsub(self: Tensor, other: Any) -> Tensor:
    """`1 - x`."""
    return arithmetic.rsub(self, other)


def itself(self: Tensor) -> Tensor:
    """`x.cpu()`: x itself."""
    return self


def positive(self: Tensor) -> Tensor:
    """`+x`: x itself. Raises: NotImplementedError for bools, which have no sign."""
    if self.array.dtype == np.bool_:
        raise NotImplementedError("The `+` operator, on a bool tensor is not supported.")
    return self


def to_cuda(self: Tensor, device: Any = 0) -> Tensor:
    """`x.cuda()`: an error that says where the GPU is."""
    return shapes.to(self, device=device)


def iterate(self: Tensor) -> Iterator[Tensor]:
    """The slices along the first dimension, one by one: the outputs of one `unbind`."""
    if not self.array.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return iter(joining.unbind(self, 0))


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """x in the other's dtype."""
    return shapes.to(self, other.dtype)


OPERATORS: dict[str, Callable[..., Any]] = {
    "__add__": arithmetic.add, "__radd__": arithmetic.add,
    "__sub__": arithmetic.sub, "__rsub__": rsub,
    "__mul__": arithmetic.mul, "__rmul__": arithmetic.mul,
    "__truediv__": arithmetic.div, "__rtruediv__": rdiv,
    "__pow__": elementwise.pow, "__rpow__": rpow,
    "__floordiv__": arithmetic.floor_divide, "__rfloordiv__": rfloordiv,
    "__mod__": arithmetic.remainder, "__rmod__": rmod,
    "__eq__": elementwise.eq, "__ne__": elementwise.ne, "__lt__": elementwise.lt, "__le__": elementwise.le,
    "__gt__": elementwise.gt, "__ge__": elementwise.ge,
    "__and__": elementwise.bitwise_and, "__rand__": elementwise.bitwise_and,
    "__or__": elementwise.bitwise_or, "__ror__": elementwise.bitwise_or,
    "__xor__": elementwise.bitwise_xor, "__rxor__": elementwise.bitwise_xor,
}  # fmt: skip

INPLACE_OPERATORS = {
    "add": "add_", "sub": "sub_", "mul": "mul_", "truediv": "div_", "floordiv": "floor_divide_", "mod": "remainder_",
    "pow": "pow_", "and": "bitwise_and_", "or": "bitwise_or_", "xor": "bitwise_xor_",
}  # fmt: skip

DTYPE_METHODS = {
    "float": dtypes.float32, "double": dtypes.float64, "long": dtypes.int64, "int": dtypes.int32,
    "short": dtypes.int16, "char": dtypes.int8, "byte": dtypes.uint8, "bool": dtypes.bool_,
}  # fmt: skip

OTHERS: dict[str, Any] = {
    "__matmul__": matrix_product, "__pos__": positive,
    "__neg__": arithmetic.neg, "__abs__": elementwise.abs, "__invert__": elementwise.bitwise_not,
    "__getitem__": indexing.getitem, "__setitem__": indexing.setitem, "__iter__": iterate,
    "T": property(shapes.reversed_dims), "mT": property(shapes.matrices_transposed), "cpu": itself, "cuda": to_cuda,
    "type_as": type_as, "rebase_history": inplace.rebase_history, "__getattr__": of_tensor,
}  # fmt: skip


OTHER_NAMES = {"axis": "dim", "keepdims": "keepdim"}  # NumPy's, which torch takes too
SIZES = {"view": "size", "reshape": "shape", "permute": "dims", "expand": "size"}  # what `f(2, 3)` calls its numbers


def by_other_names(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The operation, for arguments that are given by another name: `axis=1`, `view(size=(2, 3))`."""
    sizes, takes_dim = SIZES.get(operation.__name__), "dim" in inspect.signature(operation).parameters
    if sizes is None and not takes_dim:
        return operation

    @functools.wraps(operation)
    def called(*args: Any, **kwargs: Any) -> Any:
        if sizes in kwargs:
            args = (*args, kwargs.pop(sizes))
        for name in kwargs.keys() & OTHER_NAMES.keys() if takes_dim else ():
            kwargs[OTHER_NAMES[name]] = kwargs.pop(name)
        return operation(*args, **kwargs)

    return called


def with_out(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The operation as the front door offers it: with `out=` it writes into a tensor that is there."""
    operation = by_other_names(function)

    @functools.wraps(operation)
    def into(*args: Any, out: Tensor | None = None, **kwargs: Any) -> Tensor:
        try:
            return operation(*args, **kwargs) if out is None else inplace.write_out(operation, args, kwargs, out)
        except AttributeError as error:
            refuse_foreign(error)
            raise

    return into


def cast(name: str, dtype: dtypes.dtype) -> Callable[[Tensor], Tensor]:
    """`x.double()` and the like."""

    def cast_to(self: Tensor) -> Tensor:
        return shapes.to(self, dtype)

    cast_to.__name__ = cast_to.__qualname__ = name
    return cast_to


def bind() -> None:
    """Puts everything in the tables above on the class."""
    for function in METHODS:
        setattr(Tensor, function.__name__, by_other_names(function))
    for operation in IN_PLACE:
        method = inplace.in_place(operation, ONLY_IN_PLACE.get(operation, inplace.check_no_part))
        setattr(Tensor, method.__name__, method)
    for operation in RESHAPING:
        method = inplace.reshaping(operation)
        setattr(Tensor, method.__name__, method)
    for name, function in OPERATORS.items():
        setattr(Tensor, name, operator(function))
    for symbol, name in INPLACE_OPERATORS.items():
        setattr(Tensor, f"__i{symbol}__", getattr(Tensor, name))
    for name, dtype in DTYPE_METHODS.items():
        setattr(Tensor, name, cast(name, dtype))
    for name, attribute in OTHERS.items():
        setattr(Tensor, name, attribute)


bind()
