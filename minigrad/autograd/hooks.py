"""Hooks: functions of the user's that the backward pass calls on its way.

A tensor's hook sees the gradient of that tensor, complete, before it is used, and may replace it. A node's hooks see
what goes into the node and what comes out. Nobody pays for a hook that is not there: a node without one has no `Hooks`.
"""

import itertools
import weakref
from collections.abc import Callable
from typing import Any


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook away again; as a context manager, at the end."""

    count = itertools.count()

    def __init__(self, hooks: dict[int, Any]) -> None:
        self.hooks = hooks
        self.id = next(self.count)

    def remove(self) -> None:
        self.hooks.pop(self.id, None)

    def __enter__(self) -> "RemovableHandle":
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


class Hooks:
    """The hooks of one node, or of one leaf."""

    def __init__(self) -> None:
        self.of_tensor: dict[int, tuple[int, Callable[[Any], Any]]] = {}  # (which output, hook)
        self.retained: dict[int, weakref.ref[Any]] = {}  # output -> the tensor that wants to keep its gradient
        self.before: dict[int, Callable[[Any], Any]] = {}  # register_prehook
        self.after: dict[int, Callable[[Any, Any], Any]] = {}  # register_hook
        self.accumulated: dict[int, Callable[[Any], Any]] = {}  # register_post_accumulate_grad_hook

    def on_tensors(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """The gradients of the outputs as their tensors' hooks leave them; kept where `retain_grad` asked for it.

        An output that nobody used has none, and its hooks are told so.
        """
        changed = list(grads)
        for number, hook in list(self.of_tensor.values()):
            changed[number] = replaced(changed[number], hook(changed[number]), hook)
        for number, reference in self.retained.items():
            tensor = reference()
            if tensor is not None and changed[number] is not None:
                tensor.keep_grad(changed[number])
        return tuple(changed)

    def on_the_way_in(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """What the node gets, as its prehooks leave it."""
        for hook in list(self.before.values()):
            grads = replaced_all(grads, hook(grads), hook)
        return grads

    def on_the_way_out(self, grads: tuple[Any, ...], incoming: tuple[Any, ...]) -> tuple[Any, ...]:
        """What the node returns, as its hooks leave it."""
        for hook in list(self.after.values()):
            grads = replaced_all(grads, hook(grads, incoming), hook)
        return grads


def add_hook(hooks: dict[int, Any], hook: Any) -> RemovableHandle:
    """Adds a hook behind those that are there; the handle takes it away."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


def replaced(grad: Any, returned: Any, hook: Any) -> Any:
    """What a hook returned in place of the gradient; the gradient itself if that was None.

    Raises: TypeError for what is no tensor, RuntimeError for a tensor of another dtype or shape, or in place of no
        gradient.
    """
    if returned is None:
        return grad
    if grad is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if not isinstance(returned, type(grad)):
        raise TypeError(f"expected Variable, but hook returned '{type(returned).__name__}'")
    if returned.dtype != grad.dtype:
        raise RuntimeError(
            f"hook '{name_of(hook)}' has changed the type of value (was {grad.type()} got {returned.type()})"
        )
    if returned.shape != grad.shape:
        raise RuntimeError(f"hook '{name_of(hook)}' has changed the size of value")
    return returned


def replaced_all(grads: tuple[Any, ...], returned: Any, hook: Any) -> tuple[Any, ...]:
    """The same for all gradients of a node at once."""
    if returned is None:
        return grads
    if not isinstance(returned, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(returned).__name__}'")
    if len(returned) != len(grads):
        raise RuntimeError(
            f"hook '{name_of(hook)}' has returned an incorrect number of values (got {len(returned)}, but expected "
            f"{len(grads)})"
        )
    return tuple(r if g is None or r is None else replaced(g, r, hook) for g, r in zip(grads, returned, strict=True))


def name_of(hook: Any) -> str:
    """What to call a hook in a message."""
    return getattr(hook, "__name__", type(hook).__name__)
