"""The pictures of the report, by themselves: heat maps, and the axes and marks of a chart."""

import base64
import io
import re

import numpy as np
import pytest
from matplotlib.image import imread

from comparisons.report_curves import Curve, chart, decades, ticks
from comparisons.report_node import compared
from comparisons.report_pictures import heat, tiled


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


def test_several_numbers_are_a_picture_and_one_is_a_number() -> None:
    assert "<img" in compared("x", np.ones(2), np.ones(2)) and "<img" not in compared("x", np.ones(1), np.ones(1))
    assert "minigrad 1, torch 2" in compared("x", np.full((), 1.0), np.full((), 2.0))
    assert "-100 on both sides" in compared("ignore_index", -100, 2**64 - 100)


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
