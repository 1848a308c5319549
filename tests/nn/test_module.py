"""Module: what it notices, the order of its tree, its state, its text, its errors. Each test runs in both libraries."""

import copy
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
import torch
from outcomes import BOTH, assert_same, assert_same_full_error
from parity import LIBRARIES, assert_same_tensor, error_of

import minigrad
import minigrad.models
import torch_ref.models


def family(lib: Any) -> Any:
    """A network of two levels with a parameter and a buffer of its own, a None in each place, and a shared layer."""

    class Child(lib.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = lib.nn.Linear(2, 3)
            self.scale = lib.nn.Parameter(lib.ones(1))

    class Family(lib.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = Child()
            self.weight = lib.nn.Parameter(lib.zeros(2, 2))
            self.second = lib.nn.Sequential(lib.nn.Linear(3, 3, bias=False), lib.nn.ReLU())
            self.shared = self.second[0]
            self.register_parameter("nothing", None)
            self.register_buffer("count", lib.zeros(1))
            self.register_buffer("empty", None)
            self.register_buffer("cache", lib.zeros(2), persistent=False)
            self.absent = lib.nn.ReLU()
            self.absent = None
            self.later = Child()

    return Family()


def tied(lib: Any) -> Any:
    """Two layers with one weight."""
    net = lib.nn.Sequential(lib.nn.Linear(3, 3), lib.nn.Linear(3, 3))
    net[1].weight = net[0].weight
    return net


# -- The tree


@pytest.mark.parametrize(
    "names",
    [
        lambda net: [name for name, _ in net.named_parameters()],
        lambda net: [name for name, _ in net.named_parameters("net")],
        lambda net: [name for name, _ in net.named_parameters(recurse=False)],
        lambda net: [name for name, _ in net.named_buffers()],
        lambda net: [name for name, _ in net.named_children()],
        lambda net: [name for name, _ in net.named_modules()],
        lambda net: [name for name, _ in net.named_modules(prefix="net")],
        lambda net: [name for name, _ in net.named_modules(remove_duplicate=False)],
        lambda net: [name for name, _ in net.named_modules({next(net.children())}, "net")],
        lambda net: [name for name, _ in net.named_parameters(remove_duplicate=False)],
        lambda net: [name for name, _ in net.named_parameters("net", False, False)],
        lambda net: [name for name, _ in net.named_buffers("net", remove_duplicate=False)],
        lambda net: list(net.state_dict(destination={"kept": 1}, prefix="net.")),
        lambda net: [name for name in dir(net) if name in ("first", "weight", "count", "0", "train", "__dir__")],
        lambda net: list(net.state_dict()),
        lambda net: [type(module).__name__ for module in net.modules()],
        lambda net: [type(module).__name__ for module in net.children()],
        lambda net: [tuple(parameter.shape) for parameter in net.parameters()],
        lambda net: [tuple(parameter.shape) for parameter in net.parameters(recurse=False)],
        lambda net: [tuple(buffer.shape) for buffer in net.buffers()],
    ],
)
def test_the_tree_is_walked_in_torchs_order_under_torchs_names(names):
    assert_same(lambda lib: names(family(lib)))
    assert_same(lambda lib: names(tied(lib)))


@BOTH
def test_a_shared_parameter_is_counted_once_but_both_its_names_are_in_the_state(lib):
    net = tied(lib)
    assert len(list(net.parameters())) == 3
    assert list(net.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


@BOTH
def test_a_shared_module_is_walked_once_and_a_child_twice_under_one_parent_is_one_child(lib):
    net = family(lib)
    layer = lib.nn.ReLU()
    assert [name for name, module in net.named_modules() if module is net.shared] == ["second.0"]
    assert len(list(lib.nn.Sequential(layer, layer).children())) == 1


def test_apply_visits_the_innermost_first():
    def order(lib: Any) -> list[str]:
        seen: list[str] = []
        assert isinstance(family(lib).apply(lambda module: seen.append(type(module).__name__)), lib.nn.Module)
        return seen

    assert_same(order)


@BOTH
def test_modules_given_in_a_memo_are_passed_over_and_those_passed_are_added(lib):
    net, memo = family(lib), set()
    assert list(net.second.named_modules(memo))[0] == ("", net.second) and net.second[0] in memo
    assert [name for name, _ in net.named_modules(memo)] == ["", "first", "first.fc", "later", "later.fc"]


PATHS = [
    "", "first", "first.fc", "first.fc.weight", "first.fc.in_features", "first.fc.x", "first.x.weight", "weight",
    "count", "cache", "empty", "nothing", "absent", "absent.x", "second.0", "second.0.weight", "second.5", "training",
    "training.x", "first.", ".first", "forward",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("getter", ["get_submodule", "get_parameter", "get_buffer"])
def test_what_a_path_leads_to(getter, path):
    def program(lib: Any) -> str:
        try:
            found = getattr(family(lib), getter)(path)
            return type(found).__name__ + (str(tuple(found.shape)) if isinstance(found, lib.Tensor) else "")
        except AttributeError as error:
            return str(error)

    assert_same(program)


# -- Attributes


@BOTH
def test_an_attribute_is_found_where_it_was_put(lib):
    net = family(lib)
    assert net.weight is dict(net.named_parameters())["weight"] and net.first is next(net.children())
    assert net.nothing is None and net.empty is None and net.absent is None and net.count.tolist() == [0]


@BOTH
def test_an_attribute_may_change_its_kind(lib):
    net = lib.nn.Module()
    net.x = 5
    net.x = lib.nn.Parameter(lib.ones(2))
    assert len(list(net.parameters())) == 1 and "x" not in net.__dict__
    net.y = lib.nn.ReLU()
    net.y = lib.nn.Parameter(lib.ones(3))
    assert len(list(net.parameters())) == 2 and not list(net.children())


@BOTH
def test_a_reassigned_parameter_keeps_its_place(lib):
    net = lib.nn.Linear(2, 2)
    net.weight = lib.nn.Parameter(lib.ones(2, 2))
    assert [name for name, _ in net.named_parameters()] == ["weight", "bias"] and net.weight[0, 0].item() == 1


def test_a_reassigned_module_keeps_its_place():
    def names(lib: Any) -> list[str]:
        net = lib.nn.Sequential(OrderedDict(a=lib.nn.Linear(1, 1), b=lib.nn.ReLU()))
        net.a = lib.nn.Flatten()
        return [name for name, _ in net.named_children()]

    assert_same(names)


@BOTH
def test_a_deleted_attribute_is_gone(lib):
    net = family(lib)
    del net.weight, net.second, net.count
    assert "weight" not in net.state_dict() and "count" not in net.state_dict() and not hasattr(net, "second")


@BOTH
def test_a_parameter_and_a_module_may_be_set_to_none(lib):
    net = lib.nn.Sequential(lib.nn.Linear(2, 2))
    net[0].bias = None
    assert list(net.state_dict()) == ["0.weight"] and net(lib.ones(1, 2)).shape == (1, 2)


def test_a_buffer_that_does_not_persist_stays_so_until_it_is_deleted_or_registered_anew():
    def program(lib: Any) -> list[Any]:
        net, seen = family(lib), []
        for change in (
            lambda: setattr(net, "cache", lib.ones(3)),
            lambda: setattr(net, "cache", None),
            lambda: setattr(net, "cache", lib.nn.Parameter(lib.ones(1))),
            lambda: delattr(net, "cache"),
            lambda: net.register_buffer("cache", lib.ones(1)),
            lambda: net.register_buffer("cache", lib.ones(1), persistent=False),
        ):
            change()
            seen.append([list(net.state_dict()), [name for name, _ in net.named_buffers()]])
        return seen

    assert_same(program)


@BOTH
def test_a_module_is_added_by_name(lib):
    net = lib.nn.Module()
    net.add_module("fc", lib.nn.Linear(1, 1))
    net.register_module("nothing", None)
    assert list(net.state_dict()) == ["fc.weight", "fc.bias"] and net.nothing is None
    net.add_module("fc", lib.nn.ReLU())
    assert repr(net) == "Module(\n  (fc): ReLU()\n  (nothing): None\n)"


@BOTH
def test_a_buffer_may_be_set_to_another_tensor(lib):
    net = family(lib)
    net.count = lib.ones(2)
    assert net.state_dict()["count"].tolist() == [1, 1] and "count" not in net.__dict__


def assign(name: str, value: Any) -> Any:
    return lambda lib: setattr(family(lib), name, value(lib))


def computed_parameter(lib: Any) -> Any:
    parameter = lib.nn.Parameter(lib.ones(1), requires_grad=False)
    return parameter.mul_(lib.ones(1, requires_grad=True))


def premature(value: Any, register: str | None = None) -> Any:
    """Assigns or registers in `__init__` before `super().__init__()`."""

    def program(lib: Any) -> None:
        def init(self: Any) -> None:
            if register is None:
                self.x = value(lib)
            else:
                getattr(self, register)("x", value(lib))

        type("Net", (lib.nn.Module,), {"__init__": init})()

    return program


@pytest.mark.parametrize(
    "program",
    [
        assign("weight", lambda lib: lib.ones(2, 2)),
        assign("weight", lambda lib: lib.ones(2, 2).double()),
        assign("weight", lambda lib: 5),
        assign("weight", lambda lib: "x"),
        assign("first", lambda lib: lib.ones(1)),
        assign("first", lambda lib: [1]),
        assign("count", lambda lib: 5),
        premature(lambda lib: lib.nn.Linear(1, 1)),
        premature(lambda lib: lib.nn.Parameter(lib.ones(1))),
        lambda lib: family(lib).unknown,
        lambda lib: delattr(family(lib), "unknown"),
        lambda lib: family(lib)(lib.ones(1)),
        lambda lib: lib.nn.Module().train("yes"),
        lambda lib: lib.nn.Module().register_parameter("x", lib.ones(1)),
        lambda lib: lib.nn.Module().register_buffer("x", 5),
        lambda lib: family(lib).register_buffer("weight", lib.ones(1)),
        lambda lib: family(lib).to(lib.int64),
        lambda lib: family(lib).to(lib.ones(1, dtype=lib.int64)),
        lambda lib: family(lib).type(lib.int64),
        lambda lib: family(lib).to(dtype=lib.float64, copy=True),
        lambda lib: family(lib).to("cpu", lib.float64, False, False),
        premature(lambda lib: None, "register_parameter"),
        premature(lambda lib: None, "register_buffer"),
        lambda lib: lib.nn.Module().register_parameter("x", computed_parameter(lib)),
        *(
            lambda lib, kind=kind, name=name: getattr(family(lib), kind)(name, None)
            for kind in ("register_parameter", "register_buffer", "add_module")
            for name in ("a.b", "", 3, "training", "forward")
        ),
        lambda lib: family(lib).register_parameter("count", None),
        lambda lib: family(lib).register_parameter("first", None),
        lambda lib: family(lib).register_buffer("first", None),
        lambda lib: family(lib).add_module("weight", lib.nn.ReLU()),
        lambda lib: family(lib).add_module("x", lib.ones(1)),
        lambda lib: family(lib).add_module("x", 5),
        lambda lib: setattr(family(lib), "a.b", lib.nn.Parameter(lib.ones(1))),
        lambda lib: lib.nn.Module(3),
        lambda lib: lib.nn.Module(x=3),
        lambda lib: type("Net", (lib.nn.Module,), {"__init__": lambda self: None})()(1),
        lambda lib: type("Net", (lib.nn.Module,), {"bad": property(lambda self: self.unknown)})().bad,
    ],
    ids=[
        "a tensor for a parameter", "a float64 tensor for a parameter", "a number for a parameter",
        "a string for a parameter", "a tensor for a module", "a list for a module", "a number for a buffer",
        "a module before init", "a parameter before init", "an unknown attribute", "deleting an unknown attribute",
        "no forward", "train with a string", "registering a tensor as a parameter",
        "registering a number as a buffer", "a name twice", "to an integer dtype", "to an integer tensor's dtype",
        "an integer type", "to a copy", "to no copy", "registering a parameter before init",
        "registering a buffer before init", "a computed parameter",
        *(f"{kind} as {name!r}" for kind in ("parameter", "buffer", "module")
          for name in ("a.b", "", 3, "training", "forward")),
        "a buffer's name for a parameter", "a module's name for a parameter", "a module's name for a buffer",
        "a parameter's name for a module", "adding a tensor", "adding a number", "a dot in an assigned name",
        "an argument too many", "a keyword too many", "called before init", "an error inside a property",
    ],
)  # fmt: skip
def test_a_mistake_is_answered_in_torchs_words(program):
    assert_same_full_error(program)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda lib, net: net.to(lib.float32, lib.float64),
        lambda lib, net: net.to(lib.ones(1), lib.float64),
        lambda lib, net: net.to("cpu", lib.ones(1)),
        lambda lib, net: net.to(lib.float64, device="cpu"),
        lambda lib, net: net.to(dtype="float64"),
        lambda lib, net: net.to(dtype=lib.float64, copy=None),
        lambda lib, net: net.to(other=lib.ones(1)),
        lambda lib, net: net.to("cpu", device="cpu"),
        lambda lib, net: net.to([1]),
    ],
)
def test_arguments_of_to_that_are_of_no_form_are_refused(attempt):
    (ours, our_text), (theirs, their_text) = (error_of(lambda lib: attempt(lib, family(lib)), lib) for lib in LIBRARIES)
    assert ours is theirs is TypeError
    assert our_text.split(" - ")[0] == their_text.split(" - ")[0] == "to() received an invalid combination of arguments"


@BOTH
@pytest.mark.parametrize(
    "change",
    [
        lambda lib, net: net.to(tensor=lib.ones(1, dtype=lib.float64)),
        lambda lib, net: net.to(lib.ones(1, dtype=lib.float64), True),
        lambda lib, net: net.to("cpu", lib.float64, True),
        lambda lib, net: net.to(None, lib.float64),
        lambda lib, net: net.to(lib.float64, non_blocking=True),
        lambda lib, net: net.to(device="cpu", dtype=lib.float64),
    ],
)
def test_the_forms_of_to(lib, change):
    net = family(lib)
    assert change(lib, net) is net and net.weight.dtype == lib.float64


@BOTH
def test_a_module_cannot_take_the_place_of_a_parameter(lib):
    with pytest.raises(TypeError, match=r"cannot assign '.*ReLU' as parameter 'weight'"):
        lib.nn.Linear(1, 1).weight = lib.nn.ReLU()


@BOTH
def test_plain_attributes_may_be_set_before_init(lib):
    class Net(lib.nn.Module):
        def __init__(self) -> None:
            self.width = 3
            super().__init__()

    assert Net().width == 3


# -- State


@BOTH
def test_the_state_shares_the_modules_memory_and_asks_for_no_gradient(lib):
    layer = lib.nn.Linear(2, 2)
    state = layer.state_dict()
    assert isinstance(state, OrderedDict) and not state["weight"].requires_grad
    state["weight"].fill_(7)
    assert layer.weight.detach().tolist() == [[7, 7], [7, 7]] and state["weight"].data_ptr() == layer.weight.data_ptr()


@BOTH
def test_the_state_may_be_the_tensors_themselves(lib):
    layer = lib.nn.Linear(2, 2)
    assert layer.state_dict(keep_vars=True)["weight"] is layer.weight


@BOTH
def test_a_module_below_may_say_what_its_state_is(lib):
    class Counted(lib.nn.Linear):
        def state_dict(self, *args: Any, **kwargs: Any) -> Any:
            state = super().state_dict(*args, **kwargs)
            state[kwargs["prefix"] + "more"] = lib.ones(1)
            return state

    assert list(lib.nn.Sequential(Counted(1, 1)).state_dict()) == ["0.weight", "0.bias", "0.more"]


@BOTH
def test_a_state_may_be_assigned_instead_of_copied(lib):
    layer, weight = lib.nn.Linear(2, 2), lib.nn.Parameter(lib.ones(2, 2))
    layer.weight.requires_grad_(False)
    state = {"weight": weight, "bias": lib.ones(2).double()}
    assert repr(layer.load_state_dict(state, assign=True)) == "<All keys matched successfully>"
    assert layer.weight is weight and not weight.requires_grad
    assert type(layer.bias) is lib.nn.Parameter and layer.bias.requires_grad and layer.bias.dtype is lib.float64
    assert layer.bias.data_ptr() == state["bias"].data_ptr()
    net = family(lib)
    count = lib.ones(1)
    net.load_state_dict({"count": count}, strict=False, assign=True)
    assert net.count is count


@BOTH
def test_a_state_of_one_element_fits_a_tensor_without_dimensions(lib):
    net = lib.nn.Module()
    net.scale = lib.nn.Parameter(lib.tensor(1.0))
    net.load_state_dict({"scale": lib.tensor([3.0])})
    assert net.scale.item() == 3 and net.scale.shape == ()


@BOTH
def test_loading_a_state_copies_it_into_the_same_parameters(lib):
    source, target = lib.nn.Linear(2, 3), lib.nn.Linear(2, 3)
    weight, memory = target.weight, target.weight.data_ptr()
    result = target.load_state_dict(source.state_dict())
    assert repr(result) == "<All keys matched successfully>" and str(result) == repr(result)
    assert target.weight is weight and weight.data_ptr() == memory and weight.requires_grad
    assert weight.tolist() == source.weight.tolist() and memory != source.weight.data_ptr()


@BOTH
def test_loading_casts_to_the_modules_dtype(lib):
    layer = lib.nn.Linear(2, 2)
    layer.load_state_dict({"weight": lib.ones(2, 2).double(), "bias": lib.zeros(2, dtype=lib.int64)})
    assert layer.weight.dtype is lib.float32 and layer.bias.tolist() == [0, 0]


def state_with(lib: Any, **changes: Any) -> dict[str, Any]:
    """The state of `family`, with some entries changed, added, or, if None, left out; `__` in a name is a dot."""
    state = dict(family(lib).state_dict())
    for name, value in changes.items():
        state[name.replace("__", ".")] = value
    return {name: value for name, value in state.items() if value is not None}


STATES = {
    "missing": lambda lib: state_with(lib, weight=None),
    "several missing": lambda lib: state_with(lib, weight=None, first__fc__bias=None, count=None, later__scale=None),
    "unexpected": lambda lib: state_with(lib, more=lib.ones(1)),
    "unexpected below a child": lambda lib: state_with(lib, first__more=lib.ones(1), first__fc__x__y=lib.ones(1)),
    "another size": lambda lib: state_with(lib, weight=lib.ones(3, 2)),
    "another number of dimensions": lambda lib: state_with(lib, weight=lib.ones(4), first__fc__weight=lib.ones(6)),
    "all at once": lambda lib: state_with(
        lib, weight=lib.ones(3), more=lib.ones(1), first__scale=None, other__x=lib.ones(1), later__fc__bias=None
    ),
    "unexpected in the order of the tree": lambda lib: (
        {"first.x": 1, "x": 2, "count.x": 4, "": 5, ".": 6} | state_with(lib)
    ),
    "what stands for nothing": lambda lib: state_with(
        lib, nothing=lib.ones(1), empty=lib.ones(1), cache=lib.ones(2), absent=lib.ones(1), absent__weight=lib.ones(1)
    ),
    "another size and no tensors": lambda lib: state_with(lib, count=5, first__scale=[1], later__scale=lib.ones(2)),
    "nothing": lambda lib: {},
    "none of it": lambda lib: {"a": lib.ones(1), "b.c": lib.ones(2)},
}


@pytest.mark.parametrize("name", STATES)
def test_a_state_that_does_not_fit_is_refused_with_torchs_list(name):
    assert_same_full_error(lambda lib: family(lib).load_state_dict(STATES[name](lib)))


@pytest.mark.parametrize("name", [name for name in STATES if "size" not in name and "dim" not in name])
def test_a_lenient_load_tells_what_was_missing_and_what_was_left_over(name):
    def program(lib: Any) -> list[str]:
        state = {key: value for key, value in STATES[name](lib).items() if key != "weight"}
        result = family(lib).load_state_dict(state, strict=False)
        return [repr(result), str(result), str(result.missing_keys), str(result.unexpected_keys)]

    assert_same(program)


def test_a_wrong_size_is_refused_also_by_a_lenient_load():
    assert_same_full_error(lambda lib: family(lib).load_state_dict(STATES["all at once"](lib), strict=False))


@pytest.mark.parametrize("wrong", ["weight", "bias"])
def test_what_a_refused_load_leaves_of_the_module(wrong):
    """Torch copies what fits before it raises. minigrad promises more: nothing is copied."""
    net = minigrad.nn.Linear(2, 2)
    before = {name: tensor.tolist() for name, tensor in net.state_dict().items()}
    state = {"weight": minigrad.ones(2, 2), "bias": minigrad.ones(2)} | {wrong: minigrad.ones(5)}
    with pytest.raises(RuntimeError, match="size mismatch"):
        net.load_state_dict(state)
    assert {name: tensor.tolist() for name, tensor in net.state_dict().items()} == before


def test_a_state_that_is_no_mapping_is_refused():
    assert_same_full_error(lambda lib: lib.nn.Linear(1, 1).load_state_dict(5))


def test_a_state_knows_the_version_of_each_module():
    def program(lib: Any) -> Any:
        net = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.Sequential(lib.nn.BatchNorm1d(2)))
        bare = net.state_dict(destination={})
        return list(net.state_dict(prefix="net.")._metadata.items()), hasattr(bare, "_metadata")

    assert_same(program)


@BOTH
def test_loading_returns_what_is_called_incompatible_keys(lib):
    result = lib.nn.Linear(1, 1).load_state_dict({}, strict=False)
    assert type(result).__name__ == "_IncompatibleKeys" and tuple(result) == (["weight", "bias"], [])
    assert str(result) == "_IncompatibleKeys(missing_keys=['weight', 'bias'], unexpected_keys=[])"


@BOTH
def test_loading_is_not_recorded_and_counts_as_a_write(lib):
    layer = lib.nn.Linear(2, 2)
    version = layer.weight._version
    layer.load_state_dict(lib.nn.Linear(2, 2).state_dict())
    assert layer.weight.is_leaf and layer.weight._version > version


# -- Modes, gradients, dtypes


@BOTH
def test_train_and_eval_reach_every_module(lib):
    net = family(lib)
    assert net.training and net.eval() is net and not any(module.training for module in net.modules())
    assert net.train() is net and all(module.training for module in net.modules())
    net.first.train(False)
    assert net.training and not net.first.fc.training and net.second.training


@BOTH
def test_zero_grad_forgets_the_gradients(lib):
    layer = lib.nn.Linear(2, 2)
    layer.zero_grad()
    layer(lib.ones(1, 2)).sum().backward()
    gradient = layer.weight.grad
    layer.zero_grad(set_to_none=False)
    assert layer.weight.grad is gradient and gradient.tolist() == [[0, 0], [0, 0]]
    layer.zero_grad()
    assert layer.weight.grad is None and layer.bias.grad is None


@pytest.mark.filterwarnings("ignore:Using backward:UserWarning")
@BOTH
def test_zeroed_gradients_of_a_recorded_backward_are_recorded_no_longer(lib):
    layer = lib.nn.Linear(1, 1)
    (layer.weight**2).sum().backward(create_graph=True)
    assert layer.weight.grad.requires_grad
    layer.zero_grad(set_to_none=False)
    assert not layer.weight.grad.requires_grad and layer.weight.grad.tolist() == [[0]]


@BOTH
def test_each_module_is_put_into_training_by_its_own_train(lib):
    class Frozen(lib.nn.Linear):
        def train(self, mode: bool = True) -> Any:
            return super().train(False)

    net = lib.nn.Sequential(Frozen(1, 1), lib.nn.ReLU()).train()
    assert not net[0].training and net[1].training


@BOTH
def test_requires_grad_freezes_and_thaws_every_parameter(lib):
    net = family(lib)
    assert net.requires_grad_(False) is net and not any(parameter.requires_grad for parameter in net.parameters())
    assert not net.second(lib.ones(1, 3)).requires_grad
    assert all(parameter.requires_grad for parameter in net.requires_grad_().parameters())


@BOTH
def test_another_dtype_changes_parameters_gradients_and_floating_buffers_in_place(lib):
    net = family(lib)
    net.register_buffer("steps", lib.zeros(1, dtype=lib.int64))
    net.second(lib.ones(1, 3)).sum().backward()
    weight, parameters = net.weight, list(net.parameters())
    assert net.double() is net and net.weight is weight
    assert all(new is old for new, old in zip(net.parameters(), parameters, strict=True))
    assert all(parameter.dtype is lib.float64 and parameter.requires_grad for parameter in parameters)
    assert net.shared.weight.grad.dtype is lib.float64
    assert net.count.dtype is lib.float64 and net.steps.dtype is lib.int64
    assert net.to(lib.float32).weight.dtype is lib.float32 and net.float().count.dtype is lib.float32


@BOTH
def test_a_change_of_dtype_gives_buffers_new_tensors_and_gradients_their_old_ones(lib):
    net = family(lib)
    net.second(lib.ones(1, 3)).sum().backward()
    count, gradient = net.count, net.shared.weight.grad
    net.double()
    assert net.count is not count and count.dtype is lib.float32
    assert net.shared.weight.grad is gradient and gradient.dtype is lib.float64
    count = net.count
    assert net.to(lib.ones(1).double()).count is count


@BOTH
def test_type_casts_integers_too(lib):
    net = family(lib)
    net.register_buffer("steps", lib.zeros(1, dtype=lib.int64))
    assert net.type(lib.float64) is net and net.steps.dtype is lib.float64 and net.weight.dtype is lib.float64
    assert net.type("torch.FloatTensor").steps.dtype is lib.float32


@BOTH
def test_a_module_moved_to_its_own_device_stays_as_it_is(lib):
    net = family(lib)
    memory = [parameter.data_ptr() for parameter in net.parameters()]
    assert net.to(lib.device("cpu")) is net and net.to("cpu") is net and net.cpu() is net
    assert [parameter.data_ptr() for parameter in net.parameters()] == memory
    assert net.to("cpu", lib.float64).weight.dtype is lib.float64


@BOTH
def test_a_leaf_stays_trainable_after_a_change_of_dtype(lib):
    layer = lib.nn.Linear(2, 1).double()
    layer(lib.ones(1, 2).double()).sum().backward()
    assert layer.weight.is_leaf and layer.weight.grad.dtype is lib.float64


def test_a_module_cannot_move_to_a_gpu_and_says_where_one_is():
    with pytest.raises(RuntimeError, match="torch_ref"):
        minigrad.nn.Linear(1, 1).to("cuda")


@BOTH
def test_a_state_survives_a_change_of_dtype_and_a_load(lib):
    layer = lib.nn.Linear(2, 2)
    state = copy.deepcopy(layer.state_dict())
    layer.double().load_state_dict(state)
    assert layer.weight.dtype is lib.float64 and layer.weight.float().tolist() == state["weight"].tolist()


# -- Copies


@BOTH
def test_a_deep_copy_has_the_same_values_in_memory_of_its_own(lib):
    net = family(lib)
    net.second(lib.ones(1, 3)).sum().backward()
    twin = copy.deepcopy(net)
    assert type(twin) is type(net) and list(twin.state_dict()) == list(net.state_dict())
    assert all(type(parameter) is lib.nn.Parameter and parameter.requires_grad for parameter in twin.parameters())
    assert twin.shared is twin.second[0] and twin.shared is not net.shared
    assert twin.shared.weight.grad is None and net.shared.weight.grad is not None
    before = net.first.fc.weight.tolist()
    twin.first.fc.weight.data.fill_(9)
    twin.weight.grad = lib.ones(2, 2)
    assert net.first.fc.weight.tolist() == before and net.weight.grad is None


@BOTH
def test_a_deep_copy_of_tied_weights_is_tied(lib):
    twin = copy.deepcopy(tied(lib))
    assert twin[0].weight is twin[1].weight


@BOTH
def test_a_pickled_layer_comes_back_the_same(lib):
    layer = lib.nn.Linear(2, 2)
    layer.weight.requires_grad_(False)
    twin = pickle.loads(pickle.dumps(layer))
    assert twin.weight.tolist() == layer.weight.tolist() and type(twin.bias) is lib.nn.Parameter
    assert twin.bias.requires_grad and not twin.weight.requires_grad


@BOTH
def test_a_pickled_network_comes_back_whole(lib):
    net = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.Dropout(), lib.nn.Sequential(lib.nn.Linear(2, 2))).eval()
    net[2][0].weight = net[0].weight
    net.register_buffer("cache", lib.ones(1), persistent=False)
    twin = pickle.loads(pickle.dumps(net))
    assert repr(twin) == repr(net) and list(twin.state_dict()) == list(net.state_dict())
    assert twin[2][0].weight is twin[0].weight and not twin[1].training and twin.cache.tolist() == [1]


@BOTH
def test_a_copied_parameter_is_laid_out_as_it_was(lib):
    parameter = lib.nn.Parameter(lib.nn.Parameter(lib.ones(3, 2)).detach().t())
    assert copy.deepcopy(parameter).stride() == (1, 2) == pickle.loads(pickle.dumps(parameter)).stride()


# -- Text


@pytest.mark.parametrize("name", minigrad.models.__all__)
def test_the_two_networks_print_as_torch_prints_them(name):
    assert repr(getattr(minigrad.models, name)()) == repr(getattr(torch_ref.models, name)())


def with_extra(lib: Any, text: str, *children: Any) -> Any:
    net = type("Net", (lib.nn.Module,), {"extra_repr": lambda self: text})()
    for number, child in enumerate(children):
        setattr(net, f"child{number}", child)
    return net


@pytest.mark.parametrize(
    "make",
    [
        family,
        tied,
        lambda lib: lib.nn.Module(),
        lambda lib: lib.nn.Sequential(),
        lambda lib: lib.nn.Sequential(lib.nn.Sequential(lib.nn.Sequential(lib.nn.ReLU())), lib.nn.Flatten()),
        lambda lib: lib.nn.Sequential(OrderedDict(conv=lib.nn.Conv2d(1, 2, 3), act=lib.nn.ReLU(inplace=True))),
        lambda lib: with_extra(lib, "one line"),
        lambda lib: with_extra(lib, "two\nlines"),
        lambda lib: with_extra(lib, "one line", lib.nn.ReLU()),
        lambda lib: with_extra(lib, "two\nlines", lib.nn.Sequential(lib.nn.ReLU())),
        lambda lib: lib.nn.Sequential(*(lib.nn.Linear(2, 2) for _ in range(3))),
        lambda lib: lib.nn.Sequential(
            lib.nn.ReLU(), lib.nn.ReLU(), lib.nn.ReLU(), lib.nn.Flatten(), lib.nn.ReLU(), *[lib.nn.Flatten()] * 2
        ),
    ],
)
def test_nested_modules_print_as_torch_prints_them(make):
    assert_same(lambda lib: repr(make(lib)))


# -- Parameter


@BOTH
def test_a_parameter_shares_its_tensors_memory_and_requires_grad(lib):
    tensor = lib.zeros(2)
    parameter = lib.nn.Parameter(tensor)
    tensor.fill_(3)
    assert parameter.tolist() == [3, 3] and parameter.requires_grad and parameter.is_leaf
    assert isinstance(parameter, lib.Tensor) and not lib.nn.Parameter(tensor, requires_grad=False).requires_grad


def test_a_parameter_prints_as_torch_prints_it():
    for data in (lambda lib: lib.arange(3.0), lambda lib: lib.ones(2, 2).double(), lambda lib: lib.zeros(0)):
        assert_same(lambda lib, data=data: repr(lib.nn.Parameter(data(lib))))
        assert_same(lambda lib, data=data: repr(lib.nn.Parameter(data(lib), requires_grad=False)))
    assert_same(lambda lib: repr(lib.nn.Parameter()))


@BOTH
def test_what_is_computed_from_a_parameter_is_no_parameter(lib):
    parameter = lib.nn.Parameter(lib.ones(2))
    assert not isinstance(parameter * 2, lib.nn.Parameter) and not isinstance(parameter.detach(), lib.nn.Parameter)


def test_a_parameter_of_integers_is_refused():
    assert_same_full_error(lambda lib: lib.nn.Parameter(lib.ones(2, dtype=lib.int64)))


# -- A whole network


def test_a_network_called_with_keywords_passes_them_on():
    def program(lib: Any) -> Any:
        net = type("Net", (lib.nn.Module,), {"forward": lambda self, x, *, factor: x * factor})()
        return net(lib.ones(2), factor=3).tolist()

    assert_same(program)


def test_weights_travel_between_the_libraries_through_state_dicts():
    theirs = torch_ref.models.LeNet()
    ours = minigrad.models.LeNet()
    ours.load_state_dict({name: minigrad.from_numpy(t.numpy()) for name, t in theirs.state_dict().items()})
    x = np.random.default_rng(0).standard_normal((2, 1, 32, 32)).astype(np.float32)
    assert_same_tensor(ours(minigrad.from_numpy(x)), theirs(torch.from_numpy(x)), "scores")
