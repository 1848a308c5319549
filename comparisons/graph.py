"""`python -m comparisons graph`: the graphs of one loss on both sides, printed as trees, node by node.

Torch and minigrad answer to the same names: `loss.grad_fn` is the node of the last operation, `node.next_functions` its
edges, one per input, each a pair (the node that made the input or None, which of its outputs the input was), and an
`AccumulateGrad` at the end of a path knows its `variable`. So one walker does for both.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import zip_longest
from typing import Any

from .gradients import shape_text
from .libraries import both_libraries, equal_threads
from .runs import RunFolder, publish
from .settings import Settings
from .training import Learner, digits_for, prepare

INDENT = 40  # columns: a tree that is deeper goes on straight down

LEGEND = """\
Each line is an edge: its number among the inputs of the operation above, the
node that it leads to, and the shape of that node's output, which is the shape of
the gradient that arrives there. AccumulateGrad is the end: the parameter's name
stands at it. None: that input needs no gradient. A node that was met before is
named with its line, and what is below it stands there."""


@dataclass(frozen=True)
class Row:
    """One line of a tree: an edge, and the node at its end."""

    line: int  # from 1 on
    lead: str  # the lines of the tree to the left of it
    edge: int | None  # its number in next_functions of the node above; None at the root
    output: int  # which output of the node it leads to: the 0 in (node, 0)
    name: str  # the node's class, or "None"
    shape: tuple[int, ...] | None  # of that output; None where there is none or nobody knows
    inputs: int  # how many edges the node has
    parameter: str  # at an AccumulateGrad: the name of its variable
    seen: int | None  # the line where this node stands already

    def text(self) -> str:
        """The line as it is printed, without its number."""
        edge = "" if self.edge is None else f"{self.edge}: "
        output = f" output {self.output}" if self.output else ""
        shape = "" if self.shape is None else f" {shape_text(self.shape)}"
        seen = "" if self.seen is None else f", see line {self.seen}"
        return f"{self.lead}{edge}{self.name}{output}{shape}{' ' * bool(self.parameter)}{self.parameter}{seen}"

    def differs(self, other: "Row") -> bool:
        """Whether the two lines say different things. (A shape that one side does not know is no difference.)"""
        if None in (self.shape, other.shape):
            return replace(self, shape=None, lead="") != replace(other, shape=None, lead="")
        return replace(self, lead="") != replace(other, lead="")


def main(settings: Settings) -> int:
    """Prints both trees and the first difference. Returns the exit code: 0 there is none, 1 there is."""
    digits = digits_for(settings)
    both_libraries(settings)  # says no to a device that is not there
    settings = replace(settings, device="cpu")  # on a GPU torch may choose other nodes for the same thing
    with equal_threads(settings.threads):
        folder = RunFolder(settings.out, f"graph-{settings.net}") if settings.out else None
        ours, theirs = (graph_of(prepare(library, settings, digits)) for library in both_libraries(settings))

    line = first_difference(ours, theirs)
    result = {
        "command": "graph",
        "net": settings.net,
        "seed": settings.seed,
        "agree": line is None,
        "first_difference": line,
        "minigrad": [asdict(row) for row in ours],
        "torch": [asdict(row) for row in theirs],
    }
    width = shutil.get_terminal_size().columns
    text = "\n\n".join(
        (
            f"{settings.recipe.network}: the graph of the loss of one batch of {settings.batch_size} digits, "
            f"torch on the CPU\n{LEGEND}",
            draw(("minigrad", ours), ("torch", theirs), width),
            verdict(ours, theirs, line),
        )
    )
    publish(settings, folder, text, result)
    return 0 if line is None else 1


def graph_of(learner: Learner) -> list[Row]:
    """The graph behind the loss of one batch, on one side."""
    images, targets = next(iter(learner.train_loader))
    loss = learner.criterion(learner.model(images), targets)
    names = {id(parameter): name for name, parameter in learner.model.named_parameters()}
    return walk(loss.grad_fn, names)


def walk(root: Any, names: dict[int, str]) -> list[Row]:
    """The graph below a node as a tree, line by line from the top; each node with all its edges, once.

    Args:
        root: a node of minigrad or of torch. names: the id of each parameter, and its name.

    What is still to be printed waits on a stack, so that no depth is too much.
    """
    rows: list[Row] = []
    lines: dict[Any, int] = {}  # where each node stands; it also keeps torch's node objects alive, and so unique
    waiting: list[tuple[Any, int, int | None, str, str]] = [(root, 0, None, "", "")]
    while waiting:
        node, output, edge, lead, below = waiting.pop()
        seen, line = lines.get(node), len(rows) + 1
        edges = () if node is None else node.next_functions
        variable = getattr(node, "variable", None)
        parameter = names.get(id(variable), "not a parameter") if variable is not None else ""
        name, shape = type(node).__name__ if node is not None else "None", shape_of(node, output)
        rows.append(Row(line, lead, edge, output, name, shape, len(edges), parameter, seen))
        if node is None or seen is not None:
            continue
        lines[node] = line
        branches = []
        for number, (receiver, receiver_output) in enumerate(edges):
            last = number == len(edges) - 1
            # An only child goes straight down; several are branches, and what is below them moves to the right.
            fork, stem = ("", "") if len(edges) == 1 or len(below) >= INDENT else ("└ ", "  ") if last else ("├ ", "│ ")
            branches.append((receiver, receiver_output, number, below + fork, below + stem))
        waiting += reversed(branches)
    return rows


def shape_of(node: Any, output: int) -> tuple[int, ...] | None:
    """The shape of a node's output. Torch keeps it for the backward, whose *input* it is; a leaf has it itself."""
    if hasattr(node, "variable"):
        return tuple(node.variable.shape)
    if hasattr(node, "_input_metadata"):  # torch
        return tuple(node._input_metadata[output].shape)
    if hasattr(node, "output_metadata"):  # minigrad
        return tuple(node.output_metadata[output][0])
    return None


def first_difference(ours: Sequence[Row], theirs: Sequence[Row]) -> int | None:
    """The number of the first line on which the trees differ, or None."""
    for line, (mine, other) in enumerate(zip_longest(ours, theirs), start=1):
        if mine is None or other is None or mine.differs(other):
            return line
    return None


def draw(left: tuple[str, Sequence[Row]], right: tuple[str, Sequence[Row]], width: int) -> str:
    """Both trees, side by side where the terminal is wide enough, else one under the other."""
    line = first_difference(left[1], right[1])
    columns = [[title, *(row.text() for row in rows)] for title, rows in (left, right)]
    room = max(len(text) for text in columns[0]) + 3
    digits = len(str(max(map(len, columns)))) + 2
    if digits + room + max(len(text) for text in columns[1]) <= width:
        lines = (
            f"{mark(number, line, digits)}{mine.ljust(room)}{other}".rstrip()
            for number, (mine, other) in enumerate(zip_longest(*columns, fillvalue=""))
        )
        return "\n".join(lines)
    return "\n\n".join("\n".join(numbered(column, line, digits)) for column in columns)


def numbered(column: Sequence[str], line: int | None, width: int) -> Iterator[str]:
    """A tree with its line numbers, and the mark at the first difference."""
    for number, text in enumerate(column):
        yield f"{mark(number, line, width)}{text}"
    if line == len(column):  # the other tree goes on where this one ends
        yield f"{mark(line, line, width)}(nothing)"


def mark(number: int, line: int | None, width: int) -> str:
    """What stands before a line: its number, and ≠ at the first difference. The title is line 0 and has neither."""
    return ("" if number == 0 else f"{'≠ ' if number == line else ''}{number}").rjust(width) + "  "


def verdict(ours: Sequence[Row], theirs: Sequence[Row], line: int | None) -> str:
    """Whether the graphs are the same, and if not, where they begin to differ."""
    if line is None:
        nodes = sum(row.seen is None and row.name != "None" for row in ours)
        return f"The two graphs are the same: {nodes} nodes, {len(ours) - 1} edges."
    sides = (
        f"    {title:9} {rows[line - 1].text().strip() if line <= len(rows) else '(nothing)'}"
        f"{f', {rows[line - 1].inputs} edges' if line <= len(rows) else ''}"
        for title, rows in (("minigrad", ours), ("torch", theirs))
    )
    return f"The two graphs differ, first in line {line}:\n" + "\n".join(sides)
