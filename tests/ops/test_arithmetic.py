"""Arithmetic where its formulas branch: rounded quotients, and y − α·x."""

import numpy as np
import pytest
from parity import assert_parity, assert_same_error

X, Y = np.array([7.0, -7.0, 5.5, 0.0, -1.0]), np.array([2.0, 2.0, -1.5, 3.0, 0.0])
FLOATS = (X, Y), (X.astype(np.float32), Y.astype(np.float32))
WHOLE = np.array([7, -7, 5, 0, -6]), np.array([2, 2, -3, 3, 4])


@pytest.mark.parametrize("mode", ["trunc", "floor"])
@pytest.mark.parametrize("x, y", [*FLOATS, WHOLE], ids=["float64", "float32", "int64"])
def test_a_quotient_is_rounded_toward_zero_or_down(mode, x, y):
    assert_parity(lambda lib, x, y: lib.div(x, y, rounding_mode=mode), x, y)


@pytest.mark.parametrize("mode", ["trunc", "floor"])
def test_a_rounded_quotient_by_a_whole_zero_is_an_error(mode):
    assert_same_error(lambda lib: lib.div(lib.tensor([1, 2]), lib.tensor([1, 0]), rounding_mode=mode), words=1)


@pytest.mark.parametrize("needs", [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("alpha", [1, 3])
def test_rsub_of_two_tensors_sends_the_gradient_to_those_that_need_it(needs, alpha):
    row, column = np.array([1.0, 2.0, 3.0]), np.array([[4.0], [5.0]])
    assert_parity(lambda lib, x, y: lib.rsub(x, y, alpha=alpha), row, column, requires_grad=needs)


@pytest.mark.parametrize("exponent", [0, 1, 3])
def test_a_whole_number_has_powers_from_zero_on(exponent):
    assert_parity(lambda lib, x: x**exponent, np.array([-2, 0, 3]))


def test_a_whole_number_has_no_negative_power():
    assert_same_error(lambda lib: lib.tensor([2, 3]) ** -1, words=6)


def test_a_power_of_numbers_alone_is_pythons_affair():
    assert_same_error(lambda lib: lib.pow(2, 3), words=0)
