"""Recording: where the graph grows. Every operation hands its result to one of these functions.

A result of operands that require grad gets a node, with an edge for each operand and with what its backward will read.
Where nothing requires grad, or under `no_grad`, there is no node: the result is just the values.

Read next: `ops/arithmetic.py`.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from .autograd.grad_mode import mode
from .autograd.node import NO_EDGE, Node, SavedTensor
from .tensor import NoVersion, Tensor, wrap

SEVERAL_VIEWS = (
    "This view is the output of a function that returns multiple views. Such functions do not allow the output views "
    "to be modified inplace. You should replace the inplace operation by an out-of-place one."
)


def record(node_class: type[Node], array: Any, /, *inputs: Any, **saved: Any) -> Tensor:
    """A new tensor around the result of an operation, whose `grad_fn` is a new node of the given class.

    Args:
        array: the result. inputs: the operation's operands in torch's order: each gets an edge, which is
        `(None, 0)` for what is no tensor or needs no gradient. saved: what the node's backward will read, by torch's
        names; an output, called `result`, is added by itself.
    """
    output = wrap(array)
    if mode.recording and output.array.dtype.kind == "f":  # a step function has no slope worth recording
        attach(node_class, (output,), inputs, saved)
    return output


def record_all(node_class: type[Node], arrays: Iterable[Any], /, *inputs: Any, **saved: Any) -> tuple[Any, ...]:
    """As `record`, for an operation with several results: one node, whose outputs they are. None stays None."""
    outputs = tuple([None if array is None else wrap(array) for array in arrays])
    if mode.recording:
        attach(node_class, outputs, inputs, saved)
    return outputs


def record_view(node_class: type[Node], array: np.ndarray, /, input: Tensor, **saved: Any) -> Tensor:
    """As `record`, for an operation whose result looks at its input's memory."""
    output = record(node_class, array, input, **saved)
    look_at(output, input)
    return output


def record_views(node_class: type[Node], arrays: Iterable[np.ndarray], /, input: Tensor, **saved: Any) -> Any:
    """As `record_view`, for several views at once. None of them may be written to where the write is recorded."""
    if input.array.dtype.kind == "f":
        outputs = record_all(node_class, arrays, input, **saved)
    else:
        outputs = tuple([wrap(array) for array in arrays])
    for output in outputs:
        look_at(output, input)
        output._fixed = SEVERAL_VIEWS
    return outputs


def look_at(output: Tensor, input: Tensor) -> None:
    """Makes the output a view: it has the input's base and shares its count of writes."""
    output.version = input.version
    if input.is_inference():
        return  # in no graph, so nobody needs to know
    output._base = input if input._base is None else input._base
    output._history_version = input.version.count
    output._made_in, output._fixed = input._made_in, input._fixed  # what holds for a view holds for its parts
    if not mode.recording:
        output._made_in = "inference" if mode.inference else "no_grad"


def is_inference_alone(inputs: tuple[Any, ...], saved: dict[str, Any]) -> bool:
    """Whether all operands are inference tensors, masks and indices too: of those alone nothing is recorded."""
    values = [*inputs, *(value for name, value in saved.items() if not name.startswith("result"))]
    flat = [item for value in values for item in (value if type(value) is tuple else (value,))]
    return all(item.is_inference() for item in flat if isinstance(item, Tensor))


def attach(node_class: type[Node], outputs: tuple[Any, ...], inputs: tuple[Any, ...], saved: dict[str, Any]) -> None:
    """Makes the node, if any input requires grad, and hangs the outputs on it."""
    edges = []
    is_wanted = False
    for i in inputs:
        edge = i.gradient_edge() if isinstance(i, Tensor) else NO_EDGE
        if edge is not NO_EDGE:
            is_wanted = True
        edges.append(edge)
    if not is_wanted and not any(isinstance(i, Tensor) and i.requires_grad for i in inputs):
        return  # (a view made under no_grad has no edge and still may require grad)
    if type(inputs[0].version) is NoVersion and is_inference_alone(inputs, saved):
        return
    saved_for = node_class.saved_for
    for name, value in saved.items():
        if name in saved_for and edges[saved_for[name]] is NO_EDGE:
            saved[name] = None
        elif isinstance(value, Tensor):
            saved[name] = SavedTensor(value)
        elif type(value) is tuple:
            saved[name] = tuple([SavedTensor(item) if isinstance(item, Tensor) else item for item in value])
    node = node_class(tuple(edges), saved)
    for number, output in enumerate(outputs):
        if output is None:
            node.output_metadata.append(None)
            continue
        node.output_metadata.append((output.array.shape, output.array.dtype))
        if output.array.dtype.kind == "f":
            output._grad_fn, output.output_nr = node, number
    if "result" in node_class.saves:
        saved["result"] = SavedTensor(outputs[0], is_output=True)
