"""`python -m comparisons explain`: every node has an entry, what an entry says is so, and questions are answered."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

import minigrad
from comparisons.__main__ import main
from comparisons.cases.examples import EXAMPLES
from comparisons.cases.table import evaluate
from comparisons.explain import PROGRAMS, Entry, shown
from comparisons.explain_nodes import (
    ROOT,
    backward_source,
    bare,
    formula_of,
    has_derivative,
    named,
    node_classes,
    place_of,
)
from comparisons.explain_operations import made_by, near_names
from comparisons.explain_programs import Example, in_one_line, programs_making, results_of
from comparisons.explain_questions import QUESTIONS, answer_to
from comparisons.explain_saved import note_on, sentences_of
from comparisons.explain_trace import Trace, trace
from comparisons.expressions import MAY_USE, names_for
from comparisons.lessons import LESSONS
from comparisons.running import nodes_of
from minigrad.autograd import Node
from minigrad.ops.activations import ReluBackward0
from minigrad.ops.linalg import AddmmBackward0
from minigrad.ops.shapes import TBackward0

NODES = {node.__name__: node for node in node_classes()}


@cache
def entry(name: str) -> Entry:
    return Entry(NODES[name])


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["explain", *arguments]) == code
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    return out + err


# -- Every node has an entry


def test_the_nodes_are_those_that_graphs_show() -> None:
    assert {"AddmmBackward0", "AccumulateGrad", "NotImplemented", "CopySlices", "LtBackward1"} <= set(NODES)
    assert not {"Node", "Flat", "Overwritten", "PadByIndex"} & set(NODES)


@pytest.mark.parametrize("name", NODES)
def test_a_node_has_a_derivative_in_its_docstring_and_a_program_in_the_table(name: str) -> None:
    assert has_derivative(NODES[name]), f"the docstring of {name} does not say what its derivative is"
    assert programs_making(NODES[name]), f"no case in comparisons/cases/ leaves {name}"
    assert entry(name).trace.agrees, entry(name).example
    text = "\n".join(entry(name).text(80))
    assert f"minigrad's backward, {backward_source(NODES[name])[0]}" in text
    assert max(map(len, text.partition("minigrad's backward")[0].splitlines())) <= 80


def test_a_node_without_an_entry_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    class NobodyBackward0(Node):
        """What nobody explains."""

    monkeypatch.setattr(NobodyBackward0, "__module__", "minigrad.ops.shapes")
    assert NobodyBackward0 in node_classes()
    assert not has_derivative(NobodyBackward0) and not programs_making(NobodyBackward0)
    NobodyBackward0.__module__ = "tests"


# -- What an entry says is so


def test_edges_have_the_names_of_the_operands_and_saved_values_their_reasons() -> None:
    found = entry("AddmmBackward0").trace
    assert [edge.operand for edge in found.edges] == ["input", "mat1", "mat2"]
    assert [edge.ours for edge in found.edges] == [edge.theirs for edge in found.edges]
    assert found.edges[2].ours == "(TBackward0, 0)" and found.edges[0].ours == "(AccumulateGrad, 0) of b"
    reasons = {saved.name: saved.reason for saved in found.saved}
    assert reasons["mat1"] == "the operand mat1, for edge 2, the gradient of mat2"
    assert "mat2_sym_sizes" in found.torch_alone


def test_the_saved_output_is_called_the_result() -> None:
    (saved,) = entry("ExpBackward0").trace.saved
    assert saved.reason == "the result itself, the y of the formula, for the gradient of input"
    assert saved.ours == saved.theirs != "None"


@pytest.mark.parametrize("name", NODES)
def test_every_saved_value_has_a_reason_and_one_without_a_name_outside_has_it_from_the_docstring(name: str) -> None:
    sentences = sentences_of(NODES[name])
    assert set(sentences) <= set(NODES[name].saves), f"{name} does not save all that its docstring speaks of"
    for saved in entry(name).trace.saved:
        assert saved.reason and not saved.reason.startswith("for "), f"what is {saved.name} of {name}?"
        if saved.reason.startswith(("the result itself", "computed on the way")):
            assert saved.name in sentences, f"the docstring of {name} does not say what `{saved.name}` is good for"
        assert bool(saved.note) == (saved.theirs not in ("", saved.ours)), f"{name}: {saved.name} differs, or does not"
        assert saved.note != "another value in torch"


def reasons(found: Trace) -> dict[str, str]:
    return {saved.name: saved.reason for saved in found.saved}


def test_what_was_passed_in_is_not_said_to_be_computed() -> None:
    assert reasons(entry("NllLossBackward0").trace)["target"] == "the operand target, for the gradient of input"
    lines = ("result = F.batch_norm(x, m, v)",)
    inputs = (("x", "torch.tensor([[1.0, 2.0]], requires_grad=True)"), ("m", "torch.zeros(2)"), ("v", "torch.ones(2)"))
    found = reasons(trace(Example(inputs, lines), NODES["NativeBatchNormBackward0"]))
    assert found["running_mean"].startswith("the operand running_mean, the μ of an evaluation")
    assert found["running_var"] == "the operand running_var, its σ², for edge 0, the gradient of input"
    assert found["eps"] == "an argument, for edge 0, the gradient of input"


def test_the_edges_that_need_a_value_are_those_whose_gradients_change_with_it() -> None:
    assert reasons(entry("AddBackward0").trace)["alpha"].endswith("for edge 1, the gradient of other")
    stride = reasons(entry("ConvolutionBackward0").trace)["stride"]
    assert stride == "an argument, for edges 0 and 1, the gradients of input and weight"
    pool = reasons(entry("MaxPool2DWithIndicesBackward0").trace)
    assert pool["self"] == "the operand input, for the gradient of input, which needs its shape only"
    assert pool["result1"] == (
        "computed on the way, the index of each window's largest pixel, for the gradient of input"
    )
    assert pool["ceil_mode"].endswith("no gradient here reads it")
    assert reasons(entry("NllLossBackward0").trace)["ignore_index"].endswith("for the gradient of input")


def test_a_value_that_is_read_in_vain_and_one_that_is_not_read_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReluBackward0, "backward", lambda self, grad: grad)
    assert reasons(Entry(ReluBackward0).trace)["result"].endswith("no gradient here reads it")
    monkeypatch.setattr(ReluBackward0, "backward", lambda self, grad: grad if self._saved_result is not None else grad)
    assert reasons(Entry(ReluBackward0).trace)["result"].endswith("which changes nothing here")


def test_an_unwanted_operand_s_partner_is_said_not_to_be_kept() -> None:
    found = trace(Example((("x", "torch.ones(2, requires_grad=True)"),), ("result = 2 * x",)), NODES["MulBackward0"])
    assert reasons(found)["self"].endswith("for edge 1, the gradient of other, which nobody wants: not kept")


def test_the_end_of_a_path_holds_its_leaf() -> None:
    (saved,) = entry("AccumulateGrad").trace.saved
    assert saved.name == "variable" and saved.ours == saved.theirs == "(3,): 0.5, -1, 2"


def test_a_saved_value_that_looks_different_in_torch_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    notes = {saved.name: saved.note for name in ("NllLossBackward0", "MaxPool2DWithIndicesBackward0")
             for saved in entry(name).trace.saved if saved.note}  # fmt: skip
    assert list(notes) == ["ignore_index", "stride"]
    assert f"\n       ({notes['ignore_index']})\n" in said(capsys, "nll_loss")
    assert note_on(-100, 2**64 - 100).startswith("the same number")
    assert note_on((0, 1), (2**64 - 2, 2**64 - 1)).startswith("the same dimension")
    for other in (2**64 - 99, -99, (-100, -100), 0.5):
        assert note_on(-100, other) == "another value in torch"


def test_the_forward_formula_stands_above_the_derivative_with_the_operands_of_its_letters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = said(capsys, "AddmmBackward0").splitlines()
    assert lines[1].startswith("  Forward: Z = β·B + α·(X Y)")
    letters = lines.index("  Backward, where B is input, X is mat1, Y is mat2:")
    assert lines[letters + 1].startswith("  ∂ℒ/∂B = ")
    assert entry("PowBackward2").letters() == [("p", "exponent")] and entry("WhereBackward0").letters() == []
    assert "Backward, where x is input:" in said(capsys, "ConvolutionBackward0")  # weight and bias are words already


@pytest.mark.parametrize(
    ("name", "operands"),
    [
        ("SubBackward0", {"x": "input", "y": "other"}), ("RsubBackward0", {"x": "input", "y": "other"}),
        ("PowBackward1", {"x": "input", "p": "exponent"}), ("MvBackward0", {"X": "input", "y": "vec"}),
        ("SigmoidBackwardBackward0", {"g": "grad_output", "y": "output"}),
        ("CopyBackwards", {"x": "input", "src": "other"}),
    ],
)  # fmt: skip
def test_letters_stand_for_the_operands_in_their_order(name: str, operands: dict[str, str]) -> None:
    assert list(entry(name).letters()) == list(operands.items())


def test_an_edge_to_the_transpose_of_a_variable_says_of_which(capsys: pytest.CaptureFixture[str]) -> None:
    assert [edge.made_so for edge in entry("AddmmBackward0").trace.edges] == ["", "", "w.t()"]
    assert "\n  2  the gradient of mat2, which is w.t(), shape (2, 3)\n" in said(capsys, "addmm")
    assert not any(edge.made_so for edge in entry("SqueezeBackward4").trace.edges)  # of x * 1: it has arguments


@pytest.mark.parametrize("name", NODES)
def test_the_programs_that_are_listed_are_single_expressions_where_there_are_such(name: str) -> None:
    texts = [entry(name).counts(program)[2] for program in entry(name).programs[:PROGRAMS]]
    several = [";" in in_one_line(program.case.text) for program in programs_making(NODES[name])]
    assert 0 < len(texts) <= 3 and [";" in text for text in texts] == [all(several)] * len(texts)


# -- The examples


@pytest.mark.parametrize(
    "name", ["MulBackward0", "DivBackward0", "PowBackward1", "AddmmBackward0", "ConvolutionBackward0", "CatBackward0",
             "NativeBatchNormBackward0", "WhereBackward0", "ScatterBackward0", "ClampBackward0", "RemainderBackward1"]
)  # fmt: skip
def test_an_example_wants_the_gradient_of_everything_that_the_formula_speaks_of(name: str) -> None:
    assert len(entry(name).trace.edges) >= 2
    assert all(edge.shape is not None for edge in entry(name).trace.edges)


@pytest.mark.parametrize("name", NODES)
def test_an_example_is_short_and_has_something_in_it(name: str) -> None:
    found = entry(name)
    assert "'" not in re.sub("='[a-z]+'", "", "".join(found.trace.lines)), "a program that is hard to read"
    for expression, value in found.trace.theirs.shown[:1]:
        assert 0 < value.numel() <= 288, expression
    if not re.search(r"\dD", name):
        assert "… shape" not in "\n".join(found.results(100))


def test_what_was_written_to_be_an_example_is_one() -> None:
    shown = {programs_making(node)[0].case.text for node in NODES.values()} | {made.program for made in made_by("@")}
    for cases in EXAMPLES.values():
        for case in cases:
            assert case.text in shown or "once_differentiable" in case.text, f"no entry begins with {case.text}"


def test_the_examples_are_of_the_kind_that_the_formula_is_about() -> None:
    labels = dict(entry("NllLossBackward0").example.inputs)["y"]
    assert labels == "torch.tensor([2, 0])"
    assert dict(entry("NativeBatchNormBackward0").trace.ours.kept)["training"] is True
    assert entry("AccumulateGrad").example.lines == ("result = x * x",)
    assert entry("SqueezeBackward2").example.lines == ("result = x.squeeze((0, 2))",)
    assert "nn.Conv2d(1, 1, 3)(x)" in [p.case.text for p in entry("ConvolutionBackward0").programs]


def test_a_class_in_an_example_keeps_its_lines_and_is_cut_short_in_a_list() -> None:
    text = "\n".join(entry("FunctionNode").text(80))
    assert "\n        @staticmethod\n        def forward(ctx, x):\n            return 2 * x\n" in text
    assert "×  class Twice(torch.autograd.Function): …; Twice.apply(x)\n" in text


def test_a_derivative_with_sums_writes_them_and_names_its_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "ConvolutionBackward0").splitlines()
    assert any(line.startswith("  y[n,f,a,b] = bias[f] + Σ over c, i, j") for line in lines)
    assert any(re.fullmatch(r"    \S+ -m comparisons lesson flipped-kernel", line) for line in lines)


def test_shapes_are_written_as_python_writes_them(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "mul").partition("minigrad's backward")[0]
    assert "shape (3,)\n" in out and "(3,): 0.5, -1, 2" in out and "(3)" not in out


@pytest.mark.parametrize("name", ["AddmmBackward0", "SoftmaxBackward0", "SigmoidBackwardBackward0", "CopySlices"])
def test_the_example_is_what_it_says_in_both_libraries(name: str) -> None:
    found = entry(name)
    for library, side in ((minigrad, found.trace.ours), (torch, found.trace.theirs)):
        names: dict[str, Any] = {"torch": library, "F": library.nn.functional, "nn": library.nn}
        exec("\n".join(found.trace.lines), names)
        assert any(type(node).__name__ == name for node in nodes_of(names["result"]))
        assert {key: eval(key, names).tolist() for key, _ in side.shown} == shown(side)


def test_the_first_program_ends_in_the_node_and_all_of_them_have_it_on_both_sides() -> None:
    programs = programs_making(TBackward0)
    assert programs[0].case.text == "x.t()" and "F.linear(x, w)" in [program.case.text for program in programs]
    for program in programs:
        for library in (minigrad, torch):
            nodes = [node for result in results_of(library, program.case) for node in nodes_of(result)]
            assert "TBackward0" in {type(node).__name__ for node in nodes}


def test_the_source_is_the_file_s_and_stands_where_it_is_said_to_stand(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "ReluBackward0")
    places = re.findall(r"(minigrad/\S+\.py):(\d+)", out)
    assert len(places) == 3  # the class, the function, the backward
    lines = [(ROOT / file).read_text().splitlines()[int(number) - 1] for file, number in places]
    assert lines[0].startswith("class ReluBackward0") and lines[1].startswith("def relu")
    assert lines[2].strip().startswith("def backward") and lines[2].strip() in out


def test_a_class_without_a_formula_of_its_own_shows_the_one_that_it_has_from_another() -> None:
    assert formula_of(NODES["MinBackward0"])[0] == "The same for the smallest."
    assert any("∂ℒ/∂x = ∂ℒ/∂y at the place" in part for part in formula_of(NODES["MinBackward0"]))
    assert place_of(NODES["LtBackward1"]).startswith("minigrad/ops/elementwise.py:")


def test_a_wrong_derivative_is_said_to_differ(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ReluBackward0, "backward", lambda self, grad: grad)
    assert "DIFFER" in said(capsys, "relu", code=1)


def test_an_example_without_numbers_that_can_be_written_is_run_as_it_is_written() -> None:
    example = Example((("x", "torch.ones(2, requires_grad=True)"),), ("y = x * 2", "result = y.sum()"))
    assert example.run(minigrad)["result"].item() == example.run(torch)["result"].item() == 4


# -- Names


@pytest.mark.parametrize(
    "name", ["AddmmBackward0", "addmmbackward0", "Addmm", "ADDMMBACKWARD", "<AddmmBackward0 object at 0x7f>"]
)
def test_a_name_is_found_in_any_spelling(name: str) -> None:
    assert named(name) == [AddmmBackward0]


def test_one_word_may_mean_several_nodes_of_which_the_first_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert [node.__name__ for node in named("sum")] == ["SumBackward0", "SumBackward1"]
    out = said(capsys, "sum")
    assert out.startswith("SumBackward0, minigrad/ops/reductions.py") and out.endswith("See also: SumBackward1\n")
    assert named("torch::autograd::AccumulateGrad")[0].__name__ == "AccumulateGrad"
    assert bare("MaxPool2DWithIndicesBackward0") == "maxpool2dwithindices"


def test_a_near_miss_suggests_names_and_ends_in_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Did you mean addmm, " in said(capsys, "Addmn", code=2)
    assert near_names("maxpool")[:2] == ["MaxPool2d", "MaxPool2DWithIndicesBackward0"]
    assert near_names("conv2")[0] == "conv2d" and near_names("Linaer") == ["linear"]
    message = said(capsys, "zzz", code=2)
    assert message.startswith("comparisons explain: zzz is no node") and len(message) < 160


@pytest.mark.parametrize(
    ("asked", "suggested"),
    [
        ("AddmBackward0", "AddmmBackward0"), ("NllLosBackward0", "NllLossBackward0"),
        ("ReluBackwards", "ReluBackward0"), ("ConvBackward0", "ConvolutionBackward0"), ("LinearBackward0", "linear"),
        ("MaxPool2dBackward0", "max_pool2d, MaxPool2d, MaxPool2DWithIndicesBackward0"),
    ],
)  # fmt: skip
def test_a_node_s_misspelled_name_is_compared_without_its_ending(
    asked: str, suggested: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert f"Did you mean {suggested}" in " ".join(said(capsys, asked, code=2).split())
    kinds = ["BackwardBackward" in name for name in near_names(asked)]
    assert kinds == sorted(kinds)


def test_a_number_that_no_node_has_is_said_to_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "AddmmBackward1")
    assert out.startswith("There is no AddmmBackward1; this is AddmmBackward0.\n\nAddmmBackward0, minigrad/")
    for name in ("addmmbackward0", "Addmm", "torch::autograd::AccumulateGrad"):
        assert not said(capsys, name).startswith("There is no")


def test_an_operation_makes_the_nodes_that_it_adds_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for asked in ("detach", "x.detach()"):
        assert made_by(asked) == []
        words = said(capsys, asked, code=2)
        assert words.startswith(f"comparisons explain: {asked} leaves no node in a graph.")
        assert re.search(r"\n    \S+ -m comparisons lesson data\n", words)
    assert {made.node.__name__ for made in made_by("zero_")} == {"ZeroBackward0", "CopySlices", "AsStridedBackward0"}
    assert [made.node.__name__ for made in made_by("t_")] == ["TBackward1"]
    assert "MulBackward0" in {made.node.__name__ for made in made_by("mul_")}


def test_a_file_of_a_library_is_nothing_that_leaves_no_node(capsys: pytest.CaptureFixture[str]) -> None:
    for asked, suggested in {"batchnorm": ["BatchNorm2d"], "loss": ["MSELoss", "cross_entropy", "nll_loss"]}.items():
        words = said(capsys, asked, code=2)
        assert words.startswith(f"comparisons explain: {asked} is no node") and "leaves no node" not in words
        assert all(name in words for name in suggested)


def test_other_commands_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("step", "lesson"):
        words = said(capsys, command, code=2)
        assert words.startswith(f"comparisons explain: {command} is a command of its own: ")
        assert words.endswith(f" -m comparisons {command}\n")


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ("x.nothing()", "AttributeError"), ("F.conv2d(x,w)", "RuntimeError"), ("F.mse_loss(x, y)", "NameError"),
        ("z + 1", "NameError: name 'z' is not defined"),
    ],
)  # fmt: skip
def test_an_expression_that_fails_is_told_its_error_and_what_it_may_use(
    asked: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = " ".join(said(capsys, asked, code=2).split())
    assert words.startswith(f"comparisons explain: {asked} raises {error}") and words.endswith(MAY_USE)


def test_what_leaves_no_node_and_what_minigrad_has_not_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("==", "Sequential", "item", "nn.Module"):
        assert said(capsys, name, code=2).startswith(f"comparisons explain: {name} leaves no node in a graph.")
    for name, home in {"gelu": "F.gelu", "why gelu": "F.gelu", "nn.LSTM": "nn.LSTM", "cumsum": "torch.cumsum"}.items():
        words = said(capsys, name, code=2)
        assert words.startswith(f"comparisons explain: torch has {home}, and minigrad has not.")
        assert words.endswith(" -m minigrad --list\n")


def test_a_question_word_alone_lists_the_questions(capsys: pytest.CaptureFixture[str]) -> None:
    for word in ("why", "What"):
        words = said(capsys, word, code=2)
        assert all(f" -m comparisons explain '{question}'\n" in words for question in QUESTIONS)


def test_a_star_without_quotes_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("LICENSE", "README.md"):
        Path(name).touch()
    assert "explain '*'" in said(capsys, "LICENSE", "README.md", code=2)
    assert len(said(capsys, *(f"word{number}" for number in range(99)), code=2).partition(" is\n")[0]) < 100


@pytest.mark.parametrize(
    ("asked", "nodes"),
    [
        ("conv2d", ["ConvolutionBackward0", "SqueezeBackward1", "UnsqueezeBackward0", "ConstantPadNdBackward0"]),
        ("F.conv2d", ["ConvolutionBackward0"]), ("torch.nn.functional.linear", ["AddmmBackward0", "TBackward0"]),
        ("nn.Linear", ["AddmmBackward0", "TBackward0"]), ("Linear", ["AddmmBackward0", "TBackward0"]),
        ("CrossEntropyLoss", ["NllLossBackward0", "LogSoftmaxBackward0"]), ("nn.Dropout2d()", ["MulBackward0"]),
        ("cross_entropy", ["NllLossBackward0", "LogSoftmaxBackward0"]), ("+", ["AddBackward0"]),
        ("*", ["MulBackward0"]), ("@", ["MmBackward0", "MvBackward0"]), ("/", ["DivBackward0"]),
        ("**", ["PowBackward1", "PowBackward0", "PowBackward2"]), ("[]", ["IndexBackward0", "UnsqueezeBackward0"]),
        ("-", ["SubBackward0", "NegBackward0", "RsubBackward1"]), ("matmul", ["MmBackward0"]),
        ("(x @ w + b).relu()", ["ReluBackward0", "AddBackward0", "MmBackward0"]),
    ],
)  # fmt: skip
def test_an_operation_a_sign_and_a_layer_lead_to_the_nodes_that_they_make(
    asked: str, nodes: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    out = said(capsys, asked)
    docstring, _, rest = out.rpartition(f"{asked} makes ")
    head, _, entry = rest.partition("\n\n")
    assert docstring == "" or re.match(r"(nn|F|torch)\.\w+: ", docstring)
    assert [line.split()[0] for line in head.splitlines()[1:] if "Backward" in line][: len(nodes)] == nodes
    assert entry.startswith(f"{nodes[0]}, minigrad/")


def test_nodes_stand_below_a_program_that_makes_them_with_its_shapes(capsys: pytest.CaptureFixture[str]) -> None:
    for asked in ("conv2d", "@", "cross_entropy"):
        made = made_by(asked)
        for one in made:
            assert one.shapes or "torch.rand(" in one.program, "a variable without a shape"
            assert not re.search(r"\b0[,)]", one.shapes), "an array without elements"
        table = said(capsys, asked).partition(" makes these nodes")[2].partition("\n\n")[0].splitlines()[1:]
        assert table[0].startswith("  ") and table[0][2] != " " and table[-1].startswith("`explain NAME`")
        names = [line.strip() for line in table if re.fullmatch(r" {6}\w+Backward\d", line)]
        assert sorted(names) == sorted(one.node.__name__ for one in made[:8])
    assert "`explain NAME`" not in said(capsys, "nn.Dropout")


def test_a_layer_is_explained_in_the_words_of_its_docstring_first(capsys: pytest.CaptureFixture[str]) -> None:
    for asked, name in {"nn.Dropout": "nn.Dropout", "dropout2d": "F.dropout2d"}.items():
        first = said(capsys, asked).partition(f"{asked} makes ")[0]
        assert first.startswith(f"{name}: ") and "x · mask / (1 − p) in training" in first
    assert said(capsys, "*").startswith("* makes ")


@pytest.mark.parametrize("name", ["relu", "torch.relu", "nn.ReLU", "add"])
def test_an_operation_whose_node_bears_its_name_is_that_node(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Backward0, minigrad/ops/" in said(capsys, name).splitlines()[0]


def test_what_an_operation_is_said_to_make_is_what_its_program_makes_in_both_libraries() -> None:
    for asked in ("nn.Linear", "nn.CrossEntropyLoss", "nn.MaxPool2d", "(x * w).sum()"):
        assert made_by(asked)
        for made in made_by(asked):
            for library in (minigrad, torch):
                nodes = nodes_of(evaluate(made.program, names_for(library, 0)))
                assert made.node.__name__ in {type(node).__name__ for node in nodes}


def test_without_a_name_all_nodes_are_listed_by_file(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys).splitlines()
    assert set(NODES) <= {line.strip() for line in lines}
    places = ("minigrad/ops/linalg.py", "  AddmmBackward0", "minigrad/ops/losses.py")
    assert sorted(places, key=lines.index) == list(places)
    assert max(map(len, lines)) <= 100


def test_a_narrow_terminal_is_kept_to(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    before_the_source = said(capsys, "mul").partition("minigrad's backward")[0]
    assert max(map(len, before_the_source.splitlines())) <= 80
    asked = {"cross_entropy": 0, "nn.Dropout": 0, "AddmmBackward1": 0, "what is the 1 in DivBackward1": 0, "loss": 2,
             "MaxPool2dBackward0": 2, "F.mse_loss(x, y)": 2, "why is my loss nan": 2, "lesson": 2,
             "detach": 2}  # fmt: skip
    for words, code in asked.items():
        lines = said(capsys, words, code=code).partition("minigrad's backward")[0].splitlines()
        assert [line for line in lines if len(line) > 60 and not line.startswith("    ")] == []


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, "T", "--json"))
    assert found["name"] == "TBackward0" and found["agree"] and found["minigrad"] == found["torch"]
    assert found["edges"][0]["operand"] == "input" and "def backward" in found["backward"]["source"]
    assert len(json.loads(said(capsys, "--json"))["nodes"]) == len(NODES)
    assert json.loads(said(capsys, "why (None, 0)", "--json"))["agree"]


# -- Questions


@pytest.mark.parametrize("question", QUESTIONS)
def test_both_libraries_give_a_question_the_same_answer(question: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, *question.split())
    assert out.startswith(f"{question}?") and out.endswith("The two sides agree.\n")


@pytest.mark.parametrize(
    ("asked", "question"),
    [
        ("Why AddmmBackward0?", "why AddmmBackward"),
        ("why is there an addmm", "why AddmmBackward"),
        ("what is TBackward0", "what is TBackward"),
        ("what does the 0 in (node, 0) mean", "what is the 0 in (node, 0)"),
        ("why is it (None, 0)?", "why (None, 0)"),
        ("what is the 0 in AddmmBackward0", "what is the 0 in AddmmBackward0"),
        ("what is the 1 in (UnbindBackward0, 1)", "what is the 0 in (node, 0)"),
        ("why is grad None", "why is grad None"),
        ("why is x.grad None?", "why is grad None"),
        ("why does the edge say None", "why (None, 0)"),
        ("why does grad add up", "why does grad add up"),
        ("why do gradients accumulate?", "why does grad add up"),
        ("why zero_grad", "why does grad add up"),
        ("what is a leaf tensor", "what is a leaf"),
        ("what is grad_fn", "what is grad_fn"),
        ("what is AccumulateGrad", "what is AccumulateGrad"),
        ("what is a node", "what is grad_fn"),
        ("what is a tensor?", "what is a tensor"),
        ("when to use requires_grad_", "what is requires_grad"),
        ("what is the ctx of a function", "what is ctx"),
        ("why save_for_backward", "what is ctx"),
    ],
)
def test_a_question_is_known_by_its_words(asked: str, question: str) -> None:
    answer = answer_to(asked)
    assert answer is not None and answer.question == question


def test_the_facts_of_an_answer_bear_out_what_it_says() -> None:
    facts = {question: dict(row[:2] for row in answer_to(question).rows) for question in QUESTIONS}  # type: ignore
    linear = facts["why AddmmBackward"]
    assert linear["nodes(y)"].startswith("AddmmBackward0, ")
    assert linear["nodes(z)"].startswith("AddBackward0, MmBackward0, ")
    assert linear["torch.equal(y, z)"] == "True"
    assert facts["what is TBackward"]["w.t()._base is w"] == "True"
    assert facts["what is the 0 in (node, 0)"]["edges(y)"] == "(UnbindBackward0, 1)\n(UnbindBackward0, 0)"
    empty = facts["why is grad None"]
    assert [empty[name] for name in ("before", "x.grad", "unused.grad")] == ["None"] * 3
    assert empty["(y.is_leaf, y.grad)"] == "(False, None)" and empty["w.grad"] == "tensor([1., 1., 1.])"
    assert facts["why does grad add up"] == {
        "first": "tensor([2., 2., 2.])", "w.grad": "tensor([4., 4., 4.])", "v.grad": "tensor([7., 7., 7.])"
    }  # fmt: skip
    assert facts["what is a leaf"]["(x.is_leaf, w.is_leaf, y.is_leaf)"] == "(True, True, False)"
    assert facts["what is grad_fn"]["name(y)"] == "SumBackward0"
    assert facts["what is AccumulateGrad"]["node.variable is w"] == "True"
    wants = facts["what is requires_grad"]
    assert wants["(y.requires_grad, name(y))"] == "(True, 'MulBackward0')"
    assert wants["(z.requires_grad, z.grad_fn)"] == wants["(u.requires_grad, u.grad_fn)"] == "(False, None)"
    assert facts["what is ctx"] == {
        "name(y)": "SquareBackward", "y.grad_fn is contexts[0]": "True", "torch.equal(kept, w)": "True",
        "w.grad": "tensor([2., 6.])",
    }  # fmt: skip
    assert facts["what is a tensor"]["w.grad"].startswith("tensor([[2., 2., 2.]")
    none = facts["why (None, 0)"]
    assert none["edges(y)"] == "(None, 0)\n(AccumulateGrad, 0) of w"
    assert (none["y.grad_fn._saved_self is None"], none["y.grad_fn._saved_other is None"]) == ("False", "True")


def test_a_word_of_a_question_is_no_node_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for asked in ("how do I add a layer", "why is the sum of my loss nan", "when to view a kernel", "why is my t wrong",
                  "why is my gradient zero", "is the mean of it"):  # fmt: skip
        words = " ".join(said(capsys, asked, code=2).split())
        assert words.startswith(f"comparisons explain: {asked} is no question that is known here.")
    assert said(capsys, "derivative of the sum?").startswith("SumBackward0, ")
    assert said(capsys, "what is view?").startswith("ViewBackward0, ")
    assert said(capsys, "what does zero_ do").startswith("zero_ makes these nodes")
    assert said(capsys, "what does relu do").startswith("ReluBackward0, ")
    assert said(capsys, "derivative of relu").startswith("ReluBackward0, ")


def test_an_expression_that_looks_like_a_question_is_none() -> None:
    for text in ("F.pad(x, (1, 1))", "torch.flatten(x, 1)", "(x, 0)", "x.sum(0)", "torch.zeros(3, requires_grad=None)"):
        assert answer_to(text) is None, text


def test_a_word_that_nothing_bears_leads_to_the_questions_and_lessons_that_have_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    start = r"\n    \S+ -m comparisons "
    words = said(capsys, "leaf", code=2)
    assert re.search(start + "explain 'what is a leaf'", words) and re.search(start + "lesson non-leaf", words)
    assert "LeBackward0" not in words
    assert re.search(start + "lesson flipped-kernel", said(capsys, "how do I flip a kernel", code=2))
    zero_grad = said(capsys, "zero_grad", code=2)
    assert re.search(start + "explain 'why does grad add up'" + start + "lesson accumulate\n", zero_grad)
    assert re.search(start + "lesson second-backward\n$", said(capsys, "why retain_graph", code=2))
    near = said(capsys, "why is my gradient zero", code=2)
    assert re.search(start + "explain 'why is grad None'", near) and re.search(start + "lesson non-leaf", near)


def test_a_question_of_which_nothing_is_known_leads_to_all_questions_and_to_no_lesson(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for asked in ("why is my loss nan", "softmax cross entropy"):
        words = said(capsys, asked, code=2)
        assert all(f" -m comparisons explain '{question}'\n" in words for question in QUESTIONS)
        assert re.search(r"-m comparisons lesson\n    \S+ -m comparisons step\n$", words)


def test_a_question_in_other_words_is_printed_as_it_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "what is the 1 in DivBackward1")
    assert out.startswith("what is the 1 in DivBackward1?\nOne question with: what is the 0 in AddmmBackward0?\n\n")


def test_an_answer_names_its_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    lessons = {lesson.name for lesson in LESSONS}
    assert {question.lesson for question in QUESTIONS.values()} <= lessons | {""}
    assert re.search(r"\n    \S+ -m comparisons lesson accumulate\n", said(capsys, "why does grad add up"))


def test_a_question_about_another_node_is_answered_with_its_entry(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "what", "is", "ReluBackward").startswith("ReluBackward0, ")


def test_an_answer_on_which_the_two_sides_differ_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(minigrad.Tensor, "sum", minigrad.Tensor.mean)
    assert "DIFFER" in said(capsys, "what is the 0 in AddmmBackward0", code=1)


def test_wrong_usage_ends_in_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["explain", "--all"])
    assert end.value.code == 2 and "--all" in capsys.readouterr().err


def test_a_misspelt_word_of_a_question_leads_to_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert " -m comparisons explain 'what is a tensor'\n" in said(capsys, "what is a tensr", code=2)
