"""The table of operations: it names all there is, its cases are sound, and minigrad is torch in each of them.

What the cases are is in `comparisons/cases/`, what is compared in `comparisons/checks.py`, and what is known to differ
in `comparisons/differences.py`. `python -m comparisons parity` draws fresh cases; here they are the same each time.
"""

import functools
import inspect
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import minigrad
from comparisons.cases import TABLE, Case, names_in
from comparisons.checks import compare
from comparisons.differences import KNOWN
from comparisons.parity import Line, examine
from comparisons.running import LIBRARIES, run
from comparisons.versions import BEFORE_2_15
from minigrad import methods
from minigrad.autograd import Node
from minigrad.tensor import Tensor

README = Path(minigrad.__file__).parents[1] / "README.md"
CASES = 20  # of each operation, and all that is made of them: what the command draws by itself

# Names that take no tensor to a tensor. The tests of their own are named.
NO_OPERATIONS = {
    "tests/test_random.py": "normal rand rand_like randn randn_like randint "
    "randint_like randperm geometric_ log_normal_ cauchy_ multinomial seed manual_seed initial_seed "
    "get_rng_state set_rng_state",
    "tests/test_tensor.py": "tensor as_tensor from_numpy is_tensor cuda cpu numpy",
    "tests/ops/test_creation.py": "arange linspace empty full ones zeros eye empty_like full_like new_empty new_full "
    "new_tensor get_default_device set_default_device is_floating_point",
    "tests/test_engine.py": "is_grad_enabled set_grad_enabled get_default_dtype set_default_dtype is_anomaly_enabled "
    "is_anomaly_check_nan_enabled is_inference_mode_enabled",
    "tests/test_missing.py": "__getattr__",
    "tests/test_printing.py": "set_printoptions",
    "tests/test_serialization.py": "save load",
}  # fmt: skip
ELSEWHERE = set(" ".join(NO_OPERATIONS.values()).split())


@functools.cache
def line_of(name: str) -> Line:
    """What the ledger says about an operation."""
    return examine(TABLE[name], CASES, 0)


@functools.cache
def drawn(name: str) -> list[Case]:
    return list(TABLE[name].cases(CASES, 0))


# -- The table is whole


def offered() -> Iterator[str]:
    """The operations that minigrad offers: as functions, as methods, as operators."""
    for module in (minigrad, minigrad.nn.functional):
        for name, value in vars(module).items():
            if inspect.isfunction(value) and hasattr(torch, name) | hasattr(torch.nn.functional, name):
                yield name
    for name, value in vars(Tensor).items():
        if not hasattr(torch.Tensor, name):
            continue  # ours alone, for our own use
        if inspect.isroutine(value) or isinstance(value, property):
            if value.__class__ is property or getattr(value, "__module__", "") != Tensor.__module__:
                yield name
    yield from methods.OPERATORS


def reached() -> set[str]:
    """What the table's programs use."""
    texts = [text for op in TABLE for text in (*(case.text for case in drawn(op)), *TABLE[op].errors)]
    return {name for text in texts for name in names_in(text)}


# What every tensor has, and the tests of tensors, hooks and printing compare.
BELONGS_TO_TENSORS = {
    name for name, value in vars(Tensor).items() if isinstance(value, property) and name not in ("T", "mT")
} | {"__iter__", "__init__", "__hash__"}


def test_every_operation_has_an_entry() -> None:
    without = set(offered()) - reached() - set(TABLE) - ELSEWHERE - BELONGS_TO_TENSORS
    assert not without, f"no case in comparisons/cases/ uses {sorted(without)}"


def subclasses(parent: type) -> Iterator[type]:
    """All that is derived from it, directly or not."""
    for child in parent.__subclasses__():
        yield child
        yield from subclasses(child)


def test_every_node_is_reached_by_a_case() -> None:
    met = set().union(*(line_of(name).nodes for name in TABLE))
    nodes = [node for node in subclasses(Node) if node.__module__.startswith(("minigrad.ops.", "minigrad.random"))]
    named = [node for node in nodes if not node.__subclasses__() or node.__name__[-1].isdigit()]
    formulas = {node.backward for node in named if node.__name__ in met}  # several nodes may share one
    unmet = sorted(node.__name__ for node in named if node.backward not in formulas)
    assert not unmet, f"no case in comparisons/cases/ leaves {unmet}"


# -- Its cases are sound


@pytest.mark.parametrize("name", TABLE)
def test_a_case_is_a_function_of_the_seed_and_runs_in_torch(name: str) -> None:
    again = list(TABLE[name].cases(CASES, 0))
    assert [str(case) for case in again] == [str(case) for case in drawn(name)]
    for one, other in zip(again, drawn(name), strict=True):
        assert all(
            np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
            for a, b in zip(one.arrays.values(), other.arrays.values(), strict=True)
        )
    plain = [case for case in again if case.form == "plain"]
    runs = [run(torch, case.program, list(case.arrays.values()), case.requires_grad, catch=True) for case in plain]
    failed = [done.error for done in runs if done.error is not None]
    assert len(failed) <= len(runs) / 2, f"most cases of {name} end in an error of torch's: {failed[0]}"


WITHOUT_SLOPE = set(  # flat, or no tensor of floating point at all
    "eq ne lt le gt ge logical_and logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_xor bitwise_not "
    "isnan isinf isfinite isclose argmax argmin all any equal allclose size item zeros_like long "
    "int short char byte bool floor_divide fill_ uniform_ normal_ bernoulli_ random_ "
    "normal exponential_ one_hot".split()
)


@pytest.mark.parametrize("name", [name for name in TABLE if name not in WITHOUT_SLOPE])
def test_an_operation_with_a_slope_is_differentiated_twice(name: str) -> None:
    def twice(case: Case) -> bool:
        arrays = list(case.arrays.values())
        return bool(run(torch, case.program, arrays, case.requires_grad, second=True, catch=True).second)

    assert any(twice(case) for case in drawn(name))


@pytest.mark.parametrize("name", [name for name, op in TABLE.items() if op.errors])
def test_each_bad_call_is_refused_by_torch(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        accepted = [
            text for text in TABLE[name].errors if run(torch, Case(text, {}).program, [], catch=True).error is None
        ]
    assert not accepted


# -- minigrad is torch


@pytest.mark.parametrize("name", TABLE)
def test_the_operation_is_torchs(name: str) -> None:
    new = [finding for finding in line_of(name).found if finding.known is None]
    assert not new, "\n\n".join(finding.text() for finding in sorted(new, key=lambda found: found.case.reading())[:5])


# -- The list of known differences


def test_the_readme_names_each_known_difference() -> None:
    text = " ".join(README.read_text().partition("## Where it differs from torch")[2].partition("\n## ")[0].split())
    for known in KNOWN:
        assert known.sentence in text, f"not in the README: {known.sentence}"


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.sentence[:40])
def test_each_known_difference_is_still_there(known: Any) -> None:
    if known.before_2_15 and not BEFORE_2_15:
        pytest.skip("the installed torch is like minigrad")
    assert any(finding.known is known for name in TABLE for finding in line_of(name).found), (
        "remove it: nothing needs it"
    )


# -- The checks see what they should: programs that are not the same on both sides


def differs(lib: Any) -> bool:
    return lib is minigrad


WRONG = {
    "values": lambda lib, x: x * (2 if differs(lib) else 3),
    "dtype and shape": lambda lib, x: x.float() if differs(lib) else x,
    "requires_grad": lambda lib, x: x.detach().clone() if differs(lib) else x * 1,
    "strides": lambda lib, x: x.t() if differs(lib) else x.t().contiguous(),
    "views": lambda lib, x: x.view(2, 2) if differs(lib) else x * 1,
    "versions": lambda lib, x: (x * 1).add_(0) if differs(lib) else x * 1,
    "graph": lambda lib, x: x * 1 if differs(lib) else x / 1,
    "gradients": lambda lib, x: x * 2 if differs(lib) else x * 1 + x.detach(),
    "second derivatives": lambda lib, x: x**3 if differs(lib) else 3 * x.detach() ** 2 * x - 2 * x.detach() ** 3,
    "second backward": lambda lib, x: x + x if differs(lib) else x * 2 * lib.ones(2, 2),
    "saved": lambda lib, x: x.sum(0 if differs(lib) else 1) if x.shape == (2, 2) else x,
    "warnings": lambda lib, x: warnings.warn("one" if differs(lib) else "other", stacklevel=1) or x,
    "errors": lambda lib, x: x.sum(9 if differs(lib) else (0, 0)),
    "missing": lambda lib, x: x.nothing if differs(lib) else x,
    "printed": lambda lib, x: x * 1 if differs(lib) else x / 1,
    "second graph": lambda lib, x: x * x if differs(lib) else x**2,
}  # fmt: skip


@pytest.mark.parametrize("check", WRONG)
def test_a_check_sees_what_it_should(check: str) -> None:
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    ours, theirs = (run(lib, WRONG[check], [x], second=True, catch=True) for lib in LIBRARIES)
    assert check in {found.check for found in compare(ours, theirs).differences}


def test_equal_programs_do_not_differ() -> None:
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    ours, theirs = (run(lib, lambda lib, x: (x * x).sum(), [x], second=True) for lib in LIBRARIES)
    assert compare(ours, theirs).differences == []


def test_a_broken_derivative_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from minigrad.ops.elementwise import ExpBackward0

    right = ExpBackward0.backward
    monkeypatch.setattr(ExpBackward0, "backward", lambda self, grad: right(self, grad) * 1.001)
    found = examine(TABLE["exp"], 5, 0).found
    assert {"gradients", "second derivatives"} <= {finding.difference.check for finding in found}


def test_known_differences_are_told_apart_by_check_operation_and_text() -> None:
    known = next(known for known in KNOWN if known.checks == ("second graph",))
    assert known.covers("exp", known.checks[0], "x.exp()", "") and not known.covers("exp", "values", "x.exp()", "")
    assert re.search(r"\w", known.sentence)
