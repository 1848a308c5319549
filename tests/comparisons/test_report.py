"""The report of a run: one page that needs nothing else, and whose clicks and keys do what they say."""

import base64
import io
import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from comparisons.__main__ import main
from comparisons.report_pictures import chart, decades, heat, ticks, tiled

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--window-size=1200,900",
)  # fmt: skip


@pytest.fixture(scope="module", params=["cnn", "lenet"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run."""
    out = tmp_path_factory.mktemp("runs")
    options = ["--limit", "300", "--epochs", "2", "--batch-size", "50", "--quiet", "--out", str(out)]
    main(["mnist", "--net", request.param, *options])
    return next(out.iterdir())


@pytest.fixture(scope="module")
def text(run: Path) -> str:
    return (run / "report.html").read_text()


class Elements(HTMLParser):
    """The start tags of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def turns_in(text: str) -> list[dict[str, Any]]:
    found = re.search(r'<script type="application/json" id="turns">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


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
    names = [re.search("<h3>(.*?)</h3>", turn["html"])[1] for turn in turns]  # type: ignore[index]
    assert names[0] in ("NllLossBackward0", "MseLossBackward0") and "AccumulateGrad conv1.weight" in names
    assert any("weight" in turn["html"] and "What it kept" in turn["html"] for turn in turns)


def test_the_figures_are_those_of_the_run(run: Path, text: str) -> None:
    summary = json.loads((run / "summary.json").read_text())
    right = round(summary["minigrad"]["accuracies"][-1] * 1000)
    assert f"minigrad: {right} of 1,000 right" in text
    cells = [int(cell) for cell in re.findall(r'<td class="(?:hit|miss)">(\d+)</td>', text)]
    assert sum(cells) == 2000  # both sides' confusion
    assert all(check in text for check in summary["checks"])


# -- Pictures


def test_tiles_keep_every_number_and_a_gap_between_channels() -> None:
    picture = tiled(np.arange(2 * 5 * 3 * 3.0).reshape(2, 5, 3, 3))
    assert picture.shape == (7, 11) and np.isnan(picture[3]).all() and np.isnan(picture[:, 3]).all()
    assert sorted(picture[~np.isnan(picture)]) == list(range(45))
    assert tiled(np.ones(())).shape == (1, 1) and tiled(np.ones((100, 200))).shape == (64, 64)


@pytest.mark.parametrize("largest", [0.0, np.nan, np.inf, 1.0])
def test_a_heat_map_can_be_drawn_of_anything(largest: float) -> None:
    data = heat(np.array([[np.nan, np.inf, -1.0, 0.0, 1.0]]), largest)
    colours = imread(io.BytesIO(base64.b64decode(data.partition(",")[2])), format="png")
    assert colours.shape == (1, 5, 4) and colours[0, 0, 3] == 0


def test_red_is_above_0_and_blue_below() -> None:
    data = heat(np.array([[-1.0, 0.0, 1.0]]), 1.0)
    (blue, white, red) = imread(io.BytesIO(base64.b64decode(data.partition(",")[2])), format="png")[0]
    assert blue[2] > blue[0] and red[0] > red[2] and white.min() > 0.9


def test_a_chart_leaves_out_what_cannot_be_drawn() -> None:
    picture = chart([("minigrad", [1, 2, 3, 4], [1.0, np.nan, 0.0, 100.0])], "loss", logarithmic=True)
    points = re.search('points="(.*?)"', picture)
    assert points and len(points[1].split()) == 2 and "nan" not in picture
    assert "nothing to draw" in chart([("minigrad", [1], [np.nan])], "loss")


PRINTED = 1e-6  # relative: what the six decimals of `:.6e` tell apart


@pytest.mark.parametrize(
    ("low", "high"), [(0.0803, 2.3117), (92.41, 96.2), (0, 320), (-3.2, 17.9), (1e-9, 3e-9), (1e6, 1.05e6), (0, 1)]
)
def test_ticks_are_a_few_round_numbers_in_equal_steps(low: float, high: float) -> None:
    found = ticks(low, high)
    assert 2 <= len(found) <= 6 and low <= found[0] and found[-1] <= high
    steps = np.diff(found)
    assert np.allclose(steps, steps[0], rtol=PRINTED) and re.match(r"[125](\.0+)?e", f"{steps[0]:.6e}")


@pytest.mark.parametrize(("low", "high"), [(2e-8, 7.6e-2), (3e-16, 2e-15), (1.2, 5.5), (1e-300, 1e5)])
def test_a_logarithmic_axis_has_powers_of_ten_or_1_2_and_5_times_them(low: float, high: float) -> None:
    found = [10**exponent for exponent in decades(np.log10(low), np.log10(high))]
    assert 2 <= len(found) <= 7 and low <= found[0] * 1.001 and found[-1] <= high * 1.001
    assert all(re.match(r"[125]\.000e", f"{value:.3e}") for value in found)


def test_the_labels_of_a_chart_stand_where_their_numbers_are() -> None:
    picture = chart([("torch", [1, 320], [0.08, 2.31])], "loss")
    heights = {float(label): float(y) for y, label in re.findall(r'y="([\d.]+)" class="end">(.*?)<', picture)}
    assert set(heights) == {0.5, 1.0, 1.5, 2.0}
    top, bottom = (float(point.split(",")[1]) for point in re.search('points="(.*?)"', picture)[1].split()[::-1])  # type: ignore[index]
    for value, height in heights.items():
        assert (height - 4 - top) / (bottom - top) == pytest.approx((2.31 - value) / (2.31 - 0.08), abs=1e-2)
    assert re.findall(r'class="middle">(.*?)<', picture) == ["0", "100", "200", "300"]


# -- In a browser


@pytest.fixture(scope="module")
def browser(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium, with the page open."""
    if not CHROMIUM or not DRIVER:
        pytest.skip("no chromium and chromedriver on this machine")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.get((run / "report.html").as_uri())
    yield driver
    driver.quit()


def ask(browser: Any, script: str) -> Any:
    return browser.execute_script(f"return {script}")


def press(browser: Any, key: str, where: str = "document.body") -> None:
    ask(browser, f"{where}.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true}}))")


@pytest.mark.browser
def test_the_console_has_no_error(browser: Any) -> None:
    assert browser.get_log("browser") == []


@pytest.mark.browser
def test_buttons_and_arrow_keys_walk_through_the_pass(browser: Any) -> None:
    def turn() -> str:
        return ask(browser, "document.getElementById('turn').textContent")

    count = ask(browser, "turns.length")
    ask(browser, "(show(0, false), scrollTo(0, 0))")
    press(browser, "ArrowRight")
    assert turn() == f"turn 1 of {count}"  # where nothing of it is seen, nothing happens
    ask(browser, "document.getElementById('backward').scrollIntoView()")
    assert turn() == f"turn 1 of {count}" and ask(browser, "document.getElementById('previous').disabled")
    browser.find_element("id", "next").click()
    assert turn() == f"turn 2 of {count}"
    press(browser, "ArrowRight")
    assert turn() == f"turn 3 of {count}"
    press(browser, "ArrowLeft")
    browser.find_element("id", "previous").click()
    assert turn() == f"turn 1 of {count}"
    press(browser, "ArrowLeft")
    assert turn() == f"turn 1 of {count}"  # before the first there is none
    press(browser, "ArrowDown")
    assert turn() == f"turn 1 of {count}"  # on the page itself it scrolls
    press(browser, "ArrowDown", "(document.getElementById('next').focus(), document.activeElement)")
    assert turn() == f"turn 2 of {count}"


@pytest.mark.browser
def test_a_click_or_enter_on_a_box_shows_its_node_on_both_sides(browser: Any) -> None:
    number = ask(browser, "turns.findIndex(turn => turn.html.includes('<h3>AddmmBackward0'))")
    for side in ("minigrad", "torch"):
        ask(browser, "show(0, false)")
        box = f"document.getElementById('{side}-' + turns[{number}].boxes.{side})"
        ask(browser, f"{box}.dispatchEvent(new MouseEvent('click', {{bubbles: true}}))")
        assert ask(browser, "document.querySelector('#node h3').textContent") == "AddmmBackward0"
        assert ask(browser, "document.querySelectorAll('#graphs .chosen').length") == 2
        assert ask(browser, "document.querySelectorAll('#node img').length") >= 4
        ask(browser, "show(0, false)")
        press(browser, "Enter", f"({box}.focus(), {box})")
        assert ask(browser, "current") == number


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_is_no_wider_than_its_window(browser: Any, width: int) -> None:
    browser.set_window_size(width, 900)
    assert ask(browser, "document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_it_follows_the_systems_colours(browser: Any, scheme: str, is_dark: bool) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    for element in ("document.body", "document.querySelector('#graphs .page')"):
        style = f"getComputedStyle({element})"
        colour = ask(browser, f"{style}.fill" if "page" in element else f"{style}.backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", colour)[:3])) < 200) is is_dark


@pytest.mark.browser
def test_every_image_is_shown(browser: Any) -> None:
    assert ask(browser, "[...document.images].every(image => image.complete && image.naturalWidth > 0)")
