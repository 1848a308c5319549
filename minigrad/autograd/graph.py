"""What may be done to a graph from outside: say how its saved tensors are stored.

A node keeps tensors for its backward. With a pair of hooks, `pack` is called with each tensor when it is saved and may
return anything (a copy on disk, a smaller dtype, a message for the reader); `unpack` makes a tensor of that again when
the backward needs it.
"""

from typing import Any

from .grad_mode import mode
from .node import Node, check_hooks

__all__ = ["Node", "saved_tensors_hooks"]


class saved_tensors_hooks:
    """Inside, tensors that nodes save pass through pack_hook(tensor), and come back through unpack_hook(packed).

    Source: https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.graph.saved_tensors_hooks

    >>> import minigrad as torch
    >>> x = torch.tensor([1., 2.], requires_grad=True)
    >>> with torch.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), lambda values: torch.tensor(values)):
    ...     y = x.exp()
    >>> y.sum().backward()
    >>> x.grad
    tensor([2.7183, 7.3891])
    """

    def __init__(self, pack_hook: Any, unpack_hook: Any) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        check_hooks(self.pack_hook, self.unpack_hook)
        mode.saved_tensors_hooks += ((self.pack_hook, self.unpack_hook),)

    def __exit__(self, *exception: object) -> None:
        mode.saved_tensors_hooks = mode.saved_tensors_hooks[:-1]
