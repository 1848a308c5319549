"""An operand that is no tensor of minigrad's: torch's TypeError, with the way out, wherever a user comes in."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minigrad
import minigrad.nn.functional as F
from minigrad import nn
from minigrad.models import CNN, LeNet

X, OURS = torch.ones(2, 2), minigrad.ones(2, 2)
PICTURE = torch.ones(1, 1, 28, 28)  # as torchvision's own ToTensor makes them
HINT = "; make a tensor of it: minigrad.from_numpy(x.numpy())"


@pytest.mark.parametrize(
    ("call", "place"),
    [
        (lambda: CNN()(PICTURE), "conv2d(): argument 'input' (position 1)"),
        (lambda: LeNet()(torch.ones(1, 1, 32, 32)), "conv2d(): argument 'input' (position 1)"),
        (lambda: nn.Linear(2, 2)(X), "linear(): argument 'input' (position 1)"),
        (lambda: nn.Sequential(nn.Flatten(), nn.ReLU())(X), "flatten(): argument 'input' (position 1)"),
        (lambda: nn.CrossEntropyLoss()(OURS, torch.tensor([0, 1])), "cross_entropy(): argument 'target' (position 2)"),
        (lambda: F.mse_loss(OURS, X), "mse_loss(): argument 'target' (position 2)"),
        (lambda: F.linear(OURS, X), "linear(): argument 'weight' (position 2)"),
        (lambda: F.conv2d(PICTURE, weight=minigrad.ones(1, 1, 3, 3)), "conv2d(): argument 'input' (position 1)"),
        (lambda: minigrad.relu(X), "relu(): argument 'input' (position 1)"),
        (lambda: minigrad.sum(X), "sum(): argument 'input' (position 1)"),
        (lambda: minigrad.mm(OURS, X), "mm(): argument 'mat2' (position 2)"),
        (lambda: minigrad.flatten(X), "flatten(): argument 'input' (position 1)"),
        (lambda: nn.BatchNorm2d(1)(PICTURE), "BatchNorm.forward(): argument 'input' (position 1)"),
        (lambda: OURS + X, "add(): argument 'other' (position 1)"),
        (lambda: X - OURS, "rsub(): argument 'other' (position 1)"),
        (lambda: OURS @ X, "matmul(): argument 'other' (position 1)"),
        (lambda: OURS == X, "eq(): argument 'other' (position 1)"),
        (lambda: OURS.add(X), "argument 'other'"),
        (lambda: minigrad.cat([OURS, X]), "expected Tensor as element 1 in argument 0, but got"),
    ],
)
def test_a_tensor_of_pytorch_is_refused_by_name_and_position(call: Callable[[], Any], place: str) -> None:
    with pytest.raises(TypeError) as caught:
        call()
    said = str(caught.value)
    assert said.startswith(place) and said.endswith(f"torch.Tensor{HINT}")


@pytest.mark.parametrize("function", ["linear", "relu", "max_pool2d"])
def test_an_array_is_refused_as_torch_refuses_it(function: str) -> None:
    array, words = np.ones((1, 2, 2), np.float32), []
    for library in (minigrad, torch):
        second = {"linear": (library.ones(2, 2),), "max_pool2d": (2,)}
        with pytest.raises(TypeError) as caught:
            getattr(library.nn.functional, function)(array, *second.get(function, ()))
        words.append(str(caught.value))
    assert words[0] == f"{words[1]}; make a tensor of it: minigrad.from_numpy(x)"


def test_the_way_out_is_one() -> None:
    assert nn.Linear(2, 2)(minigrad.from_numpy(X.numpy())).shape == (2, 2)


def test_other_attribute_errors_are_left_alone() -> None:
    class Net(nn.Module):
        def forward(self, x: Any) -> Any:
            return self.array + x.nothing

    class Holder(nn.Module):
        def forward(self, x: Any) -> Any:
            return np.ones(2).array  # type: ignore[attr-defined]

    with pytest.raises(AttributeError, match="'Net' object has no attribute 'array'"):
        Net()(OURS)
    with pytest.raises(AttributeError, match="'numpy.ndarray' object has no attribute 'array'"):
        Holder()(OURS)  # the mistake is in the user's own code
    with pytest.raises(AttributeError, match="nothing"):
        nn.Sequential(nn.ReLU())(OURS).nothing  # noqa: B018
    assert (OURS == "a") is False and OURS != object()
