"""One example, run in both libraries, and everything about one node that can be read off it.

While the example runs in minigrad, each operation that records a node is watched: which function it was, what it called
its operands, and what it kept of them. That is how an edge of the node gets a name, and a saved value its reason.
Read next: `explain.py`, which prints it.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

import minigrad
from minigrad import recording
from minigrad.autograd.node import Node

from .agreement import EPSILON, ROUNDINGS, difference_between
from .explain_nodes import ROOT
from .explain_programs import Example, made, quiet
from .explain_saved import Use, given_to, note_on, purpose_of, role_of, sentences_of, uses_of
from .running import nodes_of, numbers_of
from .versions import name_in_this_release

FEW = 12  # numbers in a result whose gradient is 1, 2, 3 …; one of more is sent ones
HIDDEN = "_saved_"
REASON_OF_VARIABLE = "the leaf itself, whose .grad the gradient is added to"


@dataclass(frozen=True)
class Recording:
    """How a node was recorded: by which function, from which operands."""

    function: str
    place: str  # file:line of the function
    says: str  # its docstring's first line
    operands: tuple[str, ...]  # their names in the function, in the order of the edges
    saved: dict[str, str]  # name -> what it is, in those names


@dataclass(frozen=True)
class EdgeFacts:
    """One of the node's edges on both sides."""

    number: int
    operand: str
    shape: tuple[int, ...] | None
    ours: str
    theirs: str
    made_so: str = ""  # an expression for the operand, where the edge leads to a view of a variable: `w.t()`


@dataclass(frozen=True)
class SavedFacts:
    """One saved value on both sides."""

    name: str
    reason: str
    ours: str
    theirs: str
    note: str = ""  # why the two look different, where they do


@dataclass
class Side:
    """What the example did in one library."""

    shown: list[tuple[str, Any]] = field(default_factory=list)  # (expression, its value)
    node: Any = None
    names: dict[int, str] = field(default_factory=dict)  # id of a variable -> its name
    error: str = ""
    kept: dict[str, Any] = field(default_factory=dict)  # by the node, before backward let go of it
    keeps: tuple[Any, ...] = ()  # what must stay alive while ids are compared


@dataclass(frozen=True)
class Trace:
    """The example in both libraries."""

    lines: tuple[str, ...]
    ours: Side
    theirs: Side
    recorded: Recording | None
    edges: tuple[EdgeFacts, ...]
    saved: tuple[SavedFacts, ...]
    torch_alone: tuple[str, ...]  # names that torch's node saves and minigrad's does not

    @property
    def agrees(self) -> bool:
        """Whether both sides show the same, numbers up to rounding."""
        pairs = zip(self.ours.shown, self.theirs.shown, strict=False)
        same = len(self.ours.shown) == len(self.theirs.shown) and bool(self.ours.error) == bool(self.theirs.error)
        return same and all(close(mine, other) for (_, mine), (_, other) in pairs)


def close(mine: Any, other: Any) -> bool:
    """Whether two tensors hold the same numbers up to rounding; nan is nan."""
    if mine is None or other is None:
        return mine is other
    a, b = numbers_of(mine), numbers_of(other)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
        return True
    return difference_between(a, b).relative <= ROUNDINGS * EPSILON.get(a.dtype.name, 0.0)


def trace(example: Example, node: type[Node]) -> Trace:
    """Runs the example in both libraries and looks at the node."""
    line, values = backward_line(example)
    lines = tuple([*example.text(), *([line] if line else [])])
    with watched() as records:
        ours = side(minigrad, example, line, values, lambda found: made(type(found), node))
    name = name_in_this_release(ours.node)
    theirs = side(torch, example, line, values, lambda found: type(found).__name__ == name)
    recorded = records.get(id(ours.node))
    edges, saved = edges_of(ours, theirs, recorded, records), saved_of(ours, theirs, recorded, uses_in(example, node))
    return Trace(lines, ours, theirs, recorded, tuple(edges), tuple(saved), only_torch_saves(ours, theirs))


def uses_in(example: Example, node: type[Node]) -> dict[str, Use]:
    """Which gradients need the values that the example's node saves: seen on a graph of its own."""
    with quiet():
        result = example.run(minigrad)["result"]
        return uses_of(next(found for found in nodes_of(result) if made(type(found), node)))


def backward_line(example: Example) -> tuple[str, list[str]]:
    """The line that runs the backward pass, and the expressions to look at then."""
    with quiet():
        names = example.run(minigrad)
    result = names["result"]
    count = result.numel()
    if result.dim() == 0:
        line = "result.backward()"
    elif count <= FEW:
        line = f"result.backward(torch.arange(1, {count + 1}).view_as(result).to(result.dtype))"
    else:
        line = "result.backward(torch.ones_like(result))"
    leaves = [name for name, _ in example.inputs if names[name].requires_grad and names[name].is_leaf]
    return line, ["result", *(f"{name}.grad" for name in leaves)]


def side(library: Any, example: Example, line: str, values: list[str], wanted: Any) -> Side:
    """The example in one library: its result, the node, and the gradients, or the error that comes instead."""
    found = Side()
    with quiet():
        names = example.run(library)
        result = names["result"]
        nodes = nodes_of(result)
        found.node = next((candidate for candidate in nodes if wanted(candidate)), None)
        found.names = {id(value): name for name, value in names.items() if library.is_tensor(value)}
        found.kept = kept_by(found.node) if found.node is not None else {}
        found.shown = [("result", result.detach().clone())]
        found.keeps = (names, nodes)
        try:
            exec(line, names)
        except RuntimeError as error:
            found.error = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            return found
        found.shown += [(value, eval(value, names)) for value in values[1:]]
    return found


def kept_by(node: Any) -> dict[str, Any]:
    """What the node saves, by torch's names."""
    kept = {}
    for name in dir(node):
        if name.startswith(HIDDEN):
            try:
                kept[name.removeprefix(HIDDEN)] = getattr(node, name)
            except RuntimeError as error:  # overwritten since
                kept[name.removeprefix(HIDDEN)] = f"refused: {str(error)[:40]}"
    return kept


@contextmanager
def watched() -> Iterator[dict[int, Recording]]:
    """While it lasts, notes for each node that minigrad records, by id, where it came from."""
    original, records = recording.attach, {}

    def attach(node_class: Any, outputs: Any, inputs: Any, saved: Any) -> None:
        before = dict(saved)
        original(node_class, outputs, inputs, saved)
        made_by = next((o._grad_fn for o in outputs if o is not None and o._grad_fn is not None), None)
        if made_by is not None:
            records[id(made_by)] = recording_of(inputs, before)

    recording.attach = attach
    try:
        yield records
    finally:
        recording.attach = original


def recording_of(inputs: tuple[Any, ...], saved: dict[str, Any]) -> Recording:
    """The function that is recording now, and its own names for what it records."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename == recording.__file__ and frame.f_back is not None:
        frame = frame.f_back
    code, locals_ = frame.f_code, frame.f_locals
    names = tuple(name_among(locals_, value, f"input {number}") for number, value in enumerate(inputs))
    operands, given = dict(zip(names, inputs, strict=True)), given_to(frame)
    kept = {name: role_of(name, value, operands, given) for name, value in saved.items()}
    function = next((value for value in frame.f_globals.values() if getattr(value, "__code__", None) is code), None)
    lines = ((getattr(function, "__doc__", None) or "").strip() or " ").splitlines()
    place = f"{Path(code.co_filename).resolve().relative_to(ROOT.resolve()).as_posix()}:{code.co_firstlineno}"
    return Recording(code.co_name, place, lines[0], names, kept)


def name_among(names: dict[str, Any], value: Any, otherwise: str) -> str:
    """The variable that holds the value, or the list that does."""
    for name, held in names.items():
        if held is value:
            return name
        if isinstance(held, (tuple, list)) and any(item is value for item in held):
            return f"{name}[{next(i for i, item in enumerate(held) if item is value)}]"
    return otherwise


# -- Edges and saved values, side by side


def edges_of(
    ours: Side, theirs: Side, recorded: Recording | None, records: Mapping[int, Recording] | None = None
) -> Iterator[EdgeFacts]:
    """The node's edges, in order. `records`: what is known of the nodes that they lead to."""
    others = theirs.node.next_functions if theirs.node is not None else ()
    for number, (receiver, output) in enumerate(ours.node.next_functions):
        operand = operand_of(recorded, number)
        shape = tuple(receiver.output_metadata[output][0]) if receiver is not None else None
        other = edge_text(others[number], theirs.names) if number < len(others) else "no such edge"
        made_so = expression_of(receiver, ours, records.get(id(receiver))) if records else ""
        yield EdgeFacts(number, operand, shape, edge_text((receiver, output), ours.names), other, made_so)


def expression_of(receiver: Any, ours: Side, recorded: Recording | None) -> str:
    """`w.t()` for the node of a method without arguments that was called of a variable; "" for any other."""
    sources = [source for source, _ in receiver.next_functions] if receiver is not None else []
    variable = getattr(sources[0], "variable", None) if len(sources) == 1 and not type(receiver).saves else None
    if recorded is None or id(variable) not in ours.names or not hasattr(minigrad.Tensor, recorded.function):
        return ""
    text = f"{ours.names[id(variable)]}.{recorded.function}()"
    try:
        again = eval(text, ours.keeps[0])
    except TypeError:  # it was called with arguments
        return ""
    same = type(getattr(again, "grad_fn", None)) is type(receiver)
    return text if same and again.shape == receiver.output_metadata[0][0] else ""


def operand_of(recorded: Recording | None, edge: int) -> str:
    """What the function that recorded the node calls the operand that an edge belongs to."""
    return recorded.operands[edge] if recorded and edge < len(recorded.operands) else ""


def edge_text(edge: tuple[Any, int], names: dict[int, str]) -> str:
    """An edge as `next_functions` shows it, with the variable's name at the end of a path."""
    receiver, output = edge
    if receiver is None:
        return f"(None, {output})"
    variable = getattr(receiver, "variable", None)
    at = f" of {names[id(variable)]}" if variable is not None and id(variable) in names else ""
    return f"({name_in_this_release(receiver)}, {output}){at}"


def saved_of(ours: Side, theirs: Side, recorded: Recording | None, uses: dict[str, Use]) -> Iterator[SavedFacts]:
    """What the node saves, why, and the values."""
    if hasattr(ours.node, "variable"):
        leaves = (value_text(side.node.variable) for side in (ours, theirs))
        yield SavedFacts("variable", REASON_OF_VARIABLE, *leaves)
    for name, use in uses.items():
        reason = reason_for(name, ours.node, recorded, use)
        values = [side.kept[name] for side in (ours, theirs) if name in side.kept]
        mine, other = [*map(value_text, values), ""][:2]
        yield SavedFacts(name, reason, mine, other, note_on(*values) if other not in ("", mine) else "")


def reason_for(name: str, node: Any, recorded: Recording | None, use: Use) -> str:
    """Why a value is kept: what it is, and which gradients need it."""
    role = "the result itself" if name == "result" else recorded.saved.get(name, "") if recorded else ""
    what = ", ".join(filter(None, [role, sentences_of(type(node)).get(name)])) or "made from the arguments"
    return ", ".join(filter(None, [what, purpose_of(name, node, use, lambda edge: operand_of(recorded, edge))]))


def only_torch_saves(ours: Side, theirs: Side) -> tuple[str, ...]:
    """Names that only torch's node knows."""
    return tuple(sorted(set(theirs.kept) - set(type(ours.node).saves)))


def value_text(value: Any) -> str:
    """A saved value in a few words: a tensor's shape and first numbers, anything else as Python writes it.

    >>> value_text(minigrad.tensor([1., 2.])), value_text([2, 2])
    ('(2,): 1, 2', '(2, 2)')
    """
    if isinstance(value, (minigrad.Tensor, torch.Tensor)):
        return numbers_text(numbers_of(value))
    if isinstance(value, (list, tuple)) and any(isinstance(item, (minigrad.Tensor, torch.Tensor)) for item in value):
        return "; ".join("None" if item is None else value_text(item) for item in value)
    return repr(tuple(value) if isinstance(value, list) else value)


def numbers_text(array: np.ndarray, most: int = 4, digits: int = 4) -> str:
    """A shape and the first numbers, to so many digits.

    >>> numbers_text(np.arange(6.).reshape(2, 3))
    '(2, 3): 0, 1, 2, 3 …'
    """
    numbers = (f"{number:.{digits}g}" if array.dtype.kind == "f" else str(number) for number in array.flat[:most])
    several = " …" if array.size > most else ""
    return f"{array.shape}: {', '.join(numbers)}{several}" if array.size else f"{array.shape}: empty"
