"""Windows: the patches of an image that a kernel visits, as one array; on arrays, below every tensor.

Convolution and pooling look at an image through a small window that steps over it. `windows` shows all the patches at
once, as a view: each pixel appears in every patch that contains it, and nothing is copied. `scatter_windows` is its
adjoint: each patch's numbers are added back to the pixels that they came from (copying's adjoint is summing, again).

    n = ⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1    positions along a dimension

Letters, here and in `convolution.py` and `pooling.py`: N batch, C channels in, F channels out, H W height and width,
KH KW kernel, OH OW output.

Read next: `convolution.py`.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..dims import integer

Pair = tuple[int, int]
PART_BYTES = 2**20  # what the cache of one core holds


def pair(value: Any) -> Pair:
    """One integer for both dimensions, or one for each. Raises: TypeError for what is none."""
    first, last = (value[0], value[-1]) if isinstance(value, (tuple, list)) else (value, value)
    return integer(first, "size"), integer(last, "size")


def output_size(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """How many positions a kernel has along a dimension; the equation above."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def parts(N: int, image_bytes: int) -> Iterator[slice]:
    """Slices of a batch of N, each of as many images as fit into the cache, at least one; what one of them needs."""
    n = max(1, PART_BYTES // max(1, image_bytes))
    return (slice(start, start + n) for start in range(0, N, n))


def pad_planes(x: np.ndarray, padding: Pair, value: float = 0) -> np.ndarray:
    """The planes with a border of this value. Shape: (N, C, H, W) -> (N, C, H + 2·PH, W + 2·PW)."""
    PH, PW = padding
    if not PH and not PW:
        return x
    N, C, H, W = x.shape
    padded = np.full((N, C, H + 2 * PH, W + 2 * PW), value, x.dtype)
    padded[:, :, PH : PH + H, PW : PW + W] = x
    return padded


def windows(x: np.ndarray, kernel: Pair, stride: Pair, dilation: Pair) -> np.ndarray:
    """All the patches, as a view (of a copy, where x has gaps). Shape: (N, C, H, W) -> (N, C, KH, KW, OH, OW).

    `windows(x)[n, c, i, j, a, b]` is what the kernel's element (i, j) sees at position (a, b):
    `x[n, c, a·stride + i·dilation, b·stride + j·dilation]`.
    """
    N, C, H, W = x.shape
    (KH, KW), (SH, SW), (DH, DW) = kernel, stride, dilation
    OH, OW = output_size(H, KH, SH, 0, DH), output_size(W, KW, SW, 0, DW)
    x = np.ascontiguousarray(x)
    sn, sc, sh, sw = x.strides
    return np.ndarray((N, C, KH, KW, OH, OW), x.dtype, x, 0, (sn, sc, sh * DH, sw * DW, sh * SH, sw * SW))


def seen_by(x: np.ndarray, i: int, j: int, output: Pair, stride: Pair, dilation: Pair) -> np.ndarray:
    """`windows(x)[:, :, i, j]`, all the pixels that one element of the kernel sees; and to be written to.

    Shape: (N, C, H, W) -> (N, C, OH, OW), a regular grid in the image.
    """
    (OH, OW), (SH, SW), (DH, DW) = output, stride, dilation
    top, left = i * DH, j * DW
    return x[:, :, top : top + SH * (OH - 1) + 1 : SH, left : left + SW * (OW - 1) + 1 : SW]


def scatter_windows(patches: np.ndarray, size: Pair, stride: Pair, dilation: Pair) -> np.ndarray:
    """Each patch added to the pixels it came from: the adjoint of `windows`.

    Shape: (N, C, KH, KW, OH, OW) -> (N, C, H, W).
    """
    N, C, KH, KW, OH, OW = patches.shape
    x = np.zeros((N, C, *size), patches.dtype)
    for i in range(KH):
        for j in range(KW):
            pixels = seen_by(x, i, j, (OH, OW), stride, dilation)
            pixels += patches[:, :, i, j]
    return x


def scatter_runs(patches: np.ndarray, size: Pair, stride: Pair, dilation: Pair) -> np.ndarray:
    """As `scatter_windows` at stride 1, for patches as wide as the image: zeros stand where no window has a position.

    What one element of the kernel saw is then one run of pixels from the first row to the last, and not a piece of each
    row: long loops for NumPy. Shape: (N, C, KH, KW, OH, W) -> (N, C, H, W).
    """
    N, C, KH, KW, OH, W = patches.shape
    (DH, DW), pixels = dilation, size[0] * W
    runs = patches.reshape(N, C, KH, KW, OH * W)
    x = np.zeros((N, C, pixels + DW * (KW - 1)), patches.dtype)  # zeros of the last run stick out
    for i in range(KH):
        for j in range(KW):
            start = i * DH * W + j * DW
            x[:, :, start : start + OH * W] += runs[:, :, i, j]
    return x[:, :, :pixels].reshape(N, C, *size)


def widen(planes: np.ndarray, width: int) -> np.ndarray:
    """The planes with zeros on the right. Shape: (N, F, OH, OW) -> (N, F, OH, width)."""
    N, F, OH, OW = planes.shape
    wide = np.zeros((N, F, OH, width), planes.dtype)
    wide[..., :OW] = planes
    return wide
