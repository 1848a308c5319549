"""minigrad: PyTorch's core, from scratch in NumPy, small enough to read.

    import minigrad as torch
    import minigrad.nn as nn
    import minigrad.nn.functional as F
    import minigrad.optim as optim

Read in this order: `autograd/` (nodes and the engine), `tensor.py`, `ops/` (each operation with its derivative),
`methods.py`, `nn/`, `optim/`, `models/`.
"""

import warnings
from typing import Any

from . import autograd, cuda, methods, nn, optim, random, utils
from .autograd import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .devices import device
from .dims import Size
from .dtypes import (
    bool_,
    dtype,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    set_default_dtype,
    uint8,
)
from .ops.activations import log_softmax, relu
from .ops.arithmetic import add, div, mul, neg, pow, reciprocal, rsub, sub, where
from .ops.creation import (
    arange,
    as_tensor,
    empty,
    eye,
    from_numpy,
    full,
    linspace,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from .ops.elementwise import abs, eq, exp, ge, gt, isnan, le, log, lt, ne, sign, sqrt
from .ops.linalg import addmm, bmm, dot, matmul, mm, mv
from .ops.reductions import all, any, argmax, max, mean, sum
from .ops.shapes import clone, flatten, permute, reshape, squeeze, t, transpose, unsqueeze
from .ops.views import as_strided
from .printing import set_printoptions
from .random import (
    Generator,
    bernoulli,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    seed,
    set_rng_state,
)
from .tensor import Tensor

bool, float, double, int, short, long = bool_, float32, float64, int32, int16, int64  # torch's other names

# Where a result is infinite or not a number, NumPy warns and torch does not. (Only for operations called in here: what
# NumPy says to the code that uses minigrad is left as it is.)
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minigrad(\.|$)")

__version__ = "0.1.0"


def is_tensor(obj: object) -> Any:
    """Whether this is a tensor."""
    return isinstance(obj, Tensor)
