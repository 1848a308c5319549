"""A cubic fitted to a sine wave by a Module of our own, which holds its coefficients as Parameters."""

import math

import torch
from torch import nn, optim


class Cubic(nn.Module):
    def __init__(self):
        super().__init__()
        for name in "pqrs":
            setattr(self, name, nn.Parameter(torch.randn(())))

    def forward(self, t):
        # Horner's scheme
        return self.p + t * (self.q + t * (self.r + t * self.s))

    def string(self):
        return " ".join(f"{k.item():+.6f} t^{power}" for power, k in enumerate(self.parameters()))


class Ramped(nn.Module):
    """Two linear layers with a clamp between them."""

    def __init__(self, before, hidden, after):
        super().__init__()
        self.enter = nn.Linear(before, hidden)
        self.leave = nn.Linear(hidden, after)

    def forward(self, source):
        return self.leave(self.enter(source).clamp(min=0))

    def extra_repr(self):
        return f"hidden={self.enter.out_features}"


torch.manual_seed(5)

angle = torch.linspace(-math.pi, math.pi, 2000)
wave = torch.sin(angle)

cubic = Cubic()
print(cubic, cubic.string())
print(list(cubic.parameters()))
print([name for name, _ in cubic.named_parameters()])
print(isinstance(cubic.p, nn.Parameter), isinstance(cubic.p, torch.Tensor))

squared_error = nn.MSELoss(reduction="sum")
optimizer = optim.SGD(cubic.parameters(), lr=1e-6)
for epoch in range(1, 2001):
    loss = squared_error(cubic(angle), wave)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 100 == 0:
        print(epoch, loss.item())

print("sine is about", cubic.string())
print(cubic.state_dict())
twin = Cubic()
print(twin.load_state_dict(cubic.state_dict()), twin.string() == cubic.string())
print(torch.equal(twin(angle), cubic(angle)), twin(torch.tensor(0.5)))

net = Ramped(100, 50, 10)
print(net)
source, goal = torch.randn(64, 100), torch.randn(64, 10)
optimizer = optim.SGD(net.parameters(), lr=1e-4)
for epoch in range(1, 101):
    loss = squared_error(net(source), goal)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 25 == 0:
        print(epoch, f"{loss.item():.5f}", loss.grad_fn.name())
print([(name, tuple(p.shape), p.grad is not None) for name, p in net.named_parameters()])
print(list(dict(net.named_children())), [type(m).__name__ for m in net.modules()], net.training)
