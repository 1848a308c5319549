"""Broadcasting: how a small tensor stands in for a large one, and what that means for its gradient.

`expand` shows one number in many places without copying it. Each of those places sends a gradient back and the number
collects them all, so **the adjoint of copying is summing**: expand's derivative is `sum_to_size`, and sum's is expand.
Every operation of two operands below broadcasts them first, and so ends its backward with `sum_to_size`.

Read next: `arithmetic.py`.
"""

from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..dims import sizes_from, some_sizes_from
from ..foreign import name_of_type, refuse, way_out
from ..recording import record_view
from ..tensor import Tensor, wrap


def expand(input: Tensor, *sizes: Any) -> Tensor:
    """The input repeated along its dimensions of size 1 and along new ones in front, as a view; -1 keeps a size.

    Shape: (1, *) -> (n, *).

    >>> import minigrad as torch
    >>> torch.tensor([[1.], [2.]]).expand(2, 3)
    tensor([[1., 1., 1.],
            [2., 2., 2.]])
    """
    sizes = some_sizes_from("expand", sizes, "size")
    shape = input.array.shape
    if len(sizes) < len(shape):
        kind = "CPUBoolType" if input.array.dtype == np.bool_ else input.type()
        raise RuntimeError(
            f"expand({kind}{{{list(shape)}}}, size={list(sizes)}): the number of sizes provided ({len(sizes)}) "
            f"must be greater or equal to the number of dimensions in the tensor ({len(shape)})"
        )
    new = len(sizes) - len(shape)
    if -1 in sizes[:new]:
        raise RuntimeError(
            "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension "
            f"{sizes.index(-1)}"
        )
    target = tuple(shape[i - new] if size == -1 and i >= new else size for i, size in enumerate(sizes))
    for i in reversed(range(new, len(target))):
        old, size = shape[i - new], target[i]
        if old not in (1, size):
            raise RuntimeError(
                f"The expanded size of the tensor ({size}) must match the existing size ({old}) at non-singleton "
                f"dimension {i}.  Target sizes: {list(sizes)}.  Tensor sizes: {list(shape)}"
            )
    view = np.lib.stride_tricks.as_strided(
        input.array, target, (0,) * new + tuple(
            stride if old == size else 0
            for old, size, stride in zip(shape, target[new:], input.array.strides, strict=True)
        )
    )  # fmt: skip
    return record_view(ExpandBackward0, view, input, self_sym_sizes=shape)


class ExpandBackward0(Node):
    """∂ℒ/∂x = Σ ∂ℒ/∂y over the copies: each copy's share of the loss is x's."""

    saves = ("self_sym_sizes",)

    def backward(self, grad: Tensor) -> Tensor:
        return sum_to_size(grad, self._saved_self_sym_sizes)


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """`expand` to another tensor's shape."""
    return expand(input, other.array.shape)


def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """The input summed over the dimensions along which a tensor of this size would be repeated to give it.

    Shape: (n, *) -> (1, *) where the size says 1; dimensions that the size lacks disappear.

    >>> import minigrad as torch
    >>> torch.ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    shape = input.array.shape
    if size and shape == size[0]:  # the usual case: nothing was repeated
        return input
    target = sizes_from("sum_to_size", size)
    if shape == target:
        return input
    new = len(shape) - len(target)
    if new < 0 or any(wanted not in (1, old) for old, wanted in zip(shape[new:], target, strict=True)):
        raise RuntimeError(f"size {{{list(target)}}} is not expandable to size {{{list(shape)}}}.")
    repeated = tuple(i for i, old in enumerate(shape) if i < new or (target[i - new] == 1 and old != 1))
    if not target:
        return input.sum()
    summed = input.sum(repeated, keepdim=True)
    return summed.view(target) if new else summed


def broadcast_shapes(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that both expand to. Raises: RuntimeError when there is none."""
    ndim = max(len(first), len(second))
    padded = [(1,) * (ndim - len(shape)) + shape for shape in (first, second)]
    for i, (a, b) in reversed(list(enumerate(zip(*padded, strict=True)))):
        if a != b and 1 not in (a, b):
            raise RuntimeError(
                f"The size of tensor a ({a}) must match the size of tensor b ({b}) at non-singleton dimension {i}"
            )
    return tuple(b if a == 1 else a for a, b in zip(*padded, strict=True))


def operands(first: Any, second: Any) -> tuple[Tensor, Tensor, np.ndarray, np.ndarray]:
    """Two operands as tensors, and their arrays in the dtype that they make together.

    Raises: RuntimeError for shapes that do not broadcast, TypeError for an operand that is no tensor and no number.
    """
    if isinstance(first, Tensor):  # first the two most common cases: nothing to promote
        x = first.array
        if isinstance(second, Tensor) and second.array.dtype == x.dtype:
            check_broadcast(x, second.array)
            return first, second, x, second.array
        if type(second) is float and x.dtype.kind == "f":
            y = np.asarray(second, x.dtype)
            number = wrap(y)
            number._is_number = True
            return first, number, x, y
    if isinstance(second, np.ndarray):
        second = wrap(second)
    dtype = result_dtype(first, second)
    first, second = as_operand(first), as_operand(second)
    x, y = first.array, second.array
    check_broadcast(x, y)
    return first, second, x if x.dtype == dtype else x.astype(dtype), y if y.dtype == dtype else y.astype(dtype)


def check_broadcast(x: np.ndarray, y: np.ndarray) -> None:
    """Raises: RuntimeError in torch's words, before NumPy does in its own, for shapes that do not broadcast."""
    if x.shape != y.shape and x.ndim and y.ndim:
        broadcast_shapes(x.shape, y.shape)


def result_dtype(*values: Any) -> np.dtype:
    """The dtype that tensors and Python numbers make together: see `dtypes.result_dtype`."""
    kinds = {value.array.dtype for value in values if isinstance(value, Tensor)}
    if len(kinds) == 1 and all(isinstance(value, Tensor) for value in values):
        return kinds.pop()
    return dtypes.result_dtype(
        (value.array.dtype, 2 if value.array.ndim else 1)
        if isinstance(value, Tensor)
        else (dtypes.numpy_dtype_of_number(value), 0)
        for value in values
    )


def as_operand(value: Any) -> Tensor:
    """A Python number as a 0-d tensor."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (bool, int, float, np.number, np.bool_)):
        number = wrap(np.asarray(value, dtypes.numpy_dtype_of_number(value)))
        number._is_number = True
        return number
    raise TypeError(f"argument 'other' must be Tensor or Number, not {name_of_type(value)}{way_out(value)}")


def check_tensor(op: str, other: Any) -> None:
    """Raises: TypeError for a second operand that is no tensor, where torch takes no number."""
    if not isinstance(other, Tensor):
        refuse(f"{op}(): argument 'other' (position 2)", other)


def number_in(value: Any, dtype: np.dtype, argument: str = "argument") -> np.ndarray:
    """A Python number in this dtype.

    Raises: RuntimeError for one too large for it, OverflowError beyond int64, TypeError for what is no number, which
    names the argument as torch's sentence begins: "add(): argument 'alpha'".
    """
    array = np.asarray(value)
    if value is None or array.dtype.kind in "US":
        raise TypeError(f"{argument} must be Number, not {type(value).__name__}")
    if array.dtype == object:
        raise OverflowError("int too big to convert")
    name = {"int32": "int", "float32": "float"}.get(dtype.name, f"{dtype.name}_t")  # in C++
    check_fits(array, dtype, name)
    if dtype == np.float32 and np.isfinite(array) and abs(array) > np.finfo(dtype).max:
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    return array.astype(dtype)


def check_fits(numbers: np.ndarray, dtype: np.dtype, name: str) -> None:
    """Raises: RuntimeError for numbers that an integer dtype of this name cannot hold.

    A negative integer counts from the end of an unsigned dtype, as in C; a float must not be negative there.
    """
    if dtype.kind in "iu" and numbers.dtype.kind != "b":
        limits = np.iinfo(dtype)
        lowest = limits.min if limits.min or numbers.dtype.kind == "f" else -limits.max
        if not ((numbers >= lowest) & (numbers < limits.max + 1)).all():
            raise RuntimeError(f"value cannot be converted to type {name} without overflow")
