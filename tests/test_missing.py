"""Names that torch may have and minigrad has not: torch's words, and below them where to look."""

import importlib
import subprocess
import sys

import pytest
import torch

import minigrad
from minigrad.missing import NOTE

LACKING = ["", "nn", "nn.functional", "optim"]


def error_of(module: str, name: str) -> AttributeError:
    with pytest.raises(AttributeError) as caught:
        getattr(importlib.import_module(module), name)
    return caught.value


@pytest.mark.parametrize("module", LACKING)
def test_a_module_says_what_it_has_not(module: str) -> None:
    ours, theirs = (error_of(f"{root}.{module}".rstrip("."), "fictitious") for root in ("minigrad", "torch"))
    assert str(ours) == str(theirs).replace("torch", "minigrad")
    assert ours.__notes__ == [NOTE]


@pytest.mark.parametrize(("module", "name", "meant"), [("", "softmx", "softmax"), ("nn", "Conv2D", "Conv2d")])
def test_a_name_that_is_misspelt_is_not_called_outside(module: str, name: str, meant: str) -> None:
    error = error_of(f"minigrad.{module}".rstrip("."), name)
    assert not hasattr(error, "__notes__")
    program = f"import minigrad; minigrad.{module}.{name}".replace("..", ".")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert f"Did you mean: '{meant}'" in done.stderr


@pytest.mark.parametrize(("module", "name"), [("nn", "Conv1d"), ("nn", "BatchNorm3d"), ("nn", "ReLU6"), ("", "log2")])
def test_a_name_of_torchs_that_differs_by_its_number_is_not_called_misspelt(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(f"torch.{module}".rstrip(".")), name)
    error = error_of(f"minigrad.{module}".rstrip("."), name)
    assert error.__notes__ == [NOTE] and error.name is None  # without which Python suggests nothing


def test_what_is_only_alike_is_suggested_and_noted() -> None:
    error = error_of("minigrad.nn", "Linaer")
    assert error.__notes__ == [NOTE] and error.name == "Linaer"


def test_a_tensor_says_what_it_has_not() -> None:
    errors = []
    for library in (minigrad, torch):
        with pytest.raises(AttributeError) as caught:
            library.ones(2).fictitious  # noqa: B018
        errors.append(caught.value)
    assert str(errors[0]) == str(errors[1])
    assert errors[0].__notes__ == [NOTE]


def test_the_error_of_a_property_of_a_users_class_is_its_own() -> None:
    class Mine(minigrad.nn.Parameter):
        @property
        def broken(self) -> int:
            return {}.absent  # type: ignore[attr-defined,no-any-return]

    with pytest.raises(AttributeError, match="'dict' object has no attribute 'absent'"):
        Mine(minigrad.ones(1)).broken  # noqa: B018


def test_python_itself_may_ask_without_a_note() -> None:
    assert not hasattr(minigrad, "__path_of_nobody__") and not hasattr(minigrad.ones(1), "__array_interface__")
    with pytest.raises(ImportError, match="cannot import name 'einsum'"):
        exec("from minigrad import einsum")
