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

MOST = 64  # rows, columns and channels of an array that are shown
LOWEST = 12  # pixels: a picture of one row would be a hair
LONG, WIDE = 4, 140  # times as wide as high, and pixels: two such pictures stand one below the other

SIGNED = "Red is above 0, blue below, white is 0; both sides have one scale, whose ends are ± torch's largest |value|."
UNSIGNED = "White is 0, black torch's largest value; both sides have one scale."
SHOWN = f"At most {MOST} rows, columns and channels are shown; of a batch, the first."


def tiled(array: np.ndarray) -> np.ndarray:
    """The array as one picture: the first of a batch, channels side by side with a gap (nan) between them.

    Shape: (N, C, H, W) or (C, H, W) -> (rows, columns); (N, K) -> as it is; (K) -> (1, K); at most MOST of each.

    >>> tiled(np.ones((2, 3, 4, 4))).shape, tiled(np.ones(5)).shape
    ((9, 9), (1, 5))
    """
    if array.ndim < 2:
        return array.reshape(1, -1)[:, : MOST * 4]
    if array.ndim == 2:
        return array[:MOST, :MOST]
    planes = (array[0] if array.ndim == 4 else array)[:MOST, :MOST, :MOST]
    C, H, W = planes.shape
    across = max(1, math.ceil(C**0.5))
    picture = np.full((math.ceil(C / across) * (H + 1) - 1, across * (W + 1) - 1), np.nan)
    for number, plane in enumerate(planes):
        top, left = number // across * (H + 1), number % across * (W + 1)
        picture[top : top + H, left : left + W] = plane
    return picture


def kernels(weight: np.ndarray) -> np.ndarray:
    """The kernels of a first layer, side by side. Shape: (F, 1, KH, KW) -> (rows, columns)."""
    return tiled(weight[:, 0])


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


def pair_of_images(ours: np.ndarray, theirs: np.ndarray, words: str, signed: bool = True, scale: int = 4) -> str:
    """The same array on both sides, in the same colours, with what it is, the scale, and how far apart they are."""
    largest = float(np.nanmax(np.abs(theirs), initial=0))
    apart = float(np.nanmax(np.abs(ours - theirs), initial=0))
    figures = "".join(
        f"<figure>{image(array, f'{words}, {side}', largest, signed, scale)}<figcaption>{side}</figcaption></figure>"
        for side, array in (("minigrad", ours), ("torch", theirs))
    )
    rows, width = ours.shape
    look = "pair long" if width > LONG * rows and width * scale > WIDE else "pair"
    low, bar = (f"−{largest:.3g}", "signed") if signed else ("0", "unsigned")
    key = f'<span class="scale">{low} <i class="{bar}"></i> {largest:.3g}</span>'
    note = f'<p class="note">{key} <span class="scale">largest |Δ| {apart:.1e}</span></p>'
    return f'<div class="compared"><p>{escape(words)}</p><div class="{look}">{figures}</div>{note}</div>'
