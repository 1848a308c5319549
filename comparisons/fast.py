"""`python -m comparisons mnist --fast`: torch alone, as fast as it goes, on the GPU with `--device cuda`.

`mnist.py` keeps both sides to the tutorial's loop, which on a GPU mostly waits. Here the same network is trained by
`torch_ref/fast.py` (read that next) in each of its ways, with TF32 and without; and one batch first shows that the
device computes minigrad's gradients, so that what is fast is also right.
"""

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

import torch_ref.models
from torch_ref.device import use_tf32
from torch_ref.fast import WAYS, Run, Task, Unavailable
from torch_ref.fast import train as train_fast

from .agreement import Check, check_gradients
from .digits import Digits, one_hot, pad_to_32
from .libraries import both_libraries, equal_threads, gradients_of, start_equal
from .runs import RunFolder, publish
from .settings import CannotRun, Recipe, Settings
from .speed_machine import environment
from .text import hanging, progress, table
from .training import digits_for, prepare, train
from .width import fitted

GOAL = 0.99  # the accuracy that the time is taken to
COMPILING = " (the compiler works for about 20 s)"


@dataclass(frozen=True)
class Attempt:
    """One way of training, and how it went: a run, or why there is none."""

    way: str
    tf32: bool
    run: Run | None
    reason: str = ""


def main(settings: Settings) -> int:
    """Compares the gradients, trains, prints. Returns the exit code: 0 the gradients agree, 1 they differ."""
    if settings.dtype != "float32":
        raise CannotRun(f"--dtype {settings.dtype}: --fast trains in float32; see `comparisons gradients` for float64")
    digits = digits_for(settings)
    device = both_libraries(settings)[1].device
    folder = RunFolder(settings.out, f"mnist-fast-{settings.net}") if settings.out else None
    with equal_threads(settings.threads) as threads:
        settings = replace(settings, threads=threads)
        checks = [check_device(replace(settings, dtype=dtype), digits) for dtype in ("float64", "float32")]
        with_tf32 = [check_tf32(settings, digits)] if device.type == "cuda" else []
        task = task_for(settings.recipe, digits, device, settings.lr, settings.batch_size, settings.seed)
        attempts = list(train_all(task, settings))
    facts, agree = environment(device), all(check.agrees for check in checks)
    result = {
        "command": "mnist --fast",
        "environment": facts | {"device": str(device)},
        "agree": agree,
        "checks": {check.name: {"agrees": check.agrees, **check.figures} for check in checks + with_tf32},
        "attempts": [figures(attempt) for attempt in attempts],
    }
    publish(settings, folder, report(settings, task, facts, checks + with_tf32, attempts), result)
    return 0 if agree else 1


def task_for(recipe: Recipe, digits: Digits, device: torch.device, lr: float, batch_size: int, seed: int) -> Task:
    """The recipe, with its digits on the device."""
    images, test_images = digits.train_images, digits.test_images
    if recipe.image_size == 32:
        images, test_images = pad_to_32(images), pad_to_32(test_images)
    targets = one_hot(digits.train_labels) if recipe.one_hot else digits.train_labels
    network, criterion = getattr(torch_ref.models, recipe.network), getattr(torch.nn, recipe.criterion)()
    arrays = (images, targets, test_images, digits.test_labels)
    tensors = (torch.from_numpy(array).to(device) for array in arrays)
    return Task(network, criterion, recipe.optimizer, lr, batch_size, seed, *tensors)


def train_all(task: Task, settings: Settings) -> Iterator[Attempt]:
    """Every way, without TF32 and, on a GPU, with it. What takes long is said before it begins."""
    on_gpu = task.images.device.type == "cuda"
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # that there is no GPU, the table says
    turns = [(way, tf32) for tf32 in ((False, True) if on_gpu else (False,)) for way in WAYS]
    with progress(len(turns), quiet=settings.quiet) as bar:
        for way, tf32 in turns:
            bar.set_description(f"{way}{COMPILING * (way == 'compile' and not on_gpu)}")
            try:
                yield Attempt(way, tf32, train_fast(task, way, settings.epochs, tf32))
            except Unavailable as unavailable:
                yield Attempt(way, tf32, None, str(unavailable))
            bar.update()


def check_device(settings: Settings, digits: Digits) -> Check:
    """Whether torch's gradients of the first step, on its device, are minigrad's."""
    learners = [prepare(library, settings, digits) for library in both_libraries(settings)]
    start_equal(learners[0].model, learners[1].model, settings)
    for learner in learners:
        next(train(learner))
    ours, theirs = (gradients_of(learner.model) for learner in learners)
    return replace(check_gradients(ours, theirs, settings.dtype), name=f"gradients in {settings.dtype}")


def check_tf32(settings: Settings, digits: Digits) -> Check:
    """The same with TF32, which is meant to be less exact: a figure to look at, not a verdict."""
    ours, theirs = (prepare(library, settings, digits) for library in both_libraries(settings))
    next(train(ours))
    use_tf32(True)
    try:
        next(train(theirs))
    finally:
        use_tf32(False)
    check = check_gradients(gradients_of(ours.model), gradients_of(theirs.model), "float32")
    return replace(check, name="gradients in TF32")


# What is printed


def figures(attempt: Attempt) -> dict[str, Any]:
    """One attempt for a program."""
    if attempt.run is None:
        return {"way": attempt.way, "tf32": attempt.tf32, "unavailable": attempt.reason}
    run = attempt.run
    summary = {"seconds": run.seconds, "accuracy": run.epochs[-1].accuracy, "seconds_to_goal": run.seconds_to(GOAL)}
    return {"way": attempt.way, "tf32": attempt.tf32} | summary | asdict(run)


def report(
    settings: Settings, task: Task, facts: dict[str, str], checks: list[Check], attempts: list[Attempt]
) -> str:  # fmt: skip
    """The whole text: what was trained on what, the gradients, a table of the ways, what did not work."""
    steps = len(task.images) // task.batch_size
    lines = [
        fitted(f"{settings.recipe.network}, {len(task.images):,} digits, {settings.epochs} epochs of {steps:,} steps, "
               f"batches of {task.batch_size}, {task.optimizer}, lr {task.lr:g}, torch alone, on {task.images.device}"),
        *(hanging(name, text, 10) for name, text in facts.items()),
        "",
    ]
    lines += [
        hanging(f"{check.name:22}{'agree' if check.agrees else 'apart'}", check.text.splitlines()[0].rstrip(";"), 30)
        for check in checks
    ]
    rows = [("way", "TF32", "seconds", "ms a step", "accuracy, %", f"seconds to {GOAL:.0%}", "prepared in")]
    for attempt in attempts:
        if (run := attempt.run) is not None:
            goal = run.seconds_to(GOAL)
            rows.append(
                (attempt.way, "on" if attempt.tf32 else "off", f"{run.seconds:.2f}",
                 f"{1000 * run.seconds / (steps * len(run.epochs)):.3f}", f"{100 * run.epochs[-1].accuracy:.2f}",
                 "not reached" if goal is None else f"{goal:.2f}", f"{run.preparation:.2f} s")
            )  # fmt: skip
    lines += ["", table(rows)]
    lines += [fitted(f"{attempt.way}: not here. {attempt.reason}") for attempt in attempts if attempt.run is None]
    return "\n".join(lines)
