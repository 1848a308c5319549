"""What is said of a name that torch may have and minigrad has not.

The error's text is torch's own; behind it stands where to look, as a note, which Python prints below the error.
"""

import sys
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any, NoReturn

from .tensor import Tensor

OUTSIDE = "outside minigrad's scope; `python -m minigrad --list` prints what there is"


def say_what_is_missing(modules: Iterable[str]) -> None:
    """From now on the modules of these names, and tensors, say so of what they have not."""
    for name in modules:
        sys.modules[name].__getattr__ = of_module(name)  # type: ignore[method-assign]
    Tensor.__getattr__ = of_tensor  # type: ignore[method-assign]


def of_module(module: str) -> Callable[[str], NoReturn]:
    """The function that Python calls for a name that a module has not.

    >>> import minigrad
    >>> minigrad.einsum
    Traceback (most recent call last):
    AttributeError: module 'minigrad' has no attribute 'einsum'
    (outside minigrad's scope; `python -m minigrad --list` prints what there is)
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
    """The error, with the note; without it where the name is Python's own, or only misspelt."""
    if not name.startswith("_") and not get_close_matches(name, dir(error.obj), n=1, cutoff=0.8):
        error.add_note(f"({OUTSIDE})")
    return error
