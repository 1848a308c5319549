"""The words: the twister, its seed and its state, which torch and minigrad can exchange.

Read next: `rounding.py`, or straight on to `uniform.py`.
"""

import math
import os
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = int | tuple[int, ...]

DEFAULT_SEED = 67280421310721  # torch's: what a Generator starts from until it is seeded
BLOCK = 1 << 17  # numbers that are worked on at once, so that they stay in the processor's cache; a multiple of 16


# The bytes of torch's `get_state()`, as C lays them out: 5,056 in all.
STATE = np.dtype(
    [
        ("seed", np.uint64),
        ("left", np.int32),  # words left until the twister turns, plus one
        ("seeded", np.int32),  # always 1
        ("next", np.uint64),  # the place of the next word
        ("words", np.uint64, 624),  # 32 bits used of each
        ("unused_angle", np.float64),
        ("waiting_normal", np.float64),
        ("unused_radius", np.float64),
        ("a_normal_waits", np.int32),
        ("unused_float_normal", np.float32),
        ("unused_flag", np.bool_),
    ],
    align=True,
)

class Words:
    """A row of random words with a place in it. A fresh one starts from torch's fixed seed, 67280421310721.

    >>> words = Words().manual_seed(0)
    >>> saved = words.state_array()
    >>> words.random_raw(2), words.set_state_array(saved).random_raw(2)
    (array([2357136044, 2546248239], dtype=uint32), array([2357136044, 2546248239], dtype=uint32))
    """

    _seed: int  # as it was given, 64 bits
    _waiting: Array  # the second normal of the last pair, if nobody has taken it yet: float64, shape (0,) or (1,)

    def __init__(self) -> None:
        self.manual_seed(DEFAULT_SEED)

    @cached_property
    def _twister(self) -> "np.random.RandomState":
        """Of whose draws only the raw words are used. Made when it is needed: NumPy loads its `random` only then."""
        return np.random.RandomState(self._seed % 2**32)

    # ---- the seed and the state -------------------------------------------------------------------------------------

    def manual_seed(self, seed: int) -> Self:
        """Start again from `seed`, an integer in [−2⁶³, 2⁶⁴); a negative one counts as seed + 2⁶⁴. Returns self.

        Raises:
            ValueError: if the seed does not fit into 64 bits.
            RuntimeError: if it is no integer.
        """
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        if not -(2**63) <= seed < 2**64:
            raise ValueError(f"Overflow when unpacking long long: a seed is in [-2**63, 2**64), but got {seed}")
        self._seed = int(seed) % 2**64
        self.__dict__.pop("_twister", None)  # the next draw makes one from this seed
        self._waiting = np.empty(0)
        return self

    def initial_seed(self) -> int:
        """The seed that this row started from, in [0, 2⁶⁴)."""
        return self._seed

    def seed(self) -> int:
        """Start again from a seed that the operating system draws, an integer in [0, 2⁵³), and return it."""
        self.manual_seed(int.from_bytes(os.urandom(7)) >> 3)
        return self._seed

    def state_array(self) -> Array:
        """Seed, twister, place and waiting normal as torch's own 5,056 bytes, uint8: `torch.Generator` accepts them."""
        twister = self._twister.get_state(legacy=False)["state"]
        words, place = twister["key"], twister["pos"]
        state = np.zeros((), STATE)
        state["seed"], state["seeded"], state["words"] = self._seed, 1, words
        state["left"] = 625 - place
        # Until the twister turns for the first time, its first word is the seed; torch calls that place 0, NumPy 624.
        state["next"] = 0 if place == 624 and words[0] == self._seed % 2**32 else place
        if self._waiting.size:
            state["waiting_normal"], state["a_normal_waits"] = self._waiting[0], 1
        return np.frombuffer(state.tobytes(), np.uint8).copy()

    def set_state_array(self, state: Array) -> Self:
        """Go back to where `state` was saved, by `state_array` here or by `get_state` in torch. Returns self.

        Raises:
            TypeError: if the state is no array of bytes.
            RuntimeError: if it has another length or is no twister's state.
        """
        if state.dtype != np.uint8:
            raise TypeError(f"RNG state must be a torch.ByteTensor: uint8 numbers, but got {state.dtype}")
        if state.size != STATE.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE.itemsize} "
                f"but found the input RNG state size to be {state.size}"
            )
        fields = np.frombuffer(state.tobytes(), STATE)[0]
        if fields["seeded"] != 1 or not 0 < fields["left"] <= 624 or fields["next"] > 624:
            raise RuntimeError("Invalid mt19937 state: expected what state_array() or torch's get_state() returned")
        place = 624 if fields["left"] == 1 else int(fields["next"])
        words = fields["words"].astype(np.uint32)
        self._twister.set_state({"bit_generator": "MT19937", "state": {"key": words, "pos": place}})
        self._seed = int(fields["seed"])
        self._waiting = np.array([fields["waiting_normal"]] if fields["a_normal_waits"] else [])
        return self

    # ---- words ------------------------------------------------------------------------------------------------------

    def random_raw(self, n: int) -> Array:
        """The next n words, uint32 in [0, 2³²).

        >>> Words().manual_seed(0).random_raw(3)
        array([2357136044, 2546248239, 3071714933], dtype=uint32)
        """
        return self._twister.randint(2**32, size=n, dtype=np.uint32)

    def random_raw64(self, n: int) -> Array:
        """The next n pairs of words, uint64 in [0, 2⁶⁴): the first word is the high half.

        >>> Words().manual_seed(0).random_raw64(1) == 2357136044 * 2**32 + 2546248239
        array([ True])
        """
        return self._twister.randint(2**64, size=n, dtype=np.uint64)

def number_of_elements(shape: Shape) -> int:
    """The product of the sizes; 1 for the shape ()."""
    return shape if isinstance(shape, int) else math.prod(shape)


def blocks(n: int) -> Iterator[slice]:
    """Slices that cover n numbers, `BLOCK` at a time."""
    return (slice(start, start + BLOCK) for start in range(0, n, BLOCK))


def in_memory_order(array: Array, like: Array | None = None) -> Array:
    """A view whose axes are so ordered that going through it row by row is going through memory from front to back.

    Torch fills tensors in that order. For an in-place draw: `view = in_memory_order(x)`, then
    `view[...] = generator.uniform(view.shape, x.dtype)`. With `like`, the order is that of another array of this shape:
    `view[...] = generator.bernoulli_array(in_memory_order(p, like=x))`.

    >>> x = np.zeros((2, 3)).T
    >>> in_memory_order(x)[...] = np.arange(6).reshape(2, 3)
    >>> x.tolist()
    [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
    """
    strides = (array if like is None else like).strides
    return array.transpose(sorted(range(array.ndim), key=lambda axis: -strides[axis]))
