"""nn.init against torch from the same seed: the same bits, the same errors."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import LIBRARIES, assert_same_error, assert_same_tensor
from processors import assert_same_bits as assert_same_numbers

import minigrad

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
        assert_same_numbers(mine, other, "weight")


@given(SHAPES, DTYPES, SEEDS, st.sampled_from([(), (2,), (-1, 1), (-0.3, 0.7), (0, 0)]))
def test_uniform_gives_torchs_numbers(shape, dtype, seed, bounds):
    if bounds != (2,):  # a = 2 with b = 1 is an error, below
        assert_same_bits(shape, dtype, seed, lambda init, x: init.uniform_(x, *bounds))


@given(SHAPES, DTYPES, SEEDS, st.sampled_from([(), (2.0,), (0.0, 0.02), (-1.5, 3.0)]))
def test_normal_gives_torchs_numbers(shape, dtype, seed, moments):
    assert_same_bits(shape, dtype, seed, lambda init, x: init.normal_(x, *moments))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_large_weight_has_torchs_bits_too(dtype):
    assert_same_bits((300, 301), dtype, 0, lambda init, x: init.kaiming_normal_(x))


TRUNCATIONS = [(), (0.0, 0.02), (0.0, 1.0, -0.5, 2.0), (1.0, 2.0, 0.0, 1.0), (0.0, 1.0, 1.5, 3.0), (0.3, 1.0, 0.4, 0.5)]


@given(SHAPES, DTYPES, SEEDS, st.sampled_from(TRUNCATIONS))
def test_trunc_normal_proposes_and_rejects_as_torch_does(shape, dtype, seed, moments):
    assert_same_bits(shape, dtype, seed, lambda init, x: init.trunc_normal_(x, *moments))


@pytest.mark.parametrize("moments", [(0.0, 1.0, -1.0, 1.0), (0.5, 2.0, -1.0, 1.0), (0.0, 1.0, 1.0, 3.0)])
def test_a_truncated_normal_has_the_mean_and_variance_that_the_integral_gives(moments):
    mean, std, low, high = moments
    x = np.linspace(low, high, 100_001)
    density = np.exp(-0.5 * ((x - mean) / std) ** 2)
    density /= density.sum()
    expected = (x * density).sum()
    variance = ((x - expected) ** 2 * density).sum()
    drawn = minigrad.nn.init.trunc_normal_(minigrad.empty(100_000), *moments).numpy().astype(float)
    assert low <= drawn.min() and drawn.max() <= high
    assert abs(drawn.mean() - expected) < 5 * (variance / drawn.size) ** 0.5  # five standard errors
    assert abs(drawn.var() - variance) < 0.02 * variance


def test_a_window_far_from_the_mean_is_warned_about():
    for lib in LIBRARIES:
        with pytest.warns(UserWarning, match="mean is more than 2 std from"):
            drawn = lib.nn.init.trunc_normal_(lib.empty(20), 0.0, 1.0, 5.0, 6.0)
        assert all(5 <= x <= 6 for x in drawn.tolist())


@given(SHAPES, DTYPES, SEEDS, st.sampled_from(["fan_in", "fan_out"]), st.sampled_from([0, 0.2, 5**0.5]),
       st.sampled_from(["leaky_relu", "relu", "tanh", "linear", "selu", "conv2d", "sigmoid"]))  # fmt: skip
def test_kaiming_uniform_gives_torchs_numbers(shape, dtype, seed, mode, a, nonlinearity):
    assert_same_bits(shape, dtype, seed, lambda init, x: init.kaiming_uniform_(x, a, mode, nonlinearity))
    assert_same_bits(shape, dtype, seed, lambda init, x: init.kaiming_normal_(x, a, mode.upper(), nonlinearity))


@given(SHAPES, DTYPES, SEEDS, st.sampled_from([1.0, 0.5, 5 / 3]))
def test_xavier_uniform_gives_torchs_numbers(shape, dtype, seed, gain):
    assert_same_bits(shape, dtype, seed, lambda init, x: init.xavier_uniform_(x, gain))
    assert_same_bits(shape, dtype, seed, lambda init, x: init.xavier_normal_(x, gain))


@given(st.sampled_from([(4, 3), (7, 7), (1, 5), (17, 20), (3, 0)]), DTYPES, SEEDS, st.sampled_from([0, 0.1, 0.5, 1, 2]))
def test_sparse_has_torchs_zeros_at_torchs_places(shape, dtype, seed, sparsity):
    assert_same_bits(shape, dtype, seed, lambda init, x: init.sparse_(x, sparsity, 0.3))


@given(st.sampled_from([(3, 3), (3, 5), (5, 3), (4, 2, 3), (20, 20), (1, 1), (0, 3)]), DTYPES, SEEDS)
def test_orthogonal_is_torchs_up_to_the_rounding_of_lapack(shape, dtype, seed):
    (ours, next_draw), (theirs, their_next) = filled(shape, dtype, seed, lambda init, x: init.orthogonal_(x, 2.0))
    # What rounding does to Q grows with the condition of the matrix, which for a random one is now and then 1000.
    assert_same_tensor(ours, theirs, "orthogonal", scale=1000)
    assert next_draw.tolist() == their_next.tolist()
    matrix = ours.detach().numpy().reshape(shape[0], int(np.prod(shape[1:]))).astype(float) / 2
    product = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
    product = product if matrix.size else np.eye(0)
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-5 if dtype == "float32" else 1e-13)


@given(st.sampled_from([(3, 3), (3, 5), (5, 3), (0, 2), (1, 1)]), st.sampled_from(["float32", "float64"]))
def test_eye_is_torchs(shape, dtype):
    assert_same_bits(shape, dtype, 0, lambda init, x: init.eye_(x))


@given(st.sampled_from([(4, 4, 3), (6, 2, 3, 2), (2, 6, 5, 4), (4, 2, 2, 3, 1), (4, 0, 3)]), st.sampled_from([1, 2]))
def test_dirac_is_torchs(shape, groups):
    assert_same_bits(shape, "float32", 0, lambda init, x: init.dirac_(x, groups))


def test_a_convolution_that_starts_as_dirac_passes_on_its_input():
    layer = minigrad.nn.Conv2d(3, 3, 5, padding=2, bias=False)
    minigrad.nn.init.dirac_(layer.weight)
    x = minigrad.randn(2, 3, 6, 7)
    assert layer(x).tolist() == x.tolist()


@given(st.sampled_from([(), (3,), (2, 0), (2, 3, 4)]), DTYPES)
def test_constants_fill_everything_and_draw_nothing(shape, dtype):
    assert_same_bits(shape, dtype, 0, lambda init, x: init.constant_(x, 0.3))
    assert_same_bits(shape, dtype, 0, lambda init, x: init.zeros_(x))
    assert_same_bits(shape, dtype, 0, lambda init, x: init.ones_(x))


RANDOM = ["uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_"]
RANDOM += ["kaiming_normal_", "orthogonal_"]


@pytest.mark.parametrize("name", RANDOM)
def test_a_given_generator_is_used_and_the_default_one_left_alone(name):
    drawn = []
    for lib in LIBRARIES:
        lib.manual_seed(0)
        before = lib.get_rng_state().tolist()
        tensor = getattr(lib.nn.init, name)(lib.empty(3, 3), generator=lib.Generator().manual_seed(9))
        assert lib.get_rng_state().tolist() == before
        drawn.append(tensor)
    assert_same_tensor(*drawn, name)


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("layout", [lambda x: x.t(), lambda x: x[:, ::2], lambda x: x.t()[1:]])
def test_a_target_of_any_layout_is_filled_as_torch_fills_it(name, layout):
    def program(lib: Any) -> Any:
        lib.manual_seed(0)
        return getattr(lib.nn.init, name)(layout(lib.empty(9, 8)))

    assert_same_tensor(*(program(lib) for lib in LIBRARIES), name, scale=4)


def test_sparse_draws_its_zeros_from_the_default_generator_even_if_another_is_given():
    for lib in LIBRARIES:
        lib.manual_seed(0)
    drawn = [lib.nn.init.sparse_(lib.ones(6, 4), 0.5, generator=lib.Generator().manual_seed(1)) for lib in LIBRARIES]
    assert_same_numbers(*drawn, "sparse")
    assert minigrad.rand(1).tolist() == torch.rand(1).tolist()


@BOTH
def test_a_parameter_that_requires_grad_may_be_initialised_and_that_counts_as_a_write(lib):
    layer = lib.nn.Linear(2, 2)
    version = layer.weight._version
    lib.nn.init.ones_(layer.weight)
    assert layer.weight.requires_grad and layer.weight.is_leaf and layer.weight._version > version


@pytest.mark.parametrize(
    "name",
    ["linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid"]
    + ["tanh", "relu", "leaky_relu", "selu"],
)
@pytest.mark.parametrize("param", [None, 0, 0.2, 3])
def test_gains_are_torchs(name, param):
    ours, theirs = (lib.nn.init.calculate_gain(name, param) for lib in LIBRARIES)
    assert ours == theirs and type(ours) is type(theirs)


@pytest.mark.parametrize("name", ["xavier_uniform_", "xavier_normal_"])
def test_weights_of_no_gain_are_zeros_of_torchs_sign(name):
    ours, theirs = (getattr(lib.nn.init, name)(lib.empty(5, 4), gain=0) for lib in LIBRARIES)
    assert np.array_equal(np.signbit(ours.numpy()), theirs.signbit().numpy())


ERRORS = {
    "an unknown nonlinearity": lambda lib: lib.nn.init.calculate_gain("bend"),
    "a slope that is no number": lambda lib: lib.nn.init.calculate_gain("leaky_relu", "steep"),
    "kaiming of a vector": lambda lib: lib.nn.init.kaiming_uniform_(lib.ones(3)),
    "xavier of a number": lambda lib: lib.nn.init.xavier_uniform_(lib.ones(())),
    "an unknown mode": lambda lib: lib.nn.init.kaiming_uniform_(lib.ones(3, 3), mode="fan"),
    "an unknown nonlinearity for kaiming": lambda lib: lib.nn.init.kaiming_uniform_(lib.ones(3, 3), nonlinearity="x"),
    "kaiming normal of a vector": lambda lib: lib.nn.init.kaiming_normal_(lib.ones(3)),
    "xavier normal of a vector": lambda lib: lib.nn.init.xavier_normal_(lib.ones(3)),
    "xavier of nothing": lambda lib: lib.nn.init.xavier_normal_(lib.ones(0, 0)),
    "a mode that is a number": lambda lib: lib.nn.init.kaiming_normal_(lib.ones(3, 3), mode=3),
    "a slope that is true": lambda lib: lib.nn.init.calculate_gain("leaky_relu", True),
    "a truncation the wrong way round": lambda lib: lib.nn.init.trunc_normal_(lib.ones(3), 0, 1, 2, -2),
    "a truncation of no deviation": lambda lib: lib.nn.init.trunc_normal_(lib.ones(3), 0, 0),
    "normals of integers": lambda lib: lib.nn.init.normal_(lib.tensor([1, 2])),
    "an identity of three dimensions": lambda lib: lib.nn.init.eye_(lib.ones(2, 2, 2)),
    "dirac of a matrix": lambda lib: lib.nn.init.dirac_(lib.ones(2, 2)),
    "groups that do not divide": lambda lib: lib.nn.init.dirac_(lib.ones(4, 2, 3), 3),
    "orthogonal vectors": lambda lib: lib.nn.init.orthogonal_(lib.ones(3)),
    "orthogonal integers": lambda lib: lib.nn.init.orthogonal_(lib.tensor([[1, 2]])),
    "a sparse vector": lambda lib: lib.nn.init.sparse_(lib.ones(3), 0.5),
    "bounds the wrong way round": lambda lib: lib.nn.init.uniform_(lib.ones(3), 2, 1),
    "a negative deviation": lambda lib: lib.nn.init.normal_(lib.ones(3), 0, -1),
}


@pytest.mark.parametrize("name", ERRORS)
def test_a_mistake_is_answered_in_torchs_words(name):
    assert_same_error(ERRORS[name])


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_an_empty_weight_is_left_as_it_is():
    for lib in LIBRARIES:
        for name in ("kaiming_uniform_", "kaiming_normal_"):
            with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
                assert getattr(lib.nn.init, name)(lib.ones(0, 3), mode="unread").shape == (0, 3)
        assert lib.nn.Linear(0, 3).weight.shape == (3, 0)
