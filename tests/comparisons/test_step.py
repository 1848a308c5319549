"""`python -m comparisons step`: the order is the engine's, the counts are right, and a difference is seen."""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import minigrad
from comparisons import step
from comparisons.__main__ import main
from comparisons.expressions import names_for
from comparisons.settings import OPERANDS_IN_WORDS
from comparisons.step import Walk, after_answer, by_hand
from comparisons.step_programs import DEFAULT, of_expression, of_network
from comparisons.step_record import Pass, record_pass
from minigrad.ops.activations import ReluBackward0

LIBRARIES = (minigrad, torch)


def walk(expression: str) -> Walk:
    return Walk(expression, *of_expression(expression, 0))


def titles(side: Pass) -> list[str]:
    return [f"{event.name} {event.parameter}".strip() for event in side.events]


def test_the_default_runs_from_the_sum_to_the_leaves() -> None:
    found = walk(DEFAULT)
    assert titles(found.ours) == titles(found.theirs) == [
        "SumBackward0", "AddBackward0", "ReluBackward0", "AddBackward0", "AccumulateGrad b", "MmBackward0",
        "AccumulateGrad x", "TBackward0", "AccumulateGrad w",
    ]  # fmt: skip
    assert found.agrees
    assert "  queue    ReluBackward0 [3] is ready; AddBackward0 [4] waits for 1 more" in list(found.step(2))


def test_what_is_small_is_shown_whole_so_that_the_numbers_can_be_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    found, names = walk("(x @ w).sum()"), names_for(minigrad, 0)
    assert [line[:11] for line in found.head().splitlines()[3:]] == ["  w        ", "  x        "]
    product = "\n".join(found.step(2))
    for gradient in (minigrad.ones(3, 3) @ names["w"].t(), names["x"].t() @ minigrad.ones(3, 3)):
        rows = " | ".join(", ".join(f"{number:.4g}" for number in row) for row in gradient.tolist())
        assert product.count(f"(3, 3): {rows}") == 2  # minigrad's and torch's
    assert "norm" not in product and "norm" in "\n".join(Walk("net", *of_network("lenet", 0)).step(2))
    assert len(Walk("net", *of_network("lenet", 0)).head().splitlines()) == 2


REUSED = "y = x * w; (y.exp() + y.sin() * y).sum()"  # three gradients meet at y


@pytest.mark.parametrize("expression", [DEFAULT, REUSED, "a, c, _ = x.unbind(); (a * c + c).sum()", "(x * x).sum()"])
def test_a_node_runs_when_it_waits_for_nobody_and_not_before(expression: str) -> None:
    for side in of_expression(expression, 0):
        for number in range(1, len(side.events)):
            assert side.still_needed(number)[side.events[number].key] == 0
        assert side.still_needed(len(side.events)) == {}


def test_a_value_that_is_used_three_times_waits_for_three_gradients() -> None:
    found = walk(REUSED)
    waits = [found.ours.still_needed(number) for number in range(1, len(found) + 1)]
    (key,) = [event.key for event in found.ours.events if event.name == "MulBackward0" and event.receivers[0]
              and found.ours.names[event.receivers[0][0]] == "AccumulateGrad x"]  # fmt: skip
    assert {counts[key] for counts in waits if key in counts} >= {1, 0}
    assert "waits for 1 more" in "\n".join(found.everything())


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_leaves_is_what_arrives_at_the_leaves_and_ends_in_grad(library: Any) -> None:
    names = names_for(library, 3)
    loss = (names["x"] * names["w"]).sum()
    side = record_pass(loss, {id(names[name]): name for name in "xw"})
    at = {event.parameter: event for event in side.events if event.parameter}
    assert np.array_equal(at["x"].incoming[0], names["w"].detach().numpy())
    assert np.array_equal(at["w"].incoming[0], names["w"].grad.numpy())
    product = side.events[1]
    assert np.array_equal(product.outgoing[0], at["x"].incoming[0])
    assert np.array_equal(product.saved["self"], names["x"].detach().numpy())


def test_the_hooks_are_gone_afterwards() -> None:
    for library in LIBRARIES:
        names = names_for(library, 0)
        loss = names["x"].exp().sum()
        side = record_pass(loss, {})
        assert len(side.events) == 3
        names["x"].sin().sum().backward()
        assert len(side.events) == 3  # the leaf's own node had hooks too


@pytest.mark.parametrize("net", ["lenet", "cnn"])
def test_a_network_is_walked_with_the_names_of_its_parameters(net: str) -> None:
    found = Walk(net, *of_network(net, 0))
    assert found.agrees and found.ours.events[0].name in ("MseLossBackward0", "NllLossBackward0")
    text = "\n".join(found.everything())
    assert "AccumulateGrad conv1.weight [" in text and "to nobody: (None, 0)" in text
    assert text.endswith("The two sides agree in every step.")


def test_a_wrong_derivative_is_shown_at_its_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ReluBackward0, "backward", lambda self, grad: grad)
    assert main(["step", "--expr", "(x * w).relu().sum()", "--all"]) == 1
    out = capsys.readouterr().out
    assert "DIFFER" in out.partition("step 2 of")[2].partition("step 3 of")[0]
    assert "DIFFER" not in out.partition("step 2 of")[0] and "differ in step 2, 3, 4, 5" in out


def test_another_order_is_a_difference() -> None:
    ours, theirs = of_expression(DEFAULT, 0)
    theirs.events[4], theirs.events[5] = theirs.events[5], theirs.events[4]
    found = Walk(DEFAULT, ours, theirs)
    assert not found.agrees
    assert "DIFFER: minigrad ran AccumulateGrad b, torch MmBackward0" in "\n".join(found.step(5))
    del theirs.events[-1]
    assert "torch nothing" in "\n".join(Walk(DEFAULT, ours, theirs).step(9))


def test_piped_everything_is_printed_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["step"]) == 0
    out = capsys.readouterr().out
    assert out.count("\nstep ") == 9 and "\x1b" not in out and max(map(len, out.splitlines())) <= 80


def test_the_expression_may_make_its_own_leaves(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["step", "--expr", "v = torch.tensor([3.], requires_grad=True); (v ** 2).sum()"]) == 0
    out = capsys.readouterr().out
    assert "AccumulateGrad v" in out and "minigrad  (1,): 6" in out


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("x +", "not understood"), ("", "not understood"), ("y = x", "not understood"), ("q.sum()", "NameError"),
        ("x * w", "add .sum()"), ("x.detach().sum()", "has no grad_fn"), ("3", "has no grad_fn"),
        ("x @ w[:2]", "RuntimeError"),
        ("x[5].sum()", "IndexError"), ("(x // w).sum()", "not implemented"),
    ],
)  # fmt: skip
def test_an_expression_without_a_backward_pass_is_refused_with_the_reason(
    expression: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["step", "--expr", expression]) == 2
    message = " ".join(capsys.readouterr().err.split())
    assert reason in message and "Traceback" not in message


@pytest.mark.parametrize("command", ["step", "graph"])
def test_an_unknown_name_in_an_expression_is_told_the_names_and_their_shapes(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--expr", "(x * touch.ones(3)).sum()"]) == 2
    message = " ".join(capsys.readouterr().err.split())
    assert "NameError: name 'touch' is not defined. Did you mean torch? An expression may use" in message
    assert OPERANDS_IN_WORDS in message
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert OPERANDS_IN_WORDS in " ".join(capsys.readouterr().out.split())


def test_both_commands_take_the_same_expressions(capsys: pytest.CaptureFixture[str]) -> None:
    for expression in ("(x @ w + b).sum()", "((x @ w.t() + b).relu()).sum()", "(x * w + b).sum()"):
        assert [main([command, "--expr", expression]) for command in ("step", "graph")] == [0, 0]
    assert all(f"{name} {shape}" in OPERANDS_IN_WORDS for name, shape in (("x", (3, 3)), ("w", (3, 3)), ("b", "(3)")))
    assert [tuple(names_for(minigrad, 0)[name].shape) for name in "xwb"] == [(3, 3), (3, 3), (3,)]


@pytest.mark.parametrize("arguments", [("--net", "mlp"), ("--net", "cnn", "--expr", "x"), ("--out", "runs")])
def test_wrong_usage_ends_in_exit_code_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["step", *arguments])
    assert end.value.code == 2 and arguments[0] in capsys.readouterr().err


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["step", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    names = [each["minigrad"]["node"] for each in found["steps"]]
    assert found["agree"] and names[:2] == ["SumBackward0", "AddBackward0"]
    assert found["steps"][1]["waiting"] == {"ReluBackward0 [3]": 0, "AddBackward0 [4]": 1}


# -- By hand


def answering(*answers: str) -> Any:
    left: Iterator[str] = iter(answers)

    def ask(prompt: str) -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    return ask


def test_the_keys_fit_a_narrow_terminal_and_the_end_of_the_input_ends_the_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    by_hand(walk(DEFAULT), answering("99"))
    out = capsys.readouterr().out
    assert "(steps 1 to 9)" in " ".join(out.split()) and max(map(len, out.splitlines())) <= 60
    assert out.endswith("\n\n\nThe two sides agree in every step.\n")  # the prompt's line was ended


def test_keys_lead_to_steps(capsys: pytest.CaptureFixture[str]) -> None:
    by_hand(walk(DEFAULT), answering("n", "p", "8", "99", "x", "", "n", "never asked"))
    out = capsys.readouterr().out
    seen = [line.split()[1] for line in out.splitlines() if line.startswith("step ")]
    assert seen == ["1", "2", "1", "8", "9"] and out.endswith("\nThe two sides agree in every step.\n")
    assert " ".join(out.split()).count("q quits; then Enter (steps 1 to 9)") == 2  # 99 and x mean nothing
    by_hand(walk(DEFAULT), answering("2"))  # the end of the input ends it too
    assert after_answer("0", 1, 8) is None and after_answer("8", 1, 8) == 8


def test_a_terminal_is_asked_and_all_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(step, "by_hand", lambda *arguments: asked.append(arguments))
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    options = argparse.Namespace(net=None, expr=None, seed=0, all=False, json=False)
    assert step.main(options) == 0 and len(asked) == 1
    options.all = True
    assert step.main(options) == 0 and len(asked) == 1 and "step 9 of 9" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["step", "graph"])
def test_a_misspelt_method_is_no_matter_of_scope_and_a_missing_one_is(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--expr", "x.foo().sum()"]) == 2
    message = " ".join(capsys.readouterr().err.split())
    assert "both sides raise AttributeError: 'Tensor' object has no attribute 'foo' An" in message
    assert main([command, "--expr", "x.cumsum(0).sum()"]) == 2
    message = " ".join(capsys.readouterr().err.split())
    assert "minigrad raises AttributeError: 'Tensor' object has no attribute 'cumsum' (what torch has" in message


def test_leaves_without_a_name_are_numbered_and_all_of_them_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["step", "--expr", "nn.Linear(3, 2)(x).max()"]) == 0
    out = capsys.readouterr().out
    assert "\n  unnamed 1 (2,): " in out and "\n  unnamed 2 (2, 3): " in out and "\n  x        (3, 3): " in out
    assert ": AccumulateGrad unnamed 1\n" in out and "is added to unnamed 2.grad" in out


def test_a_saved_number_that_looks_different_is_said_to_be_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["step", "--net", "cnn"]) == 0
    assert "(the same number: torch prints −100 unsigned" in " ".join(capsys.readouterr().out.split())
    assert main(["graph", "--saved"]) == 0
    assert "(the same number: torch prints −100 unsigned" in " ".join(capsys.readouterr().out.split())
