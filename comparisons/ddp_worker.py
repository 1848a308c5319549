"""One of the processes that `ddp.py` starts: computes on its share of the digits, and agrees with the others by sums.

    python -m comparisons.ddp_worker RANK '{"world": 2, …}'

The derivative of a sum is the sum of the derivatives. A loss that is the mean over N digits is Σ (nᵢ/N) · ℒᵢ over
shards of nᵢ digits with mean losses ℒᵢ, so its gradient is the same weighted sum of the shards' gradients, and nobody
needs to see the whole batch. What must hold for that is tried out here, in both libraries, in float64: torch's side
runs under DistributedDataParallel; minigrad's gradients are NumPy arrays, whose memory torch.distributed adds up in
place.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

import minigrad
import minigrad.models
import torch_ref.models
from torch_ref.ddp import joined

from .agreement import difference_between
from .ddp import Job
from .digits import load_digits, one_hot, pad_to_32
from .settings import RECIPES
from .speed_workloads import Side

SIDES = {
    "minigrad": Side(minigrad, minigrad.models, minigrad.device("cpu")),
    "torch": Side(torch, torch_ref.models, torch.device("cpu")),
}


@dataclass(frozen=True)
class Member:
    """One library in this process: a network that knows how to share its gradients."""

    side: Side
    job: Job
    rank: int
    model: Any
    replica: Any  # torch's model under DDP, whose backward shares the gradients; minigrad's model as it is
    criterion: Any

    @classmethod
    def create(cls, side: Side, job: Job, rank: int) -> "Member":
        """With the weights that the seed gives, and so the same in every process."""
        recipe = RECIPES[job.net]
        side.torch.manual_seed(job.seed)
        model = getattr(side.models, recipe.network)().to(side.torch.float64)
        replica = DistributedDataParallel(model) if side.torch is torch else model
        return cls(side, job, rank, model, replica, getattr(side.torch.nn, recipe.criterion)())

    def loss(self, model: Any, digits: Sequence[Any], rows: slice) -> Any:
        """The mean loss of these rows."""
        images, targets = (self.side.torch.from_numpy(array[rows]) for array in digits)
        return self.criterion(model(images), targets)

    def shared_gradients(self, digits: Sequence[Any], rows: slice, weight: float) -> float:
        """Leaves Σ weightᵢ · ∇ℒᵢ over all processes in the model's `.grad`. Returns Σ weightᵢ · ℒᵢ."""
        loss = self.loss(self.replica, digits, rows) * weight
        if self.replica is not self.model:
            (loss * self.job.world).backward()  # DDP divides by the number of processes
        else:
            loss.backward()
            for parameter in self.model.parameters():
                dist.all_reduce(torch.from_numpy(parameter.grad.numpy()))  # the same memory: a sum in place
        total = torch.tensor(loss.item(), dtype=torch.float64)
        dist.all_reduce(total)
        return total.item()

    def take_masks_from(self, seed: int, row: int) -> None:
        """Sets the generator so that the next dropout masks are those which row `row` and later ones of a batch get.

        One process draws a mask for each row in turn. So a process whose share begins at a later row first draws, and
        throws away, what the rows before it use up.
        """
        self.side.torch.manual_seed(seed)
        if row and hasattr(self.model, "dropout"):
            self.model.dropout(self.side.torch.ones(row, 64, 1, 1))

    def gradients(self) -> list[np.ndarray]:
        """A copy of each parameter's gradient; and forgets them."""
        found = [parameter.grad.numpy().copy() for parameter in self.model.parameters()]
        self.model.zero_grad()
        return found


def even(job: Job, rank: int) -> slice:
    """The rows of a batch that belong to this process, when all get as many."""
    return slice(job.batch_size * rank // job.world, job.batch_size * (rank + 1) // job.world)


def uneven(job: Job, rank: int) -> slice:
    """The rows when the shares are as 1 : 2 : 3 …"""
    parts = job.world * (job.world + 1)
    return slice(job.batch_size * rank * (rank + 1) // parts, job.batch_size * (rank + 1) * (rank + 2) // parts)


def share(job: Job, rows: slice) -> float:
    """n / N."""
    return (rows.stop - rows.start) / job.batch_size


def compare_gradients(member: Member, digits: Sequence[Any]) -> Iterator[tuple[str, float]]:
    """How far the shared gradients of one batch are from the gradient of the whole batch, in each arrangement."""
    job, rank, model = member.job, member.rank, member.model
    whole, mean = slice(0, job.batch_size), 1 / job.world

    def apart(wanted: list[np.ndarray], rows: slice, weight: float) -> float:
        member.shared_gradients(digits, rows, weight)
        return max(difference_between(*pair).relative for pair in zip(member.gradients(), wanted, strict=True))

    model.eval()  # no dropout
    member.loss(model, digits, whole).backward()
    wanted = member.gradients()
    yield "even shards, mean", apart(wanted, even(job, rank), mean)
    yield "uneven shards, mean", apart(wanted, uneven(job, rank), mean)
    yield "uneven shards, weighted", apart(wanted, uneven(job, rank), share(job, uneven(job, rank)))
    model.train()
    if not hasattr(model, "dropout"):
        return
    member.take_masks_from(job.seed, row=0)
    member.loss(model, digits, whole).backward()
    wanted, rows = member.gradients(), even(job, rank)
    member.take_masks_from(job.seed, row=0)
    yield "dropout, one seed for all", apart(wanted, rows, share(job, rows))
    member.take_masks_from(job.seed + rank, row=0)
    yield "dropout, a seed for each", apart(wanted, rows, share(job, rows))
    member.take_masks_from(job.seed, row=rows.start)
    yield "dropout, the rows' own masks", apart(wanted, rows, share(job, rows))


def train(member: Member, digits: Sequence[Any], together: bool) -> tuple[list[float], list[np.ndarray]]:
    """One epoch, by all processes together or by this one alone. Returns the losses and the weights at the end."""
    job, recipe = member.job, RECIPES[member.job.net]
    optimizer = getattr(member.side.torch.optim, recipe.optimizer)(member.model.parameters(), lr=recipe.lr)
    order = np.random.default_rng(job.seed & (2**64 - 1)).permutation(len(digits[0]))
    rows = even(job, member.rank) if together else slice(0, job.batch_size)
    losses = []
    member.model.train()
    for step in range(len(order) // job.batch_size):
        batch = [array[order[step * job.batch_size : (step + 1) * job.batch_size]] for array in digits]
        member.take_masks_from(step, row=rows.start)
        optimizer.zero_grad()
        if together:
            losses.append(member.shared_gradients(batch, rows, share(job, rows)))
        else:
            loss = member.loss(member.model, batch, rows)
            loss.backward()
            losses.append(loss.item())
        optimizer.step()
        if member.rank == 0:
            with job.counter.open("ab") as file:
                file.write(b".")
    return losses, [parameter.detach().numpy().copy() for parameter in member.model.parameters()]


def compare_trainings(side: Side, job: Job, rank: int, digits: Sequence[Any]) -> dict[str, Any]:
    """How far a training by all processes is from one by a single process."""
    losses, weights = train(Member.create(side, job, rank), digits, together=True)
    alone, wanted = train(Member.create(side, job, rank), digits, together=False)
    return {
        "steps": len(losses),
        "loss_first": alone[0],
        "loss_last": alone[-1],
        "losses_apart": difference_between(np.array(losses), np.array(alone)).relative,
        "weights_apart": max(difference_between(*pair).relative for pair in zip(weights, wanted, strict=True)),
    }


def main(rank: int, job: Job) -> None:
    """Everything, in both libraries. The first worker writes result.json into the job's folder."""
    torch.set_num_threads(1)  # the processes share the machine as it is
    digits, recipe = load_digits(), RECIPES[job.net]
    images, labels = digits.train_images[: job.limit].astype(np.float64), digits.train_labels[: job.limit]
    data = (
        pad_to_32(images) if recipe.image_size == 32 else images,
        one_hot(labels).astype(np.float64) if recipe.one_hot else labels,
    )
    result = {}
    with joined(rank, job.world, f"file://{job.folder}/rendezvous", torch.device("cpu"), job.timeout):
        for name, side in SIDES.items():
            result[name] = {
                "gradients": dict(compare_gradients(Member.create(side, job, rank), data)),
                "training": compare_trainings(side, job, rank, data),
            }
    if rank == 0:
        Path(job.folder, "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main(int(sys.argv[1]), Job(**json.loads(sys.argv[2])))
