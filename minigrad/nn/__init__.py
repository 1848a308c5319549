"""Layers and networks. Read `functional.py`, then `module.py`, then `linear.py`."""

from . import functional, init
from .activation import LogSoftmax, ReLU
from .container import Sequential
from .conv import Conv2d
from .dropout import Dropout, Dropout2d
from .flatten import Flatten
from .linear import Linear
from .loss import CrossEntropyLoss, MSELoss, NLLLoss
from .module import Module
from .parameter import Parameter
from .pooling import MaxPool2d

__all__ = [
    "Conv2d", "CrossEntropyLoss", "Dropout", "Dropout2d", "Flatten", "Linear", "LogSoftmax", "MSELoss", "MaxPool2d",
    "Module", "NLLLoss", "Parameter", "ReLU", "Sequential", "functional", "init",
]  # fmt: skip
