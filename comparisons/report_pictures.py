"""The pictures of the report: arrays as heat maps, which stand inside the page, with a key of their colours.

Read next: `report_curves.py`, then `report.py`, which puts both there.
"""

import base64
import io
import math
from html import escape

import numpy as np
from matplotlib import colormaps
from matplotlib.image import imsave

from .report_text import marked_up, number_text

MOST = 64  # rows, columns, channels and filters of an array that are shown
ROW = 256  # numbers of an array that is one row
LOWEST = 12  # pixels: a picture of one row would be a hair
LONG, WIDE = 4, 140  # times as wide as high, and pixels: two such pictures stand one below the other
WIDEST = 260  # pixels: a picture is made as large as fits
LARGEST = 12  # pixels of a number

SIGNED = "Red is above 0, blue below, white is 0; both sides have one scale, whose ends are ± torch's largest |value|."
UNSIGNED = "White is 0, black torch's largest value; both sides have one scale."
WHOLE_NUMBERS = "Of integers, if none is below 0, white is 0 and black torch's largest."
SHOWN = "Where a picture shows only a part of an array, it says so; scale and largest |Δ| are those of the whole array."

PLANE = (("rows", MOST), ("columns", MOST))
AXES = {  # the axes of an array by their number, and how much of each is shown
    0: (),
    1: (("numbers", ROW),),
    2: PLANE,
    3: (("channels", MOST), *PLANE),
    4: (("examples", 1), ("channels", MOST), *PLANE),
}
KERNEL_AXES = (("filters", MOST), ("channels", 1), *PLANE)  # of a convolution's weight, and of its gradient
TILES = ("filters", "channels")  # which stand side by side


def axes_of(array: np.ndarray, kernels: bool) -> tuple[tuple[str, int], ...]:
    """What the axes of an array are, and how much of each is shown; `kernels`: it is a parameter, not a batch.

    A parameter of one or two axes is shown as any other array.
    """
    return KERNEL_AXES if kernels and array.ndim == 4 else AXES[array.ndim]


def shown_text(array: np.ndarray, kernels: bool = False) -> str:
    """How much of an array its picture shows; nothing where it is all of a row or a plane.

    >>> shown_text(np.ones((1000, 10))), shown_text(np.ones((4, 32, 3, 3))), shown_text(np.ones(1000))
    ('64 of 1000 rows', 'the first of 4 examples, all 32 channels', '256 of 1000 numbers')
    >>> shown_text(np.ones((4, 32, 3, 3)), kernels=True), shown_text(np.ones((5, 5)))
    ('all 4 filters, the first of 32 channels', '')
    """
    parts = []
    for (axis, most), count in zip(axes_of(array, kernels), array.shape, strict=True):
        if count > most:
            parts.append(f"the first of {count} {axis}" if most == 1 else f"{most} of {count} {axis}")
        elif axis in TILES and count > 1:
            parts.append(f"all {count} {axis}")
    return ", ".join(parts)


def tiled(array: np.ndarray, kernels: bool = False) -> np.ndarray:
    """What is shown of an array as one picture: channels, or kernels, side by side with a gap (nan) between them.

    Shape: (N, C, H, W), (C, H, W) or, of `kernels`, (F, C, KH, KW) -> (rows, columns); (N, K) -> (N, K);
    (K) -> (1, K); at most as much of each axis as `axes_of` says.

    >>> tiled(np.ones((2, 3, 4, 4))).shape, tiled(np.ones((2, 3, 4, 4)), kernels=True).shape, tiled(np.ones(5)).shape
    ((9, 9), (4, 9), (1, 5))
    """
    part = array[tuple(0 if most == 1 else slice(most) for _, most in axes_of(array, kernels))]
    if part.ndim < 3:
        return np.atleast_2d(part)
    C, H, W = part.shape
    across = max(1, math.ceil(C**0.5))
    picture = np.full((math.ceil(C / across) * (H + 1) - 1, across * (W + 1) - 1), np.nan)
    for number, plane in enumerate(part):
        top, left = number // across * (H + 1), number % across * (W + 1)
        picture[top : top + H, left : left + W] = plane
    return picture


def heat(picture: np.ndarray, largest: float, signed: bool = True) -> str:
    """A picture as PNG, in a data URI: blue below 0, red above, or from white to black; ±largest are the ends."""
    scale = largest if largest > 0 and math.isfinite(largest) else 1.0
    place = picture / scale / 2 + 0.5 if signed else 1 - picture / scale
    colours = colormaps["RdBu_r" if signed else "gray"](np.clip(np.nan_to_num(place, nan=0.5), 0, 1))
    colours[np.isnan(picture)] = (0, 0, 0, 0)
    file = io.BytesIO()
    imsave(file, colours, format="png")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def image(picture: np.ndarray, words: str, largest: float, signed: bool = True, scale: int = 4) -> str:
    """An <img> of a picture, each of its numbers so many pixels wide and, but for a few flat rows, high."""
    rows, width = picture.shape
    times = math.ceil(LOWEST / (rows * scale))
    drawn = heat(picture.repeat(times, axis=0), largest, signed)
    return (
        f'<img src="{drawn}" alt="{escape(words)}" title="{escape(words)}" '
        f'width="{width * scale}" height="{rows * times * scale}">'
    )


def pair_of_images(
    ours: np.ndarray, theirs: np.ndarray, words: str, signed: bool = True, scale: int = 0, kernels: bool = False
) -> str:
    """The same array on both sides, in the same colours, with what it is, the scale, and how far apart they are.

    Args:
        scale: pixels of a number; 0 for as many as fit. kernels: the array is a parameter, not a batch.
    """
    pictures = tiled(ours, kernels), tiled(theirs, kernels)
    rows, width = pictures[0].shape
    scale = scale or max(1, min(LARGEST, WIDEST // max(rows, width)))
    largest = float(np.nanmax(np.abs(theirs), initial=0))
    figures = "".join(
        f"<figure>{image(picture, f'{words}, {side}', largest, signed, scale)}<figcaption>{side}</figcaption></figure>"
        for side, picture in zip(("minigrad", "torch"), pictures, strict=True)
    )
    look = "pair long" if width > LONG * rows and width * scale > WIDE else "pair"
    facts = [key(largest, signed), f"largest |Δ| {difference_text(ours, theirs)}"]
    shown = shown_text(ours, kernels)
    note = "".join(f'<span class="scale">{fact}</span> ' for fact in facts) + (f"shown: {shown}" if shown else "")
    drawn = f'<div class="{look}">{figures}</div>'
    return f'<div class="compared"><p>{marked_up(words)}</p>{drawn}<p class="note">{note}</p></div>'


def key(largest: float, signed: bool) -> str:
    """The colours, between the numbers that the first and the last stand for."""
    end = number_text(largest)
    low, bar = (f"−{end}", "signed") if signed else ("0", "unsigned")
    return f'{low} <i class="{bar}"></i> {end}'


def difference_text(ours: np.ndarray, theirs: np.ndarray) -> str:
    """The largest |Δ|; nan where only one of two is a number.

    >>> difference_text(np.array([1.0, np.nan]), np.array([1.5, np.nan])), difference_text(np.ones(2), np.ones(2))
    ('5.0e-01', '0')
    """
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    with np.errstate(invalid="ignore"):  # ∞ − ∞, where they are the same
        largest = np.where(same, 0, np.abs(ours - theirs)).max(initial=0)
    return f"{largest:.1e}" if largest else "0"
