"""`python -m comparisons speed --scaling`: how time and memory grow with the batch, the depth and the pixels.

Twice the work should take twice the time and twice the memory. Whether it does is the slope of a straight line through
the logarithms, the p of c·sizeᵖ: 1 is linear. Small sizes pay for what every call costs, so p may lie below 1; a p well
above 1 would betray a loop inside a loop.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .picture import MINIGRAD, TORCH
from .speed_memory import peak_memory
from .speed_process import processes
from .speed_timing import race
from .speed_workloads import Spec
from .text import table

NAMES = ("minigrad", "torch")
STYLES = {"minigrad": MINIGRAD | {"marker": "o", "markersize": 4}, "torch": TORCH | {"marker": "o", "markersize": 9}}
UNITS = {"seconds": "seconds", "bytes": "bytes at the peak"}


@dataclass(frozen=True)
class Axis:
    """What is made larger, and the work that it is made larger in."""

    name: str
    label: str
    kind: str
    before: tuple[Any, ...]  # the work's arguments before the size
    sizes: tuple[int, ...]


AXES = (
    Axis("batch", "digits in a batch (a CNN step with SGD)", "training_step", ("cnn", "SGD"), (25, 50, 100, 200, 400)),
    Axis("depth", "nodes in a chain", "chain", (), (10_000, 30_000, 100_000, 300_000, 1_000_000)),
    Axis("pixels", "pixels of each of ten images (two convolutions)", "picture", (), (28**2, 56**2, 112**2, 224**2)),
)


@dataclass(frozen=True)
class Curve:
    """One quantity along one axis, on one side; nan where it cannot be measured."""

    axis: Axis
    quantity: str  # of UNITS
    side: str
    values: list[float]

    @property
    def exponent(self) -> float:
        """The p of values ≈ c·sizeᵖ."""
        return exponent(self.axis.sizes, self.values)


def exponent(sizes: Any, values: Any) -> float:
    """The p of values ≈ c·sizesᵖ, by least squares in the logarithms.

    >>> round(exponent([1, 10, 100], [5, 500, 50000]), 6)
    2.0
    """
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0]) if np.isfinite(values).all() else np.nan


def grow(axis: Axis, threads: int, rounds: int, device: str) -> Iterator[Curve]:
    """Measures every size: the time of both sides in turns, and the memory of each."""
    measured: dict[tuple[str, str], list[float]] = {(unit, name): [] for unit in UNITS for name in NAMES}
    for size in axis.sizes:
        spec = Spec(axis.kind, (*axis.before, size))
        with processes(spec, threads, device) as sides:
            timings, _ = race(*sides, rounds)
        for name, seconds in zip(NAMES, timings["together"].medians, strict=True):
            measured["seconds", name].append(seconds)
            memory = peak_memory(name, spec, threads)
            measured["bytes", name].append(np.nan if memory is None else memory)
    for (unit, name), values in measured.items():
        yield Curve(axis, unit, name, values)


def growth_text(curves: list[Curve]) -> str:
    """The curves of one axis as a table: a column for each size, and the exponent."""
    axis = curves[0].axis
    rows = [(axis.label, "", *(f"{size:,}" for size in axis.sizes), "exponent")]
    for curve in curves:
        unit, scale = ("MiB", 2**-20) if curve.quantity == "bytes" else ("ms", 1000)
        cells = (f"{scale * value:,.1f}" if np.isfinite(value) else "unknown" for value in curve.values)
        rows.append((f"  {curve.side}", unit, *cells, f"{curve.exponent:.2f}"))
    return table(rows, left=2)


def draw_growth(file: IO[bytes], curves: list[Curve], title: str) -> None:
    """Writes the picture, as PNG: a row for each quantity, a column for each axis, all scales logarithmic."""
    axes = list(dict.fromkeys(curve.axis for curve in curves))
    figure = Figure(figsize=(4.6 * len(axes), 8), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    plots = figure.subplots(len(UNITS), len(axes), squeeze=False)
    for row, unit in zip(plots, UNITS, strict=True):
        for plot, axis in zip(row, axes, strict=True):
            here = [curve for curve in curves if (curve.axis, curve.quantity) == (axis, unit)]
            for curve in reversed(here):  # torch below
                label = f"{curve.side}, exponent {curve.exponent:.2f}"
                plot.plot(axis.sizes, curve.values, label=label, **STYLES[curve.side])
            known = np.isfinite([curve.values for curve in here]).all()
            plot.set(xscale="log", yscale="log" if known else "linear", xlabel=axis.label, ylabel=UNITS[unit])
            plot.legend(frameon=False, loc="upper left", title=None if known else "cannot be measured here")
            plot.spines[["top", "right"]].set_visible(False)
            plot.grid(True, color="#e6e6e6", linewidth=0.8)
    figure.suptitle(title)
    figure.savefig(file, format="png")
