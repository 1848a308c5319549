"""The layers of a graph that is to be drawn: which box stands in which, and in which order.

Steps 1 to 3 of the way that `graph_layout.py` describes; read that next, it puts the layers in their places.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

GAP_X = 18.0  # pixels between slots of a layer, and between labels
TIP = 14.0  # between a label and its box: room for the tip of the arrow
ORDER_SWEEPS = 8  # back and forth

Size = tuple[float, float]  # width and height, pixels
Link = tuple[int, int, Size]  # from box, to box, the size of the label


@dataclass(eq=False)
class Piece:
    """The part of an arrow from a layer to the next: between two slots, and where on them (pixels from the middle)."""

    link: int
    upper: "Slot"
    lower: "Slot"
    label: Size = (0.0, 0.0)  # of the last piece: the others have none
    leaves: float = 0.0
    arrives: float = 0.0
    weight: float = 1.0  # how much it wants to be straight


@dataclass(eq=False)
class Slot:
    """A place in a layer: a box and the labels on top of it, or where a long arrow passes."""

    layer: int
    box: Size = (0.0, 0.0)
    rank: int = 0  # in its layer, from the left
    x: float = 0.0  # of its middle
    into: list[Piece] = field(default_factory=list)
    out: list[Piece] = field(default_factory=list)

    @property
    def row(self) -> float:
        """The width of the labels, side by side."""
        return sum(piece.label[0] + GAP_X for piece in self.into) - GAP_X if self.into else 0.0

    @property
    def width(self) -> float:
        return max(self.box[0], self.row)

    @property
    def head(self) -> float:
        """The height of the labels, and the room below them."""
        height = max((piece.label[1] for piece in self.into), default=0.0)
        return height + TIP if height else 0.0

    @property
    def height(self) -> float:
        return self.head + self.box[1]


# -- 1. Layers


def layers_of(sizes: Mapping[int, Size], links: Sequence[Link]) -> dict[int, int]:
    """For each box, the length of the longest path that leads to it.

    >>> layers_of({1: (0, 0), 2: (0, 0), 3: (0, 0)}, [(1, 2, (0, 0)), (2, 3, (0, 0)), (1, 3, (0, 0))])
    {1: 0, 2: 1, 3: 2}
    """
    waiting = Counter(end for _, end, _ in links)  # arrows that have not been followed yet
    ends = defaultdict(list)
    for start, end, _ in links:
        ends[start].append(end)
    layer = dict.fromkeys(sizes, 0)
    ready = [key for key in sizes if not waiting[key]]
    for start in ready:  # which grows meanwhile
        for end in ends[start]:
            layer[end] = max(layer[end], layer[start] + 1)
            waiting[end] -= 1
            if not waiting[end]:
                ready.append(end)
    return layer


# -- 2. Slots


def slots_of(
    sizes: Mapping[int, Size], links: Sequence[Link], layer: Mapping[int, int]
) -> tuple[dict[int, Slot], list[list[Piece]], list[list[Slot]]]:
    """The boxes' slots by key, the arrows in pieces, and the layers.

    Slots enter their layers in the order of a walk from the root, so a tree starts without a crossing.
    """
    layers: list[list[Slot]] = [[] for _ in range(max(layer.values(), default=0) + 1)]

    def enter(slot: Slot) -> Slot:
        layers[slot.layer].append(slot)
        return slot

    slots = {key: Slot(layer[key], size) for key, size in sizes.items()}
    entered: set[int] = set()
    chains = []
    for number, (start, end, label) in enumerate(links):
        if start not in entered:
            enter(slots[start])
        passed = [enter(Slot(level)) for level in range(layer[start] + 1, layer[end])]
        if end not in entered:
            enter(slots[end])
        entered |= {start, end}
        chain = [slots[start], *passed, slots[end]]
        chains.append([Piece(number, upper, lower) for upper, lower in pairwise(chain)])
        chains[-1][-1].label = label
        for piece in chains[-1]:
            piece.upper.out.append(piece)
            piece.lower.into.append(piece)
    for key in sizes:  # boxes without arrows
        if key not in entered:
            enter(slots[key])
    return slots, chains, layers


# -- 3. Order


def put_in_order(layers: list[list[Slot]]) -> None:
    """Sorts each layer by barycentres, down and up; ends with the order that has the fewest crossings."""
    number_off(layers)
    best, fewest = [list(layer) for layer in layers], crossings(layers)
    for sweep in range(ORDER_SWEEPS if fewest else 0):
        downwards = sweep % 2 == 0
        for layer in layers[1:] if downwards else layers[-2::-1]:
            layer.sort(key=above if downwards else below)
            number_off([layer])
        count = crossings(layers)
        if count < fewest:
            best, fewest = [list(layer) for layer in layers], count
    layers[:] = best
    number_off(layers)


def number_off(layers: Sequence[Sequence[Slot]]) -> None:
    """Tells each slot its rank."""
    for layer in layers:
        for rank, slot in enumerate(layer):
            slot.rank = rank


def above(slot: Slot) -> float:
    """The mean rank of the slots that its arrows come from; without any its own."""
    return sum(piece.upper.rank for piece in slot.into) / len(slot.into) if slot.into else slot.rank


def below(slot: Slot) -> float:
    """The mean rank of the slots that its arrows lead to; without any its own."""
    return sum(piece.lower.rank for piece in slot.out) / len(slot.out) if slot.out else slot.rank


def crossings(layers: Sequence[Sequence[Slot]]) -> int:
    """How many pairs of arrows cross: one begins further left than the other and ends further right."""
    count = 0
    for layer in layers:
        lines = sorted((piece.upper.rank, piece.lower.rank) for slot in layer for piece in slot.out)
        count += sum(
            right[1] < left[1] for index, left in enumerate(lines) for right in lines[index + 1 :] if right[0] > left[0]
        )
    return count
