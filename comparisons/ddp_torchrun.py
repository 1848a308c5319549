"""Trains torch's network on the digits by several processes, on one machine or on many:

    torchrun --nproc-per-node 2 -m comparisons.ddp_torchrun --net cnn --epochs 1

torchrun starts the processes, tells each its number, and ends them all when one fails. Each GPU serves one process
(NCCL); without GPUs the processes compute on the CPU (gloo). The training itself is `torch_ref/ddp.py`.
"""

import argparse
from dataclasses import replace

import torch.distributed as dist

from torch_ref.ddp import accuracy, joined, place, train
from torch_ref.device import full_precision

from .digits import load_digits
from .fast import task_for
from .settings import RECIPES


def main(argv: list[str] | None = None) -> None:
    """This process's part. The first process prints."""
    options = parser().parse_args(argv)
    rank, world, device = place()
    full_precision()
    recipe = RECIPES[options.net]
    with joined(rank, world, "env://", device, options.timeout):
        if rank != 0:
            dist.barrier()  # until the first has downloaded what there is to download
        digits = load_digits(options.data, options.data_dir, quiet=True)
        if rank == 0:
            dist.barrier()
        few = replace(digits, train_images=digits.train_images[: options.limit],
                      train_labels=digits.train_labels[: options.limit])  # fmt: skip
        task = task_for(recipe, few, device, recipe.lr, options.batch_size, options.seed)
        model, losses = train(task, options.epochs, rank, world)
        if rank == 0:
            print(f"{world} processes on {device.type}, {len(task.images):,} digits, batches of {task.batch_size}")
            for epoch, loss in enumerate(losses, start=1):
                print(f"epoch {epoch:2}  loss {loss:.6f}")
            print(f"accuracy {accuracy(model, task):.2%}")


def parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(prog="torchrun -m comparisons.ddp_torchrun", description=__doc__)
    parser.add_argument("--net", choices=tuple(RECIPES), default="cnn")
    parser.add_argument("--data", choices=("embedded", "full"), default="embedded")
    parser.add_argument("--data-dir", default="data")
    parser.add_argument("--limit", type=int, help="use the first so many training digits only")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=50, help="digits per step, shared out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds that one process waits for another")
    return parser


if __name__ == "__main__":
    main()
