"""Losses for answers of yes or no, at the corners: certainty, zero scores, weights that do not fit, other dtypes."""

import numpy as np
import pytest
from parity import LIBRARIES, assert_close, assert_parity, assert_same_error


def test_the_gradient_of_a_certain_answers_target_is_infinite():
    def program(lib, y):
        x = lib.tensor([0.0, 1.0, 0.5], dtype=lib.float64)
        return lib.nn.functional.binary_cross_entropy(x, y)

    assert_parity(program, np.array([0.5, 0.5, 0.5]))


@pytest.mark.parametrize("scores", [[0.0, 0.0], [-800.0, 800.0], [1.0, -2.0]])
def test_the_derivatives_of_logits_with_a_weight_for_yes(scores):
    def program(lib):
        x = lib.tensor(scores, dtype=lib.float64, requires_grad=True)
        y = lib.tensor([0.25, 1.0], dtype=lib.float64, requires_grad=True)
        p = lib.tensor([3.0, 0.5], dtype=lib.float64)
        loss = lib.nn.functional.binary_cross_entropy_with_logits(x, y, pos_weight=p)
        gx, gy = lib.autograd.grad(loss, (x, y), create_graph=True)
        return [t.tolist() for t in (loss, gx, gy, *lib.autograd.grad((gx * gx).sum() + gy.sum(), (x, y)))]

    for ours, theirs in zip(*map(program, LIBRARIES), strict=True):
        assert_close(np.array(ours), np.array(theirs), "the number", scale=100)


@pytest.mark.parametrize("dtypes", [("float64", "float32"), ("float32", "float64"), ("float32", "float32", "float64")])
def test_the_result_has_the_targets_dtype(dtypes):
    def program(lib):
        x, *rest = (lib.zeros(2, dtype=getattr(lib, dtype)) for dtype in dtypes)
        return str(lib.nn.functional.binary_cross_entropy_with_logits(x, *rest).dtype)

    ours, theirs = map(program, LIBRARIES)
    assert ours == theirs


@pytest.mark.parametrize("name", ["binary_cross_entropy", "binary_cross_entropy_with_logits"])
@pytest.mark.parametrize("shape", [(2, 3, 4), (5,)])
def test_a_weight_must_expand_to_the_input(name, shape):
    def program(lib):
        return getattr(lib.nn.functional, name)(lib.ones(3, 4), lib.ones(3, 4), weight=lib.ones(shape))

    if shape == (5,) and "logits" in name:
        assert_same_error(program, words=3)
    else:
        assert_same_error(program, words=8)


@pytest.mark.parametrize(("name", "argument"), [("binary_cross_entropy", "weight"), ("binary_cross_entropy_with_logits",
                         "weight"), ("binary_cross_entropy_with_logits", "pos_weight")])  # fmt: skip
def test_a_weight_has_no_gradient(name, argument):
    def program(lib):
        weight = {argument: lib.ones(3, requires_grad=True)}
        return getattr(lib.nn.functional, name)(lib.ones(3), lib.ones(3), **weight)

    assert_same_error(program, words=12)
