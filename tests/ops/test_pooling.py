"""Max-pooling: torch's values, indices, gradients and graph, ties and nan included."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from parity import assert_parity, assert_same_error
from strategies import FLOATS, arrays, windows

import minigrad
from minigrad.ops import pooling
from minigrad.ops import windows as window_views
from minigrad.ops.windows import pair


@given(windows(pooling=True), st.booleans(), st.integers(0, 2), FLOATS, st.booleans(), st.data())
def test_max_pool2d(window, ceil_mode, N, dtype, indices, data):
    x = data.draw(arrays((N, 2, *window.size), dtype))
    assume(sees_a_pixel(window, ceil_mode))

    def program(lib, x):
        return lib.nn.functional.max_pool2d(
            x, window.kernel, window.stride, window.padding, window.dilation, ceil_mode, return_indices=indices
        )

    assert_parity(program, x)


def sees_a_pixel(window, ceil_mode):
    """Whether every window does. A dilated one can step over the image; torch then writes behind it in backward."""
    geometry = window.size, window.kernel, pair(window.stride), window.padding, window.dilation
    counts = pooling.pooled_size(*geometry, ceil_mode)
    return all(
        any(0 <= o * s - p + i * d < n for i in range(k))
        for n, k, s, p, d, count in zip(*geometry, counts, strict=True)
        for o in range(count)
    )


def test_a_window_that_sees_no_pixel_is_minus_infinity_and_writes_nowhere_else():
    x = minigrad.ones(1, 1, 1, 1, requires_grad=True)
    y = minigrad.nn.functional.max_pool2d(x, (2, 1), 1, (1, 0), (2, 1))
    y.sum().backward()
    assert y.tolist() == [[[[float("-inf")]]]] and x.grad.shape == (1, 1, 1, 1)


@given(FLOATS, st.sampled_from([2, (2, 2), (3, 1)]), st.data())
def test_max_pool2d_strides_by_its_kernel_and_takes_one_image(dtype, kernel, data):
    x = data.draw(arrays((2, 6, 5), dtype))
    assert_parity(lambda lib, x: lib.nn.functional.max_pool2d(x, kernel), x)


def test_max_pool2d_of_nan_infinity_and_ties():
    random = np.random.default_rng(0)
    values = np.array([np.nan, -np.inf, np.inf, 0.0, 1.0])
    for _ in range(50):
        x = random.choice(values, (1, 2, 5, 5))
        kernel, padding = int(random.integers(1, 4)), int(random.integers(0, 2))
        padding = min(padding, kernel // 2)
        assert_parity(
            lambda lib, x, k=kernel, p=padding: lib.nn.functional.max_pool2d(x, k, 2, p, return_indices=True), x
        )
    x = np.full((1, 1, 3, 3), -np.inf)
    assert_parity(lambda lib, x: lib.nn.functional.max_pool2d(x, 2, 2, 1, return_indices=True), x)


def simple_max_pool(x, kernel, stride, padding, dilation):
    """Window by window: the largest pixel, and the first place that holds it."""
    OH, OW = pooling.pooled_size(x.shape[-2:], kernel, stride, padding, dilation, False)
    values, indices = np.empty((*x.shape[:2], OH, OW)), np.empty((*x.shape[:2], OH, OW), np.int64)
    for n, c, a, b in np.ndindex(values.shape):
        rows = [a * stride[0] - padding[0] + i * dilation[0] for i in range(kernel[0])]
        columns = [b * stride[1] - padding[1] + j * dilation[1] for j in range(kernel[1])]
        seen = [(r, k) for r in rows for k in columns if 0 <= r < x.shape[2] and 0 <= k < x.shape[3]]
        assume(seen)  # a dilated kernel can step over the whole image: then there is no largest pixel
        row, column = max(seen, key=lambda place: x[n, c, place[0], place[1]])
        values[n, c, a, b], indices[n, c, a, b] = x[n, c, row, column], row * x.shape[3] + column
    return values, indices


@given(windows(pooling=True), st.data())
def test_pooling_by_slices_is_pooling_window_by_window(window, data):
    x = data.draw(arrays((1, 2, *window.size), np.float64))
    args = window.kernel, pair(window.stride), window.padding, window.dilation
    for mine, simple in zip(pooling.largest(x, *args, False), simple_max_pool(x, *args), strict=True):
        np.testing.assert_array_equal(mine, simple)


@pytest.mark.parametrize("most", [0, 2 * 3 * 6 * 7 * 8])  # one image at a time; two, and at the end one
def test_images_in_parts_give_what_they_give_together(most, monkeypatch):
    x = np.random.default_rng(5).standard_normal((5, 3, 6, 7))
    x[3, 1, 2, 2] = np.nan
    args = (2, 3), (2, 1), (1, 1), (1, 2), True
    together = pooling.largest(x, *args)
    monkeypatch.setattr(window_views, "PART_BYTES", most)
    for ours, whole in zip(pooling.largest(x, *args), together, strict=True):
        np.testing.assert_array_equal(ours, whole)


def test_the_second_derivative_is_torchs():
    def program(lib, x):
        (gx,) = lib.autograd.grad((lib.nn.functional.max_pool2d(x, 2, 1) ** 3).sum(), x, create_graph=True)
        return lib.autograd.grad((gx**2).sum(), x)

    assert_parity(program, np.random.default_rng(0).standard_normal((1, 2, 4, 4)), backward=False, scale=1e4)


@pytest.mark.parametrize(
    "program",
    [
        lambda lib: lib.nn.functional.max_pool2d(lib.ones(1, 1, 1, 1), 2),
        lambda lib: lib.nn.functional.max_pool2d(lib.ones(1, 1, 5, 5), 2, padding=2),
        lambda lib: lib.nn.functional.max_pool2d(lib.ones(1, 5), 2),
        lambda lib: lib.nn.functional.max_pool2d(lib.ones(1, 1, 5, 5), 2, stride=0),
        lambda lib: lib.nn.functional.max_pool2d(lib.ones(1, 1, 5, 5), (2, 2, 2)),
        lambda lib: lib.nn.functional.max_pool2d(lib.ones(1, 0, 5, 5), 2),
    ],
)
def test_bad_arguments_raise_torchs_error(program):
    assert_same_error(program, words=6)


@pytest.mark.parametrize("dtype", [np.int64, np.int16, np.uint8])
def test_the_padding_loses_to_every_whole_number_too(dtype):
    x = np.array([[[-5, -3], [-4, -9]]]).astype(dtype)
    assert_parity(lambda lib, x: lib.nn.functional.max_pool2d(x, 2, stride=1, padding=1), x)


@pytest.mark.parametrize("shape", [(1, 3, 4), (1, 4, 3), (1, 3, 3)])
def test_with_ceil_mode_no_window_begins_behind_the_image(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    assert_parity(lambda lib, x: lib.nn.functional.max_pool2d(x, 2, stride=2, padding=1, ceil_mode=True), x)
