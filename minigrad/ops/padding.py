"""Padding: a border around the data; and its opposite number, cutting one off.

The border is one value, a mirror image, the edge repeated, or the far side (as on a torus). A border that shows other
elements of the input is reading by an index, so its derivative is adding by that index: an element that is seen several
times gets all their gradients.

Widths are (left, right, top, bottom, …), the last dimension first.

Read next: `linalg.py`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import Node
from ..recording import record
from ..tensor import Tensor, wrap
from .broadcasting import number_in
from .inplace import copy_
from .slicing import slice_along


def constant_pad_nd(input: Tensor, pad: Sequence[int], value: float = 0) -> Tensor:
    """A border of one value; a negative width cuts off."""
    shape = input.array.shape
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) // 2 > len(shape):
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pad)} and input of dimension {len(shape)}"
        )
    before = (0,) * (len(shape) - len(pad) // 2) + tuple(reversed(pad[::2]))
    after = (0,) * (len(shape) - len(pad) // 2) + tuple(reversed(pad[1::2]))
    size = tuple(b + n + a for b, n, a in zip(before, shape, after, strict=True))
    for n, b, a in zip(shape, before, after, strict=True):
        if n + b + a < 0:
            raise RuntimeError("narrow(): length must be non-negative.")
    padded = np.full(size, number_in(value, input.array.dtype))
    target = tuple(slice(max(b, 0), b + n + min(a, 0)) for b, n, a in zip(before, shape, after, strict=True))
    source = tuple(slice(max(-b, 0), n + min(a, 0)) for b, n, a in zip(before, shape, after, strict=True))
    padded[target] = input.array[source]
    return record(ConstantPadNdBackward0, padded, input, pad=tuple(pad))


class ConstantPadNdBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y without the border: padding by the negative of the same widths."""

    saves = ("pad",)

    def backward(self, grad: Tensor) -> Tensor:
        return constant_pad_nd(grad, tuple(-width for width in self._saved_pad))


def reflection_pad(input: Tensor, padding: Sequence[int]) -> Tensor:
    """The border is the mirror image, the edge itself not repeated: c b | a b c | b a. For 1, 2 or 3 dimensions.

    Raises: RuntimeError for a border as wide as the input or wider.

    >>> import minigrad as torch, minigrad.nn.functional as F
    >>> F.pad(torch.tensor([[1, 2, 3]]), (2, 1), mode="reflect")
    tensor([[3, 2, 1, 2, 3, 2]])
    """
    for index, (before, after, size) in enumerate(widths(input, padding)):
        if before >= size or after >= size:
            dim = input.array.ndim - 1 - index
            raise RuntimeError(
                f"Argument #{4 + 2 * index}: Padding size should be less than the corresponding input dimension, but "
                f"got: padding ({before}, {after}) at dimension {dim} of input {list(input.array.shape)}"
            )
    return pad_by_index(input, padding, ReflectionPad1DBackward0.kinds[len(padding) // 2], mirrored)


def replication_pad(input: Tensor, padding: Sequence[int]) -> Tensor:
    """The border repeats the edge: a a | a b c | c c. For 1, 2 or 3 dimensions."""
    return pad_by_index(input, padding, ReplicationPad1DBackward0.kinds[len(padding) // 2], repeated)


def widths(input: Tensor, padding: Sequence[int]) -> list[tuple[int, int, int]]:
    """(before, after, size) for each padded dimension, the last first."""
    return list(zip(padding[::2], padding[1::2], reversed(input.array.shape), strict=False))


def mirrored(positions: np.ndarray, size: int) -> np.ndarray:
    """Positions outside 0 … size − 1 mirrored at the first and the last."""
    return size - 1 - np.abs(size - 1 - np.abs(positions))


def repeated(positions: np.ndarray, size: int) -> np.ndarray:
    """Positions outside 0 … size − 1 moved to the nearest inside."""
    return np.clip(positions, 0, size - 1)


def pad_by_index(input: Tensor, padding: Sequence[int], node: "type[PadByIndex]", inside: Any) -> Tensor:
    """The input with a border that shows other elements of it: which, `inside` says."""
    padded = np.ascontiguousarray(input.array[border_index(input.array.shape, padding, inside)])
    return record(node, padded, input, self=input, padding=tuple(padding), inside=inside)


def border_index(shape: tuple[int, ...], padding: Sequence[int], inside: Any) -> tuple[Any, ...]:
    """Which element of the input each element of the padded one shows, in NumPy's notation."""
    along = [
        inside(np.arange(-before, size + after), size)
        for before, after, size in zip(padding[::2], padding[1::2], reversed(shape), strict=False)
    ]
    return (..., *np.ix_(*reversed(along)))


class PadByIndex(Node):
    """∂ℒ/∂x = Σ ∂ℒ/∂y over the places that show x."""

    saves = ("self", "padding")
    kinds: dict[int, "type[PadByIndex]"]  # by the number of padded dimensions
    second: type[Node]

    def backward(self, grad: Tensor) -> Tensor:
        x, padding, inside = self._saved_self, self._saved_padding, self.saved["inside"]
        total = np.zeros_like(x.array, dtype=grad.array.dtype, order="C")
        np.add.at(total, border_index(total.shape, padding, inside), grad.array)
        return record(self.second, total, grad, x, padding=padding, inside=inside)


class PadByIndexBackward(Node):
    """∂ℒ/∂g is ∂ℒ/∂z with the same border: the adjoint of adding by an index is reading by it. ∂ℒ/∂x = 0."""

    saves = ("padding",)
    first: type[PadByIndex]

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_grad, needs_input = self.needs_input_grad
        return (
            pad_by_index(grad, self._saved_padding, self.first, self.saved["inside"]) if needs_grad else None,
            grad.new_zeros(grad.shape) if needs_input else None,
        )


def family(name: str) -> dict[int, type[PadByIndex]]:
    """Torch's node classes for padding one, two and three dimensions, and for the derivative of their derivative."""
    kinds: dict[int, type[PadByIndex]] = {}
    for dims in (1, 2, 3):
        first = type(f"{name}{dims}DBackward0", (PadByIndex,), {"__doc__": PadByIndex.__doc__, "kinds": kinds})
        second = type(f"{name}{dims}DBackwardBackward0", (PadByIndexBackward,), {"__doc__": PadByIndexBackward.__doc__})
        first.second, second.first = second, first  # type: ignore[attr-defined]
        kinds[dims] = first
    return kinds


ReflectionPad1DBackward0 = family("ReflectionPad")[1]
ReplicationPad1DBackward0 = family("ReplicationPad")[1]


def circular_pad(input: Tensor, padding: Sequence[int]) -> Tensor:
    """The border shows the far side, as on a torus: b c | a b c | a b. The last dimension first; negative cuts off.

    As in torch the border is copied inside the padded tensor, slice by slice: each copy is a write through a view.
    Raises: RuntimeError for a border wider than the input.
    """
    first = input.array.ndim - len(padding) // 2
    around = [(before, after) for before, after in zip(padding[-2::-2], padding[::-2], strict=True)]
    shape = list(input.array.shape)
    for dim, (before, after) in enumerate(around, start=first):
        if before > shape[dim] or after > shape[dim]:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        shape[dim] += before + after
        if shape[dim] < 0:
            raise RuntimeError("Negative padding value is resulting in an empty dimension")
    output = wrap(np.empty(shape, input.array.dtype))
    inside, source = output, input
    for dim, (before, after) in enumerate(around, start=first):
        inside = slice_along(inside, dim, slice(max(before, 0), shape[dim] - max(after, 0)))
        source = slice_along(source, dim, slice(max(-before, 0), input.array.shape[dim] + min(after, 0)))
    copy_(inside, source)
    for dim, (before, after) in reversed(list(enumerate(around, start=first))):
        size = shape[dim]
        if before > 0:
            far = slice(size - before - max(after, 0), size - max(after, 0))
            copy_(slice_along(output, dim, slice(0, before)), slice_along(output, dim, far))
        if after > 0:
            far = slice(max(before, 0), max(before, 0) + after)
            copy_(slice_along(output, dim, slice(size - after, size)), slice_along(output, dim, far))
    return output
