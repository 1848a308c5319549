"""The README: every command in it is one that works, every piece of code runs, every file that it names is there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import minigrad
from comparisons.__main__ import main, parser

ROOT = Path(minigrad.__file__).parents[1]
TEXT = (ROOT / "README.md").read_text()
COMMAND = re.compile(r"\.venv/bin/python -m (comparisons|minigrad)([^`\n]*)")
LESS = {  # what is added, so that a command of a minute takes seconds
    "mnist": ["--limit", "150", "--epochs", "1", "--quiet"], "gradients": ["--limit", "50"],
    "parity": ["--op", "exp", "--cases", "2"], "speed": ["--ops", "--only", "log_softmax", "--rounds", "1"],
    "ddp": ["--limit", "100", "--batch-size", "20"], "step": ["--all"],
}  # fmt: skip


def commands() -> list[list[str]]:
    """The arguments of every `python -m comparisons …`, without its comment."""
    matches = [match[2] for match in COMMAND.finditer(TEXT) if match[1] == "comparisons"]
    found = [shlex.split(words, comments=True) for words in matches]
    return [words for number, words in enumerate(found) if words not in found[:number]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run, for the commands that need one."""
    out = tmp_path_factory.mktemp("runs")
    main(["mnist", "--out", str(out), *LESS["mnist"]])
    return next(out.iterdir())


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_runs(words: list[str], run: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    words = [str(run) if word == "RUN" else word for word in words]
    words = [str(tmp_path / "picture.svg") if word.endswith(".svg") else word for word in words]
    if "--resume" in words:  # the run has ended, and says so
        assert main(words) == 2 and "nothing is left" in " ".join(capsys.readouterr().err.split())
        return
    less = LESS.get(words[0], []) if words else []
    out = ["--out", str(tmp_path)] if words[:1] == ["mnist"] else []
    parser().parse_args(words)  # as it stands it is one
    assert main([*words, *less, *out]) in (0, 1)
    assert capsys.readouterr().out


def test_a_script_runs_and_the_list_is_printed() -> None:
    found = [shlex.split(match[2]) for match in COMMAND.finditer(TEXT) if match[1] == "minigrad"]
    assert ["--list"] in found and ["tests/scripts/lenet.py"] in found
    for words in found:
        if words[0] != "SCRIPT":  # which stands for any
            command = [sys.executable, "-m", "minigrad", *words]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            assert done.stdout


def test_make_has_every_target_that_is_named() -> None:
    targets = set(re.findall(r"\bmake (\w+)", TEXT))
    assert {"mnist", "test", "docs", "lint"} <= targets
    for target in targets - {"of"}:
        subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)


def test_the_code_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(block, {})


def test_every_file_that_is_named_is_there() -> None:
    names = {name for name in re.findall(r"[`(]([\w./-]+/[\w.-]*)[`)]", TEXT) if not name.startswith((".venv", "runs"))}
    assert len(names) > 20
    places = [ROOT, ROOT / "minigrad", ROOT / "comparisons"]
    made = {"docs/api"}  # by make docs
    missing = {name for name in names - made if not any((place / name).exists() for place in places)}
    assert not missing


def test_the_test_that_leaves_a_picture_is_there() -> None:
    (words,) = re.findall(r"`MINIGRAD_SCREENSHOTS=docs/pictures (\.venv/bin/python -m pytest -k \w+)`", TEXT)
    source = (ROOT / "tests" / "comparisons" / "test_report.py").read_text()
    (test,) = re.findall(rf"^def test_\w*{words.split()[-1]}\w*.*?(?=^@|\Z)", source, re.MULTILINE | re.DOTALL)
    assert 'os.environ.get("MINIGRAD_SCREENSHOTS"' in test and '"report.png"' in test


def test_the_picture_is_what_its_command_makes(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    again = tmp_path / "lenet.svg"
    main(["graph", "--net", "lenet", "--format", "svg", "--output", str(again)])
    assert again.read_text() == (ROOT / "docs" / "pictures" / "lenet.svg").read_text()
