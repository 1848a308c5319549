"""The walker: the graph behind a tensor as a list of rows, one per edge, for minigrad and torch alike.

Torch and minigrad answer to the same names: `loss.grad_fn` is the node of the last operation, `node.next_functions` its
edges, one per input, each a pair (the node that made the input or None, which of its outputs the input was), and an
`AccumulateGrad` at the end of a path knows its `variable`. So one walker, `visits`, does for both, and what the nodes
do not say themselves is noted while they work: `noting_makers` watches the forward, `gradients_along_edges` a backward.

Read next: `graph_text.py`, which prints the rows as a tree.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, NamedTuple

from .gradients import shape_text

INDENT = 40  # columns: a tree that is deeper goes on straight down

Shape = tuple[int, ...]
EdgeOf = tuple[Any, int]  # a node, and the number of one of its edges


class Visit(NamedTuple):
    """The walker's arrival at the end of an edge."""

    line: int  # counts the visits, from 1 on
    node: Any  # or None
    output: int  # which output of the node the edge leads to: the 0 in (node, 0)
    edge: int | None  # its number in next_functions of the node above; None at the root
    above: int | None  # the line where the node above stands
    seen: int | None  # the line where this node stands already
    lead: str  # the lines of the tree to the left of it


def visits(root: Any, around: Collection[Any] = (), output: int = 0) -> Iterator[Visit]:
    """Walks the graph below a node depth first; each node with all its edges, once.

    Args:
        root: a node of minigrad or of torch. around: nodes that are not entered, nor named.
        output: which output of the root is meant.

    What is still to be visited waits on a stack, so that no depth is too much.
    """
    lines: dict[Any, int] = {}  # where each node stands; it also keeps torch's node objects alive, and so unique
    waiting: list[tuple[Any, int, int | None, int | None, str, str]] = [(root, output, None, None, "", "")]
    count = 0
    while waiting:
        node, output, edge, above, lead, below = waiting.pop()
        if node is not None and node in around:
            continue
        count += 1
        seen = lines.get(node)
        yield Visit(count, node, output, edge, above, seen, lead)
        if node is None or seen is not None:
            continue
        lines[node] = count
        edges = node.next_functions
        branches = []
        for number, (receiver, receiver_output) in enumerate(edges):
            last = number == len(edges) - 1
            # An only child goes straight down; several are branches, and what is below them moves to the right.
            fork, stem = ("", "") if len(edges) == 1 or len(below) >= INDENT else ("└ ", "  ") if last else ("├ ", "│ ")
            branches.append((receiver, receiver_output, number, count, below + fork, below + stem))
        waiting += reversed(branches)


@dataclass(frozen=True)
class Row:
    """One line of a tree: an edge, and the node at its end."""

    line: int  # from 1 on
    lead: str  # the lines of the tree to the left of it
    edge: int | None  # its number in next_functions of the node above; None at the root
    output: int  # which output of the node it leads to: the 0 in (node, 0)
    name: str  # the node's class, or "None"
    shape: Shape | None  # of that output; None where there is none or nobody knows
    inputs: int  # how many edges the node has
    parameter: str  # at an AccumulateGrad: the name of its variable
    seen: int | None  # the line where this node stands already
    above: int | None = None  # the line of the node above, where the edge begins
    gradient: Shape | None = None  # of what flowed back along the edge; None where nothing did, or nobody watched
    module: str = ""  # which module made the node, such as "conv1 (Conv2d)"
    saved: tuple[tuple[str, str], ...] = ()  # name and form of each value that the node keeps, where asked for

    def text(self, brief: bool = False) -> str:
        """The line as it is printed, without its number. Brief: less far to the right, the module by its name alone."""
        edge = "" if self.edge is None else f"{self.edge}: "
        output = f" output {self.output}" if self.output else ""
        shape = "" if self.shape is None else f" {shape_text(self.shape)}"
        seen = "" if self.seen is None else f", see line {self.seen}"
        name, kind = self.module.rpartition(" ")[::2] if self.seen is None else ("", "")
        module = (name if brief else f"{name} {kind}".strip()) if self.module else ""
        words = f"{' ' * bool(self.parameter)}{self.parameter}{seen}{' by ' * bool(module)}{module}"
        return f"{self.lead[::2] if brief else self.lead}{edge}{self.name}{output}{shape}{words}"

    @property
    def is_node(self) -> bool:
        """Whether a node is met here for the first time."""
        return self.seen is None and self.name != "None"

    def differs(self, other: "Row") -> bool:
        """Whether the two lines say different things.

        A shape that one side does not know is no difference. What a node saves is not looked at: `parity` compares it.
        """
        mine, others = (replace(row, lead="", saved=(), shape=None, gradient=None) for row in (self, other))
        shapes = ((self.shape, other.shape), (self.gradient, other.gradient))
        return mine != others or any(None not in pair and pair[0] != pair[1] for pair in shapes)


def first_difference(ours: Sequence[Row], theirs: Sequence[Row]) -> int | None:
    """The number of the first line on which the trees differ, or None."""
    for line, (mine, other) in enumerate(zip_longest(ours, theirs), start=1):
        if mine is None or other is None or mine.differs(other):
            return line
    return None


def walk(
    root: Any,
    names: Mapping[int, str],
    makers: Mapping[Any, str] | None = None,
    gradients: Mapping[EdgeOf, Shape] | None = None,
    saved: bool = False,
    output: int = 0,
) -> list[Row]:
    """The graph below a node as rows, from the top.

    Args:
        root: a node of minigrad or of torch. names: the id of each parameter, and its name.
        makers: which module made a node. gradients: what `gradients_along_edges` saw. saved: list what nodes keep.
        output: which output of the root is meant.
    """
    makers, gradients = makers or {}, gradients or {}
    rows: list[Row] = []
    nodes: dict[int, Any] = {}  # line -> node
    for line, node, number, edge, above, seen, lead in visits(root, output=output):
        if node is None:
            rows.append(Row(line, lead, edge, number, "None", None, 0, "", None, above))
            continue
        nodes[line] = node
        gradient = None if above is None or edge is None else gradients.get((nodes[above], edge))
        kept = saved_by(node, names) if saved and seen is None else ()
        rows.append(
            Row(line, lead, edge, number, type(node).__name__, shape_of(node, number), len(node.next_functions),
                parameter_of(node, names), seen, above, gradient, makers.get(node, ""), kept)
        )  # fmt: skip
    return rows


def parameter_of(node: Any, names: Mapping[int, str]) -> str:
    """At an AccumulateGrad, what its variable is called; "" at any other node."""
    variable = getattr(node, "variable", None)
    if variable is None:
        return ""
    return names.get(id(variable), "unnamed" + " parameter" * (type(variable).__name__ == "Parameter"))


def shape_of(node: Any, output: int) -> Shape | None:
    """The shape of a node's output. Torch keeps it for the backward, whose *input* it is; a leaf has it itself."""
    if hasattr(node, "variable"):
        return tuple(node.variable.shape)
    if hasattr(node, "_input_metadata"):  # torch
        return tuple(node._input_metadata[output].shape)
    if hasattr(node, "output_metadata"):  # minigrad
        return tuple(node.output_metadata[output][0])
    return None


# -- What nodes keep


def saved_by(node: Any, names: Mapping[int, str]) -> tuple[tuple[str, str], ...]:
    """Name and form of each saved value, by torch's names without their `_saved_`.

    Raises nothing: in place of a value that is refused (it was freed, or overwritten) the error is told.
    """
    found = []
    for attribute in dir(node):
        if attribute.startswith("_saved_"):
            try:
                form = form_of(getattr(node, attribute), names)
            except RuntimeError as error:
                form = f"refused: {str(error).split('.')[0]}"
            found.append((attribute.removeprefix("_saved_"), form))
    return tuple(found)


def form_of(value: Any, names: Mapping[int, str]) -> str:
    """A tensor by its shape, and its name if it is a parameter; anything else as it prints.

    >>> form_of((2, 3), {}), form_of(None, {})
    ('(2, 3)', 'None')
    """
    if isinstance(value, (tuple, list)):
        return "(" + ", ".join(form_of(item, names) for item in value) + ")"
    if not hasattr(value, "requires_grad"):
        return str(value)
    name = names.get(id(value), "")
    return f"{name}{' ' * bool(name)}{shape_text(value.shape)} {str(value.dtype).removeprefix('torch.')}"


# -- What is seen while the graph grows, and while a gradient runs through it


@contextmanager
def noting_makers(modules: Mapping[str, Any]) -> Iterator[dict[Any, str]]:
    """While it lasts, notes for each node which module made it: the innermost whose forward was running.

    Args:
        modules: by name, each with all that is inside it; the name "" says nothing beside its class.

    A module's nodes are those between what went into it and what came out: before its forward a hook notes the nodes
    behind its arguments, and after it another walks from the outputs back to them. Modules inside it are done by then.
    """
    makers: dict[Any, str] = {}
    entered: list[set[Any]] = []  # for each forward that is running, the nodes behind its arguments
    handles = []

    def before(module: Any, args: Any, kwargs: Any) -> None:
        entered.append({tensor.grad_fn for tensor in tensors_in((args, kwargs)) if tensor.grad_fn is not None})

    def after(name: str) -> Any:
        def note(module: Any, args: Any, kwargs: Any, output: Any) -> None:
            around = entered.pop()
            label = f"{name} ({type(module).__name__})" if name else type(module).__name__
            for tensor in tensors_in(output):
                for visit in visits(tensor.grad_fn, around):
                    if visit.node is not None and not hasattr(visit.node, "variable"):
                        makers.setdefault(visit.node, label)

        return note

    for outer, model in modules.items():
        for inner, module in model.named_modules():
            name = ".".join(part for part in (outer, inner) if part)
            handles.append(module.register_forward_pre_hook(before, with_kwargs=True))
            handles.append(module.register_forward_hook(after(name), with_kwargs=True))
    try:
        yield makers
    finally:
        for handle in handles:
            handle.remove()


def tensors_in(value: Any) -> Iterator[Any]:
    """The tensors among arguments or outputs, however they are packed."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from tensors_in(item)
    elif hasattr(value, "grad_fn"):
        yield value


def gradients_along_edges(result: Any) -> dict[EdgeOf, Shape]:
    """Runs a backward from a tensor, and notes the shape of what each edge carried.

    A node's hook is given what the node sent out, one gradient per edge, before anything is added up. What each node
    saved is kept, and can be looked at afterwards. The gradient to start from is 1 everywhere.
    """
    seen: dict[EdgeOf, Shape] = {}

    def noting(node: Any) -> Any:
        def note(sent: Any, arrived: Any) -> None:
            seen.update({(node, edge): tuple(grad.shape) for edge, grad in enumerate(sent) if grad is not None})

        return note

    nodes = {visit.node: None for visit in visits(result.grad_fn) if visit.node is not None}
    handles = [node.register_hook(noting(node)) for node in nodes if node.next_functions]
    result.backward(result.new_ones(result.shape), retain_graph=True)
    for handle in handles:
        handle.remove()
    return seen
