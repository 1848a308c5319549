"""A mistake raises torch's error in torch's words, and leaves everything as it was."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from optim.twins import LIBRARIES, every_optimizer, in_both_libraries, leaf

import minigrad
import minigrad.optim

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
    "Adagrad: negative rate": options_of("Adagrad", lr=-1),
    "Adagrad: negative decay of the rate": options_of("Adagrad", lr_decay=-0.1),
    "Adagrad: negative decay": options_of("Adagrad", weight_decay=-0.1),
    "Adagrad: negative start": options_of("Adagrad", initial_accumulator_value=-1.0),
    "Adagrad: negative eps": options_of("Adagrad", eps=-1),
    "Adagrad: two mistakes": options_of("Adagrad", eps=-1, initial_accumulator_value=float("nan")),
    "Adagrad: fused and foreach": options_of("Adagrad", fused=True, foreach=True),
    "Adadelta: negative rate": options_of("Adadelta", lr=-1),
    "Adadelta: negative rho": options_of("Adadelta", rho=-0.1),
    "Adadelta: rho above 1": options_of("Adadelta", rho=1.1),
    "Adadelta: negative eps": options_of("Adadelta", eps=-1),
    "Adadelta: negative decay": options_of("Adadelta", weight_decay=-1),
    "Adadelta: two mistakes": options_of("Adadelta", eps=-1, rho=2),
    "RMSprop: negative rate": options_of("RMSprop", lr=-1),
    "RMSprop: negative eps": options_of("RMSprop", eps=-1),
    "RMSprop: negative momentum": options_of("RMSprop", momentum=-1),
    "RMSprop: negative decay": options_of("RMSprop", weight_decay=-1),
    "RMSprop: negative alpha": options_of("RMSprop", alpha=-0.5),
    "a rate of two elements": tensor_rate("SGD", 0.1, 0.2),
    "Adam: a rate of two elements": tensor_rate("Adam", 0.1, 0.2),
    "Adagrad: a rate of two elements": tensor_rate("Adagrad", 0.1, 0.2),
    "RMSprop: a rate of two elements": tensor_rate("RMSprop", 0.1, 0.2),
    "Adadelta: a rate of two elements": tensor_rate("Adadelta", 0.1, 0.2),
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
    "loading a state that counts no steps": lambda library: load(library.optim.Adam, library.optim.SGD, library),
    "step of the base class without gradients": lambda library: library.optim.Optimizer(
        [leaf(library, 1.0)], {}
    ).step(),
    "step of a subclass without rule": lambda library: type("Rest", (library.optim.Optimizer,), {})(
        [leaf(library, 1.0)], {}
    ).step(),
    "step of the base class": lambda library: step_of(library.optim.Optimizer([leaf(library, 1.0)], {})),
}


def load(target: Any, source: Any, library: Any) -> Any:
    """Loads what one kind of optimizer saved after a step into another kind."""
    x = leaf(library, 1.0)
    other = source([x], momentum=0.9)
    step_of(other)
    optimizer = target([x])
    optimizer.load_state_dict(other.state_dict())
    return optimizer


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


def test_a_state_without_steps_is_refused_and_changes_nothing() -> None:
    x = leaf(minigrad, 1.0)
    optimizer, other = minigrad.optim.Adam([x]), minigrad.optim.SGD([x], lr=0.5, momentum=0.9)
    x.grad = minigrad.ones(1)
    optimizer.step()
    other.step()
    before, state = repr(optimizer), dict(optimizer.state[x])
    with pytest.raises(KeyError, match="step"):
        optimizer.load_state_dict(other.state_dict())
    assert repr(optimizer) == before and optimizer.state[x] == state


@pytest.mark.parametrize("capturable", ["RMSprop", "Adadelta", "Adam", "AdamW"])
def test_capturable_is_refused_at_the_step_of_parameters_on_the_cpu(capturable: str) -> None:
    def attempt(library: Any) -> None:
        optimizer = getattr(library.optim, capturable)([leaf(library, 1.0)], capturable=True)
        assert "capturable: True" in repr(optimizer)
        optimizer.step()  # of no gradient
        step_of(optimizer)

    mine, theirs = (error_of(attempt, library) for library in LIBRARIES)
    assert type(mine) is type(theirs) is AssertionError
    assert str(mine).split("[")[0] == str(theirs).split("[")[0]  # then the devices, which depend on the optimizer


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
