"""The doctor finds each thing that is broken and names a command that mends it; and it runs without any package."""

import json
import os
import re
import shutil
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from comparisons import digits, doctor
from comparisons.__main__ import main

ROOT = Path(__file__).parents[2]


def examined(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, dict[str, str]]:
    """The findings by name."""
    assert main(["doctor", "--json", *arguments]) == code
    result = json.loads(capsys.readouterr().out)
    assert result["well"] is (code == 0)
    return {finding["name"]: finding for finding in result["findings"]}


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_machine_with_everything_is_well_and_its_versions_are_named(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = examined(capsys)
    assert found["torch"]["text"] == torch.__version__ and found["numpy"]["text"] == np.__version__
    wanted = {"minigrad", "numpy", "torch", "torchvision", "matplotlib", "tqdm", "threadpoolctl"}
    assert wanted | {"Python", "devices", "BLAS", "threads", "embedded digits", "full MNIST", "results"} == set(found)
    assert all(found[name]["state"] == "ok" for name in wanted - {"torchvision"})
    assert f"torch {torch.get_num_threads()}" in found["threads"]["text"]
    assert ("CUDA:" in found["devices"]["text"]) == torch.cuda.is_available()
    assert found["full MNIST"]["state"] == "note" and "data download" in found["full MNIST"]["mend"]


def test_the_report_is_plain_and_fits_80_columns(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "All is well: every command runs with its defaults."
    assert all(len(line) <= 80 for line in lines if ">" not in line)
    assert not any("\x1b" in line for line in lines)


@pytest.mark.parametrize("name", ["torch", "matplotlib", "tqdm", "threadpoolctl", "numpy"])
def test_a_missing_package_is_a_fault_with_the_command_that_brings_it(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = doctor.importlib.import_module

    def without(module: str, *rest: Any) -> Any:
        if module.split(".")[0] == name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(module, *rest)

    monkeypatch.setattr(doctor.importlib, "import_module", without)
    finding = doctor.package(name, "")
    assert (finding.state, finding.text) == ("FAULT", "is not installed")
    assert "pip install" in finding.mend or "make" in finding.mend or ".venv" in finding.mend
    found = list(doctor.examine("data"))
    assert {f.name for f in found if f.state == "FAULT"} >= {name}
    text = doctor.report(found)
    assert text.splitlines()[-1] == f"    {finding.mend}" and "This mends it" in text


def test_a_torchvision_that_does_not_fit_is_a_note_that_names_the_pair(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(module: str) -> Any:
        raise RuntimeError("operator torchvision::nms does not exist\n  in two lines")

    monkeypatch.setattr(doctor.importlib, "import_module", broken)
    finding = doctor.package("torchvision", "0.26")
    assert finding.state == "note"
    assert "operator torchvision::nms does not exist in two lines (RuntimeError)" in finding.text
    assert re.search(r"it was built for torch.*only --data full needs it", finding.text)


def test_a_package_that_is_too_old_is_a_fault() -> None:
    finding = doctor.package("numpy", "99.1")
    assert finding.state == "FAULT" and finding.text == f"{np.__version__}; 99.1 or later is needed"
    assert doctor.package("numpy", "2.1").state == "ok"


def test_the_packages_are_those_that_the_project_names() -> None:
    wanted = dict(doctor.requirements())
    assert wanted["numpy"] == "2.1" and wanted["torch"] == "2.11" and wanted["minigrad"] == ""
    assert set(wanted) == {"minigrad", "numpy", "torch", "torchvision", "matplotlib", "tqdm", "threadpoolctl"}


def test_an_old_python_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PYTHON", (99, 0))
    (only,) = doctor.examine("data")
    assert only.state == "FAULT" and "3.11 or later is needed" in only.text


def test_a_damaged_embedded_file_is_a_fault(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(digits, "EMBEDDED", nowhere / "gone.npz")
    found = examined(capsys, code=2)
    assert found["embedded digits"]["state"] == "FAULT" and "git checkout" in found["embedded digits"]["mend"]


def test_a_damaged_full_set_is_a_note_with_the_commands(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = nowhere / "my digits" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    (folder / "t10k-labels-idx1-ubyte").write_bytes(b"12")
    finding = examined(capsys, "--data-dir", "my digits")["full MNIST"]
    assert "t10k-labels-idx1-ubyte damaged" in finding["text"] and finding["state"] == "note"
    assert finding["mend"].startswith("rm 'my digits/MNIST/raw/t10k-labels-idx1-ubyte' && ")
    assert finding["mend"].endswith("data download --data-dir 'my digits'")


def test_a_disk_without_room_and_a_folder_that_cannot_be_written_are_faults(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor.output().state == "ok"
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Namespace(free=1e6))
    assert doctor.output().state == "FAULT"
    monkeypatch.undo()
    monkeypatch.chdir(nowhere)
    (nowhere / "runs").write_text("a file")
    assert doctor.output().state == "FAULT"


def test_without_any_package_it_still_runs_and_so_does_the_tour() -> None:
    def bare(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-S", "-m", "comparisons", *arguments]  # -S: no site-packages
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    done = bare("doctor")
    assert done.returncode == 2 and done.stderr == ""
    for name in ("numpy", "torch", "matplotlib", "tqdm", "threadpoolctl"):
        assert re.search(rf"^FAULT  {name} +is not installed$", done.stdout, re.MULTILINE)
    assert "This mends it:\n    " in done.stdout
    assert bare().returncode == 0
