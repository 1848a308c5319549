"""Datasets and the loader that hands them out in batches, in torch's order.

A dataset is anything with a length and items (`dataset.py`). A sampler says in which order to take them
(`sampler.py`); a batch is a list of items stacked into tensors (`collate.py`). The loader (`dataloader.py`) puts the
three together. Shuffling draws as torch draws, so the same seed gives the same batches. Read them in this order.
"""

from .collate import default_collate, default_convert
from .dataloader import DataLoader
from .dataset import ConcatDataset, Dataset, Subset, TensorDataset, random_split
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

__all__ = [
    "BatchSampler",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "default_convert",
    "random_split",
]
