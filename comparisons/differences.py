"""The differences from torch that are known: which check sees them where, and the sentence in the README that says so.

`python -m comparisons parity` sorts what it finds by this list, and ends with exit code 1 for anything else. A test
holds the README to it: every sentence stands there, and every entry is still needed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """One difference."""

    sentence: str  # as it stands in the README
    checks: tuple[str, ...]  # which of the checks see it
    ops: tuple[str, ...] = ()  # in which entries of the table; everywhere if empty
    text: str = ""  # a regular expression for what the check says, or for the program

    def covers(self, op: str, check: str, program: str, said: str) -> bool:
        """Whether this is that difference."""
        if check not in self.checks or (self.ops and op not in self.ops):
            return False
        return not self.text or any(re.search(self.text, where) is not None for where in (program, said))


KNOWN: Sequence[Known] = (
    Known(
        "The graph of a *second* derivative (`create_graph=True`) is made of minigrad's own operations where torch has "
        "fused ones",
        ("second graph",),
    ),
    Known(
        "`_saved_dim` of a negative dimension is counted from the front, and not as torch prints it, as a number of 64 "
        "bits.",
        ("saved",),
        text=r"18446744073709\d+",
    ),
)


def known_as(op: str, check: str, program: str, said: str) -> Known | None:
    """The entry that names this difference, or None for a new one."""
    return next((known for known in KNOWN if known.covers(op, check, program, said)), None)
