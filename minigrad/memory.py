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


def empty_like(array: np.ndarray, dtype: np.dtype | None = None) -> np.ndarray:
    """New memory for an array of this shape, its dimensions in the order in which the array's own lie; without gaps.

    A dimension that shows one element in many places has no place in that order, and keeps the one that it is written
    at. (NumPy puts it last; torch does not.)
    """
    dtype = array.dtype if dtype is None else dtype
    if array.flags.c_contiguous:
        return np.empty(array.shape, dtype)
    order = memory_order(array.shape, array.strides)
    places = [order.index(dim) for dim in range(array.ndim)]
    return np.empty([array.shape[dim] for dim in order], dtype).transpose(places)


def dense_like(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """New memory with the array's own steps, where it has no gaps and shows no element twice; else row by row."""
    return empty_like(array, dtype) if is_dense(array) else np.empty(array.shape, dtype)


def row_by_row(array: np.ndarray) -> np.ndarray:
    """The array itself where it lies row by row without gaps, else a copy that does."""
    return array if array.flags.c_contiguous else array.copy()


def copy_like(array: np.ndarray, dtype: np.dtype | None = None) -> np.ndarray:
    """A copy, laid out as `empty_like` says; in another dtype, if one is given."""
    copied = empty_like(array, dtype)
    np.copyto(copied, array, casting="unsafe")
    return copied


def memory_order(shape: Sequence[int], strides: Sequence[int]) -> list[int]:
    """The dimensions from the one with the largest step through memory to the one with the smallest.

    Not all can be compared: a step of 0 is neither larger nor smaller than another. So it is an insertion sort, from
    the back, where steps are usually small, that walks past what it cannot compare.
    Source: `infer_dense_strides` in torch's ATen/ExpandUtils.cpp.

    >>> memory_order((2, 3), (1, 2)), memory_order((2, 3), (0, 1))
    ([1, 0], [0, 1])
    """
    order = list(reversed(range(len(shape))))
    for start in range(1, len(order)):
        here = start
        for place in reversed(range(start)):
            left, right = order[place], order[here]
            if 0 in (strides[left], strides[right]):
                continue
            if strides[left] < strides[right]:
                break
            if strides[left] > strides[right] or shape[left] > shape[right]:
                order[place], order[here], here = right, left, place
    return order[::-1]


def overlap(first: np.ndarray, second: np.ndarray) -> str:
    """How much of the memory of one array is the other's too: "all", "part" or "none".

    As torch sees it: between arrays with gaps, or with elements shown twice, it does not look.
    """
    if not first.size or not second.size:
        return "none"
    if first is second:
        return "all"
    if not np.may_share_memory(first, second) or not (is_dense(first) and is_dense(second)):
        return "none"
    same_span = first.ctypes.data == second.ctypes.data and first.nbytes == second.nbytes
    return "all" if same_span and first.strides == second.strides else "part"


def is_dense(array: np.ndarray) -> bool:
    """Whether its elements lie without gaps between them, and each at a place of its own."""
    return array.flags.c_contiguous or (0 not in array.strides and memory_of(array).size == array.size)


def lies_as(leaf: np.ndarray, grad: np.ndarray) -> bool:
    """Whether a gradient lies in memory as its leaf does. (It has fewer dimensions only where `.data` was replaced.)"""
    return grad.strides == leaf.strides[: grad.ndim]


def copy_in_place(array: np.ndarray, memo: dict) -> np.ndarray:
    """The array's copy, in its place in a copy of the memory that it is a part of; the memo knows the copied memory.

    So copies share memory where the originals do: `copy.deepcopy([x, x[1:]])`.
    """
    memory, below = array, array.base
    while below is not None:  # (NumPy's as_strided puts something between that is no array, and has a base)
        memory = below if isinstance(below, np.ndarray) else memory
        below = getattr(below, "base", None)
    key = ("memory", id(memory))
    if not memory.size or not memory.flags.forc:  # with gaps, the memory is not ours to copy
        return array.copy("K")
    if key not in memo:
        memo[key] = memory.copy("K")
    copied = memo[key]
    if array is memory:
        return copied
    offset = array.ctypes.data - memory.ctypes.data
    return np.ndarray(array.shape, array.dtype, copied.reshape(-1, order="A"), offset, array.strides)


def keep_freed_memory() -> None:
    """Lets the C library keep what is freed for the next arrays, instead of returning it to the system at once.

    A training step frees all its arrays and the next step takes as many again. From the system they come page by page,
    which costs more than computing with them: a LeNet step takes 1.4 times as long. glibc, Linux's usual C library,
    returns what exceeds twice the largest array that was ever freed, counting those up to 32 MiB. So one such array is
    freed, whose pages nobody has touched. Other C libraries have rules of their own, and take no notice.
    """
    np.empty(2**25 - 2**13, np.uint8)
