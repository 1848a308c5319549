"""`python -m comparisons predict RUN WHICH`: what both sides of a saved run see in one digit.

RUN is a folder that `mnist` left: the weights of both sides are in it. WHICH is the index of a test digit or an image
file. The digit is drawn as text, beside it what each side's network puts out for each of the ten digits. Read next:
`training.py`, where the networks learned it.
"""

import os
import re
import sys
from argparse import Namespace
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from matplotlib.image import imread

from .digits import load_digits
from .libraries import Library, both_libraries, equal_threads
from .runs import to_json
from .saved import how_to_go_on, settings_of, stopped_after
from .settings import CannotRun, Settings
from .training import as_images
from .width import fitted, width

SIZE = 28  # pixels of MNIST's digits, each way
INK, SURE = 0.3, 0.5  # from here on a pixel counts as ink, and an answer as sure
SMALL, ASIDE = 12, 5  # pixels: lower than that is too small for a digit, further from the middle too far
SHADES = " .:-=+*#%@"  # from black to white, as on a dark screen
BAR = 10  # characters
BESIDE_THE_BARS = 53  # characters of a line: the picture, and on each side a number


@dataclass(frozen=True)
class Image:
    """A digit: float32 in [0, 1], 0 the ground and 1 the ink, shape (28, 28); its label where it is known."""

    pixels: np.ndarray
    name: str
    label: int | None = None


def main(options: Namespace) -> int:
    """Predicts and prints. Returns the exit code: 0 both sides see the same digit, 1 they do not."""
    settings = settings_of(options.run)
    image = image_for(options, settings)
    with equal_threads(1):  # one digit is too little work to share
        libraries = both_libraries(replace(settings, device="cpu"))
        values = {library.name: outputs(library, settings, options.run, image) for library in libraries}
    answers = {name: int(array.argmax()) for name, array in values.items()}
    same = len(set(answers.values())) == 1
    apart = float(np.abs(np.subtract(*values.values())).max())
    result = {
        "command": "predict",
        "run": options.run,
        "digit": image.name,
        "label": image.label,
        "kind": kind_of(settings),
        "agree": same,
        "stopped_after": stopped_after(options.run),
        "largest_difference": apart,
        **{name: {"answer": answers[name], "values": array} for name, array in values.items()},
    }
    if options.json:
        print(to_json(result))
    else:
        print(report(image, settings, values, apart) + note_on_an_interrupted(options.run, settings))
    return 0 if same else 1


def note_on_an_interrupted(run: str, settings: Settings) -> str:
    """After which epoch the run was stopped, and how it goes on; nothing where it was not."""
    done = stopped_after(run)
    if done is None:
        return ""
    text = f"The run was stopped after epoch {done} of {settings.epochs}, and so it has learned less. It goes on with"
    if done >= settings.epochs:
        text = "The run was stopped after its last epoch; its verdict and its report are still made by"
    return f"\n\n{fitted(text)}\n    {how_to_go_on(run)}"


# The digit


def image_for(options: Namespace, settings: Settings) -> Image:
    """The digit that was asked for. Raises: CannotRun when there is none, or the file holds no square image."""
    if re.fullmatch(r"-\d+", options.which):
        raise CannotRun(f"{options.which}: test digits are numbered from 0")
    if not re.fullmatch(r"\d+", options.which):
        return Image(ink(read_image(Path(options.which)), options), options.which)
    if options.invert:
        raise CannotRun("--invert is for image files; MNIST's digits are light on dark already")
    digits = load_digits(settings.data, options.data_dir or settings.data_dir, quiet=True)
    index, count = int(options.which), len(digits.test_labels)
    if index >= count:
        raise CannotRun(f"{index}: the {digits.source} set has {count:,} test digits, 0 to {count - 1}")
    name = f"test digit {index} of the {digits.source} set"
    return Image(digits.test_images[index, 0], name, int(digits.test_labels[index]))


def read_image(path: Path) -> np.ndarray:
    """The brightness in an image file or a .npy: float64 in [0, 1], shape (H, W).

    Raises: CannotRun when it is neither, or not of these numbers.
    """
    if not path.exists():
        raise CannotRun(f"there is no file {path}; name the number of a test digit, from 0 on, or an image file")
    try:
        array = np.load(path, allow_pickle=False) if path.suffix == ".npy" else imread(path)
    except Exception as error:  # the readers of many formats raise many kinds of errors
        raise CannotRun(f"{path} cannot be read as an image or a .npy: {error}") from error
    if array.dtype.kind not in "biuf":
        raise CannotRun(f"{path}: expected numbers, but got {array.dtype}")
    if array.dtype.kind in "iu":
        array = array / 255
    if path.suffix == ".npy" and array.ndim == 3 and len(array) == 1:
        array = array[0]  # (1, H, W), as a tensor has it
    if array.ndim == 3 and array.shape[2] in (2, 4):  # the last channel says how solid the colour is
        array = array[..., :-1] * array[..., -1:] + (1 - array[..., -1:])  # on white paper
    if array.ndim == 3:
        array = array.mean(axis=2)  # (H, W, colours) -> (H, W)
    array = np.asarray(array, np.float64)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or not array.size:
        raise CannotRun(f"{path}: expected a square image, but got the shape {array.shape}; crop it, or fill it up")
    if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
        raise CannotRun(f"{path}: expected numbers in [0, 1], or integers in 0..255")
    return array


def ink(array: np.ndarray, options: Namespace) -> np.ndarray:
    """The image in MNIST's size; with --invert, what was dark becomes light. Shape: (S, S) -> (28, 28)."""
    shrink = averaging(len(array), SIZE)
    small = shrink @ array @ shrink.T  # the rows, then the columns
    return (1 - small if options.invert else small).astype(np.float32)


def averaging(many: int, few: int) -> np.ndarray:
    """The matrix that makes `few` pixels of `many`: each is the mean of what it covers. Shape: (few, many).

    >>> averaging(4, 2)
    array([[0.5, 0.5, 0. , 0. ],
           [0. , 0. , 0.5, 0.5]])
    """
    new, old = np.arange(few + 1) * (many / few), np.arange(many + 1)
    covered = np.minimum(new[1:, None], old[1:]) - np.maximum(new[:-1, None], old[:-1])
    return covered.clip(0) * (few / many)


# The networks


def outputs(library: Library, settings: Settings, run: str, image: Image) -> np.ndarray:
    """What one side's trained network puts out for the digit, float64, shape (10,): `kind_of` says what it means."""
    torch = library.torch
    model = getattr(library.models, settings.recipe.network)().to(getattr(torch, settings.dtype))
    path = Path(run) / f"{library.name}.npz"
    try:
        with np.load(path, allow_pickle=False) as archive:
            model.load_state_dict({name: torch.from_numpy(archive[name]) for name in archive.files})
    except FileNotFoundError as error:
        raise CannotRun(
            f"{path} is not there: the run was stopped before its first epoch was done.\nIt goes on with\n"
            f"    {how_to_go_on(run)}"
        ) from error
    except Exception as error:  # a damaged file can make the readers of zip and npy raise nearly anything
        raise CannotRun(f"{path} holds no weights of {settings.recipe.network}: {error}") from error
    model.eval()
    with torch.no_grad():
        output = model(torch.from_numpy(as_images(image.pixels[None, None], settings)))[0]  # (1, 1, H, W) -> (10,)
        return (output.exp() if kind_of(settings) == "probability" else output).numpy().astype(np.float64)


def kind_of(settings: Settings) -> str:
    """What the ten numbers are: the CNN ends in the logarithms of probabilities, LeNet learns to put out 0s and a 1."""
    return "output" if settings.recipe.one_hot else "probability"


# What is printed


def report(image: Image, settings: Settings, values: dict[str, np.ndarray], apart: float) -> str:
    """The picture with the table beside it, and what is to be said of both."""
    pairs = zip(drawn(image.pixels, in_colour()), [*rows_of(values), *[""] * SIZE], strict=False)
    body = "\n".join(f"{left}   {right}".rstrip() for left, right in pairs)
    says = fitted(verdict(image, settings, values, apart))
    return f"{fitted(f'{settings.recipe.network}, {image.name}')}\n\n{body}\n\n{says}"


def in_colour() -> bool:
    """Whether colours and half blocks may be used: only on a terminal that wants and knows them."""
    known = (sys.stdout.encoding or "").lower().startswith("utf")
    return sys.stdout.isatty() and known and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def drawn(pixels: np.ndarray, colour: bool) -> list[str]:
    """The digit in 14 lines of 28 characters, each of them two pixels, one above the other.

    In colour both are seen: ▀ is the upper one on the lower one, in 24 greys. Without, a character is for their mean.
    """
    upper, lower = pixels[0::2], pixels[1::2]
    if colour:
        greys = [(232 + np.rint(half * 23)).astype(int).tolist() for half in (upper, lower)]
        rows = zip(*greys, strict=True)
        return ["".join(f"\x1b[38;5;{a};48;5;{b}m▀" for a, b in zip(*row, strict=True)) + "\x1b[0m" for row in rows]
    shades = np.rint((upper + lower) / 2 * (len(SHADES) - 1)).astype(int)
    return ["".join(SHADES[shade] for shade in row) for row in shades.tolist()]


def rows_of(values: dict[str, np.ndarray]) -> list[str]:
    """A line per digit: each side's number and its bar; a mark stands before the largest of a side."""
    longest = min(BAR, (width() - BESIDE_THE_BARS) // len(values))
    rows = ["", "  " + "  ".join(f"{name:>8}{'':{longest + 1}}" for name in values)]
    for digit in range(10):
        rows.append(f"{digit} " + "  ".join(cell(array, digit, longest) for array in values.values()))
    return rows


def cell(array: np.ndarray, digit: int, longest: int) -> str:
    """One side's number for one digit."""
    return f"{'>' if digit == array.argmax() else ' '}{array[digit]:7.4f} {bar(array[digit], longest)}"


def bar(value: float, longest: int = BAR) -> str:
    """A number in [0, 1] as a bar of so many characters; what is below or above ends at the edge."""
    return ("#" * round(longest * min(max(float(np.nan_to_num(value)), 0.0), 1.0))).ljust(longest)


def doubts(image: Image, values: dict[str, np.ndarray]) -> list[str]:
    """What speaks against the answer: there is nothing to see, it is small or not in the middle, no side is sure."""
    marked = np.argwhere(image.pixels > INK)
    if not len(marked):
        return ["There is no ink in it: whatever the networks see is no digit."]
    low, high = marked.min(axis=0), marked.max(axis=0)
    found = []
    if (high - low).max() < SMALL or np.abs((low + high) / 2 - SIZE / 2).max() > ASIDE:
        found.append("MNIST's digits stand in the middle and are 20 of 28 pixels high; this one does not: crop it.")
    if max(array.max() for array in values.values()) < SURE:
        found.append("Neither side is sure.")
    return found


def verdict(image: Image, settings: Settings, values: dict[str, np.ndarray], apart: float) -> str:
    """What the two sides see, whether that is right, and how far apart their numbers are."""
    answers = [int(array.argmax()) for array in values.values()]
    label = "" if image.label is None else f"; the label is {image.label}"
    same = answers[0] == answers[1]
    seen = f"Both sides see {answers[0]}" if same else " and ".join(
        f"{name} sees {answer}" for name, answer in zip(values, answers, strict=True)
    )  # fmt: skip
    lines = []
    if np.concatenate([image.pixels[[0, -1]], image.pixels[:, [0, -1]].T]).mean() > 0.5:
        lines.append("The ground is light; MNIST's digits are light on dark. Without --invert the answer means little.")
    lines += [f"{seen}{label}. The numbers differ by {apart:.1e} at most.", *doubts(image, values)]
    if kind_of(settings) == "output":
        lines.append("MSELoss taught it to put out 1 for its digit and 0 for others: no probabilities.")
    return "\n".join(lines)
