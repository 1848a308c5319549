"""What is said of a name that torch may have and minigrad has not.

The error's text is torch's own; behind it stands where to look, as a note, which Python prints below the error.
Python calls a module's `__getattr__`, and a class's, for the names that it does not find there. Read next: `standin/`.
"""

import sys
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any, NoReturn

from .tensor import Tensor

NEARLY_THE_SAME = 0.9  # of the letters
OUTSIDE = "outside minigrad's scope; `python -m minigrad --list` prints what there is"
NOTE = f"(what torch has under this name is {OUTSIDE})"


def say_what_is_missing(modules: Iterable[str]) -> None:
    """From now on the modules of these names say so of what they have not. (Of a tensor `methods.py` sees to it.)"""
    for name in modules:
        vars(sys.modules[name])["__getattr__"] = of_module(name)


def of_module(module: str) -> Callable[[str], NoReturn]:
    """The function that Python calls for a name that a module has not.

    >>> import minigrad
    >>> minigrad.einsum
    Traceback (most recent call last):
    AttributeError: module 'minigrad' has no attribute 'einsum'
    (what torch has under this name is outside minigrad's scope; `python -m minigrad --list` prints what there is)
    """

    def missing(name: str) -> NoReturn:
        owner = sys.modules[module]
        # (Of the name and its owner Python makes a "Did you mean …?" where something is spelt nearly so.)
        raise explained(AttributeError(f"module '{module}' has no attribute '{name}'", name=name, obj=owner), name)

    return missing


def of_tensor(tensor: Tensor, name: str) -> Any:
    """What Python calls for a name that a tensor has not."""
    kind = type(tensor)
    if hasattr(kind, name):  # a property of a user's class, in which something went wrong: that is the error
        return object.__getattribute__(tensor, name)
    raise explained(AttributeError(f"'{kind.__name__}' object has no attribute '{name}'", name=name, obj=tensor), name)


def explained(error: AttributeError, name: str) -> AttributeError:
    """The error, with the note; without it where the name is Python's own, or only misspelt.

    A name of torch's, such as Conv1d, may look like one that is here; so the note goes only where the two are nearly
    the same, and Python does not suggest one that differs by its number.
    """
    names = [each for each in dir(error.obj) if not each.startswith("_")]
    near = get_close_matches(name.casefold(), map(str.casefold, names), n=1, cutoff=NEARLY_THE_SAME)
    others = [each for each in get_close_matches(name, names) if without_digits(each) == without_digits(name)]
    if others and name.casefold() not in near:
        error.name = None
    if not name.startswith("_") and (others or not near):
        error.add_note(NOTE)
    return error


def without_digits(name: str) -> str:
    """conv1d and conv2d are both convd."""
    return "".join(letter for letter in name if not letter.isdigit())
