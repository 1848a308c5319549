"""The loader: a dataset in batches, one epoch per iteration.

It draws from the default generator, or the one given, what torch's draws: at the beginning of each iteration 63 bits
to seed worker processes with (also where there are none), and, when it shuffles, 63 more to seed a generator for this
epoch's order. (A generator that was given draws the order itself.)
"""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

from ...accelerator import is_available
from ...random import Generator
from ...tensor import wrap
from .collate import default_collate, default_convert
from .dataset import TensorDataset, items_of
from .sampler import BatchSampler, RandomSampler, SequentialSampler, draw_seed


class DataLoader:
    """A dataset in batches, one epoch per iteration.

    The arguments about worker processes and pinned memory are there so that torch's programs run; everything happens
    in this process. With `batch_size=None` the items come one by one, as they are. What the batches are made of stays
    as it was given: the loader's samplers know of no later change.

    >>> import minigrad as torch
    >>> data = TensorDataset(torch.arange(5))
    >>> [batch.tolist() for (batch,) in DataLoader(data, batch_size=2)]
    [[0, 1], [2, 3], [4]]

    Raises:
        ValueError: for arguments that contradict each other, or a negative num_workers; for setting one of `FIXED`
        later. AssertionError: when it is iterated, for a timeout without workers.
    """

    FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")
    is_initialized = False

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
        if prefetch_factor is not None and prefetch_factor < 0:
            raise ValueError("prefetch_factor option should be non-negative")
        if persistent_workers and not num_workers:
            raise ValueError("persistent_workers option needs num_workers > 0")
        if multiprocessing_context is not None and not num_workers:
            raise ValueError(
                "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got "
                f"num_workers={num_workers}"
            )
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
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.has_begun = False
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        self.generator = generator
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self.is_initialized = True

    def __setattr__(self, name: str, value: Any) -> None:
        if self.is_initialized and name in self.FIXED:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    def __iter__(self) -> "_SingleProcessDataLoaderIter":
        return _SingleProcessDataLoaderIter(self)

    def __len__(self) -> int:
        return len(self._index_sampler)

    @property
    def _index_sampler(self) -> Any:
        """What says which items come next: the lists of a batch's, or one index after the other."""
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def _fetch(self, index: Any) -> Any:
        """The item at this index; with a batch sampler, the batch of those at these indices."""
        if self.batch_sampler is None:
            return self.collate_fn(self.dataset[index])
        usual = type(self.dataset) is TensorDataset and self.collate_fn is default_collate and type(index) is list
        if usual and index and all(type(place) is int and place in range(len(self.dataset)) for place in index):
            tensors = self.dataset.tensors
            if not any(tensor.requires_grad for tensor in tensors):
                return [wrap(tensor.array[index]) for tensor in tensors]  # the same batch, in one go
        return self.collate_fn(items_of(self.dataset, index))


class _SingleProcessDataLoaderIter:
    """One epoch of a loader; its length is that of the whole epoch, however much of it is left."""

    def __init__(self, loader: DataLoader) -> None:
        if loader.pin_memory and loader.pin_memory_device:
            warnings.warn(
                "pin_memory_device is deprecated, the current accelerator will be used as the device,"
                f"ignore pin_memory_device='{loader.pin_memory_device}'.",
                stacklevel=3,
            )
        if loader.pin_memory and not is_available():
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be "
                "used.",
                stacklevel=3,
            )
        self.loader = loader
        self.indices = iter(loader._index_sampler)
        if not (loader.persistent_workers and loader.has_begun):
            draw_seed(loader.generator)  # torch draws the seed of its worker processes, also when there are none
        loader.has_begun = True
        if loader.timeout and not loader.num_workers:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0: there is no worker to wait for")

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self.loader._fetch(next(self.indices))

    def __len__(self) -> int:
        return len(self.loader._index_sampler)
