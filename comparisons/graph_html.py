"""Two graphs as a page: the picture, and below it a table of the nodes. One file, which needs nothing else.

A click on a box leads to its row in the table, and a row's number back to the box: plain links, no script.
Read next: `parity.py`, which holds the graphs of every operation together.
"""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import zip_longest

from .gradients import shape_text
from .graph_nodes import Row, first_difference
from .graph_svg import style, svg
from .graph_text import Side, saved_on_both

PAGE_STYLE = """\
:root { color-scheme: light dark; --page: #ffffff; --word: #1b1f24; --pale: #5d6672; --line: #d5dae1;
  --mark: #fde5e1; --chosen: #fff3c4; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171c; --word: #eceff3; --pale: #a3adba; --line: #333a44; --mark: #46190f; --chosen: #4a3d10; }
}
body { margin: 0; padding: 1rem; background: var(--page); color: var(--word); font: 15px/1.5 system-ui, sans-serif; }
.wide { overflow-x: auto; }
.hint { display: none; color: var(--pale); }
@media (min-width: 60rem) { .wide svg { max-width: 100%; height: auto; } }
@media (max-width: 60rem) { .hint { display: block; } }
summary { cursor: pointer; }
table { border-collapse: collapse; font: 12.5px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
th, td { text-align: left; vertical-align: top; padding: 0.2rem 0.7rem 0.2rem 0; border-bottom: 1px solid var(--line); }
td { white-space: pre; }
th { color: var(--pale); font-weight: 600; }
tr.differs { background: var(--mark); }
tr:target { background: var(--chosen); }
a { color: inherit; }
svg g:target .frame { stroke-width: 4; }"""

HEADS = ("line", "edge (line, input)", "node", "parameter", "its output", "gradient along the edge", "made by", "")
SIDEWAYS = '<p class="hint">Wider than this page: scroll it sideways.</p>'


def html(left: Side, right: Side, title: str, says: str) -> str:
    """The page. `title`: of what the graphs are; `says`: the verdict."""
    difference = first_difference(left[1], right[1])
    saves = any(row.saved for _, rows in (left, right) for row in rows)
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en">',
            f'<head><meta charset="utf-8"><title>{escape(title)}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>\n{PAGE_STYLE}\n{style()}\n</style></head>",
            "<body>",
            SIDEWAYS,
            f'<div class="wide">{svg(left, right, title, says, styled=False, links=True)}</div>',
            "<h2>Node by node</h2>",
            "<p>A row is an edge and the node at its end. Where one cell holds both sides, both say the same; "
            f"else the upper line is {escape(left[0])}'s and the lower {escape(right[0])}'s.</p>",
            SIDEWAYS,
            '<div class="wide"><table>',
            "<tr>" + "".join(f"<th>{head}</th>" for head in (*HEADS, *("saved",) * saves)) + "</tr>",
            *table_rows(left, right, difference, saves),
            "</table></div>",
            "</body></html>",
        )
    )


def table_rows(left: Side, right: Side, difference: int | None, saves: bool) -> Iterator[str]:
    """A row for each line of the trees."""
    for line, pair in enumerate(zip_longest(left[1], right[1]), start=1):
        mine, other = (cells(row) for row in pair)
        looks = ' class="differs"' * (line == difference)
        side, row = (left[0], pair[0]) if pair[0] else (right[0], pair[1])
        number = f'<td><a href="#{side}-{row.seen or line}">{line}</a></td>'
        words = [both(*column) for column in zip(mine, other, strict=True)]
        words.append("first difference" * (line == difference))
        if saves:
            kept = saved_on_both((left[0], pair[0]), (right[0], pair[1]))
            words.append(folded([f"{name}: {value}" for name, value in kept]))
        yield f'<tr id="row-{line}"{looks}>{number}{"".join(f"<td>{word}</td>" for word in words)}</tr>'


def folded(lines: Sequence[str]) -> str:
    """Some lines that a click unfolds: they would make the rows of the table high."""
    if not lines:
        return ""
    text = escape("\n".join(lines))
    return f"<details><summary>{len(lines)} value{'s' * (len(lines) > 1)}</summary>{text}</details>"


def cells(row: Row | None) -> Sequence[str]:
    """What the table says of a row: the columns between "line" and the mark."""
    if row is None:
        return ("(nothing)", "", "", "", "", "")
    edge = "" if row.edge is None else f"{row.above}, {row.edge}" + f" to output {row.output}" * (row.output > 0)
    node = row.name + (f", see {row.seen}" if row.seen else "")
    shape, gradient = ("" if shape is None else f"{shape_text(shape)}" for shape in (row.shape, row.gradient))
    return (edge, node, row.parameter, shape, gradient, row.module)


def both(mine: str, other: str) -> str:
    """One text where both are the same, else one below the other."""
    return escape(mine) if mine == other else f"{escape(mine) or '-'}\n{escape(other) or '-'}"
