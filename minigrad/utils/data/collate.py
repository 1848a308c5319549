"""Collating: how a list of items becomes one batch.

Read next: `dataloader.py`.
"""

from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from copy import copy
from typing import Any

import numpy as np

from ...dtypes import float64
from ...ops.creation import as_tensor, tensor
from ...ops.joining import stack
from ...tensor import Tensor


def default_collate(batch: Sequence[Any]) -> Any:
    """A list of items as one batch: tensors and numbers stacked, tuples item by item, dictionaries key by key.

    The first item decides: after an int, all become a tensor as `torch.tensor` makes it; after a float, of float64.
    Texts stay the list that they are.

    Raises: TypeError for items that are nothing of these; RuntimeError for sequences or tensors of different sizes.

    >>> default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ('a', 'b')]
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(batch)
    if is_text_array(first):
        raise not_collatable(first.dtype)
    if isinstance(first, np.ndarray):
        return stack([as_tensor(item) for item in batch])
    if isinstance(first, (np.number, np.bool_)):
        return as_tensor(batch)
    if isinstance(first, float):
        return tensor(batch, dtype=float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return rebuilt_mapping(first, {key: default_collate([item[key] for item in batch]) for key in first})
    if isinstance(first, Sequence):
        if any(len(item) != len(first) for item in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return rebuilt_sequence(first, [default_collate(items) for items in zip(*batch, strict=True)])
    raise not_collatable(type(first))


def default_convert(data: Any) -> Any:
    """An item that is not put into a batch: arrays of numbers in it become tensors, all else stays."""
    if is_text_array(data):
        return data
    if isinstance(data, (np.ndarray, np.generic)) and not isinstance(data, np.str_):
        return as_tensor(data)
    if isinstance(data, Mapping):
        return rebuilt_mapping(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return rebuilt_sequence(data, [default_convert(item) for item in data])
    return data


def is_text_array(value: Any) -> bool:
    """Whether this is an array of texts, of bytes or of objects, of which no tensor can be made."""
    return isinstance(value, np.ndarray) and value.dtype.kind in "SUO"


def not_collatable(found: Any) -> TypeError:
    """The error for items of this type."""
    return TypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {found}"
    )  # fmt: skip


def rebuilt_mapping(example: Mapping[Any, Any], contents: dict[Any, Any]) -> Any:
    """The contents in the example's own class, where that can be made of them: a copy of it, filled anew."""
    try:
        if isinstance(example, MutableMapping):
            result = copy(example)
            result.update(contents)
            return result
        return type(example)(contents)  # type: ignore[call-arg]
    except TypeError:
        return contents


def rebuilt_sequence(example: Sequence[Any], contents: list[Any]) -> Any:
    """The same for a sequence; a plain tuple becomes a list."""
    if isinstance(example, tuple):
        return type(example)(*contents) if hasattr(example, "_fields") else contents
    try:
        if isinstance(example, MutableSequence):
            result = copy(example)
            for index, value in enumerate(contents):
                result[index] = value
            return result
        return type(example)(contents)  # type: ignore[call-arg]
    except TypeError:
        return contents
