"""The command line: `python -m comparisons COMMAND`; without a command, a short tour.

Only options, messages and exit codes are here.
Exit codes: 0 the two sides agree, 1 they differ, 2 wrong usage or something missing, 130 interrupted with Ctrl-C (what
was finished is saved), 141 the output was read no further, as by `| head`. Results go to stdout, progress and errors to
stderr. Read next: `options.py`, `training.py`.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from .doctor import this_python
from .options import COMMANDS, OF_A_RECIPE, add_mnist_options
from .parsing import UNKNOWN, CommandsInLine, Parser
from .saved import resumed
from .settings import RECIPES, CannotRun, DataError, Settings
from .width import fitted

FIRST = f"""\
minigrad beside PyTorch: the same program in both libraries.
Try this one first, a minute:
    {this_python()} -m comparisons mnist"""
TOUR = f"""\
{FIRST}
Then, in place of mnist: graph, step, explain, lesson.
With --help in its place all the commands are listed."""

Command = Callable[[Any], int]
FILES = {"data": "datasets"}  # where a command's file has another name


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command. Returns its exit code; wrong usage raises SystemExit(2), as argparse does."""
    top = parser()
    options, unknown = top.parse_known_args(argv)
    own = vars(options).pop("parser", top)
    if unknown:
        own.error(UNKNOWN + " ".join(unknown))
    if options.command is None:
        print(TOUR)
        return 0
    try:
        command = load("fast" if getattr(options, "fast", False) else options.command)
        if options.command not in OF_A_RECIPE:
            return command(options)
        resume, settings = getattr(options, "resume", None), settings_from(options)
        return command(resumed(resume, settings, named_options(argv)) if resume else settings)
    except (CannotRun, DataError) as error:
        print(fitted(f"comparisons {options.command}: {error}"), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"comparisons {options.command}: interrupted", file=sys.stderr)
        return 130


def load(command: str) -> Command:
    """The function that runs a command. Its file is only imported now: it needs torch, which takes seconds to load.

    Raises: CannotRun when a package is missing, or is there and cannot be imported.
    """
    try:
        return importlib.import_module(f"comparisons.{FILES.get(command, command)}").main
    except (ImportError, OSError, RuntimeError) as error:  # missing; or there, and it does not fit this machine
        package = getattr(error, "name", None) or "a package"
        if package.startswith(("comparisons", "minigrad", "torch_ref")):
            raise  # our own mistake, and the traceback says where
        raise CannotRun(
            f"{package} cannot be imported: {error}.\n"
            "The comparisons need torch, torchvision, matplotlib and more. `make .venv/ready` installs them in .venv;\n"
            "then say .venv/bin/python -m comparisons. (Or: pip install -e '.[compare]'.)"
        ) from error


def settings_from(options: argparse.Namespace) -> Settings:
    """The options, completed by the recipe."""
    values = vars(options)
    for name in ("fast", "parser"):  # these say which command runs, not how
        values.pop(name, None)
    for name in ("epochs", "batch_size", "lr", "threads"):
        if values.get(name) is None:
            values[name] = getattr(RECIPES[options.net], name)
    return Settings(**values)


def named_options(argv: Sequence[str] | None) -> dict[str, Any]:
    """The options of mnist that the command line itself names: those without which a default would hold."""
    command = Parser()
    add_mnist_options(command)
    untouched = object()  # in the place of every default
    values = argparse.Namespace(**dict.fromkeys(vars(command.parse_args([])), untouched))
    command.parse_args((sys.argv[1:] if argv is None else argv)[1:], values)
    return {name: value for name, value in vars(values).items() if value is not untouched}


def parser() -> Parser:
    """The options of every command."""
    codes = "Exit codes: 0 the sides agree, 1 they differ, 2 wrong usage or something missing, 130 interrupted, "
    codes += "141 nobody read on (| head)."
    top = Parser(
        prog="python -m comparisons", description=FIRST, formatter_class=CommandsInLine,
        epilog=fitted(codes),
    )  # fmt: skip
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    for name, (text, add) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        add(command)
        command.set_defaults(parser=command)  # whose usage an unknown option is told
    return top


def run() -> Any:
    """`main`, for a terminal that may not know every character, and a reader that may stop reading (`| head`)."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = main()
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more to say, and no error about it
        return 141  # as a shell reports it: 128 + SIGPIPE


if __name__ == "__main__":
    sys.exit(run())
