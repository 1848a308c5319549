"""Bits become uniform numbers, and these yes or no, or waiting times.

Read next: `normal.py`.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .rounding import by_the_c_library, fused_multiply_add
from .words import Array, Shape, Words, blocks


class Uniforms(Words):
    """Numbers that are equally likely everywhere in an interval, and what follows from one such number."""

    def uniform(self, shape: Shape, dtype: DTypeLike = np.float32, low: float = 0.0, high: float = 1.0) -> Array:
        """x = u · (high − low) + low, with u uniform in [0, 1): `torch.rand`, `Tensor.uniform_`. Bit for bit.

        `low` and `high` are rounded to the dtype first. The result is rounded too: where that makes it `high`, which is
        not in the interval, it becomes `low`.
        Consumes one word a number for float32, two for float64.

        Raises:
            NotImplementedError: if the dtype is neither float32 nor float64.
            RuntimeError: if low > high, or if a bound or their difference is too large for the dtype.
        """
        dtype = float_dtype(dtype, "check_uniform_bounds")
        check_uniform_bounds(dtype, low, high)
        low, high = dtype.type(low), dtype.type(high)
        numbers = np.empty(shape, dtype)
        flat = numbers.reshape(-1)
        for block in blocks(flat.size):
            drawn = fused_multiply_add(self._unit(flat[block].size, dtype), high - low, low)
            drawn[drawn == high] = low
            flat[block] = drawn
        return numbers

    def _unit(self, n: int, dtype: np.dtype[Any]) -> Array:
        """n numbers k · 2⁻²⁴ or k · 2⁻⁵³, uniform in [0, 1)."""
        words, bits = (self.random_raw(n), 24) if dtype == np.float32 else (self.random_raw64(n), 53)
        words &= words.dtype.type(2**bits - 1)
        unit = words.astype(dtype)
        unit *= dtype.type(2.0**-bits)
        return unit

    def bernoulli(self, shape: Shape, p: float) -> Array:
        """True with probability p, as bool: u < p for a float64 u in [0, 1). `Tensor.bernoulli_(p)`. Bit for bit.

        Two words a number, whatever dtype the caller turns the booleans into, and also for p = 0 and p = 1.
        `dropout(input, p)` keeps where `bernoulli(input.shape, 1 - p)` is true (`dropout2d`: shape (N, C, 1, 1)) and
        divides by 1 − p; for p = 0, p = 1 and in evaluation torch draws nothing.

        >>> Uniforms().manual_seed(0).bernoulli(5, 0.5)
        array([False, False,  True, False, False])

        Raises:
            RuntimeError: if p is not in [0, 1].
        """
        if not 0 <= p <= 1:
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
        return self.uniform(shape, np.float64) < p

    def bernoulli_array(self, p: Array) -> Array:
        """True with the probability at its place in p, as bool: `torch.bernoulli(p)`, `Tensor.bernoulli_(p)`.

        The uniform numbers have p's own dtype: float32 takes one word a number, float64 two.

        Raises:
            NotImplementedError: if p is neither float32 nor float64.
            RuntimeError: if a probability is not in [0, 1]. Nothing has been drawn then; torch draws up to that place.
        """
        if not np.all((p >= 0) & (p <= 1)):
            raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false: probabilities are in [0, 1]")
        return self.uniform(p.shape, float_dtype(p.dtype, "bernoulli_tensor_cpu_p_")) < p

    def exponential(self, shape: Shape, dtype: DTypeLike = np.float32, lambd: float = 1.0) -> Array:
        """x = −ln(1 − u) / λ, in [0, ∞) with mean 1 / λ: `Tensor.exponential_`. Bit for bit.

        u is a float64 in [0, 1), so that each number takes two words; it solves 1 − exp(−λ x) = u.

        Raises:
            RuntimeError: if the dtype is neither float32 nor float64, or if not λ > 0.
        """
        dtype = np.dtype(dtype)
        if dtype not in (np.float32, np.float64):
            raise RuntimeError(
                "Exponential distribution is a continuous probability distribution. "
                f"dtype must be a floating point but you specified {dtype}"
            )
        if not lambd > 0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
        u = self.uniform(shape, np.float64)
        # NumPy's own differs in the last bit at times, which float32 drops.
        logarithm = by_the_c_library(math.log1p, -u) if dtype == np.float64 else np.log1p(-u)
        return (-1 / lambd * logarithm).astype(dtype, copy=False)

def float_dtype(dtype: DTypeLike, kernel: str) -> np.dtype[Any]:
    """The dtype, if it is float32 or float64."""
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{dtype}': use float32 or float64")
    return dtype

def check_uniform_bounds(dtype: np.dtype[Any], low: float, high: float) -> None:
    """Raise RuntimeError unless low ≤ high, and the dtype holds both and their difference."""
    largest = float(np.finfo(dtype).max)
    for name, bound in (("from", low), ("to", high)):
        if not -largest <= bound <= largest:
            raise RuntimeError(f"{name} is out of bounds for {dtype}: {bound:g}")
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    if high - low > largest:
        raise RuntimeError(f"uniform_ expects to-from <= {largest:g}, but found to={high:g} and from={low:g}")
