"""The promise itself: a script that was written for torch prints the same on minigrad, unchanged.

Each script in `scripts/` is of a kind of tutorial, in our own words. `python -m minigrad` runs it with minigrad in
torch's place, Python alone with the real one, and everything that is printed is compared: text exactly, numbers to
1e-4 of their size or one unit of the last digit that is shown.
"""

import os
import re
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest

from comparisons.digits import load_digits
from comparisons.versions import BEFORE_2_15, REWORDED_IN_2_15

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))
ONLY_THE_IMPORTS = [path for path in SCRIPTS if path.stem in ("lenet", "mnist_cnn")]
NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d*(?:e[-+]\d+)?(?![\w.])|(?<![\w.])-?\d+e[-+]\d+")
RELATIVE = 1e-4


def printed(*commands: list[str]) -> list[str]:
    """What each prints, addresses left out; they run at the same time. Raises: AssertionError for one that fails."""
    settings = os.environ | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}  # a GPU would draw other dropout masks
    pipe = subprocess.PIPE
    started = [
        subprocess.Popen([sys.executable, *command], stdout=pipe, stderr=pipe, text=True, env=settings)
        for command in commands
    ]
    outputs = [process.communicate(timeout=250) for process in started]
    for process, (_, errors) in zip(started, outputs, strict=True):
        assert process.returncode == 0, errors
    return [re.sub(r"0x[0-9a-f]+", "0x…", text) for text, _ in outputs]


def last_digit(number: str) -> float:
    """One unit of the last digit that is shown.

    >>> last_digit("1.250"), last_digit("2.5e-03")
    (0.001, 0.0001)
    """
    mantissa, _, exponent = number.partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def is_close(mine: str, other: str) -> bool:
    """Whether two printed numbers are as equal as they should be."""
    allowed = RELATIVE * abs(float(other)) + 1.01 * last_digit(other)
    return mine == other or abs(float(mine) - float(other)) <= allowed


def in_this_release(text: str) -> str:
    """What minigrad prints as the installed torch would word it."""
    for now, before in REWORDED_IN_2_15 if BEFORE_2_15 else ():
        text = re.sub(now.replace("^", r"(?:^|(?<=: ))"), before, text, flags=re.MULTILINE)
    return text


def assert_same_text(ours: str, theirs: str) -> None:
    ours = in_this_release(ours)
    lines = zip_longest(ours.splitlines(), theirs.splitlines(), fillvalue="(nothing)")
    for number, (mine, other) in enumerate(lines, 1):
        assert NUMBER.sub("#", mine) == NUMBER.sub("#", other), f"line {number}"
        pairs = zip(NUMBER.findall(mine), NUMBER.findall(other), strict=True)
        assert all(is_close(*pair) for pair in pairs), f"line {number}:\n{mine}\n{other}"


@pytest.fixture(scope="module")
def digits_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded digits as torchvision's four files."""
    root = tmp_path_factory.mktemp("digits")
    folder = root / "MNIST" / "raw"
    folder.mkdir(parents=True)
    digits = load_digits()
    parts = {"train": (digits.train_images, digits.train_labels), "t10k": (digits.test_images, digits.test_labels)}
    for name, (images, labels) in parts.items():
        pixels = np.rint(images * 255).astype(np.uint8)
        sizes = np.array([len(pixels), 28, 28], ">i4").tobytes()
        (folder / f"{name}-images-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3]) + sizes + pixels.tobytes())
        ones = labels.astype(np.uint8).tobytes()
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1]) + sizes[:4] + ones)
    return root


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_prints_the_same_on_both(path: Path, digits_folder: Path) -> None:
    arguments = ["--data", str(digits_folder)] if "torchvision" in path.stem else []
    assert_same_text(*printed(["-m", "minigrad", str(path), *arguments], [str(path), *arguments]))


def on_minigrad(script: str) -> str:
    """The script with its imports changed, and nothing else."""
    script = re.sub(r"^import torch$", "import minigrad as torch", script, flags=re.MULTILINE)
    return re.sub(r"^(import|from) torch\.", r"\1 minigrad.", script, flags=re.MULTILINE)


@pytest.mark.parametrize("path", ONLY_THE_IMPORTS, ids=lambda path: path.stem)
def test_so_it_does_with_its_imports_changed(path: Path) -> None:
    script = path.read_text()
    assert_same_text(*printed(["-c", on_minigrad(script)], ["-c", script]))


def test_only_the_imports_of_a_script_are_changed() -> None:
    script = "import torch\nimport torch.nn as nn\nfrom torch.utils.data import DataLoader\nprint('torch.nn')\n"
    assert on_minigrad(script).splitlines() == [
        "import minigrad as torch",
        "import minigrad.nn as nn",
        "from minigrad.utils.data import DataLoader",
        "print('torch.nn')",
    ]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("1.0000", "1.0003"), ("loss 1.0", "Loss 1.0"), ("1", "2"), ("a\nb", "a"), ("1.5e-03", "1.8e-03"), ("2.", "2")],
)
def test_a_difference_is_seen(ours: str, theirs: str) -> None:
    with pytest.raises(AssertionError, match="line [12]"):
        assert_same_text(ours, theirs)
    assert_same_text(theirs, theirs)


def test_the_last_digit_may_differ() -> None:
    assert_same_text("1.0000 and 2.5e-03, 1234.5", "1.0001 and 2.4e-03, 1234.6")
