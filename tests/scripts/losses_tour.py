"""The common losses with all their options, as functions and as modules, with the gradients that they give."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_printoptions(precision=6)


def show(name, loss_fn, input, *rest, **options):
    """A loss, the node that made it, and the gradient of its sum."""
    x = input.clone().requires_grad_()
    loss = loss_fn(x, *rest, **options)
    loss.sum().backward()
    print(name, tuple(loss.shape), loss.grad_fn.name())
    print(loss.detach())
    print(x.grad)


def nll_of_logits(x, t, *rest, **options):
    return F.nll_loss(F.log_softmax(x, dim=1), t, *rest, **options)


def bce_of_scores(x, t, **options):
    return F.binary_cross_entropy(torch.sigmoid(x), t, **options)


REDUCTIONS = ("mean", "sum", "none")

# --- regression
input = torch.tensor([[0.2, -1.5, 3.0], [1.2, 0.4, -0.7]])
target = torch.tensor([[0.0, -1.0, 1.0], [1.0, 2.5, -0.5]])
for reduction in REDUCTIONS:
    show(f"mse {reduction}", F.mse_loss, input, target, reduction=reduction)
    show(f"l1 {reduction}", F.l1_loss, input, target, reduction=reduction)
    show(f"smooth_l1 {reduction}", F.smooth_l1_loss, input, target, reduction=reduction)
for beta in (0.0, 0.25, 0.5, 2.0):
    show(f"smooth_l1 beta={beta}", F.smooth_l1_loss, input, target, beta=beta)
for criterion in (
    nn.MSELoss(),
    nn.L1Loss(reduction="sum"),
    nn.SmoothL1Loss(reduction="none", beta=0.5),
):
    show(str(criterion), criterion, input, target)

# the target may need a gradient as well
t = target.clone().requires_grad_()
F.mse_loss(input, t).backward()
print(t.grad)
t.grad = None
F.l1_loss(input, t).backward()
print(t.grad)

# --- classes
logits = torch.randn(5, 4)
classes = torch.tensor([2, 0, 3, 1, 2])
weight = torch.tensor([1.0, 0.5, 2.0, 1.5])
print(logits, classes)
for reduction in REDUCTIONS:
    show(f"nll {reduction}", nll_of_logits, logits, classes, reduction=reduction)
    show(f"nll {reduction} weight", nll_of_logits, logits, classes, weight=weight, reduction=reduction)
    show(f"cross_entropy {reduction}", F.cross_entropy, logits, classes, reduction=reduction)
    show(f"cross_entropy {reduction} weight", F.cross_entropy, logits, classes, weight=weight, reduction=reduction)
    options = {"weight": weight, "label_smoothing": 0.1, "reduction": reduction}
    show(f"cross_entropy {reduction} weight and smoothing", F.cross_entropy, logits, classes, **options)
show("cross_entropy smoothing", F.cross_entropy, logits, classes, label_smoothing=0.2)

ignored = torch.tensor([2, -100, 3, -100, 1])
show("cross_entropy ignoring", F.cross_entropy, logits, ignored)
show("cross_entropy ignoring class 2", F.cross_entropy, logits, classes, ignore_index=2)
show("nll ignoring class 2", nll_of_logits, logits, classes, ignore_index=2, reduction="none")
show("cross_entropy ignoring, weight", F.cross_entropy, logits, classes, weight=weight, ignore_index=0)

probabilities = torch.softmax(torch.randn(5, 4), dim=1)
for reduction in REDUCTIONS:
    show(f"cross_entropy probabilities {reduction}", F.cross_entropy, logits, probabilities, reduction=reduction)
show("cross_entropy probabilities, weight", F.cross_entropy, logits, probabilities, weight=weight)
show("cross_entropy probabilities, smoothing", F.cross_entropy, logits, probabilities, label_smoothing=0.3)

one_hot = F.one_hot(classes, num_classes=4)
print(one_hot, one_hot.dtype, F.one_hot(torch.tensor([[0, 2], [1, 0]])))
print(F.cross_entropy(logits, one_hot.float()), F.cross_entropy(logits, classes))
show("one sample", F.cross_entropy, logits[0], classes[0])

images = torch.randn(2, 3, 2, 2)
pixels = torch.tensor([[[0, 2], [1, 1]], [[2, 2], [0, 1]]])
show("cross_entropy of pixels", F.cross_entropy, images, pixels)
show("nll of pixels", nll_of_logits, images, pixels, reduction="none")

for criterion in (
    nn.CrossEntropyLoss(),
    nn.CrossEntropyLoss(weight=weight, reduction="sum"),
    nn.CrossEntropyLoss(ignore_index=3, label_smoothing=0.1),
):
    show(str(criterion), criterion, logits, classes)
log_softmax = nn.LogSoftmax(dim=1)
for criterion in (nn.NLLLoss(), nn.NLLLoss(weight, reduction="none"), nn.NLLLoss(ignore_index=2)):
    show(f"{log_softmax} {criterion}", lambda x, t, loss: loss(log_softmax(x), t), logits, classes, loss=criterion)
print([name for name, _ in nn.CrossEntropyLoss(weight=weight).named_buffers()])

# by hand
picked = -F.log_softmax(logits, dim=1)[torch.arange(5), classes]
print(picked, picked.mean(), (picked * weight[classes]).sum() / weight[classes].sum())
print(F.log_softmax(logits, dim=1).gather(1, classes.unsqueeze(1)).squeeze(1))

# --- yes or no
scores = torch.tensor([[-2.0, 0.3, 1.7], [0.9, -0.4, 4.0]])
truth = torch.tensor([[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
w = torch.tensor([[1.0, 2.0, 0.5], [0.1, 1.0, 3.0]])
pos_weight = torch.tensor([1.0, 2.0, 3.0])
for reduction in REDUCTIONS:
    show(f"bce {reduction}", bce_of_scores, scores, truth, reduction=reduction)
    show(f"bce {reduction} weight", bce_of_scores, scores, truth, weight=w, reduction=reduction)
    show(f"bce logits {reduction}", F.binary_cross_entropy_with_logits, scores, truth, reduction=reduction)
    options = {"weight": w, "pos_weight": pos_weight, "reduction": reduction}
    show(f"bce logits {reduction} weight and pos_weight", F.binary_cross_entropy_with_logits, scores, truth, **options)
show("bce logits pos_weight", F.binary_cross_entropy_with_logits, scores, truth, pos_weight=pos_weight)
show("bce soft targets", bce_of_scores, scores, truth * 0.8 + 0.1)
p = torch.tensor([0.0, 1.0, 0.5, 1.0], requires_grad=True)
clamped = F.binary_cross_entropy(p, torch.tensor([0.0, 0.0, 1.0, 1.0]), reduction="none")
print(clamped)
sigmoid = nn.Sigmoid()
for criterion in (nn.BCELoss(), nn.BCELoss(weight=w, reduction="sum")):
    show(str(criterion), lambda x, t, loss: loss(sigmoid(x), t), scores, truth, loss=criterion)
for criterion in (
    nn.BCEWithLogitsLoss(),
    nn.BCEWithLogitsLoss(pos_weight=pos_weight),
    nn.BCEWithLogitsLoss(weight=w, reduction="none"),
):
    show(str(criterion), criterion, scores, truth)

# --- a classifier of two moons' kind, trained with three of them
points = torch.randn(60, 2)
inside = (points.norm(dim=1) < 1.1).float().unsqueeze(1)
for criterion in (nn.BCEWithLogitsLoss(), nn.MSELoss(), nn.SmoothL1Loss()):
    net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
    for step in range(30):
        loss = criterion(net(points), inside)
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            for q in net.parameters():
                q.sub_(q.grad, alpha=0.5)
        if step % 10 == 9:
            print(criterion, step, loss.item())

# --- what does not fit
for call in (
    lambda: F.cross_entropy(logits, torch.tensor([0, 1])),
    lambda: F.cross_entropy(logits, torch.tensor([0, 1, 2, 3, 4])),
    lambda: F.binary_cross_entropy(torch.rand(3), torch.rand(2)),
    lambda: F.binary_cross_entropy_with_logits(torch.rand(3), torch.rand(2)),
    lambda: F.mse_loss(input, target, reduction="median"),
    lambda: F.smooth_l1_loss(input, target, beta=-1.0),
    lambda: F.one_hot(torch.tensor([0, 5]), num_classes=3),
):
    try:
        call()
    except (RuntimeError, ValueError, IndexError) as e:
        print(type(e).__name__ + ":", e)
