"""How wide the text is that the commands print, and how a long line is made to fit.

COLUMNS decides, else the terminal's own width; where there is neither, as in a pipe, it is 80. Below 60 columns nothing
gets narrower: a table has to stand somewhere; above 100 nothing gets wider. Three things are never broken: source code,
paths and commands to copy; they are indented by four or more, which is how `fitted` knows them.

Only the standard library is needed, so that `doctor` and `--help` can use it. Read next: `text.py`, which makes tables.
"""

import re
import shutil
import textwrap

NARROWEST, READABLE = 60, 100  # columns; lines longer than that are hard to read
VERBATIM = " " * 4


def width(most: float = READABLE) -> int:
    """How many columns a line may fill: those of the terminal, but no more than `most`."""
    return int(max(NARROWEST, min(most, shutil.get_terminal_size((80, 24)).columns)))


def wrapped(text: str, columns: int, first: str = "", later: str | None = None) -> list[str]:
    """The text in lines of so many columns, none of its words broken; what the first and the later lines begin with.

    >>> wrapped("one two three", 9, "", "  ")
    ['one two', '  three']
    """
    later = first if later is None else later
    return textwrap.wrap(text, columns, initial_indent=first, subsequent_indent=later,
                         break_long_words=False, break_on_hyphens=False)  # fmt: skip


def fitted(text: str) -> str:
    """The text with each line that is too long broken at a blank; it goes on below its beginning.

    >>> fitted("as it is")
    'as it is'
    """
    lines = []
    for line in text.split("\n"):
        start = " " * (len(line) - len(line.lstrip()))
        whole = len(line) <= width() or line.startswith(VERBATIM)
        lines += [line] if whole else wrapped(line.strip(), width(), start)
    return "\n".join(lines)


def reflowed(text: str, most: float = 80) -> str:
    """Paragraphs of prose, with an empty line between them, filled up anew: their own line ends do not count."""
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n\n".join("\n".join(wrapped(" ".join(paragraph.split()), width(most))) for paragraph in paragraphs)
