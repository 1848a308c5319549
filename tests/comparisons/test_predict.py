"""What two saved networks see in a digit: a test digit, a picture, an array; drawn as text, with and without colour."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from interrupting import interrupt_at
from matplotlib.image import imsave

import minigrad
from comparisons import mnist, predict, training
from comparisons.__main__ import main
from comparisons.digits import Digits, load_digits
from minigrad.models import CNN, LeNet

ONE_DIGIT = 1e-5  # float32 sums in another order: some 100 roundings of 6e-8, through the layers
NEAR_ZERO = 1e-7  # for outputs that cancel
HALF_A_SHADE = 0.5 / 9 + 1e-6  # ten characters show nine steps, each to the nearest
HALF_A_GREY = 0.5 / 23 + 1e-6  # a terminal's 24 greys, likewise


@pytest.fixture(scope="module")
def digits() -> Digits:
    return load_digits()


def trained(out: Path, digits: Digits, *arguments: str) -> Path:
    """The folder of a short training."""
    few = replace(digits, test_images=digits.test_images[:50], test_labels=digits.test_labels[:50])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "load_digits", lambda *arguments: few)
        assert main(["mnist", *arguments, "--threads", "1", "--epochs", "1", "--quiet", "--out", str(out)]) == 0
    (folder,) = out.iterdir()
    return folder


@pytest.fixture(scope="module")
def cnn(tmp_path_factory: pytest.TempPathFactory, digits: Digits) -> Path:
    return trained(tmp_path_factory.mktemp("cnn"), digits, "--limit", "200", "--batch-size", "10")


@pytest.fixture(scope="module")
def lenet(tmp_path_factory: pytest.TempPathFactory, digits: Digits) -> Path:
    return trained(tmp_path_factory.mktemp("lenet"), digits, "--net", "lenet", "--limit", "100", "--lr", "0.5")


def predicted(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    """The JSON object of a prediction."""
    capsys.readouterr()
    assert main(["predict", *map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_probabilities_are_those_of_the_saved_weights_of_each_side(
    cnn: Path, digits: Digits, capsys: pytest.CaptureFixture[str]
) -> None:
    result = predicted(capsys, cnn, 3)
    with np.load(cnn / "minigrad.npz", allow_pickle=False) as archive:
        model = CNN()
        model.load_state_dict({name: minigrad.from_numpy(archive[name]) for name in archive.files})
    model.eval()
    expected = minigrad.softmax(model(minigrad.from_numpy(digits.test_images[3:4])), 1)[0]
    np.testing.assert_allclose(result["minigrad"]["values"], expected.detach().numpy(), rtol=ONE_DIGIT)
    assert result["label"] == digits.test_labels[3] and result["kind"] == "probability"
    for side in ("minigrad", "torch"):
        assert sum(result[side]["values"]) == pytest.approx(1, abs=ONE_DIGIT)
        assert result[side]["answer"] == np.argmax(result[side]["values"])
    assert 0 <= result["largest_difference"] < 1e-3 and result["agree"] is True


def test_lenets_outputs_are_not_called_probabilities(
    lenet: Path, digits: Digits, capsys: pytest.CaptureFixture[str]
) -> None:
    result = predicted(capsys, lenet, 0)
    with np.load(lenet / "minigrad.npz", allow_pickle=False) as archive:
        model = LeNet()
        model.load_state_dict({name: minigrad.from_numpy(archive[name]) for name in archive.files})
    padded = np.pad(digits.test_images[:1], ((0, 0), (0, 0), (2, 2), (2, 2)))
    expected = model(minigrad.from_numpy(padded))[0].detach().numpy()
    np.testing.assert_allclose(result["minigrad"]["values"], expected, rtol=ONE_DIGIT, atol=NEAR_ZERO)
    assert result["kind"] == "output"
    assert main(["predict", str(lenet), "0"]) == 0
    assert "no probabilities" in capsys.readouterr().out


def test_the_output_is_plain_when_piped_and_fits_80_columns(
    cnn: Path, digits: Digits, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(cnn), "5"]) == 0
    printed = capsys.readouterr().out
    assert printed.isascii() and "\x1b" not in printed
    lines = printed.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "CNN, test digit 5 of the embedded set"
    ink = np.array([[predict.SHADES.index(c) for c in line[:28].ljust(28)] for line in lines[2:16]]) / 9
    image = digits.test_images[5, 0]
    np.testing.assert_allclose(ink, (image[0::2] + image[1::2]) / 2, atol=HALF_A_SHADE)
    rows = [re.fullmatch(r"(\d) (.)(.{7}) (.{10})  (.)(.{7}) ?(.*)", line[31:].ljust(40)) for line in lines[4:14]]
    assert [row and int(row[1]) for row in rows] == list(range(10))
    assert [row[2] for row in rows if row].count(">") == 1 == [row[5] for row in rows if row].count(">")
    assert all(row and len(row[4].strip()) == round(10 * float(row[3])) for row in rows)
    assert re.match(rf"Both sides see \d; the label is {digits.test_labels[5]}\.", lines[17])


@pytest.mark.parametrize("setting", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_gets_grey_half_blocks_unless_it_wants_none(
    setting: dict[str, str], cnn: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["predict", str(cnn), "5"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("▀") == (0 if setting else 14 * 28)
    assert ("\x1b" in printed) != bool(setting)


def test_the_half_blocks_show_every_pixel(digits: Digits) -> None:
    image = digits.test_images[0, 0]
    pairs = [re.findall(r"38;5;(\d+);48;5;(\d+)m▀", line) for line in predict.drawn(image, colour=True)]
    greys = np.array(pairs, dtype=int)  # (14, 28, 2)
    np.testing.assert_allclose((np.moveaxis(greys, 2, 1).reshape(28, 28) - 232) / 23, image, atol=HALF_A_GREY)


def test_files_give_what_the_test_digit_gives(
    cnn: Path, digits: Digits, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = (digits.test_images[7, 0] * 255).round().astype(np.uint8)
    large = np.kron(image, np.ones((3, 3), np.uint8))
    alpha = np.dstack([np.zeros((84, 84, 3), np.uint8), large])  # black ink on nothing
    np.save(tmp_path / "bytes.npy", image)
    np.save(tmp_path / "floats.npy", digits.test_images[7])
    imsave(tmp_path / "large.png", np.dstack([large] * 3))
    imsave(tmp_path / "paper.png", np.dstack([255 - large] * 3))
    imsave(tmp_path / "transparent.png", alpha)
    expected = predicted(capsys, cnn, 7)
    for name, options in (
        ("bytes.npy", ()), ("floats.npy", ()), ("large.png", ()),
        ("paper.png", ("--invert",)), ("transparent.png", ("--invert",)),
    ):  # fmt: skip
        result = predicted(capsys, cnn, tmp_path / name, *options)
        np.testing.assert_allclose(result["torch"]["values"], expected["torch"]["values"], atol=ONE_DIGIT)
        assert result["label"] is None and result["digit"] == str(tmp_path / name)
    assert main(["predict", str(cnn), str(tmp_path / "paper.png")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.index("Without --invert the answer means little") < said.index("Both sides see")


def test_an_image_is_shrunk_to_the_means_of_what_its_pixels_cover() -> None:
    for many in (28, 56, 50, 29, 9, 1):
        matrix = predict.averaging(many, 28)
        np.testing.assert_allclose(matrix.sum(axis=1), 1)
        np.testing.assert_allclose(matrix.sum(axis=0), 28 / many)
    assert np.array_equal(predict.averaging(28, 28), np.eye(28))


def test_sides_that_see_different_digits_are_exit_code_1(
    cnn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in cnn.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    answer = predicted(capsys, cnn, 0)["minigrad"]["answer"]
    with np.load(cnn / "torch.npz", allow_pickle=False) as archive:
        weights = {name: archive[name] for name in archive.files}
    weights["fc2.bias"][(answer + 1) % 10] += 100
    np.savez(tmp_path / "torch.npz", **weights)
    assert predicted(capsys, tmp_path, 0, code=1)["agree"] is False
    assert main(["predict", str(tmp_path), "0"]) == 1
    assert f"minigrad sees {answer} and torch sees {(answer + 1) % 10}; the label" in capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    capsys.readouterr()
    assert main(["predict", *map(str, arguments)]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith("comparisons predict:")
    return " ".join(captured.err.split())


def test_wrong_digits_and_files_are_refused(cnn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "has 1,000 test digits, 0 to 999" in refused(capsys, cnn, 1000)
    assert "there is no file" in refused(capsys, cnn, tmp_path / "none.png")
    assert "light on dark already" in refused(capsys, cnn, 3, "--invert")
    for name, array, message in (
        ("oblong", np.zeros((28, 20)), "square image"),
        ("flat", np.zeros(784), "square image"),
        ("empty", np.zeros((0, 0)), "square image"),
        ("bright", np.full((28, 28), 2.0), "in [0, 1]"),
        ("nan", np.full((28, 28), np.nan), "in [0, 1]"),
        ("words", np.full((28, 28), "a"), "expected numbers"),
        ("pickle", np.full((28, 28), None), "allow_pickle"),
    ):
        np.save(tmp_path / f"{name}.npy", array)
        assert message in refused(capsys, cnn, tmp_path / f"{name}.npy"), name
    (tmp_path / "text.png").write_text("no picture")
    assert "cannot be read as an image" in refused(capsys, cnn, tmp_path / "text.png")


def test_what_is_no_run_with_weights_is_refused(cnn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is no folder" in refused(capsys, tmp_path / "nothing", 0)
    assert "config.json" in refused(capsys, tmp_path, 0)
    (tmp_path / "config.json").write_bytes((cnn / "config.json").read_bytes())
    message = refused(capsys, tmp_path, 0)
    assert "stopped before its first epoch" in message and f"-m comparisons mnist --resume {tmp_path}" in message
    (tmp_path / "minigrad.npz").write_bytes((cnn / "minigrad.npz").read_bytes()[:1000])
    assert "holds no weights of CNN" in refused(capsys, tmp_path, 0)
    np.savez(tmp_path / "minigrad.npz", **{"conv1.weight": np.zeros(3, np.float32)})
    assert "holds no weights of CNN" in refused(capsys, tmp_path, 0)


def test_a_run_that_was_stopped_is_said_to_be_one_and_how_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        interrupt_at(patch, 3)  # in the second epoch
        options = ["--net", "lenet", "--limit", "60", "--batch-size", "20", "--epochs", "2", "--out", str(tmp_path)]
        assert main(["mnist", *options]) == 130
    (run,) = tmp_path.iterdir()
    capsys.readouterr()
    main(["predict", str(run), "0"])
    said = capsys.readouterr().out
    assert "stopped after epoch 1 of 2" in said and said.endswith(f"-m comparisons mnist --resume {run}\n")
    assert main(["mnist", "--resume", str(run)]) == 0
    capsys.readouterr()
    main(["predict", str(run), "0"])
    assert "stopped" not in capsys.readouterr().out


def test_a_run_that_was_stopped_after_its_last_epoch_is_not_said_to_have_learned_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*arguments: Any) -> None:
        raise KeyboardInterrupt

    options = ["--net", "lenet", "--limit", "60", "--batch-size", "20", "--epochs", "1", "--out", str(tmp_path)]
    with monkeypatch.context() as patch:
        patch.setattr(mnist, "train_rounded_otherwise", stop)
        assert main(["mnist", *options, "--yardstick"]) == 130
    (run,) = tmp_path.iterdir()
    capsys.readouterr()
    main(["predict", str(run), "0"])
    said = " ".join(capsys.readouterr().out.split())
    assert "stopped after its last epoch; its verdict and its report are still made by" in said and "less" not in said
    assert main(["mnist", "--resume", str(run)]) == 0
    capsys.readouterr()
    main(["predict", str(run), "0"])
    assert "stopped" not in capsys.readouterr().out


def test_predicting_leaves_torchs_threads_as_they_were(cnn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = torch.get_num_threads()
    predicted(capsys, cnn, 0)
    assert torch.get_num_threads() == before


def test_what_speaks_against_an_answer_is_said(cnn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blank, aside = np.zeros((28, 28)), np.zeros((100, 100))
    aside[5:15, 5:15] = 1
    for name, array, words in (("blank", blank, "There is no ink in it"), ("aside", aside, "this one does not")):
        np.save(tmp_path / f"{name}.npy", array)
        main(["predict", str(cnn), str(tmp_path / f"{name}.npy")])
        assert words in " ".join(capsys.readouterr().out.split())
    main(["predict", str(cnn), "7"])
    assert "crop it" not in capsys.readouterr().out
    assert "numbered from 0" in refused(capsys, cnn, -1)


def test_no_test_digit_is_called_small_or_aside() -> None:
    digits = load_digits()
    even = {"minigrad": np.eye(10)[0], "torch": np.eye(10)[0]}
    images = [predict.Image(pixels[0], "a digit") for pixels in digits.test_images]
    assert sum(bool(predict.doubts(image, even)) for image in images) < 0.01 * len(images)
    assert predict.doubts(images[0], dict.fromkeys(even, np.full(10, 0.1))) == ["Neither side is sure."]
