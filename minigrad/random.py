"""Random tensors: torch's own numbers from the same seed. The module serves as `torch.random` does.

The draws themselves are in `generator/`, on arrays. Here they become tensors; every function takes the generator to
draw from, and without one uses the default generator, which `manual_seed` starts.

Read next: `minigrad/nn/init.py`, where weights begin.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from . import dtypes
from .autograd import Node
from .devices import on_cpu
from .dims import integer, sizes_from
from .generator import Generator as ArrayGenerator
from .generator import in_memory_order
from .memory import empty_like
from .ops.arithmetic import without_derivative
from .ops.broadcasting import broadcast_shapes, number_in
from .ops.creation import Device, checked_shape, leaf, wanted_size
from .ops.inplace import Overwritten, in_place
from .recording import record
from .tensor import Tensor, wrap


class Generator(ArrayGenerator):
    """A source of random numbers with a state of its own: see `generator/__init__.py`.

    >>> import minigrad as torch
    >>> torch.Generator().manual_seed(0).initial_seed()
    0
    """

    def __init__(self, device: Device = "cpu") -> None:
        """Raises: RuntimeError for a device other than the CPU."""
        super().__init__()
        self.device = on_cpu(device)

    def get_state(self) -> Tensor:
        """The state as torch's own bytes, uint8: torch's `Generator.set_state` takes them too."""
        return wrap(self.state_array())

    def set_state(self, new_state: Tensor) -> "Generator":
        """Goes on from a saved state."""
        self.set_state_array(new_state.array)
        return self

    def clone_state(self) -> "Generator":
        """Another generator at the same place."""
        return Generator().set_state(self.get_state())


default_generator = Generator()
default_generator.seed()  # until somebody asks for a certain one, every run is another


def manual_seed(seed: Any) -> Generator:
    """Starts the default generator: from here on the numbers are those of torch after `torch.manual_seed(seed)`.

    >>> import minigrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.rand(2)
    tensor([0.4963, 0.7682])
    """
    default_generator.manual_seed(int(seed))
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


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """What is drawn inside is not missed outside: afterwards the default generator is where it was before.

    Args:
        devices: GPUs whose generators to put back too; minigrad has none. enabled: False to do nothing.

    >>> import minigrad as torch
    >>> _ = torch.manual_seed(0)
    >>> with torch.random.fork_rng():
    ...     _ = torch.rand(100)
    >>> torch.rand(2)
    tensor([0.4963, 0.7682])
    """
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)


def chosen(generator: ArrayGenerator | None) -> ArrayGenerator:
    """The generator to draw from: this one, or the default."""
    return default_generator if generator is None else generator


# -- New tensors


def float_dtype(dtype: dtypes.dtype | None) -> np.dtype:
    """NumPy's dtype for numbers that nobody asked another of."""
    return (dtypes.as_dtype(dtype) or dtypes.get_default_dtype()).numpy


def rand(
    *sizes: Any, size: Any = None, generator: ArrayGenerator | None = None, dtype: dtypes.dtype | None = None,
    device: Device = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Uniform numbers in [0, 1)."""
    shape = checked_shape("rand", wanted_size("rand", sizes, size))
    return leaf(chosen(generator).uniform(shape, float_dtype(dtype)), requires_grad, device)


def randn(
    *sizes: Any, size: Any = None, generator: ArrayGenerator | None = None, dtype: dtypes.dtype | None = None,
    device: Device = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Normal numbers of mean 0 and standard deviation 1. Torch's bits up to 65,536 numbers, beyond within 3 ulps."""
    shape = checked_shape("randn", wanted_size("randn", sizes, size))
    return leaf(chosen(generator).normal(shape, float_dtype(dtype)), requires_grad, device)


def randint(
    low: Any = 0, high: Any = None, size: Any = None, *, generator: ArrayGenerator | None = None,
    dtype: dtypes.dtype = dtypes.int64, device: Device = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Integers in [low, high), or in [0, low) if only one bound is given."""
    if isinstance(high, (tuple, list)):
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"randint(): argument 'size' must be tuple of ints, not {type(size).__name__}")
    low, high = integer(low, "low"), integer(high, "high")
    drawn = chosen(generator).randint(low, high, sizes_from("randint", (size,)), float_dtype(dtype))
    return leaf(drawn, requires_grad, device)


def randperm(
    n: int, *, generator: ArrayGenerator | None = None, dtype: dtypes.dtype = dtypes.int64, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The integers 0 … n − 1 in random order."""
    n, kept = integer(n, "n", "randperm", 1), float_dtype(dtype)
    if n > 0:
        number_in(n - 1, kept)  # raises where the largest is too large
    return leaf(chosen(generator).randperm(n).astype(kept), requires_grad, device)


def normal(
    mean: Any, std: Any = 1.0, size: Any = None, *, generator: ArrayGenerator | None = None,
    dtype: dtypes.dtype | None = None, device: Device = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Normal numbers of these means and standard deviations: numbers and a size, or tensors that broadcast.

    >>> import minigrad as torch
    >>> torch.normal(torch.tensor([1., 2.]), 0)
    tensor([1., 2.])

    Raises:
        RuntimeError: for a negative standard deviation. TypeError: for two numbers without a size.
    """
    if not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        if not isinstance(size, (tuple, list)):
            raise TypeError(
                "normal() received an invalid combination of arguments: two numbers need a size, a tuple of ints"
            )
        drawn = chosen(generator).normal(checked_shape("normal", (size,)), float_dtype(dtype), mean, std)
        return leaf(drawn, requires_grad, device)
    if isinstance(std, Tensor) and not np.all(std.array >= 0):
        raise RuntimeError("normal expects all elements of std >= 0.0")
    tensors = [moment for moment in (mean, std) if isinstance(moment, Tensor)]
    shape = broadcast_shapes(tensors[0].array.shape, tensors[-1].array.shape)
    numeric_std = 1.0 if isinstance(std, Tensor) else std
    numbers = chosen(generator).normal(shape, tensors[0].array.dtype, 0.0, numeric_std)
    if isinstance(std, Tensor):  # x = z · std + mean, here in two roundings, as in torch
        np.multiply(numbers, std.array, out=numbers, casting="same_kind")
    numbers += mean.array if isinstance(mean, Tensor) else mean
    node = NormalBackward3 if len(tensors) == 2 else NormalBackward1 if isinstance(mean, Tensor) else NormalBackward2
    return record(node, numbers, *tensors)


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: ArrayGenerator | None = None
) -> Tensor:
    """Indices, drawn in proportion to the weights in the input. Shape: (C) -> (n), (N, C) -> (N, n)."""
    return wrap(chosen(generator).multinomial(input.array, num_samples, replacement))


def bernoulli(input: Tensor, p: float | None = None, *, generator: ArrayGenerator | None = None) -> Tensor:
    """1 with the probability that the input holds at that place, else 0; or with probability p everywhere."""
    if p is not None:
        drawn = chosen(generator).bernoulli(input.array.shape, p).astype(input.array.dtype)
        return without_derivative("bernoulli", drawn, input)
    drawn = chosen(generator).bernoulli_array(input.array).astype(input.array.dtype)
    return record(BernoulliBackward0, drawn, input)


# -- In the shape of another tensor


def new_like(input: Tensor, dtype: dtypes.dtype | None = None) -> Tensor:
    """A new tensor of the input's shape, laid out as torch lays it out: densely, in the input's order of dimensions."""
    wanted = dtypes.as_dtype(dtype) or input.dtype
    return wrap(empty_like(input.array, wanted.numpy))


def rand_like(
    input: Tensor, *, generator: ArrayGenerator | None = None, dtype: dtypes.dtype | None = None,
    device: Device = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """`rand` in the input's shape, and in its dtype if none is given."""
    like = new_like(input, dtype)
    return leaf(laid_out(chosen(generator).uniform(like.array.shape, like.array.dtype), like), requires_grad, device)


def randn_like(
    input: Tensor, *, generator: ArrayGenerator | None = None, dtype: dtypes.dtype | None = None,
    device: Device = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """`randn` in the input's shape, and in its dtype if none is given."""
    return leaf(normals_like(new_like(input, dtype), 0.0, 1.0, generator), requires_grad, device)


def randint_like(
    input: Tensor, low: int, high: int | None = None, *, generator: ArrayGenerator | None = None,
    dtype: dtypes.dtype | None = None, device: Device = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """`randint` in the input's shape, and in its dtype if none is given."""
    low, high = (0, low) if high is None else (low, high)
    like = new_like(input, dtype)
    drawn = chosen(generator).randint(low, high, like.array.shape, like.array.dtype)
    return leaf(laid_out(drawn, like), requires_grad, device)


def laid_out(numbers: np.ndarray, input: Tensor) -> np.ndarray:
    """The numbers as torch fills a tensor with them: in the order in which its elements lie in memory."""
    array = np.empty_like(input.array)
    memory = in_memory_order(array)
    np.copyto(memory, numbers.reshape(memory.shape), casting="unsafe")
    return array


def normals_like(
    input: Tensor, mean: float, std: float, generator: ArrayGenerator | None, exact: bool = False
) -> np.ndarray:
    """Normal numbers as torch fills a tensor with them."""
    x = input.array
    numbers = chosen(generator).normal(x.shape, x.dtype, mean, std, x.flags.c_contiguous, exact)
    return laid_out(numbers, input)


# -- In place. What was there is gone, so no gradient flows into it.


class Drawn(Node):
    """∂ℒ/∂parameter = 0, for each parameter of the distribution: a draw has no slope."""

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needed = enumerate(self.needs_input_grad)
        return tuple(grad.new_zeros(self.input_shape(index)) if wanted else None for index, wanted in needed)


class NormalBackward1(Drawn):  # of a tensor of means
    """∂ℒ/∂mean = 0."""


class NormalBackward2(Drawn):  # of a tensor of standard deviations
    """∂ℒ/∂std = 0."""


class NormalBackward3(Drawn):  # of both
    """∂ℒ/∂mean = 0 and ∂ℒ/∂std = 0."""


class BernoulliBackward1(Drawn):
    """∂ℒ/∂x = 0 and ∂ℒ/∂p = 0."""


class BernoulliBackward0(Overwritten):
    """∂ℒ/∂p = 0."""


class UniformBackward0(Overwritten):
    """∂ℒ/∂x = 0."""


class NormalBackward0(Overwritten):
    """∂ℒ/∂x = 0."""


class ExponentialBackward0(Overwritten):
    """∂ℒ/∂x = 0."""


class BernoulliBackward2(Overwritten):
    """∂ℒ/∂x = 0."""


class RandomBackward0(Overwritten):  # of two bounds
    """∂ℒ/∂x = 0."""


class RandomBackward1(Overwritten):  # of one
    """∂ℒ/∂x = 0."""


class RandomBackward2(Overwritten):  # of none
    """∂ℒ/∂x = 0."""


def in_place_draw(draw: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The method that fills a tensor with what `draw` gives for it. (`draw` has the method's name already.)"""
    method = in_place(draw)
    method.__name__, method.__qualname__, method.__doc__ = draw.__name__, draw.__qualname__, draw.__doc__
    return method


@in_place_draw
def uniform_(input: Tensor, from_: float = 0, to: float = 1, *, generator: ArrayGenerator | None = None) -> Tensor:
    """x ← uniform numbers in [from, to)."""
    numbers = chosen(generator).uniform(input.array.shape, input.array.dtype, from_, to)
    return record(UniformBackward0, laid_out(numbers, input), input)


@in_place_draw
def normal_(input: Tensor, mean: float = 0, std: float = 1, *, generator: ArrayGenerator | None = None) -> Tensor:
    """x ← normal numbers of this mean and standard deviation: torch's bits up to 65,536, beyond within 3 ulps."""
    return record(NormalBackward0, normals_like(input, mean, std, generator), input)


@in_place_draw
def exact_normal_(input: Tensor, mean: float = 0, std: float = 1, *, generator: ArrayGenerator | None = None) -> Tensor:
    """`normal_`, but with torch's bits however many numbers there are: for weights, which are drawn only once."""
    return record(NormalBackward0, normals_like(input, mean, std, generator, exact=True), input)


@in_place_draw
def exponential_(input: Tensor, lambd: float = 1, *, generator: ArrayGenerator | None = None) -> Tensor:
    """x ← exponential numbers: waiting times of mean 1/λ."""
    numbers = chosen(generator).exponential(input.array.shape, input.array.dtype, lambd)
    return record(ExponentialBackward0, laid_out(numbers, input), input)


@in_place_draw
def bernoulli_(input: Tensor, p: Any = 0.5, *, generator: ArrayGenerator | None = None) -> Tensor:
    """x ← 1 with probability p, else 0; p is a number, or a tensor with a probability for each place."""
    if isinstance(p, Tensor):
        probabilities = in_memory_order(np.broadcast_to(p.array, input.array.shape), like=input.array)
        drawn = laid_out(chosen(generator).bernoulli_array(probabilities), input)
        return record(BernoulliBackward1, drawn, input, p)
    return record(BernoulliBackward2, laid_out(chosen(generator).bernoulli(input.array.shape, p), input), input)


@in_place_draw
def random_(
    input: Tensor, from_: int | None = None, to: int | None = None, *, generator: ArrayGenerator | None = None
) -> Tensor:
    """x ← integers in [from, to); with one number, in [0, from); with none, over the dtype's whole range from 0 on."""
    bounds = [bound for bound in (from_, to) if bound is not None]
    low, high = [(None, None), (0, *bounds), bounds][len(bounds)]
    numbers = chosen(generator).random(input.array.shape, input.array.dtype, low, high)
    node = (RandomBackward2, RandomBackward1, RandomBackward0)[len(bounds)]
    return record(node, laid_out(numbers, input), input)
