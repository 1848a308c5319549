"""Activations: the bends between the linear layers, without which any depth of them is one linear map.

Read next: `windows.py`.
"""

from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..dims import wrap_dim
from ..recording import record
from ..tensor import Tensor
from .arithmetic import as_default_float


def relu(input: Tensor) -> Tensor:
    """y = max(0, x), element by element; nan stays nan. Shape: (*) -> (*).

    >>> import minigrad as torch
    >>> torch.relu(torch.tensor([-1., 0., 2.]))
    tensor([0., 0., 2.])
    """
    if input.array.dtype == np.bool_:
        raise NotImplementedError("Boolean inputs not supported for relu")
    x = input.array
    # One 0 for each number of a sample: with a single one NumPy's loop is slower. (In other memory they would be in the
    # way of the order in which x lies.)
    zeros = np.zeros(x.shape[1:] if x.flags.c_contiguous else (), x.dtype)
    return record(ReluBackward0, np.maximum(zeros, x), input)


class ReluBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y · [y > 0]: what was cut off has no influence. At 0 torch chooses 0, and so do we.

    Saved: result, whose sign tells where the gate was open.
    """

    saves = ("result",)

    def backward(self, grad: Tensor) -> Tensor:
        return threshold_backward(grad, self._saved_result)


def threshold_backward(grad_output: Tensor, result: Tensor) -> Tensor:
    """The gradient where the result is above 0 (or nan), else 0."""
    grad_input = zero_where(result.array <= 0, grad_output.array)
    return record(ThresholdBackwardBackward0, grad_input, grad_output, result, self=result, threshold=0)


def zero_where(mask: np.ndarray, values: np.ndarray) -> np.ndarray:
    """0 where the mask holds, else the values. (`values * ~mask` would make nan of ∞ · 0; `np.where` is slower.)

    On the bits: True − 1 is 0, False − 1 is −1, all ones; a number & all ones is the number, a number & 0 is 0.
    """
    bits: Any = mask.view(np.int8).astype(np.int32 if values.itemsize == 4 else np.int64)
    bits -= 1
    bits &= values.view(bits.dtype)
    return bits.view(values.dtype)


class ThresholdBackwardBackward0(Node):
    """∂ℒ/∂g = ∂ℒ/∂y · [result > 0]: passing a gradient on is linear, so its derivative is the same gate.

    ∂ℒ/∂result = 0: where the gate stands it does not move.

    Saved: threshold, always 0 here.
    """

    saves = ("self", "threshold")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_grad, needs_result = self.needs_input_grad
        return (
            threshold_backward(grad, self._saved_self) if needs_grad else None,
            grad.new_zeros(grad.shape) if needs_result else None,
        )


def sigmoid(input: Tensor) -> Tensor:
    """y = 1 / (1 + e⁻ˣ), between 0 and 1; computed from e^−|x|, which cannot overflow.

    >>> import minigrad as torch
    >>> torch.sigmoid(torch.tensor([0., 100.]))
    tensor([0.5000, 1.0000])
    """
    x = as_default_float(input.array)
    small = np.exp(-np.abs(x))
    return record(SigmoidBackward0, np.where(x < 0, small, 1).astype(x.dtype) / (1 + small), input)


class SigmoidBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y · y (1 − y): steepest in the middle, flat at both ends.

    Saved: result, the y of the formula: no exponential is computed again.
    """

    saves = ("result",)

    def backward(self, grad: Tensor) -> Tensor:
        return sigmoid_backward(grad, self._saved_result)


def sigmoid_backward(grad_output: Tensor, output: Tensor) -> Tensor:
    """z = g · y (1 − y)."""
    g, y = grad_output.array, output.array
    return record(
        SigmoidBackwardBackward0, g * (y * (1 - y)), grad_output, output, grad_output=grad_output, output=output
    )  # fmt: skip


class SigmoidBackwardBackward0(Node):
    """∂ℒ/∂g = ∂ℒ/∂z · y (1 − y) and ∂ℒ/∂y = ∂ℒ/∂z · g (1 − 2y)."""

    saves = ("grad_output", "output")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_grad, needs_output = self.needs_input_grad
        g, y = self._saved_grad_output, self._saved_output
        return sigmoid_backward(grad, y) if needs_grad else None, grad * g * (1 - 2 * y) if needs_output else None


def tanh(input: Tensor) -> Tensor:
    """y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), between −1 and 1."""
    return record(TanhBackward0, np.tanh(as_default_float(input.array)), input)


class TanhBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y · (1 − y²).

    Saved: result, the y of the formula.
    """

    saves = ("result",)

    def backward(self, grad: Tensor) -> Tensor:
        return tanh_backward(grad, self._saved_result)


def tanh_backward(grad_output: Tensor, output: Tensor) -> Tensor:
    """z = g · (1 − y²)."""
    g, y = grad_output.array, output.array
    return record(
        TanhBackwardBackward0, g * (1 - y * y), grad_output, output, grad_output=grad_output, output=output
    )  # fmt: skip


class TanhBackwardBackward0(Node):
    """∂ℒ/∂g = ∂ℒ/∂z · (1 − y²) and ∂ℒ/∂y = −2 ∂ℒ/∂z · g y."""

    saves = ("grad_output", "output")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_grad, needs_output = self.needs_input_grad
        g, y = self._saved_grad_output, self._saved_output
        return tanh_backward(grad, y) if needs_grad else None, -2 * grad * g * y if needs_output else None


def softmax(input: Tensor, dim: int, dtype: dtypes.dtype | None = None) -> Tensor:
    """yᵢ = eˣⁱ / Σⱼ eˣʲ along a dimension: positive, and summing to 1.

    The largest x is subtracted first. It cancels, and keeps every exponential at most 1, so that none overflows.

    >>> import minigrad as torch
    >>> torch.softmax(torch.tensor([0., 0.]), 0)
    tensor([0.5000, 0.5000])
    """
    input, x, axis = softmax_operand("softmax", input, dim, dtype)
    if not x.size or not x.ndim:
        y = np.exp(x - x) if x.dtype.kind == "f" else x  # 1, of one number alone; nan of nan
        return record(SoftmaxBackward0, y, input, dim=dim)
    y = np.exp(x - x.max(axis=axis, keepdims=True))
    y /= np.add.reduce(y, axis=axis, keepdims=True)
    return record(SoftmaxBackward0, y, input, dim=dim)


def softmax_operand(op: str, input: Tensor, dim: int, dtype: dtypes.dtype | None) -> tuple[Tensor, np.ndarray, int]:
    """The operand in the wanted dtype, its numbers row by row (as torch lays the result out), and the dimension from
    the front. Raises: NotImplementedError for integers.
    """
    if dtype is not None:
        input = input.to(dtype)
    axis = wrap_dim(dim, input.array.ndim)
    if input.array.dtype.kind != "f" and input.array.size:
        kernel = f"{op}_lastdim_kernel_impl" if axis >= input.array.ndim - 1 else f"{op}_kernel_impl"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{dtypes.CPP_NAMES[input.dtype]}'")
    x = input.array
    return input, x if x.flags.c_contiguous else x.copy(), axis


class SoftmaxBackward0(Node):
    """∂ℒ/∂xᵢ = yᵢ (∂ℒ/∂yᵢ − Σⱼ ∂ℒ/∂yⱼ yⱼ): raising xᵢ raises yᵢ at the cost of all, in proportion.

    Saved: result, the y of the formula: no exponential is computed again.
    """

    saves = ("dim", "result")

    def backward(self, grad: Tensor) -> Tensor:
        return softmax_backward_data(grad, self._saved_result, self._saved_dim)


def softmax_backward_data(grad_output: Tensor, output: Tensor, dim: int) -> Tensor:
    """zᵢ = yᵢ (gᵢ − Σⱼ gⱼyⱼ)."""
    g, y = grad_output.array, output.array
    z = y * (g - sum_along(g * y, dim))
    return record(
        SoftmaxBackwardDataBackward0, z, grad_output, output, grad_output=grad_output, output=output, dim=dim
    )  # fmt: skip


def sum_along(x: np.ndarray, dim: int) -> np.ndarray:
    """Σ x along the dimension, which stays with length 1."""
    return np.add.reduce(x, axis=dim if x.ndim else None, keepdims=True)


class SoftmaxBackwardDataBackward0(Node):
    """For h = ∂ℒ/∂z: ∂ℒ/∂gᵢ = yᵢ (hᵢ − Σ hⱼyⱼ), the same map; ∂ℒ/∂yᵢ = hᵢ (gᵢ − Σ gⱼyⱼ) − gᵢ Σ hⱼyⱼ."""

    saves = ("grad_output", "output", "dim")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_grad, needs_output = self.needs_input_grad
        g, y, dim = self._saved_grad_output, self._saved_output, self._saved_dim
        grad_output = None
        if needs_output:
            grad_output = grad * (g - (g * y).sum(dim, keepdim=True)) - g * (grad * y).sum(dim, keepdim=True)
        return softmax_backward_data(grad, y, dim) if needs_grad else None, grad_output


def log_softmax(input: Tensor, dim: int, dtype: dtypes.dtype | None = None) -> Tensor:
    """yᵢ = xᵢ − ln Σⱼ eˣʲ along a dimension: the logarithm of the softmax, in nats.

    Applied twice it changes nothing: Σ eʸ = 1 already, so ln Σ eʸ = 0.

    >>> import minigrad as torch
    >>> torch.log_softmax(torch.tensor([0., 0.]), 0)
    tensor([-0.6931, -0.6931])
    """
    input, x, axis = softmax_operand("log_softmax", input, dim, dtype)
    if not x.size or not x.ndim:
        return record(LogSoftmaxBackward0, x - x if x.dtype.kind == "f" else x, input, dim=dim)
    shifted = x - x.max(axis=axis, keepdims=True)
    shifted -= np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True))
    return record(LogSoftmaxBackward0, shifted, input, dim=dim)


class LogSoftmaxBackward0(Node):
    """∂ℒ/∂xᵢ = ∂ℒ/∂yᵢ − eʸⁱ Σⱼ ∂ℒ/∂yⱼ: raising xᵢ raises yᵢ by as much, and lowers every y by its share eʸⁱ of the sum.

    Followed by nll_loss that is softmax(x) − one_hot(label): the probability given, less the probability due.

    Saved: result, the y of the formula, whose exponential is the softmax.
    """

    saves = ("dim", "result")

    def backward(self, grad: Tensor) -> Tensor:
        return log_softmax_backward_data(grad, self._saved_result, self._saved_dim)


def log_softmax_backward_data(grad_output: Tensor, output: Tensor, dim: int) -> Tensor:
    """zᵢ = gᵢ − eʸⁱ Σⱼ gⱼ."""
    g, y = grad_output.array, output.array
    z = g - np.exp(y) * sum_along(g, dim)
    return record(
        LogSoftmaxBackwardDataBackward0, z, grad_output, output, grad_output=grad_output, output=output, dim=dim
    )  # fmt: skip


class LogSoftmaxBackwardDataBackward0(Node):
    """For h = ∂ℒ/∂z: ∂ℒ/∂gᵢ = hᵢ − Σ hⱼeʸʲ and ∂ℒ/∂yᵢ = −hᵢ eʸⁱ Σ gⱼ."""

    saves = ("grad_output", "output", "dim")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_grad, needs_output = self.needs_input_grad
        g, share, dim = self._saved_grad_output, self._saved_output.exp(), self._saved_dim
        return (
            grad - (grad * share).sum(dim, keepdim=True) if needs_grad else None,
            -(grad * share) * g.sum(dim, keepdim=True) if needs_output else None,
        )
