"""`python -m comparisons speed`: how long both sides take, side by side, and whether the targets are met.

The default table has the training steps of both networks, the peak of memory and the import. `--ops` has single
operations, the optimizers and the cost of a node; `--scaling` shows what grows with what (`speed_scaling.py`). How the
race is kept fair is in `speed_timing.py` and `speed_process.py`; read those next.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from torch_ref.device import choose_device

from .libraries import equal_threads
from .runs import RunFolder, to_json
from .settings import RECIPES, CannotRun
from .speed_machine import Neighbours, environment
from .speed_memory import import_seconds, peak_memory
from .speed_process import processes
from .speed_scaling import AXES, draw_growth, grow, growth_text
from .speed_timing import PAUSE, TURN, Timing, race
from .speed_workloads import RATES, TINY_OPS, Spec
from .text import hanging
from .width import fitted, width

Targets = tuple[float, float] | None  # the ratio to stay below, with one thread and with two


@dataclass(frozen=True)
class SpeedSettings:
    """What the command line says."""

    command: str
    threads: int
    rounds: int
    ops: bool
    scaling: bool
    only: str
    device: str  # torch's
    out: str  # where --scaling leaves its picture
    json: bool


@dataclass(frozen=True)
class Contest:
    """One thing to race in."""

    name: str
    spec: Spec
    targets: Targets = None  # of all parts together
    per: int = 1  # the seconds are divided by this


@dataclass(frozen=True)
class Row:
    """One line of the table: a quantity on both sides, in seconds or bytes, and their ratio."""

    name: str
    part: str
    ours: float | None  # None where it cannot be measured
    theirs: float | None
    ratio: float | None
    quartiles: tuple[float, float] | None = None  # None where it was measured once
    target: float | None = None
    calls: int | None = None  # in each turn
    unit: str = "seconds"
    crowded: bool = False  # whether others wanted the processors meanwhile

    @property
    def met(self) -> bool | None:
        """Whether the ratio is within the target, where there are both."""
        return None if self.target is None or self.ratio is None else self.ratio <= self.target


STEP_TARGETS: dict[tuple[str, str, int], Targets] = {
    ("lenet", "SGD", 1): (1.0, 1.0), ("lenet", "SGD", 50): (0.5, 0.7), ("lenet", "SGD", 256): (0.5, 0.7),
    ("lenet", "Adam", 1): (1.0, 1.0), ("lenet", "Adam", 50): (0.5, 0.7), ("lenet", "Adam", 256): (0.5, 0.7),
    ("cnn", "Adam", 50): (1.0, 1.2), ("cnn", "Adam", 256): (1.0, 1.2),
}  # fmt: skip
MEMORY_TARGETS: dict[tuple[str, int], Targets] = {("cnn", 256): (1.2, 1.2)}
IMPORT_TARGET = 1.5  # `import minigrad` in times `import numpy`, which is part of it
BATCH_SIZES = (1, 50, 256)

NETWORKS = [
    Contest(f"{RECIPES[net].network}, {optimizer}, batch {size}", Spec("training_step", (net, optimizer, size)),
            STEP_TARGETS.get((net, optimizer, size)))
    for net in ("lenet", "cnn") for size in BATCH_SIZES for optimizer in RATES
]  # fmt: skip
OPS = [
    Contest("conv2d 32→64, (50, 32, 14, 14)", Spec("single_op", ("conv2d",))),
    Contest("  its matrix products alone", Spec("products", (50, 64, 288, 196))),
    Contest("conv2d 1→32, (50, 1, 28, 28)", Spec("single_op", ("conv2d, first",))),
    Contest("max_pool2d 2×2, (50, 32, 28, 28)", Spec("single_op", ("max_pool2d",)), (1.0, 1.5)),
    Contest("relu, (50, 32, 28, 28)", Spec("single_op", ("relu",)), (1.0, 1.5)),
    Contest("linear 3136→1000, batch 50", Spec("single_op", ("linear",))),
    Contest("log_softmax, (50, 10)", Spec("single_op", ("log_softmax",))),
    Contest("add, (50, 32, 28, 28)", Spec("single_op", ("add",))),
    Contest(f"a tiny op, of {TINY_OPS:,} in a chain", Spec("chain", (TINY_OPS,)), (1.5, 1.5), per=TINY_OPS),
    Contest("SGD with momentum, 3.2 M numbers", Spec("optimizer_step", ("SGD",)), (1.0, 1.0)),
    Contest("Adam, 3.2 M numbers", Spec("optimizer_step", ("Adam",)), (1.0, 1.0)),
]


def main(options: Any) -> int:
    """Measures and prints, after Ctrl-C as far as it got.

    Returns: the exit code: 130 after Ctrl-C, else 0, for a target that is missed is a figure and no failure.
    """
    settings = SpeedSettings(**vars(options))
    check_only(settings)
    device = device_of(settings)
    with equal_threads(settings.threads):
        facts = environment(device) | {
            "threads": f"{settings.threads} on each side; float32, TF32 off",
            "method": f"a process for each side; turns A B A B, {settings.rounds} rounds; a ratio is their median",
            "turn": f"one call, or as many as fit into {TURN} s, {PAUSE} s after the other side's",
        }
        tell(settings, "\n".join(hanging(name, text, 10) for name, text in facts.items()) + "\n")
        result = measure_growth(settings, device) if settings.scaling else measure_table(settings, device)
    if settings.json:
        print(to_json({"environment": facts} | asdict(settings) | result))
    return 130 if result["interrupted"] else 0


def check_only(settings: SpeedSettings) -> None:
    """Raises: CannotRun, with the names that there are, when no row has --only in its name."""
    names = [axis.name for axis in AXES] if settings.scaling else row_names(settings)
    if not any(settings.only in name for name in names):
        rows = "".join(f"\n    {name.strip()}" for name in names)
        raise CannotRun(f"--only {settings.only!r}: no row of this table has that in its name. The rows:{rows}")


def row_names(settings: SpeedSettings) -> list[str]:
    """The names of a table's rows, in order."""
    if settings.ops:
        return [contest.name for contest in OPS]
    memory = [f"memory, {RECIPES[net].network}, Adam, batch {size}" for net in ("lenet", "cnn") for size in BATCH_SIZES]
    return [*(contest.name for contest in NETWORKS), *memory, "import (numpy in torch's place)", "import"]


def measure_table(settings: SpeedSettings, device: torch.device) -> dict[str, Any]:
    """Prints the table, row by row. Returns it."""
    tell(settings, heads())
    rows: list[Row] = []
    interrupted = False
    try:
        for row in table_rows(settings, device):
            if not rows or row.name != rows[-1].name:
                tell(settings, row.name)
            tell(settings, line(row))
            rows.append(row)
    except KeyboardInterrupt:
        interrupted = True
        if not rows:
            raise
    if not rows:
        raise CannotRun(f"--only {settings.only!r}: this row is only there with --device cpu")
    tell(settings, summary(rows) + "\n\nInterrupted: the rest was not measured." * interrupted)
    return {"interrupted": interrupted, "rows": [asdict(row) | {"met": row.met} for row in rows]}


def measure_growth(settings: SpeedSettings, device: torch.device) -> dict[str, Any]:
    """Prints a table for each axis, draws them all. Returns the curves and the folder with the picture."""
    axes = [axis for axis in AXES if settings.only in axis.name]
    folder, curves, interrupted = RunFolder(settings.out, "speed-scaling"), [], False
    try:
        for axis in axes:
            found = list(grow(axis, settings.threads, settings.rounds, str(device)))
            tell(settings, growth_text(found) + "\n")
            curves += found
    except KeyboardInterrupt:
        interrupted = True
        if not curves:
            raise
        tell(settings, "Interrupted: the rest was not measured.\n")
    title = f"minigrad and torch ({device}), threads: {settings.threads}"
    folder.write("scaling.png", lambda file: draw_growth(file, curves, title))
    result: dict[str, Any] = {"interrupted": interrupted}
    result |= {"curves": [asdict(curve) | {"exponent": curve.exponent} for curve in curves]}
    folder.write_json("scaling.json", result)
    tell(settings, str(folder.path))
    return result | {"folder": str(folder.path)}


def device_of(settings: SpeedSettings) -> torch.device:
    """Where torch computes. Raises: CannotRun without that device."""
    try:
        return choose_device(settings.device)
    except RuntimeError as error:
        raise CannotRun(f"--device {settings.device}: {error}") from error


def table_rows(settings: SpeedSettings, device: torch.device) -> Iterator[Row]:
    """The rows of the table, each as soon as it is known."""
    for contest in OPS if settings.ops else NETWORKS:
        if settings.only in contest.name:
            yield from contest_rows(contest, settings, device)
    if not settings.ops and device.type == "cpu":
        yield from memory_rows(settings)
        yield from import_rows(settings)


def contest_rows(contest: Contest, settings: SpeedSettings, device: torch.device) -> Iterator[Row]:
    """A row for each part of the work, and one for all of them."""
    neighbours = Neighbours()
    with processes(contest.spec, settings.threads, str(device)) as sides:
        timings, calls = race(*sides, settings.rounds)
    crowded = neighbours.crowd(settings.threads)
    if len(timings) == 2:  # the only part, and "together", which is the same
        timings = {"together": timings["together"]}
    for part, timing in timings.items():
        target = target_of(contest.targets, settings.threads, device.type) if part == "together" else None
        row = timing_row(contest.name, part, timing, contest.per, target, calls)
        yield replace(row, crowded=crowded)


def timing_row(name: str, part: str, timing: Timing, per: int, target: float | None, calls: int) -> Row:
    """The medians of both sides in seconds, the ratio and its spread."""
    mine, other = timing.medians
    return Row(name, part, mine / per, other / per, timing.ratio, timing.quartiles, target, calls)


def target_of(targets: Targets, threads: int, device: str = "cpu") -> float | None:
    """The target for that many threads; none beside a GPU, and for more threads than anybody set a target for."""
    return targets[threads - 1] if targets and device == "cpu" and threads <= len(targets) else None


def memory_rows(settings: SpeedSettings) -> Iterator[Row]:
    """The peak of memory of a training step with Adam, each side in a process of its own, on the CPU."""
    for net in ("lenet", "cnn"):
        for size in BATCH_SIZES:
            name = f"memory, {RECIPES[net].network}, Adam, batch {size}"
            if settings.only in name:
                spec = Spec("training_step", (net, "Adam", size))
                mine, other = (peak_memory(library, spec, settings.threads) for library in ("minigrad", "torch"))
                ratio = mine / other if mine is not None and other else None
                target = target_of(MEMORY_TARGETS.get((net, size)), settings.threads)
                yield Row(name, "peak", mine, other, ratio, target=target, unit="bytes")


def import_rows(settings: SpeedSettings) -> Iterator[Row]:
    """`import minigrad` beside `import numpy`, and for the curious beside `import torch`."""
    for other, target in (("numpy", IMPORT_TARGET), ("torch", None)):
        name = "import" if other == "torch" else f"import ({other} in torch's place)"
        if settings.only in name:
            seconds = import_seconds(("minigrad", other), settings.rounds)
            yield timing_row(name, "together", Timing(seconds[:, 0], seconds[:, 1]), 1, target, 1)


# What is printed

WITH_QUARTILES = 80  # columns

def tell(settings: SpeedSettings, text: str) -> None:
    """Prints at once; with --json stdout is for the one object."""
    if not settings.json:
        print(text, flush=True)


def heads() -> str:
    """What stands above the columns. The quartiles are there where the lines may be wide enough."""
    spread = f"  {'quartiles':>11}" if width() >= WITH_QUARTILES else ""
    return f"{'':10}  {'minigrad':>9}  {'torch':>9}  {'ratio':>5}{spread}  target"


def line(row: Row) -> str:
    """One row below the heads."""
    show = duration if row.unit == "seconds" else mebibytes
    mine, other = (show(value) if value is not None else "unknown" for value in (row.ours, row.theirs))
    ratio = f"{row.ratio:5.2f}" if row.ratio is not None else "    ?"
    spread = "  {:5.2f}–{:5.2f}".format(*row.quartiles) if row.quartiles else f"  {'once':>11}"
    spread = spread if width() >= WITH_QUARTILES else ""
    target = f"≤ {row.target} {'met' if row.met else 'MISSED'}" if row.met is not None else ""
    noise = "(busy)" * (row.crowded and row.part == "together")
    return f" {row.part:9}  {mine:>9}  {other:>9}  {ratio}{spread}  {target} {noise}".rstrip()


def duration(seconds: float) -> str:
    """Seconds with a unit that suits them.

    >>> duration(0.0123456), duration(1.6e-6), duration(2.5)
    ('12.3 ms', '1.60 µs', '2.50 s')
    """
    scale, unit = (1, "s") if seconds >= 1 else (1e3, "ms") if seconds >= 1e-3 else (1e6, "µs")
    value = seconds * scale
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"


def mebibytes(count: float) -> str:
    """Bytes in units of 2²⁰.

    >>> mebibytes(3 * 2**20)
    '3.0 MiB'
    """
    return f"{count / 2**20:.1f} MiB"


def summary(rows: Sequence[Row]) -> str:
    """How many targets are met, and which are not."""
    judged = [row for row in rows if row.met is not None]
    if not judged:
        return "\nno row here has a target"
    missed = [f"{row.name} ({row.ratio:.2f}, target {row.target})" for row in judged if not row.met]
    text = f"\n{len(judged) - len(missed)} of {len(judged)} targets met"
    text += (":" if missed else "") + "".join(f"\n  missed: {name}" for name in missed)
    if any(row.crowded for row in judged):
        text += (
            "\n(busy): other programs wanted the processors meanwhile. Threads that wait for each other suffer from "
            "that most, torch's more than NumPy's: measure again on a machine that has nothing else to do."
        )
    return fitted(text)
