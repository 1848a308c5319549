"""One optimizer in both libraries, with options that hypothesis draws, on the same parameters and gradients."""

import copy
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

import minigrad
import minigrad.optim
from minigrad.tensor import Tensor, wrap

# Torch multiplies and adds with one rounding, NumPy with two: half a unit in the last place of the larger summand for
# each operation, and 20 steps of about ten operations add up: 10 units at most in 8,000 runs. The unit is ε times the
# largest number in the array, because a small sum of large summands has their error.
TOLERANCE = {np.dtype(d): 50 * float(np.finfo(d).eps) for d in (np.float32, np.float64)}

NAMES = ["SGD", "Adagrad", "RMSprop", "Adadelta", "Adam", "AdamW"]
every_optimizer = pytest.mark.parametrize("name", NAMES)
LIBRARIES: list[Any] = [minigrad, torch]
in_both_libraries = pytest.mark.parametrize("library", LIBRARIES, ids=["minigrad", "torch"])


# -- What hypothesis draws

rates = st.sampled_from([0.0, 1e-3, 0.01, 0.1])
fractions = st.sampled_from([0.0, 0.3, 0.5, 0.9])
flags = st.booleans()
COMMON = {"lr": rates, "weight_decay": st.sampled_from([0, 0.01, 0.3]), "maximize": flags}
ADAM = COMMON | {
    # Not a v without memory: a step is then ±lr by the sign of g alone, and where weight decay has brought g near zero,
    # rounding decides the sign. (That case has a test of its own, without weight decay.)
    "betas": st.sampled_from([(0.9, 0.999), (0.9, 0.9), (0.3, 0.9), (0.0, 0.999)]),
    "eps": st.sampled_from([1e-8, 1e-3]),
    "amsgrad": flags,
}
OPTIONS: dict[str, dict[str, Any]] = {
    "SGD": COMMON | {"momentum": fractions, "dampening": st.sampled_from([0.0, 0.3, 1.0]), "nesterov": flags},
    "Adagrad": COMMON
    | {
        "lr_decay": st.sampled_from([0, 0.1, 1.0]),
        "initial_accumulator_value": st.sampled_from([0, 0.1, 1.0]),
        "eps": st.sampled_from([1e-10, 1e-3]),
    },
    "Adadelta": COMMON
    | {"lr": st.sampled_from([0.0, 0.1, 1.0]), "rho": st.sampled_from([0.0, 0.5, 0.9, 1.0]), "eps": ADAM["eps"]},
    "Adam": ADAM | {"decoupled_weight_decay": flags},
    "AdamW": ADAM,
    # Not a small alpha: centered, it divides by the root of g² − g², which is nothing but the rounding error.
    "RMSprop": COMMON
    | {"alpha": st.sampled_from([0.9, 0.95, 0.99]), "eps": ADAM["eps"], "momentum": fractions, "centered": flags},
}
shapes = st.sampled_from([(), (0,), (1,), (7,), (2, 3), (3, 0, 2), (4, 1, 2), (2, 3, 2, 2)])


@st.composite
def options(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """Some of an optimizer's options; the others keep their defaults."""
    drawn = draw(st.fixed_dictionaries({}, optional=OPTIONS[name]))
    if not drawn.get("momentum") or drawn.get("dampening"):
        drawn.pop("nesterov", None)  # would be an error, and is tested as one
    return drawn


@st.composite
def groups(draw: st.DrawFn, name: str) -> list[tuple[list[tuple[int, ...]], dict[str, Any]]]:
    """One to three groups: the shapes of the parameters, and options of the group's own."""
    own = st.fixed_dictionaries({}, optional=OPTIONS[name])
    return draw(st.lists(st.tuples(st.lists(shapes, min_size=1, max_size=3), own), min_size=1, max_size=3))


# -- The same parameters, gradients and optimizers in both libraries


class Twins:
    """One optimizer in both libraries, on the same parameters, in the same groups."""

    def __init__(self, name: str, dtype: Any, groups: Any, options: dict[str, Any], seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        mine, theirs = [], []
        for shapes, own in groups:
            pairs = [self.parameters(shape, np.dtype(dtype)) for shape in shapes]
            mine.append({"params": [m for m, _ in pairs], **own})
            theirs.append({"params": [t for _, t in pairs], **own})
        self.pairs = [
            pair for m, t in zip(mine, theirs, strict=True) for pair in zip(m["params"], t["params"], strict=True)
        ]
        self.optimizers = [
            getattr(library.optim, name)(g, **options) for library, g in zip(LIBRARIES, (mine, theirs), strict=True)
        ]

    def numbers(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """Numbers of several magnitudes, every tenth of them exactly zero."""
        scale = 10.0 ** self.random.integers(-3, 2)
        return np.asarray(scale * self.random.standard_normal(shape) * (self.random.random(shape) > 0.1), dtype)

    def parameters(self, shape: tuple[int, ...], dtype: np.dtype) -> tuple[Any, Any]:
        array = self.numbers(shape, dtype)
        mine, theirs = array.copy(), torch.tensor(array)
        if self.random.random() < 0.3:  # not contiguous
            mine, theirs = mine.T, theirs.permute(tuple(reversed(range(array.ndim))))
        return wrap(mine).requires_grad_(), theirs.requires_grad_()

    def set_gradients(self, present: float = 0.8) -> None:
        """New gradients for some parameters and None for the others. NumPy refuses to write to them."""
        for number, (mine, theirs) in enumerate(self.pairs):
            if self.random.random() > present or number == 3:  # the fourth parameter never gets one
                mine.grad = theirs.grad = None
                continue
            grad = self.numbers(tuple(mine.shape), mine.array.dtype)
            mine.grad, theirs.grad = wrap(grad.copy()), torch.tensor(grad)
            mine.grad.array.flags.writeable = False

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            self.set_gradients()
            for optimizer in self.optimizers:
                optimizer.step()

    def assert_equal(self) -> None:
        for mine, theirs in self.pairs:
            assert_same_values(mine, theirs)
        assert_same_values(*[optimizer.state_dict() for optimizer in self.optimizers])
        assert repr(self.optimizers[0]) == repr(self.optimizers[1])


def assert_same_values(mine: Any, theirs: Any) -> None:
    """Equal numbers, dtypes and shapes, in equal dicts and lists with equal keys in equal order."""
    if isinstance(theirs, dict):
        assert list(mine) == list(theirs)
        for key in theirs:
            assert_same_values(mine[key], theirs[key])
    elif isinstance(theirs, (list, tuple)):
        assert type(mine) is type(theirs) and len(mine) == len(theirs)
        for one, other in zip(mine, theirs, strict=True):
            assert_same_values(one, other)
    elif isinstance(theirs, torch.Tensor):
        expected = theirs.detach().numpy()
        assert isinstance(mine, Tensor) and mine.array.dtype == expected.dtype and mine.array.shape == expected.shape
        assert_close(mine.array, expected)
    else:
        assert mine == theirs and type(mine) is type(theirs)


def assert_close(array: np.ndarray, expected: np.ndarray) -> None:
    largest = np.max(np.abs(expected), initial=1.0, where=np.isfinite(expected))
    np.testing.assert_allclose(array, expected, rtol=0, atol=largest * TOLERANCE[expected.dtype])


def to_torch(value: Any) -> Any:
    """A state dict of minigrad with torch's tensors in it."""
    if isinstance(value, dict):
        return {key: to_torch(item) for key, item in value.items()}
    return torch.tensor(value.array) if isinstance(value, Tensor) else copy.deepcopy(value)


def leaf(library: Any, *numbers: float) -> Any:
    return library.tensor(list(numbers), requires_grad=True)
