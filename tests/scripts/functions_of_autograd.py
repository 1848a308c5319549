"""Jacobians, Hessians and products with them from torch.autograd.functional, and what torch.autograd.grad can do."""

import warnings

import torch
from torch.autograd import grad
from torch.autograd.functional import hessian, hvp, jacobian, jvp, vhp, vjp

torch.manual_seed(0)
torch.set_printoptions(precision=5)


# --- jacobian
def row_lengths(t):
    return t.sin().norm(dim=1)


def mix(t, u):
    return t.pow(3) - 0.5 * u * t


x = torch.rand(2, 2)
print(jacobian(row_lengths, x))
print(jacobian(row_lengths, x, create_graph=True).requires_grad)
J = jacobian(mix, (torch.rand(2), torch.rand(2)))
print(type(J), J)

# one row a sample of a batch, and the diagonal of it
weight = torch.randn(3, 2)
bias = torch.randn(3)


def predict(weight, bias, x):
    return torch.tanh(torch.nn.functional.linear(x, weight, bias))


sample = torch.randn(2)
J_weight, J_bias, J_x = jacobian(predict, (weight, bias, sample))
print(J_weight.shape, J_bias.shape, J_x.shape)
print(J_x, J_bias, sep="\n")
print(torch.allclose(J_x, (1 - predict(weight, bias, sample) ** 2).unsqueeze(1) * weight))


# several outputs for several inputs: a tuple of tuples
def two_by_two(a, b):
    return a * b, (a + b).pow(2).sum()


a, b = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.5, -1.0, 2.0])
for row in jacobian(two_by_two, (a, b)):
    for block in row:
        print(block.shape, block)

# the same by hand, a row at a time
w = sample.clone().requires_grad_()
out = predict(weight, bias, w)
rows = [grad(out, w, grad_outputs=torch.eye(3)[i], retain_graph=True)[0] for i in range(3)]
print(torch.allclose(torch.stack(rows), J_x), rows[0])
rows = []
for i in range(out.numel()):
    w.grad = None
    out[i].backward(retain_graph=True)
    rows.append(w.grad.clone())
print(torch.stack(rows))


# --- hessian
def quartic(t):
    return (t.pow(4) / 4 - t.pow(2)).sum()


def coupled(t, u):
    return (t.exp() * u + u.pow(3)).sum()


H = hessian(quartic, torch.tensor([[0.3, 0.4], [-0.5, 0.9]]))
print(H.shape, H)
print(hessian(coupled, (a[:2], b[:2])))
h = hessian(quartic, torch.tensor([0.5, 2.0]), create_graph=True)
print(h.requires_grad, h)


def rosenbrock(v):
    return (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2


v = torch.tensor([-1.2, 1.0], dtype=torch.float64)
for step in range(5):
    H, g = hessian(rosenbrock, v), jacobian(rosenbrock, v)
    adjugate = torch.stack([torch.stack([H[1, 1], -H[0, 1]]), torch.stack([-H[1, 0], H[0, 0]])])
    v = v - adjugate @ g / (H[0, 0] * H[1, 1] - H[0, 1] * H[1, 0])
    print("newton", step, [f"{e:.8f}" for e in v.tolist()], f"{rosenbrock(v).item():.8f}")

# --- vjp and jvp
x = torch.rand(4, 4)
value, product = vjp(row_lengths, x, torch.ones(4))
print(value, product)
print(vjp(row_lengths, x, torch.ones(4), create_graph=True)[1].requires_grad)
value, products = vjp(mix, (torch.rand(2), torch.rand(2)), torch.tensor([1.0, 2.0]))
print(value, products)
print(vjp(quartic, torch.tensor([1.0, 2.0])))
values, products = vjp(two_by_two, (a, b), (torch.ones(3), torch.tensor(2.0)))
print(values, products)

value, product = jvp(row_lengths, x, torch.ones(4, 4))
print(value, product)
print(jvp(mix, (a, b), (torch.ones(3), torch.zeros(3))))
print(jvp(two_by_two, (a, b), (torch.tensor([1.0, 0.0, 0.0]), b)))
print(jvp(row_lengths, x, torch.ones(4, 4), create_graph=True)[1])

# --- hvp and vhp
value, product = hvp(quartic, torch.tensor([1.0, -2.0]), torch.tensor([1.0, 0.5]))
print(value, product)
print(hvp(coupled, (a, b), (torch.ones(3), torch.zeros(3))))
value, product = vhp(quartic, torch.tensor([1.0, -2.0]), torch.tensor([1.0, 0.5]))
print(value, product)
print(vhp(coupled, (a, b), (torch.zeros(3), torch.ones(3))))
print(vhp(quartic, torch.tensor([1.0, -2.0]), torch.ones(2), create_graph=True))

# what these functions have to say against their arguments
for call in (
    lambda: hessian(row_lengths, torch.rand(2, 2)),
    lambda: vjp(row_lengths, x),
    lambda: jvp(row_lengths, x, torch.ones(3)),
    lambda: jacobian(lambda t: "text", x),
    lambda: jacobian(lambda t: torch.ones(2), torch.ones(2), strict=True),
):
    try:
        call()
    except (RuntimeError, TypeError) as e:
        print(type(e).__name__ + ":", str(e).split("\n")[0])
print(jacobian(lambda t: torch.ones(2), torch.ones(2)))

# --- torch.autograd.grad
x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
unused = torch.tensor([4.0, 5.0], requires_grad=True)
y = (x**2).sum()
try:
    grad(y, (x, unused))
except RuntimeError as e:
    print("RuntimeError:", e)
y = (x**2).sum()
print(grad(y, (x, unused), allow_unused=True))
y = (x**2).sum()
print(grad(y, (x, unused), allow_unused=True, materialize_grads=True))
y = x**2
try:
    grad(y, x)
except RuntimeError as e:
    print("RuntimeError:", e)
print(grad(y, x, grad_outputs=torch.tensor([1.0, 0.0, -1.0])))
y, z = x**2, x**3
print(grad((y, z), x, grad_outputs=(torch.ones(3), torch.ones_like(z)), retain_graph=True))
print(grad([y.sum(), z.sum()], [x]))
try:
    grad(y.sum(), x)
except RuntimeError as e:
    print("RuntimeError:", str(e).split(".")[0])
try:
    grad(torch.ones(1).sum(), x)
except RuntimeError as e:
    print("RuntimeError:", e)
print(x.grad)

# higher and higher
x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
d = torch.sin(x)
for order in range(1, 6):
    (d,) = grad(d, x, create_graph=True)
    print(order, d)

x = torch.linspace(-2, 2, 5, requires_grad=True)
y = torch.tanh(x)
(first,) = grad(y.sum(), x, create_graph=True)
(second,) = grad(first.sum(), x, create_graph=True)
(third,) = grad(second.sum(), x)
print(first, second, third, sep="\n")

# a gradient penalty: the norm of a gradient is part of the loss
layer = torch.nn.Linear(3, 1)
points = torch.randn(5, 3, requires_grad=True)
score = (layer(points).exp() + 1).log().sum()
(g,) = grad(score, points, create_graph=True)
penalty = ((g.norm(2, dim=1) - 1) ** 2).mean()
penalty.backward()
print(g, penalty, layer.weight.grad, layer.bias.grad, sep="\n")

# backward with create_graph, which warns of a cycle, and with inputs
warnings.filterwarnings("ignore", message="Using backward")
x = torch.tensor([1.0, 2.0], requires_grad=True)
w = torch.tensor([3.0, 4.0], requires_grad=True)
loss = (x**3 * w).sum()
loss.backward(inputs=[x], create_graph=True)
print(x.grad, w.grad)
second = grad(x.grad.sum(), (x, w))
print(second)
x.grad = None
torch.autograd.backward([(x * 2).sum(), (x * w).sum()])
print(x.grad, w.grad)
torch.autograd.backward(x * w, torch.tensor([1.0, 10.0]))
print(x.grad, w.grad)
