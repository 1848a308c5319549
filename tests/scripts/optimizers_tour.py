"""The optimizers and their variants on one small problem, their state, schedules of the rate, and clipped gradients."""

import copy

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import lr_scheduler

torch.manual_seed(0)
torch.set_printoptions(precision=6)

inputs = torch.randn(24, 3)
targets = inputs @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.3


def fresh_model():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def train(model, optimizer, steps=5, closure_style=False):
    losses = []
    for _ in range(steps):

        def closure():
            optimizer.zero_grad()
            loss = F.mse_loss(model(inputs), targets)
            loss.backward()
            return loss

        if closure_style:
            loss = optimizer.step(closure)
        else:
            loss = closure()
            optimizer.step()
        losses.append(loss.item())
    return losses


# --- one after another
makers = {
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "SGD momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "SGD dampening": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.5),
    "SGD nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "SGD weight decay": lambda p: optim.SGD(p, lr=0.1, weight_decay=0.05),
    "SGD maximize": lambda p: optim.SGD(p, lr=0.01, maximize=True),
    "Adam": lambda p: optim.Adam(p, lr=0.05),
    "Adam betas": lambda p: optim.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.01),
    "Adam amsgrad": lambda p: optim.Adam(p, lr=0.05, amsgrad=True),
    "AdamW": lambda p: optim.AdamW(p, lr=0.05),
    "AdamW weight decay": lambda p: optim.AdamW(p, lr=0.05, weight_decay=0.1),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.1),
    "Adagrad decay": lambda p: optim.Adagrad(p, lr=0.1, lr_decay=0.1, weight_decay=0.01, initial_accumulator_value=0.1),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.02),
    "RMSprop momentum": lambda p: optim.RMSprop(p, lr=0.02, alpha=0.9, momentum=0.9),
    "RMSprop centered": lambda p: optim.RMSprop(p, lr=0.02, centered=True, weight_decay=0.01),
    "Adadelta": lambda p: optim.Adadelta(p, lr=1.0),
    "Adadelta rho": lambda p: optim.Adadelta(p, lr=0.5, rho=0.8, eps=1e-4, weight_decay=0.01),
}
for name, make in makers.items():
    model = fresh_model()
    optimizer = make(model.parameters())
    print(name, optimizer)
    print([f"{loss:.6f}" for loss in train(model, optimizer)])
    print(model[2].weight, model[2].bias)
    state = optimizer.state[model[2].bias]
    print({key: value for key, value in sorted(state.items())})

model = fresh_model()
print(train(model, optim.SGD(model.parameters(), lr=0.1), closure_style=True))

# --- groups of parameters
model = fresh_model()
optimizer = optim.SGD(
    [
        {"params": model[0].parameters()},
        {"params": [model[2].weight], "lr": 0.01, "weight_decay": 0.1},
    ],
    lr=0.1,
    momentum=0.9,
)
optimizer.add_param_group({"params": [model[2].bias], "lr": 0.5, "momentum": 0.0})
print(optimizer)
print([len(group["params"]) for group in optimizer.param_groups])
print(train(model, optimizer, 3))
for group in optimizer.param_groups:
    print({k: v for k, v in group.items() if k != "params"})
    group["lr"] *= 0.1
print(train(model, optimizer, 2))
model[0].weight.requires_grad_(False)
before = model[0].weight.clone()
optimizer = optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr=0.1)
train(model, optimizer, 2)
print(torch.equal(before, model[0].weight), len(optimizer.param_groups[0]["params"]))

# --- the state, out and back in
model = fresh_model()
optimizer = optim.Adam(model.parameters(), lr=0.05)
print(optimizer.state_dict())
train(model, optimizer, 2)
saved_model = {k: v.clone() for k, v in model.state_dict().items()}
saved = copy.deepcopy(optimizer.state_dict())
print(saved["state"][3], saved["param_groups"])
for key in saved["state"]:
    print(key, {k: tuple(v.shape) for k, v in saved["state"][key].items()})
other = fresh_model()
other.load_state_dict(saved_model)
other_optimizer = optim.Adam(other.parameters(), lr=1.0)
other_optimizer.load_state_dict(saved)
print(other_optimizer.param_groups[0]["lr"], train(other, other_optimizer, 2) == train(model, optimizer, 2))

optimizer.zero_grad(set_to_none=False)
print(model[2].bias.grad)
optimizer.zero_grad()
print(model[2].bias.grad)


# --- schedules
def schedule(make, epochs=8, optimizer_lr=0.5):
    model = fresh_model()
    optimizer = optim.SGD(model.parameters(), lr=optimizer_lr)
    scheduler = make(optimizer)
    rates = []
    for _ in range(epochs):
        train(model, optimizer, 1)
        rates.append(scheduler.get_last_lr()[0])
        scheduler.step()
    print(type(scheduler).__name__, [f"{rate:.8f}" for rate in rates], scheduler.last_epoch)
    return scheduler


scheduler = schedule(lambda o: lr_scheduler.StepLR(o, step_size=3, gamma=0.1))
state = scheduler.state_dict()
print({k: state[k] for k in ("step_size", "gamma", "base_lrs", "last_epoch", "_last_lr")})
schedule(lambda o: lr_scheduler.ExponentialLR(o, gamma=0.9))
schedule(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=6))
schedule(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=4, eta_min=0.05), epochs=10)
schedule(lambda o: lr_scheduler.LambdaLR(o, lr_lambda=lambda epoch: 0.95**epoch))
schedule(lambda o: lr_scheduler.LambdaLR(o, lr_lambda=[lambda epoch: min(1.0, (epoch + 1) / 4)]))

first, second = (torch.zeros(1, requires_grad=True) for _ in range(2))
optimizer = optim.SGD([{"params": [first], "lr": 1.0}, {"params": [second], "lr": 0.1}])
scheduler = lr_scheduler.LambdaLR(optimizer, lr_lambda=[lambda epoch: 1 / (epoch + 1), lambda epoch: 0.5**epoch])
for _ in range(3):
    optimizer.step()
    scheduler.step()
    print(scheduler.get_last_lr(), [group["lr"] for group in optimizer.param_groups])
    print([group["initial_lr"] for group in optimizer.param_groups])

# two at once
model = fresh_model()
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
scheduler1 = lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
scheduler2 = lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)
for epoch in range(5):
    losses = train(model, optimizer, 2)
    scheduler1.step()
    scheduler2.step()
    print(epoch, f"{losses[-1]:.6f}", f"{optimizer.param_groups[0]['lr']:.8f}")

# --- clipping
model = fresh_model()
optimizer = optim.SGD(model.parameters(), lr=0.5)
for step in range(4):
    optimizer.zero_grad()
    loss = 10 * F.mse_loss(model(inputs), targets)
    loss.backward()
    norm = clip_grad_norm_(model.parameters(), max_norm=1.0)
    clipped = torch.cat([p.grad.flatten() for p in model.parameters()]).norm()
    optimizer.step()
    print(step, loss, norm, clipped)
F.mse_loss(model(inputs), targets).backward()
print(nn.utils.clip_grad_norm_(model.parameters(), 2.0, norm_type=1))
print(nn.utils.clip_grad_norm_(model[0].weight, 0.1, norm_type=float("inf")), model[0].weight.grad.abs().max())
clip_grad_value_(model.parameters(), 0.05)
print(model[0].weight.grad, model[2].bias.grad)

# --- what is refused
for call in (
    lambda: optim.SGD(model.parameters(), lr=-0.1),
    lambda: optim.SGD(model.parameters(), lr=0.1, nesterov=True),
    lambda: optim.Adam(model.parameters(), betas=(1.0, 0.999)),
    lambda: optim.Adam([]),
    lambda: optim.SGD(model[0].weight, lr=0.1),
    lambda: optim.SGD([model[0].weight * 2], lr=0.1),
    lambda: optim.SGD([{"params": [model[0].bias]}, {"params": [model[0].bias]}], lr=0.1),
    lambda: other_optimizer.load_state_dict(optim.SGD([model[0].bias], lr=0.1).state_dict()),
):
    try:
        call()
    except (ValueError, TypeError) as e:
        print(type(e).__name__, *str(e).split()[:4])
