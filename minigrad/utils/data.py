"""Datasets and the loader that hands them out in batches, in torch's order.

A dataset is anything with a length and items. A sampler says in which order to take them; a batch is a list of items
stacked into tensors. Shuffling draws as torch draws, so the same seed gives the same batches.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..random import Generator, default_generator
from ..tensor import Tensor, wrap


class Dataset:
    """Base class of datasets: define `__getitem__`, and `__len__` for a loader to know how many there are."""

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")


class TensorDataset(Dataset):
    """Rows of several tensors that belong together: images and labels.

    >>> import minigrad as torch
    >>> TensorDataset(torch.arange(3), torch.arange(3) * 10)[2]
    (tensor(2), tensor(20))
    """

    def __init__(self, *tensors: Tensor) -> None:
        if any(len(tensor) != len(tensors[0]) for tensor in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


def draw_seed(generator: Generator | None = None) -> int:
    """A seed for another generator: 63 random bits, as torch's loader draws one."""
    return int((generator or default_generator).random((), np.int64))


class SequentialSampler:
    """0, 1, 2, …"""

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler:
    """All indices in random order; each epoch another one."""

    def __init__(self, data_source: Any, generator: Generator | None = None) -> None:
        if not len(data_source):
            raise ValueError("num_samples should be a positive integer value, but got num_samples=0")
        self.data_source = data_source
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        generator = self.generator or Generator().manual_seed(draw_seed())
        yield from generator.randperm(len(self.data_source)).tolist()
        generator.randperm(len(self.data_source))  # torch draws one more, of which it takes the first 0

    def __len__(self) -> int:
        return len(self.data_source)


class BatchSampler:
    """A sampler's indices in lists of batch_size; the last may be shorter, or is dropped."""

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        batch: list[int] = []
        for index in self.sampler:
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)


def default_collate(batch: Sequence[Any]) -> Any:
    """A list of items as one batch: tensors and numbers stacked, tuples item by item."""
    first = batch[0]
    if isinstance(first, Tensor):
        for number, item in enumerate(batch):
            if item.array.shape != first.array.shape:
                raise RuntimeError(
                    f"stack expects each tensor to be equal size, but got {list(first.array.shape)} at entry 0 and "
                    f"{list(item.array.shape)} at entry {number}"
                )
        return wrap(np.stack([item.array for item in batch]))
    if isinstance(first, np.ndarray):
        return wrap(np.stack(batch))
    if isinstance(first, (bool, int, float, np.generic)):
        return wrap(np.array(batch))
    if isinstance(first, (tuple, list)):
        if any(len(item) != len(first) for item in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return [default_collate(items) for items in zip(*batch, strict=True)]
    if isinstance(first, dict):
        return {key: default_collate([item[key] for item in batch]) for key in first}
    if isinstance(first, str):
        return list(batch)
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found " + str(type(first))
    )


class DataLoader:
    """A dataset in batches, one epoch per iteration.

    >>> import minigrad as torch
    >>> data = TensorDataset(torch.arange(5))
    >>> [batch.tolist() for (batch,) in DataLoader(data, batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self, dataset: Any, batch_size: int = 1, shuffle: bool = False, sampler: Any = None, batch_sampler: Any = None,
        num_workers: int = 0, collate_fn: Callable[[Any], Any] | None = None, pin_memory: bool = False,
        drop_last: bool = False, *, generator: Generator | None = None,
    ) -> None:  # fmt: skip
        if num_workers:
            raise ValueError(
                f"minigrad's DataLoader works in one process: num_workers must be 0, but got {num_workers}"
            )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError(
                "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
            )
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.generator = generator
        self.collate_fn = collate_fn or default_collate
        default_sampler = RandomSampler(dataset, generator) if shuffle else SequentialSampler(dataset)
        self.sampler = default_sampler if sampler is None else sampler
        self.batch_sampler = batch_sampler or BatchSampler(self.sampler, batch_size, drop_last)

    def __iter__(self) -> Iterator[Any]:
        draw_seed(self.generator)  # torch draws the seed of its worker processes, also when there are none
        return (self._batch(indices) for indices in self.batch_sampler)

    def _batch(self, indices: list[int]) -> Any:
        if type(self.dataset) is TensorDataset and self.collate_fn is default_collate:
            return [wrap(tensor.array[indices]) for tensor in self.dataset.tensors]  # the same batch, in one go
        return self.collate_fn([self.dataset[index] for index in indices])

    def __len__(self) -> int:
        return len(self.batch_sampler)
