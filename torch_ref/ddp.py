"""One training by several processes, with torch's DistributedDataParallel: on one machine or on many.

Every process holds a copy of the network and takes its share of each batch. In backward, as soon as a few gradients
are ready, DDP sends them around and puts the mean over the processes in their place, while the rest is still being
computed. So all copies take the same step, and stay the same.

    torchrun --nproc-per-node 2 -m comparisons.ddp_torchrun

`comparisons/ddp_worker.py` does the same with minigrad's gradients, and shows when it equals a single process.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from .fast import TEST_BATCH, Task


@contextmanager
def joined(rank: int, world: int, rendezvous: str, device: torch.device, seconds: float) -> Iterator[None]:
    """This process as number `rank` of `world` in a group, while the context lasts: over NCCL on GPUs, else over gloo.

    Args:
        rendezvous: where the processes find each other: "env://" under torchrun, or "file:///a/new/file".
        seconds: how long one process waits for another before it gives up with an error.
    """
    backend = "nccl" if device.type == "cuda" else "gloo"
    timeout = timedelta(seconds=seconds)
    dist.init_process_group(backend, init_method=rendezvous, rank=rank, world_size=world, timeout=timeout)
    try:
        yield
        dist.barrier()  # nobody leaves while others may still have something to say
    finally:
        gc.collect()  # a copy under DDP holds on to the group and to itself, and gloo's threads must end before Python
        dist.destroy_process_group()


def place() -> tuple[int, int, torch.device]:
    """Under torchrun: the number of this process, how many there are, and its device.

    That is a GPU of its own where this machine has one for each of its processes, else the CPU for all of them.
    """
    rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    here, processes = int(os.environ["LOCAL_RANK"]), int(os.environ["LOCAL_WORLD_SIZE"])
    if torch.cuda.is_available() and torch.cuda.device_count() >= processes:
        torch.cuda.set_device(here)
        return rank, world, torch.device("cuda", here)
    return rank, world, torch.device("cpu")


def train(task: Task, epochs: int, rank: int, world: int) -> tuple[torch.nn.Module, list[float]]:
    """Trains this process's copy. Returns it, and the mean loss of each epoch over all processes.

    A batch that does not divide evenly gives shares of different sizes. The mean over the processes would count the
    digits of a small share for more; so each loss is weighted by its share, n / (N / world).
    """
    device = task.images.device
    torch.manual_seed(task.seed)  # the same weights everywhere (DDP would send them around anyway)
    model = task.network().to(device)
    replica = DistributedDataParallel(model, device_ids=[device.index] if device.type == "cuda" else None)
    optimizer = getattr(torch.optim, task.optimizer)(replica.parameters(), lr=task.lr)

    orders = torch.Generator().manual_seed(task.seed)  # the same order everywhere
    torch.manual_seed(task.seed + rank)  # but not the same dropout masks
    losses = []
    for _ in range(epochs):
        total, digits = torch.zeros((), device=device), 0
        for batch in torch.randperm(len(task.images), generator=orders).split(task.batch_size):
            if len(batch) < world:
                continue  # too few to give everybody one
            mine = batch.tensor_split(world)[rank].to(device)
            optimizer.zero_grad()
            loss = task.criterion(replica(task.images[mine]), task.targets[mine])
            (loss * (len(mine) * world / len(batch))).backward()
            optimizer.step()
            total += loss.detach() * len(mine)
            digits += len(batch)
        dist.all_reduce(total)
        losses.append(total.item() / digits)
    return model, losses


@torch.no_grad()
def accuracy(model: torch.nn.Module, task: Task) -> float:
    """The share of the test digits that the network gets right."""
    model.eval()
    batches = zip(task.test_images.split(TEST_BATCH), task.test_labels.split(TEST_BATCH), strict=True)
    return sum(int((model(images).argmax(1) == labels).sum()) for images, labels in batches) / len(task.test_labels)
