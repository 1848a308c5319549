"""`curves.png`: both sides' losses on one axis, below them how far apart they are, below that the accuracies.

The difference gets an axis of its own, a logarithmic one, because on the first axis there is nothing to see: where the
two curves agree to six digits they are one line. matplotlib draws, without a window (its Agg canvas).
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
    apart = relative_differences(own, records[1].losses) if own else None
    draw_difference(middle, differences_of(records, settings, apart))
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
    axes.plot(*blocks(theirs, np.mean), label="torch", **TORCH)
    axes.plot(*blocks(ours, np.mean), label="minigrad", **MINIGRAD)
    axes.set_ylabel(loss_title(len(theirs)))
    axes.legend(frameon=False, loc="upper right")


def loss_title(steps: int) -> str:
    """What the loss curve shows."""
    width = block_width(steps)
    return "training loss" + (f", mean of {width} steps" if width > 1 else " of each step")


@dataclass(frozen=True)
class Differences:
    """How far apart the losses are, in blocks of steps, and what there is to compare that with."""

    steps: np.ndarray  # the last of each block
    largest: np.ndarray  # |Δ| / |torch's loss|, of each block the largest; floor where all are equal to the bit
    equal: np.ndarray  # whether they are
    own: np.ndarray | None  # the same of torch's losses from torch's own with its kernels exchanged
    floor: float  # stands for 0, which a logarithmic axis does not have
    tolerance: float
    held: int  # to how many of the first steps the tolerance applies
    block: int  # steps in a block

    @property
    def top(self) -> float:
        """The largest number to be shown."""
        return float(np.nanmax(self.largest if self.own is None else [self.largest, self.own], initial=self.tolerance))

    def title(self) -> str:
        """What is shown."""
        return "relative difference of the losses" + f", largest of {self.block} steps" * (self.block > 1)

    def notes(self) -> list[str]:
        """What the marks mean."""
        return [
            f"grey: the tolerance, {self.tolerance:.0e} for the first {self.held:,} step{'s' * (self.held != 1)}",
            *["dotted: that number at later steps, where it is not required"] * bool(self.held < self.steps[-1]),
            *["dots: minigrad from torch; line: torch from itself, without oneDNN"] * (self.own is not None),
            *["bars: equal to the bit"] * bool(self.equal.any()),
        ]


def differences_of(records: Sequence[Record], settings: Settings, own: Any = None) -> Differences:
    """Of a run. `own`: |Δ| / |loss| of torch from itself, step by step, if there is that yardstick."""
    apart, floor = relative_differences(*(record.losses for record in records)), EPSILON[settings.dtype] / 8
    steps, largest = blocks(np.where(np.isfinite(apart), apart, np.nan), np.max)
    equal = largest < floor
    return Differences(
        steps,
        np.where(equal, floor, largest),
        equal,
        own=None if own is None else np.maximum(blocks(own, np.max)[1], floor),
        floor=floor,
        tolerance=LOSS_TOLERANCE[settings.dtype],
        held=min(LOSS_STEPS[settings.dtype] or len(apart), len(apart)),
        block=block_width(len(apart)),
    )


def draw_difference(axes: Any, differences: Differences) -> None:
    """|Δ| / |torch's loss| of each step, beside it torch's from itself, and the tolerance where it holds."""
    steps, largest, equal = differences.steps, differences.largest, differences.equal
    axes.plot(steps[~equal], largest[~equal], ".", color=DIFFERENCE, markersize=4)
    axes.plot(steps[equal], largest[equal], "|", color=DIFFERENCE, markersize=5, alpha=0.6)
    if differences.own is not None:
        axes.plot(steps, differences.own, color=TORCH["color"], linewidth=1.2, zorder=1)
    axes.set_yscale("log")
    axes.set_ylim(differences.floor / 2, differences.top * 50)
    axes.set_ylabel(differences.title().replace(", ", ",\n"))
    tolerance = differences.tolerance
    axes.axhline(tolerance, color=GREY, linewidth=0.8, linestyle=":")
    axes.plot([0, differences.held], [tolerance, tolerance], color=GREY, linewidth=3, solid_capstyle="butt")
    axes.text(0.01, 0.98, "\n".join(differences.notes()), transform=axes.transAxes, va="top", color=GREY)


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
