"""One program in both libraries, and what comes of it: a plain value, or an error, to the letter."""

from typing import Any

import pytest
import torch
from parity import LIBRARIES, error_of

import minigrad

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])


def assert_same(program: Any) -> None:
    """The program returns equal plain values in both libraries."""
    ours, theirs = program(minigrad), program(torch)
    assert ours == theirs, f"minigrad: {ours}\ntorch: {theirs}"


def assert_same_full_error(program: Any) -> None:
    """The program fails in both libraries with the same type and, but for where a class lives, the same text."""
    (ours, our_text), (theirs, their_text) = error_of(program, minigrad), error_of(program, torch)
    our_text = our_text.replace("minigrad.nn.", "torch.nn.modules.")
    assert theirs is not None, "torch raised nothing"
    assert (ours, our_text) == (theirs, their_text), f"minigrad: {ours} {our_text}\ntorch: {theirs} {their_text}"
