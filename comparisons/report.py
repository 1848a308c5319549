"""`report.html`: what a run has shown, on one page that needs nothing but a browser.

The page stands in `templates/report.html`. Here is what goes into it: the curves, the confusion of digits, the
mistakes, what the first layer looks for and finds, the parameters, and the backward pass of one batch, node by node,
with the real values on both sides. Read next: `report_pictures.py`.
"""

import json
import shlex
from collections.abc import Sequence
from html import escape
from importlib import resources
from string import Template
from typing import Any

import numpy as np

from .digits import Digits
from .doctor import this_python
from .graph_svg import style
from .record import Record
from .report_curves import curves_html
from .report_pictures import SHOWN, SIGNED, UNSIGNED, WHOLE_NUMBERS, image, pair_of_images
from .report_text import marked_up, number_text, shape_text
from .report_walk import Walk, walk_both
from .settings import Settings
from .training import as_images, as_targets

TEMPLATE = resources.files("comparisons.templates") / "report.html"
WALKED = 4  # digits in the batch whose backward pass is shown
MOST_MISTAKES = 40
PALEST, DARKEST = 12, 60  # percent: the colour of one mistake, and of the commonest


def report(records: Sequence[Record], settings: Settings, digits: Digits, headline: str, summary: Any) -> str:
    """The page as text."""
    walk = walk_both(records, *walked_batch(settings, digits), settings)
    wrong = wrong_digits(records, digits)
    drift = summary["checks"].get("drift", {})  # with --yardstick
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
        curves=curves_html(records, settings, drift.get("yardstick_differences")),
        confusion=confusions_html(records, digits),
        mistakes=mistakes_html(records, digits, wrong),
        mistakes_note=mistakes_note(records, wrong, summary["folder"]),
        filters=filters_html(records, settings, digits),
        parameters=parameters_html(records),
        graph_style=style(),
        graph_note=escape(f"{walk.note} In the pictures of arrays: {SIGNED} {WHOLE_NUMBERS} {SHOWN}"),
        graphs=walk.graphs,
        turns=as_json(walk),
    )  # fmt: skip


def as_json(walk: Walk) -> str:
    """The turns, so that they can stand inside a <script>."""
    return json.dumps([turn.as_dict() for turn in walk.turns]).replace("</", "<\\/")


def walked_batch(settings: Settings, digits: Digits) -> tuple[np.ndarray, np.ndarray]:
    """The first few test digits: images and targets."""
    images, labels = digits.test_images[:WALKED], digits.test_labels[:WALKED]
    return as_images(images, settings), as_targets(labels, settings)


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]], words: Sequence[int] = (0,), look: str = "") -> str:
    """An HTML table; the columns in `words` are text, the others numbers. `look`: its class.

    Each cell knows its head, which a narrow page shows beside it instead of on top.
    """
    looks = [' class="words"' if number in words else "" for number in range(len(heads))]
    head = "".join(f"<th{look}>{escape(str(cell))}</th>" for look, cell in zip(looks, heads, strict=True))
    opened = [f'<td{look} data-head="{escape(head)}">' for look, head in zip(looks, heads, strict=True)]
    rows_of_cells = [[marked_up(str(cell)).replace("\n", "<br>") for cell in row] for row in rows]
    cells = ("".join(f"{tag}{cell}</td>" for tag, cell in zip(opened, row, strict=True)) for row in rows_of_cells)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f'<table class="{look}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def confusions_html(records: Sequence[Record], digits: Digits) -> str:
    """How often each digit was taken for each, on both sides, in the same colours."""
    counts = np.zeros((len(records), 10, 10), int)
    for number, record in enumerate(records):
        np.add.at(counts[number], (digits.test_labels, np.array(record.epochs[-1].answers)), 1)
    most = int((counts * ~np.eye(10, dtype=bool)).max())
    titles = [f"{record.name}: {record.epochs[-1].right} of {len(digits.test_labels):,} right" for record in records]
    return "".join(confusion_html(*pair, most) for pair in zip(titles, counts, strict=True))


def confusion_html(words: str, counts: np.ndarray, most: int) -> str:
    """One side's table; the more often a mistake was made, of `most` times, the darker it is."""
    head = "".join(f"<th>{digit}</th>" for digit in range(10))
    rows = ""
    for digit, row in enumerate(counts.tolist()):
        cells = "".join(confusion_cell(count, digit == seen, most) for seen, count in enumerate(row))
        rows += f"<tr><th>{digit}</th>{cells}</tr>"
    return (
        f"<figure><figcaption>{escape(words)}</figcaption>"
        f'<table class="confusion"><tr><th></th>{head}</tr>{rows}</table></figure>'
    )


def confusion_cell(count: int, right: bool, most: int) -> str:
    """How often one digit was taken for one; nothing for never.

    >>> confusion_cell(7, False, 7), confusion_cell(0, False, 7)
    ('<td class="miss" style="--share: 60%">7</td>', '<td></td>')
    """
    if right or not count:
        return f'<td class="hit">{count}</td>' if count else "<td></td>"
    share = PALEST + (DARKEST - PALEST) * count / most
    return f'<td class="miss" style="--share: {share:.0f}%">{count}</td>'


def wrong_digits(records: Sequence[Record], digits: Digits) -> np.ndarray:
    """The numbers of the test digits that a side got wrong."""
    answers = np.array([record.epochs[-1].answers for record in records])
    return np.flatnonzero((answers != digits.test_labels).any(axis=0))


def mistakes_html(records: Sequence[Record], digits: Digits, wrong: np.ndarray) -> str:
    """The first of them, with their numbers and what each side took them for."""
    ours, theirs = (record.epochs[-1].answers for record in records)
    return "".join(
        f"<figure>{image(digits.test_images[number, 0], f'test digit {number}', 1.0, signed=False, scale=2)}"
        f"<figcaption><b>#{number}</b><br>is {digits.test_labels[number]}<br>minigrad {ours[number]}"
        f"<br>torch {theirs[number]}</figcaption></figure>"
        for number in wrong[:MOST_MISTAKES].tolist()
    )


def mistakes_note(records: Sequence[Record], wrong: np.ndarray, folder: str) -> str:
    """How many there are, and the command that tells more about one."""
    ours, theirs = (np.array(record.epochs[-1].answers) for record in records)
    differ = int((ours != theirs).sum())
    note = f"{len(wrong)} of {len(ours):,} digits are wrong on at least one side; the two sides differ at {differ}."
    more = f" The first {MOST_MISTAKES} are shown." if len(wrong) > MOST_MISTAKES else ""
    if not len(wrong):
        return escape(note)
    words = [this_python(), "-m", "comparisons", "predict", shlex.quote(folder), str(wrong[0])]
    command = " ".join(f"<span>{escape(word)}</span>" for word in words)
    return f'{escape(note + more)} What both sides put out for #{wrong[0]}: <code class="command">{command}</code>'


def filters_html(records: Sequence[Record], settings: Settings, digits: Digits) -> str:
    """The kernels of the first layer, what it makes of a digit, and which pixels the loss depends on."""
    images, targets = walked_batch(settings, digits)
    seen = [first_layer(record, images[:1], targets[:1]) for record in records]
    (weight, its_weight), (output, its_output), (slope, its_slope) = zip(*seen, strict=True)
    return "".join((
        f'<h3>The kernels</h3><p class="note">{SIGNED}</p>',
        pair_of_images(weight, its_weight, "first layer's kernels", scale=10, kernels=True),
        f'<h3>What they make of a digit</h3><p class="note">The digit: white is 0, black is 1. {SIGNED} {SHOWN}</p>',
        f"<figure>{image(images[0, 0], 'the digit', 1.0, signed=False)}</figure>",
        pair_of_images(output, its_output, "first layer's output", scale=2),
        f'<h3>|∂loss/∂pixel|: which pixels the loss depends on</h3><p class="note">{UNSIGNED}</p>',
        pair_of_images(np.abs(slope[0, 0]), np.abs(its_slope[0, 0]), "|∂loss/∂pixel|", signed=False, scale=4),
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
        figures = [number_text(mine.mean()), deviation_text(mine), number_text(np.abs(mine).max())]
        apart = f"{np.abs(mine - other).max():.1e}"
        rows.append((name, shape_text(mine.shape), f"{mine.size:,}", *figures, apart))
    heads = ("parameter", "shape", "numbers", "mean", "std", "largest |w|", "largest |Δ| from torch")
    return table(heads, rows, look="cards")


def deviation_text(array: np.ndarray) -> str:
    """√(Σ(x − mean)² / (N − 1)), as torch's `std` has it; one number has none.

    >>> deviation_text(np.array([1.0, 3.0])), deviation_text(np.ones(1))
    ('1.41', '–')
    """
    return number_text(array.std(ddof=1)) if array.size > 1 else "–"
