"""A lesson about the last layer: scores, probabilities, and the loss that wants each. Read next: `batch_view.py`."""

from typing import Any

from comparisons.digits import load_digits
from minigrad.nn.functional.losses import cross_entropy

from .table import Line, lesson


def train(torch, loss_of):
    """30 steps on 1,000 digits: the last loss; % right of 1,000 others."""
    digits = load_digits()
    images = torch.from_numpy(digits.train_images[:1000])
    images = images.flatten(1).double()
    labels = torch.from_numpy(digits.train_labels[:1000])
    weight = torch.zeros(784, 10, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.5)
    for _ in range(30):
        optimizer.zero_grad()
        loss = loss_of(images @ weight, labels)
        loss.backward()
        optimizer.step()
    others = torch.from_numpy(digits.test_images).flatten(1).double()
    seen = (others @ weight.detach()).argmax(1)
    right = (seen == torch.from_numpy(digits.test_labels)).sum().item()
    return loss.item(), right / 10


@lesson(
    "scores",
    remember="cross_entropy wants raw scores, nll_loss wants log_softmax of them, and neither wants softmax.",
    line=Line(cross_entropy, "scores = activations.log_softmax(input, class_dim)"),
    helpers=(train,),
)
def scores(torch: Any) -> None:
    """One softmax too many, or none: harmless, wrong, wrong.

    cross_entropy is log_softmax and then nll_loss. log_softmax before it is one too many, and harmless: it subtracts
    log Σ eˢ, so that the probabilities eˢ add up to 1, and where they already do it subtracts log 1 = 0.

    softmax before it is a bug that trains. The ten "scores" now lie between 0 and 1, so even a certain answer gets a
    probability of at most e / (e + 9) = 0.23 and a loss of at least 1.46, and the gradients are small. The loss falls,
    only slowly, and nothing tells you.

    nll_loss on raw scores is −score[label]. Nothing holds the other scores down, so the loss falls without end, below
    zero, which no logarithm of a probability can reach: every class just adds up its own digits. A negative loss is the
    sign to look for.
    """
    F = torch.nn.functional
    losses = {
        "cross_entropy": F.cross_entropy,
        "+ log_softmax": lambda x, y: F.cross_entropy(F.log_softmax(x, 1), y),
        "+ softmax": lambda x, y: F.cross_entropy(F.softmax(x, 1), y),
        "nll_loss": F.nll_loss,
    }
    for name, loss_of in losses.items():
        loss, right = train(torch, loss_of)
        print(f"{name:13}  {loss:8.3f}  {right:4.1f} %")
