"""The walker on graphs that are made for it: both libraries, shared nodes, missing edges, depth, and a difference."""

import re
from dataclasses import replace
from typing import Any

import pytest
import torch

import minigrad
from comparisons.__main__ import main
from comparisons.graph_nodes import (
    INDENT,
    Row,
    first_difference,
    gradients_along_edges,
    noting_makers,
    saved_by,
    visits,
    walk,
)
from comparisons.graph_text import draw, saved_table, verdict

LIBRARIES = (minigrad, torch)


def rows_of(loss: Any, **parameters: Any) -> list[Row]:
    return walk(loss.grad_fn, {id(parameter): name for name, parameter in parameters.items()})


def leaf(library: Any, *shape: int) -> Any:
    return library.ones(*shape, requires_grad=True)


def texts(rows: list[Row]) -> list[str]:
    return [row.text() for row in rows]


def a_linear_layer(library: Any) -> list[Row]:
    weight, bias = leaf(library, 2, 3), leaf(library, 2)
    loss = library.nn.functional.linear(library.ones(4, 3), weight, bias).sum()
    return rows_of(loss, weight=weight, bias=bias)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_line_names_edge_node_shape_and_parameter(library: Any) -> None:
    assert texts(a_linear_layer(library)) == [
        "SumBackward0 ()",
        "0: AddmmBackward0 (4, 2)",
        "├ 0: AccumulateGrad (2,) bias",
        "├ 1: None",
        "└ 2: TBackward0 (3, 2)",
        "  0: AccumulateGrad (2, 3) weight",
    ]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_node_reached_twice_is_printed_once_and_named_again_with_its_line(library: Any) -> None:
    x = leaf(library, 2)
    y = x * x
    assert texts(rows_of((y + y).sum(), x=x)) == [
        "SumBackward0 ()",
        "0: AddBackward0 (2,)",
        "├ 0: MulBackward0 (2,)",
        "│ ├ 0: AccumulateGrad (2,) x",
        "│ └ 1: AccumulateGrad (2,) x, see line 4",
        "└ 1: MulBackward0 (2,), see line 3",
    ]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_chain_of_doublings_is_as_long_as_its_nodes_not_as_its_paths(library: Any) -> None:
    x = leaf(library, 2)
    y = x
    for _ in range(40):
        y = y + y  # 2⁴⁰ paths
    assert len(rows_of(y.sum(), x=x)) == 2 + 2 * 40


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("grow", [lambda y: y.relu(), lambda y: y * 1], ids=["only children", "branches"])
def test_a_chain_of_10000_nodes_is_walked_and_stays_narrow(library: Any, grow: Any) -> None:
    y = leaf(library, 2)
    for _ in range(10_000):
        y = grow(y)
    rows = rows_of(y.sum())
    assert len(rows) >= 10_002
    assert max(len(row.lead) for row in rows) <= INDENT + 2


def test_a_leaf_that_is_no_parameter_is_said_to_be_none() -> None:
    assert texts(rows_of(leaf(minigrad, 2).sum())) == ["SumBackward0 ()", "0: AccumulateGrad (2,) unnamed"]


def test_equal_programs_give_equal_trees() -> None:
    ours, theirs = (a_linear_layer(library) for library in LIBRARIES)
    assert first_difference(ours, theirs) is None
    assert verdict(ours, theirs, None) == "The two graphs are the same: 5 nodes, 5 edges."


def test_the_first_of_several_differences_is_found_and_marked() -> None:
    x, y = leaf(minigrad, 3), leaf(torch, 3)
    ours = rows_of((x.relu() * 2).sum(), x=x)  # Sum(Mul(Relu(x), -))
    theirs = rows_of((y.exp() * 2).mean().abs(), x=y)
    assert first_difference(ours, theirs) == 1
    theirs = rows_of((y.exp() * 2).sum(), x=y)
    assert first_difference(ours, theirs) == 3

    for width in (200, 20):  # side by side, and one under the other
        drawn = draw(("minigrad", ours), ("torch", theirs), width)
        marked = [line for line in drawn.splitlines() if "≠" in line]
        assert "ReluBackward0" in marked[0] and "ExpBackward0" in marked[-1]
        assert len(marked) == (1 if width == 200 else 2)
        assert all("≠ 3" in line for line in marked)
    said = verdict(ours, theirs, 3)
    assert "line 3" in said and "ReluBackward0" in said and "ExpBackward0" in said


def test_another_shape_another_name_and_another_edge_are_differences() -> None:
    x = leaf(minigrad, 3)
    rows = rows_of((x + x).sum(), x=x)
    assert first_difference(rows, rows_of((leaf(minigrad, 4).relu() * 2).sum())) is not None
    x4 = leaf(minigrad, 4)
    assert first_difference(rows, rows_of((x4 + x4).sum(), x=x4)) == 2  # (3) and (4)
    assert first_difference(rows, rows_of((x + x).sum(), y=x)) == 3  # named x and y
    two = leaf(minigrad, 3)
    assert first_difference(rows, rows_of((x + two).sum(), x=x, two=two)) == 4  # x again, and another leaf


def test_a_tree_that_ends_early_differs_where_it_ends() -> None:
    rows = a_linear_layer(minigrad)
    assert first_difference(rows, rows[:-1]) == len(rows)
    for width in (200, 20):
        assert "≠" in draw(("minigrad", rows), ("torch", rows[:-1]), width)
    assert "(nothing)" in verdict(rows, rows[:-1], len(rows))


def test_trees_stand_side_by_side_where_there_is_room() -> None:
    ours, theirs = (a_linear_layer(library) for library in LIBRARIES)
    beside, below = (draw(("minigrad", ours), ("torch", theirs), width) for width in (100, 40))
    assert len(beside.splitlines()) == 1 + len(ours)
    assert len(below.splitlines()) == 2 * (1 + len(ours)) + 1
    assert all(len(line) <= 100 for line in beside.splitlines())
    assert all(len(line) <= 50 for line in below.splitlines())


# What is seen while the graph grows, and while a gradient runs through it


def watched(library: Any, value: Any, **parameters: Any) -> list[Row]:
    names = {id(parameter): name for name, parameter in parameters.items()}
    return walk(value.grad_fn, names, gradients=gradients_along_edges(value), saved=True)


@pytest.mark.parametrize("library", LIBRARIES)
def test_an_edge_carries_the_gradient_that_its_node_sent_out(library: Any) -> None:
    x, b = leaf(library, 2, 3), leaf(library, 3)
    rows = watched(library, (x.exp() + b).relu() * library.ones(2, 3), x=x, b=b)
    assert [(row.name, row.above, row.gradient) for row in rows] == [
        ("MulBackward0", None, None),
        ("ReluBackward0", 1, (2, 3)),
        ("AddBackward0", 2, (2, 3)),
        ("ExpBackward0", 3, (2, 3)),
        ("AccumulateGrad", 4, (2, 3)),
        ("AccumulateGrad", 3, (3,)),  # of b, which was stretched: the sum runs inside AddBackward0
        ("None", 1, None),
    ]
    assert tuple(b.grad.shape) == (3,)


@pytest.mark.parametrize("library", LIBRARIES)
def test_an_edge_that_no_gradient_takes_has_none(library: Any) -> None:
    x, y = leaf(library, 2), leaf(library, 2)
    largest = library.stack([x, y]).unbind(0)[0]  # of the two outputs of unbind, one is used
    rows = watched(library, largest, x=x, y=y)
    assert [row.gradient for row in rows if row.parameter] == [(2,), (2,)]

    class Stop(library.autograd.Function):  # type: ignore[name-defined,misc]
        """y = x, and nothing goes back."""

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return None

    rows = watched(library, Stop.apply(x) * 2, x=x)
    assert [row.gradient for row in rows] == [None, (2,), None, None]


@pytest.mark.parametrize("library", LIBRARIES)
def test_watching_a_backward_leaves_no_hook_and_keeps_what_was_saved(library: Any) -> None:
    x = leaf(library, 2)
    value = x.exp().sum()
    first, second = gradients_along_edges(value), gradients_along_edges(value)
    assert first == second and len(first) == 2
    value.backward()
    assert first == second
    assert x.grad.tolist() == pytest.approx([3 * 2.718281828] * 2)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_node_belongs_to_the_innermost_module_that_made_it(library: Any) -> None:
    nn = library.nn

    class Outer(nn.Module):  # type: ignore[name-defined,misc]
        """exp, a layer twice, an activation that writes in place, and a view of two outputs in a dict."""

        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 3)
            self.tail = nn.Sequential(nn.ReLU(inplace=True), nn.Identity())

        def forward(self, x: Any) -> Any:
            return {"out": [self.tail(self.layer(self.layer(x.exp()))) * 2]}

    model, x = Outer(), leaf(library, 2, 3)
    with noting_makers({"": model}) as makers:
        value = model(x * 3)["out"][0]
    rows = walk(value.abs().grad_fn, {}, makers)
    assert [(row.name, row.module) for row in rows if row.is_node and not row.parameter] == [
        ("AbsBackward0", ""),  # made outside
        ("MulBackward0", "Outer"),
        ("ReluBackward0", "tail.0 (ReLU)"),
        ("AddmmBackward0", "layer (Linear)"),
        ("AddmmBackward0", "layer (Linear)"),
        ("ExpBackward0", "Outer"),
        ("MulBackward0", ""),  # before the model
        ("TBackward0", "layer (Linear)"),
        ("TBackward0", "layer (Linear)"),
    ]
    count = len(makers)
    model(x * 3)
    assert len(makers) == count  # nobody watches any more


@pytest.mark.parametrize("library", LIBRARIES)
def test_saved_values_are_listed_with_shape_dtype_and_the_parameters_name(library: Any) -> None:
    w, x = leaf(library, 2), library.ones(2)
    product = x * w
    assert dict(saved_by(product.grad_fn, {id(w): "w"}))["self"] == "(2,) float32"
    assert dict(saved_by(product.sum().grad_fn, {})) == {"self_sym_sizes": "(2)"}
    result = product.exp()
    result.mul_(2)
    assert "refused: one of the variables" in dict(saved_by(result.grad_fn.next_functions[0][0], {}))["result"]


def test_the_table_of_saved_values_says_both_where_they_differ() -> None:
    ours, theirs = (
        watched(library, library.nn.functional.linear(x, leaf(library, 2, 3)), x=x)
        for library, x in [(library, leaf(library, 4, 3)) for library in LIBRARIES]
    )
    text = saved_table(("minigrad", ours), ("torch", theirs))
    assert "\n  1  MmBackward0\n" in text
    (line,) = (line for line in text.splitlines() if "mat2_sym_sizes" in line)
    assert line.split(maxsplit=1)[1] == "minigrad -, torch (3, 2)"
    (line,) = (line for line in text.splitlines() if line.split()[:1] == ["mat2"])
    assert line.split(maxsplit=1)[1] == "(3, 2) float32"


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_walk_does_not_enter_what_it_is_told_to_go_around(library: Any) -> None:
    x = leaf(library, 2)
    y = x.exp()
    names = [type(visit.node).__name__ for visit in visits((y.relu() + y).grad_fn, {y.grad_fn})]
    assert names == ["AddBackward0", "ReluBackward0"]


def test_another_module_and_another_gradient_are_differences_an_unknown_gradient_is_none() -> None:
    row = Row(2, "", 0, 0, "ExpBackward0", (3,), 1, "", None, 1, (3,), "fc1 (Linear)")
    assert not row.differs(row)
    assert row.differs(replace(row, module="fc2 (Linear)")) and row.differs(replace(row, gradient=(1, 3)))
    assert not row.differs(replace(row, gradient=None, saved=(("result", "(3) float32"),), lead="├ "))


def test_a_line_says_which_module_made_the_node_and_briefly_where_there_is_no_room() -> None:
    row = Row(2, "│ ├ ", 0, 0, "AddmmBackward0", (4, 10), 3, "", None, 1, (4, 10), "fc1 (Linear)")
    assert row.text() == "│ ├ 0: AddmmBackward0 (4, 10) by fc1 (Linear)"
    assert row.text(brief=True) == "│├0: AddmmBackward0 (4, 10) by fc1"
    outer = replace(row, module="LeNet")
    assert outer.text().endswith(" by LeNet") and outer.text(brief=True) == "│├0: AddmmBackward0 (4, 10)"
    assert replace(row, seen=1).text() == "│ ├ 0: AddmmBackward0 (4, 10), see line 1"


@pytest.mark.parametrize("net", ["lenet", "cnn"])
def test_the_tree_of_a_network_names_its_modules_on_both_sides(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "--net", net]) == 0
    out = capsys.readouterr().out
    makers = re.findall(r"^ +\d+  .*(?:AddmmBackward0|ConvolutionBackward0) .* by (\S+ \(\w+\))$", out, re.MULTILINE)
    layers = ["fc3 (Linear)"] * (net == "lenet") + [f"{name} (Linear)" for name in ("fc2", "fc1")]
    assert makers == [*layers, "conv2 (Conv2d)", "conv1 (Conv2d)"] * 2


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_leaf_without_a_name_is_told_from_a_parameter_without_one(library: Any) -> None:
    layer, x = library.nn.Linear(2, 1, bias=False), leaf(library, 3, 2)
    lines = texts(rows_of(layer(x).sum()))
    assert sorted(line.partition(") ")[2] for line in lines if "Accumulate" in line) == ["unnamed", "unnamed parameter"]


def test_the_parameters_of_a_module_in_an_expression_have_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "--expr", "layer = nn.Linear(3, 4); layer(x).sum()"]) == 0
    out = capsys.readouterr().out
    assert out.count(" layer.bias") == out.count(" layer.weight") == 2
