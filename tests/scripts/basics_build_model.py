"""Building a model: layers one by one, then as a module, its structure and its parameters."""

import torch
from torch import nn

torch.manual_seed(2)

device = torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else "cpu"
print(f"Using {device}")


class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.stack = nn.Sequential(
            nn.Linear(28 * 28, 64),
            nn.ReLU(),
            nn.Linear(64, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )

    def forward(self, x):
        x = self.flatten(x)
        logits = self.stack(x)
        return logits


model = NeuralNetwork().to(device)
print(model)

X = torch.rand(1, 28, 28, device=device)
logits = model(X)
pred_probab = nn.Softmax(dim=1)(logits)
y_pred = pred_probab.argmax(1)
print(logits, pred_probab, f"{pred_probab.sum():.5f}")
print(f"Predicted class: {y_pred}")

# The layers one by one.
input_image = torch.rand(3, 28, 28)
print(input_image.size())
flatten = nn.Flatten()
flat_image = flatten(input_image)
print(flat_image.size())
layer1 = nn.Linear(in_features=28 * 28, out_features=20)
hidden1 = layer1(flat_image)
print(hidden1.size())
print(f"Before: {hidden1}\n")
hidden1 = nn.ReLU()(hidden1)
print(f"After: {hidden1}")
seq_modules = nn.Sequential(flatten, layer1, nn.ReLU(), nn.Linear(20, 10))
logits = seq_modules(input_image)
softmax = nn.Softmax(dim=1)
print(softmax(logits), torch.allclose(nn.LogSoftmax(dim=1)(logits).exp().sum(dim=1), torch.ones(3)))
print(seq_modules[1], len(seq_modules), seq_modules[-1].out_features, seq_modules[:2])

# Parameters.
print(f"Model structure: {model}\n")
for name, param in model.named_parameters():
    print(f"Layer: {name} | Size: {param.size()} | Values: {param[:2]}\n")
print(sum(p.numel() for p in model.parameters() if p.requires_grad))
print(list(model.state_dict()))
print([(name, type(module).__name__) for name, module in model.named_modules()])
print(type(model.stack[0].weight), isinstance(model.stack[0].weight, torch.Tensor), model.stack[0].bias.is_leaf)


# Other ways to hold layers.
class Branches(nn.Module):
    def __init__(self, widths, scale):
        super().__init__()
        self.hidden = nn.ModuleList([nn.Linear(8, width) for width in widths])
        self.heads = nn.ModuleDict({"left": nn.Linear(sum(widths), 2), "right": nn.Linear(sum(widths), 1, bias=False)})
        self.gain = nn.Parameter(torch.ones(len(widths)))
        self.register_buffer("scale", torch.tensor(scale))
        self.register_parameter("absent", None)

    def forward(self, x, head="left"):
        parts = [torch.tanh(layer(x)) * self.gain[i] for i, layer in enumerate(self.hidden)]
        return self.heads[head](torch.cat(parts, dim=-1)) * self.scale

    def extra_repr(self):
        return f"scale={self.scale.item():g}"


branches = Branches([3, 5], 0.5)
print(branches)
x = torch.randn(4, 8)
print(branches(x), branches(x, head="right").shape)
print({name: tuple(value.shape) for name, value in branches.state_dict().items()})
print([name for name, _ in branches.named_buffers()], branches.heads.keys(), len(branches.hidden))
branches.hidden.append(nn.Linear(8, 1))
branches.add_module("extra", nn.Identity())
print([name for name, _ in branches.named_children()], branches.get_submodule("heads.right"))


# Own initial values.
def init_weights(module):
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.constant_(module.bias, 0.01)


model.apply(init_weights)
print(model.stack[0].weight.std(), model.stack[4].bias)
w = torch.empty(3, 5)
for init in (
    nn.init.kaiming_uniform_,
    nn.init.kaiming_normal_,
    nn.init.xavier_normal_,
    nn.init.orthogonal_,
    nn.init.zeros_,
    nn.init.ones_,
    nn.init.eye_,
):
    print(init.__name__, init(w))
print(nn.init.uniform_(w, -0.1, 0.1), nn.init.normal_(w, mean=1.0, std=0.02))
print(nn.init.trunc_normal_(w, std=0.5).abs().max() <= 2)

# A convolutional stack.
conv = nn.Sequential(
    nn.Conv2d(1, 4, 3, padding=1),
    nn.BatchNorm2d(4),
    nn.ReLU(),
    nn.AvgPool2d(2),
    nn.Conv2d(4, 8, kernel_size=(3, 5), stride=2, bias=False),
    nn.BatchNorm2d(8, momentum=0.2, affine=False),
    nn.Tanh(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Dropout(p=0.5),
    nn.Linear(8, 3),
)
print(conv)
conv.eval()
print(conv(input_image.unsqueeze(1)), conv.training, conv[1].training)

# A table of vectors, looked up by index.
table = nn.Parameter(torch.randn(5, 3))
print(table, table[torch.tensor([[0, 1], [4, 4]])])
table[torch.tensor([[0, 1], [4, 4]])].sum().backward()
print(table.grad)
