"""MNIST and FashionMNIST as torchvision offers them: the same folders and files, read and checked here.

Without the files MNIST is the 5,000 digits that come with the project, and says so. Nothing is downloaded.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...ops.creation import from_numpy
from ...tensor import Tensor
from ...utils.data import Dataset

__all__ = ["FashionMNIST", "MNIST"]

EMBEDDED = Path(__file__).parents[3] / "comparisons" / "data" / "mnist5k.npz"
TOLD: set[Path] = set()  # the folders of which it was said already that they lack the files
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


class Image:
    """A grey image, as much of Pillow's as a tutorial needs: its size, its mode, and its pixels as an array."""

    mode = "L"

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels  # uint8, (H, W)
        self.size = pixels.shape[::-1]  # (W, H), as Pillow has it

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.pixels, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        return f"<PIL.Image.Image image mode=L size={self.size[0]}x{self.size[1]} at {id(self):#X}>"


class MNIST(Dataset):
    """Handwritten digits: 28 × 28 pixels, and what is written there, in [0, 10).

    Args:
        root: the folder with MNIST/raw/train-images-idx3-ubyte and the three files beside it. train: the 60,000 digits
            to train with, else the 10,000 to test with. transform, target_transform: called with each image and each
            label. download: there is no download here; the files are read where they are.

    Raises: RuntimeError where the files are damaged.
    """

    classes = ["0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six", "7 - seven",
               "8 - eight", "9 - nine"]  # fmt: skip

    def __init__(
        self, root: Any = None, train: bool = True, transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None, download: bool = False,
    ) -> None:  # fmt: skip
        self.root = str(root)
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        self.data, self.targets = self.load()

    @property
    def raw_folder(self) -> str:
        """Where the files lie."""
        return str(Path(self.root).expanduser() / type(self).__name__ / "raw")

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class."""
        return {name: number for number, name in enumerate(self.classes)}

    def load(self) -> tuple[Tensor, Tensor]:
        """Images uint8 (N, 28, 28) and labels int64 (N)."""
        folder = Path(self.raw_folder)
        images, labels = (folder / name for name in (FILES[:2] if self.train else FILES[2:]))
        if not images.is_file() or not labels.is_file():
            return self.without_files(folder)
        pixels, numbers = read_idx(images, 3), read_idx(labels, 1)
        if len(pixels) != len(numbers) or numbers.max(initial=0) >= len(self.classes):
            raise RuntimeError(f"{labels} does not fit {images}: damaged, or of another set")
        return from_numpy(pixels), from_numpy(numbers.astype(np.int64))

    def without_files(self, folder: Path) -> tuple[Tensor, Tensor]:
        """The digits that come with the project. Raises: RuntimeError without those."""
        if not EMBEDDED.is_file():
            raise RuntimeError(f"Dataset not found. Expected {', '.join(FILES)} in {folder}")
        if folder not in TOLD:
            TOLD.add(folder)
            print(
                f"minigrad: no MNIST files in {folder}; these are the 5,000 digits that come with it (4,000 to train, "
                "1,000 to test)",
                file=sys.stderr,
            )
        part = "train" if self.train else "test"
        with np.load(EMBEDDED, allow_pickle=False) as archive:
            return from_numpy(archive[f"{part}_images"]), from_numpy(archive[f"{part}_labels"].astype(np.int64))

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image: Any = Image(self.data[index].numpy())
        target: Any = int(self.targets[index])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def __repr__(self) -> str:
        lines = [
            f"Number of datapoints: {len(self)}", f"Root location: {self.root}",
            f"Split: {'Train' if self.train else 'Test'}",
        ]  # fmt: skip
        if self.transform is not None or self.target_transform is not None:
            lines.append("StandardTransform")
            for name, transform in (("Transform", self.transform), ("Target transform", self.target_transform)):
                if transform is not None:
                    lines.append(f"{name}: {transform}".replace("\n", "\n" + " " * (len(name) + 2)))
        indented = [f"    {line}" for line in lines[:4]]
        return "\n".join([f"Dataset {type(self).__name__}", *indented, *lines[4:]])


class FashionMNIST(MNIST):
    """Clothes instead of digits, of the same size and number. There are none without the files."""

    classes = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]

    def without_files(self, folder: Path) -> tuple[Tensor, Tensor]:
        raise RuntimeError(
            f"Dataset not found. Expected {', '.join(FILES)} in {folder}. minigrad downloads nothing; torchvision "
            f'does: python -c "from torchvision.datasets import FashionMNIST as F; F({self.root!r}, download=True)"'
        )


def read_idx(path: Path, ndim: int) -> np.ndarray:
    """The bytes of an IDX file as an array: two zeros, 8 for bytes, the rank, the sizes, the numbers.

    Raises: RuntimeError for a file that is none, or shorter or longer than it says.
    """
    content = path.read_bytes()
    start = 4 + 4 * ndim
    sizes = np.frombuffer(content, ">i4", ndim, 4) if len(content) >= start else np.zeros(0, int)
    if content[:4] != bytes([0, 0, 8, ndim]) or len(content) != start + int(np.prod(sizes, dtype=np.int64)):
        raise RuntimeError(f"{path} is damaged: expected an IDX file of {ndim} dimensions")
    return np.frombuffer(content, np.uint8, offset=start).reshape(sizes).copy()
