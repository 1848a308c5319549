"""A lesson about what a loss holds on to. Read next: `scores.py`."""

from typing import Any

from minigrad.recording import attach

from .table import Line, lesson


def kept(loss):
    """The nodes that a loss keeps alive, and the numbers they saved."""
    nodes, waiting, saved = set(), [loss.grad_fn], {}
    while waiting:
        node = waiting.pop()
        if node is None or node in nodes:
            continue
        nodes.add(node)
        waiting += [below for below, _ in node.next_functions]
        for name in dir(node):
            saves = name.startswith("_saved_")
            value = getattr(node, name) if saves else None
            if hasattr(value, "data_ptr"):
                saved[value.data_ptr()] = value.numel()
    return f"{len(nodes):2} nodes, {sum(saved.values()):5} numbers"


@lesson(
    "summed-loss",
    remember="Add up loss.item(), a number; a sum of losses holds the graph of every one of them.",
    line=Line(attach, "edges.append(edge)"),
    helpers=(kept,),
)
def summed_loss(torch: Any) -> None:
    """A loss summed over epochs keeps every graph alive.

    `total = total + loss` is an operation like any other. Its node has an edge to the node of the loss, that one to
    what the loss was computed from, and so on: as long as `total` lives, so does every graph that went into it. In an
    evaluation without no_grad() nothing was ever freed, so each batch leaves its nodes and all that they saved: the
    1,000 numbers of x are kept once, and 1,000 activations are added each time. With a real network that is how a GPU
    runs out of memory in the second epoch.

    (backward() on each loss would drop the saved numbers; the nodes stay even then.) item() takes the number out, and
    nothing behind it. Under no_grad() there is no graph to begin with.
    """
    x = torch.ones(100, 10)
    w = torch.ones(10, 10, requires_grad=True)
    total, number = torch.zeros(()), 0.0
    for epoch in range(4):
        loss = ((x @ w) ** 2).mean()
        total = total + loss
        number = number + loss.item()
        print(f"{epoch}: loss {kept(loss)}")
        print(f"   total {kept(total)}")
    print("the sums:", total.item(), "and", number)
