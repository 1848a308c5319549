"""The race is fair: turns, equal work on both sides, medians; and the table says what it was measured with."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import minigrad
import minigrad.models
import torch_ref.models
from comparisons import speed, speed_memory, speed_process, speed_scaling, speed_timing
from comparisons.__main__ import main
from comparisons.agreement import difference_between, tolerance_of
from comparisons.libraries import equal_threads
from comparisons.settings import CannotRun
from comparisons.speed import NETWORKS, OPS, Row, line, summary
from comparisons.speed_machine import STAT, Neighbours
from comparisons.speed_memory import import_seconds, in_a_child, peak_memory
from comparisons.speed_process import Process, processes
from comparisons.speed_scaling import AXES, Axis, exponent, grow
from comparisons.speed_timing import Racer, Timing, Work, race
from comparisons.speed_workloads import KINDS, Side, Spec

OURS = Side(minigrad, minigrad.models, minigrad.device("cpu"))
THEIRS = Side(torch, torch_ref.models, torch.device("cpu"))
on_linux = pytest.mark.skipif(not speed_memory.STATUS.exists(), reason="only Linux says what a process occupies")


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Short turns, no pauses: what is tested is the program, not the machine."""
    monkeypatch.setattr(speed_timing, "TURN", 0.001)
    monkeypatch.setattr(speed_timing, "PAUSE", 0.0)
    with equal_threads(1):
        yield


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The race is run in this process, which starts at once."""

    @contextmanager
    def racers(spec: Spec, threads: int, device: str) -> Iterator[tuple[Racer, Racer]]:
        yield Racer(spec.make(OURS)), Racer(spec.make(THEIRS))

    monkeypatch.setattr(speed, "processes", racers)
    monkeypatch.setattr(speed_scaling, "processes", racers)


# The race


class Told:
    """A clock that says what it was told, so that no test depends on the machine."""

    def __init__(self, seconds: list[float]) -> None:
        self.answer, self.marks = seconds, 0

    def mark(self) -> None:
        self.marks += 1

    def seconds(self) -> list[float]:
        assert self.marks == len(self.answer) + 1  # one at the start, one after each part
        return self.answer


def logging(name: str, log: list[str], seconds: float) -> Racer:
    """A racer that notes each call, and whose clock says that each of its two parts took so long."""

    def run(mark: Any) -> None:
        log.append(name)
        mark()
        mark()

    return Racer(Work(("first", "second"), run), lambda: Told([seconds, seconds]))


@pytest.mark.parametrize("seconds, calls", [(0.0001, 4), (0.0005, 1)])  # a turn is 0.001; the slower side fills it
def test_the_sides_take_turns_and_do_as_many_calls(seconds: float, calls: int) -> None:
    log: list[str] = []
    timings, counted = race(logging("A", log, seconds / 2), logging("B", log, seconds * 1.3), rounds=3)
    assert counted == calls and list(timings) == ["first", "second", "together"]
    warm_up, turn = speed_timing.WARM_UP, calls + (calls > 1)  # one more that is not timed, unless it costs a turn
    assert log == ["A"] * warm_up + ["B"] * warm_up + (["A"] * turn + ["B"] * turn) * 3
    assert all(len(timing.ours) == len(timing.theirs) == 3 for timing in timings.values())


def test_what_takes_three_times_as_long_is_found_to() -> None:
    timings, _ = race(logging("A", [], 0.006), logging("B", [], 0.002), rounds=5)
    assert [timing.ratio for timing in timings.values()] == pytest.approx([3, 3, 3])
    assert timings["first"].medians == pytest.approx((0.006, 0.002))
    assert timings["together"].medians == pytest.approx((0.012, 0.004))


def test_the_processors_clock_says_how_long_each_part_took() -> None:
    clock = speed_timing.CpuClock()
    for pause in (0.0, 0.02, 0.05):
        time.sleep(pause)
        clock.mark()
    first, second = clock.seconds()
    assert first >= 0.019 and second >= 0.049  # at least: a sleep may last longer


def test_one_long_call_is_warm_up_enough() -> None:
    log: list[str] = []
    logging("A", log, speed_timing.LONG).warm_up()
    assert log == ["A"]


def test_a_ratio_is_the_median_of_the_rounds_ratios_with_quartiles() -> None:
    # The machine was ten times as slow in the last two rounds, on both sides: the ratios do not show it.
    timing = Timing(ours=np.array([1.0, 2.0, 3.0, 20.0, 30.0]), theirs=np.array([1.0, 1.0, 1.0, 10.0, 10.0]))
    assert timing.ratio == 2 and timing.quartiles == (2, 3)
    assert timing.medians == (3.0, 1.0)


# Each side in a process of its own


@pytest.mark.parametrize("library, other", [("minigrad", "torch"), ("torch", "minigrad")])
def test_a_side_in_its_own_process_races_as_one_here_does_and_loads_no_other_library(library: str, other: str) -> None:
    spec = Spec("chain", (10,))
    with Process(library, spec, threads=1) as process:
        assert process.parts == ("forward", "backward")
        assert 0 < process.warm_up() < speed_timing.LONG
        turn = process.turn(3)
    assert turn.shape == (3,) and (turn > 0).all() and turn[:2].sum() == pytest.approx(turn[2], rel=0.5)
    assert process.child.returncode == 0
    program = f"import sys, comparisons.speed_process as p; p.racer({library!r}, 'cpu', p.Spec{tuple(spec)})"
    assert in_a_child(["-c", f"{program}; print({other!r} in sys.modules)"]) == "False\n"


@pytest.mark.parametrize("threads", [1, 2])
def test_a_process_computes_with_the_threads_that_it_is_given(threads: int) -> None:
    program = (
        "import comparisons.speed_memory as m, threadpoolctl as t; m.load({!r});"
        "print([pool['num_threads'] for pool in t.threadpool_info() if pool['user_api'] in ('blas', 'openmp')])"
    )
    for library in ("minigrad", "torch"):
        found = json.loads(in_a_child(["-c", program.format(library)], speed_memory.child_environment(threads)))
        assert found and set(found) == {min(threads, os.cpu_count() or 1)}


def test_a_side_that_fails_says_why() -> None:
    with Process("minigrad", Spec("chain", ("many",)), threads=1) as process, pytest.raises(CannotRun) as error:
        process.warm_up()
    assert "TypeError" in str(error.value) and "speed_process minigrad" in str(error.value)


def test_a_side_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed_process, "PATIENCE", 1.0)
    endless = Spec("chain", (10**9,))
    with Process("minigrad", endless, threads=1) as process, pytest.raises(CannotRun, match="exit code"):
        process.warm_up()


def test_a_race_that_is_given_up_leaves_no_process() -> None:
    with pytest.raises(KeyboardInterrupt), processes(Spec("chain", (10,)), 1, "cpu") as sides:
        raise KeyboardInterrupt
    assert [side.child.poll() is not None for side in sides] == [True, True]


# The works

SMALL = [
    *(contest.spec for contest in NETWORKS if contest.spec.arguments[-1] != 256),
    *(contest.spec for contest in OPS if contest.spec.kind != "chain"),
    Spec("chain", (50,)),
    Spec("picture", (784,)),
]


@pytest.mark.parametrize("spec", SMALL, ids=lambda spec: " ".join(map(str, spec.arguments)))
def test_both_sides_do_the_same_work(spec: Spec) -> None:
    ours, theirs = spec.make(OURS), spec.make(THEIRS)
    assert ours.parts == theirs.parts
    marks: list[list[int]] = [[], []]
    for _ in range(2):  # the second training step sees another batch, and what the first one made of the weights
        mine = ours.run(lambda: marks[0].append(1))
        other = theirs.run(lambda: marks[1].append(1))
        difference = difference_between(mine.numpy(), other.numpy())
        assert np.isfinite(mine.numpy()).all() and np.abs(other.numpy()).max() > 0
        assert difference.relative < tolerance_of("float32")
    assert len(marks[0]) == len(marks[1]) == 2 * len(ours.parts)


def test_a_spec_survives_the_way_to_another_process() -> None:
    for contest in (*NETWORKS, *OPS):
        kind, arguments = json.loads(json.dumps(contest.spec))
        assert kind in KINDS and Spec(kind, tuple(arguments)) == contest.spec


# Memory and imports, in processes of their own


def test_the_import_is_compared_with_numpys_which_is_part_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = {"minigrad": 3.0, "numpy": 2.0, "torch": 6.0}
    monkeypatch.setattr(speed, "import_seconds", lambda modules, _: np.array([[seconds[name] for name in modules]]))
    assert main(["speed", "--only", "import", "--json"]) == 0
    numpy, torch = json.loads(capsys.readouterr().out)["rows"]
    assert "numpy" in numpy["name"] and (numpy["ratio"], numpy["target"], numpy["met"]) == (1.5, 1.5, True)
    assert torch["name"] == "import" and (torch["ratio"], torch["target"]) == (0.5, None)
    assert main(["speed", "--only", "imports"]) == 2
    assert f"    {numpy['name']}\n    {torch['name']}\n" in capsys.readouterr().err  # as the rows are called


@on_linux
def test_the_peak_grows_with_the_work_and_the_child_loads_one_library() -> None:
    small, large = (peak_memory("minigrad", Spec("chain", (nodes,)), threads=1) for nodes in (10_000, 40_000))
    assert small is not None and large is not None
    assert 2 < large / small < 6  # four times the nodes
    loaded = "import comparisons.speed_memory as m, sys; m.load('minigrad'); print('torch' in sys.modules)"
    assert in_a_child(["-c", loaded]) == "False\n"


@on_linux
def test_the_peak_is_that_of_the_work_and_not_what_was_there_before() -> None:
    # 16 MB are there before, as many are free but not yet given back, and neither count; 64 MB come and go, and do.
    program = (
        "import numpy as np, comparisons.speed_memory as m, comparisons.speed_workloads as w\n"
        "from comparisons.speed_timing import Work\n"
        "before, small = np.ones(2_000_000), [bytes(10_000) for _ in range(1_600)]\n"
        "end = bytes(10_000)\n"
        "del small\n"
        "w.KINDS['block'] = lambda side: Work((), lambda mark: len([bytes(10_000) for _ in range(6_400)]))\n"
        "print(m.measure('minigrad', w.Spec('block', ())))"
    )
    assert 0.95 * 64e6 < int(in_a_child(["-c", program])) < 1.1 * 64e6


def test_without_linux_the_peak_is_unknown_and_said_to_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(speed_memory, "STATUS", tmp_path / "none")
    assert peak_memory("minigrad", Spec("chain", (10,)), threads=1) is None
    assert "unknown" in line(Row("memory", "peak", None, None, None, target=1.2, unit="bytes"))


def test_a_child_that_fails_says_why() -> None:
    with pytest.raises(CannotRun, match="ZeroDivisionError"):
        in_a_child(["-c", "1 / 0"])


def test_imports_are_timed_in_turns_in_fresh_interpreters() -> None:
    seconds = import_seconds(("minigrad", "json"), rounds=2)
    assert seconds.shape == (2, 2)
    assert (seconds[:, 0] > seconds[:, 1]).all() and (seconds > 0).all()


# The table


def test_speed_prints_what_it_was_measured_with_each_part_its_ratio_and_the_target(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["speed", "--only", "LeNet, SGD, batch 50", "--rounds", "2"]) == 0
    text = capsys.readouterr().out
    for fact in (np.__version__, torch.__version__, "openblas", "1 on each side", "2 rounds"):
        assert fact in text
    lines = text.splitlines()
    name = lines.index("LeNet, SGD, batch 50")
    rows = lines[name + 1 : name + 5]
    assert [row.split()[0] for row in rows] == ["forward", "backward", "optimizer", "together"]
    assert ["≤ 0.5" in row for row in rows] == [False, False, False, True]
    assert "of 1 targets met" in text


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("columns, quartiles", [(60, False), (80, True)])
def test_the_table_fits_the_terminal(
    columns: int, quartiles: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(Neighbours, "crowd", lambda self, threads: True)
    monkeypatch.setattr(Row, "met", False)  # with the longest of remarks
    assert main(["speed", "--ops", "--only", "relu", "--rounds", "1"]) == 0
    text = capsys.readouterr().out
    assert "relu, (50, 32, 28, 28)" in text and "(busy)" in text
    assert ("quartiles" in text) == quartiles
    assert max(map(len, text.splitlines())) <= columns


@pytest.mark.usefixtures("here")
def test_speed_with_json_prints_one_object_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speed", "--ops", "--only", "log_softmax", "--rounds", "3", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["rounds"] == 3 and result["threads"] == 1 and "machine" in result["environment"]
    assert [row["part"] for row in result["rows"]] == ["forward", "backward", "together"]
    for row in result["rows"]:
        assert row["ours"] > 0 and row["theirs"] > 0 and row["quartiles"][0] <= row["ratio"] <= row["quartiles"][1]


@pytest.mark.parametrize(
    "name, targets",
    [("LeNet, SGD, batch 1", (1.0, 1.0)), ("LeNet, Adam, batch 256", (0.5, 0.7)), ("CNN, Adam, batch 50", (1.0, 1.2)),
     ("CNN, SGD, batch 50", None), ("relu, (50, 32, 28, 28)", (1.0, 1.5)), ("Adam, 3.2 M numbers", (1.0, 1.0))],
)  # fmt: skip
def test_the_targets_hold_for_one_thread_and_for_two_on_a_cpu(name: str, targets: Any) -> None:
    (contest,) = (contest for contest in (*NETWORKS, *OPS) if contest.name == name)
    assert contest.targets == targets
    for threads in (1, 2, 3):
        wanted = targets[threads - 1] if targets and threads < 3 else None
        assert speed.target_of(contest.targets, threads) == wanted
        assert speed.target_of(contest.targets, threads, "cuda") is None


def test_a_missed_target_is_named_and_a_met_one_counted() -> None:
    rows = [Row("fast", "together", 1.0, 1.0, 0.9, target=1.0), Row("slow", "together", 1.0, 1.0, 1.1, target=1.0)]
    assert [row.met for row in rows] == [True, False]
    text = summary([*rows, Row("other", "forward", 1.0, 1.0, 1.0)])
    assert "1 of 2 targets met" in text and "slow (1.10, target 1.0)" in text and "fast" not in text


@pytest.mark.usefixtures("here")
def test_a_chain_is_shown_per_node(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(speed, "OPS", [speed.Contest("tiny", Spec("chain", (200,)), per=200)])
    assert main(["speed", "--ops", "--rounds", "1", "--json"]) == 0
    (together,) = (row for row in json.loads(capsys.readouterr().out)["rows"] if row["part"] == "together")
    assert 1e-7 < together["theirs"] < 1e-3  # seconds: a microsecond or some


def test_busy_neighbours_are_told_from_this_programs_own_work(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([(100.0, 50.0, 20.0), *[(110.0, 67.0, 25.0)] * 9])  # 10 s of wall, 17 of work, 5 of it ours
    monkeypatch.setattr(Neighbours, "now", lambda self: next(moments))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    neighbours = Neighbours()
    assert neighbours.busy() == (pytest.approx(1.2) if STAT.exists() else 0.0)
    assert [neighbours.crowd(threads) for threads in (1, 2)] == [False, STAT.exists()]


@pytest.mark.usefixtures("here")
def test_figures_from_a_crowded_machine_are_marked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for crowded in (True, False):
        monkeypatch.setattr(Neighbours, "crowd", lambda self, threads, answer=crowded: answer)
        assert main(["speed", "--ops", "--only", "Adam, 3.2 M", "--rounds", "1"]) == 0
        assert capsys.readouterr().out.count("(busy)") == 2 * crowded  # at the row, and what it means


@pytest.mark.parametrize(
    "arguments, said",
    [(["--only", "no such row"], "    CNN, Adam, batch 50\n"), (["--ops", "--only", "CNN"], "    Adam, 3.2 M numbers"),
     (["--scaling", "--only", "no such axis"], "    depth\n"), (["--threads", "10000"], "processors")],
)  # fmt: skip
def test_what_cannot_be_measured_is_exit_code_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["speed", *arguments]) == 2
    captured = capsys.readouterr()
    assert said in captured.err and captured.out == ""  # it is noticed before anything is measured


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_cuda_without_a_gpu_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speed", "--device", "cuda"]) == 2
    assert "--device cuda" in capsys.readouterr().err


# Growth


def test_the_exponent_tells_linear_from_quadratic() -> None:
    sizes = [10, 100, 1000]
    assert exponent(sizes, [3 * size for size in sizes]) == pytest.approx(1)
    assert exponent(sizes, [size**2 for size in sizes]) == pytest.approx(2)
    assert np.isnan(exponent(sizes, [1.0, np.nan, 3.0]))


def test_the_axes_are_the_batch_the_depth_up_to_a_million_and_the_pixels() -> None:
    assert [axis.name for axis in AXES] == ["batch", "depth", "pixels"]
    assert (AXES[1].sizes[0], AXES[1].sizes[-1]) == (10_000, 1_000_000)


@pytest.mark.usefixtures("here")
def test_time_and_memory_are_measured_at_each_size(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(speed_scaling, "peak_memory", lambda *call: asked.append(call) or 100 * call[1].arguments[-1])
    axis = Axis("depth", "nodes", "chain", (), (100, 400))
    curves = list(grow(axis, threads=1, rounds=2, device="cpu"))
    assert [(c.quantity, c.side) for c in curves] == [
        (q, s) for q in ("seconds", "bytes") for s in ("minigrad", "torch")
    ]
    assert all(0 < value < 1 for curve in curves[:2] for value in curve.values)  # seconds
    assert [curve.values for curve in curves[2:]] == [[10_000, 40_000]] * 2
    assert asked[0] == ("minigrad", Spec("chain", (100,)), 1)


@pytest.mark.usefixtures("here")
def test_scaling_prints_the_exponents_and_leaves_a_picture(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    monkeypatch.setattr(speed_scaling, "peak_memory", lambda *call: None)
    monkeypatch.setattr(speed, "AXES", (Axis("depth", "nodes", "chain", (), (10, 20)),))
    assert main(["speed", "--scaling", "--rounds", "1", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    (folder,) = tmp_path.iterdir()
    assert "exponent" in text and "unknown" in text and str(folder) in text
    assert (folder / "scaling.png").read_bytes().startswith(b"\x89PNG")
    curves = json.loads((folder / "scaling.json").read_text())["curves"]
    assert len(curves) == 4 and curves[2]["values"] == [None, None]  # memory that cannot be measured


# Ctrl-C


@pytest.mark.usefixtures("here")
def test_ctrl_c_leaves_the_rows_that_were_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = speed.contest_rows

    def until_the_second(contest: speed.Contest, *arguments: Any) -> Iterator[Row]:
        if contest is not OPS[0]:
            raise KeyboardInterrupt
        yield from rows(contest, *arguments)

    monkeypatch.setattr(speed, "contest_rows", until_the_second)
    assert main(["speed", "--ops", "--rounds", "1"]) == 130
    out = capsys.readouterr().out
    assert OPS[0].name in out and OPS[1].name not in out and out.endswith("\nInterrupted: the rest was not measured.\n")
    assert main(["speed", "--ops", "--rounds", "1", "--json"]) == 130
    result = json.loads(capsys.readouterr().out)
    assert result["interrupted"] and {row["name"] for row in result["rows"]} == {OPS[0].name}
    monkeypatch.setattr(speed, "OPS", OPS[1:])
    assert main(["speed", "--ops"]) == 130  # nothing was measured
    assert capsys.readouterr().err == "comparisons speed: interrupted\n"


@pytest.mark.usefixtures("here")
def test_ctrl_c_leaves_the_axes_that_were_measured_and_their_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    axes = [Axis("one", "nodes", "chain", (), (10, 20)), Axis("two", "nodes", "chain", (), (10, 20))]

    def until_the_second(axis: Axis, *arguments: Any) -> Iterator[Any]:
        if axis is axes[1]:
            raise KeyboardInterrupt
        yield from grow(axis, *arguments)

    monkeypatch.setattr(speed_scaling, "peak_memory", lambda *call: None)
    monkeypatch.setattr(speed, "AXES", axes)
    monkeypatch.setattr(speed, "grow", until_the_second)
    assert main(["speed", "--scaling", "--rounds", "1", "--out", str(tmp_path)]) == 130
    assert "Interrupted: the rest was not measured." in capsys.readouterr().out
    (folder,) = tmp_path.iterdir()
    result = json.loads((folder / "scaling.json").read_text())
    assert result["interrupted"] and {curve["axis"]["name"] for curve in result["curves"]} == {"one"}
    assert (folder / "scaling.png").exists()


# A GPU


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_torch_is_timed_on_cuda_by_events_and_has_no_target(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speed", "--device", "cuda", "--only", "CNN, Adam, batch 50", "--rounds", "2", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert all(row["theirs"] > 0 and row["target"] is None for row in rows)
