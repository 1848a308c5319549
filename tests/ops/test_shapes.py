"""Rearrangements: value, strides, gradient and graph are torch's."""

import math

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from parity import LIBRARIES, assert_parity, run
from strategies import arrays, shapes


def assert_same_strides(program, *inputs):
    ours, theirs = (run(lib, program, inputs, backward=False).outputs for lib in LIBRARIES)
    for mine, other in zip(ours, theirs, strict=True):
        if other.numel() > 1:
            steps = [[s for s, n in zip(t.stride(), t.shape, strict=True) if n > 1] for t in (mine, other)]
            assert steps[0] == steps[1] and mine.is_contiguous() == other.is_contiguous()


@given(arrays(shapes(min_dims=1)), st.data())
def test_reshape_views_where_it_can_and_copies_where_it_must(x, data):
    target = data.draw(st.permutations([n for n in x.shape if n != 1] + [1] * data.draw(st.integers(0, 2))))
    if target and x.size and data.draw(st.booleans()):
        target[data.draw(st.integers(0, len(target) - 1))] = -1
    assume(target or x.size == 1)
    assert_parity(lambda lib, x: x.reshape(target), x)
    assert_same_strides(lambda lib, x: x.reshape(target), x)


@given(arrays(shapes(min_dims=1)))
def test_flatten_and_view(x):
    assert_parity(lambda lib, x: (x.flatten(), x.flatten(0, -1), x.contiguous().view(math.prod(x.shape))), x)
    assert_parity(lambda lib, x: x.view(x.shape), x)


@given(arrays(shapes(min_dims=3, max_dims=4)))
def test_flatten_of_some_dimensions(x):
    assert_parity(lambda lib, x: (lib.flatten(x, 1), lib.flatten(x, 0, 1), lib.flatten(x, -2), x.flatten(1, 1)), x)


@given(arrays(shapes(min_dims=1)), st.data())
def test_permute_and_transpose(x, data):
    order = data.draw(st.permutations(range(x.ndim)))
    i, j = data.draw(st.integers(-x.ndim, x.ndim - 1)), data.draw(st.integers(-x.ndim, x.ndim - 1))
    assert_parity(lambda lib, x: (x.permute(order), x.permute(*order), x.transpose(i, j)), x)
    assert_same_strides(lambda lib, x: (x.permute(order), x.transpose(i, j)), x)


@given(arrays(shapes(max_dims=2)))
def test_t_of_a_matrix(x):
    assert_parity(lambda lib, x: x.t(), x)


@given(arrays(shapes(min_dims=2, max_dims=2)))
def test_capital_t_of_a_matrix(x):
    assert_parity(lambda lib, x: x.T, x)


@given(arrays(shapes(max_side=2)), st.data())
def test_squeeze_and_unsqueeze(x, data):
    at = data.draw(st.integers(-x.ndim - 1, x.ndim))
    assert_parity(lambda lib, x: (x.squeeze(), x.unsqueeze(at)), x)
    if x.ndim:
        dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
        assert_parity(lambda lib, x: (x.squeeze(dim), x.squeeze((dim,))), x)


@given(arrays(shapes(max_dims=3)), shapes(max_dims=2))
def test_expand_repeats_along_dimensions_of_size_one(x, front):
    def program(lib, x):
        widened = x.unsqueeze(0)
        return widened.expand(*front, 3, *x.shape), x.expand((*front, *(-1 for _ in x.shape)))

    assert_parity(program, x, scale=50)


@given(arrays(shapes(min_dims=1)))
def test_clone_and_contiguous(x):
    assert_parity(lambda lib, x: (x.clone(), x.contiguous(), x.t().contiguous() if x.ndim == 2 else x), x)
    assert_same_strides(lambda lib, x: (x.clone(), x.contiguous()), x)


def test_unflatten_undoes_flatten():
    assert_parity(
        lambda lib, x: (x.unflatten(1, (2, 3)), x.unflatten(-1, (-1, 2)), x.view_as(x)), np.arange(12.0).reshape(2, 6)
    )


@given(arrays(shapes(min_dims=2)), st.data())
def test_padding_with_a_constant(x, data):
    widths = data.draw(st.lists(st.integers(0, 2), min_size=2, max_size=4).filter(lambda w: len(w) % 2 == 0))
    assert_parity(lambda lib, x: lib.nn.functional.pad(x, widths, value=1.5), x)


def test_padding_by_a_negative_width_cuts_off():
    assert_parity(lambda lib, x: lib.nn.functional.pad(x, (-1, 2, 1, -1)), np.arange(12.0).reshape(3, 4))
