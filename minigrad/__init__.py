"""minigrad: PyTorch's core, from scratch in NumPy, small enough to read.

    import minigrad as torch
    import minigrad.nn as nn
    import minigrad.nn.functional as F
    import minigrad.optim as optim

Read in this order: `autograd/` (nodes and the engine), `tensor.py`, `ops/` (each operation with its derivative),
`methods.py`, `nn/`, `optim/`, `models/`.
"""

import math as _math
import warnings
from typing import Any as _Any

import numpy as _numpy  # first, and from up here: Python 3.11 takes nearly twice as long from deep inside other imports

from . import accelerator, autograd, backends, cuda, methods, nn, optim, random, utils
from .autograd import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from .autograd.anomaly import is_anomaly_check_nan_enabled, is_anomaly_enabled
from .autograd.grad_mode import is_inference_mode_enabled
from .devices import device, get_default_device, set_default_device
from .dims import Size
from .dtypes import bool_ as _bool
from .dtypes import (
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
from .foreign import at_the_door as _at_the_door
from .memory import keep_freed_memory as _keep_freed_memory
from .missing import say_what_is_missing as _say_what_is_missing
from .ops.activations import log_softmax, relu, sigmoid, softmax, tanh
from .ops.arithmetic import add, div, floor_divide, mul, neg, reciprocal, remainder, rsub, sub
from .ops.choosing import clamp, masked_fill, maximum, minimum, where
from .ops.creation import (
    arange,
    as_tensor,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from .ops.elementwise import (
    abs,
    allclose,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    cos,
    eq,
    equal,
    exp,
    ge,
    gt,
    isclose,
    isfinite,
    isinf,
    isnan,
    le,
    log,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
    pow,
    sign,
    sin,
    sqrt,
    square,
)
from .ops.extrema import amax, amin, argmax, argmin, max, min
from .ops.gathering import gather, scatter, scatter_add
from .ops.indexing import index_put
from .ops.joining import cat, chunk, split, stack, unbind
from .ops.linalg import addmm, bmm, dot, matmul, mm, mv, outer
from .ops.reductions import all, any, logsumexp, mean, norm, std, sum, var
from .ops.shapes import clone, flatten, movedim, permute, reshape, squeeze, t, transpose, unflatten, unsqueeze
from .ops.slicing import narrow, select
from .ops.views import as_strided
from .printing import set_printoptions
from .random import (
    Generator,
    bernoulli,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    seed,
    set_rng_state,
)
from .serialization import load, save
from .tensor import Tensor

pi, inf, nan, e = _math.pi, _math.inf, _math.nan, _math.e

bool, float, double, int, short, long = _bool, float32, float64, int32, int16, int64  # torch's other names

for _operation in methods.METHODS:  # what comes in by this door and is no tensor of ours is refused in torch's words
    if globals().get(_operation.__name__) is _operation:
        globals()[_operation.__name__] = _at_the_door(methods.by_other_names(_operation))
for _operation in methods.WITH_OUT:
    globals()[_operation.__name__] = methods.with_out(_operation)

# Where a result is infinite or not a number, NumPy warns and torch does not. (Only for operations called in here: what
# NumPy says to the code that uses minigrad is left as it is.)
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minigrad(\.|$)")

_keep_freed_memory()
_say_what_is_missing((__name__, nn.__name__, nn.functional.__name__, optim.__name__))

__version__ = "0.1.0"


def is_tensor(obj: object) -> _Any:
    """Whether this is a tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> _Any:
    """Whether its numbers are floats."""
    return input.is_floating_point()


def numel(input: Tensor) -> _Any:
    """How many numbers it has."""
    return input.numel()
