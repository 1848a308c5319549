"""Small helpers for what the commands print: tables, labels, the progress bar. How wide, `width.py` decides."""

import sys
from collections.abc import Sequence
from itertools import zip_longest

from tqdm import tqdm

from .settings import Settings
from .width import width, wrapped

GAP = 2  # columns between two columns of a table


def table(rows: Sequence[Sequence[str]], left: int = 1, spare: Sequence[str] = (), prose: bool = False) -> str:
    """Rows of cells in columns, the first row being the heads; the first `left` columns to the left, the others right.

    Where the terminal is too narrow, columns are left out, and then cells go on in a line below.

    Args:
        spare: the heads of columns that may be left out, the first first. prose: the last column stands to the left.

    >>> print(table([("name", "n"), ("fc", "10")]))
    name   n
    fc    10
    """
    for head in spare:
        if sum(natural_widths(rows)) + GAP * (len(rows[0]) - 1) > width():
            place = rows[0].index(head)
            rows = [(*row[:place], *row[place + 1 :]) for row in rows]
    widths, last = fitting_widths(rows), len(rows[0]) - 1
    to_the_left = [column < left or (prose and column == last) for column in range(last + 1)]
    return "\n".join(line for row in rows for line in lines_of(row, widths, to_the_left))


def natural_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """What each column needs for its longest cell."""
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def fitting_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """The same, the widest columns made narrower until all of them fit, but none narrower than its longest word."""
    widths = natural_widths(rows)
    least = [max(len(word) for cell in column for word in cell.split() or [""]) for column in zip(*rows, strict=True)]
    while sum(widths) + GAP * (len(widths) - 1) > width():
        able = [column for column, need in enumerate(least) if widths[column] > need]
        if not able:
            break
        widths[max(able, key=widths.__getitem__)] -= 1
    return widths


def lines_of(row: Sequence[str], widths: Sequence[int], to_the_left: Sequence[bool]) -> list[str]:
    """A row in as many lines as its cells need."""
    # (A cell that fits is left as it is: its own blanks may stand for something.)
    cells = [
        [cell] if len(cell) <= room else wrapped(cell.strip(), room) for cell, room in zip(row, widths, strict=True)
    ]
    return [
        (" " * GAP)
        .join(
            cell.ljust(room) if is_left else cell.rjust(room)
            for cell, room, is_left in zip(line, widths, to_the_left, strict=True)
        )
        .rstrip()
        for line in zip_longest(*cells, fillvalue="")
    ]


def hanging(label: str, text: str, indent: int) -> str:
    """A label and, from column `indent` on, a text of one line or more; a line that is too long goes on below.

    >>> print(hanging("loss", "one", 6))
    loss  one
    """
    room = width() - indent
    lines = [part for line in text.split("\n") for part in ([line] if len(line) <= room else wrapped(line, room))]
    return label.ljust(indent) + ("\n" + " " * indent).join(lines)


def say(settings: Settings, text: str) -> None:
    """Prints a result, at once. With --json stdout is for the one object."""
    if not settings.json:
        tqdm.write(text, file=sys.stdout)  # print, but a progress bar steps aside
        sys.stdout.flush()


def progress(total: int, done: int = 0, quiet: bool = False) -> tqdm:
    """A progress bar with the time left, on stderr, where that is a terminal. `done` steps were made in another run.

    The time left is by the mean of all steps (smoothing 0): those of the two sides take turns and are not equally long.
    How many steps there are is not shown, so that there is room for the bar in a narrow terminal.
    """
    return tqdm(
        total=total, initial=done, file=sys.stderr, disable=quiet or not sys.stderr.isatty(), leave=False,
        dynamic_ncols=True, smoothing=0, bar_format="{desc} {percentage:3.0f}%|{bar}| {remaining} left",
    )  # fmt: skip
