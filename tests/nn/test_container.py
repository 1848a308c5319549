"""Sequential, ModuleList, ModuleDict: what is in them after each change, their text, their errors."""

from collections import OrderedDict
from types import MappingProxyType
from typing import Any

import pytest
import torch
from outcomes import BOTH, assert_same, assert_same_full_error

import minigrad
import minigrad.nn.container

HOME = {minigrad: minigrad.nn.container, torch: torch.nn.modules.container}


def chain(lib: Any) -> Any:
    nn = lib.nn
    return nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Dropout())


def named(lib: Any) -> Any:
    return lib.nn.Sequential(OrderedDict(a=lib.nn.ReLU(), b=lib.nn.Flatten(), c=lib.nn.Dropout()))


def listed(lib: Any) -> Any:
    return HOME[lib].ModuleList(chain(lib))


def mapped(lib: Any) -> Any:
    return HOME[lib].ModuleDict({"b": lib.nn.ReLU(), "a": lib.nn.Flatten()})


def assign(index: Any, value: Any) -> Any:
    def change(lib: Any, net: Any) -> None:
        net[index] = value(lib)

    return change


def delete(index: Any) -> Any:
    def change(lib: Any, net: Any) -> None:
        del net[index]

    return change


def relu(lib: Any) -> Any:
    return lib.nn.ReLU()


def contents(make: Any, change: Any) -> Any:
    """What a container holds after a change, and what the change returned."""

    def program(lib: Any) -> Any:
        net = make(lib)
        returned = change(lib, net)
        return repr(net), list(net._modules), returned is net, repr(returned)

    return program


CHANGES = {
    "append": lambda lib, net: net.append(relu(lib)),
    "append nothing": lambda lib, net: net.append(None),
    "extend": lambda lib, net: net.extend([relu(lib), lib.nn.Linear(1, 1)]),
    "extend by a sequential": lambda lib, net: net.extend(chain(lib)),
    "set": assign(0, relu),
    "set the last": assign(-1, relu),
    "set to nothing": assign(1, lambda lib: None),
    "delete": delete(0),
    "delete the last": delete(-1),
    "delete a slice": delete(slice(0, 2)),
    "delete every other": delete(slice(None, None, 2)),
    "pop": lambda lib, net: net.pop(1),
    "pop the last": lambda lib, net: net.pop(-1),
    "slice": lambda lib, net: net[1:],
    "backwards": lambda lib, net: net[::-1],
    "take": lambda lib, net: net[lib.tensor(1)],
    "its names": lambda lib, net: [name for name in dir(net) if name[:1].isdigit()],
}
INSERTIONS = {place: (lambda lib, net, place=place: net.insert(place, relu(lib)) and None) for place in (0, 1, 3)}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("make", [chain, named, listed])
def test_a_sequence_of_modules_after_a_change(make, name):
    assert_same(contents(make, CHANGES[name]))


@pytest.mark.parametrize("place", INSERTIONS)
@pytest.mark.parametrize("make", [chain, listed])
def test_a_module_is_put_where_it_was_asked_for(make, place):
    assert_same(contents(make, INSERTIONS[place]))


@pytest.mark.parametrize(
    "change",
    [
        lambda lib, net: net.insert(-1, relu(lib)),
        lambda lib, net: net + chain(lib),
        lambda lib, net: net.__iadd__(chain(lib)),
        lambda lib, net: net * 2,
        lambda lib, net: 3 * net,
        lambda lib, net: net.__imul__(2),
        lambda lib, net: [(net * 2)[0] is net[0], (net + net)[3] is net[0]],
    ],
)
def test_a_sequential_is_added_and_multiplied(change):
    assert_same(contents(chain, change))


@pytest.mark.parametrize(
    "change",
    [
        lambda lib, net: net + [relu(lib)],
        lambda lib, net: net + listed(lib),
        lambda lib, net: net.__iadd__([relu(lib)]),
        lambda lib, net: HOME[lib].ModuleList(relu(lib) for _ in range(2)),
        lambda lib, net: HOME[lib].ModuleList(),
        lambda lib, net: HOME[lib].ModuleList([HOME[lib].ModuleList(), listed(lib), listed(lib), relu(lib)]),
        lambda lib, net: HOME[lib].ModuleList([relu(lib), relu(lib), lib.nn.Flatten(), relu(lib)]),
    ],
)
def test_a_module_list_is_added_to_and_folds_what_reads_alike(change):
    assert_same(contents(listed, change))


@pytest.mark.parametrize(
    "change",
    [
        lambda lib, net: net.update({"c": relu(lib), "b": lib.nn.Flatten()}),
        lambda lib, net: net.update([("d", relu(lib)), ["c", relu(lib)]]),
        lambda lib, net: net.update(HOME[lib].ModuleDict({"c": relu(lib)})),
        lambda lib, net: net.update(MappingProxyType({"z": relu(lib), "c": relu(lib)})),
        assign("c", relu),
        assign("c", lambda lib: None),
        delete("b"),
        lambda lib, net: net.pop("b"),
        lambda lib, net: net.clear(),
        lambda lib, net: [list(net), list(net.keys()), len(net), "a" in net, "c" in net, net["a"]],
        lambda lib, net: [net.items(), net.values(), net.keys()],
        lambda lib, net: HOME[lib].ModuleDict(),
    ],
)
def test_a_module_dict_after_a_change(change):
    assert_same(contents(mapped, change))


@BOTH
def test_slices_and_sums_have_the_class_that_torch_gives_them(lib):
    sequence, list_ = type("S", (lib.nn.Sequential,), {}), type("L", (HOME[lib].ModuleList,), {})
    assert type(sequence(relu(lib))[:]) is sequence and type(list_([relu(lib)])[:]) is list_
    assert type(sequence(relu(lib)) + chain(lib)) is lib.nn.Sequential
    assert type(list_([relu(lib)]) + [relu(lib)]) is HOME[lib].ModuleList


@BOTH
def test_parameters_in_a_list_and_a_dict_are_found(lib):
    net = HOME[lib].ModuleDict({"head": HOME[lib].ModuleList([lib.nn.Linear(2, 2), lib.nn.Linear(2, 1, bias=False)])})
    names = ["head.0.weight", "head.0.bias", "head.1.weight"]
    assert [name for name, _ in net.named_parameters()] == names == list(net.state_dict())


def change_of(make: Any, change: Any) -> Any:
    return lambda lib: change(lib, make(lib))


@pytest.mark.parametrize(
    "program",
    [
        *(
            change_of(make, change)
            for make in (chain, listed)
            for change in (
                lambda lib, net: net.append(5),
                lambda lib, net: net.extend(5),
                lambda lib, net: net.extend([5]),
                lambda lib, net: net.extend(net),
                assign(3, relu),
                assign(0, lambda lib: 5),
                assign(slice(0, 1), relu),
                assign("a", relu),
                delete(9),
                lambda lib, net: net.pop(9),
                lambda lib, net: net[-4],
                lambda lib, net: net["a"],
                lambda lib, net: net[1.0],
                lambda lib, net: net + 5,
            )
        ),
        change_of(chain, lambda lib, net: net.insert(4, relu(lib))),
        change_of(chain, lambda lib, net: net.insert(-4, relu(lib))),
        change_of(chain, lambda lib, net: net.insert(0, 5)),
        change_of(named, lambda lib, net: net.insert(0, relu(lib))),
        change_of(chain, lambda lib, net: net + listed(lib)),
        change_of(chain, lambda lib, net: net.__iadd__([relu(lib)])),
        change_of(chain, lambda lib, net: net * 0),
        change_of(chain, lambda lib, net: net * 1.5),
        change_of(chain, lambda lib, net: net()),
        lambda lib: lib.nn.Sequential([relu(lib)]),
        lambda lib: lib.nn.Sequential({"a": relu(lib)}),
        lambda lib: lib.nn.Sequential(OrderedDict({"a.b": relu(lib)})),
        lambda lib: lib.nn.Sequential(OrderedDict({"": relu(lib)})),
        lambda lib: lib.nn.Sequential(OrderedDict({1: relu(lib)})),
        lambda lib: lib.nn.Sequential(OrderedDict({"forward": relu(lib)})),
        lambda lib: HOME[lib].ModuleList(relu(lib)),
        lambda lib: HOME[lib].ModuleList([5]),
        lambda lib: HOME[lib].ModuleList({"a": relu(lib)}),
        lambda lib: listed(lib)(1),
        lambda lib: [relu(lib)] + listed(lib),
        lambda lib: HOME[lib].ModuleDict(5),
        lambda lib: HOME[lib].ModuleDict([5]),
        lambda lib: HOME[lib].ModuleDict([("a",)]),
        lambda lib: HOME[lib].ModuleDict([("a", relu(lib), 3)]),
        lambda lib: HOME[lib].ModuleDict({"a": 5}),
        lambda lib: HOME[lib].ModuleDict({1: relu(lib)}),
        lambda lib: HOME[lib].ModuleDict({"a.b": relu(lib)}),
        lambda lib: HOME[lib].ModuleDict({"": relu(lib)}),
        lambda lib: HOME[lib].ModuleDict({"keys": relu(lib)}),
        lambda lib: HOME[lib].ModuleDict({"training": relu(lib)}),
        lambda lib: HOME[lib].ModuleDict("ab"),
        lambda lib: mapped(lib)(1),
        change_of(mapped, lambda lib, net: net["c"]),
        change_of(mapped, lambda lib, net: net.pop("c")),
        change_of(mapped, delete("c")),
        change_of(mapped, lambda lib, net: net.update(None)),
        change_of(mapped, assign("x", lambda lib: 5)),
        change_of(mapped, assign(3, relu)),
    ],
)
def test_a_mistake_with_a_container_is_answered_in_torchs_words(program):
    assert_same_full_error(program)


@pytest.mark.parametrize("place", [-1, -3])
def test_a_module_list_counts_from_the_end_where_torch_loses_a_module(place):
    net = listed(minigrad)
    net.insert(place, relu(minigrad))
    assert list(net._modules) == ["0", "1", "2", "3"] and isinstance(net[place - 1], minigrad.nn.ReLU)


@BOTH
def test_a_sequential_is_a_sequence(lib):
    layers = [lib.nn.Linear(2, 3), lib.nn.ReLU(), lib.nn.Linear(3, 1)]
    net = lib.nn.Sequential(*layers)
    assert len(net) == 3 and list(net) == layers and net[0] is layers[0] and net[-1] is layers[2]
    assert isinstance(net[1:], lib.nn.Sequential) and list(net[1:]) == layers[1:] and list(net[::-2]) == layers[::-2]
    assert list(lib.nn.Sequential()) == [] and len(net[5:]) == 0


def test_a_slice_of_a_sequential_keeps_the_names():
    assert_same(lambda lib: repr(lib.nn.Sequential(lib.nn.ReLU(), lib.nn.Flatten(), lib.nn.ReLU())[1:]))


@BOTH
def test_a_sequential_of_named_modules_knows_them_by_name(lib):
    net = lib.nn.Sequential(OrderedDict([("fc", lib.nn.Linear(2, 2)), ("act", lib.nn.ReLU())]))
    assert net.fc is net[0] and list(net.state_dict()) == ["fc.weight", "fc.bias"]


@BOTH
def test_a_sequential_applies_its_modules_in_order(lib):
    net = lib.nn.Sequential(lib.nn.Linear(1, 1), lib.nn.ReLU())
    net[0].load_state_dict({"weight": lib.tensor([[-1.0]]), "bias": lib.tensor([2.0])})
    assert net(lib.tensor([[1.0], [5.0]])).tolist() == [[1], [0]]


@pytest.mark.parametrize("index", [3, -4])
def test_an_index_outside_a_sequential_is_an_error(index):
    assert_same_full_error(lambda lib: lib.nn.Sequential(*(lib.nn.ReLU() for _ in range(3)))[index])


def test_what_is_no_module_cannot_be_in_a_sequential():
    assert_same_full_error(lambda lib: lib.nn.Sequential(lib.nn.ReLU(), 5))
