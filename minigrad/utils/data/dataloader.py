"""The loader: a dataset in batches, one epoch per iteration.

It draws from the default generator, or the one given, what torch's draws: at the beginning of each iteration 63 bits
to seed worker processes with (also where there are none), and, when it shuffles, 63 more to seed a generator for this
epoch's order. (A generator that was given draws the order itself.)
"""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

from ...random import Generator
from ...tensor import wrap
from .collate import default_collate, default_convert
from .dataset import TensorDataset, items_of
from .sampler import BatchSampler, RandomSampler, SequentialSampler, draw_seed


class DataLoader:
    """A dataset in batches, one epoch per iteration.

    The arguments about worker processes and pinned memory are there so that torch's programs run; everything happens
    in this process. With `batch_size=None` the items come one by one, as they are.

    >>> import minigrad as torch
    >>> data = TensorDataset(torch.arange(5))
    >>> [batch.tolist() for (batch,) in DataLoader(data, batch_size=2)]
    [[0, 1], [2, 3], [4]]

    Raises:
        ValueError: for arguments that contradict each other, or a negative num_workers.
    """

    def __init__(
        self, dataset: Any, batch_size: int | None = 1, shuffle: bool | None = None, sampler: Any = None,
        batch_sampler: Any = None, num_workers: int = 0, collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False, drop_last: bool = False, timeout: float = 0, worker_init_fn: Any = None,
        multiprocessing_context: Any = None, generator: Generator | None = None, *,
        prefetch_factor: int | None = None, persistent_workers: bool = False, pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:  # fmt: skip
        if num_workers < 0:
            raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
        if num_workers:
            warnings.warn(
                f"minigrad's DataLoader loads in this process: of the num_workers={num_workers} that it was given it "
                "makes none. The batches are the same.",
                stacklevel=2,
            )
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        if prefetch_factor is not None and not num_workers:
            raise ValueError(
                "prefetch_factor option could only be specified in multiprocessing: it needs worker processes"
            )
        if persistent_workers and not num_workers:
            raise ValueError("persistent_workers option needs num_workers > 0")
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.num_workers = num_workers
        self.persistent_workers = persistent_workers
        self.has_begun = False
        self.pin_memory = pin_memory
        self.generator = generator
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)

    def __iter__(self) -> Iterator[Any]:
        indices = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
        if not (self.persistent_workers and self.has_begun):
            draw_seed(self.generator)  # torch draws the seed of its worker processes, also when there are none
        self.has_begun = True
        return map(self._item if self.batch_sampler is None else self._batch, indices)

    def _item(self, index: int) -> Any:
        return self.collate_fn(self.dataset[index])

    def _batch(self, indices: list[int]) -> Any:
        if type(self.dataset) is TensorDataset and self.collate_fn is default_collate:
            return [wrap(tensor.array[indices]) for tensor in self.dataset.tensors]  # the same batch, in one go
        return self.collate_fn(items_of(self.dataset, indices))

    def __len__(self) -> int:
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
