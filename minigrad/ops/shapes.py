"""Shapes: the same numbers, arranged otherwise. Most results are views: no number moves.

The derivative of a rearrangement is the rearrangement back, so every node here is one line. What costs thought is
which rearrangements need no copy: a view can only be described by a stride per dimension, and `reshape` copies first
where that is not enough.

Read next: `slicing.py`.
"""

import math
from typing import Any, ClassVar

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..devices import device as Device
from ..devices import on_cpu
from ..dims import some_sizes_from, wrap_dim, wrap_dims
from ..memory import copy_like
from ..recording import record, record_view
from ..tensor import Tensor
from .slicing import alias


def view(input: Tensor, *shape: Any) -> Tensor:
    """The input's elements in reading order under another shape, without a copy; one size may be -1: "the rest".

    Raises: RuntimeError when the shape does not hold as many elements, or when strides cannot express it.

    >>> import minigrad as torch
    >>> torch.arange(6).view(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    if len(shape) == 1 and isinstance(shape[0], dtypes.dtype):
        raise NotImplementedError("minigrad's view() does not reinterpret bits as another dtype; use .to(dtype)")
    array = viewed(input.array, infer_size(some_sizes_from("view", shape, "size"), input.array.size))
    if array is None:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        )
    return record_view(ViewBackward0, array, input, self_sym_sizes=input.array.shape)


class ViewBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y in x's shape."""

    saves = ("self_sym_sizes",)

    def backward(self, grad: Tensor) -> Tensor:
        return grad.reshape(self._saved_self_sym_sizes)


def infer_size(shape: tuple[int, ...], numel: int) -> tuple[int, ...]:
    """The shape with its -1 worked out. Raises: RuntimeError when it cannot hold this number of elements."""
    known = 1
    for size in shape:
        if size < -1:
            raise RuntimeError(f"invalid shape dimension {size}")
        known *= 1 if size == -1 else size
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if -1 in shape:
        if not known:
            raise (
                RuntimeError(
                    f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension "
                    "size -1 can be any value and is ambiguous"
                )
                if not numel
                else invalid_shape(shape, numel)
            )
        if numel % known:
            raise invalid_shape(shape, numel)
        shape = tuple(numel // known if size == -1 else size for size in shape)
    elif known != numel:
        raise invalid_shape(shape, numel)
    return shape


def invalid_shape(shape: tuple[int, ...], numel: int) -> RuntimeError:
    return RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")


def viewed(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """The array under another shape if strides can express it, else None."""
    try:
        return np.reshape(array, shape, copy=False)
    except ValueError:
        return None


def reshape(input: Tensor, *shape: Any) -> Tensor:
    """As `view` where that is possible; else of a copy."""
    sizes = infer_size(some_sizes_from("reshape", shape, "shape"), input.array.size)
    if input.array.flags.c_contiguous:
        return view(input, sizes)
    array = viewed(input.array, sizes)
    if array is not None:
        return record_view(ReshapeAliasBackward0, array, input, self_sym_sizes=input.array.shape)
    return unsafe_view(clone(input, contiguous=True), sizes)


def unsafe_view(input: Tensor, shape: tuple[int, ...]) -> Tensor:
    """A view of a tensor that nobody else holds, so that it need not be tracked as one."""
    return record(UnsafeViewBackward0, input.array.reshape(shape), input, self_sym_sizes=input.array.shape)


class ReshapeAliasBackward0(ViewBackward0):
    """∂ℒ/∂x = ∂ℒ/∂y in x's shape. (Torch's name for a view of memory that is not in reading order.)"""


class UnsafeViewBackward0(ViewBackward0):
    """∂ℒ/∂x = ∂ℒ/∂y in x's shape."""


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from start_dim to end_dim as one. Shape: (N, C, H, W) -> (N, C·H·W), with start_dim=1."""
    shape = input.array.shape
    start, end = wrap_dim(start_dim, len(shape)), wrap_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return reshape(input, 1)
    if start == end:
        return input
    merged = 1
    for size in shape[start : end + 1]:
        merged *= size
    return reshape(input, shape[:start] + (merged,) + shape[end + 1 :])


def unflatten(input: Tensor, dim: int, sizes: tuple[int, ...]) -> Tensor:
    """One dimension as several: the opposite of `flatten`."""
    shape = input.array.shape
    dim = wrap_dim(dim, len(shape))
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    if -1 not in sizes and math.prod(sizes) != shape[dim]:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({shape[dim]}) in the "
            "input tensor"
        )
    return view(input, shape[:dim] + infer_size(tuple(sizes), shape[dim]) + shape[dim + 1 :])


def view_as(input: Tensor, other: Tensor) -> Tensor:
    return view(input, other.shape)


def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a vector is its own. Shape: (N, M) -> (M, N)."""
    if input.array.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.array.ndim}D")
    return record_view(TBackward0, input.array.T, input)


class TBackward0(Node):
    """∂ℒ/∂x = (∂ℒ/∂y)ᵀ."""

    def backward(self, grad: Tensor) -> Tensor:
        return grad.t()


class TBackward1(TBackward0):
    """As TBackward0, of `t_()`."""


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged."""
    ndim = input.array.ndim
    dim0, dim1 = wrap_dim(dim0, ndim), wrap_dim(dim1, ndim)
    array = input.array.swapaxes(dim0, dim1) if ndim else input.array
    return record_view(TransposeBackward0, array, input, dim0=dim0, dim1=dim1)


class TransposeBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y with the same two dimensions exchanged: doing it twice is doing nothing."""

    saves = ("dim0", "dim1")

    def backward(self, grad: Tensor) -> Tensor:
        return grad.transpose(self._saved_dim0, self._saved_dim1)


class TransposeBackward1(TransposeBackward0):
    """As TransposeBackward0, of `transpose_()`."""


def permute(input: Tensor, *dims: Any) -> Tensor:
    """The dimensions in another order. Shape: (A, B, C) -> (C, A, B), with dims (2, 0, 1)."""
    sizes = some_sizes_from("permute", dims, "dims")
    if len(sizes) != input.array.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {input.array.ndim} is not equal to len(dims) = {len(sizes)}"
        )
    order = tuple(wrap_dim(dim, input.array.ndim) for dim in sizes)
    if len(set(order)) < len(order):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return record_view(PermuteBackward0, input.array.transpose(order), input, dims=order)


class PermuteBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y in the inverse order.

    Saved: dims, counted from the front.
    """

    saves = ("dims",)

    def backward(self, grad: Tensor) -> Tensor:
        order = self._saved_dims
        return grad.permute(sorted(range(len(order)), key=lambda i: order[i]))


def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Some dimensions moved to other places; the others keep their order."""
    ndim = input.array.ndim
    if not ndim:
        return alias(input)
    moved, places = (
        tuple(wrap_dim(dim, ndim) for dim in (dims if isinstance(dims, (tuple, list)) else (dims,)))
        for dims in (source, destination)
    )
    for name, dims, given in (("source", moved, source), ("destination", places, destination)):
        if len(set(dims)) < len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({list(given)})")
    if len(moved) != len(places):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list(moved)} dims) should contain the same number "
            f"of dims as destination ({list(places)} dims)"
        )
    order = [dim for dim in range(ndim) if dim not in moved]
    for place, dim in sorted(zip(places, moved, strict=True)):
        order.insert(place, dim)
    return permute(input, order)


def reversed_dims(input: Tensor) -> Tensor:
    """`.T`: the dimensions in reverse order."""
    return permute(input, tuple(reversed(range(input.array.ndim))))


def matrices_transposed(input: Tensor) -> Tensor:
    """`.mT`: the last two dimensions exchanged."""
    if not input.array.ndim:
        return input
    if input.array.ndim < 2:
        raise RuntimeError(
            f"tensor.mT is only supported on matrices or batches of matrices. Got {input.array.ndim}-D tensor."
        )
    return transpose(input, -2, -1)


def squeeze(input: Tensor, dim: int | tuple[int, ...] | None = None) -> Tensor:
    """Without its dimensions of size 1: all of them, or those named."""
    shape = input.array.shape
    dims = wrap_dims(dim, len(shape))
    kept = tuple(size for i, size in enumerate(shape) if size != 1 or i not in dims)
    array = input.array.reshape(kept)
    if dim is None:
        return record_view(SqueezeBackward0, array, input, self_sym_sizes=shape)
    node = SqueezeBackward1 if isinstance(dim, int) else SqueezeBackward2
    return record_view(node, array, input, self_sym_sizes=shape, dim=dims[0] if isinstance(dim, int) else dims)


class SqueezeBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y with the dimensions of size 1 put back."""

    saves: ClassVar[tuple[str, ...]] = ("self_sym_sizes",)

    def backward(self, grad: Tensor) -> Tensor:
        for dim, size in enumerate(self._saved_self_sym_sizes):
            grad = grad.unsqueeze(dim) if size == 1 else grad
        return grad


class SqueezeBackward1(SqueezeBackward0):
    """The same, when one dimension was named."""

    saves = ("self_sym_sizes", "dim")

    def backward(self, grad: Tensor) -> Tensor:
        dim, shape = self._saved_dim, self._saved_self_sym_sizes
        for d in (dim,) if isinstance(dim, int) else sorted(dim):
            grad = grad.unsqueeze(d) if shape and shape[d] == 1 else grad
        return grad


class SqueezeBackward2(SqueezeBackward1):
    """The same, when several were."""


class SqueezeBackward3(SqueezeBackward0):
    """As SqueezeBackward0, of `squeeze_()`: torch numbers the in-place forms apart."""


class SqueezeBackward4(SqueezeBackward1):
    """As SqueezeBackward1, of `squeeze_(dim)`; a product of vector and matrix ends in one, too."""


class SqueezeBackward5(SqueezeBackward2):
    """As SqueezeBackward2, of `squeeze_(dims)`."""


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a new dimension of size 1 at this place."""
    dim = wrap_dim(dim, input.array.ndim + 1)
    return record_view(UnsqueezeBackward0, np.expand_dims(input.array, dim), input, dim=dim)


class UnsqueezeBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y without the new dimension."""

    saves = ("dim",)

    def backward(self, grad: Tensor) -> Tensor:
        return grad.squeeze(self._saved_dim)


class UnsqueezeBackward1(UnsqueezeBackward0):
    """As UnsqueezeBackward0, of `unsqueeze_()`."""


def clone(input: Tensor, *, contiguous: bool = False) -> Tensor:
    """A copy that the graph knows of: gradients go through it. In the input's own layout, or in reading order."""
    return record(CloneBackward0, input.array.copy() if contiguous else copy_like(input.array), input)


class CloneBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y."""

    def backward(self, grad: Tensor) -> Tensor:
        return grad


def contiguous(input: Tensor) -> Tensor:
    """The input itself if its elements lie in memory in reading order; else a copy for which that is so."""
    return input if input.array.flags.c_contiguous else clone(input, contiguous=True)


def to(
    input: Tensor, *args: Any, dtype: Any = None, device: Any = None, copy: bool = False, non_blocking: bool = False
) -> Tensor:
    """The input in another dtype or on another device: itself where nothing changes.

    Takes torch's forms: `to(dtype)`, `to(device)`, `to(device, dtype)`, `to(other_tensor)`; and after them, in this
    order, non_blocking, which changes nothing, and copy.
    Raises: RuntimeError for a device other than the CPU, TypeError for an argument that is none of these.
    """
    for arg in args:
        if isinstance(arg, Tensor):
            dtype = arg.dtype
        elif isinstance(arg, np.dtype):
            dtype = dtypes.FROM_NUMPY[arg]
        elif isinstance(arg, dtypes.dtype) or arg in dtypes.PYTHON_TYPES:
            dtype = arg
        elif isinstance(arg, (str, Device)) or type(arg) is int:
            device = arg
        elif arg is not None and type(arg) is not bool:
            raise TypeError(f"to() received an invalid combination of arguments - got ({type(arg).__name__})")
    flags = [arg for arg in args if type(arg) is bool]
    copy = flags[1] if len(flags) > 1 else copy
    on_cpu(device)
    wanted = dtypes.as_dtype(dtype) or input.dtype
    if wanted.numpy == input.array.dtype and not copy:
        return input
    return record(ToCopyBackward0, copy_like(input.array, wanted.numpy), input)


class ToCopyBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y in x's dtype, which the engine sees to."""

    def backward(self, grad: Tensor) -> Tensor:
        return grad
