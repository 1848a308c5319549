"""A small vocabulary of random inputs: shapes, arrays, pairs that broadcast, convolutions, poolings, labels."""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

FLOATS = st.sampled_from([np.float32, np.float64])


def shapes(min_dims: int = 0, max_dims: int = 4, min_side: int = 0, max_side: int = 4) -> SearchStrategy:
    """Shapes, 0-d, empty and size-1 ones among them."""
    return st.lists(st.integers(min_side, max_side), min_size=min_dims, max_size=max_dims).map(tuple)


@st.composite
def arrays(draw: DrawFn, shape: Any = None, dtype: Any = FLOATS, kind: str | None = None) -> np.ndarray:
    """Arrays of a shape: normal numbers, or a few whole ones (ties and zeros), contiguous or transposed."""
    shape = draw(shape if isinstance(shape, SearchStrategy) else st.just(shape) if shape is not None else shapes())
    dtype = draw(dtype if isinstance(dtype, SearchStrategy) else st.just(dtype))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = kind or draw(st.sampled_from(["normal", "normal", "ties", "positive"]))
    values = random.standard_normal(shape) if kind != "ties" else random.integers(-2, 3, shape)
    array = np.asarray(np.abs(values) + 0.5 if kind == "positive" else values, dtype)
    if array.ndim >= 2 and draw(st.booleans()):
        order = draw(st.permutations(range(array.ndim)))
        array = np.ascontiguousarray(array.transpose(order)).transpose(np.argsort(order))
    return array


@st.composite
def in_any_memory(draw: DrawFn) -> np.ndarray:
    """Arrays whose dimensions lie in any order, with gaps, and with elements that are shown several times."""
    array = draw(arrays(shapes(1, 4, min_side=1)))
    array = array.transpose(draw(st.permutations(range(array.ndim))))
    parts = [draw(st.sampled_from([slice(None), slice(None), slice(None, None, 2), slice(0, 1)])) for _ in array.shape]
    array = array[tuple(parts)]
    sizes = [draw(st.sampled_from([1, 3])) if size == 1 else size for size in array.shape]
    return np.broadcast_to(array, sizes).transpose(draw(st.permutations(range(array.ndim))))


@st.composite
def broadcastable(draw: DrawFn, dtype: Any = FLOATS, kind: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of one dtype whose shapes broadcast."""
    full = draw(shapes(max_dims=3))
    dtype = draw(dtype if isinstance(dtype, SearchStrategy) else st.just(dtype))
    pair = []
    for _ in range(2):
        cut = draw(st.integers(0, len(full)))
        shape = tuple(1 if draw(st.booleans()) and draw(st.booleans()) else size for size in full[cut:])
        pair.append(draw(arrays(shape, dtype, kind)))
    return pair[0], pair[1]


class Window(NamedTuple):
    """How a kernel moves over an image."""

    size: tuple[int, int]
    kernel: tuple[int, int]
    stride: Any
    padding: Any
    dilation: Any


@st.composite
def windows(draw: DrawFn, pooling: bool = False, dilations: int = 2) -> Window:
    """Geometries that torch accepts: at least one position, pooling's padding at most half the kernel."""
    kernel = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    dilation = (draw(st.integers(1, dilations)), draw(st.integers(1, dilations)))
    reach = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))
    padding = tuple(draw(st.integers(0, k // 2 if pooling else 2)) for k in kernel)
    size = tuple(draw(st.integers(max(1, r - 2 * p), r + 5)) for r, p in zip(reach, padding, strict=True))
    stride = draw(st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3))))
    return Window(size, kernel, stride, padding, dilation)  # type: ignore[arg-type]


@st.composite
def labels(draw: DrawFn, count: int, classes: int) -> np.ndarray:
    """Integers in [0, classes)."""
    return np.array(draw(st.lists(st.integers(0, classes - 1), min_size=count, max_size=count)), np.int64)
