"""The ways to make a tensor, to give it another type or device, and to share its memory with NumPy."""

import math

import numpy as np
import torch

torch.manual_seed(0)

# --- from data
rows = [[5, -2], [0, 7]]
whole = torch.tensor(rows)
print(whole, whole.dtype, torch.tensor([1.5, 2]), torch.tensor([True, False]), torch.tensor(3.0), torch.tensor([]))
print(torch.tensor(rows, dtype=torch.float64), torch.tensor([1, 2], dtype=torch.int32))
print(torch.tensor([0, 1, 5], dtype=torch.bool))
print(torch.tensor([1.9, -1.9], dtype=torch.int64), torch.tensor([1.0, 2.0], requires_grad=True))
print(torch.tensor(((9, 8, 7), (6, 5, 4))), torch.tensor(np.float64(2.5)), torch.tensor(True).item())
print(torch.as_tensor(rows), torch.as_tensor(whole) is whole, torch.is_tensor(whole), torch.is_tensor(rows))
print(torch.Tensor([[1, 2], [3, 4]]), torch.Tensor(2, 3).shape, torch.Tensor().shape)
try:
    torch.tensor([[1, 2], [3]])
except ValueError as e:
    print("ValueError:", e)

# --- of a shape
shape = (2, 3)
print(torch.empty(3, 4).shape, torch.empty(shape).size())
print(torch.empty((2, 0)).numel(), torch.empty(2, 2, 3, dtype=torch.long).dtype)
print(torch.zeros(2, 3), torch.ones(shape), torch.zeros(3, dtype=torch.int))
print(torch.ones(()), torch.zeros(2, dtype=torch.bool))
print(torch.full((2, 2), 3.5), torch.full((3,), 7), torch.full((2,), True), torch.full((), math.pi, dtype=torch.double))
print(torch.eye(3), torch.eye(2, 4), torch.eye(2, dtype=torch.long))
print(torch.rand(2, 3), torch.randn(2, 3), torch.randint(0, 10, (2, 4)), sep="\n")
print(torch.randint(5, (3,)), torch.randperm(8), sep="\n")
print(torch.rand(shape, dtype=torch.float64), torch.randn(2, dtype=torch.double), sep="\n")
print(torch.randint(-5, 5, (4,), dtype=torch.int32), sep="\n")
print(torch.rand(()), torch.randn(1).item(), torch.rand(4, 5).mean())

# --- ranges
print(torch.arange(5), torch.arange(2, 8), torch.arange(1, 10, 3))
print(torch.arange(5, 0, -2), torch.arange(3.0), torch.arange(0, 1, 0.25))
print(torch.arange(4, dtype=torch.float), torch.arange(start=0, end=6, step=2), torch.arange(0.5, 3), torch.arange(0))
print(torch.linspace(0, 1, 5), torch.linspace(-math.pi, math.pi, steps=4))
print(torch.linspace(3, 10, steps=1), torch.linspace(0.0, 2.0 * math.pi, steps=7, dtype=torch.float64))
print(torch.linspace(0, 1, 3, requires_grad=True))

# --- like another
like = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=torch.float64)
print(torch.zeros_like(like), torch.ones_like(like), torch.full_like(like, 2), torch.empty_like(like).shape)
print(torch.rand_like(whole, dtype=torch.float), torch.randn_like(like), torch.rand_like(like))
print(torch.ones_like(whole), torch.zeros_like(like, dtype=torch.long))
print(torch.randint_like(whole, 10))
print(like.new_zeros(2), like.new_ones(2, 2), like.new_full((2,), 1.5))
print(like.new_empty(3, 4).shape, like.new_tensor([1, 2]), whole.new_ones(3, dtype=torch.float))

# --- NumPy's memory
array = np.arange(6.0).reshape(2, 3)
shared = torch.from_numpy(array)
copied = torch.tensor(array)
array[0, 0] = 100
shared[1, 2] = -1
print(array, shared, copied, shared.dtype)
np.add(array, 1, out=array)
print(shared)
t = torch.ones(5)
n = t.numpy()
print(t, n, type(n).__name__, n.dtype)
t.add_(1)
n[0] = 9
print(t, n)
print(torch.as_tensor(np.array([1, 2, 3])), torch.from_numpy(np.array([True, False])))
print(torch.from_numpy(np.array([1, 2], dtype=np.uint8)).dtype)
print(torch.as_tensor(array).data_ptr() == shared.data_ptr())
print(t.view(5, 1).data_ptr() == t.data_ptr(), t.clone().data_ptr() == t.data_ptr())
w = torch.ones(2, requires_grad=True)
try:
    w.numpy()
except RuntimeError as e:
    print("RuntimeError:", e)
print(w.detach().numpy(), w.detach().cpu().numpy().sum(), np.asarray(t), t.tolist())

# --- types
f = torch.tensor([0.5, -1.7, 2.0])
print(f.double(), f.float() is f, f.int(), f.long(), f.bool(), f.short(), f.abs().byte(), f.char())
print(f.type(), f.type(torch.float64), f.type(torch.int64))
print(f.type("torch.DoubleTensor"), whole.type(), f.type_as(like).dtype)
print(f.dtype, f.dtype.is_floating_point, whole.is_floating_point())
print(f.element_size(), whole.element_size(), whole.float().dtype)
print((whole + 0.5).dtype, (whole / 2).dtype, (f + like[0]).dtype)
print((whole > 2).dtype, (whole + True).dtype, (whole // 2).dtype)
print(torch.float is torch.float32, torch.double is torch.float64, torch.long is torch.int64, torch.int is torch.int32)

print(torch.get_default_dtype())
torch.set_default_dtype(torch.float64)
print(torch.get_default_dtype(), torch.tensor([1.2, 3]).dtype, torch.zeros(2))
print(torch.rand(2), torch.arange(2.0).dtype, torch.nn.Linear(1, 1).weight.dtype)
torch.set_default_dtype(torch.float32)
print(torch.tensor([1.2, 3]).dtype)
try:
    torch.set_default_dtype(torch.int32)
except TypeError as e:
    print("TypeError:", str(e).split(",")[0])

# --- devices
cpu = torch.device("cpu")
print(cpu, repr(cpu), cpu.type, cpu.index, cpu == torch.device("cpu"), torch.device("cuda", 1))
print(torch.device("cuda:0").index, torch.device("cpu:0"), isinstance(cpu, torch.device))
print(torch.cuda.is_available(), torch.cuda.device_count(), torch.backends.mps.is_available())
print(torch.accelerator.is_available(), torch.get_default_device())
device = (
    torch.accelerator.current_accelerator().type
    if torch.accelerator.is_available()
    else "cuda"
    if torch.cuda.is_available()
    else "mps"
    if torch.backends.mps.is_available()
    else "cpu"
)
print(f"running on {device}")
torch.set_default_device("cpu")
print(torch.get_default_device(), torch.zeros(2).device, torch.tensor([1.0]).device)
torch.set_default_device(None)
with torch.device("cpu") as here:
    print(torch.rand(2).device, here)
print(torch.ones(2, device=device), torch.randn(2, device=cpu, dtype=torch.double))
print(torch.zeros(2, device=torch.device("cpu")).is_cuda)
if torch.cuda.is_available():
    f = f.cuda()

# --- to
print(f.to("cpu") is f, f.to(cpu) is f, f.to(device).device, f.cpu() is f, f.to(torch.float32) is f, f.to(f) is f)
print(f.to(torch.double), f.to(dtype=torch.long), f.to("cpu", torch.double))
print(f.to(device=cpu, dtype=torch.int), f.to(like), f.to(cpu, non_blocking=True) is f)
print(f.to(torch.float32, copy=True) is f, f.to("cpu", torch.float, False, True) is f)
print(torch.equal(f.to(torch.float32, copy=True), f))
module = torch.nn.Linear(2, 1)
print(module.to(device) is module, module.to(torch.double).weight.dtype)
print(module.float().weight.dtype, module.double().bias.dtype, module.cpu() is module)
print(next(module.to(device="cpu", dtype=torch.float32).parameters()).device)
try:
    f.to("nowhere")
except RuntimeError as e:
    print("RuntimeError:", str(e).split(",")[0])

# --- the attributes, and copies
tensor = torch.rand(3, 4)
print(f"{tensor.shape} of {tensor.dtype} on {tensor.device}")
print(tensor.size(), tensor.size(0), tensor.shape[-1], tensor.dim(), tensor.ndim)
print(tensor.numel(), len(tensor), tensor.nelement(), tensor.stride(), tensor.is_contiguous())
print(tensor.t().is_contiguous(), tensor.t().contiguous().stride(), tensor.T.shape)
print(tensor[:, 1:3].stride(), tensor[1:].storage_offset())
print(isinstance(tensor.size(), tuple), tensor.shape == (3, 4))
print(tensor.shape == torch.Size([3, 4]), list(tensor.shape), tensor.shape.numel())
a = torch.ones(2, 2)
b, c = a, a.clone()
a[0, 1] = 40
print(b, c, b is a, torch.eq(a, c))
a = torch.rand(2, 2, requires_grad=True)
b, c = a.clone(), a.detach().clone()
print(a, b, c)
generator = torch.Generator().manual_seed(42)
print(torch.rand(2, generator=generator), torch.randperm(5, generator=generator))
print(torch.initial_seed(), generator.initial_seed())
torch.manual_seed(99)
r1 = torch.rand(2, 3)
r2 = torch.rand(2, 3)
torch.manual_seed(99)
r3 = torch.rand(2, 3)
print(r1, r2, r3, torch.equal(r1, r3), torch.equal(r1, r2))

# --- put together, cut up and turned
a, b = torch.arange(6).view(2, 3), torch.arange(6, 12).reshape(2, 3)
print(torch.cat([a, b]), torch.cat((a, b), dim=1), torch.stack([a, b]).shape, torch.stack((a, b), dim=-1))
print(torch.chunk(torch.arange(7), 3), torch.split(torch.arange(7), 3), torch.arange(7).split([2, 5]), a.unbind(0))
print(a.view(-1), a.view(3, -1), a.reshape(-1, 1).shape, a.flatten(), a.unsqueeze(0).shape)
print(a.unsqueeze(-1).squeeze().shape, a.t(), a.transpose(0, 1).shape)
print(torch.rand(2, 3, 4).permute(2, 0, 1).shape, a.expand(2, 2, 3).shape)
print(a[0].expand(2, -1), a.view_as(b).shape, torch.flatten(torch.rand(2, 3, 4), 1).shape)
print(a[0], a[:, 0], a[..., -1], a[1, 2], a[a > 2], a[[0, 1], [1, 2]])
print(a[torch.tensor([1, 0])], a[:, None].shape, a[::2], a[:, ::2])
a[:, 1] = 0
print(a, torch.numel(a))
try:
    a.view(4, 2)
except RuntimeError as e:
    print("RuntimeError:", e)
