"""Arithmetic, functions of one element and comparisons: value, gradient and graph are torch's."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import assert_parity
from strategies import FLOATS, arrays, broadcastable

import minigrad

BINARY = ["add", "sub", "mul", "div"]
UNARY = {
    "exp": "normal",
    "log": "positive",
    "sqrt": "positive",
    "abs": "normal",
    "neg": "normal",
    "reciprocal": "positive",
}
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]


@pytest.mark.parametrize("op", BINARY)
@given(broadcastable())
def test_two_tensors(op, pair):
    x, y = pair
    y = np.where(y == 0, 1, y).astype(y.dtype) if op == "div" else y
    assert_parity(lambda lib, x, y: getattr(lib, op)(x, y), x, y, scale=100)


@pytest.mark.parametrize("op", BINARY)
@given(arrays(), st.sampled_from([2, 0.5, -3]))
def test_a_tensor_and_a_number(op, x, number):
    assert_parity(lambda lib, x: getattr(lib, op)(x, number), x)


@given(arrays(kind="positive"), st.sampled_from([2, 0.5, -3]))
def test_a_number_on_the_left(x, number):
    assert_parity(lambda lib, x: (number + x, number - x, number * x, number / x, abs(number) ** x), x, scale=10)


@given(broadcastable(), st.sampled_from([2, 0.5, -1]))
def test_add_and_sub_with_alpha(pair, alpha):
    assert_parity(lambda lib, x, y: (lib.add(x, y, alpha=alpha), lib.sub(x, y, alpha=alpha)), *pair)


@pytest.mark.parametrize("op", UNARY)
@given(st.data())
def test_functions_of_one_element(op, data):
    x = data.draw(arrays(kind=UNARY[op]))
    assert_parity(lambda lib, x: getattr(lib, op)(x), x, scale=10)


@given(arrays(kind="positive"), st.sampled_from([2, 3, 0.5, -1, 0, 1, 2.5]))
def test_pow_with_a_number_as_exponent(x, exponent):
    assert_parity(lambda lib, x: x**exponent, x, scale=100)


@given(broadcastable(kind="positive"))
def test_pow_of_two_tensors(pair):
    assert_parity(lambda lib, x, y: x**y, *pair, scale=100)


def test_pow_at_zero_has_torchs_gradients():
    assert_parity(lambda lib, x, y: x**y, np.array([0.0, 0.0, 2.0]), np.array([0.0, 2.0, 0.0]))
    assert_parity(lambda lib, x: (x**0, x**1, x**2), np.array([0.0, -1.0]))


@pytest.mark.parametrize("op", COMPARISONS)
@given(broadcastable(kind="ties"))
def test_comparisons(op, pair):
    assert_parity(lambda lib, x, y: (getattr(lib, op)(x, y), getattr(lib, op)(x, 1)), *pair)


@given(broadcastable())
def test_where_takes_one_or_the_other(pair):
    assert_parity(lambda lib, x, y: lib.where(x > 0, x, y), *pair)


def test_where_with_numbers():
    assert_parity(lambda lib, x: (lib.where(x > 0, x, 0.0), lib.where(x > 0, 1.0, x)), np.array([1.0, -1.0]))


@given(arrays(), FLOATS)
def test_casts_are_nodes_and_promotion_is_not(x, dtype):
    def program(lib, x):
        return x.double(), x.float(), x * lib.ones(1, dtype=lib.float64), x * lib.ones((), dtype=lib.float64)

    assert_parity(program, x)


def test_division_by_zero_gives_infinities_and_nan():
    assert_parity(lambda lib, x: x / 0, np.array([1.0, -1.0, 0.0]), backward=False)
    assert_parity(lambda lib, x: (x.log(), x.sqrt()), np.array([0.0, -1.0]), backward=False)


@pytest.mark.parametrize("op", [f"{op}_" for op in COMPARISONS])
def test_a_comparison_in_place_is_1_or_0_and_flat(op):
    x, y = np.array([[1.0, 2.0, 3.0]]), np.array([2.0, 2.0, 2.0])
    assert_parity(lambda lib, x: getattr(x * 1, op)(2), x)
    assert_parity(lambda lib, x, y: getattr(x * 1, op)(y), x, y)
    assert_parity(lambda lib, x, y: getattr(x * 1, op)(y), x, y, requires_grad=(False, True))


def test_close_is_measured_by_the_second_tensor():
    def program(lib):
        x, y = lib.tensor([1.0, 2.0]), lib.tensor([1.1, 2.2])
        return lib.allclose(x, y, rtol=0.095), lib.allclose(y, x, rtol=0.095)

    assert program(minigrad) == program(torch) == (True, False)
