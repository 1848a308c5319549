"""Random tensors beside torch's: from one seed the same numbers in every form, dtype and layout.

The arithmetic of the draws is tested in `test_generator.py`; here it is what tensors add: arguments, layouts, the
graph, errors.
"""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import LIBRARIES, error_of, graph_of
from processors import assert_same_bits
from strategies import shapes

import minigrad

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])
SEEDS = st.integers(-(2**63), 2**64 - 1)
SHAPES = st.one_of(shapes(), st.sampled_from([(16,), (17,), (4, 5), (3, 7, 2)]))
FLOATS = st.sampled_from(["float32", "float64"])


def assert_same_draw(program: Any, seed: int = 0) -> None:
    """The program draws the same bits from the same seed, with the same graph behind them, and consumes the same."""
    results = []
    for lib in LIBRARIES:
        lib.manual_seed(seed)
        drawn = program(lib)
        results.append((drawn if isinstance(drawn, (tuple, list)) else [drawn], lib.rand(2).tolist()))
    (ours, our_next), (theirs, their_next) = results
    for mine, other in zip(ours, theirs, strict=True):
        assert_same_bits(mine, other, "draw")
        assert (mine.requires_grad, mine.is_leaf) == (other.requires_grad, other.is_leaf)
        assert mine.stride() == other.stride() or mine.numel() <= 1 or 0 in mine.shape
        assert graph_of(mine) == graph_of(other)
    assert our_next == their_next, "minigrad has consumed another number of words than torch"


def assert_same_full_error(program: Any) -> None:
    (ours, our_text), (theirs, their_text) = (error_of(program, lib) for lib in LIBRARIES)
    assert theirs is not None and ours is theirs, f"minigrad: {ours} {our_text}\ntorch: {theirs} {their_text}"
    assert our_text.split()[:4] == their_text.split()[:4], f"minigrad: {our_text}\ntorch: {their_text}"


# -- Making new tensors

FORMS = {
    "rand": lambda lib: lib.rand(2, 3),
    "rand of a tuple": lambda lib: lib.rand((2, 3)),
    "rand of a list": lambda lib: lib.rand([2, 3]),
    "rand of a Size": lambda lib: lib.rand(lib.ones(2, 3).size()),
    "rand of a keyword": lambda lib: lib.rand(size=(2, 3)),
    "rand of nothing": lambda lib: lib.rand(()),
    "rand of no elements": lambda lib: lib.rand(0, 3),
    "rand in float64": lambda lib: lib.rand(3, dtype=lib.float64),
    "rand that requires grad": lambda lib: lib.rand(3, requires_grad=True),
    "rand on the cpu": lambda lib: lib.rand(3, device="cpu"),
    "rand on a device": lambda lib: lib.rand(3, device=lib.device("cpu")),
    "rand of a generator": lambda lib: lib.rand(3, generator=lib.Generator().manual_seed(5)),
    "randn": lambda lib: lib.randn(2, 3),
    "randn of one": lambda lib: lib.randn(1),
    "randn of a tuple": lambda lib: lib.randn((1, 1, 32, 32)),
    "randn of a keyword": lambda lib: lib.randn(size=(2, 3)),
    "randn of nothing": lambda lib: lib.randn(()),
    "randn in float64": lambda lib: lib.randn(20, dtype=lib.float64),
    "randn that requires grad": lambda lib: lib.randn(20, requires_grad=True),
    "randn of a generator": lambda lib: lib.randn(3, generator=lib.Generator().manual_seed(5)),
    "randn of an odd number, then more": lambda lib: [lib.randn(3), lib.randn(2), lib.randn(17), lib.randn(1)],
    "randint": lambda lib: lib.randint(10, (2, 3)),
    "randint between": lambda lib: lib.randint(-5, 5, (20,)),
    "randint of keywords": lambda lib: lib.randint(low=3, high=9, size=(4,)),
    "randint of high by keyword": lambda lib: lib.randint(high=9, size=(4,)),
    "randint of a size by keyword": lambda lib: lib.randint(9, size=(4,)),
    "randint of a list": lambda lib: lib.randint(0, 10, [4]),
    "randint of nothing": lambda lib: lib.randint(0, 10, ()),
    "randint in int32": lambda lib: lib.randint(0, 10, (4,), dtype=lib.int32),
    "randint in float32": lambda lib: lib.randint(0, 10, (4,), dtype=lib.float32),
    "randint of a wide range": lambda lib: lib.randint(0, 2**40, (4,)),
    "randint that requires grad": lambda lib: lib.randint(0, 10, (4,), dtype=lib.float32, requires_grad=True),
    "randint_like": lambda lib: lib.randint_like(lib.ones(2, 3), 9),
    "randint_like between": lambda lib: lib.randint_like(lib.ones(2, 3).t(), -4, 9),
    "randint_like in int64": lambda lib: lib.randint_like(lib.ones(2, 3), 9, dtype=lib.int64),
    "randint of a generator": lambda lib: lib.randint(0, 10, (4,), generator=lib.Generator().manual_seed(5)),
    "randperm": lambda lib: lib.randperm(20),
    "randperm of nothing": lambda lib: lib.randperm(0),
    "randperm of one": lambda lib: lib.randperm(1),
    "randperm in int32": lambda lib: lib.randperm(9, dtype=lib.int32),
    "randperm of a generator": lambda lib: lib.randperm(9, generator=lib.Generator().manual_seed(5)),
    "bernoulli": lambda lib: lib.bernoulli(lib.full((4, 5), 0.3)),
    "bernoulli in float64": lambda lib: lib.bernoulli(lib.full((4, 5), 0.3, dtype=lib.float64)),
    "bernoulli of a transpose": lambda lib: lib.bernoulli(lib.linspace(0, 1, 20).view(4, 5).t()),
    "bernoulli of the end points": lambda lib: lib.bernoulli(lib.tensor([0.0, 1.0, 0.0, 1.0])),
    "bernoulli of a number": lambda lib: lib.bernoulli(lib.ones(4, 5), 0.3),
    "bernoulli of a number, transposed": lambda lib: lib.bernoulli(lib.ones(4, 5).t(), p=0.3),
    "bernoulli as a method": lambda lib: lib.full((4, 5), 0.3).bernoulli(),
    "bernoulli of a generator": lambda lib: lib.bernoulli(lib.full((9,), 0.5), generator=lib.Generator()),
    "multinomial": lambda lib: lib.multinomial(lib.tensor([0.1, 0.5, 0.3, 2.0]), 3),
    "multinomial of one": lambda lib: lib.multinomial(lib.ones(3, 4), 1),
    "multinomial with replacement": lambda lib: lib.multinomial(lib.ones(3, 4), num_samples=9, replacement=True),
    "multinomial as a method": lambda lib: lib.ones(5).multinomial(2),
    "multinomial of a generator": lambda lib: lib.ones(5).multinomial(2, generator=lib.Generator().manual_seed(5)),
    "normal of numbers": lambda lib: lib.normal(2.0, 3.0, (4, 5)),
    "normal of a size by keyword": lambda lib: lib.normal(0, 1, size=[3]),
    "normal in float64": lambda lib: lib.normal(0.1, 0.7, (20,), dtype=lib.float64, requires_grad=True),
    "normal of means": lambda lib: lib.normal((lib.arange(20.0) / 16).view(4, 5), 0.3),
    "normal of means alone": lambda lib: lib.normal(lib.arange(7.0) / 16),
    "normal of transposed means": lambda lib: lib.normal((lib.arange(20.0) / 16).view(4, 5).t(), 0.3),
    "normal of deviations": lambda lib: lib.normal(0.3, (lib.arange(20.0) / 16).view(4, 5)),
    "normal of transposed deviations": lambda lib: lib.normal(0.3, (lib.arange(20.0) / 16).view(4, 5).t()),
    "normal of both": lambda lib: lib.normal(lib.arange(5.0) / 4, lib.arange(4.0).view(4, 1) / 4),
    "normal of both in two dtypes": lambda lib: lib.normal(lib.arange(5.0) / 4, lib.arange(5.0).double() / 4),
    "normal of a generator": lambda lib: lib.normal(lib.ones(5), 1.0, generator=lib.Generator().manual_seed(5)),
    "normal of means with history": lambda lib: lib.normal(lib.ones(5, requires_grad=True), 1.0),
    "normal of deviations with history": lambda lib: lib.normal(0.0, lib.ones(5, requires_grad=True)),
    "normal of both with history": lambda lib: lib.normal(lib.ones(5, requires_grad=True) * 1, lib.ones(5)),
    "rand_like": lambda lib: lib.rand_like(lib.ones(2, 3)),
    "rand_like in float64": lambda lib: lib.rand_like(lib.ones(2, 3).double()),
    "rand_like of a transpose": lambda lib: lib.rand_like(lib.ones(2, 3).t()),
    "rand_like of a leaf that requires grad": lambda lib: lib.rand_like(lib.ones(2, requires_grad=True)),
    "randn_like": lambda lib: lib.randn_like(lib.ones(4, 5)),
    "randn_like of a transpose": lambda lib: lib.randn_like(lib.ones(4, 5).t()),
    "randn_like of what is computed": lambda lib: lib.randn_like(lib.ones(4, requires_grad=True) * 2),
    "randn_like of an expanded row": lambda lib: lib.randn_like(lib.ones(1, 3).expand(4, 3)),
    "rand_like in another dtype": lambda lib: lib.rand_like(lib.ones(2, 3).t().long(), dtype=lib.float64),
    "randn_like that requires grad": lambda lib: lib.randn_like(lib.ones(20), requires_grad=True),
    "rand_like of a generator": lambda lib: lib.rand_like(lib.ones(2), generator=lib.Generator().manual_seed(5)),
    "randn_like of a generator": lambda lib: lib.randn_like(lib.ones(2), generator=lib.Generator().manual_seed(5)),
    "randn_like of every second column": lambda lib: lib.randn_like(lib.ones(4, 10)[:, ::2]),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("seed", [0, 123])
def test_every_form_draws_torchs_numbers(name, seed):
    assert_same_draw(FORMS[name], seed)


@given(SEEDS, SHAPES, FLOATS)
def test_any_shape_and_dtype_draws_torchs_numbers(seed, shape, dtype):
    def program(lib: Any) -> Any:
        kind = getattr(lib, dtype)
        return [lib.rand(shape, dtype=kind), lib.randn(shape, dtype=kind), lib.randint(9, shape, dtype=kind)]

    assert_same_draw(program, seed)


@BOTH
def test_the_default_dtype_is_what_is_drawn(lib):
    lib.set_default_dtype(lib.float64)
    drawn = lib.rand(2), lib.randn(2), lib.randint(3, (2,))
    lib.set_default_dtype(lib.float32)
    assert [x.dtype for x in drawn] == [lib.float64, lib.float64, lib.int64]


# -- In place

DRAWS = {
    "uniform_": lambda x, g: x.uniform_(generator=g),
    "uniform_ between": lambda x, g: x.uniform_(-2, 5, generator=g),
    "normal_": lambda x, g: x.normal_(generator=g),
    "normal_ of mean and std": lambda x, g: x.normal_(3, 0.5, generator=g),
    "normal_ by keywords": lambda x, g: x.normal_(mean=-1, std=2, generator=g),
    "exponential_": lambda x, g: x.exponential_(generator=g),
    "exponential_ of a rate": lambda x, g: x.exponential_(2.5, generator=g),
    "exponential_ of lambd": lambda x, g: x.exponential_(lambd=0.1, generator=g),
    "bernoulli_": lambda x, g: x.bernoulli_(generator=g),
    "bernoulli_ of a probability": lambda x, g: x.bernoulli_(0.2, generator=g),
    "bernoulli_ of p": lambda x, g: x.bernoulli_(p=0.7, generator=g),
    "random_": lambda x, g: x.random_(generator=g),
    "random_ below": lambda x, g: x.random_(7, generator=g),
    "random_ between": lambda x, g: x.random_(-3, 7, generator=g),
}

LAYOUTS = {
    "contiguous": lambda x: x,
    "transposed": lambda x: x.t(),
    "every second column": lambda x: x[:, ::2],
    "every second row": lambda x: x[1::2],
    "transposed and cut": lambda x: x.t()[1:4],
    "one column": lambda x: x[:, 2],
    "one row": lambda x: x[3],
    "permuted": lambda x: x.view(2, 3, 7).permute(2, 0, 1),
}


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_inplace_draw_fills_any_layout_as_torch_does(draw, layout, dtype):
    def program(lib: Any) -> Any:
        whole = lib.zeros(6, 7, dtype=getattr(lib, dtype))
        target = LAYOUTS[layout](whole)
        assert DRAWS[draw](target, None) is target
        return [whole, target]

    assert_same_draw(program)


@pytest.mark.parametrize("draw", DRAWS)
def test_an_inplace_draw_from_a_generator_leaves_the_default_one_alone(draw):
    def program(lib: Any) -> Any:
        generator = lib.Generator().manual_seed(11)
        return [DRAWS[draw](lib.zeros(20), generator), DRAWS[draw](lib.zeros(3), generator)]

    assert_same_draw(program)


@pytest.mark.parametrize("dtype", ["int64", "int32", "int16", "int8", "uint8", "bool"])
@pytest.mark.parametrize("bounds", [(), (2,), (0, 2)])
def test_random_fills_integers_of_every_width(dtype, bounds):
    assert_same_draw(lambda lib: lib.zeros(30, dtype=getattr(lib, dtype)).random_(*bounds))


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool"])
def test_bernoulli_fills_integers_too(dtype):
    assert_same_draw(lambda lib: lib.zeros(30, dtype=getattr(lib, dtype)).bernoulli_(0.5))


def test_bernoulli_takes_a_tensor_of_probabilities():
    assert_same_draw(lambda lib: lib.zeros(4, 5).bernoulli_(lib.linspace(0, 1, 20).view(4, 5)))
    assert_same_draw(lambda lib: lib.zeros(5, 4).t().bernoulli_(lib.linspace(0, 1, 20).view(4, 5)))


def test_the_upper_bound_may_be_named():
    assert_same_draw(lambda lib: lib.zeros(9).uniform_(to=5))
    assert_same_draw(lambda lib: lib.zeros(9).random_(to=5))
    assert_same_draw(lambda lib: lib.zeros(9).random_(2, to=5))


# -- The graph


@pytest.mark.parametrize("draw", DRAWS)
def test_an_inplace_draw_on_a_leaf_that_requires_grad_is_torchs_error(draw):
    def program(lib: Any) -> None:
        DRAWS[draw](lib.zeros(3, requires_grad=True), None)

    assert_same_full_error(program)


@pytest.mark.parametrize("draw", DRAWS)
def test_a_refused_draw_changes_nothing(draw):
    for lib in LIBRARIES:
        lib.manual_seed(0)
        x, before = lib.zeros(3, requires_grad=True), lib.get_rng_state().tolist()
        with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
            DRAWS[draw](x, None)
        assert x.tolist() == [0, 0, 0] and x._version == 0 and lib.get_rng_state().tolist() == before


@BOTH
@pytest.mark.parametrize("draw", DRAWS)
def test_under_no_grad_a_leaf_may_be_filled_and_that_counts_as_a_write(lib, draw):
    x = lib.zeros(3, requires_grad=True)
    with lib.no_grad():
        DRAWS[draw](x, None)
    assert x.requires_grad and x.is_leaf and x._version == 1


@pytest.mark.parametrize("draw", DRAWS)
def test_no_gradient_flows_through_what_was_overwritten(draw):
    def program(lib: Any) -> Any:
        x = lib.ones(20, requires_grad=True)
        y = DRAWS[draw](x * 2, None)
        y.sum().backward()
        return [y, x.grad]

    assert_same_draw(program)


def test_means_and_deviations_get_a_gradient_of_zero():
    def program(lib: Any) -> Any:
        mean, std = lib.ones(4, requires_grad=True), lib.ones(3, 1, requires_grad=True)
        y = lib.normal(mean, std) + lib.normal(mean, 2.0) + lib.normal(0.0, std)
        y.sum().backward()
        return [y, mean.grad, std.grad]

    assert_same_draw(program)


def test_bernoulli_of_what_requires_grad_is_recorded_as_in_torch():
    def program(lib: Any) -> Any:
        p = lib.full((4, 5), 0.5, requires_grad=True)
        y = lib.bernoulli(p)
        y.sum().backward()
        return [y, p.grad]

    assert_same_draw(program)


# -- Generators and states


@BOTH
def test_manual_seed_returns_the_default_generator(lib):
    generator = lib.manual_seed(5)
    assert isinstance(generator, lib.Generator) and generator is lib.default_generator
    assert generator.initial_seed() == lib.initial_seed() == 5
    drawn = lib.rand(3, generator=generator).tolist()
    lib.manual_seed(5)
    assert lib.rand(3).tolist() == drawn


@BOTH
def test_the_same_seed_gives_the_same_numbers_again_and_another_seed_others(lib):
    lib.manual_seed(1)
    first = lib.rand(5).tolist()
    lib.manual_seed(1)
    assert lib.rand(5).tolist() == first
    lib.manual_seed(2)
    assert lib.rand(5).tolist() != first


@BOTH
def test_seed_starts_from_a_seed_that_it_returns(lib):
    seed = lib.seed()
    assert lib.initial_seed() == seed
    drawn = lib.rand(3).tolist()
    lib.manual_seed(seed)
    assert lib.rand(3).tolist() == drawn and lib.Generator().seed() != lib.Generator().seed()


@given(SEEDS, st.integers(0, 700), st.integers(0, 3))
def test_a_saved_state_brings_the_numbers_back(seed, words, normals):
    for lib in LIBRARIES:
        lib.manual_seed(seed)
        lib.rand(words), lib.randn(normals)
        state = lib.get_rng_state()
        drawn = lib.randn(3).tolist(), lib.rand(3).tolist()
        lib.set_rng_state(state)
        assert (lib.randn(3).tolist(), lib.rand(3).tolist()) == drawn


@given(SEEDS, st.integers(0, 700))
def test_states_travel_between_the_libraries(seed, words):
    ours, theirs = minigrad.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    minigrad.rand(words, generator=ours)
    state = ours.get_state()
    assert str(state.dtype) == "torch.uint8"
    theirs.set_state(torch.from_numpy(state.numpy()))
    assert minigrad.rand(3, generator=ours).tolist() == torch.rand(3, generator=theirs).tolist()
    minigrad.Generator().set_state(minigrad.from_numpy(theirs.get_state().numpy()))


@BOTH
def test_a_state_is_a_copy_that_later_draws_do_not_change(lib):
    state = lib.get_rng_state()
    before = state.tolist()
    lib.rand(1000)
    assert state.tolist() == before


@BOTH
def test_generators_are_independent_of_each_other(lib):
    first, second = lib.Generator().manual_seed(3), lib.Generator().manual_seed(3)
    lib.rand(7, generator=first)
    lib.rand(7)
    assert lib.rand(2, generator=second).tolist() == lib.rand(2, generator=lib.Generator().manual_seed(3)).tolist()


def test_a_fresh_generator_and_its_device_are_torchs():
    assert minigrad.Generator().initial_seed() == torch.Generator().initial_seed()
    assert repr(minigrad.Generator("cpu").device) == repr(torch.Generator("cpu").device)
    assert isinstance(minigrad.Generator().device, minigrad.device)


@BOTH
def test_what_is_drawn_in_a_fork_is_not_missed_outside(lib):
    lib.manual_seed(1)
    lib.randn(1)  # one normal waits
    state = lib.get_rng_state().tolist()
    with lib.random.fork_rng():
        lib.manual_seed(2)
        forked = lib.rand(3).tolist()
    assert lib.get_rng_state().tolist() == state
    with pytest.raises(ZeroDivisionError), lib.random.fork_rng():
        raise ZeroDivisionError(lib.rand(3))
    assert lib.get_rng_state().tolist() == state
    with lib.random.fork_rng(enabled=False):
        lib.manual_seed(2)
        assert lib.rand(3).tolist() == forked
    assert lib.get_rng_state().tolist() != state


@BOTH
def test_the_module_random_has_what_the_top_has(lib):
    for name in ("manual_seed", "seed", "initial_seed", "get_rng_state", "set_rng_state", "default_generator"):
        assert hasattr(lib.random, name) and hasattr(lib, name)  # torch's compiler, once loaded, wraps one of the two
    lib.random.manual_seed(3)
    drawn = lib.rand(2).tolist()
    lib.manual_seed(3.9)  # whatever int() understands
    assert lib.rand(2).tolist() == drawn


@BOTH
def test_a_cloned_generator_goes_on_by_itself(lib):
    generator = lib.Generator().manual_seed(4)
    twin = generator.clone_state()
    drawn = lib.rand(3, generator=generator).tolist()
    assert lib.rand(3, generator=twin).tolist() == drawn and twin.initial_seed() == 4


# -- Any sequence

STEPS = st.sampled_from([*FORMS, *DRAWS])  # a form that fails above fails here too


@given(SEEDS, st.lists(STEPS, max_size=8))
def test_any_sequence_of_draws_stays_in_step_with_torch(seed, steps):
    def program(lib: Any) -> list[Any]:
        drawn: list[Any] = []
        for number, step in enumerate(steps):
            made = FORMS[step](lib) if step in FORMS else DRAWS[step](lib.zeros(number * 3 + 1), None)
            drawn += made if isinstance(made, list) else [made]
        return drawn

    assert_same_draw(program, seed)


# -- Errors

ERRORS = {
    "a seed that is a string": lambda lib: lib.Generator().manual_seed("one"),
    "a seed that is too large": lambda lib: lib.Generator().manual_seed(2**64),
    "a state of another length": lambda lib: lib.set_rng_state(lib.zeros(10, dtype=lib.uint8)),
    "a state of floats": lambda lib: lib.set_rng_state(lib.zeros(5056)),
    "a negative size": lambda lib: lib.rand(-1),
    "a negative size of normals": lambda lib: lib.randn(2, -3),
    "integers of rand": lambda lib: lib.rand(2, dtype=lib.int64),
    "integers of randn": lambda lib: lib.randn(2, dtype=lib.int64),
    "integers of uniform": lambda lib: lib.zeros(2, dtype=lib.int64).uniform_(),
    "integers of normal": lambda lib: lib.zeros(2, dtype=lib.int64).normal_(),
    "integers of exponential": lambda lib: lib.zeros(2, dtype=lib.int64).exponential_(),
    "a rate of zero": lambda lib: lib.zeros(2).exponential_(0),
    "a seed that is no number": lambda lib: lib.manual_seed("one"),
    "normals of numbers without a size": lambda lib: lib.normal(0.0, 1.0),
    "normals of a negative deviation": lambda lib: lib.normal(0.0, -1.0, (2,)),
    "normals of negative deviations": lambda lib: lib.normal(lib.ones(2), lib.tensor([1.0, -1.0])),
    "normals of shapes that do not fit": lambda lib: lib.normal(lib.ones(2), lib.ones(3)),
    "normals around integers": lambda lib: lib.normal(lib.tensor([1, 2]), 1.0),
    "integers that require grad": lambda lib: lib.randint(5, (2,), requires_grad=True),
    "more samples than categories": lambda lib: lib.multinomial(lib.ones(2), 3),
    "negative weights": lambda lib: lib.multinomial(lib.tensor([1.0, -1.0]), 1),
    "an empty range": lambda lib: lib.randint(5, 5, (2,)),
    "a range the wrong way round": lambda lib: lib.randint(5, 2, (2,)),
    "a negative bound": lambda lib: lib.randint(-1, (2,)),
    "a negative permutation": lambda lib: lib.randperm(-1),
    "a probability above one": lambda lib: lib.zeros(2).bernoulli_(1.5),
    "a probability above one in a tensor": lambda lib: lib.bernoulli(lib.tensor([0.5, 1.5])),
    "bernoulli of integers": lambda lib: lib.bernoulli(lib.tensor([0, 1])),
    "uniform the wrong way round": lambda lib: lib.zeros(2).uniform_(2, 1),
    "a negative deviation": lambda lib: lib.zeros(2).normal_(0, -1),
    "random with an empty range": lambda lib: lib.zeros(2).random_(3, 3),
    "random below zero": lambda lib: lib.zeros(2).random_(-1),
    "an expanded target": lambda lib: lib.zeros(1, 2).expand(3, 2).uniform_(),
    "rand_like of integers": lambda lib: lib.rand_like(lib.zeros(2, dtype=lib.int64)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_a_mistake_is_answered_in_torchs_words(name):
    assert_same_full_error(ERRORS[name])


def test_a_gpu_is_refused_with_a_pointer_to_torch():
    for make in (minigrad.rand, minigrad.randn, minigrad.randperm):
        with pytest.raises(RuntimeError, match="torch_ref"):
            make(3, device="cuda")
    with pytest.raises(RuntimeError):
        minigrad.Generator("cuda")


def test_memory_is_not_shared_between_draws():
    first = minigrad.rand(5)
    before = first.tolist()
    minigrad.rand(5), minigrad.rand_like(first)
    assert first.tolist() == before and not np.shares_memory(first.numpy(), minigrad.rand_like(first).numpy())
