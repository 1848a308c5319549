"""Creation: values, dtypes, layouts and errors of tensors made from numbers and sizes."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import LIBRARIES, assert_close, assert_same_error
from stories import assert_same_story
from strategies import in_any_memory

import minigrad
from comparisons.running import steps

DTYPES = ("float32", "float64", "int64", "int32", "int8")
LIKE = (
    lambda lib, x: lib.empty_like(x), lambda lib, x: lib.zeros_like(x), lambda lib, x: lib.full_like(x, 2.0),
    lambda lib, x: lib.ones_like(x, dtype=lib.int16), lambda lib, x: lib.rand_like(x), lambda lib, x: lib.randn_like(x),
    lambda lib, x: x.clone(), lambda lib, x: x.to(lib.int32),
)  # fmt: skip

MADE = {
    "zeros": lambda lib: lib.zeros(2, 3), "zeros of a size": lambda lib: lib.zeros((2, 3), dtype=lib.int32),
    "ones by name": lambda lib: lib.ones(size=(2, 3), requires_grad=True), "no size": lambda lib: lib.zeros(()),
    "full": lambda lib: lib.full((2, 2), 7), "full of floats": lambda lib: lib.full((2,), 0.1, dtype=lib.float64),
    "full of bools": lambda lib: lib.full((2,), True), "eye": lambda lib: lib.eye(2, 3),
    "eye of ints": lambda lib: lib.eye(2, dtype=lib.int64, requires_grad=False, device="cpu"),
    "arange": lambda lib: lib.arange(5), "arange backwards": lambda lib: lib.arange(5, 0, -2),
    "arange of floats": lambda lib: lib.arange(0, 1, 0.3, requires_grad=True), "nothing": lambda lib: lib.arange(3, 3),
    "arange in a dtype": lambda lib: lib.arange(1, 4, dtype=lib.float64, device=lib.device("cpu")),
    "linspace": lambda lib: lib.linspace(-1, 1, 5, dtype=lib.float64, requires_grad=True),
    "linspace of one": lambda lib: lib.linspace(2, 3, 1), "linspace of none": lambda lib: lib.linspace(0, 1, 0),
    "zeros_like": lambda lib: lib.zeros_like(lib.ones(2, 3).t(), dtype=lib.int16, device="cpu"),
    "ones_like": lambda lib: lib.ones_like(lib.arange(3), dtype=lib.float32, requires_grad=True),
    "full_like": lambda lib: lib.full_like(lib.arange(3), 2),
    "full_like of floats": lambda lib: lib.full_like(lib.ones(2), 0.5),
    "new_zeros": lambda lib: lib.arange(3).new_zeros(2, 2), "new_ones": lambda lib: lib.arange(3).new_ones((2,)),
    "new_full": lambda lib: lib.ones(1).double().new_full((2, 2), 3),
    "new_tensor": lambda lib: lib.arange(2).new_tensor([1.7]),
    "arange to an end": lambda lib: lib.arange(end=3), "arange of a tensor": lambda lib: lib.arange(lib.tensor(3)),
    "steps that are cut off": lambda lib: lib.arange(0, 2, 0.5, dtype=lib.int64),
    "full of a tensor": lambda lib: lib.full((2,), lib.tensor(3)),
    "below 0": lambda lib: lib.full((2,), -1, dtype=lib.uint8),
    "new_ones by name": lambda lib: lib.ones(1).new_ones(size=(2,), dtype=lib.int64),
}  # fmt: skip


def described(tensor):
    """All that there is to see of a new tensor."""
    strides = tensor.stride() if tensor.numel() else ()
    return (tensor.tolist(), str(tensor.dtype), tuple(tensor.shape), strides, tensor.requires_grad, tensor.is_leaf,
            str(tensor.device))  # fmt: skip


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_a_new_tensor_is_torchs(make):
    assert described(make(minigrad)) == described(make(torch))


@given(st.integers(-20, 20), st.integers(-20, 20), st.sampled_from([1, 2, -1, -3, 0.25, -0.7]))
def test_arange_has_torchs_numbers(start, end, step):
    if (end - start) * step >= 0:
        ours, theirs = (lib.arange(start, end, step, dtype=lib.float64).numpy() for lib in LIBRARIES)
        assert_close(ours, theirs, "the numbers")


@pytest.mark.parametrize("make", ["empty(2, 3)", "empty_like(lib.ones(2, 3))", "ones(1).new_empty(2, 3)"])
def test_what_is_empty_has_a_size_and_a_dtype(make):
    ours, theirs = (eval(f"lib.{make}", {"lib": lib}) for lib in LIBRARIES)
    assert ours.shape == tuple(theirs.shape) and str(ours.dtype) == str(theirs.dtype)


BAD = {
    "a negative size": lambda lib: lib.zeros(-1), "a negative eye": lambda lib: lib.eye(-1),
    "no step": lambda lib: lib.arange(0, 1, 0), "the wrong way": lambda lib: lib.arange(0, 5, -1),
    "fewer than no steps": lambda lib: lib.linspace(0, 1, -1),
    "a list among numbers": lambda lib: lib.tensor([1, 2, [3]]), "nothing at all": lambda lib: lib.tensor(None),
    "a number among lists": lambda lib: lib.tensor([[1, 2], 3]),
    "too large": lambda lib: lib.full((2,), 300, dtype=lib.uint8),
    "infinite": lambda lib: lib.full((2,), lib.inf, dtype=lib.int64), "without a size": lambda lib: lib.zeros(),
    "a size that is none": lambda lib: lib.full(2, 3), "bools": lambda lib: lib.arange(5, dtype=lib.bool),
    "without an end": lambda lib: lib.arange(0, lib.inf),
    "ints that require grad": lambda lib: lib.arange(3, requires_grad=True),
}  # fmt: skip


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_bad_arguments_raise_torchs_error(make):
    assert_same_error(make)


def test_the_default_device_is_the_cpu_and_no_other():
    assert str(minigrad.get_default_device()) == str(torch.get_default_device()) == "cpu"
    minigrad.set_default_device("cpu")
    minigrad.set_default_device(None)
    with pytest.raises(RuntimeError, match="minigrad computes with NumPy on the CPU"):
        minigrad.set_default_device("cuda")
    with minigrad.device("cpu"):
        assert minigrad.ones(1).device == minigrad.device("cpu")


def test_questions_about_a_tensor_are_functions_too():
    for x in (np.ones((2, 3)), np.arange(4)):
        ours, theirs = (lib.from_numpy(x) for lib in LIBRARIES)
        assert minigrad.numel(ours) == torch.numel(theirs)
        assert minigrad.is_floating_point(ours) == torch.is_floating_point(theirs)


@given(in_any_memory(), st.sampled_from(LIKE))
def test_what_is_made_like_a_tensor_lies_in_its_order(array, make):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        ours, theirs = make(minigrad, minigrad.from_numpy(array)), make(torch, torch.from_numpy(array))
    assert steps(ours) == steps(theirs), array.strides


@given(st.floats(-9, 9, width=32), st.floats(-9, 9, width=32), st.integers(0, 300), st.sampled_from(DTYPES))
def test_linspace_has_torchs_very_bits(start, end, steps, dtype):
    ours, theirs = (lib.linspace(start, end, steps, dtype=getattr(lib, dtype)).numpy() for lib in LIBRARIES)
    assert ours.tobytes() == theirs.tobytes()


NUMBERS = [-1, 255, 256, -255, -256, 127, 128, -128, -129, 2**31, 3, float("inf"), float("-inf"), float("nan")]
FILLED = {
    "full": lambda lib, x, number: lib.full((2,), number, dtype=x.dtype),
    "full_like": lambda lib, x, number: lib.full_like(x, number),
    "fill_": lambda lib, x, number: x.fill_(number),
    "a place": lambda lib, x, number: x.__setitem__(0, number) or x,
    "places": lambda lib, x, number: x.__setitem__([0], number) or x,
    "masked_fill": lambda lib, x, number: x.masked_fill(x == 0, number),
    "scatter": lambda lib, x, number: x.scatter(0, lib.tensor([0]), number),
}


@pytest.mark.parametrize("fill", FILLED.values(), ids=FILLED)
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64", "float32", "bool"])
def test_a_number_that_a_dtype_cannot_hold(fill, dtype):
    def story(lib, see):
        for number in NUMBERS:
            x = lib.zeros(2, dtype=getattr(lib, dtype))
            see.error(lambda: fill(lib, x, number).tolist())  # noqa: B023

    assert_same_story(story)


def test_the_makers_are_called_what_they_are_called():
    for name in ("empty_like", "zeros_like", "ones_like", "full_like"):
        assert getattr(minigrad, name).__name__ == getattr(torch, name).__name__ == name
    for name in ("new_empty", "new_zeros", "new_ones", "new_full"):
        assert getattr(minigrad.Tensor, name).__name__ == getattr(torch.Tensor, name).__name__ == name
