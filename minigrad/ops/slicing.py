"""Parts: one slice across a dimension, or some of them. Views; the derivative puts the part back into zeros.

Read next: `joining.py`.
"""

from typing import Any

import numpy as np

from ..autograd import Node
from ..dims import integer, wrap_dim
from ..recording import record, record_view
from ..tensor import Tensor


def alias(input: Tensor) -> Tensor:
    """The same elements, as a view: what `x[...]` is."""
    return record_view(AliasBackward0, input.array[...], input)


class AliasBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y."""

    def backward(self, grad: Tensor) -> Tensor:
        return grad


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """One slice across a dimension, which disappears. Shape: (N, *) -> (*).

    >>> import minigrad as torch
    >>> torch.tensor([[1, 2], [3, 4]]).select(1, 0)
    tensor([1, 3])
    """
    if not input.array.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, input.array.ndim)
    size = input.array.shape[dim]
    index = integer(index, "index")
    if not -size <= index < size:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input.array.shape)} at dimension {dim}"
        )
    index %= size
    view = input.array[(slice(None),) * dim + (index, ...)]
    return record_view(SelectBackward0, view, input, self_sym_sizes=input.array.shape, dim=dim, index=index)


class SelectBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y at the index, 0 elsewhere."""

    saves = ("self_sym_sizes", "dim", "index")

    def backward(self, grad: Tensor) -> Tensor:
        return select_backward(grad, self._saved_self_sym_sizes, self._saved_dim, self._saved_index)


def select_backward(grad_output: Tensor, shape: tuple[int, ...], dim: int, index: int) -> Tensor:
    """Zeros of this shape, with one slice put in."""
    placed = np.zeros(shape, grad_output.array.dtype)
    placed[(slice(None),) * dim + (index, ...)] = grad_output.array
    return record(SelectBackwardBackward0, placed, grad_output, dim=dim, index=index)


class SelectBackwardBackward0(Node):
    """∂ℒ/∂g is the slice of ∂ℒ/∂z: the adjoint of putting in is taking out."""

    saves = ("dim", "index")

    def backward(self, grad: Tensor) -> Tensor:
        return select(grad, self._saved_dim, self._saved_index)


TO_THE_END = 2**63 - 1  # what torch writes for the end of `x[1:]`


def slice_along(input: Tensor, dim: int, step: slice) -> Tensor:
    """Some of the slices across a dimension. Shape: (N, *) -> (n, *)."""
    if step.step is not None and step.step <= 0:
        raise ValueError("step must be greater than zero")
    view = input.array[(slice(None),) * dim + (step,)]
    start, end = step.start or 0, TO_THE_END if step.stop is None else step.stop
    return record_view(
        SliceBackward0, view, input, self_sym_sizes=input.array.shape, dim=dim, start=start, end=end,
        step=step.step or 1,
    )  # fmt: skip


class SliceBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y in the slice, 0 elsewhere.

    Saved: start and end, counted from the front.
    """

    saves = ("self_sym_sizes", "dim", "start", "end", "step")

    def backward(self, grad: Tensor) -> Tensor:
        along = slice(self._saved_start, self._saved_end, self._saved_step)
        return slice_backward(grad, self._saved_self_sym_sizes, self._saved_dim, along)


def slice_backward(grad_output: Tensor, shape: tuple[int, ...], dim: int, along: slice) -> Tensor:
    """Zeros of this shape, with some slices put in."""
    placed = np.zeros(shape, grad_output.array.dtype)
    placed[(slice(None),) * dim + (along,)] = grad_output.array
    return record(
        SliceBackwardBackward0, placed, grad_output, dim=dim, start=along.start, end=along.stop, step=along.step
    )  # fmt: skip


class SliceBackwardBackward0(Node):
    """∂ℒ/∂g is those slices of ∂ℒ/∂z."""

    saves = ("dim", "start", "end", "step")

    def backward(self, grad: Tensor) -> Tensor:
        return slice_along(grad, self._saved_dim, slice(self._saved_start, self._saved_end, self._saved_step))


def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """`length` slices across a dimension, from `start` on.

    Raises: RuntimeError, IndexError when they are not all there.
    """
    if not input.array.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    dim, size = wrap_dim(dim, input.array.ndim), input.array.shape[wrap_dim(dim, input.array.ndim)]
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    start = start + size if start < 0 else start
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return slice_along(input, dim, slice(start, start + length))
