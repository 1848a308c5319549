"""The walker on graphs that are made for it: both libraries, shared nodes, missing edges, depth, and a difference."""

from typing import Any

import pytest
import torch

import minigrad
from comparisons.graph_nodes import INDENT, Row, first_difference, walk
from comparisons.graph_text import draw, verdict

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
        "├ 0: AccumulateGrad (2) bias",
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
        "0: AddBackward0 (2)",
        "├ 0: MulBackward0 (2)",
        "│ ├ 0: AccumulateGrad (2) x",
        "│ └ 1: AccumulateGrad (2) x, see line 4",
        "└ 1: MulBackward0 (2), see line 3",
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
    assert texts(rows_of(leaf(minigrad, 2).sum())) == ["SumBackward0 ()", "0: AccumulateGrad (2) not a parameter"]


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
