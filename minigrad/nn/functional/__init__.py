"""The functions that layers are made of, with torch's names, arguments and checks.

Each checks what it was given, says in torch's words what is wrong, and composes the operations of `minigrad/ops/`: the
arithmetic, and the derivatives, are there.

Read next: `linear.py`.
"""

from ...foreign import at_the_door as _at_the_door
from .dropout import dropout, dropout1d, dropout2d, dropout3d
from .images import conv2d, fold, pad, unfold
from .linear import linear, log_softmax, relu, sigmoid, softmax, tanh
from .losses import cross_entropy, mse_loss, nll_loss
from .normalization import batch_norm
from .pairwise import binary_cross_entropy, binary_cross_entropy_with_logits, l1_loss, one_hot, smooth_l1_loss
from .pooling import adaptive_avg_pool2d, avg_pool2d, max_pool2d

__all__ = [  # each as users call it: what is no tensor of minigrad's is refused in torch's words
    "adaptive_avg_pool2d", "avg_pool2d", "batch_norm", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "conv2d", "cross_entropy", "dropout", "dropout1d", "dropout2d", "dropout3d", "fold", "l1_loss", "linear",
    "log_softmax", "max_pool2d", "mse_loss", "nll_loss", "one_hot", "pad", "relu", "sigmoid", "smooth_l1_loss",
    "softmax", "tanh", "unfold",
]  # fmt: skip

for _name in __all__:
    globals()[_name] = _at_the_door(globals()[_name])
