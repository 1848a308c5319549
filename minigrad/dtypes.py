"""dtypes: torch's names for NumPy's number formats, and torch's rule for what two of them make together.

The rule differs from NumPy's in two ways that learners meet. A Python number or a 0-d tensor never widens a tensor of
its own kind (`float32_tensor * float64_scalar` stays float32), and an integer tensor meeting a float takes the float's
dtype as it is (int64 and float32 make float32).

Read next: `tensor.py`.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np


class dtype:
    """The format of a tensor's numbers.

    >>> import minigrad as torch
    >>> torch.float32, torch.float32.is_floating_point, torch.float32.itemsize
    (torch.float32, True, 4)
    """

    __slots__ = ("name", "numpy", "legacy_name")

    def __init__(self, name: str, numpy: type, legacy_name: str) -> None:
        self.name = name
        self.numpy = np.dtype(numpy)
        self.legacy_name = legacy_name  # the class that `Tensor.type()` names

    @property
    def is_floating_point(self) -> bool:
        return self.numpy.kind == "f"

    @property
    def is_complex(self) -> bool:
        return False

    @property
    def is_signed(self) -> bool:
        return self.numpy.kind in "fi"

    @property
    def itemsize(self) -> int:
        return self.numpy.itemsize

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name  # copies and pickles are the same object again


float32 = dtype("float32", np.float32, "FloatTensor")
float64 = dtype("float64", np.float64, "DoubleTensor")
int64 = dtype("int64", np.int64, "LongTensor")
int32 = dtype("int32", np.int32, "IntTensor")
int16 = dtype("int16", np.int16, "ShortTensor")
int8 = dtype("int8", np.int8, "CharTensor")
uint8 = dtype("uint8", np.uint8, "ByteTensor")
bool_ = dtype("bool", np.bool_, "BoolTensor")

FROM_NUMPY: dict[np.dtype, dtype] = {d.numpy: d for d in (float32, float64, int64, int32, int16, int8, uint8, bool_)}

CPP_NAMES = {  # what torch's C++ core calls them in its error messages
    float32: "Float", float64: "Double", int64: "Long", int32: "Int",
    int16: "Short", int8: "Char", uint8: "Byte", bool_: "Bool",
}  # fmt: skip

CPP_TYPES = {  # and in others
    float32: "float", float64: "double", int64: "long int", int32: "int",
    int16: "short int", int8: "signed char", uint8: "unsigned char", bool_: "bool",
}  # fmt: skip


class _Default:
    dtype = float32


def get_default_dtype() -> dtype:
    """The dtype of new tensors of Python floats."""
    return _Default.dtype


def set_default_dtype(d: dtype) -> None:
    """Makes d, a floating point dtype, the dtype of new tensors of Python floats.

    Raises: TypeError for any other dtype.
    """
    if not d.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type, but got {d}")
    _Default.dtype = d


def from_numpy_dtype(numpy_dtype: np.dtype) -> dtype:
    """Torch's dtype of a NumPy array. Raises: TypeError for a format that torch (or minigrad) does not have."""
    try:
        return FROM_NUMPY[numpy_dtype]
    except KeyError:
        raise TypeError(
            f"can't convert np.ndarray of type numpy.{numpy_dtype}. The only supported types are: float64, float32, "
            "int64, int32, int16, int8, uint8, and bool."
        ) from None


PYTHON_TYPES: dict[Any, dtype] = {float: float64, int: int64, bool: bool_}


def as_dtype(d: Any) -> dtype | None:
    """The dtype that a name stands for: itself, or a Python type (`float` means float64). None stays None.

    Raises: TypeError for anything else.
    """
    if d is None or isinstance(d, dtype):
        return d
    if d in PYTHON_TYPES:
        return PYTHON_TYPES[d]
    raise TypeError(f"dtype must be torch.dtype, not {d.__name__ if isinstance(d, type) else type(d).__name__}")


def numpy_dtype_of_number(number: Any) -> np.dtype:
    """The dtype of a tensor made from one Python number."""
    if isinstance(number, (bool, np.bool_)):
        return bool_.numpy
    return int64.numpy if isinstance(number, (int, np.integer)) else _Default.dtype.numpy


KIND_RANK = {"b": 0, "u": 1, "i": 1, "f": 2}  # bool < integers < floats


def promote_types(first: np.dtype, second: np.dtype) -> np.dtype:
    """The smallest dtype that holds both; across kinds, the higher kind's own dtype."""
    if KIND_RANK[first.kind] == KIND_RANK[second.kind]:
        return np.promote_types(first, second)
    return max(first, second, key=lambda d: KIND_RANK[d.kind])


def result_dtype(operands: Iterable[tuple[np.dtype, int]]) -> np.dtype:
    """What operands of these (dtype, priority) make together; priority 2: has dimensions, 1: 0-d, 0: a Python number.

    A lower priority has a say only when its kind is higher than all that stands above it.
    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
    """
    by_priority: dict[int, np.dtype] = {}
    for numpy_dtype, priority in operands:
        known = by_priority.get(priority)
        by_priority[priority] = numpy_dtype if known is None else promote_types(known, numpy_dtype)
    result = None
    for priority in sorted(by_priority, reverse=True):
        candidate = by_priority[priority]
        if result is None or KIND_RANK[candidate.kind] > KIND_RANK[result.kind]:
            result = candidate
    assert result is not None
    return result
