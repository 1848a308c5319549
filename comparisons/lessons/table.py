"""What a lesson is: a short program, broken on purpose, with what happens, why, and where minigrad shows it.

A lesson is written once, as a function of the library. Its docstring is its text: the first line says what the lesson
is about, the rest explains what was seen. Add one like this, and its file to `FILES` in `__init__.py`:

    @lesson(
        "sum",
        remember="The gradient of a sum is one for every term.",
        line=Line(SumBackward0.backward, "return grad.expand"),
    )
    def sum_of_squares(torch: Any) -> None:
        \"\"\"What a sum sends back.

        Every number gets a gradient of 1.
        \"\"\"
        x = torch.ones(3, requires_grad=True)
        x.sum().backward()
        print(x.grad)

The program is shown by reading this very source, so what a reader sees is what runs: `Lesson.code` is complete, and can
be pasted into an interpreter. (Hence the helpers and what is defined inside stand there without types.)

Read next: `leaves.py`, the first two lessons.
"""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import minigrad

ROOT = Path(minigrad.__file__).parent.parent
NOT_SHOWN = re.compile(r"from (\.|typing|minigrad)")  # imports that only the lesson around the program uses
IMPORT = "import torch  # or: import minigrad as torch"

Program = Callable[[Any], None]


@dataclass(frozen=True)
class Found:
    """A line of minigrad: its file, from the root of the project on, its number, and what it says."""

    file: str
    number: int
    text: str


@dataclass(frozen=True)
class Line:
    """A line of minigrad, named by the function or class it is in and by a part of what it says."""

    owner: Any
    text: str

    def find(self) -> Found:
        """Where the line is now. Raises: LookupError unless exactly one line of the owner has the text."""
        lines, first = inspect.getsourcelines(self.owner)
        found = [number for number, line in enumerate(lines, start=first) if self.text in line]
        if len(found) != 1:
            raise LookupError(f"{len(found)} lines of {self.owner.__qualname__} have {self.text!r}, not one")
        file = Path(inspect.getfile(self.owner)).relative_to(ROOT).as_posix()
        return Found(file, found[0], lines[found[0] - first].strip())


@dataclass(frozen=True)
class Lesson:
    """A lesson. `helpers` are the functions beside the program that it calls; they are shown with it."""

    name: str
    program: Program
    remember: str  # one sentence
    line: Line
    helpers: tuple[Callable[..., Any], ...] = ()

    @property
    def title(self) -> str:
        """What the lesson is about, in one line."""
        return inspect.getdoc(self.program).splitlines()[0].rstrip(".")  # type: ignore[union-attr]

    @property
    def text(self) -> str:
        """What happens and why: paragraphs with an empty line between them."""
        return inspect.getdoc(self.program).partition("\n")[2].strip()  # type: ignore[union-attr]

    @property
    def code(self) -> str:
        """The whole program: imports, helpers, and what the function does, from their sources."""
        parts = [*map(inspect.getsource, self.helpers), body_of(self.program)]
        uses = set(re.findall(r"\w+", "\n".join(parts)))
        imports = "\n".join([IMPORT, *imports_of(sys.modules[self.program.__module__], uses)])
        after_helpers = "\n\n" if self.helpers else "\n"
        return "\n\n".join([imports, *(f"\n{part.strip()}" for part in parts[:-1])]) + "\n" + after_helpers + parts[-1]


def lesson(name: str, *, remember: str, line: Line, helpers: tuple[Callable[..., Any], ...] = ()) -> Any:
    """Makes a lesson of a program. The arguments are the fields of `Lesson`."""
    return lambda program: Lesson(name, program, remember, line, helpers)


def body_of(function: Callable[..., Any]) -> str:
    """What a function does: its source without the head and the docstring, moved to the left."""
    source = inspect.getsource(function)
    (definition,) = ast.parse(source).body
    assert isinstance(definition, ast.FunctionDef)
    lines = source.splitlines()[definition.body[0].end_lineno :]
    return textwrap.dedent("\n".join(lines)).strip()


def imports_of(module: Any, uses: set[str]) -> Iterator[str]:
    """The imports at the top of a lesson's file that its program uses, one a line."""
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias for alias in node.names if (alias.asname or alias.name) in uses]
            if names and not NOT_SHOWN.match(ast.unparse(node)):
                node.names = names
                yield ast.unparse(node)
