"""`python -m comparisons lesson`: short programs, broken on purpose, run in both libraries, with what happens and why.

The lessons are in `lessons/`; read `lessons/table.py` first. Here they are found by name, run and printed: the program,
what either side said to it (what it printed, its warnings, the error that ended it), the explanation, the sentence to
remember and the line of minigrad that shows it. What the sides say is compared line by line, numbers up to rounding.
"""

import argparse
import io
import math
import re
import textwrap
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any

from .doctor import this_python
from .lessons import LESSONS, Lesson
from .libraries import equal_threads
from .parsing import nearest
from .running import LIBRARIES
from .runs import to_json
from .settings import CannotRun
from .text import hanging, table
from .width import width

TEXT_WIDTH = 88  # columns: longer lines are hard to read
MESSAGE = re.compile(r"\w*(Error|Warning): ")  # how a line begins that tells of an error or a warning
MESSAGE_WORDS = 4  # how many of a message's first words have to be torch's, its type not counted
MEASURED = re.compile(r"≈ *[-+.\de]+")  # a figure that is another each time
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]?\d+)?")
WRAPPING: dict[str, Any] = {"subsequent_indent": "  ", "break_long_words": False, "break_on_hyphens": False}
RELATIVE = 1e-3  # how far two printed numbers may be apart: most are printed with four digits


@dataclass(frozen=True)
class Outcome:
    """What a lesson's program said on either side, line by line."""

    minigrad: list[str]
    torch: list[str]

    def difference(self) -> int | None:
        """The number of the first line in which the sides differ, from 1 on, or None."""
        for number, (mine, other) in enumerate(zip_longest(self.minigrad, self.torch), start=1):
            if mine is None or other is None or not alike(mine, other):
                return number
        return None


def main(options: argparse.Namespace) -> int:
    """Lists the lessons, or runs those that are asked for. Returns the exit code: 1 where the sides differ."""
    if options.name is None:
        print(to_json({"command": "lesson", "lessons": overview()}) if options.json else listing())
        return 0
    results = []
    for lesson in chosen(options.name):
        outcome = run(lesson)
        results.append(as_json(lesson, outcome))
        if not options.json:
            print("\n\n" * (len(results) > 1) + draw(lesson, outcome, width(math.inf)), flush=True)
    agree = all(result["agree"] for result in results)
    if options.json:
        print(to_json({"command": "lesson", "agree": agree, "lessons": results}))
    return 0 if agree else 1


def chosen(name: str) -> Sequence[Lesson]:
    """The lesson of this name or number, or all. Raises: CannotRun when there is none such."""
    if name == "all":
        return LESSONS
    found = [lesson for lesson in LESSONS if name.casefold() in (lesson.name, str(number_of(lesson)))]
    if found:
        return found
    if name.lstrip("-").isdigit():
        raise CannotRun(f"no lesson {name}: they are numbered from 1 to {len(LESSONS)}")
    names = [lesson.name for lesson in LESSONS]
    near = nearest(name, names)
    raise CannotRun(
        f"no lesson is called {name!r}. "
        + (f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(names)}.")
    )


def number_of(lesson: Lesson) -> int:
    """The lesson's place among all, from 1 on."""
    return LESSONS.index(lesson) + 1


def overview() -> list[dict[str, Any]]:
    """Number, name and title of every lesson."""
    return [{"number": number_of(lesson), "name": lesson.name, "title": lesson.title} for lesson in LESSONS]


def listing() -> str:
    """The same as a table, and how to go on."""
    rows = [(str(each["number"]).rjust(2), each["name"], each["title"]) for each in overview()]
    how = f"One of them, by name or number, or all:\n    {this_python()} -m comparisons lesson data"
    return f"{table(rows, left=3)}\n\n{how}"


# Running


def run(lesson: Lesson) -> Outcome:
    """The lesson's program on both sides, one thread on each."""
    with equal_threads(1):
        return Outcome(*(said(lesson, library) for library in LIBRARIES))


def said(lesson: Lesson, library: Any) -> list[str]:
    """What the program prints on one side, its warnings where they come, and the error that ends it."""
    out = io.StringIO()

    def show(message: Any, category: type[Warning], *_: Any, **__: Any) -> None:
        text = str(message).partition(" (Triggered internally")[0]  # torch goes on with a line of its own source
        print(f"{category.__name__}: {text}", file=out)

    with redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        try:
            lesson.program(library)
        except (RuntimeError, ValueError) as error:
            print(f"{type(error).__name__}: {error}")
    return out.getvalue().rstrip().splitlines()


def alike(mine: str, other: str) -> bool:
    """Whether two lines say the same: messages in type and first words, numbers up to rounding, none that is measured.

    >>> alike("loss 0.44012 after ≈ 3 ms", "loss 0.44013 after ≈ 5 ms")
    True
    >>> alike("RuntimeError: the shape is wrong", "ValueError: the shape is wrong")
    False
    """
    if MESSAGE.match(mine):
        return mine.split()[: MESSAGE_WORDS + 1] == other.split()[: MESSAGE_WORDS + 1]
    mine, other = (MEASURED.sub("≈", line) for line in (mine, other))
    words, numbers = zip(*((NUMBER.split(line), NUMBER.findall(line)) for line in (mine, other)), strict=True)
    return words[0] == words[1] and all(
        math.isclose(float(a), float(b), rel_tol=RELATIVE) for a, b in zip(*numbers, strict=True)
    )


# Printing


def draw(lesson: Lesson, outcome: Outcome, width: int) -> str:
    """The lesson as it is printed, for a terminal of so many columns."""
    found, difference = lesson.line.find(), outcome.difference()
    narrow = min(width, TEXT_WIDTH)
    line = textwrap.fill(found.text, narrow - 10, subsequent_indent="    ", break_long_words=False)
    title = f"Lesson {number_of(lesson)}: {lesson.title}"
    return "\n\n".join(
        (
            "\n".join([*(heading := textwrap.wrap(title, narrow)), "─" * len(heading[0])]),
            textwrap.indent(lesson.code, "    "),
            columns(outcome, width),
            textwrap.fill(verdict(outcome, difference), narrow),
            *(textwrap.fill(" ".join(paragraph.split()), narrow) for paragraph in lesson.text.split("\n\n")),
            hanging("Remember", textwrap.fill(lesson.remember, narrow - 10), 10) + "\n"
            + hanging("See", f"{found.file}:{found.number}\n{line}", 10),
        )
    )  # fmt: skip


def columns(outcome: Outcome, width: int) -> str:
    """What both sides said: side by side where what they print fits, else one under the other."""
    sides = {"minigrad": outcome.minigrad, "torch": outcome.torch}
    room = (width - 6) // 2
    left, right = ([name, *wrapped(lines, room)] for name, lines in sides.items())
    if max(map(len, left + right)) > room:
        room = min(width, TEXT_WIDTH) - 4
        return "\n\n".join(
            f"{name}\n" + textwrap.indent("\n".join(wrapped(lines, room)), "    ") for name, lines in sides.items()
        )
    gap = max(len(line) for line in left) + 4
    indent = [""] + ["  "] * max(len(left), len(right))
    pairs = zip(indent, zip_longest(left, right, fillvalue=""), strict=False)
    return "\n".join(f"{lead}{mine.ljust(gap)}{other}".rstrip() for lead, (mine, other) in pairs)


def wrapped(lines: Sequence[str], width: int) -> list[str]:
    """The lines, messages broken to fit; what a program printed stays as it is."""
    return [
        part for line in lines for part in (textwrap.wrap(line, width, **WRAPPING) if MESSAGE.match(line) else [line])
    ]


def verdict(outcome: Outcome, difference: int | None) -> str:
    """Whether the two sides said the same."""
    if difference is None:
        measured = any(MEASURED.search(line) for line in outcome.torch)
        return "The two sides agree" + (" (≈ is measured, and not compared)." if measured else ".")
    return f"The two sides differ, first in line {difference}."


def as_json(lesson: Lesson, outcome: Outcome) -> dict[str, Any]:
    """All that is printed of a lesson, for a program to read."""
    return {
        "number": number_of(lesson),
        "name": lesson.name,
        "title": lesson.title,
        "agree": outcome.difference() is None,
        "program": lesson.code,
        "minigrad": outcome.minigrad,
        "torch": outcome.torch,
        "text": lesson.text,
        "remember": lesson.remember,
        "line": asdict(lesson.line.find()),
    }
