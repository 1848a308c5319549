"""The engine: walks the graph backwards and applies the chain rule once per node.

A node may run only when every node that consumed its output has reported its gradient: only then is the sum
∂ℒ/∂y = Σ over the consumers complete. So the engine first counts, for each node, the edges that arrive at it; then it
runs whatever has no one left to wait for, and crosses one edge off for each gradient (or None) that it delivers.

Among the ready nodes the youngest goes first, and `AccumulateGrad` before all. That is torch's order, so hooks fire and
floating-point sums add up in torch's order too. It is a loop, not a recursion: depth costs nothing.

Read next: `minigrad/tensor.py`, where nodes are recorded, and `minigrad/ops/arithmetic.py`, the first derivatives.
"""

import heapq
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .anomaly import anomaly, blame, check_no_nan
from .grad_mode import mode, set_grad_enabled
from .hooks import Hooks
from .node import AccumulateGrad, Edge, Node

CYCLE_WARNING = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
    "which can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you "
    "have to use this function, make sure to reset the .grad fields of your parameters to None after use to break the "
    "cycle and avoid the leak."
)

Inbox = dict[Node, list[Any]]  # the gradients that have arrived so far: for each node, one sum per output


def run_backward(
    roots: Sequence[Edge],
    gradients: Sequence[Any],
    *,
    retain_graph: bool,
    create_graph: bool,
    wanted: Sequence[Edge] | None = None,
    keep: bool = False,
) -> dict[Edge, Any]:
    """Sends the gradients from the roots through the graph, down to the leaves.

    Args:
        roots: the edges of the tensors to differentiate. gradients: ∂ℒ/∂root for each.
        retain_graph: keep the saved tensors, so that the graph can be walked again.
        create_graph: record the backward pass itself, so that its result can be differentiated again.
        wanted: the only edges whose gradient is asked for; nothing else is computed or accumulated.
        keep: the nodes at the wanted edges run too, so that their tensors keep their gradients by themselves.

    Returns: the gradient that arrived at each wanted edge, where one did.
    """
    consumers = count_consumers(root for root, _ in roots)
    needed = None if wanted is None else nodes_leading_to(wanted, consumers)
    if needed is not None and keep:
        needed |= {node for node, _ in wanted or () if node is not None}
    captured: dict[Edge, Any] = {}
    wanted_at: dict[Node | None, list[Edge]] = {}
    for edge in wanted or ():
        wanted_at.setdefault(edge[0], []).append(edge)
    inbox: Inbox = {}
    for (root, number), gradient in zip(roots, gradients, strict=True):
        deliver(inbox, root, number, gradient)

    ready = [(-node.sequence_nr, age, node) for age, node in enumerate(inbox) if not consumers[node]]
    heapq.heapify(ready)
    age = len(inbox)  # among equals, first come, first served
    with set_grad_enabled(create_graph), running_only(None if needed is None else (needed | wanted_at.keys()) - {None}):
        while ready:
            node = heapq.heappop(ready)[-1]
            arrived = tuple(inbox.pop(node))
            runs = needed is None or node in needed
            if node in wanted_at:
                if node.hooks is not None and not runs:
                    arrived = node.hooks.on_tensors(arrived)
                for edge in wanted_at[node]:
                    captured[edge] = arrived[edge[1]]
            if runs:
                grads = run_node(node, arrived)
                if not retain_graph:
                    node.release_saved()
            else:
                grads = (None,) * len(node.next_functions)

            for (receiver, number), grad in zip(node.next_functions, grads, strict=True):
                if receiver is None:
                    continue
                deliver(inbox, receiver, number, grad)
                waiting_for = consumers[receiver] = consumers[receiver] - 1
                if not waiting_for:
                    age += 1
                    heapq.heappush(ready, (-receiver.sequence_nr, age, receiver))
            grad = grads = ()  # let go, so that a leaf which gets the gradient next can see that nobody else holds it
    return captured


@contextmanager
def running_only(nodes: set[Any] | None) -> Iterator[None]:
    """Lets nodes know who else runs, so that they compute no gradient for the others; None: all of them do."""
    outside, mode.running = mode.running, nodes
    try:
        yield
    finally:
        mode.running = outside


def count_consumers(roots: Iterable[Node | None]) -> dict[Node, int]:
    """For each node that the roots lead to: how many edges arrive at it."""
    consumers = {root: 0 for root in roots if root is not None}
    stack = list(consumers)
    while stack:
        for receiver, _ in stack.pop().next_functions:
            if receiver in consumers:
                consumers[receiver] += 1
            elif receiver is not None:
                consumers[receiver] = 1
                stack.append(receiver)
    return consumers


def nodes_leading_to(wanted: Sequence[Edge], consumers: dict[Node, int]) -> set[Node]:
    """The nodes that must run for a gradient to reach a wanted edge.

    A node is younger than all that it leads to, so one pass from old to young settles each node after its receivers.
    """
    targets = {node for node, _ in wanted if node is not None}
    leading: set[Node] = set()
    for node in sorted((n for n in consumers if not isinstance(n, AccumulateGrad)), key=lambda n: n.sequence_nr):
        if any(receiver in targets or receiver in leading for receiver, _ in node.next_functions):
            leading.add(node)
    return leading


def deliver(inbox: Inbox, node: Node | None, number: int, grad: Any) -> None:
    """Adds a gradient to what has already arrived at a node's output. The incoming tensor is never written to."""
    if node is None:
        return
    sums = inbox.get(node)
    if sums is None:
        sums = inbox[node] = [None] * len(node.output_metadata)
    if grad is not None:
        sums[number] = grad if sums[number] is None else sums[number] + grad


def run_node(node: Node, grads: tuple[Any, ...]) -> Sequence[Any]:
    """What a node's backward returns: one gradient per edge, each checked against the input that it belongs to."""
    hooks = node.hooks
    try:
        if hooks is not None:
            returned = call_with_hooks(node, hooks, grads)
        elif type(node) is AccumulateGrad:  # as its `backward`; but the leaf is told whether it may keep the memory
            is_spare = grads[0] is not None and nobody_else_holds(grads)
            node.variable.accumulate_grad(grads[0], is_spare)
            return ()
        elif is_nothing(grads) and not node.runs_on_nothing:
            return (None,) * len(node.next_functions)
        else:
            returned = node.backward(*grads)
    except Exception:
        if anomaly.enabled:
            blame(node)
        raise
    if type(returned) is not tuple:
        returned = (returned,)
    conformed: list[Any] = []
    for grad, (maker, number) in zip(returned, node.next_functions, strict=True):
        if grad is not None and maker is not None:
            shape, dtype = maker.output_metadata[number]
            if grad.array.shape != shape or grad.array.dtype != dtype:
                grad = conform(grad, shape, dtype, node, len(conformed))
        conformed.append(grad if maker is not None else None)
    if anomaly.enabled and anomaly.check_nan:
        check_no_nan(node, tuple(conformed))
    return conformed


def is_nothing(grads: tuple[Any, ...]) -> bool:
    """Whether no gradient has arrived: by None the nodes above said that the loss does not depend on this one."""
    for grad in grads:
        if grad is not None:
            return False
    return True


def nobody_else_holds(grads: tuple[Any, ...]) -> bool:
    """Whether only this tuple holds its first gradient, and only that gradient its memory: then a leaf may keep both.

    Else it must copy the gradient, which for a large weight takes as long as the optimizer's step. (To understand the
    engine you need none of this.)

    Python counts the references to an object. The tensor and its array must be counted as often as an object that is
    in a tuple and nowhere else. Of a view (a transposed one, say) that must hold too for what it is a view of, and for
    the array there, which both of them refer to.
    """
    if sys.getrefcount(grads[0]) != ALONE or sys.getrefcount(grads[0].array) != ALONE:
        return False
    array, is_view = grads[0].array, grads[0]._base is not None
    if is_view and sys.getrefcount(grads[0]._base) != ALONE:
        return False
    # The base tensor holds its array; the view's array may look at that very one, and then holds it too.
    if is_view and sys.getrefcount(grads[0]._base.array) != ALONE + (array.base is grads[0]._base.array):
        return False
    if array.base is not None and (type(array.base) is not type(array) or not array.base.flags.owndata):
        return False  # memory that came from another library, who may still use it
    # The array holds what it looks at; of a view the base tensor's array holds it, or is it.
    return array.flags.writeable and (array.base is None or sys.getrefcount(array.base) == ALONE + is_view)


def count_in_a_tuple(values: tuple[Any, ...]) -> int:
    """How many references Python counts to the first of the values."""
    return sys.getrefcount(values[0])


ALONE = count_in_a_tuple((object(),))


def call_with_hooks(node: Node, hooks: Hooks, grads: tuple[Any, ...]) -> tuple[Any, ...]:
    """What the node's backward makes of the gradients, with its hooks before and after."""
    grads = hooks.on_the_way_in(hooks.on_tensors(grads))
    nothing = is_nothing(grads) and not node.runs_on_nothing
    returned = (None,) * len(node.next_functions) if nothing else node.backward(*grads)
    return hooks.on_the_way_out(returned if type(returned) is tuple else (returned,), grads)


def conform(grad: Any, shape: tuple[int, ...], dtype: Any, node: Node, index: int) -> Any:
    """The gradient in the shape and dtype of the input it belongs to: summed, if the input was repeated to give it.

    Raises: RuntimeError if its shape has nothing to do with the input's.
    """
    if not expands_to(shape, grad.array.shape):
        raise RuntimeError(
            f"Function {node.name()} returned an invalid gradient at index {index} - got {list(grad.array.shape)} "
            f"but expected shape compatible with {list(shape)}"
        )
    if grad.array.shape != shape:
        grad = grad.sum_to_size(shape)
    return grad if grad.array.dtype == dtype else grad.to(dtype)


def expands_to(shape: tuple[int, ...], larger: tuple[int, ...]) -> bool:
    """Whether a tensor of this shape can be repeated to give the larger one."""
    new = len(larger) - len(shape)
    return new >= 0 and all(n in (1, m) for n, m in zip(shape, larger[new:], strict=True))


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Adds ∂(Σ tensors)/∂leaf to the `.grad` of every leaf that the tensors depend on.

    A tensor that is not a scalar needs `grad_tensors`: the vector v of the vector–Jacobian product vᵀJ. (Its old name
    is `grad_variables`.)

    Raises: RuntimeError for a tensor without a graph, for a missing or misshapen gradient.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.backward.html

    >>> import minigrad as torch
    >>> x = torch.tensor([1., 2.], requires_grad=True)
    >>> torch.autograd.backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only "
                "use `grad_tensors`."
            )
        grad_tensors = grad_variables
    tensors = as_tuple(tensors)
    grads = root_gradients(tensors, as_tuple(grad_tensors))
    inputs = None if inputs is None else as_tuple(inputs)
    if inputs is not None and not inputs:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    for input in inputs or ():
        input.retain_grad()  # a computed one; a leaf keeps its gradient by itself
    run_backward(
        [t.gradient_edge() for t in tensors],
        grads,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        wanted=None if inputs is None else [input.gradient_edge() for input in inputs],
        keep=True,
    )
    if create_graph:
        warnings.warn(CYCLE_WARNING, stacklevel=3)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """∂(Σ outputs)/∂input for each input, returned and not accumulated. (`only_inputs` is a relic of torch's: ignored.)

    Raises: RuntimeError as `backward`, and for an input that the outputs do not depend on, unless `allow_unused`
    (then its gradient is None) or `materialize_grads` (then it is zero).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html

    >>> import minigrad as torch
    >>> x = torch.tensor(3., requires_grad=True)
    >>> (slope,) = torch.autograd.grad(x ** 2, x, create_graph=True)
    >>> torch.autograd.grad(slope, x)
    (tensor(2.),)
    """
    if is_grads_batched:
        raise NotImplementedError("minigrad's autograd.grad takes one vector at a time, no batch of them")
    if materialize_grads and allow_unused is False:
        raise ValueError("Expected allow_unused to be True or not passed when materialize_grads=True, but got: False.")
    outputs, inputs = as_tuple(outputs), as_tuple(inputs)
    gradients = root_gradients(outputs, as_tuple(grad_outputs))
    if not inputs:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    for input in inputs:
        if not input.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    wanted = [input.gradient_edge() for input in inputs]
    captured = run_backward(
        [t.gradient_edge() for t in outputs],
        gradients,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        wanted=wanted,
    )
    found = tuple(captured.get(edge) for edge in wanted)
    if materialize_grads:
        return tuple(
            input.new_zeros(input.shape).requires_grad_(create_graph) if gradient is None else gradient
            for gradient, input in zip(found, inputs, strict=True)
        )
    unused = [index for index, gradient in enumerate(found) if gradient is None]
    if unused and not allow_unused:
        raise RuntimeError(
            f"The differentiated Tensor at index {unused[0]} appears to not have been used in the graph. Set "
            "allow_unused=True if this is the desired behavior."
        )
    return found


def as_tuple(tensors: Any) -> tuple[Any, ...]:
    """A tensor or a sequence of them as a tuple; None as the empty one."""
    if tensors is None:
        return ()
    return tuple(tensors) if isinstance(tensors, (tuple, list)) else (tensors,)


def root_gradients(tensors: tuple[Any, ...], gradients: tuple[Any, ...]) -> list[Any]:
    """The gradient to start from at each root: what was given, or 1 for a scalar (∂ℒ/∂ℒ = 1)."""
    gradients = gradients or (None,) * len(tensors)
    for gradient in gradients:
        if gradient is not None and not hasattr(gradient, "gradient_edge"):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
    if len(gradients) != len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(gradients)} gradients")
    result = []
    for index, (tensor, gradient) in enumerate(zip(tensors, gradients, strict=True)):
        if gradient is None:
            if tensor.requires_grad and tensor.numel() != 1:
                raise RuntimeError("grad can be implicitly created only for scalar outputs")
            gradient = tensor.new_ones(tensor.shape)
        elif gradient.shape != tensor.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{index}] has a shape of {gradient.shape} and output[{index}] has a "
                f"shape of {tensor.shape}."
            )
        if tensor.gradient_edge()[0] is None:
            raise RuntimeError(f"element {index} of tensors does not require grad and does not have a grad_fn")
        result.append(gradient if gradient.array.dtype == tensor.array.dtype else gradient.to(tensor.dtype))
    return result
