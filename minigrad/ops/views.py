"""Views by hand: any regular pattern of memory, as a tensor.

Every view is such a pattern: a size, a step per dimension, a first element. When a write to shared memory has changed a
view's history, `Tensor.grad_fn` describes the view anew in these terms.
"""

from typing import Any

import numpy as np

from ..autograd import Node
from ..tensor import Tensor, offset_in, record_view
from .indexing import place_in_zeros


def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """The elements at storage_offset + Σ iₖ·strideₖ, for 0 ≤ iₖ < sizeₖ, of the memory that the input looks at.

    Raises: RuntimeError when that leaves the memory.

    >>> import minigrad as torch
    >>> torch.as_strided(torch.arange(9), (2, 2), (1, 3))
    tensor([[0, 3],
            [1, 4]])
    """
    owner = input if input._base is None else input._base
    start = offset_in(owner, input) if storage_offset is None else storage_offset
    last = start + sum(step * (n - 1) for step, n in zip(stride, size, strict=True))
    if 0 not in size and last >= owner.numel():
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {start}, and itemsize "
            f"{owner.array.itemsize} requiring a storage size of {(last + 1) * owner.array.itemsize} are out of bounds "
            f"for storage of size {owner.array.nbytes}"
        )
    memory = in_memory(owner.array)
    array = np.lib.stride_tricks.as_strided(memory[start:], tuple(size), tuple(s * memory.itemsize for s in stride))
    node_fields = {"size": tuple(size), "stride": tuple(stride), "storage_offset": start}
    geometry = input.array.shape, input.stride(), offset_in(owner, input), owner.numel()
    return record_view(AsStridedBackward0, array, input, **node_fields, geometry=geometry)


def in_memory(array: np.ndarray) -> np.ndarray:
    """The elements of a dense array in the order in which they lie in memory, as a view."""
    order = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
    return array.transpose(order).reshape(-1)


class AsStridedBackward0(Node):
    """∂ℒ/∂x = Σ ∂ℒ/∂y over the places that show x: put back where it lies in memory, then looked at as x is."""

    saves = ("size", "stride", "storage_offset")

    def backward(self, grad: Tensor) -> Tensor:
        shape, stride, offset, numel = self.saved["geometry"]
        numbers = np.arange(numel)
        places = np.lib.stride_tricks.as_strided(
            numbers[self._saved_storage_offset :], self._saved_size, tuple(8 * step for step in self._saved_stride)
        )
        memory = place_in_zeros(grad, (numel,), (places,), repeated=True)
        return as_strided(memory, shape, stride, offset)
