"""Losses that compare an output with its target number by number, and the target as ones and zeros.

Read next: `normalization.py`.
"""

from typing import Any

import numpy as np

from ... import dtypes
from ...autograd.grad_mode import is_grad_enabled
from ...ops import binary_losses, losses
from ...ops.broadcasting import broadcast_shapes, expand
from ...ops.losses import legacy_reduction, reduction_number
from ...tensor import Tensor, wrap
from .losses import of_one_dtype, of_one_shape


def reduce_terms(terms: Tensor, reduction: int) -> Tensor:
    """The terms, their mean or their sum."""
    return terms.mean() if reduction == losses.MEAN else terms.sum() if reduction == losses.SUM else terms


def l1_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Tensor:
    """ℒ = Σ |x − y| / n: the mean absolute error. Shape: (*), (*) -> (), or (*) with reduction "none".

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.l1_loss(torch.tensor([1., 2.]), torch.tensor([1., 4.]))
    tensor(1.)
    """
    x, y = of_one_shape(input, target)
    number = reduction_number(legacy_reduction(size_average, reduce, reduction))
    return reduce_terms((x - y).abs(), number)


def smooth_l1_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:  # fmt: skip
    """ℒ = Σ ℓ / n with ℓ = |x − y| − β/2, and (x − y)²/2β where |x − y| < β: see `ops.losses.smooth_l1_loss`.

    Raises: RuntimeError for a negative β.

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.smooth_l1_loss(torch.tensor([0., 0.]), torch.tensor([1., 3.]), reduction="none")
    tensor([0.5000, 2.5000])
    """
    x, y = of_one_shape(input, target)
    number = reduction_number(legacy_reduction(size_average, reduce, reduction))
    if beta == 0.0:
        return reduce_terms((x - y).abs(), number)
    if not beta >= 0:  # nan neither
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return losses.smooth_l1_loss(*of_one_dtype(x, y), number, beta)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """ℒ = −Σ w·(y·ln x + (1 − y)·ln(1 − x)) / n, in nats, for probabilities x: see `ops.binary_losses`.

    Shape: (*), (*) -> (), or (*) with reduction "none". A weight that broadcasts.
    Raises: ValueError for another shape, RuntimeError for probabilities outside of [0, 1] and for another dtype.

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.binary_cross_entropy(torch.tensor([0.5, 0.5]), torch.tensor([0., 1.]))  # ln 2: heads or tails
    tensor(0.6931)
    """
    number = reduction_number(legacy_reduction(size_average, reduce, reduction))
    if input.array.shape != target.array.shape:
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is "
            "deprecated. Please ensure they have the same size."
        )
    if weight is not None:
        check_weight("binary_cross_entropy", "weight", weight, input)
        weight = expand(weight, input.array.shape)
    name = dtypes.CPP_NAMES[input.dtype]
    if not input.is_floating_point():
        raise NotImplementedError(f"\"binary_cross_entropy\" not implemented for '{name}'")
    for other in (target, weight):
        if other is not None and other.array.dtype != input.array.dtype:
            raise RuntimeError(f"Found dtype {dtypes.CPP_NAMES[other.dtype]} but expected {name}")
    return binary_losses.binary_cross_entropy(input, target, weight, number)


def check_weight(op: str, name: str, weight: Tensor, input: Tensor) -> None:
    """Raises: RuntimeError for a weight that does not expand to the input, and for one whose gradient is wanted."""
    if is_grad_enabled() and weight.requires_grad:
        raise RuntimeError(
            f"The function '{op}' is not differentiable with respect to argument '{name}'. This input cannot have "
            "requires_grad True."
        )
    shape, wanted = weight.array.shape, input.array.shape
    try:
        together = np.broadcast_shapes(shape, wanted)
    except ValueError:
        if op == "binary_cross_entropy":
            raise RuntimeError(
                f"Attempting to broadcast a dimension of length {shape[-1]} at -1! Mismatching argument at index 1 had "
                f"{weight.size()}; but expected shape should be broadcastable to {list(wanted)}"
            ) from None
        broadcast_shapes(shape, wanted)  # raises torch's error
        raise
    if together != wanted:
        raise RuntimeError(f"output with shape {list(wanted)} doesn't match the broadcast shape {list(together)}")


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean", pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The same for scores x, before the sigmoid; `pos_weight` weighs the answers that should be yes.

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.binary_cross_entropy_with_logits(torch.zeros(2), torch.tensor([0., 1.]))
    tensor(0.6931)
    """
    number = reduction_number(legacy_reduction(size_average, reduce, reduction))
    if input.array.shape != target.array.shape:
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    for name, other in (("weight", weight), ("pos_weight", pos_weight)):
        if other is not None:
            check_weight("binary_cross_entropy_with_logits", name, other, input)
    if input.is_floating_point() and not target.is_floating_point():
        names = dtypes.CPP_NAMES[input.dtype], dtypes.CPP_NAMES[target.dtype]
        raise RuntimeError("result type {} can't be cast to the desired output type {}".format(*names))
    return binary_losses.binary_cross_entropy_with_logits(input, target, weight, pos_weight, number)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """A 1 at each label's place in a row of zeros, int64; as many classes as the labels need, unless they are given.

    Shape: (*) -> (*, C), labels int64 in [0, C).
    Raises: RuntimeError for labels of another dtype or out of range.

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.one_hot(torch.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    labels = tensor.array
    if isinstance(num_classes, bool) or not hasattr(num_classes, "__index__"):
        kind = type(num_classes).__name__
        raise TypeError(f"one_hot(): argument 'num_classes' (position 2) must be int, not {kind}")
    if labels.dtype != np.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if not labels.size and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if (labels < 0).any():
        raise RuntimeError("Class values must be non-negative.")
    if num_classes != -1 and (labels >= num_classes).any():
        raise RuntimeError("Class values must be smaller than num_classes.")
    count = int(labels.max()) + 1 if num_classes == -1 else num_classes
    return wrap((labels[..., None] == np.arange(int(count))).astype(np.int64))
