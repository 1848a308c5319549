"""Average-pooling: torch's values, gradients and graph, and that its derivative is its adjoint."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import assert_close, assert_parity, assert_same_error
from stories import assert_same_story
from strategies import FLOATS, arrays, windows

import minigrad
from minigrad.ops import averaging
from minigrad.ops.windows import pair


@given(windows(pooling=True, dilations=1), st.booleans(), st.booleans(), st.sampled_from([None, 3]), FLOATS, st.data())
def test_avg_pool2d(window, ceil_mode, include_pad, divisor, dtype, data):
    x = data.draw(arrays((2, 2, *window.size), dtype))
    options = (window.kernel, window.stride, window.padding, ceil_mode, include_pad, divisor)
    assert_parity(lambda lib, x: lib.nn.functional.avg_pool2d(x, *options), x, scale=10)


@given(st.integers(1, 7), st.integers(1, 7), st.integers(1, 9), st.integers(1, 9), FLOATS, st.data())
def test_adaptive_avg_pool2d(H, W, OH, OW, dtype, data):
    x = data.draw(arrays((2, 2, H, W), dtype))
    assert_parity(lambda lib, x: lib.nn.functional.adaptive_avg_pool2d(x, (OH, OW)), x, scale=10)


@given(windows(pooling=True, dilations=1), st.booleans(), st.booleans())
def test_sharing_evenly_is_the_adjoint_of_averaging(window, ceil_mode, include_pad):
    over = averaging.Windows(window.kernel, pair(window.stride), window.padding, ceil_mode, include_pad, None)
    random = np.random.default_rng(0)
    x = minigrad.from_numpy(random.standard_normal((2, 1, *window.size)))
    y = averaging.avg_pool2d(x, over)
    g = minigrad.from_numpy(random.standard_normal(tuple(y.shape)))
    back = averaging.avg_pool2d_backward(g, x, over)
    assert_close((y * g).sum().numpy(), (x * back).sum().numpy(), "the product", scale=100)


def test_regions_that_overlap_share_a_pixel():
    x = minigrad.arange(3.0).view(1, 1, 1, 3).requires_grad_()
    y = minigrad.nn.functional.adaptive_avg_pool2d(x, (1, 2))
    y.sum().backward()
    assert y.tolist() == [[[[0.5, 1.5]]]] and x.grad.tolist() == [[[[0.5, 1.0, 0.5]]]]


def test_no_regions_have_no_derivative():
    def program(lib):
        lib.nn.functional.adaptive_avg_pool2d(lib.ones(1, 1, 2, 2, requires_grad=True), (0, 2)).sum().backward()

    assert_same_error(program, words=12)


def test_the_second_derivatives_are_torchs():
    def program(lib, x):
        F = lib.nn.functional
        y = F.avg_pool2d(x, 3, 2, 1).pow(3).sum() + F.adaptive_avg_pool2d(x, (2, 4)).pow(3).sum()
        (g,) = lib.autograd.grad(y, x, create_graph=True)
        return lib.autograd.grad((g**2).sum(), x)

    assert_parity(program, np.random.default_rng(0).standard_normal((1, 2, 6, 7)), backward=False, scale=1e4)


def test_whole_numbers_are_averaged_towards_zero():
    assert_parity(lambda lib, x: lib.nn.functional.avg_pool2d(x, 2), np.array([[[-1, -2], [-2, -2]]]))


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_what_is_no_number_stays_in_its_own_regions(value):
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    x[0, 0, 1, 3] = value
    assert_parity(lambda lib, x: lib.nn.functional.adaptive_avg_pool2d(x, (2, 3)), x)


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool", "int64"])
def test_only_floats_and_longs_are_averaged(dtype):
    def program(lib):
        return lib.nn.functional.avg_pool2d(lib.ones(1, 2, 2).to(getattr(lib, dtype)), 2).tolist()

    if dtype == "int64":
        assert program(minigrad) == program(torch)
    else:
        assert_same_error(program)


def test_the_gradient_of_padded_windows_lies_row_by_row():
    def program(lib, x):
        (g,) = lib.autograd.grad(lib.nn.functional.avg_pool2d(x, 2, padding=1).sum(), x)
        return g.view(-1)

    assert_parity(program, np.ones((1, 1, 4, 4)), backward=False)


SIZES = [1, 2, 0, 2.0, None, (1, 1), (2, 2), (None, 2), (2, None), (None, None), (2,), (), (2, 2, 2), (-1, 2)]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("shape", [(), (4,), (4, 3), (2, 4, 3), (1, 2, 4, 3), (1, 1, 2, 4, 3)], ids=str)
def test_sizes_to_adapt_to(shape, size):
    def story(lib, see):
        see.error(lambda: lib.nn.functional.adaptive_avg_pool2d(lib.ones(shape), size))
        see.error(lambda: lib.nn.AdaptiveAvgPool2d(size)(lib.ones(shape)))

    assert_same_story(story)
