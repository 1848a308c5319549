"""A convolutional network for 32x32 images: its definition, its parameters, its graph and its first updates."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

torch.manual_seed(1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, image):
        c1 = F.relu(self.conv1(image))  # N x 6 x 28 x 28
        s2 = F.max_pool2d(c1, (2, 2))  # N x 6 x 14 x 14
        c3 = F.relu(self.conv2(s2))  # N x 16 x 10 x 10
        s4 = F.max_pool2d(c3, 2)  # N x 16 x 5 x 5
        f5 = F.relu(self.fc1(torch.flatten(s4, 1)))
        f6 = F.relu(self.fc2(f5))
        return self.fc3(f6)


net = Net()
print(net)

params = list(net.parameters())
print(len(params), [tuple(p.size()) for p in params])
print(params[0].size(), params[0][0])
for name, p in net.named_parameters():
    print(f"{name:14s} {str(list(p.shape)):18s} {p.numel():6d} mean {p.mean().item():+.6f} std {p.std().item():.6f}")
print([name for name, _ in net.named_children()], len(list(net.modules())))

image = torch.randn(1, 1, 32, 32)
out = net(image)
print(out)
print(net(image.expand(3, -1, -1, -1)).shape, net(image[0].unsqueeze(0)).shape)

net.zero_grad()
out.backward(torch.randn(1, 10))
print(net.conv1.bias.grad, net.conv1.weight.grad.norm(), net.fc3.weight.grad.abs().sum())

# A wrong input is told so.
try:
    net(torch.randn(1, 3, 32, 32))
except RuntimeError as error:
    print(error)
try:
    net(torch.randn(1, 1, 28, 28))
except RuntimeError as error:
    print(error)

# The loss.
output = net(image)
target = torch.randn(10).view(1, -1)
criterion = nn.MSELoss()
loss = criterion(output, target)
print(criterion, loss, loss.item(), F.mse_loss(output, target, reduction="sum"))

# Backwards through the graph, always by the first edge that leads further.
fn = loss.grad_fn
print(type(fn).__name__)
print(fn.next_functions[0][0].name(), fn.next_functions[0][0].next_functions[0][0].name())
depth = 0
while fn is not None:
    print("  " * depth + type(fn).__name__, [(type(f).__name__ if f else None, i) for f, i in fn.next_functions])
    steps = [f for f, _ in fn.next_functions if f is not None]
    inner = [f for f in steps if f.next_functions]
    fn = inner[0] if inner else (steps[0] if steps else None)
    depth += 1


def leaves(fn, found):
    for child, _ in fn.next_functions:
        if child is None:
            continue
        if hasattr(child, "variable"):
            found.append(tuple(child.variable.shape))
        else:
            leaves(child, found)
    return found


print(leaves(loss.grad_fn, []))

net.zero_grad()
print("bias gradient of conv1 before:", net.conv1.bias.grad)
loss.backward()
print("bias gradient of conv1 after:", net.conv1.bias.grad)
try:
    loss.backward()
except RuntimeError as error:
    print(str(error)[:50])

# The update by hand, in two spellings.
learning_rate = 0.01
for p in net.parameters():
    p.data.sub_(p.grad.data * learning_rate)
print(net.fc3.bias)
with torch.no_grad():
    for p in net.parameters():
        p -= learning_rate * p.grad
print(net.fc3.bias, criterion(net(image), target).item())

# The update by an optimizer.
optimizer = optim.SGD(net.parameters(), lr=0.01)
print(optimizer)
for step in range(5):
    optimizer.zero_grad()
    output = net(image)
    loss = criterion(output, target)
    loss.backward()
    optimizer.step()
    print(step, loss.item(), net.conv1.bias[:3].tolist())

# Other rules, each from the same start.
start = {k: v.clone() for k, v in net.state_dict().items()}
for make in (
    lambda ps: optim.SGD(ps, lr=0.01, momentum=0.9, nesterov=True),
    lambda ps: optim.Adam(ps, lr=1e-3),
    lambda ps: optim.RMSprop(ps, lr=1e-4),
    lambda ps: optim.Adagrad(ps, lr=1e-3),
):
    print(net.load_state_dict(start))
    optimizer = make(net.parameters())
    for _ in range(3):
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(net(image), target)
        loss.backward()
        optimizer.step()
    print(type(optimizer).__name__, f"{loss.item():.6f}", net.fc3.bias[:4])
