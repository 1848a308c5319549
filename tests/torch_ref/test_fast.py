"""The fast training: each way is the tutorial's step, and what a machine lacks is said."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

import torch_ref.models
from comparisons.digits import load_digits
from comparisons.fast import task_for
from comparisons.libraries import equal_threads
from comparisons.settings import RECIPES
from torch_ref import fast
from torch_ref.device import full_precision, use_tf32
from torch_ref.fast import Epoch, Run, Task, Trainer, Unavailable, train

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")

# The optimizer is one kernel here and several there, which round otherwise in float32, and Adam divides by the size of
# the gradient: where that is nearly nothing, so much as a hundredth of a step (0.001) may be rounding.
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Little work, on a machine where other tests may run: threads would wait for each other."""
    with equal_threads(1):
        yield


def task(net: str = "lenet", digits: int = 64, batch_size: int = 20, device: str = "cpu", seed: int = 3) -> Task:
    """A small task: 64 digits make three batches of 20, and four digits wait."""
    everything, recipe = load_digits(), RECIPES[net]
    few = replace(
        everything,
        train_images=everything.train_images[:digits],
        train_labels=everything.train_labels[:digits],
        test_images=everything.test_images[:100],
        test_labels=everything.test_labels[:100],
    )
    return task_for(recipe, few, torch.device(device), recipe.lr, batch_size, seed)


def tutorial_loop(task: Task, epochs: int) -> tuple[torch.nn.Module, list[float]]:
    """What the fast step must equal: the tutorial's loop, by the book, over the same orders."""
    torch.manual_seed(task.seed)
    model = task.network()
    optimizer = getattr(torch.optim, task.optimizer)(model.parameters(), lr=task.lr)
    torch.manual_seed(task.seed)
    losses = []
    for _ in range(epochs):
        batches = torch.randperm(len(task.images)).split(task.batch_size)
        whole = [batch for batch in batches if len(batch) == task.batch_size]
        total = 0.0
        for batch in whole:
            optimizer.zero_grad()
            loss = task.criterion(model(task.images[batch]), task.targets[batch])
            loss.backward()
            optimizer.step()
            total += loss.item()
        losses.append(total / len(whole))
    return model, losses


@pytest.mark.parametrize("net", ["lenet", "cnn"])
def test_the_plain_way_is_the_tutorials_loop_and_warming_up_leaves_no_trace(net: str) -> None:
    small = task(net)
    trainer = Trainer(small)
    step = fast.plain(trainer)
    epochs = [fast.train_epoch(trainer, step) for _ in range(2)]
    model, losses = tutorial_loop(small, epochs=2)
    assert [epoch.loss for epoch in epochs] == pytest.approx(losses, rel=CLOSE["rtol"])
    for ours, wanted in zip(trainer.model.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(ours, wanted, **CLOSE)


def test_digits_that_fill_no_batch_wait_for_another_epoch() -> None:
    assert Trainer(task(digits=64, batch_size=20)).steps == 3


def test_accuracy_is_the_share_of_right_answers_and_training_goes_on_in_training_mode() -> None:
    trainer = Trainer(task("cnn"))
    with torch.no_grad():
        answers = trainer.model.eval()(trainer.task.test_images).argmax(1)
    assert trainer.accuracy() == (answers == trainer.task.test_labels).double().mean().item()
    assert trainer.model.training


def test_seconds_to_an_accuracy_are_those_of_the_epochs_until_then() -> None:
    run = Run(preparation=9.0, epochs=[Epoch(1.0, 0.5, 0.95), Epoch(2.0, 0.4, 0.992), Epoch(4.0, 0.3, 0.98)])
    assert (run.seconds_to(0.99), run.seconds_to(0.95), run.seconds_to(0.999)) == (3.0, 1.0, None)
    assert run.seconds == 7.0


def test_the_compiled_way_computes_what_the_plain_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    compile, asked = torch.compile, []

    def without_a_compiler(function):  # traced as always, but run as it is: C++ takes half a minute
        asked.append(function)
        return compile(function, backend="eager")

    monkeypatch.setattr(torch, "compile", without_a_compiler)
    plain, compiled = (train(task(), way, epochs=1) for way in ("plain", "compile"))
    assert len(asked) == 1
    assert compiled.epochs[0].loss == pytest.approx(plain.epochs[0].loss, rel=CLOSE["rtol"])


def test_a_compiler_that_does_not_work_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(function):
        def call(*arguments):
            raise RuntimeError("No working C++ compiler found\nand a page of more")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    with pytest.raises(Unavailable, match="^torch.compile does not work here: RuntimeError: No working C.. compiler"):
        train(task(), "compile", epochs=1)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_graph_without_a_gpu_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="a CUDA graph needs a GPU"):
        train(task(), "graph", epochs=1)


def test_tf32_is_on_during_the_run_that_asks_for_it_and_off_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setitem(fast.WAYS, "look", lambda _: seen.append(torch.backends.cuda.matmul.allow_tf32) or 1 / 0)
    for tf32 in (True, False):
        with pytest.raises(ZeroDivisionError):
            train(task(), "look", epochs=1, tf32=tf32)
        assert (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) == (False, False)
    assert seen == [True, False]


def test_full_precision_turns_tf32_off() -> None:
    use_tf32(True)
    full_precision()
    assert (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) == (False, False)


@pytest.mark.gpu
@needs_gpu
@pytest.mark.parametrize("net", ["lenet", "cnn"])
def test_a_replayed_graph_trains_as_the_plain_way_does(net: str) -> None:
    small = task(net, digits=640, device="cuda")
    if net == "cnn":  # without dropout: a replayed graph draws other masks
        small = replace(small, network=lambda: without_dropout(torch_ref.models.CNN()))
    plain, graph = (train(small, way, epochs=2) for way in ("plain", "graph"))
    for ours, wanted in zip(graph.epochs, plain.epochs, strict=True):
        assert ours.loss == pytest.approx(wanted.loss, rel=1e-3)  # atomics add up in any order, and Adam magnifies it


def without_dropout(model: torch_ref.models.CNN) -> torch_ref.models.CNN:
    model.dropout = torch.nn.Identity()  # type: ignore[assignment]
    return model


@pytest.mark.gpu
@needs_gpu
def test_the_graph_reaches_99_percent_of_a_gpus_training_set() -> None:
    small = task("cnn", digits=4000, batch_size=50, device="cuda")
    run = train(replace(small, test_images=small.images, test_labels=small.targets), "graph", epochs=8)
    assert run.seconds_to(0.99) is not None
