"""Automatic differentiation step by step: a one-layer network, its graph, and products with the Jacobian."""

import torch

torch.manual_seed(8)

x = torch.ones(5)
y = torch.zeros(3)
w = torch.randn(5, 3, requires_grad=True)
b = torch.randn(3, requires_grad=True)
z = torch.matmul(x, w) + b
loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
print(z, loss)

print(f"Function of z: {type(z.grad_fn).__name__}")
print(f"Function of the loss: {type(loss.grad_fn).__name__}")
print([(type(fn).__name__, k) for fn, k in z.grad_fn.next_functions], z.grad_fn.name())
print(w.grad_fn, w.grad, w.is_leaf, z.is_leaf)

loss.backward()
print(w.grad)
print(b.grad)
print(torch.allclose(b.grad, torch.sigmoid(z) / 3))

# No tracking.
z = torch.matmul(x, w) + b
print(z.requires_grad)
with torch.no_grad():
    z = torch.matmul(x, w) + b
print(z.requires_grad, torch.is_grad_enabled())
z = torch.matmul(x, w) + b
z_det = z.detach()
print(z_det.requires_grad, z_det, z_det.data_ptr() == z.data_ptr())


@torch.no_grad()
def predict(x):
    return x @ w + b


print(predict(x).requires_grad)
with torch.set_grad_enabled(False):
    print((w * 2).requires_grad)
with torch.no_grad():
    with torch.enable_grad():
        print((w * 2).requires_grad)
with torch.inference_mode():
    inferred = w * 2
    print(inferred.requires_grad, inferred.is_inference())

# A vector times the Jacobian, several times over the same graph.
inp = torch.eye(4, 5, requires_grad=True)
out = (inp + 1).pow(2).t()
out.backward(torch.ones_like(out), retain_graph=True)
print(f"First call\n{inp.grad}")
out.backward(torch.ones_like(out), retain_graph=True)
print(f"\nSecond call\n{inp.grad}")
inp.grad.zero_()
out.backward(torch.ones_like(out), retain_graph=True)
print(f"\nAfter the gradients were zeroed\n{inp.grad}")
inp.grad = None
out.backward(torch.arange(20.0).view(5, 4))
print(f"\nWith another vector\n{inp.grad}")

try:
    out.backward(torch.ones(4, 5))
except RuntimeError as error:
    print("refused:", type(error).__name__, str(error).splitlines()[0][:60])
try:
    out.backward(torch.ones_like(out))
except RuntimeError as error:
    print("refused:", str(error)[:52])
try:
    torch.ones(3).sum().backward()
except RuntimeError as error:
    print("refused:", error)
try:
    w.numpy()
except RuntimeError as error:
    print("refused:", error)
try:
    w.add_(1)
except RuntimeError as error:
    print("refused:", error)
try:
    torch.ones(2, dtype=torch.int64, requires_grad=True)
except RuntimeError as error:
    print("refused:", error)

# Graphs are built anew by each forward pass, so plain control flow will do.
a = torch.tensor(1.3, requires_grad=True)
p = a
while p.norm() < 100:
    p = p * 2 if p.item() < 10 else p * a
p.backward()
print(p, a.grad)

# Gradients of gradients.
s = torch.linspace(-1, 2, 4, requires_grad=True)
(first,) = torch.autograd.grad((s**3).sum(), s, create_graph=True)
(second,) = torch.autograd.grad(first.sum(), s)
print(first, second)
print(torch.autograd.functional.hessian(lambda v: (v**3).sum(), s.detach()))
print(torch.autograd.functional.vjp(lambda v: v.exp(), s.detach(), torch.ones(4)))

# The names of what was recorded.
u = torch.rand(2, 3, requires_grad=True)
steps = {
    "+": u + 1, "-": 1 - u, "*": u * u, "/": 1 / u, "**": u**2, "@": u @ u.T, "neg": -u, "exp": u.exp(), "log": u.log(),
    "sqrt": u.sqrt(), "sin": u.sin(), "tanh": u.tanh(), "sigmoid": u.sigmoid(), "relu": u.relu(),
    "softmax": u.softmax(1), "log_softmax": u.log_softmax(1), "abs": u.abs(), "clamp": u.clamp(0.2, 0.8),
    "sum": u.sum(), "sum0": u.sum(0), "mean": u.mean(), "mean1": u.mean(1), "max": u.max(), "max1": u.max(1).values,
    "min": u.min(), "std": u.std(), "var": u.var(), "norm": u.norm(), "view": u.view(6), "reshape": u.t().reshape(6),
    "t": u.t(), "T": u.T, "transpose": u.transpose(0, 1), "permute": u.permute(1, 0),
    "squeeze": u.unsqueeze(0).squeeze(0), "unsqueeze": u.unsqueeze(1), "expand": u.expand(2, 2, 3), "index": u[[0, 1]],
    "select": u[0], "slice": u[:, 1:], "mask": u[u > 0.5], "cat": torch.cat([u, u]), "stack": torch.stack([u, u]),
    "where": torch.where(u > 0.5, u, 0.0), "clone": u.clone(), "flatten": u.flatten(),
    "gather": u.gather(1, torch.tensor([[0], [2]])), "double": u.double(), "linear": torch.nn.functional.linear(u, u),
    "chunk": u.chunk(3, 1)[0], "unbind": u.unbind(0)[0], "maximum": torch.maximum(u, u),
}  # fmt: skip
for name, value in steps.items():
    print(f"{name:12s}{type(value.grad_fn).__name__:24s}{list(value.shape)}")


# A function of one's own.
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value):
        ctx.save_for_backward(value)
        return value**3

    @staticmethod
    def backward(ctx, grad_output):
        (value,) = ctx.saved_tensors
        return 3 * value**2 * grad_output


v = torch.tensor([1.0, -2.0, 0.5], dtype=torch.double, requires_grad=True)
cubed = Cube.apply(v)
cubed.sum().backward()
print(cubed, v.grad, type(cubed.grad_fn).__name__, torch.autograd.gradcheck(Cube.apply, (v,)))
