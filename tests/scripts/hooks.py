"""Hooks on tensors, on nodes and on modules, forward and backward, and an optimizer step taken inside of backward."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)

# --- tensors
x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x * 2
y.register_hook(lambda grad: print("grad of y", grad))
z = (y**2).mean()
z.backward()
print(x.grad, y.is_leaf, y.requires_grad)

x.grad = None
handle = x.register_hook(lambda grad: grad * 10)
(x * 2).sum().backward()
print(x.grad)
handle.remove()
x.grad = None
(x * 2).sum().backward()
print(x.grad)

# hooks run in the order of their registration, each on what the one before returned
order = []
a = torch.ones(2, requires_grad=True)
b = a * 3


def first(grad):
    order.append(("first", grad.tolist()))
    return grad + 1


def second(grad):
    order.append(("second", grad.tolist()))
    return grad * 2


def third(grad):
    order.append(("third", grad.tolist()))


h1, h2, h3 = b.register_hook(first), b.register_hook(second), b.register_hook(third)
b.retain_grad()
print(b.retains_grad)
b.sum().backward(retain_graph=True)
print(order, a.grad, b.grad)
h1.remove()
order.clear()
a.grad, b.grad = None, None
b.sum().backward()
print(order, a.grad, b.grad)

with torch.no_grad():
    c = a * 2
try:
    c.register_hook(print)
except RuntimeError as e:
    print("RuntimeError:", e)
w = torch.ones(3, requires_grad=True)
handle = w.register_hook(lambda grad: grad.clamp(-0.5, 0.5))
(w * torch.tensor([0.1, 1.0, -7.0])).sum().backward()
print(w.grad)

# --- nodes
t = torch.tensor([1.0, 4.0], requires_grad=True)
s = t.sqrt()
node = s.grad_fn
post = node.register_hook(lambda grad_inputs, grad_outputs: print("node", grad_inputs, grad_outputs))
pre = node.register_prehook(lambda grad_outputs: (grad_outputs[0] * 2,))
s.sum().backward(retain_graph=True)
print(t.grad)
post.remove()
pre.remove()
t.grad = None
s.sum().backward()
print(t.grad, node.name())


# --- modules
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 6)
        self.act = nn.Tanh()
        self.fc2 = nn.Linear(6, 2)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


net = Net()
activations = {}


def save_as(name):
    def hook(module, args, output):
        activations[name] = output.detach()

    return hook


handles = [module.register_forward_hook(save_as(name)) for name, module in net.named_children()]
batch = torch.randn(3, 4)
out = net(batch)
for name, value in activations.items():
    print(name, value.shape, value)
for handle in handles:
    handle.remove()
activations.clear()
net(batch)
print(activations)


def show_sizes(module, args, output):
    print(type(module).__name__, type(args), [tuple(a.shape) for a in args])
    print(tuple(output.shape), f"{output.norm().item():.5f}")


def show_args(module, args):
    print("about to run", type(module).__name__, tuple(args[0].shape))


forward = [m.register_forward_hook(show_sizes) for m in net.modules()]
before = net.register_forward_pre_hook(show_args)
net(batch)
before.remove()
for handle in forward:
    handle.remove()

# what a forward hook returns takes the place of the output, and of a pre-hook that of the input
double_in = net.fc1.register_forward_pre_hook(lambda module, args: (args[0] * 2,))
double_out = net.fc2.register_forward_hook(lambda module, args, output: output * 2)
print(net(batch))
print(net.fc2(torch.tanh(net.fc1.weight.mm((2 * batch).t()).t() + net.fc1.bias)))
double_in.remove()
double_out.remove()
print(net(batch))


class Scaled(nn.Module):
    def forward(self, x, scale=1.0):
        return x * scale


scaled = Scaled()
scaled.register_forward_pre_hook(lambda m, args, kwargs: (args, {"scale": kwargs["scale"] + 1}), with_kwargs=True)
scaled.register_forward_hook(lambda m, args, kwargs, out: print("kwargs", kwargs), with_kwargs=True)
scaled.register_forward_hook(lambda m, args, out: print("goes first", out), prepend=True)
print(scaled(torch.ones(2), scale=2.0))


# backward
def show_grads(module, grad_input, grad_output):
    print("backward of", type(module).__name__)
    print("  in ", [None if g is None else tuple(g.shape) for g in grad_input])
    print("  out", [tuple(g.shape) for g in grad_output], f"{grad_output[0].norm().item():.5f}")


handles = [m.register_full_backward_hook(show_grads) for m in (net.fc1, net.act, net.fc2, net)]
handles.append(
    net.act.register_full_backward_pre_hook(lambda module, grad_output: print("before", grad_output[0].shape))
)
source = batch.clone().requires_grad_()
loss = F.mse_loss(net(source), torch.zeros(3, 2))
loss.backward()
print(source.grad)
for handle in handles:
    handle.remove()

net.zero_grad()
halve = net.act.register_full_backward_hook(lambda module, grad_input, grad_output: (grad_input[0] / 2,))
F.mse_loss(net(source), torch.zeros(3, 2)).backward()
halved = net.fc1.weight.grad.clone()
halve.remove()
net.zero_grad()
F.mse_loss(net(source), torch.zeros(3, 2)).backward()
print(torch.allclose(halved * 2, net.fc1.weight.grad), halved, net.fc1.weight.grad)

# gradients of the activations of a deeper net, got by hooks on the outputs
deep = nn.Sequential(*[nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Sigmoid()) for _ in range(4)])
grads, handles = [], []


def watch(index):
    def hook(module, args, output):
        def tensor_hook(grad):
            grads.append((index, grad.abs().mean().item()))

        output.register_hook(tensor_hook)

    return hook


for i, block in enumerate(deep):
    handles.append(block[0].register_forward_hook(watch(i)))
deep(torch.randn(16, 8)).pow(2).sum().backward()
print([(i, f"{g:.6f}") for i, g in grads])
for handle in handles:
    handle.remove()

# --- the optimizer step in backward
torch.manual_seed(1)
model = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 1))
reference = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 1))
reference.load_state_dict(model.state_dict())
inputs, targets = torch.randn(32, 5), torch.randn(32, 1)

own_optimizer = {p: torch.optim.Adam([p], lr=0.01, foreach=False) for p in model.parameters()}


def update_at_once(parameter):
    own_optimizer[parameter].step()
    own_optimizer[parameter].zero_grad()


for parameter in own_optimizer:
    parameter.register_post_accumulate_grad_hook(update_at_once)
optimizer = torch.optim.Adam(reference.parameters(), lr=0.01, foreach=False)
for step in range(5):
    loss = F.mse_loss(model(inputs), targets)
    loss.backward()

    optimizer.zero_grad()
    expected = F.mse_loss(reference(inputs), targets)
    expected.backward()
    optimizer.step()
    print(step, f"{loss.item():.6f} {expected.item():.6f}", [p.grad for p in model.parameters()])
print([torch.equal(p, q) for p, q in zip(model.parameters(), reference.parameters(), strict=True)])

p = torch.tensor([1.0, 2.0], requires_grad=True)
handle = p.register_post_accumulate_grad_hook(lambda param: print("accumulated", param.grad))
(p * 3).sum().backward()
(p * 3).sum().backward()
handle.remove()
(p * 3).sum().backward()
print(p.grad)
try:
    (p * 2).register_post_accumulate_grad_hook(lambda param: None)
except RuntimeError as e:
    print("RuntimeError:", e)

# hooks around an optimizer's step
opt = torch.optim.SGD([p], lr=0.1)
h_pre = opt.register_step_pre_hook(lambda optimizer, args, kwargs: print("before the step", p))
h_post = opt.register_step_post_hook(lambda optimizer, args, kwargs: print("after the step", p))
opt.step()
h_pre.remove()
h_post.remove()
opt.step()
print(p)
