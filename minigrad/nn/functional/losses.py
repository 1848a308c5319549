"""Losses, for targets of every kind.

Read next: `pairwise.py`, or straight on to `minigrad/nn/module.py`, which adds parameters.
"""

import math
import warnings
from typing import Any

from ... import dtypes
from ...dims import integer
from ...ops import activations, losses
from ...ops.arithmetic import div_number, mul_number
from ...ops.broadcasting import broadcast_shapes, expand, result_dtype
from ...ops.elementwise import eq
from ...tensor import Tensor, wrap


def mse_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """ℒ = Σ (x − y)² / n: see `ops.losses.mse_loss`. Shapes that differ are broadcast, with torch's warning.

    With a weight for each element: ℒ = Σ w (x − y)² / Σ w.

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.mse_loss(torch.tensor([1., 2.]), torch.tensor([1., 4.]))
    tensor(2.)
    """
    x, y = of_one_shape(input, target)
    reduction = losses.legacy_reduction(size_average, reduce, reduction)
    if weight is not None:
        return weighted_mse(x, y, weight, reduction)
    return losses.mse_loss(*of_one_dtype(x, y), losses.reduction_number(reduction))


def of_one_shape(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both expanded to one shape. Warns, as torch does, where that changes anything.

    (Torch always expands here; where nothing changes, neither has a node.)
    """
    if input.array.shape != target.array.shape:
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). This will "
            "likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            stacklevel=4,  # the caller of the loss, which comes in by a door: `foreign.py`
        )
    shape = broadcast_shapes(input.array.shape, target.array.shape)
    x, y = (t if t.array.shape == shape else expand(t, shape) for t in (input, target))
    return x, y


def of_one_dtype(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Integers as floats of the dtype that both make together. (Floats are promoted without a node.)"""
    dtype = dtypes.FROM_NUMPY[result_dtype(input, target)]
    x, y = (t if t.is_floating_point() else t.to(dtype) for t in (input, target))
    return x, y


def weighted_mse(input: Tensor, target: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """Σ w (x − y)² / Σ w; for "sum" and "none" the terms without the division."""
    if weight.array.shape != input.array.shape:
        raise ValueError("Weights and input must have the same size.")
    if reduction not in losses.REDUCTIONS:
        raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")
    terms = (input - target) ** 2 * weight
    if reduction == "none":
        return terms
    return terms.sum() / weight.sum() if reduction == "mean" else terms.sum()


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None, ignore_index: int = -100,
    reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """ℒ = −Σ w[y]·x[y] / Σ w[y] over log-probabilities x: see `ops.losses.nll_loss`.

    Shape: (N, C) or (C), labels (N) or (), integers in [0, C); or (N, C, d₁, …), labels (N, d₁, …) -> ().
    Raises: ValueError when the batch sizes differ, IndexError for a label out of range, RuntimeError for a wrong dtype.
    """
    number = losses.reduction_number(losses.legacy_reduction(size_average, reduce, reduction))
    return nll_loss_nd(input, target, weight, number, ignore_index)


def nll_loss_nd(input: Tensor, target: Tensor, weight: Tensor | None, reduction: int, ignore_index: int) -> Tensor:
    """The loss of scores of any rank. Torch knows rows (N, C) and images (N, C, H, W); others are made images."""
    ignore_index = integer(ignore_index, "ignore_index")
    scores, labels = input.array.shape, target.array.shape
    if not scores:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if len(scores) != 1 and labels[:1] != scores[:1]:
        count = labels[0] if labels else 0
        raise ValueError(f"Expected input batch_size ({scores[0]}) to match target batch_size ({count}).")
    if len(scores) in (1, 2, 4):
        check_labels(input, target, weight)
        return losses.nll_loss(input, target, weight, reduction, ignore_index)
    N, C, *places = scores
    if labels[1:] != tuple(places):
        raise RuntimeError(f"Expected target size {[N, *places]}, got {list(labels)}")
    image = input.contiguous().view(N, C, 1, math.prod(places))
    flat = target.contiguous().view(N, 1, math.prod(places))
    check_labels(image, flat, weight)
    loss = losses.nll_loss(image, flat, weight, reduction, ignore_index)
    return loss.view(labels) if reduction == losses.NONE else loss


def check_labels(input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    """Raises: ValueError or RuntimeError, in torch's words, when labels or class weights do not fit the scores."""
    scores, labels = input.array.shape, target.array.shape
    C, is_image = scores[0] if len(scores) == 1 else scores[1], len(scores) == 4
    if is_image and len(labels) != 3:
        raise RuntimeError(
            f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {len(labels)}"
        )
    if is_image and labels[1:] != scores[2:]:
        raise RuntimeError(f"size mismatch (got input: {list(scores)} , target: {list(labels)}")
    if not is_image and len(labels) > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if len(scores) == 1 and labels not in ((), (1,)):
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {labels[0]}")
    if target.dtype not in (dtypes.int64, dtypes.uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {dtypes.CPP_NAMES[target.dtype]}")
    if weight is not None and weight.array.shape != (C,):
        which = "" if is_image else f"{C} "
        raise RuntimeError(
            f"weight tensor should be defined either for all {which}{'' if is_image else 'classes '}or no classes"
            + ("" if is_image else f" but got weight tensor of shape: {list(weight.array.shape)}")
        )
    if weight is not None and weight.array.dtype != input.array.dtype:
        raise RuntimeError(
            f"expected scalar type {dtypes.CPP_NAMES[input.dtype]} but found {dtypes.CPP_NAMES[weight.dtype]}"
        )


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None, ignore_index: int = -100,
    reduce: Any = None, reduction: str = "mean", label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """ℒ = −log softmax(x)[y], that is nll_loss(log_softmax(x), y): scores x of any size, no softmax before; in nats.

    The target is a label y, or a probability p for each class: ℒ = −Σ p·log_softmax(x). Label smoothing ε takes ε of
    the probability from the label and spreads it evenly over all classes.

    Shape: (N, C) or (C), labels (N) or (), integers in [0, C); or (N, C, d₁, …), labels (N, d₁, …) -> ().
    Probabilities: of the input's shape.
    Raises: as `nll_loss`.
    Source: for label smoothing: Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision", §7.

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.cross_entropy(torch.zeros(1, 10), torch.tensor([3]))  # ln 10: all ten digits as likely
    tensor(2.3026)
    """
    number = losses.reduction_number(losses.legacy_reduction(size_average, reduce, reduction))
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    label_smoothing = max(label_smoothing, 0.0)  # torch does not look at a negative one
    if input.array.shape == target.array.shape:
        return soft_cross_entropy(input, target, weight, number, ignore_index, label_smoothing)
    class_dim = 0 if input.array.ndim == 1 else 1
    scores = activations.log_softmax(input, class_dim)
    loss = nll_loss_nd(scores, target, weight, number, ignore_index)
    if not label_smoothing:
        return loss
    share = label_smoothing / input.array.shape[class_dim]
    evenly = even_loss(scores, target, weight, number, ignore_index, class_dim)
    return mul_number(loss, 1 - label_smoothing) + mul_number(evenly, share)


def even_loss(
    scores: Tensor, target: Tensor, weight: Tensor | None, reduction: int, ignore_index: int, class_dim: int
) -> Tensor:
    """−Σ w·x over *all* classes: what the loss would be if every class were due, each with probability 1."""
    terms = -(scores if weight is None else scores * along_classes(weight, scores, class_dim)).sum(class_dim)
    ignored = eq(target, ignore_index)
    terms = terms.masked_fill(ignored, 0.0)
    if reduction == losses.NONE:
        return terms
    if reduction == losses.SUM:
        return terms.sum()
    if weight is None:
        return terms.sum() / ignored.logical_not().sum()
    labels = target.masked_fill(ignored, 0)
    return terms.sum() / wrap(weight.array[labels.array]).masked_fill(ignored, 0).sum()


def along_classes(weight: Tensor, scores: Tensor, class_dim: int) -> Tensor:
    """The class weights in a shape that broadcasts against the scores."""
    return weight.view([-1 if dim == class_dim else 1 for dim in range(scores.array.ndim)])


def soft_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: int, ignore_index: int, label_smoothing: float
) -> Tensor:
    """−Σ w·p·log_softmax(x) / N: the target gives a probability p to every class."""
    if not target.is_floating_point():
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got "
            + dtypes.CPP_NAMES[target.dtype]
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    class_dim = 0 if input.array.ndim == 1 else 1
    C = input.array.shape[class_dim]
    if weight is not None and weight.array.shape != (C,):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {C} classes or no classes but got weight "
            f"tensor of shape: {list(weight.array.shape)}"
        )
    if label_smoothing:
        target = mul_number(target, 1 - label_smoothing) + label_smoothing / C
    terms = activations.log_softmax(input, class_dim) * target
    if weight is not None:
        terms = terms * along_classes(weight, terms, class_dim)
    if reduction == losses.NONE:
        return -terms.sum(class_dim)
    total = -terms.sum()
    count = math.prod(size for dim, size in enumerate(input.array.shape) if dim != class_dim) if C else 0
    return div_number(total, count) if reduction == losses.MEAN else total
