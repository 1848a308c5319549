"""Activations: the bends between the linear layers, without which any depth of them is one linear map.

Read next: `windows.py`.
"""

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..dims import wrap_dim
from ..recording import record
from ..tensor import Tensor


def relu(input: Tensor) -> Tensor:
    """y = max(0, x), element by element; nan stays nan. Shape: (*) -> (*).

    >>> import minigrad as torch
    >>> torch.relu(torch.tensor([-1., 0., 2.]))
    tensor([0., 0., 2.])
    """
    if input.array.dtype == np.bool_:
        raise NotImplementedError("Boolean inputs not supported for relu")
    return record(ReluBackward0, np.maximum(input.array, 0), input)


class ReluBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y · [y > 0]: what was cut off has no influence. At 0 torch chooses 0, and so do we."""

    saves = ("result",)

    def backward(self, grad: Tensor) -> Tensor:
        return threshold_backward(grad, self._saved_result)


def threshold_backward(grad_output: Tensor, result: Tensor) -> Tensor:
    """The gradient where the result is above 0 (or nan), else 0: not a product, so that ∞ · 0 cannot make nan."""
    passed = ~(result.array <= 0)
    grad_input = np.zeros_like(grad_output.array)
    np.copyto(grad_input, grad_output.array, where=passed)
    return record(ThresholdBackwardBackward0, grad_input, grad_output, None, self=result)


class ThresholdBackwardBackward0(Node):
    """∂ℒ/∂g = ∂ℒ/∂y · [result > 0]: passing a gradient on is linear, so its derivative is the same gate."""

    saves = ("self",)

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        return threshold_backward(grad, self._saved_self), None


def log_softmax(input: Tensor, dim: int, dtype: dtypes.dtype | None = None) -> Tensor:
    """yᵢ = xᵢ − ln Σⱼ eˣʲ along a dimension: the logarithm of the softmax, in nats.

    The largest x is subtracted first. It cancels, and keeps every exponential at most 1, so that none overflows.
    Applied twice it changes nothing: Σ eʸ = 1 already, so ln Σ eʸ = 0.

    >>> import minigrad as torch
    >>> torch.log_softmax(torch.tensor([0., 0.]), 0)
    tensor([-0.6931, -0.6931])
    """
    if dtype is not None:
        input = input.to(dtype)
    x = input.array
    if x.dtype.kind != "f":
        raise NotImplementedError(
            f"\"log_softmax_lastdim_kernel_impl\" not implemented for '{dtypes.CPP_NAMES[input.dtype]}'"
        )
    axis = wrap_dim(dim, x.ndim)
    if not x.size or not x.ndim:
        return record(LogSoftmaxBackward0, np.zeros_like(x), input, dim=dim)
    shifted = x - x.max(axis=axis, keepdims=True)
    shifted -= np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True))
    return record(LogSoftmaxBackward0, shifted, input, dim=axis)


class LogSoftmaxBackward0(Node):
    """∂ℒ/∂xᵢ = ∂ℒ/∂yᵢ − eʸⁱ Σⱼ ∂ℒ/∂yⱼ: raising xᵢ raises yᵢ by as much, and lowers every y by its share eʸⁱ of the sum.

    Followed by nll_loss that is softmax(x) − one_hot(label): the probability given, less the probability due.
    """

    saves = ("dim", "result")

    def backward(self, grad: Tensor) -> Tensor:
        return grad - self._saved_result.exp() * grad.sum(self._saved_dim, keepdim=True)
