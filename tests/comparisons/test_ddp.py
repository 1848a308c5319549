"""Several processes, real ones: their gradients add up to one process's, and the end of one ends all."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from comparisons import ddp
from comparisons.__main__ import main
from comparisons.ddp import EXPECTED, Job, as_expected, start, verdict, wait_for
from comparisons.ddp_worker import even, share, uneven
from comparisons.digits import load_digits
from comparisons.fast import task_for
from comparisons.settings import RECIPES, CannotRun
from torch_ref.ddp import accuracy, joined, place, train

ROOT = Path(__file__).parents[2]
LIMIT = 60.0  # seconds; two processes that load torch beside another test may need many


def job(folder: Path, world: int = 2, **changes: Any) -> Job:
    values: dict[str, Any] = {"net": "lenet", "seed": 0, "batch_size": 4, "limit": 8, "timeout": LIMIT}
    return Job(world, folder=str(folder), **values | changes)


# What the processes compute


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    """The CNN, with dropout, in two processes: one batch, and a training of two steps."""
    done = subprocess.run(
        [sys.executable, "-m", "comparisons", "ddp", "--world", "2", "--limit", "20", "--batch-size", "10", "--json"],
        cwd=ROOT, capture_output=True, text=True, timeout=2 * LIMIT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_everything_is_as_it_must_be(result: dict[str, Any]) -> None:
    assert result["agree"] is True
    for library in ("minigrad", "torch"):
        assert list(result[library]["gradients"]) == list(EXPECTED)


@pytest.mark.parametrize("library", ["minigrad", "torch"])
def test_the_mean_of_even_shards_is_the_big_batchs_gradient_and_uneven_ones_need_weights(
    result: dict[str, Any], library: str
) -> None:
    apart = result[library]["gradients"]
    assert apart["even shards, mean"] < 1e-13 and apart["uneven shards, weighted"] < 1e-13  # roundings of float64
    assert apart["uneven shards, mean"] > 1e-2


@pytest.mark.parametrize("library", ["minigrad", "torch"])
def test_dropout_agrees_only_when_each_row_gets_its_own_mask(result: dict[str, Any], library: str) -> None:
    apart = result[library]["gradients"]
    assert apart["dropout, the rows' own masks"] < 1e-13
    assert min(apart["dropout, one seed for all"], apart["dropout, a seed for each"]) > 1e-2


@pytest.mark.parametrize("library", ["minigrad", "torch"])
def test_a_training_by_two_processes_is_one_by_one_process(result: dict[str, Any], library: str) -> None:
    training = result[library]["training"]
    assert training["steps"] == 2
    assert training["losses_apart"] < 1e-12 and training["weights_apart"] < 1e-9


def test_both_libraries_are_wrong_by_the_same_amount_where_it_is_wrong(result: dict[str, Any]) -> None:
    ours, theirs = (result[library]["gradients"]["uneven shards, mean"] for library in ("minigrad", "torch"))
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("world", [1, 2, 3, 5])
@pytest.mark.parametrize("cut", [even, uneven])
def test_the_shards_are_the_batch_cut_up(world: int, cut: Any) -> None:
    whole = job(Path(), world, batch_size=30)
    shards = [cut(whole, rank) for rank in range(world)]
    assert [row for shard in shards for row in range(30)[shard]] == list(range(30))
    assert sum(share(whole, shard) for shard in shards) == pytest.approx(1)
    sizes = {shard.stop - shard.start for shard in shards}
    assert len(sizes) == (1 if cut is even else world)


def test_what_should_be_equal_and_is_not_is_noticed_and_the_reverse_too(result: dict[str, Any]) -> None:
    assert verdict("even shards, mean", 1e-15) == "equal" and verdict("even shards, mean", 1e-3) is None
    assert verdict("uneven shards, mean", 0.3) == "apart" and verdict("uneven shards, mean", 1e-15) is None
    drifted = result["torch"] | {"training": result["torch"]["training"] | {"weights_apart": 1e-3}}
    assert as_expected(result["torch"]) and not as_expected(drifted)
    text = ddp.report(job(Path(), net="cnn"), {"minigrad": result["minigrad"], "torch": drifted}, False)
    assert text.count("UNEXPECTED") == 1 and "Something is not as it must be." in text


# How they end


def test_a_killed_worker_ends_the_run_with_a_clear_error(tmp_path: Path) -> None:
    workers = start(job(tmp_path, limit=4000, batch_size=2))
    began = time.monotonic()
    workers[1].process.send_signal(signal.SIGKILL)
    with pytest.raises(CannotRun, match="worker 1 of 2 was killed by SIGKILL; the others were stopped"):
        wait_for(workers, LIMIT)
    assert time.monotonic() - began < LIMIT / 2  # at once, and not when patience ends
    assert workers[0].process.returncode is not None


def test_a_worker_killed_in_the_middle_of_training_ends_the_run_too(tmp_path: Path) -> None:
    workers = start(job(tmp_path, limit=4000, batch_size=2))
    while not (tmp_path / "rendezvous").exists() and all(w.process.poll() is None for w in workers):
        time.sleep(0.05)
    time.sleep(1.0)  # they have met
    workers[0].process.send_signal(signal.SIGKILL)
    with pytest.raises(CannotRun, match="worker 0 of 2 was killed by SIGKILL"):
        wait_for(workers, LIMIT)
    assert all(worker.process.returncode is not None for worker in workers)


def test_workers_that_take_too_long_are_stopped(tmp_path: Path) -> None:
    workers = start(job(tmp_path))
    workers[1].process.send_signal(signal.SIGSTOP)  # alive, and silent
    with pytest.raises(CannotRun, match="no result after 0.5 s, so the workers were stopped; see --timeout"):
        wait_for(workers, 0.5)
    assert all(worker.process.returncode is not None for worker in workers)


def test_a_worker_that_fails_is_quoted(tmp_path: Path) -> None:
    workers = start(job(tmp_path, net="no such net"))
    with pytest.raises(CannotRun, match=r"(?s)worker \d of 2 failed with exit code 1.*no such net"):
        wait_for(workers, LIMIT)


@pytest.mark.parametrize(
    "arguments, said",
    [(["--world", "1"], "nobody"), (["--world", "3"], "evenly"), (["--world", "10", "--batch-size", "50"], "too small"),
     (["--limit", "10"], "--limit 10"), (["--limit", "5000"], "4,000")],
)  # fmt: skip
def test_shares_that_cannot_be_are_exit_code_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ddp", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("command", ["speed", "ddp"])
def test_help_is_there(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert "None" not in capsys.readouterr().out


# torchrun


@pytest.mark.parametrize("gpus, device", [(0, "cpu"), (1, "cpu"), (2, "cuda:1"), (4, "cuda:1")])
def test_each_process_has_a_gpu_of_its_own_or_none_has(gpus: int, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"RANK": 3, "WORLD_SIZE": 4, "LOCAL_RANK": 1, "LOCAL_WORLD_SIZE": 2}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.cuda, "set_device", lambda _: None)
    assert place() == (3, 4, torch.device(device))


def test_torchrun_trains_to_the_losses_of_one_process(tmp_path: Path) -> None:
    """45 digits in batches of 10: the last batch has five, and so uneven shares. LeNet has no dropout."""
    script = [
        "-m",
        "comparisons.ddp_torchrun",
        "--net",
        "lenet",
        "--limit",
        "45",
        "--batch-size",
        "10",
        "--epochs",
        "2",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *script],
        cwd=ROOT, capture_output=True, text=True, timeout=2 * LIMIT,
        env={"GLOO_SOCKET_IFNAME": "lo"} | os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "2 processes on cpu" in done.stdout
    losses = [float(loss) for loss in re.findall(r"loss (\S+)", done.stdout)]

    digits, recipe = load_digits(), RECIPES["lenet"]
    few = replace(digits, train_images=digits.train_images[:45], train_labels=digits.train_labels[:45])
    task = task_for(recipe, few, torch.device("cpu"), recipe.lr, batch_size=10, seed=0)
    with joined(0, 1, f"file://{tmp_path}/alone", torch.device("cpu"), LIMIT):
        model, alone = train(task, epochs=2, rank=0, world=1)
    assert losses == pytest.approx(alone, abs=2e-6)  # six digits are printed
    assert f"accuracy {accuracy(model, task):.2%}" in done.stdout
