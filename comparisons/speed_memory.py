"""How much memory a work needs at its peak, and how long an import takes: each measured in a process of its own.

Two libraries in one process share an allocator, and neither's memory can be told from the other's. So a child process
loads one library, does something tiny with it (which loads what the library puts off until it is needed), notes what it
occupies, then does the work and notes the most that it occupied meanwhile:

    python -m comparisons.speed_memory minigrad '["training_step", ["cnn", "Adam", 256]]'

Read next: `speed_scaling.py`, which asks this for growing sizes.
"""

import ctypes
import gc
import importlib
import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

from .settings import CannotRun
from .speed_workloads import Side, Spec

NETWORKS = {"minigrad": "minigrad.models", "torch": "torch_ref.models"}
STATUS = Path("/proc/self/status")  # Linux tells what a process occupies
CLEAR_REFS = Path("/proc/self/clear_refs")  # where a 5 is written, Linux forgets the peak so far
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
STEPS = 2  # the state of an optimizer comes with the first step, and stays
PATIENCE = 600  # seconds that a child is given


def peak_memory(library: str, spec: Spec, threads: int) -> int | None:
    """Bytes at the peak of the work, above what the library occupies by itself. None where this is not Linux."""
    if not STATUS.exists():
        return None
    return int(in_a_child(["-m", "comparisons.speed_memory", library, json.dumps(spec)], child_environment(threads)))


def import_seconds(modules: tuple[str, str], rounds: int) -> np.ndarray:
    """How long `import` of each takes in a fresh interpreter, which knows neither. Shape: (rounds, 2).

    Both are compiled already, as they are whenever Python may write its bytecode files.
    """
    compiled = child_environment() | {"PYTHONDONTWRITEBYTECODE": ""}
    program = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"
    for module in modules:
        in_a_child(["-c", program.format(module)], compiled)  # untimed: the files are compiled, and read from the disk
    return np.array([[float(in_a_child(["-c", program.format(m)], compiled)) for m in modules] for _ in range(rounds)])


def child_environment(threads: int | None = None) -> dict[str, str]:
    """The variables of a process that finds these modules, and uses so many threads."""
    paths = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    limits = dict.fromkeys(THREAD_VARIABLES, str(threads)) if threads else {}
    return os.environ | {"PYTHONPATH": paths} | limits


def in_a_child(arguments: list[str], environment: dict[str, str] | None = None) -> str:
    """What Python prints when it runs with these arguments. Raises: CannotRun when it fails."""
    command = [sys.executable, *arguments]
    environment = environment or child_environment()
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise CannotRun(f"a process that measures took longer than {PATIENCE} s ({' '.join(arguments)})") from error
    if done.returncode:
        reason = done.stderr.strip() or f"exit code {done.returncode}"
        raise CannotRun(f"a process that measures ended early ({' '.join(arguments)}):\n{reason}")
    return done.stdout


# In the child


def measure(library: str, spec: Spec) -> int:
    """Bytes that the work adds at its peak to what this process occupies before it."""
    side = load(library)
    Spec("training_step", ("lenet", "SGD", 1)).make(side).run(no_mark)  # which reads the digits, too
    give_back()
    before = occupied("VmRSS")
    with suppress(OSError):  # not everybody may; then the peak of loading counts, where that was higher
        CLEAR_REFS.write_text("5")
    work = spec.make(side)
    for _ in range(STEPS):
        work.run(no_mark)
    return occupied("VmHWM") - before


def load(library: str, device: str = "cpu") -> Side:
    """This library and no other."""
    torch = importlib.import_module(library)
    return Side(torch, importlib.import_module(NETWORKS[library]), torch.device(device))


def give_back() -> None:
    """Returns to the system what was freed: the allocator keeps it, and the work would be given it unnoticed."""
    gc.collect()
    with suppress(AttributeError):  # not every C library has this
        ctypes.CDLL(None).malloc_trim(0)


def occupied(field: str) -> int:
    """Bytes of memory that this process has: now (VmRSS), or at most so far (VmHWM)."""
    found = re.search(rf"^{field}:\s+(\d+) kB$", STATUS.read_text(), re.MULTILINE)
    assert found, f"{STATUS} has no {field}"
    return int(found[1]) * 1024


def no_mark() -> None:
    """No time is taken here."""


if __name__ == "__main__":
    print(measure(sys.argv[1], Spec(*json.loads(sys.argv[2]))))
