"""The array-level generator against torch's, number by number, and against what probability theory says by itself."""

import copy
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from processors import needs_one_rounding, needs_short_polynomials, torch_has_short_polynomials

from minigrad.generator import Generator, in_memory_order
from minigrad.generator.integers import integer_bounds
from minigrad.generator.normal import EXACT_UP_TO, box_muller, exact_box_muller
from minigrad.generator.rounding import fused_multiply_add
from minigrad.generator.words import BLOCK

SEEDS = [0, 1, -1, -(2**63), 2**32 - 1, 2**32, 2**32 + 5, 2**63, 2**64 - 1]
SIZES = [*range(71), 623, 624, 625, 1247, 1248, 1249, 32767, 32768, 32769, BLOCK - 1, BLOCK + 1, 2 * BLOCK + 17]
FLOATS = [(np.float32, torch.float32), (np.float64, torch.float64)]
INTEGERS = [
    (np.int64, torch.int64),
    (np.int32, torch.int32),
    (np.int16, torch.int16),
    (np.int8, torch.int8),
    (np.uint8, torch.uint8),
    (np.bool_, torch.bool),
]
TORCH_DTYPE = dict(FLOATS + INTEGERS)


# Draws of more than EXACT_UP_TO normals use NumPy's logarithm, sine and cosine: in float32 each is within 1 ulp of
# torch's, and so the product within 3; in float64 NumPy's AVX-512 logarithm differs, by 1 ulp, and r · cos by 2.
ULPS = {np.float32: 3, np.float64: 2}

# Without its AVX2 kernel torch also rounds the angles otherwise, by up to 2π · 2⁻²⁴, times a radius of up to 5.8.
ULPS_OF_ANOTHER_KERNEL = 30

def both(seed: int = 0) -> tuple[Generator, torch.Generator]:
    return Generator().manual_seed(seed), torch.Generator().manual_seed(seed)


def empty(shape, dtype) -> torch.Tensor:
    return torch.empty(shape, dtype=TORCH_DTYPE[dtype])


def assert_same(ours: np.ndarray, theirs: torch.Tensor) -> None:
    """The same dtype, shape and bits (a zero of either sign)."""
    assert ours.dtype == theirs.numpy().dtype
    np.testing.assert_array_equal(ours, theirs.numpy(), strict=True)


def assert_normals_agree(ours: np.ndarray, theirs: torch.Tensor, exact: bool = False) -> None:
    """Standard normals from 16 on: torch's bits up to EXACT_UP_TO or where `exact`, and beyond that within `ULPS`."""
    expected, kind = theirs.numpy(), ours.dtype.type
    assert ours.dtype == expected.dtype and ours.shape == expected.shape
    apart = np.abs(ours.astype(float) - expected)
    if kind == np.float32 and not torch_has_short_polynomials():
        assert np.all(apart <= ULPS_OF_ANOTHER_KERNEL * np.finfo(kind).eps * np.maximum(1, np.abs(expected)))
    elif exact or ours.size <= EXACT_UP_TO:
        assert_same(ours, theirs)
    else:
        assert np.all(apart <= ULPS[kind] * np.spacing(np.abs(expected)))


def assert_same_place(ours: Generator, theirs: torch.Generator) -> None:
    """Both have consumed the same, and the same normal waits, up to NumPy's last bit."""
    np.testing.assert_array_equal(ours.state_array(), theirs.get_state().numpy())


# ---- the seed -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_starts_the_same_row_of_words(seed):
    ours, theirs = both(seed)
    assert ours.initial_seed() == theirs.initial_seed()
    assert_same_place(ours, theirs)
    assert_same(ours.uniform(1300), torch.rand(1300, generator=theirs))
    assert_same_place(ours, theirs)


def test_only_the_low_32_bits_of_a_seed_matter_to_the_numbers():
    np.testing.assert_array_equal(both(5)[0].random_raw(700), both(2**32 + 5)[0].random_raw(700))
    assert both(2**32 + 5)[0].initial_seed() == 2**32 + 5


def test_a_fresh_generator_starts_from_torchs_fixed_seed():
    assert Generator().initial_seed() == torch.Generator().initial_seed()
    assert_same_place(Generator(), torch.Generator())


def test_seeding_again_forgets_the_normal_that_waits():
    ours, theirs = both(3)
    ours.normal(1)
    assert_same_place(ours.manual_seed(3), theirs)


def test_manual_seed_returns_the_generator_itself():
    generator = Generator()
    assert generator.manual_seed(1) is generator


def test_seed_is_another_one_each_time_fits_53_bits_and_can_be_used_again():
    generator = Generator()
    seeds = [generator.seed() for _ in range(20)]
    assert len(set(seeds)) == 20 and all(0 <= seed < 2**53 for seed in seeds)
    first = generator.random_raw(5)
    np.testing.assert_array_equal(Generator().manual_seed(seeds[-1]).random_raw(5), first)
    assert generator.initial_seed() == seeds[-1]


@pytest.mark.parametrize("seed", [-(2**63) - 1, 2**64, 1.5, "1", True])
def test_a_seed_outside_64_bits_or_no_integer_is_refused_as_in_torch(seed):
    assert_raises_alike(lambda: Generator().manual_seed(seed), lambda: torch.Generator().manual_seed(seed))


# ---- the state ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [0, 1, 2, 623, 624, 625, 1248, 1300])
@pytest.mark.parametrize("normals", [0, 1, 2])
def test_the_state_is_torchs_byte_for_byte_and_either_side_goes_on_from_the_others(words, normals):
    ours, theirs = both(7)
    ours.uniform(words), torch.rand(words, generator=theirs)
    ours.normal(normals), torch.randn(normals, generator=theirs)
    assert_same_place(ours, theirs)
    ours_next, theirs_next = Generator(), torch.Generator()
    ours_next.set_state_array(theirs.get_state().numpy())
    theirs_next.set_state(torch.from_numpy(ours.state_array()))
    assert ours_next.initial_seed() == theirs_next.initial_seed() == 7
    assert_same(ours_next.normal(3), torch.randn(3, generator=theirs))
    assert_same(ours.normal(5), torch.randn(5, generator=theirs_next))
    assert_same_place(ours, theirs_next)


def test_a_saved_state_is_a_copy_that_later_draws_leave_alone():
    generator = Generator().manual_seed(1)
    saved = generator.state_array()
    kept = saved.copy()
    drawn = generator.normal(5)
    np.testing.assert_array_equal(saved, kept)
    saved_again = generator.set_state_array(saved).state_array()
    saved[:] = 0  # what the generator took is its own
    np.testing.assert_array_equal(saved_again, kept)
    np.testing.assert_array_equal(generator.normal(5), drawn)


def test_a_copied_generator_goes_on_by_itself():
    generator = Generator().manual_seed(1)
    generator.normal(1)
    twin = copy.deepcopy(generator)
    np.testing.assert_array_equal(twin.normal(4), generator.normal(4))
    twin.random_raw(1)
    assert not np.array_equal(twin.state_array(), generator.state_array())


@pytest.mark.parametrize("state", [np.zeros(5056, np.uint8), np.zeros(5055, np.uint8), np.zeros(5056, np.float32)])
def test_what_is_no_state_is_refused_as_in_torch(state):
    assert_raises_alike(
        lambda: Generator().set_state_array(state), lambda: torch.Generator().set_state(torch.from_numpy(state))
    )


# ---- words ----------------------------------------------------------------------------------------------------------


def test_the_words_of_seed_5489_are_those_of_the_authors_program():
    """The default seed of mt19937ar.c; 4123659995 as the ten thousandth word is in the C++ standard, [rand.predef]."""
    words = Generator().manual_seed(5489).random_raw(10000)
    assert words[:3].tolist() == [3499211612, 581869302, 3890346734] and words[-1] == 4123659995


@pytest.mark.parametrize("n", [0, 1, 2, 3, 311, 312, 313, 1000])
def test_a_pair_of_words_has_its_first_word_as_the_high_half(n):
    words = Generator().manual_seed(9).random_raw(2 * n).astype(np.uint64)
    np.testing.assert_array_equal(Generator().manual_seed(9).random_raw64(n), (words[0::2] << 32) | words[1::2])


def test_words_drawn_in_pieces_are_the_words_drawn_at_once():
    pieces = Generator().manual_seed(9)
    np.testing.assert_array_equal(
        np.concatenate([pieces.random_raw(n) for n in (0, 1, 5, 623, 1, 700)]), both(9)[0].random_raw(1330)
    )


# ---- each draw against torch's --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["uniform", "normal", "exponential", "bernoulli", "bernoulli_array", "random"])
def test_every_size_draws_and_consumes_what_torch_does(kind, dtype):
    ours, theirs = both(11)
    for n in SIZES:
        if kind == "normal" and n >= 16:
            assert_normals_agree(ours.normal(n, dtype), empty(n, dtype).normal_(generator=theirs))
        else:
            draw(kind, n, dtype, ours, theirs)
        if n < 3000:
            assert_same_place(ours, theirs)
    assert_same_place(ours, theirs)


def draw(kind, shape, dtype, ours, theirs):
    """One draw on both sides, which must give the same bits."""
    if kind == "uniform":
        assert_same(ours.uniform(shape, dtype), empty(shape, dtype).uniform_(generator=theirs))
    elif kind == "normal":
        assert_same(ours.normal(shape, dtype), empty(shape, dtype).normal_(generator=theirs))
    elif kind == "exponential":
        assert_same(ours.exponential(shape, dtype), empty(shape, dtype).exponential_(generator=theirs))
    elif kind == "bernoulli":
        drawn = empty(shape, dtype).bernoulli_(0.3, generator=theirs)
        assert_same(ours.bernoulli(shape, 0.3).astype(dtype), drawn)
    elif kind == "bernoulli_array":
        p = np.random.default_rng(0).random(shape).astype(dtype)
        assert_same(ours.bernoulli_array(p).astype(dtype), torch.bernoulli(torch.from_numpy(p), generator=theirs))
    elif kind == "random":
        assert_same(ours.random(shape, dtype), empty(shape, dtype).random_(generator=theirs))


@needs_one_rounding
@pytest.mark.parametrize("low, high", [(1.0, 1.0 + 2**-23), (1.0, 1.0 + 3 * 2**-23), (-0.0, 0.0), (0.0, -0.0)])
def test_uniform_never_gives_the_upper_bound(low, high):
    ours, theirs = both(3)
    numbers, drawn = ours.uniform(1000, np.float32, low, high), empty(1000, np.float32)
    assert_same(numbers, drawn.uniform_(low, high, generator=theirs))
    assert np.array_equal(np.signbit(numbers), drawn.signbit().numpy())


BOUNDS = [(-1 / math.sqrt(577), 1 / math.sqrt(577)), (0.1, 0.7), (-3, 5), (1e-3, 1e3), (1e-30, 3), (2, 2)]


@needs_one_rounding
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("low, high", BOUNDS)
def test_uniform_between_bounds_has_torchs_bits(low, high, dtype):
    ours, theirs = both(12)
    drawn = empty(40_000, dtype).uniform_(low, high, generator=theirs)
    assert_same(ours.uniform(40_000, dtype, low, high), drawn)
    assert_same_place(ours, theirs)


@needs_one_rounding
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("mean, std", [(0, 0.02), (0.3, 1.7), (1e-30, 3), (5, 0)])
def test_normals_of_the_pair_kind_have_torchs_bits_with_mean_and_std(mean, std, dtype):
    ours, theirs = both(13)
    assert_same(ours.normal(15, dtype, mean, std), empty(15, dtype).normal_(mean, std, generator=theirs))
    scattered = empty(10_000, dtype)[::2]
    assert_same(ours.normal(5000, dtype, mean, std, contiguous=False), scattered.normal_(mean, std, generator=theirs))
    assert_same_place(ours, theirs)


@needs_one_rounding
@needs_short_polynomials
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("mean, std", [(0, 1), (0, 0.02), (0.3, 1.7), (5, 0), (1, 2), (-3, 0.5), (1, 0.02)])
@pytest.mark.parametrize("n, exact", [(16, False), (EXACT_UP_TO, False), (EXACT_UP_TO + 7, True)])
def test_normals_of_the_block_kind_have_torchs_bits(n, exact, mean, std, dtype):
    ours, theirs = both(14)
    drawn = empty(n, dtype).normal_(mean, std, generator=theirs)
    assert_same(ours.normal(n, dtype, mean, std, exact=exact), drawn)
    assert_same_place(ours, theirs)


@pytest.mark.parametrize("dtype, equal", [(np.float32, 0.9), (np.float64, 0.99)])
@pytest.mark.parametrize("n", [EXACT_UP_TO + 1, 1 << 20])
def test_large_draws_are_within_a_few_ulps_and_most_have_torchs_bits(n, dtype, equal):
    ours, theirs = both(15)
    x, y = ours.normal(n, dtype), empty(n, dtype).normal_(generator=theirs)
    assert_normals_agree(x, y)
    assert np.mean(x == y.numpy()) > (equal if torch_has_short_polynomials() else 0)
    assert_same_place(ours, theirs)


def test_radius_sine_and_cosine_of_the_quick_kind_are_each_within_one_ulp_of_the_exact_kind():
    """From which it follows that their products are within 3: for one in 16 of all u, and those where cos θ is 0."""
    u = np.append(np.arange(5, 2**24, 16) * 2.0**-24, [0.25, 0.75]).astype(np.float32)
    full_turn, unit_radius = np.zeros_like(u), np.full_like(u, 1 - math.exp(-0.5))
    for first, second in [(u, full_turn), (unit_radius, u)]:  # r cos 0 = r; 1 cos θ and 1 sin θ
        quick, exact = box_muller(first, second), exact_box_muller(first, second)
        assert np.all(np.abs(quick - exact) <= np.spacing(np.abs(exact)))


def test_the_waiting_normal_is_the_same_for_both_dtypes_and_survives_other_draws():
    ours, theirs = both(16)
    assert_same(ours.normal(3, np.float32), torch.randn(3, generator=theirs))
    assert_same(ours.uniform(5), torch.rand(5, generator=theirs))
    assert ours.normal(32, np.float32).shape == torch.randn(32, generator=theirs).shape
    assert_same(ours.normal(0, np.float64), torch.randn(0, dtype=torch.float64, generator=theirs))
    assert_same(ours.normal((), np.float64), torch.randn((), dtype=torch.float64, generator=theirs))
    assert_same_place(ours, theirs)


@pytest.mark.parametrize("p", [0.0, 0.25, 0.5, 1 / 3, 1.0])
def test_bernoulli_draws_two_words_a_number_for_every_p(p):
    ours, theirs = both(17)
    assert_same(ours.bernoulli((20, 30), p), torch.empty(20, 30, dtype=torch.bool).bernoulli_(p, generator=theirs))
    assert_same_place(ours, theirs)


@pytest.mark.parametrize("p", [0.25, 0.5, 1 / 3])
def test_dropout_keeps_where_bernoulli_of_1_minus_p_is_true(p):
    torch.manual_seed(18)
    kept = torch.nn.functional.dropout(torch.ones(7, 9), p) != 0
    kept2d = torch.nn.functional.dropout2d(torch.ones(7, 9, 2, 2), p)[:, :, :1, :1] != 0
    ours = Generator().manual_seed(18)
    assert_same(ours.bernoulli((7, 9), 1 - p), kept)
    assert_same(ours.bernoulli((7, 9, 1, 1), 1 - p), kept2d)
    assert_same_place(ours, torch.default_generator)


@pytest.mark.parametrize("p, training", [(0.0, True), (1.0, True), (0.5, False)])
def test_dropout_that_keeps_all_or_nothing_draws_nothing(p, training):
    torch.manual_seed(18)
    torch.nn.functional.dropout(torch.ones(7, 9), p, training)
    assert_same_place(Generator().manual_seed(18), torch.default_generator)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [0.3, 1.7, 1000, math.inf])
def test_exponential_has_torchs_bits_for_every_rate(rate, dtype):
    ours, theirs = both(19)
    drawn = empty(3000, dtype).exponential_(rate, generator=theirs)
    assert_same(ours.exponential(3000, dtype, rate), drawn)
    assert_same_place(ours, theirs)


RANGES = [(0, 1), (0, 2), (-5, 5), (3, 100), (0, 2**15 - 1), (0, 2**24 + 1), (0, 2**28 - 1), (0, 2**28), (1, 2**28)]
RANGES += [(1, 2**28 + 1), (-(2**30), 2**30), (0, 2**31 - 1), (0, 2**32 + 3), (-(2**63), 2**63 - 1), (2**25, 2**25 + 7)]
RANGES += [(2**25 + 1, 2**25 + 15)]


@pytest.mark.filterwarnings("ignore:.* is out of bounds")
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.int16, np.uint8, np.bool_, np.float32, np.float64])
@pytest.mark.parametrize("low, high", RANGES)
def test_integers_between_bounds_are_torchs_or_refused_as_there(low, high, dtype):
    ours, theirs = both(20)
    try:
        drawn = empty(100, dtype).random_(low, high, generator=theirs)
    except RuntimeError as error:
        with pytest.raises(RuntimeError, match=str(error).split(" for ")[0]):
            ours.random(100, dtype, low, high)
    else:
        assert_same(ours.random(100, dtype, low, high), drawn)
        assert_same_place(ours, theirs)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.int16, np.int8, np.uint8, np.bool_, np.float32, np.float64])
@pytest.mark.parametrize("low", [None, 0, 1, 100, -5, -(2**63)])
def test_integers_without_an_upper_bound_are_torchs_or_refused_as_there(low, dtype):
    ours, theirs = both(21)
    theirs_draw = [] if low is None else [low, None]
    try:
        drawn = empty(100, dtype).random_(*theirs_draw, generator=theirs)
    except RuntimeError:
        with pytest.raises(RuntimeError):
            ours.random(100, dtype, low)
    else:
        assert_same(ours.random(100, dtype, low), drawn)
        assert_same_place(ours, theirs)


@pytest.mark.parametrize("n", [*range(71), 624, 1000, 60_000])
def test_randperm_is_torchs(n):
    ours, theirs = both(n)
    assert_same(ours.randperm(n), torch.randperm(n, generator=theirs))
    assert_same_place(ours, theirs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(3,), (5,), (3, 7), (2, 400), (0, 3), (4, 3)])
@pytest.mark.parametrize("num_samples, replacement", [(1, False), (1, True), (3, False), (3, True), (50, True)])
def test_multinomial_is_torchs(shape, num_samples, replacement, dtype):
    ours, theirs = both(22)
    weights = np.random.default_rng(1).random(shape).astype(dtype) + dtype(0.01)
    drawn = torch.multinomial(torch.from_numpy(weights), num_samples, replacement, generator=theirs)
    assert_same(ours.multinomial(weights, num_samples, replacement), drawn)
    assert_same_place(ours, theirs)


def test_multinomial_of_transposed_weights_draws_as_they_lie_in_memory():
    ours, theirs = both(23)
    weights = np.random.default_rng(1).random((40, 3)).astype(np.float32).T
    drawn = torch.multinomial(torch.from_numpy(weights), 5, generator=theirs)
    assert_same(ours.multinomial(weights, 5), drawn)


def test_multinomial_with_replacement_never_names_a_weight_of_zero():
    weights = np.array([0, 0.5, 0, 0.5, 0], np.float32)
    assert set(Generator().multinomial(weights, 1000, True).tolist()) == {1, 3}
    assert set(Generator().multinomial(weights, 2).tolist()) == {1, 3}


def test_the_base_seed_of_a_data_loader_is_one_random_int64():
    data = torch.utils.data.TensorDataset(torch.arange(6))
    torch.manual_seed(24)
    list(torch.utils.data.DataLoader(data))
    ours = Generator().manual_seed(24)
    assert 0 <= ours.random((), np.int64) < 2**63
    assert_same_place(ours, torch.default_generator)
    (batch,) = next(iter(torch.utils.data.DataLoader(data, batch_size=6, shuffle=True)))
    ours.random((), np.int64)  # the base seed again; then the seed of the order
    order = Generator().manual_seed(int(ours.random((), np.int64))).randperm(6)
    assert_same(order, batch)


@pytest.mark.parametrize("mean, std", [((5, 1), (1, 4)), ((40, 1), (1, 3)), ((3,), ())])
def test_normals_with_arrays_of_mean_and_std_consume_what_one_normal_of_the_broadcast_shape_does(mean, std):
    ours, theirs = both(25)
    drawn = torch.normal(torch.zeros(mean), torch.ones(std), generator=theirs)
    assert_normals_agree(ours.normal(np.broadcast_shapes(mean, std)), drawn)
    assert_same_place(ours, theirs)


# ---- memory ---------------------------------------------------------------------------------------------------------


@st.composite
def layouts(draw):
    """A function that makes a non-contiguous view of a new tensor: axes permuted, narrowed and skipped through."""
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    order = draw(st.permutations(range(len(shape))))
    steps = draw(st.lists(st.sampled_from([1, 1, 2]), min_size=len(shape), max_size=len(shape)))
    starts = draw(st.lists(st.sampled_from([0, 0, 1]), min_size=len(shape), max_size=len(shape)))
    cuts = zip(starts, steps, shape, strict=True)
    index = tuple(slice(min(start, size - 1), None, step) for start, step, size in cuts)
    return lambda dtype: torch.zeros(shape, dtype=dtype)[index].permute(order)


@settings(max_examples=150, deadline=None)
@given(layout=layouts(), kind=st.sampled_from(["uniform", "normal", "bernoulli", "bernoulli_array", "random"]))
def test_in_place_draws_fill_the_memory_from_front_to_back(layout, kind):
    ours, theirs = both(26)
    target = layout(torch.float32)
    mine = layout(torch.float32).numpy()
    view = in_memory_order(mine)
    if kind == "uniform":
        target.uniform_(generator=theirs)
        view[...] = ours.uniform(view.shape)
    elif kind == "normal":
        target.normal_(generator=theirs)
        view[...] = ours.normal(view.shape, contiguous=mine.flags.c_contiguous)
    elif kind == "bernoulli":
        target.bernoulli_(0.4, generator=theirs)
        view[...] = ours.bernoulli(view.shape, 0.4)
    elif kind == "bernoulli_array":
        p = np.random.default_rng(0).random(mine.shape).astype(np.float32)
        target.bernoulli_(torch.from_numpy(p), generator=theirs)
        view[...] = ours.bernoulli_array(in_memory_order(p, like=mine))
    else:
        target.random_(0, 1000, generator=theirs)
        view[...] = ours.random(view.shape, np.float32, 0, 1000)
    if kind == "normal" and mine.flags.c_contiguous and mine.size >= 16:
        assert_normals_agree(mine, target)
    else:
        assert_same(mine, target)
    assert_same_place(ours, theirs)


def test_the_transpose_is_filled_as_the_matrix_itself():
    x = np.empty((40, 3), np.float32)
    view = in_memory_order(x.T)
    view[...] = both(27)[0].uniform(view.shape)
    np.testing.assert_array_equal(x, both(27)[0].uniform((40, 3)))


def test_the_memory_order_of_a_contiguous_array_is_its_own():
    x = np.arange(24).reshape(2, 3, 1, 4)
    np.testing.assert_array_equal(in_memory_order(x).reshape(-1), x.reshape(-1))
    assert in_memory_order(np.array(1.0)).shape == ()


# ---- sequences ------------------------------------------------------------------------------------------------------

SIZE = st.one_of(st.integers(0, 40), st.integers(600, 650), st.integers(1, 5000))
SHAPE = st.one_of(SIZE, st.tuples(st.integers(0, 9), st.integers(1, 9)))
FLOAT = st.sampled_from([np.float32, np.float64])
STEPS = st.one_of(
    st.tuples(st.sampled_from(["uniform", "normal", "normal", "exponential", "bernoulli", "random"]), SHAPE, FLOAT),
    st.tuples(st.just("bernoulli_array"), SHAPE, FLOAT),
    st.tuples(st.just("random"), SHAPE, st.sampled_from([np.int64, np.int32, np.uint8, np.bool_])),
    st.tuples(st.just("randint"), SHAPE, st.integers(1, 2**40)),
    st.tuples(st.just("randperm"), st.integers(0, 700), st.none()),
    st.tuples(st.just("multinomial"), st.integers(1, 30), st.booleans()),
    st.tuples(st.just("seed"), st.integers(-(2**63), 2**64 - 1), st.none()),
    st.tuples(st.sampled_from(["save", "restore", "exchange"]), st.none(), st.none()),
)


@settings(max_examples=150, deadline=None)
@given(seed=st.one_of(st.integers(-(2**63), 2**64 - 1), st.sampled_from(SEEDS)), steps=st.lists(STEPS, max_size=12))
def test_any_sequence_of_draws_seeds_and_states_stays_in_step_with_torch(seed, steps):
    ours, theirs = both(seed)
    saved = ours.state_array(), theirs.get_state()
    for kind, size, how in steps:
        if kind == "normal" and np.prod(size) >= 16:
            assert_normals_agree(ours.normal(size, how), empty(size, how).normal_(generator=theirs))
        elif kind == "randint":
            shape = size if isinstance(size, tuple) else (size,)
            assert_same(ours.randint(0, how, size), torch.randint(0, how, shape, generator=theirs))
        elif kind == "randperm":
            assert_same(ours.randperm(size), torch.randperm(size, generator=theirs))
        elif kind == "multinomial":
            weights = np.linspace(0.5, 1, size)
            drawn = torch.multinomial(torch.from_numpy(weights), 1 + size // 2, how, generator=theirs)
            assert_same(ours.multinomial(weights, 1 + size // 2, how), drawn)
        elif kind == "seed":
            ours.manual_seed(size), theirs.manual_seed(size)
        elif kind == "save":
            saved = ours.state_array(), theirs.get_state()
        elif kind == "restore":
            ours.set_state_array(saved[0]), theirs.set_state(saved[1])
        elif kind == "exchange":
            state = ours.state_array()
            ours.set_state_array(theirs.get_state().numpy()), theirs.set_state(torch.from_numpy(state))
        else:
            draw(kind, size, how, ours, theirs)
        assert_same_place(ours, theirs)


# ---- without torch: is it random, and is the arithmetic right? ------------------------------------------------------

N = 200_000
FIVE_SIGMA = 5  # by chance alone one seed in two million would fail; the seed is fixed


def assert_mean(samples, expected, variance):
    """The mean of independent samples is within five standard errors of what it should be."""
    assert abs(np.mean(samples, dtype=float) - expected) < FIVE_SIGMA * math.sqrt(variance / np.size(samples))


def assert_equally_often(outcomes, kinds):
    """Pearson's chi-square of the counts of 0 … kinds − 1 is within five standard deviations of its mean, kinds − 1."""
    expected = outcomes.size / kinds
    chi_square = np.sum((np.bincount(outcomes, minlength=kinds) - expected) ** 2 / expected)
    assert abs(chi_square - (kinds - 1)) < FIVE_SIGMA * math.sqrt(2 * (kinds - 1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_uniform_numbers_are_uniform(dtype):
    u = Generator().manual_seed(1).uniform(N, dtype)
    assert 0 <= u.min() and u.max() < 1
    assert_mean(u, 1 / 2, 1 / 12)
    assert_mean((u - 0.5) ** 2, 1 / 12, 1 / 80 - 1 / 144)
    assert_equally_often((u * 1000).astype(int), 1000)
    assert_mean((u[1:] - 0.5) * (u[:-1] - 0.5), 0, 1 / 144)  # neighbours have nothing to do with each other
    assert_equally_often((u * 2.0**20).astype(int) % 256, 256)  # nor are the later bits less random


@pytest.mark.parametrize("dtype, bits", [(np.float32, 24), (np.float64, 53)])
def test_uniform_numbers_lie_on_a_grid_as_fine_as_the_dtype_allows(dtype, bits):
    k = Generator().manual_seed(2).uniform(1000, dtype).astype(float) * 2.0**bits
    assert np.all(k == np.floor(k)) and np.any(k % 2 == 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("contiguous", [True, False])
def test_normal_numbers_are_normal(dtype, contiguous):
    z = Generator().manual_seed(3).normal(N + 7, dtype, contiguous=contiguous).astype(float)
    assert_mean(z, 0, 1)
    assert_mean(z**2, 1, 2)
    assert_mean(z**3, 0, 15)
    assert_mean(z**4, 3, 96)
    assert_mean(z[1:] * z[:-1], 0, 1)
    assert_mean(z[8:] * z[:-8], 0, 1)  # eight apart are the cosine and the sine of one angle
    for bound, share in [(1, 0.682689492), (2, 0.954499736), (3, 0.997300204)]:
        assert_mean(np.abs(z) < bound, share, share * (1 - share))


def test_mean_and_std_move_and_stretch_the_normals():
    for contiguous in (True, False):
        z = Generator().manual_seed(4).normal(N, np.float64, contiguous=contiguous)
        x = Generator().manual_seed(4).normal(N, np.float64, 3, 0.5, contiguous)
        np.testing.assert_allclose(x, z * 0.5 + 3, rtol=1e-14)


def test_exponential_numbers_are_exponential():
    x = Generator().manual_seed(5).exponential(N, np.float64, 4.0)
    assert x.min() >= 0
    assert_mean(x, 1 / 4, 1 / 16)
    assert_mean(x > 0.5, math.exp(-2), math.exp(-2) * (1 - math.exp(-2)))


def test_a_coin_of_probability_p_shows_heads_with_probability_p():
    assert_mean(Generator().manual_seed(6).bernoulli(N, 0.3), 0.3, 0.21)
    assert_mean(Generator().manual_seed(6).bernoulli_array(np.full(N, 0.3, np.float32)), 0.3, 0.21)
    assert Generator().bernoulli(1000, 1.0).all() and not Generator().bernoulli(1000, 0.0).any()


def test_a_die_shows_each_face_equally_often():
    faces = Generator().manual_seed(7).randint(1, 7, N)
    assert_equally_often(faces - 1, 6)
    assert_equally_often(Generator().manual_seed(7).random(N, np.uint8), 256)


def test_a_random_order_has_each_element_once_and_every_order_is_equally_likely():
    generator = Generator().manual_seed(8)
    for n in (0, 1, 2, 17, 5000):
        np.testing.assert_array_equal(np.sort(generator.randperm(n)), np.arange(n))
    orders = np.array([generator.randperm(4) for _ in range(6000)]) @ [64, 16, 4, 1]
    assert_equally_often(np.unique(orders, return_inverse=True)[1], 24)


@pytest.mark.parametrize("replacement", [True, False])
def test_categories_are_drawn_in_proportion_to_their_weights(replacement):
    weights = np.array([1, 2, 3, 4.0])
    samples = Generator().manual_seed(9).multinomial(np.tile(weights, (20_000, 1)), 2, replacement)
    for category, p in enumerate(weights / 10):
        assert_mean(samples[:, 0] == category, p, p * (1 - p))
    assert np.any(samples[:, 0] == samples[:, 1]) == replacement


@settings(deadline=None)
@given(
    x=st.integers(-(2**53), 2**53).map(lambda k: k * 2.0**-53),
    scale=st.floats(1e-30, 1e30),
    shift=st.one_of(st.floats(-1e30, 1e30), st.sampled_from([1e-30, -1e-20, 0.0])),
)
def test_the_fused_product_and_sum_is_the_exact_value_rounded_once(x, scale, shift):
    exact = Fraction(x) * Fraction(scale) + Fraction(shift)
    if abs(exact) > 1e-200 or exact == 0:
        assert fused_multiply_add(np.array([x]), scale, shift)[0] == float(exact)


def test_the_fused_product_and_sum_is_not_misled_by_a_value_just_beside_the_middle():
    """(1 − 2⁻⁵²) · 3 is half-way between two float64; the 10⁻³⁰ that decides is far below the last bit."""
    x = np.array([1 - 2.0**-52])
    assert fused_multiply_add(x, 3.0, 1e-30)[0] > fused_multiply_add(x, 3.0, -1e-30)[0]
    x = np.array([1 - 2.0**-23], np.float32)
    assert fused_multiply_add(x, np.float32(3), 1e-30)[0] > fused_multiply_add(x, np.float32(3), -1e-30)[0]


def test_a_bound_that_float32_cannot_hold_moves_inwards():
    assert integer_bounds(np.dtype(np.float32), 2**25 + 1, 2**25 + 15) == (2**25 + 4, 2**25 + 11)
    assert integer_bounds(np.dtype(np.float64), 0, 7) == (0, 6)


# ---- errors ---------------------------------------------------------------------------------------------------------


def assert_raises_alike(ours, theirs):
    """The same type of exception, and a message that starts with torch's first words."""
    with pytest.raises(Exception) as expected:
        theirs()
    with pytest.raises(expected.type) as raised:
        ours()
    assert str(raised.value).startswith(" ".join(str(expected.value).split()[:4]))


i64 = torch.int64
ERRORS = {
    "uniform low > high": (lambda g: g.uniform(3, np.float32, 2, 1), lambda: torch.empty(3).uniform_(2, 1)),
    "uniform too wide": (lambda g: g.uniform(3, np.float32, -3e38, 3e38), lambda: torch.empty(3).uniform_(-3e38, 3e38)),
    "uniform too large": (lambda g: g.uniform(3, np.float32, 0, 1e39), lambda: torch.empty(3).uniform_(0, 1e39)),
    "uniform int": (lambda g: g.uniform(3, np.int64), lambda: torch.empty(3, dtype=i64).uniform_()),
    "normal std < 0": (lambda g: g.normal(3, np.float32, 0, -1), lambda: torch.empty(3).normal_(0, -1)),
    "normal int": (lambda g: g.normal(3, np.int64), lambda: torch.empty(3, dtype=i64).normal_()),
    "exponential 0": (lambda g: g.exponential(3, np.float32, 0), lambda: torch.empty(3).exponential_(0)),
    "exponential int": (lambda g: g.exponential(3, np.int64), lambda: torch.empty(3, dtype=i64).exponential_()),
    "bernoulli p > 1": (lambda g: g.bernoulli(3, 1.5), lambda: torch.empty(3).bernoulli_(1.5)),
    "bernoulli p nan": (lambda g: g.bernoulli(3, math.nan), lambda: torch.empty(3).bernoulli_(math.nan)),
    "bernoulli array": (lambda g: g.bernoulli_array(np.array([0.5, 2])), lambda: torch.bernoulli(torch.tensor([2.0]))),
    "randint empty": (lambda g: g.randint(3, 3, 2), lambda: torch.randint(3, 3, (2,))),
    "random too large": (
        lambda g: g.random(3, np.uint8, 0, 300),
        lambda: torch.empty(3, dtype=torch.uint8).random_(0, 300),
    ),
    "random negative": (
        lambda g: g.random(3, np.uint8, -1, 30),
        lambda: torch.empty(3, dtype=torch.uint8).random_(-1, 30),
    ),
    "randperm negative": (lambda g: g.randperm(-1), lambda: torch.randperm(-1)),
    "multinomial negative": (lambda g: g.multinomial(np.array([-0.5]), 1), lambda: torch.tensor([-0.5]).multinomial(1)),
    "multinomial nan": (lambda g: g.multinomial(np.array([np.nan]), 1), lambda: torch.tensor([np.nan]).multinomial(1)),
    "multinomial zero": (lambda g: g.multinomial(np.zeros(2), 1), lambda: torch.zeros(2).multinomial(1)),
    "multinomial too many": (lambda g: g.multinomial(np.ones(2), 3), lambda: torch.ones(2).multinomial(3)),
    "multinomial none": (lambda g: g.multinomial(np.ones(2), 0), lambda: torch.ones(2).multinomial(0)),
    "multinomial int": (lambda g: g.multinomial(np.ones(2, int), 1), lambda: torch.ones(2, dtype=i64).multinomial(1)),
    "multinomial 3-D": (lambda g: g.multinomial(np.ones((1, 1, 1)), 1), lambda: torch.ones(1, 1, 1).multinomial(1)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_cannot_be_drawn_is_refused_as_in_torch_and_nothing_is_consumed(name):
    generator = Generator().manual_seed(1)
    ours, theirs = ERRORS[name]
    assert_raises_alike(lambda: ours(generator), theirs)
    np.testing.assert_array_equal(generator.state_array(), Generator().manual_seed(1).state_array())
