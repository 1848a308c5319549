"""What `explain` says of a word, a sentence or an expression that is no node, makes none and is no known question.

Whether something leaves no node, is not there at all, or is spelled otherwise are different things, and each leads on:
to a command of its own, to the questions and lessons that speak of it, to names that are near. Read next: `options.py`.
"""

import re
import textwrap
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import torch

import minigrad

from .cases.table import compiled, evaluate
from .doctor import this_python
from .explain_operations import homes_of, near_names
from .explain_programs import quiet
from .explain_questions import QUESTIONS, lesson_command, lessons_about, questions_about, words_of
from .expressions import MAY_USE, names_for, words_for
from .options import COMMANDS

QUESTION_WORDS = ("why", "what")
HINTS = 3  # lessons, and questions
WITH_A_SIGN = re.compile(r"[\w)\]]\s*(\(|\[|\*|/|@|%|\+|<|>|=|\||&|\s-\s)")


def nothing_called(word: str) -> str:
    """What is said of what was asked."""
    if len(word.split()) > 1 and all(Path(name).exists() for name in word.split()):
        return "these are the files here, which the shell makes of *; between quotes it is the product: explain '*'"
    if word.casefold() in QUESTION_WORDS:
        return f"{word} what? These are the questions:{known_questions()}"
    spoken_of = commands_about(word)
    hint = f"These speak of it:{spoken_of}" if spoken_of else "Without a name the command lists all nodes."
    if word in COMMANDS:
        return f"{word} is a command of its own: {COMMANDS[word][0]}\n    {this_python()} -m comparisons {word}"
    reason = why_no_expression(word)
    if reason:
        return f"{word} {reason}"
    if reason == "" or homes_of(word, minigrad):
        return f"{word} leaves no node in a graph. {hint}"
    theirs = homes_of(word, torch)
    if theirs:
        listed = f"What it has is listed by\n    {this_python()} -m minigrad --list"
        return f"torch has {theirs[0]}, and minigrad has not. {listed}"
    return unknown(word, spoken_of)


def unknown(word: str, spoken_of: str) -> str:
    """What is said of what no library has: what is near, or everything that can be asked."""
    short = textwrap.shorten(word, 60, placeholder=" …")
    if " " in word:
        start = f"{short} is no question that is known here."
        if spoken_of:
            return f"{start} These speak of it:{spoken_of}"
        more = "".join(f"\n    {this_python()} -m comparisons {command}" for command in ("lesson", "step"))
        return f"{start} These are the questions:{known_questions()}\nand these commands may show it:{more}"
    near = near_names(word)
    hint = f"These speak of it:{spoken_of}" if spoken_of else "Without a name the command lists all nodes."
    if near:
        hint = f"Did you mean {', '.join(near)}?" + (f"\n{hint}" if spoken_of else "")
    return f"{short} is no node, and no operation or layer that makes one. {hint}"


def why_no_expression(word: str) -> str | None:
    """The error that an expression of x, w and b raises; "" if it raises none; None for what is no expression."""
    if not WITH_A_SIGN.search(word):
        return None
    try:
        compiled(word)
    except (SyntaxError, AssertionError, IndexError):
        return None
    try:
        with quiet():
            value: Any = evaluate(word, names_for(minigrad, 0))
    except Exception as error:  # whatever the expression raises
        return f"raises {words_for(error)}\n{MAY_USE}"
    return "" if minigrad.is_tensor(value) else f"is no tensor, but {type(value).__name__}. {MAY_USE}"


def known_questions() -> str:
    """All questions, as lines to copy."""
    return "".join(f"\n    {this_python()} -m comparisons explain '{question}'" for question in QUESTIONS)


def misspelt_questions(asked: str) -> list[str]:
    """The questions with a word that one of these nearly is.

    >>> misspelt_questions("tensr"), misspelt_questions("tower")
    (['what is a tensor'], [])
    """
    words = words_of(asked)
    return [each for each in QUESTIONS if any(get_close_matches(word, words_of(each), cutoff=0.8) for word in words)]


def commands_about(words: str) -> str:
    """The questions and lessons that speak of one of the words, as lines to copy; nothing where none does."""
    questions = (questions_about(words) or misspelt_questions(words))[:HINTS]
    lessons = [QUESTIONS[question].lesson for question in questions if len(questions) == 1]
    lessons = list(dict.fromkeys([*filter(None, lessons), *lessons_about(words)]))[:HINTS]
    commands = [f"{this_python()} -m comparisons explain '{question}'" for question in questions]
    return "".join(f"\n    {command}" for command in [*commands, *map(lesson_command, lessons)])
