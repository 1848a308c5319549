"""The commands, run as a user runs them; what goes wrong, said in one message; and that a broken library is noticed.

A program in a subprocess shows what a user sees: exit code, stdout, stderr, files. That costs seconds (torch is
loaded), so what must be broken first, or asked in many forms, calls `main` here instead, which is the same program.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from interrupting import interrupt_at

import minigrad
import minigrad.models
import torch_ref.models
from comparisons import digits, mnist, training
from comparisons.__main__ import main
from comparisons.settings import RECIPES
from minigrad.ops.activations import ReluBackward0

ROOT = Path(__file__).parents[2]
TINY = ("--net", "lenet", "--limit", "60", "--batch-size", "20", "--epochs", "2")
FILES = {"config.json", "metrics.jsonl", "summary.json", "minigrad.npz", "torch.npz", "curves.png", "report.html"}


def run(*arguments: str, packages: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m comparisons …`, with these packages before the installed ones."""
    paths = [str(packages)] if packages else []
    return subprocess.run(
        [sys.executable, "-m", "comparisons", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([*paths, str(ROOT)])} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def only_folder(parent: Path) -> Path:
    (folder,) = parent.iterdir()
    return folder


def assert_one_message(text: str, *parts: str) -> None:
    """An error as a user should see it: what is the matter, and no traceback."""
    assert "Traceback" not in text
    for part in parts:
        assert part in " ".join(text.split()), text  # wherever its lines end


# The way in


def test_no_argument_prints_a_five_line_tour_and_the_command_to_try_first() -> None:
    done = run()
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == 5 and lines[2].endswith("python -m comparisons mnist")
    assert all(command in done.stdout for command in ("graph", "step", "explain", "lesson", "--help"))


@pytest.mark.parametrize("command", [(), ("mnist",), ("gradients",), ("graph",)])
def test_help_is_there(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command, "--help"])
    assert end.value.code == 0
    assert "None" not in capsys.readouterr().out


# mnist


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    out = tmp_path_factory.mktemp("runs") / "new"
    return run("mnist", *TINY, "--out", str(out)), out


def test_mnist_says_what_agrees_and_ends_with_the_folder(tiny_run: Any) -> None:
    done, out = tiny_run
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # progress is for terminals
    lines = done.stdout.splitlines()
    assert lines[-1] == str(only_folder(out))
    assert re.search(r"^weights +equal to the bit, nothing copied", done.stdout, re.MULTILINE)
    for check in ("first-step gradients", "losses", "accuracies"):
        assert re.search(rf"^{check} +agree ", done.stdout, re.MULTILINE), done.stdout
    assert "The two sides agree." in lines
    assert all(len(line) <= 88 for line in lines[:-1] if "LeNet" not in line)


def test_mnist_leaves_config_metrics_summary_weights_and_picture(tiny_run: Any) -> None:
    folder = only_folder(tiny_run[1])
    assert re.fullmatch(r"\d{8}-\d{6}-mnist-lenet", folder.name)
    assert {path.name for path in folder.iterdir()} == FILES

    config = json.loads((folder / "config.json").read_text())
    assert (config["net"], config["seed"], config["lr"], config["epochs"]) == ("lenet", 0, 0.01, 2)
    assert config["threads"] >= 1 and config["device"] == "cpu" and config["versions"]["torch"] == torch.__version__

    metrics = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in metrics] == [1, 2]
    for line in metrics:
        for side in ("minigrad", "torch"):
            assert len(line[side]["losses"]) == 3 and line[side]["seconds"] > 0
            assert line[side]["loss"] == pytest.approx(np.mean(line[side]["losses"]))
            assert 0 <= line[side]["accuracy"] <= 1

    summary = json.loads((folder / "summary.json").read_text())
    assert summary["agree"] is True and summary["epochs"] == 2
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_mnist_saves_weights_that_load_without_pickle_and_are_the_trained_ones(tiny_run: Any) -> None:
    folder = only_folder(tiny_run[1])
    for library, models in ((minigrad, minigrad.models), (torch, torch_ref.models)):
        with np.load(folder / f"{library.__name__}.npz", allow_pickle=False) as archive:
            weights = {name: library.from_numpy(archive[name]) for name in archive.files}
        library.manual_seed(0)
        model = models.LeNet()
        start = model.conv1.weight.detach().numpy().copy()
        model.load_state_dict(weights)  # complains of a name or a shape that does not fit
        moved = np.abs(model.conv1.weight.detach().numpy() - start).max()
        assert 0 < moved < 0.1


def test_mnist_with_json_prints_one_object_and_nothing_else(tmp_path: Path) -> None:
    done = run("mnist", *TINY, "--json", "--quiet", "--dtype", "float64", "--threads", "1", "--out", str(tmp_path))
    assert done.returncode == 0 and done.stderr == ""
    result = json.loads(done.stdout)
    assert result["agree"] is True and result["interrupted"] is False
    assert result["folder"] == str(only_folder(tmp_path))
    assert result["checks"]["weights"]["equal_to_the_bit"] is True
    losses = result["checks"]["losses"]
    assert losses["steps_held"] == losses["steps"] == 6 and losses["largest"] < 1e-13
    assert len(result["torch"]["losses"]) == len(result["minigrad"]["accuracies"]) == 2


def test_mnist_trains_the_cnn_with_its_dropout_in_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    all_digits = digits.load_digits()
    few = replace(all_digits, test_images=all_digits.test_images[:50], test_labels=all_digits.test_labels[:50])
    monkeypatch.setattr(training, "load_digits", lambda *arguments: few)
    arguments = ["--limit", "40", "--batch-size", "10", "--epochs", "1", "--threads", "1", "--json"]
    assert main(["mnist", *arguments, "--out", str(tmp_path)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["net"] == "cnn" and result["checks"]["losses"]["largest"] < 1e-6


def test_the_yardstick_is_torch_against_itself_and_stands_in_the_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = torch.backends.mkldnn.enabled
    for extra in ([], ["--json"]):
        assert main(["mnist", *TINY, "--yardstick", "--out", str(tmp_path), *extra]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"^drift +agree +median .* over 6 steps", printed, re.MULTILINE)
    assert "torch from itself, without oneDNN" in printed and torch.backends.mkldnn.enabled == before
    drift = json.loads(printed.splitlines()[-1])["checks"]["drift"]
    assert len(drift["differences"]) == len(drift["yardstick_differences"]) == 6
    assert max(drift["yardstick_differences"]) < 1e-4  # the same weights, batches and masks


def test_the_kernels_that_are_exchanged_round_otherwise() -> None:
    x, w = torch.rand(8, 16, 14, 14), torch.rand(32, 16, 3, 3)
    if not torch.backends.mkldnn.is_available():
        pytest.skip("this torch has no oneDNN")
    with mnist.kernels_exchanged():
        other = torch.conv2d(x, w)
    assert 0 < (other - torch.conv2d(x, w)).abs().max() < 1e-3


def test_a_training_that_explodes_alike_on_both_sides_agrees_and_is_still_one_json_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with np.errstate(all="ignore"):
        assert main(["mnist", *TINY, "--lr", "1e30", "--json", "--out", str(tmp_path)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert "on both sides alike: a smaller --lr?" in result["checks"]["losses"]["text"]
    assert result["agree"] is True and result["torch"]["losses"] == [None, None]  # nan is no JSON
    assert {path.name for path in only_folder(tmp_path).iterdir()} == FILES


def test_the_same_seed_gives_the_same_run_and_another_seed_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    losses = []
    for seed in ("5", "5", "-6"):
        assert main(["mnist", *TINY, "--seed", seed, "--json", "--out", str(tmp_path)]) == 0
        result = json.loads(capsys.readouterr().out)
        losses.append((result["minigrad"]["losses"], result["torch"]["losses"]))
    assert losses[0] == losses[1] != losses[2]
    assert len(list(tmp_path.iterdir())) == 3  # also when two runs begin in the same second


def test_the_recipes_are_the_tutorials() -> None:
    cnn, lenet = RECIPES["cnn"], RECIPES["lenet"]
    assert (cnn.optimizer, cnn.lr, cnn.criterion, cnn.batch_size) == ("Adam", 0.001, "CrossEntropyLoss", 50)
    assert (lenet.optimizer, lenet.lr, lenet.criterion) == ("SGD", 0.01, "MSELoss")
    assert (lenet.image_size, lenet.one_hot) == (32, True)


# gradients and graph


@pytest.mark.parametrize("arguments", [("--net", "lenet"), ("--net", "cnn"), ("--net", "lenet", "--dtype", "float32")])
def test_gradients_agree_for_every_parameter_and_activation(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gradients", *arguments, "--threads", "1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["agree"] is True
    net, rows = result["net"], result["rows"]
    names = [row["name"] for row in rows if row["kind"] == "∂loss/∂parameter"]
    assert len(names) == {"lenet": 10, "cnn": 8}[net] and "conv1.weight" in names
    outputs = [row["name"] for row in rows if row["kind"] == "activation"]
    assert outputs == [row["name"] for row in rows if row["kind"] == "∂loss/∂activation"]
    assert outputs[:3] == ["conv1", "conv1, relu", "conv1, max_pool2d"] and outputs[-1] == "loss"
    assert ("conv2, dropout2d" in outputs) == (net == "cnn")
    limit = 1e-12 if result["dtype"] == "float64" else 2.5e-5
    assert all(row["difference"]["relative"] < limit and row["difference"]["cosine"] > 1 - 1e-9 for row in rows)


def test_gradients_prints_tables_states_the_tolerance_and_writes_where_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gradients", "--net", "lenet", "--dtype", "float32", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "2.4e-05" in printed and "200 roundings of float32" in printed
    assert re.search(r"^conv1.weight +\(6, 1, 3, 3\) .* agree$", printed, re.MULTILINE)
    assert "The two sides agree on all 34 arrays" in printed
    folder = only_folder(tmp_path)
    assert printed.splitlines()[-1] == str(folder)
    assert {path.name for path in folder.iterdir()} == {"result.json", "result.txt"}


def test_watching_leaves_the_functions_as_they_were(capsys: pytest.CaptureFixture[str]) -> None:
    before = [library.nn.functional.relu for library in (minigrad, torch)]
    assert main(["gradients", "--net", "lenet", "--json"]) == 0
    assert [library.nn.functional.relu for library in (minigrad, torch)] == before


@pytest.mark.parametrize("net", ["lenet", "cnn"])
def test_the_graphs_are_the_same(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "--net", net, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["agree"] is True and result["first_difference"] is None
    assert result["minigrad"] == result["torch"]
    rows = result["torch"]
    assert {"conv1.weight", "fc1.bias"} <= {row["parameter"] for row in rows}
    assert sum(row["name"] == "LogSoftmaxBackward0" for row in rows) == (2 if net == "cnn" else 0)
    assert all(row["shape"] is not None for row in rows if row["name"] != "None")


def test_graph_prints_two_trees_in_a_narrow_terminal_and_one_beside_the_other_in_a_wide_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = []
    for columns in ("80", "160"):
        monkeypatch.setenv("COLUMNS", columns)
        assert main(["graph", "--net", "lenet"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert sum(line.count("AccumulateGrad (6, 1, 3, 3) conv1.weight") for line in lines) == 2
        assert lines[-1] == "The two graphs are the same: 26 nodes, 27 edges."
        assert max(len(line) for line in lines) <= max(int(columns), 82)
        printed.append(lines)
    assert len(printed[1]) < len(printed[0])


def test_a_terminal_that_knows_ascii_only_gets_question_marks() -> None:
    done = run("graph", "--net", "lenet", PYTHONIOENCODING="ascii")
    assert done.returncode == 0 and done.stderr == "" and "? 0: AddmmBackward0" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no /bin/sh")
def test_a_reader_that_stops_reading_is_no_error() -> None:
    command = f"{sys.executable} -m comparisons graph --net lenet | head -n 1"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("LeNet") and done.stderr == ""


# A broken library is noticed


@pytest.fixture
def wrong_relu(monkeypatch: pytest.MonkeyPatch) -> None:
    """minigrad's relu sends back a gradient that is 0.1 % too large."""
    right = ReluBackward0.backward
    monkeypatch.setattr(ReluBackward0, "backward", lambda self, grad: right(self, grad) * 1.001)


@pytest.mark.usefixtures("wrong_relu")
def test_a_wrong_gradient_makes_gradients_differ(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gradients", "--net", "lenet"]) == 1
    printed = capsys.readouterr().out
    assert re.search(r"^conv1.weight .* DIFFER$", printed, re.MULTILINE)
    assert re.search(r"^fc3.weight .* agree$", printed, re.MULTILINE)  # above the last relu nothing is wrong
    assert "The two sides differ" in printed


@pytest.mark.usefixtures("wrong_relu")
def test_a_wrong_gradient_makes_mnist_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mnist", *TINY, "--out", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert re.search("^first-step gradients +DIFFER", printed, re.MULTILINE)
    assert "The two sides differ: first-step gradients" in printed
    assert json.loads((only_folder(tmp_path) / "summary.json").read_text())["agree"] is False


def test_a_wrong_update_makes_the_losses_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = minigrad.optim.SGD.update

    def twice(self: Any, param: Any, grad: np.ndarray, group: Any) -> None:
        right(self, param, grad * 2, group)

    monkeypatch.setattr(minigrad.optim.SGD, "update", twice)
    assert main(["mnist", *TINY, "--out", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert re.search("^first-step gradients +agree", printed, re.MULTILINE)
    assert re.search("^losses +DIFFER", printed, re.MULTILINE)


def test_wrong_weights_make_both_commands_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = minigrad.nn.Linear.reset_parameters

    def wrong(self: Any) -> None:
        right(self)
        self.weight.data.mul_(1.01)

    monkeypatch.setattr(minigrad.nn.Linear, "reset_parameters", wrong)
    assert main(["mnist", *TINY, "--out", str(tmp_path)]) == 1
    assert main(["gradients", "--net", "lenet"]) == 1
    assert "should have drawn the same" in capsys.readouterr().out


def test_weights_that_differ_by_a_rounding_are_copied_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = minigrad.nn.Linear.reset_parameters

    def off_by_one_bit(self: Any) -> None:
        right(self)
        self.weight.array[...] = np.nextafter(self.weight.array, np.float32(2))

    monkeypatch.setattr(minigrad.nn.Linear, "reset_parameters", off_by_one_bit)
    assert main(["mnist", *TINY, "--out", str(tmp_path)]) == 0
    assert "NOT equal to the bit" in capsys.readouterr().out


def test_another_node_makes_graph_differ_and_is_marked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = minigrad.nn.functional.relu
    monkeypatch.setattr(minigrad.nn.functional, "relu", lambda x: right(x) * 1)
    assert main(["graph", "--net", "lenet"]) == 1
    printed = capsys.readouterr().out
    assert "The two graphs differ, first in line 4" in printed
    assert any("≠ 4" in line and "MulBackward0" in line for line in printed.splitlines())


# Ctrl-C


@pytest.mark.parametrize("call", [3, 4], ids=["on our side", "on torch's side"])
def test_ctrl_c_saves_the_epochs_that_were_finished(
    call: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt_at(monkeypatch, call)
    assert main(["mnist", *TINY, "--out", str(tmp_path)]) == 130
    folder = only_folder(tmp_path)
    assert {path.name for path in folder.iterdir()} == FILES | {"checkpoint.npz"}
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["interrupted"], summary["agree"], summary["epochs"]) == (True, None, 1)
    assert len((folder / "metrics.jsonl").read_text().splitlines()) == 1
    printed = capsys.readouterr().out.splitlines()
    assert "Interrupted after 1 of 2 epochs" in printed[-3] and printed[-1] == str(folder)


def test_ctrl_c_in_the_first_epoch_still_leaves_a_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt_at(monkeypatch, 1)
    assert main(["mnist", *TINY, "--out", str(tmp_path), "--json"]) == 130
    assert json.loads(capsys.readouterr().out)["epochs"] == 0
    assert {path.name for path in only_folder(tmp_path).iterdir()} == {"config.json", "summary.json"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals work otherwise there")
def test_ctrl_c_in_a_terminal_ends_a_long_run_with_130(tmp_path: Path) -> None:
    arguments = ["--net", "lenet", "--limit", "60", "--batch-size", "20", "--epochs", "100000", "--out", str(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "comparisons", "mnist", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a shell starts what it puts in the background with Ctrl-C ignored; this program is to hear it in any case
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_until(lambda: any(tmp_path.glob("*/torch.npz")), process)
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert err == "" and "Interrupted after" in out
    folder = only_folder(tmp_path)
    assert {path.name for path in folder.iterdir()} == FILES | {"checkpoint.npz"}
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["interrupted"] is True and summary["epochs"] >= 1


@pytest.mark.skipif(sys.platform == "win32", reason="pipes work otherwise there")
@pytest.mark.parametrize("lines", [1, 7], ids=["before the first epoch", "after it"])
def test_a_reader_that_stops_reading_ends_a_run_quietly_and_it_can_be_resumed(lines: int, tmp_path: Path) -> None:
    arguments = ["--net", "lenet", "--limit", "60", "--batch-size", "20", "--epochs", "100000", "--out", str(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "comparisons", "mnist", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    for _ in range(lines):
        process.stdout.readline()
    process.stdout.close()
    try:
        assert (process.wait(timeout=60), process.stderr.read()) == (141, "")  # 128 + SIGPIPE, as a shell reports it
    finally:
        process.kill()
    folder = only_folder(tmp_path)
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["interrupted"] is True and summary["agree"] is None
    assert (folder / "checkpoint.npz").exists() == (summary["epochs"] > 0)
    assert lines == 1 or {path.name for path in folder.iterdir()} == FILES | {"checkpoint.npz"}


def wait_until(happened: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not happened() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)


# Bad input


@pytest.mark.parametrize(
    "arguments",
    [
        ("--colour",),
        ("train",),
        ("mnist", "--epoch", "1"),  # no abbreviations: they would change their meaning with the next option
        ("mnist", "--epochs", "0"),
        ("mnist", "--epochs", "-3"),
        ("mnist", "--epochs", "2.5"),
        ("mnist", "--batch-size", "0"),
        ("mnist", "--limit", "0"),
        ("mnist", "--lr", "0"),
        ("mnist", "--lr", "-0.1"),
        ("mnist", "--lr", "nan"),
        ("mnist", "--lr", "inf"),
        ("mnist", "--threads", "0"),
        ("mnist", "--seed", "one"),
        ("mnist", "--seed", str(2**64)),
        ("mnist", "--net", "vgg"),
        ("mnist", "--data", "cifar"),
        ("mnist", "--dtype", "float16"),
        ("mnist", "--device", "tpu"),
        ("gradients", "--epochs", "1"),
        ("graph", "batch"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_a_message(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    assert end.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "error: " in captured.err


def test_an_unknown_option_is_exit_code_2_for_a_user_too() -> None:
    done = run("mnist", "--colour")
    assert done.returncode == 2 and done.stdout == ""
    assert_one_message(done.stderr, "unrecognized arguments: --colour")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("mnits",), ". Did you mean mnist?"), (("help",), ". Did you mean --help?"),
        (("mnist", "--epoch", "1"), ". Did you mean --epochs?"), (("mnist", "--thread=1"), ". Did you mean --threads?"),
        (("step", "--net", "lenett"), ". Did you mean lenet?"), (("data", "verfy"), ". Did you mean verify?"),
        (("graph", "--fromat", "svg", "--safed"), ". Did you mean --format and --saved?"),
        (("mnist", "--device", "GPU"), ". Did you mean cuda?"), (("mnist", "--dtype", "double"), "float64 or float32?"),
        (("mnist", "--colour"), "; --help lists the options"), (("mnist", "--lr", "x"), "; --help lists the options"),
        (("graph", "--net", "lenet", "--expr", "x.exp()"), "not allowed with argument --net; --help lists the options"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_told_the_nearest_one_and_no_usage_hides_it(
    arguments: tuple[str, ...], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(list(arguments))
    said = " ".join(capsys.readouterr().err.split())
    assert "usage" not in said and said.endswith(hint)


def test_what_is_missing_is_told_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["predict"])
    said = capsys.readouterr().err
    assert said.startswith("usage: python -m comparisons predict ") and said.split()[-2:] == ["RUN,", "WHICH"]


@pytest.mark.parametrize(("name", "hint"), [("conv2", "you mean conv2d or"), ("redutcions", "you mean reductions")])
def test_an_unknown_operation_of_parity_is_told_before_anything_is_printed(
    name: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["parity", "--op", name]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and hint in captured.err


@pytest.fixture
def nothing_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails a test in which training begins before what is missing was noticed."""

    def train(learner: Any) -> Iterator[float]:
        pytest.fail("training began")
        yield 0.0

    monkeypatch.setattr(mnist, "train", train)


@pytest.mark.usefixtures("nothing_is_trained")
@pytest.mark.parametrize("command", ["mnist", "gradients", "graph"])
def test_an_out_that_cannot_be_written_is_noticed_before_training(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        assert main([command, "--out", str(out), "--json"]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert_one_message(captured.err, f"--out {out}", "no folder can be made there")


@pytest.mark.usefixtures("nothing_is_trained")
@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_an_out_without_permission_is_noticed_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o500)
    assert main(["mnist", "--out", str(tmp_path)]) == 2
    assert_one_message(capsys.readouterr().err, "--out", "Permission denied")


def test_a_full_disk_is_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*arguments: Any, **arrays: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert main(["mnist", *TINY, "--out", str(tmp_path)]) == 2
    assert_one_message(capsys.readouterr().err, "minigrad.npz cannot be written", "No space left on device")
    assert not list(only_folder(tmp_path).glob(".*"))  # no half of a file


@pytest.mark.usefixtures("nothing_is_trained")
def test_more_digits_or_threads_than_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option, message in (("--limit", "the embedded set has 4,000"), ("--threads", "processors")):
        for command in ("mnist", "gradients", "graph"):
            assert main([command, option, "100000", "--out", str(tmp_path / "runs")]) == 2
            assert_one_message(capsys.readouterr().err, f"{option} 100000", message)
    assert not (tmp_path / "runs").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("command", ["mnist", "gradients", "graph"])
def test_cuda_without_a_gpu_is_exit_code_2(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--device", "cuda", "--out", str(tmp_path / "runs")]) == 2
    assert_one_message(capsys.readouterr().err, "--device cuda", "use --device cpu")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("damage", ["missing", "truncated", "corrupted"])
def test_a_damaged_data_file_is_exit_code_2(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mnist5k.npz"
    content = bytearray(digits.EMBEDDED.read_bytes())
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "corrupted":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    monkeypatch.setattr(digits, "EMBEDDED", path)
    for command in ("mnist", "gradients", "graph"):
        assert main([command, "--out", str(tmp_path / "runs")]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert_one_message(captured.err, f"comparisons {command}: ", str(path), "git checkout")


def test_the_full_set_without_files_and_network_is_exit_code_2_and_says_what_to_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_network(mirrors: list[str]) -> None:
        raise ConnectionError("no server that has the files can be reached from here")

    monkeypatch.setattr(digits, "_require_network", no_network)
    assert main(["mnist", "--data", "full", "--data-dir", str(tmp_path / "root")]) == 2
    message = capsys.readouterr().err
    assert_one_message(message, str(tmp_path / "root" / "MNIST" / "raw"), "--data embedded")
    for archive in digits.ARCHIVES:
        assert archive.name in message and archive.md5 in message


def fake_package(folder: Path, name: str, raises: str) -> Path:
    """A package that cannot be imported, to stand before the installed one."""
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(f"raise {raises}\n")
    return folder


def test_a_torchvision_that_cannot_be_imported_is_exit_code_2(tmp_path: Path) -> None:
    packages = fake_package(tmp_path, "torchvision", "RuntimeError('operator torchvision::nms does not exist')")
    done = run("gradients", "--data", "full", packages=packages)
    assert done.returncode == 2 and done.stdout == ""
    assert_one_message(done.stderr, "torchvision", "nms does not exist", "matching pair")


@pytest.mark.parametrize("package", ["torch", "matplotlib"])
def test_a_missing_package_is_exit_code_2_and_says_how_to_get_it(package: str, tmp_path: Path) -> None:
    error = f'ModuleNotFoundError("No module named {package!r}", name={package!r})'
    done = run("mnist", packages=fake_package(tmp_path, package, error))
    assert done.returncode == 2 and done.stdout == ""
    assert_one_message(done.stderr, f"{package} cannot be imported", "pip install")


# A GPU


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("net", ["cnn", "lenet"])
def test_torch_on_cuda_agrees_with_minigrad(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gradients", "--net", net, "--device", "cuda", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["agree"] is True
