"""Which programs make a node: looked up in the table of cases, by running it.

Each case of each operation is run in minigrad and its graph walked; that takes about a second, and no second list can
get out of step with it. Nodes that only the derivative of a derivative leaves are looked for there: the case is
differentiated once or twice with `create_graph=True`, as a line of its text. From the shortest program a small example
is made, in text, so that what is printed is what is run. Read next: `explain_saved.py`; then `explain_trace.py`, which
runs it.
"""

import ast
import functools
import os
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import minigrad
from minigrad.autograd.node import Node

from .cases import TABLE, Case, Op
from .cases.table import evaluate
from .explain_nodes import bare
from .running import nodes_of, tensor_from

CASES = 20  # of each operation, as the command `parity` draws
MORE = 80  # of the one that the example is taken from
LETTERS = 4  # of a program's text take as long to read as one number more in an array
RELATED = 60  # programs, each with other nodes, that are differentiated in search of a node
FEW = 8  # numbers that are written down one by one
MANY = 3  # operands; a sum of more of them is no better an example
SPECIAL = ("out=", "'", "True", "False", "lambda", "=()", "(()")  # in a text: another one is easier to read


@dataclass(frozen=True)
class Program:
    """A case, and what the graphs of its results show."""

    op: str
    case: Case
    nodes: frozenset[type[Node]]
    roots: frozenset[type[Node]]  # the nodes of the last operation
    dull: int = 0  # warnings, and results that are the input again or one number everywhere
    order: int = 0  # how often it differentiates
    operands: dict[type[Node], int] = field(default_factory=dict, compare=False)  # that send or get a gradient

    def rank(self, node: type[Node]) -> tuple[Any, ...]:
        """The less, the better an example of the node: those that end in it, written to be examples, or in plain words.

        Then the operation that the node is named after, and programs that use all of a formula: one that speaks of x
        and y is seen at work where both get a gradient. Then comes what there is to read.
        """
        arrays = self.case.arrays.values()
        odd = sum(array.size == 0 or not np.isfinite(array).all() for array in arrays)
        strange = sum(part in self.case.text for part in SPECIAL) + (self.case.form != "plain") + self.dull
        ends_in_it = any(made(root, node) for root in self.roots)
        operands = max((count for kind, count in self.operands.items() if made(kind, node)), default=0)
        cost = len(self.case.text) / LETTERS + sum(map(reading, arrays))
        unlike = self.op.replace("_", "") not in bare(node.__name__)
        is_example = ends_in_it and self.case.is_example
        return not ends_in_it, odd, not is_example, strange, unlike, -min(operands, MANY), cost


def reading(array: np.ndarray) -> float:
    """How far the array is from one that reads well: up to two dimensions, of 2 to 4, about six numbers, none 0.

    >>> reading(np.ones((2, 3), np.float32)) < reading(np.zeros((2, 3), np.float32)) < reading(np.ones((4, 4, 4)))
    True
    >>> reading(np.ones((2, 3))) < reading(np.ones((1, 6))), reading(np.array([0, 1])) < reading(np.array([1, 1]))
    (True, True)
    """
    zeros = array.dtype.kind == "f" and not np.round(array, 1).all()
    unusual = array.dtype.kind != "f" or not array.flags.c_contiguous
    alike = array.dtype.kind != "f" and len(np.unique(array)) < 2  # labels of one class
    sides = sum(abs(min(side, 4) - side) + 3 * (side < 2) for side in array.shape)
    size = abs(array.size - 6) / 2 + 5 * (array.size < 2)
    return size + sides + 2 * max(0, array.ndim - 2) + 2 * zeros + 2 * unusual + 4 * alike


def made(found: type[Node], wanted: type[Node]) -> bool:
    """Whether a node is of the wanted class; of a `Function` of a user's, whether it is one."""
    return found is wanted or (hasattr(found, "function") and issubclass(found, wanted))


def in_one_line(text: str) -> str:
    """A program's text without what is indented.

    >>> in_one_line("class A:\\n    x = 1\\n\\nA.x")
    'class A: …; A.x'
    """
    lines = [line for line in text.split("\n") if line]
    below = [*lines[1:], ""]
    tops = [(line, after) for line, after in zip(lines, below, strict=True) if not line[0].isspace()]
    return "; ".join(line + " …" * after[:1].isspace() for line, after in tops)


def results_of(library: Any, case: Case) -> list[Any]:
    """The tensors with a graph that the case's program returns. Raises: what the program raises."""
    pairs = zip(case.arrays.values(), case.requires_grad, strict=True)
    tensors = [tensor_from(library, array).requires_grad_(wanted) for array, wanted in pairs]
    library.manual_seed(0)
    returned = case.program(library, *tensors)
    several = returned if isinstance(returned, (tuple, list)) else [returned]
    return [tensor for tensor in several if library.is_tensor(tensor) and tensor.grad_fn is not None]


def examined(op: str, case: Case, order: int = 0) -> Program | None:
    """The program and its nodes; None for one that ends in an error or leaves no graph."""
    with quiet() as warned:
        try:
            results = results_of(minigrad, case)
        except Exception:  # a bad call, which is in the table to be one
            return None
    nodes = {node for result in results for node in nodes_of(result)}
    roots = frozenset(type(result.grad_fn) for result in results)
    dull = len(warned) + (is_dull(results[0].detach().numpy(), case) if results else 0)
    return Program(op, case, frozenset(map(type, nodes)), roots, dull, order, operands_of(nodes)) if nodes else None


def operands_of(nodes: Collection[Node]) -> dict[type[Node], int]:
    """For each class of node, how many gradients one of them sends, or gets if it is the end of a path."""
    uses = Counter(receiver for node in nodes for receiver, _ in node.next_functions)
    most: dict[type[Node], int] = {}
    for node in nodes:
        sends = len({edge for edge in node.next_functions if edge[0] is not None})
        most[type(node)] = max(most.get(type(node), 0), sends if node.next_functions else uses[node])
    return most


def is_dull(values: np.ndarray, case: Case) -> bool:
    """Whether a result shows nothing: it is empty, the input again, or one number everywhere."""
    flat = values.reshape(-1)
    constant = flat.size != 1 and bool((flat == flat[:1]).all())
    return constant or np.array_equal(values, next(iter(case.arrays.values())))


@contextmanager
def quiet() -> Iterator[list[Any]]:
    """Warnings are collected instead of printed: most of the table's cases are corners."""
    with warnings.catch_warnings(record=True) as warned, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        yield warned


@functools.cache
def all_programs() -> tuple[Program, ...]:
    """Every case of the table that leaves a graph."""
    return tuple(program for op in TABLE.values() for program in programs_of(op, CASES))


def programs_of(op: Op, count: int) -> list[Program]:
    """So many cases of an operation, the forms made of them, and its own, where they leave a graph."""
    with quiet():
        cases = [case for case in [*op.cases(count), *op.also] if case.form != "out"]
        return [program for case in cases if (program := examined(op.name, case)) is not None]


def programs_making(node: type[Node]) -> tuple[Program, ...]:
    """Programs whose graph has the node, the best example first, one of each operation; none if the table has none.

    The first is chosen among many more cases of its operation: it is the one to be shown.
    """
    found = search(all_programs(), node)
    if not found:
        return ()
    best = search(programs_of(TABLE[found[0].op], MORE), node)
    return (best[0], *found[1:]) if best else tuple(found)


def search(programs: Sequence[Program], node: type[Node]) -> list[Program]:
    """The programs with the node, the best of each operation; where there are none, among their derivatives."""
    found = best_of_each([p for p in programs if has(p, node)], node)
    if found:
        return found
    related = [p for p in programs if any(kind.__module__ == node.__module__ for kind in p.nodes)]
    distinct: dict[frozenset[type[Node]], Program] = {}
    for program in sorted(related, key=lambda p: (-alike(p, node), p.rank(node))):
        distinct.setdefault(program.nodes, program)
    candidates = list(distinct.values())[:RELATED]
    for _ in range(2):
        candidates = [further for program in candidates for further in differentiated(program)]
        found = best_of_each([p for p in candidates if has(p, node)], node)
        if found:
            break
    return found


def has(program: Program, node: type[Node]) -> bool:
    """Whether the program's graph has the node."""
    return any(made(kind, node) for kind in program.nodes)


def alike(program: Program, node: type[Node]) -> int:
    """How many first letters the node's name shares with one in the program's graph: a derivative's name is longer."""
    return max(len(os.path.commonprefix([kind.__name__, node.__name__])) for kind in program.nodes)


def best_of_each(programs: Sequence[Program], node: type[Node]) -> list[Program]:
    """The best example of each operation, the best of them first."""
    kept: dict[str, Program] = {}
    for program in sorted(programs, key=lambda program: program.rank(node)):
        kept.setdefault(program.op, program)
    return list(kept.values())


def differentiated(program: Program) -> Iterator[Program]:
    """The program and, behind it, the gradient of its result by each variable, recorded in its turn."""
    *statements, last = [ast.unparse(part) for part in ast.parse(program.case.text).body]
    number = "" if program.order == 0 else str(program.order + 1)
    variables = [name for name, wanted in zip(program.case.arrays, program.case.requires_grad, strict=True) if wanted]
    for variable in [*variables, *(["sent"] if program.order else [])]:
        text = "\n".join(
            [*statements, f"out{number} = {last}",
             f"sent{number} = torch.arange(1, out{number}.numel() + 1).view_as(out{number}).to(out{number}.dtype)",
             f"sent{number}.requires_grad_()",
             f"torch.autograd.grad(out{number}, {variable}, sent{number}, create_graph=True)[0]"]
        )  # fmt: skip
        further = examined(program.op, replace(program.case, text=text), program.order + 1)
        if further is not None:
            yield further


# -- From a case to an example in text


@dataclass(frozen=True)
class Example:
    """Lines that can be pasted into an interpreter, where `torch` may be either library."""

    inputs: tuple[tuple[str, str], ...]  # (variable, the expression that makes it)
    lines: tuple[str, ...]  # the last one is `result = …`

    def run(self, library: Any) -> dict[str, Any]:
        """The variables after the lines, in a library. Raises: what the lines raise."""
        names = {"torch": library, "F": library.nn.functional, "nn": library.nn}
        library.manual_seed(0)
        evaluate("\n".join([*self.text(), "None"]), names)
        return names

    def text(self) -> list[str]:
        """All the lines."""
        return [*(f"{name} = {value}" for name, value in self.inputs), *self.lines]


def example_of(program: Program, node: type[Node]) -> Example:
    """The program with plain small numbers, as long as the node is still made; else with arrays laid out as drawn."""
    for values in (plain_values, rounded, np.asarray):
        for everything in (True, False):
            arrays = {name: values(array) for name, array in program.case.arrays.items()}
            wanted = [
                array.dtype.kind == "f" and name not in program.case.fixed.split()
                for name, array in arrays.items()
            ]  # fmt: skip
            requires_grad = tuple(wanted) if everything else program.case.requires_grad
            example = written_example(replace(program.case, arrays=arrays, requires_grad=requires_grad), node)
            if example is not None:
                return example
    raise LookupError(f"no example of {node.__name__} can be written down")


def plain_values(array: np.ndarray) -> np.ndarray:
    """Numbers of one decimal, finite, in float32, row by row in memory."""
    values = np.ascontiguousarray(rounded(array)).reshape(array.shape)
    return values.astype(np.float32) if array.dtype.kind == "f" else values


def rounded(array: np.ndarray) -> np.ndarray:
    """Finite numbers of one decimal in the same memory order."""
    if array.dtype.kind != "f":
        return array
    finite = np.nan_to_num(array, nan=0.5, posinf=1.0, neginf=-1.0)
    same_order = np.empty_like(array)
    same_order[...] = np.round(finite, 1)
    return same_order


def written_example(case: Case, node: type[Node]) -> Example | None:
    """The case as text, if it runs in minigrad and its result's graph has the node."""
    pairs = zip(case.arrays.items(), case.requires_grad, strict=True)
    inputs = tuple((name, literal(array, wanted)) for (name, array), wanted in pairs)
    *statements, last = [ast.unparse(part) for part in ast.parse(case.text).body]
    for pick in ("", "[0]", "[1]"):
        example = Example(inputs, (*statements, f"result = {last}{pick}"))
        with quiet():
            try:
                result = example.run(minigrad)["result"]
            except Exception:  # a number that the rounded case does not allow, or nothing to pick from
                continue
        if minigrad.is_tensor(result) and any(made(type(found), node) for found in nodes_of(result)):
            return example
    return None


def literal(array: np.ndarray, requires_grad: bool) -> str:
    """An expression that makes such a tensor: its very numbers if they are few, else as many from the same range.

    >>> literal(np.float32([[1, 2]]), True)
    'torch.tensor([[1.0, 2.0]], requires_grad=True)'
    >>> literal(np.zeros((3, 4), np.float32), False)
    'torch.linspace(0.0, 0.0, 12).view(3, 4)'
    """
    usual = array.dtype.name in ("float32", "int64", "bool")
    dtype = "" if usual else f", dtype=torch.{array.dtype.name}"
    by_rows = array.flags.c_contiguous
    if by_rows and 0 not in array.shape and (array.size <= FEW or array.dtype.kind != "f"):
        numbers = repr(np.round(array.astype(float), 6).tolist() if array.dtype.kind == "f" else array.tolist())
        numbers = numbers.replace("nan", "torch.nan").replace("inf", "torch.inf")
        return f"torch.tensor({numbers}{dtype}{', requires_grad=True' if requires_grad else ''})"
    strides = [step // array.itemsize for step in array.strides]
    extent = 1 + sum((size - 1) * step for size, step in zip(array.shape, strides, strict=True))
    low, high = (round(float(edge), 1) for edge in (array.min(), array.max())) if array.size else (0.0, 0.0)
    shape = f".view{array.shape}" if by_rows else f".as_strided({array.shape}, {tuple(strides)})"
    shape = shape.replace(",)", ")") if by_rows else shape
    count = array.size if by_rows else extent
    return f"torch.linspace({low}, {high}, {count}{dtype}){shape}{'.requires_grad_()' if requires_grad else ''}"
