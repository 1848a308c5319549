"""The functions that layers are made of, with torch's names, arguments and checks.

Each checks what it was given, says in torch's words what is wrong, and composes the operations of `minigrad/ops/`: the
arithmetic, and the derivatives, are there.

Read next: `module.py`, which adds parameters.
"""

import warnings
from collections.abc import Callable
from typing import Any

from .. import dtypes
from ..ops import activations, convolution, linalg, losses, pooling, shapes
from ..ops.broadcasting import broadcast_shapes, expand, result_dtype
from ..ops.creation import zeros_like
from ..ops.windows import Pair, pair
from ..random import default_generator, laid_out
from ..tensor import Tensor, wrap

Ints = int | tuple[int, ...]


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
    if input.array.ndim > 2 and not input.is_contiguous():
        return linalg.matmul(input, wt) + bias
    rows = input.view(-1, input.array.shape[-1])
    return shapes.unsafe_view(linalg.addmm(bias, rows, wt), (*input.array.shape[:-1], weight.array.shape[0]))


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = max(0, x): see `ops.activations.relu`."""
    return input.relu_() if inplace else activations.relu(input)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None
) -> Tensor:
    """yᵢ = xᵢ − ln Σⱼ eˣʲ: see `ops.activations.log_softmax`. Without a dim torch guesses one, and warns."""
    return activations.log_softmax(input, guessed_dim(input, "log_softmax") if dim is None else dim, dtype)


def guessed_dim(input: Tensor, name: str) -> int:
    """The dimension that old code meant: the channels."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=3,
    )
    return 0 if input.array.ndim in (0, 1, 3) else 1


# -- Convolution and pooling


def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Ints = 1, padding: Ints | str = 0,
    dilation: Ints = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """y[f] = b[f] + Σ_c weight[f, c] ⋆ x[c]: see `ops.convolution`. padding in pixels, or 'valid' (0), or 'same'.

    Shape: (N, C, H, W) or (C, H, W), (F, C/groups, KH, KW), (F) -> (N, F, OH, OW) or (F, OH, OW) with
    OH = ⌊(H + 2·padding − dilation·(KH − 1) − 1) / stride⌋ + 1.
    Raises: RuntimeError when channels, sizes or dtypes do not fit.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2))
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    strides, dilations = int_pair(stride, "stride"), int_pair(dilation, "dilation")
    batch = input.unsqueeze(0) if input.array.ndim == 3 else input
    if isinstance(padding, str):
        batch, pads = same_padding(batch, weight, strides, dilations, padding)
    else:
        pads = int_pair(padding, "padding")
    geometry = convolution.Geometry(strides, pads, dilations, groups)
    check_convolution(input, batch, weight, bias, geometry)
    output = convolution.convolution(batch, weight, bias, geometry)
    return output.squeeze(0) if input.array.ndim == 3 else output


def int_pair(value: Ints, name: str) -> Pair:
    """One number or two. Raises: RuntimeError for any other count."""
    if isinstance(value, (tuple, list)) and len(value) not in (1, 2):
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of 2 values to match the convolution dimensions, "
            f"but got {name}={list(value)}"
        )
    return pair(value)


def same_padding(input: Tensor, weight: Tensor, stride: Pair, dilation: Pair, mode: str) -> tuple[Tensor, Pair]:
    """The padding by name: the input, padded where left and right differ, and the padding that is left to do."""
    if mode == "valid":
        return input, (0, 0)
    if mode != "same":
        raise RuntimeError(f"Invalid padding string: '{mode}'")
    if stride != (1, 1):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total = tuple(d * (k - 1) for d, k in zip(dilation, weight.array.shape[2:], strict=True))
    PH, PW = total[0] // 2, total[1] // 2
    if total[0] % 2 or total[1] % 2:  # an even kernel: the odd pixel goes right and bottom
        input = pad(input, (0, total[1] % 2, 0, total[0] % 2))
    return input, (PH, PW)


def pad(input: Tensor, pad: tuple[int, ...], mode: str = "constant", value: float = 0) -> Tensor:
    """A border of one value: (left, right, top, bottom, …), the last dimension first; negative ones cut off."""
    if mode != "constant":
        raise NotImplementedError(f"minigrad pads with mode 'constant' only, but got '{mode}'")
    return shapes.constant_pad_nd(input, tuple(pad), value)


def check_convolution(
    given: Tensor, input: Tensor, weight: Tensor, bias: Tensor | None, geometry: convolution.Geometry
) -> None:
    """Raises: RuntimeError, in torch's words, for arguments that make no convolution. `given`: the input as it came."""
    if input.array.ndim != 4:
        raise RuntimeError(
            f"Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: {list(given.array.shape)}"
        )
    if bias is not None and bias.array.dtype != input.array.dtype:
        kinds = {"Long": "long int", "Byte": "unsigned char", "Char": "signed char"}
        came, wanted = (dtypes.CPP_NAMES[tensor.dtype] for tensor in (input, bias))
        raise RuntimeError(
            f"Input type ({kinds.get(came, came.lower())}) and bias type ({kinds.get(wanted, wanted.lower())}) should "
            "be the same"
        )
    if weight.array.dtype != input.array.dtype:
        raise RuntimeError(
            f"expected scalar type {dtypes.CPP_NAMES[input.dtype]} but found {dtypes.CPP_NAMES[weight.dtype]} "
            "(input and weight must have one dtype)"
        )
    if min(geometry.padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(geometry.stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(geometry.dilation) <= 0:
        raise RuntimeError(f"dilation should be greater than zero, but got {list(geometry.dilation)}")
    check_channels(given, input, weight, bias, geometry.groups)
    size = tuple(n + 2 * p for n, p in zip(input.array.shape[2:], geometry.padding, strict=True))
    kernel = tuple(d * (k - 1) + 1 for d, k in zip(geometry.dilation, weight.array.shape[2:], strict=True))
    if size[0] < kernel[0] or size[1] < kernel[1]:
        raise RuntimeError(
            f"Calculated padded input size per channel: ({size[0]} x {size[1]}). Kernel size: ({kernel[0]} x "
            f"{kernel[1]}). Kernel size can't be greater than actual input size"
        )


def check_channels(given: Tensor, input: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> None:
    """Raises: RuntimeError when the channels of input, weight and bias do not fit each other."""
    F, C = weight.array.shape[0], weight.array.shape[1] * groups
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if F % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of "
            f"size {list(weight.array.shape)} instead"
        )
    if input.array.shape[1] != C:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(weight.array.shape)}, expected "
            f"input{list(input.array.shape)} to have {C} channels, but got {input.array.shape[1]} channels instead"
        )
    if bias is not None and bias.array.shape != (F,):
        raise RuntimeError(
            f"Given weight of size {list(weight.array.shape)}, expected bias to be 1-dimensional with {F} elements, "
            f"but got bias of size {list(bias.array.shape)} instead"
        )


def max_pool2d(
    input: Tensor, kernel_size: Ints, stride: Ints | None = None, padding: Ints = 0, dilation: Ints = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest pixel of each window; the stride is the kernel's size unless it is given.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C, OH, OW) or (C, OH, OW), OH as for `conv2d`, rounded up in ceil_mode.
    With `return_indices` also where each was: its index in its plane, in reading order.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.max_pool2d(torch.arange(16.).view(1, 1, 4, 4), 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    kernel, step = pool_pair(kernel_size, "kernel_size"), pool_pair(stride or kernel_size, "stride")
    if stride == 0 or min(step) == 0:
        raise RuntimeError("stride should not be zero")
    pads, dilations = pool_pair(padding, "padding"), pool_pair(dilation, "dilation")
    check_pooling(input, kernel, step, pads, dilations, ceil_mode)
    output, indices = pooling.max_pool2d_with_indices(input, kernel, step, pads, dilations, ceil_mode)
    return (output, indices) if return_indices else output


def pool_pair(value: Ints, name: str) -> Pair:
    """One number or two. Raises: RuntimeError for any other count."""
    if isinstance(value, (tuple, list)) and len(value) not in (1, 2):
        raise RuntimeError(f"max_pool2d: {name} must either be a single int, or a tuple of two ints")
    return pair(value)


def check_pooling(input: Tensor, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, ceil_mode: bool) -> None:
    """Raises: RuntimeError, in torch's words, for arguments that make no pooling."""
    shape = input.array.shape
    if min(kernel) <= 0:
        raise RuntimeError(f"kernel size should be greater than zero, but got kH: {kernel[0]} kW: {kernel[1]}")
    if min(dilation) <= 0:
        raise RuntimeError(
            f"dilation should be greater than zero, but got dilationH: {dilation[0]} dilationW: {dilation[1]}"
        )  # fmt: skip
    if len(shape) not in (3, 4):
        raise RuntimeError("non-empty 3D or 4D (batch mode) tensor expected for input")
    if 0 in shape[-3:]:
        raise RuntimeError(
            f"Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:{list(shape)}"
        )
    for k, p, d in zip(kernel, padding, dilation, strict=True):
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if p > (d * (k - 1) + 1) // 2:
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={p}, "
                f"kernel_size={k} and dilation={d}"
            )
    OH, OW = pooling.pooled_size(shape[-2:], kernel, stride, padding, dilation, ceil_mode)
    if OH < 1 or OW < 1:
        C, H, W = shape[-3:]
        raise RuntimeError(
            f"Given input size: ({C}x{H}x{W}). Calculated output size: ({C}x{OH}x{OW}). Output size is too small"
        )


# -- Dropout


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """y = x · mask / (1 − p) in training: each element is kept with probability 1 − p. Otherwise the input itself.

    What is kept grows by 1/(1 − p), so that the expected value stays x and evaluation needs no factor.
    Source: Srivastava et al. 2014, "Dropout", JMLR 15, section 10 ("inverted dropout").
    """
    return dropped(input, p, training, inplace, lambda: zeros_like(input))


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """As `dropout`, but whole channels at a time: neighbouring pixels are so alike that dropping one hides nothing.

    Shape: (N, C, H, W) -> (N, C, H, W).
    Source: Tompson et al. 2015, "Efficient Object Localization Using Convolutional Networks", section 3.2.
    """
    ndim = input.array.ndim
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if ndim not in (3, 4):
        warnings.warn(
            f"dropout2d: Received a {ndim}-D input to dropout2d, which is deprecated and will result in an error in a "
            "future release. To retain the behavior and silence this warning, please use dropout instead. Note that "
            "dropout2d exists to provide channel-wise dropout on inputs with 2 spatial dimensions, a channel "
            "dimension, and an optional batch dimension (i.e. 3D or 4D inputs).",
            stacklevel=2,
        )
    if ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired "
            "- input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a "
            "future release to interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain "
            "the 1D channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    if ndim < 2 and training and p > 0:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return dropped(input, p, training, inplace, lambda: input.new_zeros(input.array.shape[:2] + (1,) * (ndim - 2)))


def dropped(input: Tensor, p: float, training: bool, inplace: bool, new_mask: Callable[[], Tensor]) -> Tensor:
    """The input times a random mask, which is 0 or 1/(1 − p); the shape and layout are those of a new mask of zeros."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0 or not input.array.size:
        return input
    mask = new_mask()
    if p < 1:
        kept = default_generator.bernoulli(mask.array.shape, 1 - p)
        mask = wrap(laid_out(kept, mask) / input.array.dtype.type(1 - p))
    return input.mul_(mask) if inplace else input * mask


# -- Losses


def mse_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Tensor:
    """ℒ = Σ (x − y)² / n: see `ops.losses.mse_loss`. Shapes that differ are broadcast, with torch's warning.

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.mse_loss(torch.tensor([1., 2.]), torch.tensor([1., 4.]))
    tensor(2.)
    """
    if input.array.shape != target.array.shape:
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). This will "
            "likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            stacklevel=2,
        )
    shape = broadcast_shapes(input.array.shape, target.array.shape)
    dtype = dtypes.FROM_NUMPY[result_dtype(input, target)]
    # The loss itself knows one shape and one dtype. Torch always expands here too; where nothing changes, neither has
    # a node.
    pair_ = tuple(t if t.array.shape == shape else expand(t, shape) for t in (input, target))
    return losses.mse_loss(
        pair_[0].to(dtype),
        pair_[1].to(dtype),
        losses.reduction_number(losses.legacy_reduction(size_average, reduce, reduction)),
    )


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None, ignore_index: int = -100,
    reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """ℒ = −Σ w[y]·x[y] / Σ w[y] over log-probabilities x: see `ops.losses.nll_loss`.

    Shape: (N, C) or (C), labels (N) or (), integers in [0, C) -> ().
    Raises: ValueError when the batch sizes differ, IndexError for a label out of range, RuntimeError for a wrong dtype.
    """
    number = losses.reduction_number(losses.legacy_reduction(size_average, reduce, reduction))
    check_labels(input, target, weight)
    return losses.nll_loss(input, target, weight, number, ignore_index)


def check_labels(input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    """Raises: ValueError or RuntimeError, in torch's words, when labels or class weights do not fit the scores."""
    scores, labels = input.array.shape, target.array.shape
    if len(scores) not in (1, 2):
        raise NotImplementedError(f"minigrad's nll_loss takes scores of shape (N, C) or (C), but got {list(scores)}")
    if len(scores) == 2 and labels[:1] != scores[:1]:
        count = labels[0] if labels else 0
        raise ValueError(f"Expected input batch_size ({scores[0]}) to match target batch_size ({count}).")
    if len(labels) > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if len(scores) == 1 and labels not in ((), (1,)):
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {labels[0]}")
    if target.dtype not in (dtypes.int64, dtypes.uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {dtypes.CPP_NAMES[target.dtype]}")
    if weight is not None and weight.array.shape != scores[-1:]:
        raise RuntimeError(
            f"weight tensor should be defined either for all {scores[-1]} classes or no classes but got weight tensor "
            f"of shape: {list(weight.array.shape)}"
        )
    if weight is not None and weight.array.dtype != input.array.dtype:
        raise RuntimeError(
            f"expected scalar type {dtypes.CPP_NAMES[input.dtype]} but found {dtypes.CPP_NAMES[weight.dtype]}"
        )


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None, ignore_index: int = -100,
    reduce: Any = None, reduction: str = "mean", label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """ℒ = nll_loss(log_softmax(x), y): scores x of any size, no softmax before; in nats.

    Shape: (N, C) or (C), labels (N) or (), integers in [0, C) -> ().
    Raises: as `nll_loss`.

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.cross_entropy(torch.zeros(1, 10), torch.tensor([3]))  # ln 10: all ten digits as likely
    tensor(2.3026)
    """
    if label_smoothing:
        raise NotImplementedError("minigrad's cross_entropy has no label_smoothing yet")
    number = losses.reduction_number(losses.legacy_reduction(size_average, reduce, reduction))
    if target.is_floating_point() and target.array.shape == input.array.shape:
        raise NotImplementedError("minigrad's cross_entropy takes class labels, not probabilities")
    if not input.array.ndim:
        raise NotImplementedError("minigrad's cross_entropy takes scores of shape (N, C) or (C), but got a 0-d tensor")
    scores = activations.log_softmax(input, min(1, input.array.ndim - 1))
    check_labels(scores, target, weight)
    return losses.nll_loss(scores, target, weight, number, ignore_index)
