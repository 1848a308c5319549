"""max, min, amax, amin, argmax, argmin: ties, nan, empty, 0-d, and what the pair of results looks like."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity import LIBRARIES, assert_parity, assert_same_error
from strategies import arrays, shapes

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])
NAN, INF = float("nan"), float("inf")
SPECIAL = np.array([[NAN, INF, -INF, 0.0, -0.0], [1.0, 1.0, 1.0, -2.0, -2.0], [NAN, NAN, 3.0, 3.0, -INF]])


@given(arrays(shapes(min_side=1)), st.sampled_from(["max", "min", "amax", "amin", "argmax", "argmin"]))
def test_over_everything(x, op):
    assert_parity(lambda lib, x: (getattr(x, op)(), getattr(lib, op)(x)), x)


@given(
    arrays(shapes(min_side=1), kind="ties"), st.sampled_from(["max", "min", "argmax", "argmin"]), st.booleans(),
    st.data(),
)  # fmt: skip
def test_along_a_dimension_the_first_of_equals_counts(x, op, keepdim, data):
    dim = data.draw(st.integers(-max(x.ndim, 1), max(x.ndim, 1) - 1))

    def program(lib, x):
        result = getattr(x, op)(dim, keepdim)
        return result if op.startswith("arg") else (result.values, result.indices)

    assert_parity(program, x)


@given(arrays(shapes(min_side=1), kind="ties"), st.sampled_from(["amax", "amin"]), st.booleans(), st.data())
def test_over_several_dimensions_equals_share(x, op, keepdim, data):
    dims = tuple(i - x.ndim * data.draw(st.booleans()) for i in range(x.ndim) if data.draw(st.booleans()))
    assert_parity(lambda lib, x: getattr(x, op)(dims, keepdim), x)


@pytest.mark.parametrize("op", ["max", "min", "amax", "amin", "argmax", "argmin"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_and_infinity(op, dtype):
    assert_parity(lambda lib, x: getattr(x, op)(), SPECIAL.astype(dtype))
    assert_parity(lambda lib, x: getattr(x[1:2], op)(), SPECIAL.astype(dtype))
    for dim in (0, 1):
        if op in ("max", "min"):
            assert_parity(lambda lib, x: tuple(getattr(x, op)(dim)), SPECIAL.astype(dtype))  # noqa: B023
        else:
            assert_parity(lambda lib, x: getattr(x, op)(dim), SPECIAL.astype(dtype))  # noqa: B023


FORMS = {
    "max of a second tensor": lambda lib, x: x.max(x * 2),
    "min of a second tensor": lambda lib, x: lib.min(x, x[0]),
    "by keyword": lambda lib, x: x.max(dim=1, keepdim=True).values,
    "unpacked": lambda lib, x: (lambda v, i: (v, i))(*lib.max(x, 0)),
    "by number": lambda lib, x: (x.min(0)[0], x.min(0)[1]),
    "0-d": lambda lib, x: (x[0, 0].max(), x[0, 0].max(0)[0], x[0, 0].amax(), x[0, 0].argmax()),
    "0-d, dim -1, keepdim": lambda lib, x: (x[0, 0].min(-1, True)[0], x[0, 0].amin(-1, True), x[0, 0].argmin(-1)),
    "integers": lambda lib, x: (x.long().max(), x.long().max(1)[0], x.long().amax(0), x.long().argmin()),
    "bools": lambda lib, x: ((x > 0).max(), (x > 0).amin(1), (x > 0).any(0)),
    "empty in another dimension": lambda lib, x: (x[:0].max(1)[0], x[:0].amax(1), x[:0].argmax(1)),
    "turned": lambda lib, x: (x.t().max(0)[0], x.t().amin(1), x.t().argmax()),
    "a view of the values": lambda lib, x: x.max(1)[0].view(3, 1) * x,
    "argmax, keepdim without dim": lambda lib, x: x.argmax(keepdim=True),
    "twice": lambda lib, x: x.max(1)[0].max(0)[0],
    "amax of a list of dims": lambda lib, x: x.amax([0, 1]),
    "amax of a dim": lambda lib, x: x.amax(-1),
    "amax by keyword": lambda lib, x: lib.amax(x, dim=(0,), keepdim=True),
}


@pytest.mark.parametrize("program", FORMS.values(), ids=FORMS)
def test_forms(program):
    assert_parity(program, np.random.default_rng(0).standard_normal((3, 4)))
    assert_parity(program, np.tile([[1.0, -1.0], [0.0, 1.0], [1.0, 1.0]], (1, 2)).astype(np.float32))


def test_the_pair_prints_and_compares_as_torchs():
    def texts(lib):
        pair = lib.tensor([[1.0, 3.0], [7.0, 2.0]]).max(1)
        least = lib.tensor([[1.0, 3.0], [7.0, 2.0]]).min(dim=0)
        return repr(pair), repr(least), len(pair), isinstance(pair, tuple), pair.values.tolist(), pair[1].tolist()

    assert texts(LIBRARIES[0]) == texts(LIBRARIES[1])


BAD = {
    "max of nothing": lambda lib: lib.zeros(0).max(),
    "min of nothing": lambda lib: lib.zeros(2, 0).min(),
    "max of nothing along it": lambda lib: lib.zeros(2, 0).max(1),
    "amax of nothing": lambda lib: lib.zeros(0).amax(),
    "amax of nothing along it": lambda lib: lib.zeros(2, 0).amax(1),
    "amin of nothing along it": lambda lib: lib.zeros(0, 2).amin(0),
    "argmax of nothing": lambda lib: lib.zeros(0).argmax(),
    "argmax of nothing along it": lambda lib: lib.zeros(0, 2).argmax(0),
    "max, dim": lambda lib: lib.ones(2).max(1),
    "max, negative dim": lambda lib: lib.ones(2).max(-2),
    "amax, dim": lambda lib: lib.ones(2).amax(2),
    "amax, dim twice": lambda lib: lib.ones(2, 2).amax((0, 0)),
    "amax, dim twice in two ways": lambda lib: lib.ones(2, 2).amax((0, -2)),
    "argmax, dim": lambda lib: lib.ones(2).argmax(3),
    "max of a second tensor, sizes": lambda lib: lib.ones(2).max(lib.ones(3)),
}


@pytest.mark.parametrize("program", BAD.values(), ids=BAD)
def test_bad_arguments_raise_torchs_error(program):
    assert_same_error(program)
