"""Training as fast as PyTorch goes: the digits live on the device, and the CPU is asked for as little as possible.

A step of these networks keeps a large GPU busy for a fraction of a millisecond; telling it what to do takes the CPU
longer. The remedies:

1. The digits are copied to the device once, and each epoch's order is drawn there. A step takes its batch by index.
2. Nothing is read back inside the loop: `loss.item()` would make the CPU wait for the GPU. The losses are added up on
   the device and read once an epoch.
3. The whole step (batch, forward, backward, update) is recorded once as a CUDA graph and then replayed: one call where
   there was one for each kernel. All that changes from step to step must therefore be in the device's memory, also the
   place in the epoch's order and, in Adam, the number of the step (`capturable`).

The same step is run in three ways: plainly, with its forward and backward compiled by `torch.compile`, and as a graph.
So what separates their times is the way alone. On a CPU the first two work. Nothing here knows where digits come from:
`comparisons/fast.py` does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch

from .device import use_tf32

WARM_UP = 3  # steps before a graph is recorded, as torch's documentation asks; and for the compiler
TEST_BATCH = 1000  # digits; no result depends on it


class Unavailable(Exception):
    """This way of training does not work here. The text says why."""


@dataclass(frozen=True)
class Task:
    """What is to be trained, in tensors on the device that it is to be trained on."""

    network: Callable[[], torch.nn.Module]
    criterion: torch.nn.Module
    optimizer: str  # in torch.optim
    lr: float
    batch_size: int
    seed: int
    images: torch.Tensor  # (N, 1, H, W)
    targets: torch.Tensor  # (N,) labels or (N, 10)
    test_images: torch.Tensor
    test_labels: torch.Tensor


@dataclass(frozen=True)
class Epoch:
    """What an epoch was like. The test digits are read after it, and outside its seconds."""

    seconds: float
    loss: float  # mean over the steps
    accuracy: float


@dataclass(frozen=True)
class Run:
    """A whole training. `preparation`: the seconds that compiling, or recording the graph, took before it."""

    preparation: float
    epochs: list[Epoch]

    @property
    def seconds(self) -> float:
        return sum(epoch.seconds for epoch in self.epochs)

    def seconds_to(self, accuracy: float) -> float | None:
        """How long training took until a test, one an epoch, found this accuracy; None if it never did."""
        spent = 0.0
        for epoch in self.epochs:
            spent += epoch.seconds
            if epoch.accuracy >= accuracy:
                return spent
        return None


class Trainer:
    """A network and its step, which needs nothing from the CPU but to be started."""

    def __init__(self, task: Task) -> None:
        torch.manual_seed(task.seed)
        device = task.images.device
        self.task = task
        self.model = task.network().to(device)  # drawn on the CPU: the seed's weights, as everywhere else
        self.loss_of: Callable[..., torch.Tensor] = self.forward
        self.optimizer = fast_optimizer(task, self.model)
        self.order = torch.arange(len(task.images), device=device)  # of the digits in this epoch
        self.place = torch.zeros((), dtype=torch.int64, device=device)  # in that order: where the next batch starts
        self.batch = torch.arange(task.batch_size, device=device)
        self.losses = torch.zeros((), device=device)  # their sum in this epoch
        self.steps = len(task.images) // task.batch_size  # a graph has one shape: what is left over waits for its turn

    def forward(self, images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The loss of a batch."""
        return self.task.criterion(self.model(images), targets)

    def step(self) -> None:
        """The tutorial's step; the next batch is found, and the loss noted, on the device."""
        index = self.order[self.place + self.batch]  # (B,)
        self.optimizer.zero_grad()
        loss = self.loss_of(self.task.images[index], self.task.targets[index])
        loss.backward()
        self.optimizer.step()
        self.place += self.task.batch_size
        self.losses += loss.detach()

    def start_epoch(self) -> None:
        """Draws a new order."""
        self.order.copy_(torch.randperm(len(self.order), device=self.order.device))
        self.place.zero_()
        self.losses.zero_()

    def rewind(self, weights: dict[str, torch.Tensor]) -> None:
        """Back to the start after steps that only warmed up; in place, as a graph knows tensors by their place."""
        self.model.load_state_dict(weights)
        for state in self.optimizer.state.values():
            for value in state.values():
                if isinstance(value, torch.Tensor):
                    value.zero_()
        self.optimizer.zero_grad()
        torch.manual_seed(self.task.seed)

    @torch.no_grad()
    def accuracy(self) -> float:
        """The share of the test digits that the network gets right."""
        self.model.eval()
        right = torch.zeros((), dtype=torch.int64, device=self.order.device)
        batches = self.task.test_images.split(TEST_BATCH), self.task.test_labels.split(TEST_BATCH)
        for images, labels in zip(*batches, strict=True):
            right += (self.model(images).argmax(1) == labels).sum()
        self.model.train()
        return right.item() / len(self.task.test_labels)


def fast_optimizer(task: Task, model: torch.nn.Module) -> torch.optim.Optimizer:
    """The optimizer as one fused kernel; Adam's counter in the device's memory, so that a graph can count."""
    options: dict[str, Any] = {"lr": task.lr, "fused": True}
    if task.optimizer.startswith("Adam") and task.images.device.type == "cuda":
        options["capturable"] = True
    return getattr(torch.optim, task.optimizer)(model.parameters(), **options)


# The three ways: each makes of a trainer the function that does a step


def plain(trainer: Trainer) -> Callable[[], None]:
    """The step as it is written: a call for each kernel."""
    warm_up(trainer)
    return trainer.step


def compiled(trainer: Trainer) -> Callable[[], None]:
    """Forward and backward by `torch.compile`: kernels of its own making, fewer of them.

    Raises: Unavailable where the compiler does not work; on a CPU it needs one for C++.
    """
    trainer.loss_of = torch.compile(trainer.forward)
    try:
        warm_up(trainer)
    except Exception as error:  # a compiler can fail in any way
        reason = next((line for line in str(error).splitlines() if line.strip()), "")
        raise Unavailable(f"torch.compile does not work here: {type(error).__name__}: {reason}") from error
    return trainer.step


def graph(trainer: Trainer) -> Callable[[], None]:
    """The whole step as a CUDA graph: recorded once, replayed with one call.

    Raises: Unavailable where there is no CUDA.
    """
    if trainer.order.device.type != "cuda":
        raise Unavailable(f"a CUDA graph needs a GPU, and this is training on {trainer.order.device}")
    side = torch.cuda.Stream()  # graphs are not recorded on the default stream; nor is what comes before them
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        warm_up(trainer)
    torch.cuda.current_stream().wait_stream(side)
    recorded = torch.cuda.CUDAGraph()
    with torch.cuda.graph(recorded):
        trainer.step()  # nothing is computed yet
    return recorded.replay


WAYS: dict[str, Callable[[Trainer], Callable[[], None]]] = {"plain": plain, "compile": compiled, "graph": graph}


def warm_up(trainer: Trainer) -> None:
    """A few steps, which load and compile what is needed, and back to the start."""
    weights = {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}
    for _ in range(WARM_UP):
        trainer.place.zero_()
        trainer.step()
    trainer.rewind(weights)


def train(task: Task, way: str, epochs: int, tf32: bool = False) -> Run:
    """Trains in one of WAYS. Raises: Unavailable when that way does not work here."""
    use_tf32(tf32)
    try:
        start = now(task)
        trainer = Trainer(task)
        step = WAYS[way](trainer)
        return Run(now(task) - start, [train_epoch(trainer, step) for _ in range(epochs)])
    finally:
        use_tf32(False)


def train_epoch(trainer: Trainer, step: Callable[[], None]) -> Epoch:
    """All digits once; then the test."""
    start = now(trainer.task)
    trainer.start_epoch()
    for _ in range(trainer.steps):
        step()
    seconds = now(trainer.task) - start
    return Epoch(seconds, trainer.losses.item() / trainer.steps, trainer.accuracy())


def now(task: Task) -> float:
    """The time in seconds, when the device has done all that it was told."""
    if task.images.device.type == "cuda":
        torch.cuda.synchronize(task.images.device)
    return perf_counter()
