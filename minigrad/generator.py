"""Where every random number comes from: a seed becomes a row of 32-bit words, and the words become what is asked for.

`torch.manual_seed(0)` and `minigrad.manual_seed(0)` give the same weights, the same batches and the same dropout masks.
That takes two things: the same row of words, and from each draw the same arithmetic on the same number of them. One
word too many, and everything after it differs. This file knows NumPy arrays only; tensors are the business of
`random.py`, which is what to read next.

**The words.** A Mersenne Twister (MT19937) holds 624 words of 32 bits. It hands them out one by one, each scrambled a
little on the way; after the last it turns all 624 into the next 624 by shifts and exclusive-ors. The row repeats after
2¹⁹⁹³⁷ − 1 words, and any 623 in a row look independent. It is no secret: who has seen 624 words can compute all the
others. The seed fills the first 624 by a simple recurrence, of which only the seed's low 32 bits are used: the seeds 5
and 2³² + 5 give the same numbers. The twister itself is NumPy's; it is torch's too, seeded in the same way.
Source: Matsumoto & Nishimura 1998, "Mersenne Twister", ACM TOMACS 8(1), 3–30.

**Bits become a number in [0, 1).** A float32 has 24 significant bits, so that k · 2⁻²⁴ is exact for each integer k
from 0 to 2²⁴ − 1: equally spaced, equally likely, and never 1. With more bits the largest k would round up to 1, and
the small numbers would lie on a finer grid than the large ones. So a float32 takes the low 24 bits of one word. A
float64 has 53 significant bits: two words make a 64-bit integer, the first its high half, of which the low 53 bits are
k, and the number is k · 2⁻⁵³. From [0, 1) to [low, high) leads u · (high − low) + low; torch's processor instruction
rounds that once, not twice (see `fused_multiply_add`).

**Uniform numbers become normal ones.** Two independent standard normals x, y are a point in the plane whose angle is
uniform and whose squared distance from the origin is exponential with mean 2. Both are easy to draw, and back it goes:
r = √(−2 ln u₁), θ = 2π u₂, x = r cos θ, y = r sin θ. Source: Box & Muller 1958, "A Note on the Generation of Random
Normal Deviates", Ann. Math. Statist. 29(2), 610–611. Since ln 0 would be infinite, 1 − u stands for the u₁ in (0, 1].
Torch does this in two ways, and so do we. Fewer than 16 numbers are made pair by pair in float64; the second of a pair
that is not needed yet waits in the generator for the next such call. From 16 on they are made in blocks of 16, eight
radii and then eight angles, in the dtype asked for, and nothing waits. See `normal`.

**A uniform order.** For each place of a list from the first on, swap what is there with what is at a place drawn from
this one and all behind it; each of the n! orders is as likely as any other. Source: Fisher & Yates 1938; in this form,
which needs no second list, Durstenfeld 1964, "Algorithm 235: Random permutation", Comm. ACM 7(7), 420. The draw is a
word modulo the number of places left. A remainder favours the small values a little, since 2³² is no multiple of
most ranges; for ranges below 2²⁸ by less than 1 part in 16, for 60,000 by 1 in 70,000. From 2²⁸ on torch takes 64 bits.

**What each draw consumes**, in words, for n numbers:

    uniform, bernoulli from an array    float32 n, float64 2n
    bernoulli(p), dropout               2n, whatever the dtype
    normal, n < 16 or not contiguous    4 for each new pair, 0 for the number that waits
    normal, n ≥ 16                      float32 n, float64 2n; and as many again for 16 more, unless 16 divides n
    exponential                         2n, whatever the dtype
    randint, random with bounds         n if fewer than 2²⁸ integers are possible, otherwise 2n
    random without bounds               n, for int64 and float64 2n
    randperm                            n − 1
    multinomial                         2 for each weight; with replacement 2 for each sample, if more than one
    DataLoader                          2 when an iteration starts, shuffled or not: a base seed, `random((), np.int64)`

**The order in which memory is filled.** All draws here return a new array, filled row by row. Torch's in-place draws
fill a tensor as it lies in memory, so that `x.t().uniform_()` leaves in x what `x.uniform_()` would; the caller gets
that from `in_memory_order`. Only `normal` must know besides that its target is not contiguous.

Verified on torch 2.15 for x86 with AVX2 or AVX-512. On processors without fused multiply-add torch's own last bits
differ, and so do its float32 normals from 16 on, which take their logarithms, sines and cosines from elsewhere.
"""

import math
import secrets
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Array = NDArray[Any]
Shape = int | tuple[int, ...]

DEFAULT_SEED = 67280421310721  # torch's: what a Generator starts from until it is seeded
BLOCK = 1 << 15  # numbers that are worked on at once, so that they stay in the processor's cache; a multiple of 16
WIDE_RANGE = 1 << 28  # integers from a range of this size or more take 64 bits each

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


class Generator:
    """A row of random words with a place in it, and the draws that take their words from there.

    `torch.Generator` for the CPU, on arrays. A fresh one starts from torch's fixed seed, 67280421310721.

    >>> generator = Generator().manual_seed(0)
    >>> generator.uniform(3, np.float32)
    array([0.4962566 , 0.7682218 , 0.08847743], dtype=float32)
    >>> saved = generator.state_array()
    >>> generator.randperm(5), generator.set_state_array(saved).randperm(5)
    (array([0, 4, 2, 1, 3]), array([0, 4, 2, 1, 3]))

    Raises:
        RuntimeError: for a device other than the CPU.
    """

    device: str
    _seed: int  # as it was given, 64 bits
    _twister: np.random.RandomState  # of whose draws only the raw words are used
    _waiting: Array  # the second normal of the last pair, if nobody has taken it yet: float64, shape (0,) or (1,)

    def __init__(self, device: object = "cpu") -> None:
        if str(device).split(":")[0] != "cpu":
            raise RuntimeError(f"Device type {str(device).upper()} is not supported: minigrad computes on the CPU")
        self.device = "cpu"
        self._twister = np.random.RandomState()
        self.manual_seed(DEFAULT_SEED)

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
        self._twister.seed(self._seed % 2**32)
        self._waiting = np.empty(0)
        return self

    def initial_seed(self) -> int:
        """The seed that this row started from, in [0, 2⁶⁴)."""
        return self._seed

    def seed(self) -> int:
        """Start again from a seed that the operating system draws, an integer in [0, 2⁵³), and return it."""
        self.manual_seed(secrets.randbits(53))
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

        >>> Generator().manual_seed(0).random_raw(3)
        array([2357136044, 2546248239, 3071714933], dtype=uint32)
        """
        return self._twister.randint(2**32, size=n, dtype=np.uint32)

    def random_raw64(self, n: int) -> Array:
        """The next n pairs of words, uint64 in [0, 2⁶⁴): the first word is the high half.

        >>> Generator().manual_seed(0).random_raw64(1) == 2357136044 * 2**32 + 2546248239
        array([ True])
        """
        return self._twister.randint(2**64, size=n, dtype=np.uint64)

    # ---- floating-point numbers -------------------------------------------------------------------------------------

    def uniform(self, shape: Shape, dtype: DTypeLike = np.float32, low: float = 0.0, high: float = 1.0) -> Array:
        """x = u · (high − low) + low, with u uniform in [0, 1): `torch.rand`, `Tensor.uniform_`. Bit for bit.

        `low` and `high` are rounded to the dtype first, and the result is rounded, so that `high` itself can come out.
        Consumes one word a number for float32, two for float64.

        Raises:
            NotImplementedError: if the dtype is neither float32 nor float64.
            RuntimeError: if low > high, or if a bound or their difference is too large for the dtype.
        """
        dtype = float_dtype(dtype, "check_uniform_bounds")
        check_uniform_bounds(dtype, low, high)
        low, high = dtype.type(low), dtype.type(high)
        numbers = np.empty(shape, dtype)
        flat = numbers.reshape(-1)
        for block in blocks(flat.size):
            flat[block] = fused_multiply_add(self._unit(flat[block].size, dtype), high - low, low)
        return numbers

    def _unit(self, n: int, dtype: np.dtype[Any]) -> Array:
        """n numbers k · 2⁻²⁴ or k · 2⁻⁵³, uniform in [0, 1)."""
        if dtype == np.float32:
            return np.multiply(self.random_raw(n) & (2**24 - 1), 2**-24, dtype=np.float32)
        return np.multiply(self.random_raw64(n) & (2**53 - 1), 2**-53, dtype=np.float64)

    def normal(
        self,
        shape: Shape,
        dtype: DTypeLike = np.float32,
        mean: float = 0.0,
        std: float = 1.0,
        contiguous: bool = True,
    ) -> Array:
        """x = z · std + mean, with z standard normal: `torch.randn`, `Tensor.normal_`.

        Below 16 numbers, or if `contiguous` is False: pairs in float64, four words each, cosine first; a sine that is
        not needed waits for the next such call. Then rounded to the dtype. Bit for bit.

        From 16 on: blocks of 16 out of 16 uniform numbers. Unless 16 divides n, the last 16 are drawn once more, on
        top of what was there. In float32 torch computes logarithm, sine and cosine by short polynomials and NumPy by
        others: 5 numbers in 6 have the same bits, and the rest are within 3 units in the last place, but for 2 in a
        million (7 was the most in 30 million; counted at max(1, |z|), none was over 3). In float64 torch has them from
        the C library, and so has NumPy, save for the logarithm on AVX-512 processors: there 1 number in 500 is 1 or 2
        units off.

        `torch.normal(mean, std)` with tensors is `normal(shape)` of their broadcast shape, which the caller multiplies
        by std and then adds mean to (only if std is a number, it goes in here). It consumes what `normal(shape)` does.

        >>> Generator().manual_seed(0).normal(3)
        array([ 1.5409961, -0.2934289, -2.1787894], dtype=float32)

        Args:
            contiguous: whether the target is contiguous (`flags.c_contiguous`). Torch goes by that from 16 numbers on.

        Raises:
            NotImplementedError: if the dtype is neither float32 nor float64.
            RuntimeError: if std < 0.
        """
        if not std >= 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
        dtype = float_dtype(dtype, "normal_kernel_cpu")
        n = number_of_elements(shape)
        if n >= 16 and contiguous:
            return self._normals_in_blocks(n, dtype, mean, std).reshape(shape)
        return fused_multiply_add(self._normals_in_pairs(n), std, mean).astype(dtype, copy=False).reshape(shape)

    def _normals_in_pairs(self, n: int) -> Array:
        """n standard normals, float64; what is left of the last pair waits."""
        pairs = (n - self._waiting.size + 1) // 2
        angle, radius = self.uniform((pairs, 2), np.float64).T
        r, θ = np.sqrt(-2 * log1p(-radius)), 2 * np.pi * angle
        points = np.stack([r * np.cos(θ), r * np.sin(θ)], axis=1)  # (pairs, 2)
        numbers = np.concatenate([self._waiting, points.reshape(-1)])
        self._waiting = numbers[n:].copy()
        return numbers[:n]

    def _normals_in_blocks(self, n: int, dtype: np.dtype[Any], mean: float, std: float) -> Array:
        """n ≥ 16 normals; the last 16 drawn again unless 16 divides n."""
        mean, std = dtype.type(mean), dtype.type(std)
        numbers = np.empty(n, dtype)
        for block in blocks(n):
            uniform = self._unit(numbers[block].size, dtype)
            whole = uniform.size // 16 * 16  # less than the block's size only in the last one
            numbers[block][:whole] = fused_multiply_add(box_muller(uniform[:whole]), std, mean)
        if n % 16:
            numbers[-16:] = fused_multiply_add(box_muller(self._unit(16, dtype)), std, mean)
        return numbers

    def exponential(self, shape: Shape, dtype: DTypeLike = np.float32, lambd: float = 1.0) -> Array:
        """x = −ln(1 − u) / λ, in [0, ∞) with mean 1 / λ: `Tensor.exponential_`. Bit for bit.

        u is a float64 in [0, 1), so that each number takes two words; it solves 1 − exp(−λ x) = u.

        Raises:
            RuntimeError: if the dtype is neither float32 nor float64, or if not λ > 0.
        """
        dtype = np.dtype(dtype)
        if dtype not in (np.float32, np.float64):
            raise RuntimeError(
                "Exponential distribution is a continuous probability distribution. "
                f"dtype must be a floating point but you specified {dtype}"
            )
        if not lambd > 0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
        u = self.uniform(shape, np.float64)
        logarithm = log1p(-u) if dtype == np.float64 else np.log1p(-u)  # float32 drops the bit in which they differ
        return (-1 / lambd * logarithm).astype(dtype, copy=False)

    # ---- yes or no --------------------------------------------------------------------------------------------------

    def bernoulli(self, shape: Shape, p: float) -> Array:
        """True with probability p, as bool: u < p for a float64 u in [0, 1). `Tensor.bernoulli_(p)`. Bit for bit.

        Two words a number, whatever dtype the caller turns the booleans into, and also for p = 0 and p = 1.
        `dropout(input, p)` keeps where `bernoulli(input.shape, 1 - p)` is true (`dropout2d`: shape (N, C, 1, 1)) and
        divides by 1 − p; for p = 0, p = 1 and in evaluation torch draws nothing.

        >>> Generator().manual_seed(0).bernoulli(5, 0.5)
        array([False, False,  True, False, False])

        Raises:
            RuntimeError: if p is not in [0, 1].
        """
        if not 0 <= p <= 1:
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
        return self.uniform(shape, np.float64) < p

    def bernoulli_array(self, p: Array) -> Array:
        """True with the probability at its place in p, as bool: `torch.bernoulli(p)`, `Tensor.bernoulli_(p)`.

        The uniform numbers have p's own dtype: float32 takes one word a number, float64 two.

        Raises:
            NotImplementedError: if p is neither float32 nor float64.
            RuntimeError: if a probability is not in [0, 1]. Nothing has been drawn then; torch draws up to that place.
        """
        if not np.all((p >= 0) & (p <= 1)):
            raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false: probabilities are in [0, 1]")
        return self.uniform(p.shape, float_dtype(p.dtype, "bernoulli_tensor_cpu_p_")) < p

    # ---- integers ---------------------------------------------------------------------------------------------------

    def randint(self, low: int, high: int, shape: Shape, dtype: DTypeLike = np.int64) -> Array:
        """x = low + bits mod (high − low), in [low, high): `torch.randint`.

        The same as `random(shape, dtype, low, high)`, which tells the rest.

        >>> Generator().manual_seed(0).randint(1, 7, 5)  # five dice
        array([3, 4, 6, 1, 2])
        """
        return self.random(shape, dtype, low, high)

    def random(
        self, shape: Shape, dtype: DTypeLike = np.int64, low: int | None = None, high: int | None = None
    ) -> Array:
        """Integers in any dtype: `Tensor.random_()`, `random_(low, None)`, `random_(low, high)`. Bit for bit.

        Without bounds x is in [0, largest]: for an integer dtype its largest value, for a floating-point one 2²⁴ or
        2⁵³, up to which it has every integer. One word a number, for int64 and float64 two.

        With bounds x is in [low, high), or [low, largest] without `high`: one word a number if fewer than 2²⁸ values
        are possible, otherwise two. `low = −2⁶³` without `high` means all 64 bits. Torch's `random_(to)` has low = 0.
        A floating-point dtype that lacks the integers next to a bound moves the bound inwards.

        Raises:
            RuntimeError: if low ≥ high, or if a bound does not fit the dtype.
            NotImplementedError: without bounds, for dtypes that torch does not know there.
        """
        dtype = np.dtype(dtype)
        n = number_of_elements(shape)
        if low is None:
            return self._random_without_bounds(n, dtype).astype(dtype, copy=False).reshape(shape)
        if high is None and low == -(2**63):
            if dtype not in (np.int64, np.float32, np.float64):
                raise RuntimeError("random_full_64_bits_range_kernel_cpu handles only int64, double, float")
            return self.random_raw64(n).view(np.int64).astype(dtype, copy=False).reshape(shape)
        first, last = integer_bounds(dtype, low, high)
        count = last - first + 1
        offset = self.random_raw(n) % np.uint32(count) if count < WIDE_RANGE else self._remainder64(n, count)
        numbers = offset.astype(np.int64)
        numbers += first
        return numbers.astype(dtype, copy=False).reshape(shape)

    def _remainder64(self, n: int, count: int) -> Array:
        """n pairs of words modulo count, which may be all of 2⁶⁴."""
        return self.random_raw64(n) % np.uint64(count) if count < 2**64 else self.random_raw64(n)

    def _random_without_bounds(self, n: int, dtype: np.dtype[Any]) -> Array:
        """n integers in [0, largest of dtype]."""
        if dtype.kind not in "bif" and dtype != np.uint8:
            raise NotImplementedError(f"\"random_kernel_cpu\" not implemented for '{dtype}': give bounds")
        if dtype in (np.int64, np.float64):
            return self._remainder64(n, largest_integer(dtype) + 1)
        return self.random_raw(n) % np.uint32(largest_integer(dtype) + 1)

    def randperm(self, n: int) -> Array:
        """The integers 0 … n − 1 in a uniformly drawn order, int64: `torch.randperm`. Consumes n − 1 words.

        For i = 0, 1, …, n − 2: swap place i with place i + word mod (n − i). The swaps depend on each other, so this is
        a loop in Python over a list: about 8 ms for 60,000. From 2³² / 20 numbers on torch takes 64 bits for each; we
        do not follow it there.

        >>> Generator().manual_seed(0).randperm(5)
        array([4, 0, 1, 3, 2])

        Raises:
            RuntimeError: if n < 0.
        """
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
        i = np.arange(max(n - 1, 0))
        partners = i + self.random_raw(i.size) % (n - i)
        order = list(range(n))
        for place, partner in enumerate(partners.tolist()):
            order[place], order[partner] = order[partner], order[place]
        return np.array(order, np.int64)

    def multinomial(self, probs: Array, num_samples: int, replacement: bool = False) -> Array:
        """Indices of categories, drawn in proportion to `probs`, int64: `torch.multinomial`.

        Shape: (C) -> (num_samples), (N, C) -> (N, num_samples). The weights need not sum to one.

        Without replacement, or for a single sample: race C exponential clocks of rates p against each other, and the
        first to ring have the smallest E / p with E from `exponential`, so the largest p / E (two words a category).
        With replacement: look up each float64 u in the running sum of p (two words a sample).
        Where fewer than num_samples weights are positive, the categories of weight zero follow at the end in order;
        torch names them in no order that could be relied on.

        Raises:
            RuntimeError: if the weights have another shape or dtype, a negative or infinite one among them, or the sum
                zero; if num_samples ≤ 0, or without replacement > C.
        """
        check_multinomial(probs, num_samples, replacement)
        if replacement and num_samples > 1:
            return self._samples_with_replacement(probs, num_samples)
        race = np.empty_like(probs)  # lies in memory as probs does
        in_order = in_memory_order(race)
        in_order[...] = self.exponential(in_order.shape, probs.dtype)
        np.divide(probs, race, out=race)
        if num_samples == 1:
            return race.argmax(-1, keepdims=True)
        return np.argsort(-race, axis=-1, kind="stable")[..., :num_samples]

    def _samples_with_replacement(self, probs: Array, num_samples: int) -> Array:
        """For each row of probs, where u falls among the running sums."""
        running = np.cumsum(probs, axis=-1)
        running /= running[..., -1:].copy()
        running[..., -1] = 1
        u = self.uniform((*probs.shape[:-1], num_samples), np.float64)
        samples = np.empty(u.shape, np.int64)
        for row in np.ndindex(probs.shape[:-1]):
            samples[row] = np.searchsorted(running[row], u[row])
        return samples


# ---- the arithmetic -------------------------------------------------------------------------------------------------


def box_muller(uniform: Array) -> Array:
    """Turn uniform numbers in [0, 1) into as many standard normals, in place, in blocks of 16.

    The first eight make radii r = √(−2 ln(1 − u)), the other eight angles θ = 2π u; in their places come the eight
    r cos θ and the eight r sin θ. Shape: (16 B) -> (16 B).
    """
    first, second = uniform.reshape(-1, 2, 8).swapaxes(0, 1)  # (B, 8) each, views
    two, two_pi = uniform.dtype.type(2), uniform.dtype.type(2 * np.pi)
    r, θ = np.sqrt(-two * np.log(1 - first)), two_pi * second
    np.multiply(r, np.cos(θ), out=first)
    np.multiply(r, np.sin(θ), out=second)
    return uniform


def fused_multiply_add(x: Array, scale: Any, shift: Any) -> Array:
    """y = x · scale + shift, rounded once, as the processor's instruction of that name does; NumPy alone rounds twice.

    The rounding errors of a float64 product and sum are float64 numbers themselves. They are computed, added up, and
    put back at the end. (In float32 the float64 product has no error: 24 bits times 24 bits fit into 53.)
    Not for |x| or |scale| above 2⁹⁹⁵, where `split` overflows.
    Source: Boldo & Melquiond 2008, "Emulation of a FMA and correctly rounded sums", IEEE Trans. Comput. 57(4), 462–471.

    >>> x = np.array([0.1])
    >>> x * 10 - 1, fused_multiply_add(x, 10.0, -1.0)  # 0.1 is stored as 0.1000000000000000055511…
    (array([0.]), array([5.55111512e-17]))
    """
    if shift == 0:
        return x if scale == 1 else x * scale  # nothing to add: one rounding anyway
    if x.dtype == np.float32:
        return round_to_odd(*two_sum(x * np.float64(scale), np.float64(shift))).astype(np.float32)
    product, product_error = two_product(x, scale)
    total, total_error = two_sum(product, shift)
    return total + round_to_odd(*two_sum(product_error, total_error))


def two_sum(a: Array, b: Any) -> tuple[Array, Array]:
    """a + b in float64, and what rounding took from it. Source: Knuth, TAOCP vol. 2, section 4.2.2, theorem B."""
    total = a + b
    b_seen = total - a
    return total, (a - (total - b_seen)) + (b - b_seen)


def two_product(a: Array, b: Any) -> tuple[Array, Array]:
    """a · b in float64, and what rounding took from it. Source: Dekker 1971, Numer. Math. 18, 224–242."""
    product = a * b
    (a_high, a_low), (b_high, b_low) = split(a), split(b)
    return product, a_low * b_low - (product - a_high * b_high - a_low * b_high - a_high * b_low)


def split(x: Any) -> tuple[Any, Any]:
    """x = high + low, each of 26 bits or fewer, so that products of two such halves are exact in float64."""
    carried = x * (2.0**27 + 1)
    high = carried - (carried - x)
    return high, x - high


def round_to_odd(total: Array, lost: Array) -> Array:
    """total + lost: where anything was lost, the neighbour with last bit 1, so no later rounding sees a false tie."""
    if lost.any():
        move = (lost != 0) & (total.view(np.int64) & 1 == 0)
        total[move] = np.nextafter(total[move], np.copysign(np.inf, lost[move]))
    return total


def log1p(x: Array) -> Array:
    """ln(1 + x) by the C library, number by number, as torch does it; NumPy's own may differ in the last bit."""
    return np.fromiter(map(math.log1p, x.reshape(-1).tolist()), np.float64, x.size).reshape(x.shape)


# ---- which memory, which bounds -------------------------------------------------------------------------------------


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


def float_dtype(dtype: DTypeLike, kernel: str) -> np.dtype[Any]:
    """The dtype, if it is float32 or float64."""
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{dtype}': use float32 or float64")
    return dtype


def check_uniform_bounds(dtype: np.dtype[Any], low: float, high: float) -> None:
    """Raise RuntimeError unless low ≤ high, and the dtype holds both and their difference."""
    largest = float(np.finfo(dtype).max)
    for name, bound in (("from", low), ("to", high)):
        if not -largest <= bound <= largest:
            raise RuntimeError(f"{name} is out of bounds for {dtype}: {bound:g}")
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    if high - low > largest:
        raise RuntimeError(f"uniform_ expects to-from <= {largest:g}, but found to={high:g} and from={low:g}")


def largest_integer(dtype: np.dtype[Any]) -> int:
    """The largest value of an integer dtype; of a floating-point one the end of the integers without gaps."""
    if dtype.kind == "f":
        return 2 ** (np.finfo(dtype).nmant + 1)
    return 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)


def smallest_integer(dtype: np.dtype[Any]) -> int:
    """The smallest value of an integer dtype."""
    return 0 if dtype.kind == "b" else int(np.iinfo(dtype).min)


def integer_bounds(dtype: np.dtype[Any], low: int, high: int | None) -> tuple[int, int]:
    """The first and the last integer in [low, high) that the dtype can hold without leaving that range by rounding.

    >>> integer_bounds(np.dtype(np.float32), 0, 2**28)  # float32 has no 2²⁸ − 1: the next below 2²⁸ is 2²⁸ − 16
    (0, 268435439)
    """
    if high is not None and low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    if dtype.kind == "f":
        if int(dtype.type(low + 1)) < low:
            low = int(np.nextafter(dtype.type(low + 1), dtype.type(np.inf)))
        if high is not None and int(dtype.type(high - 1)) >= high:
            high = int(np.nextafter(dtype.type(high - 1), dtype.type(-np.inf)))
    last = largest_integer(dtype) if high is None else high - 1
    if low > last:
        raise RuntimeError(
            "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, "
            f"but got from={low} >= to={last + 1}"
        )
    if dtype.kind != "f":
        for name, bound in (("from", low), ("to - 1", last)):
            if not smallest_integer(dtype) <= bound <= largest_integer(dtype):
                raise RuntimeError(f"{name} is out of bounds for {dtype}: {bound}")
    return low, last


def check_multinomial(probs: ArrayLike, num_samples: int, replacement: bool) -> None:
    """Raise torch's RuntimeError unless probs are weights from which num_samples can be drawn."""
    probs = np.asarray(probs)
    if probs.ndim not in (1, 2):
        raise RuntimeError(f"prob_dist must be 1 or 2 dim, but got {probs.ndim} dim")
    if probs.dtype not in (np.float32, np.float64):
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {probs.dtype}")
    if num_samples <= 0:
        raise RuntimeError(f"cannot sample n_sample <= 0 samples: {num_samples}")
    if not replacement and num_samples > probs.shape[-1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement: "
            f"{num_samples} of {probs.shape[-1]} categories"
        )
    if not np.all((probs >= 0) & (probs < np.inf)):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if np.any(probs.sum(-1) == 0):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
