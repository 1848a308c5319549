"""Saving and loading: state dictionaries, checkpoints with an optimizer, and a run that goes on as if never stopped."""

import copy
import io
import os
import tempfile

import torch
import torch.nn.functional as F
from torch import nn, optim

torch.manual_seed(6)
folder = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(folder.name, name)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.fc1 = nn.Linear(4 * 5 * 5, 16)
        self.fc2 = nn.Linear(16, 3)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm(self.conv(x))), 2)
        return self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))


images, labels = torch.rand(24, 1, 12, 12), torch.randint(3, (24,))


def step(model, optimizer, scheduler=None):
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    if scheduler is not None:
        scheduler.step()
    return loss.item()


model = Net()
optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
print("The model's state:")
for name in model.state_dict():
    print(name, "\t", model.state_dict()[name].size())
print("The optimizer's state:")
for name in optimizer.state_dict():
    print(name, "\t", optimizer.state_dict()[name])
print([round(step(model, optimizer), 6) for _ in range(3)])
print({k: v["momentum_buffer"].shape for k, v in optimizer.state_dict()["state"].items()})

# The weights alone.
torch.save(model.state_dict(), path("weights.pt"))
loaded = Net()
state = torch.load(path("weights.pt"), weights_only=True)
print(type(state).__name__, list(state), state["norm.running_mean"], state["norm.num_batches_tracked"])
print(loaded.load_state_dict(state))
loaded.eval()
model.eval()
with torch.no_grad():
    print(loaded(images[:2]), torch.equal(loaded(images), model(images)))

# A checkpoint for going on later.
for make in (
    lambda ps: optim.SGD(ps, lr=0.05, momentum=0.9),
    lambda ps: optim.Adam(ps, lr=0.01),
    lambda ps: optim.AdamW(ps, lr=0.01, amsgrad=True),
    lambda ps: optim.RMSprop(ps, lr=0.002),
    lambda ps: optim.Adadelta(ps, lr=1.0),
):
    torch.manual_seed(1)
    model = Net()
    optimizer = make(model.parameters())
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)
    for epoch in range(4):  # noqa: B007
        loss = step(model, optimizer, scheduler)
    torch.save(
        {
            "epoch": epoch,
            "model_state_dict": model.state_dict(),
            "optimizer_state_dict": optimizer.state_dict(),
            "scheduler_state_dict": scheduler.state_dict(),
            "loss": loss,
        },
        path("checkpoint.tar"),
    )
    went_on = [step(model, optimizer, scheduler) for _ in range(4)]

    model = Net()
    optimizer = make(model.parameters())
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)
    checkpoint = torch.load(path("checkpoint.tar"), weights_only=True)
    model.load_state_dict(checkpoint["model_state_dict"])
    optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
    scheduler.load_state_dict(checkpoint["scheduler_state_dict"])
    resumed = [step(model, optimizer, scheduler) for _ in range(4)]
    name = type(optimizer).__name__
    print(name, sorted(checkpoint), checkpoint["epoch"], f"{checkpoint['loss']:.6f}")
    print(name, scheduler.last_epoch, scheduler.get_last_lr())
    print(name, [f"{value:.6f}" for value in resumed], resumed == went_on, sorted(optimizer.state_dict()["state"][0]))

# Several models in one file.
pair = {"a": nn.Linear(2, 2), "b": nn.Linear(2, 1)}
torch.save({key: module.state_dict() for key, module in pair.items()}, path("pair.pt"))
print(torch.load(path("pair.pt"), weights_only=True))

# A warm start from weights that fit only in part.
other = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
partial = {"0.weight": torch.eye(4), "0.bias": torch.zeros(4), "9.bias": torch.zeros(1)}
print(other.load_state_dict(partial, strict=False))
print(other[0].weight)
try:
    other.load_state_dict(partial)
except RuntimeError as error:
    print(error)
try:
    other.load_state_dict({"0.weight": torch.ones(4, 5)}, strict=False)
except RuntimeError as error:
    print(error)

# Plain tensors, containers of them, and a file in memory.
torch.save(torch.arange(4.0), path("t.pt"))
print(torch.load(path("t.pt")))
mixed = {
    "ints": torch.tensor([1, 2]),
    "list": [torch.zeros(1), 2, "three"],
    "bool": torch.tensor(True),
    "none": None,
    "size": torch.Size([2, 3]),
}
buffer = io.BytesIO()
torch.save(mixed, buffer)
buffer.seek(0)
print(torch.load(buffer, weights_only=True, map_location=torch.device("cpu")))
big = torch.arange(10.0)
torch.save([big, big[2:5]], path("views.pt"))
whole, part = torch.load(path("views.pt"), weights_only=True)
print(whole, part)
weight = nn.Parameter(torch.ones(2, 2))
torch.save(weight, path("parameter.pt"))
print(torch.load(path("parameter.pt"), weights_only=True))

# A deep copy keeps the best weights, the state dictionary alone follows the model.
model = nn.Linear(2, 1)
best, alias = copy.deepcopy(model.state_dict()), model.state_dict()
with torch.no_grad():
    model.weight.add_(1.0)
print(torch.equal(best["weight"], model.weight), torch.equal(alias["weight"], model.weight), best)
folder.cleanup()
print(os.path.exists(folder.name))
