"""nn.init against torch from the same seed: the same bits (normals: NumPy's last bits), the same errors."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity import LIBRARIES, assert_same_error, assert_same_tensor

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])
SHAPES = st.sampled_from([(3, 2), (5, 7), (4, 3, 3, 3), (6, 1, 3, 2), (2, 3, 4), (17, 17)])
SEEDS = st.integers(0, 2**63 - 1)
DTYPES = st.sampled_from(["float32", "float64"])


def filled(shape: Any, dtype: str, seed: int, fill: Any) -> list[Any]:
    """A tensor of ones and the tensor that `fill(init, tensor)` returned, on both sides, and one more draw after it."""
    results = []
    for lib in LIBRARIES:
        lib.manual_seed(seed)
        tensor = lib.ones(shape, dtype=getattr(lib, dtype)).requires_grad_()
        returned = fill(lib.nn.init, tensor)
        assert returned is tensor and tensor.is_leaf and tensor.requires_grad
        results.append((tensor, lib.rand(3)))
    return results


def assert_same_bits(shape: Any, dtype: str, seed: int, fill: Any) -> None:
    """The same bits on both sides, and the generators stand at the same place afterwards."""
    for mine, other in zip(*filled(shape, dtype, seed, fill), strict=True):
        np.testing.assert_array_equal(mine.detach().numpy(), other.detach().numpy(), strict=True)


@given(SHAPES, DTYPES, SEEDS, st.sampled_from([(), (2,), (-1, 1), (-0.3, 0.7), (0, 0)]))
def test_uniform_gives_torchs_numbers(shape, dtype, seed, bounds):
    if bounds != (2,):  # a = 2 with b = 1 is an error, below
        assert_same_bits(shape, dtype, seed, lambda init, x: init.uniform_(x, *bounds))


@given(SHAPES, DTYPES, SEEDS, st.sampled_from([(), (2.0,), (0.0, 0.02), (-1.5, 3.0)]))
def test_normal_gives_torchs_numbers(shape, dtype, seed, moments):
    (ours, next_draw), (theirs, their_next) = filled(shape, dtype, seed, lambda init, x: init.normal_(x, *moments))
    assert_same_tensor(ours, theirs, "normal", scale=6)
    assert next_draw.tolist() == their_next.tolist()


@given(SHAPES, DTYPES, SEEDS, st.sampled_from(["fan_in", "fan_out"]), st.sampled_from([0, 0.2, 5**0.5]),
       st.sampled_from(["leaky_relu", "relu", "tanh", "linear", "selu", "conv2d", "sigmoid"]))  # fmt: skip
def test_kaiming_uniform_gives_torchs_numbers(shape, dtype, seed, mode, a, nonlinearity):
    assert_same_bits(shape, dtype, seed, lambda init, x: init.kaiming_uniform_(x, a, mode, nonlinearity))


@given(SHAPES, DTYPES, SEEDS, st.sampled_from([1.0, 0.5, 5 / 3]))
def test_xavier_uniform_gives_torchs_numbers(shape, dtype, seed, gain):
    assert_same_bits(shape, dtype, seed, lambda init, x: init.xavier_uniform_(x, gain))


@given(st.sampled_from([(), (3,), (2, 0), (2, 3, 4)]), DTYPES)
def test_constants_fill_everything_and_draw_nothing(shape, dtype):
    assert_same_bits(shape, dtype, 0, lambda init, x: init.constant_(x, 0.3))
    assert_same_bits(shape, dtype, 0, lambda init, x: init.zeros_(x))
    assert_same_bits(shape, dtype, 0, lambda init, x: init.ones_(x))


@pytest.mark.parametrize("name", ["uniform_", "normal_", "kaiming_uniform_", "xavier_uniform_"])
def test_a_given_generator_is_used_and_the_default_one_left_alone(name):
    drawn = []
    for lib in LIBRARIES:
        lib.manual_seed(0)
        before = lib.get_rng_state().tolist()
        tensor = getattr(lib.nn.init, name)(lib.empty(3, 3), generator=lib.Generator().manual_seed(9))
        assert lib.get_rng_state().tolist() == before
        drawn.append(tensor)
    assert_same_tensor(*drawn, name)


@pytest.mark.parametrize("name", ["uniform_", "normal_", "kaiming_uniform_", "xavier_uniform_"])
def test_a_transposed_target_is_filled_as_torch_fills_it(name):
    def program(lib: Any) -> Any:
        lib.manual_seed(0)
        return getattr(lib.nn.init, name)(lib.empty(5, 4).t())

    assert_same_tensor(*(program(lib) for lib in LIBRARIES), name, scale=4)


@BOTH
def test_a_parameter_that_requires_grad_may_be_initialised_and_that_counts_as_a_write(lib):
    layer = lib.nn.Linear(2, 2)
    version = layer.weight._version
    lib.nn.init.ones_(layer.weight)
    assert layer.weight.requires_grad and layer.weight.is_leaf and layer.weight._version > version


@pytest.mark.parametrize(
    "name", ["linear", "conv1d", "conv2d", "conv3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
)
@pytest.mark.parametrize("param", [None, 0, 0.2, 3])
def test_gains_are_torchs(name, param):
    ours, theirs = (lib.nn.init.calculate_gain(name, param) for lib in LIBRARIES)
    assert ours == theirs


ERRORS = {
    "an unknown nonlinearity": lambda lib: lib.nn.init.calculate_gain("bend"),
    "a slope that is no number": lambda lib: lib.nn.init.calculate_gain("leaky_relu", "steep"),
    "kaiming of a vector": lambda lib: lib.nn.init.kaiming_uniform_(lib.ones(3)),
    "xavier of a number": lambda lib: lib.nn.init.xavier_uniform_(lib.ones(())),
    "an unknown mode": lambda lib: lib.nn.init.kaiming_uniform_(lib.ones(3, 3), mode="fan"),
    "an unknown nonlinearity for kaiming": lambda lib: lib.nn.init.kaiming_uniform_(lib.ones(3, 3), nonlinearity="x"),
    "bounds the wrong way round": lambda lib: lib.nn.init.uniform_(lib.ones(3), 2, 1),
    "a negative deviation": lambda lib: lib.nn.init.normal_(lib.ones(3), 0, -1),
}


@pytest.mark.parametrize("name", ERRORS)
def test_a_mistake_is_answered_in_torchs_words(name):
    assert_same_error(ERRORS[name])


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_an_empty_weight_is_left_as_it_is():
    for lib in LIBRARIES:
        assert lib.nn.init.kaiming_uniform_(lib.ones(0, 3)).shape == (0, 3)
        assert lib.nn.Linear(0, 3).weight.shape == (3, 0)
