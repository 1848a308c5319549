"""Two lessons about dropout: when it is on, and what it takes for a channel. Read next: `flipped_kernel.py`."""

from typing import Any

from minigrad.nn.functional.dropout import channels_dropped, dropped

from .table import Line, lesson


@lesson(
    "eval",
    remember="eval() says what the layers compute, no_grad() whether it is recorded; to evaluate you want both.",
    line=Line(dropped, "if not training or p == 0"),
)
def evaluate(torch: Any) -> None:
    """eval() against no_grad().

    Two switches that have nothing to do with each other. (Each time the model is asked twice; "other" means that the
    second answer was another one.) model.eval() turns the flag `training` of every layer off: dropout lets everything
    through (and batch normalization uses its running averages). It still records a graph. no_grad() stops the
    recording, but dropout goes on dropping: the same digit gets two answers.

    Forgetting eval() costs accuracy, forgetting no_grad() costs memory and time. And eval() stays on until train() is
    called, whereas no_grad() ends with its block.
    """
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 50), torch.nn.Dropout(0.5))
    x = torch.ones(1, 4)

    def look(when):
        first, second = model(x), model(x)
        answers = "equal" if torch.equal(first, second) else "other"
        print(f"{when:18} {answers} graph: {first.requires_grad}")

    look("train()")
    with torch.no_grad():
        look("train(), no_grad()")
    model.eval()
    look("eval()")
    with torch.no_grad():
        look("eval(), no_grad()")


@lesson(
    "dropout2d",
    remember="dropout2d drops what is second in the shape: give it (N, C, H, W), and dropout everything else.",
    line=Line(channels_dropped, "lambda: input.new_zeros(input.array.shape[:2]"),
)
def dropout2d(torch: Any) -> None:
    """dropout2d on the wrong rank.

    dropout2d draws one number for each channel and drops the channel as a whole. It takes the first two dimensions for
    batch and channel. The image here has 4 channels of 3×5 pixels, drawn one a line, its three rows beside each other.
    With a batch dimension whole channels vanish, as is meant. Without it, its channels are taken for the batch and its
    *rows* for the channels: single rows vanish. And after flatten, where each "channel" is one number, it is plain
    dropout. Both libraries compute it all, and warn; a warning in a loop is easily overlooked.
    """
    F = torch.nn.functional
    torch.manual_seed(0)

    def draw(channels):
        for rows in channels.tolist():
            print(*("".join("#" if p else "." for p in row) for row in rows))

    image = torch.ones(4, 3, 5)
    print("a batch of one:")
    draw(F.dropout2d(image.unsqueeze(0))[0])
    print("no batch dimension:")
    draw(F.dropout2d(image))
    print("flattened:")
    draw(F.dropout2d(torch.ones(4, 15)).unsqueeze(1))
