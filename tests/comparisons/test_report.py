"""The report of a run: one page that needs nothing else, and whose clicks and keys do what they say."""

import base64
import html
import io
import json
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from comparisons.__main__ import main
from comparisons.doctor import this_python
from comparisons.report import confusion_cell, table
from comparisons.report_curves import Curve, chart
from comparisons.report_pictures import SIGNED, UNSIGNED
from comparisons.report_text import number_text

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
WIDE, PHONE = (1200, 800), (390, 844)  # pixels of a window
SMALLEST = 9  # pixels: letters that can be read
EPOCHS = {"cnn": 2, "lenet": 1}


@pytest.fixture(scope="module", params=EPOCHS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run."""
    out, epochs = tmp_path_factory.mktemp("runs"), str(EPOCHS[request.param])
    options = ["--limit", "300", "--epochs", epochs, "--batch-size", "50", "--quiet", "--out", str(out)]
    main(["mnist", "--net", request.param, *options])
    return next(out.iterdir())


@pytest.fixture(scope="module")
def text(run: Path) -> str:
    return (run / "report.html").read_text()


def first_match(pattern: str, text: str) -> str:
    """What the pattern's group finds first."""
    match = re.search(pattern, text, re.DOTALL)
    assert match is not None, pattern
    return match[1]


class Elements(HTMLParser):
    """The start tags of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def turns_in(text: str) -> list[dict[str, Any]]:
    return json.loads(first_match(r'<script type="application/json" id="turns">(.*?)</script>', text))


def words_of(html_text: str) -> str:
    """What is read of a piece of the page."""
    return html.unescape(re.sub("<.*?>", "", html_text))


# -- The page as text


def test_the_page_needs_nothing_but_itself(text: str) -> None:
    assert len(text) < 4e6
    for tag, attributes in Elements(text).found:
        assert tag not in ("link", "iframe", "object")
        for name in ("src", "href", "xlink:href", "srcset"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "data:image/png;base64,")), f"<{tag} {name}={value[:60]}>"
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "") and "https://" not in text
    assert "@import" not in text and "url(" not in text


def test_every_link_inside_the_page_leads_to_a_part_of_it(text: str) -> None:
    elements = Elements(text).found
    places = {attributes.get("id") for _, attributes in elements}
    links = [attributes["href"] for tag, attributes in elements if tag == "a"]
    assert len(links) == 6 and all(link and link[1:] in places for link in links)


def test_every_picture_is_one_and_has_words(text: str) -> None:
    images = [attributes for tag, attributes in Elements(text).found if tag == "img"]
    assert len(images) > 40
    for attributes in images:
        assert attributes["alt"]
        data = (attributes["src"] or "").removeprefix("data:image/png;base64,")
        assert imread(io.BytesIO(base64.b64decode(data)), format="png").ndim == 3


def test_each_turn_is_a_node_of_both_graphs_with_what_it_got_and_gave(text: str) -> None:
    turns = turns_in(text)
    boxes = {attributes.get("id") for tag, attributes in Elements(text).found if tag == "g"}
    assert len(turns) >= 20
    for turn in turns:
        assert {f"{side}-{line}" for side, line in turn["boxes"].items()} <= boxes and len(turn["boxes"]) == 2
        assert "What arrives" in turn["html"] and "minigrad/" in turn["html"] and "def backward" in turn["html"]
    names = [first_match("<h3>(.*?)</h3>", turn["html"]) for turn in turns]
    assert names[0] in ("NllLossBackward0", "MseLossBackward0") and "AccumulateGrad conv1.weight" in names


def test_each_turn_is_an_entry_of_explain(text: str) -> None:
    entries = {first_match("<h3>(.*?)</h3>", turn["html"]): turn["html"] for turn in turns_in(text)}
    for entry in entries.values():
        assert "What it kept, and why" in entry and "Made by" in entry
        assert ("edge 0" in entry and "<td>1×</td>" in entry) or "every path ends here" in entry
    addmm = words_of(entries["AddmmBackward0"])
    assert "minigrad's addmm, minigrad/ops/linalg.py:" in addmm and "F.linear(" in addmm
    assert "the gradient of mat2, to (TBackward0, 0)" in addmm
    assert re.search("mat1, 4 × .*?: the operand mat1, for edge 2, the gradient of mat2", addmm)
    convolution = html.unescape(entries["ConvolutionBackward0"])
    assert "edge 0: the gradient of input, which nobody wants: (None, 0)" in convolution


def test_the_programs_that_make_a_node_are_few_and_a_leafs_node_has_none(text: str) -> None:
    for turn in turns_in(text):
        leaf = "<h3>AccumulateGrad" in turn["html"]
        assert turn["html"].count("Every leaf that requires grad has one") == leaf
        assert turn["html"].count("expressions whose graph has such nodes, and how many") == (not leaf)
        assert 0 <= turn["html"].count("<tr>") - 1 <= 3 or leaf and "<table" not in turn["html"]


def test_what_stands_between_backticks_is_code(text: str) -> None:
    for turn in turns_in(text):
        assert "`" not in re.sub("<pre>.*?</pre>", "", turn["html"], flags=re.DOTALL)
        assert ("leaf&#x27;s <code>.grad</code>" in turn["html"]) is ("<h3>AccumulateGrad" in turn["html"])


def test_figures_of_a_parameter_are_those_of_the_whole_of_it(run: Path, text: str) -> None:
    ours, theirs = (np.load(run / f"{side}.npz") for side in ("minigrad", "torch"))
    turns = {first_match("<h3>(.*?)</h3>", turn["html"]): turn["html"] for turn in turns_in(text)}
    body = first_match(r'<h2 id="parameters">.*?(<tbody>.*?)</tbody>', text)
    rows = {cells[0]: cells for cells in ([words_of(cell) for cell in re.findall("<td.*?</td>", row)] for row in
                                          re.findall("<tr>.*?</tr>", body))}  # fmt: skip
    for name in ("conv2.weight", "fc1.weight"):
        mine, other = ours[name], theirs[name]
        assert rows[name][4] == f"{torch.from_numpy(mine).std().item():.3g}"
        kept = words_of(turns[f"AccumulateGrad {name}"].partition("What it kept")[2])
        largest, apart = f"{np.abs(other).max():.3g}", f"{np.abs(mine - other).max():.1e}"
        assert f"−{largest}  {largest} largest |Δ| {apart} shown: " in kept and rows[name][6] == apart


def test_of_convolution_kernels_all_filters_are_shown_wherever_they_appear(run: Path, text: str) -> None:
    filters, channels, *_ = np.load(run / "minigrad.npz")["conv2.weight"].shape
    kernels, batch = f"shown: all {filters} filters, the first of {channels} channels", "shown: the first of 4 examples"
    turns = [words_of(turn["html"]) for turn in turns_in(text)]
    place = next(number for number, turn in enumerate(turns) if "AccumulateGrad conv2.weight" in turn)
    assert turns[place].count(kernels) == 2 and batch not in turns[place]  # what arrives, and the leaf
    convolution = next(turn for turn in reversed(turns[:place]) if turn.startswith("ConvolutionBackward0"))
    assert convolution.count(kernels) == 2 and convolution.count(batch) == 3  # of the latter the output, input, edge 0


def test_the_gradient_that_everything_begins_with_is_shown_as_a_number(text: str) -> None:
    assert "output 0: <b>1 on both sides</b>" in turns_in(text)[0]["html"]


def test_colours_are_explained_wherever_they_are_used(text: str) -> None:
    page = html.unescape(text)
    for heading in ("<h3>The kernels", "<h3>What they make", 'id="backward"'):
        assert SIGNED in page.partition(heading)[2][:900]
    assert UNSIGNED in page.partition("<h3>|∂loss/∂pixel|")[2][:200]
    drawn = [*re.findall('class="compared"', text), *re.findall(r'class=\\"compared\\"', text)]
    assert len(drawn) > 40 and len(drawn) == len(re.findall(r'<i class=\\?"(?:signed|unsigned)', text))


def test_equal_losses_are_bars_and_the_others_dots(run: Path, text: str) -> None:
    losses = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    equal = np.concatenate([np.equal(epoch["minigrad"]["losses"], epoch["torch"]["losses"]) for epoch in losses])
    marks = {name: re.findall(f'class="difference {name}" d="(.*?)"', text) for name in ("bars", "dots", "line")}
    for name, count in (("bars", equal.sum()), ("dots", (~equal).sum()), ("line", 0)):
        assert [path.count("M") for path in marks[name]] == ([count] * 2 if count else [])
    assert "grey: the tolerance, 1e-06 for the first" in text
    assert ("bars: equal to the bit" in text) is bool(equal.any())


def test_the_commoner_a_mistake_the_stronger_its_colour(text: str) -> None:
    found = re.findall(r'class="miss" style="--share: (\d+)%">(\d+)<', text)
    shares = [int(share) for share, count in sorted(found, key=lambda pair: int(pair[1]))]
    assert len(shares) > 10 and shares == sorted(shares) and shares[-1] == 60
    assert [confusion_cell(count, False, 3).count(f"{28 + 16 * (count - 1)}%") for count in (1, 2, 3)] == [1, 1, 1]


def test_a_mistake_has_a_number_and_the_command_that_explains_it(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    numbers = re.findall(r"<figcaption><b>#(\d+)</b>", text)
    assert len(numbers) > 10
    command = html.unescape(re.sub("<.*?>", "", first_match(r'<code class="command">(.*?)</code>', text)))
    python, m, comparisons, *words = shlex.split(command)
    assert (shlex.quote(python), m, comparisons, words[-1]) == (this_python(), "-m", "comparisons", numbers[0])
    main(words)
    assert f"test digit {numbers[0]} of" in capsys.readouterr().out


def test_the_figures_are_those_of_the_run(run: Path, text: str) -> None:
    summary = json.loads((run / "summary.json").read_text())
    right = round(summary["minigrad"]["accuracies"][-1] * 1000)
    assert f"minigrad: {right} of 1,000 right" in text
    cells = [int(cell) for cell in re.findall(r'<td class="(?:hit|miss)".*?>(\d+)</td>', text)]
    assert sum(cells) == 2000  # both sides' confusion
    assert all(check in text for check in summary["checks"])


# -- In a browser


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser without a page."""
    if not CHROMIUM or not DRIVER:
        pytest.skip("no chromium and chromedriver on this machine")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: Any, run: Path) -> Any:
    """The page, newly opened in a wide and light window."""
    resize(chromium, WIDE)
    paint(chromium, "light")
    chromium.get("about:blank")  # or it would go on where it was scrolled to
    chromium.get((run / "report.html").as_uri())
    return chromium


def resize(browser: Any, size: tuple[int, int]) -> None:
    """Another window. (One below 500 pixels cannot be had by the size of the window itself.)"""
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def paint(browser: Any, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def ask(browser: Any, script: str, *arguments: Any) -> Any:
    return browser.execute_script(f"return {script}", *arguments)


def press(browser: Any, *names: str) -> None:
    """Real keys, which go to whatever has the focus."""
    keys, actions = pytest.importorskip("selenium.webdriver").Keys, actions_of(browser)
    for name in names:
        actions.send_keys(getattr(keys, name))
    actions.perform()


def actions_of(browser: Any) -> Any:
    return pytest.importorskip("selenium.webdriver").ActionChains(browser, duration=0)


def click(browser: Any, selector: str) -> None:
    """A real click, in the middle of the element."""
    actions_of(browser).move_to_element(browser.find_element("css selector", selector)).click().perform()


def turn(browser: Any) -> str:
    return ask(browser, "document.getElementById('turn').textContent.split(':')[0]")


def focused(browser: Any) -> str:
    return ask(browser, "document.activeElement.id || document.activeElement.textContent")


def place(browser: Any, selector: str) -> dict[str, float]:
    """Where an element stands in the window."""
    return ask(browser, "document.querySelector(arguments[0]).getBoundingClientRect().toJSON()", selector)


def box_is_in_its_frame(browser: Any, side: str) -> bool:
    """Whether the chosen box of a graph is seen, both in its frame and in the window."""
    box, frame = place(browser, f"#graph-{side} .chosen"), place(browser, f"#graph-{side} .frame-of-graph")
    upright = max(0, frame["top"]) <= box["top"] and box["bottom"] <= min(frame["bottom"], ask(browser, "innerHeight"))
    return upright and frame["left"] - 1 <= box["left"] and box["right"] <= frame["right"] + 1


def colours_in(png: bytes) -> np.ndarray:
    """The pixels of a picture, integers in [0, 255]. Shape: (pixels, 3)."""
    return np.rint(imread(io.BytesIO(png), format="png")[..., :3].reshape(-1, 3) * 255).astype(int)


@pytest.mark.browser
def test_the_console_has_no_error_and_every_image_is_shown(browser: Any) -> None:
    assert browser.get_log("browser") == []
    assert ask(browser, "[...document.images].every(image => image.complete && image.naturalWidth > 0)")


@pytest.mark.browser
def test_buttons_and_arrow_keys_walk_through_the_pass(browser: Any) -> None:
    count = ask(browser, "turns.length")
    press(browser, "ARROW_RIGHT")
    assert turn(browser) == f"turn 1 of {count}"  # where nothing of it is seen, nothing happens
    click(browser, "a[href='#backward']")
    press(browser, "ARROW_RIGHT")
    assert turn(browser) == f"turn 2 of {count}"
    click(browser, "#next")
    assert turn(browser) == f"turn 3 of {count}"
    press(browser, "ARROW_LEFT", "ARROW_LEFT", "ARROW_LEFT")
    assert turn(browser) == f"turn 1 of {count}"  # before the first there is none
    press(browser, "END")
    assert turn(browser) == f"turn 1 of {count}"  # outside the graphs such keys scroll
    click(browser, "#previous")
    press(browser, "TAB", "ENTER", "ENTER")
    assert turn(browser) == f"turn 3 of {count}"


@pytest.mark.browser
def test_a_graph_is_one_stop_of_the_tab_key_and_the_buttons_come_first(browser: Any) -> None:
    browser.execute_script("document.querySelector('nav a:last-child').focus()")
    stops = []
    for _ in range(5):
        press(browser, "TAB")
        stops.append(focused(browser))
    assert stops == ["previous", "next", "minigrad-1", "torch-1", "node"]
    press(browser, "ARROW_DOWN")
    assert turn(browser).startswith("turn 1 of")  # there it scrolls
    browser.execute_script("document.getElementById('torch-1').focus()")
    press(browser, "ARROW_DOWN", "ARROW_RIGHT")
    assert focused(browser) == f"torch-{ask(browser, 'turns[2].boxes.torch')}" and turn(browser).startswith("turn 3")
    press(browser, "END")
    assert focused(browser) == f"torch-{ask(browser, 'turns.at(-1).boxes.torch')}"
    assert ask(browser, "document.querySelectorAll('#graphs [tabindex=\"0\"]').length") == 2


@pytest.mark.browser
@pytest.mark.parametrize("side", ["minigrad", "torch"])
def test_a_click_on_a_box_shows_its_node_on_both_sides(browser: Any, side: str) -> None:
    line = ask(browser, f"turns.find(turn => turn.html.includes('<h3>AddmmBackward0')).boxes.{side}")
    click(browser, f"#{side}-{line}")
    assert ask(browser, "document.querySelector('#node h3').textContent") == "AddmmBackward0"
    assert ask(browser, "document.querySelectorAll('#graphs .chosen').length") == 2
    assert focused(browser) == f"{side}-{line}" and ask(browser, "document.querySelectorAll('#node img').length") >= 4


@pytest.mark.browser
@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_values_and_box_are_in_view_at_every_step_of_the_walk(browser: Any, size: tuple[int, int]) -> None:
    resize(browser, size)
    click(browser, "#next")
    for _ in range(ask(browser, "turns.length") - 1):
        node, value = (place(browser, selector) for selector in ("#node", "#node img, #node p > b"))
        assert 0 <= node["top"] < value["top"] and value["top"] + min(60, value["height"]) <= size[1]
        assert size == PHONE or node["bottom"] <= size[1] + 1
        assert box_is_in_its_frame(browser, "minigrad") and (size == PHONE or box_is_in_its_frame(browser, "torch"))
        press(browser, "ARROW_RIGHT")


@pytest.mark.browser
def test_on_a_phone_a_switch_leads_to_the_other_graph(browser: Any) -> None:
    shown = "[...document.querySelectorAll('.graph')].filter(graph => graph.checkVisibility()).map(graph => graph.id)"
    assert ask(browser, shown) == ["graph-minigrad", "graph-torch"]
    resize(browser, PHONE)
    assert ask(browser, shown) == ["graph-minigrad"]
    click(browser, "button[data-side='torch']")
    press(browser, "ARROW_RIGHT")
    assert ask(browser, shown) == ["graph-torch"] and place(browser, "#graph-torch .chosen")["height"] > 0
    press(browser, *["ARROW_RIGHT"] * 10)
    resize(browser, WIDE)
    assert box_is_in_its_frame(browser, "minigrad")  # also the one that was not shown has moved to its box


@pytest.mark.browser
@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_letters_in_pictures_are_large_enough_and_whole(browser: Any, size: tuple[int, int]) -> None:
    resize(browser, size)
    long = chart([Curve("torch", [1, 100_000], [1e-5, 0.00012])], "loss")
    browser.execute_script("document.getElementById('confusion').insertAdjacentHTML('beforebegin', arguments[0])", long)
    shown = "[...document.querySelectorAll('svg text')].filter(text => text.checkVisibility())"
    texts = ask(browser, shown + """.map(text => {
        const svg = text.ownerSVGElement, page = svg.getBoundingClientRect(), at = text.getBoundingClientRect();
        const inside = at.left >= page.left && at.right <= page.right && at.top >= page.top && at.bottom <= page.bottom;
        const size = parseFloat(getComputedStyle(text).fontSize) * page.width / svg.viewBox.baseVal.width;
        return [text.textContent, size, inside];
    })""")
    assert len(texts) > 60 and "100,000" in [words for words, *_ in texts]
    assert [words for words, height, inside in texts if height < SMALLEST or not inside] == []


@pytest.mark.browser
@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_the_accuracies_of_every_epoch_are_seen(browser: Any, run: Path, size: tuple[int, int]) -> None:
    resize(browser, size)
    drawings = browser.find_elements("css selector", ".chart:nth-of-type(3) svg")
    pixels = colours_in(next(drawing for drawing in drawings if drawing.is_displayed()).screenshot_as_png)
    for side, least in (("minigrad", 15), ("torch", 60)):  # pixels of each dot
        colour = ask(browser, f"getComputedStyle(document.querySelector('.chart .{side}')).stroke")
        near = np.abs(pixels - [int(part) for part in re.findall(r"\d+", colour)]).max(axis=1) < 40
        assert near.sum() >= least * EPOCHS[run.name.rpartition("-")[2]]


@pytest.mark.browser
@pytest.mark.parametrize("selector", [".confusion th, .confusion td", ".cards td"])
def test_tables_are_whole_on_a_phone(browser: Any, selector: str) -> None:
    resize(browser, PHONE)
    if "confusion" in selector:  # with as many as MNIST has of one digit
        browser.execute_script("document.querySelectorAll('.confusion td').forEach(cell => cell.textContent = '1135')")
    script = f"""[...document.querySelectorAll("{selector}")].filter(cell =>
        cell.getBoundingClientRect().right > 390 || cell.scrollWidth > cell.clientWidth + 1).length"""
    assert ask(browser, script) == 0
    assert ask(browser, f'document.querySelectorAll("{selector}").length') >= 56


@pytest.mark.browser
@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_the_page_is_no_wider_than_its_window(browser: Any, size: tuple[int, int]) -> None:
    resize(browser, size)
    assert ask(browser, "[innerWidth, document.documentElement.scrollWidth]") == [size[0], size[0]]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_it_follows_the_systems_colours(
    browser: Any, run: Path, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    """Keeps pictures of the page, and of the walk after eleven steps, in $MINIGRAD_SCREENSHOTS if that is a folder."""
    folder, name = Path(os.environ.get("MINIGRAD_SCREENSHOTS", tmp_path)), f"{run.name[16:]}-{size[0]}-{scheme}"
    resize(browser, size)
    paint(browser, scheme)
    whole = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})["data"]
    click(browser, "#next")
    press(browser, *["ARROW_RIGHT"] * 10)
    for part, picture in (("page", base64.b64decode(whole)), ("walk", browser.get_screenshot_as_png())):
        (folder / f"{name}-{part}.png").write_bytes(picture)
        colours, counts = np.unique(colours_in(picture) @ [1 << 16, 1 << 8, 1], return_counts=True)
        assert len(colours) > 300 and bool(colours[counts.argmax()] < 0x202020) is (scheme == "dark")


@pytest.mark.browser
def test_its_address_may_name_a_turn_and_follows_the_walk(browser: Any, run: Path, tmp_path: Path) -> None:
    """Leaves the README's picture, that of the CNN, as report.png in $MINIGRAD_SCREENSHOTS."""
    browser.get("about:blank")
    browser.get((run / "report.html").as_uri() + "#turn-17")
    assert browser.find_element("id", "turn").text.startswith("turn 17 of ")
    assert ask(browser, "document.getElementById('walk').getBoundingClientRect().top") < 100  # it is in view
    if "cnn" in run.name:
        assert browser.find_element("css selector", "#node h3").text == "ConvolutionBackward0"
        browser.save_screenshot(str(Path(os.environ.get("MINIGRAD_SCREENSHOTS", tmp_path)) / "report.png"))
    press(browser, "ARROW_RIGHT")
    assert browser.current_url.endswith("report.html#turn-18")
    browser.refresh()
    assert browser.find_element("id", "turn").text.startswith("turn 18 of ")


@pytest.mark.browser
def test_an_address_that_is_edited_and_back_lead_to_their_turns(browser: Any) -> None:
    for number in (12, 5):
        browser.execute_script(f"location.hash = '#turn-{number}'")
        assert wait_for(browser, f"turn {number} of")
    browser.back()
    assert wait_for(browser, "turn 12 of")
    browser.execute_script("location.hash = '#turn-999'")
    assert wait_for(browser, "turn {0} of {0}".format(ask(browser, "turns.length")))


@pytest.mark.browser
def test_a_link_to_a_part_of_the_page_keeps_the_turn_when_it_is_loaded_again(browser: Any) -> None:
    browser.execute_script("location.hash = '#turn-7'")
    assert wait_for(browser, "turn 7 of")
    browser.execute_script("document.querySelector('a[href=\"#curves\"]').click()")
    assert place(browser, "#curves")["top"] < 100
    browser.refresh()
    assert browser.current_url.endswith("#curves") and turn(browser).startswith("turn 7 of")
    assert place(browser, "#curves")["top"] < 100  # and the page is where the address says


def wait_for(browser: Any, words: str) -> bool:
    """Until the page says that it shows a turn: what an address asks for, it gets a moment later."""
    wait = pytest.importorskip("selenium.webdriver.support.ui").WebDriverWait(browser, 5, poll_frequency=0.02)
    return bool(wait.until(lambda browser: turn(browser).startswith(words)))


@pytest.mark.browser
def test_what_is_opened_stays_open_and_the_focus_where_it_is(browser: Any) -> None:
    opened = "[...document.querySelectorAll('#node details')].map(details => details.open)"
    browser.execute_script("document.querySelector('#node summary').focus()")
    press(browser, "ENTER")
    assert ask(browser, opened) == [True, False]
    for _ in range(6):  # past nodes of other classes, whose backward stands elsewhere
        press(browser, "ARROW_RIGHT")
        assert ask(browser, opened) == [True, False] and focused(browser).startswith("its backward, ")
    press(browser, "ENTER", "ARROW_LEFT")
    assert ask(browser, opened) == [False, False] and turn(browser).startswith("turn 6 of")
    browser.execute_script("document.getElementById('node').focus()")
    press(browser, "ARROW_RIGHT")
    assert focused(browser) == "node"


@pytest.mark.browser
@pytest.mark.parametrize("size", [WIDE, (800, 1000), PHONE])
def test_numbers_and_shapes_are_not_torn(browser: Any, size: tuple[int, int]) -> None:
    resize(browser, size)
    small = table(("parameter", "mean"), [("w", number_text(-6.83e-5))], look="cards")
    browser.execute_script("document.getElementById('parameters').insertAdjacentHTML('afterend', arguments[0])", small)
    lines = """[...document.querySelectorAll(".cards td, .number")].map(part => {
        const range = document.createRange();
        let words = part;
        while (words.firstChild) words = words.firstChild;
        range.selectNodeContents(words);
        return [part.textContent, range.getClientRects().length, part.childNodes.length];
    })"""
    found = ask(browser, lines)
    assert len(found) > 60 and [part for part in found if part[1:] != [1, 1]] == []
    assert "−6.83e-05" in [words for words, *_ in found] and any(words.count("×") == 3 for words, *_ in found)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_gaps_between_channels_have_another_colour_than_0(browser: Any, scheme: str) -> None:
    paint(browser, scheme)
    gap = ask(browser, "getComputedStyle(document.querySelector('#filters ~ .compared img')).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", gap)[:3]) < 0xF7 - 60
