"""A lesson about what a graph is good for after one backward. Read next: `saved_values.py`."""

from typing import Any

from minigrad.autograd.engine import run_backward

from .table import Line, lesson


@lesson(
    "second-backward",
    remember="backward() frees what the nodes saved: build the graph again, or say retain_graph=True.",
    line=Line(run_backward, "node.release_saved()"),
)
def second_backward(torch: Any) -> None:
    """The second backward, and why it sometimes works.

    A node that has run in backward drops what it saved in forward, for that is most of the memory of a graph. A product
    needs its factors again (the slope along one is the other), so the second pass through it raises. A sum saved
    nothing: its slope is 1 whatever the numbers were. Nothing is missing there, and the second pass works and adds its
    gradient to the first one's.

    So code that works with one loss raises with another. With retain_graph=True nothing is dropped. Most of the time
    the error means something else: that a tensor of the last iteration (a hidden state, a penalty computed once, before
    the loop) leads back into a graph that is used up.
    """
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = (x + 1).sum()
    loss.backward()
    loss.backward()
    print("x + 1, twice:", x.grad)

    x.grad = None
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    print("x * x, retained, twice:", x.grad)

    loss.backward()
