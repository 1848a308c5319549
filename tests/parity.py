"""One program, run in minigrad and in torch, and everything that can be seen compared: as assertions.

What is looked at, and how, is in `comparisons/running.py` and `checks.py`, which the ledger uses too. A program is a
function of a library and tensors: `lambda lib, x, w: lib.nn.functional.conv2d(x, w)`.
"""

from typing import Any

import numpy as np

from comparisons.checks import EPSILON, ROUNDINGS, Comparison, compare, ulps
from comparisons.running import LIBRARIES, attempt_in, graph_of, run, tensor_from

__all__ = [
    "EPSILON", "LIBRARIES", "ROUNDINGS", "assert_close", "assert_parity", "assert_same_error", "assert_same_tensor",
    "error_of", "graph_of", "run", "tensor_from",
]  # fmt: skip

NOT_ASSERTED = ("strides", "versions", "views", "warnings")  # of every program: the table of operations asserts them


def assert_parity(
    program: Any, *arrays: np.ndarray, requires_grad: Any = None, backward: bool = True, scale: float = 1.0
) -> None:
    """Runs the program in both libraries and compares outputs, graphs, gradients, printed forms.

    Args:
        arrays: the inputs; floating-point ones require grad unless `requires_grad`, a bool for each, says otherwise.
        scale: the size of the largest number that is added up inside, where it is not seen outside.
    """
    ours, theirs = (run(library, program, arrays, requires_grad, backward) for library in LIBRARIES)
    assert_nothing_differs(compare(ours, theirs, scale))


def assert_nothing_differs(comparison: Comparison) -> None:
    """Fails with all that differs."""
    differing = [found for found in comparison.differences if found.check not in NOT_ASSERTED]
    assert not differing, "\n".join(f"{found.check}: {found.text}" for found in differing)


def assert_same_tensor(mine: Any, other: Any, what: str, scale: float = 1.0) -> None:
    """Same dtype, same shape, same values up to rounding."""
    comparison = Comparison()
    comparison.close("values", mine, other, what, scale)
    assert_nothing_differs(comparison)


def assert_close(mine: np.ndarray, other: np.ndarray, what: str = "value", scale: float = 1.0) -> None:
    """Equal integers; floats equal up to rounding, nan at the same places, the same infinities."""
    apart = ulps(mine, other, scale)
    assert apart <= ROUNDINGS, f"{what}: {apart:.3g} roundings apart\n{mine}\n{other}"


def assert_same_error(program: Any, words: int = 4) -> None:
    """The program fails on both sides with the same type of error and the same first words."""
    (mine, my_text), (other, their_text) = (error_of(program, library) for library in LIBRARIES)
    assert mine is not None, f"minigrad raised nothing; torch: {other} {their_text}"
    assert other is not None, f"torch raised nothing; minigrad: {mine} {my_text}"
    assert mine is other, f"minigrad: {mine} {my_text}\ntorch: {other} {their_text}"
    assert my_text.split()[:words] == their_text.split()[:words], f"minigrad: {my_text}\ntorch: {their_text}"


def error_of(program: Any, library: Any) -> tuple[type | None, str]:
    """The type and text of the error that the program raises in a library."""
    error = attempt_in(library, lambda: program(library))[1]
    return error if error is not None else (None, "")
