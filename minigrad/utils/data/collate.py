"""Collating: how a list of items becomes one batch.

Read next: `dataloader.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...tensor import Tensor, wrap


def default_collate(batch: Sequence[Any]) -> Any:
    """A list of items as one batch: tensors and numbers stacked, tuples item by item, dictionaries key by key.

    >>> default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ('a', 'b')]
    """
    first = batch[0]
    if isinstance(first, Tensor):
        for number, item in enumerate(batch):
            if item.array.shape != first.array.shape:
                raise RuntimeError(
                    f"stack expects each tensor to be equal size, but got {list(first.array.shape)} at entry 0 and "
                    f"{list(item.array.shape)} at entry {number}"
                )
        return wrap(np.stack([item.array for item in batch]))
    if isinstance(first, (np.ndarray, np.number, np.bool_)):
        return default_collate([wrap(np.asarray(item)) for item in batch])
    if isinstance(first, (bool, int, float)):
        return wrap(np.array(batch))
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return rebuilt(first, {key: default_collate([item[key] for item in batch]) for key in first})
    if isinstance(first, Sequence):
        if any(len(item) != len(first) for item in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return rebuilt(first, [default_collate(items) for items in zip(*batch, strict=True)])
    raise TypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {type(first)}"
    )


def default_convert(data: Any) -> Any:
    """An item that is not put into a batch: arrays in it become tensors, all else stays."""
    if isinstance(data, (np.ndarray, np.number, np.bool_)):
        return wrap(np.asarray(data))
    if isinstance(data, Mapping):
        return rebuilt(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return rebuilt(data, [default_convert(item) for item in data])
    return data


def rebuilt(example: Any, contents: Any) -> Any:
    """The contents in the example's own class, where that can be made of them; a plain tuple becomes a list."""
    if isinstance(example, tuple):
        return type(example)(*contents) if hasattr(example, "_fields") else contents
    try:
        return type(example)(contents)
    except TypeError:
        return contents
