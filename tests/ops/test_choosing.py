"""where, masked_fill, clamp, maximum, minimum: ties, nan, mixed dtypes, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity import assert_parity, assert_same_error
from strategies import arrays, broadcastable

NAN, INF = float("nan"), float("inf")
SPECIAL = np.array([[NAN, INF, -INF, 0.0, -0.0], [1.0, 1.0, NAN, 0.0, -1.0]])
OTHER = np.array([[1.0, NAN, -INF, -0.0, 0.0], [1.0, 2.0, NAN, 0.0, INF]])


@given(broadcastable(), st.data())
def test_where_of_two_tensors(pair, data):
    mask = data.draw(st.sampled_from([np.array(True), np.array(False), pair[0] > 0]))

    def program(lib, x, y):
        return lib.where(lib.from_numpy(np.asarray(mask)), x, y)

    assert_parity(program, *pair)


PAIRS = {
    "two numbers": lambda lib, x: lib.where(x > 0, 1.0, 0.0),
    "two whole numbers": lambda lib, x: lib.where(x > 0, 1, 0),
    "a whole number and a float": lambda lib, x: lib.where(x > 0, 1, 0.5),
    "a tensor and a whole number": lambda lib, x: lib.where(x > 0, x, 1),
    "a float and a tensor": lambda lib, x: lib.where(x > 0, 0.5, x),
    "float32 and float64": lambda lib, x: lib.where(x > 0, x.float(), x.double()),
    "integers and a float": lambda lib, x: lib.where(x > 0, lib.ones(5).long(), 0.5),
    "integers and floats": lambda lib, x: lib.where(x > 0, lib.ones(5).long(), x),
    "bools": lambda lib, x: lib.where(x > 0, x > 1, x > -1),
    "a 0-d float64": lambda lib, x: lib.where(x > 0, x.float(), lib.tensor(2.0, dtype=lib.float64)),
    "a uint8 condition": lambda lib, x: lib.where((x > 0).byte(), x, 0.0),
    "the indices": lambda lib, x: lib.where(x > 0),
    "the indices of a vector": lambda lib, x: lib.where(x[1] > 0),
    "nothing found": lambda lib, x: lib.where(x > 100),
    "x for both": lambda lib, x: lib.where(x > 0, x, x),
    "by keyword": lambda lib, x: lib.where(condition=x > 0, input=x, other=x),
}


@pytest.mark.filterwarnings("ignore:where received a uint8 condition")
@pytest.mark.parametrize("program", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_where_of(program, dtype):
    assert_parity(program, SPECIAL.astype(dtype))


@pytest.mark.parametrize("op", ["maximum", "minimum"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ties_nan_and_infinity_in_maximum_and_minimum(op, dtype):
    assert_parity(lambda lib, x, y: getattr(lib, op)(x, y), SPECIAL.astype(dtype), OTHER.astype(dtype))
    assert_parity(lambda lib, x: getattr(lib, op)(x, x), SPECIAL.astype(dtype))


@given(broadcastable(kind="ties"), st.sampled_from(["maximum", "minimum"]), st.booleans(), st.booleans())
def test_maximum_and_minimum_share_ties(pair, op, first, second):
    assert_parity(lambda lib, x, y: getattr(lib, op)(x, y), *pair, requires_grad=(first, second))


LIMITS = [(None, 0), (0, None), (-1, 1), (1, -1), (0, 0), (-0.5, 0.5), (NAN, None), (None, NAN), (-INF, INF), (0, 1.5)]


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clamp_by_numbers(limits, dtype):
    low, high = limits
    assert_parity(lambda lib, x: x.clamp(low, high), SPECIAL.astype(dtype))
    assert_parity(lambda lib, x: lib.clamp(x, min=low, max=high), OTHER.astype(dtype))
    assert_parity(lambda lib, x: (x * 1).clamp_(low, high), OTHER.astype(dtype))


@pytest.mark.parametrize("limits", [(0, 2), (0.5, 2), (None, 1.5), (1, None)])
def test_clamp_of_integers(limits):
    assert_parity(lambda lib: lib.tensor([-3, 0, 1, 5]).clamp(*limits))
    assert_parity(lambda lib: lib.tensor([-3.0, 0.0, 1.0, 5.0]).clamp(*limits))


@given(arrays((2, 3), kind="ties"), st.data())
def test_clamp_by_tensors_shares_ties(x, data):
    low, high = (data.draw(arrays(shape, x.dtype, kind="ties")) for shape in ((3,), (2, 1)))
    wanted = tuple(data.draw(st.booleans()) for _ in range(3))
    assert_parity(lambda lib, x, a, b: x.clamp(a, b), x, low, high, requires_grad=wanted)
    assert_parity(lambda lib, x, a: x.clamp(min=a), x, low, requires_grad=wanted[:2])
    assert_parity(lambda lib, x, b: x.clamp(max=b), x, high, requires_grad=wanted[:2])


def test_clamp_by_tensors_of_nan():
    assert_parity(lambda lib, x, y: x.clamp(y), SPECIAL, OTHER)
    assert_parity(lambda lib, x, y: x.clamp(max=y), SPECIAL, OTHER)
    assert_parity(lambda lib, x, y, z: x.clamp(y, z), SPECIAL, OTHER, OTHER[::-1].copy())


@given(arrays((2, 3)), st.sampled_from([(), (3,), (2, 1), (2, 3), (1, 1)]), st.sampled_from([0, 2.5, -1, NAN, INF]))
def test_masked_fill(x, shape, value):
    mask = np.resize([True, False, False, True, True], shape)
    assert_parity(lambda lib, x: x.masked_fill(lib.from_numpy(mask), value), x)
    assert_parity(lambda lib, x: (x * 1).masked_fill_(lib.from_numpy(mask), value), x)
    assert_parity(lambda lib, x, v: x.masked_fill(lib.from_numpy(mask), v), x, np.asarray(value, x.dtype))


def test_masked_fill_of_a_smaller_input_grows_only_out_of_place():
    mask = np.array([[True, False], [False, True]])
    assert_parity(lambda lib, x: x.masked_fill(lib.from_numpy(mask), 5.0), np.array([1.0, 2.0]))
    assert_same_error(lambda lib: lib.ones(2).masked_fill_(lib.from_numpy(mask), 5.0), words=3)


def test_masked_fill_where_dtypes_differ():
    mask = np.array([True, False])
    assert_parity(lambda lib: lib.tensor([1, 2]).masked_fill(lib.from_numpy(mask), 7))
    assert_parity(lambda lib: lib.tensor([1, 2]).masked_fill(lib.from_numpy(mask), 2.5))
    assert_parity(lambda lib: lib.tensor([True, False]).masked_fill(lib.from_numpy(mask), False))
    assert_parity(lambda lib, v: lib.zeros(2).masked_fill(lib.from_numpy(mask), v), np.array(3.0))


def test_an_infinite_gradient_where_nothing_was_chosen_is_not_nan():
    x = np.array([1.0, -1.0])
    for program in (
        lambda lib, x: lib.where(x > 0, x * INF, x),
        lambda lib, x: (x * INF).masked_fill(x > 0, 0.0),
        lambda lib, x: (x * INF).clamp(-1, 1),
        lambda lib, x: lib.maximum(x * INF, x),
    ):
        assert_parity(program, x)


BAD = {
    "a float condition": lambda lib: lib.where(lib.ones(2), lib.ones(2), lib.ones(2)),
    "an integer condition": lambda lib: lib.where(lib.ones(2).long(), lib.ones(2), lib.ones(2)),
    "where, sizes": lambda lib: lib.where(lib.ones(2) > 0, lib.ones(3), lib.ones(2)),
    "where, condition's size": lambda lib: lib.where(lib.ones(3) > 0, lib.ones(2), lib.ones(2)),
    "maximum, sizes": lambda lib: lib.maximum(lib.ones(2), lib.ones(3)),
    "minimum, sizes": lambda lib: lib.minimum(lib.ones(2), lib.ones(3)),
    "masked_fill, a float mask": lambda lib: lib.ones(2).masked_fill(lib.ones(2), 1.0),
    "masked_fill, an integer mask": lambda lib: lib.ones(2).masked_fill(lib.ones(2).long(), 1.0),
    "masked_fill, sizes": lambda lib: lib.ones(2).masked_fill(lib.ones(3) > 0, 1.0),
    "masked_fill, a vector": lambda lib: lib.ones(2).masked_fill(lib.ones(2) > 0, lib.ones(2)),
    "clamp without limits": lambda lib: lib.ones(2).clamp(),
    "clamp, sizes": lambda lib: lib.ones(2).clamp(lib.ones(3)),
    "clamp, a tensor and a number": lambda lib: lib.ones(2).clamp(lib.ones(2), 3.0),
    "clamp_ of a leaf": lambda lib: lib.ones(2, requires_grad=True).clamp_(0, 1),
    "clamp_ to a larger shape": lambda lib: lib.ones(2).clamp_(lib.ones(3, 2)),
    "clamp_ of integers to floats": lambda lib: lib.ones(2).long().clamp_(0.5),
}


@pytest.mark.parametrize("program", BAD.values(), ids=BAD)
def test_bad_arguments_raise_torchs_error(program):
    assert_same_error(program)
