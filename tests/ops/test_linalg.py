"""Matrix products and linear layers in every rank: value, gradient and graph are torch's."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import assert_parity, assert_same_error
from strategies import FLOATS, arrays

import minigrad
from minigrad.ops import linalg

SIDE = st.integers(0, 4)


@given(SIDE, SIDE, SIDE, FLOATS, st.data())
def test_products_of_vectors_and_matrices(n, k, m, dtype, data):
    x, y = data.draw(arrays((n, k), dtype)), data.draw(arrays((k, m), dtype))
    u, v = data.draw(arrays((k,), dtype)), data.draw(arrays((k,), dtype))
    assert_parity(
        lambda lib, x, y, u, v: (x @ y, lib.mm(x, y), x @ u, u @ y, u @ v, lib.dot(u, v)), x, y, u, v, scale=10
    )


@given(st.integers(1, 3), st.integers(1, 3), SIDE, SIDE, SIDE, FLOATS, st.data())
def test_products_of_batches(b, c, n, k, m, dtype, data):
    x, y = data.draw(arrays((b, n, k), dtype)), data.draw(arrays((b, k, m), dtype))
    assert_parity(lambda lib, x, y: (lib.bmm(x, y), x @ y), x, y, scale=10)


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), FLOATS, st.data())
def test_products_of_a_batch_with_a_matrix_or_vector(b, n, k, dtype, data):
    x, y, u = data.draw(arrays((b, n, k), dtype)), data.draw(arrays((k, 2), dtype)), data.draw(arrays((k,), dtype))
    assert_parity(lambda lib, x, y: x @ y, x, y, scale=10)
    assert_parity(lambda lib, x, u: x @ u, x, u, scale=10)


@given(SIDE, SIDE, SIDE, FLOATS, st.sampled_from([1, 0.5, 2]), st.sampled_from([1, 0.5, 0]), st.data())
def test_addmm(n, k, m, dtype, alpha, beta, data):
    b = data.draw(arrays(data.draw(st.sampled_from([(m,), (n, m), (1, m), ()])), dtype))
    x, y = data.draw(arrays((n, k), dtype)), data.draw(arrays((k, m), dtype))
    assert_parity(lambda lib, b, x, y: lib.addmm(b, x, y, alpha=alpha, beta=beta), b, x, y, scale=10)


@given(st.lists(st.integers(1, 3), max_size=3), st.integers(1, 4), st.integers(1, 4), FLOATS, st.booleans(),
       st.booleans(), st.data())  # fmt: skip
def test_linear_of_every_rank(batch, k, m, dtype, bias, needs_input, data):
    x, w, b = data.draw(arrays((*batch, k), dtype)), data.draw(arrays((m, k), dtype)), data.draw(arrays((m,), dtype))

    def program(lib, x, w, b):
        return lib.nn.functional.linear(x, w, b if bias else None)

    assert_parity(program, x, w, b, requires_grad=(needs_input, True, True), scale=10)


def test_the_gradient_of_a_weight_lies_in_memory_as_the_weight_does():
    gradient = linalg.grad_of_second(minigrad.ones(5, 3), minigrad.ones(5, 2)).t()  # of W, for y = x Wᵀ
    assert gradient.shape == (2, 3) and gradient.is_contiguous()


def test_linear_of_an_empty_batch():
    def program(lib):
        x, layer = lib.zeros(0, 3, requires_grad=True), lib.nn.Linear(3, 2)
        layer(x).sum().backward()
        return layer.weight.grad.tolist(), x.grad.shape, layer.bias.grad.tolist()

    assert program(minigrad) == program(torch)


def test_a_first_linear_layer_that_does_not_fit_is_refused():
    assert_same_error(lambda lib: lib.nn.Linear(400, 10)(lib.ones(1, 576)), words=9)
    assert_same_error(lambda lib: lib.nn.Linear(400, 10, bias=False)(lib.ones(1, 576)), words=9)


def test_float64_does_not_meet_float32_weights():
    assert_same_error(lambda lib: lib.nn.Linear(3, 2)(lib.ones(1, 3).double()), words=12)
    assert_same_error(lambda lib: lib.nn.Linear(3, 2, bias=False)(lib.ones(1, 3).double()), words=12)


@pytest.mark.parametrize("small_needs", [True, False])
@pytest.mark.parametrize("shape, swapped", [((3, 2, 4), (0, 1)), ((2, 4, 3), (1, 2))])
def test_a_batch_whose_rows_do_not_follow_each_other_is_multiplied_batch_by_batch(shape, swapped, small_needs):
    x, w = np.arange(24.0).reshape(shape), np.arange(8.0).reshape(4, 2)
    assert_parity(lambda lib, x, w: x.transpose(*swapped) @ w, x, w, requires_grad=(True, small_needs), scale=1e3)


@pytest.mark.parametrize("shape, swapped", [((2, 1, 4), (0, 1)), ((2, 1, 3, 4), (0, 1)), ((1, 2, 4), (0, 1))])
def test_a_dimension_of_size_1_does_not_keep_a_batch_from_being_folded(shape, swapped):
    x, w = np.ones(shape), np.arange(8.0).reshape(4, 2)
    assert_parity(lambda lib, x, w: x.transpose(*swapped) @ w, x, w, requires_grad=(True, False), scale=1e3)
