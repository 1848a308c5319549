"""Places for the boxes of a graph, layer by layer from the loss down to the parameters.

The way of Sugiyama, Tagawa and Toda (1981), in four steps:

1. Layers: a box stands one layer below the lowest box that points to it (the longest path from the root).
2. Slots: an arrow that passes layers gets a slot in each of them, and so does its label, right above its end. From here
   on a slot is like a box. So no arrow runs through a box and no label lies on anything: there is a place for each.
3. Order in each layer: each slot moves to the mean place of its neighbours in the layer before (its barycentre), back
   and forth; the order with the fewest crossings is kept.
4. Places: each slot wants to stand at the mean of its neighbours, those of a layer must keep apart, and of all places
   that do, those are taken whose squared distances from the wishes are least.

Read next: `graph_svg.py`, which draws what stands here.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

GAP_X, GAP_Y = 18.0, 13.0  # pixels between slots of a layer, and between layers
ORDER_SWEEPS, PLACE_SWEEPS = 8, 24  # back and forth

Size = tuple[float, float]  # width and height, pixels
Link = tuple[int, int, Size]  # from box, to box, the size of the label
Point = tuple[float, float]


@dataclass
class Slot:
    """A place in a layer: a box, a label, or where a long arrow passes."""

    layer: int
    width: float
    height: float
    x: float = 0.0  # of its middle
    y: float = 0.0
    above: list[int] = field(default_factory=list)  # its neighbours, as numbers of slots
    below: list[int] = field(default_factory=list)


@dataclass
class Layout:
    """Where everything stands. Layers of boxes and layers of labels take turns."""

    slots: list[Slot]
    boxes: dict[int, Slot]  # by key
    chains: list[list[int]]  # for each link, the slots that it passes, from box to box; the last but one is the label's
    layers: list[list[int]]
    width: float = 0.0
    height: float = 0.0

    def label(self, link: int) -> Slot:
        """Where the words of a link stand."""
        return self.slots[self.chains[link][-2]]

    def layer_height(self, layer: int) -> float:
        """As high as its highest slot."""
        return max(self.slots[number].height for number in self.layers[layer])


def lay_out(sizes: Mapping[int, Size], links: Sequence[Link]) -> Layout:
    """Places for boxes and labels: pixels from the upper left corner, y downwards, (x, y) the middle of each.

    Args:
        sizes: of each box, by key. links: the arrows; they form no ring, and their order is that of the boxes' inputs.
    """
    layout = with_slots(sizes, links, layers_of(sizes, links))
    put_in_order(layout)
    place(layout)
    return layout


# -- 1. Layers


def layers_of(sizes: Mapping[int, Size], links: Sequence[Link]) -> dict[int, int]:
    """For each box, the length of the longest path that leads to it."""
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


def with_slots(sizes: Mapping[int, Size], links: Sequence[Link], layer: Mapping[int, int]) -> Layout:
    """A slot for each box (in an even layer), label (in the odd one above its end) and passage.

    They enter their layers in the order of a walk from the root, so a tree starts without a crossing.
    """
    layout = Layout([], {}, [], [[] for _ in range(2 * max(layer.values(), default=0) + 1)])

    def new(level: int, width: float, height: float) -> int:
        layout.slots.append(Slot(level, width, height))
        layout.layers[level].append(len(layout.slots) - 1)
        return len(layout.slots) - 1

    numbers: dict[int, int] = {}
    passing: list[list[int]] = []
    arriving = defaultdict(list)
    for number, (_, end, _) in enumerate(links):
        arriving[end].append(number)
    for number, (start, end, label) in enumerate(links):
        if start not in numbers:
            numbers[start] = new(2 * layer[start], *sizes[start])
        first, last = 2 * layer[start] + 1, 2 * layer[end] - 1
        passing.append([new(level, 0, 0) for level in range(first, last)] + [new(last, *label)])
        if number == arriving[end][0]:
            numbers[end] = new(2 * layer[end], *sizes[end])
    for key in sizes:  # a graph of one box
        if key not in numbers:
            numbers[key] = new(2 * layer[key], *sizes[key])

    layout.boxes = {key: layout.slots[number] for key, number in numbers.items()}
    for (start, end, _), between in zip(links, passing, strict=True):
        chain = [numbers[start], *between, numbers[end]]
        layout.chains.append(chain)
        for upper, lower in pairwise(chain):
            layout.slots[upper].below.append(lower)
            layout.slots[lower].above.append(upper)
    return layout


# -- 3. Order


def put_in_order(layout: Layout) -> None:
    """Sorts each layer by barycentres, down and up; ends with the order that has the fewest crossings."""
    best = [list(layer) for layer in layout.layers]
    fewest = crossings(layout)
    for sweep in range(ORDER_SWEEPS):
        if not fewest:
            break
        downwards = sweep % 2 == 0
        layers = layout.layers[1:] if downwards else layout.layers[-2::-1]
        for layer in layers:
            ranks = ranks_of(layout)
            layer.sort(key=lambda number: barycentre(layout.slots[number], ranks, downwards, ranks[number]))  # noqa: B023
        count = crossings(layout)
        if count < fewest:
            fewest, best = count, [list(layer) for layer in layout.layers]
    layout.layers = best


def ranks_of(layout: Layout) -> dict[int, int]:
    """The place of each slot in its layer's order."""
    return {number: rank for layer in layout.layers for rank, number in enumerate(layer)}


def barycentre(slot: Slot, ranks: Mapping[int, int], downwards: bool, own: int) -> float:
    """The mean rank of the neighbours on the side that we come from; a slot without any keeps its own."""
    neighbours = slot.above if downwards else slot.below
    return sum(ranks[number] for number in neighbours) / len(neighbours) if neighbours else own


def crossings(layout: Layout) -> int:
    """How many pairs of neighbouring lines cross: one begins further left than the other and ends further right."""
    ranks, count = ranks_of(layout), 0
    for layer in layout.layers[:-1]:
        lines = [(ranks[upper], ranks[lower]) for upper in layer for lower in layout.slots[upper].below]
        lines.sort()
        count += sum(right[1] < left[1] for i, left in enumerate(lines) for right in lines[i + 1 :])
    return count


# -- 4. Places


def place(layout: Layout) -> None:
    """Gives each slot its x, by sweeps over the layers, and its y, layer after layer."""
    for layer in layout.layers:
        settle(layout, layer, [0.0] * len(layer))
    for sweep in range(PLACE_SWEEPS):
        for layer in layout.layers if sweep % 2 == 0 else reversed(layout.layers):
            settle(layout, layer, [wish(layout, layout.slots[number]) for number in layer])
    left = min(slot.x - slot.width / 2 for slot in layout.slots)
    for slot in layout.slots:
        slot.x -= left
    layout.width = max(slot.x + slot.width / 2 for slot in layout.slots)

    top = 0.0
    for level, layer in enumerate(layout.layers):
        height = layout.layer_height(level)
        for number in layer:
            layout.slots[number].y = top + height / 2
        top += height + GAP_Y
    layout.height = top - GAP_Y


def wish(layout: Layout, slot: Slot) -> float:
    """Where a slot wants to stand: at the mean of its neighbours above and below."""
    places = [layout.slots[number].x for number in slot.above + slot.below]
    return sum(places) / len(places) if places else slot.x


def settle(layout: Layout, layer: Sequence[int], wishes: Sequence[float]) -> None:
    """Puts the slots of a layer as near to their wishes as their order and their widths allow."""
    slots = [layout.slots[number] for number in layer]
    offset, offsets = 0.0, []  # of each slot from the first, where they stand as close as they may
    for index, slot in enumerate(slots):
        offset += (slots[index - 1].width + slot.width) / 2 + GAP_X if index else 0
        offsets.append(offset)
    places = nearest_increasing([want - shift for want, shift in zip(wishes, offsets, strict=True)])
    for slot, base, shift in zip(slots, places, offsets, strict=True):
        slot.x = base + shift


def nearest_increasing(numbers: Sequence[float]) -> list[float]:
    """The numbers y₁ ≤ y₂ ≤ … with the least Σ (yᵢ − xᵢ)².

    Neighbours that are in the wrong order move to their common mean, and so do groups of them, until none are.

    >>> nearest_increasing([1, 5, 3, 7])
    [1.0, 4.0, 4.0, 7.0]
    """
    groups: list[tuple[float, int]] = []  # the mean of a group, and how many there are in it
    for number in numbers:
        mean, count = float(number), 1
        while groups and groups[-1][0] > mean:
            earlier, more = groups.pop()
            mean, count = (earlier * more + mean * count) / (more + count), more + count
        groups.append((mean, count))
    return [mean for mean, count in groups for _ in range(count)]
