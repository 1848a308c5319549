"""Arithmetic, functions, products, comparisons, reductions and choices, each in the forms in which it is met."""

import math

import torch

torch.manual_seed(0)
torch.set_printoptions(precision=5)

# --- operators and their methods
small = torch.ones(2, 2) * 3 - 0.5
print(small, small / 2, -small, small**2, small**0.5, (small + 1) // 2, small % 2)
x = torch.tensor([[1.0, -2.0, 0.5], [3.0, 0.25, -1.5]])
y = torch.tensor([[2.0, 4.0, -0.5], [1.0, -3.0, 2.0]])
print(x + y, torch.add(x, y), x.add(y), torch.add(x, y, alpha=10), torch.add(x, 5), 1 + x)
print(x - y, torch.sub(x, y), x.sub(y, alpha=2), 1 - x, -x, torch.neg(x))
print(x * y, torch.mul(x, y), x.mul(y), 2 * x, x / y, torch.div(x, y), 1 / x, x.div(2))
print(x // y, x % y, torch.remainder(x, 2), torch.floor_divide(x, 0.5), torch.div(x, y, rounding_mode="trunc"))
print(torch.pow(y, 2), y.pow(3), 2**x, torch.pow(2.0, x), y.abs() ** x, torch.square(x))
result = torch.empty(2, 3)
print(torch.add(x, y, out=result) is result, result)
torch.mul(x, y, out=result)
print(result)
torch.matmul(x, y.T, out=torch.empty(2, 2))
print(torch.sin(x, out=result), result)

z = x.clone()
z.add_(y).mul_(2).sub_(1).div_(4)
print(z)
clamp, power, fill = (lambda: z.clamp_(min=0.8)), (lambda: z.pow_(2)), (lambda: z.fill_(7))
for change in (z.neg_, z.abs_, z.sqrt_, clamp, power, z.exp_, z.zero_, fill):
    print(change() is z, z)
z += 1
z *= 2
z /= 4
z -= y
print(z, z.copy_(x), z.t_().shape)
print(torch.rand(2, 1) + torch.rand(1, 3), torch.rand(4, 3, 2).mul(torch.rand(3, 1)).shape)
print(x + torch.tensor([10.0, 20.0, 30.0]))
try:
    torch.rand(2, 3) + torch.rand(2, 4)
except RuntimeError as e:
    print("RuntimeError:", e)
try:
    torch.rand(2, 3).mm(torch.rand(2, 3))
except RuntimeError as e:
    print("RuntimeError:", e)

# --- functions
angles = torch.tensor([0, 0.1, 0.8, math.pi / 3])
print(torch.sin(angles), torch.cos(angles), angles.sin(), angles.cos())
print(torch.exp(x), torch.log(y.abs()), torch.sqrt(x.abs()), torch.abs(x), torch.sign(x), torch.reciprocal(y))
print(torch.sigmoid(x), torch.tanh(x), torch.relu(x))
print(torch.softmax(x, dim=1), torch.log_softmax(x, dim=-1), x.softmax(0))
a = torch.tensor([-1.5, -0.5, 0.5, 1.5, 2.7])
print(torch.clamp(a, -0.5, 0.5), a.clamp(max=1.0), a.clamp(min=0))
print(torch.log(torch.tensor([-1.0, 0.0])), torch.isnan(torch.tensor([1.0, float("nan")])))
print(torch.isinf(torch.tensor([math.inf, 1.0])), torch.isfinite(torch.tensor([math.inf, 1.0])))

# --- products
m1, m2 = torch.randn(2, 3), torch.randn(3, 4)
v, w = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([4.0, -5.0, 6.0])
print(m1 @ m2, torch.mm(m1, m2), m1.mm(m2), torch.matmul(m1, m2), sep="\n")
print(m1.matmul(m2), torch.matmul(input=m1, other=m2), sep="\n")
print(torch.dot(v, w), v.dot(w), v @ w, torch.outer(v, w), torch.mv(m1, v), m1.mv(v), m1 @ v, v @ m2)
print(torch.bmm(torch.arange(12.0).view(2, 2, 3), torch.arange(12.0).view(2, 3, 2)))
print(torch.matmul(torch.rand(5, 2, 3), m2).shape)
print(torch.matmul(torch.rand(4, 1, 2, 3), torch.rand(5, 3, 2)).shape, torch.addmm(torch.ones(2, 4), m1, m2))
try:
    torch.dot(v, m1)
except RuntimeError as e:
    print("RuntimeError:", e)

# --- comparisons
d = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
e = torch.ones(1, 2)
print(torch.eq(d, e), d == e, d.eq(1), torch.ne(d, e), d > 2, torch.gt(d, 2))
print(d >= 2, d < e * 3, torch.le(d, 3), d != 4, torch.lt(d, 2), torch.ge(d, 3))
print(torch.equal(d, d.clone()), torch.equal(d, e), torch.equal(d, d.double()))
print(torch.allclose(d, d + 1e-9), torch.allclose(d, d + 0.1), torch.allclose(d, d + 0.01, atol=0.1))
print(torch.isclose(d, d + torch.tensor([0.0, 1e-3])))
print(torch.isclose(torch.tensor([1.0, math.inf]), torch.tensor([1.0 + 1e-7, math.inf])))
print(torch.isclose(d, d * 1.01, rtol=0.05))
print((d > 1) & (d < 4), (d > 3) | (d < 2), ~(d > 1))
print(torch.logical_and(d > 1, d < 4), torch.logical_not(d > 2), (d > 1) ^ (d > 2))
print((d > 0).all(), (d > 3).any(), torch.all(d > 1, dim=0), torch.any(d > 3, dim=1))
print((d > 2).sum(), (d > 1).float().mean(), bool(d.sum() > 5))
try:
    bool(d > 1)
except RuntimeError as error:
    print("RuntimeError:", error)

# --- reductions
r = torch.tensor([[0.3, 2.0, -1.0, 4.5], [1.5, -2.5, 7.0, 0.25], [3.0, 0.5, 6.0, -0.75]])
print(r.sum(), r.sum(0), r.sum(dim=1, keepdim=True), torch.sum(r, (0, 1)))
print(r.mean(), r.mean(1), torch.mean(r, dim=0, keepdim=True))
print(r.std(), r.var(), r.std(0), r.var(dim=1), torch.std(r, dim=1, unbiased=False), torch.var(r, dim=0, correction=0))
print(r.max(), r.min(), torch.max(r), r.max(1), torch.max(r, dim=0))
print(r.max(dim=1)[0], r.min(0).indices, r.amax(1), r.max(1, keepdim=True)[1])
print(r.argmax(), r.argmax(dim=1), torch.argmax(r, 0), r.argmin())
print(torch.argmin(r, dim=1), r.argmax(dim=1, keepdim=True))
print(torch.max(r, torch.zeros_like(r)), torch.maximum(r, -r), torch.minimum(r[0], r[1]))
print(r.norm(), torch.norm(r), r.norm(2), r.norm(1), r.norm(p=1, dim=1), torch.norm(r, dim=0))
print(r.norm(dim=1, keepdim=True), torch.norm(r, p=float("inf")), r.data.norm() < 1000)
print(torch.logsumexp(r, dim=1), r.logsumexp((0, 1)))
values, indices = r.max(1)
print(values, indices, indices[0].item(), torch.min(r, 1).values)
agg = r.sum()
print(agg.item(), type(agg.item()), torch.tensor([4]).item())
print(int(torch.tensor(3.7)), float(torch.tensor(2)), f"{agg:.3f}")

# --- choices
print(torch.where(r > 1, r, torch.zeros_like(r)), torch.where(r > 1, 1.0, -1.0))
print(torch.where(r > 5), r.masked_fill(r < 0, 0.0))
print(r[r > 2], r[r < 0])
print(r.gather(1, torch.tensor([[0], [2], [3]])), r[:, torch.tensor([3, 0])], r[torch.tensor([2, 2])])
print(torch.zeros(3, 4).scatter_(1, torch.tensor([[1], [0], [3]]), 1.0))

# --- and their gradients
a = torch.linspace(0.2, 2.0, 6, requires_grad=True)
for f in (
    torch.sin,
    torch.cos,
    torch.exp,
    torch.log,
    torch.sqrt,
    torch.abs,
    torch.square,
    torch.sigmoid,
    torch.tanh,
    torch.relu,
    torch.norm,
    torch.max,
    torch.mean,
    torch.std,
):
    out = f(a)
    (grad,) = torch.autograd.grad(out.sum(), a)
    print(f.__name__, out.grad_fn.name(), out.detach(), grad)
b = torch.tensor([0.5, 1.5, -1.0], requires_grad=True)
for name, out in {
    "dot": torch.dot(b, v),
    "outer": torch.outer(b, v),
    "mv": torch.mv(m1, b),
    "matmul": torch.matmul(b, m2),
    "addmm": torch.addmm(b, m1, torch.eye(3)),
    "where": torch.where(b > 0, b * 2, b**2),
    "clamp": torch.clamp(b, -0.5, 1.0),
    "pow": 2**b,
    "max": b.max(0)[0],
    "gather": b.gather(0, torch.tensor([2, 2, 0])),
    "index": b[[0, 0, 1]],
    "cat": torch.cat([b, b * 3]),
    "stack": torch.stack([b, b**2]),
    "softmax": b.softmax(0)[0],
    "maximum": torch.maximum(b, torch.zeros(3)),
}.items():
    (grad,) = torch.autograd.grad(out.sum(), b)
    print(name, out.grad_fn.name(), out.detach(), grad)
