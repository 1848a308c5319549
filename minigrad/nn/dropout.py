"""Dropout layers: noise in training, nothing in evaluation."""

from ..tensor import Tensor
from . import functional as F
from .module import Module


class _Dropout(Module):
    """What all dropouts have in common: a probability p of dropping."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:  # nan is neither, and refused at the call
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """y = x · mask / (1 − p) in training: each element is dropped with probability p; after `eval()` none is.

    The mask is drawn anew in each forward pass: see `functional.dropout`.
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """Each channel of a signal is dropped with probability p: see `functional.dropout1d`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """y = x · mask / (1 − p) in training: each channel is dropped with probability p; after `eval()` none is.

    Neighbouring pixels are so alike that dropping single ones hides nothing: see `functional.dropout2d`.
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """Each channel of a volume is dropped with probability p: see `functional.dropout3d`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout3d(input, self.p, self.training, self.inplace)
