"""`python -m comparisons doctor`: what this machine has of all that the comparisons need, and what mends the rest.

It must run where little else does. So at its top it imports nothing but the standard library, and each package inside
a function, where one that is missing or broken becomes a finding. Read next: `speed_machine.py`, on the BLAS.
"""

import importlib
import json
import os
import platform
import re
import shlex
import shutil
import sys
import warnings
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from .width import width, wrapped

ROOT = Path(__file__).resolve().parents[1]
PYTHON = (3, 11)
OK, NOTE, FAULT = "ok", "note", "FAULT"  # a note stops no command that is run with its defaults
INSIDE = {"matplotlib": "matplotlib.figure", "torchvision": "torchvision.datasets"}  # what the comparisons use of them
SPACE = 0.5  # GB: a run of the CNN keeps 130 MB until it is finished


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: how it is, and the command that mends it or brings what is missing."""

    name: str
    state: str
    text: str
    mend: str = ""


def main(options: Namespace) -> int:
    """Examines and prints. Returns the exit code: 0 every command runs with its defaults, 2 something is missing."""
    findings = list(examine(options.data_dir))
    well = all(finding.state != FAULT for finding in findings)
    if options.json:
        rows = [asdict(finding) for finding in findings]
        print(json.dumps({"command": "doctor", "well": well, "findings": rows}, ensure_ascii=False))
    else:
        print(report(findings))
    return 0 if well else 2


def examine(data_dir: str) -> Iterator[Finding]:
    """Every finding, in the order in which one rests on the other."""
    yield (first := python())
    if first.state == FAULT:
        return  # what is installed for another Python says nothing
    found = [package(name, least) for name, least in requirements()]
    yield from found
    broken = {finding.name for finding in found if finding.state != OK}
    if "torch" not in broken:
        yield devices(importlib.import_module("torch"))
    if not broken & {"numpy", "torch", "threadpoolctl"}:
        yield from blas_and_threads(importlib.import_module("torch"))
    if not broken & {"numpy", "tqdm"}:
        yield from data(data_dir)
    yield output()


# Python and its packages


def python() -> Finding:
    """Whether this Python is young enough, and which one it is."""
    text = f"{platform.python_version()}, {sys.executable}"
    if sys.version_info >= PYTHON:
        return Finding("Python", OK, text)
    return Finding("Python", FAULT, f"{text}; 3.11 or later is needed", "make .venv/ready PYTHON=python3.11")


def requirements() -> list[tuple[str, str]]:
    """Each package that the comparisons need and its oldest version, as the project says itself; minigrad first."""
    project = ROOT / "pyproject.toml"
    if project.exists():
        toml = importlib.import_module("tomllib")  # which a Python before 3.11 lacks: it is to hear that, and no more
        described = toml.loads(project.read_text(encoding="utf-8"))["project"]
        wanted = [*described["dependencies"], *described["optional-dependencies"]["compare"]]
    else:  # installed without the repository
        wanted = [text for text in metadata.requires("minigrad") or () if "extra ==" not in text or "compare" in text]
    return [("minigrad", ""), *map(name_and_version, wanted)]


def name_and_version(requirement: str) -> tuple[str, str]:
    """The name and the oldest version in a requirement.

    >>> name_and_version("torch>=2.11"), name_and_version('tqdm; extra == "compare"')
    (('torch', '2.11'), ('tqdm', ''))
    """
    match = re.match(r"([\w-]+)\s*(?:>=\s*([\d.]+))?", requirement)
    assert match, requirement
    return match[1], match[2] or ""


def package(name: str, least: str) -> Finding:
    """Whether a package can be imported and is young enough. torchvision is only needed for the full MNIST."""
    bad = NOTE if name == "torchvision" else FAULT
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module(INSIDE.get(name, name))
            version = getattr(sys.modules[name], "__version__", None) or metadata.version(name)
    except Exception as error:  # missing; or there, and its compiled part does not fit: nearly anything is raised
        absent = isinstance(error, ModuleNotFoundError) and error.name == name
        text = "is not installed" if absent else f"cannot be imported: {one_line(error)}"
        only = "; only --data full needs it" if name == "torchvision" else ""
        return Finding(name, bad, f"{text}{built_for(name)}{only}", install(name))
    if numbers(version) < numbers(least):
        return Finding(name, bad, f"{version}; {least} or later is needed", install(name))
    return Finding(name, OK, f"{version}{', imports beside this torch' if name == 'torchvision' else ''}")


def built_for(name: str) -> str:
    """Which torch an installed torchvision was built for."""
    try:
        wanted = [text for text in metadata.requires(name) or () if re.match(r"torch\b", text)]
    except metadata.PackageNotFoundError:
        return ""
    return f"; it was built for {wanted[0]}" if name == "torchvision" and wanted else ""


def numbers(version: str) -> tuple[int, ...]:
    """The first numbers of a version.

    >>> numbers("2.14.1+cu130") >= numbers("2.9"), numbers("")
    (True, ())
    """
    return tuple(int(number) for number in re.findall(r"\d+", version.split("+")[0])[:3])


def install(name: str) -> str:
    """The command that brings a package: the project's own environment, or pip for the Python that is running."""
    own = ROOT / ".venv" / "bin" / "python"
    inside = sys.prefix != sys.base_prefix
    if not inside and own.exists():
        return f"{from_here(own)} -m comparisons doctor"
    if not inside and (ROOT / "Makefile").exists():
        return "make .venv/ready && .venv/bin/python -m comparisons doctor"
    pip = f"{this_python()} -m pip install"
    if name in ("torch", "torchvision"):  # they only work as a pair
        return f"{pip} --upgrade torch torchvision"
    return f"{pip} -e '.[compare]'" if (ROOT / "pyproject.toml").exists() else f"{pip} --upgrade {name}"


def this_python() -> str:
    """The Python that is running, as it may be written on a command line in this folder."""
    return shlex.quote(from_here(Path(sys.executable)))


def from_here(path: Path) -> str:
    """A path as it may be written in this folder."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def one_line(error: Exception) -> str:
    """An error in a line of moderate length, with its type."""
    text = " ".join(str(error).split())
    return f"{text[:200]}{'…' * (len(text) > 200)} ({type(error).__name__})"


# What computes


def devices(torch: Any) -> Finding:
    """The devices besides the CPU that torch sees. minigrad computes on the CPU in any case."""
    if torch.cuda.is_available():
        names = ", ".join(torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count()))
        return Finding("devices", OK, f"CUDA: {names}; --device cuda moves torch's side there")
    if torch.backends.mps.is_available():
        return Finding("devices", OK, "MPS; --device auto moves torch's side there")
    built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built without CUDA"
    return Finding("devices", NOTE, f"torch sees neither CUDA nor MPS ({built}): both sides compute on the CPU")


def blas_and_threads(torch: Any) -> Iterator[Finding]:
    """What multiplies the matrices on each side, and with how many threads."""
    machine = importlib.import_module("comparisons.speed_machine")
    pools = importlib.import_module("threadpoolctl").threadpool_info()
    threads = next((pool["num_threads"] for pool in pools if pool["user_api"] == "blas"), None)
    yield Finding("BLAS", OK, f"minigrad (NumPy): {machine.numpy_blas()}; torch: {machine.torch_blas()}")
    set_to = ", ".join(f"{name}={os.environ[name]}" for name in sorted(os.environ) if name.endswith("_NUM_THREADS"))
    yield Finding(
        "threads", OK,
        f"{os.cpu_count()} processors; NumPy's BLAS takes {threads or '?'}, torch {torch.get_num_threads()}"
        f"{f' ({set_to})' if set_to else ''}; the commands give both sides the same number (--threads)",
    )  # fmt: skip


# What is computed with, and where the results go


def data(data_dir: str) -> Iterator[Finding]:
    """Both sets of digits, the full one with its md5 sums."""
    sets = importlib.import_module("comparisons.datasets")
    state = sets.embedded_state()
    if state == "ok":
        yield Finding("embedded digits", OK, "4,000 to train on, 1,000 to test on")
    else:
        yield Finding("embedded digits", FAULT, state.splitlines()[0], "git checkout comparisons/data/mnist5k.npz")
    files, folder = sets.stored(data_dir), sets.folder_of(data_dir)
    if sets.usable(files):
        yield Finding("full MNIST", OK, f"in {folder}, md5 sums right")
        return
    damaged = [f.name for f in files if any(s not in ("ok", "missing") for s in (f.packed, f.unpacked))]
    text = f"{', '.join(damaged)} damaged" if damaged else "not there"
    mend = " && ".join(sets.way_out(files, data_dir))
    yield Finding("full MNIST", NOTE, f"{text}, in {folder}; only --data full needs it", mend)


def output() -> Finding:
    """Whether a run can make its folder in runs/, where the results go unless --out says otherwise."""
    runs = Path("runs")
    parent = runs if runs.exists() else Path(".")
    free = shutil.disk_usage(parent).free / 1e9
    if not (parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)):
        return Finding("results", FAULT, "no folder can be made in runs/ here", "cd to a folder that you may write to")
    if free < SPACE:
        return Finding("results", FAULT, f"{free:.1f} GB free, a run needs {SPACE} GB", "make room on this disk")
    return Finding("results", OK, f"go to runs/ here, {free:,.0f} GB free")


# What is printed


def report(findings: list[Finding]) -> str:
    """A finding in a line or a few, and at the end the verdict."""
    lines = [line for finding in findings for line in lines_of(finding)]
    mends = list(dict.fromkeys(finding.mend for finding in findings if finding.state == FAULT))
    if not mends:
        return "\n".join([*lines, "", "All is well: every command runs with its defaults."])
    return "\n".join([*lines, "", "Something is missing. This mends it:", *(f"    {mend}" for mend in mends)])


def lines_of(finding: Finding) -> list[str]:
    """State, name and text, the text wrapped; below a note, the command."""
    indent = " " * 24
    first, *rest = wrapped(finding.text, width(80) - len(indent)) or [""]
    lines = [f"{finding.state:7}{finding.name:17}{first}", *(indent + line for line in rest)]
    return lines + [f"{indent}> {finding.mend}"] * bool(finding.mend and finding.state == NOTE)
