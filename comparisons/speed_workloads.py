"""What is raced: training steps, single operations, optimizers, long chains. The library is an argument, as always.

Each function here makes a `Work` from the library's module, its networks and a device. It imports neither library, so
that a process which measures the memory of one need not load the other. What a work returns is there to be compared:
a test sees that both sides do the same, and not only as often. Read next: `speed.py`, the table.
"""

from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from .digits import Digits, load_digits, one_hot, pad_to_32
from .settings import RECIPES
from .speed_timing import Work

Mark = Callable[[], None]
BATCHES = 8  # a step trains on the next of so many batches: one digit again and again would be learned by heart
RATES = {"SGD": 0.01, "Adam": 0.001}  # the learning rates of the two tutorials
WIDE = (50, 32, 28, 28)  # what the CNN's first relu and pool see, in batches of 50
TINY_OPS = 10_000


class Side(NamedTuple):
    """A library: its module, its networks, and where it computes."""

    torch: Any
    models: Any
    device: Any


class Spec(NamedTuple):
    """Names a work, so that another process can make it too: the function below, and its arguments."""

    kind: str
    arguments: tuple[Any, ...]

    def make(self, side: Side) -> Work:
        return KINDS[self.kind](side, *self.arguments)


@cache
def all_digits() -> Digits:
    """The embedded digits, read once."""
    return load_digits()


def training_step(side: Side, net: str, optimizer_name: str, batch_size: int) -> Work:
    """One step on real digits; the weights are the seed's, and so equal on both sides."""
    torch, recipe = side.torch, RECIPES[net]
    torch.manual_seed(0)
    model = getattr(side.models, recipe.network)().to(side.device)
    criterion = getattr(torch.nn, recipe.criterion)()
    optimizer = getattr(torch.optim, optimizer_name)(model.parameters(), lr=RATES[optimizer_name])

    digits, used = all_digits(), BATCHES * batch_size
    images = digits.train_images[:used]
    targets = digits.train_labels[:used]
    inputs = torch.from_numpy(pad_to_32(images) if recipe.image_size == 32 else images).to(side.device)
    wanted = torch.from_numpy(one_hot(targets) if recipe.one_hot else targets).to(side.device)
    batches = [
        (inputs[start : start + batch_size], wanted[start : start + batch_size])
        for start in range(0, used, batch_size)
    ]  # fmt: skip
    step = count()

    def run(mark: Mark) -> Any:
        images, targets = batches[next(step) % BATCHES]
        output = model(images)
        loss = criterion(output, targets)
        mark()
        loss.backward()
        value = loss.detach()
        del output, loss  # the graph is freed here, not in the next step's forward
        mark()
        optimizer.step()
        optimizer.zero_grad()
        mark()
        return value

    return Work(("forward", "backward", "optimizer"), run)


def single_op(side: Side, name: str) -> Work:
    """One operation forward, and backward from a gradient of ones. The inputs are drawn once, from one seed."""
    random = np.random.default_rng(0)

    def leaf(*shape: int) -> Any:
        array = random.standard_normal(shape, dtype=np.float32)
        return side.torch.from_numpy(array).to(side.device).requires_grad_()

    F = side.torch.nn.functional
    image = leaf(50, 1, 28, 28).detach()  # the network's input, which needs no gradient
    forward, *leaves = {
        "conv2d": lambda: (lambda x, w, b: F.conv2d(x, w, b, padding=1), leaf(50, 32, 14, 14), leaf(64, 32, 3, 3),
                           leaf(64)),
        "conv2d, first": lambda: (lambda w, b: F.conv2d(image, w, b, padding=1), leaf(32, 1, 3, 3), leaf(32)),
        "max_pool2d": lambda: (lambda x: F.max_pool2d(x, 2), leaf(*WIDE)),
        "relu": lambda: (F.relu, leaf(*WIDE)),
        "linear": lambda: (F.linear, leaf(50, 3136), leaf(1000, 3136), leaf(1000)),
        "log_softmax": lambda: (lambda x: F.log_softmax(x, 1), leaf(50, 10)),
        "add": lambda: (lambda a, b: a + b, leaf(*WIDE), leaf(*WIDE)),
    }[name]()  # fmt: skip
    ones = side.torch.ones(forward(*leaves).shape).to(side.device)

    def run(mark: Mark) -> Any:
        output = forward(*leaves)
        mark()
        output.backward(ones)
        value = leaves[0].grad
        for tensor in leaves:
            tensor.grad = None
        del output
        mark()
        return value

    return Work(("forward", "backward"), run)


def products(side: Side, batch: int, F: int, CKK: int, pixels: int) -> Work:
    """The three matrix products of a convolution and nothing else: the least that it can cost with this BLAS.

    Kernels (F, CKK) times columns (N, CKK, pixels) forward; backward the gradient (N, F, pixels) times either.
    """
    torch = side.torch
    torch.manual_seed(0)
    kernels, columns = torch.randn(F, CKK).expand(batch, F, CKK), torch.randn(batch, CKK, pixels)
    gradient = torch.randn(batch, F, pixels)

    def run(mark: Mark) -> Any:
        output = torch.bmm(kernels, columns)
        mark()
        torch.bmm(kernels.transpose(1, 2), gradient)
        torch.bmm(gradient, columns.transpose(1, 2))
        mark()
        return output

    return Work(("forward", "backward"), run)


def optimizer_step(side: Side, name: str) -> Work:
    """One step of an optimizer on the CNN's 3.2 million parameters, with gradients that are already there."""
    torch = side.torch
    torch.manual_seed(0)
    parameters = list(side.models.CNN().to(side.device).parameters())
    for parameter in parameters:
        parameter.grad = (parameter * 0.01).detach()
    momentum = {"momentum": 0.9} if name == "SGD" else {}
    optimizer = getattr(torch.optim, name)(parameters, lr=RATES[name], **momentum)

    def run(mark: Mark) -> Any:
        optimizer.step()
        mark()
        return parameters[0].detach()

    return Work(("step",), run)


def chain(side: Side, nodes: int) -> Work:
    """So many tiny multiplications in a row, forward and backward: what one node costs, whatever it computes."""
    x = side.torch.ones(2).to(side.device).requires_grad_()
    one = side.torch.ones(2).to(side.device)

    def run(mark: Mark) -> Any:
        y = x
        for _ in range(nodes):
            y = y * one
        mark()
        y.backward(one)
        value, x.grad = x.grad, None
        del y
        mark()
        return value

    return Work(("forward", "backward"), run)


def picture(side: Side, pixels: int) -> Work:
    """The CNN's two convolutions, with relu and pooling, on ten square images of about so many pixels each."""
    torch, F = side.torch, side.torch.nn.functional
    torch.manual_seed(0)
    model = side.models.CNN().to(side.device)
    length = round(pixels**0.5)
    image = torch.ones(10, 1, length, length).to(side.device)

    def run(mark: Mark) -> Any:
        x = F.max_pool2d(F.relu(model.conv1(image)), 2)
        x = F.max_pool2d(F.relu(model.conv2(x)), 2)
        loss = x.sum()
        mark()
        loss.backward()
        value = loss.detach()
        model.zero_grad()
        del x, loss
        mark()
        return value

    return Work(("forward", "backward"), run)


KINDS: dict[str, Callable[..., Work]] = {
    function.__name__: function for function in (training_step, single_op, products, optimizer_step, chain, picture)
}
