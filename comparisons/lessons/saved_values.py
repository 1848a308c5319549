"""Two lessons about a value that backward still needs, overwritten: once it is noticed, once it is not.

Read next: `inplace_leaf.py`.
"""

from typing import Any

from minigrad.autograd.node import SavedTensor
from minigrad.tensor import Tensor

from .table import Line, lesson


@lesson(
    "overwritten",
    remember="What a node saved must not be written to before backward; the version counter tells if it was.",
    line=Line(SavedTensor.unpack, "if self.tensor.version.count != self.version:"),
)
def overwritten(torch: Any) -> None:
    """A saved value, overwritten in place.

    The slope of 2x is 2, which needs no number of the tensor: writing into the result does no harm. The slope of eˣ is
    eˣ itself, so the node keeps its output instead of computing it again. add_ writes into that very memory.

    Every tensor counts the writes to its memory in _version, and a node remembers the count at which it saved. In
    backward the two differ, and the node refuses: a wrong gradient would be worse than none. The message names the kind
    of tensor, the node whose output it is, and both counts. The way out is to write `y = y + 1`.
    """
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    y = x * 2
    y.add_(1)
    y.sum().backward()
    print("2x + 1:", x.grad)

    y = x.exp()
    print("version", y._version)
    y.add_(1)
    print("version", y._version)
    y.sum().backward()


@lesson(
    "data",
    remember="A write through .data is not counted, so nothing stops it from making a gradient wrong: use no_grad().",
    line=Line(Tensor.data.fget, "alias.version = type(self.version)()"),  # type: ignore[attr-defined]
)
def data(torch: Any) -> None:
    """`.data` makes a gradient silently wrong.

    The same mistake as in the lesson "overwritten", through .data. No error comes, and the gradient is wrong: the slope
    of eˣ at 0 and 1 is 1 and 2.718, but backward multiplies by the output that it saved, which by now is eˣ + 1. The
    alias that .data returns has the same memory and a version counter of its own, so the node compares 0 with 0.

    detach() returns the same memory too, but shares the counter: the same write through it is found out. For updates by
    hand, write `with torch.no_grad(): w -= lr * w.grad`, which counts as well.
    """
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    x.exp().sum().backward()
    print("right:", x.grad)

    x.grad = None
    y = x.exp()
    y.data.add_(1)
    print("version", y._version)
    y.sum().backward()
    print("wrong:", x.grad)

    y = x.exp()
    y.detach().add_(1)
    print("version", y._version)
    y.sum().backward()
