"""Two graphs as text that other programs draw: Mermaid (what Markdown pages on the web show) and DOT (Graphviz).

Both languages list boxes and arrows and leave the places to the reader; `dot`, where it is installed, is asked for them
by `--layout dot`. Read next: `graph_layout.py`, where we find the
places ourselves.
"""

import shutil
import subprocess
from collections.abc import Iterator, Sequence

from .graph_boxes import KINDS, boxes_and_arrows
from .graph_nodes import first_difference
from .graph_text import Side
from .settings import CannotRun

# fill, border, text: to be read on white and on black
COLOURS = {
    "operation": ("#dbe7f6", "#4a78b5", "#10233d"),
    "parameter": ("#d9f0dd", "#3f9152", "#0f2e17"),
    "none": ("#eeeeee", "#999999", "#555555"),
    "difference": ("#fbdcd8", "#c8321e", "#5a0f06"),
}


def mermaid(left: Side, right: Side) -> str:
    """Both graphs as one Mermaid flowchart, each in a frame of its own."""
    return "\n".join(mermaid_lines(left, right))


def mermaid_lines(left: Side, right: Side) -> Iterator[str]:
    """A flowchart from the top down: nodes `a1["words"]`, links `a1 -->|"words"| a2`, classes for the colours."""
    difference = first_difference(left[1], right[1])
    marked, links = [], 0
    yield "flowchart TD"
    for side, (title, rows) in zip("ab", (left, right), strict=True):
        boxes, arrows = boxes_and_arrows(rows, difference)
        yield f'  subgraph {side}["{mermaid_text([title])}"]'
        for box in boxes:
            yield f'    {side}{box.key}["{mermaid_text(box.words)}"]:::{"difference" if box.differs else box.kind}'
        for arrow in arrows:
            yield f'    {side}{arrow.start} -->|"{mermaid_text([arrow.words])}"| {side}{arrow.end}'
            marked += [links] * arrow.differs
            links += 1
        yield "  end"
    for name, (fill, border, text) in COLOURS.items():
        yield f"  classDef {name} fill:{fill},stroke:{border},color:{text}"
    if marked:
        yield f"  linkStyle {','.join(map(str, marked))} stroke:{COLOURS['difference'][1]},stroke-width:3px"


def mermaid_text(lines: Sequence[str]) -> str:
    """Words inside quotes. What Mermaid would read as its own marks is written as a number.

    >>> mermaid_text(['say "x"', "a < b"])
    'say #34;x#34;<br>a #60; b'
    """
    special = {ord(letter): f"#{ord(letter)};" for letter in '"<>&#`'}
    return "<br>".join(line.translate(special) for line in lines)


def dot(left: Side, right: Side) -> str:
    """Both graphs as one DOT digraph, each in a cluster: `dot -Tpdf` draws it."""
    return "\n".join(dot_lines(left, right))


def drawn_by_graphviz(left: Side, right: Side) -> str:
    """The DOT as an SVG. Raises: CannotRun where Graphviz is not installed."""
    program = shutil.which("dot")
    if program is None:
        raise CannotRun("--layout dot needs Graphviz, which is not installed here; without --layout it is not needed")
    drawn = subprocess.run([program, "-Tsvg"], input=dot(left, right), capture_output=True, text=True, check=True)
    return drawn.stdout.rstrip()


def dot_lines(left: Side, right: Side) -> Iterator[str]:
    """Nodes `a1 [label="words"]`, edges `a1 -> a2 [label="words"]`, kind after kind with its colours before it."""
    difference = first_difference(left[1], right[1])
    border = COLOURS["difference"][1]
    yield "digraph {"
    yield "  graph [ordering=out]  // inputs from left to right"
    yield '  node [shape=box, style="rounded,filled", fontname="monospace", fontsize=11]'
    yield '  edge [fontname="monospace", fontsize=9]'
    for side, (title, rows) in zip("ab", (left, right), strict=True):
        boxes, arrows = boxes_and_arrows(rows, difference)
        yield f"  subgraph cluster_{side} {{"
        yield f"    label={dot_text([title])}"
        for kind in KINDS:
            yield f"    node [{dot_colours(kind)}]"
            for box in boxes:
                if box.kind == kind:
                    mark = f", {dot_colours('difference')}, penwidth=3" if box.differs else ""
                    yield f"    {side}{box.key} [label={dot_text(box.words)}{mark}]"
        for arrow in arrows:
            mark = f', color="{border}", penwidth=3' if arrow.differs else ""
            yield f"    {side}{arrow.start} -> {side}{arrow.end} [label={dot_text([arrow.words])}{mark}]"
        yield "  }"
    yield "}"


def dot_colours(name: str) -> str:
    """The attributes that paint a box."""
    fill, border, text = COLOURS[name]
    return f'fillcolor="{fill}", color="{border}", fontcolor="{text}"'


def dot_text(lines: Sequence[str]) -> str:
    r"""Words as a DOT string; its backslashes and quotes are written with a backslash, line ends as \n.

    >>> print(dot_text(['say "x"', "2"]))
    "say \"x\"\n2"
    """
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
