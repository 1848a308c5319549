"""Batch normalization: every channel gets mean 0 and variance 1, and then a mean and a scale that are learned.

Read next: `nn/functional/normalization.py`, its arguments, and `nn/batchnorm.py`, which remembers.
"""

from typing import Any

import numpy as np

from ..autograd import Node
from ..autograd.grad_mode import mode
from ..recording import record
from ..tensor import Tensor, wrap


def batch_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None, running_var: Tensor | None,
    training: bool, momentum: float, eps: float,
) -> Tensor:  # fmt: skip
    """y = x̂·weight + bias with x̂ = (x − μ) / √(σ² + ε), a channel at a time.

    In training μ and σ² are the batch's, and the running ones move towards them: r ← (1 − m)·r + m·μ for the momentum
    m, with the unbiased variance, which divides by n − 1. In evaluation they are the running ones.

    Shape: (N, C, *), (C), (C), (C), (C) -> (N, C, *). `nn.functional.batch_norm` has checked the arguments.
    """
    x = input.array
    if training:
        axes = tuple(axis for axis in range(x.ndim) if axis != 1)
        n = x.size // max(x.shape[1], 1)
        mean, var = np.zeros(x.shape[1]), np.zeros(x.shape[1])
        if n:  # an empty batch says nothing
            with np.errstate(all="ignore"):  # (NumPy would warn of what is infinite from within its own files)
                mean, var = x.mean(axes, dtype=np.float64), x.var(axes, dtype=np.float64)  # as exact as torch sums
            move(running_mean, mean, momentum)
            move(running_var, var * n / max(n - 1, 1), momentum)
        saved_mean, saved_invstd = mean.astype(x.dtype), (1 / np.sqrt(var + eps)).astype(x.dtype)
    else:
        assert running_mean is not None and running_var is not None
        mean, var = running_mean.array, running_var.array
        saved_mean = saved_invstd = np.empty(0, x.dtype)
    slope = 1 / np.sqrt(var + eps) * (1 if weight is None else weight.array)
    y = (x - by_channel(mean, x.ndim)) * by_channel(slope, x.ndim)
    if bias is not None:
        y += by_channel(bias.array, x.ndim)
    return record(
        NativeBatchNormBackward0, np.ascontiguousarray(y, x.dtype), input, weight, bias, input=input, weight=weight,
        running_mean=running_mean, running_var=running_var, training=training, eps=eps, result1=wrap(saved_mean),
        result2=wrap(saved_invstd),
    )  # fmt: skip


def by_channel(values: Any, ndim: int) -> Any:
    """One number for each channel, array or tensor, in a shape that broadcasts. Shape: (C) -> (C, 1, …)."""
    return values.reshape(-1, *[1] * (ndim - 2))


def move(running: Tensor | None, new: np.ndarray, momentum: float) -> None:
    """r ← (1 − m)·r + m·new. Not counted as a write: as in torch, an older graph may still be walked."""
    if running is not None:
        running.array[...] = (1 - momentum) * running.array + momentum * new


class NativeBatchNormBackward0(Node):
    """∂ℒ/∂x = weight/√(σ² + ε) · (g − mean(g) − x̂·mean(g·x̂)) for g = ∂ℒ/∂y, the means over a channel.

    The two means are what μ and σ² take away: a batch that is moved or stretched as a whole gives the same output. With
    running statistics, which are constants, they are not there. ∂ℒ/∂weight = Σ g·x̂ and ∂ℒ/∂bias = Σ g.

    Saved: running_mean, the μ of an evaluation; running_var, its σ²; result1, the batch's μ, nothing in evaluation;
    result2, the batch's 1/√(σ² + ε), nothing in evaluation.
    """

    saves = ("input", "weight", "running_mean", "running_var", "training", "eps", "result1", "result2")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = self._saved_input, self._saved_weight
        needs_input, needs_weight, needs_bias = self.needs_input_grad
        dims = [dim for dim in range(x.array.ndim) if dim != 1]
        mean, invstd = self.statistics(x, dims)
        normalized = (x - mean) * invstd
        grad_input = None
        if needs_input:
            grad_input = grad
            if self._saved_training:
                along = (grad * normalized).mean(dims, keepdim=True)
                grad_input = grad - grad.mean(dims, keepdim=True) - normalized * along
            grad_input = grad_input * (invstd if weight is None else invstd * by_channel(weight, x.array.ndim))
        return (
            grad_input,
            (grad * normalized).sum(dims) if needs_weight else None,
            grad.sum(dims) if needs_bias else None,
        )

    def statistics(self, x: Tensor, dims: list[int]) -> tuple[Any, Any]:
        """μ and 1/√(σ² + ε) of each channel. Where this backward is recorded, as functions of x; else as they were."""
        ndim = x.array.ndim
        if not self._saved_training:
            invstd = (self._saved_running_var + self._saved_eps).sqrt().reciprocal()
            return by_channel(self._saved_running_mean, ndim), by_channel(invstd, ndim)
        if mode.recording:
            var = x.var(dims, correction=0, keepdim=True)
            return x.mean(dims, keepdim=True), (var + self._saved_eps).sqrt().reciprocal()
        return by_channel(self._saved_result1, ndim), by_channel(self._saved_result2, ndim)
