"""`python -m comparisons mnist`: trains both sides on the same digits, and says what agrees.

The two sides take turns, an epoch each, so that a busy machine slows both. Read `training.py` first for the loop itself
and `agreement.py` for what the verdict rests on. Read next: `gradients.py`, which looks at one batch number by number.
"""

import platform
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import islice
from time import perf_counter
from typing import Any

import numpy as np
import torch

import minigrad

from . import agreement
from .agreement import Check
from .checkpoint import NAME as CHECKPOINT
from .checkpoint import read_checkpoint, without_interruption, write_checkpoint
from .digits import Digits
from .libraries import both_libraries, equal_threads, gradients_of, start_equal, weights_of
from .picture import draw_curves
from .record import Epoch, Record, metrics_lines
from .report import report
from .runs import RunFolder, to_json
from .saved import config_of, how_to_go_on
from .settings import CannotRun, Settings
from .text import hanging, progress, say
from .training import digits_for, evaluate, prepare, train
from .width import fitted, width

HEADS = """\
      ---------- loss ---------  ---- accuracy, % -----  ------ seconds -------
epoch minigrad     torch rel. Δ  minigrad  torch      Δ  minigrad  torch  ratio"""
LEARNED = 0.15  # of the test digits; a tenth is right by chance
LABELS = 29  # columns that the name of a check and its verdict take
WIDE = max(map(len, HEADS.split("\n")))
NARROW = HEADS.split("\n")[0].index("  ------ seconds")  # where the terminal is narrow, the line ends here


def main(settings: Settings) -> int:
    """Trains, prints, writes the folder. Returns the exit code: 0 the sides agree, 1 they differ, 130 interrupted."""
    digits = digits_for(settings)
    libraries = both_libraries(settings)
    if settings.yardstick and libraries[1].device.type != "cpu":
        raise CannotRun("--yardstick exchanges torch's kernels on the CPU; use --device cpu")
    with equal_threads(settings.threads) as threads:
        settings = replace(settings, threads=threads, device=str(libraries[1].device))
        folder = folder_for(settings)
        records = [Record(prepare(library, settings, digits)) for library in libraries]
        weights = start_equal(records[0].learner.model, records[1].learner.model, settings)
        try:
            own, finished = tell_and_train(records, weights, settings, digits, folder), True
        except (KeyboardInterrupt, BrokenPipeError):  # Ctrl-C, or nobody reads on (`| head`): what was saved stays
            own, finished = [], False

    checks = [weights, *verdicts(records, settings, digits)] if records[1].epochs else [weights]
    if own:
        checks.append(agreement.check_drift(records[0].losses, records[1].losses, own, settings.dtype))
    summary = summarize(records, checks, settings, finished) | {"folder": str(folder.path)}
    folder.write_json("summary.json", summary)
    if records[1].epochs:
        folder.write("curves.png", lambda file: draw_curves(file, records, settings, own))
        folder.write_text("report.html", report(records, settings, digits, headline(settings, digits), summary))
    if finished:
        folder.remove(CHECKPOINT)  # nothing is left to go on with, and it is the largest of the files
    end = conclusion(records, checks, settings) if finished else interruption(records, settings, folder)
    say(settings, f"{end}\n{folder.path}")
    if settings.json:
        print(to_json(summary))
    return 130 if not finished else 0 if summary["agree"] else 1


def tell_and_train(
    records: Sequence[Record], weights: Check, settings: Settings, digits: Digits, folder: RunFolder
) -> list[float]:
    """Prints what is about to happen and a row for each epoch. Returns torch's own losses with --yardstick, else none.

    Raises: KeyboardInterrupt, BrokenPipeError.
    """
    say(settings, fitted(headline(settings, digits)))
    say(settings, hanging("weights", weights.text, 9) + "\n\n" + as_wide_as_fits(HEADS))
    if settings.resume:
        read_checkpoint(folder, records)
        say(settings, lines_so_far(records, config_of(settings.resume)["versions"]))
    train_both(records, settings, digits, folder)
    return train_rounded_otherwise(records[1], settings, digits) if settings.yardstick else []


def folder_for(settings: Settings) -> RunFolder:
    """A new folder that says what the run is told, or the one of the run that goes on."""
    if settings.resume:
        return RunFolder.existing(settings.resume)
    folder = RunFolder(settings.out or "runs", f"mnist-{settings.net}")
    folder.write_json("config.json", asdict(settings) | {"recipe": asdict(settings.recipe), "versions": versions()})
    return folder


def train_both(records: Sequence[Record], settings: Settings, digits: Digits, folder: RunFolder) -> None:
    """The epochs that are left, both sides in turn; each is saved when both have it."""
    done, steps = len(records[0].epochs), 2 * len(records[0].learner.train_loader)
    with progress(steps * settings.epochs, steps * done, settings.quiet) as bar:
        for number in range(done + 1, settings.epochs + 1):
            epochs = []
            for record in records:
                bar.set_description(f"epoch {number} of {settings.epochs}, {record.name}", refresh=False)
                epochs.append(one_epoch(record, digits, bar))
            with without_interruption():
                for record, epoch in zip(records, epochs, strict=True):
                    record.epochs.append(epoch)
                save(records, folder)
                say(settings, epoch_line(number, *epochs))


def one_epoch(record: Record, digits: Digits, bar: Any) -> Epoch:
    """Trains one side for an epoch, and lets it read the test digits."""
    losses = []
    start = perf_counter()
    for loss in train(record.learner):
        losses.append(loss)
        bar.update()
        if not record.first_gradients:
            record.first_gradients = gradients_of(record.learner.model)
    seconds = perf_counter() - start
    answers = evaluate(record.learner)
    return Epoch(losses, seconds, answers, right=int((np.array(answers) == digits.test_labels).sum()))


def train_rounded_otherwise(record: Record, settings: Settings, digits: Digits) -> list[float]:
    """Torch's losses again, from the same seed, but computed without oneDNN: other kernels, which round otherwise."""
    with kernels_exchanged():
        again = Record(prepare(record.learner.library, settings, digits))
        with progress(settings.epochs * len(again.learner.train_loader), quiet=settings.quiet) as bar:
            for number in range(1, settings.epochs + 1):
                bar.set_description(f"epoch {number} of {settings.epochs}, torch without oneDNN", refresh=False)
                again.epochs.append(one_epoch(again, digits, bar))
    return again.losses


@contextmanager
def kernels_exchanged() -> Iterator[None]:
    """Inside, torch computes convolutions and matrix products without oneDNN, by its own kernels and MKL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is no Intel GPU here
        with torch.backends.mkldnn.flags(enabled=False):  # type: ignore[no-untyped-call]
            yield


def save(records: Sequence[Record], folder: RunFolder) -> None:
    """The metrics so far, the weights of both sides as they are after the last epoch, and what `--resume` needs."""
    folder.write_text("metrics.jsonl", metrics_lines(records))
    for record in records:
        folder.write_weights(f"{record.name}.npz", weights_of(record.learner.model))
    write_checkpoint(folder, records)


def verdicts(records: Sequence[Record], settings: Settings, digits: Digits) -> list[Check]:
    """What can be judged at the end, besides the weights at the beginning."""
    ours, theirs = records
    return [
        agreement.check_gradients(ours.first_gradients, theirs.first_gradients, settings.dtype),
        agreement.check_losses(
            ours.losses, theirs.losses, settings.dtype, lambda steps: rounded_otherwise(theirs, settings, digits, steps)
        ),
        agreement.check_accuracy(ours.epochs[-1].answers, theirs.epochs[-1].answers, digits.test_labels),
    ]


def rounded_otherwise(record: Record, settings: Settings, digits: Digits, steps: int) -> list[list[float]]:
    """Torch's first losses again, four times, from weights that differ in the last bit: what rounding alone does."""
    runs = []
    for number in range(4):
        learner, random = prepare(record.learner.library, settings, digits), np.random.default_rng(number)
        for parameter in learner.model.parameters():
            up = torch.from_numpy(random.choice(np.array([-np.inf, np.inf], np.float32), tuple(parameter.shape)))
            parameter.data = torch.nextafter(parameter.data, up.to(parameter))
        losses = list(islice(train(learner), steps))
        while len(losses) < steps:  # short epochs: between them the test digits are read, as in the run itself
            evaluate(learner)
            losses += islice(train(learner), steps - len(losses))
        runs.append(losses)
    return runs


def summarize(records: Sequence[Record], checks: Sequence[Check], settings: Settings, finished: bool) -> dict[str, Any]:
    """Everything of interest as one JSON object. `agree` is null when the run was interrupted: no verdict then."""
    ours, theirs = records
    return {
        "command": "mnist",
        "net": settings.net,
        "seed": settings.seed,
        "dtype": settings.dtype,
        "agree": all(check.agrees for check in checks) if finished else None,
        "interrupted": not finished,
        "epochs": len(records[0].epochs),
        **{record.name: record.summary() for record in records},
        "seconds_ratio": ours.seconds / theirs.seconds if theirs.epochs else None,
        "checks": {check.name: {"agrees": check.agrees, "text": check.text, **check.figures} for check in checks},
    }


def versions() -> dict[str, str]:
    """What the figures were made with."""
    return {
        "python": platform.python_version(),
        "minigrad": minigrad.__version__,
        "numpy": np.__version__,
        "torch": torch.__version__,
    }


# What is printed


def headline(settings: Settings, digits: Digits) -> str:
    """What is about to happen, in two lines."""
    recipe, train_count = settings.recipe, len(digits.train_labels)
    return (
        f"{recipe.network}, {train_count:,} digits ({digits.source}) in batches of {settings.batch_size}, "
        f"{recipe.criterion}, {recipe.optimizer}, lr {settings.lr:g}; tested on {len(digits.test_labels):,} others\n"
        f"seed {settings.seed}, {settings.dtype}, torch {torch.__version__} on {settings.device}, "
        f"{settings.threads} thread{'s' * (settings.threads != 1)} on each side"
    )


def lines_so_far(records: Sequence[Record], began_with: Mapping[str, str]) -> str:
    """The rows of the epochs that an interrupted run had finished, and a word about other versions than it began with.

    Another release may round otherwise, and then the run cannot end in the same numbers.
    """
    pairs = list(zip(*(record.epochs for record in records), strict=True))
    rows = [epoch_line(number, *pair) for number, pair in enumerate(pairs, start=1)]
    now = versions()
    changed = [name for name in now if now[name] != began_with.get(name)]
    others = ", ".join(f"{name} {began_with.get(name)} (here {now[name]})" for name in changed)
    note = f"; the run began with {others}" if others else ""
    return "\n".join([*rows, fitted(f"resumed after {len(pairs)} epoch{'s' * (len(pairs) != 1)}{note}")])


def epoch_line(number: int, ours: Epoch, theirs: Epoch) -> str:
    """One row below HEADS."""
    relative = agreement.relative_differences([ours.loss], [theirs.loss])[0]
    return as_wide_as_fits(
        f"{number:5} {ours.loss:8.6f}  {theirs.loss:8.6f}  {relative:5.0e}  {100 * ours.accuracy:8.2f}  "
        f"{100 * theirs.accuracy:5.2f}  {100 * (ours.accuracy - theirs.accuracy):+5.2f}  {ours.seconds:8.2f}  "
        f"{theirs.seconds:5.2f}  {ours.seconds / theirs.seconds:5.2f}"
    )


def as_wide_as_fits(lines: str) -> str:
    """Lines of the table, the seconds left out where there is no room: the last line of all sums them up."""
    return lines if width() >= WIDE else "\n".join(line[:NARROW] for line in lines.split("\n"))


def interruption(records: Sequence[Record], settings: Settings, folder: RunFolder) -> str:
    """How far the run came, and how it goes on."""
    on = "It goes on with" if records[0].epochs else "It begins again, with the same settings, by"
    text = f"Interrupted after {len(records[0].epochs)} of {settings.epochs} epochs, no verdict. {on}"
    return f"\n{fitted(text)}\n    {how_to_go_on(folder.path)}"


def conclusion(records: Sequence[Record], checks: Sequence[Check], settings: Settings) -> str:
    """Each check as agree or DIFFER with its figures, and the verdict."""
    lines = [""]
    for check in checks[1:]:  # the weights were reported at the start
        lines.append(hanging(f"{check.name:21}{'agree' if check.agrees else 'DIFFER'}", check.text, LABELS))
    ours, theirs = (record.seconds for record in records)
    seconds = f"minigrad {ours:.1f}, torch {theirs:.1f}, ratio {ours / theirs:.2f}"
    lines.append(hanging("seconds", seconds, LABELS))
    differing = [check.name for check in checks if not check.agrees]
    lines.append(fitted(f"\nThe two sides differ: {', '.join(differing)}." if differing else "\nThe two sides agree."))
    if max(record.epochs[-1].accuracy for record in records) < LEARNED:
        lines.append(fitted("Neither has learned: one digit in ten is right by chance. Another --lr, more --epochs?"))
    return "\n".join(lines)
