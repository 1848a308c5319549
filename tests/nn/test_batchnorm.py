"""Batch normalization's memory: what it notes of the batches, what it computes with afterwards, what its state is."""

from typing import Any

import numpy as np
import pytest
from parity import LIBRARIES, assert_close, assert_parity, assert_same_error

import minigrad

BATCHES = np.random.default_rng(0).standard_normal((3, 4, 2, 3, 5)).astype(np.float32) * 3 + 1


def after_batches(lib: Any, **options: Any) -> Any:
    """A layer that has seen three batches."""
    layer = lib.nn.BatchNorm2d(2, **options)
    for batch in BATCHES:
        layer(lib.from_numpy(batch))
    return layer


OPTIONS: list[Any] = [{}, {"momentum": None}, {"momentum": 0.0}, {"affine": False}, {"eps": 0.1}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_running_statistics_are_torchs(options: Any) -> None:
    states = [after_batches(lib, **options).state_dict() for lib in LIBRARIES]
    assert list(states[0]) == list(states[1])
    for name in states[0]:
        mine, other = (state[name].numpy() for state in states)
        assert mine.dtype == other.dtype and mine.shape == other.shape
        assert_close(mine, other, name, scale=10)


def test_the_mean_over_all_batches_is_what_no_momentum_means() -> None:
    layer = after_batches(minigrad, momentum=None)
    assert_close(layer.running_mean.numpy(), BATCHES.mean((0, 1, 3, 4)), "the mean", scale=10)
    assert int(layer.num_batches_tracked) == 3


def test_evaluation_computes_with_the_running_statistics_and_leaves_them() -> None:
    layer = after_batches(minigrad).eval()
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    x = minigrad.from_numpy(BATCHES[0])
    mean, var = (layer.state_dict()[f"running_{name}"].numpy().reshape(-1, 1, 1) for name in ("mean", "var"))
    assert_close(layer(x).detach().numpy(), (BATCHES[0] - mean) / np.sqrt(var + 1e-5), "the output", scale=100)
    assert all(minigrad.equal(before[name], value) for name, value in layer.state_dict().items())


def test_a_normalized_channel_has_mean_0_and_variance_1() -> None:
    y = minigrad.nn.BatchNorm2d(2, eps=0.0, dtype=minigrad.float64)(minigrad.from_numpy(BATCHES[0]).double())
    assert_close(y.mean((0, 2, 3)).detach().numpy(), np.zeros(2), "the mean", scale=10)
    assert_close(y.var((0, 2, 3), correction=0).detach().numpy(), np.ones(2), "the variance", scale=10)


def test_an_older_graph_may_be_walked_after_the_statistics_have_moved() -> None:
    def program(lib: Any, x: Any) -> Any:
        layer = lib.nn.BatchNorm2d(2, dtype=lib.float64)
        first, second = layer(x), layer(x * 2)
        return first**2 + second

    assert_parity(program, BATCHES[0].astype(np.float64), scale=100)


def test_a_state_goes_from_one_layer_to_another_and_across() -> None:
    state = after_batches(minigrad).state_dict()
    other = minigrad.nn.BatchNorm2d(2)
    assert str(other.load_state_dict(state)) == "<All keys matched successfully>"
    assert int(other.num_batches_tracked) == 3 and minigrad.equal(other.running_var, state["running_var"])
    other.reset_running_stats()
    assert other.running_var.tolist() == [1, 1] and int(other.num_batches_tracked) == 0


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("learned", [True, False])
def test_the_second_derivatives_are_torchs(training: bool, learned: bool) -> None:
    def program(lib: Any, x: Any, w: Any, b: Any) -> Any:
        running = (lib.zeros(2, dtype=lib.float64), lib.ones(2, dtype=lib.float64) * 2)
        y = lib.nn.functional.batch_norm(x, *running, *((w, b) if learned else ()), training=training)
        inputs = [x, w, b] if learned else [x]
        grads = lib.autograd.grad((y**3).sum(), inputs, create_graph=True)
        return lib.autograd.grad(sum((g**2).sum() for g in grads), inputs, allow_unused=True, materialize_grads=True)

    random = np.random.default_rng(1)
    arrays = (random.standard_normal((4, 2, 3)), random.standard_normal(2), random.standard_normal(2))
    assert_parity(program, *arrays, requires_grad=(True, learned, learned), backward=False, scale=1e6)


@pytest.mark.parametrize("change", ["a plain dict", "of version 1", "of version 2", "to assign"])
def test_a_state_of_the_time_before_batches_were_counted_leaves_their_number(change: str) -> None:
    outcomes = []
    for lib in LIBRARIES:
        net = lib.nn.Sequential(after_batches(lib))
        state = lib.nn.Sequential(type(net[0])(net[0].num_features)).state_dict()
        del state["0.num_batches_tracked"]
        if change == "of version 1":
            state._metadata["0"]["version"] = 1
        elif change != "of version 2":
            state = dict(state)
        result = net.load_state_dict(state, strict=False, assign=change == "to assign")
        outcomes.append((tuple(result), net[0].num_batches_tracked.item(), net[0].running_mean.sum().item()))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] == ((["0.num_batches_tracked"], []) if change == "of version 2" else ([], []))


def test_an_empty_batch_changes_nothing() -> None:
    layer = minigrad.nn.BatchNorm1d(2)
    assert layer(minigrad.ones(0, 2)).shape == (0, 2)
    assert layer.running_mean.tolist() == [0, 0] and layer.running_var.tolist() == [1, 1]


def test_statistics_that_require_grad_are_fine_where_nothing_is_recorded() -> None:
    def program(lib: Any) -> Any:
        layer = lib.nn.BatchNorm1d(2).eval()
        layer.running_mean.requires_grad_()
        with lib.no_grad():
            return layer(lib.arange(4.0).view(2, 2)).tolist()

    assert_close(np.array(program(minigrad)), np.array(program(LIBRARIES[1])), "the output")


def test_the_output_lies_row_by_row() -> None:
    def program(lib: Any, x: Any) -> Any:
        return lib.nn.functional.batch_norm(x.t(), None, None, training=True).view(-1)

    assert_parity(program, np.array([[1.0, 2.0], [4.0, 3.0]]), scale=100)


@pytest.mark.parametrize(
    "use",
    [
        lambda lib, F: F.batch_norm(lib.ones(2, 2), lib.zeros(2), None),
        lambda lib, F: F.batch_norm(lib.ones(2, 2), lib.zeros(2).double(), lib.ones(2).double()),
        lambda lib, F: F.batch_norm(lib.ones(2, 2), lib.zeros(2, 1), lib.ones(2, 1), training=True),
        lambda lib, F: F.batch_norm(lib.ones(3), None, None, training=True),
    ],
)
def test_what_does_not_fit_raises_torchs_error(use: Any) -> None:
    assert_same_error(lambda lib: use(lib, lib.nn.functional), words=5)
