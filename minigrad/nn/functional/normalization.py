"""Batch normalization, its arguments checked in torch's words.

Read next: `minigrad/nn/module.py`, which adds parameters.
"""

import math

from ... import dtypes
from ...autograd.grad_mode import is_grad_enabled
from ...ops import normalization
from ...tensor import Tensor


def batch_norm(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None,
    bias: Tensor | None = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """y = weight·(x − μ)/√(σ² + ε) + bias for each channel: see `ops.normalization.batch_norm`.

    Shape: (N, C, *), and (C) for each of the others -> (N, C, *).
    Raises: ValueError for a batch of one value per channel in training, RuntimeError for what does not fit.
    Source: Ioffe and Szegedy, Batch normalization (2015), algorithms 1 and 2.

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.batch_norm(torch.tensor([[0.], [2.]]), None, None, training=True)  # mean 1, variance 1
    tensor([[-1.0000],
            [ 1.0000]])
    """
    shape = input.array.shape
    if training and len(shape) > 1 and shape[0] * math.prod(shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.size()}")
    others = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    if not training:
        for name in ("running_mean", "running_var"):
            if others[name] is None:
                raise RuntimeError(f"{name} must be defined in evaluation mode")
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    if len(shape) < 2:
        raise IndexError(f"Dimension out of range (expected to be in range of [-1, {len(shape) - 1}], but got 1)")
    for name, values in others.items():
        if values is not None and values.array.size != shape[1]:
            raise RuntimeError(f"{name} should contain {shape[1]} elements not {values.array.size}")
    if not input.is_floating_point():
        raise NotImplementedError(f"\"batch_norm\" not implemented for '{dtypes.CPP_NAMES[input.dtype]}'")
    for name, values in others.items():
        if values is not None and values.array.dtype != input.array.dtype:
            wanted = "all inputs must share same datatype."
            if input.dtype == dtypes.float32:
                wanted = "expect parameter to have scalar type of Float"
            raise RuntimeError(f"mixed dtype (CPU): {wanted}")
        if values is not None and values.array.ndim != 1:
            raise RuntimeError(f"TensorAccessor expected 1 dims but tensor has {values.array.ndim}")
        if name.startswith("running") and values is not None and is_grad_enabled() and values.requires_grad:
            raise RuntimeError(
                f"The function 'native_batch_norm' is not differentiable with respect to argument '{name}'. This input "
                "cannot have requires_grad True."
            )
    return normalization.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)
