"""What the rules are written with: their arrays in blocks that fit the cache, and two formulas that they share.

Read next: `sgd.py`.
"""

from collections.abc import Iterator

import numpy as np

BLOCK_BYTES = 2**20  # of each array that a rule reads or writes: six such blocks fit a processor's cache together


def blocks(*arrays: np.ndarray, scratch: int) -> Iterator[tuple[np.ndarray, ...]]:
    """Arrays of one shape, cut in step into pieces that fit the cache; after them, spare arrays of a piece's size.

    A rule is a dozen passes over its arrays. Over large arrays each pass would fetch them from memory again; over one
    block after the other they are fetched once. What is written to a piece is written to its array, and the spare
    arrays are where a pass leaves what is not kept. Small arrays, and those that are not contiguous, stay whole.

    Raises: RuntimeError when the shapes differ, as the state's and the parameter's may after a wrong load_state_dict.

    >>> for x, y, spare in blocks(np.ones((300, 1000)), np.ones((300, 1000)), scratch=1):
    ...     print(x.shape, y.shape, spare.shape)
    (131072,) (131072,) (131072,)
    (131072,) (131072,) (131072,)
    (37856,) (37856,) (37856,)
    """
    first = arrays[0]
    for array in arrays:
        if array.shape != first.shape:
            raise RuntimeError(
                f"expected the gradient and the state of a parameter to have its shape {list(first.shape)}, "
                f"but got {list(array.shape)}"
            )
    if first.nbytes <= BLOCK_BYTES or not all([array.flags.c_contiguous for array in arrays]):
        yield (*arrays, *[np.empty_like(first) for _ in range(scratch)])
        return
    length = BLOCK_BYTES // first.itemsize
    flat = [array.reshape(-1) for array in arrays]  # (*) -> (size), views
    spare = [np.empty(length, first.dtype) for _ in range(scratch)]
    for start in range(0, first.size, length):
        end = min(start + length, first.size)
        yield (*[array[start:end] for array in flat], *[array[: end - start] for array in spare])


def descent_gradient(
    theta: np.ndarray, g: np.ndarray, weight_decay: float, maximize: bool, out: np.ndarray
) -> np.ndarray:
    """g ← ±g + λ θ, the first two lines of every rule: in `out`, or g itself where there is nothing to do."""
    if weight_decay == 0:
        return np.negative(g, out=out) if maximize else g
    decay = np.multiply(theta, weight_decay, out=out)
    return np.subtract(decay, g, out=out) if maximize else np.add(decay, g, out=out)


def lerp(average: np.ndarray, g: np.ndarray, weight: float, spare: np.ndarray) -> None:
    """average ← average + weight · (g − average), in place; from the nearer end, which rounds best and ends at g."""
    difference = np.subtract(g, average, out=spare)
    if abs(weight) < 0.5:
        average += np.multiply(difference, weight, out=spare)
    else:
        np.subtract(g, np.multiply(difference, 1 - weight, out=spare), out=average)
