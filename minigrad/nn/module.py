"""Module: functions that own parameters.

A module is a tree: what is assigned to an attribute, a parameter or another module, is noticed and kept in order. That
is all it takes for `parameters()` to find every weight for the optimizer, for `state_dict()` to name them, and for
`train()` and `eval()` to reach every dropout.

Read next: `linear.py`, `conv.py`, and then `minigrad/optim/optimizer.py`.
"""

from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..dtypes import dtype, float32, float64
from ..tensor import Tensor, wrap
from .parameter import Parameter


class IncompatibleKeys(namedtuple("_IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What `load_state_dict` found missing and left over; empty when all keys matched."""

    def __repr__(self) -> str:
        return "<All keys matched successfully>" if not any(self) else "_" + super().__repr__()


class Module:
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
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: "dict[str, Module | None]"

    def __init__(self) -> None:
        object.__setattr__(self, "training", True)
        object.__setattr__(self, "_parameters", {})
        object.__setattr__(self, "_buffers", {})
        object.__setattr__(self, "_modules", {})

    def forward(self, *input: Any) -> Any:
        """What the module computes. A subclass defines it."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    # -- Attributes: parameters, buffers and modules are noticed, everything else is as usual

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            if "_parameters" in self.__dict__ and name not in self._parameters:
                self._forget(name)
            self.register_parameter(name, value)
        elif isinstance(value, Module) and name not in self.__dict__.get("_parameters", ()):
            if "_modules" not in self.__dict__:
                raise AttributeError("cannot assign module before Module.__init__() call")
            if name not in self._modules:
                self._forget(name)
            self._modules[name] = value
        elif name in self.__dict__.get("_parameters", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type_name(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self._parameters[name] = None
        elif name in self.__dict__.get("_modules", ()) and value is not None:
            raise TypeError(
                f"cannot assign '{type_name(value)}' as child module '{name}' (torch.nn.Module or None expected)"
            )
        elif name in self.__dict__.get("_modules", ()):
            self._modules[name] = None
        elif name in self.__dict__.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{type_name(value)}' as buffer '{name}' "
                    "(torch.nn.Buffer, torch.Tensor or None expected)"
                )
            self._buffers[name] = value
        else:
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:  # called only when the usual place has no such attribute
        for place in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__.get(place, ()):
                return self.__dict__[place][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        if not self._forget(name):
            object.__delattr__(self, name)

    def _forget(self, name: str) -> bool:
        """Removes whatever has this name, so that a new thing may have it; whether there was one among ours."""
        found = False
        for place in (self._parameters, self._buffers, self._modules):
            found = place.pop(name, self) is not self or found  # type: ignore[call-overload]
        if not found:
            self.__dict__.pop(name, None)
        return found

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Adds a parameter under this name; None keeps the place for one that this module does without."""
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameters before Module.__init__() call")
        if hasattr(self, name) and name not in self._parameters:
            raise KeyError(f"attribute '{name}' already exists")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type_name(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None) -> None:
        """Adds a tensor that belongs to the state but is not trained."""
        if hasattr(self, name) and name not in self._buffers:
            raise KeyError(f"attribute '{name}' already exists")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type_name(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = tensor

    # -- The tree

    def named_modules(self, prefix: str = "") -> "Iterator[tuple[str, Module]]":
        """Every module of the tree with its dotted name, itself first, each once."""
        stack: list[tuple[str, Module]] = [(prefix, self)]
        seen: set[int] = set()
        while stack:
            name, module = stack.pop()
            if id(module) not in seen:
                seen.add(id(module))
                yield name, module
                below = [
                    (f"{name}.{child}" if name else child, m) for child, m in module._modules.items() if m is not None
                ]
                stack += reversed(below)

    def modules(self) -> "Iterator[Module]":
        """Every module of the tree, itself first."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> "Iterator[tuple[str, Module]]":
        """The modules directly below, with their names."""
        seen: set[int] = set()
        for name, module in self._modules.items():
            if module is not None and id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> "Iterator[Module]":
        """The modules directly below."""
        return (module for _, module in self.named_children())

    def _named_members(self, place: str, prefix: str, recurse: bool) -> Iterator[tuple[str, Any]]:
        """The parameters or buffers of the tree with their dotted names, each once."""
        seen: set[int] = set()
        for module_name, module in self.named_modules(prefix) if recurse else ((prefix, self),):
            for name, member in getattr(module, place).items():
                if member is not None and id(member) not in seen:
                    seen.add(id(member))
                    yield (f"{module_name}.{name}" if module_name else name), member

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its dotted name, in the order of definition."""
        return self._named_members("_parameters", prefix, recurse)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter: what to hand to an optimizer."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """Every buffer with its dotted name."""
        return self._named_members("_buffers", prefix, recurse)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    # -- State

    def state_dict(self) -> "OrderedDict[str, Tensor]":
        """The parameters and buffers by their dotted names; they share the module's memory."""
        state = OrderedDict()
        for name, member in (*self._parameters.items(), *self._buffers.items()):
            if member is not None:
                state[name] = member.detach()
        for prefix, module in self._modules.items():  # not named_modules: a shared module has all its names here
            if module is not None:
                state.update((f"{prefix}.{name}", tensor) for name, tensor in module.state_dict().items())
        return state

    @no_grad()
    def load_state_dict(self, state_dict: dict[str, Tensor], strict: bool = True) -> IncompatibleKeys:
        """Copies a state into the parameters and buffers.

        Raises: RuntimeError, listing all that does not fit and copying nothing: missing and unexpected names unless
        `strict` is False, and shapes that differ.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        own = self.state_dict()
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        errors = []
        if strict and missing:
            errors.append("Missing key(s) in state_dict: " + ", ".join(f'"{name}"' for name in missing) + ". ")
        if strict and unexpected:
            errors.append("Unexpected key(s) in state_dict: " + ", ".join(f'"{name}"' for name in unexpected) + ". ")
        for name, tensor in own.items():
            if name in state_dict and state_dict[name].array.shape != tensor.array.shape:
                errors.append(
                    f"size mismatch for {name}: copying a param with shape {state_dict[name].shape} from checkpoint, "
                    f"the shape in current model is {tensor.shape}."
                )
        if errors:
            details = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{details}")
        for name, tensor in own.items():
            if name in state_dict:
                tensor.copy_(state_dict[name])
        return IncompatibleKeys(missing, unexpected)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients, so that the next backward starts a new sum."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad.zero_()

    def train(self, mode: bool = True) -> "Module":
        """Training mode for the whole tree: dropout drops."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        for module in self.modules():
            object.__setattr__(module, "training", mode)
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
        for wanted in (*args, *kwargs.values()):
            if isinstance(wanted, dtype) and not wanted.is_floating_point:
                raise TypeError(
                    f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={wanted}"
                )
        wrap(np.zeros(0)).to(*args, **kwargs)  # says no to what it does not know, before anything has changed
        for tensor in (*self.parameters(), *self.buffers()):
            if tensor.is_floating_point():
                tensor.data = tensor.detach().to(*args, **kwargs)
                if tensor._grad is not None:
                    tensor.grad = tensor._grad.to(*args, **kwargs)
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


def type_name(value: Any) -> str:
    """A type's name as Python writes it in full, save that ours bear torch's."""
    if type(value) is Tensor:
        return value.type()
    module, name = type(value).__module__, type(value).__qualname__
    return name if module == "builtins" else f"{module}.{name}"
