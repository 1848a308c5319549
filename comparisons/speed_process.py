"""A side of a race in a process of its own, which has loaded that library and no other.

Two libraries in one process share an allocator, and what one of them asks of it the other gets as well: minigrad has
freed memory kept for the next step, and torch's Adam took less than half of its time where minigrad was loaded too.
They would also share their threads' settings and the garbage collector's work. So each side runs alone, is told over a
pipe when its turn has come, and answers with its figures:

    python -m comparisons.speed_process torch cpu '["training_step", ["cnn", "Adam", 50]]'

Read next: `speed_workloads.py`, the works.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any, Self

import numpy as np

from .settings import CannotRun
from .speed_memory import PATIENCE, child_environment, load
from .speed_timing import CpuClock, CudaClock, Racer
from .speed_workloads import Spec

WAIT = 10  # seconds that a process is given to end when it is told to


class Process:
    """A racer in a child process. The race calls it as it would call a `Racer` here; leaving the block ends it."""

    def __init__(self, library: str, spec: Spec, threads: int, device: str = "cpu") -> None:
        self.arguments = ["-m", "comparisons.speed_process", library, device, json.dumps(spec)]
        self.errors = tempfile.TemporaryFile("w+")
        self.child = subprocess.Popen(
            [sys.executable, *self.arguments], env=child_environment(threads),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.child.stdin and self.child.stdout
        with suppress(subprocess.TimeoutExpired, BrokenPipeError):
            try:
                self.child.stdin.close()  # the end of its questions
                self.child.wait(WAIT)
            finally:  # it may be stuck, and somebody may have pressed Ctrl-C twice
                self.child.kill()
                self.child.wait()
                self.child.stdout.close()
                self.errors.close()

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.ask("parts"))

    def warm_up(self) -> float:
        return float(self.ask("warm_up"))

    def turn(self, calls: int) -> np.ndarray:
        return np.array(self.ask("turn", calls))

    def ask(self, *question: Any) -> Any:
        """The child's answer. Raises: CannotRun with what it printed when it ended instead, or had to be ended."""
        assert self.child.stdin and self.child.stdout
        patience = Timer(PATIENCE, self.child.kill)
        patience.start()
        try:
            print(json.dumps(question), file=self.child.stdin, flush=True)
            answer = self.child.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            patience.cancel()
        if not answer:
            code = self.child.wait()
            self.errors.seek(0)
            reason = self.errors.read().strip() or f"exit code {code}"
            raise CannotRun(f"a process that measures ended early ({' '.join(self.arguments)}):\n{reason}")
        return json.loads(answer)


@contextmanager
def processes(spec: Spec, threads: int, device: str) -> Iterator[tuple[Process, Process]]:
    """Both sides, ready to race; torch on the device."""
    with Process("minigrad", spec, threads) as ours, Process("torch", spec, threads, device) as theirs:
        yield ours, theirs


# In the child


def racer(library: str, device: str, spec: Spec) -> Racer:
    """The side that was asked for, with the clock that suits its device."""
    side = load(library, device)
    if side.device.type != "cuda":
        return Racer(spec.make(side), CpuClock)
    from torch_ref.device import full_precision  # which imports torch: only torch's own process may

    full_precision()
    return Racer(spec.make(side), lambda: CudaClock(side.torch))


def answer(mine: Racer, question: str, *arguments: Any) -> Any:
    """What the racer's attribute is, or returns, as JSON knows it."""
    match question:
        case "parts":
            return mine.parts
        case "warm_up":
            return mine.warm_up()
        case "turn":
            return mine.turn(*arguments).tolist()
    raise ValueError(question)


def main(library: str, device: str, spec: str) -> None:
    """Answers, line by line, until there are no more questions."""
    out, sys.stdout = sys.stdout, sys.stderr  # nobody else's words may come between
    mine = racer(library, device, Spec(*json.loads(spec)))
    for line in sys.stdin:
        print(json.dumps(answer(mine, *json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
