"""Indexing: `x[...]` in all its forms.

A number, a slice, None or `...` shows a part of the memory: a view, and torch records one node for each such step
(`x[0, 1]` is two `select`s). A list, a mask or an index tensor picks elements one by one: a copy, one node. Either way
the gradient goes back to the places that were read, and every other place gets 0.

Read next: `linalg.py`.
"""

import warnings
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..memory import copy_like, row_by_row
from ..recording import record
from ..tensor import Tensor, to_array, wrap
from .broadcasting import number_in, sum_to_size
from .inplace import assign_, check_apart, check_no_overlap, in_place, without_leading_ones
from .shapes import unsqueeze
from .slicing import alias, select, slice_along

MASKS = (np.dtype(np.bool_), np.dtype(np.uint8))
BYTE_MASK = "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead."
NOT_A_TUPLE = (
    "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; use "
    "x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, x[torch.tensor(seq)], "
    "which will result either in an error or a different result"
)


def getitem(input: Tensor, index: Any) -> Tensor:
    """The elements that the index names; views for numbers, slices, None and `...`, a copy for lists and tensors.

    >>> import minigrad as torch
    >>> x = torch.arange(6).view(2, 3)
    >>> x[1, ::2], x[x > 3]
    (tensor([3, 5]), tensor([4, 5]))
    """
    part, place = resolve(input, index)
    if place:
        return pick(part, place)
    return alias(part) if part is input else part


def setitem(input: Tensor, index: Any, value: Any) -> None:
    """Writes the value to the places that the index names, in the input's own memory."""
    if not isinstance(value, (Tensor, bool, int, float, np.generic)):
        kind = "numpy.ndarray" if isinstance(value, np.ndarray) else type(value).__name__
        raise TypeError(f"can't assign a {kind} to a {input.type()}")
    if isinstance(index, (bool, np.bool_)):  # all of it, or nothing at all
        if index:
            assign_(unsqueeze(input, 0), value)
        return
    part, place = resolve(input, index, writing=True)
    if place:
        sizes = without_leading_ones(value.array.shape) if isinstance(value, Tensor) else ()
        put_(part, place, value.view(sizes) if isinstance(value, Tensor) and sizes != value.array.shape else value)
    else:
        assign_(part, value)


def resolve(input: Tensor, index: Any, writing: bool = False) -> tuple[Tensor, tuple[Any, ...]]:
    """The view that the index shows, and which of its elements are picked one by one (NumPy's notation; () for all).

    An index that shows all of the input, to write to it, is the input itself.
    """
    steps = steps_of(index)
    place: list[Any] = []  # the picks of lists, masks and tensors, in NumPy's notation
    covered = 0  # how many dimensions of the output the place speaks of
    consumed = sum(dims_consumed(step) for step in steps)
    if not input.array.ndim and isinstance(index, slice):
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    if not input.array.ndim and isinstance(index, (int, np.integer)) and consumed:
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a "
            "0-dim tensor to a number"
        )
    if consumed > input.array.ndim:
        raise IndexError(f"too many indices for tensor of dimension {input.array.ndim}")
    output, dim = input, 0
    for position, step in enumerate(steps):
        if step is None:
            output = unsqueeze(output, dim)
        elif step is Ellipsis:
            dim += input.array.ndim - consumed
            continue
        elif is_number(step):
            size = output.array.shape[dim] if dim < output.array.ndim else 0  # after two `...` there may be none left
            if not -size <= int(step) < size:
                # (By dimension torch means the place in the index, whatever stands before it there.)
                raise IndexError(f"index {int(step)} is out of bounds for dimension {position} with size {size}")
            output = select(output, dim, int(step))
            continue
        elif isinstance(step, slice):
            # Inside a longer index a full slice says nothing, and torch leaves it out.
            if (isinstance(index, slice) and not writing) or not is_full(step, output.array.shape[dim]):
                output = slice_along(output, dim, step)
        else:
            picked = picks_of(step)
            if is_mask(picked) and not picked.ndim:
                output = unsqueeze(output, dim)
                picked = np.zeros(int(picked), np.int64)  # True picks the one element of the new dimension, False none
            place += [slice(None)] * (dim - covered) + [as_pick(picked)]
            dim = covered = dim + (picked.ndim if is_mask(picked) else 1)
            continue
        dim += 1
    return output, tuple(place)


def steps_of(index: Any) -> tuple[Any, ...]:
    """The steps of an index. A list with more than numbers in it counts as a tuple: so torch does, and warns."""
    if isinstance(index, tuple):
        return index
    if isinstance(index, list) and len(index) < 32 and any(not is_scalar(item) for item in index):
        warnings.warn(NOT_A_TUPLE, stacklevel=5)
        return tuple(index)
    return (index,)


def is_scalar(item: Any) -> bool:
    """Whether a list with it in it is still a list of numbers, or of what no index can hold."""
    return item is not Ellipsis and item is not None and not isinstance(item, (list, tuple, range, slice, Tensor))


def picks_of(step: Any) -> np.ndarray:
    """A list, a mask or an index tensor as an array. Bytes are a mask as bools are, which torch warns of."""
    array = to_array(step)
    if array.dtype == np.uint8:
        warnings.warn(BYTE_MASK, stacklevel=5)
        return array.astype(np.bool_)
    return array


def is_full(step: slice, size: int) -> bool:
    """Whether a slice, as it is written, shows a whole dimension."""
    return step.start in (None, 0) and step.step in (None, 1) and (step.stop is None or step.stop >= size)


def dims_consumed(step: Any) -> int:
    """How many dimensions of the input a step of an index is about."""
    check_step(step)
    if step is None or step is Ellipsis or isinstance(step, (bool, np.bool_)):
        return 0
    if is_number(step) or isinstance(step, slice):
        return 1
    array = to_array(step)
    return array.ndim if array.dtype in MASKS else 1


def check_step(step: Any) -> None:
    """Raises: IndexError for what cannot be part of an index."""
    known = (
        step is None
        or step is Ellipsis
        or isinstance(step, (slice, int, np.integer, np.bool_, np.ndarray, list, tuple, range, Tensor))
    )
    if not known:
        if isinstance(step, str):
            raise TypeError("new(): invalid data type 'str'")
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got "
            f"{type(step).__name__})"
        )


def is_number(step: Any) -> bool:
    if isinstance(step, Tensor):
        return step.array.ndim == 0 and step.array.dtype.kind == "i"
    if isinstance(step, np.ndarray):
        return step.ndim == 0 and step.dtype.kind == "i"
    return isinstance(step, (int, np.integer)) and not isinstance(step, bool)


def is_mask(array: np.ndarray) -> bool:
    return array.dtype == np.bool_


def pick(input: Tensor, place: tuple[Any, ...]) -> Tensor:
    """The elements at a place, given in NumPy's notation for picking one by one."""
    check_place(input, place)
    indices, picked = indices_of(place), row_by_row(input.array[place])
    return record(IndexBackward0, picked, input, self_sym_sizes=input.array.shape, indices=indices)


class IndexBackward0(Node):
    """∂ℒ/∂x = Σ ∂ℒ/∂y over the places that read x: an element picked twice gets both gradients."""

    saves = ("self_sym_sizes", "indices")

    def backward(self, grad: Tensor) -> Tensor:
        zeros = grad.new_zeros(self._saved_self_sym_sizes)
        return put(zeros, place_of(self._saved_indices), grad, accumulate=True, node=IndexPutImplBackward0)


def index_put(input: Tensor, indices: tuple[Tensor | None, ...], values: Tensor, accumulate: bool = False) -> Tensor:
    """The input with the values at the indexed places, or with them added there: `x[indices] = values`, not in place.

    >>> import minigrad as torch
    >>> torch.zeros(3).index_put((torch.tensor([0, 2]),), torch.tensor([5., 7.]))
    tensor([5., 0., 7.])
    """
    return put(input, place_in(input, indices), values, accumulate)


def place_in(input: Tensor, indices: tuple[Tensor | None, ...]) -> tuple[Any, ...]:
    """Indices in NumPy's notation. Raises: IndexError for more of them than dimensions."""
    place = tuple(slice(None) if index is None else as_pick(index.array) for index in indices)
    consumed = sum(along.ndim if not isinstance(along, slice) and is_mask(along) else 1 for along in place)
    if consumed > input.array.ndim:
        raise IndexError(f"too many indices for tensor of dimension {input.array.ndim} (got {consumed})")
    return place


def put(
    input: Tensor, place: tuple[Any, ...], value: Any, accumulate: bool = False, node: type[Node] | None = None
) -> Tensor:
    """The input with the value, which broadcasts, at a place, or added there. What meets at one place is summed."""
    is_number = not isinstance(value, Tensor)
    value = wrap(number_in(value, input.array.dtype)) if is_number else value
    check_place(input, place)
    array = copy_like(input.array)
    shape = array[place].shape
    written = value.array
    if fills_mask(place, written) and not accumulate:  # as `masked_fill` does, whatever the dtype
        written = number_in(written.item(), array.dtype) if written.dtype != array.dtype else written
    elif written.dtype != array.dtype:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{dtypes.CPP_NAMES[input.dtype]} for the destination and {dtypes.CPP_NAMES[value.dtype]} for the source."
        )
    try:
        if accumulate:
            np.add.at(array, place, written)
        else:
            array[place] = written
    except ValueError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(value.array.shape)} cannot be broadcast to indexing result "
            f"of shape {list(shape)}"
        ) from None
    node = node or IndexPutBackward0
    return record(node, array, input, value, indices=indices_of(place), accumulate=accumulate)


def check_value_apart(input: Tensor, place: tuple[Any, ...], value: Any) -> None:
    """Raises: RuntimeError for a value that shares memory with the input. (One number may, where a mask picks.)"""
    check_no_overlap(input)
    if isinstance(value, Tensor) and not fills_mask(place, value.array):
        check_apart(input, value)


def fills_mask(place: tuple[Any, ...], value: np.ndarray) -> bool:
    """Whether one number goes wherever a mask holds."""
    picks = [along for along in place if not isinstance(along, slice)]
    return len(picks) == 1 and is_mask(picks[0]) and value.size == 1


def check_values_apart(input: Tensor, indices: tuple[Tensor | None, ...], values: Tensor, *_: Any, **__: Any) -> None:
    """The same, for `index_put_`."""
    check_value_apart(input, place_in(input, indices), values)


put_, index_put_ = in_place(put, check_value_apart), in_place(index_put, check_values_apart)


class IndexPutBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂y, but 0 at the place if it was overwritten. ∂ℒ/∂value = ∂ℒ/∂y, read at the place."""

    saves = ("indices", "accumulate")

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_value = self.needs_input_grad
        place = place_of(self._saved_indices)
        return (
            (grad if self._saved_accumulate else put(grad, place, 0)) if needs_input else None,
            sum_to_size(pick(grad, place), self.input_shape(1)) if needs_value else None,
        )


class IndexPutImplBackward0(IndexPutBackward0):
    """The same, for torch's name of the one inside `IndexBackward0`."""


def indices_of(place: tuple[Any, ...]) -> tuple[Tensor | None, ...]:
    """A place as torch saves it: a tensor per dimension, None where nothing is picked."""
    return tuple(None if isinstance(along, slice) else wrap(along) for along in place)


def place_of(indices: tuple[Tensor | None, ...]) -> tuple[Any, ...]:
    """The same as NumPy takes it."""
    return tuple(slice(None) if index is None else index.array for index in indices)


def as_pick(picked: np.ndarray) -> np.ndarray:
    """A mask or an array of indices; an empty list, which has no dtype of its own, picks nothing by integers."""
    return picked if picked.size or is_mask(picked) else picked.astype(np.int64)


def check_place(input: Tensor, place: tuple[Any, ...]) -> None:
    """Raises: IndexError for masks and indices that do not fit the input, or each other."""
    shape, dim = input.array.shape, 0
    picks: list[tuple[np.ndarray, int]] = []  # each array of indices, and the dimension that it picks from
    counts: list[tuple[int, ...]] = []  # the shape of each; a mask counts as the list of its places
    for along in place:
        if isinstance(along, slice):
            dim += 1
        elif is_mask(along):
            check_mask(along, shape, dim)
            counts.append((int(np.count_nonzero(along)),))
            dim += along.ndim
        else:
            if along.dtype not in (np.int64, np.int32):
                raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
            picks.append((along, dim))
            counts.append(along.shape)
            dim += 1
    try:
        picked = np.broadcast_shapes(*counts)
    except ValueError:
        raise IndexError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes "
            + ", ".join(str(list(count)) for count in counts)
        ) from None
    if 0 not in picked and 0 in [shape[dim] for _, dim in picks]:
        raise IndexError("index is out of bounds for dimension with size 0")
    for along, dim in picks:
        outside = along[(along < -shape[dim]) | (along >= shape[dim])]
        if outside.size and 0 not in picked:
            raise IndexError(f"index {outside.flat[0]} is out of bounds for dimension {dim} with size {shape[dim]}")


def check_mask(mask: np.ndarray, shape: tuple[int, ...], dim: int) -> None:
    """Raises: IndexError for a mask that is not as long as the input's dimensions from dim on."""
    for offset, size in enumerate(mask.shape):
        if size != shape[dim + offset]:
            raise IndexError(
                f"The shape of the mask {list(mask.shape)} at index {offset} does not match the shape of the "
                f"indexed tensor {list(shape)} at index {dim + offset}"
            )
