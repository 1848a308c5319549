"""Random tensors: torch's own numbers from the same seed.

The draws themselves are in `generator.py`, on arrays. Here they become tensors; every function takes the generator to
draw from, and without one uses the default generator, which `manual_seed` starts.
"""

from typing import Any

import numpy as np

from . import dtypes
from .generator import Generator as ArrayGenerator
from .generator import in_memory_order
from .ops.creation import Device, leaf
from .ops.inplace import Overwritten, in_place
from .tensor import Tensor, record, sizes_from, wrap


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
    return default_generator if generator is None else generator


def float_dtype(dtype: dtypes.dtype | None) -> np.dtype:
    return (dtype or dtypes.get_default_dtype()).numpy


def rand(
    *size: Any, generator: ArrayGenerator | None = None, dtype: dtypes.dtype | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Uniform numbers in [0, 1)."""
    return leaf(chosen(generator).uniform(sizes_from(size), float_dtype(dtype)), requires_grad, device)


def randn(
    *size: Any, generator: ArrayGenerator | None = None, dtype: dtypes.dtype | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Normal numbers of mean 0 and standard deviation 1."""
    return leaf(chosen(generator).normal(sizes_from(size), float_dtype(dtype)), requires_grad, device)


def randint(
    low: int, high: Any, size: Any = None, *, generator: ArrayGenerator | None = None,
    dtype: dtypes.dtype = dtypes.int64, device: Device = None,
) -> Tensor:  # fmt: skip
    """Integers in [low, high), or in [0, low) if only one bound is given."""
    if size is None:
        low, high, size = 0, low, high
    return leaf(chosen(generator).randint(low, high, sizes_from((size,)), dtype.numpy), device=device)


def randperm(
    n: int, *, generator: ArrayGenerator | None = None, dtype: dtypes.dtype = dtypes.int64, device: Device = None
) -> Tensor:
    """The integers 0 … n − 1 in random order."""
    return leaf(chosen(generator).randperm(n).astype(dtype.numpy), device=device)


def rand_like(input: Tensor) -> Tensor:
    """`rand` in the input's shape and dtype."""
    return uniform(input.detach())


def randn_like(input: Tensor) -> Tensor:
    """`randn` in the input's shape and dtype."""
    return normal(input.detach())


def bernoulli(input: Tensor, *, generator: ArrayGenerator | None = None) -> Tensor:
    """1 with the probability that the input holds at that place, else 0."""
    return wrap(chosen(generator).bernoulli_array(input.array).astype(input.array.dtype))


# -- In place. What was there is gone, so no gradient flows into it.


class UniformBackward0(Overwritten):
    """∂ℒ/∂x = 0."""


class NormalBackward0(Overwritten):
    """∂ℒ/∂x = 0."""


class BernoulliBackward0(Overwritten):
    """∂ℒ/∂x = 0."""


class RandomBackward0(Overwritten):
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


def bernoulli_number(input: Tensor, p: float = 0.5, *, generator: ArrayGenerator | None = None) -> Tensor:
    """1 with probability p, else 0."""
    return record(BernoulliBackward0, laid_out(chosen(generator).bernoulli(input.array.shape, p), input), input)


def random(
    input: Tensor, from_: int | None = None, to: int | None = None, *, generator: ArrayGenerator | None = None
) -> Tensor:
    """Integers in [from, to); with one number, in [0, from); with none, over the dtype's whole range from 0 on."""
    low, high = (0, from_) if from_ is not None and to is None else (from_, to)
    numbers = chosen(generator).random(input.array.shape, input.array.dtype, low, high)
    return record(RandomBackward0, laid_out(numbers, input), input)


uniform_, normal_, random_ = in_place(uniform), in_place(normal), in_place(random)
bernoulli_ = in_place(bernoulli_number)
bernoulli_.__name__ = "bernoulli_"
