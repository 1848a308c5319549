"""Tree: how a module notices what it owns.

An ordinary object keeps its attributes in one dict. A module keeps its parameters, its buffers and the modules below it
in dicts of their own, in the order in which they were assigned, and finds them there again. So it can be asked for all
of them, by names that are the path to each: `conv1.weight`, `layers.0.bias`.

Read next: `module.py`, what else a module can do.
"""

from collections.abc import Iterator
from typing import Any

from ..tensor import Tensor
from .parameter import Parameter


class Tree:
    """The base of `Module`: parameters, buffers and modules below, each with a name.

    Fields: what each name stands for; None where the place is kept for nothing.
    """

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Any]  # of modules
    _non_persistent_buffers_set: set[str]  # the buffers that are not part of the state

    def __init__(self) -> None:
        self._parameters = {}
        self._buffers = {}
        self._modules = {}
        self._non_persistent_buffers_set = set()

    # -- Attributes: parameters, buffers and modules are noticed, everything else is as usual

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            if "_parameters" not in self.__dict__:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            if name not in self._parameters:
                self._forget(name)
            self.register_parameter(name, value)
        elif isinstance(value, Tree) and name not in self.__dict__.get("_parameters", ()):
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

    def __dir__(self) -> list[str]:
        """All names that may follow a dot; not the numbers of a `Sequential`'s modules."""
        names = [*super().__dir__(), *self._parameters, *self._modules, *self._buffers]
        return sorted(name for name in names if not name[:1].isdigit())

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
        self._check_name("parameter", name)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type_name(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To "
                f"express '{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Adds a tensor that belongs to the module but is not trained; `persistent` puts it into the state too."""
        self._check_name("buffer", name)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type_name(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Any) -> None:
        """Adds a module under this name, as an assignment does; a name may be computed, as `f"layer{i}"`."""
        if module is not None and not isinstance(module, Tree):
            raise TypeError(f"{type_name(module)} is not a Module subclass")
        self._check_name("module", name)
        self._modules[name] = module

    def register_module(self, name: str, module: Any) -> None:
        """Another name of `add_module`."""
        self.add_module(name, module)

    def _check_name(self, kind: str, name: str) -> None:
        """Raises: AttributeError, TypeError or KeyError where nothing of this kind can be registered by this name."""
        place = self.__dict__.get(f"_{kind}s")
        if place is None:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type_name(name)}")
        if hasattr(self, name) and name not in place:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."' + (f", got: {name}" if kind == "module" else ""))
        if not name:
            raise KeyError(f'{kind} name can\'t be empty string ""')

    # -- The tree

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """Every module of the tree with its dotted name, itself first, each once.

        Args:
            memo: modules to leave out; those that are given are added. remove_duplicate: if False, a module that is
                in several places comes under each of its names.
        """
        seen = set() if memo is None else memo
        stack: list[tuple[str, Any]] = [(prefix, self)]
        while stack:
            name, module = stack.pop()
            if module not in seen:
                if remove_duplicate:
                    seen.add(module)
                yield name, module
                below = [
                    (f"{name}.{child}" if name else child, m) for child, m in module._modules.items() if m is not None
                ]
                stack += reversed(below)

    def modules(self) -> Iterator[Any]:
        """Every module of the tree, itself first."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """The modules directly below, with their names."""
        seen: set[Any] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Any]:
        """The modules directly below."""
        return (module for _, module in self.named_children())

    def _named_members(
        self, place: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        """The parameters or buffers of the tree with their dotted names."""
        seen: set[Tensor] = set()
        tree = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for module_name, module in tree:
            for name, member in getattr(module, place).items():
                if member is not None and member not in seen:
                    if remove_duplicate:
                        seen.add(member)
                    yield (f"{module_name}.{name}" if module_name else name), member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its dotted name, in the order of definition; a shared one under its first name."""
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter: what to hand to an optimizer."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every buffer with its dotted name."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Any:
        """The module of this dotted name; of the empty one, itself. Raises: AttributeError when there is none."""
        module = self
        for name in target.split(".") if target else ():
            module = module._get(name)
            if not isinstance(module, Tree):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of this dotted name. Raises: AttributeError when there is none."""
        path, _, name = target.rpartition(".")
        parameter = self.get_submodule(path)._get(name)
        if not isinstance(parameter, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of this dotted name. Raises: AttributeError when there is none."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        buffer = owner._get(name)
        if name not in owner._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return buffer

    def _get(self, name: str) -> Any:
        """An attribute. Raises: AttributeError in the words of those who look for it by a path."""
        if not hasattr(self, name):
            raise AttributeError(f"{self._get_name()} has no attribute `{name}`")
        return getattr(self, name)


def type_name(value: Any) -> str:
    """A type's name as Python writes it in full, save that tensors bear the names of torch's."""
    if isinstance(value, Tensor):
        return value.type()
    module, name = type(value).__module__, type(value).__qualname__
    return name if module == "builtins" else f"{module}.{name}"
