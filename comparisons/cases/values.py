"""The vocabulary of the table: random arrays, shapes, dimensions and numbers, with the corners that bugs live in.

Everything is drawn from one NumPy generator, so a seed is a case. Corners come often on purpose: 0-d, empty and size-1
shapes, ties and zeros, nan and infinity, memory that is transposed, strided or shared by several elements.
"""

from typing import Any

import numpy as np

Random = np.random.Generator

FLOATS = ("float32", "float64")
INTEGERS = ("int64", "int32", "int16", "int8", "uint8")
ALL = (*FLOATS, *INTEGERS, "bool")


def pick(random: Random, *choices: Any) -> Any:
    """One of the choices."""
    return choices[random.integers(len(choices))]


def sometimes(random: Random, probability: float = 0.5) -> bool:
    return bool(random.random() < probability)


def shape(random: Random, min_dims: int = 0, max_dims: int = 4, min_side: int = 0) -> tuple[int, ...]:
    """A shape: sides of up to 4, now and then of 1 or of 0."""
    sides = [max(min_side, pick(random, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4)) for _ in range(max_dims)]
    return tuple(sides[: random.integers(min_dims, max_dims + 1)])


def numbers(random: Random, sizes: tuple[int, ...], dtype: str, kind: str) -> np.ndarray:
    """Values of a kind: normal, ties (a few whole ones), positive, unit (inside (-1, 1)), special (nan, ±inf, ±0)."""
    if dtype == "bool":
        return random.integers(0, 2, sizes).astype(bool)
    if dtype in INTEGERS:
        low = 1 if kind == "positive" else 0 if dtype == "uint8" else -5
        return random.integers(low, 6, sizes).astype(dtype)
    values = np.asarray(random.standard_normal(sizes))
    if kind == "ties":
        values = np.asarray(random.integers(-2, 3, sizes), np.float64)
    elif kind == "positive":
        values = np.asarray(np.abs(values) + 0.5)
    elif kind == "unit":
        values = np.asarray(np.tanh(values) * 0.9)
    elif kind == "special":
        where = random.random(sizes) < 0.4
        values = np.where(where, random.choice([np.nan, np.inf, -np.inf, 0.0, -0.0], sizes), values)
    return np.asarray(values, dtype)


def laid_out(random: Random, values: np.ndarray) -> np.ndarray:
    """The same numbers in other memory: as they are, transposed, every second of a longer array, or one for all."""
    how = pick(random, "plain", "plain", "plain", "transposed", "strided", "expanded")
    if how == "transposed" and values.ndim >= 2:
        order = random.permutation(values.ndim)
        return np.ascontiguousarray(values.transpose(order)).transpose(np.argsort(order))
    if how == "strided" and values.ndim and values.size:
        longer = np.repeat(values, 2, axis=-1)
        return longer[..., ::2]
    if how == "expanded" and values.ndim and values.size and sometimes(random):
        return np.broadcast_to(values[:1], values.shape)
    return values


def array(random: Random, sizes: Any = None, dtype: Any = FLOATS, kind: str | None = None,
          kinds: tuple[str, ...] = ("normal", "normal", "ties", "special"),
          plain: bool = False) -> np.ndarray:  # fmt: skip
    """An array of a shape (drawn, unless it is given), of one of the dtypes, of one of the kinds.

    Args:
        plain: contiguous memory only.
    """
    sizes = shape(random) if sizes is None else tuple(sizes)
    dtype = dtype if isinstance(dtype, str) else pick(random, *dtype)
    values = numbers(random, sizes, dtype, kind or pick(random, *kinds))
    return values if plain else laid_out(random, values)


def number_array(random: Random, sizes: Any = None, **rest: Any) -> np.ndarray:
    """An array of any dtype, twice out of three times a floating one."""
    return array(random, sizes, FLOATS if sometimes(random, 0.65) else ALL, **rest)


def smaller(random: Random, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts with this one: dimensions cut off in front, or of size 1."""
    kept = sizes[random.integers(0, len(sizes) + 1) :] if sometimes(random, 0.4) else sizes
    return tuple(1 if sometimes(random, 0.25) else size for size in kept)


def pair(random: Random, dtypes: Any = None, **rest: Any) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays whose shapes broadcast; mostly of one dtype, else of any two (promotion)."""
    full = shape(random, max_dims=3)
    first = pick(random, *(dtypes or FLOATS))
    mixed = sometimes(random, 0.3)
    second = pick(random, *(dtypes or ALL)) if mixed else first
    if mixed and sometimes(random):
        first = pick(random, *(dtypes or ALL))
    sides = [smaller(random, full) if sometimes(random) else full for _ in range(2)]
    return array(random, sides[0], first, **rest), array(random, sides[1], second, **rest)


def one_dim(random: Random, x: np.ndarray) -> int:
    """A dimension of x, counted from either end."""
    span = max(x.ndim, 1)
    return int(random.integers(-span, span))


def dims(random: Random, x: np.ndarray) -> tuple[int, ...]:
    """Some dimensions of x, in any order, counted from either end."""
    chosen = random.permutation(x.ndim)[: random.integers(0, x.ndim + 1)]
    return tuple(int(dim) - (x.ndim if sometimes(random, 0.3) else 0) for dim in chosen)


def integers(random: Random, low: int, high: int, sizes: Any) -> np.ndarray:
    """int64 numbers in [low, high); none where that is empty, unless there is no room for a number at all."""
    return np.asarray(random.integers(low, max(high, low + 1), sizes), np.int64)


def scalar(random: Random) -> Any:
    """A Python number: float, int or bool."""
    return pick(random, 2, -1, 3, 0, 1, 0.5, -1.5, 2.0, True, 1e-3)


def written(x: np.ndarray) -> str:
    """The array as a reader would write it down: its values where they are few, else its dtype and shape.

    >>> written(np.array([1, 2])), written(np.zeros((3, 4), np.float32))
    ('torch.tensor([1, 2])', 'float32 (3, 4)')
    """
    if x.size <= 8 and x.flags.c_contiguous and 0 not in x.shape:
        text = repr(x.tolist()).replace("nan", "torch.nan").replace("inf", "torch.inf")
        usual = x.dtype.name in ("float32", "int64", "bool")
        return f"torch.tensor({text})" if usual else f"torch.tensor({text}, dtype=torch.{x.dtype.name})"
    strides = "" if x.flags.c_contiguous else f" with strides {tuple(s // x.itemsize for s in x.strides)}"
    return f"{x.dtype.name} ({', '.join(str(size) for size in x.shape)}){strides}"
