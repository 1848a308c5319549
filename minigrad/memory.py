"""Memory: which elements of an array a view shows, by sizes, strides and offsets. On arrays, below every tensor.

And a word to the C library about what becomes of memory that is freed.
"""

from collections.abc import Sequence

import numpy as np


def offset_in(base: np.ndarray, view: np.ndarray) -> int:
    """How many elements after the base's first one the view's first one lies."""
    return (view.ctypes.data - base.ctypes.data) // base.itemsize


def memory_of(array: np.ndarray) -> np.ndarray:
    """All the memory from the array's first element to its last, as a vector; gaps between its elements included."""
    extent = 1 + sum((n - 1) * (s // array.itemsize) for n, s in zip(array.shape, array.strides, strict=True))
    return np.lib.stride_tricks.as_strided(array, (extent if array.size else 0,), (array.itemsize,))


def strided(memory: np.ndarray, size: Sequence[int], stride: Sequence[int], offset: int) -> np.ndarray:
    """The elements of a vector at offset + Σ iₖ·strideₖ, as a view."""
    return np.lib.stride_tricks.as_strided(
        memory[offset:], tuple(size), tuple(step * memory.itemsize for step in stride)
    )


def places_in(base: np.ndarray, size: Sequence[int], stride: Sequence[int], offset: int) -> np.ndarray:
    """For each element of a view of this geometry: which element of the base it is, counted in reading order."""
    numbers = np.arange(base.size).reshape(base.shape)
    in_memory = np.zeros(memory_of(base).shape, np.int64)
    strided(in_memory, base.shape, [step // base.itemsize for step in base.strides], 0)[...] = numbers
    return strided(in_memory, size, stride, offset)


def keep_freed_memory() -> None:
    """Lets the C library keep what is freed for the next arrays, instead of returning it to the system at once.

    A training step frees all its arrays and the next step takes as many again. From the system they come page by page,
    which costs more than computing with them: a LeNet step takes 1.4 times as long. glibc, Linux's usual C library,
    returns what exceeds twice the largest array that was ever freed, counting those up to 32 MiB. So one such array is
    freed, whose pages nobody has touched. Other C libraries have rules of their own, and take no notice.
    """
    np.empty(2**25 - 2**13, np.uint8)
