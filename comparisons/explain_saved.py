"""What a node keeps, and why: seen by changing each saved value and looking which of its gradients change with it.

A node's `backward` is called with one edge after the other wanted, first as it is and then with a saved value replaced.
An edge whose gradient comes out otherwise needs that value. What the value is, its name among the operands and
arguments of the function that recorded the node says; and where that leaves a question, a line of the class's
docstring, which begins with "Saved:". Read next: `explain_trace.py`, which asks all this of an example.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

import minigrad
from minigrad.autograd.node import NO_EDGE, Node

from .explain_nodes import SAVED
from .running import numbers_of, tensor_from

UNSIGNED = 2**64  # torch keeps some integers as unsigned ones, in which −1 is the largest of all


@dataclass(frozen=True)
class Use:
    """Which gradients need a saved value."""

    edges: tuple[int, ...]
    shape_only: bool = False  # they are the same for other numbers in a tensor of that shape
    read: bool = True


class Watched(dict[str, Any]):
    """What a node has saved, and the names under which something was read of it."""

    def __init__(self, saved: dict[str, Any]) -> None:
        super().__init__(saved)
        self.read: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)


def uses_of(node: Node) -> dict[str, Use]:
    """For each saved value of a node that has not run yet, which of its gradients need it."""
    node.saved = Watched(node.saved)
    with minigrad.no_grad():
        return {name: use_of(node, name) for name in type(node).saves}


def use_of(node: Any, name: str) -> Use:
    """The edges whose gradient is another one where the saved value is another one."""
    edges = [number for number, (receiver, _) in enumerate(node.next_functions) if receiver is not None]
    value, kept = getattr(node, f"_saved_{name}"), node.saved[name]
    node.saved.read.clear()
    before = {edge: gradient(node, edge) for edge in edges}
    read = name in node.saved.read
    for replaced in (others, other_shapes) if read else ():
        changed = set()
        for node.saved[name] in replaced(value):
            changed |= {edge for edge in edges if gradient(node, edge) != before[edge]}
        node.saved[name] = kept
        if changed:
            return Use(tuple(sorted(changed)), replaced is other_shapes)
    return Use((), read=read)


def gradient(node: Any, edge: int) -> Any:
    """What backward sends along one edge when no other one is wanted: shape and bytes, or the words of an error."""
    all_edges = node.next_functions
    node.next_functions = tuple(each if n == edge else NO_EDGE for n, each in enumerate(all_edges))
    try:
        grads = node.backward(*(sent(*metadata) if metadata else None for metadata in node.output_metadata))
    except Exception as error:  # a replaced value may be one that no formula can use, and so it was used
        return str(error)
    finally:
        node.next_functions = all_edges
    grad = grads[edge] if isinstance(grads, tuple) else grads
    return grad if grad is None else (tuple(grad.shape), numbers_of(grad).tobytes())


def sent(shape: tuple[int, ...], dtype: np.dtype) -> Any:
    """A gradient to send back, no two numbers of it the same."""
    count = int(np.prod(shape))
    return tensor_from(minigrad, np.arange(1, count + 1).reshape(shape).astype(dtype))


def others(value: Any) -> Iterator[Any]:
    """Other values of the same kind: a tensor of other numbers, another number, a tuple with one item replaced."""
    if minigrad.is_tensor(value):
        array = numbers_of(value)
        yield from (tensor_from(minigrad, np.asarray(other, array.dtype)) for other in other_numbers(array))
    elif isinstance(value, tuple):
        for n, item in enumerate(value):
            yield from ((*value[:n], other, *value[n + 1 :]) for other in others(item))
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield from (other for other in (value + 1, value - 1, 0, 1) if other != value)
    elif isinstance(value, str):
        yield "none"
    elif value is None:
        yield from (1, minigrad.tensor(1.5))


def other_numbers(array: np.ndarray) -> tuple[Any, ...]:
    """Arrays of the same shape."""
    if array.dtype.kind == "f":
        return -array - 0.5, array + 0.25
    return (~array,) if array.dtype.kind == "b" else (array * 0, array * 0 + 1)


def other_shapes(value: Any) -> Iterator[Any]:
    """The same numbers twice, along the first dimension or the last."""
    if minigrad.is_tensor(value):
        array = np.atleast_1d(numbers_of(value))
        yield from (tensor_from(minigrad, np.concatenate([array, array], axis)) for axis in (0, -1))


# -- In words


def sentences_of(node: type[Node]) -> dict[str, str]:
    """What the docstrings say of the saved values: "Saved: name, in a few words; other and another, in a few words".

    >>> from minigrad.ops.activations import ReluBackward0
    >>> sentences_of(ReluBackward0)
    {'result': 'whose sign tells where the gate was open'}
    """
    found: dict[str, str] = {}
    for parent in reversed(node.__mro__):
        paragraphs = inspect.cleandoc(parent.__dict__.get("__doc__") or "").split("\n\n")
        for paragraph in paragraphs if issubclass(parent, Node) else ():
            if paragraph.startswith(SAVED):
                for part in " ".join(paragraph.removeprefix(SAVED).split()).rstrip(".").split("; "):
                    names, _, words = part.partition(", ")
                    found |= dict.fromkeys(names.split(" and "), words)
    return found


def role_of(name: str, value: Any, operands: dict[str, Any], given: dict[str, Any]) -> str:
    """What a saved value is to the function that records the node: an operand, its shape, an argument, or neither."""
    for operand, held in operands.items():
        if held is value and value is not None:
            return f"the operand {operand}"
    if name in given and value is None:
        return "an argument that was not given"
    if minigrad.is_tensor(value):
        operand = next((operand for operand, held in given.items() if held is value), "")
        return f"the operand {operand}" if operand else "computed on the way"
    if name in given:
        return "an argument"
    shapes = {tuple(held.shape): operand for operand, held in operands.items() if minigrad.is_tensor(held)}
    if name.endswith(("sizes", "sizes_opt")) and value in shapes:
        return f"the shape of {shapes[value]}"
    return ""


def given_to(frame: FrameType) -> dict[str, Any]:
    """The arguments of the function that runs in the frame, and what those hold by name: fields, saved values."""
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    given = {name: frame.f_locals[name] for name in names if name in frame.f_locals}
    for value in list(given.values()):
        given |= value._asdict() if hasattr(value, "_asdict") else {}
        given |= {name: getattr(value, f"_saved_{name}") for name in value.saves} if isinstance(value, Node) else {}
    return given


def purpose_of(name: str, node: Any, use: Use, operand: Callable[[int], str]) -> str:
    """Which gradients need a saved value; for one that is kept for an unwanted gradient only, that it is not kept."""
    number = type(node).saved_for.get(name)
    if number is not None and node.next_functions[number][0] is None:
        return f"{edges_text((number,), operand)}, which nobody wants: not kept"
    if not use.read:
        return "kept as torch keeps it: no gradient here reads it"
    if not use.edges:
        return "which changes nothing here"
    alone = f"for the gradient of {operand(0)}" if len(node.next_functions) == 1 and operand(0) else ""
    return (alone or edges_text(use.edges, operand)) + (", which needs its shape only" if use.shape_only else "")


def edges_text(edges: tuple[int, ...], operand: Callable[[int], str]) -> str:
    """The edges, and whose gradients they carry.

    >>> edges_text((0, 2), ["input", "weight", "bias"].__getitem__)
    'for edges 0 and 2, the gradients of input and bias'
    """
    several = "s" if edges[1:] else ""
    names = listed([operand(edge) for edge in edges])
    whose = f", the gradient{several} of {names}" if names else ""
    return f"for edge{several} {listed(list(map(str, edges)))}{whose}"


def listed(words: list[str]) -> str:
    """Words in a row, the last one after "and"; nothing where one of them is missing.

    >>> listed(["a", "b", "c"]), listed(["a", ""])
    ('a, b and c', '')
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if all(words) else ""


def note_on(mine: Any, other: Any) -> str:
    """Why a saved value looks another one in torch.

    >>> note_on((2, 2), ())
    'torch notes an empty one where none was given, minigrad what is used then'
    >>> note_on(-100, 18446744073709551516)
    'the same number: torch prints −100 unsigned, as 2⁶⁴ − 100'
    >>> note_on(1, 18446744073709551615)
    'the same dimension, from the end: torch prints −1 unsigned, as 2⁶⁴ − 1'
    """
    ours, theirs = (list(value) if isinstance(value, (tuple, list)) else [value] for value in (mine, other))
    if ours and not theirs:
        return "torch notes an empty one where none was given, minigrad what is used then"
    if len(ours) != len(theirs) or any(type(number) is not int for number in (*ours, *theirs)):
        return "another value in torch"
    signed = [number - UNSIGNED if number >= UNSIGNED // 2 else number for number in theirs]
    negative = f"{-min(signed)}"
    if signed == ours:
        return f"the same number: torch prints −{negative} unsigned, as 2⁶⁴ − {negative}"
    if min(signed) < 0 <= min(ours) and len({a - b for a, b in zip(ours, signed, strict=True)} - {0}) == 1:
        return f"the same dimension, from the end: torch prints −{negative} unsigned, as 2⁶⁴ − {negative}"
    return "another value in torch"
