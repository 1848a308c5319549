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
from .explain import Entry
from .explain_nodes import backward_source, formula_of, place_of
from .explain_saved import Use, note_on
from .explain_trace import REASON_OF_VARIABLE, EdgeFacts, Recording, edges_of, reason_for, value_text
from .explain_trace import Side as Seen
from .report_pictures import difference_text, pair_of_images
from .report_text import marked_up, number_text, shape_text
from .running import numbers_of
from .step_record import Event, title

COLUMNS = 72  # of the example's text
FEW = 16  # numbers of an array that are shown as numbers
PROGRAMS = 3  # that make a node


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

    @property
    def ends(self) -> bool:
        """Whether it is an AccumulateGrad, where a path ends."""
        return hasattr(self.node, "variable")


def parting_html(mine: Event | None, other: Event | None) -> str:
    """What is said where the two sides run different nodes."""
    both = (("minigrad", mine), ("torch", other))
    names = ", ".join(f"{side}: {title(event) if event else 'nothing'}" for side, event in both)
    return f"<h3>{escape(names)}</h3><p>Here the two orders part.</p>"


def node_html(mine: Turned, other: Turned) -> str:
    """The entry: the numbers of this pass first, because they change from turn to turn."""
    return "".join((
        f"<h3>{escape(title(mine.event))}</h3>",
        f"<p>{marked_up(formula_of(mine.kind)[0])}</p>",
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
        yield compared(f"output {number}", *pair, kernels=mine.ends)


def kept(mine: Turned, other: Turned) -> Iterator[str]:
    """Each saved value, and why it is kept."""
    yield "<h4>What it kept, and why</h4>"
    names = mine.kind.saves
    if mine.ends:
        leaf, its_leaf = (numbers_of(side.node.variable) for side in (mine, other))
        yield compared("variable", leaf, its_leaf, REASON_OF_VARIABLE, kernels=True)
    elif not names:
        yield "<p>nothing: the formula needs no number of the forward pass</p>"
    for name in names:
        reason = reason_for(name, mine.node, mine.recording, mine.uses[name])
        value, its_value = mine.event.saved.get(name), other.event.saved.get(name)
        yield compared(name, value, its_value, reason, kernels=name == "weight")
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
        if gradient is None and its_gradient is None:
            yield f"<p>{marked_up(f'{name}: {says}')}</p>"
        else:
            to_a_leaf = hasattr(mine.node.next_functions[edge.number][0], "variable")
            yield compared(name, gradient, its_gradient, says, to_a_leaf)
    if any(edge.ours.startswith("(None") for edge in edges):
        yield "<p class=\"note\">How to read these pairs: explain 'why (None, 0)'</p>"


def edge_text(edge: EdgeFacts) -> str:
    """Whose gradient flows along an edge, and where to."""
    gradient = f"the gradient of {edge.operand}" if edge.operand else "a gradient"
    to = edge.ours if edge.ours == edge.theirs else f"{edge.ours}, in torch {edge.theirs}"
    return f"{gradient}, to {to}" if edge.shape is not None else f"{gradient}, which nobody wants: {to}"


def compared(name: str, mine: Any, other: Any, says: str = "", kernels: bool = False) -> str:
    """A value of both sides: arrays as two pictures, small ones as their numbers, anything else as text.

    Args:
        kernels: of four axes it is the weight of a convolution or its gradient; else these are a batch.
    """
    says = f": {says}" if says else ""
    both = isinstance(mine, np.ndarray) and isinstance(other, np.ndarray) and mine.shape == other.shape
    if both and mine.size > 1:
        name += f", {shape_text(mine.shape)}"
    if both and mine.size > FEW:
        signed = any(array.dtype.kind == "f" or array.min() < 0 for array in (mine, other))
        ours, theirs = (array if array.dtype.kind == "f" else array.astype(np.float64) for array in (mine, other))
        return pair_of_images(ours, theirs, name + says, signed, kernels=kernels)
    return f"<p>{marked_up(name + says)}: <b>{marked_up(both_texts(mine, other))}</b></p>"


def both_texts(mine: Any, other: Any) -> str:
    """A value of both sides in few letters, and why torch's looks another one where it does.

    >>> both_texts((1, 1), [1, 1]), both_texts(np.array([2.0, -1.0]), np.array([2.0, -1.0]))
    ('(1, 1) on both sides', '2, −1 on both sides')
    >>> both_texts(-100, 2**64 - 100)
    '-100 on both sides (the same number: torch prints −100 unsigned, as 2⁶⁴ − 100)'
    """
    texts = [plain_text(value) for value in (mine, other)]
    both, sides = f"{texts[0]} on both sides", f"minigrad {texts[0]}; torch {texts[1]}"
    if isinstance(mine, np.ndarray) and isinstance(other, np.ndarray) and mine.shape == other.shape:
        apart = difference_text(mine.astype(np.float64), other.astype(np.float64))
        return (both if texts[0] == texts[1] else sides) + (f"; largest |Δ| {apart}" if apart != "0" else "")
    if texts[0] == texts[1]:
        return both
    note = note_on(mine, other)
    return f"{both if note.startswith('the same number') else sides} ({note})"


def plain_text(value: Any) -> str:
    """A value in few letters; of a small array its numbers, with a bar between two rows.

    >>> plain_text(np.array([[1.0, -0.5], [2 / 3, 4]])), plain_text(np.array([True, False]))
    ('1, −0.5 | 0.6667, 4', '1, 0')
    """
    if not isinstance(value, np.ndarray):
        return value_text(value)
    if value.size > FEW:
        return f"an array of shape {value.shape}"
    digits = 7 if value.size == 1 else 4
    rows = value if value.ndim == 2 else [value.ravel()]
    return " | ".join(", ".join(number_text(number, digits) for number in row) for row in rows)


def made_by(mine: Turned) -> Iterator[str]:
    """The function that recorded it here, and the torch expressions whose graph has such a node."""
    yield "<h4>Made by</h4>"
    if mine.ends:
        yield "<p>Every leaf that requires grad has one.</p>"
        return
    recording, module = mine.recording, f" Here it was {mine.module}." if mine.module else ""
    if recording is not None:
        text = f"minigrad's {recording.function}, {recording.place}: {recording.says}".rstrip(": ")
        yield f"<p>{marked_up(text + module)}</p>"
    entry = entry_of(mine.kind)
    counts = [entry.counts(program) for program in entry.programs[:PROGRAMS]]
    rows = "".join(
        f'<tr><td class="words"><code>{escape(text)}</code></td><td>{ours}</td><td>{theirs}</td></tr>'
        for ours, theirs, text in counts
    )
    heads = '<th class="words">expressions whose graph has such nodes, and how many</th><th>minigrad</th><th>torch</th>'
    yield f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


@functools.cache
def entry_of(node: Any) -> Entry:
    """What `explain` has to say about a class of node; its search through the table of cases takes a moment."""
    return Entry(node)


def class_html(node: Any) -> str:
    """What else its docstring says, where it stands, its backward, and an example that was run in both libraries."""
    words = "".join(f"<p>{marked_up(paragraph)}</p>" for paragraph in formula_of(node)[1:])
    place, source = backward_source(node)
    entry = entry_of(node)
    example = "\n".join([*entry.trace.lines, *entry.results(COLUMNS)])
    where = f"{place_of(node)}; {this_python()} -m comparisons explain {node.__name__}"
    return (
        f'{words}<p class="note">{escape(where)}</p>'
        f"<details><summary>its backward, {escape(place)}</summary><pre>{escape(source)}</pre></details>"
        f"<details><summary>an example, run in both libraries</summary><pre>{escape(example)}</pre></details>"
    )
