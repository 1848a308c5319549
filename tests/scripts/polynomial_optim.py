"""A cubic fitted to a sine wave with torch.nn and an optimizer from torch.optim doing the updates."""

import math

import torch
from torch import nn, optim

torch.manual_seed(4)

angle = torch.linspace(-math.pi, math.pi, 2000)
table = angle.unsqueeze(-1).pow(torch.tensor([1, 2, 3]))
squared_error = nn.MSELoss(reduction="sum")


def make_net():
    return nn.Sequential(nn.Linear(3, 1), nn.Flatten(0, 1))


def fit(net, optimizer, target, epochs, every):
    for epoch in range(1, epochs + 1):
        loss = squared_error(net(table), target)
        if epoch % every == 0:
            print(type(optimizer).__name__, epoch, f"{loss.item():.1f}")
        # without this the gradients of all calls of backward would add up
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


net = make_net()
optimizer = optim.RMSprop(net.parameters(), lr=1e-3)
print(net)
print(optimizer)
print(optimizer.defaults["alpha"], optimizer.defaults["eps"], len(optimizer.param_groups), len(optimizer.state))
fit(net, optimizer, torch.sin(angle), 1000, 100)

# by then the even terms only jitter about nought
linear = net[0]
bias, (first, second, third) = linear.bias.item(), linear.weight[0].tolist()
print(f"sine is about {first:.4f} t {third:+.4f} t^3, even terms below 0.01: {abs(bias) < 1e-2, abs(second) < 1e-2}")
state = optimizer.state[linear.bias]
print(sorted(state), state["step"])
print(optimizer.state_dict()["param_groups"][0]["params"])

# others of the family, on a wave with a cosine in it
for make in (
    lambda parameters: optim.Adam(parameters, lr=1e-2),
    lambda parameters: optim.SGD(parameters, lr=1e-6, momentum=0.9),
    lambda parameters: optim.Adagrad(parameters, lr=5e-2),
):
    torch.manual_seed(4)
    net = make_net()
    optimizer = make(net.parameters())
    fit(net, optimizer, torch.sin(angle) + torch.cos(angle), 100, 50)
    print(net[0].weight, net[0].bias)
    print(net[0].weight.grad is None, optimizer.zero_grad(), net[0].weight.grad is None)
