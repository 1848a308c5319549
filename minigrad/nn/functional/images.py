"""What sees an image through a window: convolution, padding, unfolding. Arguments checked in torch's words.

Read next: `pooling.py`.
"""

import warnings
from collections.abc import Sequence

from ... import dtypes
from ...dims import sizes_from
from ...ops import convolution, folding
from ...ops import padding as padding_ops
from ...ops.windows import Pair, pair
from ...tensor import Tensor

Ints = int | tuple[int, ...]


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
    check_weight_rank(weight, stride)
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


def check_weight_rank(weight: Tensor, stride: Ints) -> None:
    """Raises: RuntimeError for kernels that are not those of images."""
    if weight.array.ndim < 3:
        raise RuntimeError("weight should have at least three dimensions")
    if weight.array.ndim != 4:
        dims = weight.array.ndim - 2
        raise RuntimeError(
            f"expected stride to be a single integer value or a list of {dims} values to match the convolution "
            f"dimensions, but got stride={list(pair(stride))}"
        )


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
    if total[0] % 2 or total[1] % 2:
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of the "
            "input be created",
            stacklevel=4,
        )
        # An even kernel: the odd pixel goes right and bottom.
        input = pad(input, (0, total[1] % 2, 0, total[0] % 2))
    return input, (PH, PW)


def check_convolution(
    given: Tensor, input: Tensor, weight: Tensor, bias: Tensor | None, geometry: convolution.Geometry
) -> None:
    """Raises: RuntimeError, in torch's words, for arguments that make no convolution. `given`: the input as it came."""
    if input.array.ndim != 4:
        raise RuntimeError(
            f"Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: {list(given.array.shape)}"
        )
    if bias is not None and bias.array.dtype != input.array.dtype:
        came, wanted = (dtypes.CPP_TYPES[tensor.dtype] for tensor in (input, bias))
        raise RuntimeError(f"Input type ({came}) and bias type ({wanted}) should be the same")
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
    if not input.array.size and 0 not in input.array.shape[:2]:
        raise RuntimeError(
            f"Only zero batch or zero channel inputs are supported, but got input shape: {list(input.array.shape)}"
        )
    if 0 in weight.array.shape[2:]:
        KH, KW = weight.array.shape[2:]
        raise RuntimeError(
            f"kernel size should be greater than zero, but got kernel_height: {KH} kernel_width: {KW}"
        )


def check_channels(given: Tensor, input: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> None:
    """Raises: RuntimeError when the channels of input, weight and bias do not fit each other."""
    F, C = weight.array.shape[0], weight.array.shape[1] * groups
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if F < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size "
            f"{list(weight.array.shape)} instead"
        )
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


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """A border: (left, right, top, bottom, …), the last dimension first; negative widths cut off.

    mode: "constant", the value (0); or "reflect", "replicate" or "circular", for the last 1, 2 or 3 dimensions of a
    batch or of one sample: see `ops.padding`.
    Raises: RuntimeError for a width that does not fit, NotImplementedError for an unknown mode or too many dimensions.
    """
    if not isinstance(pad, (tuple, list)):
        raise TypeError(f"pad(): argument 'pad' (position 2) must be tuple of ints, not {type(pad).__name__}")
    pad = sizes_from("pad", (pad,), "pad", position=2)
    if mode == "constant":
        return padding_ops.constant_pad_nd(input, pad, 0 if value is None else value)
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    ndim, dims = input.array.ndim, len(pad) // 2
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if dims not in (1, 2, 3) or ndim not in (dims + 1, dims + 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {ndim}D input tensor.\n"
            "Supported combinations for non-constant padding:\n"
            "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
            "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
            "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
        )
    if mode == "circular":
        return padding_ops.circular_pad(input, pad)
    check_border(input, pad)
    return padding_ops.reflection_pad(input, pad) if mode == "reflect" else padding_ops.replication_pad(input, pad)


def check_border(input: Tensor, pad: Sequence[int]) -> None:
    """Raises: RuntimeError where there is nothing to show in the border, or nothing left of the input."""
    dims, shape = len(pad) // 2, input.array.shape
    inner = shape[1:] if len(shape) == dims + 2 else shape
    if 0 in inner:
        raise RuntimeError(
            f"Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(shape)}"
        )
    for name, size, before, after in zip("WHD", reversed(shape), pad[::2], pad[1::2], strict=False):
        padded = size + before + after
        if padded < 1:
            raise RuntimeError(f"input ({name}: {size}) is too small. Calculated output {name}: {padded}")


def unfold(input: Tensor, kernel_size: Ints, dilation: Ints = 1, padding: Ints = 0, stride: Ints = 1) -> Tensor:
    """Every patch of an image as a column.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C·KH·KW, L) or (C·KH·KW, L), L = OH·OW with OH as for `conv2d`.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.unfold(torch.arange(9.).view(1, 1, 3, 3), 2)
    tensor([[[0., 1., 3., 4.],
             [1., 2., 4., 5.],
             [3., 4., 6., 7.],
             [4., 5., 7., 8.]]])
    """
    kernel, dilations, pads, strides = fold_pairs(kernel_size, dilation, padding, stride)
    if input.array.ndim not in (3, 4) or 0 in input.array.shape[-3:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
            f"but got: {list(input.array.shape)}"
        )
    if input.array.dtype.kind != "f":
        raise NotImplementedError(f"\"im2col_out_cpu\" not implemented for '{dtypes.CPP_NAMES[input.dtype]}'")
    H, W = input.array.shape[-2:]
    blocks = folding.positions((H, W), kernel, dilations, pads, strides)
    if min(blocks) < 1:
        raise RuntimeError(
            f"Given input with spatial size ({H}, {W}), kernel_size={kernel}, dilation={dilations}, padding={pads}, "
            f"calculated shape of the array of sliding blocks as {blocks}, but its components must be at least one."
        )
    return folding.im2col(input, kernel, dilations, pads, strides)


def fold(
    input: Tensor, output_size: Ints, kernel_size: Ints, dilation: Ints = 1, padding: Ints = 0, stride: Ints = 1
) -> Tensor:
    """Columns back into an image: each added to the patch that it came from. Not `unfold`'s inverse but its adjoint.

    Shape: (N, C·KH·KW, L) or (C·KH·KW, L) -> (N, C, H, W) or (C, H, W), (H, W) the output_size.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.fold.html
    """
    kernel, dilations, pads, strides = fold_pairs(kernel_size, dilation, padding, stride)
    size, shape = fold_pair(output_size, "output_size"), input.array.shape
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {list(shape)}"
        )
    rows, columns = shape[-2:]
    if rows % (kernel[0] * kernel[1]):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            f"input.size(1)={rows} and kernel_size={kernel}."
        )
    OH, OW = folding.positions(size, kernel, dilations, pads, strides)
    if OH * OW != columns:
        raise RuntimeError(
            f"Given output_size={size}, kernel_size={kernel}, dilation={dilations}, padding={pads}, stride={strides}, "
            f"expected size of input's dimension 2 to match the calculated number of sliding blocks {OH} * {OW} = "
            f"{OH * OW}, but got input.size(2)={columns}."
        )
    return folding.col2im(input, size, kernel, dilations, pads, strides)


def fold_pairs(kernel_size: Ints, dilation: Ints, padding: Ints, stride: Ints) -> tuple[Pair, Pair, Pair, Pair]:
    """The four as pairs. Raises: RuntimeError for one that is out of range."""
    kernel, dilations = fold_pair(kernel_size, "kernel_size"), fold_pair(dilation, "dilation")
    pads, strides = fold_pair(padding, "padding"), fold_pair(stride, "stride")
    for name, (down, across) in (("kernel", kernel), ("stride", strides), ("dilation", dilations)):
        if min(down, across) <= 0:
            raise RuntimeError(
                f"{'kernel size' if name == 'kernel' else name} should be greater than zero, but got "
                f"{name}_height: {down} {name}_width: {across}"
            )
    if min(pads) < 0:
        raise RuntimeError(f"padding should be non-negative, but got pad_height: {pads[0]} pad_width: {pads[1]}")
    return kernel, dilations, pads, strides


def fold_pair(value: Ints, name: str) -> Pair:
    """One number or two. Raises: RuntimeError for any other count."""
    if isinstance(value, (tuple, list)) and len(value) not in (1, 2):
        raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(value)}")
    return pair(value)
