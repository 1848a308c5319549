"""A cubic fitted to a sine wave with tensors alone: forward pass, gradients and updates all worked out by hand."""

import math

import torch

torch.manual_seed(0)

device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
options = {"device": device, "dtype": torch.float}

angle = torch.linspace(-math.pi, math.pi, 2000, **options)
wave = torch.sin(angle)
print(angle.shape, angle.dtype, angle.device, angle[:4], wave[500:504])
print(f"spacing {(angle[1] - angle[0]).item():.6f}, from {angle.min().item():.6f} to {angle.max().item():.6f}")

# k0 + k1 t + k2 t^2 + k3 t^3, from a start at random
k0, k1, k2, k3 = (torch.randn((), **options) for _ in range(4))
print(k0, k1, k2, k3)
print(k0.shape, k0.dim(), k0.numel(), k0.requires_grad, k0.is_leaf)

rate = 1e-6
for epoch in range(1, 2001):
    guess = k0 + k1 * angle + k2 * angle**2 + k3 * angle**3
    error = guess - wave
    if epoch % 100 == 0:
        print(f"{epoch:5d} {error.pow(2).sum().item()}")

    # d loss / d guess, and from it one sum for every coefficient
    slope = 2.0 * error
    k0 -= rate * slope.sum()
    k1 -= rate * (slope * angle).sum()
    k2 -= rate * (slope * angle**2).sum()
    k3 -= rate * (slope * angle**3).sum()

print("sine is about", " ".join(f"{k.item():+.6f} t^{power}" for power, k in enumerate((k0, k1, k2, k3))))
print(torch.stack([k0, k1, k2, k3]), k1.item(), k3.item())
print(f"worst error {error.abs().max().item():.5f}, mean error {error.abs().mean().item():.5f}")

# again with the powers in one matrix, so that the gradient is one product
coefficients = torch.tensor([[1.0], [0.0], [-0.5], [0.25]], **options)
powers = torch.stack([torch.ones_like(angle), angle, angle.pow(2), angle.pow(3)], dim=1)
print(powers.shape, powers[0], powers[1500])
for epoch in range(1, 501):
    error = powers.mm(coefficients) - wave.unsqueeze(1)
    coefficients.sub_(rate * 2 * powers.t().mm(error))
    if epoch % 100 == 0:
        print(epoch, error.square().sum().item(), coefficients.squeeze().tolist())
print(coefficients)

# a hidden layer between random inputs and outputs, cut off at nought by a clamp
rows, before, hidden, after = 64, 100, 50, 10
source, goal = torch.randn(rows, before, **options), torch.randn(rows, after, **options)
first, second = torch.randn(before, hidden, **options), torch.randn(hidden, after, **options)
for epoch in range(1, 301):
    raw = source.mm(first)
    active = raw.clamp(min=0)
    error = active.mm(second) - goal
    if epoch % 100 == 0:
        print(epoch, f"{error.pow(2).sum().item():.4f}")
    to_raw = (2 * error).mm(second.t()).clone()
    to_raw[raw < 0] = 0
    second -= rate * active.t().mm(2 * error)
    first -= rate * source.t().mm(to_raw)
print(second[:2], first.norm(), second.norm())
