"""The curves of the report, as inline SVG: what `curves.png` shows, drawn by the page itself.

Each chart is drawn twice, for a wide page and for a phone, and the page shows the one that fits: a wide one made
smaller would have letters too small to read. Read next: `report.py`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .picture import blocks, differences_of, loss_title
from .record import Record
from .settings import Settings

LEFT, TOP, RIGHT, FOOT = 64, 12, 28, 40  # pixels around the inside of a chart, for the numbers on its axes
MOST_EPOCHS = 30  # whose ends are marked


class Frame(NamedTuple):
    """For which page a chart is drawn, the size of its inside in pixels, and how many numbers stand below."""

    page: str
    width: int
    height: int
    ticks: int


FRAMES = (Frame("wide", 640, 200, 6), Frame("narrow", 264, 220, 4))


@dataclass(frozen=True)
class Curve:
    """Points of a chart; nan and infinite ones are left out, and on a logarithmic axis those that are not above 0."""

    look: str  # its classes in the page: whose it is, and how it is drawn
    x: ArrayLike
    y: ArrayLike
    marks: str = "line"  # or "dots" or "bars"


def curves_html(records: Sequence[Record], settings: Settings, own: Any = None) -> str:
    """The losses, how far apart they are, and the accuracies.

    Args:
        own: how far torch's losses are from torch's own with its kernels exchanged, if there is that yardstick.
    """
    ours, theirs = records
    ends = np.cumsum([len(epoch.losses) for epoch in ours.epochs])
    losses = [Curve(record.name, *blocks(record.losses, np.mean)) for record in (theirs, ours)]  # the thin one on top
    accuracies = [
        Curve(record.name, ends, [100 * epoch.accuracy for epoch in record.epochs], marks)
        for record in (theirs, ours)
        for marks in ("line", "dots")
    ]
    right = f"% right of {len(ours.epochs[0].answers):,} test digits"
    return "".join((
        chart(losses, loss_title(len(ours.losses)), ends),
        difference_html(records, settings, ends, own),
        chart(accuracies, right, ends),
    ))  # fmt: skip


def difference_html(records: Sequence[Record], settings: Settings, ends: np.ndarray, own: Any) -> str:
    """The difference step by step, as dots; where it is 0, as bars at the foot; and the tolerance."""
    found = differences_of(records, settings, own)
    last, equal = ends[-1], found.equal
    curves = [
        Curve("tolerance dotted", [0, last], [found.tolerance] * 2),
        Curve("tolerance", [0, found.held], [found.tolerance] * 2),
        Curve("yardstick", found.steps, [] if found.own is None else found.own),
        Curve("difference", found.steps[~equal], found.largest[~equal], "dots"),
        Curve("difference", found.steps[equal], found.largest[equal], "bars"),
    ]
    return chart(curves, found.title(), ends, "; ".join(found.notes()), logarithmic=True)


def chart(
    curves: Sequence[Curve], words: str, ends: ArrayLike = (), note: str = "", logarithmic: bool = False
) -> str:
    """Curves over the steps, for both pages.

    Args:
        words: what is shown. ends: the last step of each epoch. note: what is to be said below.
    """
    shown = [(curve, *usable(curve, logarithmic)) for curve in curves]
    if not any(y.size for _, _, y in shown):
        return f'<p class="note">{escape(words)}: nothing to draw</p>'
    drawings = "".join(drawing(shown, words, np.asarray(ends), frame, logarithmic) for frame in FRAMES)
    below = f'<p class="note">{escape(note)}</p>' if note else ""
    return f'<figure class="chart"><figcaption>{escape(words)}</figcaption>{drawings}{below}</figure>'


def drawing(
    shown: Sequence[tuple[Curve, np.ndarray, np.ndarray]], words: str, ends: np.ndarray, frame: Frame, logarithmic: bool
) -> str:
    """A chart for one page: its axes, then its curves, the later ones on top."""
    low, high = limits(np.concatenate([y for _, _, y in shown]))
    last = float(max(1, ends.max(initial=0), *(x.max(initial=0) for _, x, _ in shown)))
    foot = TOP + frame.height
    width, height = LEFT + frame.width + RIGHT, foot + FOOT

    def across(step: Any) -> Any:
        return LEFT + frame.width * step / last

    def down(value: Any) -> Any:
        return TOP + frame.height * (high - value) / (high - low)

    parts = [f'<svg class="{frame.page}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(words)}">']
    for value in decades(low, high) if logarithmic else ticks(low, high):
        label = f"{10**value:.0e}" if logarithmic else f"{value:g}"
        parts.append(f'<path class="rule" d="M{LEFT} {down(value):.1f}h{frame.width}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{down(value) + 4:.1f}" class="end">{label}</text>')
    for step in filter(float.is_integer, ticks(0, last, frame.ticks)):
        parts.append(f'<path class="rule" d="M{across(step):.1f} {foot}v4"/>')
        parts.append(f'<text x="{across(step):.1f}" y="{foot + 16}" class="middle">{step:,g}</text>')
    for step in ends[:-1] if len(ends) <= MOST_EPOCHS else ():
        parts.append(f'<path class="rule dotted" d="M{across(step):.1f} {TOP}V{foot}"/>')
    for curve, x, y in shown:
        marks = "dots" if len(x) == 1 and curve.marks == "line" else curve.marks  # of one point there is no line
        path = path_of(marks, across(x), down(y))
        parts.append(f'<path class="{curve.look} {marks}" d="{path}"/>' if path else "")
    epochs = "; a dotted line ends each epoch" if 1 < len(ends) <= MOST_EPOCHS else ""
    parts.append(f'<text x="{LEFT}" y="{foot + 34}">step{epochs}</text></svg>')
    return "".join(parts)


def path_of(marks: str, x: np.ndarray, y: np.ndarray) -> str:
    """What is drawn at the points: a line through them, dots (lines of no length, with round ends), or short bars.

    >>> path_of("line", np.array([0, 1]), np.array([2, 3])), path_of("dots", np.array([0, 1]), np.array([2, 3]))
    ('M0.0 2.0L1.0 3.0', 'M0.0 2.0h0M1.0 3.0h0')
    """
    points = [f"{right:.1f} {height:.1f}" for right, height in zip(x, y, strict=True)]
    if marks == "line":
        return "M" + "L".join(points) if points else ""
    return "".join(f"M{point}{'h0' if marks == 'dots' else 'v-8'}" for point in points)


def limits(values: np.ndarray) -> tuple[float, float]:
    """The ends of an axis: the smallest and the largest number, with a little room around them."""
    low, high = float(values.min()), float(values.max())
    room = 0.04 * (high - low) or 0.5
    return low - room, high + room


def usable(curve: Curve, logarithmic: bool) -> tuple[np.ndarray, np.ndarray]:
    """The points that can be drawn; the values as powers of ten on a logarithmic axis."""
    values = np.asarray(curve.y, np.float64)
    steps = np.asarray(curve.x, np.float64)[: len(values)]
    there = np.isfinite(values) & ((values > 0) | (not logarithmic))
    return steps[there], np.log10(values[there]) if logarithmic else values[there]


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
