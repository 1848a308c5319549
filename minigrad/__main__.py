"""`python -m minigrad SCRIPT [ARGS…]`: runs a script that was written for PyTorch, with minigrad in torch's place.

The script is not changed and need not know; torch need not be installed. `--list` prints what there is of torch.
"""

import argparse
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from shutil import get_terminal_size
from textwrap import fill

from . import standin
from .standin.names import MODULES

PUBLIC_NAMES = """
import importlib, json, sys
def public(name):
    module = importlib.import_module("torch").Tensor if name == "torch.Tensor" else importlib.import_module(name)
    names = getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]
    return [n for n in names if type(getattr(module, n, None)).__name__ != "module"]
print(json.dumps({name: public(name) for name in sys.argv[1:]}))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line. Returns the exit code: the script's own, or 2 for a script that is not there."""
    parser = argparse.ArgumentParser(prog="python -m minigrad", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--list", action="store_true", help="print what there is of torch, by module, and stop")
    parser.add_argument("script", nargs="?", metavar="SCRIPT", help="a Python file that says `import torch`")
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="ARGS", help="the script's own arguments")
    options = parser.parse_args(arguments)
    if options.list:
        print(listing())
        return 0
    if options.script is None:
        parser.error("which script? Give a Python file, or --list")
    if not Path(options.script).is_file():
        print(f"python -m minigrad: there is no file {options.script}", file=sys.stderr)
        return 2
    return run(options.script, options.rest)


def run(script: str, arguments: Sequence[str] = ()) -> int:
    """Runs the script as `python SCRIPT ARGS…` would, in this process, whose torch is minigrad from here on.

    Returns: 0, or 1 for a script that ended in an error, whose traceback begins in the script and is printed.
    """
    standin.install()
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).resolve().parent)
    try:
        runpy.run_path(script, run_name="__main__")
    except BrokenPipeError:
        raise  # nobody reads on: see `quietly`
    except Exception as error:
        standin.explain(error)
        here = error.__traceback__
        while here is not None and here.tb_frame.f_code.co_filename != script:
            here = here.tb_next
        sys.__excepthook__(type(error), error.with_traceback(here), here)  # which also says what may have been meant
        return 1
    return 0


def listing() -> str:
    """What there is of torch: its names by module, and how many of torch's public names that is."""
    theirs = torchs_names() if standin.has_real_torch() else {}
    parts, columns = [], max(60, min(100, get_terminal_size().columns))  # as `comparisons/width.py` has it
    for name, mine, count in standin.covered(theirs):
        share = f" of {count} ({len(mine) / count:.0%})" if count else ""
        parts.append(f"{name}: {len(mine)}{share}\n" + fill(", ".join(mine) or "-", columns, initial_indent="    ",
                                                             subsequent_indent="    "))  # fmt: skip
    if not theirs:
        parts.append(fill("(With torch beside minigrad the share of its public names is printed too.)", columns))
    return "\n\n".join(parts)


def torchs_names() -> dict[str, Sequence[str]]:
    """The public names of each module, asked of the real torch in a process of its own; {} if it cannot be loaded."""
    names = [name for name in MODULES if name.partition(".")[0] == "torch"]
    command = [sys.executable, "-c", PUBLIC_NAMES, *names, "torch.Tensor"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(answer.stdout) if answer.returncode == 0 else {}


def quietly() -> int:
    """`main`, for a reader that may stop reading (`| head`)."""
    try:
        code = main()
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141  # as a shell reports it: 128 + SIGPIPE


if __name__ == "__main__":
    sys.exit(quietly())
