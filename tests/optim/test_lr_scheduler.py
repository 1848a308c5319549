"""Every schedule sets torch's rates, to the bit; and resumes, is saved and warns as torch's does."""

import copy
import inspect
import linecache
import math
import types
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from optim.twins import LIBRARIES, NAMES, in_both_libraries, leaf, to_torch

import minigrad
import minigrad.optim as optim
from minigrad.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, StepLR

# -- What hypothesis draws

numbers = st.floats(1e-6, 10.0)
FUNCTIONS: list[Callable[[int], float]] = [
    lambda t: 0.95**t,
    lambda t: 1 / (1 + t),
    lambda t: t * 0.1,
    lambda t: math.cos(t),
]
SCHEDULES: dict[str, dict[str, Any]] = {
    "StepLR": {"step_size": st.integers(1, 7), "gamma": st.floats(0.0, 1.5)},
    "ExponentialLR": {"gamma": st.floats(0.0, 1.5)},
    "CosineAnnealingLR": {"T_max": st.integers(1, 60), "eta_min": st.floats(0.0, 0.1)},
    "LambdaLR": {"lr_lambda": st.sampled_from(FUNCTIONS)},
}
every_schedule = pytest.mark.parametrize("name", SCHEDULES)
rates_by_hand = st.dictionaries(st.integers(0, 49), numbers, max_size=3)  # after this epoch: this rate


@st.composite
def cases(draw: st.DrawFn, name: str) -> "Case":
    return Case(
        draw(st.sampled_from(NAMES)),
        draw(st.lists(numbers, min_size=1, max_size=3)),
        name,
        draw(st.fixed_dictionaries(SCHEDULES[name])),
        draw(st.sampled_from(["numbers", "float32", "float64", "one in a list"])),
    )


# -- The same schedule in both libraries


class Case:
    """An optimizer with a group for each rate, and a schedule for it."""

    def __init__(self, optimizer: str, rates: list[float], name: str, options: dict[str, Any], kind: str) -> None:
        self.optimizer, self.rates, self.name, self.options, self.kind = optimizer, rates, name, options, kind

    def __repr__(self) -> str:
        return f"{self.name}({self.options}) of {self.optimizer} with rates {self.rates}, {self.kind}"

    def make(self, library: Any) -> Any:
        """The schedule, its optimizer in it. Some rates are tensors."""
        groups = [{"params": [leaf(library, 1.0)], "lr": self.rate(library, rate)} for rate in self.rates]
        return self.on(library, getattr(library.optim, self.optimizer)(groups))

    def on(self, library: Any, optimizer: Any, **more: Any) -> Any:
        return getattr(library.optim.lr_scheduler, self.name)(optimizer, **self.options, **more)

    def rate(self, library: Any, rate: float) -> Any:
        if self.kind == "numbers":
            return rate
        return (
            library.tensor([rate]) if "list" in self.kind else library.tensor(rate, dtype=getattr(library, self.kind))
        )


def seen(value: Any) -> Any:
    """A value with its tensors as (dtype, numbers), to be compared to the bit."""
    if isinstance(value, dict):
        return {key: seen(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [seen(item) for item in value]
    return (str(value.dtype), value.tolist()) if hasattr(value, "tolist") else value


def state(scheduler: Any) -> Any:
    """All that can be seen of a schedule: its fields in order, and the rates in the groups."""
    fields = seen(scheduler.state_dict())
    groups = [{key: value for key, value in g.items() if key != "params"} for g in scheduler.optimizer.param_groups]
    return list(fields.items()), seen(scheduler.get_last_lr()), seen(groups)


def asked(scheduler: Any) -> Any:
    """What get_lr says when a user calls it, which warns."""
    with pytest.warns(UserWarning, match="please use `get_last_lr"):
        return seen(scheduler.get_lr())


def set_rate(group: dict[str, Any], rate: float) -> None:
    """By hand, as a user does."""
    if isinstance(group["lr"], (minigrad.Tensor, torch.Tensor)):
        group["lr"].fill_(rate)
    else:
        group["lr"] = rate


def run(schedulers: Any, epochs: int, by_hand: dict[int, float] | None = None) -> None:
    """Goes on some epochs in each library, and compares after each."""
    for epoch in range(epochs):
        for scheduler in schedulers:
            scheduler.optimizer.step()
            scheduler.step()
        mine, theirs = (state(scheduler) for scheduler in schedulers)
        assert mine == theirs
        if by_hand and epoch in by_hand:
            for scheduler in schedulers:
                set_rate(scheduler.optimizer.param_groups[epoch % len(scheduler.base_lrs)], by_hand[epoch])


def warnings_of(program: Callable[[Any], None], library: Any) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        program(library)
    return caught


# -- Rates


@every_schedule
@given(data=st.data())
def test_fifty_rates_are_those_of_torch_to_the_bit_also_after_a_change_by_hand(name: str, data: st.DataObject) -> None:
    case = data.draw(cases(name))
    schedulers = [case.make(library) for library in LIBRARIES]
    mine, theirs = (state(scheduler) for scheduler in schedulers)
    assert mine == theirs and asked(schedulers[0]) == asked(schedulers[1])
    run(schedulers, 50, data.draw(rates_by_hand))


@given(data=st.data())
def test_two_schedules_of_one_optimizer_multiply(data: st.DataObject) -> None:
    case, other = (data.draw(cases(name)) for name in ("CosineAnnealingLR", "StepLR"))
    schedulers = [case.make(library) for library in LIBRARIES]
    others = [other.on(lib, scheduler.optimizer) for lib, scheduler in zip(LIBRARIES, schedulers, strict=True)]
    for _ in range(20):
        run(schedulers, 1)
        run(others, 1)


@pytest.mark.parametrize("name", ["StepLR", "ExponentialLR", "CosineAnnealingLR"])
@given(data=st.data())
def test_a_given_epoch_is_reached_by_the_closed_form_which_agrees_with_the_chain(
    name: str, data: st.DataObject
) -> None:
    case = data.draw(cases(name))
    schedulers, chained = [case.make(library) for library in LIBRARIES], case.make(minigrad)
    for _ in range(20):
        for scheduler in [*schedulers, chained]:
            scheduler.optimizer.step()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                scheduler.step(*([scheduler.last_epoch + 1] if scheduler is not chained else []))
        mine, theirs = (state(scheduler) for scheduler in schedulers)
        assert mine == theirs
        # A chain of twenty products rounds forty times; near the cosine's bottom it has lost the digits of γ₀ − η.
        precision = 1e-12 if case.kind in ("numbers", "float64") else 1e-5
        largest = 20 * max(*case.rates, 0.1) * max(1.0, case.options.get("gamma", 1.0)) ** 20
        for one, other in zip(schedulers[0].get_last_lr(), chained.get_last_lr(), strict=True):
            assert abs(float(one) - float(other)) <= precision * largest


def test_a_schedule_without_closed_form_goes_to_the_given_epoch_by_its_only_form() -> None:
    case = Case("SGD", [0.5], "LambdaLR", {"lr_lambda": FUNCTIONS[0]}, "numbers")
    schedulers = [case.make(library) for library in LIBRARIES]
    for epoch in 7, 3, 0:
        for scheduler in schedulers:
            scheduler.optimizer.step()
            with pytest.warns(UserWarning, match="The epoch parameter in `scheduler.step"):
                scheduler.step(epoch)
        mine, theirs = (state(scheduler) for scheduler in schedulers)
        assert mine == theirs


def test_each_group_has_a_function_of_its_own() -> None:
    schedulers = [
        Case("Adam", [0.5, 0.25], "LambdaLR", {"lr_lambda": FUNCTIONS[:2]}, "numbers").make(library)
        for library in LIBRARIES
    ]
    run(schedulers, 10)
    assert schedulers[0].get_last_lr() == [0.5 * 0.95**10, 0.25 / 11]


@in_both_libraries
@pytest.mark.parametrize("kind", [list, tuple])
def test_the_functions_are_kept_in_a_list_of_the_schedules_own(library: Any, kind: Any) -> None:
    given = kind(FUNCTIONS[:1])
    scheduler = make("LambdaLR", given)(library)
    assert scheduler.lr_lambdas == FUNCTIONS[:1] and scheduler.lr_lambdas is not given


@in_both_libraries
def test_the_optimizer_steps_with_the_rate_of_the_schedule(library: Any) -> None:
    x = leaf(library, 1.0)
    optimizer = library.optim.SGD([x], lr=0.5)
    scheduler = library.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    positions = []
    for _ in range(3):
        x.grad = library.ones(1)
        optimizer.step()
        scheduler.step()
        positions.append(x.item())
    assert positions == [0.5, 0.25, 0.125]


@in_both_libraries
def test_a_rate_that_is_a_tensor_stays_the_same_tensor_and_shares_no_memory(library: Any) -> None:
    rate = library.tensor(0.5)
    optimizer = library.optim.SGD([leaf(library, 1.0)], lr=rate)
    scheduler = library.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    last = scheduler.get_last_lr()[0]
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is rate and rate.item() == 0.25
    assert last.item() == 0.5 and scheduler.base_lrs[0].item() == 0.5
    assert optimizer.param_groups[0]["initial_lr"].item() == 0.5


@in_both_libraries
def test_a_schedule_of_the_users_own_is_its_get_lr(library: Any) -> None:
    class Warmup(library.optim.lr_scheduler.LRScheduler):
        def get_lr(self) -> list[float]:
            return [base * min(1, (self.last_epoch + 1) / 4) for base in self.base_lrs]

    optimizer = library.optim.SGD([leaf(library, 1.0)], lr=0.5)
    scheduler, rates = Warmup(optimizer), []
    for _ in range(5):
        rates += scheduler.get_last_lr()
        optimizer.step()
        scheduler.step()
    assert rates == [0.125, 0.25, 0.375, 0.5, 0.5]
    assert optimizer.param_groups[0]["initial_lr"] == 0.5


# -- Resuming, saving and loading


@every_schedule
@given(data=st.data())
def test_a_schedule_goes_on_from_an_epoch_as_in_torch(name: str, data: st.DataObject) -> None:
    case, epoch = data.draw(cases(name)), data.draw(st.integers(0, 20))
    schedulers = [case.make(library) for library in LIBRARIES]
    run(schedulers, epoch)
    resumed = [case.on(lib, old.optimizer, last_epoch=epoch) for lib, old in zip(LIBRARIES, schedulers, strict=True)]
    assert asked(resumed[0]) == asked(resumed[1])
    run(resumed, 20)


def test_the_cosine_says_its_closed_form_when_asked_just_after_resuming() -> None:
    case = Case("SGD", [0.7], "CosineAnnealingLR", {"T_max": 7, "eta_min": 0.013}, "numbers")
    resumed = []
    for library in LIBRARIES:
        optimizer = case.make(library).optimizer
        optimizer.param_groups[0]["lr"] = 0.5  # the chained form would go on from here
        resumed.append(case.on(library, optimizer, last_epoch=0))
    assert asked(resumed[0]) == asked(resumed[1]) == resumed[0]._get_closed_form_lr()


@every_schedule
@given(data=st.data())
def test_states_travel_between_the_libraries_in_both_directions(name: str, data: st.DataObject) -> None:
    case = data.draw(cases(name))
    old, new = ([case.make(library) for library in LIBRARIES] for _ in range(2))
    run(old, 20)
    for attribute in SCHEDULES[name]:
        if attribute != "lr_lambda":
            for scheduler in new:
                setattr(scheduler, attribute, 0)  # it comes with the state
    mine, theirs = old
    new[0].load_state_dict(theirs.state_dict())
    new[1].load_state_dict(listed(to_torch, mine.state_dict()))
    new[0].optimizer.load_state_dict(theirs.optimizer.state_dict())
    new[1].optimizer.load_state_dict(listed(to_torch, mine.optimizer.state_dict()))
    assert state(new[0]) == state(new[1]) == state(mine)
    assert not any(isinstance(value, torch.Tensor) for value in [*new[0].base_lrs, *new[0].get_last_lr()])
    run(new, 20)
    run(old, 20)
    assert state(new[0]) == state(old[0])


def listed(convert: Callable[[Any], Any], value: Any) -> Any:
    """The conversion, inside of lists and dicts too."""
    if isinstance(value, dict):
        return {key: listed(convert, item) for key, item in value.items()}
    return [listed(convert, item) for item in value] if isinstance(value, list) else convert(value)


class Decay:
    """A function with a state."""

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self.history = [factor]

    def __call__(self, epoch: int) -> float:
        return self.factor**epoch


def test_functions_are_not_saved_but_the_fields_of_objects_are() -> None:
    states, rates = [], []
    for library in LIBRARIES:
        old, new = (
            Case("SGD", [0.5, 0.5], "LambdaLR", {"lr_lambda": [f, FUNCTIONS[0]]}, "numbers").make(library)
            for f in (Decay(0.5), Decay(0.25))
        )
        old.optimizer.step()
        old.step()
        saved = old.state_dict()
        states.append(copy.deepcopy(list(saved.items())))
        assert old.lr_lambdas[0].factor == 0.5 and saved["lr_lambdas"][0] is not vars(old.lr_lambdas[0])
        new.load_state_dict(saved)
        assert "lr_lambdas" in saved  # what is loaded is not changed
        new.optimizer.step()
        new.step()
        rates.append((new.get_last_lr(), new.lr_lambdas[0].factor, new.lr_lambdas[1] is FUNCTIONS[0]))
    assert states[0] == states[1] and states[0][-1] == ("lr_lambdas", [{"factor": 0.5, "history": [0.5]}, None])
    assert rates[0] == rates[1] == ([0.5 * 0.25, 0.5 * 0.95**2], 0.5, True)


def test_the_state_of_another_number_of_functions_is_refused() -> None:  # torch takes it, and fails at the next step
    scheduler = make("LambdaLR", FUNCTIONS[:1])(minigrad)
    with pytest.raises(ValueError, match="zip"):
        scheduler.load_state_dict({"lr_lambdas": [None, None], "base_lrs": [1.0, 2.0]})
    assert scheduler.base_lrs == [0.1]


def test_what_was_loaded_shares_nothing_with_what_was_saved() -> None:
    scheduler = Case("SGD", [0.5], "LambdaLR", {"lr_lambda": [Decay(0.5)]}, "numbers").make(minigrad)
    saved = scheduler.state_dict()
    scheduler.load_state_dict(saved)
    saved["base_lrs"].append(1.0)
    saved["lr_lambdas"][0]["history"].append(1.0)
    assert scheduler.base_lrs == [0.5] and scheduler.lr_lambdas[0].history == [0.5]


# -- Warnings


def early(library: Any) -> None:
    scheduler = library.optim.lr_scheduler.StepLR(library.optim.SGD([leaf(library, 1.0)]), 3)
    for _ in range(3):
        scheduler.step()


def in_order(library: Any) -> None:
    optimizer = library.optim.SGD([leaf(library, 1.0)])
    scheduler = library.optim.lr_scheduler.StepLR(optimizer, 3)
    optimizer.step(closure=lambda: 1.0)
    scheduler.step()
    scheduler.step()


def steps_before_the_schedule(library: Any) -> None:
    optimizer = library.optim.SGD([leaf(library, 1.0)])
    optimizer.step()
    library.optim.lr_scheduler.StepLR(optimizer, 3).step()


def second_schedule(library: Any) -> None:
    optimizer = library.optim.SGD([leaf(library, 1.0)])
    library.optim.lr_scheduler.StepLR(optimizer, 3)
    optimizer.step()
    library.optim.lr_scheduler.StepLR(optimizer, 3).step()


def another_optimizer(library: Any) -> None:
    first, second = (library.optim.SGD([leaf(library, 1.0)]) for _ in range(2))
    schedules = [library.optim.lr_scheduler.StepLR(optimizer, 3) for optimizer in (first, second)]
    first.step()
    schedules[1].step()


def overridden(library: Any) -> None:
    optimizer = library.optim.SGD([leaf(library, 1.0)])
    scheduler = library.optim.lr_scheduler.StepLR(optimizer, 3)
    optimizer.step = types.MethodType(lambda self: None, optimizer)
    optimizer.step()
    scheduler.step()
    scheduler.step()


def own_step(library: Any) -> None:
    class Own(library.optim.Optimizer):
        def step(self, closure: Any = None) -> None: ...

    optimizer = Own([leaf(library, 1.0)], {"lr": 0.1})
    scheduler = library.optim.lr_scheduler.StepLR(optimizer, 3)
    optimizer.step()
    scheduler.step()


def given_epoch(library: Any) -> None:
    optimizer = library.optim.SGD([leaf(library, 1.0)])
    scheduler = library.optim.lr_scheduler.StepLR(optimizer, 3)
    optimizer.step()
    scheduler.step(4)


def asking(name: str, options: dict[str, Any]) -> Callable[[Any], None]:
    def program(library: Any) -> None:
        scheduler = Case("SGD", [0.1], name, options, "numbers").make(library)
        scheduler.get_lr()

    return program


SITUATIONS: dict[str, tuple[Callable[[Any], None], int]] = {
    "the schedule before the optimizer": (early, 1),
    "in order": (in_order, 0),
    "steps before there was a schedule": (steps_before_the_schedule, 1),
    "a second schedule of an optimizer that has stepped": (second_schedule, 0),
    "a step of another optimizer": (another_optimizer, 1),
    "a step that was replaced": (overridden, 1),
    "a step of the subclass": (own_step, 0),
    "an epoch given": (given_epoch, 1),
    "asking StepLR directly": (asking("StepLR", {"step_size": 2}), 1),
    "asking ExponentialLR directly": (asking("ExponentialLR", {"gamma": 0.5}), 1),
    "asking CosineAnnealingLR directly": (asking("CosineAnnealingLR", {"T_max": 5}), 1),
    "asking LambdaLR directly": (asking("LambdaLR", {"lr_lambda": FUNCTIONS[0]}), 1),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_warnings_are_those_of_torch_and_point_to_the_line_that_caused_them(situation: str) -> None:
    program, count = SITUATIONS[situation]
    mine, theirs = (warnings_of(program, library) for library in LIBRARIES)
    assert len(mine) == len(theirs) == count
    for one, other in zip(mine, theirs, strict=True):
        assert one.category is other.category and one.filename == __file__
        line = linecache.getline(one.filename, one.lineno)
        assert ".step(" in line or ".get_lr()" in line  # torch's points into torch for get_lr
        assert str(one.message).split()[:6] == str(other.message).split()[:6]


# -- Mistakes


def make(name: str, *arguments: Any, **options: Any) -> Callable[[Any], Any]:
    return lambda lib: getattr(lib.optim.lr_scheduler, name)(
        lib.optim.SGD([leaf(lib, 1.0)], lr=0.1), *arguments, **options
    )


def added_group(name: str, **options: Any) -> Callable[[Any], Any]:
    def program(library: Any) -> None:
        scheduler = make(name, **options)(library)
        scheduler.optimizer.add_param_group({"params": [leaf(library, 2.0)]})
        scheduler.optimizer.step()
        for _ in range(5):  # the cosine counts its rates when the wave turns
            scheduler.step()

    return program


def other_groups(library: Any) -> None:
    scheduler = make("LambdaLR", FUNCTIONS[0])(library)
    scheduler.load_state_dict({"lr_lambdas": [None], "base_lrs": [1.0, 2.0]})
    scheduler.step()


MISTAKES: dict[str, Callable[[Any], Any]] = {
    "no optimizer": lambda lib: lib.optim.lr_scheduler.StepLR(5, 1),
    "parameters instead of an optimizer": lambda lib: lib.optim.lr_scheduler.ExponentialLR([leaf(lib, 1.0)], 0.5),
    "no optimizer for functions": lambda lib: lib.optim.lr_scheduler.LambdaLR(5, FUNCTIONS[0]),
    "resuming without initial_lr": make("StepLR", 3, last_epoch=4),
    "resuming at 0 without initial_lr": make("CosineAnnealingLR", 3, last_epoch=0),
    "too many functions": make("LambdaLR", FUNCTIONS[:2]),
    "no functions": make("LambdaLR", ()),
    "a number as function": make("LambdaLR", 5),
    "steps of no epoch": lambda lib: make("StepLR", 0)(lib).step(),
    "half a wave in no epoch": lambda lib: make("CosineAnnealingLR", 0)(lib).step(),
    "the base class": make("LRScheduler"),
    "unknown option": make("StepLR", 3, factor=2),
    "a group added to CosineAnnealingLR": added_group("CosineAnnealingLR", T_max=3),
    "a group added to LambdaLR": added_group("LambdaLR", lr_lambda=FUNCTIONS[0]),
    "saving a function without fields": lambda lib: make("LambdaLR", math.cos)(lib).state_dict(),
    "a state of another number of groups": other_groups,
    "loading a state without functions": lambda lib: make("LambdaLR", FUNCTIONS[0])(lib).load_state_dict({}),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_raises_the_error_of_torch_and_begins_with_its_words(mistake: str) -> None:
    errors = []
    for library in LIBRARIES:
        with warnings.catch_warnings(), pytest.raises(Exception) as caught:  # noqa: B017
            warnings.simplefilter("ignore")
            MISTAKES[mistake](library)
        errors.append(caught.value)
    mine, theirs = errors
    assert type(mine) is type(theirs)
    assert str(mine).split()[:13] == str(theirs).split()[:13] or str(theirs) == ""


@in_both_libraries
def test_a_rate_that_cannot_be_computed_leaves_the_warning_in_place(library: Any) -> None:
    def broken(epoch: int) -> float:
        if epoch == 1:
            raise ValueError("no rate")
        return 1.0

    scheduler = make("LambdaLR", broken)(library)
    scheduler.optimizer.step()
    with pytest.raises(ValueError, match="no rate"):
        scheduler.step()
    scheduler.last_epoch = 2
    with pytest.warns(UserWarning, match="please use `get_last_lr"):
        scheduler.get_lr()


def test_a_schedule_without_get_lr_is_told_what_it_lacks() -> None:
    with pytest.raises(NotImplementedError, match=r"LRScheduler must say in get_lr\(\) what the learning rates are"):
        make("LRScheduler")(minigrad)


# -- Names


@pytest.mark.parametrize("name", ["LRScheduler", *SCHEDULES])
def test_the_signature_is_that_of_torch(name: str) -> None:
    mine, theirs = (
        inspect.signature(getattr(library.optim.lr_scheduler, name)).parameters.values() for library in LIBRARIES
    )
    assert [(p.name, p.kind, p.default) for p in mine] == [(p.name, p.kind, p.default) for p in theirs]


def test_the_module_is_reached_as_in_torch() -> None:
    assert optim.lr_scheduler.StepLR is StepLR and issubclass(CosineAnnealingLR, LRScheduler)
    assert isinstance(StepLR(optim.SGD([leaf(minigrad, 1.0)]), 1), LRScheduler)
