"""The two networks of the tutorials; each file is the twin of one in `torch_ref/models/`."""

from .cnn import CNN
from .lenet import LeNet

__all__ = ["CNN", "LeNet"]
