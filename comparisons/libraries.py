"""The two sides of every comparison: minigrad and torch, each a module, its networks and its device.

Also what must be equal before they can be compared: the weights that they start from and the threads that they may use.
Read next: `mnist.py`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

import minigrad
import minigrad.models
import torch_ref.models
from torch_ref.device import choose_device, full_precision

from .agreement import Check, check_weights
from .settings import CannotRun, Settings


@dataclass(frozen=True)
class Library:
    """One side."""

    name: str
    torch: Any  # the module: torch itself, or minigrad, which answers to the same names
    models: Any  # its LeNet and its CNN
    device: Any

    def to_device(self, model: Any) -> Any:
        """The model where the library computes.

        A GPU has a random generator of its own. So the model's weights were drawn on the CPU, and its dropout masks
        still are: each dropout layer computes there and sends its result back.
        """
        model.to(self.device)
        if self.device.type != "cpu":
            for module in model.modules():
                if isinstance(module, self.torch.nn.Dropout2d):
                    module.forward = self.on_cpu(module.forward)
        return model

    def on_cpu(self, forward: Any) -> Any:
        """The layer's forward, computed on the CPU."""
        return lambda x: forward(x.cpu()).to(self.device)


def both_libraries(settings: Settings) -> tuple[Library, Library]:
    """minigrad and torch, on the devices that they will use.

    Raises: CannotRun when torch does not see the device, or the device does not know the dtype.
    """
    try:
        device = choose_device(settings.device)
    except RuntimeError as error:
        raise CannotRun(f"--device {settings.device}: {error}") from error
    if device.type == "mps" and settings.dtype == "float64":
        raise CannotRun("MPS has no float64; use --device cpu, or --dtype float32")
    full_precision()
    return (
        Library("minigrad", minigrad, minigrad.models, minigrad.device("cpu")),
        Library("torch", torch, torch_ref.models, device),
    )


def weights_of(model: Any) -> dict[str, np.ndarray]:
    """A copy of every parameter, by name."""
    return {name: tensor.cpu().numpy().copy() for name, tensor in model.state_dict().items()}


def gradients_of(model: Any) -> dict[str, np.ndarray]:
    """A copy of every parameter's gradient, by name."""
    return {name: parameter.grad.cpu().numpy().copy() for name, parameter in model.named_parameters()}


def start_equal(ours: Any, theirs: Any, settings: Settings) -> Check:
    """Compares the weights that the two models drew from one seed; where only their rounding differs, copies torch's.

    That happens on processors where torch rounds otherwise than where minigrad was checked: see `check_weights`.
    """
    wanted = weights_of(theirs)
    check = check_weights(weights_of(ours), wanted, settings.seed, settings.dtype)
    if check.agrees and not check.figures["equal_to_the_bit"]:
        ours.load_state_dict({name: minigrad.from_numpy(array) for name, array in wanted.items()})
    return check


@contextmanager
def equal_threads(wanted: int | None) -> Iterator[int]:
    """Both sides use the same number of threads inside: the one wanted, or as many as torch chooses by itself.

    Torch has its own pool; NumPy leaves matrix products to a BLAS, which has another.
    Raises: CannotRun for more threads than there are processors.
    """
    before = torch.get_num_threads()
    count = wanted or before
    if count > max(before, os.cpu_count() or 1):
        raise CannotRun(f"--threads {count}: this machine has {os.cpu_count()} processors")
    torch.set_num_threads(count)
    try:
        with threadpool_limits(count, user_api="blas"):
            yield count
    finally:
        torch.set_num_threads(before)
