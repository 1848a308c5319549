"""Two lessons about leaves, the tensors that nobody computed: theirs is the `.grad` that backward fills.

Read next: `second_backward.py`.
"""

from typing import Any

from minigrad.tensor import Tensor

from .table import Line, lesson


@lesson(
    "accumulate",
    remember="backward() adds to .grad and never replaces it, so clear it before each step.",
    line=Line(Tensor.add_to_grad, "self._grad.array += grad.array"),
)
def accumulate(torch: Any) -> None:
    """Gradients accumulate.

    The loss is the same each time, w², and its slope is 2w = 4. Yet .grad says 4, 8, 12: each backward adds its
    gradient to what is there. A loop that forgets to clear it descends along the sum of all gradients so far.

    It is meant so. A value that is used twice gets two gradients, whose sum is right; and a batch that does not fit
    into memory can be fed in pieces, with one step at the end. optimizer.zero_grad() sets .grad to None, and the next
    backward starts again.
    """
    w = torch.tensor(2.0, requires_grad=True)
    for step in range(3):
        loss = w * w
        loss.backward()
        print(f"step {step}: grad", w.grad.item())

    torch.optim.SGD([w], lr=0.1).zero_grad()
    print("cleared: grad", w.grad)
    (w * w).backward()
    print("again: grad", w.grad.item())


@lesson(
    "non-leaf",
    remember="Only leaves get a .grad: make the tensor first and ask for its gradient last.",
    line=Line(Tensor.grad.fget, "if self._grad is None and self._grad_fn is not None"),  # type: ignore[attr-defined]
)
def non_leaf(torch: Any) -> None:
    """The grad of what was computed is None.

    The weights were to be small ones, so somebody multiplied them by 0.1. But the leaf is the tensor of ones that the
    product was made of, and which has no name any more: the gradient went there. `w` is the output of a multiplication,
    a value on the way, and backward keeps none of those gradients, or it would double the memory. Both libraries warn
    when such a .grad is read.

    The way out for a parameter is to compute first and to call requires_grad_() at the end. For a value on the way,
    such as an activation that you want to look at, it is retain_grad().
    """
    w = torch.ones(3, requires_grad=True) * 0.1
    print("w is a leaf:", w.is_leaf)
    w.sum().backward()
    print("w.grad:", w.grad)

    v = (torch.ones(3) * 0.1).requires_grad_()
    print("v is a leaf:", v.is_leaf)
    hidden = v * 2
    hidden.retain_grad()
    hidden.sum().backward()
    print("v.grad:", v.grad)
    print("hidden.grad:", hidden.grad)
