"""nn.utils: clipped gradients and flat parameters, compared with torch number by number."""

import warnings
from typing import Any

import numpy as np
import pytest
import strategies as some
import torch
from hypothesis import given
from hypothesis import strategies as st
from outcomes import BOTH, assert_same, assert_same_full_error
from parity import assert_parity, assert_same_tensor

import minigrad
import minigrad.nn.utils

INF = float("inf")
NORMS = [2, 2.0, 1, 3.5, INF, -INF, 0, "inf", 0.5]


def parameters(lib: Any, *gradients: Any) -> list[Any]:
    """Parameters with these gradients, arrays or lists; None for none."""
    made = []
    for gradient in gradients:
        array = (
            gradient if isinstance(gradient, np.ndarray) else np.array(0 if gradient is None else gradient, np.float32)
        )
        grad = None if gradient is None else lib.from_numpy(array.copy("K"))
        made.append(lib.nn.Parameter(lib.ones(1) if grad is None else lib.zeros_like(grad)))
        made[-1].grad = grad
    return made


def clipped(lib: Any, gradients: Any, *args: Any, **kwargs: Any) -> list[Any]:
    """The total norm and the gradients after clipping."""
    made = parameters(lib, *gradients)
    return [lib.nn.utils.clip_grad_norm_(made, *args, **kwargs)] + [p.grad for p in made if p.grad is not None]


def assert_same_tensors(program: Any) -> None:
    ours, theirs = program(minigrad), program(torch)
    assert len(ours) == len(theirs)
    for index, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        assert mine.requires_grad == other.requires_grad
        assert_same_tensor(mine, other, f"tensor {index}")


@given(some.FLOATS, st.sampled_from(NORMS), st.sampled_from([0.1, 1, 100.0, 0.0, INF]), st.data())
def test_gradients_are_clipped_as_torch_clips_them(dtype, norm_type, max_norm, data):
    arrays = some.arrays(some.shapes(max_dims=3, min_side=1), dtype)
    gradients = data.draw(st.lists(arrays, min_size=1, max_size=4))
    assert_same_tensors(lambda lib: clipped(lib, gradients, max_norm, norm_type))


def test_gradients_of_two_dtypes_are_clipped_by_one_norm():
    gradients = [np.array([3.0, 4.0], np.float32), np.array([0.1, 0.2])]

    def in_float32(lib: Any) -> Any:  # as exact as the float32 norm that goes into the float64 one
        return [tensor.float() for tensor in clipped(lib, gradients, 1.0)]

    assert_same_tensors(in_float32)
    assert_same(lambda lib: [str(tensor.dtype) for tensor in clipped(lib, gradients, 1.0)])


@pytest.mark.parametrize("bad", [float("nan"), INF, -INF])
@pytest.mark.parametrize("norm_type", [2.0, INF])
def test_a_norm_that_is_not_finite_scales_by_it_or_is_refused(bad, norm_type):
    assert_same_tensors(lambda lib: clipped(lib, [[3.0, bad], [1.0]], 1.0, norm_type))
    assert_same_full_error(lambda lib: clipped(lib, [[3.0, bad], [1.0]], 1.0, norm_type, error_if_nonfinite=True))
    made = parameters(minigrad, [3.0, bad])
    with pytest.raises(RuntimeError):
        minigrad.nn.utils.clip_grad_norm_(made, 1.0, norm_type, True)
    assert made[0].grad.tolist()[0] == 3


@pytest.mark.parametrize("gradients", [[], [None], [None, [3.0, 4.0], None], [[]], [[], [3.0, 4.0]], [0.5]])
def test_gradients_that_are_missing_or_empty_count_nothing(gradients):
    assert_same_tensors(lambda lib: clipped(lib, gradients, 1.0))


@BOTH
def test_the_gradient_stays_the_same_tensor_and_the_write_is_counted(lib):
    (parameter,) = parameters(lib, [3.0, 4.0])
    grad, version = parameter.grad, parameter.grad._version
    assert lib.nn.utils.clip_grad_norm_(parameter, 1.0).item() == 5
    assert parameter.grad is grad and grad._version == version + 1
    lib.nn.utils.clip_grad_value_(parameter, 0.7)
    assert parameter.grad is grad and grad._version > version + 1 and grad.tolist() == pytest.approx([0.6, 0.7])


def test_an_exhausted_generator_is_warned_of():
    def program(lib: Any) -> Any:
        layer = lib.nn.Linear(1, 1)
        generator = (parameter for parameter in layer.parameters())
        list(generator)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            norm = lib.nn.utils.clip_grad_norm_(generator, 1.0)
            lib.nn.utils.clip_grad_norm_([], 1.0)
        return [norm.item(), [(str(w.message), w.category) for w in caught]]

    assert_same(program)


def test_the_total_norm_of_tensors_that_require_grad_requires_none():
    assert_same_tensors(lambda lib: [lib.nn.utils.get_total_norm([lib.ones(2, requires_grad=True)], 3)])
    assert_same_tensors(lambda lib: [lib.nn.utils.get_total_norm(lib.ones(2)), lib.nn.utils.get_total_norm([])])
    assert_same_tensors(lambda lib: [lib.nn.utils.get_total_norm(iter([lib.ones(2), lib.ones(2).double()]))])


def test_a_total_norm_that_is_known_is_clipped_by():
    def program(lib: Any) -> Any:
        made = parameters(lib, [3.0, 4.0], None)
        lib.nn.utils.clip_grads_with_norm_(made, 1.0, lib.tensor(10.0))
        return [made[0].grad]

    assert_same_tensors(program)


@given(some.arrays(some.shapes(max_dims=2)), st.sampled_from([1, 0.5, 0.0, -1.0, INF]))
def test_each_number_is_clipped_to_a_range(gradient, bound):
    def program(lib: Any) -> Any:
        made = parameters(lib, gradient, None, [float("nan"), INF, -INF])
        lib.nn.utils.clip_grad_value_(iter(made), bound)
        return [p.grad for p in made if p.grad is not None]

    assert_same_tensors(program)


@pytest.mark.parametrize(
    "program",
    [
        lambda lib: clipped(lib, [[1.0]], "x"),
        lambda lib: clipped(lib, [[1.0]], 1.0, "x"),
        lambda lib: clipped(lib, [[]], 1.0, INF),
        lambda lib: clipped(lib, [[], [1.0]], 1.0, INF),
        lambda lib: lib.nn.utils.clip_grad_norm_(5, 1.0),
        lambda lib: lib.nn.utils.clip_grad_value_(parameters(lib, [1.0]), "x"),
        lambda lib: lib.nn.utils.get_total_norm([lib.ones(2, dtype=lib.int64)]),
        lambda lib: lib.nn.utils.parameters_to_vector([]),
        lambda lib: lib.nn.utils.parameters_to_vector([lib.ones(2, 3).t()]),
        lambda lib: lib.nn.utils.vector_to_parameters([1], parameters(lib, [1.0])),
        lambda lib: lib.nn.utils.vector_to_parameters(lib.ones(2), parameters(lib, [1.0], [1.0, 1.0])),
        lambda lib: lib.nn.utils.vector_to_parameters(lib.arange(1), parameters(lib, [1.0])),
    ],
)
def test_a_mistake_is_answered_in_torchs_words(program):
    assert_same_full_error(program)


# -- One vector


@given(some.FLOATS, st.lists(some.shapes(max_dims=3), min_size=1, max_size=4))
def test_parameters_become_one_vector_that_knows_where_it_came_from(dtype, shapes):
    arrays = [np.random.default_rng(0).standard_normal(shape).astype(dtype) for shape in shapes]
    assert_parity(lambda lib, *made: lib.nn.utils.parameters_to_vector(iter(made)), *arrays)


def test_a_vector_of_two_dtypes_has_the_wider_one():
    arrays = np.ones((2, 2), np.float32), np.ones(1)
    assert_parity(lambda lib, *made: lib.nn.utils.parameters_to_vector(made), *arrays)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_vector_becomes_the_memory_of_the_parameters(dtype):
    def program(lib: Any) -> Any:
        made = [lib.nn.Parameter(lib.zeros(2, 2)), lib.nn.Parameter(lib.tensor(0.0)), lib.nn.Parameter(lib.zeros(3))]
        vector = lib.arange(9.0, dtype=getattr(lib, dtype)).requires_grad_()  # one number too many is left over
        lib.nn.utils.vector_to_parameters(vector, iter(made))
        vector.data[1] = 100
        return made

    assert_same_tensors(program)
