"""Boxes and arrows: what every picture of a graph shows, whoever draws it.

A row of the walker (`graph_nodes.py`) is an arrow, and the box at its end unless that was met before. The words on
both are chosen here, so that Mermaid, DOT and SVG say the same. Read next: `graph_markup.py`, the two that other
programs draw, then `graph_layout.py` and `graph_svg.py`, which draw by themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .gradients import shape_text
from .graph_nodes import Row

DIFFERENCE = "first difference"  # the word at the mark

KINDS = ("operation", "parameter", "none")


@dataclass(frozen=True)
class Box:
    """A node, or the None at the end of an edge."""

    key: int  # its line in the tree
    kind: str  # one of KINDS
    words: tuple[str, ...]  # line by line, the first one its name
    differs: bool  # whether the first difference is here


@dataclass(frozen=True)
class Arrow:
    """An edge: gradients flow along it, from the result towards the parameters."""

    start: int  # the keys of two boxes
    end: int
    words: str
    differs: bool


def boxes_and_arrows(rows: Sequence[Row], difference: int | None) -> tuple[list[Box], list[Arrow]]:
    """What a picture of the rows shows. `difference`: the line of the first difference to the other side."""
    boxes, arrows = [], []
    for row in rows:
        here = row.line == difference
        if row.seen is None:
            boxes.append(Box(row.line, kind_of(row), box_words(row) + (DIFFERENCE,) * here, here))
        if row.above is not None:
            words = arrow_words(row) + f", {DIFFERENCE}" * (here and row.seen is not None)
            arrows.append(Arrow(row.above, row.seen or row.line, words, here))
    return boxes, arrows


def kind_of(row: Row) -> str:
    """One of KINDS. The end of a path is a parameter, whoever named it."""
    return "none" if row.name == "None" else "parameter" if row.parameter else "operation"


def box_words(row: Row) -> tuple[str, ...]:
    """A node by its class and the module that made it, a parameter by its name and shape; then what is saved.

    >>> box_words(Row(1, "", None, 0, "AccumulateGrad", (6,), 0, "conv1.bias", None))
    ('conv1.bias (6,)', 'AccumulateGrad')
    """
    first = f"{row.parameter} {shape_text(row.shape or ())}" if row.parameter else row.name
    second = (row.name,) if row.parameter else (row.module,) if row.module else ()
    return first, *second, *(f"{name}: {form}" for name, form in row.saved)


def arrow_words(row: Row) -> str:
    """The number of the edge, and the shape of the gradient that ran along it.

    >>> arrow_words(Row(2, "", 0, 0, "ReluBackward0", (4, 10), 1, "", None, 1, (4, 10)))
    '0: (4, 10)'
    """
    output = f" to output {row.output}" if row.output else ""
    if row.gradient is not None:
        return f"{row.edge}: {shape_text(row.gradient)}{output}"
    return f"{row.edge}" if row.name == "None" else f"{row.edge}: no gradient{output}"
