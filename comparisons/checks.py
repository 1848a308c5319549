"""Two runs of one program held together: a function for each thing that can be seen.

`compare` notes in a `Comparison` what was compared, how far apart the worst numbers were, and what differs. The tests
(`tests/parity.py`) and the ledger (`parity.py`, read it next) both stand on this.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

import minigrad

from .running import Run, dense, numbers_of, plain, rows_of, steps
from .versions import printed_in_this_release

# How far two correct results may be apart, in units of the rounding error of the largest number in play: the libraries
# add up the same terms in different orders, and a sum of n terms rounds about √n times. 200 covers these sizes.
ROUNDINGS = 200
EPSILON = {np.dtype(np.float32): 2.0**-23, np.dtype(np.float64): 2.0**-52}

MISSING = ("module 'minigrad", "'Tensor' object has no attribute", "got an unexpected keyword")  # said by Python
ERROR_WORDS = 4  # how many of an error's first words have to be torch's


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same: which check saw it, and what it saw."""

    check: str
    text: str


class Differs(Exception):
    """Raised inside a comparison where what follows could only repeat what was said."""


@dataclass
class Comparison:
    """What was compared, how far apart the worst numbers were, and what differs."""

    compared: Counter = field(default_factory=Counter)  # check -> how often
    worst: dict[str, float] = field(default_factory=dict)  # check -> the largest error, in ulps
    differences: list[Difference] = field(default_factory=list)
    epsilon: float = 0.0  # the coarsest rounding among what went in and came out, where that is not a result's own

    def same(self, check: str, mine: Any, other: Any, what: str) -> None:
        """Notes whether two things are equal."""
        self.compared[check] += 1
        if mine != other:
            self.differences.append(Difference(check, f"{what}: minigrad {mine}, torch {other}"))

    def close(self, check: str, mine: Any, other: Any, what: str, scale: float = 1.0) -> None:
        """Notes whether two tensors have one dtype, one shape, and the same values up to rounding."""
        kinds = [(str(tensor.dtype), tuple(tensor.shape)) for tensor in (mine, other)]
        self.same("dtype and shape", kinds[0], kinds[1], what)
        if kinds[0] != kinds[1]:
            return
        self.compared[check] += 1
        apart = ulps(numbers_of(mine), numbers_of(other), scale, self.epsilon)
        self.worst[check] = max(self.worst.get(check, 0.0), apart if apart <= ROUNDINGS else 0.0)
        if not apart <= ROUNDINGS:
            text = f"minigrad {short(numbers_of(mine))}, torch {short(numbers_of(other))}, {apart:.3g} ulps"
            self.differences.append(Difference(check, f"{what}: {text}"))


def ulps(mine: np.ndarray, other: np.ndarray, scale: float = 1.0, epsilon: float = 0.0) -> float:
    """How far the arrays are apart, in roundings of the largest number in play, which is at least `scale`.

    Infinitely far where integers differ, or where one has an infinity or a nan that the other has not.
    """
    if mine.dtype.kind != "f":
        return 0.0 if np.array_equal(mine, other) else np.inf
    finite = np.isfinite(other)
    if not np.array_equal(mine[~finite], other[~finite], equal_nan=True) or not np.isfinite(mine[finite]).all():
        return np.inf
    size = max(scale, largest(other))
    apart = np.abs(mine[finite].astype(np.float64) - other[finite].astype(np.float64)).max(initial=0)
    return 0.0 if not apart else float(apart / (max(epsilon, EPSILON[mine.dtype]) * size))


def largest(array: np.ndarray) -> float:
    """The largest finite number of an array, signs aside; 0 where there is none."""
    return float(np.abs(array[np.isfinite(array)].astype(np.float64)).max(initial=0))


def short(array: np.ndarray) -> str:
    """The array's numbers in one line, or as many as fit."""
    text = str(array.tolist())
    return text if len(text) <= 100 else text[:97] + "..."


def compare(ours: Run, theirs: Run, scale: float = 1.0) -> Comparison:
    """All the checks, in the order in which a reader wants to know.

    Args:
        scale: the size of the largest number that is added up inside, where it is not seen outside.
    """
    tensors = [tensor for tensor in [*theirs.inputs, *theirs.outputs] if isinstance(tensor, torch.Tensor)]
    dtypes = {numbers_of(tensor).dtype for tensor in tensors}
    result = Comparison(epsilon=max((EPSILON[dtype] for dtype in dtypes if dtype in EPSILON), default=0.0))
    try:
        for check in CHECKS:
            check(result, ours, theirs, scale)
    except Differs:
        pass
    return result


def compare_errors(result: Comparison, ours: Run, theirs: Run, scale: float) -> None:
    """The program's error: same type, same first words. And its warnings."""
    if ours.error is None and theirs.error is None:
        mine, other = ([text.split()[:ERROR_WORDS] for text in side.warned] for side in (ours, theirs))
        result.same("warnings", mine, other, "warnings")
        return
    compare_error(result, "errors", ours.error, theirs.error)
    raise Differs


def compare_error(result: Comparison, check: str, mine: Any, other: Any) -> None:
    """Two errors, either of which may be None: same type, same first words."""
    if mine is None and other is None:
        return
    seen = [None if error is None else (error[0].__name__, error[1].split()[:ERROR_WORDS]) for error in (mine, other)]
    result.compared[check] += 1
    if seen[0] != seen[1]:
        said = ["nothing" if error is None else f"{error[0].__name__}: {error[1]:.150}" for error in (mine, other)]
        missing = mine is not None and any(words in mine[1] for words in MISSING)
        result.differences.append(Difference("missing" if missing else check, f"minigrad {said[0]}; torch {said[1]}"))


def compare_outputs(result: Comparison, ours: Run, theirs: Run, scale: float) -> None:
    """Number, value, dtype, shape; strides where torch promises them; whether each requires grad; whose view it is."""
    if len(ours.outputs) != len(theirs.outputs):
        result.same("values", len(ours.outputs), len(theirs.outputs), "the number of outputs")
        raise Differs
    for index, (mine, other) in enumerate(zip(ours.outputs, theirs.outputs, strict=True)):
        what = f"output {index}"
        if not (isinstance(mine, minigrad.Tensor) and isinstance(other, torch.Tensor)):
            result.same("values", without_nan(plain(mine)), without_nan(plain(other)), what)
            continue
        before = len(result.differences)
        result.close("values", mine, other, what, scale)
        if len(result.differences) > before:
            continue
        if other._base is not None or all(dense(x) for x in theirs.inputs):  # elsewhere torch promises nothing
            result.same("strides", steps(mine), steps(other), what)
        result.same("requires_grad", mine.requires_grad, other.requires_grad, what)
        result.same("views", base_of(mine, ours), base_of(other, theirs), f"{what} looks at the memory of")
    if not result.differences:
        result.same("versions", ours.versions, theirs.versions, "the versions of inputs and outputs")


def without_nan(value: Any) -> Any:
    """Numbers, however nested, with None for nan, which is not equal to itself."""
    if isinstance(value, (tuple, list)):
        return tuple(without_nan(item) for item in value)
    return None if value != value else value


def base_of(tensor: Any, side: Run) -> str:
    """Whose view the tensor is, in words."""
    if tensor._base is None:
        return "nobody"
    known = [("input", number, x) for number, x in enumerate(side.inputs)]
    known += [("output", number, x) for number, x in enumerate(side.outputs)]
    return next((f"{kind} {number}" for kind, number, x in known if x is tensor._base), "another")


def compare_graphs(result: Comparison, ours: Run, theirs: Run, scale: float) -> None:
    """Each output's graph, node by node; and what equal nodes have saved."""
    for index, (mine, other) in enumerate(zip(ours.graphs, theirs.graphs, strict=True)):
        rows = rows_of(mine), rows_of(other)
        result.same("graph", words(rows[0]), words(rows[1]), f"the graph behind output {index}")
        if rows[0] != rows[1] or not ours.saved:
            continue
        for node, kept, wanted in zip(rows[0], ours.saved[index], theirs.saved[index], strict=True):
            result.same("saved", sorted(kept), sorted(wanted), f"what {node[0]} saves")
            for name in kept.keys() & wanted.keys():
                (mine_is, my_error), (other_is, error) = kept[name], wanted[name]
                compare_error(result, "saved", my_error, error)
                if not alike(mine_is, other_is):
                    text = f"{node[0]}.{name}: minigrad {mine_is!r:.80}, torch {other_is!r:.80}"
                    result.differences.append(Difference("saved", text))


def alike(mine: Any, other: Any) -> bool:
    """Whether two saved values are the same, numbers up to rounding."""
    if isinstance(mine, np.ndarray) and isinstance(other, np.ndarray):
        if mine.dtype != other.dtype or mine.shape != other.shape:
            return False
        return ulps(mine, other) <= ROUNDINGS
    if isinstance(mine, tuple) and isinstance(other, tuple):
        return len(mine) == len(other) and all(alike(*pair) for pair in zip(mine, other, strict=True))
    return type(mine) is type(other) and (mine == other or mine != mine)


def words(rows: list[Any]) -> str:
    """A graph in one line: `MulBackward0(1, -) AccumulateGrad()`, each edge by the number of the node that it leads to.

    >>> words([("MulBackward0", [(1, 0), None]), ("AccumulateGrad", [])])
    'MulBackward0(1, -) AccumulateGrad()'
    """

    def edge(to: Any) -> str:
        return "-" if to is None else f"{to[0]}" if not to[1] else f"{to[0]}.{to[1]}"

    return " ".join(f"{name}({', '.join(edge(to) for to in edges)})" for name, edges in rows)


def compare_gradients(result: Comparison, ours: Run, theirs: Run, scale: float) -> None:
    """The gradient of each input, and its layout where the input is dense; then what a second backward says."""
    compare_error(result, "gradients", ours.backward_error, theirs.backward_error)
    if ours.backward_error or theirs.backward_error:
        return
    scale = in_play(theirs, scale)
    for index, (mine, other) in enumerate(zip(ours.inputs, theirs.inputs, strict=True)):
        if not (mine.is_leaf and other.is_leaf):
            continue
        what = f"the gradient of input {index}"
        if mine.grad is None or other.grad is None:
            if (mine.grad is None) != (other.grad is None):
                result.same("gradients", mine.grad is not None, other.grad is not None, f"{what}, if there is one")
            continue
        result.close("gradients", mine.grad, other.grad, what, scale)
        if dense(mine) and dense(other):
            result.same("layout", steps(mine.grad), steps(other.grad), f"{what}, strides")
    result.same("second backward", ours.freed, theirs.freed, "a second backward")


def compare_second(result: Comparison, ours: Run, theirs: Run, scale: float) -> None:
    """The second derivatives: where one side has none, the other has none or zeros. And the graphs they come from."""
    compare_error(result, "second derivatives", ours.second_error, theirs.second_error)
    if ours.second_error or theirs.second_error:
        return
    scale = in_play(theirs, scale)
    length = max(len(ours.second), len(theirs.second))
    pairs = zip(*(side.second or [None] * length for side in (ours, theirs)), strict=True)
    for index, (mine, other) in enumerate(pairs):
        if mine is None and other is None:
            continue
        mine = minigrad.from_numpy(np.zeros_like(numbers_of(other))) if mine is None else mine
        other = torch.from_numpy(np.zeros_like(numbers_of(mine))) if other is None else other
        result.close("second derivatives", mine, other, f"second derivative {index}", scale)
    mine_in_words, others = ([words(rows) for rows in side.second_graphs] for side in (ours, theirs))
    if mine_in_words or others:
        result.same("second graph", mine_in_words, others, "the graph behind the gradient")


def in_play(side: Run, scale: float) -> float:
    """The largest number among inputs, outputs, gradients and second derivatives."""
    tensors = [*side.inputs, *side.outputs, *(x.grad for x in side.inputs if x.is_leaf), *side.second]
    arrays = [numbers_of(tensor) for tensor in tensors if isinstance(tensor, torch.Tensor)]
    return max([scale, *(largest(array) for array in arrays if array.dtype.kind == "f")])


def compare_printed(result: Comparison, ours: Run, theirs: Run, scale: float) -> None:
    """The printed form of each output, grad_fn and all, once it has torch's very numbers. (Hence the last check.)"""
    for index, (mine, other) in enumerate(zip(ours.outputs, theirs.outputs, strict=True)):
        if isinstance(mine, minigrad.Tensor) and isinstance(other, torch.Tensor):
            if (mine.shape, str(mine.dtype)) == (other.shape, str(other.dtype)):
                mine.data = minigrad.from_numpy(numbers_of(other).copy())
        if type(mine).__module__.split(".")[0] in ("minigrad", "torch"):
            result.same("printed", printed_in_this_release(mine), repr(other), f"output {index}")


Check = Callable[[Comparison, Run, Run, float], None]
CHECKS: tuple[Check, ...] = (
    compare_errors, compare_outputs, compare_graphs, compare_gradients, compare_second, compare_printed,
)  # fmt: skip
