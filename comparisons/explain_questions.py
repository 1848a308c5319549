"""The questions that a first look at a graph raises, answered by running an example in both libraries.

A question is found by the words in it. Its answer is a small program, what either library says about each of a few
expressions after it, and the sentences that these facts bear out. Read next: `graph.py`, which prints whole graphs.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

import minigrad

from .doctor import this_python
from .explain_operations import homes_of
from .explain_programs import quiet
from .explain_trace import edge_text
from .lessons import LESSONS
from .running import nodes_of
from .text import hanging
from .versions import name_in_this_release
from .width import fitted, reflowed


@dataclass(frozen=True)
class Question:
    """A question: the words that it is known by, the program, the expressions to look at, and the conclusion."""

    pattern: str  # a regular expression, looked for in the question in lower case
    setup: tuple[str, ...]
    looks: tuple[str, ...]
    conclusion: str
    lesson: str = ""  # the name of one that is about this


@dataclass(frozen=True)
class Answer:
    """What both sides say."""

    asked: str
    question: str  # as it is known
    setup: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]  # (expression, minigrad's answer, torch's)
    conclusion: str
    lesson: str

    @property
    def agree(self) -> bool:
        """Whether both libraries say the same."""
        return all(mine == other for _, mine, other in self.rows)

    def text(self) -> str:
        """The answer as it is printed."""
        same = self.asked.casefold() == self.question.casefold()
        heading = [f"{self.question}?"] if same else [f"{self.asked}?", fitted(f"One question with: {self.question}?")]
        lines = [*heading, "", *(f"    {line}".rstrip() for line in self.setup), ""]
        for expression, mine, other in self.rows:
            lines += [f"  {expression}", hanging("    minigrad", mine, 14), hanging("    torch", other, 14)]
        verdict = "The two sides agree." if self.agree else "The two sides DIFFER."
        more = [f"A lesson about it:\n    {lesson_command(self.lesson)}", ""] if self.lesson else []
        return "\n".join([*lines, "", reflowed(self.conclusion), "", *more, verdict])

    def as_json(self) -> dict[str, Any]:
        """The answer, for programs."""
        rows = [dict(zip(("expression", "minigrad", "torch"), row, strict=True)) for row in self.rows]
        return {"command": "explain", "asked": self.asked, "question": self.question,
                "setup": list(self.setup), "looks": rows,
                "conclusion": self.conclusion, "lesson": self.lesson or None, "agree": self.agree}  # fmt: skip


LINEAR = (
    "x = torch.ones(4, 3)                        # 4 rows of 3 numbers: data",
    "w = torch.ones(2, 3, requires_grad=True)    # as nn.Linear(3, 2) keeps it",
    "b = torch.zeros(2, requires_grad=True)",
    "y = F.linear(x, w, b)",
)

LITTLE_WORDS = frozenset(  # of a question, which say nothing of what it is about
    "a an and are at be behind by can derivative do does for from gradient how i in is it its me mean means my node of "
    "on one or that the there they this to was what when which who why with".split()
)
FEW = 3  # lessons in whose program a word is; one that more have is none to be led by
COMMON = frozenset(
    {"loss", "cross", "backward", "step", "works", "work", "wrong"}
)  # in titles of lessons that are about something else

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
        r"\((node|name|\w+backward\d*|accumulategrad), ?\d+\)|\bnode, ?\d|"
        r"\b(zero|number|second)\b.*\b(edge|pair|next_functions)\b",
        ("x = torch.ones(2, 3, requires_grad=True)", "a, b = x.unbind()    # one operation, two results", "y = b * a"),
        ("edges(y)", "(a.output_nr, b.output_nr)", "a.grad_fn is b.grad_fn"),
        """\
An edge is a pair: the node that made an input, and which of that node's outputs
the input was, counted from 0. Most operations have one result, so the number is
nearly always 0. Here unbind has two, made by one node: b was its output 1 and a
its output 0, and the node gets two gradients, each in its place.""",
    ),
    "why (None, 0)": Question(
        r"\bnone, ?0|\b(edge|next_functions)\b.*\bnone\b|\bnone\b.*\b(edge|next_functions)\b",
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
    "what is a leaf": Question(
        r"\b(what|which|when|why|is|are)\b.*\b(leaf|leaves)\b",
        ("x = torch.ones(3)                          # data",
         "w = torch.ones(3, requires_grad=True)      # a parameter", "y = x * w"),
        ("(x.is_leaf, w.is_leaf, y.is_leaf)", "(x.grad_fn, w.grad_fn)", "name(y)", "edges(y)"),
        """\
A leaf is a tensor that no recorded operation made: data, or a parameter that
somebody made and set requires_grad on. It has no grad_fn. Every path of the
graph ends at a leaf that requires grad, in an AccumulateGrad, and only there
backward() leaves a gradient behind, in .grad.""",
        "non-leaf",
    ),
    "what is grad_fn": Question(
        r"\bgrad_fns?\b|^nodes?$|\bwhat (is|are) (a |the )?nodes?( of a graph)?$",
        ("w = torch.ones(3, requires_grad=True)", "y = (w * 2).sum()"),
        ("w.grad_fn", "name(y)", "edges(y)", "nodes(y)", "y.detach().grad_fn"),
        """\
A node is what an operation leaves in the graph, and a tensor's grad_fn the node
that the operation behind it left: the last one of its graph. It knows how to
turn the gradient of its result into those of its inputs, and next_functions
leads on to the nodes that made these. A leaf has no grad_fn, and neither has
what was made without recording: under no_grad, or detached. `explain` and the
name of a node has its derivative.""",
    ),
    "what is a tensor": Question(
        r"\bwhat (is|are) (a |the )?tensors?$",
        ("w = torch.ones(2, 3, requires_grad=True)", "y = w * 2", "y.sum().backward()"),
        ("tuple(y.shape)", "y.dtype", "(w.requires_grad, y.requires_grad)", "name(y)", "w.grad"),
        """\
A tensor is an array of numbers of one dtype, and what is needed to find its
derivative: whether a gradient is wanted (requires_grad), the node that made it
(grad_fn; a leaf has none), and, of a leaf, the gradient that a backward pass
has brought (grad).""",
        "accumulate",
    ),
    "what is requires_grad": Question(
        r"\brequires?_grad_?\b(?!=)",
        ("x = torch.ones(3)                          # data",
         "w = torch.ones(3, requires_grad=True)      # a parameter", "y = x * w", "z = x * 2",
         "with torch.no_grad():", "    u = x * w"),
        ("(x.requires_grad, w.requires_grad)", "(x.is_leaf, w.is_leaf, y.is_leaf)", "(y.requires_grad, name(y))",
         "(z.requires_grad, z.grad_fn)", "(u.requires_grad, u.grad_fn)"),
        """\
requires_grad says that a gradient is wanted. It is set on leaves, as w; a
result has it if one of its operands has, and only such a result has a grad_fn:
y, but not z, which is made of data alone. Under no_grad nothing is recorded, so
u has neither, although w requires grad.""",
        "leaf-in-place",
    ),
    "what is ctx": Question(
        r"\bctx\b|\bsave_for_backward\b|\bsaved_tensors\b",
        ("contexts = []", "", "class Square(torch.autograd.Function):", "    @staticmethod",
         "    def forward(ctx, x):", "        contexts.append(ctx)",
         "        ctx.save_for_backward(x)           # for the backward pass", "        return x * x", "",
         "    @staticmethod", "    def backward(ctx, grad):", "        (x,) = ctx.saved_tensors",
         "        return grad * 2 * x", "", "w = torch.tensor([1.0, 3.0], requires_grad=True)",
         "y = Square.apply(w)", "kept = y.grad_fn.saved_tensors[0]", "y.sum().backward()"),
        ("name(y)", "y.grad_fn is contexts[0]", "torch.equal(kept, w)", "w.grad"),
        """\
ctx is the context of a Function that you write yourself: what its forward hands
to its backward. save_for_backward keeps tensors, saved_tensors gives them back,
and other values may be set as attributes. It is the node: y.grad_fn is the
object that forward called ctx, so y.grad_fn.saved_tensors shows what was kept.
Neither is called by hand: `apply` runs forward and records the node.""",
        "overwritten",
    ),
    "why is grad None": Question(
        r"\bgrad(ient)?s?\b[\w .]*\bnone\b|\bnone\b[\w .]*\bgrad(ient)?s?\b|\bno grad(ient)?s?\b",
        ("x = torch.ones(3)                          # data",
         "w = torch.ones(3, requires_grad=True)", "unused = torch.ones(3, requires_grad=True)",
         "y = x * w", "before = w.grad", "y.sum().backward()"),
        ("before", "x.grad", "unused.grad", "(y.is_leaf, y.grad)", "w.grad"),
        """\
.grad is None until a backward pass has brought a gradient. None comes to a
tensor that does not require grad (x), that the result does not depend on
(unused), or that was computed (y): only leaves keep theirs. Whoever writes
w = torch.ones(3, requires_grad=True) * 0.1 has a w that was computed.
y.retain_grad() before the backward keeps the gradient of y.""",
        "non-leaf",
    ),
    "why does grad add up": Question(
        r"\bgrad(ient)?s?\b[\w .]*\b(add|adds|added|adding|accumulates?|accumulated|sums?|summed|grows?|doubles?)\b|"
        r"\bzero_grad\b",
        ("w = torch.ones(3, requires_grad=True)", "(w * 2).sum().backward()", "first = w.grad.clone()",
         "(w * 2).sum().backward()", "v = torch.ones(3, requires_grad=True)", "(v * 2 + v * 5).sum().backward()"),
        ("first", "w.grad", "v.grad"),
        """\
A value that is used twice gets two gradients, and their sum is the derivative:
v counts 2 + 5 times. AccumulateGrad adds each gradient that arrives to what is
in .grad, and it cannot know that a second backward pass is meant to start anew:
w.grad goes from 2 to 4. That is why a training loop calls zero_grad().""",
        "accumulate",
    ),
    "what is AccumulateGrad": Question(
        r"\b(what|why)\b.*\baccumulate_?grad\b",
        ("w = torch.ones(3, requires_grad=True)", "y = w * 2", "node = y.grad_fn.next_functions[0][0]"),
        ("edges(y)", "node.variable is w", "node.next_functions", "w.grad_fn"),
        """\
AccumulateGrad is the end of every path of a graph: the node that adds the
gradient that arrives to the .grad of a leaf, which it holds as `variable`. It
belongs to the leaf, which has no grad_fn, so it appears only as the target of
an edge. `explain AccumulateGrad` has its entry.""",
        "accumulate",
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
            rows = tuple(zip(known.looks, *sides, strict=True))
            return Answer(asked.strip(" ?"), question, known.setup, rows, known.conclusion, known.lesson)
    return None


def looked_at(library: Any, question: Question) -> list[str]:
    """What the expressions say in a library after the program."""
    names: dict[str, Any] = {"torch": library, "F": library.nn.functional}
    with quiet():
        exec("\n".join(question.setup), names)
        named = {id(value): name for name, value in names.items() if library.is_tensor(value)}
        return [str(eval(text, names | helpers(named))) for text in question.looks]


def words_of(text: str) -> set[str]:
    """The words of a text that say what it is about; gradient and grad are one.

    >>> sorted(words_of("What is the AddmmBackward0 of a layer's gradients?"))
    ['addmmbackward0', 'grad', 'layer']
    """
    words = set(re.findall(r"\w\w+", text.casefold()))
    return {re.sub(r"^grad(ient)?s?$", "grad", word) for word in words} - LITTLE_WORDS


def alike(word: str, other: str) -> bool:
    """Whether two words are one: `kernel` and `kernels`, `flip` and `flipped`."""
    short, long = sorted((word, other), key=len)
    ending = long.removeprefix(short)
    return word == other or (len(short) > 3 and long != ending and ending.isalpha() and len(ending) <= 3)


def in_code(asked: str) -> set[str]:
    """The words that may stand in a program: those with an underscore, or the only one if minigrad has it."""
    words = words_of(asked)
    return {word for word in words if "_" in word or (len(words) == 1 and homes_of(word, minigrad))}


def speaks_of(text: str, words: set[str]) -> bool:
    """Whether a program or a text has one of the words."""
    return any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) for word in words)


def questions_about(asked: str) -> list[str]:
    """The questions that have one of the words or know it by their pattern; else those that look at it.

    >>> questions_about("zero_grad"), questions_about("my gradient is 0")[0]
    (['why does grad add up'], 'why is grad None')
    """
    words, code = words_of(asked), in_code(asked)
    ranks = {question: (sum(alike(word, other) for word in words for other in words_of(question)),
                        bool(re.search(known.pattern, asked.casefold())))
             for question, known in QUESTIONS.items()}  # fmt: skip
    named = sorted((question for question in QUESTIONS if any(ranks[question])), key=ranks.__getitem__, reverse=True)
    return named or [question for question, known in QUESTIONS.items() if speaks_of("\n".join(known.looks), code)]


def lessons_about(asked: str) -> list[str]:
    """The lessons whose name or title has half of the words, those first that have most; else whose program has one.

    A word that many lessons could have, as `loss`, is none to be led by.

    >>> lessons_about("leaf"), lessons_about("flip a kernel"), lessons_about("retain_graph")[0]
    (['leaf-in-place', 'non-leaf'], ['flipped-kernel'], 'second-backward')
    >>> lessons_about("of the"), lessons_about("softmax cross entropy"), lessons_about("why is my loss nan")
    ([], [], [])
    """
    words, code = words_of(asked), in_code(asked)
    titles = {lesson.name: words_of(f"{lesson.name} {lesson.title}") for lesson in LESSONS}
    found = {name: {word for word in words - COMMON for other in title - COMMON if alike(word, other)}
             for name, title in titles.items()}  # fmt: skip
    named = [name for name in found if found[name] and 2 * len(found[name]) >= len(words)]
    using = [lesson.name for lesson in LESSONS if lesson.name not in named and speaks_of(lesson.code, code)]
    return [*sorted(named, key=lambda name: (-len(found[name]), name)), *(using if len(using) <= FEW else [])]


def lessons_named(paragraphs: Sequence[str]) -> list[str]:
    """The lessons that a docstring points to: "the lesson `flipped-kernel`"."""
    named = re.findall(r"\blesson `([\w-]+)`", " ".join(paragraphs))
    return [lesson.name for lesson in LESSONS if lesson.name in named]


def lesson_command(name: str) -> str:
    """What to type for a lesson."""
    return f"{this_python()} -m comparisons lesson {name}"


def helpers(named: dict[int, str]) -> dict[str, Callable[[Any], Any]]:
    """The words that the expressions above use besides the library's own."""
    return {
        "name": lambda tensor: name_in_this_release(tensor.grad_fn),
        "nodes": lambda tensor: ", ".join(name_in_this_release(node) for node in nodes_of(tensor)),
        "edges": lambda tensor: "\n".join(edge_text(edge, named) for edge in tensor.grad_fn.next_functions),
    }
