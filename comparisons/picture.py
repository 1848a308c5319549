"""`curves.png`: both sides' losses on one axis, below them how far apart they are, below that the accuracies.

The difference gets an axis of its own, a logarithmic one, because on the first axis there is nothing to see: where the
two curves agree to six digits they are one line. matplotlib draws, without a window (its Agg canvas).
"""

from collections.abc import Sequence
from typing import IO, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .agreement import EPSILON, LOSS_STEPS, LOSS_TOLERANCE, relative_differences
from .record import Record
from .settings import Settings

TORCH = {"color": "#f0a04b", "linewidth": 4.0, "solid_capstyle": "round"}  # wide and light, below
MINIGRAD = {"color": "#16457c", "linewidth": 1.3}  # thin and dark, on top
DIFFERENCE = "#7a2f5f"
GREY = "#666666"
POINTS = 400  # a curve of more steps than this is drawn from the means of as many blocks


def draw_curves(
    file: IO[bytes], records: Sequence[Record], settings: Settings, own: Sequence[float] | None = None
) -> None:
    """Writes the picture, as PNG. `own` are torch's losses with its kernels exchanged, if there is that yardstick."""
    figure = Figure(figsize=(8, 9), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 2))
    draw_losses(top, records)
    draw_difference(middle, records, settings, own)
    draw_accuracies(bottom, records)

    recipe, epochs = settings.recipe, records[0].epochs
    figure.suptitle(
        f"{recipe.network}, {recipe.optimizer} lr {settings.lr:g}, batches of {settings.batch_size}, "
        f"seed {settings.seed}, {settings.dtype}: minigrad and torch ({settings.device})"
    )
    ends = np.cumsum([len(epoch.losses) for epoch in epochs])
    bottom.set_xlim(0, ends[-1] * 1.01)
    bottom.set_xlabel("step (a dotted line ends each epoch)")
    for axes in (top, middle, bottom):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(True, axis="y", color="#e6e6e6", linewidth=0.8)
        axes.set_axisbelow(True)
        for end in ends[:-1] if len(ends) <= 30 else ():
            axes.axvline(end, color="#bbbbbb", linewidth=0.8, linestyle=":")
    figure.savefig(file, format="png")


def draw_losses(axes: Any, records: Sequence[Record]) -> None:
    """Both curves on one axis."""
    ours, theirs = (record.losses for record in records)
    steps, width = blocks(theirs, np.mean)[0], block_width(len(theirs))
    axes.plot(steps, blocks(theirs, np.mean)[1], label="torch", **TORCH)
    axes.plot(steps, blocks(ours, np.mean)[1], label="minigrad", **MINIGRAD)
    axes.set_ylabel("training loss" + (f", mean of {width} steps" if width > 1 else " of each step"))
    axes.legend(frameon=False, loc="upper right")


def draw_difference(axes: Any, records: Sequence[Record], settings: Settings, own: Sequence[float] | None) -> None:
    """|Δ| / |torch's loss| of each step, beside it torch's from itself, and the tolerance where it holds."""
    differences = relative_differences(*(record.losses for record in records))
    floor = EPSILON[settings.dtype] / 8  # equal to the bit is 0, which a logarithmic axis does not have
    steps, largest = blocks(np.where(np.isfinite(differences), differences, np.nan), np.max)
    equal = largest < floor
    axes.plot(steps[~equal], largest[~equal], ".", color=DIFFERENCE, markersize=4)
    axes.plot(steps[equal], np.full(equal.sum(), floor), "|", color=DIFFERENCE, markersize=5, alpha=0.6)
    axes.set_yscale("log")
    top = np.nanmax(largest[~equal], initial=LOSS_TOLERANCE[settings.dtype])
    if own:
        yardstick = blocks(relative_differences(own, records[1].losses), np.max)[1]
        axes.plot(steps, np.maximum(yardstick, floor), color=TORCH["color"], linewidth=1.2, zorder=1)
        top = np.nanmax(yardstick, initial=top)
    axes.set_ylim(floor / 2, top * 50)
    width = block_width(len(differences))
    axes.set_ylabel("relative difference of the losses" + (f",\nlargest of {width} steps" if width > 1 else ""))

    held = min(LOSS_STEPS[settings.dtype] or len(differences), len(differences))
    tolerance = LOSS_TOLERANCE[settings.dtype]
    axes.axhline(tolerance, color=GREY, linewidth=0.8, linestyle=":")
    axes.plot([0, held], [tolerance, tolerance], color=GREY, linewidth=3, solid_capstyle="butt")
    notes = [f"grey: the tolerance, {tolerance:.0e} for the first {held:,} steps"]
    notes += ["dots: minigrad from torch; line: torch from itself, without oneDNN"] * bool(own)
    notes += ["bars: equal to the bit"] * bool(equal.any())
    axes.text(0.01, 0.98, "\n".join(notes), transform=axes.transAxes, va="top", color=GREY)


def draw_accuracies(axes: Any, records: Sequence[Record]) -> None:
    """The share of the test digits that each side gets right, after each epoch."""
    ends = np.cumsum([len(epoch.losses) for epoch in records[0].epochs])
    ours, theirs = ([100 * epoch.accuracy for epoch in record.epochs] for record in records)
    axes.plot(ends, theirs, marker="o", markersize=9, label="torch", **TORCH)
    axes.plot(ends, ours, marker="o", markersize=4, label="minigrad", **MINIGRAD)
    axes.set_ylabel(f"% right of {len(records[0].epochs[0].answers):,} test digits")


def block_width(steps: int) -> int:
    """How many steps one point of a curve stands for."""
    return max(1, steps // POINTS)


def blocks(values: Any, summary: Any) -> tuple[np.ndarray, np.ndarray]:
    """A long curve as few points: the last step of each block, and what `summary` makes of its values."""
    values = np.asarray(values, np.float64)
    starts = np.arange(0, len(values), block_width(len(values)))
    ends = np.append(starts[1:], len(values))
    return ends, np.array([summary(values[start:end]) for start, end in zip(starts, ends, strict=True)])
