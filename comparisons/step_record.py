"""A backward pass, recorded as it runs: what each node got, gave and waited for, in the order of the engine.

Every node of the graph is given two hooks, which both libraries call by the same names: one before it runs, which sees
the gradients that arrived, and one after it, which sees those that leave. What they note is replayed afterwards; the
counts of what is still waiting follow from the edges. Read next: `step.py`, which shows it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad.autograd import Node

from .explain_nodes import formula_of
from .explain_trace import kept_by
from .running import nodes_of, numbers_of
from .versions import name_in_this_release

Array = np.ndarray | None


@dataclass
class Event:
    """One node's turn."""

    name: str
    parameter: str  # at an AccumulateGrad: the name of its variable
    key: int  # the node, by its place in `nodes_of`
    receivers: list[tuple[int, int] | None]  # the nodes at the ends of its edges, and which of their outputs
    formula: str = ""
    incoming: list[Array] = field(default_factory=list)  # one for each output
    outgoing: list[Array] = field(default_factory=list)  # one for each edge
    saved: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pass:
    """A whole backward pass on one side."""

    events: list[Event]  # in the order in which the nodes ran
    needs: dict[int, int]  # for each node, how many edges arrive at it
    names: dict[int, str]  # what to call each node
    leaves: dict[str, np.ndarray]  # the leaves by name

    def number_of(self, key: int) -> int | None:
        """In which turn a node ran, from 1 on; None for one that never did."""
        return next((number for number, event in enumerate(self.events, 1) if event.key == key), None)

    def still_needed(self, turns: int) -> dict[int, int]:
        """After so many turns, for each node that has got something and has not run: the edges yet to report."""
        reported: Counter[int] = Counter()
        for event in self.events[:turns]:
            reported.update(receiver[0] for receiver in event.receivers if receiver is not None)
        ran = {event.key for event in self.events[:turns]}
        return {key: self.needs[key] - count for key, count in reported.items() if key not in ran}


def record_pass(loss: Any, parameters: Mapping[int, str]) -> Pass:
    """Runs loss.backward() and notes every node's turn.

    Args:
        parameters: the id of each leaf, and its name; those that are not there are numbered.
    """
    nodes = nodes_of(loss)
    keys = {node: number for number, node in enumerate(nodes)}
    leaves = [id(node.variable) for node in nodes if hasattr(node, "variable")]
    unnamed = [leaf for leaf in leaves if leaf not in parameters]
    parameters = {**parameters, **{leaf: f"unnamed {number}" for number, leaf in enumerate(unnamed, start=1)}}
    events: list[Event] = []
    blank = {node: blank_event(node, keys, parameters) for node in nodes}
    handles = []
    for node in nodes:
        handles.append(node.register_prehook(before(node, blank[node], events)))
        handles.append(node.register_hook(after(blank[node])))
    try:
        loss.backward()
    finally:
        for handle in handles:
            handle.remove()
    needs = Counter(receiver[0] for event in blank.values() for receiver in event.receivers if receiver is not None)
    values = {event.parameter: numbers_of(node.variable).copy() for node, event in blank.items() if event.parameter}
    return Pass(events, dict(needs), {event.key: title(event) for event in blank.values()}, values)


def title(event: Event) -> str:
    """The node's name, with the parameter's at a leaf."""
    return f"{event.name} {event.parameter}".strip()


def blank_event(node: Any, keys: Mapping[Any, int], parameters: Mapping[int, str]) -> Event:
    """What is known of a node before it runs."""
    variable = getattr(node, "variable", None)
    parameter = "" if variable is None else parameters[id(variable)]
    receivers = [None if to is None else (keys[to], output) for to, output in node.next_functions]
    formula = formula_of(type(node))[0] if isinstance(node, Node) else ""
    return Event(name_in_this_release(node), parameter, keys[node], receivers, formula)


def before(node: Any, event: Event, events: list[Event]) -> Any:
    """The hook that sees what arrives. Saved values are read now: after the turn they are let go."""

    def prehook(grads: Sequence[Any]) -> None:
        event.incoming = [array_of(grad) for grad in grads]
        event.saved = {name: array_if_tensor(value) for name, value in kept_by(node).items()}
        events.append(event)

    return prehook


def after(event: Event) -> Any:
    """The hook that sees what leaves."""

    def hook(grad_inputs: Sequence[Any], grad_outputs: Sequence[Any]) -> None:
        outgoing = [array_of(grad) for grad in grad_inputs] if event.receivers else []
        # What is computed for an edge that leads nowhere is thrown away by the engine.
        pairs = zip(outgoing, event.receivers, strict=True)
        event.outgoing = [None if receiver is None else grad for grad, receiver in pairs]

    return hook


def array_of(grad: Any) -> Array:
    """A copy of the gradient's numbers."""
    return None if grad is None else numbers_of(grad).copy()


def array_if_tensor(value: Any) -> Any:
    """A copy of a saved tensor's numbers; anything else as it is."""
    return numbers_of(value).copy() if hasattr(value, "requires_grad") else value
