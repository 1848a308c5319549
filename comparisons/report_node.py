"""What the report says about a node whose turn it is: its entry of `explain`, with the numbers of this very pass.

The formula, what makes such a node and an example are what `explain.py` says of the class. Edges and saved values are
those of the node in the run's own graph, found by the functions that `explain` uses for its example. Read next:
`templates/report.html`.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from .doctor import this_python
from .explain import PROGRAMS, Entry
from .explain_nodes import backward_source, formula_of, place_of
from .explain_saved import Use
from .explain_trace import REASON_OF_VARIABLE, EdgeFacts, Recording, edges_of, reason_for, value_text
from .explain_trace import Side as Seen
from .report_pictures import pair_of_images, tiled
from .running import numbers_of
from .step_record import Event, title

COLUMNS = 72  # of the example's text
WIDEST = 260  # pixels, of a heat map


@dataclass(frozen=True)
class Turned:
    """A node of one side that has had its turn."""

    event: Event  # what arrived, what it had saved and what left
    node: Any
    module: str  # which module made it
    names: dict[int, str]  # the id of a parameter -> its name
    recording: Recording | None  # how minigrad recorded it
    uses: dict[str, Use]  # which gradients need what it had saved; minigrad's only

    @property
    def kind(self) -> Any:
        """Its class."""
        return type(self.node)


def parting_html(mine: Event | None, other: Event | None) -> str:
    """What is said where the two sides run different nodes."""
    both = (("minigrad", mine), ("torch", other))
    names = ", ".join(f"{side}: {title(event) if event else 'nothing'}" for side, event in both)
    return f"<h3>{escape(names)}</h3><p>Here the two orders part.</p>"


def node_html(mine: Turned, other: Turned) -> str:
    """The entry: the numbers of this pass first, because they change from turn to turn."""
    return "".join((
        f"<h3>{escape(title(mine.event))}</h3>",
        f"<p>{escape(formula_of(mine.kind)[0])}</p>",
        *arriving(mine, other),
        *kept(mine, other),
        *leaving(mine, other),
        *made_by(mine),
        class_html(mine.kind),
    ))  # fmt: skip


def arriving(mine: Turned, other: Turned) -> Iterator[str]:
    """The gradient of each output."""
    yield "<h4>What arrives: ∂ℒ/∂(output)</h4>"
    for number, pair in enumerate(zip(mine.event.incoming, other.event.incoming, strict=False)):
        yield compared(f"output {number}", *pair)


def kept(mine: Turned, other: Turned) -> Iterator[str]:
    """Each saved value, and why it is kept."""
    yield "<h4>What it kept, and why</h4>"
    names = mine.kind.saves
    if hasattr(mine.node, "variable"):
        leaf, its_leaf = (numbers_of(side.node.variable) for side in (mine, other))
        yield compared("variable", leaf, its_leaf, REASON_OF_VARIABLE)
    elif not names:
        yield "<p>nothing: the formula needs no number of the forward pass</p>"
    for name in names:
        reason = reason_for(name, mine.node, mine.recording, mine.uses[name])
        yield compared(name, mine.event.saved.get(name), other.event.saved.get(name), reason)
    alone = sorted(set(other.event.saved) - set(names))
    if alone:
        yield f'<p class="note">torch keeps besides: {escape(", ".join(alone))}</p>'


def leaving(mine: Turned, other: Turned) -> Iterator[str]:
    """The gradient along each edge, in the order of next_functions."""
    yield "<h4>What leaves: ∂ℒ/∂(input), along the edges in next_functions</h4>"
    ours, theirs = (Seen(node=side.node, names=side.names) for side in (mine, other))
    edges = list(edges_of(ours, theirs, mine.recording))
    if not edges:
        yield "<p>nothing: every path ends here, at the leaf in <code>variable</code></p>"
    for edge, gradient, its_gradient in zip(edges, mine.event.outgoing, other.event.outgoing, strict=False):
        name, says = f"edge {edge.number}", edge_text(edge)
        nowhere = gradient is None and its_gradient is None
        yield f"<p>{escape(f'{name}: {says}')}</p>" if nowhere else compared(name, gradient, its_gradient, says)
    if any(edge.ours.startswith("(None") for edge in edges):
        yield "<p class=\"note\">How to read these pairs: explain 'why (None, 0)'</p>"


def edge_text(edge: EdgeFacts) -> str:
    """Whose gradient flows along an edge, and where to."""
    gradient = f"the gradient of {edge.operand}" if edge.operand else "a gradient"
    to = edge.ours if edge.ours == edge.theirs else f"{edge.ours}, in torch {edge.theirs}"
    return f"{gradient}, to {to}" if edge.shape is not None else f"{gradient}, which nobody wants: {to}"


def compared(name: str, mine: Any, other: Any, says: str = "") -> str:
    """A value of both sides: arrays as two pictures, one number as the number, anything else as text."""
    says = f": {says}" if says else ""
    arrays = isinstance(mine, np.ndarray) and isinstance(other, np.ndarray)
    if arrays and mine.shape == other.shape and mine.size > 1:
        picture, its_picture = (tiled(array.astype(np.float64)) for array in (mine, other))
        scale = max(1, min(12, WIDEST // max(picture.shape)))
        return pair_of_images(picture, its_picture, f"{name}, {' × '.join(map(str, mine.shape))}{says}", scale=scale)
    return f"<p>{escape(name + says)}: <b>{escape(both_texts(mine, other))}</b></p>"


def both_texts(mine: Any, other: Any) -> str:
    """A value of both sides in few letters. Torch shows some negative numbers without their sign, as C++ holds them.

    >>> both_texts(-100, 2**64 - 100)
    '-100 on both sides (torch shows it as 2⁶⁴ − 100)'
    """
    texts = [plain_text(value) for value in (mine, other)]
    if isinstance(mine, int) and isinstance(other, int) and other - mine == 2**64:
        return f"{mine} on both sides (torch shows it as 2⁶⁴ − {-mine})"
    return f"{texts[0]} on both sides" if texts[0] == texts[1] else f"minigrad {texts[0]}, torch {texts[1]}"


def plain_text(value: Any) -> str:
    """A value in few letters; of an array of one number, that number."""
    if isinstance(value, np.ndarray):
        return f"{value.item():.7g}" if value.size == 1 else f"an array of shape {value.shape}"
    return value_text(value)


def made_by(mine: Turned) -> Iterator[str]:
    """The function that recorded it here, and the torch expressions whose graph has such a node."""
    yield "<h4>Made by</h4>"
    recording, module = mine.recording, f" Here it was {mine.module}." if mine.module else ""
    if recording is not None:
        text = f"minigrad's {recording.function}, {recording.place}: {recording.says}".rstrip(": ")
        yield f"<p>{escape(text)}{escape(module)}</p>"
    entry = entry_of(mine.kind)
    counts = [entry.counts(program) for program in entry.programs[:PROGRAMS]]
    rows = "".join(
        f'<tr><td class="words"><code>{escape(text)}</code></td><td>{ours}</td><td>{theirs}</td></tr>'
        for ours, theirs, text in counts
    )
    heads = '<th class="words">how many of them the graph of an expression has</th><th>minigrad</th><th>torch</th>'
    yield f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


@functools.cache
def entry_of(node: Any) -> Entry:
    """What `explain` has to say about a class of node; its search through the table of cases takes a moment."""
    return Entry(node)


def class_html(node: Any) -> str:
    """What else its docstring says, where it stands, its backward, and an example that was run in both libraries."""
    words = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in formula_of(node)[1:])
    place, source = backward_source(node)
    entry = entry_of(node)
    example = "\n".join([*entry.trace.lines, *entry.results(COLUMNS)])
    where = f"{place_of(node)}; {this_python()} -m comparisons explain {node.__name__}"
    return (
        f'{words}<p class="note">{escape(where)}</p>'
        f"<details><summary>its backward, {escape(place)}</summary><pre>{escape(source)}</pre></details>"
        f"<details><summary>an example, run in both libraries</summary><pre>{escape(example)}</pre></details>"
    )
