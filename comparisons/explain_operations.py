"""Operations and layers as `explain` speaks of them: which nodes a call of `conv2d`, an `@` or an `nn.Linear` makes.

There is no list of that either. A name stands in the programs of the table of cases; those that use it and nothing else
are run, and the nodes are read off their graphs. A sign is parsed as Python parses it; a layer is what its `forward`
calls; anything else is run as an expression of x, w and b. Read next: `explain_programs.py`.
"""

import inspect
import re
import textwrap
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any

import minigrad
from minigrad import nn
from minigrad.autograd.node import AccumulateGrad, Node

from .cases import TABLE, Case
from .cases.table import evaluate, names_in
from .explain_nodes import bare, node_classes
from .explain_programs import Program, all_programs, in_one_line, quiet, reading
from .expressions import names_for
from .gradients import shape_text
from .parsing import nearest
from .running import nodes_of

FORMS = ("x {} y", "2 {} y", "{}x")  # in which a sign is tried
SHAPES = ((2, 3), (2, 3, 6, 6))  # of the inputs that a layer is tried with
TARGETS = ("", ", torch.tensor([0, 1])", ", torch.rand(2, 3)")  # what a loss is given besides


@dataclass(frozen=True)
class Made:
    """A node that an operation makes, and the shortest program that was seen to make it, with the shapes in it."""

    node: type[Node]
    program: str
    shapes: str = ""


def made_by(asked: str) -> list[Made]:
    """The nodes that an operation, a sign, a layer or an expression makes, found by running it; the chief one first."""
    word = asked.strip().removesuffix("()").rpartition("nn.")[2]
    if word in layers():
        return made_by_layer(word)
    names = names_meant(word)
    twin = next((layer for layer in layers() if calls_of(layer) == names), None)  # the layer of a function
    found: dict[type[Node], Made] = {}
    for made in [*(made_by_layer(twin) if twin else ()), *made_in_programs(programs_using(names))]:
        found.setdefault(made.node, made)
    return list(found.values()) or made_by_expression(asked)


def names_meant(word: str) -> set[str]:
    """The names that `names_in` finds in a program that uses the word: a sign's method, or the last of a dotted name.

    >>> sorted(names_meant("+")), names_meant("F.conv2d"), names_meant("[]")
    (['__add__', '__radd__'], {'conv2d'}, {'__getitem__'})
    """
    if re.fullmatch(r"[\w.]+", word):
        return {word.rpartition(".")[2]}
    if word == "[]":
        return {"__getitem__"}
    found: set[str] = set()
    for form in FORMS if re.fullmatch(r"[^\w\s()]+", word) else ():
        with suppress(SyntaxError, KeyError):  # it is no sign that may stand there
            found |= names_in(form.format(word))
    return found - {"__pos__"}


def layers() -> dict[str, type[nn.Module]]:
    """The layers of `nn` by name."""
    return {name: value for name, value in vars(nn).items() if inspect.isclass(value) and issubclass(value, nn.Module)}


def calls_of(layer: str) -> set[str]:
    """The functions that a layer's forward calls.

    >>> calls_of("Linear"), calls_of("CrossEntropyLoss")
    ({'linear'}, {'cross_entropy'})
    """
    source = textwrap.dedent(inspect.getsource(layers()[layer].forward))
    return names_in(source) & {*TABLE, *nn.functional.__all__}


def made_by_layer(name: str) -> list[Made]:
    """The nodes in the graph of a layer's output for a small input, from the output on; none where it leaves none."""
    parameters = inspect.signature(layers()[name]).parameters.values()
    numbers = ", ".join("3" for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD)
    for shape, target in product(SHAPES, TARGETS):
        text = f"nn.{name}({numbers})(torch.rand({str(shape)[1:-1]}, requires_grad=True){target})"
        found = made_by_expression(text)
        if found:
            return found
    return []


def made_by_expression(text: str) -> list[Made]:
    """The nodes in the graph of an expression of x, w and b, from its value on; none where it is none, or leaves none.

    >>> [made.node.__name__ for made in made_by_expression("(x @ w).relu()")]
    ['ReluBackward0', 'MmBackward0']
    """
    try:
        with quiet():
            nodes = nodes_of(evaluate(text, names_for(minigrad, 0)))
    except Exception:  # whatever may be typed, and a layer may refuse its input
        return []
    return [Made(node, text) for node in dict.fromkeys(map(type, nodes)) if node is not AccumulateGrad]


def programs_using(names: set[str]) -> list[Program]:
    """The programs of the table that use one of the names and nothing else; if there are none, and something else."""
    used = [(program, names_in(program.case.text)) for program in all_programs() if program.case.form == "plain"]
    return [p for p, uses in used if uses and uses <= names] or [p for p, uses in used if uses & names]


def made_in_programs(programs: Sequence[Program]) -> list[Made]:
    """The nodes in the graphs of programs, those first that most of them end in."""
    roots = Counter(node for program in programs for node in program.roots)
    nodes = Counter(node for program in programs for node in program.nodes if node is not AccumulateGrad)
    order = sorted(nodes, key=lambda node: (-roots[node], -nodes[node], node.__name__))
    cases = {node: [program.case for program in programs if node in program.nodes] for node in order}
    shortest = {node: min(cases[node], key=reading_of) for node in order}
    return [Made(node, in_one_line(shortest[node].text), shapes_in(shortest[node])) for node in order]


def reading_of(case: Case) -> tuple[int, float]:
    """How far it is from one that reads well: its letters, and what is against its arrays."""
    return len(case.text), sum(map(reading, case.arrays.values()))


def shapes_in(case: Case) -> str:
    """The variables of a program and their shapes; nothing where one is of no elements, and so no good example."""
    if any(array.size == 0 for array in case.arrays.values()):
        return ""
    return ", ".join(f"{name} {shape_text(array.shape)}" for name, array in case.arrays.items())


def near_names(asked: str) -> list[str]:
    """Nodes, operations and layers whose names look like the word."""
    shown = {bare(node.__name__): node.__name__ for node in reversed(node_classes())}
    for name in (*layers(), *TABLE):  # an operation's name is shorter than that of its node
        if name.isidentifier():
            shown |= {name.casefold(): name}
    word = asked.rpartition(".")[2]
    near = nearest(word, shown, most=5) or nearest(bare(word), shown, most=5)
    return [shown[name] for name in near if shown[name] != word][:4]


def homes_of(asked: str, library: Any) -> list[str]:
    """The places where a library has something of this name or sign, as a program writes them.

    >>> homes_of("gelu", minigrad), homes_of("nn.ReLU", minigrad), homes_of("==", minigrad)
    ([], ['nn.ReLU'], ['Tensor.__eq__'])
    """
    modules = {"torch": library, "F": library.nn.functional, "nn": library.nn, "optim": library.optim}
    owners = (modules if re.fullmatch(r"[\w.]+", asked) else {}) | {"Tensor": library.Tensor}
    return [f"{home}.{name}" for home, owner in owners.items() for name in names_meant(asked) if hasattr(owner, name)]
