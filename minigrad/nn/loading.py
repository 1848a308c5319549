"""What `load_state_dict` does: compare a state with a module, and only if all fits, take it over.

Read next: `minigrad/serialization.py`, how a state gets to the disk and back.
"""

from collections import namedtuple
from collections.abc import Mapping
from typing import Any

from ..tensor import Tensor
from .parameter import Parameter

IncompatibleKeys = namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])


class _IncompatibleKeys(IncompatibleKeys):
    """What `load_state_dict` found missing and left over; empty when all keys matched."""

    def __repr__(self) -> str:
        return "<All keys matched successfully>" if not any(self) else super().__repr__()


class Loading:
    """One call of `load_state_dict`: what was found so far, in the order of the tree, and what is to be done.

    Fields:
        metadata: what `state_dict` noted of each module, by its path: {"": {"version": 1}, "bn1": {"version": 2}}.
        missing, unexpected: names that the state lacks, and that no module knows. misfits: a sentence for each value
            that cannot be taken. steps: (module, name, its tensor, the new value) for each that can.
    """

    def __init__(self, assign: bool, metadata: Mapping[str, Mapping[str, Any]]) -> None:
        self.assign = assign
        self.metadata = metadata
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.misfits: list[str] = []
        self.steps: list[tuple[Any, str, Tensor, Tensor]] = []

    def visit(self, module: Any, prefix: str, state: dict[str, Any]) -> None:
        """Compares a module and what is below it with those entries of the state that begin with its prefix."""
        module._complete(state, prefix, self.metadata.get(prefix[:-1], {}).get("version"))
        own = module._own_state()
        for name, tensor in own.items():
            if prefix + name in state:
                self.compare(module, name, tensor, prefix + name, state[prefix + name])
            else:
                self.missing.append(prefix + name)
        for key in state:
            name, dot, _ = key.removeprefix(prefix).partition(".")
            if name not in (module._modules if dot else own):
                self.unexpected.append(key)
        for name, child in module._modules.items():
            if child is not None:
                start = f"{prefix}{name}."
                self.visit(child, start, {key: value for key, value in state.items() if key.startswith(start)})

    def compare(self, module: Any, name: str, tensor: Tensor, key: str, value: Any) -> None:
        """Plans to give this tensor this value, or notes why that cannot be."""
        if not isinstance(value, Tensor):
            self.misfits.append(
                f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                f"checkpoint but received {type(value)}"
            )
            return
        if tensor.shape == () and value.shape == (1,):  # torch's states once had no 0-d tensors
            value = value[0]
        if value.shape != tensor.shape:
            self.misfits.append(
                f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, "
                f"the shape in current model is {tensor.shape}."
            )
            return
        self.steps.append((module, name, tensor, value))

    def finish(self, model: str, strict: bool) -> _IncompatibleKeys:
        """Takes the values over. Raises: RuntimeError with all that was found, if anything forbids it."""
        errors = []
        if strict and self.missing:
            errors.append(f"Missing key(s) in state_dict: {quoted(self.missing)}. ")
        if strict and self.unexpected:
            errors.append(f"Unexpected key(s) in state_dict: {quoted(self.unexpected)}. ")
        errors += self.misfits
        if errors:
            raise RuntimeError(f"Error(s) in loading state_dict for {model}:\n\t" + "\n\t".join(errors))
        for module, name, tensor, value in self.steps:
            if not self.assign:
                tensor.copy_(value)
                continue
            if isinstance(tensor, Parameter):
                wanted = tensor.requires_grad
                value = value.requires_grad_(wanted) if isinstance(value, Parameter) else Parameter(value, wanted)
            setattr(module, name, value)
        return _IncompatibleKeys(self.missing, self.unexpected)


def quoted(names: list[str]) -> str:
    """The names as torch lists them: "a", "b"."""
    return ", ".join(f'"{name}"' for name in names)
