"""The backward pass in the report: both graphs as pictures, and the order in which their nodes ran.

The pass is recorded by `step_record.py` on both sides, a picture is that of `graph_svg.py`; a turn here is a node with
its place in both. Read next: `report_node.py`, which says what there is to say about a node, then
`templates/report.html`, whose script walks through the turns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from minigrad.autograd.node import Node

from .explain_saved import Use, uses_of
from .explain_trace import Recording, watched
from .graph_boxes import boxes_and_arrows
from .graph_nodes import Row, first_difference, gradients_along_edges, noting_makers, visits, walk
from .graph_svg import LEGEND, MARGIN, common_sizes, drawing
from .graph_text import verdict
from .record import Record
from .report_node import Turned, node_html, parting_html
from .running import nodes_of
from .settings import Settings
from .step_record import Event, Pass, record_pass


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
    graphs: str
    note: str


@dataclass(frozen=True)
class Side:
    """The pass of one side, and where its nodes stand."""

    rows: list[Row]
    recorded: Pass
    nodes: list[Any]  # by the key of their event
    lines: dict[Any, int]  # node -> its line in the walk
    names: dict[int, str]  # the id of a parameter -> its name
    recordings: dict[int, Recording]  # the id of a node -> where it came from; minigrad's only, as are the uses
    uses: dict[int, dict[str, Use]]  # the id of a node -> which of its gradients need what it saves

    def line_of(self, event: Event) -> int:
        """The line of the node whose turn it is."""
        return self.lines[self.nodes[event.key]]

    def turned(self, event: Event) -> Turned:
        """The node whose turn it is, with all that was seen of it."""
        node = self.nodes[event.key]
        module, key = self.rows[self.lines[node] - 1].module, id(node)
        return Turned(event, node, module, self.names, self.recordings.get(key), self.uses.get(key, {}))


def walk_both(records: Sequence[Record], images: np.ndarray, targets: np.ndarray, settings: Settings) -> Walk:
    """The backward pass of a batch through both trained networks, with the dropout masks of one seed."""
    ours, theirs = (one_side(record, images, targets, settings.seed) for record in records)
    difference = first_difference(ours.rows, theirs.rows)
    graphs = graph("minigrad", ours.rows, difference) + graph("torch", theirs.rows, difference)
    turns = [turn(ours, theirs, *events) for events in zip_longest(ours.recorded.events, theirs.recorded.events)]
    says = verdict(ours.rows, theirs.rows, difference).replace("\n", " ")
    trained = "The networks are the trained ones: what drifted apart in the training is apart here."
    return Walk(turns, graphs, f"The loss of {len(images)} digits. {says} {trained} In the graphs, {LEGEND}.")


def one_side(record: Record, images: np.ndarray, targets: np.ndarray, seed: int) -> Side:
    """Forward, watched; a backward that finds the shapes along the edges; and one that is recorded."""
    learner, torch = record.learner, record.learner.library.torch
    model, device = learner.model, learner.library.device
    torch.manual_seed(seed)
    model.train()
    x, y = (torch.from_numpy(array).to(device) for array in (images, targets))
    with watched() as recordings, noting_makers({"": model, "loss": learner.criterion}) as makers:
        loss = learner.criterion(model(x), y)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    rows = walk(loss.grad_fn, names, makers, gradients_along_edges(loss))
    lines = {visit.node: visit.line for visit in visits(loss.grad_fn) if visit.node is not None and visit.seen is None}
    nodes = nodes_of(loss)
    uses = {id(node): uses_of(node) for node in nodes if isinstance(node, Node)}
    model.zero_grad()
    recorded = record_pass(loss, names)
    model.zero_grad()
    return Side(rows, recorded, nodes, lines, names, recordings, uses)


def graph(side: str, rows: Sequence[Row], difference: int | None) -> str:
    """One side's graph: an SVG in a frame of its own, in which it can be moved, and not made smaller."""
    boxes, arrows = boxes_and_arrows(rows, difference)
    layout, elements = drawing((side, rows), boxes, arrows, common_sizes([boxes]), links=False)
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    return (
        f'<figure class="graph" id="graph-{side}"><figcaption>{side}</figcaption><div class="frame-of-graph">'
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" role="group" '
        f'aria-label="the graph of {side}"><rect class="page" width="{width:.0f}" height="{height:.0f}"/>'
        f'<g transform="translate({MARGIN:.0f} {MARGIN:.0f})">{"".join(elements)}</g></svg></div></figure>'
    )


def turn(ours: Side, theirs: Side, mine: Event | None, other: Event | None) -> Turn:
    """A node's turn on both sides; where one side has none, or another node, the page says so."""
    both = (("minigrad", ours, mine), ("torch", theirs, other))
    boxes = {side: run.line_of(event) for side, run, event in both if event is not None}
    if mine is None or other is None or mine.name != other.name:
        return Turn(boxes, parting_html(mine, other))
    return Turn(boxes, node_html(ours.turned(mine), theirs.turned(other)))
