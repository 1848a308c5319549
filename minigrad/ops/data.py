"""Data as people write it: a number, nested lists of numbers, arrays and tensors among them; as one array.

Read next: `creation.py`, which makes tensors of it.
"""

import warnings
from collections.abc import Iterator
from functools import reduce
from typing import Any

import numpy as np

from .. import dtypes
from ..foreign import is_foreign_tensor, refuse
from ..tensor import Tensor
from .broadcasting import check_fits

ARRAYS_ARE_SLOW = (
    "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list to a "
    "single numpy.ndarray with numpy.array() before converting to a tensor."
)


def array_of(data: Any, dtype: dtypes.dtype | None) -> np.ndarray:
    """The data as an array in this dtype, or in the one that torch infers; an array or a tensor is not copied.

    Raises: ValueError for ragged lists, TypeError or RuntimeError for what is no number, RuntimeError for a number that
    the dtype cannot hold.
    """
    wanted = dtypes.as_dtype(dtype)
    if is_foreign_tensor(data):
        refuse("tensor(): argument 'data' (position 1)", data)
    if isinstance(data, Tensor):
        data = data.array
    if isinstance(data, np.ndarray):
        if data.dtype.kind not in "biuf":
            dtypes.from_numpy_dtype(data.dtype)  # raises
        return data.astype((wanted or dtypes.from_numpy_dtype(data.dtype)).numpy, copy=False)
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if isinstance(data, (list, tuple)) and data and isinstance(data[0], np.ndarray):
        warnings.warn(ARRAYS_ARE_SLOW, stacklevel=3)
    sizes = sizes_of(data)
    numbers = [] if 0 in sizes else list(numbers_in(data, sizes))
    inferred = dtype_of(numbers)
    array = np.array([number.item() if isinstance(number, Tensor) else number for number in numbers])
    target = inferred if wanted is None else wanted.numpy
    if array.dtype.kind in "Ou" and target.kind != "f":
        if array.dtype == object or array.max(initial=0) > np.iinfo(np.int64).max:
            raise ValueError("Overflow when unpacking long long")
    check_fits(array, target, target.name)
    with np.errstate(over="ignore"):  # a float that is too large becomes ∞
        return array.astype(target).reshape(sizes)


def sizes_of(data: Any) -> tuple[int, ...]:
    """The shape that nested lists have, going by the first item of each. A tensor among them counts as a number."""
    sizes = []
    while is_sequence(data):
        sizes.append(len(data))
        if not len(data):
            break
        data = data[0]
        if isinstance(data, str):
            raise ValueError("too many dimensions 'str'")
    return tuple(sizes)


def is_sequence(data: Any) -> bool:
    """Whether its items are looked at one by one."""
    return isinstance(data, (list, tuple, range, np.ndarray))


def numbers_in(data: Any, sizes: tuple[int, ...], dim: int = 0) -> Iterator[Any]:
    """The numbers in nested lists of these sizes, in reading order.

    Raises: ValueError for a list of another length, TypeError for a list in the place of a number, or the reverse.
    """
    if not sizes:
        check_number(data)
        yield data
        return
    if not is_sequence(data) and not (isinstance(data, Tensor) and data.array.ndim):
        raise TypeError("not a sequence")
    for item in data:
        if len(sizes) > 1 and hasattr(item, "__len__") and len(item) != sizes[1]:
            raise ValueError(f"expected sequence of length {sizes[1]} at dim {dim + 1} (got {len(item)})")
        yield from numbers_in(item, sizes[1:], dim + 1)


def check_number(data: Any) -> None:
    """Raises: TypeError for a list or a text, ValueError for a tensor of several numbers, RuntimeError for the rest."""
    if isinstance(data, Tensor):
        if data.array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
    elif is_sequence(data):
        raise TypeError(f"'{type(data).__name__}' object cannot be interpreted as an integer")
    elif isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    elif not isinstance(data, (bool, int, float, np.bool_, np.integer, np.floating)):
        raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")


def dtype_of(numbers: list[Any]) -> np.dtype:
    """What the numbers make together: Python's floats are of the default dtype, everything else brings its own."""
    own = {np.dtype(kind) for kind in set(map(type, numbers)) if issubclass(kind, np.generic)}
    for dtype in own:
        dtypes.from_numpy_dtype(dtype)  # raises for those that are not here
    own |= {number.array.dtype for number in numbers if isinstance(number, Tensor)}
    own |= {dtypes.numpy_dtype_of_number(kind()) for kind in (bool, int, float) if kind in set(map(type, numbers))}
    return reduce(dtypes.promote_types, own) if own else dtypes.get_default_dtype().numpy
