"""A sine wave fitted by a shifted and scaled Legendre polynomial of degree 3, which brings its own backward."""

import math

import torch
from torch.autograd import Function


def legendre3(z):
    return z * (2.5 * z.square() - 1.5)


def legendre3_slope(z):
    return 7.5 * z.square() - 1.5


class Legendre3(Function):
    """The polynomial, whose derivative autograd need not work out."""

    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return legendre3(z)

    @staticmethod
    def backward(ctx, upstream):
        return upstream * legendre3_slope(*ctx.saved_tensors)


class ScaledLegendre3(Function):
    """The same times a plain number, which gets no gradient; forward and setup_context are apart."""

    @staticmethod
    def forward(z, factor):
        return factor * legendre3(z)

    @staticmethod
    def setup_context(ctx, inputs, output):
        z, ctx.factor = inputs
        ctx.save_for_backward(z)

    @staticmethod
    def backward(ctx, upstream):
        (z,) = ctx.saved_tensors
        return ctx.factor * upstream * legendre3_slope(z), None


class Ramp(Function):
    """Nought below nought, and what it was above."""

    @staticmethod
    def forward(ctx, values):
        positive = values > 0
        ctx.save_for_backward(positive)
        return values.clamp(min=0)

    @staticmethod
    def backward(ctx, upstream):
        (positive,) = ctx.saved_tensors
        downstream = upstream.clone()
        downstream[~positive] = 0
        return downstream


torch.manual_seed(2)
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
angle = torch.linspace(-math.pi, math.pi, 2000, device=device, dtype=torch.float)
wave = torch.sin(angle)

# height * P3(shift + stretch * t) + offset, from a start that is not too far off
offset, height, shift, stretch = parameters = [
    torch.full((), start, device=device, dtype=torch.float, requires_grad=True) for start in (0.0, -1.0, 0.0, 0.3)
]
print(parameters)
for epoch in range(1, 2001):
    inner = Legendre3.apply(shift + stretch * angle)
    loss = (offset + height * inner - wave).pow(2).sum()
    if epoch == 1:
        print(inner.shape, inner.requires_grad, type(inner.grad_fn).__name__, inner.grad_fn.name())
        print([node.name() for node, _ in inner.grad_fn.next_functions])
    if epoch % 100 == 0:
        print(epoch, loss.item())

    loss.backward()
    with torch.no_grad():
        for parameter in parameters:
            parameter -= 5e-6 * parameter.grad
            parameter.grad = None

# by symmetry the offset and the shift stay at nought, up to rounding
print(f"height {height.item():.6f}, stretch {stretch.item():.6f}")
print("offset and shift below 1e-4:", abs(offset.item()) < 1e-4, abs(shift.item()) < 1e-4)

z = torch.linspace(-1, 1, 5, dtype=torch.float64, requires_grad=True)
Legendre3.apply(z).sum().backward()
print(z.grad, legendre3_slope(z.detach()))
z.grad = None
scaled = ScaledLegendre3.apply(z, 3.0)
scaled.backward(torch.ones_like(scaled))
print(scaled, z.grad, scaled.grad_fn.name())
print(torch.autograd.gradcheck(Legendre3.apply, (z,)))
print(torch.autograd.gradcheck(lambda t: ScaledLegendre3.apply(t, 0.5), (z,), eps=1e-6, atol=1e-4))
print(torch.autograd.gradgradcheck(Legendre3.apply, (z,)))

# and a hidden layer with a ramp of our own
source, goal = torch.randn(32, 40), torch.randn(32, 5)
weights = [torch.randn(40, 20, requires_grad=True), torch.randn(20, 5, requires_grad=True)]
for epoch in range(1, 301):
    loss = (Ramp.apply(source.mm(weights[0])).mm(weights[1]) - goal).pow(2).sum()
    if epoch % 100 == 0:
        print(epoch, f"{loss.item():.4f}")
    loss.backward()
    with torch.no_grad():
        for weight in weights:
            weight -= 1e-5 * weight.grad
            weight.grad.zero_()
print(weights[1][0], weights[1].grad.abs().sum())
