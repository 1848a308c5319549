"""Sizes and dimensions, as arguments: `dim=-1`, `f(2, 3)` and `f((2, 3))`, in the one form that the operations use."""

import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .foreign import name_of_type


class Size(tuple):
    """The shape of a tensor: a tuple that prints as torch's.

    >>> Size([2, 3])
    torch.Size([2, 3])
    """

    def __new__(cls, sizes: Iterable[Any] = ()) -> "Size":
        return super().__new__(cls, [integer(size, "size") for size in sizes])

    def numel(self) -> int:
        return int(np.prod(self, dtype=np.int64))

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other: tuple) -> "Size":  # type: ignore[override]
        return Size(super().__add__(other))

    def __radd__(self, other: tuple) -> "Size":
        return Size(other + tuple(self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, count: Any) -> "Size":
        return Size(super().__mul__(count))

    __rmul__ = __mul__


def wrap_dim(dim: int, ndim: int) -> int:
    """The dimension counted from the front. Raises: IndexError when there is none such, TypeError for no integer."""
    dim = integer(dim, "dim")
    span = max(ndim, 1)  # a 0-d tensor lets itself be reduced along 0 and -1
    if not -span <= dim < span:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-span}, {span - 1}], but got {dim})")
    return dim % span


def wrap_dims(dim: int | Iterable[int] | None, ndim: int) -> tuple[int, ...]:
    """One dimension, several or all (None) as a tuple, counted from the front.

    Raises: RuntimeError when one is named twice.
    """
    if dim is None:
        return tuple(range(ndim))
    dims = tuple(wrap_dim(d, ndim) for d in (dim if isinstance(dim, Iterable) else (dim,)))
    if len(set(dims)) < len(dims):
        twice = next(d for d in dims if dims.count(d) > 1)
        raise RuntimeError(f"dim {twice} appears multiple times in the list of dims")
    return dims


def sizes_from(op: str, sizes: Sequence[Any], name: str = "size", position: int = 1) -> tuple[int, ...]:
    """`f(2, 3)` and `f((2, 3))` are the same: the sizes as one tuple.

    Raises: TypeError for what is no integer, whose words are torch's: another sentence for each of three cases.

    >>> sizes_from("zeros", (2.5,))
    Traceback (most recent call last):
    TypeError: zeros(): argument 'size' (position 1) must be tuple of ints, not float
    """
    is_tuple = len(sizes) == 1 and isinstance(sizes[0], (tuple, list))
    given = sizes[0] if is_tuple else sizes
    try:
        return tuple([integer(size, name) for size in given])
    except TypeError:
        place = next(place for place, size in enumerate(given) if not is_integer(size))
        kind = name_of_type(given[place])
    if place:
        said = f'failed to unpack the object at pos {place + 1} with error "type must be tuple of ints,but got {kind}"'
        raise TypeError(f"{op}(): argument '{name}' {said}")
    found = f"but found element of type {kind} at pos 0" if is_tuple or len(sizes) > 1 else f"not {kind}"
    raise TypeError(f"{op}(): argument '{name}' (position {position}) must be tuple of ints, {found}")


def some_sizes_from(op: str, sizes: Sequence[Any], name: str) -> tuple[int, ...]:
    """As `sizes_from`. Raises: TypeError also for none at all, which is not the same as the size `()`."""
    if not sizes:
        raise TypeError(f'{op}() missing 1 required positional arguments: "{name}"')
    return sizes_from(op, sizes, name)


def is_integer(value: Any) -> bool:
    """Whether `integer` takes it."""
    try:
        integer(value, "")
    except TypeError:
        return False
    return True


def integer(value: Any, name: str, op: str = "", position: int = 0) -> int:
    """The argument as Python's int: NumPy's are one too, and so is a tensor of one.

    Args:
        op, position: whose argument it is, and at which place, where that is known; for the error.

    Raises: TypeError for a float, even a whole one: `6 / 2` is 3.0, and torch does not guess what was meant; nor what
    True is as a number.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        whose, where = (f"{op}(): ", f" (position {position})") if op else ("", "")
        raise TypeError(f"{whose}argument '{name}'{where} must be int, not {type(value).__name__}") from None


def check_flag(name: str, value: Any) -> None:
    """Raises: TypeError for what is neither True nor False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"argument '{name}' must be bool, not {type(value).__name__}")
