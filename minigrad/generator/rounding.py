"""Arithmetic that rounds where torch's rounds: the multiply-add in one step, and the C library's logarithm.

A number that is drawn is a formula of a few operations, and equal bits need equal roundings. Processors have an
instruction that computes x · y + z and rounds only the end, and torch uses it. NumPy has no such function; here it is
made of others.

Read next: `uniform.py`, its first use.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def fused_multiply_add(x: Array, scale: Any, shift: Any) -> Array:
    """y = x · scale + shift, rounded once, as the processor's instruction of that name does; NumPy alone rounds twice.

    The rounding errors of a float64 product and sum are float64 numbers themselves. They are computed, added up, and
    put back at the end. A float32 product has no error in float64: 24 bits times 24 bits fit into 53. The sum's error
    could only matter where float64 rounded it to the very middle between two float32 numbers.
    Not for |x| or |scale| above 2⁹⁹⁵, where `split` overflows.
    Source: Boldo & Melquiond 2008, "Emulation of a FMA and correctly rounded sums", IEEE Trans. Comput. 57(4), 462–471.

    >>> x = np.array([0.1])
    >>> x * 10 - 1, fused_multiply_add(x, 10.0, -1.0)  # 0.1 is stored as 0.1000000000000000055511…
    (array([0.]), array([5.55111512e-17]))
    """
    if shift == 0:
        return x if scale == 1 else x * scale + shift  # one rounding anyway; −0 + 0 is 0
    if abs(np.frexp(scale)[0]) == 0.5:
        return x * scale + shift  # a power of two: the product is exact
    if x.dtype == np.float32:
        total = x * np.float64(scale)
        total += np.float64(shift)
        middle = total.view(np.int64) & (2**29 - 1) == 2**28  # float32 lacks the last 29 bits
        if middle.any():
            total[middle] = round_to_odd(*two_sum(x[middle] * np.float64(scale), np.float64(shift)))
        return total.astype(np.float32)
    product, product_error = two_product(x, scale)
    total, total_error = two_sum(product, shift)
    return total + round_to_odd(*two_sum(product_error, total_error))


def two_sum(a: Array, b: Any) -> tuple[Array, Array]:
    """a + b in float64, and what rounding took from it. Source: Knuth, TAOCP vol. 2, section 4.2.2, theorem B."""
    total = a + b
    b_seen = total - a
    return total, (a - (total - b_seen)) + (b - b_seen)


def two_product(a: Array, b: Any) -> tuple[Array, Array]:
    """a · b in float64, and what rounding took from it. Source: Dekker 1971, Numer. Math. 18, 224–242."""
    product = a * b
    (a_high, a_low), (b_high, b_low) = split(a), split(b)
    return product, a_low * b_low - (product - a_high * b_high - a_low * b_high - a_high * b_low)


def split(x: Any) -> tuple[Any, Any]:
    """x = high + low, each of 26 bits or fewer, so that products of two such halves are exact in float64."""
    carried = x * (2.0**27 + 1)
    high = carried - (carried - x)
    return high, x - high


def round_to_odd(total: Array, lost: Array) -> Array:
    """total + lost: where anything was lost, the neighbour with last bit 1, so no later rounding sees a false tie."""
    if lost.any():
        move = (lost != 0) & (total.view(np.int64) & 1 == 0)
        total[move] = np.nextafter(total[move], np.copysign(np.inf, lost[move]))
    return total


def by_the_c_library(function: Callable[[float], float], x: Array) -> Array:
    """A function of `math` of each number, as torch computes it in float64; NumPy's own may differ in the last bit."""
    return np.fromiter(map(function, x.reshape(-1).tolist()), np.float64, x.size).reshape(x.shape)
