"""The promise itself: a script written for torch prints the same on minigrad, with only its imports changed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))
NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]\d+)?")
LAST_DIGIT = 2e-4  # texts show four decimals: a value on the edge between two may round either way


def printed(script: str) -> str:
    """What a script prints, addresses left out. Raises: AssertionError when it fails or says anything on stderr."""
    on_cpu = os.environ | {"CUDA_VISIBLE_DEVICES": ""}  # a GPU would draw other dropout masks
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=on_cpu)
    assert run.returncode == 0, run.stderr
    return re.sub(r"0x[0-9a-f]+", "0x…", run.stdout)


def on_minigrad(script: str) -> str:
    """The script with its imports changed, and nothing else."""
    script = re.sub(r"^import torch$", "import minigrad as torch", script, flags=re.MULTILINE)
    return re.sub(r"^(import|from) torch\.", r"\1 minigrad.", script, flags=re.MULTILINE)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_prints_the_same_on_both(path):
    script = path.read_text()
    ours, theirs = printed(on_minigrad(script)), printed(script)
    assert NUMBER.sub("#", ours) == NUMBER.sub("#", theirs)
    for mine, other in zip(NUMBER.findall(ours), NUMBER.findall(theirs), strict=True):
        assert float(mine) == pytest.approx(float(other), rel=LAST_DIGIT, abs=LAST_DIGIT)


def test_only_the_imports_of_a_script_are_changed():
    script = "import torch\nimport torch.nn as nn\nfrom torch.utils.data import DataLoader\nprint('torch.nn')\n"
    assert on_minigrad(script).splitlines() == [
        "import minigrad as torch",
        "import minigrad.nn as nn",
        "from minigrad.utils.data import DataLoader",
        "print('torch.nn')",
    ]
