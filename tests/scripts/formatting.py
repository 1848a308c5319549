"""How things print: any kind of tensor, sizes, dtypes, devices, modules, losses, optimizers, and the print options."""

import math

import torch
from torch import nn, optim

torch.manual_seed(17)

# By dtype, by dimension.
for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float32, torch.float64, torch.bool):
    print(torch.tensor([[0, 1, 2], [3, 4, 100]]).to(dtype), torch.zeros(2, dtype=dtype))
    print(torch.tensor(1, dtype=dtype), torch.empty(0, dtype=dtype))
print(torch.tensor(5), torch.tensor(5.0), torch.tensor(True), torch.tensor(-0.0))
print(torch.tensor(2.5e-7), torch.tensor(3e10), torch.tensor(0.1, dtype=torch.float64))
print(torch.tensor([]), torch.empty(0, 3), torch.empty(2, 0, dtype=torch.long))
print(torch.tensor([[]]), torch.zeros(1, 1, 1))
print(torch.arange(24).view(2, 3, 4))
print(torch.arange(16.0).view(2, 2, 2, 2) / 4)
print(torch.rand(1, 1, 2, 1, 3))

# By value.
inf, nan = math.inf, math.nan
print(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.0, 3.5]))
print(torch.tensor([-1.0, 2.0]), torch.tensor([1000.0, 0.25]))
print(torch.tensor([1.0, nan]), torch.tensor([nan, inf, -inf]), torch.tensor([1.5, inf]))
print(torch.tensor([nan]), torch.tensor(-inf), torch.tensor(nan))
print(torch.tensor([1e-5, 1.0]), torch.tensor([1e5, 1.0]), torch.tensor([1e8, 1.0]))
print(torch.tensor([123456789.0]), torch.tensor([1e-10, 1e10, nan]))
print(torch.tensor([0.00012, 0.5]), torch.tensor([1234.5678, -0.001]))
print(torch.tensor([99999.0, 100000.5]), torch.tensor([1e38, -1e-38]))
print(torch.tensor([-0.0, 0.0]), torch.tensor([-0.0, 0.5]), torch.zeros(3), -torch.zeros(2), torch.tensor([0.0, 1e-9]))
print(torch.tensor([1, -10, 1000]), torch.tensor([2**40, 1]))
print(torch.tensor([-(2**63), 2**63 - 1]), torch.tensor([255, 0], dtype=torch.uint8))
print(torch.tensor([True, False]), torch.tensor([[True], [False]]), torch.tensor([True]))
print(torch.tensor([1 / 3, 2 / 3], dtype=torch.float64))
print(torch.tensor([1e-300, 1.0], dtype=torch.float64), torch.tensor(1 / 3))
print(torch.tensor([1e7]), torch.tensor([12345678.0, 2.0]))
print(torch.tensor([9999999.0]), torch.tensor([1e5]), torch.tensor([0.1, 1000000.0]))

# By length.
print(torch.arange(30), torch.arange(40) / 7, torch.randn(25))
print(torch.arange(1000), torch.arange(1001))
print(torch.linspace(0, 1, 2000), torch.zeros(2000, dtype=torch.bool))
print(torch.arange(10000).view(100, 100))
print(torch.rand(60, 40))
print(torch.arange(4000.0).view(10, 20, 20))
print(torch.randn(2, 20), torch.ones(1500, 2), torch.full((1200,), -1.5), torch.arange(12000.0).view(3000, 4))

# By what autograd knows.
w = torch.tensor([[1.0, -2.0], [0.5, 4.0]], requires_grad=True)
print(w, w.double(), w[0], w.sum(), w.mean() * 2, (w > 0), w.detach(), w.data)
print(w + 1, w - 1, w * 3, w / 2, w**2, w @ w, w.exp(), w.T, w.view(4), w.relu(), w.max(dim=0))
print(w.double().requires_grad, torch.zeros(2, dtype=torch.float64, requires_grad=True))
print(torch.rand(1200, requires_grad=True) * 0 + 1, torch.empty(0, requires_grad=True))
print(nn.Parameter(torch.ones(2)), nn.Parameter(torch.zeros(1, dtype=torch.float64), requires_grad=False))
print(nn.Linear(2, 2).weight.detach().shape, nn.Parameter(torch.arange(3.0)).data)
w.sum().backward()
print(w.grad, w)
print(torch.tensor([1.0, 2.0]).expand(12, 2).flatten(), w.expand(2, 2, 2))
print([torch.ones(1), torch.zeros(2, dtype=torch.int64)], (w.sum(),), {"a": torch.tensor(1.5)})
print(repr(w) == str(w), str(torch.Size([1, 2])), repr(torch.float32), repr(torch.device("cpu")))

# In f-strings and by %.
t, i, f = torch.tensor(3.14159265), torch.tensor(42), torch.tensor([0.5, 0.25])
print(f"{t} {t:.2f} {t:8.3f} {t:.3e} {t.item()} {t.item():.4f} {i} {i:d} {i:05d} {i.item()} {f} {f[0]} {f[0]:.1%}")
print(f"{w.sum()} {w.sum():.3f} {w.sum().item():>10.4f} {t!r} {t!s} {w[0, 0]}")
print(f"{torch.tensor(True)} {torch.tensor(1e-12)} {torch.tensor(1e20)}")
print("%.3f %d %s" % (t, i, f))  # noqa: UP031
print("{:.1f} {}".format(t, i))  # noqa: UP032
print(str(t), float(t), int(i), bool(i))
print(torch.tensor(0.1).item(), torch.tensor(0.1, dtype=torch.float64).item())
print(f.tolist(), torch.arange(4).view(2, 2).tolist(), torch.tensor(7).tolist())
print(f"{f.shape} {tuple(f.shape)} {list(f.shape)} {f.size(0)} {f.dtype} {f.device} {f.device.type}")

# Sizes, dtypes, devices, results with names.
print(torch.Size([]), torch.Size([3]), torch.Size((2, 3)), torch.Size([2, 3])[1:])
print(torch.Size([2, 3]) + (4,), torch.Size([2, 3]).numel(), torch.Size([2, 3]) == (2, 3))
print(torch.float, torch.double, torch.int, torch.long, torch.short, torch.bool)
print(torch.uint8, torch.float == torch.float32, torch.get_default_dtype())
print(torch.device("cpu"), torch.device("cpu").index, [torch.device("cpu")])
print(torch.device("cuda:1"), torch.device("cuda", 0).index)
print(torch.tensor([[3, 1], [2, 5]]).max(dim=1))
print(torch.tensor([[3.0, 1.0, 2.0]]).min(dim=0), torch.tensor([3, 1]).max(dim=0))
print(torch.tensor(1.0).type(), torch.tensor(1).type(), torch.tensor(True).type())
print(type(torch.tensor(1)), type(nn.Parameter(torch.ones(1))))

# Modules.
for module in (
    nn.Linear(3, 4), nn.Linear(3, 4, bias=False), nn.Identity(), nn.Conv2d(1, 6, 5),
    nn.Conv2d(4, 8, (3, 5), stride=(2, 1), padding=(1, 2), dilation=2, groups=2, bias=False),
    nn.Conv2d(1, 2, 3, padding="same"), nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"), nn.MaxPool2d(2),
    nn.MaxPool2d((3, 2), stride=(2, 1), padding=1), nn.MaxPool2d(2, ceil_mode=True), nn.AvgPool2d(3, 2),
    nn.AdaptiveAvgPool2d((1, 1)), nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Flatten(0, -2), nn.ReLU(),
    nn.ReLU(inplace=True), nn.Sigmoid(), nn.Tanh(), nn.Softmax(dim=1), nn.LogSoftmax(dim=-1), nn.Dropout(),
    nn.Dropout(0.2, inplace=True), nn.Dropout2d(0.3), nn.BatchNorm1d(4),
    nn.BatchNorm2d(4, eps=1e-3, momentum=None, affine=False), nn.MSELoss(), nn.L1Loss(), nn.CrossEntropyLoss(),
    nn.NLLLoss(), nn.BCELoss(), nn.BCEWithLogitsLoss(), nn.SmoothL1Loss(),
):  # fmt: skip
    print(module)
print(nn.Sequential(), nn.ModuleList(), nn.ModuleDict())
print(nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1), nn.Linear(1, 1), nn.ReLU()]))
nested = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Tanh()))
print(nn.Sequential(nn.Linear(1, 2), nested, nn.ModuleDict({"one": nn.Linear(2, 1)})))


class Residual(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.width = width
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.scale = nn.Parameter(torch.ones(1))
        self.act = nn.ReLU()

    def forward(self, x):
        for block in self.blocks:
            x = x + self.scale * self.act(block(x))
        return x

    def extra_repr(self):
        return f"width={self.width}"


class Empty(nn.Module):
    pass


print(Residual(3, 2), Empty(), [Empty()], nn.Sequential(Residual(2, 1), Empty()))

# Optimizers and schedules.
p = [nn.Parameter(torch.zeros(2))]
for optimizer in (
    optim.SGD(p, lr=0.1), optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True), optim.Adam(p),
    optim.Adam(p, lr=3e-4, betas=(0.5, 0.999)), optim.AdamW(p), optim.RMSprop(p), optim.Adagrad(p), optim.Adadelta(p),
):  # fmt: skip
    print(optimizer)
first, second = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
optimizer = optim.SGD([{"params": [first]}, {"params": [second], "lr": 1.0}], lr=0.5)
print(optimizer)
print(optim.lr_scheduler.StepLR(optimizer, 2).get_last_lr(), optimizer)
print(optimizer.state_dict())

# Options.
x = torch.tensor([[1.23456789, -123.456], [1e-4, 7.0]])
print(x)
torch.set_printoptions(precision=2)
print(x, torch.tensor(math.pi))
torch.set_printoptions(precision=8)
print(x, w * 1)
torch.set_printoptions(profile="default", sci_mode=True)
print(x, torch.tensor([1, 2]))
torch.set_printoptions(sci_mode=False)
print(torch.tensor([1e-7, 1e7]), x)
torch.set_printoptions(profile="default")
print(torch.tensor([1e-7, 1e7]), x)
torch.set_printoptions(threshold=5, edgeitems=2)
print(torch.arange(20), torch.rand(6, 6), torch.arange(5))
torch.set_printoptions(profile="default", linewidth=40)
print(torch.arange(30), torch.rand(12))
torch.set_printoptions(profile="short")
print(x, torch.arange(2000))
torch.set_printoptions(profile="full")
print(torch.arange(1001), x)
torch.set_printoptions(profile="default")
print(x, torch.arange(2000))

# The rarer sorts.
for module in (
    nn.Unflatten(1, (2, 3)), nn.ZeroPad1d(2), nn.ZeroPad2d(1), nn.ZeroPad3d((1, 0, 2, 0, 0, 1)), nn.ReflectionPad1d(2),
    nn.ReflectionPad2d((1, 2, 0, 1)), nn.ReflectionPad3d(1), nn.ReplicationPad1d((2, 0)), nn.ReplicationPad2d(3),
    nn.ReplicationPad3d(1), nn.CircularPad1d(1), nn.CircularPad2d((1, 1, 0, 0)), nn.CircularPad3d(2),
    nn.ConstantPad1d(2, 0.0), nn.ConstantPad2d(1, 3.5), nn.ConstantPad3d(1, -1), nn.Dropout1d(0.1), nn.Dropout3d(),
    nn.Fold((4, 5), 2), nn.Unfold(3, padding=1, stride=(2, 1)),
):  # fmt: skip
    print(module)
