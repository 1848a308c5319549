"""A cubic fitted to a sine wave with torch.nn: a Linear layer on the three powers, flattened, and a summed MSELoss."""

import math

import torch
from torch import nn

torch.manual_seed(3)

angle = torch.linspace(-math.pi, math.pi, 2000)
wave = torch.sin(angle)

# a column against a row of exponents gives a table of powers
exponents = torch.tensor([1, 2, 3])
table = angle.unsqueeze(-1).pow(exponents)
print(exponents, exponents.dtype, table.shape, table.dtype, table[:2])

net = nn.Sequential(nn.Linear(3, 1), nn.Flatten(0, 1))
print(net)
print(len(net), net[0], net[1], net(table).shape)
for name, parameter in net.named_parameters():
    print(name, parameter.shape, parameter)

squared_error = nn.MSELoss(reduction="sum")
print(squared_error, squared_error.reduction)

node = squared_error(net(table), wave).grad_fn
while node is not None:
    print(node.name(), end=" ")
    node = node.next_functions[0][0] if node.next_functions else None
print()

for epoch in range(1, 2001):
    loss = squared_error(net(table), wave)
    if epoch % 100 == 0:
        print(epoch, loss.item())
    net.zero_grad()
    loss.backward()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter -= 1e-6 * parameter.grad

linear = net[0]
terms = [linear.bias, *(linear.weight[:, i] for i in range(3))]
print("sine is about", " ".join(f"{term.item():+.6f} t^{power}" for power, term in enumerate(terms)))
print(linear.weight, linear.weight.grad.shape, linear.in_features, linear.out_features)
print(net.state_dict())

# a hidden layer on random data, in the same way
source, goal = torch.randn(64, 100), torch.randn(64, 10)
mlp = nn.Sequential(nn.Linear(100, 50), nn.ReLU(), nn.Linear(50, 10))
print(mlp)
for epoch in range(1, 201):
    loss = squared_error(mlp(source), goal)
    if epoch % 50 == 0:
        print(epoch, f"{loss.item():.5f}")
    mlp.zero_grad()
    loss.backward()
    for parameter in mlp.parameters():
        parameter.data -= 1e-4 * parameter.grad
print([tuple(p.shape) for p in mlp.parameters()], sum(p.numel() for p in mlp.parameters()))
