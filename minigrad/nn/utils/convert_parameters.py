"""All parameters of a network as one vector, and back."""

from collections.abc import Iterable

from ...ops.joining import cat
from ...tensor import Tensor
from ..tree import type_name


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All the numbers of the parameters, one parameter behind the other; gradients find their way back.

    Raises: ValueError for no parameters, RuntimeError for one that is not contiguous.

    >>> import minigrad as torch
    >>> parameters_to_vector([torch.ones(2, 2), torch.zeros(1)])
    tensor([1., 1., 1., 1., 0.])
    """
    return cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Gives each parameter, in order, the next piece of the vector as its memory: a write to either is seen in both.

    Raises: TypeError for what is no tensor, RuntimeError when the vector is too short.

    >>> import minigrad as torch
    >>> layer = torch.nn.Linear(2, 1)
    >>> vector_to_parameters(torch.tensor([1., 2., 3.]), layer.parameters())
    >>> layer.weight, layer.bias
    (Parameter containing:
    tensor([[1., 2.]], requires_grad=True), Parameter containing:
    tensor([3.], requires_grad=True))
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type_name(vec)}")
    start = 0
    for parameter in parameters:
        end = start + parameter.numel()
        parameter.data = vec[start:end].view_as(parameter).data
        start = end
