"""unfold and fold: every geometry, each the adjoint of the other, one image without a batch, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity import assert_parity, assert_same_error
from strategies import arrays, windows

import minigrad
import minigrad.nn.functional as F


@given(windows(), st.sampled_from([(2, 3), (1, 1), (0, 2), ()]), st.data())
def test_unfold(geometry, front, data):
    size, kernel, stride, padding, dilation = geometry
    shape = (*(front or (2,)), *size)
    x = data.draw(arrays(shape, np.float64))
    assert_parity(lambda lib, x: lib.nn.functional.unfold(x, kernel, dilation, padding, stride), x, scale=20)


def patches(geometry):
    """How many there are."""
    size, kernel, stride, padding, dilation = geometry
    steps = stride if isinstance(stride, tuple) else (stride, stride)
    return int(np.prod([
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, kernel, steps, padding, dilation, strict=True)
    ]))  # fmt: skip


@given(windows(), st.sampled_from([(2, 3), (1, 1), (0, 2), (2,)]), st.data())
def test_fold(geometry, front, data):
    size, kernel, stride, padding, dilation = geometry
    shape = (*front[:-1], front[-1] * kernel[0] * kernel[1], patches(geometry))
    x = data.draw(arrays(shape, np.float64))
    assert_parity(lambda lib, x: lib.nn.functional.fold(x, size, kernel, dilation, padding, stride), x, scale=20)


@given(windows(), st.data())
def test_fold_is_the_adjoint_of_unfold(geometry, data):
    size, kernel, stride, padding, dilation = geometry
    x = minigrad.from_numpy(data.draw(arrays((2, 2, *size), np.float64)))
    y = minigrad.from_numpy(data.draw(arrays((2, 2 * kernel[0] * kernel[1], patches(geometry)), np.float64)))
    there = (F.unfold(x, kernel, dilation, padding, stride) * y).sum()
    back = (x * F.fold(y, size, kernel, dilation, padding, stride)).sum()
    assert np.isclose(there.item(), back.item(), rtol=1e-10, atol=1e-10)  # float64, sums of some hundred terms


def test_a_convolution_is_a_product_with_the_unfolded_image():
    def program(lib, x, w):
        F = lib.nn.functional
        columns = F.unfold(x, 3, padding=1)
        return (w.view(3, -1) @ columns).view(2, 3, 5, 4) - F.conv2d(x, w, padding=1), F.fold(columns, (5, 4), 3, 1, 1)

    random = np.random.default_rng(0)
    arrays = random.standard_normal((2, 2, 5, 4)), random.standard_normal((3, 2, 3, 3))
    assert_parity(program, *arrays, backward=False, scale=20)


FORMS = {
    "one number each": lambda lib, x: lib.nn.functional.unfold(x, 2),
    "lists": lambda lib, x: lib.nn.functional.unfold(x, [2, 3], [1, 1], [0, 1], [2, 1]),
    "by keyword": lambda lib, x: lib.nn.functional.unfold(x, kernel_size=2, dilation=2, padding=1, stride=2),
    "turned": lambda lib, x: lib.nn.functional.unfold(x.transpose(2, 3), 2),
    "one image": lambda lib, x: lib.nn.functional.unfold(x[0], 2),
    "there and back": lambda lib, x: lib.nn.functional.fold(lib.nn.functional.unfold(x, 2), (5, 4), 2),
    "one image there and back": lambda lib, x: lib.nn.functional.fold(lib.nn.functional.unfold(x[1], 2), (5, 4), 2),
    "fold of one size": lambda lib, x: lib.nn.functional.fold(lib.nn.functional.unfold(x[:, :, :4], 2), 4, 2),
}


@pytest.mark.parametrize("program", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_forms(program, dtype):
    assert_parity(program, np.random.default_rng(0).standard_normal((2, 2, 5, 4)).astype(dtype), scale=20)


BAD = {
    "unfold of five dims": lambda lib: lib.nn.functional.unfold(lib.ones(1, 1, 1, 3, 3), 2),
    "unfold of no channels": lambda lib: lib.nn.functional.unfold(lib.ones(1, 0, 3, 3), 2),
    "unfold, a kernel too large": lambda lib: lib.nn.functional.unfold(lib.ones(1, 1, 3, 3), 4),
    "unfold, kernel 0": lambda lib: lib.nn.functional.unfold(lib.ones(1, 1, 3, 3), 0),
    "unfold, stride 0": lambda lib: lib.nn.functional.unfold(lib.ones(1, 1, 3, 3), 2, stride=0),
    "unfold, dilation 0": lambda lib: lib.nn.functional.unfold(lib.ones(1, 1, 3, 3), 2, dilation=0),
    "unfold, negative padding": lambda lib: lib.nn.functional.unfold(lib.ones(1, 1, 3, 3), 2, padding=-1),
    "unfold, three numbers": lambda lib: lib.nn.functional.unfold(lib.ones(1, 1, 3, 3), (2, 2, 2)),
    "fold of one dim": lambda lib: lib.nn.functional.fold(lib.ones(4), 2, 2),
    "fold of four dims": lambda lib: lib.nn.functional.fold(lib.ones(1, 1, 4, 1), 2, 2),
    "fold, rows": lambda lib: lib.nn.functional.fold(lib.ones(1, 5, 1), 2, 2),
    "fold, columns": lambda lib: lib.nn.functional.fold(lib.ones(1, 4, 3), 2, 2),
    "fold of nothing": lambda lib: lib.nn.functional.fold(lib.ones(1, 0, 1), 2, 2),
    "fold, a kernel too large": lambda lib: lib.nn.functional.fold(lib.ones(1, 9, 1), 2, 3),
    "fold, stride 0": lambda lib: lib.nn.functional.fold(lib.ones(1, 4, 1), 2, 2, stride=0),
    "fold, three numbers": lambda lib: lib.nn.functional.fold(lib.ones(1, 4, 1), (2, 2, 2), 2),
    "fold, kernel 0": lambda lib: lib.nn.functional.fold(lib.ones(1, 4, 1), 2, 0),
}


@pytest.mark.parametrize("program", BAD.values(), ids=BAD)
def test_bad_arguments_raise_torchs_error(program):
    assert_same_error(program)
