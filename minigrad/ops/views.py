"""Views by hand: any regular pattern of memory, as a tensor.

Every view is such a pattern: a size, a step per dimension, a first element. When a write to shared memory has changed a
view's history, `Tensor.grad_fn` describes the view anew in these terms.

Read next: `CopySlices` in `inplace.py`, what becomes of the base.
"""

from typing import Any

import numpy as np

from ..autograd import Node
from ..memory import memory_of, offset_in, strided
from ..recording import record_view
from ..tensor import Tensor, wrap
from .indexing import index_put


def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """The elements at storage_offset + Σ iₖ·strideₖ, for 0 ≤ iₖ < sizeₖ, of the memory that the input looks at.

    Raises: RuntimeError when that leaves the memory.

    >>> import minigrad as torch
    >>> torch.as_strided(torch.arange(9), (2, 2), (1, 3))
    tensor([[0, 3],
            [1, 4]])
    """
    owner = input if input._base is None else input._base
    start = offset_in(owner.array, input.array) if storage_offset is None else storage_offset
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(step < 0 for step in stride):
        raise RuntimeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}"
        )  # fmt: skip
    if any(n < 0 for n in size):
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(size)} and strides={list(stride)}")
    memory = memory_of(owner.array)
    last = start + sum(step * (n - 1) for step, n in zip(stride, size, strict=True))
    if 0 not in size and last >= memory.size:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {start}, and itemsize "
            f"{memory.itemsize} requiring a storage size of {(last + 1) * memory.itemsize} are out of bounds for "
            f"storage of size {memory.nbytes}"
        )
    places = np.arange(memory.size)
    return record_view(
        AsStridedBackward0, strided(memory, size, stride, start), input, size=tuple(size), stride=tuple(stride),
        storage_offset=storage_offset, places=strided(places, size, stride, start),
        seen=strided(places, input.array.shape, input.stride(), offset_in(owner.array, input.array)),
    )  # fmt: skip


class AsStridedBackward0(Node):
    """∂ℒ/∂x = Σ ∂ℒ/∂y over the places in memory that show x: gradients go back to where y was read, and x looks there.

    Where several elements of x show one place, they share what arrives there.

    Saved: size and stride and storage_offset, from which the places were worked out.
    """

    saves = ("size", "stride", "storage_offset")

    def backward(self, grad: Tensor) -> Tensor:
        places, seen = self.saved["places"], self.saved["seen"]
        length = 1 + int(max(places.max(initial=0), seen.max(initial=0)))
        memory = index_put(grad.new_zeros(length), (wrap(places),), grad, accumulate=True)
        sharing = np.bincount(seen.reshape(-1), minlength=length)  # how many elements of x show each place
        if sharing.max() > 1:
            memory = memory / wrap(sharing)
        return memory[wrap(seen)]
