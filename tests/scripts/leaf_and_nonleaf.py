"""Leaves and inner nodes of a graph: which tensors are which, and where gradients stay after a backward pass."""

import warnings

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(9)

x = torch.ones(1, 3)
W = torch.ones(3, 2, requires_grad=True)
b = torch.ones(1, 2, requires_grad=True)
y = torch.ones(1, 2)
print(f"{x.is_leaf=}, {W.is_leaf=}, {b.is_leaf=}, {y.is_leaf=}")

z = (x @ W) + b
y_pred = F.relu(z)
loss = F.mse_loss(y_pred, y)
print(f"{z.is_leaf=}, {y_pred.is_leaf=}, {loss.is_leaf=}")
print(z, y_pred, loss)


def describe(**tensors):
    for name, t in tensors.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            grad = t.grad
        fn = type(t.grad_fn).__name__ if t.grad_fn is not None else None
        flags = f"leaf={t.is_leaf!s:5s} requires_grad={t.requires_grad!s:5s} retains={t.retains_grad!s:5s}"
        print(f"{name:8s} {flags} fn={fn} grad={grad} warned={len(caught)}")
        for warning in caught:
            print(f"    {warning.category.__name__}: {str(warning.message)[:75]}")


describe(x=x, W=W, b=b, y=y, z=z, y_pred=y_pred, loss=loss)
loss.backward()
print("after the backward pass")
describe(x=x, W=W, b=b, y=y, z=z, y_pred=y_pred, loss=loss)
print(W.grad, b.grad)

# By hand: d loss / d y_pred = y_pred - y for the mean over two elements, and so on inwards.
dy = 2 * (y_pred - y) / y.numel()
dz = dy * (z > 0)
print(x.T @ dz, dz, torch.equal(x.T @ dz, W.grad))

# Keeping the gradients of inner nodes.
z = (x @ W) + b
y_pred = F.relu(z)
loss = F.mse_loss(y_pred, y)
z.retain_grad()
y_pred.retain_grad()
loss.retain_grad()
W.grad, b.grad = None, None
loss.backward()
describe(W=W, b=b, z=z, y_pred=y_pred, loss=loss)
W.retain_grad()
print("on a leaf it changes nothing:", W.retains_grad)
try:
    x.retain_grad()
except RuntimeError as error:
    print(error)

# What asking for gradients later does.
inner = W * 2
try:
    inner.requires_grad = False
except RuntimeError as error:
    print(error)
try:
    inner.requires_grad = True
except RuntimeError as error:
    print(error)
print(inner.is_leaf, inner.requires_grad)
x.requires_grad_()
print(x.requires_grad, x.is_leaf, (x * 1).is_leaf)
x.requires_grad_(False)

# Which of these are leaves?
made = {
    "rand": torch.rand(2, requires_grad=True),
    "rand * 1": torch.rand(2, requires_grad=True) * 1,
    "to double": torch.rand(2, requires_grad=True).double(),
    "to float": torch.rand(2, requires_grad=True).float(),
    "to cpu": torch.rand(2, requires_grad=True).to("cpu"),
    "asked late": (torch.rand(2) * 10).requires_grad_(),
    "detached": (torch.rand(2, requires_grad=True) * 1).detach(),
    "clone": torch.rand(2, requires_grad=True).clone(),
    "detached clone": torch.rand(2, requires_grad=True).detach().clone().requires_grad_(),
    "view": torch.rand(2, requires_grad=True).view(1, 2),
    "row": torch.rand(2, 2, requires_grad=True)[0],
    "data": torch.rand(2, requires_grad=True).data,
    "tensor of": torch.tensor([1.0, 2.0], requires_grad=True),
    "parameter": nn.Parameter(torch.rand(2)),
    "comparison": torch.rand(2, requires_grad=True) > 0.5,
    "argmax": torch.rand(2, requires_grad=True).argmax(),
}
with torch.no_grad():
    made["no_grad"] = torch.rand(2, requires_grad=True) * 1
for name, t in made.items():
    node = t.grad_fn.name() if t.grad_fn else "-"
    print(f"{name:15s} is_leaf={t.is_leaf!s:5s} requires_grad={t.requires_grad!s:5s} {node}")

# Hooks see gradients that are not kept.
p = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
q = p * p
handle = q.register_hook(lambda grad: print("passing q:", grad))
q.register_hook(lambda grad: grad * 0.5)
p.register_post_accumulate_grad_hook(lambda t: print("arrived at p:", t.grad))
q.sum().backward()
handle.remove()
p.grad.zero_()
(p * p).sum().backward()
print(p.grad)

# In-place changes.
try:
    p += 1
except RuntimeError as error:
    print(error)
with torch.no_grad():
    p += 1
print(p, p.is_leaf, p._version > 0)
r = p.exp()
r.add_(1)
try:
    r.sum().backward()
except RuntimeError as error:
    print(str(error)[:95])
s = p.clone()
s[0] = 0.0
s.mul_(2)
print(s, type(s.grad_fn).__name__, s.is_leaf)
p.grad = None
s.sum().backward()
print(p.grad)
detached = p.detach()
detached[0] = -7.0
print(p)

# A layer's parameters are leaves; what the layer puts out is not.
layer = nn.Linear(3, 2)
out = layer(torch.ones(1, 3))
print([(name, param.is_leaf, param.grad) for name, param in layer.named_parameters()], out.is_leaf)
out.sum().backward()
print(layer.weight.grad, layer.bias.grad)
layer.zero_grad()
print(layer.weight.grad)
layer(torch.ones(1, 3)).sum().backward()
layer.zero_grad(set_to_none=False)
print(layer.weight.grad, layer.bias.grad)
