"""Module: functions that own parameters.

A module is a tree: what is assigned to an attribute, a parameter or another module, is noticed and kept in order (in
`tree.py`). That is all it takes for `parameters()` to find every weight for the optimizer, for `state_dict()` to name
them, and for `train()` and `eval()` to reach every dropout.

Read next: `linear.py`, `conv.py`, and then `minigrad/optim/optimizer.py`; `hooks.py` and `loading.py` when you meet
them.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..autograd.hooks import RemovableHandle
from ..devices import device
from ..dtypes import dtype, float32, float64
from ..foreign import refuse_foreign
from ..tensor import Tensor, wrap
from .hooks import add_hook, call_with_hooks
from .loading import Loading, _IncompatibleKeys
from .tree import Tree


class Module(Tree):
    """Base class of all layers and networks: define `forward`, and call the module.

    >>> import minigrad as torch
    >>> class Double(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.inner = torch.nn.Linear(1, 1)
    ...     def forward(self, x):
    ...         return 2 * self.inner(x)
    >>> Double()
    Double(
      (inner): Linear(in_features=1, out_features=1, bias=True)
    )
    """

    training: bool
    _version = 1  # of the module's state; it goes up where the state gets an entry more
    _forward_pre_hooks: OrderedDict[int, Any]  # number -> (hook, with_kwargs)
    _forward_hooks: OrderedDict[int, Any]  # the same
    _backward_pre_hooks: OrderedDict[int, Any]  # number -> hook
    _backward_hooks: OrderedDict[int, Any]

    def __init__(self) -> None:
        super().__init__()
        self.training = True
        self._forward_pre_hooks, self._forward_hooks = OrderedDict(), OrderedDict()
        self._backward_pre_hooks, self._backward_hooks = OrderedDict(), OrderedDict()

    def forward(self, *input: Any) -> Any:
        """What the module computes. A subclass defines it."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The module's `forward`, and its hooks around it."""
        try:
            if self._backward_hooks or self._backward_pre_hooks or self._forward_hooks or self._forward_pre_hooks:
                return call_with_hooks(self, args, kwargs)
            return self.forward(*args, **kwargs)
        except AttributeError as error:
            refuse_foreign(error)
            raise

    # -- Hooks

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Calls hook(module, args) before each `forward`; what it returns takes the place of the arguments.

        Args:
            prepend: put it in front of the hooks that are there. with_kwargs: call hook(module, args, kwargs); it then
                returns both, or None.
        """
        return add_hook(self._forward_pre_hooks, (hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Calls hook(module, args, output) after each `forward`; what it returns, unless None, becomes the output.

        With `with_kwargs` it is hook(module, args, kwargs, output).

        >>> import minigrad as torch
        >>> layer = torch.nn.Flatten()
        >>> handle = layer.register_forward_hook(lambda module, args, output: print(args[0].shape, output.shape))
        >>> y = layer(torch.zeros(2, 3, 4))
        torch.Size([2, 3, 4]) torch.Size([2, 12])
        >>> handle.remove()
        """
        return add_hook(self._forward_hooks, (hook, with_kwargs), prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Calls hook(module, grad_output) when ∂ℒ/∂output has arrived; a tuple that it returns replaces it."""
        return add_hook(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Calls hook(module, grad_input, grad_output) when ∂ℒ/∂input is known; a tuple that it returns replaces it."""
        return add_hook(self._backward_hooks, hook, prepend)

    # -- State

    def state_dict(
        self, *, destination: dict[str, Tensor] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Tensor]:
        """The parameters and persistent buffers by their dotted names; they share the module's memory.

        Its attribute `_metadata` has the `_version` of each module, which `load_state_dict` asks for.

        Args:
            destination: the dict to fill and return, a new OrderedDict if None. prefix: stands before each name.
            keep_vars: the tensors themselves, where else each is detached.
        """
        state: Any = OrderedDict() if destination is None else destination
        if destination is None:
            state._metadata = OrderedDict()
        if hasattr(state, "_metadata"):
            state._metadata[prefix[:-1]] = {"version": self._version}
        for name, member in self._own_state().items():
            state[prefix + name] = member if keep_vars else member.detach()
        for name, module in self._modules.items():  # not named_modules: a shared module has all its names here
            if module is not None:
                module.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return state

    def _own_state(self) -> dict[str, Tensor]:
        """What of the state is in this module itself."""
        buffers = {name: b for name, b in self._buffers.items() if name not in self._non_persistent_buffers_set}
        return {name: member for name, member in (self._parameters | buffers).items() if member is not None}

    def _complete(self, state: dict[str, Any], prefix: str, version: int | None) -> None:
        """Adds to a state that is about to be loaded what states of this version did not have; None: unknown."""

    @no_grad()
    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copies a state into the parameters and buffers.

        Args:
            strict: if False, names that are missing or left over are returned, and not an error.
            assign: put the state's own tensors in place of the module's, and so with their dtype.

        Raises: RuntimeError, listing all that does not fit and copying nothing.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        loading = Loading(assign, getattr(state_dict, "_metadata", None) or {})
        loading.visit(self, "", dict(state_dict))
        return loading.finish(type(self).__name__, strict)

    # -- What reaches the whole tree

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients, so that the next backward starts a new sum."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                if parameter.grad.requires_grad:  # it came from a backward with create_graph
                    parameter.grad = parameter.grad.detach()
                parameter.grad.zero_()

    def train(self, mode: bool = True) -> "Module":
        """Training mode for the whole tree: dropout drops."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():  # each by its own `train`, which a subclass may have changed
            module.train(mode)
        return self

    def eval(self) -> "Module":
        """Evaluation mode for the whole tree: dropout does nothing. Recording goes on: that is `no_grad`'s business."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> "Module":
        """Whether the parameters ask for gradients: False freezes them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def apply(self, fn: "Callable[[Module], None]") -> "Module":
        """Calls the function on every module of the tree, the innermost first."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, **kwargs: Any) -> "Module":
        """The module with its floating-point tensors in another dtype. Raises: RuntimeError unless on the CPU."""
        target = device_and_dtype(args, kwargs)
        wanted = wrap(np.zeros(0)).to(**target).dtype  # refuses what it does not know, before anything changes
        if not wanted.is_floating_point:
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={wanted}"
            )
        return self._apply(lambda tensor: tensor.to(**target) if tensor.is_floating_point() else tensor)

    def type(self, dst_type: Any) -> "Module":
        """The module with all its tensors, floating-point or not, in another dtype."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def _apply(self, fn: Callable[[Tensor], Tensor]) -> "Module":
        """Changes every tensor of the tree. Parameters and their gradients stay the objects that they are."""
        for module in self.children():
            module._apply(fn)
        for parameter in self.parameters(recurse=False):
            parameter.data = fn(parameter.data)
            if parameter._grad is not None:
                parameter._grad.data = fn(parameter._grad.data)
        for name, buffer in self._buffers.items():
            self._buffers[name] = None if buffer is None else fn(buffer)
        return self

    def double(self) -> "Module":
        """The module in float64."""
        return self.to(float64)

    def float(self) -> "Module":
        """The module in float32."""
        return self.to(float32)

    def cuda(self, device: Any = 0) -> "Module":
        """Raises: RuntimeError, which says where the GPU is."""
        return self.to(device=device)

    def cpu(self) -> "Module":
        """The module, which is on the CPU already."""
        return self

    # -- Its text

    def extra_repr(self) -> str:
        """What stands between the parentheses of the module's own line."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr().split("\n") if self.extra_repr() else []
        below = [f"({name}): " + repr(module).replace("\n", "\n  ") for name, module in self._modules.items()]
        if not below and len(extra) <= 1:
            return f"{self._get_name()}({''.join(extra)})"
        return f"{self._get_name()}(\n  " + "\n  ".join(extra + below) + "\n)"


KINDS_FOR_TO: dict[str, Any] = {  # what an argument of `Module.to` may be
    "device": (str, device, int, NoneType),
    "dtype": (dtype, np.dtype, type, NoneType),
    "tensor": Tensor,
    "non_blocking": bool,
    "copy": bool,
}


def device_and_dtype(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """What the arguments of `Module.to` ask for, in one of torch's forms: a device and a dtype, a dtype, or a tensor's.

    Raises: TypeError for arguments that fit none of these; RuntimeError for `copy`, which only a tensor's `to` takes.

    >>> device_and_dtype(("cpu",), {"dtype": float64})
    {'device': 'cpu', 'dtype': torch.float64}
    """
    first: Any = args[0] if args else kwargs.get("tensor")
    form = ["device", "dtype", "non_blocking", "copy"]
    if isinstance(first, Tensor):
        form = ["tensor", "non_blocking", "copy"]
    elif isinstance(first, (dtype, np.dtype, type)):
        form = ["dtype", "non_blocking", "copy"]
    given: dict[str, Any] = dict(zip(form, args, strict=False)) | kwargs
    each_fits = all(name in form and isinstance(value, KINDS_FOR_TO[name]) for name, value in given.items())
    if not each_fits or len(given) < len(args) + len(kwargs):
        kinds = [type(arg).__name__ for arg in args] + [f"{name}={type(arg).__name__}" for name, arg in kwargs.items()]
        raise TypeError(f"to() received an invalid combination of arguments - got ({', '.join(kinds)})")
    if "copy" in given:
        raise RuntimeError(".to() does not accept copy argument")
    return {"device": given.get("device"), "dtype": first.dtype if form[0] == "tensor" else given.get("dtype")}
