"""Batch normalization layers: functions plus parameters, and a memory of what the batches were like.

Read next: `minigrad/ops/normalization.py`, the formula and its derivative.
"""

from typing import Any

from ..ops import creation
from ..tensor import Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter


class BatchNorm(Module):
    """y = weight·(x − μ)/√(σ² + ε) + bias for each channel: see `functional.batch_norm`. The layers below are this.

    In training μ and σ² are the batch's; the running ones, with which `eval()` computes, move towards them by the
    momentum, or where that is None become the mean over all batches. Without `track_running_stats` there are none.

    Shape: (N, C, *) -> (N, C, *), C num_features; weight (C), which begins at 1, and bias (C), at 0.
    Source: Ioffe and Szegedy, Batch normalization (2015).
    """

    _version = 2  # since then the state has num_batches_tracked
    ranks: tuple[int, ...]
    expected: str
    num_features: int
    eps: float
    momentum: float | None

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        options: Any = {"device": device, "dtype": dtype}

        def parameter(wanted: bool) -> Parameter | None:
            return Parameter(creation.empty(num_features, **options)) if wanted else None

        self.register_parameter("weight", parameter(affine))
        self.register_parameter("bias", parameter(affine and bias))
        tracked = track_running_stats
        self.register_buffer("running_mean", creation.zeros(num_features, **options) if tracked else None)
        self.register_buffer("running_var", creation.ones(num_features, **options) if tracked else None)
        self.register_buffer("num_batches_tracked", creation.tensor(0) if tracked else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Mean 0, variance 1, no batch seen."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _complete(self, state: dict[str, Any], prefix: str, version: int | None) -> None:
        """A state without the number of batches, of the time before it was counted, leaves it as it is."""
        if (version is None or version < 2) and self.track_running_stats:
            state.setdefault(f"{prefix}num_batches_tracked", self.num_batches_tracked)

    def _check_input_dim(self, input: Tensor) -> None:
        """Raises: ValueError for a tensor of another rank."""
        if input.array.ndim not in self.ranks:
            raise ValueError(f"expected {self.expected} input (got {input.array.ndim}D input)")

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.track_running_stats and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                momentum = 1.0 / float(self.num_batches_tracked)
        by_batch = self.training or (self.running_mean is None and self.running_var is None)
        remembers = not self.training or self.track_running_stats
        return F.batch_norm(
            input, self.running_mean if remembers else None, self.running_var if remembers else None, self.weight,
            self.bias, by_batch, momentum, self.eps,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(BatchNorm):
    """Batch normalization of rows or signals. Shape: (N, C) or (N, C, L).

    >>> import minigrad as torch
    >>> torch.nn.BatchNorm1d(1)(torch.tensor([[0.], [2.]]))
    tensor([[-1.0000],
            [ 1.0000]], grad_fn=<NativeBatchNormBackward0>)
    """

    ranks = (2, 3)
    expected = "2D or 3D"


class BatchNorm2d(BatchNorm):
    """Batch normalization of images. Shape: (N, C, H, W)."""

    ranks = (4,)
    expected = "4D"
