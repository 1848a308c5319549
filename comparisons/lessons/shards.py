"""A lesson about a batch that is shared out among processes. Read next: `ddp.py`, where the processes are real ones."""

from typing import Any

from minigrad.ops.reductions import MeanBackward0

from .table import Line, lesson


@lesson(
    "shards",
    remember="The mean of the shards' means is the batch's mean only where the shards are equally large.",
    line=Line(MeanBackward0.backward, "self._saved_self_sym_numel"),
)
def shards(torch: Any) -> None:
    """Data parallel with uneven shards.

    Two processes share a batch of 5 numbers, 3 and 2 of them. Each computes the gradient of the mean of its own, and
    the gradients are averaged: that is what DistributedDataParallel does. With 4 numbers, 2 and 2, it is the gradient
    of one process. With 3 and 2 it is not: each of the three counts 1/6 and each of the two 1/4, where all should count
    1/5.

    No error comes, only another gradient. The ways out: weigh each shard by its share, as in the last line of each
    block; add up sums and divide once; or leave the last, incomplete batch out (drop_last=True). `python -m comparisons
    ddp` shows the same with real processes.
    """
    w = torch.tensor(1.0, requires_grad=True)

    def gradient(x):
        w.grad = None
        ((w * x) ** 2).mean().backward()
        return w.grad.item()

    even = [1.0, 2.0], [3.0, 6.0]
    uneven = [1.0, 2.0, 3.0], [6.0, 10.0]
    for first, second in (even, uneven):
        parts = [torch.tensor(first), torch.tensor(second)]
        batch = torch.cat(parts)
        grads = [gradient(part) for part in parts]
        shares = [len(part) / len(batch) for part in parts]
        weighted = sum(s * g for s, g in zip(shares, grads, strict=True))
        print(len(first), "and", len(second))
        print(f"  one process    {gradient(batch):8.4f}")
        print(f"  mean of means  {sum(grads) / 2:8.4f}")
        print(f"  weighted mean  {weighted:8.4f}")
