"""Torch's own logarithm, sine and cosine of float32 numbers, to the last bit.

A function can be computed as well as float32 can tell by a short polynomial, over a short interval: the arguments are
first brought there, the logarithm's by taking out powers of two, an angle by taking out multiples of π/2. Which
polynomial, and in which order it is added up, decides the last bit. Torch's normal numbers come from those of
S. Moshier's Cephes library, with multiply-adds that round once; so this is what it takes to have the same weights.

All 2²⁴ radii, and the sine and cosine of all 2²⁴ angles, were compared with exact multiply-adds: no bit differs.
Source: S. Moshier, Cephes Mathematical Library, single precision, `logf.c` and `sinf.c`: https://www.netlib.org/cephes

Read next: `integers.py`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# ln(1 + x) = x − x²/2 + x³·P(x) for 1 + x from √½ to √2; the highest power first.
LOG = (
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)  # ln 2; the high part has 9 bits

# sin x = x + x³·P(x²) and cos x = 1 − x²/2 + x⁴·Q(x²) for x from −π/4 to π/4.
SIN = (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
COS = (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
QUARTER_PI = np.array([0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8], np.float32)  # π/4 in three parts


def fused(x: Array, y: Array, z: Any) -> Array:
    """x · y + z of float32 numbers. The product is exact in float64; the sum is rounded there, and then to float32."""
    return (np.multiply(x, y, dtype=np.float64) + z).astype(np.float32)


def polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    """c₀ xⁿ + c₁ xⁿ⁻¹ + … + cₙ, by Horner's rule: ((c₀ x + c₁) x + c₂) x …"""
    y = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        y = fused(y, x, np.float32(coefficient))
    return y


def log(x: Array) -> Array:
    """ln x = ln m + e ln 2, where x = m · 2ᵉ and m is from √½ to √2. For float32 x > 0.

    >>> log(np.float32([0.5, 1]))
    array([-0.6931472,  0.       ], dtype=float32)
    """
    m, e = np.frexp(x)  # m in [½, 1)
    low = m < np.float32(0.5**0.5)
    e = (e - low).astype(np.float32)
    m = np.where(low, m + m, m) - 1  # exact; from here on it is the x of ln(1 + x)
    square = m * m
    y = fused(polynomial(LOG, m) * m, square, e * LN2_LOW)
    return (m + (y - square / 2)) + e * LN2_HIGH


def sin_cos(angle: Array) -> tuple[Array, Array]:
    """sin θ and cos θ of float32 angles from 0 to 2π.

    θ is j · π/2 plus a rest x between −π/4 and π/4. With each quarter turn sine and cosine change places, and one of
    them its sign: sin(x + π/2) = cos x, cos(x + π/2) = −sin x.

    >>> sin_cos(np.float32([0]))
    (array([0.], dtype=float32), array([1.], dtype=float32))
    """
    eighths = (angle * np.float32(4 / np.pi)).astype(np.int32)
    j = (eighths + 1) // 2
    x = angle
    for part in QUARTER_PI:
        x = fused((-2 * j).astype(np.float32), part, x)
    square = x * x
    sin = fused(polynomial(SIN, square) * square, x, x)
    cos = fused(polynomial(COS, square) * square, square, square * np.float32(-0.5)) + 1
    odd = j % 2 == 1
    sin, cos = np.where(odd, cos, sin), np.where(odd, sin, cos)
    return np.where(j & 2, -sin, sin), np.where((j + 1) & 2, -cos, cos)
