"""`python -m comparisons step`: a backward pass, one node at a time, in the order in which the engine runs.

Both libraries run the same program and its backward pass, with hooks that note each node's turn; what is shown is
what they noted. In a terminal you go through it step by step, and back; elsewhere all steps are printed. Read next:
`minigrad/autograd/engine.py`, the loop whose turns these are.
"""

import argparse
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

import numpy as np

from .agreement import EPSILON, ROUNDINGS, difference_between
from .explain_saved import note_on
from .explain_trace import numbers_text
from .runs import to_json
from .settings import RECIPES
from .step_programs import BATCH, DEFAULT, of_expression, of_network
from .step_record import Array, Event, Pass, title
from .width import fitted, width, wrapped

NOT_SAVED = "(none)"
WHOLE = 9  # numbers: a tensor of no more is shown whole
KEYS = "n (or nothing) next, p previous, a number jumps there, q quits; then Enter"
HOW = "In a formula x, y, z are that node's own inputs and output. [4]: the node's turn is step 4."


def main(options: argparse.Namespace) -> int:
    """Records both passes and shows them. Returns the exit code: 0 they agree in every step, 1 they do not.

    Raises: CannotRun for an expression that has no backward pass.
    """
    if options.net:
        what = f"the loss of {BATCH} digits in {RECIPES[options.net].network}"
        walk = Walk(what, *of_network(options.net, options.seed))
    else:
        expression = DEFAULT if options.expr is None else options.expr
        walk = Walk(expression, *of_expression(expression, options.seed))
    if options.json:
        print(to_json(walk.as_json()))
    elif options.all or not (sys.stdin.isatty() and sys.stdout.isatty()):
        print("\n".join(walk.everything()))
    else:
        by_hand(walk, input)
    return 0 if walk.agrees else 1


class Walk:
    """Two passes, step by step."""

    def __init__(self, what: str, ours: Pass, theirs: Pass) -> None:
        self.what, self.ours, self.theirs = what, ours, theirs
        self.pairs = list(zip_longest(ours.events, theirs.events))

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def agrees(self) -> bool:
        """Whether every step is the same on both sides: node, edges, gradients up to rounding."""
        return all(self.same(number) for number in range(1, len(self) + 1))

    def same(self, number: int) -> bool:
        """Whether a step is."""
        ours, theirs = self.pairs[number - 1]
        if ours is None or theirs is None:
            return False
        if (title(ours), ours.receivers) != (title(theirs), theirs.receivers):
            return False
        pairs = zip_longest(ours.incoming + ours.outgoing, theirs.incoming + theirs.outgoing)
        return all(close(mine, other) for mine, other in pairs)

    def head(self) -> str:
        """What is walked, and the leaves, where they are so small that you can follow the numbers."""
        leaves = self.ours.leaves if all(is_small(leaf) for leaf in self.ours.leaves.values()) else {}
        lines = [part for name, leaf in sorted(leaves.items()) for part in labelled(f"{name} ", rows_text(leaf))]
        what = fitted(f"{self.what}: backward in {len(self)} steps, minigrad beside torch")
        return "\n".join([what, fitted(HOW), *([""] if lines else []), *lines])

    def everything(self) -> Iterator[str]:
        """All steps, and the verdict."""
        yield self.head()
        for number in range(1, len(self) + 1):
            yield ""
            yield from self.step(number)
        yield self.verdict()

    def verdict(self) -> str:
        """Whether all steps are the same, and which are not."""
        differing = [number for number in range(1, len(self) + 1) if not self.same(number)]
        verdict = f"differ in step {', '.join(map(str, differing))}" if differing else "agree in every step"
        return fitted(f"\nThe two sides {verdict}.")

    def step(self, number: int) -> Iterator[str]:
        """One node's turn on both sides."""
        ours, theirs = self.pairs[number - 1]
        event = ours or theirs
        assert event is not None
        yield f"step {number} of {len(self)}: {title(event)}"
        if ours is None or theirs is None or title(ours) != title(theirs):
            names = ("nothing" if side is None else title(side) for side in (ours, theirs))
            yield fitted("  DIFFER: minigrad ran {}, torch {}".format(*names))
        yield from labelled("formula", event.formula)
        yield from self.gradients("arrives", [""] * len(event.incoming), *both(ours, theirs, "incoming"))
        yield from self.saved(ours, theirs)
        if event.receivers:
            aims = [self.aim(receiver) for receiver in event.receivers]
            yield from self.gradients("sends", aims, *both(ours, theirs, "outgoing"))
        else:
            yield from labelled("sends", f"nothing: what arrived is added to {event.parameter}.grad")
        yield from labelled("queue", self.waiting(number))

    def aim(self, receiver: tuple[int, int] | None) -> str:
        """Where an edge leads, in words."""
        if receiver is None:
            return "to nobody: (None, 0)"
        key, output = receiver
        return f"to {self.called(key)}" + (f", output {output}" if output else "")

    def called(self, key: int) -> str:
        """A node's name and the number of its step."""
        side = self.ours if key in self.ours.names else self.theirs
        number = side.number_of(key)
        return f"{side.names[key]} [{number if number is not None else 'never runs'}]"

    def gradients(self, label: str, notes: list[str], ours: list[Array], theirs: list[Array]) -> Iterator[str]:
        """Gradients of both sides, one under the other, each with its note in front."""
        for number, (note, mine, other) in enumerate(zip_longest(notes, ours, theirs)):
            several = f"{number}: " if len(notes) > 1 else ""
            if note is not None and note.startswith("to nobody"):
                yield from labelled(label, several + note)
            else:
                yield from labelled(label, f"{several}{note}".strip()) if note else ()
                yield from labelled("" if note else label, f"minigrad  {gradient_text(mine)}")
                verdict = "agree" if close(mine, other) else "DIFFER"
                yield from labelled("", f"torch     {gradient_text(other)}  {verdict}")
            label = ""

    def saved(self, ours: Event | None, theirs: Event | None) -> Iterator[str]:
        """The saved values that minigrad's node keeps, torch's beside them."""
        names = list(ours.saved) if ours else list(theirs.saved) if theirs else []
        if not names:
            yield from labelled("saved", "nothing")
        for number, name in enumerate(names):
            mine, other = (side.saved.get(name, NOT_SAVED) if side else NOT_SAVED for side in (ours, theirs))
            pair = saved_text(mine), saved_text(other)
            label = "saved" if number == 0 else ""
            if pair[0] == pair[1]:
                yield from labelled(label, f"{name} = {pair[0]} on both sides")
            else:
                yield from labelled(label, f"{name}: minigrad {pair[0]}")
                yield from labelled("", f"{' ' * len(name)}  torch    {pair[1]}")
                if not isinstance(mine, np.ndarray) and NOT_SAVED not in (mine, other):
                    yield from labelled("", f"({note_on(mine, other)})")

    def waiting(self, number: int) -> str:
        """Which nodes are ready after a step, and how many gradients the others still wait for."""
        ours, theirs = self.ours.still_needed(number), self.theirs.still_needed(number)
        states = {key: f"waits for {count} more" if count else "is ready" for key, count in ours.items()}
        texts = [f"{self.called(key)} {state}" for key, state in states.items()]
        if ours != theirs:
            texts.append("in torch others: " + (", ".join(self.theirs.names[key] for key in theirs) or "none"))
        return "; ".join(texts) or "nobody is left: the backward pass is done"

    def as_json(self) -> dict[str, Any]:
        """The walk, for programs."""
        steps = [
            {"step": number, "agree": self.same(number),
             **{name: event_json(event) for name, event in zip(("minigrad", "torch"), pair, strict=True)},
             "waiting": {self.called(key): count for key, count in self.ours.still_needed(number).items()}}
            for number, pair in enumerate(self.pairs, 1)
        ]  # fmt: skip
        return {"command": "step", "what": self.what, "agree": self.agrees, "steps": steps}


def both(ours: Event | None, theirs: Event | None, field: str) -> tuple[list[Array], list[Array]]:
    """A field of both sides; nothing for a side that has no such step."""
    return (getattr(ours, field) if ours else []), (getattr(theirs, field) if theirs else [])


def close(mine: Array, other: Array) -> bool:
    """Whether two gradients are the same up to rounding."""
    if mine is None or other is None:
        return mine is other
    if np.array_equal(mine, other, equal_nan=True):
        return True
    return difference_between(mine, other).relative <= ROUNDINGS * EPSILON.get(mine.dtype.name, 0.0)


def gradient_text(grad: Array) -> str:
    """A gradient's shape and numbers; of a large one the first of them and the norm."""
    if grad is None:
        return "no gradient"
    if is_small(grad):
        return rows_text(grad)
    return f"{numbers_text(grad, 3 if grad.ndim <= 2 else 2, 3)}  norm {norm_of(grad):.4g}"


def saved_text(value: Any) -> str:
    """A saved value: a tensor's shape and numbers, of a large one the first; anything else as Python writes it."""
    if isinstance(value, np.ndarray):
        return rows_text(value) if is_small(value) else numbers_text(value, 3)
    return textwrap.shorten(re.sub(r"tensor\(.*?\)", "tensor", repr(value)), 60, placeholder=" …")


def is_small(array: np.ndarray) -> bool:
    """Whether all its numbers are shown."""
    return 0 < array.size <= WHOLE and array.ndim <= 2


def rows_text(array: np.ndarray) -> str:
    """A shape and all the numbers, to four digits, a bar between two rows.

    >>> rows_text(np.array([[1., -0.5], [2 / 3, 4]]))
    '(2, 2): 1, -0.5 | 0.6667, 4'
    """
    rows = array if array.ndim == 2 else [array.ravel()]
    return f"{tuple(array.shape)}: " + " | ".join(", ".join(f"{number:.4g}" for number in row) for row in rows)


def event_json(event: Event | None) -> dict[str, Any] | None:
    """One side of a step, for programs."""
    if event is None:
        return None
    norms = {"incoming": list(map(measured, event.incoming)), "outgoing": list(map(measured, event.outgoing))}
    return {"node": event.name, "parameter": event.parameter, "saved": sorted(event.saved), **norms}


def measured(grad: Array) -> dict[str, Any] | None:
    """A gradient's shape and norm, for programs."""
    return None if grad is None else {"shape": grad.shape, "norm": norm_of(grad)}


def norm_of(grad: np.ndarray) -> float:
    """√Σg², computed in float64."""
    return float(np.linalg.norm(grad.astype(np.float64).ravel()))


def labelled(label: str, text: str) -> list[str]:
    """A line of a step; a long one goes on below its beginning."""
    return wrapped(text, width(), f"  {label:9}", " " * 13)


# -- By hand


def by_hand(walk: Walk, ask: Callable[[str], str]) -> None:
    """Shows one step at a time, and does what the answers say; at the end the verdict."""
    print(walk.head(), fitted(KEYS), sep="\n")
    number = 1
    while number:
        print("", *walk.step(number), sep="\n")
        wanted = None
        while wanted is None:
            try:
                wanted = after_answer(ask(f"[{number}/{len(walk)}] ").strip().lower(), number, len(walk))
            except EOFError:
                print()  # the prompt has no line end
                wanted = 0
            if wanted is None:
                print(fitted(f"{KEYS} (steps 1 to {len(walk)})"))
        number = wanted
    print(walk.verdict())


def after_answer(answer: str, number: int, last: int) -> int | None:
    """The step that an answer leads to; 0 to end, as after the last; None for an answer that means nothing.

    >>> after_answer("n", 3, 9), after_answer("p", 1, 9), after_answer("7", 1, 9), after_answer("", 9, 9)
    (4, 1, 7, 0)
    """
    if answer in ("q", "quit"):
        return 0
    if answer in ("", "n", "next"):
        return number + 1 if number < last else 0
    if answer in ("p", "previous"):
        return max(number - 1, 1)
    return int(answer) if answer.isdecimal() and 1 <= int(answer) <= last else None
