"""`python -m comparisons explain [NAME]`: one node of the graph, explained from the code and by running an example.

Everything that is printed is looked up or computed now: the derivative is the docstring of minigrad's class, the source
is the file's, the programs are those of the table of cases whose graph has the node, and the example runs in both
libraries. A question ("why (None, 0)") is answered by `explain_questions.py`. Without a name: the list of all nodes.
Read next: `explain_nodes.py`.
"""

import argparse
import itertools
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import torch

import minigrad
from minigrad.autograd.node import Node

from .doctor import this_python
from .explain_nodes import backward_source, file_of, formula_of, letters_of, named, node_classes, place_of
from .explain_operations import Made, made_by, said_of
from .explain_programs import Program, example_of, in_one_line, programs_making, quiet, results_of
from .explain_questions import LITTLE_WORDS, QUESTIONS, answer_to, lesson_command, lessons_named
from .explain_trace import Side, Trace, trace
from .explain_unknown import nothing_called
from .running import nodes_of
from .runs import to_json
from .settings import CannotRun
from .text import hanging
from .width import fitted, width, wrapped

MOST_LINES = 12  # of a printed tensor
PROGRAMS = 3
MADE = 8  # nodes of an operation
ENGLISH = frozenset(  # names of operations that are words of a sentence too
    "add clone data detach exp expand fill float gather index item log long max mean min norm "
    "random scatter select sign size slice split squeeze stack sum t to view where zero".split()
)


def main(options: argparse.Namespace) -> int:
    """Prints an entry, an answer or the list. Returns the exit code: 0 both sides showed the same, 1 they did not.

    Raises: CannotRun for a name that nothing bears.
    """
    asked = " ".join(options.name)
    if not asked:
        print(to_json(list_as_json()) if options.json else "\n".join(list_of_nodes(width())))
        return 0
    answer = answer_to(asked)
    if answer is not None:
        print(to_json(answer.as_json()) if options.json else answer.text())
        return 0 if answer.agree else 1
    word, classes = wanted_classes(asked)
    made = [] if classes else made_by(word)
    if not classes and not made:
        raise CannotRun(nothing_called(word))
    entry = Entry(classes[0] if classes else made[0].node)
    if options.json:
        makes = [{"node": each.node.__name__, "program": each.program, "shapes": each.shapes} for each in made]
        print(to_json(entry.as_json() | ({"operation": word, "makes": makes} if made else {})))
    else:
        print("\n".join([*another_number(word, classes), *nodes_made(word, made), *entry.text(width())]))
        if classes[1:]:
            print(fitted("\nSee also: " + ", ".join(node.__name__ for node in classes[1:])))
    return 0 if entry.trace.agrees else 1


def wanted_classes(asked: str) -> tuple[str, list[type[Node]]]:
    """The word that matters, and the classes of nodes that it means, if it does: the first is to be explained.

    In a sentence only a name that is a node's alone counts: `add` in "why do they add up" is no node, nor is `zero` in
    "why is my gradient zero"; it is in "the derivative of zero" and "what is zero".
    """
    words = [word for word in re.findall(r"[\w:.]+", asked) if word.casefold() not in LITTLE_WORDS]
    alone = len(words) == 1 and (asked.strip(" ?()") == words[0] or is_named(words[0], asked))
    for word in words if re.fullmatch(r"[<\w\s:.]+(object at 0x\w+>)?\??", asked) else ():
        classes = named(word.rpartition(".")[2])
        if classes and (alone or re.search(r"backward|grad$", word.casefold())):
            return word, classes
    return (words[0] if alone and "(" not in asked else asked), []


def is_named(word: str, asked: str) -> bool:
    """Whether a sentence speaks of an operation: always where its name is no English word."""
    name = re.escape(word)
    of_it = rf"\b(of|what is) (a |the )?{name}\W*$|\b(does|is) (a |the )?{name} (do|make|leave|keep|save)\b"
    return word.casefold() not in ENGLISH or bool(re.search(of_it, asked, re.IGNORECASE))


def another_number(word: str, classes: Sequence[type[Node]]) -> Iterator[str]:
    """Says of a node's full name that there is none of that number, where that is so."""
    name = word.rpartition(".")[2].rpartition(":")[2]
    if classes and re.search(r"backward\d+$", name.casefold()) and classes[0].__name__.casefold() != name.casefold():
        yield fitted(f"There is no {name}; this is {classes[0].__name__}.") + "\n"


def nodes_made(word: str, made: Sequence[Made]) -> Iterator[str]:
    """What an operation does, and the nodes that it makes below the programs; nothing if a node was asked for."""
    if not made:
        return
    yield from (fitted(text) + "\n" for text in said_of(word))
    which = "these nodes; the first is" if made[1:] else "one node, which is"
    yield fitted(f"{word} makes {which} explained below")
    programs = [each.program + (f"   {each.shapes}" if each.shapes else "") for each in made[:MADE]]
    for program in dict.fromkeys(programs):
        yield from wrapped(program, width(), "  ", "      ")
        nodes = [each.node.__name__ for each, its in zip(made, programs, strict=False) if its == program]
        yield from (f"      {node}" for node in nodes)
    if made[1:]:
        yield "`explain NAME` explains another of them"
    yield ""


def list_of_nodes(columns: int) -> Iterator[str]:
    """The node classes by file, each with the first line of its docstring."""
    yield fitted(f"The {len(node_classes())} nodes of minigrad by file. `explain NAME` explains one; it also answers")
    yield from (f"    {this_python()} -m comparisons explain '{question}'" for question in QUESTIONS)
    for file, nodes in itertools.groupby(node_classes(), file_of):
        yield f"\n{file}"
        for node in nodes:
            yield from (f"  {node.__name__}", *wrapped(formula_of(node)[0], columns, " " * 6))


def list_as_json() -> dict[str, Any]:
    """The list, for programs."""
    nodes = [{"name": n.__name__, "place": place_of(n), "formula": formula_of(n)} for n in node_classes()]
    return {"command": "explain", "nodes": nodes, "questions": list(QUESTIONS)}


class Entry:
    """What there is to say about a node: looked up and run when it is made."""

    def __init__(self, node: type[Node]) -> None:
        self.node = node
        programs = programs_making(node)
        plain = [program for program in programs if ";" not in in_one_line(program.case.text)]
        self.programs = plain or programs  # to be shown: where there are any, those of one expression
        self.example = example_of(programs[0], node)
        self.trace: Trace = trace(self.example, node)

    def text(self, columns: int) -> Iterator[str]:
        """The entry as it is printed."""
        yield f"{self.node.__name__}, {place_of(self.node)}"
        yield from self.forward(columns)
        for paragraph in formula_of(self.node):
            yield from wrapped(paragraph, columns, "  ")
        yield from (f"    {lesson_command(name)}" for name in lessons_named(formula_of(self.node)))
        yield from ("", "Made by", *self.made_by(columns))
        yield from ("", *wrapped("An example, run now: `torch` is either library, F its nn.functional", columns))
        yield from (part for line in self.trace.lines for part in code(line, columns))
        yield from self.results(columns)
        yield from ("", "Edges, in order: next_functions of the node in the example", *self.edges(columns))
        yield from ("", "Saved for the backward", *self.saved(columns))
        place, source = backward_source(self.node)
        yield from ("", f"minigrad's backward, {place}", textwrap.indent(source, "  "))

    def forward(self, columns: int) -> Iterator[str]:
        """What the operation computes, and which of its operands the letters of the formula are."""
        recorded = self.trace.recorded
        says = recorded.says.strip() if recorded is not None else ""
        yield from wrapped(f"Forward: {says}" if says else "", columns, "  ")
        named = ", ".join(f"{letter} is {operand}" for letter, operand in self.letters() if letter != operand)
        if says or named:
            yield from wrapped(f"Backward, where {named}:" if named else "Backward:", columns, "  ")

    def letters(self) -> list[tuple[str, str]]:
        """The letters of the formula and the operands that they stand for, where it has one for each."""
        letters, operands = letters_of(self.node), self.trace.recorded.operands if self.trace.recorded else ()
        return list(zip(letters, operands, strict=True)) if len(letters) == len(operands) else []

    def made_by(self, columns: int) -> Iterator[str]:
        """The function that recorded it, and the programs whose graph has it, on both sides."""
        recorded = self.trace.recorded
        if recorded is not None:
            yield f"  minigrad's {recorded.function}, {recorded.place}"
        if self.programs[0].order:
            text = "Only the graph of a derivative has it, where that is recorded: create_graph=True."
            yield from wrapped(text, columns, "  ")
        yield "  How many of them the graph of a program has:"
        rows = [("minigrad", "torch", "program"), *(self.counts(program) for program in self.programs[:PROGRAMS])]
        for mine, other, text in rows:
            first, *more = wrapped(text, columns - 22)
            yield f"  {mine:>8}  {other:>6}  {first}"
            yield from (" " * 12 + line for line in more)

    def counts(self, program: Program) -> tuple[str, str, str]:
        """How many such nodes are in the graph of a program on either side, and its text."""
        ours, theirs = (self.count(library, program) for library in (minigrad, torch))
        return f"{ours}×", f"{theirs}×", in_one_line(program.case.text)

    def count(self, library: Any, program: Program) -> int:
        """The node's number in one library's graph, whatever that release of torch calls it."""
        with quiet():
            nodes = {node for result in results_of(library, program.case) for node in nodes_of(result)}
        names = {self.node.__name__, self.name_in_torch()}
        return sum(type(node).__name__ in names for node in nodes)

    def name_in_torch(self) -> str:
        """What torch calls the node in the example; our own name where it has none."""
        theirs = self.trace.theirs.node
        return type(theirs).__name__ if theirs is not None else self.node.__name__

    def results(self, columns: int) -> Iterator[str]:
        """The values that both sides show after the example's lines."""
        for number, (name, _) in enumerate(self.trace.ours.shown):
            yield f"  {name}"
            for title, side in (("minigrad", self.trace.ours), ("torch", self.trace.theirs)):
                if number < len(side.shown):
                    text = tensor_text(side.shown[number][1], columns - 14)
                    yield textwrap.indent(hanging(title, text, 10), "    ")
        for title, side in (("minigrad", self.trace.ours), ("torch", self.trace.theirs)):
            if side.error:
                yield from wrapped(f"{title}: {side.error}", columns, "  ")
        yield "  The two sides " + ("agree." if self.trace.agrees else "DIFFER.")

    def edges(self, columns: int) -> Iterator[str]:
        """A line for each edge and side."""
        if not self.trace.edges:
            yield "  none: every path ends here, at the leaf in `variable`"
        for edge in self.trace.edges:
            operand = f"the gradient of {edge.operand}" if edge.operand else "a gradient"
            operand += f", which is {edge.made_so}" if edge.made_so else ""
            shape = f", shape {edge.shape}" if edge.shape is not None else ", which nobody wants"
            yield from wrapped(f"{edge.number}  {operand}{shape}", columns, "  ", "     ")
            yield from (f"       {title:10}{text}" for title, text in (("minigrad", edge.ours), ("torch", edge.theirs)))
        if any(edge.ours.startswith("(None") for edge in self.trace.edges):
            yield from wrapped("How to read these pairs: explain 'why (None, 0)'", columns, "  ")

    def saved(self, columns: int) -> Iterator[str]:
        """A line for each saved value and side."""
        if not self.trace.saved:
            yield "  nothing: the formula needs no number of the forward pass"
        for saved in self.trace.saved:
            yield from wrapped(f"{saved.name}: {saved.reason}".rstrip(": "), columns, "  ", "       ")
            yield from (f"       {title:10}{text or 'nothing of that name'}"[:columns]
                        for title, text in (("minigrad", saved.ours), ("torch", saved.theirs)))  # fmt: skip
            yield from wrapped(f"({saved.note})" if saved.note else "", columns, " " * 7)
        if self.trace.torch_alone:
            yield from wrapped(f"torch keeps besides: {', '.join(self.trace.torch_alone)}", columns, "  ", "    ")

    def as_json(self) -> dict[str, Any]:
        """The entry, for programs."""
        place, source = backward_source(self.node)
        found = self.trace
        return {
            "command": "explain",
            "name": self.node.__name__,
            "place": place_of(self.node),
            "formula": formula_of(self.node),
            "letters": dict(self.letters()),
            "made_by": asdict(found.recorded) if found.recorded else None,
            "programs": [dict(zip(("minigrad", "torch", "program"), self.counts(p), strict=True))
                         for p in self.programs[:PROGRAMS]],
            "example": list(found.lines),
            "minigrad": shown(found.ours),
            "torch": shown(found.theirs),
            "agree": found.agrees,
            "edges": [asdict(edge) for edge in found.edges],
            "saved": [asdict(value) for value in found.saved],
            "torch_saves_besides": list(found.torch_alone),
            "backward": {"place": place, "source": source},
        }  # fmt: skip


def shown(side: Side) -> dict[str, Any]:
    """The values of one side by the expressions, and its error if there was one."""
    values = {name: None if value is None else value.tolist() for name, value in side.shown}
    return values | ({"error": side.error} if side.error else {})


def code(statement: str, columns: int) -> list[str]:
    """A statement of the example, a long line broken where Python allows it; below a class the line that ends it."""
    lines = [line for line in statement.split("\n") if line]
    fitting = [part for line in lines for part in wrapped(line, columns, "    ", "        ")]
    return [*fitting, ""] if lines[1:] else fitting


def tensor_text(tensor: Any, columns: int) -> str:
    """The tensor as its library prints it, in so many columns; of a long one the first lines."""
    for library in (minigrad, torch):
        library.set_printoptions(linewidth=columns)
    try:
        lines = [line for line in repr(tensor).splitlines() if line.strip()]
    finally:
        for library in (minigrad, torch):
            library.set_printoptions(profile="default")
    shape = f"… shape {tuple(tensor.shape)}" if tensor is not None else ""
    return "\n".join(lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES // 2], shape])
