"""A polynomial of degree 4 found by linear regression, with the gradient step taken by hand."""

import itertools

import torch
import torch.nn.functional as F

torch.manual_seed(7)

DEGREE = 4
true_weights, true_offset = 5 * torch.randn(DEGREE, 1), 5 * torch.randn(1)
print(true_weights, true_offset)


def powers_of(points):
    """One row a point, with its first to fourth power."""
    column = points.view(-1, 1)
    return torch.cat([column.pow(k + 1) for k in range(DEGREE)], dim=1)


def sample(size=32):
    """Points between -1.5 and 1.5 and the polynomial there."""
    table = powers_of(3 * torch.rand(size) - 1.5)
    return table, torch.addmm(true_offset, table, true_weights)


def describe(weights, offset):
    terms = [f"{weight:.2f} x^{k}" for k, weight in enumerate(weights.flatten().tolist(), start=1)]
    return " + ".join([f"{offset.item():.2f}", *terms])


print(powers_of(torch.tensor([1.0, 2.0, -0.5])))

layer = torch.nn.Linear(true_weights.size(0), 1)
print(layer, layer.weight, layer.bias)
for step in itertools.count():
    table, values = sample()
    layer.zero_grad()
    loss = F.smooth_l1_loss(layer(table), values)
    loss.backward()
    if step % 100 == 0:
        print(step, f"{loss.item():.6f}", layer.weight.grad, layer.bias.grad)
    for param in layer.parameters():
        param.data.add_(-0.1 * param.grad)
    if loss.item() < 0.02 or step == 1000:
        break

print(f"stopped below 0.02: {loss.item() < 0.02}, at step {step} with {loss.item():.5f}")
print("found ", describe(layer.weight, layer.bias))
print("sought", describe(true_weights, true_offset))
table, values = sample(200)
for loss_fn in (F.mse_loss, F.l1_loss, F.smooth_l1_loss):
    print(loss_fn.__name__, f"{loss_fn(layer(table), values).item():.4f}")
