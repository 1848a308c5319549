"""`mnist --fast`, on whatever device there is: first that it is right, then how fast each way is."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from comparisons import fast
from comparisons.__main__ import main
from minigrad.ops.activations import ReluBackward0
from torch_ref.fast import Epoch, Run

TINY = ("--net", "lenet", "--limit", "40", "--batch-size", "20", "--epochs", "2", "--threads", "1", "--quiet")


@pytest.fixture(autouse=True)
def without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Traced as always, but run as it is: compiling C++ takes half a minute."""
    compile = torch.compile
    monkeypatch.setattr(torch, "compile", lambda function: compile(function, backend="eager"))


def run(*options: str) -> int:
    return main(["mnist", "--fast", *TINY, *options])


def test_fast_prints_the_gradients_and_each_way_and_leaves_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--out", str(tmp_path)) == 0
    text = capsys.readouterr().out
    for line in (
        "2 epochs of 2 steps",
        "gradients in float64  agree",
        "gradients in float32  agree",
        "plain",
        "compile",
    ):
        assert line in text
    (folder,) = tmp_path.iterdir()
    assert text.splitlines()[-1] == str(folder)
    assert {path.name for path in folder.iterdir()} == {"result.txt", "result.json"}


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_the_graph_is_named_as_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--out", str(tmp_path), "--json") == 0
    result = json.loads(capsys.readouterr().out)
    plain, compiled, graph = result["attempts"]
    assert "needs a GPU" in graph["unavailable"]
    assert plain["seconds"] > 0 and len(plain["epochs"]) == 2 and 0 <= plain["accuracy"] <= 1
    assert compiled["epochs"][1]["loss"] == pytest.approx(plain["epochs"][1]["loss"], rel=1e-4)
    assert [attempt["tf32"] for attempt in result["attempts"]] == [False] * 3


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_on_a_terminal_what_takes_long_is_said_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, seen = Terminal(), {}

    def train(task: Any, way: str, epochs: int, tf32: bool) -> Run:
        seen[way] = terminal.getvalue()
        return Run(0.0, [Epoch(1.0, 0.1, 0.9)])

    monkeypatch.setattr(fast, "train_fast", train)
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main(["mnist", "--fast", *(option for option in TINY if option != "--quiet"), "--out", ""]) == 0
    assert fast.COMPILING not in seen["plain"] and f"compile{fast.COMPILING}: " in seen["compile"]


def test_a_wrong_gradient_is_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = ReluBackward0.backward
    monkeypatch.setattr(ReluBackward0, "backward", lambda node, grad: right(node, grad) * 1.001)
    assert run("--out", str(tmp_path)) == 1
    assert "gradients in float64  apart" in capsys.readouterr().out


def test_the_seconds_to_99_percent_are_shown_where_it_was_reached(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    reached = Run(1.5, [Epoch(2.0, 0.1, 0.989), Epoch(2.25, 0.05, 0.991)])
    monkeypatch.setattr(fast, "train_fast", lambda task, way, epochs, tf32: reached)
    assert run("--out", "") == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("graph "))
    assert line.split() == ["graph", "off", "4.25", "1062.500", "99.10", "4.25", "1.50", "s"]


def test_fast_in_float64_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--dtype", "float64") == 2
    assert "--fast trains in float32" in capsys.readouterr().err


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_on_a_gpu_every_way_works_with_tf32_and_without(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--device", "cuda", "--out", str(tmp_path), "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert [(attempt["way"], attempt["tf32"]) for attempt in result["attempts"]] == [
        (way, tf32) for tf32 in (False, True) for way in ("plain", "compile", "graph")
    ]
    assert all("seconds" in attempt for attempt in result["attempts"])
    assert result["agree"] is True
