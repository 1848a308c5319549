"""The backward pass in the report: both graphs as a picture, and for each node what it got, kept and gave.

The pass is recorded by `step_record.py` on both sides, the picture is that of `graph_svg.py`; a turn here is a node
with its place in both. Read next: `templates/report.html`, whose script walks through the turns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from typing import Any

import numpy as np

from .explain_nodes import backward_source, formula_of, node_classes, place_of
from .graph_nodes import Row, first_difference, gradients_along_edges, noting_makers, visits, walk
from .graph_svg import svg
from .graph_text import verdict
from .record import Record
from .report_pictures import pair_of_images, tiled
from .running import nodes_of
from .settings import Settings
from .step_record import Event, Pass, record_pass, title


@dataclass(frozen=True)
class Turn:
    """One node's turn."""

    boxes: dict[str, int]  # side -> the line of the node in the walk, which names its box in the picture
    html: str

    def as_dict(self) -> dict[str, Any]:
        """For the script in the page."""
        return {"boxes": self.boxes, "html": self.html}


@dataclass(frozen=True)
class Walk:
    """All of it."""

    turns: list[Turn]
    svg: str
    note: str


@dataclass(frozen=True)
class Side:
    """The pass of one side, and where its nodes stand."""

    rows: list[Row]
    recorded: Pass
    lines: dict[int, int]  # the key of an event -> the line of its node

    def line_of(self, event: Event) -> int:
        return self.lines[event.key]


def walk_both(records: Sequence[Record], images: np.ndarray, targets: np.ndarray, settings: Settings) -> Walk:
    """The backward pass of a batch through both trained networks, with the dropout masks of one seed."""
    ours, theirs = (one_side(record, images, targets, settings.seed) for record in records)
    says = verdict(ours.rows, theirs.rows, first_difference(ours.rows, theirs.rows))
    graph_title = f"{settings.recipe.network}: the loss of {len(images)} digits"
    picture = svg(("minigrad", ours.rows), ("torch", theirs.rows), graph_title, says)
    turns = [turn(ours, theirs, *events) for events in zip_longest(ours.recorded.events, theirs.recorded.events)]
    return Walk(turns, picture, says.replace("\n", " "))


def one_side(record: Record, images: np.ndarray, targets: np.ndarray, seed: int) -> Side:
    """Forward, watched; a backward that finds the shapes along the edges; and one that is recorded."""
    learner, torch = record.learner, record.learner.library.torch
    model, device = learner.model, learner.library.device
    torch.manual_seed(seed)
    model.train()
    x, y = (torch.from_numpy(array).to(device) for array in (images, targets))
    with noting_makers({"": model, "loss": learner.criterion}) as makers:
        loss = learner.criterion(model(x), y)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    rows = walk(loss.grad_fn, names, makers, gradients_along_edges(loss))
    lines = {visit.node: visit.line for visit in visits(loss.grad_fn) if visit.node is not None and visit.seen is None}
    keys = {number: lines[node] for number, node in enumerate(nodes_of(loss))}
    model.zero_grad()
    recorded = record_pass(loss, names)
    model.zero_grad()
    return Side(rows, recorded, keys)


def turn(ours: Side, theirs: Side, mine: Event | None, other: Event | None) -> Turn:
    """A node's turn on both sides; where one side has none, or another node, the page says so."""
    both = (("minigrad", ours, mine), ("torch", theirs, other))
    boxes = {side: run.line_of(event) for side, run, event in both if event is not None}
    if mine is None or other is None or mine.name != other.name:
        names = ", ".join(f"{side}: {title(event) if event else 'nothing'}" for side, _, event in both)
        return Turn(boxes, f"<h3>{escape(names)}</h3><p>Here the two orders part.</p>")
    parts = [f"<h3>{escape(title(mine))}</h3>", f"<p>{escape(mine.formula)}</p>", place_html(mine.name)]
    parts += arrays_html("What arrives: ∂ℒ/∂(output)", numbered(mine.incoming), numbered(other.incoming))
    parts += arrays_html("What it kept", mine.saved, other.saved)
    parts += arrays_html("What leaves: ∂ℒ/∂(input)", numbered(mine.outgoing), numbered(other.outgoing))
    return Turn(boxes, "".join(parts))


def place_html(name: str) -> str:
    """Where minigrad's class stands, the rest of its docstring, and its backward."""
    found = next((node for node in node_classes() if node.__name__ == name), None)
    if found is None:
        return ""
    _, *more = formula_of(found)
    words = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in more)
    place, source = backward_source(found)
    code = f"<details><summary>its backward, {escape(place)}</summary><pre>{escape(source)}</pre></details>"
    return f'{words}<p class="note">{escape(place_of(found))}; python -m comparisons explain {escape(name)}</p>{code}'


def numbered(arrays: Sequence[Any]) -> dict[str, Any]:
    """Gradients by the number of their input or output."""
    return {str(number): array for number, array in enumerate(arrays)}


def arrays_html(heading: str, ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """A heading, and each value that both sides have: arrays as two pictures, anything else as text."""
    parts = []
    for name, mine in ours.items():
        other = theirs.get(name)
        if isinstance(mine, np.ndarray) and isinstance(other, np.ndarray) and mine.shape == other.shape and mine.size:
            words = f"{name}, {' × '.join(map(str, mine.shape)) or 'one number'}"
            picture, its_picture = (tiled(array.astype(np.float64)) for array in (mine, other))
            parts.append(pair_of_images(picture, its_picture, words, scale=max(1, min(12, 280 // max(picture.shape)))))
        elif mine is not None:
            parts.append(f"<p><code>{escape(name)}</code>: {escape(short(mine))}</p>")
    return [f"<h4>{escape(heading)}</h4>", *parts] if parts else []


def short(value: Any) -> str:
    """A value in few letters."""
    text = f"{type(value).__name__} {value.shape}" if isinstance(value, np.ndarray) else str(value)
    return text if len(text) <= 80 else text[:77] + "…"
