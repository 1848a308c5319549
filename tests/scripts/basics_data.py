"""Datasets and loaders: a dataset of one's own over a table in memory, callables as transforms, and batches."""

import csv
import io

import numpy as np
import torch
from torch.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    random_split,
)

torch.manual_seed(5)
rng = np.random.RandomState(5)

labels_map = {0: "shirt", 1: "boot", 2: "bag"}
annotations = "".join(f"picture{i}.png,{rng.randint(3)}\n" for i in range(10))
pictures = {f"picture{i}.png": rng.randint(0, 256, (6, 6), dtype=np.uint8) for i in range(10)}
print(annotations, end="")


class Scale:
    """Bytes to a tensor of floats in [0, 1] with a channel."""

    def __call__(self, picture):
        return torch.from_numpy(picture).float().div(255).unsqueeze(0)


class Shift:
    def __init__(self, mean, std):
        self.mean, self.std = mean, std

    def __call__(self, picture):
        return (picture - self.mean) / self.std


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, picture):
        for transform in self.transforms:
            picture = transform(picture)
        return picture


def one_hot(label):
    return torch.zeros(3, dtype=torch.float).scatter_(0, torch.tensor(label), value=1)


class PictureDataset(Dataset):
    def __init__(self, table, store, transform=None, target_transform=None):
        self.rows = [(name, int(label)) for name, label in csv.reader(io.StringIO(table))]
        self.store = store
        self.transform = transform
        self.target_transform = target_transform

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, idx):
        name, label = self.rows[idx]
        picture = self.store[name]
        if self.transform:
            picture = self.transform(picture)
        if self.target_transform:
            label = self.target_transform(label)
        return picture, label


plain = PictureDataset(annotations, pictures)
print(len(plain), plain[0][0].dtype, plain[0][0], plain[0][1])
for _ in range(3):
    sample_idx = torch.randint(len(plain), size=(1,)).item()
    picture, label = plain[sample_idx]
    print(sample_idx, labels_map[label], picture.mean().round(6))

dataset = PictureDataset(annotations, pictures, transform=Compose([Scale(), Shift(0.5, 0.25)]))
print(dataset[3][0], dataset[3][1])

loader = DataLoader(dataset, batch_size=4, shuffle=True)
features, labels = next(iter(loader))
print(f"features {features.size()}, labels {labels.size()}")
img = features[0].squeeze()
print(img, labels[0], labels_map[labels[0].item()])
for epoch in range(2):
    for batch, (X, y) in enumerate(loader):
        print(epoch, batch, X.shape, y, f"{X.mean().item():.6f}")

hot = PictureDataset(annotations, pictures, transform=Scale(), target_transform=one_hot)
X, y = next(iter(DataLoader(hot, batch_size=3)))
print(y, X[:, 0, 0])

# The last batch, generators, samplers, collation.
print(len(loader), len(DataLoader(dataset, batch_size=4, drop_last=True)), loader.batch_size, loader.dataset is dataset)
print([y.tolist() for _, y in DataLoader(dataset, 5, shuffle=True, generator=torch.Generator().manual_seed(9))])
print(list(BatchSampler(SequentialSampler(range(7)), batch_size=3, drop_last=False)))
print(list(RandomSampler(range(7), generator=torch.Generator().manual_seed(1))))
print(list(WeightedRandomSampler([0.1, 0.9, 0.4], 6, generator=torch.Generator().manual_seed(2))))
print([y for _, y in DataLoader(dataset, sampler=SequentialSampler(dataset), batch_size=6)])


def keep_lists(batch):
    pictures, labels = zip(*batch, strict=True)
    return torch.stack(pictures), list(labels)


print([(X.shape, y) for X, y in DataLoader(dataset, batch_size=4, collate_fn=keep_lists)])
print(default_collate([{"a": 1, "b": np.float32(0.5)}, {"a": 2, "b": np.float32(1.5)}]))
print(default_collate([(torch.ones(2), "one", 1.0), (torch.zeros(2), "two", 2.0)]))


class Table(Dataset):
    """Samples as dictionaries."""

    def __len__(self):
        return 5

    def __getitem__(self, idx):
        return {"index": idx, "point": np.array([idx, idx**2], dtype=np.float32), "name": f"p{idx}"}


for batch in DataLoader(Table(), batch_size=2):
    print(batch["index"], batch["point"], batch["name"])

# Datasets out of datasets.
tensors = TensorDataset(torch.arange(12.0).view(6, 2), torch.arange(6))
print(tensors[2], len(tensors))
first, second = random_split(tensors, [4, 2], generator=torch.Generator().manual_seed(0))
print(first.indices, second.indices, first[0])
print([len(part) for part in random_split(dataset, [0.7, 0.3])])
print([label for _, label in Subset(tensors, [5, 0])])
print(len(ConcatDataset([tensors, Subset(tensors, [1])])), len(tensors + tensors))
