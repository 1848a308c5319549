"""pad in its four modes: every rank, negative and zero widths, other memory layouts, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity import LIBRARIES, assert_close, assert_parity, assert_same_error
from strategies import arrays, shapes

MODES = ["reflect", "replicate", "circular"]
NAN, INF = float("nan"), float("inf")


@st.composite
def padded(draw, low, high):
    """An array of a rank that the modes know, and widths for its last dimensions, from low to high(size)."""
    dims = draw(st.integers(1, 3))
    x = draw(arrays(shapes(dims + 1, dims + draw(st.integers(1, 2)), 1, 4), np.float64))
    widths = []
    for size in reversed(x.shape[-dims:]):
        before = draw(st.integers(low(size), high(size)))
        widths += [before, draw(st.integers(max(low(size), 1 - size - before), high(size)))]
    return x, widths


@given(padded(lambda size: 0, lambda size: size - 1))
def test_reflect(case):
    x, widths = case
    assert_parity(lambda lib, x: lib.nn.functional.pad(x, widths, mode="reflect"), x, scale=10)


@given(padded(lambda size: 0, lambda size: 3))
def test_replicate(case):
    x, widths = case
    assert_parity(lambda lib, x: lib.nn.functional.pad(x, widths, mode="replicate"), x, scale=10)


@given(padded(lambda size: 0, lambda size: size))
def test_circular(case):
    x, widths = case
    values = [lib.nn.functional.pad(lib.from_numpy(x.copy()), widths, mode="circular").numpy() for lib in LIBRARIES]
    assert_close(*values)
    assert_parity(lambda lib, x: lib.nn.functional.pad(x, widths, mode="circular"), x, scale=10)


@given(arrays(shapes(max_dims=4)), st.sampled_from([0, 1.5, -1, NAN, INF, None]), st.data())
def test_constant(x, value, data):
    widths = []
    for size in reversed(x.shape[data.draw(st.integers(0, x.ndim)) :]):
        before = data.draw(st.integers(-size, 2))
        widths += [before, data.draw(st.integers(-size - min(before, 0), 2))]
    assert_parity(lambda lib, x: lib.nn.functional.pad(x, widths, "constant", value), x)


FORMS = {
    "negative on one side": lambda lib, x: lib.nn.functional.pad(x, (-1, 2), "replicate"),
    "negative, reflect": lambda lib, x: lib.nn.functional.pad(x, (-1, 1), "reflect"),
    "negative, circular": lambda lib, x: lib.nn.functional.pad(x, (2, -1), "circular"),
    "negative on both sides, circular": lambda lib, x: lib.nn.functional.pad(x, (-1, -1), "circular"),
    "nothing": lambda lib, x: lib.nn.functional.pad(x, (0, 0), "reflect"),
    "nothing, constant": lambda lib, x: lib.nn.functional.pad(x, ()),
    "nothing, circular": lambda lib, x: lib.nn.functional.pad(x, (0, 0), "circular"),
    "turned": lambda lib, x: lib.nn.functional.pad(x.t(), (1, 1), "reflect"),
    "a slice": lambda lib, x: lib.nn.functional.pad(x[:, ::2], (1, 1), "replicate"),
    "an empty batch": lambda lib, x: lib.nn.functional.pad(x[:0].unsqueeze(1), (1, 1), "reflect"),
    "an empty batch, replicate": lambda lib, x: lib.nn.functional.pad(x[:0].unsqueeze(1), (1, 1), "replicate"),
    "an empty batch, circular": lambda lib, x: lib.nn.functional.pad(x[:0].unsqueeze(1), (1, 1), "circular"),
    "a value that is no value": lambda lib, x: lib.nn.functional.pad(x, (1, 1), "reflect", 0),
    "integers, constant": lambda lib, x: lib.nn.functional.pad((x * 10).long(), (1, 1), value=7),
    "bools, constant": lambda lib, x: lib.nn.functional.pad(x > 0, (1, 1), value=True),
    "integers, reflect": lambda lib, x: lib.nn.functional.pad((x * 10).long(), (1, 1), "reflect"),
    "integers, replicate": lambda lib, x: lib.nn.functional.pad((x * 10).long(), (1, 1), "replicate"),
    "integers, circular": lambda lib, x: lib.nn.functional.pad((x * 10).long(), (1, 1), "circular"),
    "a list": lambda lib, x: lib.nn.functional.pad(x, [1, 1], mode="reflect"),
    "by keyword": lambda lib, x: lib.nn.functional.pad(input=x, pad=(1, 1), mode="constant", value=2.0),
    "0-d": lambda lib, x: lib.nn.functional.pad(x[0, 0], ()),
}


@pytest.mark.parametrize("program", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_forms(program, dtype):
    assert_parity(program, np.random.default_rng(0).standard_normal((3, 4)).astype(dtype))


@pytest.mark.parametrize("mode", MODES)
def test_nan_and_infinity_stay_where_they_are_shown(mode):
    x = np.array([[[NAN, 1.0, INF], [-INF, NAN, 0.0]]])
    assert_parity(lambda lib, x: lib.nn.functional.pad(x, (2, 1), mode), x)


@pytest.mark.parametrize("mode", MODES)
def test_a_layer_with_this_padding_mode(mode):
    def program(lib, x):
        lib.manual_seed(0)
        layer = lib.nn.Conv2d(2, 3, 3, padding=1, padding_mode=mode).double()
        return layer(x)

    assert_parity(program, np.random.default_rng(0).standard_normal((2, 2, 5, 4)), scale=10)


BAD = {
    "an odd number of widths": lambda lib: lib.nn.functional.pad(lib.ones(2, 3), (1, 1, 1)),
    "too many widths": lambda lib: lib.nn.functional.pad(lib.ones(2), (1, 1, 1, 1)),
    "cut off too much": lambda lib: lib.nn.functional.pad(lib.ones(2), (-3, 0)),
    "an unknown mode": lambda lib: lib.nn.functional.pad(lib.ones(2, 3), (1, 1), "mirror"),
    "a value for reflect": lambda lib: lib.nn.functional.pad(lib.ones(2, 3), (1, 1), "reflect", 2.0),
    "a value for circular": lambda lib: lib.nn.functional.pad(lib.ones(2, 3), (1, 1), "circular", 2.0),
    "reflect, too wide": lambda lib: lib.nn.functional.pad(lib.ones(2, 3), (3, 0), "reflect"),
    "reflect, too wide behind": lambda lib: lib.nn.functional.pad(lib.ones(2, 3), (0, 3), "reflect"),
    "reflect, too wide above": lambda lib: lib.nn.functional.pad(lib.ones(1, 2, 3), (1, 1, 2, 0), "reflect"),
    "circular, too wide": lambda lib: lib.nn.functional.pad(lib.ones(2, 3), (4, 0), "circular"),
    "circular, cut off too much": lambda lib: lib.nn.functional.pad(lib.ones(2, 3), (-4, 0), "circular"),
    "replicate, cut off too much": lambda lib: lib.nn.functional.pad(lib.ones(2, 3), (-4, 0), "replicate"),
    "reflect, cut off too much": lambda lib: lib.nn.functional.pad(lib.ones(2, 3), (-4, 0), "reflect"),
    "reflect of a vector": lambda lib: lib.nn.functional.pad(lib.ones(3), (1, 1), "reflect"),
    "replicate of too many dims": lambda lib: lib.nn.functional.pad(lib.ones(1, 1, 1, 3), (1, 1), "replicate"),
    "circular of a vector": lambda lib: lib.nn.functional.pad(lib.ones(3), (1, 1), "circular"),
    "reflect with four pairs": lambda lib: lib.nn.functional.pad(lib.ones(1, 1, 1, 1, 3), (0,) * 8, "reflect"),
    "reflect of nothing": lambda lib: lib.nn.functional.pad(lib.ones(2, 0), (1, 1), "reflect"),
    "replicate of nothing": lambda lib: lib.nn.functional.pad(lib.ones(2, 0), (1, 1), "replicate"),
    "replicate of no channels": lambda lib: lib.nn.functional.pad(lib.ones(2, 0, 3), (1, 1), "replicate"),
}


@pytest.mark.parametrize("program", BAD.values(), ids=BAD)
def test_bad_arguments_raise_torchs_error(program):
    assert_same_error(program)
