"""The verdict: what is allowed to differ, by how much, and that everything beyond is noticed."""

import numpy as np
import pytest

from comparisons import agreement
from comparisons.agreement import (
    EPSILON,
    LOSS_STEPS,
    check_accuracy,
    check_drift,
    check_gradients,
    check_losses,
    check_weights,
    difference_between,
    relative_differences,
    tolerance_of,
)

LOSSES = np.linspace(2.3, 0.1, 100)


@pytest.mark.parametrize(("own", "agrees"), [(1e-4, True), (1e-6, False)])
def test_losses_that_part_early_are_held_to_what_torch_differs_from_itself_by(own, agrees):
    theirs = np.linspace(2, 1, 40)
    ours = theirs * (1 + 1e-4 * (np.arange(40) > 5))
    check = check_losses(ours.tolist(), theirs.tolist(), "float32", lambda n: [(theirs[:n] * (1 + own)).tolist()])
    assert check.agrees is agrees and "one bit off" in check.text
    assert not check_losses(ours.tolist(), theirs.tolist(), "float32").agrees
    assert not check_losses(ours.tolist(), theirs.tolist(), "float64", lambda steps: 1 / 0).agrees


def test_epsilon_is_the_step_from_1_to_the_next_number() -> None:
    assert {dtype: np.finfo(dtype).eps for dtype in EPSILON} == EPSILON


def test_equal_arrays_do_not_differ_and_point_the_same_way() -> None:
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    same = difference_between(x, x)
    assert (same.largest, same.relative) == (0, 0) and same.cosine == pytest.approx(1, abs=1e-15)


def test_differences_are_relative_to_the_largest_number_of_torch() -> None:
    found = difference_between(np.array([1.0, 4.5]), np.array([1.0, 5.0]))
    assert found.largest == 0.5 and found.relative == 0.1


def test_an_opposite_direction_has_cosine_minus_1() -> None:
    assert difference_between(np.array([1.0, 2.0]), np.array([-1.0, -2.0])).cosine == pytest.approx(-1)


@pytest.mark.parametrize("shape", [(0,), (3,), ()])
def test_nothing_and_zeros_agree_with_themselves(shape: tuple[int, ...]) -> None:
    found = difference_between(np.zeros(shape), np.zeros(shape))
    assert (found.largest, found.relative, found.cosine) == (0, 0, 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_agrees_with_nothing_not_even_itself(bad: float) -> None:
    x = np.array([1.0, bad])
    assert difference_between(x, x).relative == np.inf
    assert not difference_between(x, x).relative <= tolerance_of("float32")


def test_another_shape_agrees_with_nothing() -> None:
    assert difference_between(np.zeros((1, 2)), np.zeros((2, 1))).relative == np.inf


def test_something_where_torch_has_zeros_is_infinitely_far() -> None:
    assert difference_between(np.array([1e-30]), np.array([0.0])).relative == np.inf
    assert relative_differences([0.0, 1e-30], [0.0, 0.0]).tolist() == [0, np.inf]


def test_weights_equal_to_the_bit() -> None:
    weights = {"w": np.array([0.0, 1.0], np.float32)}
    check = check_weights(weights, {"w": weights["w"].copy()}, 0, "float32")
    assert check.agrees and check.figures["equal_to_the_bit"] and "nothing copied" in check.text


def test_weights_that_differ_in_the_last_bit_are_copied_and_it_is_said() -> None:
    theirs = np.array([0.5, 1.0], np.float32)
    check = check_weights({"w": np.nextafter(theirs, np.float32(2))}, {"w": theirs}, 0, "float32")
    assert check.agrees and not check.figures["equal_to_the_bit"] and "copied to minigrad" in check.text


def test_minus_zero_is_not_the_same_bit_as_zero() -> None:
    check = check_weights({"w": np.array([-0.0, 1.0])}, {"w": np.array([0.0, 1.0])}, 0, "float64")
    assert not check.figures["equal_to_the_bit"]


def test_other_weights_are_a_difference() -> None:
    check = check_weights({"w": np.array([0.5, 1.1])}, {"w": np.array([0.5, 1.0])}, 0, "float64")
    assert not check.agrees


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_agree_up_to_the_tolerance_and_no_further(dtype: str) -> None:
    theirs = {"w": np.array([1.0, -3.0]), "b": np.array([2.0])}
    for factor, agrees in ((0.5, True), (2.0, False)):
        ours = {"w": theirs["w"], "b": theirs["b"] * (1 + factor * tolerance_of(dtype))}
        check = check_gradients(ours, theirs, dtype)
        assert check.agrees is agrees and " b;" in check.text


def test_float32_losses_are_held_for_30_steps_and_the_drift_is_measured() -> None:
    ours = LOSSES.copy()
    ours[:40] *= 1 + 5e-7
    ours[40:] *= 1 + 1e-3
    ours[70] *= 1.5
    check = check_losses(ours.tolist(), LOSSES.tolist(), "float32")
    assert check.agrees
    assert (check.figures["steps_held"], check.figures["first_step_above"]) == (30, 41)
    assert check.figures["largest_at_step"] == 71 and check.figures["largest"] == pytest.approx(0.5, abs=0.01)
    assert "step 41" in check.text and "step 71" in check.text


@pytest.mark.parametrize("step", [0, 29])
def test_a_float32_loss_off_within_the_first_30_steps_is_a_difference(step: int) -> None:
    ours = LOSSES.copy()
    ours[step] *= 1 + 2e-6
    assert not check_losses(ours.tolist(), LOSSES.tolist(), "float32").agrees


def test_float64_losses_are_held_to_the_end() -> None:
    ours = LOSSES * (1 + 1e-10)
    assert LOSS_STEPS["float64"] is None
    assert check_losses(ours.tolist(), LOSSES.tolist(), "float64").agrees
    ours[-1] *= 1 + 1e-8
    check = check_losses(ours.tolist(), LOSSES.tolist(), "float64")
    assert not check.agrees and check.figures["first_step_above"] == 100


def test_a_run_shorter_than_30_steps_is_held_to_its_end() -> None:
    check = check_losses([1.0, 0.5], [1.0, 0.5], "float32")
    assert check.agrees and "all 2 steps" in check.text


def test_losses_that_explode_on_both_sides_in_the_same_step_agree_and_are_said_to_explode() -> None:
    check = check_losses([1.0, np.inf, np.nan], [1.0, np.inf, np.nan], "float32")
    assert check.agrees and "not every loss is a finite number, on both sides alike" in check.text
    for ours in ([1.0, np.nan], [np.nan, 1.0], [np.nan, np.nan], [1.0, np.inf], [1.0, -np.inf]):
        for theirs in ([1.0, 0.5], [1.0, 1e30]):
            check = check_losses(ours, theirs, "float32")
            assert not check.agrees and "alike" not in check.text and "not every loss is a finite number" in check.text
    assert not check_losses([np.inf], [np.nan], "float32").agrees
    assert not check_losses([np.inf], [-np.inf], "float32").agrees


@pytest.mark.parametrize(
    ("factor", "agrees", "words"),
    [(0.9, True, "no larger"), (2.9, True, "within 3 times"), (3.1, False, "more than 3")],
)
def test_drift_is_held_to_what_torch_drifts_from_itself(factor: float, agrees: bool, words: str) -> None:
    apart = np.geomspace(1e-5, 1e-2, 100)
    ours, own = LOSSES * (1 + factor * apart), LOSSES * (1 - apart)
    check = check_drift(ours.tolist(), LOSSES.tolist(), own.tolist(), "float32")
    assert check.agrees is agrees and words in check.text
    assert check.figures["median"] == pytest.approx(factor * np.median(apart), rel=1e-6)
    assert check.figures["yardstick_median"] == pytest.approx(np.median(apart), rel=1e-6)


def test_drift_below_the_tolerance_is_none_even_if_torch_has_none_at_all() -> None:
    for apart, agrees in ((9e-7, True), (2e-6, False)):
        ours = LOSSES * (1 + apart)
        assert check_drift(ours.tolist(), LOSSES.tolist(), LOSSES.tolist(), "float32").agrees is agrees


def test_drift_that_is_nan_is_a_difference() -> None:
    assert not check_drift([1.0, np.nan, np.nan], [1.0, 0.5, 0.2], [1.0, 0.5, 0.2], "float32").agrees


def test_accuracies_may_differ_by_two_standard_errors() -> None:
    labels = np.zeros(1000, int)
    theirs = np.where(np.arange(1000) < 40, 1, 0)  # 96 %: a standard error of √(2 · 0.96 · 0.04 · 1000) = 8.8 digits
    for wrong, agrees in ((40, True), (55, True), (62, False), (200, False)):
        ours = np.where(np.arange(1000) < wrong, 1, 0)
        assert check_accuracy(ours.tolist(), theirs.tolist(), labels).agrees is agrees, wrong


def test_perfect_accuracies_may_still_differ_by_one_digit() -> None:
    labels = np.arange(10)
    off = labels.copy()
    off[0] = 5
    assert check_accuracy(labels.tolist(), off.tolist(), labels).agrees


def test_same_answers_are_counted_whether_right_or_wrong() -> None:
    check = check_accuracy([1, 2, 3, 3], [1, 2, 4, 3], np.array([1, 0, 4, 0]))
    assert check.figures["same_answer"] == 3 and check.figures["right"] == (1, 2)


def test_the_tolerance_is_stated_with_its_reason() -> None:
    for dtype in EPSILON:
        text = agreement.tolerance_text(dtype)
        assert f"{tolerance_of(dtype):.1e}" in text and dtype in text and "√n" in text
