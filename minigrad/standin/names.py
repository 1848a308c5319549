"""Which modules of torch and torchvision there are, and which names are public in them.

Read next: `minigrad/__main__.py`, which lists them.
"""

import inspect
from functools import cache
from importlib import import_module
from types import ModuleType

# The files of layers and of optimizers, which are torch's too: a class is pickled by the name of its file.
LAYERS = ("activation", "batchnorm", "container", "conv", "dropout", "flatten", "fold", "linear", "loss", "module",
          "padding", "pooling")  # fmt: skip
RULES = ("adadelta", "adagrad", "adam", "adamw", "rmsprop", "sgd")

# Each module, and the modules inside it.
MODULES: dict[str, tuple[str, ...]] = {
    "torch": ("accelerator", "autograd", "backends", "cuda", "nn", "optim", "random", "utils"),
    "torch.accelerator": (),
    "torch.autograd": ("function", "functional", "gradcheck", "grad_mode", "graph"),
    "torch.autograd.function": (), "torch.autograd.functional": (), "torch.autograd.gradcheck": (),
    "torch.autograd.grad_mode": (), "torch.autograd.graph": (),
    "torch.backends": ("cuda", "cudnn", "mps"),
    "torch.backends.cuda": (), "torch.backends.cudnn": (), "torch.backends.mps": (),
    "torch.cuda": (),
    "torch.nn": ("functional", "init", "modules", "parameter", "utils"),
    "torch.nn.modules": LAYERS, **{f"torch.nn.modules.{file}": () for file in LAYERS},
    "torch.nn.functional": (), "torch.nn.init": (), "torch.nn.parameter": (), "torch.nn.utils": (),
    "torch.optim": ("lr_scheduler", "optimizer", *RULES), **{f"torch.optim.{file}": () for file in RULES},
    "torch.optim.lr_scheduler": (), "torch.optim.optimizer": (),
    "torch.random": (),
    "torch.utils": ("data",),
    "torch.utils.data": ("dataloader", "dataset", "sampler"),
    "torch.utils.data.dataloader": (), "torch.utils.data.dataset": (), "torch.utils.data.sampler": (),
    "torchvision": ("datasets", "transforms", "utils"),
    "torchvision.datasets": (), "torchvision.transforms": (), "torchvision.utils": (),
}  # fmt: skip

# What is public in the modules that also hold helpers. Where a module is not named here, all that it gathers is.
PUBLIC = {
    "torch.nn.modules": "Module",
    "torch.autograd": "Function backward detect_anomaly enable_grad grad gradcheck gradgradcheck inference_mode "
    "no_grad set_detect_anomaly set_grad_enabled",
    "torch.accelerator": "current_accelerator device_count is_available",
    "torch.autograd.function": "Function once_differentiable",
    "torch.autograd.functional": "hessian hvp jacobian jvp vhp vjp",
    "torch.autograd.gradcheck": "GradcheckError gradcheck gradgradcheck",
    "torch.autograd.grad_mode": "enable_grad inference_mode no_grad set_grad_enabled",
    "torch.autograd.graph": "Node saved_tensors_hooks",
    "torch.nn.init": "calculate_gain constant_ dirac_ eye_ kaiming_normal_ kaiming_uniform_ normal_ ones_ orthogonal_ "
    "sparse_ trunc_normal_ uniform_ xavier_normal_ xavier_uniform_ zeros_",
    "torch.nn.parameter": "Parameter",
    "torch.optim.lr_scheduler": "CosineAnnealingLR ExponentialLR LRScheduler LambdaLR StepLR",
    "torch.optim.optimizer": "Optimizer",
    "torch.random": "default_generator get_rng_state initial_seed manual_seed seed set_rng_state",
    "torch.utils.data.dataloader": "DataLoader",
    "torch.utils.data.dataset": "ConcatDataset Dataset Subset TensorDataset random_split",
    "torch.utils.data.sampler": "BatchSampler RandomSampler Sampler SequentialSampler SubsetRandomSampler "
    "WeightedRandomSampler",
}


@cache
def load_module(name: str) -> ModuleType:
    """minigrad's module for one of torch's or torchvision's."""
    root, _, rest = name.partition(".")
    start = "minigrad" if root == "torch" else f"minigrad.standin.{root}"
    rest = rest.replace("nn.modules", "nn", 1)
    return import_module(f"{start}.{rest}" if rest else start)


def is_written_in(value: object, file: str) -> bool:
    """Whether a class stands in the file of this name."""
    return inspect.isclass(value) and value.__module__.rpartition(".")[2] == file


@cache
def public_names(name: str) -> frozenset[str]:
    """What the module of this name offers: torch's names, and no module."""
    if name in PUBLIC:
        return frozenset(PUBLIC[name].split())
    module = load_module(name)
    parent, _, file = name.rpartition(".")
    if parent in ("torch.nn.modules", "torch.optim"):  # of a file's names the classes that the package offers
        offered = public_names("torch.nn" if parent == "torch.nn.modules" else parent)
        return frozenset(n for n in offered if n in vars(module) and is_written_in(vars(module)[n], file))
    names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_") or n == "__version__"]
    return frozenset(n for n in names if not inspect.ismodule(getattr(module, n)))
