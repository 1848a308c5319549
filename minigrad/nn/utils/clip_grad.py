"""Gradient clipping: no step longer than this, however steep the slope.

Where the loss has a cliff, the gradient is huge and one step throws away what a thousand have learned. Clipping keeps
the gradient's direction and bounds its length (`clip_grad_norm_`), or bounds each of its numbers (`clip_grad_value_`).
It is called between `loss.backward()` and `optimizer.step()`.

As the optimizers, this file works on the arrays and in place: nothing is recorded. (`foreach`, torch's choice between
two implementations, is ignored.)
"""

import math
import warnings
from collections.abc import Iterable
from types import GeneratorType
from typing import Any

import numpy as np

from ...dtypes import CPP_NAMES, get_default_dtype
from ...tensor import Tensor, wrap

Tensors = Tensor | Iterable[Tensor]


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """g ← g · min(1, max_norm / (‖g‖ + 10⁻⁶)), where ‖g‖ is the norm of all gradients together, as one long vector.

    Args:
        parameters: a tensor or several; those without a gradient are passed over.
        norm_type: which norm; see `get_total_norm`.

    Returns: ‖g‖ before the clipping, 0-d.
    Raises: RuntimeError if `error_if_nonfinite` and ‖g‖ is infinite or not a number; then nothing has changed.
    Source: R. Pascanu, T. Mikolov, Y. Bengio, On the difficulty of training recurrent neural networks, 2013, Algorithm
    1; https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html

    >>> import minigrad as torch
    >>> x = torch.tensor([1., 1.], requires_grad=True)
    >>> (x * torch.tensor([3., 4.])).sum().backward()
    >>> clip_grad_norm_(x, max_norm=1), x.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    if isinstance(parameters, GeneratorType):
        parameters = list(parameters)
        if not parameters:
            warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2)
    parameters = as_list(parameters)
    total_norm = get_total_norm(gradients_of(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total_norm)
    return total_norm


def get_total_norm(
    tensors: Tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The norm of the norms of the tensors: (Σ |xᵢ|ᵖ)^(1/p) over all their numbers, p = norm_type; ∞ for max |xᵢ|.

    >>> import minigrad as torch
    >>> get_total_norm([torch.tensor([2., 2.]), torch.tensor(1.)])
    tensor(3.)
    """
    norm_type = float(norm_type)
    arrays = [tensor.array for tensor in as_list(tensors)]
    if not arrays:
        return wrap(np.zeros((), get_default_dtype().numpy))
    for array in arrays:
        if array.dtype.kind != "f":
            raise RuntimeError(
                "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
                f"{CPP_NAMES[wrap(array).dtype]}"
            )
        if not array.size and math.isinf(norm_type):
            raise RuntimeError(
                "_foreach_norm cannot compute the infinity norm on an empty tensor because the operation does not have "
                "an identity"
            )
    with np.errstate(all="ignore"):  # infinite gradients are what this function is for
        norms = np.array([np.linalg.norm(array.ravel(), norm_type) for array in arrays])
        total_norm = np.linalg.norm(norms, norm_type)
    if error_if_nonfinite and not np.isfinite(total_norm):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be "
            "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return wrap(total_norm)


def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """g ← g · min(1, max_norm / (total_norm + 10⁻⁶)): the second half of `clip_grad_norm_`, by a known norm."""
    with np.errstate(all="ignore"):
        factor = np.minimum(float(max_norm) / (total_norm.array + 1e-6), 1)
        for grad in gradients_of(parameters):
            grad.array *= factor.astype(grad.array.dtype)
            grad.version.count += 1


def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """g ← min(max(g, −clip_value), clip_value), for each number of each gradient.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html

    >>> import minigrad as torch
    >>> x = torch.tensor([1., 1.], requires_grad=True)
    >>> (x * torch.tensor([0.5, -4.])).sum().backward()
    >>> clip_grad_value_(x, 1)
    >>> x.grad
    tensor([ 0.5000, -1.0000])
    """
    bound = float(clip_value)
    for grad in gradients_of(parameters):
        np.clip(grad.array, -bound, bound, out=grad.array)
        grad.version.count += 1


def as_list(tensors: Tensors) -> list[Tensor]:
    """One tensor or several as a list."""
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def gradients_of(parameters: Tensors) -> list[Any]:
    """The gradients of those that have one."""
    return [parameter.grad for parameter in as_list(parameters) if parameter.grad is not None]
