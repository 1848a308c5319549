"""Operations and layers as `explain` speaks of them: which nodes a call of `conv2d`, an `@` or an `nn.Linear` makes.

There is no list of that either. A name stands in the programs of the table of cases; those that use it and nothing else
are run, and the nodes are read off their graphs; where all use something else too, the nodes that the operation itself
adds to the graph of its operands. A sign is parsed as Python parses it; a layer is what its `forward`
calls; anything else is run as an expression of x, w and b. Read next: `explain_programs.py`.
"""

import ast
import inspect
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import minigrad
from minigrad import nn
from minigrad.autograd.node import AccumulateGrad, Node

from .cases import TABLE, Case
from .cases.table import evaluate, names_in
from .explain_nodes import node_classes
from .explain_programs import MORE, Program, all_programs, in_one_line, programs_of, quiet, reading
from .expressions import names_for
from .gradients import shape_text
from .parsing import nearest
from .running import nodes_of, tensor_from

FORMS = ("x {} y", "2 {} y", "{}x")  # in which a sign is tried
REFERENCES = 3  # docstrings, the later ones referred to by those before
SHAPES: tuple[tuple[int, ...], ...] = ((2, 3), (2, 3, 6, 6))  # of the inputs that a layer is tried with
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
    planes = re.search(r"([123])d$", name)  # of so many dimensions are its images
    shapes = [SHAPES[0] + (6,) * int(planes[1])] if planes else SHAPES
    for shape, target in product(shapes, TARGETS):
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
    """The programs of the table that use one of the names and nothing else; if there are none, and something else.

    The nodes of the latter are only those that the use itself makes: `x.detach() * x` has a node, detach has none.
    """
    forms = {"plain", *(["in place"] if any(name.endswith("_") and name[0] != "_" for name in names) else [])}
    used = [(program, names_in(program.case.text)) for program in all_programs() if program.case.form in forms]
    alone = [program for program, uses in used if uses and uses <= names]
    return alone or [restricted(program, names) for program, uses in used if uses & names]


def restricted(program: Program, names: set[str]) -> Program:
    """The program, its nodes only those that a use of one of the names makes."""
    nodes: set[type[Node]] = set()
    with quiet(), suppress(Exception):  # a use whose operands cannot be made by themselves, as those in a lambda
        nodes |= nodes_it_makes(program.case, names)
    return replace(program, nodes=frozenset(nodes), roots=program.roots & nodes)


def nodes_it_makes(case: Case, names: set[str]) -> set[type[Node]]:
    """The classes of the nodes in the graph of the named operation's result, but for those of its operands' graphs.

    Raises: what the program raises, or its operation without the rest.
    """
    pairs = zip(case.arrays.items(), case.requires_grad, strict=True)
    known: dict[str, Any] = {"torch": minigrad, "F": nn.functional, "nn": nn}
    known |= {name: tensor_from(minigrad, array).requires_grad_(wanted) for (name, array), wanted in pairs}
    minigrad.manual_seed(0)
    for statement in ast.parse(case.text).body:
        operation = use_in(statement, names)
        if operation is None:
            exec(ast.unparse(statement), known)
            continue
        for name, operand in operands_named(operation).items():
            known[name] = eval(operand, known)
        before = set(nodes_among(known.values()))
        return {type(node) for node in nodes_among([eval(ast.unparse(operation), known)]) if node not in before}
    return set()


def use_in(statement: ast.stmt, names: set[str]) -> ast.Call | ast.Attribute | None:
    """The call of a method or function of one of the names, or the look at such an attribute."""
    parts = list(ast.walk(statement))
    calls = (part for part in parts if isinstance(part, ast.Call) and getattr(part.func, "attr", "") in names)
    looks = (part for part in parts if isinstance(part, ast.Attribute) and part.attr in names)
    return next(calls, None) or next(looks, None)


def operands_named(operation: ast.Call | ast.Attribute) -> dict[str, str]:
    """Puts a name in the place of each operand, and returns what the names stand for."""
    texts: dict[str, str] = {}

    def named(operand: ast.expr) -> ast.expr:
        texts[f"operand{len(texts)}"] = ast.unparse(operand)
        return ast.Name(f"operand{len(texts) - 1}")

    looked_at = operation.func if isinstance(operation, ast.Call) else operation
    assert isinstance(looked_at, ast.Attribute)
    looked_at.value = named(looked_at.value)
    if isinstance(operation, ast.Call):
        operation.args = [named(argument) for argument in operation.args]
        for keyword in operation.keywords:
            keyword.value = named(keyword.value)
    return texts


def nodes_among(values: Iterable[Any]) -> Iterator[Node]:
    """The nodes in the graphs of all tensors among the values, and in lists or tuples of them."""
    for value in values:
        several = value if isinstance(value, (list, tuple)) else [value]
        for tensor in several:
            if minigrad.is_tensor(tensor) and tensor.grad_fn is not None:
                yield from nodes_of(tensor)


def said_of(asked: str) -> list[str]:
    """What the docstring of a layer or function says first, and that of the function that it refers to.

    >>> [text.partition(":")[0] for text in said_of("dropout2d")]
    ['F.dropout2d', 'F.dropout']
    """
    found: dict[str, str] = {}
    home = next((home for home in homes_of(asked, minigrad) if re.match(r"(nn|F|torch)\.", home)), "")
    while home and home not in found and len(found) < REFERENCES:
        owner = {"nn": nn, "F": nn.functional, "torch": minigrad}[home.partition(".")[0]]
        text = inspect.cleandoc(getattr(owner, home.rpartition(".")[2]).__doc__ or "").split("\n\n")[0]
        found[home] = " ".join(text.split())
        other = re.search(r"(?:\bsee|\bAs) `(?:functional\.)?(\w+)`", text)
        home = f"F.{other[1]}" if other and hasattr(nn.functional, other[1]) else ""
    return [f"{name}: {text}" for name, text in found.items() if text] if re.fullmatch(r"[\w.]+", asked) else []


def made_in_programs(programs: Sequence[Program]) -> list[Made]:
    """The nodes in the graphs of programs, those first that most of them end in."""
    roots = Counter(node for program in programs for node in program.roots)
    nodes = Counter(node for program in programs for node in program.nodes if node is not AccumulateGrad)
    order = sorted(nodes, key=lambda node: (-roots[node], -nodes[node], node.__name__))
    return [Made(node, in_one_line(case.text), shapes_in(case)) for node in order for case in [shown(node, programs)]]


def shown(node: type[Node], programs: Sequence[Program]) -> Case:
    """The program that reads best of those that make the node; where its arrays are empty, of many more like it."""
    makes = [program for program in programs if node in program.nodes]
    best = min(makes, key=lambda program: reading_of(program.case))
    if any(array.size == 0 for array in best.case.arrays.values()):
        uses = names_in(best.case.text)
        more = programs_of(TABLE[best.op], MORE)
        makes += [program for program in more if node in program.nodes and names_in(program.case.text) == uses]
    return min((program.case for program in makes), key=reading_of)


def reading_of(case: Case) -> tuple[bool, bool, int, float]:
    """How far it is from one that reads well: empty arrays, drawn ones, its letters, its numbers."""
    empty = any(array.size == 0 for array in case.arrays.values())
    return empty, not case.is_example, len(case.text), sum(map(reading, case.arrays.values()))


def shapes_in(case: Case) -> str:
    """The variables of a program and their shapes."""
    return ", ".join(f"{name} {shape_text(array.shape)}" for name, array in case.arrays.items())


def near_names(asked: str) -> list[str]:
    """Nodes, operations and layers whose names look like the word, without its `Backward0` if it has one.

    >>> near_names("ConvBackward0")[0], near_names("NllLosBackward0")[0], near_names("LinearBackward0")[0]
    ('ConvolutionBackward0', 'NllLossBackward0', 'linear')
    """
    word = asked.rpartition(".")[2]
    stem = stem_of(word).replace("_", "")
    nodes = {stem_of(node.__name__): node.__name__ for node in reversed(node_classes())}
    others = [name for name in (*layers(), *TABLE) if name.isidentifier()]
    same = [name for name in reversed(others) if name.casefold().replace("_", "") == stem]
    if stem != word.casefold().replace("_", ""):  # a node is asked for
        near = sorted((nodes[name] for name in nearest(stem, nodes, most=5)), key=lambda n: "BackwardBackward" in n)
        exact = [node for node in near if stem_of(node) == stem]
        return list(dict.fromkeys([*exact, *same, *near]))[:4]
    shown = nodes | {name.casefold(): name for name in others}  # an operation's name is shorter than that of its node
    near = [shown[name] for name in nearest(word, shown, most=5) or nearest(stem, shown, most=5)]
    group = [op.name for op in TABLE.values() if op.group in (f"{word.casefold()}s", f"{word.casefold()}es")]
    if group:  # the file `losses` is asked for
        return [*group[:3], *(layer for name in group[:3] for layer in layers() if calls_of(layer) == {name})]
    return [name for name in dict.fromkeys([*same, *near]) if name != word][:4]


def stem_of(name: str) -> str:
    """A name without `Backward0` or what was meant to be that, in lower case.

    >>> stem_of("ReluBackwards"), stem_of("AddmmBackward0"), stem_of("conv2d")
    ('relu', 'addmm', 'conv2d')
    """
    return re.sub(r"(?<=\w)backwards?\d*$", "", name.casefold())


def homes_of(asked: str, library: Any) -> list[str]:
    """The places where a library has something of this name or sign, as a program writes them; files do not count.

    >>> homes_of("gelu", minigrad), homes_of("nn.ReLU", minigrad), homes_of("==", minigrad), homes_of("loss", minigrad)
    ([], ['nn.ReLU'], ['Tensor.__eq__'], [])
    """
    modules = {"torch": library, "F": library.nn.functional, "nn": library.nn, "optim": library.optim}
    classes = {"nn.Module": library.nn.Module, "optim.Optimizer": library.optim.Optimizer}
    owners = (modules | classes if re.fullmatch(r"[\w.]+", asked) else {}) | {"Tensor": library.Tensor}
    return [f"{home}.{name}" for home, owner in owners.items() for name in names_meant(asked)
            if hasattr(owner, name) and not inspect.ismodule(getattr(owner, name))]  # fmt: skip
