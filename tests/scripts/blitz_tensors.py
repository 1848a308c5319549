"""First steps with tensors: making them, asking them about themselves, computing, and sharing memory with NumPy."""

import numpy as np
import torch

torch.manual_seed(7)

# From Python values, with the dtype inferred from them.
rows = [[2, 4, 6], [1, 3, 5]]
from_rows = torch.tensor(rows)
print(from_rows, from_rows.dtype)
print(torch.tensor([0.5, -1.25]), torch.tensor([0.5, -1.25]).dtype)
print(torch.tensor([True, False]), torch.tensor([True, False]).dtype)
print(torch.tensor(rows, dtype=torch.float64))
print(torch.tensor(3.5), torch.tensor(3.5).dim(), torch.tensor(3.5).item())

# From NumPy, and from other tensors.
grid = np.arange(6).reshape(2, 3)
from_grid = torch.from_numpy(grid)
print(from_grid, from_grid.dtype)
print(torch.as_tensor(grid), torch.tensor(np.array(rows, dtype=np.float32)))
print(torch.ones_like(from_rows))
print(torch.zeros_like(from_rows, dtype=torch.float))
print(torch.full_like(from_rows, 9))
print(torch.rand_like(from_rows, dtype=torch.float))
print(torch.randn_like(torch.zeros(2, 2)))
print(from_rows.new_zeros(2), from_rows.new_ones((1, 4)), from_rows.new_tensor([8.9, 9.1]))
print(torch.empty_like(from_rows).shape, torch.empty(3, 0).shape)

# From a shape.
shape = (2, 3)
print(f"random:\n{torch.rand(shape)}")
print(f"normal:\n{torch.randn(shape)}")
print(f"ones:\n{torch.ones(shape)}")
print(f"zeros:\n{torch.zeros(shape)}")
print(f"sevens:\n{torch.full(shape, 7.0)}")
print(torch.arange(5), torch.arange(1, 2, 0.25), torch.linspace(-1, 1, 5), torch.eye(3))
print(torch.randint(0, 10, (2, 4)), torch.randperm(6))

# Attributes.
tensor = torch.rand(3, 4)
print(f"shape {tensor.shape}, dtype {tensor.dtype}, device {tensor.device}")
print(tensor.size(), tensor.size(0), tensor.ndim, tensor.numel(), len(tensor), tensor.stride())
print(tensor.is_contiguous(), tensor.t().is_contiguous(), tensor.requires_grad, torch.is_tensor(tensor))
print(tensor.element_size(), tensor.is_floating_point())

if torch.accelerator.is_available():
    tensor = tensor.to(torch.accelerator.current_accelerator())
elif torch.cuda.is_available():
    tensor = tensor.to("cuda")
print(tensor.to("cpu").device, tensor.to(torch.device("cpu")) is tensor, tensor.cpu() is tensor)

# Indexing, as in NumPy.
tensor = torch.ones(4, 4)
tensor[:, 1] = 0
print(tensor)
numbers = torch.arange(20).reshape(4, 5)
print(numbers[0], numbers[:, 0], numbers[..., -1], numbers[1, 2], numbers[-1, -1].item())
print(numbers[1:3, ::2])
print(numbers[numbers > 12], numbers[[0, 2]], numbers[torch.tensor([3, 1])])
print(numbers[:, None].shape, numbers[None].shape, numbers[0:0])
numbers[numbers % 2 == 1] = -1
print(numbers)
numbers[2] = torch.arange(5) * 10
print(numbers)

# Joining and splitting.
wide = torch.cat([tensor, tensor, tensor], dim=1)
print(wide, wide.shape)
print(torch.cat((tensor[:1], tensor[-1:] * 2)), torch.stack([tensor[0], tensor[1]]).shape)
print([part.shape for part in torch.chunk(wide, 3, dim=1)], [part.shape for part in wide.split(5, dim=1)])

# Arithmetic, by element and by matrix.
a = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
b = torch.tensor([[0.5, -1.0], [2.0, 0.25]])
print(a + b, torch.add(a, b), a - b, a / b)
print(f"by element {a.mul(b)} and {a * b}")
print(f"by matrix {a.matmul(b.T)} and {a @ b.T}")
out = torch.empty(2, 2)
torch.add(a, b, out=out)
print(out, torch.mm(a, b), a**2, 2 - a, 1 / a, -a, a // 0.7, a % 1.5)
print(a.sum(), a.mean(), a.max(), a.min(dim=1), a.std(), a.var(dim=0))
print(a.exp(), a.log(), a.sqrt(), b.abs(), torch.clamp(b, -0.5, 1.0), b.sign())
print(a == b, a.eq(a).all(), torch.equal(a, a.clone()), torch.allclose(a, a + 1e-9), a > b)
print(torch.arange(3) + torch.arange(2).view(2, 1))
print((torch.tensor(1) + 0.5).dtype, (torch.ones(2, dtype=torch.int32) * 2).dtype, (torch.ones(2) > 0).dtype)

# Methods that end with an underscore change the tensor itself.
print(tensor.add_(5))
print(tensor)
tensor.mul_(2).sub_(1).div_(4)
print(tensor, tensor.zero_()[0], tensor.fill_(0.5)[0])
target = torch.ones(2, 2)
target.copy_(torch.tensor([[1, 2], [3, 4]]))
target.t_()
target += 1
print(target)

# Changes of shape.
flat = torch.arange(12.0)
print(flat.view(3, 4), flat.view(-1, 6).shape, flat.reshape(2, 2, 3).permute(2, 0, 1).shape)
print(flat.view(1, 12, 1).squeeze().shape, flat.unsqueeze(0).shape)
print(flat.view(3, 4).transpose(0, 1), flat.view(3, 4).flatten().shape)

# The bridge: both sides look at the same memory.
t = torch.ones(5)
n = t.numpy()
print(f"t: {t}\nn: {n} {n.dtype}")
t.add_(1)
print(f"t: {t}\nn: {n}")
n = np.ones(5)
t = torch.from_numpy(n)
np.add(n, 1, out=n)
t[0] = -4
print(f"t: {t}\nn: {n}")
copy = torch.tensor(n)
n[1] = 100.0
print(copy, t, t.tolist(), np.asarray(t))
print(np.sin(t.numpy()).round(6), t.clone().numpy() is n, t.float().numpy().dtype, t.int(), t.long(), t.bool())
