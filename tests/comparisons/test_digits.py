"""The digits are the right ones, and every way of not getting them ends in a `DataError` that says what to do.

No test needs a network or its absence: the mirrors are closed or silent ports of this machine, and the "full" set is
three tiny digits in MNIST's own file format.
"""

import gzip
import hashlib
import io
import socket
import struct
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

from comparisons import digits
from comparisons.data import build_mnist5k
from comparisons.digits import ARCHIVES, Archive, DataError, Digits, load_digits, one_hot, pad_to_32

TINY_COUNTS = (2, 1)


def tiny_arrays() -> dict[str, np.ndarray]:
    """Two training digits and one test digit, with the names and dtypes of mnist5k.npz."""
    images = np.random.RandomState(0).randint(0, 256, (3, 28, 28)).astype(np.uint8)
    labels = np.array([7, 0, 9], dtype=np.uint8)
    return {
        "train_images": images[:2],
        "train_labels": labels[:2],
        "test_images": images[2:],
        "test_labels": labels[2:],
    }


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]  # NumPy's stubs take every name for allow_pickle


def all_arrays(loaded: Digits) -> list[np.ndarray]:
    return [loaded.train_images, loaded.train_labels, loaded.test_images, loaded.test_labels]


def same_digits(a: Digits, b: Digits) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(all_arrays(a), all_arrays(b), strict=True))


# The embedded digits


@pytest.fixture(scope="module")
def embedded() -> Digits:
    return load_digits()


def test_embedded_digits_have_their_shapes_dtypes_and_ranges(embedded: Digits) -> None:
    for images, labels, count in (
        (embedded.train_images, embedded.train_labels, 4_000),
        (embedded.test_images, embedded.test_labels, 1_000),
    ):
        assert images.shape == (count, 1, 28, 28) and images.dtype == np.float32
        assert images.min() == 0 and images.max() == 1
        assert labels.shape == (count,) and labels.dtype == np.int64
        assert np.bincount(labels).tolist() == [count // 10] * 10
    assert embedded.source == "embedded"


def test_every_embedded_image_is_there_once_and_none_is_in_both_parts(embedded: Digits) -> None:
    train = {image.tobytes() for image in embedded.train_images}
    test = {image.tobytes() for image in embedded.test_images}
    assert (len(train), len(test), len(train & test)) == (4_000, 1_000, 0)


def test_embedded_digits_are_shuffled_and_labelled_rightly(embedded: Digits) -> None:
    for labels in (embedded.train_labels, embedded.test_labels):
        assert all(len(np.unique(block)) == 10 for block in labels.reshape(-1, 200))
    # The nearest class average is a poor reader of digits, but one that wrong labels would bring down to 10 %.
    train, test = embedded.train_images.reshape(4_000, 784), embedded.test_images.reshape(1_000, 784)
    averages = np.stack([train[embedded.train_labels == digit].mean(axis=0) for digit in range(10)])
    distances = ((test[:, np.newaxis] - averages) ** 2).sum(axis=2)  # (1000, 10)
    assert (distances.argmin(axis=1) == embedded.test_labels).mean() > 0.75


def test_embedded_digits_need_no_torch() -> None:
    code = (
        "import sys; from comparisons.digits import load_digits; load_digits(); "
        "assert not {'torch', 'torchvision'} & set(sys.modules)"
    )
    root = Path(digits.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, timeout=60)


def test_a_source_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="'embedded' or 'full', but got 'fashion'"):
        load_digits("fashion")


@pytest.fixture
def tiny_npz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A three-digit file in the place of mnist5k.npz."""
    path = tmp_path / "tiny.npz"
    write_npz(path, tiny_arrays())
    monkeypatch.setattr(digits, "EMBEDDED", path)
    monkeypatch.setattr(digits, "EMBEDDED_COUNTS", TINY_COUNTS)
    return path


def test_a_missing_embedded_file_is_named_with_the_way_out(tiny_npz: Path) -> None:
    tiny_npz.unlink()
    with pytest.raises(DataError) as caught:
        load_digits()
    text = str(caught.value)
    assert str(tiny_npz) in text and "git checkout" in text and "build_mnist5k.py" in text


def test_an_embedded_file_truncated_anywhere_is_refused(tiny_npz: Path) -> None:
    whole = tiny_npz.read_bytes()
    for length in (0, 1, 3, 4, 30, len(whole) // 2, len(whole) - 30, len(whole) - 1):
        tiny_npz.write_bytes(whole[:length])
        with pytest.raises(DataError, match="tiny.npz"):
            load_digits()


def test_a_flipped_byte_in_the_embedded_file_never_changes_a_digit(tiny_npz: Path) -> None:
    whole, original = tiny_npz.read_bytes(), load_digits()
    refused = 0
    for position in range(0, len(whole), 7):
        tiny_npz.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        try:
            assert same_digits(load_digits(), original)  # the byte was a date or the like
        except DataError:
            refused += 1
    assert refused > len(whole) / 7 / 2


@pytest.mark.parametrize("content", [b"not a zip file at all", b"<html>404</html>", b"\x93NUMPY", b"PK\x03\x04" * 9])
def test_an_embedded_file_that_is_something_else_is_refused(tiny_npz: Path, content: bytes) -> None:
    tiny_npz.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read"):
        load_digits()


def test_a_single_array_in_place_of_the_embedded_file_is_refused(tiny_npz: Path) -> None:
    with tiny_npz.open("wb") as file:
        np.save(file, tiny_arrays()["train_images"])
    with pytest.raises(DataError, match="cannot be read"):
        load_digits()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"test_labels": np.array([10])}, "labels in 0..9, but got 10..10"),
        ({"test_labels": np.array([-1])}, "labels in 0..9, but got -1..-1"),
        ({"test_labels": np.array([1.0])}, "integer labels"),
        ({"train_labels": np.array([1])}, r"shape \(2,\)"),
        ({"train_images": np.zeros((2, 28, 27), np.uint8)}, r"\(2, 28, 28\), but got uint8 \(2, 28, 27\)"),
        ({"train_images": np.zeros((2, 28, 28), np.float32)}, "expected uint8"),
        ({"train_images": np.array([None, None])}, "allow_pickle"),
    ],
)
def test_an_embedded_file_with_wrong_arrays_is_refused(
    tiny_npz: Path, changed: dict[str, np.ndarray], message: str
) -> None:
    write_npz(tiny_npz, tiny_arrays() | changed)
    with pytest.raises(DataError, match=message):
        load_digits()


def test_an_embedded_file_that_lacks_an_array_is_refused(tiny_npz: Path) -> None:
    arrays = tiny_arrays()
    del arrays["test_labels"]
    write_npz(tiny_npz, arrays)
    with pytest.raises(DataError, match="test_labels"):
        load_digits()


# The full MNIST, through torchvision


def idx_bytes(array: np.ndarray) -> bytes:
    """A uint8 array in MNIST's file format: the code of uint8, the number of axes, the sizes, the bytes."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def unpacked(folder: Path, archive: Archive) -> Path:
    return folder / archive.name.removesuffix(".gz")


@pytest.fixture
def no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    """A torchvision whose mirrors are closed ports of this machine: a network that is not there."""
    datasets = pytest.importorskip("torchvision.datasets")
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/a/", "http://127.0.0.1:9/b/"])


@pytest.fixture
def tiny_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_mirror: None) -> Path:
    """A data root with the four archives of a three-digit MNIST, and a torchvision that expects their sums."""
    from torchvision.datasets import MNIST  # type: ignore[import-untyped, unused-ignore]

    folder = tmp_path / "root" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    archives = []
    for archive, array in zip(ARCHIVES, tiny_arrays().values(), strict=True):
        content = idx_bytes(array)
        packed = gzip.compress(content)
        (folder / archive.name).write_bytes(packed)
        archives.append(Archive(archive.name, hashlib.md5(packed).hexdigest(), hashlib.md5(content).hexdigest()))
    monkeypatch.setattr(digits, "ARCHIVES", tuple(archives))
    monkeypatch.setattr(digits, "FULL_COUNTS", TINY_COUNTS)
    monkeypatch.setattr(MNIST, "resources", [(archive.name, archive.md5) for archive in archives])
    return tmp_path / "root"


def test_the_four_names_and_sums_are_torchvisions() -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    assert [(archive.name, archive.md5) for archive in ARCHIVES] == datasets.MNIST.resources


def test_full_digits_come_from_the_archives_and_later_from_the_unpacked_files(
    tiny_mnist: Path, tiny_npz: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = load_digits("full", tiny_mnist)
    for archive in digits.ARCHIVES:
        (tiny_mnist / "MNIST" / "raw" / archive.name).unlink()
    second = load_digits("full", str(tiny_mnist))
    assert same_digits(first, load_digits("embedded")) and same_digits(first, second)
    assert [array.dtype for array in all_arrays(first)] == [np.float32, np.int64, np.float32, np.int64]
    assert all(type(array) is np.ndarray for array in all_arrays(first))
    assert first.source == "full"
    assert capfd.readouterr().out == ""


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("quiet", "shown"), [(False, "fetching\n"), (True, "")])
def test_download_progress_goes_to_a_terminals_stderr_and_never_to_stdout(
    tiny_mnist: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], quiet: bool, shown: str
) -> None:
    from torchvision.datasets import MNIST

    download = MNIST.download
    monkeypatch.setattr(MNIST, "download", lambda self: (print("fetching"), download(self)))
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    load_digits("full", tiny_mnist, quiet=quiet)
    assert terminal.getvalue() == shown
    assert capfd.readouterr().out == ""


def assert_tells_how_to_get_it(error: DataError, data_dir: Path) -> None:
    text = str(error)
    for archive in digits.ARCHIVES:
        assert archive.name in text and archive.md5 in text
    assert str(data_dir / "MNIST" / "raw") in text
    assert "--data embedded" in text


def test_full_without_files_and_network_names_the_files_their_sums_and_the_folder(
    tmp_path: Path, no_mirror: None
) -> None:
    started = time.monotonic()
    with pytest.raises(DataError, match="no server that has the files can be reached") as caught:
        load_digits("full", tmp_path / "nothing")
    assert time.monotonic() - started < 3
    assert_tells_how_to_get_it(caught.value, tmp_path / "nothing")
    assert str(caught.value).count("  missing\n") == 4


def test_a_download_that_fails_halfway_names_the_files_too(
    tmp_path: Path, no_mirror: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise URLError("the cable was pulled")

    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", fail)
    monkeypatch.setattr(digits, "_answers", lambda url: True)
    with pytest.raises(DataError, match="the cable was pulled") as caught:
        load_digits("full", tmp_path)
    assert_tells_how_to_get_it(caught.value, tmp_path)


@pytest.fixture
def silent_url() -> Iterator[str]:
    """A server that takes connections and never says a word, as a firewall may look from inside."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


@pytest.mark.parametrize("falls_silent_after_the_first_answer", [False, True])
def test_a_network_that_stays_silent_costs_no_more_than_our_patience(
    tmp_path: Path,
    no_mirror: None,
    silent_url: str,
    monkeypatch: pytest.MonkeyPatch,
    falls_silent_after_the_first_answer: bool,
) -> None:
    from torchvision.datasets import MNIST

    monkeypatch.setattr(MNIST, "mirrors", [silent_url])
    monkeypatch.setattr(digits, "PATIENCE", 0.2)
    if falls_silent_after_the_first_answer:
        monkeypatch.setattr(digits, "_answers", lambda url: True)
    started = time.monotonic()
    with pytest.raises(DataError) as caught:
        load_digits("full", tmp_path)
    assert time.monotonic() - started < 3
    assert_tells_how_to_get_it(caught.value, tmp_path)
    assert socket.getdefaulttimeout() is None


def test_one_mirror_that_answers_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(url: str) -> bool:
        if url == "dead":
            time.sleep(5)
        return url == "works"

    monkeypatch.setattr(digits, "_answers", answers)
    started = time.monotonic()
    digits._require_network(["dead", "works"])
    assert time.monotonic() - started < 3


# -- A download, from a server on this machine


class Server(ThreadingHTTPServer):
    """Gives the files that it has; of those in `cut`, it promises all and sends a half."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.asked: list[str] = []


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        self.server.asked.append(name)
        content = self.server.files.get(name)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if name in self.server.cut else content)

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tiny_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A mirror with the four archives of the three-digit MNIST; on the disk there are none any more."""
    from torchvision.datasets import MNIST

    with Server() as server:
        for path in (tiny_mnist / "MNIST" / "raw").iterdir():
            server.files[path.name] = path.read_bytes()
            path.unlink()
        monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def lying_in(root: Path) -> set[str]:
    return {path.name for path in (root / "MNIST" / "raw").iterdir()}


def test_a_download_brings_the_four_files_once(server: Server, tiny_mnist: Path) -> None:
    first = load_digits("full", tiny_mnist)
    assert [array.shape for array in all_arrays(first)] == [(2, 1, 28, 28), (2,), (1, 1, 28, 28), (1,)]
    names = {archive.name for archive in digits.ARCHIVES}
    assert lying_in(tiny_mnist) == names | {name.removesuffix(".gz") for name in names} and names <= set(server.asked)
    server.asked.clear()
    assert same_digits(first, load_digits("full", tiny_mnist)) and not server.asked


@pytest.mark.parametrize("index", [0, 3])
@pytest.mark.parametrize(
    ("fault", "said"),
    [("another file", "not whole, and is removed"), ("cut", "not whole, and is removed"), ("404", "HTTP Error 404")],
)
def test_a_download_that_fails_says_where_and_leaves_nothing_half_written(
    server: Server, tiny_mnist: Path, index: int, fault: str, said: str
) -> None:
    name = digits.ARCHIVES[index].name
    whole = server.files[name]
    if fault == "another file":
        server.files[name] = whole[:-9] + b"x" + whole[-8:]
    elif fault == "cut":
        server.cut.add(name)
    else:
        del server.files[name]
    with pytest.raises(DataError, match=f"Error downloading {name}.*{said}") as caught:
        load_digits("full", tiny_mnist)
    assert_tells_how_to_get_it(caught.value, tiny_mnist)
    before = {archive.name for archive in digits.ARCHIVES[:index]}
    assert lying_in(tiny_mnist) == before | {other.removesuffix(".gz") for other in before}
    server.files[name] = whole
    server.cut.clear()
    load_digits("full", tiny_mnist)  # the same command again brings what is missing


def test_ctrl_c_during_a_download_leaves_nothing_half_written(
    server: Server, tiny_mnist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(url: str, download_root: str, filename: str, **_: object) -> None:
        Path(download_root, filename).write_bytes(server.files[filename][:10])
        raise KeyboardInterrupt

    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", half)
    with pytest.raises(KeyboardInterrupt):
        load_digits("full", tiny_mnist)
    assert lying_in(tiny_mnist) == set()


def test_what_lay_there_before_a_failed_download_stays(server: Server, tiny_mnist: Path) -> None:
    damaged = tiny_mnist / "MNIST" / "raw" / digits.ARCHIVES[3].name
    damaged.write_bytes(b"of the user's")
    server.files.clear()
    with pytest.raises(DataError, match="404"):
        load_digits("full", tiny_mnist)
    assert lying_in(tiny_mnist) == {damaged.name}


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("damage", [lambda b: b[:-5], lambda b: b[:3], lambda b: b"", lambda b: b[:-1] + b"\x63"])
def test_a_damaged_unpacked_file_is_named(tiny_mnist: Path, index: int, damage) -> None:  # type: ignore[no-untyped-def]
    load_digits("full", tiny_mnist)
    path = unpacked(tiny_mnist / "MNIST" / "raw", digits.ARCHIVES[index])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=f"the unpacked {path.name} is damaged.* delete it") as caught:
        load_digits("full", tiny_mnist)
    assert_tells_how_to_get_it(caught.value, tiny_mnist)
    path.unlink()  # what the message says to do
    load_digits("full", tiny_mnist)


def test_a_damaged_archive_is_named_and_left_alone_when_there_is_no_network(tiny_mnist: Path) -> None:
    path = tiny_mnist / "MNIST" / "raw" / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte.gz +damaged: 20 bytes"):
        load_digits("full", tiny_mnist)
    assert path.stat().st_size == 20


@pytest.mark.parametrize("content", [b"", b"\x00\x00\x08", b"\x00\x00\x08\x03\x00\x00\x00\x02", b"\xff" * 100])
def test_whatever_torchvisions_reader_raises_becomes_the_clear_error(
    tiny_mnist: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    load_digits("full", tiny_mnist)
    unpacked(tiny_mnist / "MNIST" / "raw", ARCHIVES[0]).write_bytes(content)
    monkeypatch.setattr(digits, "_refuse_damaged", lambda folder: None)
    with pytest.raises(DataError) as caught:
        load_digits("full", tiny_mnist)
    assert_tells_how_to_get_it(caught.value, tiny_mnist)


def test_a_full_set_of_the_wrong_size_is_refused(tiny_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "FULL_COUNTS", (60_000, 10_000))
    with pytest.raises(DataError, match=r"\(60000, 28, 28\), but got uint8 \(2, 28, 28\)"):
        load_digits("full", tiny_mnist)


def test_a_data_root_that_is_a_file_is_refused(tmp_path: Path, no_mirror: None) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DataError) as caught:
        load_digits("full", tmp_path / "file")
    assert_tells_how_to_get_it(caught.value, tmp_path / "file")


def test_a_missing_torchvision_is_a_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)  # Python's own way to make an import fail
    with pytest.raises(DataError, match="needs torchvision, which cannot be imported") as caught:
        load_digits("full", tmp_path)
    assert isinstance(caught.value.__cause__, ImportError)
    assert "pip install" in str(caught.value) and "--data embedded" in str(caught.value)


def test_a_torchvision_that_does_not_fit_its_torch_is_a_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "torchvision"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')\n")
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DataError, match="operator torchvision::nms does not exist") as caught:
        load_digits("full", tmp_path)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert "matching pair" in str(caught.value)


# What a network takes


def test_padding_puts_two_zeros_on_each_side() -> None:
    images = np.random.RandomState(0).rand(3, 1, 28, 28).astype(np.float32) + 1
    padded = pad_to_32(images)
    assert padded.shape == (3, 1, 32, 32) and padded.dtype == np.float32
    assert np.array_equal(padded[:, :, 2:30, 2:30], images)
    assert np.count_nonzero(padded) == images.size


def test_one_hot_has_its_one_at_the_label() -> None:
    labels = np.array([3, 0, 9])
    encoded = one_hot(labels)
    assert encoded.shape == (3, 10) and encoded.dtype == np.float32
    assert encoded.sum() == 3 and np.array_equal(encoded.argmax(axis=1), labels)
    assert one_hot(labels[:0]).shape == (0, 10)


# The script that built the embedded file


@pytest.fixture
def tiny_csv(tmp_path: Path) -> Path:
    """Five digits of each of ten classes, sorted by class; pixel 0 is the row's number, so that it can be followed."""
    rows = np.random.RandomState(0).randint(0, 256, (50, 785))
    rows[:, 0], rows[:, 784] = np.arange(50), np.repeat(np.arange(10), 5)
    path = tmp_path / "tiny.csv.gz"
    path.write_bytes(gzip.compress("\n".join(",".join(map(str, row)) for row in rows).encode()))
    return path


def build_tiny(source: Path, target: Path, csv: Path) -> bytes:
    build_mnist5k.build(source, target, hashlib.sha256(csv.read_bytes()).hexdigest(), test_per_class=1)
    return target.read_bytes()


def test_building_twice_gives_the_same_bytes_whatever_the_clock_says(
    tiny_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build_tiny(tiny_csv, tmp_path / "first.npz", tiny_csv)
    another_day = time.localtime(1_000_000_000)
    monkeypatch.setattr(time, "localtime", lambda *seconds: another_day)
    assert build_tiny(tiny_csv, tmp_path / "second.npz", tiny_csv) == first


def test_building_from_the_wheel_gives_the_same_bytes(tiny_csv: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "tiny.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.write(tiny_csv, build_mnist5k.CSV_NAME)
    assert build_tiny(wheel, tmp_path / "a.npz", tiny_csv) == build_tiny(tiny_csv, tmp_path / "b.npz", tiny_csv)


def test_building_keeps_every_digit_once_with_its_label(tiny_csv: Path, tmp_path: Path) -> None:
    build_tiny(tiny_csv, tmp_path / "tiny.npz", tiny_csv)
    with np.load(tmp_path / "tiny.npz", allow_pickle=False) as built:
        assert all(built[name].dtype == np.uint8 for name in built)
        assert built["train_images"].shape == (40, 28, 28) and built["test_images"].shape == (10, 28, 28)
        assert np.bincount(built["test_labels"]).tolist() == [1] * 10
        assert (np.diff(built["train_labels"].astype(int)) < 0).any() and (np.diff(built["test_labels"]) != 1).any()
        rows = np.concatenate([built["train_images"], built["test_images"]])[:, 0, 0]
        labels = np.concatenate([built["train_labels"], built["test_labels"]])
    assert sorted(rows.tolist()) == list(range(50)) and np.array_equal(rows // 5, labels)


def test_building_from_another_file_is_refused(tiny_csv: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected a csv.gz with sha256 846f6cad"):
        build_mnist5k.build(tiny_csv, tmp_path / "never.npz")
    assert not (tmp_path / "never.npz").exists()


def test_the_script_refuses_a_wrong_file_in_one_sentence(tiny_csv: Path, tmp_path: Path) -> None:
    command = [sys.executable, build_mnist5k.__file__, str(tiny_csv), "--target", str(tmp_path / "never.npz")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "expected a csv.gz" in done.stderr and "Traceback" not in done.stderr
