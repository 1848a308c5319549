"""Vanishing gradients in numbers: deep multilayer perceptrons with and without batch normalization, seen by hooks."""

import torch
import torch.nn.functional as F
from torch import nn, optim

torch.manual_seed(13)


def fc_layer(in_size, out_size, norm_layer, activation):
    """A linear layer, its normalization (or none) and its activation."""
    return nn.Sequential(nn.Linear(in_size, out_size), norm_layer(out_size), activation())


class Deep(nn.Module):
    def __init__(self, norm_layer, activation=nn.Sigmoid, width=20, depth=8):
        super().__init__()
        self.net = nn.Sequential(
            nn.Flatten(),
            fc_layer(64, width, norm_layer, activation),
            *[fc_layer(width, width, norm_layer, activation) for _ in range(depth)],
            nn.Linear(width, 10),
        )

    def forward(self, x):
        return self.net(x)


def hook_forward(name, norms):
    def hook(module, args, output):
        norms[name] = output.detach().norm().item()

    return hook


def hook_backward(name, grads):
    def hook(module, grad_input, grad_output):
        grads.append((name, grad_output[0]))

    return hook


def hooked_modules(model):
    return [(name, module) for name, module in model.named_modules() if isinstance(module, nn.Linear)]


x = torch.randn(40, 8, 8, requires_grad=True)
y = torch.randint(0, 10, (40,))
settings = {
    "sigmoid, plain": (nn.Identity, nn.Sigmoid),
    "sigmoid, normalized": (nn.BatchNorm1d, nn.Sigmoid),
    "relu, plain": (nn.Identity, nn.ReLU),
    "relu, normalized": (nn.BatchNorm1d, nn.ReLU),
    "tanh, normalized": (nn.BatchNorm1d, nn.Tanh),
}
models = {}
for title, (norm_layer, activation) in settings.items():
    torch.manual_seed(21)
    models[title] = Deep(norm_layer, activation)
print(models["sigmoid, normalized"])
print(models["relu, plain"].net[1])

# Gradient norms through full backward hooks on the modules.
averages = {}
for title, model in models.items():
    grads, norms = [], {}
    handles = []
    for name, module in hooked_modules(model):
        handles.append(module.register_forward_hook(hook_forward(name, norms)))
        handles.append(module.register_full_backward_hook(hook_backward(name, grads)))
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    for handle in handles:
        handle.remove()
    print(f"\n{title}: loss {loss.item():.6f}")
    for name, grad in reversed(grads):
        size, mean = grad.norm().item(), grad.abs().mean().item()
        print(f"  {name:8s} output norm {norms[name]:10.5f}   gradient norm {size:.6e}   mean |g| {mean:.6e}")
    averages[title] = torch.stack([grad.abs().mean() for _, grad in reversed(grads)])
    calls = len(grads)
    model(x).sum().backward()
    print("  silent after removal:", len(grads) == calls)

print()
for title, values in averages.items():
    print(f"{title:26s} first / last {values[0] / values[-1]:.4e}", values.log() / torch.tensor(10.0).log())

# The same through tensors: gradients kept on the inner nodes by retain_grad.
model = models["sigmoid, normalized"]
model.zero_grad()
kept = []
h = x
for stage in model.net:
    h = stage(h)
    if h.requires_grad:
        h.retain_grad()
        kept.append(h)
F.cross_entropy(h, y).backward()
print([f"{h.grad.norm().item():.5e}" for h in kept])


# And through hooks on the parameters, while training.
def note_norm(rows):
    return lambda grad: rows.append(grad.norm().item())


trace = {}
for title, model in models.items():
    rows = []
    first, last = model.net[1][0].weight, model.net[-1].weight
    handles = [first.register_hook(note_norm(rows)), last.register_hook(note_norm(rows))]
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for _ in range(12):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    [handle.remove() for handle in handles]
    trace[title] = torch.tensor(rows).view(-1, 2)
    print(f"{title:26s} loss {loss.item():.5f}, mean norms {trace[title].mean(0)}, spread {trace[title].std(0)}")

# Total norms, and their clipping.
for title, model in models.items():
    before = nn.utils.clip_grad_norm_(model.parameters(), max_norm=0.1)
    after = torch.stack([p.grad.norm() for p in model.parameters()]).norm()
    nn.utils.clip_grad_value_(model.parameters(), 1e-3)
    print(f"{title:26s} {before:.6f} -> {after:.6f} -> {max(p.grad.abs().max() for p in model.parameters()):.6f}")

# What batch normalization does to one batch, by hand and by the module, in both modes.
norm = nn.BatchNorm1d(4, eps=1e-5, momentum=0.1)
batch = torch.randn(6, 4) * 3 + 2
by_hand = (batch - batch.mean(0)) / torch.sqrt(batch.var(0, unbiased=False) + norm.eps)
print(norm(batch), torch.allclose(norm(batch), by_hand, atol=1e-6))
print(norm.running_mean, norm.running_var, norm.num_batches_tracked)
norm.eval()
print(norm(batch)[0])
print({name: value for name, value in norm.state_dict().items()})

# Odds and ends.
layer = nn.Linear(2, 2)
handle = layer.register_forward_pre_hook(lambda module, args: (args[0] * 0,))
print(torch.equal(layer(torch.ones(1, 2))[0], layer.bias))
handle.remove()
print(torch.equal(layer(torch.ones(1, 2))[0], layer.bias))
