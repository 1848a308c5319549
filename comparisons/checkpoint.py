"""`checkpoint.npz`: after each epoch, all that a training needs to go on as if nothing had stopped it.

What decides the next step is the weights, what the optimizer remembers (its running averages and step counts), and the
state of the random generator (the next batches and dropout masks). What was measured so far lies beside them. Both
sides are in *one* file, written whole or not at all: whatever stops a run, the two are never of different epochs.

The file is one of `minigrad.save`, without pickle: torch's tensors are kept as arrays too. Read next: `record.py`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from signal import SIGINT, default_int_handler, getsignal, signal
from threading import current_thread, main_thread
from typing import Any

import numpy as np

import minigrad

from .record import Epoch, Record
from .runs import RunFolder
from .settings import CannotRun

NAME = "checkpoint.npz"


def write_checkpoint(folder: RunFolder, records: Sequence[Record]) -> None:
    """Writes what both sides need to go on. Raises: CannotRun when the disk does not take it."""
    state = {record.name: state_of(record) for record in records}
    folder.write(NAME, lambda file: minigrad.save(state, file))


def read_checkpoint(folder: RunFolder, records: Sequence[Record]) -> None:
    """Puts both sides where they were; where there is no checkpoint, they stay at the beginning.

    Raises: CannotRun when the file is damaged, or of another network.
    """
    path = folder.path / NAME
    if not path.exists():
        return
    try:
        state = minigrad.load(path)
        for record in records:
            go_on_from(record, state[record.name])
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise CannotRun(f"{path} cannot be read, so this run cannot go on: {error}") from error


def state_of(record: Record) -> dict[str, Any]:
    """One side's state, its tensors as minigrad's."""
    learner = record.learner
    state = {
        "weights": learner.model.state_dict(),
        "optimizer": learner.optimizer.state_dict(),
        "generator": learner.library.torch.get_rng_state(),
        "first_gradients": record.first_gradients,
        "epochs": [epoch_arrays(epoch) for epoch in record.epochs],
    }
    return each_tensor(state, lambda tensor: minigrad.from_numpy(as_array(tensor)))


def go_on_from(record: Record, state: dict[str, Any]) -> None:
    """Makes this the state of one side."""
    torch, learner = record.learner.library.torch, record.learner
    own = each_tensor(state, lambda tensor: torch.from_numpy(as_array(tensor)))
    learner.model.load_state_dict(own["weights"])
    learner.optimizer.load_state_dict(own["optimizer"])
    torch.set_rng_state(own["generator"])
    record.first_gradients = each_tensor(state["first_gradients"], as_array)
    record.epochs = [epoch_from(arrays) for arrays in each_tensor(state["epochs"], as_array)]


def epoch_arrays(epoch: Epoch) -> dict[str, Any]:
    """An epoch, its long lists as arrays."""
    losses, answers = np.array(epoch.losses, np.float64), np.array(epoch.answers, np.int64)
    return {"losses": losses, "seconds": epoch.seconds, "answers": answers, "right": epoch.right}


def epoch_from(arrays: dict[str, Any]) -> Epoch:
    """And back."""
    return Epoch(arrays["losses"].tolist(), arrays["seconds"], arrays["answers"].tolist(), arrays["right"])


def each_tensor(value: Any, change: Callable[[Any], Any]) -> Any:
    """The value with each of its tensors and arrays changed; dicts of any kind become plain ones.

    >>> each_tensor({"a": [np.array(1), 2]}, int)
    {'a': [1, 2]}
    """
    if isinstance(value, dict):
        return {key: each_tensor(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(each_tensor(item, change) for item in value)
    return change(value) if hasattr(value, "ndim") else value


def as_array(tensor: Any) -> np.ndarray:
    """The numbers of a tensor of either library, or of an array."""
    return tensor if isinstance(tensor, np.ndarray) else tensor.detach().cpu().numpy()


@contextmanager
def without_interruption() -> Iterator[None]:
    """Inside, Ctrl-C is noted, and raised at the end: an epoch is recorded and saved for both sides, or for neither."""
    if current_thread() is not main_thread() or getsignal(SIGINT) is not default_int_handler:
        yield  # somebody else decides what Ctrl-C does
        return
    pressed: list[int] = []
    signal(SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield
    finally:
        signal(SIGINT, default_int_handler)
    if pressed:
        raise KeyboardInterrupt
