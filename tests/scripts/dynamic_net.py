"""A net whose graph changes from one forward pass to the next: further orders come and go, and share one weight."""

import math
import random

import torch
from torch import nn, optim


class FickleCubic(nn.Module):
    """A cubic to which none, one or two higher orders are added, all with the same coefficient."""

    def __init__(self):
        super().__init__()
        for name in ("k0", "k1", "k2", "k3", "extra"):
            setattr(self, name, nn.Parameter(torch.randn(())))

    def forward(self, t):
        total = self.k0 + self.k1 * t + self.k2 * t**2 + self.k3 * t**3
        for power in range(4, 4 + random.choice([0, 1, 2])):
            total = total + self.extra * t**power
        return total

    def string(self):
        cubic = " ".join(f"{k.item():+.5f} t^{power}" for power, k in enumerate((self.k0, self.k1, self.k2, self.k3)))
        return f"{cubic} and perhaps {self.extra.item():+.5f} (t^4 + t^5)"


class Echo(nn.Module):
    """The middle layer is gone through nought to three times a pass."""

    def __init__(self, before, hidden, after):
        super().__init__()
        self.enter = nn.Linear(before, hidden)
        self.middle = nn.Linear(hidden, hidden)
        self.leave = nn.Linear(hidden, after)
        self.depths = []

    def forward(self, source):
        self.depths.append(random.randint(0, 3))
        values = self.enter(source).clamp(min=0)
        for _ in range(self.depths[-1]):
            values = self.middle(values).clamp(min=0)
        return self.leave(values)


def chain(node):
    """The names on the first path down from a node, and how many nodes there are below it in all."""
    seen, todo = {node}, [node]
    while todo:
        for child, _ in todo.pop().next_functions:
            if child is not None and child not in seen:
                seen.add(child)
                todo.append(child)
    names = []
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    return names, len(seen)


random.seed(6)
torch.manual_seed(6)

angle = torch.linspace(-math.pi, math.pi, 2000)
wave = torch.sin(angle)

fickle = FickleCubic()
print(fickle)
print(fickle.string())
for _ in range(4):
    print(*chain(fickle(angle).grad_fn))

squared_error = nn.MSELoss(reduction="sum")
optimizer = optim.SGD(fickle.parameters(), lr=1e-8, momentum=0.9)
for epoch in range(1, 601):
    optimizer.zero_grad()
    loss = squared_error(fickle(angle), wave)
    loss.backward()
    if epoch % 100 == 0:
        print(epoch, loss.item(), fickle.extra.grad is None)
    optimizer.step()
print("sine is about", fickle.string())

net = Echo(20, 16, 3)
print(net)
source, goal = torch.randn(32, 20), torch.randn(32, 3)
optimizer = optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
for epoch in range(1, 101):
    optimizer.zero_grad()
    loss = squared_error(net(source), goal)
    loss.backward()
    slope = net.middle.weight.grad
    if epoch <= 5:
        print("depth", net.depths[-1], "gradient of the middle layer")
        print(None if slope is None else f"{slope.norm().item():.5f}")
    if epoch % 10 == 0:
        print(epoch, net.depths[-1], f"{loss.item():.4f}", chain(loss.grad_fn)[1])
    optimizer.step()
print(net.depths)
