"""The training loop, written once. It is the tutorial's; the library is its argument.

`library.torch` is torch itself or minigrad, and nothing below knows which: the same names, the same calls. Both sides
start from the same seed, so they draw the same weights, the same batches and the same dropout masks, and with the same
arithmetic they must go through the same losses. Whether they do is what `mnist.py` looks at; read it next.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .digits import Digits, load_digits, one_hot, pad_to_32
from .libraries import Library
from .settings import CannotRun, Settings

TEST_BATCH = 100  # digits; no result depends on it


@dataclass(frozen=True)
class Learner:
    """A network on one side, and everything that trains it."""

    library: Library
    model: Any
    criterion: Any
    optimizer: Any
    train_loader: Any
    test_loader: Any


def train(learner: Learner) -> Iterator[float]:
    """One epoch, step by step: yields the loss of each step. Until the next step its gradients can be looked at."""
    device, model = learner.library.device, learner.model
    model.train()  # dropout drops
    for images, targets in learner.train_loader:
        images, targets = images.to(device), targets.to(device)

        learner.optimizer.zero_grad()  # forget the gradients of the step before: backward adds to what it finds
        output = model(images)  # (N, 1, H, W) -> (N, 10)
        loss = learner.criterion(output, targets)  # ()
        loss.backward()  # ∂loss/∂w into w.grad, for every parameter w
        learner.optimizer.step()  # w ← w − lr · (what the optimizer makes of w.grad)

        yield loss.item()


def evaluate(learner: Learner) -> list[int]:
    """Which digit the network sees in each test image: the one with the largest of its ten outputs."""
    device, model = learner.library.device, learner.model
    model.eval()  # dropout does nothing
    seen: list[int] = []
    with learner.library.torch.no_grad():  # nothing is recorded: no backward will come
        for (images,) in learner.test_loader:
            output = model(images.to(device))  # (N, 10)
            seen += output.argmax(1).tolist()
    return seen


def prepare(library: Library, settings: Settings, digits: Digits) -> Learner:
    """The network with the weights that the seed gives, its loss, its optimizer and its digits, as the recipe says."""
    torch, recipe = library.torch, settings.recipe
    dtype = getattr(torch, settings.dtype)

    torch.manual_seed(settings.seed)
    model = library.to_device(getattr(library.models, recipe.network)().to(dtype))
    criterion = getattr(torch.nn, recipe.criterion)()
    optimizer = getattr(torch.optim, recipe.optimizer)(model.parameters(), lr=settings.lr)

    images = torch.from_numpy(as_images(digits.train_images, settings))  # (N, 1, H, W)
    targets = torch.from_numpy(as_targets(digits.train_labels, settings))  # (N,) or (N, 10)
    train_set = torch.utils.data.TensorDataset(images, targets)
    test_set = torch.utils.data.TensorDataset(torch.from_numpy(as_images(digits.test_images, settings)))
    return Learner(
        library,
        model,
        criterion,
        optimizer,
        train_loader=torch.utils.data.DataLoader(train_set, batch_size=settings.batch_size, shuffle=True),
        test_loader=torch.utils.data.DataLoader(test_set, batch_size=TEST_BATCH),
    )


def digits_for(settings: Settings) -> Digits:
    """The digits to train on, as many as the settings allow, and those to test on.

    Raises: DataError when they cannot be had; CannotRun when there are fewer than --limit.
    """
    digits = load_digits(settings.data, settings.data_dir, settings.quiet)
    there = len(digits.train_labels)
    if settings.limit is not None and settings.limit > there:
        raise CannotRun(f"--limit {settings.limit}: the {digits.source} set has {there:,} training digits")
    return replace(
        digits,
        train_images=digits.train_images[: settings.limit],
        train_labels=digits.train_labels[: settings.limit],
    )


def as_images(images: np.ndarray, settings: Settings) -> np.ndarray:
    """The images in the size and dtype that the network takes. Shape: (N, 1, 28, 28) -> (N, 1, 28 or 32, 28 or 32)."""
    padded = pad_to_32(images) if settings.recipe.image_size == 32 else images
    return padded.astype(settings.dtype, copy=False)


def as_targets(labels: np.ndarray, settings: Settings) -> np.ndarray:
    """What the loss compares with. Shape: (N,) -> (N,), the labels; or (N,) -> (N, 10), one-hot."""
    return one_hot(labels).astype(settings.dtype) if settings.recipe.one_hot else labels
