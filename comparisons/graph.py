"""`python -m comparisons graph`: the graphs of one loss on both sides, node by node, as trees or as pictures.

The loss is that of a network for one batch of digits, or, with `--expr`, what an expression makes of three small
tensors. The forward is watched, for who makes which node; a backward runs, for what flows along the edges; and what
was seen is written in one of `FORMATS`.

Read next: `graph_nodes.py`, the walker.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from .expressions import values_of
from .graph_html import html
from .graph_markup import dot, drawn_by_graphviz, mermaid
from .graph_nodes import Row, first_difference, gradients_along_edges, noting_makers, walk
from .graph_svg import svg
from .graph_text import Side, draw, legend, saved_table, verdict
from .libraries import Library, both_libraries, equal_threads
from .runs import RunFolder, publish, write_whole
from .settings import CannotRun, Settings
from .training import Learner, digits_for, prepare
from .width import fitted, reflowed, width

# How each format but text is written, given both sides, what they are graphs of, and the verdict
FORMATS: dict[str, Callable[[Side, Side, str, str], str]] = {
    "mermaid": lambda left, right, title, says: mermaid(left, right),
    "dot": lambda left, right, title, says: dot(left, right),
    "svg": svg,
    "html": html,
}

SUFFIXES = {"mermaid": "mmd"}  # of files, where it is not the format's name
OTHER_PICTURES = ("png", "pdf", "jpg", "jpeg", "gif", "ps")


def main(settings: Settings) -> int:
    """Writes both graphs and the first difference. Returns the exit code: 0 there is none, 1 there is."""
    form = settings.format or format_of(settings.output)
    is_picture, has_place = form != "text", bool(settings.output or settings.out)
    if settings.json and is_picture and not has_place:
        raise CannotRun(f"--json and --format {form} would both go to stdout; name an --output FILE")
    if settings.layout == "dot" and form != "svg":
        raise CannotRun(f"--layout dot is for --format svg, not for {form}")
    digits = digits_for(settings) if settings.expr is None else None
    both_libraries(settings)  # says no to a device that is not there
    settings = replace(settings, device="cpu")  # on a GPU torch may choose other nodes for the same thing
    with equal_threads(settings.threads):
        name = f"graph-{settings.net if settings.expr is None else 'expr'}"
        folder = RunFolder(settings.out, name) if settings.out else None
        libraries = both_libraries(settings)
        if digits is None:
            ours, theirs = graphs_of_expression(libraries, settings)
        else:
            ours, theirs = (graph_of(prepare(library, settings, digits), settings.saved) for library in libraries)

    left, right = ("minigrad", ours), ("torch", theirs)
    line = first_difference(ours, theirs)
    says = verdict(ours, theirs, line)
    if settings.layout == "dot":
        written = drawn_by_graphviz(left, right)
    elif is_picture:
        written = FORMATS[form](left, right, title_of(settings), says)
    else:
        written = trees(left, right, settings, says)
    text = says if is_picture and has_place else written
    if settings.output:
        write_whole(Path(settings.output), lambda file: file.write(f"{written}\n".encode()))
        text = f"{says}\n{settings.output}"
    if folder is not None and is_picture:
        folder.write_text(f"graph.{SUFFIXES.get(form, form)}", f"{written}\n")
    result = {
        "command": "graph",
        "net": settings.net,
        "expr": settings.expr,
        "seed": settings.seed,
        "agree": line is None,
        "first_difference": line,
        "minigrad": [asdict(row) for row in ours],
        "torch": [asdict(row) for row in theirs],
    }
    publish(settings, folder, text, result)
    return 0 if line is None else 1


def format_of(output: str | None) -> str:
    """The format that a file's name asks for: that of its ending, where it has one of them.

    Raises: CannotRun for the ending of a picture that is not made here.

    >>> format_of("lenet.svg"), format_of("lenet.mmd"), format_of("lenet.txt"), format_of(None)
    ('svg', 'mermaid', 'text', 'text')
    """
    ending = Path(output or "").suffix.removeprefix(".").lower()
    if ending in OTHER_PICTURES:
        raise CannotRun(f"--output {output}: the pictures are svg and html; Graphviz makes {ending} of --format dot")
    return next((name for name in FORMATS if ending == SUFFIXES.get(name, name)), "text")


def title_of(settings: Settings) -> str:
    """What the graphs are graphs of."""
    if settings.expr is not None:
        return f"{settings.expr}: its graph"
    return f"{settings.recipe.network}: the graph of the loss of one batch of {settings.batch_size} digits"


def trees(left: Side, right: Side, settings: Settings, says: str) -> str:
    """The text format: what the lines mean, both trees, what the nodes keep if that is asked for, and the verdict."""
    parts = [
        f"{fitted(f'{title_of(settings)}, torch on the CPU')}\n{reflowed(legend([*left[1], *right[1]]))}",
        draw(left, right, width(math.inf)),
        *([saved_table(left, right)] if settings.saved else []),
        fitted(says),
    ]
    return "\n\n".join(parts)


def graph_of(learner: Learner, saved: bool) -> list[Row]:
    """The graph behind the loss of one batch, on one side."""
    images, targets = next(iter(learner.train_loader))
    with noting_makers({"": learner.model, "loss": learner.criterion}) as makers:
        loss = learner.criterion(learner.model(images), targets)
    names = {id(parameter): name for name, parameter in learner.model.named_parameters()}
    gradients = gradients_along_edges(loss)
    return walk(loss.grad_fn, names, makers, gradients, saved)


def graphs_of_expression(libraries: Sequence[Library], settings: Settings) -> list[list[Row]]:
    """The graph behind the value of `--expr` on each side. Raises: CannotRun when either side has none."""
    graphs = []
    for value in values_of(str(settings.expr), libraries, settings.seed, settings.dtype):
        gradients = gradients_along_edges(value.tensor)
        node, output = value.tensor.grad_fn, value.tensor.output_nr
        graphs.append(walk(node, value.names, gradients=gradients, saved=settings.saved, output=output))
    return graphs
