"""Uniform numbers become normal ones: Box and Muller's points in the plane, in the two ways in which torch makes them.

Read next: `polynomials.py`, for where the last bit comes from, or `integers.py`.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from . import polynomials
from .rounding import by_the_c_library, fused_multiply_add
from .uniform import Uniforms, float_dtype
from .words import Array, Shape, blocks, number_of_elements

EXACT_UP_TO = 1 << 16  # numbers in one draw, which take about 2 ms


class Normals(Uniforms):
    """Numbers around a mean, with the density of Gauss's bell: (2π)^(−½) exp(−z²/2) for mean 0 and deviation 1."""

    def normal(
        self,
        shape: Shape,
        dtype: DTypeLike = np.float32,
        mean: float = 0.0,
        std: float = 1.0,
        contiguous: bool = True,
        exact: bool = False,
    ) -> Array:
        """x = z · std + mean, with z standard normal: `torch.randn`, `Tensor.normal_`.

        Below 16 numbers, or if `contiguous` is False: pairs in float64, four words each, cosine first; a sine that is
        not needed waits for the next such call. Then rounded to the dtype. Bit for bit.

        From 16 on: blocks of 16 out of 16 uniform numbers. Unless 16 divides n, the last 16 are drawn once more, on
        top of what was there. Torch computes logarithm, sine and cosine by functions of its own (float32) or of the C
        library (float64). Up to 65,536 numbers in one draw, and where `exact` is asked for, so do we, bit for bit. That
        takes eight times torch's time (float64: four); larger draws use NumPy's functions, which take less than twice
        torch's. There float32 numbers are within 3 units in the last place (12 in 13 have the same bits), see
        `box_muller`; float64 numbers are within 2, and 499 in 500 equal.

        `torch.normal(mean, std)` with tensors is `normal(shape)` of their broadcast shape, which the caller multiplies
        by std and then adds mean to (only if std is a number, it goes in here). It consumes what `normal(shape)` does.

        >>> Normals().manual_seed(0).normal(3)
        array([ 1.5409961, -0.2934289, -2.1787894], dtype=float32)

        Args:
            contiguous: whether the target is contiguous (`flags.c_contiguous`). Torch goes by that from 16 numbers on.
            exact: bit for bit, however many.

        Raises:
            NotImplementedError: if the dtype is neither float32 nor float64.
            RuntimeError: if std < 0.
        """
        if not std >= 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
        dtype = float_dtype(dtype, "normal_kernel_cpu")
        n = number_of_elements(shape)
        if n >= 16 and contiguous:
            return self._normals_in_blocks(n, dtype, mean, std, exact or n <= EXACT_UP_TO).reshape(shape)
        return fused_multiply_add(self._normals_in_pairs(n), std, mean).astype(dtype, copy=False).reshape(shape)

    def _normals_in_pairs(self, n: int) -> Array:
        """n standard normals, float64; what is left of the last pair waits."""
        pairs = (n - self._waiting.size + 1) // 2
        angle, radius = self.uniform((pairs, 2), np.float64).T
        r, θ = np.sqrt(-2 * by_the_c_library(math.log1p, -radius)), 2 * np.pi * angle
        points = np.stack([r * np.cos(θ), r * np.sin(θ)], axis=1)  # (pairs, 2)
        numbers = np.concatenate([self._waiting, points.reshape(-1)])
        self._waiting = numbers[n:].copy()
        return numbers[:n]

    def _normals_in_blocks(self, n: int, dtype: np.dtype[Any], mean: float, std: float, exact: bool) -> Array:
        """n ≥ 16 normals; the last 16 drawn again unless 16 divides n."""
        transform = exact_box_muller if exact else box_muller
        mean, std = dtype.type(mean), dtype.type(std)
        numbers = np.empty(n, dtype)
        for block in blocks(n):
            uniform = self._unit(numbers[block].size, dtype)
            whole = uniform.size // 16 * 16  # less than the block's size only in the last one
            put_back(fused_multiply_add(transform(*halves(uniform[:whole])), std, mean), numbers[block][:whole])
        if n % 16:
            put_back(fused_multiply_add(transform(*halves(self._unit(16, dtype))), std, mean), numbers[-16:])
        return numbers


def halves(uniform: Array) -> Array:
    """The first eight of each 16 numbers, and the other eight, side by side. Shape: (16 B) -> (2, 8 B)."""
    eights = uniform.view(f"V{8 * uniform.itemsize}").reshape(-1, 2)  # eight numbers move as one, which is faster
    return np.ascontiguousarray(eights.T).view(uniform.dtype)


def put_back(pairs: Array, target: Array) -> None:
    """The reverse of `halves`. Shape: (2, 8 B) -> (16 B)."""
    eights = f"V{8 * target.itemsize}"
    target.view(eights).reshape(-1, 2).T[...] = pairs.view(eights)


def box_muller(first: Array, second: Array) -> Array:
    """Two standard normals from two uniform numbers in [0, 1). Shape: (n), (n) -> (2, n).

    The first makes the radius r = √(−2 ln(1 − u)), the second the angle θ = 2π u; out come r cos θ and r sin θ.

    In float32 the logarithm is rounded from float64: so r, like NumPy's sine and cosine, is at most one unit in the
    last place from torch's, for each of the 2²⁴ possible u. (The angle 3π/2 excepted: its cosine, 10⁻⁸, is what torch's
    rounding leaves of 0.) A product m · n of two such numbers, 1 ≤ m, n < 2, is off by m + n units: less than 3 as long
    as the product is below 2, and from there on a unit is twice as large.
    """
    dtype = first.dtype
    r = np.sqrt(-2 * np.log(1 - first, dtype=np.float64).astype(dtype, copy=False))
    θ = second * dtype.type(2 * np.pi)
    pairs = np.empty((2, r.size), dtype)
    np.cos(θ, out=pairs[0])
    np.sin(θ, out=pairs[1])
    if dtype == np.float32:
        pairs[0, second == 0.75] = polynomials.sin_cos(np.full(1, 1.5 * np.pi, np.float32))[1]
    return np.multiply(pairs, r, out=pairs)


def exact_box_muller(first: Array, second: Array) -> Array:
    """`box_muller` with the functions that torch uses: in float32 its own, in float64 the C library's."""
    if first.dtype == np.float32:
        r = np.sqrt(-2 * polynomials.log(1 - first))
        sin, cos = polynomials.sin_cos(second * np.float32(2 * np.pi))
    else:
        r = np.sqrt(-2 * by_the_c_library(math.log, 1 - first))
        sin, cos = np.sin(2 * np.pi * second), np.cos(2 * np.pi * second)
    return np.stack([r * cos, r * sin])
