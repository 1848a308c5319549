"""Every rule takes torch's steps, whatever the options: the same parameters, the same state."""

import tracemalloc
import warnings
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optim.twins import LIBRARIES, Twins, assert_same_values, every_optimizer, groups, in_both_libraries, leaf, options

import minigrad
import minigrad.optim
from minigrad.optim import blocks as blocks_module
from minigrad.tensor import wrap


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(data=st.data())
def test_twenty_steps_with_any_options_are_the_steps_of_torch(name: str, dtype: Any, data: st.DataObject) -> None:
    twins = Twins(name, dtype, data.draw(groups(name)), data.draw(options(name)), data.draw(st.integers(0, 2**32)))
    with mock.patch.object(blocks_module, "BLOCK_BYTES", data.draw(st.sampled_from([16, 2**17]))):
        twins.step(20)
    twins.assert_equal()


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
@pytest.mark.parametrize("betas", [(0.0, 0.0), (0.5, 0.5)])
def test_adam_with_little_memory_goes_by_the_sign_of_the_gradient(name: str, betas: tuple[float, float]) -> None:
    twins = Twins(name, np.float32, [([(2, 3), (4,)], {})], {"lr": 0.01, "betas": betas, "weight_decay": 0.0})
    twins.step(20)
    twins.assert_equal()


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_parameter_of_many_blocks_and_a_rest_moves_as_one(name: str, dtype: Any) -> None:
    twins = Twins(name, dtype, [([(331, 250)], {})], {"lr": 0.1, "weight_decay": 0.01})
    for _ in range(3):
        twins.set_gradients(present=1)
        for optimizer in twins.optimizers:
            optimizer.step()
    twins.assert_equal()


@every_optimizer
@pytest.mark.parametrize("shape", [(), (1,)])
def test_the_learning_rate_may_be_a_tensor_of_one_element(name: str, shape: tuple[int, ...]) -> None:
    twins = Twins(name, np.float64, [([(2, 3), (4,)], {})], {})
    for library, optimizer in zip(LIBRARIES, twins.optimizers, strict=True):
        optimizer.param_groups[0]["lr"] = library.full(shape, 0.05, dtype=library.float64)
    twins.step(5)
    for mine, theirs in twins.pairs:
        assert_same_values(mine, theirs)


@pytest.mark.parametrize(
    "name, chosen",
    [
        ("SGD", {"momentum": 0.853, "dampening": 0.137}),
        ("SGD", {"momentum": 0.853, "nesterov": True}),
        ("Adagrad", {"lr_decay": 0.137, "eps": 0.137}),
        ("RMSprop", {"alpha": 0.913, "eps": 0.137}),
        ("RMSprop", {"alpha": 0.913, "centered": True, "momentum": 0.853}),
        ("Adadelta", {"rho": 0.913, "eps": 0.137}),
        ("Adam", {"betas": (0.853, 0.913), "eps": 0.137}),
        ("AdamW", {"betas": (0.853, 0.913), "amsgrad": True}),
    ],
)
def test_a_number_of_numpys_acts_as_one_of_pythons_to_the_bit(name: str, chosen: dict[str, Any]) -> None:
    chosen = {"lr": 0.337, "weight_decay": 0.373, **chosen}
    results = []
    for kind in float, np.float64:  # NumPy computes with its own numbers in float64
        numbers = {key: kind(value) if isinstance(value, float) else value for key, value in chosen.items()}
        if "betas" in numbers:
            numbers["betas"] = tuple(map(kind, numbers["betas"]))
        twins = Twins(name, np.float32, [([(500,)], {})], numbers)
        for _ in range(3):
            twins.set_gradients(present=1)
            twins.optimizers[0].step()
        x = twins.pairs[0][0]
        results.append([x.tolist(), *[value.tolist() for value in twins.optimizers[0].state[x].values()]])
    assert results[0] == results[1]


@pytest.mark.parametrize(
    "name, chosen, spare",
    [
        ("SGD", {}, 2),
        ("SGD", {"momentum": 0.5, "nesterov": True}, 2),
        ("SGD", {"momentum": 0.5, "dampening": 0.5}, 2),
        ("Adagrad", {}, 3),
        ("RMSprop", {}, 3),
        ("RMSprop", {"centered": True, "momentum": 0.5}, 3),
        ("RMSprop", {"centered": True, "alpha": 0.25}, 3),
        ("Adadelta", {}, 3),
        ("Adam", {"amsgrad": True}, 3),
        ("AdamW", {}, 3),
    ],
)
@pytest.mark.parametrize(
    "signs", [{}, {"maximize": True}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "maximize": True}]
)
def test_a_step_takes_no_memory_but_the_spare_blocks(name: str, chosen: Any, spare: int, signs: Any) -> None:
    x = wrap(np.ones(500_000, np.float32)).requires_grad_()
    x.grad = wrap(np.ones(500_000, np.float32))
    optimizer = getattr(minigrad.optim, name)([x], **chosen, **signs)
    optimizer.step()  # makes the state
    tracemalloc.start()
    optimizer.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (spare + 0.5) * blocks_module.BLOCK_BYTES


@in_both_libraries
def test_sgd_alone_takes_a_rate_that_is_not_a_number(library: Any) -> None:
    assert "lr: nan" in repr(library.optim.SGD([leaf(library, 1.0)], lr=float("nan")))


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_betas_may_be_tensors(name: str) -> None:
    parameters = []
    for library in LIBRARIES:
        x = library.tensor([1.0, -2.0], dtype=library.float64, requires_grad=True)
        betas = tuple(library.tensor(beta, dtype=library.float64) for beta in (0.8, 0.99))
        optimizer = getattr(library.optim, name)([x], betas=betas)
        for step in range(5):
            x.grad = library.tensor([0.5, step - 2.0], dtype=library.float64)
            optimizer.step()
        parameters.append(x)
    assert_same_values(*parameters)


@pytest.mark.parametrize(
    "name, option",
    [
        ("SGD", "fused"),
        ("Adagrad", "fused"),
        ("RMSprop", "foreach"),
        ("Adadelta", "foreach"),
        ("Adam", "foreach"),
        ("AdamW", "fused"),
        ("AdamW", "foreach"),
    ],
)
def test_an_option_that_is_only_about_speed_is_kept_and_shown_and_changes_nothing(name: str, option: str) -> None:
    twins = Twins(name, np.float32, [([(7,)], {})], {option: True})  # (torch's fused code takes arrays as contiguous)
    assert f"{option}: True" in repr(twins.optimizers[0])
    twins.step(5)
    twins.assert_equal()


@every_optimizer
@in_both_libraries
def test_a_changed_learning_rate_takes_effect_at_the_next_step(library: Any, name: str) -> None:
    x = leaf(library, 1.0)
    optimizer = getattr(library.optim, name)([x], lr=0.1)
    optimizer.param_groups[0]["lr"] = 0.0
    x.grad = library.ones(1)
    optimizer.step()
    assert x.tolist() == [1.0]


@pytest.mark.parametrize(
    "name, later",
    [
        ("SGD", {"momentum": 0.9}),
        ("SGD", {"momentum": 0.9, "nesterov": True}),
        ("Adagrad", {"lr_decay": 0.5, "initial_accumulator_value": 9.0}),
        ("RMSprop", {"alpha": 0.9}),
        ("Adadelta", {"rho": 0.5}),
        ("AdamW", {"weight_decay": 0}),
    ],
)
def test_an_option_that_is_changed_between_steps_acts_as_in_torch(name: str, later: dict[str, Any]) -> None:
    twins = Twins(name, np.float32, [([(2, 3), (5,)], {})], {"lr": 0.1})
    twins.step(3)
    for optimizer in twins.optimizers:
        optimizer.param_groups[0].update(later)
    twins.step(3)
    twins.assert_equal()


@every_optimizer
def test_infinite_and_undefined_numbers_pass_through_without_a_warning(name: str) -> None:
    results = []
    for library in LIBRARIES:
        x = leaf(library, 1.0, 2.0, 3.0, 4.0)
        options: dict[str, Any] = {} if name == "SGD" else {"eps": 0.0}  # then 0 / 0 at a zero gradient
        optimizer = getattr(library.optim, name)([x], **options)
        x.grad = library.tensor([0.0, float("inf"), float("nan"), 1e30])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            optimizer.step()
        results.append(x)
    assert_same_values(*results)


@in_both_libraries
def test_a_parameter_without_gradient_stays_and_gets_no_state(library: Any) -> None:
    x, y = leaf(library, 1.0), leaf(library, 1.0)
    optimizer = library.optim.SGD([x, y], lr=0.5, momentum=0.9, weight_decay=0.5)
    x.grad = library.ones(1)
    optimizer.step()
    assert (x.tolist(), y.tolist()) == ([0.25], [1.0])
    assert list(optimizer.state) == [x]


@in_both_libraries
def test_adagrad_has_its_state_before_the_first_step_but_not_for_an_added_group(library: Any) -> None:
    x, y = leaf(library, 1.0, 2.0), leaf(library, 3.0)
    optimizer = library.optim.Adagrad([x], initial_accumulator_value=0.5)
    optimizer.add_param_group({"params": [y], "initial_accumulator_value": 9.0})
    assert {key: value.tolist() for key, value in optimizer.state[x].items()} == {"step": 0.0, "sum": [0.5, 0.5]}
    assert y not in optimizer.state
    y.grad = library.ones(1)
    optimizer.step()
    assert {key: value.tolist() for key, value in optimizer.state[y].items()} == {"step": 1.0, "sum": [1.5]}
    assert optimizer.state[x]["step"].item() == 0.0


@every_optimizer
def test_the_gradient_is_not_written_to(name: str) -> None:
    for chosen in ({}, {"weight_decay": 0.1}, {"maximize": True}, {"weight_decay": 0.1, "maximize": True}):
        x = leaf(minigrad, 1.0, 2.0)
        x.grad = minigrad.tensor([0.5, -0.25])
        optimizer = getattr(minigrad.optim, name)([x], **chosen)
        for _ in range(3):
            optimizer.step()
        assert x.grad.tolist() == [0.5, -0.25]
        assert not any(np.shares_memory(x.grad.array, value.array) for value in optimizer.state[x].values())


@every_optimizer
@in_both_libraries
def test_a_step_leaves_a_leaf_a_leaf_and_counts_as_a_write(library: Any, name: str) -> None:
    x = leaf(library, 1.0, 2.0)
    optimizer = getattr(library.optim, name)([x], lr=0.1)
    loss = (x * x).sum()
    x.grad = library.ones(2)
    before = x._version
    optimizer.step()
    assert x._version > before and x.is_leaf and x.requires_grad
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@every_optimizer
@in_both_libraries
def test_a_step_writes_through_to_every_view_of_the_parameter(library: Any, name: str) -> None:
    x = leaf(library, 1.0, 2.0)
    view = x.detach().view(2, 1)
    x.grad = library.ones(2)
    getattr(library.optim, name)([x], lr=0.1).step()
    assert view.view(2).tolist() == x.tolist() != [1.0, 2.0]
