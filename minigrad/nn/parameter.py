"""Parameter: a tensor that a module owns and an optimizer changes."""

from typing import Any

from ..dims import check_flag
from ..tensor import Tensor, wrap


class Parameter(Tensor):
    """A leaf that requires grad, and that a `Module` notices when it becomes an attribute.

    >>> import minigrad as torch
    >>> torch.nn.Parameter(torch.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        if data is None:
            super().__init__(0)
        else:
            self.array = data.array
            self.version = data.version
        check_flag("requires_grad", requires_grad)
        if requires_grad and not self.is_floating_point():
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        self.requires_grad = requires_grad

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict) -> "Parameter":  # without the gradient, as in torch
        if id(self) not in memo:
            memo[id(self)] = Parameter(wrap(self.array.copy("K")), self.requires_grad)
        return memo[id(self)]

    def __reduce__(self) -> Any:
        return Parameter, (wrap(self.array), self.requires_grad)
