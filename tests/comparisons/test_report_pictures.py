"""The pictures of the report, by themselves: heat maps, and the axes and marks of a chart."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from comparisons.picture import Differences
from comparisons.report import deviation_text
from comparisons.report_curves import Curve, chart, decades, ticks
from comparisons.report_node import FEW, compared
from comparisons.report_pictures import difference_text, heat, tiled


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


def colours_in(html: str) -> np.ndarray:
    """The pixels of the first picture. Shape: (rows, columns, 4)."""
    data = re.search('src="data:image/png;base64,(.*?)"', html)
    assert data
    return imread(io.BytesIO(base64.b64decode(data[1])), format="png")


def test_scale_and_difference_are_those_of_the_whole_array_also_where_a_part_is_shown() -> None:
    ours, theirs = np.full((1000, 70), 0.25, np.float32), np.full((1000, 70), 0.25, np.float32)
    theirs[900, 69], ours[950, 3] = -8, 0.75  # outside the picture
    html = compared("w", ours, theirs)
    assert '−8 <i class="signed"></i> 8<' in html and "largest |Δ| 8.2e+00" in html
    assert "shown: 64 of 1000 rows, 64 of 70 columns<" in html
    ours[900, 69] = -8
    assert "largest |Δ| 5.0e-01" in compared("w", ours, theirs)


@pytest.mark.parametrize(
    ("shape", "kernels", "shown"),
    [
        ((1000,), False, "256 of 1000 numbers"),
        ((1000,), True, "256 of 1000 numbers"),
        ((256,), False, ""),
        ((64, 64), False, ""),
        ((4, 64, 14, 14), False, "the first of 4 examples, all 64 channels"),
        ((1, 65, 3, 70), False, "64 of 65 channels, 64 of 70 columns"),
        ((64, 32, 3, 3), True, "all 64 filters, the first of 32 channels"),
        ((65, 1, 3, 3), True, "64 of 65 filters"),
    ],
)
def test_a_picture_says_how_much_of_its_array_it_shows(shape: tuple[int, ...], kernels: bool, shown: str) -> None:
    html = compared("x", np.ones(shape), np.ones(shape), kernels=kernels)
    assert re.findall("shown: (.*?)<", html) == ([shown] if shown else [])


def test_of_kernels_all_filters_are_shown_and_of_a_batch_its_first() -> None:
    array = np.arange(5 * 3 * 2 * 2.0).reshape(5, 3, 2, 2)
    for kernels, part in ((True, array[:, 0]), (False, array[0])):
        picture = tiled(array, kernels)
        assert sorted(picture[~np.isnan(picture)]) == sorted(part.ravel())


def test_a_difference_is_no_number_where_one_side_is_none() -> None:
    a = np.array([np.nan, np.inf, 1.0])
    assert difference_text(a, a.copy()) == "0" and difference_text(a, np.array([0.0, np.inf, 1.0])) == "nan"


def test_small_arrays_are_numbers_and_others_a_picture() -> None:
    for size, drawn in ((FEW + 1, True), (FEW, False)):
        assert ("<img" in compared("x", np.ones(size), np.ones(size))) is drawn
    assert "target, 4: <b>7, 2, 1, 0 on both sides</b>" in compared("target", *[np.array([7, 2, 1, 0])] * 2)
    assert "minigrad 1, −2 | 3, 4; torch 1, −2 | 3, 5; largest |Δ| " in re.sub(
        "<.*?>", "", compared("x", np.array([[1.0, -2.0], [3.0, 4.0]]), np.array([[1.0, -2.0], [3.0, 5.0]]))
    )
    assert "1, 1 on both sides; largest |Δ| " in compared("x", np.ones(2), np.ones(2) + 1e-9)
    assert "minigrad 1; torch 2" in compared("x", np.full((), 1.0), np.full((), 2.0))


def test_values_that_look_otherwise_in_torch_have_a_reason() -> None:
    assert "-100 on both sides (the same number: " in compared("ignore_index", -100, 2**64 - 100)
    stride = compared("stride", (2, 2), ())
    assert "minigrad (2, 2); torch () (torch notes an empty one where none was given" in stride


def test_integers_go_from_white_to_black_unless_one_is_below_0() -> None:
    indices = np.arange(20).reshape(1, 1, 4, 5)
    html = compared("result1", indices, indices)
    assert '0 <i class="unsigned"></i> 19<' in html
    assert colours_in(html)[0, 0].min() == 1 and colours_in(html)[-1, -1, :3].max() == 0
    assert 'class="signed"' in compared("x", indices - 1, indices - 1)
    mask = indices % 2 == 0
    assert '0 <i class="unsigned"></i> 1<' in compared("mask", mask, mask)


def test_std_is_that_of_torch() -> None:
    numbers = np.array([0.5, -1.25, 2.0, 4.0], np.float32)
    assert deviation_text(numbers) == f"{torch.from_numpy(numbers).std().item():.3g}"
    assert deviation_text(numbers[:1]) == "–"


@pytest.mark.parametrize(("held", "dotted"), [(30, True), (100, False)])
def test_the_dotted_part_of_the_tolerance_is_explained_where_it_is_seen(held: int, dotted: bool) -> None:
    steps, zeros = np.arange(1, 101), np.zeros(100)
    found = Differences(steps, zeros, zeros > 0, None, floor=1e-8, tolerance=1e-6, held=held, block=1)
    assert any(note.startswith("dotted: that number") for note in found.notes()) is dotted


def test_a_chart_leaves_out_what_cannot_be_drawn() -> None:
    picture = chart([Curve("minigrad", [1, 2, 3, 4], [1.0, np.nan, 0.0, 100.0])], "loss", logarithmic=True)
    path = re.search('class="minigrad line" d="(.*?)"', picture)
    assert path and len(re.findall("[ML]", path[1])) == 2 and "nan" not in picture
    assert "nothing to draw" in chart([Curve("minigrad", [1], [np.nan])], "loss")


def test_a_chart_goes_on_to_the_last_epoch_where_losses_are_no_numbers() -> None:
    picture, _ = chart([Curve("torch", [1, 200, 400], [0.1, np.nan, np.inf])], "loss", [200, 400]).split("</svg>", 1)
    assert re.findall(r'class="middle">(.*?)<', picture) == ["0", "100", "200", "300", "400"]
    assert len(re.findall('class="torch dots" d="M[^M]*"', picture)) == 1  # the one point is seen


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
    picture, _ = chart([Curve("torch", [1, 320], [0.08, 2.31])], "loss").split("</svg>", 1)
    heights = {float(label): float(y) for y, label in re.findall(r'y="([\d.]+)" class="end">(.*?)<', picture)}
    assert set(heights) == {0.0, 0.5, 1.0, 1.5, 2.0}
    bottom, top = re.search(r'line" d="M\S+ (\S+)L\S+ (\S+)"', picture).groups()  # type: ignore[union-attr]
    for value, height in heights.items():
        share = (height - 4 - float(top)) / (float(bottom) - float(top))
        assert share == pytest.approx((2.31 - value) / (2.31 - 0.08), abs=1e-2)
    assert re.findall(r'class="middle">(.*?)<', picture) == ["0", "100", "200", "300"]
