"""A lesson about a shape that works out by accident. Read next: `numpy_float64.py`."""

from typing import Any

from minigrad.ops.shapes import infer_size

from .table import Line, lesson


@lesson(
    "view",
    remember="Keep the batch and let -1 stand for the rest: flatten(1), or view(len(x), -1).",
    line=Line(infer_size, "shape = tuple(numel // known if size == -1 else size"),
)
def view(torch: Any) -> None:
    """`view(-1, n)` changes the batch.

    LeNet flattens with view(-1, 576), for 16 channels of 6×6 pixels. Given images of 28×28 instead of 32×32, its 16
    channels have 5×5 pixels: 400 numbers a digit. The -1 says "as many rows as come out", and 36 · 400 numbers make 25
    rows of 576. Every row is now made of pieces of two digits or three. Nothing complains until the loss counts the
    labels; without labels, as in a prediction, nothing ever does.

    With another batch size the division leaves a remainder, and the error comes at once. flatten(1) has no such
    freedom: the batch stays, and the linear layer behind it says which size it got.
    """
    x = torch.zeros(36, 16, 5, 5)
    rows = x.view(-1, 576)
    print("view(-1, 576):", tuple(rows.shape))
    print("flatten(1):", tuple(x.flatten(1).shape))
    try:
        x[:35].view(-1, 576)
    except RuntimeError as error:
        print("RuntimeError:", error)

    output = torch.nn.Linear(576, 10)(rows)
    labels = torch.zeros(36, dtype=torch.int64)
    torch.nn.functional.cross_entropy(output, labels)
