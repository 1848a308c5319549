"""A program tells what it sees, once in minigrad and once in torch, and both stories must be the same.

`parity.py` compares what a program returns. Where the order of events matters, an error in the middle, a warning, a
hook that is called or not, the program is given a witness, `see`, and shows it things on the way:

    def story(lib, see):
        x = lib.ones(2, requires_grad=True)
        see(x, x.is_leaf)
        see.error(lambda: x.add_(1))

    assert_same_story(story)

Of a tensor the witness notes dtype, shape, values, requires_grad and the name of its node; of an error its type and
first words; and every warning on the way, by category and first words.
"""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from parity import LIBRARIES, ROUNDINGS

WORDS = 6  # of an error or a warning: as many as a search engine needs to find torch's explanation of it


class Witness:
    """Notes down what it is shown."""

    def __init__(self, warned: list[Any], words: int) -> None:
        self.seen: list[Any] = []
        self.warned = warned
        self.words = words

    def __call__(self, *things: Any) -> None:
        """Notes the things, and the warnings that came before them."""
        self.note_warnings()
        self.seen.append(tuple(described(thing) for thing in things))

    def error(self, attempt: Callable[[], Any]) -> None:
        """Notes what the attempt returns, or the error that it ends in."""
        try:
            result = described(attempt())
        except Exception as error:
            self(type(error).__name__, *str(error).split()[: self.words])
        else:
            self("returned", result)

    def note_warnings(self) -> None:
        while self.warned:
            warning = self.warned.pop(0)
            if warning.category is not RuntimeWarning:  # NumPy's, of nan and infinity; see minigrad/__init__.py
                self.seen.append((warning.category.__name__, *str(warning.message).split()[: self.words]))


def described(thing: Any) -> Any:
    """What can be seen of a thing in either library."""
    if hasattr(thing, "next_functions") or isinstance(thing, type):
        return getattr(thing, "__name__", type(thing).__name__)
    if hasattr(type(thing), "grad_fn"):
        node = thing.grad_fn
        values = thing.detach().tolist()
        return (str(thing.dtype), tuple(thing.shape), values, thing.requires_grad, node and type(node).__name__)
    if isinstance(thing, np.ndarray):
        return thing.tolist()
    if isinstance(thing, (tuple, list)):
        return tuple(described(item) for item in thing)
    if thing is None or isinstance(thing, (bool, int, float, str)):
        return thing
    return type(thing).__name__


def assert_same_story(story: Callable[[Any, Any], Any], words: int = WORDS) -> None:
    """Runs the program in both libraries and compares what the witness saw."""
    mine, other = (told(story, library, words) for library in LIBRARIES)
    assert other, "the program shows nothing"
    pairs = enumerate(zip(mine, other, strict=False))
    differ = [f"{index}: minigrad {a}\n{index}: torch    {b}" for index, (a, b) in pairs if not alike(a, b)]
    assert not differ, "\n".join(differ)
    assert len(mine) == len(other), f"one story ends earlier:\nminigrad {mine}\ntorch    {other}"


def told(story: Callable[[Any, Any], Any], library: Any, words: int) -> list[Any]:
    """What the witness saw in one library."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        see = Witness(warned, words)
        story(library, see)
        see.note_warnings()
    return see.seen


def alike(mine: Any, other: Any) -> bool:
    """Equal; floats up to rounding in float32, nan where the other is nan."""
    if isinstance(mine, float) and isinstance(other, float):
        close = math.isclose(mine, other, rel_tol=ROUNDINGS * 2.0**-23, abs_tol=ROUNDINGS * 2.0**-23)
        return close or (math.isnan(mine) and math.isnan(other))
    if isinstance(mine, (tuple, list)) and isinstance(other, (tuple, list)):
        return len(mine) == len(other) and all(alike(a, b) for a, b in zip(mine, other, strict=True))
    return type(mine) is type(other) and mine == other
