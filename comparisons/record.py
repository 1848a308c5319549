"""What is kept of a training, epoch by epoch, on each side; `metrics.jsonl` and the picture are made from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from .runs import to_json
from .training import Learner


@dataclass
class Epoch:
    """What one epoch was like on one side."""

    losses: list[float]  # of every step
    seconds: float  # spent in the training loop: loading, forward, backward, update
    answers: list[int]  # the digit seen in each test image afterwards
    right: int  # how many of them are

    @property
    def loss(self) -> float:
        return float(np.mean(self.losses))

    @property
    def accuracy(self) -> float:
        return self.right / len(self.answers)


@dataclass
class Record:
    """What one side has done so far."""

    learner: Learner
    epochs: list[Epoch] = field(default_factory=list)
    first_gradients: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.learner.library.name

    @property
    def losses(self) -> list[float]:
        return list(chain.from_iterable(epoch.losses for epoch in self.epochs))

    @property
    def seconds(self) -> float:
        return sum(epoch.seconds for epoch in self.epochs)

    def summary(self) -> dict[str, list[float]]:
        """One number per epoch of each kind."""
        return {
            "losses": [epoch.loss for epoch in self.epochs],
            "accuracies": [epoch.accuracy for epoch in self.epochs],
            "seconds": [round(epoch.seconds, 3) for epoch in self.epochs],
        }


def metrics_lines(records: Sequence[Record]) -> str:
    """One line of JSON per epoch: loss, accuracy and seconds of each side, and the loss of every step."""

    def of(epoch: Epoch) -> dict[str, Any]:
        seconds = round(epoch.seconds, 3)
        return {"loss": epoch.loss, "accuracy": epoch.accuracy, "seconds": seconds, "losses": epoch.losses}

    epochs = zip(*(record.epochs for record in records), strict=True)
    return "".join(
        to_json({"epoch": number} | {side.name: of(epoch) for side, epoch in zip(records, pair, strict=True)}) + "\n"
        for number, pair in enumerate(epochs, start=1)
    )
