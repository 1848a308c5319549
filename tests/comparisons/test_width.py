"""No command prints a line that is longer than the terminal is wide, down to 60 columns."""

import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import minigrad
from comparisons.__main__ import main
from comparisons.explain_questions import QUESTIONS
from comparisons.options import COMMANDS
from comparisons.text import hanging, table
from comparisons.width import fitted, reflowed, width

ROOT = Path(minigrad.__file__).parents[1]
TINY = ("--net", "lenet", "--limit", "60", "--batch-size", "20", "--epochs", "2", "--quiet")
RUNS = [
    (), ("--help",), ("nosuch",), ("mnist", "--nosuch"), ("gradients", "--dtype", "nosuch"),
    *((command, "--help") for command in COMMANDS),
    ("gradients", "--net", "lenet"), ("gradients", "--net", "cnn", "--dtype", "float32"),
    ("graph",), ("graph", "--net", "lenet", "--saved"), ("graph", "--expr", "(x @ w + b).sum()"),
    ("graph", "--expr", "nosuch"),
    ("explain",), ("explain", "addmm"), ("explain", "convolution"), ("explain", "CopySlices"), ("explain", "getitem"),
    ("explain", "nosuch"), *(("explain", question) for question in QUESTIONS),
    ("step",), ("step", "--net", "cnn"), ("step", "--expr", "nosuch"),
    ("lesson",), ("lesson", "all"), ("lesson", "nosuch"),
    ("parity", "--op", "cross_entropy", "--cases", "5"), ("parity", "--op", "nosuch"),
    ("ddp", "--limit", "20", "--batch-size", "10", "--net", "lenet"), ("ddp", "--world", "1"),
    ("data",), ("data", "verify"), ("data", "where", "file"), ("doctor",), ("predict", "nosuch", "3"),
    ("speed", "--only", "nosuch"),
]  # fmt: skip  (The table of speed takes a minute: test_speed.py looks at a part of it.)


def is_verbatim(line: str, sources: frozenset[str]) -> bool:
    """What is not broken: source code as it stands or a piece of a line of it, what has a path, commands to copy."""
    has_path = any("/" in word and len(word) > 20 for word in line.split())
    is_command = line.startswith("    ") and " -m comparisons " in line
    return has_path or is_command or line.strip().startswith("> ") or any(line.strip() in source for source in sources)


@pytest.fixture(scope="module")
def sources() -> frozenset[str]:
    """The lines of code that the commands show: minigrad's, the lessons', those of the questions."""
    files = [*(ROOT / "minigrad").rglob("*.py"), *(ROOT / "comparisons" / "lessons").glob("*.py")]
    lines = {line.strip() for file in files for line in file.read_text().splitlines()}
    return frozenset(lines | {line.strip() for question in QUESTIONS.values() for line in question.setup})


@pytest.fixture(params=[60, 80])
def columns(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    return request.param


def assert_fits(arguments: tuple[str, ...], columns: int, sources: frozenset[str], capsys: Any) -> str:
    """Runs a command, whatever its exit code, and returns what it printed."""
    try:
        main(list(arguments))
    except SystemExit:
        pass
    captured = capsys.readouterr()
    lines = (captured.out + captured.err).splitlines()
    assert lines
    assert [line for line in lines if len(line) > columns and not is_verbatim(line, sources)] == []
    return captured.out


@pytest.mark.parametrize("arguments", RUNS, ids=" ".join)
def test_no_line_is_longer_than_the_terminal(
    arguments: tuple[str, ...], columns: int, sources: frozenset[str], capsys: pytest.CaptureFixture
) -> None:
    assert_fits(arguments, columns, sources, capsys)


def test_nor_is_one_of_a_training_and_of_what_reads_it(
    columns: int, sources: frozenset[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    out = assert_fits(("mnist", *TINY, "--out", str(tmp_path), "--yardstick"), columns, sources, capsys)
    assert ("ratio" in out.split("epoch")[1].splitlines()[0]) == (columns == 80)  # the seconds need room
    (run,) = tmp_path.iterdir()
    assert_fits(("predict", str(run), "0"), columns, sources, capsys)
    assert_fits(("mnist", "--resume", str(run)), columns, sources, capsys)
    compile = torch.compile
    monkeypatch.setattr(torch, "compile", lambda function: compile(function, backend="eager"))
    assert_fits(("mnist", "--fast", *TINY, "--out", str(tmp_path)), columns, sources, capsys)


def test_the_width_is_columns_within_bounds_and_80_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, expected in (("72", 72), ("20", 60), ("200", 100)):
        monkeypatch.setenv("COLUMNS", columns)
        assert width() == expected
    assert width(sys.maxsize) == 200
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr(sys, "__stdout__", None)  # no terminal that could be asked
    assert width() == 80


def test_code_stays_whole_and_prose_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    command, prose = "    rm " + "x" * 70, "word " * 20
    assert fitted(f"{command}\n{prose}").splitlines()[0] == command
    assert max(map(len, fitted(prose).splitlines())) <= 60
    assert reflowed("a\nb\n\nc") == "a b\n\nc"
    assert hanging("label", prose, 10).splitlines()[1].startswith(" " * 10 + "word")


def test_a_table_leaves_out_what_may_be_and_then_breaks_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    rows = [("name", "spare", "words"), ("x" * 20, "y" * 30, "one two three four five")]
    assert table(rows, left=3, spare=("spare",)) == f"name{'':18}words\n{'x' * 20}  one two three four five"
    broken = table(rows, left=3).splitlines()
    assert max(map(len, broken)) <= 60 and len(broken) > 2 and "five" in broken[-1]
