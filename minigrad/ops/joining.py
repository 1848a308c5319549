"""Joining and splitting: several tensors become one, or one becomes several. Each is the other's derivative.

`split`, `chunk` and `unbind` make several views with *one* node, of which they are the outputs 0, 1, …: the `number` in
an edge `(node, number)` says which of them a gradient belongs to.

Read next: `indexing.py`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import Node
from ..dims import wrap_dim
from ..foreign import name_of_type, way_out
from ..memory import row_by_row
from ..recording import record, record_views
from ..tensor import Tensor, wrap
from .broadcasting import result_dtype
from .slicing import select, slice_along


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one behind the other along a dimension; their other sizes must be equal.

    Shape: (A, *), (B, *) -> (A + B, *).

    >>> import minigrad as torch
    >>> torch.cat([torch.tensor([1, 2]), torch.tensor([3])])
    tensor([1, 2, 3])
    """
    tensors = list_of_tensors("cat", tensors)
    kept = [t for t in tensors if t.array.shape != (0,)]  # an empty vector fits everywhere, torch's rule of old
    first = kept[0] if kept else tensors[0]
    for index, tensor in enumerate(tensors):
        if not tensor.array.ndim:
            raise RuntimeError(f"zero-dimensional tensor (at position {index}) cannot be concatenated")
    dim = wrap_dim(dim, first.array.ndim) if kept else 0
    for index, tensor in enumerate(tensors):
        if tensor.array.shape != (0,):
            check_cat(first.array.shape, tensor.array.shape, dim, index)
    arrays = [t.array for t in kept or tensors]
    joined = np.concatenate(arrays, axis=dim, dtype=result_dtype(*tensors), casting="unsafe")
    if first.array.ndim != 4:  # batches of images torch may keep with the channels last
        joined = row_by_row(joined)
    return record(CatBackward0, joined, *tensors, dim=dim, shapes=[t.array.shape for t in tensors])


def list_of_tensors(op: str, tensors: Any) -> list[Tensor]:
    """Raises: TypeError or RuntimeError, in torch's words, for what is no list of tensors."""
    if isinstance(tensors, Tensor) or not isinstance(tensors, (list, tuple)):
        raise TypeError(
            f"{op}(): argument 'tensors' (position 1) must be tuple of Tensors, not {type(tensors).__name__}"
        )  # fmt: skip
    for index, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"expected Tensor as element {index} in argument 0, but got {name_of_type(tensor)}{way_out(tensor)}"
            )  # fmt: skip
    if not tensors:
        if op == "cat":
            raise ValueError("torch.cat(): expected a non-empty list of Tensors")
        raise RuntimeError("stack expects a non-empty TensorList")
    return list(tensors)


def check_cat(first: tuple[int, ...], shape: tuple[int, ...], dim: int, index: int) -> None:
    """Raises: RuntimeError when a tensor cannot stand behind the first."""
    if len(first) != len(shape):
        raise RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}")
    for i, (expected, size) in enumerate(zip(first, shape, strict=True)):
        if i != dim and expected != size:
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {dim}. Expected size {expected} but got size {size} "
                f"for tensor number {index} in the list."
            )


class CatBackward0(Node):
    """Each input's gradient is the part of ∂ℒ/∂y that it became."""

    saves = ("dim",)

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        dim, start, grads = self._saved_dim, 0, []
        for index, needed in enumerate(self.needs_input_grad):
            shape = self.saved["shapes"][index]
            if shape == (0,):
                grads.append(grad.new_zeros(0) if needed else None)
                continue
            end = start + shape[dim]
            grads.append(slice_along(grad, dim, slice(start, end)) if needed else None)
            start = end
        return tuple(grads)


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors, all of one shape, side by side along a new dimension. Shape: k times (*) -> (k, *).

    >>> import minigrad as torch
    >>> torch.stack([torch.tensor([1, 2]), torch.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    tensors = list_of_tensors("stack", tensors)
    shape = tensors[0].array.shape
    for index, tensor in enumerate(tensors):
        if tensor.array.shape != shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 and "
                f"{list(tensor.array.shape)} at entry {index}"
            )
    dim = wrap_dim(dim, len(shape) + 1)
    dtype = result_dtype(*tensors)
    stacked = np.stack([t.array.astype(dtype, copy=False) for t in tensors], dim)
    return record(StackBackward0, row_by_row(stacked), *tensors, dim=dim)


class StackBackward0(Node):
    """Each input's gradient is its slice of ∂ℒ/∂y."""

    saves = ("dim",)

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        return tuple(
            select(grad, self._saved_dim, index) if needed else None
            for index, needed in enumerate(self.needs_input_grad)
        )


def split(input: Tensor, split_size: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of this size along a dimension, the last as long as what is left; or of the sizes in a list. Views.

    Raises: RuntimeError when the sizes in the list do not sum to the dimension's.

    >>> import minigrad as torch
    >>> torch.arange(5).split(2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if not input.array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = wrap_dim(dim, input.array.ndim)
    total = input.array.shape[dim]
    sizes = input.array.shape
    if isinstance(split_size, (list, tuple)):
        if min(split_size, default=0) < 0:
            raise RuntimeError(
                "split_with_sizes expects split_sizes have only non-negative entries, but got "
                f"split_sizes={list(split_size)}"
            )
        if sum(split_size) != total:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {total} (input tensor's size at dimension "
                f"{dim}), but got split_sizes={list(split_size)}"
            )
        parts = parts_along(input.array, split_size, dim)
        return record_views(
            SplitWithSizesBackward0, parts, input, dim=dim, split_sizes=tuple(split_size), self_sym_sizes=sizes
        )
    if split_size < 0 or (split_size == 0 and total):
        raise RuntimeError(
            f"split expects split_size be non-negative, but got split_size={split_size}"
            if split_size < 0
            else f"split_size can only be 0 if dimension size is 0, but got dimension size of {total}"
        )
    count = max(-(-total // split_size), 1) if split_size else 1
    lengths = [split_size] * (count - 1) + [total - split_size * (count - 1)]
    parts = parts_along(input.array, lengths, dim)
    return record_views(SplitBackward0, parts, input, dim=dim, split_size=split_size, self_sym_sizes=sizes)


def parts_along(x: np.ndarray, lengths: Sequence[int], dim: int) -> list[np.ndarray]:
    """Consecutive parts of these lengths, as views."""
    parts, start = [], 0
    for length in lengths:
        parts.append(x[(slice(None),) * dim + (slice(start, start + length),)])
        start += length
    return parts


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most so many parts of equal size along a dimension, the last perhaps smaller: `split` by that size."""
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    if not input.array.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    dim = wrap_dim(dim, input.array.ndim)
    total = input.array.shape[dim]
    if not total:
        return split(input, [0] * chunks, dim)
    return split(input, -(-total // chunks), dim)


class SplitBackward0(Node):
    """∂ℒ/∂x is the parts' gradients, one behind the other; a part that nobody used has 0."""

    saves = ("self_sym_sizes", "split_size", "dim")

    def backward(self, *grads: Tensor | None) -> Tensor:
        return cat(whole(self, grads), self._saved_dim)


class SplitWithSizesBackward0(Node):
    """∂ℒ/∂x is the parts' gradients, one behind the other, when the sizes were listed.

    Saved: split_sizes, the lengths of the pieces.
    """

    saves = ("self_sym_sizes", "split_sizes", "dim")

    def backward(self, *grads: Tensor | None) -> Tensor:
        return cat(whole(self, grads), self._saved_dim)


def whole(node: Node, grads: Sequence[Tensor | None]) -> list[Tensor]:
    """The gradients of all outputs, zeros for those that nobody used."""
    return [
        wrap(np.zeros(*metadata)) if grad is None else grad
        for grad, metadata in zip(grads, node.output_metadata, strict=True)
    ]


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, which disappears: what `for row in x` goes through. Views.

    Shape: (k, *) -> k times (*).

    >>> import minigrad as torch
    >>> torch.tensor([[1, 2], [3, 4]]).unbind()
    (tensor([1, 2]), tensor([3, 4]))
    """
    dim = wrap_dim(dim, input.array.ndim)
    if not input.array.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    slices = [input.array[(slice(None),) * dim + (index, ...)] for index in range(input.array.shape[dim])]
    return record_views(UnbindBackward0, slices, input, dim=dim)


class UnbindBackward0(Node):
    """∂ℒ/∂x is the slices' gradients, stacked; a slice that nobody used has 0."""

    saves = ("dim",)

    def backward(self, *grads: Tensor | None) -> Tensor:
        return stack(whole(self, grads), self._saved_dim)
