"""The tensor chapter of a beginner's course: making, moving, slicing, joining, multiplying and reducing."""

import numpy as np
import torch

torch.manual_seed(11)

data = [[1, 2], [3, 4]]
x_data = torch.tensor(data)
np_array = np.array(data)
x_np = torch.from_numpy(np_array)
print(x_data, x_np, torch.equal(x_data, x_np))

x_ones = torch.ones_like(x_data)
print(f"Ones like the data:\n{x_ones}\n")
x_rand = torch.rand_like(x_data, dtype=torch.float)
print(f"Random like the data:\n{x_rand}\n")

shape = (2, 3)
rand_tensor = torch.rand(shape)
ones_tensor = torch.ones(shape)
zeros_tensor = torch.zeros(shape)
print(f"Random:\n{rand_tensor}\nOnes:\n{ones_tensor}\nZeros:\n{zeros_tensor}")

tensor = torch.rand(3, 4)
print(f"Shape: {tensor.shape}")
print(f"Type: {tensor.dtype}")
print(f"Device: {tensor.device}")
if torch.accelerator.is_available():
    tensor = tensor.to(torch.accelerator.current_accelerator())
print(tensor.device.type, tensor.type(), tensor.to(torch.float64).dtype, tensor.double().to(tensor).dtype)

tensor = torch.arange(16.0).reshape(4, 4)
print(f"First row: {tensor[0]}")
print(f"First column: {tensor[:, 0]}")
print(f"Last column: {tensor[..., -1]}")
tensor[:, 1] = 0
print(tensor)

t1 = torch.cat([tensor, tensor, tensor], dim=1)
print(t1)
print(torch.stack([tensor, tensor]).shape, torch.cat([tensor, tensor]).shape, torch.cat([tensor, tensor], dim=-1).shape)

# Three spellings of a matrix product.
y1 = tensor @ tensor.T
y2 = tensor.matmul(tensor.T)
y3 = torch.rand_like(y1)
torch.matmul(tensor, tensor.T, out=y3)
print(y1, (y1 == y2).all(), (y2 == y3).all())

# Three of a product by element.
z1 = tensor * tensor
z2 = tensor.mul(tensor)
z3 = torch.rand_like(tensor)
torch.mul(tensor, tensor, out=z3)
print(z1, torch.equal(z1, z2), torch.equal(z2, z3))

agg = tensor.sum()
agg_item = agg.item()
print(agg, agg_item, type(agg_item), int(agg), float(agg))

print(f"{tensor}\n")
tensor.add_(5)
print(tensor)

# Reductions over one dimension, over several, and kept.
scores = torch.randn(3, 5)
print(scores.sum(dim=0), scores.sum(dim=1, keepdim=True))
print(scores.mean((0, 1)), scores.var(dim=1), scores.std(0, unbiased=False))
print(scores.max(dim=1), scores.argmax(), scores.argmin(dim=0), scores.amax(1), scores.norm())
print((scores > 0).any(dim=0), (scores > 0).sum())
print(torch.where(scores > 0, scores, 0.0), scores.masked_fill(scores < 0, -1))
print(scores.gather(1, torch.tensor([[0], [4], [2]])), scores[:, torch.tensor([1, 3])], scores[scores > 0.5])
print(torch.nn.functional.one_hot(torch.tensor([0, 2, 2, 5])).sum(dim=0))

# Broadcasting and batches.
print(torch.arange(3).unsqueeze(1) * 10 + torch.arange(4))
print(torch.bmm(torch.ones(2, 3, 4), torch.ones(2, 4, 5)).shape, (torch.ones(2, 1, 3, 4) @ torch.ones(5, 4, 2)).shape)
print((tensor[:, None] * tensor).sum(dim=2)[0], torch.dot(tensor[0], tensor[1]), torch.outer(tensor[0], tensor[1])[:2])
print(tensor.expand(2, 4, 4).shape, torch.cat([tensor[0], tensor[0]]), tensor[0].expand(2, -1).shape)
try:
    torch.ones(2, 3) + torch.ones(2, 4)
except RuntimeError as error:
    print(error)
try:
    torch.ones(2, 3) @ torch.ones(2, 3)
except RuntimeError as error:
    print(error)

# Shared memory.
t = torch.ones(5)
n = t.numpy()
print(f"t: {t}", f"n: {n}", sep="\n")
t.add_(1)
print(f"t: {t}", f"n: {n}", sep="\n")
n = np.ones(5)
t = torch.from_numpy(n)
np.add(n, 1, out=n)
print(f"t: {t}", f"n: {n}", sep="\n")
view = t.view(5, 1)
view[0] = 7
print(t, view.data_ptr() == t.data_ptr(), t.clone().data_ptr() == t.data_ptr())

# The same seed gives the same numbers.
torch.manual_seed(0)
one = torch.rand(2, 2)
torch.manual_seed(0)
two = torch.rand(2, 2)
generator = torch.Generator().manual_seed(0)
three = torch.rand(2, 2, generator=generator)
print(one, torch.equal(one, two), torch.equal(one, three), torch.initial_seed())
print(torch.normal(0.0, 1.0, (3,)), torch.bernoulli(torch.full((6,), 0.5)))
print(torch.multinomial(torch.tensor([0.1, 0.2, 0.7]), 5, replacement=True))
