"""A cubic fitted to a sine wave: the forward pass is written out, autograd does the backward one."""

import math

import torch

torch.manual_seed(1)

device = torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else "cpu"
print("running on", device)
torch.set_default_device(device)

angle = torch.linspace(-math.pi, math.pi, 2000, dtype=torch.float)
wave = torch.sin(angle)
print(angle.requires_grad, wave.requires_grad, wave.grad_fn)

# what is computed from these four is recorded, because they require a gradient
coefficients = [torch.randn((), dtype=torch.float, requires_grad=True) for _ in range(4)]
k0, k1, k2, k3 = coefficients
print(coefficients, k0.grad)

rate, losses = 1e-6, []
for epoch in range(1, 2001):
    guess = k0 + k1 * angle + k2 * angle**2 + k3 * angle**3
    loss = (guess - wave).pow(2).sum()
    losses.append(loss.item())
    loss.backward()

    if epoch == 1:
        print(loss.shape, loss.requires_grad, loss.is_leaf, loss.grad_fn.name())
        print(guess.grad_fn.name(), [node.name() for node, _ in guess.grad_fn.next_functions])
        print([k.grad for k in coefficients])
    if epoch % 100 == 0:
        print(f"{epoch:5d} loss {losses[-1]:12.5f}, {100 * losses[-1] / losses[0]:8.4f} % of the first", k0.detach())

    # an update is no part of what is to be differentiated
    with torch.no_grad():
        for k in coefficients:
            k -= rate * k.grad
            k.grad = None

print(k0, k0.grad, k0.requires_grad, k0.is_leaf)
print("sine is about", " ".join(f"{k.item():+.6f} t^{power}" for power, k in enumerate(coefficients)))

# one vector of coefficients, its .grad zeroed instead of dropped, and torch.autograd.grad at the end
vector = torch.ones(4, requires_grad=True)
exponents = torch.arange(4)
features = angle.unsqueeze(-1).pow(exponents)
print(features.shape, features[0], exponents)
for epoch in range(1, 501):
    loss = (features @ vector - wave).square().sum()
    loss.backward()
    vector.data -= rate * vector.grad.data
    vector.grad.zero_()
    if epoch % 100 == 0:
        print(epoch, loss.detach(), [f"{k:.4f}" for k in vector.detach().numpy()])
(slope,) = torch.autograd.grad((features @ vector - wave).square().sum(), vector)
print(slope.shape, vector.grad)

try:
    vector -= 1
except RuntimeError as error:
    print("RuntimeError:", error)
try:
    loss.backward()
except RuntimeError as error:
    print("RuntimeError:", str(error).split(".")[0])
