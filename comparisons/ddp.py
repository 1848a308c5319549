"""`python -m comparisons ddp --world 2`: several processes train one network, and whether that equals one process.

Starts the processes (`ddp_worker.py`; read that next), waits for the result and prints it. A worker that fails or is
killed ends the run with its error: the others are stopped, instead of waiting for it forever.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .agreement import LOSS_TOLERANCE, tolerance_of
from .digits import EMBEDDED_COUNTS
from .runs import to_json
from .settings import RECIPES, CannotRun
from .speed_memory import THREAD_VARIABLES
from .text import progress, table
from .width import fitted

ROOT = Path(__file__).parents[1]
POLL = 0.05  # seconds between two looks at the workers

# What must equal the big batch's gradient, and what must not, with the reason.
EXPECTED = {
    "even shards, mean": (True, "equal shares: the mean of the means is the mean"),
    "uneven shards, mean": (False, "a digit in a small share counts for more"),
    "uneven shards, weighted": (True, "each share weighted by its n/N"),
    "dropout, one seed for all": (False, "every share drops what the batch's first rows drop"),
    "dropout, a seed for each": (False, "as good a sample of masks, but another one"),
    "dropout, the rows' own masks": (True, "the generator moved on to the share's first row"),
}
APART = 1e-6  # relative; rounding in float64 never gets there, and what is wrong is off by percents
TRAINING_TOLERANCE = LOSS_TOLERANCE["float64"]  # of two whole trainings, their losses and their weights


@dataclass(frozen=True)
class Job:
    """What all workers are told."""

    world: int  # how many they are
    net: str
    seed: int
    batch_size: int
    limit: int | None
    timeout: float  # seconds
    folder: str  # where they meet, and where the first leaves the result

    @property
    def counter(self) -> Path:
        """A file that the first worker makes a byte longer with every step."""
        return Path(self.folder, "steps")


def main(options: Any) -> int:
    """Runs, prints. Returns the exit code: 0 everything is as it must be, 1 something is not."""
    check(options)
    with tempfile.TemporaryDirectory() as folder:
        job = Job(options.world, options.net, options.seed, options.batch_size, options.limit, options.timeout, folder)
        if not options.json:
            print(head(job), flush=True)
        workers = start(job)
        with progress(steps_of(job)) as bar:
            wait_for(workers, job.timeout, lambda: bar.update(steps_done(job) - bar.n))
        result = json.loads(Path(folder, "result.json").read_text())
    agree = all(as_expected(side) for side in result.values())
    if options.json:
        print(to_json({"command": "ddp", "agree": agree, "job": {**asdict(job), "folder": None}, **result}))
    else:
        print(report(job, result, agree))
    return 0 if agree else 1


def check(options: Any) -> None:
    """Raises: CannotRun where nothing is shared, for shares that would be empty, or called even and are not."""
    batch, world, digits = options.batch_size, options.world, options.limit or EMBEDDED_COUNTS[0]
    if world == 1:
        raise CannotRun("--world 1: one process has nobody to share with")
    if batch % world:
        raise CannotRun(f"--world {world}: a batch of {batch} cannot be shared out evenly; see --batch-size")
    if batch * 2 // (world * (world + 1)) < 1:
        raise CannotRun(f"--world {world}: a batch of {batch} is too small for shares that are as 1 : 2 : …")
    if not batch <= digits <= EMBEDDED_COUNTS[0]:
        raise CannotRun(f"--limit {digits}: it takes a batch of {batch} at least, and there are {EMBEDDED_COUNTS[0]:,}")


@dataclass(frozen=True)
class Worker:
    """A process, and the file with what it says when something is wrong."""

    process: subprocess.Popen[bytes]
    errors: Path


def start(job: Job) -> list[Worker]:
    """The workers, each a process of its own with one thread."""
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    environment = {"GLOO_SOCKET_IFNAME": loopback} | os.environ | dict.fromkeys(THREAD_VARIABLES, "1")
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH")]))
    workers = []
    for rank in range(job.world):
        errors = Path(job.folder, f"errors-{rank}.txt")
        command = [sys.executable, "-m", "comparisons.ddp_worker", str(rank), json.dumps(asdict(job))]
        with errors.open("wb") as file:
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=file)
        workers.append(Worker(process, errors))
    return workers


def steps_of(job: Job) -> int:
    """The steps of all trainings: in each library one by all processes and one by a single process."""
    return 4 * ((job.limit or EMBEDDED_COUNTS[0]) // job.batch_size)


def steps_done(job: Job) -> int:
    """How many of them are done."""
    return job.counter.stat().st_size if job.counter.exists() else 0


def wait_for(workers: Sequence[Worker], seconds: float, watch: Callable[[], object] = lambda: None) -> None:
    """Until all have ended well; `watch` is called again and again. However this ends, no worker is left running.

    Raises: CannotRun when one failed or was killed, or when they take longer than so many seconds.
    """
    deadline = time.monotonic() + seconds
    try:
        while (codes := [worker.process.poll() for worker in workers]) != [0] * len(workers):
            # Killed by a signal (below 0) before failed: without the one, the other would not have.
            failed = sorted((code, rank) for rank, code in enumerate(codes) if code)
            if failed:
                code, rank = failed[0]
                raise CannotRun(ending(rank, code, workers))
            if time.monotonic() > deadline:
                raise CannotRun(f"no result after {seconds:g} s, so the workers were stopped; see --timeout")
            watch()
            time.sleep(POLL)
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.wait()


def ending(rank: int, code: int, workers: Sequence[Worker]) -> str:
    """How a worker ended, in words."""
    what = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"failed with exit code {code}"
    said = workers[rank].errors.read_text(errors="replace").strip()
    return f"worker {rank} of {len(workers)} {what}; the others were stopped" + f"\n{said}" * bool(said)


# What is printed


def as_expected(side: dict[str, Any]) -> bool:
    """Whether on this side all that must be equal is, and what must not be is not."""
    gradients = all(verdict(name, apart) is not None for name, apart in side["gradients"].items())
    return gradients and max(side["training"]["losses_apart"], side["training"]["weights_apart"]) <= TRAINING_TOLERANCE


def verdict(name: str, apart: float) -> str | None:
    """In a word what was found, "equal" or "apart", where that is what must be; else None."""
    equal, _ = EXPECTED[name]
    return ("equal" if apart <= tolerance_of("float64") else None) if equal else ("apart" if apart > APART else None)


def head(job: Job) -> str:
    """What is being done, and what the numbers will be; it takes a minute, and is said before."""
    what = f"{RECIPES[job.net].network}, {job.world} processes and one: batches of {job.batch_size}, float64, gloo"
    numbers = "Gradients and Δ: how far they are from one process's, max |Δ| / max |one process's|"
    return f"{fitted(f'{what}, a thread each')}\n{fitted(numbers)}\n"


def report(job: Job, result: dict[str, Any], agree: bool) -> str:
    """Both tables: the gradients of one batch in each arrangement, and the trainings."""
    rows = [("one batch", *result, "", "because")]
    for name in result["torch"]["gradients"]:
        apart = {library: side["gradients"][name] for library, side in result.items()}
        verdicts = {verdict(name, value) for value in apart.values()}
        found = verdicts.pop() if len(verdicts) == 1 else None
        rows.append((name, *(f"{value:.1e}" for value in apart.values()), found or "UNEXPECTED", EXPECTED[name][1]))
    trainings = [("one epoch", "first loss", "last", "Δ losses", "Δ weights", "")]
    for library, side in result.items():
        training = side["training"]
        equal = max(training["losses_apart"], training["weights_apart"]) <= TRAINING_TOLERANCE
        trainings.append(
            (library, f"{training['loss_first']:.6f}", f"{training['loss_last']:.6f}",
             f"{training['losses_apart']:.1e}", f"{training['weights_apart']:.1e}", "equal" if equal else "UNEXPECTED")
        )  # fmt: skip
    recipe, steps = RECIPES[job.net], result["torch"]["training"]["steps"]
    return "\n".join([
        table(rows, prose=True),
        "",
        fitted(f"{steps} steps of {recipe.optimizer}, each process with its share of every batch"),
        table(trainings),
        "",
        fitted(f"What must be equal is, and what must not be is apart: {job.world} processes do what one does.")
        if agree else "Something is not as it must be.",
    ])  # fmt: skip
