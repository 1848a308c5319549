"""Autograd in a nutshell: one training step of a small model, a vector gradient by hand, and frozen parameters."""

import torch
from torch import nn, optim

torch.manual_seed(3)


class SmallNet(nn.Module):
    """A stand-in for a pretrained network: a convolutional body and a linear head."""

    def __init__(self, num_classes=10):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, kernel_size=3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d((1, 1)),
        )
        self.fc = nn.Linear(16, num_classes)

    def forward(self, x):
        x = self.body(x)
        return self.fc(torch.flatten(x, 1))


model = SmallNet(num_classes=12)
data = torch.rand(1, 3, 32, 32)
labels = torch.rand(1, 12)

# Forward, backward, step.
prediction = model(data)
print(prediction)
loss = (prediction - labels).sum()
print(loss)
loss.backward()
print(model.fc.weight.grad.shape, model.fc.bias.grad)
print(model.body[0].weight.grad[0])
optimizer = optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
print("bias before", model.fc.bias)
optimizer.step()
print("bias after", model.fc.bias)

# A gradient checked by hand.
a = torch.tensor([2.0, 3.0], requires_grad=True)
b = torch.tensor([6.0, 4.0], requires_grad=True)
Q = 3 * a**3 - b**2
print(Q, Q.grad_fn.name(), Q.is_leaf, a.is_leaf)
external_grad = torch.tensor([1.0, 1.0])
Q.backward(gradient=external_grad)
print(a.grad, b.grad)
print(9 * a**2 == a.grad)
print(-2 * b == b.grad)

# The same through a scalar, and through a vector other than ones.
a.grad = None
b.grad = None
(3 * a**3 - b**2).sum().backward()
print(a.grad, b.grad)
(3 * a**3 - b**2).backward(torch.tensor([0.1, -2.0]))
print("accumulated", a.grad, b.grad)
grads = torch.autograd.grad(3 * a**3 - b**2, [a, b], grad_outputs=external_grad)
print(grads)
try:
    (3 * a**3 - b**2).backward()
except RuntimeError as error:
    print(error)

# What asks for gradients, and what follows from that.
x = torch.rand(5, 5)
y = torch.rand(5, 5)
z = torch.rand((5, 5), requires_grad=True)
first = x + y
print(f"does the first sum require gradients? {first.requires_grad}, {first.grad_fn}")
second = x + z
print(f"does the second? {second.requires_grad}, {second.grad_fn.name()}")
print([type(fn).__name__ if fn else None for fn, _ in second.grad_fn.next_functions])
with torch.no_grad():
    print((x + z).requires_grad)
print(second.detach().requires_grad)

# Fine-tuning: freeze everything, then put a new head on.
model = SmallNet()
for param in model.parameters():
    param.requires_grad = False
model.fc = nn.Linear(16, 4)
for name, param in model.named_parameters():
    print(name, tuple(param.shape), param.requires_grad)
optimizer = optim.SGD(model.parameters(), lr=1e-2)
frozen = model.body[0].weight.clone()
batch, classes = torch.rand(6, 3, 32, 32), torch.randint(4, (6,))
for step in range(4):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(batch), classes)
    loss.backward()
    optimizer.step()
    print(step, f"{loss.item():.6f}", model.fc.bias.grad)
print(torch.equal(frozen, model.body[0].weight), model.body[0].weight.grad, model.body[1].weight.grad)
print("running mean", model.body[1].running_mean)
print("batches seen", model.body[1].num_batches_tracked)
model.requires_grad_(True)
print(all(p.requires_grad for p in model.parameters()), sum(p.numel() for p in model.parameters()))

# The whole Jacobians of Q, where the products above only took them times a vector.
jacobian = torch.autograd.functional.jacobian(lambda x, y: 3 * x**3 - y**2, (a.detach(), b.detach()))
print(jacobian)
