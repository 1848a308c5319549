"""The functions that layers are made of, with torch's names, arguments and checks.

Each checks what it was given, says in torch's words what is wrong, and composes the operations of `minigrad/ops/`: the
arithmetic, and the derivatives, are there.

Read next: `linear.py`.
"""

from .dropout import dropout, dropout1d, dropout2d, dropout3d
from .images import conv2d, fold, pad, unfold
from .linear import linear, log_softmax, relu, sigmoid, softmax, tanh
from .losses import cross_entropy, mse_loss, nll_loss
from .pooling import max_pool2d

__all__ = [
    "conv2d", "cross_entropy", "dropout", "dropout1d", "dropout2d", "dropout3d", "fold", "linear", "log_softmax",
    "max_pool2d", "mse_loss", "nll_loss", "pad", "relu", "sigmoid", "softmax", "tanh", "unfold",
]  # fmt: skip
