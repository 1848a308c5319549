"""Two graphs as a picture: one SVG, both sides beside each other, that needs no other program.

A browser shows it, light or dark as its reader likes; each box tells its saved values, if they were asked for, and in a
hint that appears over it what the terminal's tree says. `graph_layout.py` finds the places.
Read next: `graph_html.py`, a page with the picture and a table.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise

from .graph_boxes import Arrow, Box, boxes_and_arrows
from .graph_layers import Size
from .graph_layout import Layout, Place, Point, lay_out
from .graph_nodes import Row, first_difference
from .graph_text import Side

# Letters all have one width, so a text's width is known here: 0.6 em in every usual font of this kind, 0.602 in the
# widest; 0.62 leaves room.
FONT = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace'
EM = 0.62
TITLE, NAME, SMALL = 16.0, 12.0, 10.5  # pixels, the sizes of headings, a box's first line and the others
LEAD = 15.0  # from line to line
PADDING = 9.0
MARGIN = 24.0
TIP = 6.0  # of an arrow
SIDE = 120.0  # a graph's share of the picture, at least
LEGEND = "along each arrow: the number of the input, and the shape of the gradient that flows back to it"
SAVED = "in the boxes: what the node saves; a name that one side alone has is no difference of the graphs"

# What each class of element looks like, on white and on black: (property, light, dark)
LOOKS = {
    ".page": [("fill", "#ffffff", "#14171c")],
    ".title": [("fill", "#1b1f24", "#eceff3")],
    ".word": [("fill", "#1b1f24", "#eceff3")],
    ".pale": [("fill", "#5d6672", "#a3adba")],
    ".operation .frame": [("fill", "#e8f0fb", "#1d2b40"), ("stroke", "#5b86bd", "#5f8fcf")],
    ".parameter .frame": [("fill", "#e3f4e6", "#18331f"), ("stroke", "#4a9a5c", "#56ad6a")],
    ".none .frame": [("fill", "#ffffff", "#14171c"), ("stroke", "#a7aeb8", "#5c6673")],
    ".none .word": [("fill", "#5d6672", "#a3adba")],
    ".arrow": [("stroke", "#8a94a1", "#76818f")],
    ".tip": [("fill", "#8a94a1", "#76818f")],
    ".differs .frame": [("fill", "#fde5e1", "#46190f"), ("stroke", "#c8321e", "#ff7a63")],
    ".differs.arrow": [("stroke", "#c8321e", "#ff7a63")],
    ".differs.tip": [("fill", "#c8321e", "#ff7a63")],
    ".differs .mark": [("fill", "#b02514", "#ff9b89")],
}
FIXED = f"""\
svg text {{ font-family: {FONT}; font-size: {SMALL}px; text-anchor: middle; }}
svg .title {{ font-size: {TITLE}px; font-weight: bold; text-anchor: start; }}
svg .left {{ text-anchor: start; }}
svg .name {{ font-size: {NAME}px; }}
svg .frame {{ stroke-width: 1.2; }}
svg .none .frame {{ stroke-dasharray: 3 3; }}
svg .arrow {{ fill: none; stroke-width: 1.3; }}
svg .differs .frame, svg .differs.arrow {{ stroke-width: 3; }}
svg .mark {{ font-weight: bold; }}"""


def style() -> str:
    """The rules of the picture, and those that a dark page changes."""
    light, dark = (
        "\n".join(
            f"svg {name} {{ {'; '.join(f'{rule[0]}: {rule[column]}' for rule in rules)} }}"
            for name, rules in LOOKS.items()
        )
        for column in (1, 2)
    )
    return f"{FIXED}\n{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"


def svg(left: Side, right: Side, title: str, says: str, styled: bool = True, links: bool = False) -> str:
    """The picture.

    Args:
        title: of what the graphs are. says: the verdict, a line of it below the other.
        styled: with its rules inside, for a file of its own. links: each box leads to its row in a table, `#row-…`.
    """
    difference = first_difference(left[1], right[1])
    boxed = [boxes_and_arrows(rows, difference) for _, rows in (left, right)]
    sizes = common_sizes([boxes for boxes, _ in boxed])
    drawn = [drawing(side, *found, sizes, links) for side, found in zip((left, right), boxed, strict=True)]
    saves = any(row.saved for _, rows in (left, right) for row in rows)
    lines = [LEGEND, *[SAVED] * saves, *says.splitlines()]
    widths = [max(layout.width, SIDE) for layout, _ in drawn]
    heads = [text_width(title, TITLE), *(text_width(line, SMALL) for line in lines)]
    width = max(sum(widths) + 4 * MARGIN, max(heads) + 2 * MARGIN)
    top = 2 * MARGIN + LEAD * len(lines) + 2 * TITLE  # of the graphs
    height = top + max(layout.height for layout, _ in drawn) + MARGIN

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{escape(title)}">',
        f"<style>\n{style()}\n</style>" if styled else "",
        f'<rect class="page" width="{width:.0f}" height="{height:.0f}"/>',
        f'<text class="title" x="{MARGIN:.0f}" y="{MARGIN + TITLE / 2:.0f}">{escape(title)}</text>',
    ]
    for number, line in enumerate(lines, start=1):
        y = MARGIN + TITLE / 2 + 4 + LEAD * number
        look = "pale" if number <= 1 + saves else "word"
        parts.append(f'<text class="{look} left" x="{MARGIN:.0f}" y="{y:.1f}">{escape(line)}</text>')
    x = MARGIN
    for (name, _), (_, elements), own in zip((left, right), drawn, widths, strict=True):
        parts.append(f'<text class="title" x="{x:.1f}" y="{top - TITLE:.0f}">{escape(name)}</text>')
        parts += [f'<g transform="translate({x:.1f} {top:.0f})">', *elements, "</g>"]
        x += own + 2 * MARGIN
    return "\n".join(part for part in [*parts, "</svg>"] if part)


def common_sizes(sides: Sequence[Sequence[Box]]) -> dict[int, Size]:
    """For each key a size that holds the boxes of both sides, so that equal graphs stand side by side, line by line."""
    sizes: dict[int, Size] = {}
    for box in (box for boxes in sides for box in boxes):
        (width, height), (other_width, other_height) = box_size(box), sizes.get(box.key, (0.0, 0.0))
        sizes[box.key] = max(width, other_width), max(height, other_height)
    return sizes


def drawing(
    side: Side, boxes: Sequence[Box], arrows: Sequence[Arrow], sizes: Mapping[int, Size], links: bool
) -> tuple[Layout, list[str]]:
    """One side: where everything stands, and its elements; arrows first, so that boxes and labels lie on top."""
    name, rows = side
    layout = lay_out(
        {box.key: sizes[box.key] for box in boxes},
        [(arrow.start, arrow.end, (text_width(arrow.words, SMALL) + 6, LEAD)) for arrow in arrows],
    )
    elements: list[str] = []
    for arrow, points in zip(arrows, layout.routes, strict=True):
        elements += draw_arrow(points, " differs" * arrow.differs)
    for arrow, place in zip(arrows, layout.labels, strict=True):
        elements += draw_label(place, arrow.words, " differs" * arrow.differs)
    for box in boxes:
        elements += draw_box(box, layout.boxes[box.key], rows[box.key - 1], name, links)
    return layout, elements


def text_width(text: str, size: float) -> float:
    """Pixels, at most."""
    return len(text) * size * EM


def box_size(box: Box) -> tuple[float, float]:
    """As wide as its widest line, as high as its lines."""
    widths = (text_width(words, NAME if number == 0 else SMALL) for number, words in enumerate(box.words))
    return max(widths) + 2 * PADDING, len(box.words) * LEAD + PADDING


def draw_box(box: Box, place: Place, row: Row, side: str, links: bool) -> Iterator[str]:
    """A frame with its words, line below line, and what the tree in the terminal says as a hint."""
    x, y = place.x - place.width / 2, place.y - place.height / 2
    yield f'<g class="{box.kind}{" differs" * box.differs}" id="{side}-{box.key}">'
    if links:
        yield f'<a href="#row-{box.key}">'
    yield f"<title>{escape(f'line {row.line} of the tree: {row.text().removeprefix(row.lead)}')}</title>"
    yield f'<rect class="frame" x="{x:.1f}" y="{y:.1f}" width="{place.width:.1f}" height="{place.height:.1f}" rx="6"/>'
    for number, words in enumerate(box.words):
        last = number == len(box.words) - 1
        look = "mark" if box.differs and last else "name word" if number == 0 else "pale"
        line = y + PADDING / 2 + LEAD * (number + 0.75)
        yield f'<text class="{look}" x="{place.x:.1f}" y="{line:.1f}">{escape(words)}</text>'
    yield "</a></g>" if links else "</g>"


def draw_label(place: Place, words: str, look: str) -> Iterator[str]:
    """The words on an arrow, on a piece of the page's colour that hides the line behind them."""
    x, y = place.x - place.width / 2, place.y - place.height / 2
    yield f'<g class="label{look}">'
    yield f'<rect class="page" x="{x:.1f}" y="{y:.1f}" width="{place.width:.1f}" height="{place.height:.1f}"/>'
    yield f'<text class="{"mark" if look else "pale"}" x="{place.x:.1f}" y="{place.y + 3.5:.1f}">{escape(words)}</text>'
    yield "</g>"


def draw_arrow(points: Sequence[Point], look: str) -> Iterator[str]:
    """A line that passes every point, smooth where it moves sideways, and its tip."""
    *_, (x, y) = points
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x0, y0), (x1, y1) in pairwise([*points[:-1], (x, y - TIP)]):
        middle = (y0 + y1) / 2
        path += f" C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}" if x0 != x1 else f" V{y1:.1f}"
    yield f'<path class="arrow{look}" d="{path}"/>'
    yield f'<path class="tip{look}" d="M{x - 4:.1f} {y - TIP:.1f} h8 L{x:.1f} {y:.1f} Z"/>'
