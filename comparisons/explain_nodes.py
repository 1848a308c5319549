"""The node classes of minigrad as `explain` speaks of them: where each stands, its formula, its source, its name.

There is no list of them here. The classes are asked for (`Node.__subclasses__`), the formula is the class's docstring,
and the source is what Python reads from the file. Read next: `explain_programs.py`, which finds the programs that make
a node.
"""

import ast
import functools
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import minigrad
from minigrad.autograd.node import Node

ROOT = Path(minigrad.__file__).parents[1]
SAVED = "Saved:"  # how the paragraph begins that says what the saved values are


def node_classes() -> list[type[Node]]:
    """Every class of node that a graph may show, by file and line.

    Left out are the users' own, and the classes that only lend their formula to others: those have no number.
    """
    found = {node.__name__: node for node in subclasses(Node) if is_ours(node)}
    lenders = {parent for node in found.values() for parent in node.__bases__ if not parent.__name__[-1].isdigit()}
    return sorted(set(found.values()) - lenders, key=lambda node: (file_of(node), line_of(node), node.__name__))


def is_ours(node: type[Node]) -> bool:
    """Whether the class is minigrad's, and not made for a `Function` of a user's."""
    return node.__module__.startswith("minigrad.") and not hasattr(node, "function")


def subclasses(parent: type[Node]) -> Iterator[type[Node]]:
    """All that is derived from it, directly or not."""
    for child in parent.__subclasses__():
        yield child
        yield from subclasses(child)


def file_of(node: type[Node]) -> str:
    """The file that defines the class, from the repository's root on."""
    return node.__module__.replace(".", "/") + ".py"


@functools.cache
def lines_in(file: str) -> dict[str, int]:
    """The line of each class that is written down in a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {part.name: part.lineno for part in tree.body if isinstance(part, ast.ClassDef)}


def line_of(node: type[Node]) -> int:
    """Where the class begins; for one that the file makes in a loop, where what it is derived from does."""
    lines = lines_in(file_of(node))
    names = [name for parent in node.__mro__ for name in (parent.__name__, f"{parent.__name__}_")]
    return next((lines[name] for name in names if name in lines), 1)


def place_of(node: type[Node]) -> str:
    """`file:line` of the class.

    >>> from minigrad.ops.shapes import TBackward0
    >>> place_of(TBackward0).rpartition(":")[0]
    'minigrad/ops/shapes.py'
    """
    return f"{file_of(node)}:{line_of(node)}"


def formula_of(node: type[Node]) -> list[str]:
    """The docstring's paragraphs but for "Saved: …", of which `explain_saved.py` makes use.

    Where they say "as" or "the same", those of what the class is derived from follow.
    """
    paragraphs: list[str] = []
    for parent in node.__mro__:
        if parent is Node or "∂" in " ".join(paragraphs):
            break
        text = inspect.cleandoc(parent.__dict__.get("__doc__") or "")
        paragraphs += [" ".join(part.split()) for part in text.split("\n\n") if part and not part.startswith(SAVED)]
    return paragraphs


def letters_of(node: type[Node]) -> list[str]:
    """The letters that the formula differentiates by, in its order, which is that of the operands.

    >>> from minigrad.ops.linalg import AddmmBackward0
    >>> letters_of(AddmmBackward0)
    ['B', 'X', 'Y']
    """
    found = re.findall(r"∂[ℒℓ]/∂([A-Za-z_]+)[ᵢ]?(?:\[[^]]*\])? =", " ".join(formula_of(node)))
    return list(dict.fromkeys(found))


def has_derivative(node: type[Node]) -> bool:
    """Whether the docstring says what the derivative is, or that there is none."""
    text = " ".join(formula_of(node))
    return "∂" in text or "no derivative" in text.lower()


def backward_source(node: type[Node]) -> tuple[str, str]:
    """`file:line` and the text of the class's backward, which may be that of the class it is derived from."""
    function = inspect.unwrap(node.backward)
    lines, number = inspect.getsourcelines(function)
    file = Path(function.__code__.co_filename).resolve().relative_to(ROOT.resolve())
    return f"{file.as_posix()}:{number}", textwrap.dedent("".join(lines)).rstrip()


# -- Names as people type them


def bare(name: str) -> str:
    """A name without what a reader leaves out: case, "Backward", the number, torch's prefix.

    >>> bare("AddmmBackward0"), bare("torch::autograd::AccumulateGrad"), bare("<TBackward0 object at 0x7f>")
    ('addmm', 'accumulategrad', 't')
    """
    words = re.findall(r"\w+", re.sub(r"^<|^torch::autograd::", "", name.strip())) or [""]
    return re.sub(r"backward\d*$", "", words[0].casefold())


def named(name: str) -> list[type[Node]]:
    """The classes that a name means: the one of that very name, else those that bear it without case or number."""
    classes = node_classes()
    words = re.findall(r"\w+", name.removeprefix("torch::autograd::")) or [""]
    same = [node for node in classes if node.__name__.casefold() == words[0].casefold()]
    return same or [node for node in classes if bare(node.__name__) == bare(name)]
