"""What all optimizers have in common: closures, groups, text and state dicts are torch's."""

import copy
import inspect
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from optim.twins import (
    LIBRARIES,
    Twins,
    assert_same_values,
    every_optimizer,
    groups,
    in_both_libraries,
    leaf,
    options,
    to_torch,
)

import minigrad
import minigrad.optim

# -- Closures and zero_grad


@every_optimizer
@in_both_libraries
def test_step_runs_the_closure_with_grad_enabled_and_returns_its_loss(library: Any, name: str) -> None:
    x = leaf(library, 3.0)
    optimizer = getattr(library.optim, name)([x], lr=0.5)
    seen = []

    def closure() -> Any:
        seen.append(library.is_grad_enabled())
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    with library.no_grad():
        loss = optimizer.step(closure)
        assert not library.is_grad_enabled()
    assert seen == [True]
    assert loss.item() == 9.0 and x.grad.tolist() == [6.0] and x.item() < 3.0
    assert optimizer.step() is None


@in_both_libraries
def test_zero_grad_sets_none_or_fills_with_zeros(library: Any) -> None:
    x, y = leaf(library, 1.0, 2.0), leaf(library, 3.0)
    optimizer = library.optim.SGD([x, y])
    x.grad = grad = library.ones(2)
    before = grad._version
    optimizer.zero_grad(set_to_none=False)
    assert x.grad is grad and grad.tolist() == [0.0, 0.0] and grad._version > before and y.grad is None
    optimizer.zero_grad()
    assert x.grad is None and y.grad is None


@in_both_libraries
def test_zero_grad_forgets_the_history_of_a_gradient_that_has_one(library: Any) -> None:
    x = leaf(library, 3.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of the cycle between x and its gradient
        (x * x * x).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    library.optim.SGD([x]).zero_grad(set_to_none=False)
    assert x.grad.tolist() == [0.0] and not x.grad.requires_grad


# -- Groups


@every_optimizer
def test_the_signature_is_that_of_torch(name: str) -> None:
    mine, theirs = (inspect.signature(getattr(library.optim, name)).parameters.values() for library in LIBRARIES)
    assert [(p.name, p.kind, p.default) for p in mine] == [(p.name, p.kind, p.default) for p in theirs]


@every_optimizer
@in_both_libraries
def test_groups_are_the_given_dicts_filled_in_with_the_defaults(library: Any, name: str) -> None:
    x, y = leaf(library, 1.0), leaf(library, 2.0)
    first: dict[str, Any] = {"params": x, "lr": 0.5}
    second: dict[str, Any] = {"params": iter([y])}
    optimizer = getattr(library.optim, name)([first, second], lr=0.25)
    assert optimizer.param_groups[0] is first and optimizer.param_groups[1] is second
    assert first["params"] == [x] and second["params"] == [y]
    assert (first["lr"], second["lr"], optimizer.defaults["lr"]) == (0.5, 0.25, 0.25)


@every_optimizer
def test_the_text_and_the_defaults_are_those_of_torch(name: str) -> None:
    texts, defaults, packed = [], [], []
    for library in LIBRARIES:
        x, y, z = (leaf(library, number) for number in (1.0, 2.0, 3.0))
        optimizer = getattr(library.optim, name)([("x", x), ("y", y)], lr=1)
        optimizer.add_param_group({"params": [("z", z)], "lr": 0.5, "note": "mine"})
        texts.append(repr(optimizer))
        defaults.append(list(optimizer.defaults.items()))
        packed.append(optimizer.state_dict())
    assert texts[0] == texts[1]
    assert defaults[0] == defaults[1]
    assert_same_values(*packed)


@in_both_libraries
def test_an_added_group_moves_too_with_its_own_options(library: Any) -> None:
    x, y = leaf(library, 1.0), leaf(library, 1.0)
    optimizer = library.optim.SGD([x], lr=0.25)
    group = {"params": y, "lr": 0.5}
    optimizer.add_param_group(group)
    assert optimizer.param_groups[1] is group
    x.grad, y.grad = library.ones(1), library.ones(1)
    optimizer.step()
    assert (x.item(), y.item()) == (0.75, 0.5)


@in_both_libraries
def test_a_parameter_that_is_twice_in_a_group_is_warned_of(library: Any) -> None:
    x = leaf(library, 1.0)
    with pytest.warns(
        UserWarning,
        match="^optimizer contains a parameter group with duplicate parameters; in future, this will cause an error",
    ):
        library.optim.SGD([x, x])


def test_a_set_of_parameters_is_warned_of() -> None:
    warning = [int(part) for part in torch.__version__.split(".")[:2]] >= [2, 15]  # earlier releases say nothing
    for library in LIBRARIES if warning else LIBRARIES[:1]:
        with pytest.warns(FutureWarning, match="need to be organized in ordered collections"):
            library.optim.SGD({leaf(library, 1.0)})


# -- Hooks


def log_of(program: Callable[[Any, list[Any]], None]) -> list[list[Any]]:
    """What the program writes into its log in minigrad, and in torch."""
    logs: list[list[Any]] = [[], []]
    for library, log in zip(LIBRARIES, logs, strict=True):
        program(library, log)
    return logs


@every_optimizer
def test_hooks_are_called_before_and_after_a_step_with_what_it_is_called_with(name: str) -> None:
    def program(library: Any, log: list[Any]) -> None:
        x = leaf(library, 1.0)
        optimizer = getattr(library.optim, name)([x], lr=0.5)

        def hook(word: str) -> Callable[..., None]:
            def note(hooked: Any, args: Any, kwargs: Any) -> None:
                log.append((word, hooked is optimizer, args[0] is optimizer, len(args), list(kwargs), x.item() == 1.0))

            return note

        optimizer.register_step_post_hook(hook("after"))
        first = optimizer.register_step_pre_hook(hook("before"))
        optimizer.register_step_pre_hook(hook("before, too"))
        x.grad = library.ones(1)
        log.append(optimizer.step())
        log.append(optimizer.step(lambda: "loss"))
        first.remove()
        with optimizer.register_step_post_hook(hook("for a while")):
            log.append(optimizer.step(closure=lambda: "loss"))
        log.append(optimizer.step())

    mine, theirs = log_of(program)
    assert mine == theirs
    assert [entry if isinstance(entry, str) or entry is None else entry[0] for entry in mine] == [
        *["before", "before, too", "after", None],
        *["before", "before, too", "after", "loss"],
        *["before, too", "after", "for a while", "loss"],
        *["before, too", "after", None],
    ]


def test_a_pre_hook_may_change_the_arguments() -> None:
    def program(library: Any, log: list[Any]) -> None:
        optimizer = library.optim.SGD([leaf(library, 1.0)])
        optimizer.register_step_pre_hook(lambda optimizer, args, kwargs: (args, {"closure": lambda: "changed"}))
        optimizer.register_step_pre_hook(lambda optimizer, args, kwargs: log.append(list(kwargs)))
        optimizer.register_step_post_hook(lambda optimizer, args, kwargs: log.append(list(kwargs)) or 5)
        log.append(optimizer.step())

    mine, theirs = log_of(program)
    assert mine == theirs == [["closure"], ["closure"], "changed"]


@in_both_libraries
@pytest.mark.parametrize("returned", [5, (1, 2, 3), [(), {}]])
def test_a_pre_hook_that_returns_neither_none_nor_a_pair_is_refused_before_the_step(
    library: Any, returned: Any
) -> None:
    x = leaf(library, 1.0)
    optimizer = library.optim.SGD([x], lr=1.0)
    optimizer.register_step_pre_hook(lambda *_: returned)
    x.grad = library.ones(1)
    message = r"<function .*step at .*> must return None or a tuple of \(new_args, new_kwargs\), but got "
    with pytest.raises(RuntimeError, match=message + re.escape(f"{returned}.") + "$"):
        optimizer.step()
    assert x.item() == 1.0


@in_both_libraries
def test_hooks_are_called_around_the_step_of_a_subclass_or_of_a_class_mixed_in(library: Any) -> None:
    class Alone(library.optim.Optimizer):
        def step(self, closure: Any = None) -> str:
            """A step of its own."""
            return "alone"

    class Mixin:
        def step(self, closure: Any = None) -> str:
            return "mixed in"

    class Mixed(Mixin, library.optim.SGD):
        pass

    for kind in Alone, Mixed:
        calls: list[str] = []
        optimizer = kind([leaf(library, 1.0)], {"lr": 0.1}) if kind is Alone else kind([leaf(library, 1.0)])
        optimizer.register_step_pre_hook(lambda *_, calls=calls: calls.append("before"))
        optimizer.register_step_post_hook(lambda *_, calls=calls: calls.append("after"))
        assert optimizer.step() in ("alone", "mixed in") and calls == ["before", "after"]
    assert Alone.step.__doc__ == "A step of its own." and Alone.step.__name__ == "step"


def test_a_hook_may_take_itself_away() -> None:  # in torch that is an error: the dict changes while it is walked
    optimizer = minigrad.optim.SGD([leaf(minigrad, 1.0)])
    calls: list[str] = []

    def once(word: str) -> Callable[..., None]:
        return lambda *_: (calls.append(word), handles[word].remove())[1]

    handles = {
        "before": optimizer.register_step_pre_hook(once("before")),
        "after": optimizer.register_step_post_hook(once("after")),
    }
    optimizer.step()
    optimizer.step()
    assert calls == ["before", "after"]


def test_hooks_are_called_once_when_a_step_goes_on_to_that_of_its_base_class() -> None:  # torch: once for each class
    class Twice(minigrad.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            super().step()
            return super().step(closure)

    x = leaf(minigrad, 1.0)
    x.grad = minigrad.ones(1)
    optimizer, calls = Twice([x], lr=0.25), []
    optimizer.register_step_pre_hook(lambda *_: calls.append("before"))
    optimizer.register_step_post_hook(lambda *_: calls.append("after"))
    assert optimizer.step(lambda: "loss") == "loss"
    assert calls == ["before", "after"] and x.item() == 0.5


# -- State dicts


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@settings(max_examples=10)
@given(data=st.data())
def test_twenty_steps_in_one_library_and_twenty_in_the_other_are_forty(
    name: str, dtype: Any, data: st.DataObject
) -> None:
    layout, drawn = data.draw(groups(name)), data.draw(options(name))
    stay, move = Twins(name, dtype, layout, drawn), Twins(name, dtype, layout, {})  # the options travel with the state
    stay.step(20)
    mine, theirs = stay.optimizers
    move.optimizers[0].load_state_dict(theirs.state_dict())
    move.optimizers[1].load_state_dict(to_torch(mine.state_dict()))
    for (x, y), (new_x, new_y) in zip(stay.pairs, move.pairs, strict=True):
        new_x.array[...] = y.detach().numpy()
        new_y.data.copy_(torch.tensor(x.array))
    move.random = copy.deepcopy(stay.random)
    stay.step(20)
    move.step(20)
    stay.assert_equal()
    move.assert_equal()
    for (x, y), (new_x, new_y) in zip(stay.pairs, move.pairs, strict=True):
        assert_same_values(x, new_y)
        assert_same_values(new_x, y)


MORE_STATE: dict[str, dict[str, Any]] = {  # options with which there is more to remember
    "SGD": {"momentum": 1},
    "RMSprop": {"centered": 1},
    "Adam": {"amsgrad": 1},
    "AdamW": {"amsgrad": 1},
}


@every_optimizer
def test_a_copy_of_a_state_continues_as_if_nothing_had_happened(name: str) -> None:
    options = MORE_STATE.get(name, {})
    x, y = leaf(minigrad, 1.0, 2.0), leaf(minigrad, 1.0, 2.0)
    first = getattr(minigrad.optim, name)([x], **options)
    for step in range(6):
        if step == 3:
            second = getattr(minigrad.optim, name)([y])
            second.load_state_dict(copy.deepcopy(first.state_dict()))
            y.array[...] = x.array
        x.grad = y.grad = minigrad.tensor([1.0 + step, -2.0])
        first.step()
        if step >= 3:
            second.step()
    assert x.tolist() == y.tolist()
    assert second.state_dict()["param_groups"] == first.state_dict()["param_groups"]
    for key, value in first.state[x].items():
        assert value.tolist() == second.state[y][key].tolist()


@every_optimizer
def test_a_loaded_state_is_shared_by_both_optimizers(name: str) -> None:
    states = []
    for library in LIBRARIES:
        x, y = leaf(library, 1.0, 2.0), leaf(library, 1.0, 2.0)
        first, second = (getattr(library.optim, name)([p], **MORE_STATE.get(name, {})) for p in (x, y))
        x.grad = library.tensor([1.0, -2.0])
        first.step()
        second.load_state_dict(first.state_dict())
        first.step()
        assert all(value is second.state[y][key] for key, value in first.state[x].items())
        states.append({key: value.tolist() for key, value in second.state[y].items()})
    assert states[0].keys() == states[1].keys()
    for key, value in states[0].items():
        assert value == pytest.approx(states[1][key], rel=1e-6), key


@every_optimizer
def test_an_option_that_a_state_lacks_is_filled_in_or_missed_at_the_next_step_as_in_torch(name: str) -> None:
    for option in getattr(minigrad.optim, name)([leaf(minigrad, 1.0)]).defaults:
        outcomes = []
        for library in LIBRARIES:
            x = leaf(library, 1.0)
            x.grad = library.ones(1)
            optimizer = getattr(library.optim, name)([x], **MORE_STATE.get(name, {}))
            optimizer.step()
            saved = optimizer.state_dict()
            del saved["param_groups"][0][option]
            optimizer.load_state_dict(saved)
            try:
                optimizer.step()
                error = ""
            except KeyError as missed:
                error = repr(missed)
            outcomes.append((optimizer.param_groups[0].get(option, "missing"), error))
        assert outcomes[0] == outcomes[1], option


@every_optimizer
def test_a_loaded_state_takes_the_dtype_of_the_parameter_except_for_the_step(name: str) -> None:
    dtypes = []
    for library in LIBRARIES:
        x, y = leaf(library, 1.0), library.tensor([1.0], dtype=library.float64, requires_grad=True)
        options = {"momentum": 0.5} if name == "SGD" else {}
        old, new = (getattr(library.optim, name)([p], **options) for p in (x, y))
        x.grad = library.ones(1)
        old.step()
        new.load_state_dict(old.state_dict())
        dtypes.append({key: str(value.dtype) for key, value in new.state[y].items()})
    assert dtypes[0] == dtypes[1]


@in_both_libraries
def test_a_step_count_that_was_saved_as_a_number_is_loaded_as_a_tensor(library: Any) -> None:
    x = leaf(library, 1.0)
    optimizer = library.optim.Adam([x])
    saved = optimizer.state_dict()
    saved["state"] = {0: {"step": 7, "exp_avg": library.ones(1), "exp_avg_sq": library.ones(1)}, "note": "kept"}
    optimizer.load_state_dict(saved)
    assert optimizer.state[x]["step"].item() == 7.0 and optimizer.state[x]["step"].dtype == library.float32
    assert optimizer.state_dict()["state"]["note"] == "kept"


@in_both_libraries
def test_a_state_may_hold_more_than_arrays_and_is_copied(library: Any) -> None:
    x = leaf(library, 1.0)
    optimizer = library.optim.SGD([x])
    saved = optimizer.state_dict()
    saved["state"] = {0: {"trust": 0.5, "count": 3, "history": [1, 2], "note": None}}
    optimizer.load_state_dict(saved)
    assert optimizer.state[x] == saved["state"][0] and type(optimizer.state[x]["count"]) is int
    assert optimizer.state[x]["history"] is not saved["state"][0]["history"]


@in_both_libraries
def test_a_loaded_rate_that_is_a_tensor_is_a_copy(library: Any) -> None:
    old, new = (library.optim.SGD([leaf(library, 1.0)], lr=library.tensor(rate)) for rate in (0.5, 0.25))
    new.load_state_dict(old.state_dict())
    old.param_groups[0]["lr"].fill_(0.125)
    assert new.param_groups[0]["lr"].item() == 0.5


def test_an_optimizer_without_update_is_told_what_it_lacks() -> None:
    x = leaf(minigrad, 1.0)
    x.grad = minigrad.ones(1)
    with pytest.raises(NotImplementedError, match=r"Optimizer must say in update\(\) how a parameter moves"):
        minigrad.optim.Optimizer([x], {}).step()


@in_both_libraries
def test_adamw_decouples_the_decay_also_after_loading_what_adam_saved(library: Any) -> None:
    x = leaf(library, 1.0)
    optimizer = library.optim.AdamW([x])
    optimizer.load_state_dict(library.optim.Adam([x]).state_dict())
    assert optimizer.param_groups[0]["decoupled_weight_decay"] is True


@in_both_libraries
def test_names_survive_loading_a_state_without_names(library: Any) -> None:
    optimizer = library.optim.SGD([("x", leaf(library, 1.0))])
    optimizer.load_state_dict(library.optim.SGD([leaf(library, 1.0)]).state_dict())
    assert optimizer.param_groups[0]["param_names"] == ["x"]
