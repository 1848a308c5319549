"""The table of operations: for each one, how to draw a random case of it, and calls that must fail.

A case is a program as a user types it, `x.sum(1, keepdim=True)`, and arrays for its variables. The text is run in both
libraries, with `torch` standing for either; so what the ledger prints can be pasted into an interpreter, and what a
case reaches can be read off it. Add an operation like this:

    @op("square", errors=["torch.square('a')"])
    def square(random):
        return case("x.square()", x=array(random))

From each case of the form `x.name(…)` more are made where torch has the like: `torch.name(x, …)`, the twin in place
(`x.name_(…)`, on a tensor with a history, on a leaf, and through a view) and `out=`.
"""

import ast
import inspect
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import torch

from .values import Random, pick, sometimes, written


@dataclass(frozen=True)
class Case:
    """A program and its inputs."""

    text: str  # statements, with "; " or line ends between them; the last one is an expression, the result
    arrays: dict[str, np.ndarray]
    requires_grad: tuple[bool, ...] = ()
    form: str = "plain"  # or "in place", or "out"
    fixed: str = ""  # variables, with blanks between, that torch cannot differentiate by
    is_example: bool = False  # written to be read

    def program(self, library: Any, *tensors: Any) -> Any:
        """The result of the text in a library."""
        names = {"torch": library, "F": library.nn.functional, "nn": library.nn}
        return evaluate(self.text, names | dict(zip(self.arrays, tensors, strict=True)))

    def __str__(self) -> str:
        values = [
            f"{name} = {written(array)}" + (", requires grad" if wanted else "")
            for (name, array), wanted in zip(self.arrays.items(), self.requires_grad, strict=True)
        ]
        return "; ".join([*values, self.text])

    def reading(self) -> tuple[int, int]:
        """How much there is to read: elements, then letters."""
        return sum(array.size for array in self.arrays.values()), len(str(self))


def case(text: str, fixed: str = "", **arrays: Any) -> Case:
    """A case: the program, and the arrays of those variables that it mentions. `fixed`: see there."""
    mentioned = {name: array for name, array in arrays.items() if re.search(rf"\b{name}\b", text)}
    return Case(text, mentioned, fixed=fixed)


def learning(text: str, **arrays: Any) -> Case:
    """The same, with a gradient wanted of every floating-point array."""
    return Case(text, arrays, tuple(array.dtype.kind == "f" for array in arrays.values()))


@cache
def compiled(text: str) -> tuple[Any, Any]:
    """The text's statements, and its last expression."""
    tree = ast.parse(text)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr), f"the last statement of {text!r} is no expression"
    return compile(tree, "<case>", "exec"), compile(ast.Expression(last.value), "<case>", "eval")


def evaluate(text: str, names: dict[str, Any]) -> Any:
    """The value of the last expression, after the statements before it."""
    statements, result = compiled(text)
    exec(statements, names)
    return eval(result, names)


@dataclass(frozen=True)
class Op:
    """An operation's entry."""

    name: str
    draw: Callable[[Random], Case]
    errors: Sequence[str] = ()  # programs that must fail on both sides
    also: Sequence[Case] = ()  # cases that are too rare to wait for
    group: str = ""  # the file that it stands in

    def cases(self, count: int, seed: int = 0) -> Iterator[Case]:
        """So many drawn cases, each followed by the forms that are made of it."""
        for number in range(count):
            random = np.random.default_rng([seed % 2**64, zlib.crc32(self.name.encode()), number])
            drawn = self.draw(random)
            able = [x.dtype.kind == "f" and name not in drawn.fixed.split() for name, x in drawn.arrays.items()]
            drawn = replace(drawn, requires_grad=tuple(wanted and sometimes(random, 0.9) for wanted in able))
            yield self.as_function(drawn) if sometimes(random) else drawn
            yield from self.in_place(drawn, random)
            yield from self.with_out(drawn, random)

    def arguments(self, drawn: Case) -> str | None:
        """What stands in the brackets of `x.name(…)`; None for a case of another form."""
        start = f"x.{self.name}("
        statement = ast.parse(drawn.text).body[0]
        alone = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        return drawn.text[len(start) : -1] if alone and drawn.text.startswith(start) else None

    def as_function(self, drawn: Case) -> Case:
        """`torch.name(x, …)` for `x.name(…)`, where torch has that."""
        arguments = self.arguments(drawn)
        if arguments is None or not inspect.isroutine(getattr(torch, self.name, None)):  # torch.float is a dtype
            return drawn
        return replace(drawn, text=f"torch.{self.name}({joined('x', arguments)})")

    def in_place(self, drawn: Case, random: Random) -> Iterator[Case]:
        """The twin: on a tensor with a history, on x itself, or through a view."""
        arguments = self.arguments(drawn)
        if arguments is not None and hasattr(torch.Tensor, f"{self.name}_"):
            write = f"{self.name}_({arguments})"
            text = pick(
                random, f"c = x.clone(); c.{write}; c", f"c = x.clone(); c.{write}; c", f"x.{write}",
                f"c = x.clone(); c.view_as(c).{write}; c",
            )  # fmt: skip
            yield replace(drawn, text=text, form="in place")

    def with_out(self, drawn: Case, random: Random) -> Iterator[Case]:
        """`out=`: an empty tensor, of the result's dtype or of another; sometimes where a gradient is wanted."""
        arguments = self.arguments(drawn)
        if arguments is None or "out=None" not in (getattr(torch, self.name, None).__doc__ or ""):
            return
        dtype = pick(random, "float32", "float64", "int64", "bool") if sometimes(random, 0.3) else None
        wants = drawn.requires_grad if sometimes(random, 0.15) else (False,) * len(drawn.arrays)
        made = f"torch.{self.name}({joined('x', arguments)}"
        like = f"{made}).dtype" if dtype is None else f"torch.{dtype}"
        text = f"o = torch.empty(0, dtype={like}); {made}, out=o); o"
        yield replace(drawn, text=text, form="out", requires_grad=wants)


def joined(*parts: str) -> str:
    """Arguments with commas between them; empty ones left out."""
    return ", ".join(part for part in parts if part)


TABLE: dict[str, Op] = {}


Draw = Callable[[Random], Case]


def op(name: str, errors: Sequence[str] = (), also: Sequence[Case] = ()) -> Callable[[Draw], Draw]:
    """Puts an operation into the table; decorates the function that draws its cases."""

    def register(draw: Draw) -> Draw:
        assert name not in TABLE, f"two entries for {name}"
        TABLE[name] = Op(name, draw, tuple(errors), tuple(also), draw.__module__.rpartition(".")[2])
        return draw

    return register


OPERATORS = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.MatMult: "matmul", ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor",
    ast.LShift: "lshift", ast.RShift: "rshift", ast.USub: "neg", ast.Invert: "invert", ast.Eq: "eq", ast.NotEq: "ne",
    ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
}  # fmt: skip


def names_in(text: str) -> set[str]:
    """What a program uses: attributes by name, operators by that of their method.

    >>> sorted(names_in("2 * x.t(); x[0] += 1; x"))
    ['__iadd__', '__mul__', '__rmul__', '__setitem__', 't']
    """
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.add(f"__{node.func.id}__")  # abs(x) and the like
        elif isinstance(node, ast.BinOp):
            name = OPERATORS[type(node.op)]
            left = node.left.operand if isinstance(node.left, ast.UnaryOp) else node.left
            found |= {f"__{name}__", f"__r{name}__"} if isinstance(left, ast.Constant) else {f"__{name}__"}
        elif isinstance(node, ast.AugAssign):
            found.add(f"__i{OPERATORS[type(node.op)]}__")
        elif isinstance(node, ast.UnaryOp):
            found.add(f"__{OPERATORS.get(type(node.op), 'pos')}__")
        elif isinstance(node, ast.Compare):
            found |= {f"__{OPERATORS[type(kind)]}__" for kind in node.ops if type(kind) in OPERATORS}
        elif isinstance(node, ast.Subscript):
            found.add("__setitem__" if isinstance(node.ctx, ast.Store) else "__getitem__")
    return found
