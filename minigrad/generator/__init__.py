"""Where every random number comes from: a seed becomes a row of 32-bit words, and the words become what is asked for.

`torch.manual_seed(0)` and `minigrad.manual_seed(0)` give the same weights, the same batches and the same dropout masks.
That takes two things: the same row of words, and from each draw the same arithmetic on the same number of them. One
word too many, and everything after it differs. Here there are NumPy arrays only; tensors are the business of
`minigrad/random.py`.

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
radii and then eight angles, in the dtype asked for, and nothing waits. Which logarithm, sine and cosine are taken
decides the last bit: up to 65,536 numbers, and for all weights, they are torch's own, see `polynomials.py`.

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

Verified on torch 2.14 and 2.15 for x86 with AVX2 or AVX-512. On processors without fused multiply-add torch's own last
bits differ, and so do its float32 normals from 16 on, which take their logarithms, sines and cosines from elsewhere.

Read next: `words.py`, `uniform.py`, `normal.py`, `integers.py`, each of which adds a kind of draw to those before; and
`rounding.py` and `polynomials.py` for the last bit.
"""

from .integers import Integers
from .normal import Normals
from .words import in_memory_order

__all__ = ["Generator", "in_memory_order"]


class Generator(Normals, Integers):
    """A row of random words with a place in it, and all the draws that take their words from there.

    `torch.Generator` for the CPU, on arrays. A fresh one starts from torch's fixed seed, 67280421310721.

    >>> import numpy as np
    >>> generator = Generator().manual_seed(0)
    >>> generator.uniform(3, np.float32)
    array([0.4962566 , 0.7682218 , 0.08847743], dtype=float32)
    >>> saved = generator.state_array()
    >>> generator.randperm(5), generator.set_state_array(saved).randperm(5)
    (array([0, 4, 2, 1, 3]), array([0, 4, 2, 1, 3]))
    """
