"""Small helpers for what the commands print: tables, counts, the progress bar."""

import sys
from collections.abc import Sequence

from tqdm import tqdm

from .settings import Settings


def table(rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Rows of cells in columns, the first row being the heads; the first `left` columns to the left, the others right.

    >>> print(table([("name", "n"), ("fc", "10")]))
    name   n
    fc    10
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def hanging(label: str, text: str, width: int) -> str:
    """A label of this width and a text of one line or more, the later ones below the first.

    >>> print(hanging("loss", "one", 6))
    loss  one
    """
    return label.ljust(width) + text.replace("\n", "\n" + " " * width)


def say(settings: Settings, text: str) -> None:
    """Prints a result, at once. With --json stdout is for the one object."""
    if not settings.json:
        tqdm.write(text, file=sys.stdout)  # print, but a progress bar steps aside
        sys.stdout.flush()


def progress(settings: Settings, total: int, done: int = 0) -> tqdm:
    """A progress bar with the time left, on stderr, where that is a terminal. `done` steps were made in another run.

    The time left is by the mean of all steps (smoothing 0): those of the two sides take turns and are not equally long.
    """
    hidden = settings.quiet or not sys.stderr.isatty()
    return tqdm(
        total=total, initial=done, unit=" steps", file=sys.stderr, disable=hidden, leave=False, dynamic_ncols=True,
        smoothing=0,
    )  # fmt: skip
