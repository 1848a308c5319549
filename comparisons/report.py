"""`report.html`: what a run has shown, on one page that needs nothing but a browser.

The page stands in `templates/report.html`. Here is what goes into it: the curves, the confusion of digits, the
mistakes, what the first layer looks for and finds, the parameters, and the backward pass of one batch, node by node,
with the real values on both sides. Read next: `report_pictures.py`.
"""

import json
from collections.abc import Sequence
from html import escape
from importlib import resources
from string import Template
from typing import Any

import numpy as np

from .agreement import relative_differences
from .digits import Digits
from .record import Record
from .report_pictures import chart, image, kernels, pair_of_images, tiled
from .report_walk import Walk, walk_both
from .settings import Settings
from .training import as_images, as_targets

TEMPLATE = resources.files("comparisons.templates") / "report.html"
WALKED = 4  # digits in the batch whose backward pass is shown
MOST_MISTAKES = 40
POINTS = 600  # about as many of a curve as the picture has pixels for


def report(records: Sequence[Record], settings: Settings, digits: Digits, headline: str, summary: Any) -> str:
    """The page as text."""
    walk = walk_both(records, *walked_batch(settings, digits), settings)
    mistakes, note = mistakes_html(records, digits)
    verdict = {True: "The two sides agree.", False: "The two sides differ.", None: "Interrupted: no verdict."}
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=escape(f"{settings.recipe.network}: minigrad beside torch"),
        headline=escape(headline),
        verdict=verdict[summary["agree"]],
        checks=table(
            ("check", "", "figures"),
            [(name, "agrees" if c["agrees"] else "DIFFERS", c["text"]) for name, c in summary["checks"].items()],
            words=(0, 1, 2),
        ),
        curves=curves_html(records),
        confusion="".join(confusion_html(record, digits) for record in records),
        mistakes=mistakes,
        mistakes_note=note,
        filters=filters_html(records, settings, digits),
        parameters=parameters_html(records),
        graph_note=escape(walk.note),
        graphs=walk.svg,
        turns=as_json(walk),
    )  # fmt: skip


def as_json(walk: Walk) -> str:
    """The turns, so that they can stand inside a <script>."""
    return json.dumps([turn.as_dict() for turn in walk.turns]).replace("</", "<\\/")


def walked_batch(settings: Settings, digits: Digits) -> tuple[np.ndarray, np.ndarray]:
    """The first few test digits: images and targets."""
    images, labels = digits.test_images[:WALKED], digits.test_labels[:WALKED]
    return as_images(images, settings), as_targets(labels, settings)


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]], words: Sequence[int] = (0,)) -> str:
    """An HTML table; the columns in `words` are text, the others numbers."""
    looks = [' class="words"' if number in words else "" for number in range(len(heads))]
    head = "".join(f"<th{look}>{escape(str(cell))}</th>" for look, cell in zip(looks, heads, strict=True))
    rows_of_cells = [[escape(str(cell)).replace("\n", "<br>") for cell in row] for row in rows]
    cells = ("".join(f"<td{look}>{cell}</td>" for look, cell in zip(looks, row, strict=True)) for row in rows_of_cells)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def curves_html(records: Sequence[Record]) -> str:
    """The losses, how far apart they are, and the accuracies."""
    ours, theirs = (np.array(record.losses) for record in records)
    steps = np.arange(1, len(ours) + 1)
    ends = np.cumsum([len(epoch.losses) for epoch in records[0].epochs])
    every = max(1, len(steps) // POINTS)
    apart = np.asarray(relative_differences(ours.tolist(), theirs.tolist()))
    sides = (("torch", theirs), ("minigrad", ours))  # the thin one on top
    accuracies = [(side.name, ends, [100 * epoch.accuracy for epoch in side.epochs]) for side in reversed(records)]
    return "".join((
        chart([(name, steps[::every], losses[::every]) for name, losses in sides], "training loss"),
        chart([("difference", steps[::every], apart[::every])], "relative difference of the losses", logarithmic=True),
        chart(accuracies, "test digits right, %"),
    ))  # fmt: skip


def confusion_html(record: Record, digits: Digits) -> str:
    """How often each digit was taken for each."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (digits.test_labels, np.array(record.epochs[-1].answers)), 1)
    head = "".join(f"<th>{digit}</th>" for digit in range(10))
    rows = ""
    for digit, row in enumerate(counts):
        looks = ["hit" if digit == seen else "miss" if count else "" for seen, count in enumerate(row)]
        cells = (f'<td class="{look}">{count or ""}</td>' for look, count in zip(looks, row, strict=True))
        rows += f"<tr><th>{digit}</th>{''.join(cells)}</tr>"
    caption = f"<figcaption>{record.name}: {record.epochs[-1].right} of {len(digits.test_labels):,} right</figcaption>"
    counted = f'<table class="confusion"><tr><th></th>{head}</tr>{rows}</table>'
    return f'<figure>{caption}<div class="scroll">{counted}</div></figure>'


def mistakes_html(records: Sequence[Record], digits: Digits) -> tuple[str, str]:
    """The digits that a side got wrong, and a sentence about how many there are."""
    ours, theirs = (np.array(record.epochs[-1].answers) for record in records)
    wrong = np.flatnonzero((ours != digits.test_labels) | (theirs != digits.test_labels))
    figures = "".join(
        f"<figure>{image(digits.test_images[number, 0], f'test digit {number}', 1.0, signed=False, scale=2)}"
        f"<figcaption>is {digits.test_labels[number]}<br>minigrad {ours[number]}<br>torch {theirs[number]}"
        "</figcaption></figure>"
        for number in wrong[:MOST_MISTAKES]
    )
    differ = int((ours != theirs).sum())
    note = f"{len(wrong)} of {len(ours):,} digits are wrong on at least one side; the two sides differ at {differ}."
    more = f" The first {MOST_MISTAKES} are shown." if len(wrong) > MOST_MISTAKES else ""
    return figures, note + more


def filters_html(records: Sequence[Record], settings: Settings, digits: Digits) -> str:
    """The kernels of the first layer, what it makes of a digit, and which pixels the loss depends on."""
    images, targets = walked_batch(settings, digits)
    seen = [first_layer(record, images[:1], targets[:1]) for record in records]
    (weight, its_weight), (output, its_output), (slope, its_slope) = zip(*seen, strict=True)
    return "".join((
        "<h3>The kernels</h3>",
        pair_of_images(kernels(weight), kernels(its_weight), "first layer's kernels", scale=10),
        f"<h3>What they make of a digit</h3><figure>{image(images[0, 0], 'the digit', 1.0, signed=False)}</figure>",
        pair_of_images(tiled(output), tiled(its_output), "first layer's output", scale=1),
        "<h3>|∂loss/∂pixel|: which pixels the loss depends on</h3>",
        pair_of_images(np.abs(slope[0, 0]), np.abs(its_slope[0, 0]), "|∂loss/∂pixel|", signed=False),
    ))  # fmt: skip


def first_layer(record: Record, images: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weight and output of the first layer for one digit, and the gradient of the loss at its pixels."""
    learner, torch = record.learner, record.learner.library.torch
    learner.model.eval()
    x = torch.from_numpy(images).to(learner.library.device).requires_grad_()
    output = learner.model.conv1(x)
    loss = learner.criterion(learner.model(x), torch.from_numpy(targets).to(learner.library.device))
    (gradient,) = torch.autograd.grad(loss, x)
    weight, output, gradient = (t.detach().cpu().numpy() for t in (learner.model.conv1.weight, output, gradient))
    return weight, output, gradient


def parameters_html(records: Sequence[Record]) -> str:
    """Each parameter after the training: its shape, its numbers, and how far apart the two sides are."""
    ours, theirs = (dict(record.learner.model.named_parameters()) for record in records)
    rows = []
    for name, parameter in ours.items():
        mine, other = (p.detach().cpu().numpy() for p in (parameter, theirs[name]))
        figures = [f"{value:.3g}" for value in (mine.mean(), mine.std(), np.abs(mine).max())]
        apart = f"{np.abs(mine - other).max():.1e}"
        rows.append((name, " × ".join(map(str, mine.shape)), f"{mine.size:,}", *figures, apart))
    return table(("parameter", "shape", "numbers", "mean", "std", "largest |w|", "largest |Δ| from torch"), rows)
