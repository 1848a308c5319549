"""A little of torchvision, which itself needs the real torch: datasets of digits, and what makes tensors of them."""

from . import datasets, transforms, utils

__all__ = ["datasets", "transforms", "utils"]
