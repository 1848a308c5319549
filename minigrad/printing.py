"""How a tensor looks when it is printed: the very text that torch prints for the same values.

This file exists so that an example from torch's documentation can be run here and compared by eye, letter by letter.
It knows NumPy arrays only; `Tensor.__repr__` hands over the array and what the graph says about it. Everything follows
from three decisions, in the order in which they stand below: which numbers are shown at all, how one number is written
so that all columns are equally wide, and where the lines break. Left out: complex, sparse and quantized tensors, and
the device.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass
class PrintOptions:
    """What `set_printoptions` changes."""

    precision: int = 4  # digits after the point
    threshold: float = 1000  # tensors with more elements are summarised
    edgeitems: int = 3  # items that a summary shows at either end of each dimension
    linewidth: int = 80  # characters
    sci_mode: bool | None = None  # None: decide for each tensor


OPTIONS = PrintOptions()
PROFILES: dict[str | None, dict[str, float]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set the print options: first those of the profile ('default', 'short' or 'full'), then the ones given by name.

    What is not given stays as it is, except `sci_mode`, where None is a value too: decide for each tensor. A profile
    that does not exist changes nothing. Both as in torch.
    """
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    changed = PROFILES.get(profile, {}) | {name: value for name, value in given.items() if value is not None}
    for name, value in changed.items():
        setattr(OPTIONS, name, value)
    OPTIONS.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The current options, as keyword arguments for `set_printoptions`."""
    return asdict(OPTIONS)


def tensor_text(
    array: np.ndarray,
    *,
    prefix: str = "tensor(",
    default_dtype: np.dtype,
    requires_grad: bool = False,
    grad_fn_name: str | None = None,
) -> str:
    """The `repr` of a tensor with these values; `default_dtype` is the float dtype that goes without saying.

    `prefix` is the class's name and a bracket; its length is the indentation of the lines that follow. A Parameter has
    the prefix "tensor(" too, and puts "Parameter containing:" on a line of its own before this text.

    >>> print(tensor_text(np.array([[1, 2.5], [-3, 0]]), default_dtype=np.dtype("float32"), requires_grad=True))
    tensor([[ 1.0000,  2.5000],
            [-3.0000,  0.0000]], dtype=torch.float64, requires_grad=True)
    """
    suffixes = []
    if array.size == 0 and array.ndim != 1 or array.size > 0 and OPTIONS.edgeitems == 0:
        suffixes.append(f"size={array.shape}")
    # Brackets and digits tell float from integer from bool; without an element nothing does.
    implied = [default_dtype] if array.size == 0 else [default_dtype, np.int64, np.bool_]
    if array.dtype not in implied:
        suffixes.append(f"dtype=torch.{array.dtype.name}")
    if grad_fn_name is not None:
        suffixes.append(f"grad_fn=<{grad_fn_name}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    return append_suffixes(prefix + values_text(array, len(prefix)), suffixes, len(prefix)) + ")"


def append_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """The text, then each suffix after a comma: on the same line where it fits, else on a new one."""
    used = len(text) - (text.rfind("\n") + 1) + 2  # torch keeps two characters in reserve here, and only here
    for suffix in suffixes:
        used += 2 + len(suffix)  # ", " and the suffix
        if used <= OPTIONS.linewidth:
            text += ", " + suffix
        else:
            text += ",\n" + " " * indent + suffix
            used = indent + len(suffix)
    return text


def values_text(array: np.ndarray, indent: int) -> str:
    """The nested brackets with the numbers; `indent` characters already stand before the first bracket."""
    if array.size == 0:
        return "[]"
    # A dimension is shortened when it is longer than 2 * edge, so this second edge never shortens.
    edge = OPTIONS.edgeitems if array.size > OPTIONS.threshold else array.size
    # Only the numbers shown have a say in how they are written.
    shown = array[np.ix_(*(shown_indices(length, edge) for length in array.shape))]
    return brackets(array, indent, edge, Column.fit(shown.ravel()))


def shown_indices(length: int, edge: int) -> list[int]:
    """All of 0 … length − 1, or the first and last `edge` of them if there are more than that."""
    if length <= 2 * edge:
        return list(range(length))
    return [*range(edge), *range(length - edge, length)]


@dataclass
class Column:
    """How one number is written. All numbers of a tensor share it, so that they stand in columns."""

    write: Callable[[float], str]
    width: int  # characters of the widest number

    @classmethod
    def fit(cls, shown: np.ndarray) -> "Column":
        """The column for these numbers. Zeros, infinities and nan have no say, in the notation as in the width."""
        write: Callable[[float], str] = str
        if shown.dtype.kind == "f":
            shown = shown[np.isfinite(shown) & (shown != 0)]
            write = float_notation(shown)
        return cls(write, max((len(write(value)) for value in shown.tolist()), default=1))

    def cell(self, value: float) -> str:
        """The number, filled up with spaces on its left."""
        return self.write(value).rjust(self.width)


def float_notation(values: np.ndarray) -> Callable[[float], str]:
    """Whole numbers as "2.", others as "2.5000", and "2.5000e+09" where powers of ten are needed."""
    precision = OPTIONS.precision
    if is_scientific(values):
        return lambda value: f"{value:.{precision}e}"
    if (values == np.trunc(values)).all():
        return lambda value: f"{value:.0f}" + ("." if math.isfinite(value) else "")
    return lambda value: f"{value:.{precision}f}"


def is_scientific(values: np.ndarray) -> bool:
    """Whether a number is large or small, or they are very unequal. Given none: no, even if `sci_mode` asks for it."""
    if values.size == 0:
        return False
    if OPTIONS.sci_mode is not None:
        return OPTIONS.sci_mode
    smallest, largest = float(abs(values).min()), float(abs(values).max())
    return largest / smallest > 1000 or largest > 1e8 or smallest < 1e-4


def brackets(array: np.ndarray, indent: int, edge: int, column: Column) -> str:
    """The array as nested lists; row i's first bracket stands under row 0's.

    A vector breaks its line where the next number would not fit. Matrices stand under each other, blocks of matrices
    with an empty line between them, blocks of blocks with two, and so on.
    """
    if array.ndim == 0:
        return column.cell(array.item())
    items = [brackets(array[i], indent + 1, edge, column) for i in shown_indices(len(array), edge)]
    if len(array) > 2 * edge:
        # In a vector torch puts one space more before the dots.
        items.insert(edge, " ..." if array.ndim == 1 and edge > 0 else "...")
    if array.ndim == 1:
        per_line = max(1, (OPTIONS.linewidth - indent) // (column.width + 2))  # 2 for the comma and the space
        items = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
    newlines = "\n" * max(1, array.ndim - 1)
    return "[" + ("," + newlines + " " * (indent + 1)).join(items) + "]"
