"""Places for the boxes of a graph, layer by layer from the loss down to the parameters.

The way of Sugiyama, Tagawa and Toda (1981), in four steps, the first three of them in `graph_layers.py`:

1. Layers: a box stands one layer below the lowest box that points to it (the longest path from the root).
2. Slots: a box takes a slot of its layer, with the labels of the arrows that end at it in a row on top; and an arrow
   that passes layers takes one in each of them. So no arrow runs through a box and no label lies on anything.
3. Order in each layer: each slot moves to the mean place of its neighbours in the layer before (its barycentre), back
   and forth; the order with the fewest crossings is kept.
4. Places: each slot wants its arrows to be straight, those of a layer must keep apart, and of all places that do, those
   are taken whose squared distances from the wishes are least; layer after layer, back and forth, until it rests.

Read next: `graph_svg.py`, which draws what stands here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .graph_layers import GAP_X, Link, Piece, Size, Slot, layers_of, put_in_order, slots_of

GAP_Y = 22.0  # pixels between layers
PLACE_SWEEPS = 200  # back and forth
STIFF, ALONG = 8.0, 3.0  # how straight: arrows between two that have no others; arrows that go on; 1 for the rest
LITTLE = 3.0  # pixels; an arrow that is bent less counts as straight

Point = tuple[float, float]


@dataclass(frozen=True)
class Place:
    """A rectangle: its middle and its size, in pixels from the upper left corner, y downwards."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """Where everything stands."""

    boxes: dict[int, Place]
    labels: list[Place]  # one for each link
    routes: list[list[Point]]  # for each link the points that it passes, downwards
    width: float
    height: float


def lay_out(sizes: Mapping[int, Size], links: Sequence[Link]) -> Layout:
    """Places for boxes, labels and arrows.

    Args:
        sizes: of each box, by key. links: the arrows; they form no ring, and their order is that of the boxes' inputs.
    """
    slots, chains, layers = slots_of(sizes, links, layers_of(sizes, links))
    put_in_order(layers)
    join(chains)
    place(layers)
    return measured(slots, chains, tops_of(layers))


# -- 4. Places


def join(chains: Sequence[Sequence[Piece]]) -> None:
    """Where the pieces leave and reach their slots, in the order in which their other ends lie; and their weights."""
    pieces = [piece for chain in chains for piece in chain]
    for slot in {id(end): end for piece in pieces for end in (piece.upper, piece.lower)}.values():
        slot.out.sort(key=lambda piece: (piece.lower.rank, piece.link))
        for number, piece in enumerate(slot.out, start=1):
            piece.leaves = share(slot, number, len(slot.out))
        slot.into.sort(key=lambda piece: (piece.upper.rank, piece.link))
        left = -slot.row / 2
        for piece in slot.into:
            piece.arrives = left + piece.label[0] / 2  # at the middle of its label
            left += piece.label[0] + GAP_X
    for piece in pieces:
        alone = len(piece.upper.out) == len(piece.lower.into) == 1
        piece.weight = STIFF if alone else ALONG if piece.lower.out else 1.0


def share(slot: Slot, number: int, count: int) -> float:
    """Where on its box the first, second, … of so many arrows begins or ends: they share it evenly."""
    return slot.box[0] * (number / (count + 1) - 0.5)


def place(layers: Sequence[Sequence[Slot]]) -> None:
    """Gives each slot its x, by sweeps over the layers; the leftmost begins at 0."""
    for layer in layers:
        settle(layer, [0.0] * len(layer))
    for sweep in range(PLACE_SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            settle(layer, [wish(slot) for slot in layer])
    left = min(slot.x - slot.width / 2 for layer in layers for slot in layer)
    for layer in layers:
        for slot in layer:
            slot.x -= left


def wish(slot: Slot) -> float:
    """Where a slot wants to stand: at the weighted mean of the places where each of its arrows would be straight."""
    wishes = [(piece.upper.x + piece.leaves - piece.arrives, pull(piece)) for piece in slot.into]
    wishes += [(piece.lower.x + piece.arrives - piece.leaves, pull(piece)) for piece in slot.out]
    return sum(x * weight for x, weight in wishes) / sum(weight for _, weight in wishes) if wishes else slot.x


def pull(piece: Piece) -> float:
    """How much a piece of an arrow wants to be straight, the less the more it is bent.

    With that, sums of squares act like sums of lengths: one piece bends much and the others not at all, where equal
    pulls would bend all of them a little.
    """
    bent = abs(piece.upper.x + piece.leaves - piece.lower.x - piece.arrives)
    return piece.weight / max(bent, LITTLE)


def settle(layer: Sequence[Slot], wishes: Sequence[float]) -> None:
    """Puts the slots of a layer as near to their wishes as their order and their widths allow."""
    offset, offsets = 0.0, [0.0]  # of each slot from the first, where they stand as close as they may
    for left, right in pairwise(layer):
        offset += (left.width + right.width) / 2 + GAP_X
        offsets.append(offset)
    weights = [sum(pull(piece) for piece in slot.into + slot.out) or 1.0 for slot in layer]
    places = nearest_increasing([want - shift for want, shift in zip(wishes, offsets, strict=True)], weights)
    for slot, base, shift in zip(layer, places, offsets, strict=True):
        slot.x = base + shift


def nearest_increasing(numbers: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The numbers y₁ ≤ y₂ ≤ … with the least Σ wᵢ (yᵢ − xᵢ)².

    Neighbours that are in the wrong order move to their common mean, and so do groups of them, until none are.

    >>> nearest_increasing([1, 5, 3, 7], [1, 1, 1, 1])
    [1.0, 4.0, 4.0, 7.0]
    """
    groups: list[tuple[float, float, int]] = []  # the mean of a group, its weight, how many there are in it
    for number, heavy in zip(numbers, weights, strict=True):
        mean, weight, count = float(number), heavy, 1
        while groups and groups[-1][0] > mean:
            earlier, more, others = groups.pop()
            mean, weight = (earlier * more + mean * weight) / (more + weight), more + weight
            count += others
        groups.append((mean, weight, count))
    return [mean for mean, _, count in groups for _ in range(count)]


# -- What was found


def tops_of(layers: Sequence[Sequence[Slot]]) -> list[tuple[float, float]]:
    """The y where each layer begins and ends."""
    tops, y = [], 0.0
    for layer in layers:
        height = max(slot.height for slot in layer)
        tops.append((y, y + height))
        y += height + GAP_Y
    return tops


def measured(
    slots: Mapping[int, Slot], chains: Sequence[Sequence[Piece]], tops: Sequence[tuple[float, float]]
) -> Layout:
    """The places of boxes and labels, and the points that arrows pass."""
    boxes = {
        key: Place(slot.x, tops[slot.layer][0] + slot.head + slot.box[1] / 2, *slot.box) for key, slot in slots.items()
    }
    labels = []
    for *_, piece in chains:
        top = tops[piece.lower.layer][0]
        labels.append(Place(piece.lower.x + piece.arrives, top + piece.label[1] / 2, *piece.label))
    routes = [route(chain, tops) for chain in chains]
    edges = [place.x + place.width / 2 for place in [*boxes.values(), *labels]]
    width = max([*edges, *(x for points in routes for x, _ in points)])
    return Layout(boxes, labels, routes, width, tops[-1][1])


def route(chain: Sequence[Piece], tops: Sequence[tuple[float, float]]) -> list[Point]:
    """Out of the box, straight through each layer that is passed, through the label, into the other box."""
    points = []
    for piece in chain:
        upper, lower = piece.upper, piece.lower
        begins, (_, ends) = tops[upper.layer][0] + upper.height, tops[upper.layer]
        points += [(upper.x + piece.leaves, begins), (upper.x + piece.leaves, ends)]
        points.append((lower.x + piece.arrives, tops[lower.layer][0]))
    end, top = chain[-1].lower, tops[chain[-1].lower.layer][0]
    points.append((end.x + chain[-1].arrives, top + chain[-1].label[1]))
    points.append((end.x + share(end, end.into.index(chain[-1]) + 1, len(end.into)), top + end.head))
    return points
