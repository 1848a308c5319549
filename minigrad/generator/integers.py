"""Words become integers, orders and categories: the remainder of a word, Fisher and Yates' shuffle, a race of clocks.

Read next: `minigrad/random.py`, where arrays become tensors.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .uniform import Uniforms
from .words import Array, Shape, in_memory_order, number_of_elements

WIDE_RANGE = 1 << 28  # integers from a range of this size or more take 64 bits each


class Integers(Uniforms):
    """Integers in a range, in a random order, or in proportion to weights."""

    def randint(self, low: int, high: int, shape: Shape, dtype: DTypeLike = np.int64) -> Array:
        """x = low + bits mod (high − low), in [low, high): `torch.randint`.

        The same as `random(shape, dtype, low, high)`, which tells the rest.

        >>> Integers().manual_seed(0).randint(1, 7, 5)  # five dice
        array([3, 4, 6, 1, 2])
        """
        return self.random(shape, dtype, low, high)

    def random(
        self, shape: Shape, dtype: DTypeLike = np.int64, low: int | None = None, high: int | None = None
    ) -> Array:
        """Integers in any dtype: `Tensor.random_()`, `random_(low, None)`, `random_(low, high)`. Bit for bit.

        Without bounds x is in [0, largest]: for an integer dtype its largest value, for a floating-point one 2²⁴ or
        2⁵³, up to which it has every integer. One word a number, for int64 and float64 two.

        With bounds x is in [low, high), or [low, largest] without `high`: one word a number if fewer than 2²⁸ values
        are possible, otherwise two. `low = −2⁶³` without `high` means all 64 bits. Torch's `random_(to)` has low = 0.
        A floating-point dtype that lacks the integers next to a bound moves the bound inwards.

        Raises:
            RuntimeError: if low ≥ high, or if a bound does not fit the dtype.
            NotImplementedError: without bounds, for dtypes that torch does not know there.
        """
        dtype = np.dtype(dtype)
        n = number_of_elements(shape)
        if low is None:
            return self._random_without_bounds(n, dtype).astype(dtype, copy=False).reshape(shape)
        if high is None and low == -(2**63):
            if dtype not in (np.int64, np.float32, np.float64):
                raise RuntimeError("random_full_64_bits_range_kernel_cpu handles only int64, double, float")
            return self.random_raw64(n).view(np.int64).astype(dtype, copy=False).reshape(shape)
        first, last = integer_bounds(dtype, low, high)
        count = last - first + 1
        offset = self.random_raw(n) % np.uint32(count) if count < WIDE_RANGE else self._remainder64(n, count)
        numbers = offset.astype(np.int64)
        numbers += first
        return numbers.astype(dtype, copy=False).reshape(shape)

    def _remainder64(self, n: int, count: int) -> Array:
        """n pairs of words modulo count, which may be all of 2⁶⁴."""
        return self.random_raw64(n) % np.uint64(count) if count < 2**64 else self.random_raw64(n)

    def _random_without_bounds(self, n: int, dtype: np.dtype[Any]) -> Array:
        """n integers in [0, largest of dtype]."""
        if dtype.kind not in "bif" and dtype != np.uint8:
            raise NotImplementedError(f"\"random_kernel_cpu\" not implemented for '{dtype}': give bounds")
        if dtype in (np.int64, np.float64):
            return self._remainder64(n, largest_integer(dtype) + 1)
        return self.random_raw(n) % np.uint32(largest_integer(dtype) + 1)

    def randperm(self, n: int) -> Array:
        """The integers 0 … n − 1 in a uniformly drawn order, int64: `torch.randperm`. Consumes n − 1 words.

        For i = 0, 1, …, n − 2: swap place i with place i + word mod (n − i). The swaps depend on each other, so this is
        a loop in Python over a list: about 8 ms for 60,000. From 2³² / 20 numbers on torch takes 64 bits for each; we
        do not follow it there.

        >>> Integers().manual_seed(0).randperm(5)
        array([4, 0, 1, 3, 2])

        Raises:
            RuntimeError: if n < 0.
        """
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
        i = np.arange(max(n - 1, 0))
        partners = i + self.random_raw(i.size) % (n - i)
        order = list(range(n))
        for place, partner in enumerate(partners.tolist()):
            order[place], order[partner] = order[partner], order[place]
        return np.array(order, np.int64)

    def multinomial(self, probs: Array, num_samples: int, replacement: bool = False) -> Array:
        """Indices of categories, drawn in proportion to `probs`, int64: `torch.multinomial`.

        Shape: (C) -> (num_samples), (N, C) -> (N, num_samples). The weights need not sum to one.

        Without replacement, or for a single sample: race C exponential clocks of rates p against each other, and the
        first to ring have the smallest E / p with E from `exponential`, so the largest p / E (two words a category).
        With replacement: look up each float64 u in the running sum of p (two words a sample).
        Where fewer than num_samples weights are positive, the categories of weight zero follow at the end in order;
        torch names them in no order that could be relied on.

        Raises:
            RuntimeError: if the weights have another shape or dtype, a negative or infinite one among them, or the sum
                zero; if num_samples ≤ 0, or without replacement > C.
        """
        check_multinomial(probs, num_samples, replacement)
        if replacement and num_samples > 1:
            return self._samples_with_replacement(probs, num_samples)
        race = np.empty_like(probs)  # lies in memory as probs does
        in_order = in_memory_order(race)
        in_order[...] = self.exponential(in_order.shape, probs.dtype)
        np.divide(probs, race, out=race)
        if num_samples == 1:
            return race.argmax(-1, keepdims=True)
        return np.argsort(-race, axis=-1, kind="stable")[..., :num_samples]

    def _samples_with_replacement(self, probs: Array, num_samples: int) -> Array:
        """For each row of probs, where u falls among the running sums."""
        running = np.cumsum(probs, axis=-1)
        running /= running[..., -1:].copy()
        running[..., -1] = 1
        u = self.uniform((*probs.shape[:-1], num_samples), np.float64)
        samples = np.empty(u.shape, np.int64)
        for row in np.ndindex(probs.shape[:-1]):
            samples[row] = np.searchsorted(running[row], u[row])
        return samples

def largest_integer(dtype: np.dtype[Any]) -> int:
    """The largest value of an integer dtype; of a floating-point one the end of the integers without gaps."""
    if dtype.kind == "f":
        return 2 ** (np.finfo(dtype).nmant + 1)
    return 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)


def smallest_integer(dtype: np.dtype[Any]) -> int:
    """The smallest value of an integer dtype."""
    return 0 if dtype.kind == "b" else int(np.iinfo(dtype).min)


def integer_bounds(dtype: np.dtype[Any], low: int, high: int | None) -> tuple[int, int]:
    """The first and the last integer in [low, high) that the dtype can hold without leaving that range by rounding.

    >>> integer_bounds(np.dtype(np.float32), 0, 2**28)  # float32 has no 2²⁸ − 1: the next below 2²⁸ is 2²⁸ − 16
    (0, 268435439)
    """
    if high is not None and low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    if dtype.kind == "f":
        if int(dtype.type(low + 1)) < low:
            low = int(np.nextafter(dtype.type(low + 1), dtype.type(np.inf)))
        if high is not None and int(dtype.type(high - 1)) >= high:
            high = int(np.nextafter(dtype.type(high - 1), dtype.type(-np.inf)))
    last = largest_integer(dtype) if high is None else high - 1
    if low > last:
        raise RuntimeError(
            "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, "
            f"but got from={low} >= to={last + 1}"
        )
    if dtype.kind != "f":
        for name, bound in (("from", low), ("to - 1", last)):
            if not smallest_integer(dtype) <= bound <= largest_integer(dtype):
                raise RuntimeError(f"{name} is out of bounds for {dtype}: {bound}")
    return low, last

def check_multinomial(probs: ArrayLike, num_samples: int, replacement: bool) -> None:
    """Raise torch's RuntimeError unless probs are weights from which num_samples can be drawn."""
    probs = np.asarray(probs)
    if probs.ndim not in (1, 2):
        raise RuntimeError(f"prob_dist must be 1 or 2 dim, but got {probs.ndim} dim")
    if probs.dtype not in (np.float32, np.float64):
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {probs.dtype}")
    if num_samples <= 0:
        raise RuntimeError(f"cannot sample n_sample <= 0 samples: {num_samples}")
    if not replacement and num_samples > probs.shape[-1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement: "
            f"{num_samples} of {probs.shape[-1]} categories"
        )
    if not np.all((probs >= 0) & (probs < np.inf)):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if np.any(probs.sum(-1) == 0):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
