"""`minigrad.printing` against torch's own `repr`: every test asks both for the text and compares it to the letter."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import _tensor_str as torch_printing

from minigrad import printing

DTYPES = [np.dtype(name) for name in "float32 float64 int64 int32 int16 int8 uint8 bool".split()]
FLOATS = DTYPES[:2]
DEFAULTS = {"profile": "default"}


def set_both(**options: Any) -> None:
    printing.set_printoptions(**options)
    torch.set_printoptions(**options)


@contextmanager
def both_with(**options: Any) -> Iterator[None]:
    """Within the `with` block both libraries print with these options."""
    set_both(**options)
    try:
        yield
    finally:
        set_both(**DEFAULTS)


@pytest.fixture(autouse=True)
def restored_options() -> Iterator[None]:
    set_both(**DEFAULTS)
    default_dtype = torch.get_default_dtype()
    yield
    torch.set_default_dtype(default_dtype)
    set_both(**DEFAULTS)


def assert_same_text(array: np.ndarray, default_dtype: str = "float32", history: str = "none", name: str = "") -> None:
    """Torch's `repr` is our text: for a tensor without history, a leaf that wants a gradient, or an op's result."""
    torch.set_default_dtype(getattr(torch, default_dtype))
    tensor = torch.tensor(array.copy())
    if name:
        tensor = tensor.as_subclass(type(name, (torch.Tensor,), {}))
    tensor.requires_grad_(history != "none")
    if history == "result":
        tensor = tensor.expand_as(tensor)
    text = printing.tensor_text(
        array,
        prefix=(name or "tensor") + "(",
        default_dtype=np.dtype(default_dtype),
        requires_grad=tensor.requires_grad,
        grad_fn_name=type(tensor.grad_fn).__name__ if tensor.grad_fn is not None else None,
    )
    assert text == repr(tensor)


@st.composite
def integers(draw: st.DrawFn, count: int, dtype: np.dtype) -> list[int]:
    """Numbers of either sign with up to 1, 3 or 20 digits, as far as the dtype holds them."""
    most = 10 ** draw(st.sampled_from([1, 3, 20]))
    numbers = st.integers(max(np.iinfo(dtype).min, -most), min(np.iinfo(dtype).max, most))
    return draw(st.lists(numbers, min_size=count, max_size=count))


@st.composite
def floats(draw: st.DrawFn, count: int) -> list[float]:
    """Numbers of either sign between 10**-8 and 10**10: alike or mixed, sometimes whole, sometimes not all finite."""
    low = draw(st.integers(-8, 9))
    high = draw(st.integers(low + 1, min(10, low + draw(st.sampled_from([1, 3, 4, 18])))))
    numbers = st.builds(np.copysign, st.floats(10.0**low, 10.0**high), st.sampled_from([1.0, 1.0, -1.0]))
    if draw(st.booleans()):
        numbers = numbers.map(np.round)
    specials = draw(st.lists(st.sampled_from([0.0, -0.0, np.nan, np.inf, -np.inf]), max_size=3))
    if specials:
        numbers |= st.sampled_from(specials)
    return draw(st.lists(numbers, min_size=count, max_size=count))


@st.composite
def arrays(draw: st.DrawFn, dtypes: list[np.dtype] = DTYPES) -> np.ndarray:
    """0-d to 5-D, some empty, some transposed, some vectors long enough for several lines."""
    ndim = draw(st.integers(0, 5))
    smallest, largest = draw(st.sampled_from([0, 1, 1, 1])), [0, 50, 12, 5, 3, 2][ndim]
    shape = draw(st.tuples(*[st.integers(smallest, largest)] * ndim))
    dtype, count = draw(st.sampled_from(dtypes)), int(np.prod(shape))
    if dtype.kind == "f":
        values: list[Any] = draw(floats(count))
    elif dtype.kind == "b":
        values = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    else:
        values = draw(integers(count, dtype))
    array = np.array(values, dtype).reshape(shape)
    return array.T if draw(st.booleans()) else array


@given(array=arrays(), default_dtype=st.sampled_from(["float32", "float64"]))
@settings(max_examples=200, deadline=None)
def test_any_tensor_prints_as_in_torch(array: np.ndarray, default_dtype: str) -> None:
    assert_same_text(array, default_dtype)


@given(
    array=arrays(),
    precision=st.integers(0, 8),
    threshold=st.sampled_from([0, 1, 5, 20, float("inf")]),
    edgeitems=st.integers(0, 3),
    linewidth=st.integers(1, 130),
    sci_mode=st.sampled_from([None, True, False]),
)
@settings(max_examples=200, deadline=None)
def test_any_print_options_mean_what_they_mean_in_torch(array: np.ndarray, **options: Any) -> None:
    with both_with(**options):
        assert_same_text(array)


@given(
    array=arrays(FLOATS),
    default_dtype=st.sampled_from(["float32", "float64"]),
    history=st.sampled_from(["leaf", "result"]),
    name=st.integers(1, 30).map(lambda length: "T" * length),
)
@settings(max_examples=150, deadline=None)
def test_suffixes_wrap_as_in_torch(array: np.ndarray, default_dtype: str, history: str, name: str) -> None:
    assert_same_text(array, default_dtype, history, name)


@pytest.mark.parametrize("length", range(1, 100))
def test_a_suffix_moves_to_the_next_line_at_the_same_length_as_in_torch(length: int) -> None:
    assert_same_text(np.array(1.0), "float32", "result", name="T" * length)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(1001,), (20, 60), (3, 400), (6, 7, 40), (2, 7, 1, 90), (7, 7, 7, 7, 1)], ids=str)
def test_large_tensors_are_summarised_as_torch_does(shape: tuple[int, ...], dtype: np.dtype) -> None:
    numbers = np.random.default_rng(0).normal(0, 100, shape)
    assert_same_text(numbers.astype(np.int64).astype(dtype) if dtype.kind != "f" else numbers.astype(dtype))


@pytest.mark.parametrize("shape", [(1000,), (1001,), (10, 100), (7, 143)], ids=str)
def test_a_tensor_is_summarised_from_1001_elements_on(shape: tuple[int, ...]) -> None:
    assert_same_text(np.arange(np.prod(shape)).reshape(shape))


@pytest.mark.parametrize("hidden", [1e10, 1e-10, 123456.0, 0.5, -1.0, np.nan, np.inf])
@pytest.mark.parametrize("where", [(3,), (-4,), (2,), (-3,)], ids=str)
def test_numbers_left_out_of_a_summary_have_no_say(where: tuple[int], hidden: float) -> None:
    array = np.ones(2000)
    array[where] = hidden
    assert_same_text(array)
    assert_same_text(np.stack([array, array]).T)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 4), (1, 0, 1, 0, 1)], ids=str)
@pytest.mark.parametrize("default_dtype", ["float32", "float64"])
def test_an_empty_tensor_shows_its_size_and_dtype(shape: tuple[int, ...], dtype: np.dtype, default_dtype: str) -> None:
    assert_same_text(np.zeros(shape, dtype), default_dtype)


@pytest.mark.parametrize("value", [0, -0.0, 1, -1, 0.5, 1e-4, 1e-5, 1e8, 1.1e8, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("history", ["none", "leaf", "result"])
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_a_single_number_without_dimension(value: float, history: str, dtype: np.dtype) -> None:
    assert_same_text(np.array(value, dtype), history=history)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize(
    "values",
    [[1, 1000], [1, 1000.5], [1, 1001], [1e8], [1e8, 1e8 + 8], [1e-4, 1e-3], [9.9e-5, 1e-3], [-1e-5, -1e5], [1e9, 0]],
    ids=str,
)
def test_powers_of_ten_begin_at_the_same_number_as_in_torch(values: list[float], dtype: np.dtype) -> None:
    assert_same_text(np.array(values, dtype))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_extreme_numbers_overflow_nothing(dtype: np.dtype) -> None:
    info = np.finfo(dtype)
    assert_same_text(np.array([info.max, info.smallest_subnormal, -info.tiny, info.min], dtype))


@pytest.mark.parametrize("dtype", DTYPES[2:-1], ids=str)
def test_the_limits_of_the_integers(dtype: np.dtype) -> None:
    assert_same_text(np.array([np.iinfo(dtype).min, 0, np.iinfo(dtype).max], dtype))


@pytest.mark.parametrize("sci_mode", [None, True, False])
@pytest.mark.parametrize(
    "values", [[0, 0], [np.nan, 0, np.inf], [1, 2], [1.5, np.nan, -np.inf], [1e12, 1], [-0.0, 1e-9]], ids=str
)
def test_sci_mode_can_be_forced_and_forbidden(values: list[float], sci_mode: bool | None) -> None:
    with both_with(sci_mode=sci_mode):
        assert_same_text(np.array(values))


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1.0, 0.25, -0.25, True, 7])
def test_a_long_vector_breaks_its_line_where_torch_does(value: float) -> None:
    """Zeros and nan do not count as wide, so a line holds more of them than would fit in 80 characters."""
    assert_same_text(np.full(100, value))
    assert_same_text(np.full((2, 1, 100), value))


def test_arrays_that_are_not_contiguous() -> None:
    array = np.arange(240.0).reshape(4, 6, 10) / 7
    for view in [array.T, array[::-1], array[:, ::2, 1::3], np.broadcast_to(array[0, 0], (3, 10)), array[..., None]]:
        assert_same_text(view)


@pytest.mark.parametrize("profile", ["default", "short", "full"])
def test_profiles(profile: str) -> None:
    with both_with(profile=profile):
        assert_same_text(np.arange(1300).reshape(13, 100) / 8)
        assert printing.get_printoptions() == torch_printing.get_printoptions()


@pytest.mark.parametrize(
    "options",
    [
        {"precision": 2, "profile": "full"},
        {"threshold": 5, "edgeitems": 1},
        {"linewidth": 40, "profile": "short", "sci_mode": True},
        {"profile": "no such profile", "precision": 7},
        {},
    ],
    ids=str,
)
def test_options_that_are_set_one_after_another_add_up_as_in_torch(options: dict[str, Any]) -> None:
    with both_with(precision=6, sci_mode=False):
        set_both(**options)
        assert printing.get_printoptions() == torch_printing.get_printoptions()


def test_print_options_can_be_saved_and_restored() -> None:
    printing.set_printoptions(precision=2, threshold=7, edgeitems=1, linewidth=50, sci_mode=False)
    saved = printing.get_printoptions()
    printing.set_printoptions(profile="full", sci_mode=True)
    assert printing.get_printoptions() != saved
    printing.set_printoptions(**saved)
    assert printing.get_printoptions() == saved


def test_a_parameter_is_a_line_of_its_own_before_the_same_text() -> None:
    parameter = torch.nn.Parameter(torch.arange(12.0).reshape(3, 4))
    text = printing.tensor_text(parameter.detach().numpy(), default_dtype=np.dtype("float32"), requires_grad=True)
    assert "Parameter containing:\n" + text == repr(parameter)
