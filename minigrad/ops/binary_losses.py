"""Losses for answers of yes or no: each output is the probability of a yes, or the score before the sigmoid.

Read next: `minigrad/methods.py`.
"""

from typing import ClassVar

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..recording import record
from ..tensor import Tensor
from .activations import sigmoid
from .arithmetic import div_number
from .choosing import clamp, where
from .losses import MEAN, reduced

LEAST = -100.0  # what ln 0 counts as, so that one wrong certainty does not make the mean infinite
EPSILON = 1e-12  # the least that x(1 − x) counts as, so that no slope is infinite: torch's number


def binary_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None, reduction: int) -> Tensor:
    """ℓ = −w·(y·ln x + (1 − y)·ln(1 − x)), in nats; a logarithm below −100 counts as −100.

    Shape: (*), (*), (*) -> (), or (*) with reduction "none". Probabilities x and y, in [0, 1].
    Raises: RuntimeError for numbers outside. `nn.functional.binary_cross_entropy` has checked the rest.
    """
    x, y = input.array, target.array
    for name, values in (("input", x), ("target", y)):
        if not ((values >= 0) & (values <= 1)).all():
            raise RuntimeError(f"all elements of {name} should be between 0 and 1")
    terms = (y - 1) * np.maximum(np.log1p(-x), LEAST) - y * np.maximum(np.log(x), LEAST)
    if weight is not None:
        terms = terms * weight.array
    return record(
        BinaryCrossEntropyBackward0, reduced(terms.astype(x.dtype, copy=False), reduction), input, target, self=input,
        target=target, weight=weight, reduction=reduction,
    )  # fmt: skip


class BinaryCrossEntropyBackward0(Node):
    """∂ℓ/∂x = w·(x − y) / (x(1 − x)), the denominator at least 10⁻¹²; ∂ℓ/∂y = w·(ln(1 − x) − ln x)."""

    saves: ClassVar[tuple[str, ...]] = ("self", "target", "weight", "reduction")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, y = self._saved_self, self._saved_target
        needs_input, needs_target = self.needs_input_grad
        grad_input = grad_target = None
        if needs_input:
            grad_input = self.shared(grad * (x - y) / clamp((1 - x) * x, min=EPSILON))
        if needs_target:
            grad_target = self.shared(grad * ((1 - x).log() - x.log()))
        return grad_input, grad_target

    def shared(self, slope: Tensor) -> Tensor:
        """The slope times the weight, shared among the terms of the mean."""
        if self._saved_weight is not None:
            slope = slope * self._saved_weight
        return div_number(slope, max(self._saved_self.array.size, 1)) if self._saved_reduction == MEAN else slope


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None, pos_weight: Tensor | None, reduction: int
) -> Tensor:
    """ℓ = −w·(p·y·ln σ(x) + (1 − y)·ln(1 − σ(x))) for scores x, in nats; p weighs the answers that should be yes.

    Because ln(1 − σ(x)) = ln σ(x) − x, it is w·((1 − y)·x − (1 + (p − 1)·y)·ln σ(x)), and ln σ(x) does not overflow.
    Shape: x and y (*), w and p broadcast -> (), or (*) with reduction "none".
    """
    x, y = input.array, target.array
    if x.dtype.kind != "f":
        raise NotImplementedError(f"\"log_sigmoid_cpu\" not implemented for '{dtypes.CPP_NAMES[input.dtype]}'")
    log_sigmoid = np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))
    yes = 1 if pos_weight is None else (pos_weight.array - 1) * y + 1
    terms = (1 - y) * x - yes * log_sigmoid
    if weight is not None:
        terms = terms * weight.array
    terms = terms.astype(y.dtype, copy=False)  # torch works in the memory of 1 − y
    return record(
        BinaryCrossEntropyWithLogitsBackward0, reduced(terms, reduction), input, target, self=input, target=target,
        weight=weight, pos_weight=pos_weight, reduction=reduction,
    )  # fmt: skip


class BinaryCrossEntropyWithLogitsBackward0(BinaryCrossEntropyBackward0):
    """∂ℓ/∂x = w·(σ(x) − y): the error, as plain as with mean squares. With p: w·((p·y + 1 − y)·σ(x) − p·y).

    ∂ℓ/∂y = −w·x; with p: w·((1 − p)·ln σ(x) − x).
    """

    saves = ("self", "target", "weight", "pos_weight", "reduction")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, y, p = self._saved_self, self._saved_target, self._saved_pos_weight
        needs_input, needs_target = self.needs_input_grad
        grad_input = grad_target = None
        if needs_input and p is None:
            grad_input = self.shared((sigmoid(x) - y) * grad)
        elif needs_input:
            yes = p * y
            grad_input = self.shared(((yes + 1 - y) * sigmoid(x) - yes) * grad)
        if needs_target:
            slope = -x if p is None else (1 - p) * log_sigmoid(x) - x
            grad_target = self.shared(slope * grad)
        return grad_input, grad_target


def log_sigmoid(input: Tensor) -> Tensor:
    """y = ln σ(x): −ln(1 + e⁻ˣ), and below 0 the same as x − ln(1 + eˣ), so that neither overflows."""
    below, above = where(input < 0, input, 0.0), where(input < 0, 0.0, input)
    return where(input < 0, below - (below.exp() + 1).log(), -((-above).exp() + 1).log())
