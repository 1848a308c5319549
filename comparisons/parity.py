"""`python -m comparisons parity`: every operation, in fresh random cases, in both libraries; a ledger of what agrees.

One line per operation: how many cases; how far values, gradients and second derivatives were apart at worst, in units
of the last place of the largest number in play; how many graphs, errors and printed forms were compared. `-2` behind a
figure means that two comparisons of that kind differ. Below it, each difference once, in its shortest example, which
can be pasted into an interpreter. What the README's list of differences names is counted and no fault.

The cases are drawn in `cases/`, the checks are in `checks.py`, the known differences in `differences.py`.
"""

import argparse
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

import minigrad

from .cases import TABLE, Case, Op
from .checks import Comparison, Difference, compare, largest
from .differences import Known, known_as
from .parsing import did_you_mean
from .running import LIBRARIES, all_nodes, run
from .runs import to_json
from .settings import CannotRun
from .text import hanging
from .width import fitted, width

FIGURES = ("values", "gradients", "second derivatives")  # compared as numbers: the worst error
COUNTS = ("graph", "errors", "printed")  # the same or not
WIDTHS = dict(zip((*FIGURES, *COUNTS), (9, 10, 10, 9, 9, 9), strict=True))
LAST = 7  # columns of each count behind them
WIDE = 123  # columns: where the terminal has fewer, each operation is a sentence


@dataclass(frozen=True)
class Finding:
    """A difference, in which operation and case it was found, and which known one it is."""

    op: str
    case: Case
    difference: Difference
    known: Known | None

    @property
    def kind(self) -> tuple[str, str]:
        return (
            self.op,
            f"{self.difference.check}, {self.case.form}" if self.case.form != "plain" else self.difference.check,
        )

    def text(self) -> str:
        return f"{self.op}, {self.difference.check}: {self.case}\n{self.difference.text}"


@dataclass
class Line:
    """What was found out about one operation."""

    op: Op
    cases: int = 0
    compared: Counter = field(default_factory=Counter)
    worst: dict[str, float] = field(default_factory=dict)
    found: list[Finding] = field(default_factory=list)
    nodes: set[str] = field(default_factory=set)  # that minigrad left behind

    def add(self, case: Case, comparison: Comparison) -> None:
        """Counts one more case in."""
        self.cases += 1
        self.compared += comparison.compared
        for check, apart in comparison.worst.items():
            self.worst[check] = max(apart, self.worst.get(check, 0.0))
        for each in comparison.differences:
            known = known_as(self.op.name, each.check, str(case), each.text)
            self.found.append(Finding(self.op.name, case, each, known))

    def text(self) -> str:
        """The line as it is printed."""
        figures = self.figures()
        if is_narrow():
            text = ", ".join(f"{name} {figure}" for name, figure in figures.items() if figure not in ("", "-"))
            return hanging(f"{self.op.name:20}", f"{self.cases} cases: {text}", 22)
        cells = [figure.rjust(WIDTHS.get(name, LAST)) for name, figure in figures.items()]
        return "  ".join([self.op.name.ljust(20), str(self.cases).rjust(6), *cells]).rstrip()

    def figures(self) -> dict[str, str]:
        """What stands in each column, by its head."""
        differ = Counter(finding.difference.check for finding in self.found)
        found = {}
        for check in WIDTHS:
            figure = f"{self.worst.get(check, 0.0):.3g}" if check in FIGURES else str(self.compared[check])
            figure = figure if self.compared[check] else "-"
            found[check] = figure + (f" -{differ[check]}" if differ[check] else "")
        others = differ.total() - differ["missing"] - sum(differ[check] for check in WIDTHS)
        unknown = sum(finding.known is None for finding in self.found)
        last = {"others": others, "missing": differ["missing"], "new": unknown}
        return found | {name: str(number or "") for name, number in last.items()}


def head() -> str:
    """The names of the columns; nothing where there are none, and each line says what its figures are."""
    cells = ["operation".ljust(20), " cases", *(check.split()[0].rjust(room) for check, room in WIDTHS.items())]
    return "" if is_narrow() else "\n" + "  ".join([*cells, " others", "missing", "    new"])


def is_narrow() -> bool:
    """Whether the terminal has no room for the columns."""
    return width(math.inf) < WIDE


def main(options: argparse.Namespace) -> int:
    """Runs the ledger and prints it, after Ctrl-C as far as it got.

    Returns: the exit code: 1 where something differs that the README does not name, 130 after Ctrl-C.
    """
    lines, ops, finished = [], chosen(options.op), True
    if not options.json:
        cases = f"{options.cases} drawn cases per operation and more made of them, seed {options.seed}"
        means = "worst errors in ulps (the distance to the next float), numbers of comparisons; -n: so many differ"
        print(fitted(f"minigrad beside torch {torch.__version__}, {cases}\n{means}\n{head()}"))
    try:
        for op in ops:
            lines.append(examine(op, options.cases, options.seed))
            if not options.json:
                print(lines[-1].text(), flush=True)
    except KeyboardInterrupt:
        finished = False
        if not lines:
            raise
    new = [finding for line in lines for finding in line.found if finding.known is None]
    if options.json:
        print(to_json(as_json(lines, options, not new if finished else None)))
    else:
        print("\n".join(summary(lines)))
        if not finished:
            print(f"\nInterrupted after {len(lines)} of {len(ops)} operations.")
    return 130 if not finished else 1 if new else 0


def chosen(name: str | None) -> list[Op]:
    """The operation of this name, those of the file of this name, or all. Raises: CannotRun when there is none such."""
    found = [op for op in TABLE.values() if name in (None, op.name, op.group)]
    if not found:
        groups = dict.fromkeys(op.group for op in TABLE.values())
        hint = did_you_mean(str(name), [*TABLE, *groups]) or f" The kinds are {', '.join(groups)}."
        raise CannotRun(f"--op {name}: no such operation, nor kind of operations.{hint}")
    return found


def examine(op: Op, count: int, seed: int) -> Line:
    """So many random cases of an operation with all that is made of them, and its bad calls, on both sides."""
    line = Line(op)
    for case in [*op.cases(count, seed), *op.also, *(Case(text, {}) for text in op.errors)]:
        arrays = list(case.arrays.values())
        ours, theirs = (
            run(library, case.program, arrays, case.requires_grad, second=True, catch=True) for library in LIBRARIES
        )
        line.add(case, compare(ours, theirs, max([1.0, *(largest(x) for x in arrays if x.dtype != bool)])))
        line.nodes |= set(all_nodes(ours))
    return line


def summary(lines: Sequence[Line]) -> Iterator[str]:
    """The total, the known differences that were met, and the new ones."""
    total = Line(Op("total", lines[0].op.draw))
    for line in lines:
        total.cases += line.cases
        total.compared += line.compared
        total.found += line.found
        total.worst |= {check: max(apart, total.worst.get(check, 0.0)) for check, apart in line.worst.items()}
    yield total.text()
    by_sentence: dict[str, list[Finding]] = {}
    for finding in total.found:
        if finding.known is not None:
            by_sentence.setdefault(finding.known.sentence, []).append(finding)
    if by_sentence:
        yield "\nKnown differences, in the README's words"
    for sentence, findings in by_sentence.items():
        shortest = min(findings, key=lambda finding: finding.case.reading())
        yield hanging(f"{len(findings):6}  ", f"{sentence}\nsuch as {shortest.case}", 8)
    new: dict[tuple[str, str], list[Finding]] = {}
    for finding in total.found:
        if finding.known is None:
            new.setdefault(finding.kind, []).append(finding)
    yield f"\nNew differences: {sum(map(len, new.values()))}" if new else "\nNothing else differs."
    shortest_first = (min(findings, key=lambda finding: finding.case.reading()) for findings in new.values())
    for finding in sorted(shortest_first, key=lambda finding: finding.case.reading()):
        yield hanging(f"{len(new[finding.kind]):6}  ", finding.text(), 8)


def as_json(lines: Sequence[Line], options: argparse.Namespace, agree: bool | None) -> dict[str, Any]:
    """All of it, for programs. `agree` is null after Ctrl-C: no verdict then."""
    return {
        "command": "parity",
        "seed": options.seed,
        "cases": options.cases,
        "versions": {"numpy": np.__version__, "torch": torch.__version__, "minigrad": minigrad.__version__},
        "agree": agree,
        "operations": [
            {
                "name": line.op.name,
                "kind": line.op.group,
                "cases": line.cases,
                "compared": dict(line.compared),
                "worst_ulps": line.worst,
                "differences": [
                    {
                        "check": finding.difference.check,
                        "form": finding.case.form,
                        "program": str(finding.case),
                        "says": finding.difference.text,
                        "known": finding.known and finding.known.sentence,
                    }
                    for finding in line.found
                ],
            }
            for line in lines
        ],
    }
