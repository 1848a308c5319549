"""`python -m comparisons lesson`: every lesson on both sides, what its text claims, and how the command ends."""

import io
import json
import re
import subprocess
import sys
import time
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import minigrad
from comparisons import lesson as command
from comparisons import lessons
from comparisons.__main__ import main
from comparisons.lesson import Outcome, alike, columns, draw, run
from comparisons.lessons import FILES, LESSONS, Lesson
from comparisons.lessons.table import IMPORT, Line
from comparisons.lessons.tensor_float import tf32
from minigrad.ops.elementwise import ExpBackward0

ROOT = Path(minigrad.__file__).parent.parent
NAMES = [lesson.name for lesson in LESSONS]
EVERY_LESSON = pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
NUMBER = r"-?\d+\.?\d*(?:e[-+]?\d+)?"
WITH_MESSAGE = {
    "non-leaf": ["UserWarning"],
    "second-backward": ["RuntimeError"],
    "overwritten": ["RuntimeError"],
    "data": ["RuntimeError"],
    "leaf-in-place": ["RuntimeError"],
    "view": ["RuntimeError", "ValueError"],
    "float64": ["RuntimeError"],
    "dropout2d": ["UserWarning", "UserWarning"],
    "gradcheck": ["UserWarning", "GradcheckError"],
}  # the others end without any


@cache
def outcome(name: str) -> Outcome:
    """What a lesson says, which is run once for all tests."""
    return run(LESSONS[NAMES.index(name)])


def numbers(name: str, start: str) -> list[list[float]]:
    """For both sides, the numbers behind the start of the one line that begins so."""
    sides = []
    for lines in (outcome(name).minigrad, outcome(name).torch):
        (line,) = [line for line in lines if line.strip().startswith(start)]
        sides.append([float(number) for number in re.findall(NUMBER, line.strip()[len(start) :])])
    return sides


def number(name: str, start: str) -> float:
    """The one number that both sides print behind the start of a line."""
    (mine,), (other,) = numbers(name, start)
    assert mine == pytest.approx(other, rel=command.RELATIVE)
    return mine


# Every lesson


@EVERY_LESSON
def test_the_two_sides_agree(lesson: Lesson) -> None:
    assert outcome(lesson.name).minigrad and outcome(lesson.name).difference() is None


@EVERY_LESSON
def test_it_warns_and_raises_what_it_is_about_and_nothing_else(lesson: Lesson) -> None:
    for lines in (outcome(lesson.name).minigrad, outcome(lesson.name).torch):
        messages = [line.partition(":")[0] for line in lines if command.MESSAGE.match(line)]
        assert messages == WITH_MESSAGE.get(lesson.name, [])


@EVERY_LESSON
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_program_that_is_shown_is_the_one_that_runs(lesson: Lesson) -> None:
    assert IMPORT in lesson.code
    for library, lines in (("torch", outcome(lesson.name).torch), ("minigrad", outcome(lesson.name).minigrad)):
        out = io.StringIO()
        with redirect_stdout(out):
            try:
                exec(lesson.code.replace(IMPORT, f"import {library} as torch"), {})
            except (RuntimeError, ValueError) as error:
                print(f"{type(error).__name__}: {error}")
        pasted = out.getvalue().rstrip().splitlines()
        said = [line for line in lines if "Warning: " not in line]
        assert len(pasted) == len(said) and all(map(alike, pasted, said))


@EVERY_LESSON
def test_it_ends_with_one_sentence_and_a_line_of_minigrad_that_is_there(lesson: Lesson) -> None:
    assert re.fullmatch(r"(?:[^.]|\.(?! |$))+\.", lesson.remember)
    found = lesson.line.find()
    assert found.file.startswith("minigrad/")
    assert (ROOT / found.file).read_text().splitlines()[found.number - 1].strip() == found.text
    end = draw(lesson, outcome(lesson.name), 80).rsplit("Remember", 1)[1]
    assert f"See       {found.file}:{found.number}\n" in end
    assert lesson.remember in re.sub(r"\s+", " ", end)


@EVERY_LESSON
def test_it_explains_in_a_few_sentences(lesson: Lesson) -> None:
    assert 2 <= len(re.findall(r"[.:?] ", lesson.text.replace("\n", " ")))
    assert lesson.text[:40] in draw(lesson, outcome(lesson.name), 10_000)


@EVERY_LESSON
@pytest.mark.parametrize("width", [80, 50])
def test_no_line_is_wider_than_the_terminal(lesson: Lesson, width: int) -> None:
    text = draw(lesson, outcome(lesson.name), width)
    if width < 80:
        text = text.replace(columns(outcome(lesson.name), width), "")  # what a program printed is not broken
        text = "\n".join(line for line in text.splitlines() if not line.startswith("    "))
    assert max(map(len, text.splitlines())) <= max(width, len(lesson.title) + len("Lesson 19: "))
    assert "\x1b" not in text


def test_no_lesson_is_left_out() -> None:
    files = {path.stem for path in Path(lessons.__file__).parent.glob("*.py")} - {"__init__", "table"}
    assert {file.__name__.rpartition(".")[2] for file in FILES} == files
    assert len(set(NAMES)) == len(NAMES) == 19
    defined = sum(Path(file.__file__).read_text().count("\n@lesson(") for file in FILES)
    assert defined == len(NAMES)


# What they claim


def test_gradients_accumulate_until_they_are_cleared() -> None:
    assert [number("accumulate", f"step {step}: grad") for step in range(3)] == [4, 8, 12]
    assert number("accumulate", "again: grad") == 4


def test_a_computed_tensor_has_no_grad_unless_it_retains_it() -> None:
    for lines in (outcome("non-leaf").minigrad, outcome("non-leaf").torch):
        assert "w.grad: None" in lines and "v.grad: tensor([2., 2., 2.])" in lines
        assert lines.index("w.grad: None") == 2 and "not a leaf Tensor" in lines[1]


def test_the_second_backward_adds_where_nothing_was_saved_and_raises_where_something_was() -> None:
    assert numbers("second-backward", "x + 1, twice:") == [[2, 2]] * 2
    assert numbers("second-backward", "x * x, retained, twice:") == [[4, 8]] * 2  # 2 · 2x
    assert outcome("second-backward").torch[-1].startswith("RuntimeError: Trying to backward through the graph a sec")


def test_the_overwritten_value_is_noticed_and_the_one_that_was_not_needed_is_not_missed() -> None:
    assert numbers("overwritten", "2x + 1:") == [[2, 2]] * 2
    assert "is at version 1; expected version 0" in outcome("overwritten").minigrad[-1]


def test_the_gradient_after_a_write_through_data_is_wrong_and_nothing_says_so() -> None:
    right = pytest.approx([1, np.e], rel=1e-4)
    assert numbers("data", "right:") == [right, right]
    for wrong in numbers("data", "wrong:"):
        assert wrong == pytest.approx([1 + 1, np.e + 1], rel=1e-4)
    for lines in (outcome("data").minigrad, outcome("data").torch):
        assert [line for line in lines if line.startswith("version")] == ["version 0", "version 1"]
        assert command.MESSAGE.match(lines[-1]) and "wrong" in lines[2]  # the error comes of detach() alone


def test_only_the_step_under_no_grad_keeps_the_leaf() -> None:
    for lines in (outcome("leaf-in-place").minigrad, outcome("leaf-in-place").torch):
        assert lines[:2] == ["no_grad: 0.8 leaf: True", "new: 0.6 leaf: False"]
        assert lines[2].startswith("RuntimeError: a leaf Variable that requires grad")


def test_a_sum_of_losses_grows_by_a_graph_each_time_and_a_number_by_none() -> None:
    for lines in (outcome("summed-loss").minigrad, outcome("summed-loss").torch):
        totals = [[int(n) for n in re.findall(r"\d+", line)] for line in lines if line.strip().startswith("total")]
        losses = [[int(n) for n in re.findall(r"\d+", line)][1:] for line in lines if "loss" in line]
        assert {tuple(loss) for loss in losses} == {(4, 2000)}
        assert totals == [[5 + 4 * epoch, 2000 + 1000 * epoch] for epoch in range(4)]


@pytest.mark.parametrize("library", [minigrad, torch])
def test_after_a_backward_on_each_loss_the_nodes_stay_all_the_same(library: Any) -> None:
    w, total = library.ones(3, requires_grad=True), library.zeros(())
    for _ in range(4):
        loss = (w * w).sum()
        loss.backward()
        total = total + loss
    depth, node = 0, total.grad_fn
    while node is not None:
        depth, node = depth + 1, node.next_functions[0][0]
    assert depth == 4  # the additions, each with its loss beside it


def test_log_softmax_twice_is_harmless_softmax_first_is_worse_and_nll_on_scores_is_worst() -> None:
    results = {}
    for start in ("cross_entropy", "+ log_softmax", "+ softmax", "nll_loss"):
        mine, other = numbers("scores", start)
        assert mine == pytest.approx(other, rel=command.RELATIVE)
        results[start] = mine
    (loss, right), twice, (soft, soft_right), (raw, raw_right) = results.values()
    assert [loss, right] == twice and right > 80
    assert loss < 1 and soft > 1.46 and right > soft_right + 10  # 1.46 = −log(e / (e + 9))
    assert raw < 0 and soft_right > raw_right + 10


def test_the_view_makes_25_rows_of_36_digits() -> None:
    assert numbers("view", "view(-1, 576):") == [[25, 576]] * 2
    assert numbers("view", "flatten(1):") == [[36, 400]] * 2
    assert "batch_size (25) to match target batch_size (36)" in outcome("view").minigrad[-1]


def test_numpy_brings_float64_along() -> None:
    said = dict(line.split(": torch.") for line in outcome("float64").torch[:-1])
    assert said.pop("tensor(list)") == said.pop("layer(x.float())") == "float32"
    assert set(said.values()) == {"float64"} and len(said) == 3


def test_eval_stops_dropout_and_no_grad_stops_the_graph() -> None:
    said = [line.split()[-3:] for line in outcome("eval").minigrad]
    assert [words[0] for words in said] == ["other", "other", "equal", "equal"]
    assert [words[2] for words in said] == ["True", "False", "True", "False"]


def test_without_a_batch_dimension_rows_vanish_instead_of_channels() -> None:
    for lines in (outcome("dropout2d").minigrad, outcome("dropout2d").torch):
        drawn = [line for line in lines if set(line) <= set("#. ")]
        meant, rows, flat = drawn[:4], drawn[4:8], drawn[8:]
        assert all(len(set(line.replace(" ", ""))) == 1 for line in meant) and len(set(meant)) == 2
        assert all(len(set(row)) == 1 for line in rows for row in line.split())
        assert any(len(set(line.split())) == 2 for line in rows)
        assert any(len(set(line)) == 2 for line in flat)


def test_the_output_shows_the_kernel_turned_and_the_input_gradient_shows_it_upright() -> None:
    assert numbers("flipped-kernel", "one pixel:") == [[4, 3, 2, 1]] * 2
    assert outcome("flipped-kernel").torch[-4] == "[1.0, 2.0, 0.0]"
    assert "conv2d, flipped: True" in outcome("flipped-kernel").minigrad


def test_the_columns_times_the_kernel_are_the_convolution() -> None:
    product, conv2d = numbers("im2col", "product:"), numbers("im2col", "conv2d:")
    assert product[0] == product[1] == [float(n) for n in re.findall(NUMBER, outcome("im2col").torch[-3][8:])]
    assert conv2d[0] == conv2d[1] and len(conv2d[0]) == 4
    assert sum("[ 5]" in line for line in outcome("im2col").minigrad) == 4  # the pixel that is in every patch
    assert sum("[ 0]" in line for line in outcome("im2col").minigrad) == 1


def test_the_three_forms_are_equal_and_the_loops_slowest() -> None:
    for lines in (outcome("three-forms").minigrad, outcome("three-forms").torch):
        assert [line.endswith("equal: True") for line in lines] == [True] * 3
        loops, product, conv2d = (float(re.findall(r"≈ +([\d.]+)", line)[0]) for line in lines)
        assert loops > 5 * max(product, conv2d)


def test_gradcheck_passes_in_float64_and_fails_a_right_gradient_in_float32() -> None:
    for lines in (outcome("gradcheck").minigrad, outcome("gradcheck").torch):
        assert lines[0] == "float64: True" and any("GradcheckError: Jacobian mismatch" in line for line in lines)
        assert "3.,  0." in lines[-2] and "12." in lines[-1]  # backward's, which are right


def test_the_error_of_a_difference_falls_and_rises_again_and_earlier_in_float32() -> None:
    for lines in (outcome("step-size").minigrad, outcome("step-size").torch):
        errors = [float(line.split()[1]) for line in lines if " " in line]
        double, exact, single, near = errors[:9], errors[9], errors[10:19], errors[19]
        assert double.index(min(double)) + 1 == 5 and single.index(min(single)) + 1 == 2
        assert double[0] > 50 * double[1] > 2500 * double[2] and double[-1] > 100 * min(double)
        assert exact <= min(double) and near < min(single)
        bars = [len(line.split()[2]) for line in lines if "#" in line]
        assert bars[:9] == [sum(error > 10.0**-k for k in range(-2, 11)) for error in double]


def test_tf32_keeps_ten_bits_and_costs_a_product_four_digits() -> None:
    near = tf32(np.array([1 / 3, 1 + 2**-10, 1 + 2**-11, 1 + 3 * 2**-11, -1.0001, 3e38, 0], np.float32))
    assert near.tolist()[1:4] == [1 + 2**-10, 1, 1 + 2 * 2**-10]  # ties go to the even one
    assert not (near.view(np.uint32) & 0x1FFF).any() and near.dtype == np.float32
    assert abs(near[0] - 1 / 3) < 2**-12 / 2
    for lines in (outcome("tf32").minigrad, outcome("tf32").torch):
        single, rounded = (float(line.split("≈ ")[1]) for line in lines if "≈" in line)
        assert single < 1e-6 and 1e-4 < rounded < 1e-3


def test_the_mean_of_means_is_right_for_even_shards_and_wrong_for_uneven_ones() -> None:
    for lines in (outcome("shards").minigrad, outcome("shards").torch):
        even, uneven = ([float(line.split()[-1]) for line in lines[start : start + 3]] for start in (1, 5))
        assert even[0] == even[1] == even[2]
        assert uneven[0] == pytest.approx(uneven[2]) and abs(uneven[1] - uneven[0]) > 10


# The command


def test_no_name_lists_them_all_in_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[: len(NAMES)]] == [[str(n), name] for n, name in enumerate(NAMES, 1)]
    assert max(map(len, lines)) <= 80


def test_a_number_and_a_name_are_the_same_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for name in ("5", "data"):
        assert main(["lesson", name]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] and said[0].startswith("Lesson 5: `.data` makes") and "y.data.add_(1)" in said[0]


def test_all_of_them_take_less_than_30_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    start = time.perf_counter()
    assert main(["lesson", "all"]) == 0
    assert time.perf_counter() - start < 30
    out = capsys.readouterr().out
    assert all(f"Lesson {n}: {lesson.title}\n" in out for n, lesson in enumerate(LESSONS, 1))
    assert out.count("The two sides agree") == len(LESSONS)


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson", "accumulate", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    (lesson,) = result["lessons"]
    assert result["agree"] and lesson["agree"] and lesson["minigrad"] == lesson["torch"]
    assert lesson["line"] == vars(LESSONS[0].line.find()) and "loss.backward()" in lesson["program"]
    assert main(["lesson", "--json"]) == 0
    assert [each["name"] for each in json.loads(capsys.readouterr().out)["lessons"]] == NAMES


@pytest.mark.parametrize(
    ("name", "hint"),
    [("dat", "Did you mean data?"), ("acumulate", "accumulate"), ("shard", "shards"),
     ("leaf", "leaf-in-place or non-leaf"), ("zzz", "There are accumulate, non-leaf"),
     ("0", "1 to 19"), ("20", "1 to 19"), ("ALL", "no lesson")],
)  # fmt: skip
def test_an_unknown_name_ends_in_exit_code_2_and_suggestions(
    name: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lesson", name]) == 2
    said = capsys.readouterr()
    assert hint in " ".join(said.err.split()) and name in said.err and not said.out and "Traceback" not in said.err


def test_an_unknown_option_ends_in_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["lesson", "--net", "cnn"])
    assert end.value.code == 2 and "--net" in capsys.readouterr().err


def test_a_difference_ends_in_exit_code_1_and_names_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ExpBackward0, "backward", lambda self, grad: grad)
    assert main(["lesson", "data"]) == 1
    assert "The two sides differ, first in line 1." in capsys.readouterr().out


def test_lines_are_alike_up_to_rounding_and_messages_in_type_and_first_words() -> None:
    assert alike("loss 1.0000 now", "loss 1.0001 now") and not alike("loss 1.00", "loss 1.01")
    assert not alike("loss 1", "loss 1 2") and not alike("loss 1", "lose 1") and not alike("x", "UserWarning: x")
    assert alike("a ≈ 3 ms", "a ≈ 4e-06 ms") and not alike("a ≈ 3 ms", "b ≈ 3 ms")
    assert alike("ValueError: a b c d e", "ValueError: a b c d f")
    assert not alike("ValueError: a b c d", "ValueError: a b c e") and not alike("ValueError: a", "TypeError: a")
    assert Outcome(["a", "b"], ["a"]).difference() == 2 and Outcome(["a"], ["a"]).difference() is None


def test_both_sides_stand_beside_each_other_where_they_fit_and_else_one_under_the_other() -> None:
    two = Outcome(["one", "ValueError: " + "word " * 20], ["two"])
    beside, below = columns(two, 80).splitlines(), columns(two, 20).splitlines()
    assert beside[0].split() == ["minigrad", "torch"] and beside[1].split() == ["one", "two"]
    assert below[0] == "minigrad" and "torch" in below and max(map(len, beside + below)) <= 80


def test_a_line_that_is_not_there_or_there_twice_is_refused() -> None:
    for text, count in (("no such thing", 0), ("return", None)):
        with pytest.raises(LookupError, match=f"^{count if count == 0 else '[0-9]+'} lines of Tensor"):
            Line(minigrad.Tensor, text).find()


def test_it_runs_as_a_user_runs_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "comparisons", "lesson", "shards"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0 and not done.stderr and done.stdout.startswith("Lesson 19: Data parallel")
