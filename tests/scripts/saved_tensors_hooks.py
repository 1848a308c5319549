"""What autograd keeps for the backward pass, and hooks that pack and unpack it: printed, on disk, in float64."""

import os
import tempfile
import uuid

import torch
import torch.nn as nn

torch.manual_seed(0)

# --- what is saved, and where it can be seen
x = torch.randn(5, requires_grad=True)
y = x.pow(2)
print(y.grad_fn.name(), y.grad_fn._saved_exponent, y.grad_fn._saved_self)
print(x.equal(y.grad_fn._saved_self), x is y.grad_fn._saved_self)

y = x.exp()
print(y.grad_fn.name(), y.grad_fn._saved_result)
print(y.equal(y.grad_fn._saved_result), y is y.grad_fn._saved_result)

a = torch.randn(5, requires_grad=True)
b = torch.ones(5, requires_grad=True)
y = a * b
print(y.grad_fn.name(), y.grad_fn._saved_self, y.grad_fn._saved_other)
# a factor that needs no gradient means that the other one is not kept
y = a * torch.ones(5)
print(y.grad_fn._saved_self, y.grad_fn._saved_other)

m = torch.randn(2, 3, requires_grad=True)
w = torch.randn(3, 2, requires_grad=True)
y = m.mm(w)
print(y.grad_fn.name(), y.grad_fn._saved_self.shape, y.grad_fn._saved_mat2.shape)
y = m.sum(dim=1)
print(y.grad_fn.name(), y.grad_fn._saved_self_sym_sizes)

# after backward the saved tensors are gone
y = x.exp()
y.sum().backward()
try:
    print(y.grad_fn._saved_result)
except RuntimeError as e:
    print("RuntimeError:", str(e).split(".")[0])

# a saved tensor changed in place is found out by its version
y = x.exp()
print(y._version)
y.add_(1)
print(y._version)
z = x.sigmoid()
z.mul_(2)
try:
    z.sum().backward()
except RuntimeError as e:
    print("RuntimeError:", str(e).split("; expected")[0])


# --- hooks set by a context manager: they show what goes in and out, and change nothing
def on_the_way_in(tensor):
    print("in ", tensor)
    return tensor


def on_the_way_out(tensor):
    print("out", tensor)
    return tensor


a = torch.full((3,), 1.5, requires_grad=True)
b = torch.arange(3.0, requires_grad=True) - 1
with torch.autograd.graph.saved_tensors_hooks(on_the_way_in, on_the_way_out):
    y = a * b
print("forward done")
y.sum().backward()
print(a.grad)

plain = torch.randn(4, requires_grad=True)
with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
    out = plain.sigmoid() * plain
out.sum().backward()
print(out, plain.grad)

# --- the shelf: only an index is packed
storage = []


def pack(x):
    storage.append(x.detach().clone())
    return len(storage) - 1


def unpack(i):
    return storage[i]


x = torch.randn(5, requires_grad=True)
with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
    y = x.pow(2) + x.tanh()
y.sum().backward()
print(len(storage), storage, x.grad, sep="\n")


# --- on disk
class Parcel:
    """A tensor in a file of its own, which goes when the object does."""

    def __init__(self, tensor, folder):
        self.path = os.path.join(folder, uuid.uuid4().hex + ".pt")
        torch.save(tensor, self.path)

    def open(self):
        return torch.load(self.path)

    def __del__(self):
        if os.path.exists(self.path):
            os.remove(self.path)


with tempfile.TemporaryDirectory() as folder:

    def pack_to_disk(tensor):
        # it is not worth it for the small ones
        return Parcel(tensor, folder) if tensor.numel() >= 100 else tensor

    def unpack_from_disk(packed):
        return packed.open() if isinstance(packed, Parcel) else packed

    net = nn.Sequential(nn.Linear(20, 30), nn.Tanh(), nn.Linear(30, 4), nn.Sigmoid())
    batch = torch.randn(16, 20)
    net(batch).sum().backward()
    expected = [p.grad.clone() for p in net.parameters()]
    net.zero_grad()

    with torch.autograd.graph.saved_tensors_hooks(pack_to_disk, unpack_from_disk):
        loss = net(batch).sum()
    print("files", len(os.listdir(folder)))
    loss.backward()
    print([torch.equal(p.grad, g) for p, g in zip(net.parameters(), expected, strict=True)])
    print(expected[1])
    del loss
    print("files", len(os.listdir(folder)))

    # a module that saves on disk, inside one that does not
    class OnDisk(nn.Module):
        def __init__(self, module):
            super().__init__()
            self.module = module

        def forward(self, x):
            with torch.autograd.graph.saved_tensors_hooks(pack_to_disk, unpack_from_disk):
                return self.module(x)

    inner = nn.Sequential(nn.Linear(30, 30), nn.Sigmoid())
    model = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), OnDisk(inner), nn.Linear(30, 1))
    out = model(batch)
    print(model, "files", len(os.listdir(folder)))
    out.mean().backward()
    print(model[2].module[0].bias.grad)


# --- converted on the way in and back on the way out
def pack_as_double(t):
    return t.dtype, t.double()


def unpack_as_before(packed):
    dtype, t = packed
    print("unpack", t.dtype, "to", dtype, tuple(t.shape))
    return t.to(dtype)


x = torch.randn(3, 4, requires_grad=True)
w = torch.randn(4, 2, requires_grad=True)
with torch.autograd.graph.saved_tensors_hooks(pack_as_double, unpack_as_before):
    y = torch.tanh(x @ w).pow(3)
y.sum().backward()
print(x.grad, w.grad)

# hooks may lose something: the gradient is then that of what was unpacked
x = torch.tensor([1.23456, -2.34567], requires_grad=True)
with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t.int().float()):
    y = x**2
y.sum().backward()
print(x.grad)

# nested: the innermost pair is used
with torch.autograd.graph.saved_tensors_hooks(lambda t: (print("outer"), t)[1], lambda t: t):
    u = x * x
    with torch.autograd.graph.saved_tensors_hooks(lambda t: (print("inner"), t)[1], lambda t: t):
        v = x.exp()
(u + v).sum().backward()
print(x.grad)

# --- hooks on one saved tensor of one node
x = torch.randn(5, requires_grad=True)
y = x.pow(2)
y.grad_fn._raw_saved_self.register_hooks(
    lambda t: (print("packed", t), t * 10)[1], lambda t: (print("unpacked", t), t / 10)[1]
)
print(y.grad_fn._saved_self)
y.sum().backward()
print(x.grad, torch.allclose(x.grad, 2 * x))
y = x.exp()
raw = y.grad_fn._raw_saved_result
print(type(raw).__name__)
raw.register_hooks(lambda t: t.detach().numpy().copy(), torch.from_numpy)
y.sum().backward()
print(x.grad)

# --- what is not allowed
x = torch.ones(5, requires_grad=True)
try:
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.mul_(2), lambda t: t):
        y = x.pow(2)
except RuntimeError as e:
    print("RuntimeError:", e)

y = x.pow(2)
try:
    y.grad_fn._raw_saved_self.register_hooks(lambda t: t.mul_(2), lambda t: t)
except RuntimeError as e:
    print("RuntimeError:", e)

y = x.pow(2)
y.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t)
try:
    y.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t)
except RuntimeError as e:
    print("RuntimeError:", e)

with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: "no tensor"):
    y = x.pow(2)
try:
    y.sum().backward()
except (RuntimeError, TypeError) as e:
    print(type(e).__name__ + ":", e)

try:
    with torch.autograd.graph.saved_tensors_hooks(lambda: 5, lambda t: t):
        y = x.pow(2)
except (RuntimeError, TypeError) as e:
    print(type(e).__name__ + ":", str(e).split("\n")[0])
