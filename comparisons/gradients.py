"""`python -m comparisons gradients`: one batch through both sides, and every number of the two passes compared.

Training mixes rounding errors until nobody can say where a difference began. One forward and one backward, in float64,
leave nowhere to hide: each layer's output, the gradient that arrives there and the gradient of each parameter must be
the same to a few roundings. Read next: `graph.py`, the graph that the gradients ran through.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from . import agreement
from .agreement import Difference, difference_between, tolerance_of
from .libraries import Library, both_libraries, equal_threads, start_equal
from .runs import RunFolder, publish
from .settings import Settings
from .text import hanging, table
from .training import Learner, digits_for, prepare
from .width import fitted

# The functions whose outputs are looked at. Layers call them by these names in both libraries.
WATCHED = ("conv2d", "linear", "relu", "max_pool2d", "dropout2d", "log_softmax")
WITH_WEIGHTS = ("conv2d", "linear")

KINDS = ("∂loss/∂parameter", "activation", "∂loss/∂activation")

Named = list[tuple[str, Any]]


@dataclass(frozen=True)
class Row:
    """One array on both sides, and how far the two are apart."""

    kind: str  # one of KINDS
    name: str
    shape: tuple[int, ...]
    difference: Difference
    agrees: bool


def main(settings: Settings) -> int:
    """Compares, prints the tables. Returns the exit code: 0 everything agrees, 1 something differs."""
    digits = digits_for(settings)
    libraries = both_libraries(settings)
    with equal_threads(settings.threads) as threads:
        folder = RunFolder(settings.out, f"gradients-{settings.net}") if settings.out else None
        settings = replace(settings, threads=threads, device=str(libraries[1].device))
        ours, theirs = (prepare(library, settings, digits) for library in libraries)
        weights = start_equal(ours.model, theirs.model, settings)
        rows = compare(observe(ours), observe(theirs), settings.dtype)

    agree = weights.agrees and all(row.agrees for row in rows)
    result = {
        "command": "gradients",
        "net": settings.net,
        "seed": settings.seed,
        "dtype": settings.dtype,
        "agree": agree,
        "tolerance": tolerance_of(settings.dtype),
        "weights": weights.figures,
        "rows": [asdict(row) for row in rows],
    }
    publish(settings, folder, report(settings, digits.source, weights.text, rows, agree), result)
    return 0 if agree else 1


def observe(learner: Learner) -> dict[str, Named]:
    """One batch forward and backward on one side: arrays by kind, each with its name."""
    library, model = learner.library, learner.model
    images, targets = next(iter(learner.train_loader))
    with watching(library, model) as activations:
        loss = learner.criterion(model(images.to(library.device)), targets.to(library.device))
    activations.append(("loss", loss))

    parameters = list(model.named_parameters())
    places = [tensor for _, tensor in parameters + activations]
    gradients = library.torch.autograd.grad(loss, places)  # ∂loss/∂place for each of them
    named_gradients = [
        (name, gradient) for (name, _), gradient in zip(parameters + activations, gradients, strict=True)
    ]
    found = (named_gradients[: len(parameters)], activations, named_gradients[len(parameters) :])
    return {
        kind: [(name, tensor.detach().cpu().numpy()) for name, tensor in tensors]
        for kind, tensors in zip(KINDS, found, strict=True)
    }


@contextmanager
def watching(library: Library, model: Any) -> Iterator[Named]:
    """Collects what the network's functions return, in the order of the calls.

    relu and max_pool2d are no modules in these networks, but all of their calls, and those of the layers, go through
    `nn.functional`. So while the context lasts, the functions there also note what they return.
    """
    F = library.torch.nn.functional
    layers = {id(module.weight): name for name, module in model.named_modules() if hasattr(module, "weight")}
    originals = {name: getattr(F, name) for name in WATCHED}
    collected: Named = []
    layer = ""

    def watched(name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal layer
            output = originals[name](*args, **kwargs)
            if name in WITH_WEIGHTS:
                layer = layers.get(id(args[1]), name)  # conv2d(input, weight, …): the weight says whose call this is
            collected.append((layer if name in WITH_WEIGHTS else f"{layer}, {name}", output))
            return output

        return call

    for name in WATCHED:
        setattr(F, name, watched(name))
    try:
        yield collected
    finally:
        for name, original in originals.items():
            setattr(F, name, original)


def compare(ours: dict[str, Named], theirs: dict[str, Named], dtype: str) -> list[Row]:
    """Each array of our side with its partner on theirs."""
    rows = []
    for kind in KINDS:
        for (name, mine), (_, other) in zip(ours[kind], theirs[kind], strict=True):
            difference = difference_between(mine, other)
            rows.append(Row(kind, name, np.shape(other), difference, difference.relative <= tolerance_of(dtype)))
    return rows


def report(settings: Settings, source: str, weights: str, rows: Sequence[Row], agree: bool) -> str:
    """The tables, and above them what was compared and how far apart it may be."""
    lines = [
        fitted(f"{settings.recipe.network}, one batch of {settings.batch_size} digits ({source}) forward and backward, "
               f"{settings.dtype}, torch on {settings.device}"),
        hanging("weights", weights, 12),
        hanging("relative Δ", "max |Δ| / max |torch's|", 12),
        hanging("tolerance", agreement.tolerance_text(settings.dtype), 12),
    ]
    for kind in KINDS:
        cells = [(kind, "shape", "max |Δ|", "relative Δ", "cosine", "")]
        for row in rows:
            if row.kind == kind:
                apart = row.difference
                cells.append(
                    (row.name, shape_text(row.shape), f"{apart.largest:.1e}", f"{apart.relative:.1e}",
                     f"{apart.cosine:.9f}", "agree" if row.agrees else "DIFFER")
                )  # fmt: skip
        lines += ["", table(cells, left=2, spare=("cosine", "max |Δ|"))]
    worst = max(rows, key=lambda row: row.difference.relative)
    differing = sum(not row.agrees for row in rows)
    verdict = (
        f"The two sides agree on all {len(rows)} arrays; the furthest apart is {worst.kind} of {worst.name}, "
        f"by {worst.difference.relative:.1e}."
        if agree
        else f"The two sides differ: {differing} of {len(rows)} arrays."
    )
    return "\n".join([*lines, "", fitted(verdict)])


def shape_text(shape: Sequence[int]) -> str:
    """A shape as Python writes it; torch's Size too.

    >>> shape_text((50, 10)), shape_text([10])
    ('(50, 10)', '(10,)')
    """
    return str(tuple(shape))
