"""The optimization loop: hyperparameters, a pass that trains, a pass that tests, and a few other optimizers."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)


def make_blobs(count):
    """Images of one channel, 12x12, in four classes: which quarter is brighter."""
    labels = torch.randint(4, (count,))
    images = torch.rand(count, 1, 12, 12)
    for image, label in zip(images, labels, strict=True):
        r, c = divmod(label.item(), 2)
        image[0, 6 * r : 6 * r + 6, 6 * c : 6 * c + 6] += 0.4
    return TensorDataset(images, labels)


training_data, test_data = make_blobs(640), make_blobs(160)


class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(144, 48), nn.ReLU(), nn.Dropout(0.2), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 4)
        )

    def forward(self, x):
        return self.linear_relu_stack(self.flatten(x))


learning_rate = 5e-2
batch_size = 32
epochs = 3
train_dataloader = DataLoader(training_data, batch_size=batch_size, shuffle=True)
test_dataloader = DataLoader(test_data, batch_size=batch_size)


def train_loop(dataloader, model, loss_fn, optimizer):
    size = len(dataloader.dataset)
    model.train()
    for batch, (X, y) in enumerate(dataloader):
        pred = model(X)
        loss = loss_fn(pred, y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if batch % 5 == 0:
            loss, current = loss.item(), batch * batch_size + len(X)
            print(f"loss: {loss:>7f}  [{current:>5d}/{size:>5d}]")


def test_loop(dataloader, model, loss_fn):
    model.eval()
    size, num_batches = len(dataloader.dataset), len(dataloader)
    test_loss, correct = 0, 0
    confusion = torch.zeros(4, 4, dtype=torch.int64)
    with torch.no_grad():
        for X, y in dataloader:
            pred = model(X)
            test_loss += loss_fn(pred, y).item()
            correct += (pred.argmax(1) == y).type(torch.float).sum().item()
            for truth, guess in zip(y, pred.argmax(1), strict=True):
                confusion[truth, guess] += 1
    print(f"Test: accuracy {100 * correct / size:>0.1f}%, average loss {test_loss / num_batches:>8f}")
    return confusion


model = NeuralNetwork()
print(model, model.training)
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
for t in range(epochs):
    print(f"Epoch {t + 1}")
    train_loop(train_dataloader, model, loss_fn, optimizer)
    confusion = test_loop(test_dataloader, model, loss_fn)
print(confusion)
hits = confusion[torch.arange(4), torch.arange(4)]
precision = hits / confusion.sum(0).clamp(min=1)
recall = hits / confusion.sum(1).clamp(min=1)
f1 = 2 * precision * recall / (precision + recall)
print(precision, recall, f1, hits.sum())

# train() and eval() differ by dropout.
X = test_data.tensors[0][:2]
model.train()
print(model(X), model(X))
model.eval()
print(model(X), torch.equal(model(X), model(X)))

# Losses by name.
logits, target = torch.randn(3, 4), torch.tensor([1, 0, 3])
values, wanted = torch.rand(3, 4), torch.rand(3, 4)
print(nn.CrossEntropyLoss(label_smoothing=0.1)(logits, target))
print(nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0, 4.0]), reduction="none")(logits, target))
print(nn.NLLLoss()(nn.LogSoftmax(dim=1)(logits), target))
print(nn.MSELoss()(values, wanted), nn.L1Loss(reduction="sum")(values, wanted))
print(nn.BCELoss()(values, wanted), nn.BCEWithLogitsLoss()(logits, wanted))
print(nn.SmoothL1Loss()(values, wanted), nn.SmoothL1Loss(beta=0.3)(values, wanted))
p, log_q = values.softmax(1), logits.log_softmax(1)
print("divergence", (p * (p.log() - log_q)).sum() / len(p))

# Optimizers and schedules on a small problem: the bottom of a bent valley.
for make in (
    lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9, weight_decay=1e-4),
    lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.99)),
    lambda p: torch.optim.AdamW(p, lr=0.05),
    lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.5),
    lambda p: torch.optim.Adagrad(p, lr=0.2),
    lambda p: torch.optim.Adadelta(p, lr=5.0),
):
    point = torch.tensor([-1.5, 1.0], requires_grad=True)
    optimizer = make([point])
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=15, gamma=0.5)
    for _ in range(40):
        optimizer.zero_grad()
        valley = (1 - point[0]) ** 2 + 10 * (point[1] - point[0] ** 2) ** 2
        valley.backward()
        nn.utils.clip_grad_norm_([point], 10.0)
        optimizer.step()
        scheduler.step()
    print(f"{type(optimizer).__name__:9s} {valley.item():>9.6f} {point.data} lr {scheduler.get_last_lr()[0]:g}")

rate = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
for schedule in (
    torch.optim.lr_scheduler.ExponentialLR(rate, gamma=0.9),
    torch.optim.lr_scheduler.StepLR(rate, step_size=2, gamma=0.1),
    torch.optim.lr_scheduler.CosineAnnealingLR(rate, T_max=6),
    torch.optim.lr_scheduler.LambdaLR(rate, lambda epoch: 1 / (1 + epoch)),
):
    rates = []
    for _ in range(6):
        rate.step()
        schedule.step()
        rates.append(round(rate.param_groups[0]["lr"], 8))
    print(type(schedule).__name__, rates)
