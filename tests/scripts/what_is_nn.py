"""The same classifier of digits many times over: from plain tensors to modules, optimizers and loaders."""

import math
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)

# --- digits: the higher one is, the more of its dots are lit
density = torch.linspace(0.1, 0.9, 10).unsqueeze(1)
patterns = (torch.rand(10, 28 * 28) < density).float() * 0.8


def make_digits(count):
    labels = torch.randint(0, 10, (count,))
    images = (patterns[labels] + 0.2 * torch.rand(count, 28 * 28)).clamp(0, 1)
    return images.numpy(), labels.numpy()


arrays = make_digits(500) + make_digits(100)
print([(array.shape, array.dtype) for array in arrays], arrays[1][:10])
images, labels, test_images, test_labels = map(torch.tensor, arrays)
count, pixels = images.shape
print(images, labels[:20])
print(count, pixels, images.shape, labels.min(), labels.max(), [(labels == digit).sum().item() for digit in range(10)])

BATCH, RATE, EPOCHS = 50, 0.05, 2
starts = range(0, count, BATCH)

# --- nothing but tensors
weights = torch.randn(784, 10) / math.sqrt(784)
weights.requires_grad_()
bias = torch.zeros(10, requires_grad=True)


def by_hand_log_softmax(scores):
    return scores - scores.exp().sum(-1, keepdim=True).log()


def by_hand_nll(log_probabilities, wanted):
    return -log_probabilities[range(len(wanted)), wanted].mean()


def accuracy(scores, wanted):
    return (torch.argmax(scores, dim=1) == wanted).float().mean()


def linear(batch):
    return batch @ weights + bias


batch, wanted = images[:BATCH], labels[:BATCH]
guess = by_hand_log_softmax(linear(batch))
print(guess[0], guess.shape, guess.exp().sum(1)[:3])
print(torch.allclose(guess, F.log_softmax(linear(batch), dim=-1), atol=1e-5))
print(by_hand_nll(guess, wanted), F.nll_loss(guess, wanted), accuracy(guess, wanted))

for epoch in range(EPOCHS):
    for start in starts:
        chosen = slice(start, start + BATCH)
        loss = by_hand_nll(by_hand_log_softmax(linear(images[chosen])), labels[chosen])
        loss.backward()
        with torch.no_grad():
            for tensor in (weights, bias):
                tensor -= RATE * tensor.grad
                tensor.grad.zero_()
    print(epoch, loss)
print(by_hand_nll(by_hand_log_softmax(linear(batch)), wanted), accuracy(linear(batch), wanted), bias.shape)

# --- torch.nn.functional puts the two into one
print(F.cross_entropy(linear(batch), wanted), accuracy(linear(batch), wanted))


# --- nn.Module and nn.Parameter
class ByParameters(nn.Module):
    def __init__(self):
        super().__init__()
        self.matrix = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.shift = nn.Parameter(torch.zeros(10))

    def forward(self, batch):
        return batch @ self.matrix + self.shift


# --- nn.Linear has both
class ByLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.scores = nn.Linear(784, 10)

    def forward(self, batch):
        return self.scores(batch)


for kind in (ByParameters, ByLinear):
    net = kind()
    print(net, [(name, p.shape) for name, p in net.named_parameters()])
    print("before", F.cross_entropy(net(batch), wanted))
    for _ in range(EPOCHS):
        for start in starts:
            chosen = slice(start, start + BATCH)
            F.cross_entropy(net(images[chosen]), labels[chosen]).backward()
            with torch.no_grad():
                for p in net.parameters():
                    p -= p.grad * RATE
            net.zero_grad()
    print("after", F.cross_entropy(net(batch), wanted))


# --- torch.optim
def start_over():
    net = ByLinear()
    return net, optim.SGD(net.parameters(), lr=RATE)


def learn(net, optimizer, batches):
    """One pass over the batches."""
    for batch, wanted in batches:
        loss = F.cross_entropy(net(batch), wanted)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return loss


net, optimizer = start_over()
print(optimizer)
print("before", F.cross_entropy(net(batch), wanted))
for _ in range(EPOCHS):
    learn(net, optimizer, ((images[s : s + BATCH], labels[s : s + BATCH]) for s in starts))
print("after", F.cross_entropy(net(batch), wanted))

# --- TensorDataset: images and labels are cut in one go
training = TensorDataset(images, labels)
print(len(training), len(training[0]), training[0][1], [tensor.shape for tensor in training[5:15]])
net, optimizer = start_over()
for _ in range(EPOCHS):
    print(learn(net, optimizer, (training[s : s + BATCH] for s in starts)))

# --- DataLoader: no more cutting
in_order = DataLoader(training, batch_size=BATCH)
print(len(in_order), in_order.batch_size, in_order.dataset is training)
net, optimizer = start_over()
for _ in range(EPOCHS):
    print(learn(net, optimizer, in_order))

# --- shuffled, and with a look at images that were not learnt
shuffled = DataLoader(training, batch_size=BATCH, shuffle=True)
validation = TensorDataset(test_images, test_labels)
net, optimizer = start_over()
for epoch in range(EPOCHS):
    net.train()
    learn(net, optimizer, shuffled)
    net.eval()
    with torch.no_grad():
        losses = [F.cross_entropy(net(batch), wanted) for batch, wanted in DataLoader(validation, batch_size=2 * BATCH)]
    print(epoch, sum(losses) / len(losses), net.training)


# --- get_data() and fit()
def get_data(size):
    return DataLoader(training, size, shuffle=True), DataLoader(validation, size * 2)


def evaluate(net, loader):
    """The mean loss, whatever the sizes of the batches, and the share of right answers."""
    net.eval()
    with torch.no_grad():
        rows = [(F.cross_entropy(net(b), w).item(), accuracy(net(b), w).item(), len(b)) for b, w in loader]
    losses, shares, sizes = zip(*rows, strict=True)
    return np.sum(np.multiply(losses, sizes)) / np.sum(sizes), np.average(shares, weights=sizes)


def fit(net, optimizer, learning, checking, epochs=EPOCHS):
    for epoch in range(epochs):
        net.train()
        learn(net, optimizer, learning)
        mean_loss, share = evaluate(net, checking)
        print(f"{type(net).__name__} epoch {epoch}: {mean_loss:.6f}, {share:.2f} right")


fit(*start_over(), *get_data(BATCH))
fit(*start_over(), *get_data(40))


# --- convolutions
class Strided(nn.Module):
    """Three convolutions, each of which halves the image, and the mean of what is left."""

    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1)
        self.two = nn.Conv2d(16, 16, kernel_size=3, stride=2, padding=1)
        self.three = nn.Conv2d(16, 10, kernel_size=3, stride=2, padding=1)

    def forward(self, batch):
        maps = batch.view(-1, 1, 28, 28)
        for layer in (self.one, self.two, self.three):
            maps = F.relu(layer(maps))
        means = F.avg_pool2d(maps, 4)
        return means.view(-1, means.size(1))


net = Strided()
print(net)
print(net(batch).shape, sum(p.numel() for p in net.parameters() if p.requires_grad))
fit(net, optim.SGD(net.parameters(), lr=0.1, momentum=0.9), *get_data(BATCH))


# --- nn.Sequential, with a layer made of any function
class Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *args):
        return self.function(*args)


def halvings(*widths):
    """The convolutions from one width to the next with their ReLUs."""
    for before, after in pairwise(widths):
        yield nn.Conv2d(before, after, kernel_size=3, stride=2, padding=1)
        yield nn.ReLU()


net = nn.Sequential(
    Lambda(lambda flat: flat.view(-1, 1, 28, 28)),
    *halvings(1, 16, 16, 10),
    nn.AvgPool2d(4),
    Lambda(lambda maps: maps.view(maps.size(0), -1)),
)
print(net)
fit(net, optim.SGD(net.parameters(), lr=0.1, momentum=0.9), *get_data(BATCH))

# --- a loader around a loader, which does to every batch what is needed
device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else torch.device("cpu")
print(device)


def preprocess(batch, wanted):
    return batch.reshape(len(batch), 1, 28, 28).to(device), wanted.to(device)


class WrappedDataLoader:
    def __init__(self, loader, change):
        self.loader, self.change = loader, change

    def __len__(self):
        return len(self.loader)

    def __iter__(self):
        return (self.change(*parts) for parts in self.loader)


learning, checking = (WrappedDataLoader(loader, preprocess) for loader in get_data(BATCH))
batch, wanted = next(iter(learning))
print(len(learning), len(checking), batch.shape, wanted)
net = nn.Sequential(*halvings(1, 16, 16, 10), nn.AdaptiveAvgPool2d(1), nn.Flatten())
print(net.to(device) is net, net)
fit(net, optim.SGD(net.parameters(), lr=0.1, momentum=0.9), learning, checking)
