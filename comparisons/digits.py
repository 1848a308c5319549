"""The digits: where both sides of every comparison get their images and labels.

Torch and minigrad can only be compared on the same numbers, so this file hands out plain NumPy arrays and each side
wraps them in its own tensors. The default digits lie inside the package and need no network; the full MNIST comes
through torchvision, which is imported only when it is asked for. Whatever goes wrong on the way (a damaged file, no
network, a torchvision that does not fit its torch) ends in one exception, `DataError`, whose text says what to do.
Read next: `data/build_mnist5k.py`, which made the small set.
"""

import hashlib
import io
import queue
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from http.client import HTTPException
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np

from .settings import DataError

EMBEDDED = resources.files("comparisons.data") / "mnist5k.npz"
EMBEDDED_COUNTS = (4_000, 1_000)  # digits for training, for testing
FULL_COUNTS = (60_000, 10_000)
PATIENCE = 10.0  # seconds that a silent network is given


class Archive(NamedTuple):
    """One of the four files that MNIST consists of: its name, and the md5 sum packed and unpacked."""

    name: str
    md5: str  # of the .gz, as torchvision checks it after a download
    unpacked_md5: str  # torchvision never checks what it once unpacked, so we do


ARCHIVES = (
    Archive("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873", "6bbc9ace898e44ae57da46a324031adb"),
    Archive("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432", "a25bea736e30d166cdddb491f175f624"),
    Archive("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3", "2646ac647ad5339dbf082846283269ea"),
    Archive("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c", "27ae3e4e09519cfbb04c329615203637"),
)


@dataclass(frozen=True, eq=False)
class Digits:
    """Images float32 in [0, 1], shape (N, 1, 28, 28); labels int64 in [0, 10), shape (N,); `source` names the set."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    source: str


def load_digits(source: str = "embedded", data_dir: str | Path = "data", quiet: bool = False) -> Digits:
    """The digits of `source`: "embedded" (4,000 + 1,000, in the package) or "full" (60,000 + 10,000, torchvision's).

    Args:
        source: "embedded" or "full".
        data_dir: torchvision's data root, for "full" only; the files lie in data_dir/MNIST/raw.
        quiet: show no download progress. (It goes to stderr, and only when that is a terminal.)

    Raises:
        DataError: a file is missing or damaged, there is no network to get it from, or torchvision cannot be imported.
        ValueError: there is no such source.
    """
    if source == "embedded":
        return _load_embedded()
    if source == "full":
        return _load_full(Path(data_dir).expanduser(), quiet)
    raise ValueError(f"expected the source to be 'embedded' or 'full', but got {source!r}")


def pad_to_32(images: np.ndarray) -> np.ndarray:
    """Two rows or columns of zeros on each side, for LeNet. Shape: (N, 1, 28, 28) -> (N, 1, 32, 32)."""
    return np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))


def one_hot(labels: np.ndarray) -> np.ndarray:
    """y[n, c] = [c = labels[n]], float32: the target that MSELoss compares with. Shape: (N,) -> (N, 10).

    >>> one_hot(np.array([2]))
    array([[0., 0., 1., 0., 0., 0., 0., 0., 0., 0.]], dtype=float32)
    """
    return np.eye(10, dtype=np.float32)[labels]


# The embedded digits


def _load_embedded() -> Digits:
    """The digits of mnist5k.npz."""
    try:
        with EMBEDDED.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            # Zip keeps a checksum of each array and compares it on reading: no flipped bit becomes a wrong pixel.
            return _digits("embedded", EMBEDDED_COUNTS, archive)
    except Exception as error:  # a damaged file can make the readers of zip and npy raise nearly anything
        raise DataError(
            f"the embedded digits cannot be read from {EMBEDDED}: {_reason(error)}.\n"
            "The file is part of the project: get it back with `git checkout comparisons/data/mnist5k.npz` or by\n"
            "installing again, or build it with comparisons/data/build_mnist5k.py, which says how."
        ) from error


def _digits(source: str, counts: tuple[int, int], arrays: Mapping[str, np.ndarray]) -> Digits:
    """Checks the four arrays and turns them into what a network takes."""
    return Digits(
        train_images=_to_pixels(arrays["train_images"], counts[0]),
        train_labels=_to_labels(arrays["train_labels"], counts[0]),
        test_images=_to_pixels(arrays["test_images"], counts[1]),
        test_labels=_to_labels(arrays["test_labels"], counts[1]),
        source=source,
    )


def _to_pixels(images: np.ndarray, count: int) -> np.ndarray:
    """x / 255 in float32, as torchvision's ToTensor has it. Shape: (N, 28, 28) -> (N, 1, 28, 28)."""
    if images.dtype != np.uint8 or images.shape != (count, 28, 28):
        raise ValueError(f"expected uint8 images of shape {(count, 28, 28)}, but got {images.dtype} {images.shape}")
    pixels = images[:, np.newaxis].astype(np.float32)  # (N, 1, 28, 28)
    pixels /= 255  # in place: the full set is 188 MB
    return pixels


def _to_labels(labels: np.ndarray, count: int) -> np.ndarray:
    """The labels as int64, in [0, 10)."""
    if labels.dtype.kind not in "iu" or labels.shape != (count,):
        raise ValueError(f"expected integer labels of shape {(count,)}, but got {labels.dtype} {labels.shape}")
    if labels.min() < 0 or labels.max() > 9:
        raise ValueError(f"expected labels in 0..9, but got {labels.min()}..{labels.max()}")
    return labels.astype(np.int64)


def _reason(error: Exception) -> str:
    """An error as one line: what it says, and its type in brackets."""
    return f"{' '.join(str(error).split())} ({type(error).__name__})"


# The full MNIST


def _load_full(data_dir: Path, quiet: bool) -> Digits:
    """The digits of torchvision.datasets.MNIST: unpacked already, or unpacked from the archives, or downloaded."""
    mnist = import_mnist()
    folder = data_dir / "MNIST" / "raw"
    try:
        _refuse_damaged(folder)
        if _must_download(folder):
            _require_network(mnist.mirrors)
        with _downloading(quiet), _nothing_half_done(folder):
            train, test = mnist(data_dir, train=True, download=True), mnist(data_dir, train=False)
        arrays = {
            "train_images": train.data.numpy(),
            "train_labels": train.targets.numpy(),
            "test_images": test.data.numpy(),
            "test_labels": test.targets.numpy(),
        }
        return _digits("full", FULL_COUNTS, arrays)
    except Exception as error:  # torchvision raises whatever network, disk and file format happen to raise
        raise DataError(_how_to_get_it(folder, error)) from error


def import_mnist() -> Any:
    """The class torchvision.datasets.MNIST.

    Raises:
        DataError: torchvision is missing, or was built for another torch.
    """
    try:
        from torchvision.datasets import MNIST  # type: ignore[import-untyped, unused-ignore]
    except Exception as error:  # ImportError, or RuntimeError when its compiled part does not fit, or OSError …
        raise DataError(
            f"--data full needs torchvision, which cannot be imported: {_reason(error)}.\n"
            "Either it is not installed, or it was built for another torch than the one here ('operator\n"
            "torchvision::nms does not exist' says so: a CPU-only torch beside a torchvision for CUDA, for example).\n"
            "Install the two as a matching pair, from the same index: pip install --upgrade torch torchvision\n"
            "Without it: --data embedded, 5,000 real digits that need neither torchvision nor a network."
        ) from error
    return MNIST


def state_of_file(path: Path, md5: str) -> str:
    """What lies at `path`: "ok", "missing", or how it is damaged."""
    if not path.is_file():
        return "missing"
    try:
        found = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    except OSError as error:
        return f"unreadable: {error.strerror}"
    return "ok" if found == md5 else f"damaged: {path.stat().st_size:,} bytes with md5 {found}"


def _refuse_damaged(folder: Path) -> None:
    """Raises ValueError when an unpacked file is there and wrong: torchvision would take it without a look."""
    for archive in ARCHIVES:
        path = folder / archive.name.removesuffix(".gz")
        state = state_of_file(path, archive.unpacked_md5)
        if state not in ("ok", "missing"):
            raise ValueError(f"the unpacked {path.name} is {state}; delete it, and it is unpacked or downloaded again")


def _must_download(folder: Path) -> bool:
    """Whether neither all unpacked files nor all archives are in the folder."""
    unpacked = all((folder / archive.name.removesuffix(".gz")).is_file() for archive in ARCHIVES)
    return not unpacked and any(state_of_file(folder / archive.name, archive.md5) != "ok" for archive in ARCHIVES)


def _require_network(mirrors: list[str]) -> None:
    """Raises ConnectionError when no mirror answers within PATIENCE.

    torchvision asks with no time limit, one mirror after the other: behind a firewall that drops packets it would
    hang for minutes. Asked from threads, even a name look-up that never returns costs no more than our patience.
    """
    answers: queue.SimpleQueue[bool] = queue.SimpleQueue()
    for mirror in mirrors:
        threading.Thread(target=lambda url=mirror: answers.put(_answers(url)), daemon=True).start()
    try:
        if any(answers.get(timeout=PATIENCE) for _ in mirrors):
            return
    except queue.Empty:
        pass
    raise ConnectionError("no server that has the files can be reached from here")


def _answers(url: str) -> bool:
    """Whether anything at all comes back from `url`."""
    try:
        urlopen(Request(url, method="HEAD"), timeout=PATIENCE).close()
    except HTTPError:
        return True  # an error page is an answer too; torchvision asks for other pages
    except (OSError, HTTPException):
        return False
    return True


@contextmanager
def _downloading(quiet: bool) -> Iterator[None]:
    """Keeps torchvision's messages off stdout, which is for results, and its connections from waiting for ever."""
    progress = sys.stderr if sys.stderr.isatty() and not quiet else io.StringIO()
    timeout_before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        with redirect_stdout(progress), redirect_stderr(progress):
            yield
    finally:
        socket.setdefaulttimeout(timeout_before)


@contextmanager
def _nothing_half_done(folder: Path) -> Iterator[None]:
    """Takes away what a download that failed, or that Ctrl-C ended, has begun and not finished. Raises: OSError."""
    missing = [path for path, md5 in _all_files(folder) if state_of_file(path, md5) == "missing"]
    try:
        yield
    except BaseException as error:
        halves = [p for p, md5 in _all_files(folder) if p in missing and state_of_file(p, md5) not in ("ok", "missing")]
        for path in halves:
            path.unlink()
        if halves and isinstance(error, Exception):
            names = ", ".join(path.name for path in halves)
            raise OSError(f"{_reason(error)}; what came of {names} was not whole, and is removed") from error
        raise


def _all_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """The eight files, packed and unpacked, each with its md5 sum."""
    for archive in ARCHIVES:
        yield folder / archive.name, archive.md5
        yield folder / archive.name.removesuffix(".gz"), archive.unpacked_md5


def _how_to_get_it(folder: Path, error: Exception) -> str:
    """The text of the error for the full set: what happened, the four files, where they belong, what to do."""
    states = ((name, md5, state_of_file(folder / name, md5).replace(" with", "\n       ")) for name, md5, _ in ARCHIVES)
    files = "\n".join(f"    {name:26}  {state}\n        md5 {md5}" for name, md5, state in states)
    return (
        f"the full MNIST cannot be loaded: {_reason(error)}.\n"
        f"It consists of four files, which belong in {folder} as they are, packed (name, what is there now, md5 sum):\n"
        f"{files}\n"
        "Put there what is missing and run the same command again; with a network it downloads them itself.\n"
        "Without them: --data embedded, 5,000 real digits that need no network."
    )
