"""A run that was stopped goes on to the same numbers as one that was not: weights, losses and answers, to the bit.

Both sides are held to the bit: on one machine, with few digits and one thread, torch repeats itself too.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from interrupting import interrupt_at

import minigrad
from comparisons import checkpoint, mnist, training
from comparisons.__main__ import main
from comparisons.digits import load_digits
from comparisons.doctor import this_python
from comparisons.text import progress

ROOT = Path(__file__).parents[2]
SIDES = ("minigrad", "torch")
LENET = ("--net", "lenet", "--limit", "60", "--batch-size", "20", "--epochs", "3", "--threads", "1")
CNN = ("--limit", "60", "--batch-size", "20", "--epochs", "2", "--threads", "1")


@pytest.fixture(autouse=True)
def few_test_digits_and_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty digits to test on, and an empty picture and report: the usual ones cost more than training here."""
    monkeypatch.setattr(mnist, "draw_curves", lambda *arguments: None)
    monkeypatch.setattr(mnist, "report", lambda *arguments: "")
    all_digits = load_digits()
    few = replace(all_digits, test_images=all_digits.test_images[:50], test_labels=all_digits.test_labels[:50])
    monkeypatch.setattr(training, "load_digits", lambda *arguments: few)


def newest(parent: Path) -> Path:
    return max(parent.iterdir(), key=lambda path: path.name)


def stopped(out: Path, call: int, *arguments: str) -> Path:
    """The folder of a run that Ctrl-C stopped."""
    with pytest.MonkeyPatch.context() as patch:
        interrupt_at(patch, call)
        assert main(["mnist", *arguments, "--quiet", "--out", str(out)]) == 130
    return newest(out)


def outcome(folder: Path) -> Any:
    """All numbers of a run but its times: the weights as bytes, the metrics, the verdict."""
    weights = {}
    for side in SIDES:
        with np.load(folder / f"{side}.npz", allow_pickle=False) as archive:
            weights[side] = {name: archive[name].tobytes() for name in archive.files}
    metrics = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    summary = json.loads((folder / "summary.json").read_text())
    for part in (*metrics, summary):
        for side in SIDES:
            part[side].pop("seconds")
    return weights, metrics, {name: value for name, value in summary.items() if name not in ("folder", "seconds_ratio")}


def same(one: Path, other: Path) -> None:
    for mine, theirs in zip(outcome(one), outcome(other), strict=True):
        assert mine == theirs


@pytest.mark.parametrize(
    ("arguments", "calls"),
    [(LENET, (3, 4)), (LENET, (6,)), (LENET, (1,)), ((*LENET, "--yardstick"), (8,)), (CNN, (4,))],
    ids=["LeNet, stopped twice", "on torch's side", "in the first epoch", "in the yardstick", "CNN, Adam, dropout"],
)
def test_a_resumed_run_ends_in_the_same_numbers_to_the_bit(
    arguments: tuple[str, ...], calls: tuple[int, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mnist", *arguments, "--out", str(tmp_path / "whole")]) == 0
    folder = stopped(tmp_path / "stopped", calls[0], *arguments)
    for call in calls[1:]:
        with pytest.MonkeyPatch.context() as patch:
            interrupt_at(patch, call)
            assert main(["mnist", "--resume", str(folder)]) == 130
    minigrad.rand(7)  # and whatever else was drawn meanwhile
    assert main(["mnist", "--resume", str(folder)]) == 0
    same(newest(tmp_path / "whole"), folder)
    assert {path.name for path in folder.iterdir()} == {path.name for path in newest(tmp_path / "whole").iterdir()}


def test_a_run_that_was_killed_goes_on_in_another_process_to_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # all the test digits, as the other process has them
    arguments = ["mnist", *LENET[:-4], "--epochs", "5", "--threads", "1"]
    command = [sys.executable, "-m", "comparisons", *arguments, "--out", str(tmp_path / "killed")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: any(tmp_path.glob("killed/*/checkpoint.npz")), process)
    process.kill()
    process.wait()
    folder = newest(tmp_path / "killed")
    assert not (folder / "summary.json").exists()
    assert main([*arguments, "--out", str(tmp_path / "whole")]) == 0
    assert main(["mnist", "--resume", str(folder)]) == 0
    same(newest(tmp_path / "whole"), folder)


def wait_until(happened: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not happened() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)


def test_the_output_is_the_whole_runs_with_one_line_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = stopped(tmp_path, 4, *LENET)
    printed = capsys.readouterr().out.splitlines()
    assert printed[-3] == "Interrupted after 1 of 3 epochs, no verdict. It goes on with"
    assert printed[-2:] == [f"    {this_python()} -m comparisons mnist --resume {folder}", str(folder)]
    assert main(["mnist", "--resume", str(folder)]) == 0
    printed = capsys.readouterr().out.splitlines()
    rows = [line for line in printed if re.match(r" +\d \d\.\d{6}", line)]
    assert [int(row.split()[0]) for row in rows] == [1, 2, 3]
    assert printed[printed.index(rows[0]) + 1] == "resumed after 1 epoch"
    assert "The two sides agree." in printed and printed[-1] == str(folder)


def test_resume_with_json_prints_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = stopped(tmp_path, 4, *LENET)
    capsys.readouterr()
    assert main(["mnist", "--resume", str(folder), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["epochs"] == 3 and result["interrupted"] is False and result["folder"] == str(folder)


def test_another_release_than_the_run_began_with_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = stopped(tmp_path, 4, *LENET)
    config = json.loads((folder / "config.json").read_text())
    config["versions"]["numpy"] = "1.0"
    (folder / "config.json").write_text(json.dumps(config))
    assert main(["mnist", "--resume", str(folder)]) == 0
    assert f"the run began with numpy 1.0 (here {np.__version__})" in capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The message of a command that ends in exit code 2 before it trains."""
    capsys.readouterr()
    assert main(["mnist", *arguments]) == 2
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    assert not re.search(r"^ +\d \d\.\d{6}", captured.out, re.MULTILINE)
    return " ".join(captured.err.split())


def test_other_settings_are_refused_also_where_they_are_the_defaults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(stopped(tmp_path, 4, *LENET, "--seed", "5"))
    for named, value, began in (
        (("--seed", "0"), "0", "5"),
        (("--net", "cnn"), "cnn", "lenet"),
        (("--epochs", "9"), "9", "3"),
        (("--batch-size", "50"), "50", "20"),
        (("--limit", "100"), "100", "60"),
        (("--dtype", "float64"), "float64", "float32"),
        (("--lr", "0.5"), "0.5", "0.01"),
        (("--out", "elsewhere"), "elsewhere", str(tmp_path)),
        (("--yardstick",), "True", "False"),
    ):
        message = refused(capsys, "--resume", folder, *named)
        assert f"{named[0]} is {value} here and {began} in the run" in message
    assert main(["mnist", "--resume", folder, "--seed", "5", "--epochs", "3", "--net", "lenet", "--quiet"]) == 0


def test_a_finished_run_and_one_without_its_checkpoint_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = stopped(tmp_path, 4, *LENET)
    kept = (folder / "checkpoint.npz").read_bytes()
    (folder / "checkpoint.npz").unlink()
    assert "checkpoint.npz is not there" in refused(capsys, "--resume", str(folder))
    (folder / "checkpoint.npz").write_bytes(kept[: len(kept) // 2])
    assert "checkpoint.npz cannot be read" in refused(capsys, "--resume", str(folder))
    (folder / "checkpoint.npz").write_bytes(kept)
    assert main(["mnist", "--resume", str(folder)]) == 0
    assert "the run is finished" in refused(capsys, "--resume", str(folder))


def test_what_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is no folder;" in refused(capsys, "--resume", str(tmp_path / "nothing"))
    assert "config.json" in refused(capsys, "--resume", str(tmp_path))
    for content in ("", "[]", "{}", '{"command": "mnist"}', "\x00"):
        (tmp_path / "config.json").write_text(content)
        assert "is no folder that `comparisons mnist` left" in refused(capsys, "--resume", str(tmp_path))


def test_fast_keeps_no_epochs_to_resume(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["mnist", "--fast", "--resume", "runs/any"])
    assert end.value.code == 2 and "not allowed with" in capsys.readouterr().err


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = stopped(tmp_path, 4, *LENET)
    state = minigrad.load(folder / "checkpoint.npz")
    state["torch"]["weights"].pop("conv1.bias")
    minigrad.save(state, folder / "checkpoint.npz")
    assert "conv1.bias" in refused(capsys, "--resume", str(folder))


def test_ctrl_c_while_an_epoch_is_saved_waits_until_both_sides_are() -> None:
    done = []
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # (in a shell's background Ctrl-C is ignored)
    try:
        with pytest.raises(KeyboardInterrupt), checkpoint.without_interruption():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
            done.append("saved")
        assert done == ["saved"] and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_disk_that_takes_no_checkpoint_is_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(minigrad, "save", full)
    assert main(["mnist", *LENET, "--out", str(tmp_path)]) == 2
    assert "checkpoint.npz cannot be written: No space left" in " ".join(capsys.readouterr().err.split())
    assert not list(newest(tmp_path).glob(".*"))


def test_the_progress_bar_of_a_resumed_run_starts_where_it_was_and_tells_the_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    bar = progress(10, 4)
    bar.update(2)
    bar.refresh()
    bar.close()
    assert re.search(r"60%\|.*\| \d\d:\d\d left", capsys.readouterr().err)
