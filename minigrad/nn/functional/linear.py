"""The linear map and the activations.

Read next: `images.py`.
"""

import math
import warnings

from ... import dtypes
from ...ops import activations, linalg, shapes
from ...tensor import Tensor


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = x Wᵀ + b.

    Shape: (*, in_features), (out_features, in_features), (out_features) -> (*, out_features).
    Raises: RuntimeError when the widths or the dtypes do not fit.

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.linear(torch.tensor([[1., 2.]]), torch.tensor([[10., 1.]]), torch.tensor([5.]))
    tensor([[17.]])
    """
    if not input.array.ndim:
        raise RuntimeError(
            "both arguments to linear need to be at least 1D, but they are "
            f"{input.array.ndim}D and {weight.array.ndim}D"
        )
    wt = shapes.t(weight)
    if bias is None:
        return linalg.matmul(input, wt)
    if input.array.ndim == 2:
        return linalg.addmm(bias, input, wt)
    if not input.is_contiguous():
        return linalg.matmul(input, wt).add_(bias)
    *batch, width = input.array.shape
    rows = input.view(math.prod(batch), width)
    return shapes.unsafe_view(linalg.addmm(bias, rows, wt), (*batch, weight.array.shape[0]))


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = max(0, x): see `ops.activations.relu`."""
    return input.relu_() if inplace else activations.relu(input)


def sigmoid(input: Tensor) -> Tensor:
    """y = 1 / (1 + e⁻ˣ): see `ops.activations.sigmoid`."""
    return activations.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ): see `ops.activations.tanh`."""
    return activations.tanh(input)


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None
) -> Tensor:
    """yᵢ = eˣⁱ / Σⱼ eˣʲ: see `ops.activations.softmax`. Without a dim torch guesses one, and warns."""
    return activations.softmax(input, guessed_dim(input, "softmax") if dim is None else dim, dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None
) -> Tensor:
    """yᵢ = xᵢ − ln Σⱼ eˣʲ: see `ops.activations.log_softmax`. Without a dim torch guesses one, and warns."""
    return activations.log_softmax(input, guessed_dim(input, "log_softmax") if dim is None else dim, dtype)


def guessed_dim(input: Tensor, name: str) -> int:
    """The dimension that old code meant: the channels."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=4,  # the caller of the function, which comes in by a door: `foreign.py`
    )
    return 0 if input.array.ndim in (0, 1, 3) else 1
