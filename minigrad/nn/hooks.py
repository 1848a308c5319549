"""Hooks of modules: functions of the user's that are called before and after a module, forwards and backwards.

Forwards it is a loop before `forward` and one after it. Backwards a module is no node: its operations are. So while it
has a backward hook, its inputs and its outputs are led through two nodes that change nothing,
`BackwardHookFunctionBackward`. They stand in the graph where the module begins and ends, and see ∂ℒ/∂input and
∂ℒ/∂output go by.

Read next: `minigrad/autograd/hooks.py`, the hooks of the nodes themselves.
"""

import warnings
from collections import OrderedDict
from typing import Any

import numpy as np

from ..autograd import hooks as of_nodes
from ..autograd import is_grad_enabled
from ..autograd.function import INSIDE_A_FUNCTION
from ..autograd.node import Node
from ..recording import look_at
from ..tensor import Tensor, wrap

Gradients = tuple[Any, ...]


def add_hook(hooks: OrderedDict[int, Any], hook: Any, prepend: bool) -> of_nodes.RemovableHandle:
    """Adds a hook behind those that are there, or in front of them; the handle takes it away."""
    handle = of_nodes.add_hook(hooks, hook)
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def call_with_hooks(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """module.forward(*args, **kwargs), with the module's hooks around it.

    Raises: RuntimeError for a pre-hook with keywords that returns anything but (args, kwargs).
    """
    for hook, with_kwargs in list(module._forward_pre_hooks.values()):
        changed = hook(module, args, kwargs) if with_kwargs else hook(module, args)
        if changed is None:
            continue
        if not with_kwargs:
            args = changed if isinstance(changed, tuple) else (changed,)
        elif isinstance(changed, tuple) and len(changed) == 2:
            args, kwargs = changed
        else:
            raise RuntimeError(
                f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}."
            )
    watch = BackwardHook(module) if module._backward_hooks or module._backward_pre_hooks else None
    if watch is not None:
        args = watch.enter(args)
    output = module.forward(*args, **kwargs)
    for hook, with_kwargs in list(module._forward_hooks.values()):
        changed = hook(module, args, kwargs, output) if with_kwargs else hook(module, args, output)
        if changed is not None:
            output = changed
    return output if watch is None else watch.leave(output)


class BackwardHookFunctionBackward(Node):
    """∂ℒ/∂x = ∂ℒ/∂y, and 0 where no gradient came: the node changes nothing, so that its hooks can."""

    runs_on_nothing = True

    def backward(self, *grads: Any) -> Gradients:
        return tuple(
            [
                wrap(np.zeros(*shape_and_dtype)) if grad is None else grad
                for grad, shape_and_dtype in zip(grads, self.output_metadata, strict=True)
            ]
        )


class BackwardHook:
    """The backward hooks of one call of a module. They belong to the graph: they see each backward through it.

    Fields:
        grad_outputs: ∂ℒ/∂output, from when it passes the node behind the module until the hooks have been called.
        inputs, outputs: which of the module's arguments and results are tensors that were led through a node.
    """

    def __init__(self, module: Any) -> None:
        self.module = module
        self.hooks = list(module._backward_hooks.values())
        self.pre_hooks = list(module._backward_pre_hooks.values())
        self.grad_outputs: Gradients | None = None
        self.inputs: list[int] = []
        self.outputs: list[int] = []

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, led through a node that calls the hooks."""
        args, self.inputs, node = through_node(args)
        self.input_count = len(args)
        self.fires_at_output = node is None  # no gradient will pass the inputs
        if node is not None:
            node.register_hook(self.hook_of_inputs())
        return args

    def leave(self, output: Any) -> Any:
        """The output, led through a node that calls the pre-hooks. Warns for an output that is no tensor or tuple."""
        if not isinstance(output, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                f"{type(output)}",
                stacklevel=4,
            )
            return output
        results, self.outputs, node = through_node(output if isinstance(output, tuple) else (output,))
        self.output_count = len(results)
        if node is not None:
            node.register_prehook(self.hook_of_outputs())
        return results if isinstance(output, tuple) else results[0]

    def hook_of_outputs(self) -> Any:
        """What the node behind the module calls with ∂ℒ/∂output, before it runs."""

        def hook(grads: Gradients) -> Gradients:
            grad_outputs = spread(grads, self.outputs, self.output_count)
            for pre_hook in self.pre_hooks:
                grad_outputs = replaced(grad_outputs, pre_hook(self.module, grad_outputs), "pre hook", "grad_output")
            if not self.fires_at_output:
                self.grad_outputs = grad_outputs
            elif self.hooks:
                self.call_without_inputs(grad_outputs)
            return tuple([grad_outputs[index] for index in self.outputs])

        return hook

    def hook_of_inputs(self) -> Any:
        """What the node in front of the module calls with ∂ℒ/∂input, after it has run."""

        def hook(grads: Gradients, _: Gradients) -> Gradients | None:
            if self.grad_outputs is None:  # the gradient did not come through the outputs, as in a second derivative
                return None
            grad_inputs = spread(grads, self.inputs, self.input_count)
            for user_hook in self.hooks:
                changed = user_hook(self.module, grad_inputs, self.grad_outputs)
                grad_inputs = replaced(grad_inputs, changed, "hook", "grad_input")
            self.grad_outputs = None
            return tuple([grad_inputs[index] for index in self.inputs])

        return hook

    def call_without_inputs(self, grad_outputs: Gradients) -> None:
        """Calls the hooks where no input of the module requires grad: with None for each.

        Raises: RuntimeError for a hook that would replace what is not there.
        """
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs "
            "require gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
            "#torch.nn.Module.register_full_backward_hook for more details.",
            stacklevel=2,
        )
        for user_hook in self.hooks:
            changed = user_hook(self.module, (None,) * self.input_count, grad_outputs)
            if changed is not None and not (isinstance(changed, tuple) and all(grad is None for grad in changed)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for "
                    "all gradients."
                )


def through_node(values: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[int], Node | None]:
    """The values, the tensors among them led through one new node; which those were; the node.

    Where nothing is recorded the values are as they were, and there is no node.
    """
    places = [index for index, value in enumerate(values) if isinstance(value, Tensor)]
    edges = tuple([values[index].gradient_edge() for index in places])
    if not is_grad_enabled() or all(maker is None for maker, _ in edges):
        return values, [], None
    node = BackwardHookFunctionBackward(edges, {})
    changed = list(values)
    for number, (index, (maker, _)) in enumerate(zip(places, edges, strict=True)):
        alias = changed[index] = values[index].detach()
        node.output_metadata.append((alias.array.shape, alias.array.dtype))
        if maker is not None:
            alias._grad_fn, alias.output_nr = node, number
            look_at(alias, values[index])
            # So that nobody writes to it: the hooks would see another's gradient.
            alias._fixed = INSIDE_A_FUNCTION
    return tuple(changed), places, node


def spread(grads: Gradients, places: list[int], count: int) -> Gradients:
    """The gradients at the places of their tensors, None elsewhere."""
    by_place = dict(zip(places, grads, strict=True))
    return tuple([by_place.get(index) for index in range(count)])


def replaced(grads: Gradients, returned: Any, hook: str, what: str) -> Gradients:
    """What a hook returned in place of the gradients; they themselves if that was None."""
    if returned is None:
        return grads
    if len(returned) != len(grads):
        raise RuntimeError(
            f"Backward {hook} returned an invalid number of {what}, got {len(returned)}, but expected {len(grads)}"
        )
    return returned
