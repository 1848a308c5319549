"""A lesson about the update of a parameter, written by hand. Read next: `summed_loss.py`."""

from typing import Any

from minigrad.ops.inplace import check_writable

from .table import Line, lesson


@lesson(
    "leaf-in-place",
    remember="Update a parameter in place and under no_grad().",
    line=Line(check_writable, 'raise RuntimeError("a leaf Variable'),
)
def leaf_in_place(torch: Any) -> None:
    """A step by hand: writing to a leaf.

    Three ways to write w ← w − lr · ∂ℒ/∂w. The last one raises: the write would be recorded, w would be the output of a
    subtraction, and the leaf whose gradient was asked for would be gone. The second one does just that under the same
    name: it makes a new tensor, which is no leaf, and whose gradient is None in the next round. Only the first one is a
    step: the same tensor with other numbers, and nothing recorded. It is what the optimizers do.
    """
    w = torch.tensor(1.0, requires_grad=True)
    (w * w).backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
    print("no_grad:", round(w.item(), 4), "leaf:", w.is_leaf)

    new = w - 0.1 * w.grad
    print("new:", round(new.item(), 4), "leaf:", new.is_leaf)

    w -= 0.1 * w.grad
