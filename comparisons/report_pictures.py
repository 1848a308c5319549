"""The pictures of the report: arrays as heat maps, curves as lines. All of them stand inside the page.

Read next: `report.py`, which puts them there.
"""

import base64
import io
import math
from collections.abc import Sequence
from html import escape

import numpy as np
from matplotlib import colormaps
from matplotlib.image import imsave
from numpy.typing import ArrayLike

MOST = 64  # rows, columns and channels of an array that are shown
LEFT, TOP, WIDTH, HEIGHT = 56, 12, 640, 200  # pixels, of a chart's inside


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
    """An <img> of a picture, each of its numbers so many pixels wide."""
    height, width = picture.shape
    return (
        f'<img src="{heat(picture, largest, signed)}" alt="{escape(words)}" title="{escape(words)}" '
        f'width="{width * scale}" height="{height * scale}">'
    )


def pair_of_images(ours: np.ndarray, theirs: np.ndarray, words: str, signed: bool = True, scale: int = 4) -> str:
    """The same array on both sides, in the same colours, with what it is and how far apart they are."""
    largest = float(np.nanmax(np.abs(theirs), initial=0))
    apart = float(np.nanmax(np.abs(ours - theirs), initial=0))
    figures = "".join(
        f"<figure>{image(array, f'{words}, {side}', largest, signed, scale)}<figcaption>{side}</figcaption></figure>"
        for side, array in (("minigrad", ours), ("torch", theirs))
    )
    note = f"{escape(words)}: largest |value| {largest:.3g}, largest |Δ| {apart:.1e}"
    return f'<div class="pair">{figures}</div><p class="note">{note}</p>'


def chart(lines: Sequence[tuple[str, ArrayLike, ArrayLike]], words: str, logarithmic: bool = False) -> str:
    """Curves over the steps, as inline SVG.

    Args:
        lines: a class for the looks, the steps, the values; nan and infinite ones are left out, and 0 on a logarithmic
            axis. words: what stands on the vertical axis.
    """
    shown = [(look, *usable(x, y, logarithmic)) for look, x, y in lines]
    every = np.concatenate([y for _, _, y in shown])
    steps = np.concatenate([x for _, x, _ in shown])
    if not every.size:
        return f'<p class="note">{escape(words)}: nothing to draw</p>'
    low, high = float(every.min()), float(every.max())
    low, high = (low - 0.5, high + 0.5) if low == high else (low, high)
    last = float(steps.max()) or 1.0
    parts = [
        f'<svg class="chart" viewBox="0 0 {LEFT + WIDTH + 12} {TOP + HEIGHT + 40}" role="img" '
        f'aria-label="{escape(words)}">'
    ]
    for value in decades(low, high) if logarithmic else ticks(low, high):
        height = TOP + HEIGHT * (high - value) / (high - low)
        label = f"{10**value:.0e}" if logarithmic else f"{value:g}"
        parts.append(f'<path class="rule" d="M{LEFT} {height:.1f}h{WIDTH}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{height + 4:.1f}" class="end">{label}</text>')
    for step in ticks(0, last):
        right, foot = LEFT + WIDTH * step / last, TOP + HEIGHT
        parts.append(f'<path class="rule" d="M{right:.1f} {foot}v4"/>')
        parts.append(f'<text x="{right:.1f}" y="{foot + 16}" class="middle">{step:,g}</text>')
    for look, x, y in shown:
        points = " ".join(
            f"{LEFT + WIDTH * step / last:.1f},{TOP + HEIGHT * (high - value) / (high - low):.1f}"
            for step, value in zip(x, y, strict=True)
        )
        parts.append(f'<polyline class="{look}" points="{points}"/>')
    parts.append(f'<text x="{LEFT}" y="{TOP + HEIGHT + 34}">{escape(words)}, by step</text></svg>')
    return "".join(parts)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers between two others, in steps of 1, 2 or 5 times a power of ten, no more than `most`.

    >>> ticks(0.08, 2.31), ticks(0, 320)
    ([0.5, 1.0, 1.5, 2.0], [0.0, 100.0, 200.0, 300.0])
    """
    power = math.floor(math.log10((high - low) / most))
    for number in (1, 2, 5, 10, 20):
        step = number * 10.0**power
        multiples = range(math.ceil(low / step), math.floor(high / step) + 1)
        if len(multiples) <= most:
            break
    return [round(multiple * step, max(0, 1 - power)) for multiple in multiples]


def decades(low: float, high: float) -> list[float]:
    """The same for a logarithmic axis, whose numbers are exponents of ten: whole ones, where it has two of them.

    >>> decades(-8.3, -2.1), [round(10**exponent) for exponent in decades(1.1, 1.9)]
    ([-8.0, -7.0, -6.0, -5.0, -4.0, -3.0], [20, 50])
    """
    whole = [float(exponent) for exponent in range(math.ceil(low), math.floor(high) + 1)]
    if len(whole) > 1:
        return whole if len(whole) <= 6 else ticks(low, high)
    powers = range(math.floor(low), math.ceil(high) + 1)
    between = (math.log10(number) + power for power in powers for number in (1, 2, 5))
    return [exponent for exponent in between if low <= exponent <= high]


def usable(x: ArrayLike, y: ArrayLike, logarithmic: bool) -> tuple[np.ndarray, np.ndarray]:
    """The points that can be drawn; the values as powers of ten on a logarithmic axis."""
    steps, values = np.asarray(x, np.float64), np.asarray(y, np.float64)
    there = np.isfinite(values) & ((values > 0) | (not logarithmic))
    return steps[there], np.log10(values[there]) if logarithmic else values[there]
