"""Dropout: noise in training, so that no unit can rely on another.

Read next: `losses.py`.
"""

import warnings
from collections.abc import Callable

from ... import dtypes
from ...ops.creation import zeros_like
from ...random import default_generator, laid_out
from ...tensor import Tensor, wrap


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """y = x · mask / (1 − p) in training: each element is kept with probability 1 − p. Otherwise the input itself.

    What is kept grows by 1/(1 − p), so that the expected value stays x and evaluation needs no factor.
    Source: Srivastava et al. 2014, "Dropout", JMLR 15, section 10 ("inverted dropout").
    """
    check_probability(p)
    return dropped(input, p, training, inplace, lambda: zeros_like(input))


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """As `dropout`, but whole channels at a time. Shape: (N, C, L) or (C, L) -> the same."""
    check_probability(p)
    ndim = input.array.ndim
    if ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {ndim}D input. Note that dropout1d exists to provide "
            "channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch "
            "dimension (i.e. 2D or 3D inputs)."
        )
    return channels_dropped(input, p, training, inplace, batched=ndim == 3)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """As `dropout`, but whole channels at a time: neighbouring pixels are so alike that dropping one hides nothing.

    Shape: (N, C, H, W) -> (N, C, H, W).
    Source: Tompson et al. 2015, "Efficient Object Localization Using Convolutional Networks", section 3.2.
    """
    ndim = input.array.ndim
    check_probability(p)
    if ndim not in (3, 4):
        warn_of_rank("dropout2d", ndim, "2 spatial dimensions", "3D or 4D")
    if ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired "
            "- input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a "
            "future release to interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain "
            "the 1D channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=3,
        )
    return channels_dropped(input, p, training, inplace)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """As `dropout2d`, for volumes. Shape: (N, C, D, H, W) or (C, D, H, W) -> the same."""
    check_probability(p)
    ndim = input.array.ndim
    if ndim not in (4, 5):
        warn_of_rank("dropout3d", ndim, "3 spatial dimensions", "4D or 5D")
    return channels_dropped(input, p, training, inplace, batched=ndim == 5)


def warn_of_rank(name: str, ndim: int, space: str, ranks: str) -> None:
    """Torch's warning for an input that these dropouts are not for."""
    warnings.warn(
        f"{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an error in a future "
        f"release. To retain the behavior and silence this warning, please use dropout instead. Note that {name} "
        f"exists to provide channel-wise dropout on inputs with {space}, a channel dimension, and an optional batch "
        f"dimension (i.e. {ranks} inputs).",
        stacklevel=4,
    )


def check_probability(p: float) -> None:
    """Raises: ValueError for what is no probability, RuntimeError for nan."""
    if not 0 <= p <= 1:
        kind = RuntimeError if p != p else ValueError
        raise kind(f"dropout probability has to be between 0 and 1, but got {p}")


def channels_dropped(input: Tensor, p: float, training: bool, inplace: bool, batched: bool = True) -> Tensor:
    """`dropped`, with one number of the mask for each channel; one sample is a batch of one."""
    if not batched and inplace:
        return channels_dropped(input.unsqueeze_(0), p, training, inplace).squeeze_(0)
    if not batched:
        return channels_dropped(input.unsqueeze(0), p, training, inplace).squeeze(0)
    ndim = input.array.ndim
    if ndim < 2 and training and 0 < p < 1:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return dropped(input, p, training, inplace, lambda: input.new_zeros(input.array.shape[:2] + (1,) * (ndim - 2)))


def dropped(input: Tensor, p: float, training: bool, inplace: bool, new_mask: Callable[[], Tensor]) -> Tensor:
    """The input times a random mask, which is 0 or 1/(1 − p); the shape and layout are those of a new mask of zeros."""
    if not training or p == 0 or not input.array.size:
        return input
    if p == 1:  # one 0 for all
        zero = input.new_zeros(())
        return input.mul_(zero) if inplace else input * zero
    if input.array.dtype.kind != "f":
        name = dtypes.CPP_NAMES[input.dtype]
        raise RuntimeError(f"result type Float can't be cast to the desired output type {name}")
    mask = new_mask()
    kept = default_generator.bernoulli(mask.array.shape, 1 - p)
    mask = wrap(laid_out(kept, mask) / input.array.dtype.type(1 - p))
    return input.mul_(mask) if inplace else input * mask
