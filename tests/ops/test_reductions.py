"""Sums, means, maxima: value, gradient and graph are torch's, ties and empty tensors included."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from parity import LIBRARIES, assert_parity, assert_same_tensor
from stories import assert_same_story
from strategies import arrays, shapes


@given(arrays())
def test_sum_and_mean_of_everything(x):
    assert_parity(lambda lib, x: (x.sum(), x.mean()), x, scale=50)


@given(arrays(shapes(min_dims=1)), st.booleans(), st.data())
def test_sum_and_mean_over_dimensions(x, keepdim, data):
    dims = data.draw(st.sets(st.integers(0, x.ndim - 1), min_size=1))
    dim = data.draw(st.sampled_from([tuple(dims), min(dims), min(dims) - x.ndim]))
    assert_parity(lambda lib, x: (x.sum(dim, keepdim=keepdim), x.mean(dim, keepdim=keepdim)), x, scale=50)


@given(arrays(shapes(min_side=1)))
def test_max_of_everything_shares_the_gradient_among_ties(x):
    assert_parity(lambda lib, x: x.max(), x)


@given(arrays(shapes(min_dims=1, min_side=1)), st.booleans(), st.data())
def test_max_along_a_dimension_gives_it_to_the_first(x, keepdim, data):
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    assert_parity(lambda lib, x: x.max(dim, keepdim=keepdim), x)
    assert_parity(lambda lib, x: (x.argmax(dim, keepdim=keepdim), x.argmax()), x)


def test_max_follows_nan_as_torch_does():
    x = np.array([[1.0, np.nan, 2.0], [3.0, 1.0, np.nan]])
    assert_parity(lambda lib, x: (x.max(1), x.max(), x.argmax(1))[0], x)
    assert_parity(lambda lib, x: x.max(), x)


def test_reductions_of_a_number():
    assert_parity(lambda lib, x: (x.sum(0), x.mean(-1), x.max(0)[0], x.max(), x.argmax()), np.array(2.0))


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", "bool"])
def test_integers_are_summed_in_int64(dtype):
    results = [lib.tensor([1, 0, 1]).to(getattr(lib, dtype)).sum() for lib in LIBRARIES]
    assert_same_tensor(*results, "sum")


@given(arrays(shapes(min_dims=1)))
def test_summing_to_a_size_undoes_expanding(x):
    assume(x.size)
    size = tuple(1 if i % 2 else n for i, n in enumerate(x.shape))
    assert_parity(lambda lib, x: (x.sum_to_size(size), x.sum_to_size(x.shape)), x, scale=50)


def test_max_prints_as_torchs_named_tuple():
    texts = [repr(lib.tensor([[1.0, 2.0]]).max(1)) for lib in LIBRARIES]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("dim", [None, 1, (0, 1), [0]], ids=str)
@pytest.mark.parametrize("op", ["var", "std"])
def test_a_variance_remembers_its_dims_as_torch_does(op, dim):
    ours, theirs = (getattr(lib.ones(2, 3, requires_grad=True), op)(dim).grad_fn._saved_dim for lib in LIBRARIES)
    assert ours == theirs


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("p", [0, 1, 2, 3, np.inf, -np.inf])
def test_a_norm_keeps_the_dimension_it_is_taken_over(p, keepdim):
    x = np.array([[3.0, -4.0, 0.5], [1.0, 2.0, -2.0]])
    assert_parity(lambda lib, x: (x.norm(p, 1, keepdim), x.norm(p, (0, 1), keepdim)), x, scale=100)


@pytest.mark.parametrize("op", ["var", "std"])
@pytest.mark.parametrize("numbers", [[2.0], [2.0, 3.0], [2.0, 2.0], [[2.0], [3.0]], 2.0], ids=str)
@pytest.mark.parametrize("options", [
    {}, {"correction": 2}, {"correction": 3}, {"correction": 0}, {"dim": 0}, {"dim": 0, "correction": 3},
    {"dim": -1, "keepdim": True}, {"dim": 0, "correction": 2},
], ids=str)  # fmt: skip
def test_the_slope_of_the_variance_of_too_few_numbers(op, numbers, options):
    def story(lib, see):
        x = lib.tensor(numbers, requires_grad=True)
        getattr(x, op)(**options).sum().backward()
        see(x.grad)

    assert_same_story(story)


@pytest.mark.parametrize("numbers", [[np.nan, 1.0], [0.0, 0.0], [np.inf, 1.0], [np.nan, np.nan]])
@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, 3, -1, np.inf, -np.inf])
def test_the_slope_of_a_norm_in_its_corners(numbers, p):
    def story(lib, see):
        x = lib.tensor(numbers, requires_grad=True)
        x.norm(p).backward()
        see(x.grad)

    assert_same_story(story)
