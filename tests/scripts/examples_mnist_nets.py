"""Half a dozen nets for MNIST, each trained for a few steps on the same made-up digits."""

from itertools import pairwise

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(3)
device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
print("running on", device)


class MLP(nn.Module):
    """Flattened and sent through linear layers."""

    def __init__(self, *widths):
        super().__init__()
        self.flatten = nn.Flatten()
        layers = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.stack = nn.Sequential(*layers[:-1])

    def forward(self, x):
        return self.stack(self.flatten(x))


class LeNet(nn.Module):
    """Tanh and average pooling, as it was in the beginning."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, kernel_size=5, padding=2),
            nn.Tanh(),
            nn.AvgPool2d(2, stride=2),
            nn.Conv2d(6, 16, kernel_size=5),
            nn.Tanh(),
            nn.AvgPool2d(kernel_size=2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(16 * 5 * 5, 60),
            nn.Sigmoid(),
            nn.Identity(),
            nn.Linear(60, 10),
        )

    def forward(self, x):
        x = self.features(x)
        x = torch.flatten(x, start_dim=1)
        return self.classifier(x)


def conv_block(before, after, activation, **options):
    return nn.Sequential(
        nn.Conv2d(before, after, kernel_size=5, stride=1, padding=2, bias=False),
        nn.BatchNorm2d(after, **options),
        activation,
        nn.MaxPool2d(kernel_size=2, stride=2),
    )


class ConvNet(nn.Module):
    """Batch norm, dropout of whole channels, max pooling."""

    def __init__(self):
        super().__init__()
        self.lower = conv_block(1, 8, nn.ReLU(inplace=True))
        self.upper = conv_block(8, 16, nn.Tanh(), momentum=0.2)
        self.drop = nn.Dropout2d(p=0.2)
        self.scores = nn.Linear(7 * 7 * 16, 10)

    def forward(self, x):
        maps = self.drop(self.upper(self.lower(x)))
        return self.scores(maps.reshape(maps.size(0), -1))


class AllConv(nn.Module):
    """No linear layer: the classes are channels, averaged over what is left of the image."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(16)
        self.conv3 = nn.Conv2d(16, 10, 1)
        self.pool = nn.AdaptiveAvgPool2d((1, 1))
        self.shortcut = nn.Identity()

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.shortcut(x)
        x = torch.sigmoid(self.bn2(self.conv2(x)))
        return self.pool(self.conv3(x)).squeeze(-1).squeeze(-1)


class SoftmaxNet(nn.Module):
    """Gives out probabilities, so that the loss takes their logarithm."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(784, 32, bias=False)
        self.norm = nn.BatchNorm1d(32)
        self.output = nn.Linear(32, 10)
        self.sigmoid = nn.Sigmoid()
        self.softmax = nn.Softmax(dim=1)

    def forward(self, x):
        x = x.view(x.shape[0], -1)
        x = self.sigmoid(self.norm(self.hidden(x)))
        return self.softmax(self.output(x))


class ListNet(nn.Module):
    """Layers in a ModuleList and activations in a ModuleDict."""

    def __init__(self, sizes=(784, 48, 24, 10), activation="tanh"):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.activations = nn.ModuleDict({"tanh": nn.Tanh(), "relu": nn.ReLU()})
        self.activation = activation
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        x = x.flatten(1)
        for layer in self.layers[:-1]:
            x = self.drop(self.activations[self.activation](layer(x)))
        return F.log_softmax(self.layers[-1](x), dim=-1)


def init_weights(m):
    if isinstance(m, (nn.Linear, nn.Conv2d)):
        nn.init.xavier_uniform_(m.weight)
        if m.bias is not None:
            nn.init.zeros_(m.bias)


def digits(n):
    labels = torch.randint(10, (n,))
    images = torch.rand(n, 1, 28, 28) * 0.4
    for image, label in zip(images, labels, strict=True):
        k = label.item()
        image[0, 2 * k + 2 : 2 * k + 8, 4:24] += 0.6
    return TensorDataset(images, labels)


def train(model, loader, criterion, optimizer):
    model.train()
    losses = []
    for images, labels in loader:
        loss = criterion(model(images.to(device)), labels.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@torch.no_grad()
def evaluate(model, loader, criterion):
    model.eval()
    loss, right = 0.0, 0.0
    for images, labels in loader:
        output, labels = model(images.to(device)), labels.to(device)
        loss += criterion(output, labels).item()
        right += (output.argmax(1) == labels).type(torch.float).sum().item()
    return loss / len(loader), right / len(loader.dataset)


train_set, test_set = random_split(digits(120), [80, 40])
train_loader = DataLoader(train_set, batch_size=20, shuffle=True, drop_last=True)
test_loader = DataLoader(test_set, batch_size=40)
print(len(train_set), len(test_set), len(train_loader), test_set.indices[:10])

cross_entropy = nn.CrossEntropyLoss()
nll = nn.NLLLoss()


def log_nll(probabilities, target):
    return F.nll_loss(torch.log(probabilities), target)


plans = [
    (MLP(28 * 28, 64, 64, 10), cross_entropy, lambda p: optim.SGD(p, lr=0.1)),
    (LeNet().apply(init_weights), cross_entropy, lambda p: optim.Adam(p, lr=5e-3)),
    (ConvNet(), cross_entropy, lambda p: optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=1e-4)),
    (AllConv(), cross_entropy, lambda p: optim.AdamW(p, lr=1e-2)),
    (SoftmaxNet(), log_nll, lambda p: optim.Adam(p, lr=1e-2)),
    (ListNet().apply(init_weights), nll, lambda p: optim.Adagrad(p, lr=2e-2)),
]
for model, criterion, make_optimizer in plans:
    model = model.to(device)
    print(model)
    total = sum(p.numel() for p in model.parameters() if p.requires_grad)
    print(f"{type(model).__name__}: {total} parameters, {len(list(model.buffers()))} buffers")
    optimizer = make_optimizer(model.parameters())
    for epoch in range(2):
        losses = train(model, train_loader, criterion, optimizer)
        loss, accuracy = evaluate(model, test_loader, criterion)
        print(epoch, [f"{value:.4f}" for value in losses], f"test {loss:.4f} {100 * accuracy:.1f}%")

convnet = plans[2][0]
print(convnet.lower[1].running_mean, convnet.lower[1].running_var, convnet.lower[1].num_batches_tracked)
print(list(convnet.state_dict()))
probabilities = plans[4][0](next(iter(test_loader))[0])
print(probabilities.shape, probabilities.sum(dim=1)[:4])
chances = nn.Softmax(dim=1)(plans[0][0](torch.rand(1, 28, 28, device=device)))
print(chances, f"taken for {chances.argmax(1).item()}")
