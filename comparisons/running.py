"""One program, run in minigrad and in torch, and everything kept that can be seen.

A program is a function of a library and tensors: `lambda lib, x, w: lib.nn.functional.conv2d(x, w)`. `run` makes the
tensors from the same arrays on either side and keeps what came out: the outputs, the graph behind them, the gradients,
the gradients of the gradients, and the errors. Read next: `checks.py`, which holds two runs together.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

import minigrad

from .versions import error_in_this_release, name_in_this_release

LIBRARIES = (minigrad, torch)

SAID_ONCE = (  # by torch, once in a process: whoever comes first hears it
    "Using padding='same' with even kernel lengths", "Converting a tensor with requires_grad=True to a scalar",
)  # fmt: skip

Program = Callable[..., Any]


@dataclass
class Run:
    """What a program did on one side. An error is kept as its type and text, and ends what could be seen after it."""

    inputs: list[Any]
    outputs: list[Any] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)  # of the inputs and the outputs, after the program
    graphs: list[list[Any]] = field(default_factory=list)  # for each output, its nodes in the order of `nodes_of`
    saved: list[list[dict[str, Any]]] = field(default_factory=list)  # and what each of them had saved
    printed: list[str] = field(default_factory=list)
    second: list[Any] = field(default_factory=list)  # the gradients of the gradients
    second_graphs: list[list[Any]] = field(default_factory=list)  # the graphs behind the gradients, as `rows_of`
    freed: str = ""  # how a second backward through freed graphs went
    error: tuple[type, str] | None = None  # of the program itself
    backward_error: tuple[type, str] | None = None
    second_error: tuple[type, str] | None = None


def run(library: Any, program: Program, arrays: Sequence[np.ndarray], requires_grad: Any = None,
        backward: bool = True, second: bool = False, catch: bool = False) -> Run:  # fmt: skip
    """The program on one side, and a backward from every output that has a graph.

    Args:
        arrays: the inputs; floating-point ones require grad unless `requires_grad`, a bool for each, says otherwise.
        second: look at the second derivative too. catch: keep errors instead of passing them on.
    """
    if requires_grad is None:
        requires_grad = [array.dtype.kind == "f" for array in arrays]
    pairs = zip(arrays, requires_grad, strict=True)
    result = Run([tensor_from(library, array).requires_grad_(bool(wanted)) for array, wanted in pairs])
    library.manual_seed(0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        returned, result.error = attempt_in(library, lambda: program(library, *result.inputs), catch)
        texts = [str(warning.message) for warning in caught]
        result.warned = [text for text in texts if not text.startswith(SAID_ONCE)]
        if result.error is None:
            result.outputs = list(returned) if isinstance(returned, (tuple, list)) else [returned]
            look(library, result, backward, second, catch)
    return result


def look(library: Any, result: Run, backward: bool, second: bool, catch: bool) -> None:
    """Notes the graphs behind the outputs, and runs backward through them."""
    tensors = [output for output in result.outputs if library.is_tensor(output)]
    result.versions = [tensor._version for tensor in [*result.inputs, *tensors]]
    result.graphs = [nodes_of(tensor) for tensor in tensors]
    if second:
        result.saved = [[saved_by(node) for node in nodes] for nodes in result.graphs]
    if not backward:
        return
    _, result.backward_error = attempt(lambda: run_backward(library, tensors), catch)
    if second and result.backward_error is None:
        _, result.second_error = attempt(lambda: run_second(library, result, tensors), catch)
    if result.backward_error is None:
        result.freed = second_backward(result.inputs, tensors)


def attempt(action: Callable[[], Any], catch: bool = True) -> tuple[Any, tuple[type, str] | None]:
    """What the action returns, and the error that it raised instead."""
    try:
        return action(), None
    except Exception as error:
        if not catch:
            raise
        return None, (type(error), str(error))


def attempt_in(library: Any, action: Callable[[], Any], catch: bool = True) -> tuple[Any, tuple[type, str] | None]:
    """The same; minigrad's error as the installed release of torch would put it."""
    returned, error = attempt(action, catch)
    return returned, error_in_this_release(error) if library is minigrad else error


def incoming(library: Any, tensors: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Each tensor that requires grad, and a random ∂ℒ/∂tensor for it: the same numbers on both sides."""
    random = np.random.default_rng(0)
    pairs = []
    for tensor in tensors:
        numbers = random.standard_normal(tuple(tensor.shape))
        if tensor.requires_grad:
            gradient = np.asarray(numbers, dtype=numbers_of(tensor).dtype)
            pairs.append((tensor, tensor_from(library, gradient)))
    return pairs


def run_backward(library: Any, outputs: Sequence[Any]) -> None:
    """A backward from each output, keeping the graph: the inputs' `.grad` is the sum."""
    for output, gradient in incoming(library, outputs):
        output.backward(gradient, retain_graph=True)


def run_second(library: Any, result: Run, outputs: Sequence[Any]) -> None:
    """The gradient of a weighted sum of the first gradients, by the inputs and by what came in."""
    pairs = incoming(library, outputs)
    inputs = [x for x in result.inputs if x.requires_grad]
    if not pairs or not inputs:
        return
    roots, sent = [list(side) for side in zip(*pairs, strict=True)]
    for gradient in sent:
        gradient.requires_grad_()
    first = library.autograd.grad(roots, inputs, sent, create_graph=True, allow_unused=True)
    curved = incoming(library, [gradient for gradient in first if gradient is not None])
    if curved:
        result.second_graphs = [rows_of(nodes_of(gradient)) for gradient, _ in curved]
        slopes, weights = [list(side) for side in zip(*curved, strict=True)]
        for weight in weights:
            weight.requires_grad_()  # so that the second derivatives have a graph, whose nodes the table is to reach
        result.second = list(
            library.autograd.grad(slopes, [*inputs, *sent], weights, allow_unused=True, create_graph=True)
        )


def second_backward(inputs: list[Any], outputs: list[Any]) -> str:
    """Walks every output's graph twice more without keeping it: fine where nothing was saved, else torch's error."""
    before = [None if x.grad is None else x.grad.clone() for x in inputs if x.is_leaf]
    said = []
    for output in outputs:
        for _ in range(2):
            try:
                if output.requires_grad:
                    output.sum().backward()
                said.append("fine")
            except RuntimeError as error:
                said.append(str(error)[:40])
    for x, grad in zip([x for x in inputs if x.is_leaf], before, strict=True):
        x.grad = grad
    return " ".join(said)


# -- Looking at tensors and graphs


def tensor_from(library: Any, array: np.ndarray) -> Any:
    """A tensor over a copy of the array that is laid out in memory as the array is."""
    extent = 1 + sum((n - 1) * (s // array.itemsize) for n, s in zip(array.shape, array.strides, strict=True))
    if not array.size:
        return library.zeros(array.shape, dtype=getattr(library, array.dtype.name))
    if any(step < 0 for step in array.strides):
        return library.from_numpy(array.copy())
    memory = np.lib.stride_tricks.as_strided(array, (extent,), (array.itemsize,)).copy()
    return library.from_numpy(np.lib.stride_tricks.as_strided(memory, array.shape, array.strides))


def numbers_of(tensor: Any) -> np.ndarray:
    """The tensor's values. (`force`: torch has zeros that take no memory.)"""
    return tensor.detach().numpy(force=True)


def dense(tensor: Any) -> bool:
    """Whether its elements fill its memory without a gap: torch promises such a leaf a gradient of its own layout."""
    size = 1
    for step, length in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if length > 1:
            if step != size:
                return False
            size *= length
    return tensor.numel() > 0


def steps(tensor: Any) -> list[int]:
    """The strides that matter: those of dimensions longer than 1."""
    return [step for step, size in zip(tensor.stride(), tensor.shape, strict=True) if size > 1 and tensor.numel()]


def nodes_of(tensor: Any) -> list[Any]:
    """The nodes behind a tensor, breadth first, each once."""
    found: dict[Any, None] = {} if tensor.grad_fn is None else {tensor.grad_fn: None}
    queue = list(found)
    for node in queue:  # which grows meanwhile
        for receiver, _ in node.next_functions:
            if receiver is not None and receiver not in found:
                found[receiver] = None
                queue.append(receiver)
    return queue


def rows_of(nodes: Sequence[Any]) -> list[Any]:
    """A graph as a list that is equal for equal graphs: each node's name, and its edges with the nodes as numbers."""
    numbers = {node: number for number, node in enumerate(nodes)}
    edges = [[None if to is None else (numbers[to], output) for to, output in node.next_functions] for node in nodes]
    return [(name_in_this_release(node), arriving) for node, arriving in zip(nodes, edges, strict=True)]


def graph_of(tensor: Any) -> list[Any]:
    """The graph behind a tensor, as a list that is equal for equal graphs."""
    return rows_of(nodes_of(tensor))


def saved_by(node: Any) -> dict[str, Any]:
    """What the node keeps for its backward, by torch's names; in place of a value that is refused, the error."""
    names = [name for name in dir(node) if name.startswith("_saved_")]
    return {name: attempt(lambda name=name: plain(getattr(node, name))) for name in names}  # type: ignore[misc]


def plain(value: Any) -> Any:
    """A saved value without its library: tensors as arrays, sizes as tuples, dtypes by name."""
    if isinstance(value, (tuple, list)):
        return tuple(plain(item) for item in value)
    if isinstance(value, (minigrad.Tensor, torch.Tensor)):
        return numbers_of(value).copy()
    return value if isinstance(value, (int, float, str, type(None))) else str(value)


def all_nodes(*sides: Run) -> Iterator[str]:
    """The names of all nodes that the runs have met."""
    for side in sides:
        yield from (type(node).__name__ for nodes in side.graphs for node in nodes)
        yield from (name for rows in side.second_graphs for name, _ in rows)
        yield from (type(node).__name__ for x in side.second if x is not None for node in nodes_of(x))
