"""The parser of the command line: argparse's, whose errors name the nearest thing that exists, in a width that fits.

Only the standard library is needed. Read next: `options.py`, what each command may be told.
"""

import argparse
import re
import shlex
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NoReturn

from .width import fitted, width, wrapped

CHOICES = re.compile(r"invalid choice: '?([^']*?)'? \(choose from (.*)\)$")
UNKNOWN = "unrecognized arguments: "
MISSING = "the following arguments are required: "
OTHER_NAMES = {"gpu": "cuda", "float": "float32", "double": "float64", "png": "svg"}  # for what there is as a choice
BESIDE = " " * len("usage: ")
UNBROKEN = "\0"  # stands for a blank inside the brackets of an option


def nearest(word: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names that look like the word: those that begin with it, those that have it inside, and what is nearly it.

    >>> nearest("--epoch", ["--epochs", "--seed"]), nearest("conv", ["max_pool2d", "conv2d"]), nearest("xyz", ["mnist"])
    (['--epochs'], ['conv2d'], [])
    """
    by_lower = {name.casefold().lstrip("-"): name for name in names}
    word = word.casefold().lstrip("-")
    inside = [name for name in by_lower if len(word) > 2 and word in name]
    inside.sort(key=lambda name: (name.index(word), len(name)))
    near = dict.fromkeys([*inside, *get_close_matches(word, by_lower, n=most, cutoff=0.6)])
    return [by_lower[name] for name in near][:most]


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """A question to put behind an error, with a blank before it; nothing where nothing is near.

    >>> did_you_mean("trian", ["train", "test"])
    ' Did you mean train?'
    """
    near = nearest(word, names)
    return f" Did you mean {' or '.join(map(shlex.quote, near))}?" if near else ""


class Parser(argparse.ArgumentParser):
    """argparse's, with a hint behind its errors. No abbreviations: the next option could change what they mean."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Prints what is wrong, and what may have been meant; ends with exit code 2.

        The usage is only printed for what is missing; elsewhere its many lines would hide the one that helps.
        """
        if message.startswith(MISSING):
            self.print_usage(sys.stderr)
        hint = self.hint(message) or "; --help lists the options" * (not message.startswith(MISSING))
        self.exit(2, fitted(f"{self.prog}: error: {message}{hint}") + "\n")

    def hint(self, message: str) -> str:
        """The nearest option to one that there is not, or the nearest choice."""
        choice = CHOICES.search(message)
        if choice:
            names = re.findall(r"[\w.-]+", choice[2])
            word = OTHER_NAMES.get(choice[1].casefold(), choice[1])
            hint = did_you_mean(word, names) or did_you_mean(word, self._option_string_actions)
            return f".{hint}" if hint else ""
        if not message.startswith(UNKNOWN):
            return ""
        options = [word.partition("=")[0] for word in message.removeprefix(UNKNOWN).split() if word.startswith("-")]
        near = [name for word in options for name in nearest(word, self._option_string_actions, most=1)]
        return f". Did you mean {' and '.join(near)}?" if near else ""

    def format_usage(self) -> str:
        """The usage, its options further to the left where they do not fit beside the command's name."""
        return narrowed(super().format_usage())

    def format_help(self) -> str:
        """The whole help, its usage as above."""
        usage, *rest = super().format_help().split("\n\n")
        return "\n\n".join([narrowed(usage), *rest])


class CommandsInLine(argparse.RawDescriptionHelpFormatter):
    """argparse's layout of the list of commands, whose names stand further to the right than it allows for."""

    def add_argument(self, action: argparse.Action) -> None:
        super().add_argument(action)
        if isinstance(action.choices, dict):  # the commands and their parsers
            longest = max(map(len, action.choices))
            self._action_max_length = max(self._action_max_length, longest + 2 * self._indent_increment)


def narrowed(usage: str) -> str:
    """A usage in a width that fits."""
    if max(map(len, usage.split("\n"))) <= width():
        return usage
    whole = re.sub(r"\[[^][]*\]", lambda option: option[0].replace(" ", UNBROKEN), " ".join(usage.split()))
    return "\n".join(wrapped(whole, width(), "", BESIDE)).replace(UNBROKEN, " ") + "\n" * usage.endswith("\n")
