"""Every optimizer takes torch's steps: the same parameters, state, text and errors, whatever the options."""

import copy
import inspect
import warnings
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad
import minigrad.optim
from minigrad.optim import blocks as blocks_module
from minigrad.tensor import Tensor, wrap

# Torch multiplies and adds with one rounding, NumPy with two: half a unit in the last place of the larger summand for
# each operation, and 20 steps of about ten operations add up: 10 units at most in 8,000 runs. The unit is ε times the
# largest number in the array, because a small sum of large summands has their error.
TOLERANCE = {np.dtype(d): 50 * float(np.finfo(d).eps) for d in (np.float32, np.float64)}

NAMES = ["SGD", "Adam", "AdamW", "RMSprop"]
every_optimizer = pytest.mark.parametrize("name", NAMES)
LIBRARIES: list[Any] = [minigrad, torch]
in_both_libraries = pytest.mark.parametrize("library", LIBRARIES, ids=["minigrad", "torch"])


# -- What hypothesis draws

rates = st.sampled_from([0.0, 1e-3, 0.01, 0.1])
fractions = st.sampled_from([0.0, 0.3, 0.5, 0.9])
flags = st.booleans()
COMMON = {"lr": rates, "weight_decay": st.sampled_from([0, 0.01, 0.3]), "maximize": flags}
ADAM = COMMON | {
    # Not a v without memory: a step is then ±lr by the sign of g alone, and where weight decay has brought g near zero,
    # rounding decides the sign. (That case has a test of its own, without weight decay.)
    "betas": st.sampled_from([(0.9, 0.999), (0.9, 0.9), (0.3, 0.9), (0.0, 0.999)]),
    "eps": st.sampled_from([1e-8, 1e-3]),
    "amsgrad": flags,
}
OPTIONS: dict[str, dict[str, Any]] = {
    "SGD": COMMON | {"momentum": fractions, "dampening": fractions, "nesterov": flags},
    "Adam": ADAM | {"decoupled_weight_decay": flags},
    "AdamW": ADAM,
    # Not a small alpha: centered, it divides by the root of g² − g², which is nothing but the rounding error.
    "RMSprop": COMMON
    | {"alpha": st.sampled_from([0.9, 0.95, 0.99]), "eps": ADAM["eps"], "momentum": fractions, "centered": flags},
}
shapes = st.sampled_from([(), (0,), (1,), (7,), (2, 3), (3, 0, 2), (4, 1, 2), (2, 3, 2, 2)])


@st.composite
def options(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """Some of an optimizer's options; the others keep their defaults."""
    drawn = draw(st.fixed_dictionaries({}, optional=OPTIONS[name]))
    if not drawn.get("momentum") or drawn.get("dampening"):
        drawn.pop("nesterov", None)  # would be an error, and is tested as one
    return drawn


@st.composite
def groups(draw: st.DrawFn, name: str) -> list[tuple[list[tuple[int, ...]], dict[str, Any]]]:
    """One to three groups: the shapes of the parameters, and options of the group's own."""
    own = st.fixed_dictionaries({}, optional=OPTIONS[name])
    return draw(st.lists(st.tuples(st.lists(shapes, min_size=1, max_size=3), own), min_size=1, max_size=3))


# -- The same parameters, gradients and optimizers in both libraries


class Twins:
    """One optimizer in both libraries, on the same parameters, in the same groups."""

    def __init__(self, name: str, dtype: Any, groups: Any, options: dict[str, Any], seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        mine, theirs = [], []
        for shapes, own in groups:
            pairs = [self.parameters(shape, np.dtype(dtype)) for shape in shapes]
            mine.append({"params": [m for m, _ in pairs], **own})
            theirs.append({"params": [t for _, t in pairs], **own})
        self.pairs = [
            pair for m, t in zip(mine, theirs, strict=True) for pair in zip(m["params"], t["params"], strict=True)
        ]
        self.optimizers = [
            getattr(library.optim, name)(g, **options) for library, g in zip(LIBRARIES, (mine, theirs), strict=True)
        ]

    def numbers(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """Numbers of several magnitudes, every tenth of them exactly zero."""
        scale = 10.0 ** self.random.integers(-3, 2)
        return np.asarray(scale * self.random.standard_normal(shape) * (self.random.random(shape) > 0.1), dtype)

    def parameters(self, shape: tuple[int, ...], dtype: np.dtype) -> tuple[Any, Any]:
        array = self.numbers(shape, dtype)
        mine, theirs = array.copy(), torch.tensor(array)
        if self.random.random() < 0.3:  # not contiguous
            mine, theirs = mine.T, theirs.permute(tuple(reversed(range(array.ndim))))
        return wrap(mine).requires_grad_(), theirs.requires_grad_()

    def set_gradients(self, present: float = 0.8) -> None:
        """New gradients for some parameters and None for the others. NumPy refuses to write to them."""
        for number, (mine, theirs) in enumerate(self.pairs):
            if self.random.random() > present or number == 3:  # the fourth parameter never gets one
                mine.grad = theirs.grad = None
                continue
            grad = self.numbers(tuple(mine.shape), mine.array.dtype)
            mine.grad, theirs.grad = wrap(grad.copy()), torch.tensor(grad)
            mine.grad.array.flags.writeable = False

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            self.set_gradients()
            for optimizer in self.optimizers:
                optimizer.step()

    def assert_equal(self) -> None:
        for mine, theirs in self.pairs:
            assert_same_values(mine, theirs)
        assert_same_values(*[optimizer.state_dict() for optimizer in self.optimizers])
        assert repr(self.optimizers[0]) == repr(self.optimizers[1])


def assert_same_values(mine: Any, theirs: Any) -> None:
    """Equal numbers, dtypes and shapes, in equal dicts and lists with equal keys in equal order."""
    if isinstance(theirs, dict):
        assert list(mine) == list(theirs)
        for key in theirs:
            assert_same_values(mine[key], theirs[key])
    elif isinstance(theirs, (list, tuple)):
        assert type(mine) is type(theirs) and len(mine) == len(theirs)
        for one, other in zip(mine, theirs, strict=True):
            assert_same_values(one, other)
    elif isinstance(theirs, torch.Tensor):
        expected = theirs.detach().numpy()
        assert isinstance(mine, Tensor) and mine.array.dtype == expected.dtype and mine.array.shape == expected.shape
        assert_close(mine.array, expected)
    else:
        assert mine == theirs and type(mine) is type(theirs)


def assert_close(array: np.ndarray, expected: np.ndarray) -> None:
    largest = np.max(np.abs(expected), initial=1.0, where=np.isfinite(expected))
    np.testing.assert_allclose(array, expected, rtol=0, atol=largest * TOLERANCE[expected.dtype])


def to_torch(value: Any) -> Any:
    """A state dict of minigrad with torch's tensors in it."""
    if isinstance(value, dict):
        return {key: to_torch(item) for key, item in value.items()}
    return torch.tensor(value.array) if isinstance(value, Tensor) else copy.deepcopy(value)


def leaf(library: Any, *numbers: float) -> Any:
    return library.tensor(list(numbers), requires_grad=True)


# -- Steps


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@settings(max_examples=100, deadline=None)
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
    "name, option", [("SGD", "fused"), ("Adam", "foreach"), ("AdamW", "fused"), ("RMSprop", "foreach")]
)
def test_an_option_that_is_only_about_speed_is_kept_and_shown_and_changes_nothing(name: str, option: str) -> None:
    twins = Twins(name, np.float32, [([(7,)], {})], {option: True})  # (torch's fused code takes arrays as contiguous)
    assert f"{option}: True" in repr(twins.optimizers[0])
    twins.step(5)
    twins.assert_equal()


@pytest.mark.parametrize("name", ["Adam", "AdamW", "RMSprop"])
def test_capturable_is_kept_and_changes_nothing(name: str) -> None:  # on the CPU torch's step would refuse it
    plain, capturable = (leaf(minigrad, 1.0, 2.0) for _ in range(2))
    for x, options in (plain, {}), (capturable, {"capturable": True}):
        optimizer = getattr(minigrad.optim, name)([x], **options)
        x.grad = minigrad.tensor([3.0, -4.0])
        optimizer.step()
    assert "capturable: True" in repr(optimizer)
    assert plain.tolist() == capturable.tolist()


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
    [("SGD", {"momentum": 0.9}), ("SGD", {"momentum": 0.9, "nesterov": True}), ("AdamW", {"weight_decay": 0})],
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


@every_optimizer
def test_the_gradient_is_not_written_to(name: str) -> None:
    for options in ({}, {"weight_decay": 0.1}, {"maximize": True}, {"weight_decay": 0.1, "maximize": True}):
        x = leaf(minigrad, 1.0, 2.0)
        x.grad = minigrad.tensor([0.5, -0.25])
        optimizer = getattr(minigrad.optim, name)([x], **options)
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
    assert packed[0] == packed[1]


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
    with pytest.warns(UserWarning, match="duplicate parameters; in future, this will cause an error"):
        library.optim.SGD([x, x])


@in_both_libraries
def test_a_set_of_parameters_is_warned_of(library: Any) -> None:
    with pytest.warns(FutureWarning, match="need to be organized in ordered collections"):
        library.optim.SGD({leaf(library, 1.0)})


# -- State dicts


@every_optimizer
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_state_dicts_travel_between_the_libraries_in_both_directions(name: str, data: st.DataObject) -> None:
    layout, drawn = data.draw(groups(name)), data.draw(options(name))
    old, new = Twins(name, np.float32, layout, drawn, seed=1), Twins(name, np.float32, layout, {}, seed=1)
    old.step(3)
    mine, theirs = old.optimizers
    new.optimizers[0].load_state_dict(theirs.state_dict())
    new.optimizers[1].load_state_dict(to_torch(mine.state_dict()))
    assert_same_values(new.optimizers[0].state_dict(), to_torch(mine.state_dict()))
    new.random = copy.deepcopy(old.random)
    new.step(3)
    new.assert_equal()


@every_optimizer
def test_a_loaded_state_continues_as_if_nothing_had_happened_and_shares_no_memory(name: str) -> None:
    option = {"Adam": "amsgrad", "AdamW": "amsgrad", "RMSprop": "centered"}.get(name)
    options: dict[str, Any] = {option: True} if option else {"momentum": 0.5}
    x, y = leaf(minigrad, 1.0, 2.0), leaf(minigrad, 1.0, 2.0)
    first = getattr(minigrad.optim, name)([x], **options)
    for step in range(6):
        if step == 3:
            second = getattr(minigrad.optim, name)([y])
            second.load_state_dict(first.state_dict())
            y.array[...] = x.array
        x.grad = y.grad = minigrad.tensor([1.0 + step, -2.0])
        first.step()
        if step >= 3:
            second.step()
    assert x.tolist() == y.tolist()
    assert second.state_dict()["param_groups"] == first.state_dict()["param_groups"]
    for key, value in first.state[x].items():
        assert value.tolist() == second.state[y][key].tolist()
        assert not np.shares_memory(value.array, second.state[y][key].array)


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


# -- Bad input

Attempt = Callable[[Any], Any]


def options_of(name: str, **options: Any) -> Attempt:
    return lambda library: getattr(library.optim, name)([leaf(library, 1.0)], **options)


def params(make: Callable[[Any, Any], Any]) -> Attempt:
    """Calls SGD with what is made from the library and a leaf."""
    return lambda library: library.optim.SGD(make(library, leaf(library, 1.0)))


def adding(make: Callable[[Any, Any], Any]) -> Attempt:
    """Adds the group made from the library and the tensor that is already optimized."""

    def attempt(library: Any) -> None:
        x = leaf(library, 1.0)
        library.optim.SGD([x]).add_param_group(make(library, x))

    return attempt


def loading(change: Callable[[dict[str, Any]], Any]) -> Attempt:
    """Loads an optimizer's own state dict after a change to it."""

    def attempt(library: Any) -> None:
        optimizer = library.optim.SGD([leaf(library, 1.0), leaf(library, 2.0)])
        saved = optimizer.state_dict()
        change(saved)
        optimizer.load_state_dict(saved)

    return attempt


def tensor_rate(name: str, *numbers: float, **options: Any) -> Attempt:
    return lambda library: getattr(library.optim, name)(
        [leaf(library, 1.0)], lr=library.tensor(list(numbers)), **options
    )


def tensor_betas(*shape: int, **options: Any) -> Attempt:
    return lambda library: library.optim.Adam(
        [leaf(library, 1.0)], betas=(library.full((1,), 0.5), library.full(shape, 0.5)), **options
    )


MISTAKES: dict[str, Attempt] = {
    "negative rate": options_of("SGD", lr=-1.0),
    "negative momentum": options_of("SGD", momentum=-0.5),
    "negative decay": options_of("SGD", weight_decay=-1),
    "Nesterov without momentum": options_of("SGD", nesterov=True),
    "Nesterov with dampening": options_of("SGD", nesterov=True, momentum=0.9, dampening=0.1),
    "text as rate": options_of("SGD", lr="fast"),
    "fused and foreach": options_of("SGD", fused=True, foreach=True),
    "Adam: negative rate": options_of("Adam", lr=-1e-3),
    "Adam: rate not a number": options_of("Adam", lr=float("nan")),
    "Adam: negative eps": options_of("Adam", eps=-1e-8),
    "Adam: negative decay": options_of("Adam", weight_decay=-0.1),
    "Adam: first beta": options_of("Adam", betas=(1.0, 0.9)),
    "Adam: second beta": options_of("Adam", betas=(0.9, -0.1)),
    "Adam: a beta that is an integer": options_of("Adam", betas=(0, 0.9)),
    "Adam: one beta": options_of("Adam", betas=(0.9,)),
    "Adam: fused and foreach": options_of("Adam", fused=True, foreach=True),
    "AdamW: negative decay": options_of("AdamW", weight_decay=-0.1),
    "RMSprop: negative rate": options_of("RMSprop", lr=-1),
    "RMSprop: negative eps": options_of("RMSprop", eps=-1),
    "RMSprop: negative momentum": options_of("RMSprop", momentum=-1),
    "RMSprop: negative decay": options_of("RMSprop", weight_decay=-1),
    "RMSprop: negative alpha": options_of("RMSprop", alpha=-0.5),
    "a rate of two elements": tensor_rate("SGD", 0.1, 0.2),
    "Adam: a rate of two elements": tensor_rate("Adam", 0.1, 0.2),
    "RMSprop: a rate of two elements": tensor_rate("RMSprop", 0.1, 0.2),
    "Adam: a tensor rate with foreach": tensor_rate("Adam", 0.1, foreach=True),
    "Adam: tensor betas with foreach": tensor_betas(1, foreach=True),
    "unknown option": options_of("SGD", learning_rate=0.1),
    "empty list": params(lambda library, x: []),
    "used-up generator": params(lambda library, x: iter(())),
    "bare tensor": params(lambda library, x: x),
    "number": params(lambda library, x: 5),
    "dict instead of a list of dicts": params(lambda library, x: {"params": [x]}),
    "list with a number": params(lambda library, x: [x, 5]),
    "list with None": params(lambda library, x: [None]),
    "list with an array": params(lambda library, x: [np.ones(2)]),
    "list in a list": params(lambda library, x: [[x]]),
    "dict after a tensor": params(lambda library, x: [x, {"params": [x]}]),
    "tensor after a dict": params(lambda library, x: [{"params": [x]}, 5]),
    "group without params": params(lambda library, x: [{"lr": 0.1}]),
    "computed tensor": params(lambda library, x: [x * 2]),
    "names for some": params(lambda library, x: [("x", x), leaf(library, 2.0)]),
    "one tensor in two groups": params(lambda library, x: [{"params": [x]}, {"params": [x]}]),
    "set in a group": params(lambda library, x: [{"params": {x}}]),
    "adding a list": adding(lambda library, x: [leaf(library, 2.0)]),
    "adding what is there": adding(lambda library, x: {"params": [x]}),
    "adding names to none": adding(lambda library, x: {"params": [("y", leaf(library, 2.0))]}),
    "adding a computed tensor": adding(lambda library, x: {"params": x + 1}),
    "loading more groups": loading(lambda saved: saved["param_groups"].append({"params": []})),
    "loading fewer parameters": loading(lambda saved: saved["param_groups"][0]["params"].pop()),
    "loading without groups": loading(lambda saved: saved.pop("param_groups")),
    "step of the base class": lambda library: step_of(library.optim.Optimizer([leaf(library, 1.0)], {})),
}


def step_of(optimizer: Any) -> None:
    for param in optimizer.param_groups[0]["params"]:
        param.grad = param.detach()
    optimizer.step()


def error_of(attempt: Attempt, library: Any) -> Exception:
    with pytest.raises(Exception) as caught:  # whatever it is, the other library must raise it too
        attempt(library)
    return caught.value


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_raises_the_error_of_torch_and_begins_with_its_words(mistake: str) -> None:
    mine, theirs = (error_of(MISTAKES[mistake], library) for library in LIBRARIES)
    assert type(mine) is type(theirs)
    assert str(mine).startswith(str(theirs))


def test_betas_that_are_tensors_of_two_elements_are_refused() -> None:  # torch fails earlier, in a comparison
    with pytest.raises((ValueError, RuntimeError)):
        tensor_betas(2)(minigrad)


@every_optimizer
def test_differentiable_is_refused_with_a_way_out(name: str) -> None:
    with pytest.raises(NotImplementedError, match="differentiable=True is not supported.*write the update with tensor"):
        getattr(minigrad.optim, name)([leaf(minigrad, 1.0)], differentiable=True)
    optimizer = getattr(minigrad.optim, name)([leaf(minigrad, 1.0)])
    saved = optimizer.state_dict()
    saved["param_groups"][0]["differentiable"] = True
    with pytest.raises(NotImplementedError):
        optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["differentiable"] is False


def test_the_state_of_another_kind_of_optimizer_is_refused_and_changes_nothing() -> None:
    x = leaf(minigrad, 1.0)
    optimizer, other = minigrad.optim.Adam([x]), minigrad.optim.SGD([x], lr=0.5, momentum=0.9)
    x.grad = minigrad.ones(1)
    optimizer.step()
    other.step()
    before, state = repr(optimizer), dict(optimizer.state[x])
    with pytest.raises(KeyError, match="betas: this option of Adam is not in the loaded state dict"):
        optimizer.load_state_dict(other.state_dict())
    assert repr(optimizer) == before and optimizer.state[x] == state


@in_both_libraries
def test_a_state_of_another_shape_is_refused_at_the_next_step(library: Any) -> None:
    x = library.ones(2, 3).requires_grad_()
    optimizer = library.optim.SGD([x], momentum=0.9)
    saved = optimizer.state_dict()
    saved["state"] = {0: {"momentum_buffer": library.ones(3, 2)}}
    optimizer.load_state_dict(saved)
    x.grad = library.ones(2, 3)
    with pytest.raises(RuntimeError):
        optimizer.step()
    assert x.tolist() == [[1.0] * 3] * 2


def test_a_group_that_is_refused_is_left_as_it_was() -> None:
    x, y = leaf(minigrad, 1.0), leaf(minigrad, 2.0)
    good: dict[str, Any] = {"params": [x]}
    with pytest.raises(ValueError, match="can't optimize a non-leaf Tensor"):
        minigrad.optim.SGD([good, {"params": [y * 2]}], lr=0.5)
    assert good == {"params": [x]}

    optimizer = minigrad.optim.SGD([good], lr=0.25)
    bad: dict[str, Any] = {"params": [y, x]}
    with pytest.raises(ValueError, match="some parameters appear in more than one parameter group"):
        optimizer.add_param_group(bad)
    assert bad == {"params": [y, x]} and optimizer.param_groups == [good] and good["lr"] == 0.25


def test_a_refused_state_dict_changes_nothing() -> None:
    x, y = leaf(minigrad, 1.0), leaf(minigrad, 2.0)
    optimizer = minigrad.optim.SGD([x], lr=0.25, momentum=0.5)
    x.grad = minigrad.ones(1)
    optimizer.step()
    before, state = repr(optimizer), dict(optimizer.state[x])
    with pytest.raises(ValueError, match="doesn't match the size of optimizer's group"):
        optimizer.load_state_dict(minigrad.optim.SGD([x, y], lr=1.0).state_dict())
    assert repr(optimizer) == before and optimizer.state[x] == state and optimizer.param_groups[0]["params"] == [x]


# -- The helpers


def test_blocks_cover_every_element_once_whatever_the_layout() -> None:
    for array in (np.zeros(()), np.zeros((0, 3)), np.zeros((5, 7)), np.zeros((5, 7)).T, np.zeros((5, 7))[:, ::2]):
        with mock.patch.object(blocks_module, "BLOCK_BYTES", 8 * 4):
            for piece, other, spare in blocks_module.blocks(array, np.ones_like(array), scratch=1):
                assert piece.shape == other.shape == spare.shape
                piece += other
        assert (array == 1).all()


def test_blocks_refuses_arrays_of_different_shapes() -> None:
    with pytest.raises(RuntimeError, match=r"to have its shape \[2, 3\], but got \[3, 2\]"):
        list(blocks_module.blocks(np.zeros((2, 3)), np.zeros((3, 2)), scratch=0))


@pytest.mark.parametrize("weight", [0.0, 0.1, 0.49, 0.5, 0.9, 1.0])
def test_lerp_goes_the_given_part_of_the_way(weight: float) -> None:
    start, end = torch.randn(50), torch.randn(50)
    mine = start.numpy().copy()
    blocks_module.lerp(mine, end.numpy(), weight, np.empty(50, np.float32))
    assert_close(mine, torch.lerp(start, end, weight).numpy())
    if weight == 1:
        assert (mine == end.numpy()).all()
