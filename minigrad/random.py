"""Random tensors: torch's own numbers from the same seed.

The draws themselves are in `generator.py`, on arrays. Here they become tensors; every function takes the generator to
draw from, and without one uses the default generator, which `manual_seed` starts.

Read next: `minigrad/nn/init.py`, where weights begin.
"""

from typing import Any

import numpy as np

from . import dtypes
from .autograd import Node
from .dims import sizes_from
from .generator import Generator as ArrayGenerator
from .generator import in_memory_order
from .ops.creation import Device, checked_shape, leaf
from .ops.inplace import Overwritten, in_place
from .recording import record
from .tensor import Tensor, wrap


class Generator(ArrayGenerator):
    """A source of random numbers with a state of its own: see `generator.py`.

    >>> import minigrad as torch
    >>> torch.Generator().manual_seed(0).initial_seed()
    0
    """

    def get_state(self) -> Tensor:
        """The state as torch's own bytes, uint8: torch's `Generator.set_state` takes them too."""
        return wrap(self.state_array())

    def set_state(self, new_state: Tensor) -> "Generator":
        """Goes on from a saved state."""
        self.set_state_array(new_state.array)
        return self


default_generator = Generator()
default_generator.seed()  # until somebody asks for a certain one, every run is another


def manual_seed(seed: int) -> Generator:
    """Starts the default generator: from here on the numbers are those of torch after `torch.manual_seed(seed)`.

    >>> import minigrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.rand(2)
    tensor([0.4963, 0.7682])
    """
    default_generator.manual_seed(seed)
    return default_generator


def seed() -> int:
    """Starts the default generator from a seed that nobody knows, and returns it."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator was started from."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The default generator's state."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Puts the default generator back to a saved state."""
    default_generator.set_state(new_state)


def chosen(generator: ArrayGenerator | None) -> ArrayGenerator:
    """The generator to draw from: this one, or the default."""
    return default_generator if generator is None else generator


def float_dtype(dtype: dtypes.dtype | None) -> np.dtype:
    """NumPy's dtype for numbers that nobody asked another of."""
    return (dtype or dtypes.get_default_dtype()).numpy


def rand(
    *sizes: Any, size: Any = None, generator: ArrayGenerator | None = None, dtype: dtypes.dtype | None = None,
    device: Device = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Uniform numbers in [0, 1)."""
    shape = checked_shape(sizes if size is None else (size,))
    return leaf(chosen(generator).uniform(shape, float_dtype(dtype)), requires_grad, device)


def randn(
    *sizes: Any, size: Any = None, generator: ArrayGenerator | None = None, dtype: dtypes.dtype | None = None,
    device: Device = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Normal numbers of mean 0 and standard deviation 1."""
    shape = checked_shape(sizes if size is None else (size,))
    return leaf(chosen(generator).normal(shape, float_dtype(dtype)), requires_grad, device)


def randint(
    low: Any = 0, high: Any = None, size: Any = None, *, generator: ArrayGenerator | None = None,
    dtype: dtypes.dtype = dtypes.int64, device: Device = None,
) -> Tensor:  # fmt: skip
    """Integers in [low, high), or in [0, low) if only one bound is given."""
    if isinstance(high, (tuple, list)):
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    return leaf(chosen(generator).randint(low, high, sizes_from((size,)), dtype.numpy), device=device)


def randperm(
    n: int, *, generator: ArrayGenerator | None = None, dtype: dtypes.dtype = dtypes.int64, device: Device = None
) -> Tensor:
    """The integers 0 … n − 1 in random order."""
    return leaf(chosen(generator).randperm(n).astype(dtype.numpy), device=device)


def new_like(input: Tensor) -> Tensor:
    """A new tensor of the input's shape, laid out as torch lays it out: densely, in the input's order of dimensions."""
    array = input.array
    if any(stride == 0 and size > 1 for stride, size in zip(array.strides, array.shape, strict=True)):
        return wrap(np.empty(array.shape, array.dtype))  # an expanded tensor: row by row (exact in the usual cases)
    return wrap(np.empty_like(array))


def rand_like(input: Tensor) -> Tensor:
    """`rand` in the input's shape and dtype."""
    return uniform(new_like(input))


def randn_like(input: Tensor) -> Tensor:
    """`randn` in the input's shape and dtype."""
    return normal(new_like(input))


def bernoulli(input: Tensor, *, generator: ArrayGenerator | None = None) -> Tensor:
    """1 with the probability that the input holds at that place, else 0."""
    drawn = chosen(generator).bernoulli_array(input.array).astype(input.array.dtype)
    return record(BernoulliBackward0, drawn, input)


# -- In place. What was there is gone, so no gradient flows into it.


class UniformBackward0(Overwritten):
    """∂ℒ/∂x = 0."""


class NormalBackward0(Overwritten):
    """∂ℒ/∂x = 0."""


class BernoulliBackward0(Overwritten):
    """∂ℒ/∂x = 0."""


class BernoulliBackward1(Node):
    """∂ℒ/∂x = 0 and ∂ℒ/∂p = 0: a draw has no slope."""

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        return tuple(grad * 0 if needed else None for needed in self.needs_input_grad)


class BernoulliBackward2(Overwritten):
    """∂ℒ/∂x = 0."""


class RandomBackward0(Overwritten):  # of two bounds
    """∂ℒ/∂x = 0."""


class RandomBackward1(Overwritten):  # of one
    """∂ℒ/∂x = 0."""


class RandomBackward2(Overwritten):  # of none
    """∂ℒ/∂x = 0."""


def laid_out(numbers: np.ndarray, input: Tensor) -> np.ndarray:
    """The numbers as torch fills a tensor with them: in the order in which its elements lie in memory."""
    array = np.empty_like(input.array)
    memory = in_memory_order(array)
    np.copyto(memory, numbers.reshape(memory.shape), casting="unsafe")
    return array


def uniform(input: Tensor, from_: float = 0, to: float = 1, *, generator: ArrayGenerator | None = None) -> Tensor:
    """Uniform numbers in [from, to)."""
    numbers = chosen(generator).uniform(input.array.shape, input.array.dtype, from_, to)
    return record(UniformBackward0, laid_out(numbers, input), input)


def normal(input: Tensor, mean: float = 0, std: float = 1, *, generator: ArrayGenerator | None = None) -> Tensor:
    """Normal numbers of this mean and standard deviation."""
    x = input.array
    numbers = chosen(generator).normal(x.shape, x.dtype, mean, std, x.flags.c_contiguous)
    return record(NormalBackward0, laid_out(numbers, input), input)


def bernoulli_number(input: Tensor, p: Any = 0.5, *, generator: ArrayGenerator | None = None) -> Tensor:
    """1 with probability p, else 0; p is a number, or a tensor with a probability for each place."""
    if isinstance(p, Tensor):
        probabilities = in_memory_order(np.broadcast_to(p.array, input.array.shape), like=input.array)
        drawn = laid_out(chosen(generator).bernoulli_array(probabilities), input)
        return record(BernoulliBackward1, drawn, input, p)
    return record(BernoulliBackward2, laid_out(chosen(generator).bernoulli(input.array.shape, p), input), input)


def random(
    input: Tensor, from_: int | None = None, to: int | None = None, *, generator: ArrayGenerator | None = None
) -> Tensor:
    """Integers in [from, to); with one number, in [0, from); with none, over the dtype's whole range from 0 on."""
    bounds = [bound for bound in (from_, to) if bound is not None]
    low, high = [(None, None), (0, *bounds), bounds][len(bounds)]
    numbers = chosen(generator).random(input.array.shape, input.array.dtype, low, high)
    node = (RandomBackward2, RandomBackward1, RandomBackward0)[len(bounds)]
    return record(node, laid_out(numbers, input), input)


uniform_, normal_, random_ = in_place(uniform), in_place(normal), in_place(random)
bernoulli_ = in_place(bernoulli_number)
bernoulli_.__name__ = "bernoulli_"
