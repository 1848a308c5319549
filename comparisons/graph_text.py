"""Two graphs as trees in a terminal, side by side where there is room, and what they say about each other.

Read next: `graph_boxes.py`, where the same rows become boxes and arrows.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from .explain_saved import note_on
from .graph_nodes import Row, first_difference
from .text import hanging
from .width import reflowed

LEGEND = (
    "Each line below the first is an edge: its number among the inputs of the operation above, the node that it leads "
    "to, and the shape of that node's output, which is that of the gradient that arrives there. The only edge of a "
    "node goes straight down; several are branches. AccumulateGrad is the end: the parameter's name stands at it."
)

Side = tuple[str, Sequence[Row]]  # the library's name, and its graph


def legend(rows: Sequence[Row]) -> str:
    """What the lines of a tree mean, as far as it has them."""
    parts = {
        " None: that input needs no gradient.": any(row.name == "None" for row in rows),
        " A node that was met before is named with its line, and what is below it stands there.": any(
            row.seen is not None for row in rows
        ),
        " by: the module whose forward made the node.": any(row.module for row in rows),
    }
    return LEGEND + "".join(text for text, is_there in parts.items() if is_there)


def draw(left: Side, right: Side, width: int) -> str:
    """Both trees, side by side where the terminal is wide enough, else one under the other, at need drawn narrower."""
    line = first_difference(left[1], right[1])
    columns = columns_of(left, right)
    digits = len(str(max(map(len, columns)))) + 2
    if digits + 2 + max(map(len, columns[0] + columns[1])) > width:  # the number and a gap stand before each line
        columns = columns_of(left, right, brief=True)
    room = max(len(text) for text in columns[0]) + 3
    if digits + room + max(len(text) for text in columns[1]) <= width:
        lines = (
            f"{mark(number, line, digits)}{mine.ljust(room)}{other}".rstrip()
            for number, (mine, other) in enumerate(zip_longest(*columns, fillvalue=""))
        )
        return "\n".join(lines)
    return "\n\n".join("\n".join(numbered(column, line, digits)) for column in columns)


def columns_of(left: Side, right: Side, brief: bool = False) -> list[list[str]]:
    """Both trees line by line, their titles in front."""
    return [[title, *(row.text(brief) for row in rows)] for title, rows in (left, right)]


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
        edges = len(ours) - 1
        return f"The two graphs are the same: {nodes} node{'s' * (nodes != 1)}, {edges} edge{'s' * (edges != 1)}."
    sides = (
        f"    {title:9} {rows[line - 1].text().removeprefix(rows[line - 1].lead) if line <= len(rows) else '(nothing)'}"
        f"{f', {rows[line - 1].inputs} edges' if line <= len(rows) else ''}"
        for title, rows in (("minigrad", ours), ("torch", theirs))
    )
    return f"The two graphs differ, first in line {line}:\n" + "\n".join(sides)


def saved_table(left: Side, right: Side) -> str:
    """What each node keeps for its backward, node by node as the trees number them; a dash for nothing."""
    cells = []
    for number, pair in enumerate(zip_longest(left[1], right[1]), start=1):
        kept = saved_on_both((left[0], pair[0]), (right[0], pair[1]))
        if kept:
            cells.append((str(number), " and ".join(dict.fromkeys(row.name for row in pair if row)), ""))
            cells += [("", f"  {name}", value) for name, value in kept]
    head = "What the nodes keep for the backward, a tensor by its shape and dtype. One value: the same on both sides."
    return f"{reflowed(head)}\n\n{aligned(cells)}"


def saved_on_both(left: tuple[str, Row | None], right: tuple[str, Row | None]) -> list[tuple[str, str]]:
    """Each name under which a node of either side keeps something, and what; both sides' values where they differ."""
    mine, other = (dict(row.saved) if row else {} for _, row in (left, right))
    pairs = ((name, mine.get(name, "-"), other.get(name, "-")) for name in mine | other)
    return [(name, a if a == b else f"{left[0]} {a}, {right[0]} {b}{remark_on(a, b)}") for name, a, b in pairs]


def remark_on(mine: str, other: str) -> str:
    """Behind two numbers that look different, why they do.

    >>> remark_on("-100", "18446744073709551516"), remark_on("()", "(2, 2)")
    (' (the same number: torch prints −100 unsigned, as 2⁶⁴ − 100)', '')
    """
    whole = all(re.fullmatch(r"-?\d+", text) for text in (mine, other))
    return f" ({note_on(int(mine), int(other))})" if whole else ""


def aligned(cells: Sequence[tuple[str, str, str]]) -> str:
    """Three columns: numbers, words, and values that begin where the longest of their names ends."""
    numbers = max(len(number) for number, _, _ in cells) + 2
    names = max((len(name) for _, name, value in cells if value), default=0) + 2
    labels = (f"{number:>{numbers}}  {name:{names}}" for number, name, _ in cells)
    lines = (hanging(label, value, numbers + 2 + names) for label, (*_, value) in zip(labels, cells, strict=True))
    return "\n".join(line.rstrip() for line in lines)
