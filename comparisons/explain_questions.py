"""The questions that a first look at a graph raises, answered by running an example in both libraries.

A question is found by the words in it. Its answer is a small program, what either library says about each of a few
expressions after it, and the sentences that these facts bear out. Read next: `graph.py`, which prints whole graphs.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

import minigrad

from .explain_programs import quiet
from .explain_trace import edge_text
from .running import nodes_of
from .text import hanging
from .versions import name_in_this_release
from .width import reflowed


@dataclass(frozen=True)
class Question:
    """A question: the words that it is known by, the program, the expressions to look at, and the conclusion."""

    pattern: str  # a regular expression, looked for in the question in lower case
    setup: tuple[str, ...]
    looks: tuple[str, ...]
    conclusion: str


@dataclass(frozen=True)
class Answer:
    """What both sides say."""

    question: str
    setup: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]  # (expression, minigrad's answer, torch's)
    conclusion: str

    @property
    def agree(self) -> bool:
        """Whether both libraries say the same."""
        return all(mine == other for _, mine, other in self.rows)

    def text(self) -> str:
        """The answer as it is printed."""
        lines = [f"{self.question}?", "", *(f"    {line}" for line in self.setup), ""]
        for expression, mine, other in self.rows:
            lines += [f"  {expression}", hanging("    minigrad", mine, 14), hanging("    torch", other, 14)]
        verdict = "The two sides agree." if self.agree else "The two sides DIFFER."
        return "\n".join([*lines, "", reflowed(self.conclusion), "", verdict])

    def as_json(self) -> dict[str, Any]:
        """The answer, for programs."""
        rows = [dict(zip(("expression", "minigrad", "torch"), row, strict=True)) for row in self.rows]
        return {"command": "explain", "question": self.question, "setup": list(self.setup), "looks": rows,
                "conclusion": self.conclusion, "agree": self.agree}  # fmt: skip


LINEAR = (
    "x = torch.ones(4, 3)                        # 4 rows of 3 numbers: data",
    "w = torch.ones(2, 3, requires_grad=True)    # as nn.Linear(3, 2) keeps it",
    "b = torch.zeros(2, requires_grad=True)",
    "y = F.linear(x, w, b)",
)

QUESTIONS: dict[str, Question] = {
    "why AddmmBackward": Question(
        r"\bwhy\b.*\baddmm",
        (*LINEAR, "z = x @ w.t() + b                           # the same by hand"),
        ("nodes(y)", "nodes(z)", "torch.equal(y, z)", "torch.equal(y, torch.addmm(b, x, w.t()))"),
        """\
A linear layer is x wᵀ + b, a product and a sum. torch does both in one
operation, addmm: "add, matrix multiply", B + X Y. One operation leaves one
node, so AddmmBackward0 stands where the formula written out leaves two
(AddBackward0 and MmBackward0). Its edges are B, X and Y in that order: the
bias comes first. `explain AddmmBackward0` has its derivative.""",
    ),
    "what is TBackward": Question(
        r"\b(what|why)\b.*\btbackward|\b(what|why) (is )?(a )?t\b",
        LINEAR,
        ("tuple(w.shape)", "tuple(w.t().shape)", "edges(y)", "edges(w.t())", "w.t()._base is w"),
        """\
nn.Linear keeps its weight as (out, in), one row per output; the product needs
(in, out). So linear multiplies by w.t(), and that transpose is an operation
like any other: it leaves TBackward0 between AddmmBackward0 and the weight's
AccumulateGrad. It costs nothing forwards (a view: w is its base), and backwards
it transposes the gradient back. `explain TBackward0` has its derivative.""",
    ),
    "what is the 0 in (node, 0)": Question(
        r"\b0\b.*\(\s*node\s*,\s*0\s*\)|\bnode, ?0|\b(zero|number|second)\b.*\b(edge|pair|next_functions)\b",
        ("x = torch.ones(2, 3, requires_grad=True)", "a, b = x.unbind()    # one operation, two results", "y = b * a"),
        ("edges(y)", "(a.output_nr, b.output_nr)", "a.grad_fn is b.grad_fn"),
        """\
An edge is a pair: the node that made an input, and which of that node's outputs
the input was, counted from 0. Most operations have one result, so the number is
nearly always 0. Here unbind has two, made by one node: b was its output 1 and a
its output 0, and the node gets two gradients, each in its place.""",
    ),
    "why (None, 0)": Question(
        r"\bnone\b",
        ("x = torch.ones(3)                          # data: no gradient wanted",
         "w = torch.ones(3, requires_grad=True)", "y = x * w", "z = w * 2"),
        ("edges(y)", "edges(z)", "y.grad_fn._saved_self is None", "y.grad_fn._saved_other is None"),
        """\
Every input of an operation has an edge, so that the n-th edge belongs to the
n-th input. An input that needs no gradient has the edge (None, 0): data like x,
or a number like 2. Nothing is computed for it, and what only its gradient would
need is not kept: y's node saved x (`self`, for the gradient of w) and not w
(`other`, for the gradient of x).""",
    ),
    "what is the 0 in AddmmBackward0": Question(
        r"\b(0|1|number|digit|zero)\b.*\b(in|of|at|behind|after)\b.*\w(backward|backward0|name)",
        ("x = torch.ones(2, 3, requires_grad=True)",),
        ("name(x.sum())", "name(x.sum(0))", "name(x ** 2)", "name(x ** x)", "name(2 ** x)"),
        """\
One name can stand for several operations: the sum of everything and the sum
along a dimension, a power with a number as exponent, two tensors, or a number
as base. They have different derivatives, so each has a node of its own, and
torch counts them: 0, 1, 2. An operation that has one form only ends in 0.""",
    ),
}  # fmt: skip


def answer_to(asked: str) -> Answer | None:
    """The answer to a question in these words, run now; None for what is none of the questions."""
    words = asked.casefold().strip(" ?")
    if not re.search(r"\s|\(", words):
        return None  # a name
    for question, known in QUESTIONS.items():
        if words == question.casefold() or re.search(known.pattern, words):
            sides = [looked_at(library, known) for library in (minigrad, torch)]
            return Answer(question, known.setup, tuple(zip(known.looks, *sides, strict=True)), known.conclusion)
    return None


def looked_at(library: Any, question: Question) -> list[str]:
    """What the expressions say in a library after the program."""
    names: dict[str, Any] = {"torch": library, "F": library.nn.functional}
    with quiet():
        exec("\n".join(question.setup), names)
        named = {id(value): name for name, value in names.items() if library.is_tensor(value)}
        return [str(eval(text, names | helpers(named))) for text in question.looks]


def helpers(named: dict[int, str]) -> dict[str, Callable[[Any], Any]]:
    """The words that the expressions above use besides the library's own."""
    return {
        "name": lambda tensor: name_in_this_release(tensor.grad_fn),
        "nodes": lambda tensor: ", ".join(name_in_this_release(node) for node in nodes_of(tensor)),
        "edges": lambda tensor: "\n".join(edge_text(edge, named) for edge in tensor.grad_fn.next_functions),
    }
