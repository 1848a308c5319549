"""The pictures of two graphs: what they show is what the walker saw, and nothing in them lies on anything else."""

import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparisons.__main__ import main
from comparisons.graph_boxes import DIFFERENCE
from comparisons.graph_html import html
from comparisons.graph_layers import Link, Size, crossings, layers_of, put_in_order, slots_of
from comparisons.graph_layout import Layout, Place, lay_out, nearest_increasing
from comparisons.graph_markup import dot, mermaid
from comparisons.graph_nodes import Row
from comparisons.graph_svg import NAME, SMALL, svg

SVG = "{http://www.w3.org/2000/svg}"
DIFFERENT = "torch.div(x.exp(), w, rounding_mode=None) + b * b"  # see "Other graphs" in the README
LETTER = 0.602  # em, the width of DejaVu Sans Mono's letters; other fonts of one width have 0.6 or less
FORMATS = ("text", "mermaid", "dot", "svg", "html")


def drawn(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code, and what is on stdout."""
    code = main(["graph", *arguments])
    return code, capsys.readouterr().out


# -- The layout


@st.composite
def graphs(draw: Any) -> tuple[dict[int, Size], list[Link]]:
    """Boxes of all sizes, each but the first with an arrow from an earlier one, and more of them, some doubled."""
    sides = st.floats(10, 200)
    sizes = {key: (draw(sides), draw(sides)) for key in range(1, draw(st.integers(2, 12)))}
    pairs = [(draw(st.integers(1, key - 1)), key) for key in sizes if key > 1]
    for _ in range(draw(st.integers(0, 6)) if len(sizes) > 1 else 0):
        end = draw(st.integers(2, len(sizes)))
        pairs.append((draw(st.integers(1, end - 1)), end))
    return sizes, [(start, end, (draw(st.floats(5, 90)), 15.0)) for start, end in pairs]


def overlap(one: Place, other: Place) -> bool:
    across = (one.width + other.width) / 2 - abs(one.x - other.x)
    down = (one.height + other.height) / 2 - abs(one.y - other.y)
    return min(across, down) > 1e-6


def assert_apart(layout: Layout) -> None:
    for one, other in combinations([*layout.boxes.values(), *layout.labels], 2):
        assert not overlap(one, other)


@given(graphs())
def test_no_box_and_no_label_lies_on_another(graph: tuple[dict[int, Size], list[Link]]) -> None:
    assert_apart(lay_out(*graph))


@given(graphs())
def test_everything_lies_inside_the_picture(graph: tuple[dict[int, Size], list[Link]]) -> None:
    layout = lay_out(*graph)
    for place in [*layout.boxes.values(), *layout.labels]:
        assert place.x - place.width / 2 >= -1e-6 and place.x + place.width / 2 <= layout.width + 1e-6
        assert place.y - place.height / 2 >= -1e-6 and place.y + place.height / 2 <= layout.height + 1e-6


@given(graphs())
def test_an_arrow_goes_down_from_its_box_through_its_label_to_its_box_and_through_no_other(
    graph: tuple[dict[int, Size], list[Link]],
) -> None:
    sizes, links = graph
    layout = lay_out(sizes, links)
    for (start, end, _), label, points in zip(links, layout.labels, layout.routes, strict=True):
        begins, ends = layout.boxes[start], layout.boxes[end]
        assert points[0][1] == pytest.approx(begins.y + begins.height / 2)
        assert points[-1][1] == pytest.approx(ends.y - ends.height / 2)
        assert abs(points[0][0] - begins.x) < begins.width / 2 and abs(points[-1][0] - ends.x) < ends.width / 2
        assert (label.x, label.y + label.height / 2) == pytest.approx(points[-2])
        assert all(lower[1] >= upper[1] - 1e-6 for upper, lower in zip(points, points[1:], strict=False))
        for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
            bounds = Place((x0 + x1) / 2, (y0 + y1) / 2, abs(x1 - x0) + 1, y1 - y0)  # the curve stays inside
            assert not any(overlap(bounds, box) for box in layout.boxes.values())


def test_a_box_stands_below_all_that_point_to_it() -> None:
    size = (10.0, 10.0)
    links = [(1, 2, size), (2, 3, size), (3, 4, size), (1, 4, size)]
    assert layers_of(dict.fromkeys(range(1, 5), size), links) == {1: 0, 2: 1, 3: 2, 4: 3}


def test_a_crossing_that_need_not_be_is_taken_out() -> None:
    size = (10.0, 10.0)
    links = [(1, 2, size), (1, 3, size), (2, 5, size), (3, 4, size), (2, 6, size), (1, 4, size), (4, 7, size)]
    sizes = dict.fromkeys(range(1, 8), size)
    slots, _, layers = slots_of(sizes, links[:1] + [(1, 3, size), (3, 4, size), (2, 5, size)], layers_of(sizes, links))
    before = [list(layer) for layer in layers]
    put_in_order(layers)
    assert crossings(layers) == 0
    assert [set(layer) for layer in before] == [set(layer) for layer in layers]


def test_a_chain_is_a_straight_line() -> None:
    layout = lay_out({1: (90, 20), 2: (30, 20), 3: (70, 20)}, [(1, 2, (40, 15)), (2, 3, (10, 15))])
    assert {round(x, 6) for points in layout.routes for x, _ in points} == {45}


@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(1, 5)), min_size=1, max_size=5))
def test_the_nearest_increasing_numbers_are_nearer_than_their_neighbours(pairs: list[tuple[int, int]]) -> None:
    numbers, weights = zip(*pairs, strict=True)

    def distance(places: Sequence[float]) -> float:
        return sum(w * (x - y) ** 2 for x, y, w in zip(numbers, places, weights, strict=True))

    found = nearest_increasing(numbers, weights)
    assert found == sorted(found) and len(found) == len(numbers)
    for first in range(len(found)):
        for last in range(first, len(found)):
            for step in (-0.01, 0.01):
                moved = [x + step * (first <= place <= last) for place, x in enumerate(found)]
                if moved == sorted(moved):
                    assert distance(moved) >= distance(found) - 1e-9


# -- SVG and HTML


def boxes_in(picture: str) -> list[ElementTree.Element]:
    """The groups of a frame, or a label, and its words."""
    root = ElementTree.fromstring(picture)
    return [group for group in root.iter(f"{SVG}g") if group.find(f".//{SVG}rect") is not None and group.get("class")]


def words_of(group: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()) for text in group.iter(f"{SVG}text")]


@pytest.mark.parametrize("arguments", [("--net", "lenet", "--saved"), ("--net", "cnn"), ("--expr", DIFFERENT)])
def test_the_words_of_the_picture_fit_into_their_boxes(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    groups = boxes_in(drawn(capsys, *arguments, "--format", "svg")[1])
    assert len(groups) > 10
    for group in groups:
        rect = group.find(f".//{SVG}rect")
        assert rect is not None
        x, y, width, height = (float(rect.get(name, "nan")) for name in ("x", "y", "width", "height"))
        for text in group.iter(f"{SVG}text"):
            size = NAME if "name" in text.get("class", "") else SMALL
            half = len("".join(text.itertext())) * size * LETTER / 2
            assert x <= float(text.get("x", "nan")) - half and float(text.get("x", "nan")) + half <= x + width
            assert y < float(text.get("y", "nan")) - size / 2 and float(text.get("y", "nan")) < y + height


def test_the_picture_shows_shapes_parameters_modules_and_saved_values(capsys: pytest.CaptureFixture[str]) -> None:
    code, picture = drawn(capsys, "--net", "lenet", "--saved", "--format", "svg")
    assert code == 0
    said = [words_of(group) for group in boxes_in(picture)]
    assert said.count(["conv1.weight (6, 1, 3, 3)", "AccumulateGrad"]) == 2  # once on each side
    convolutions = [words for words in said if words[0] == "ConvolutionBackward0" and words[1] == "conv1 (Conv2d)"]
    assert len(convolutions) == 2
    assert all("weight: conv1.weight (6, 1, 3, 3) float32" in words for words in convolutions)
    assert said.count(["1: (6, 1, 3, 3)"]) == 2 and said.count(["0: (4, 6, 15, 15)"]) == 2
    assert ["MseLossBackward0", "loss (MSELoss)"] in [words[:2] for words in said]
    assert ["ReluBackward0", "LeNet"] in [words[:2] for words in said]
    without = drawn(capsys, "--net", "lenet", "--format", "svg")[1]
    assert "float32" not in without and "conv1 (Conv2d)" in without


def test_the_first_difference_is_marked_once_on_each_side_with_colour_and_word(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, picture = drawn(capsys, "--expr", DIFFERENT, "--format", "svg")
    assert code == 1
    marked = [group for group in boxes_in(picture) if group.get("class") == "operation differs"]
    assert [words_of(group) for group in marked] == [["DivBackward0", DIFFERENCE], ["DivBackward2", DIFFERENCE]]
    assert "differ, first in line 2" in picture
    same = drawn(capsys, "--expr", "x.exp()", "--format", "svg")[1]
    assert not [group for group in boxes_in(same) if "differs" in group.get("class", "")]
    assert DIFFERENCE not in same


def test_equal_graphs_stand_side_by_side_line_by_line_though_torch_saves_more(
    capsys: pytest.CaptureFixture[str],
) -> None:
    picture = drawn(capsys, "--net", "lenet", "--saved", "--format", "svg")[1]
    groups = {group.get("id", ""): group for group in ElementTree.fromstring(picture).iter(f"{SVG}g")}
    frames = {key: group.find(f".//{SVG}rect") for key, group in groups.items() if "-" in key}
    ours = {key.removeprefix("minigrad-"): rect for key, rect in frames.items() if key.startswith("minigrad")}
    assert len(ours) > 20 and len(words_of(groups["torch-2"])) > len(words_of(groups["minigrad-2"]))
    for key, rect in ours.items():
        other = frames[f"torch-{key}"]
        assert rect is not None and other is not None
        assert [rect.get(name) for name in ("x", "y", "width", "height")] == [
            other.get(name) for name in ("x", "y", "width", "height")
        ]


def test_an_edge_to_a_node_that_stands_already_can_be_the_first_difference() -> None:
    ours, theirs = rows_with_reuse(2), rows_with_reuse(3)
    for write in (svg, html):
        text = write(("minigrad", ours), ("torch", theirs), "a title", "a verdict")
        assert text.count(f"1: (3,), {DIFFERENCE}") == 2
    assert mermaid(("minigrad", ours), ("torch", theirs)).splitlines()[-1].startswith("  linkStyle 2,5 stroke:#c8321e")
    assert dot(("minigrad", ours), ("torch", theirs)).count(f'1: (3,), {DIFFERENCE}", color="#c8321e"') == 2


def rows_with_reuse(seen: int) -> list[Row]:
    """Four lines of a tree, the last an edge to a node that stands in the line `seen`."""
    shape = (3,)
    return [
        Row(1, "", None, 0, "AddBackward0", shape, 2, "", None),
        Row(2, "", 0, 0, "ExpBackward0", shape, 1, "", None, 1, shape),
        Row(3, "", 0, 0, "AccumulateGrad", shape, 0, "x", None, 2, shape),
        Row(4, "", 1, 0, "ExpBackward0", shape, 1, "", seen, 1, shape),
    ]


def test_the_picture_is_light_and_dark_and_asks_for_nothing_from_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("svg", "html"):
        text = drawn(capsys, "--expr", "x.exp()", "--format", form)[1]
        assert "prefers-color-scheme: dark" in text
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text) and "<script" not in text
        assert not re.findall(r"url\(|@import|src=", text)


def test_signs_that_mean_something_in_xml_are_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    code, picture = drawn(capsys, "--expr", 'torch.where((x < w) & (x > 0), x, w) * len("<b>&")', "--format", "svg")
    assert code == 0
    titles = [text for text in ElementTree.fromstring(picture).iter(f"{SVG}text") if text.get("class") == "title"]
    assert titles[0].text == 'torch.where((x < w) & (x > 0), x, w) * len("<b>&"): its graph'


class Page(HTMLParser):
    """Ids, links and cells of a page; whether every element that must be closed is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []
        self.rows += [[]] if tag == "tr" else []
        if tag == "td":
            self.rows[-1].append("")
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open:
            self.rows[-1][-1] += data


def test_the_page_has_both_pictures_and_a_table_that_lead_to_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = drawn(capsys, "--expr", DIFFERENT, "--saved", "--format", "html")
    assert code == 1
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    assert page.links and all(link.removeprefix("#") in page.ids for link in page.links)
    assert {"minigrad-1", "torch-1", "row-1"} <= set(page.ids)
    rows = page.rows[1:]
    assert [row[2] for row in rows][:3] == ["AddBackward0", "DivBackward0\nDivBackward2", "ExpBackward0"]
    assert [DIFFERENCE in row for row in rows] == [False, True] + [False] * (len(rows) - 2)
    assert rows[2][-1] == "1 valueresult: (3, 3) float32" and {len(row) for row in rows} == {9}


# -- Mermaid and DOT


MERMAID = [
    r"flowchart TD",
    r'  subgraph [ab]\["\w+"\]',
    r'    [ab]\d+\["[^"`<>]*(<br>[^"`<>]*)*"\]:::(operation|parameter|none|difference)',
    r'    [ab]\d+ -->\|"[^"`<>]*"\| [ab]\d+',
    r"  end",
    r"  classDef (operation|parameter|none|difference) fill:#\w{6},stroke:#\w{6},color:#\w{6}",
    r"  linkStyle \d+(,\d+)* stroke:#\w{6},stroke-width:3px",
]
DOT_STRING = r'"(?:[^"\\]|\\.)*"'


@pytest.mark.parametrize("arguments", [("--net", "cnn", "--saved"), ("--expr", DIFFERENT)])
def test_mermaid_is_a_flowchart_whose_links_lead_to_its_nodes(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = drawn(capsys, *arguments, "--format", "mermaid")[1].splitlines()
    assert lines[0] == "flowchart TD"
    for line in lines:
        assert any(re.fullmatch(form, line) for form in MERMAID), line
    nodes = [line.split("[")[0].strip() for line in lines if ":::" in line]
    links = [re.sub(r"\|.*\|", "", line).split() for line in lines if "-->" in line]
    assert len(nodes) == len(set(nodes)) and {end for a, _, b in links for end in (a, b)} == set(nodes)
    assert sum(line.startswith("  subgraph") for line in lines) == sum(line == "  end" for line in lines) == 2


@pytest.mark.parametrize("arguments", [("--net", "cnn", "--saved"), ("--expr", DIFFERENT)])
def test_dot_has_a_statement_on_each_line_and_brackets_that_close(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    text = drawn(capsys, *arguments, "--format", "dot")[1]
    attribute = rf"\w+=(?:{DOT_STRING}|\w+)"
    attributes = rf"\[{attribute}(?:, {attribute})*\]"
    statement = (
        rf"\s*(?:digraph {{|subgraph cluster_[ab] {{|}}|label={DOT_STRING}|[a-z]\w*(?: -> [ab]\d+)? {attributes})"
    )
    for line in text.splitlines():
        assert re.fullmatch(statement + r"(?:  //.*)?", line), line
    bare = re.sub(DOT_STRING, "", text)
    assert bare.count("{") == bare.count("}") == 3 and bare.count("[") == bare.count("]")
    assert text.count(DIFFERENCE) == (2 if "--expr" in arguments else 0)


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_places_the_boxes_where_it_is_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    code, picture = drawn(capsys, "--expr", DIFFERENT, "--format", "svg", "--layout", "dot")
    assert code == 1 and ElementTree.fromstring(picture).tag == f"{SVG}svg"
    assert picture.count("DivBackward2") == 1 and picture.count(DIFFERENCE) == 2


def test_without_graphviz_its_layout_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert main(["graph", "--expr", "x.exp()", "--format", "svg", "--layout", "dot"]) == 2
    assert "needs Graphviz, which is not installed here" in " ".join(capsys.readouterr().err.split())
    assert main(["graph", "--expr", "x.exp()", "--layout", "dot"]) == 2
    assert "--layout dot is for --format svg" in capsys.readouterr().err


# -- The command


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_gets_what_stdout_would_have_got(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / f"graph.{form}"
    arguments = ("--expr", "(x * w + b).relu().sum()", "--format", form)
    _, text = drawn(capsys, *arguments)
    code, said = drawn(capsys, *arguments, "--output", str(file))
    assert code == 0 and file.read_text(encoding="utf-8") == text
    assert said == f"The two graphs are the same: 7 nodes, 6 edges.\n{file}\n"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_folder_gets_the_picture_beside_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = drawn(capsys, "--expr", "x.exp()", "--format", "mermaid", "--out", str(tmp_path))
    (folder,) = tmp_path.iterdir()
    assert code == 0 and said.splitlines()[-1] == str(folder)
    assert {path.name for path in folder.iterdir()} == {"graph.mmd", "result.txt", "result.json"}


def test_json_and_a_picture_can_be_had_at_once_if_the_picture_has_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "graph.svg"
    code, said = drawn(capsys, "--expr", DIFFERENT, "--format", "svg", "--json", "--output", str(file), "--saved")
    result = json.loads(said)
    assert code == 1 and result["first_difference"] == 2 and result["expr"] == DIFFERENT
    div = result["torch"][1]
    assert (div["name"], div["above"], div["gradient"]) == ("DivBackward2", 1, [3, 3])
    assert ["self", "(3, 3) float32"] in div["saved"]
    assert ElementTree.parse(file).getroot().tag == f"{SVG}svg"


def test_a_file_that_is_no_regular_one_is_written_into(capsys: pytest.CaptureFixture[str]) -> None:
    assert drawn(capsys, "--expr", "x.exp()", "--output", "/dev/null")[0] == 0
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--json", "--format", "svg"), "name an --output FILE"),
        (("--output", "/nowhere/graph.svg"), "/nowhere/graph.svg cannot be written: No such file"),
        (("--expr", "x +"), "not understood: invalid syntax"),
        (("--expr", "x + y"), "both sides raise NameError: name 'y' is not defined An expression may use x (3, 3)"),
        (("--expr", "x > 0"), "(or it was detached on the way); compute it from x, w or b"),
        (("--expr", "3"), "its value has no grad_fn"),
        (("--expr", "x"), "its value has no grad_fn"),
        (("--expr", "x.cumsum(0)"), "minigrad raises AttributeError: 'Tensor' object has no attribute 'cumsum' ("),
        (("--expr", ""), "it must end in an expression, such as (x @ w + b).sum()"),
        (("--expr", "y = x * 2"), "must end in an expression"),
        (("--expr", "x @ torch.ones(2)"), "both sides raise RuntimeError"),
    ],
)
def test_wrong_usage_is_said_in_one_message(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = arguments if "--expr" in arguments else ("--expr", "x.exp()", *arguments)
    assert main(["graph", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == "" and words in " ".join(told.err.split()) and "Traceback" not in told.err


def test_an_expression_may_be_the_second_output_of_its_node(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = drawn(capsys, "--expr", "x.split([1, 2])[1]")
    assert code == 0 and text.count("SplitWithSizesBackward0 output 1 (2, 3)") == 2


def test_an_unknown_format_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["graph", "--format", "png"])
    assert end.value.code == 2 and "svg" in capsys.readouterr().err


def test_the_saved_values_follow_the_trees_and_fit_into_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, text = drawn(capsys, "--net", "cnn", "--saved")
    assert code == 0 and max(map(len, text.splitlines())) <= 82
    assert re.search(
        r"^ +mat1_sym_sizes +minigrad -, torch \(4, 3136\)$", text, re.MULTILINE
    )  # see "Other saved values"
    assert re.search(r"^ +weight +conv1.weight \(32, 1, 3, 3\) float32$", text, re.MULTILINE)
    assert "What the nodes keep" not in drawn(capsys, "--net", "cnn")[1]


def test_the_format_is_what_the_file_is_called(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, begins in (("a.svg", "<svg"), ("a.html", "<!DOCTYPE"), ("a.dot", "digraph"), ("a.mmd", "flowchart")):
        assert drawn(capsys, "--expr", "x.exp()", "--output", str(tmp_path / name))[0] == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)
    drawn(capsys, "--expr", "x.exp()", "--output", str(tmp_path / "a.svg"), "--format", "text")
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("x.exp(): its graph")


def test_a_legend_speaks_of_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    small, reused, net = (
        " ".join(drawn(capsys, *arguments)[1].split())
        for arguments in (("--expr", "x @ w"), ("--expr", "x * x + 2"), ("--net", "lenet"))
    )
    assert "None:" not in small and "met before" not in small and "by:" not in small
    assert "None:" in reused and "met before" in reused and "by:" not in reused
    assert "None:" in net and "by:" in net and "met before" not in net


def test_what_torch_alone_saves_is_said_to_be_no_difference(capsys: pytest.CaptureFixture[str]) -> None:
    words = "a name that one side alone has is no difference"
    assert words in drawn(capsys, "--net", "lenet", "--saved", "--format", "svg")[1]
    assert words not in drawn(capsys, "--net", "lenet", "--format", "svg")[1]


def test_the_ending_of_another_picture_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "--expr", "x.exp()", "--output", str(tmp_path / "x.png")]) == 2
    assert "the pictures are svg and html" in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.iterdir())
