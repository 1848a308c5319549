"""Whole random programs: values, gradients, versions, graphs and errors agree with torch's after every line.

This is the test that finds what nobody thought of. `disagreement(lines)` runs the lines of a program side by side and
says where the two libraries first part; `shortest` takes away lines as long as they still part in that way; `listing`
is what a failing test prints, ready to be pasted. `KNOWN` names what is known to differ.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from parity import EPSILON, LIBRARIES, ROUNDINGS, graph_of
from parting import PARTING
from programs import HEADER, IMPORT, Scope, crashes_torch, execute, new_scope, programs, tensors_in

import minigrad
from comparisons.running import steps
from comparisons.versions import error_in_this_release
from minigrad.autograd.hooks import Hooks
from minigrad.ops import arithmetic

# What is known to differ: the reason, and a pattern for the program up to the line (after ">"), torch's error, and the
# disagreement, one under the other. A program that meets one ends there. `parting.py` has a program for each.
KNOWN: dict[str, str] = {
    # torch 2.14, where minigrad follows 2.15
    "linear of one or three dimensions is an unsafe view": r">[^\n]*F\.linear.*(_is_view|_base|graph|grad_fn)",
    "a number assigned through a view leaves one edge": r"CopySlices', \[\(\d+, 0\), None\]",
    "and one without a view": r"minigrad .*FillBackward2.*, torch .*(FillBackward3|CopyBackwards)",
    # torch's accidents
    "torch does half of the write, then refuses": r"\nInplace update to inference tensor.*\nt\d+(\.grad)?: ",
    "a write that reads what it has just written": r">[^\n]*(_\(| [-+*]= )[^\n]*\nfine\nt\d+: ",
    "whether a gradient is a view": r"autograd\.grad\(.*\nt\d+\.(_is_view\(\)|_base): ",
    "the graph of a second derivative": r"create_graph=True.*\n(the graph behind|t\d+\.(grad_fn|grad\.requires_grad))",
    # values and gradients
    "how operands that lie otherwise are laid out together": r">[^\n]*( [-+*/]{1,2} |\[|mum\().*\nt\d+\.stride\(\): ",
    "masked_fill_ and the like may write to expanded memory": (
        r">[^\n]*(masked_fill_|index_put_|copy_|\] [-+*]?= |F\.relu).*\nfine\n"
        r"error: minigrad RuntimeError: unsupported operation: more than"
    ),
    "the alias of an inference tensor may be written to": (
        r"inference_mode.*>[^\n]*\.(detach\(\)|data)\W.*\n(t\d+\._version: |error: minigrad RuntimeError: Inplace)"
    ),
    "an inference tensor that has a history": (
        r"inference_mode.*requires_grad.*\nt\d+\.(requires_grad|grad|grad\.requires_grad|_is_view\(\)): |"
        r"inference_mode.*stack.*\._is_view|"
        r"inference_mode.*requires_grad.*error: minigrad RuntimeError: element 0 of tensors does not"
    ),
    "and what torch makes of several operations": (
        r"inference_mode.*no error, torch RuntimeError: \w+\(\): functions with out="
    ),
    # graphs
    "where an empty slice begins": r"setStorage",
    "a view of a base that no longer wants a gradient": (
        r"(d_\(F|detach_).*torch (AsStrided|RuntimeError: (Output|a view))"
    ),
    "a node's hook is told None for what needs no gradient": r"(grad_fn\S*register_hook|inputs=).*\nlog: .*None",
    "a root off the way still calls its hooks": r">[^\n]*autograd\.grad\(t\d+, \[t\d+\].*\n(log|t\d+\.grad): ",
    "linear with a bias that has gaps is composed": (
        r"F\.linear.*(minigrad UnsafeViewBackward0, torch AddB|\n.*'AddBackward0')"
    ),
    "floor_divide refuses before leaves are reached, or after": r"floor_divide_? is not implemented.*\nt\d+\.grad: ",
    # errors
    "out= may be a part of an operand": r">[^\n]*out=.*torch RuntimeError: unsupported operation: some",
    "a value that nobody needs may be overwritten or freed": r"no error, .*(modified by an inplace|Trying to backw)",
    "a saved value that was detached in place": (
        r"no error, torch RuntimeError: Trying to use a saved tensor that has been det"
    ),
    "asking a lost view": r"minigrad RuntimeError: (A view was|Output \d+ of|you can only)",
    "a lost view, and a bad argument": r"minigrad \w+: .*torch RuntimeError: (Output \d+ of|A view was)",
    "out= is refused before shapes and inference are looked at": (
        r"minigrad R\w+: .*torch RuntimeError: \w+\(\): functions w"
    ),
    "what comes first, memory or arguments": (
        r"minigrad RuntimeError: (unsupported operation|Inplace update|mat1 and mat2 must).*torch \w+Error: "
        r"(mat|self|a leaf|scatter|[Ii]ndex|Inference|Dimension|Subtraction|too many|unsupp|Bad in-|The size|output w)"
    ),
}


# -- Running a program in both libraries


class Disagreement(Exception):
    """Where two runs part: what was compared, what each library says of it, and after which line."""

    def __init__(self, what: str, mine: Any, other: Any) -> None:
        super().__init__(f"{what}: minigrad {mine}, torch {other}")
        self.what = what
        self.number = 0
        self.story = ""  # what the patterns of KNOWN look at

    def kind(self) -> str:
        """What it is about, whatever the names are."""
        return re.sub(r"t\d+", "t", self.what)


class Invalid(Exception):
    """The program uses a name that it has not made, or would crash."""


def disagreement(lines: list[str], known: dict[str, str] = KNOWN) -> Disagreement | None:
    """Runs the lines side by side until they part; None if they never do, or in a known way."""
    ours, theirs = (new_scope(library) for library in LIBRARIES)
    size, rounding = 1.0, 0.0  # of the largest number so far, and of the last bit in the coarsest dtype so far
    for number, line in enumerate(lines):
        if crashes_torch(line, theirs):
            raise Invalid(line)
        mine, other = execute(line, ours), execute(line, theirs)
        try:
            compare_errors(mine, other)
            for tensor in tensors_in(theirs).values():
                values = tensor.numpy(force=True)
                if values.dtype.kind == "f":
                    size = max(size, float(np.abs(values[np.isfinite(values)]).max(initial=0)))
                    rounding = max(rounding, EPSILON[values.dtype])
            tolerance = ROUNDINGS * rounding  # of the number itself too: a gradient may be larger than all values
            close = {"rtol": tolerance, "atol": tolerance * size, "equal_nan": True}
            compare(ours, theirs, close, "backward(" in line or "autograd.grad(" in line)
            if number == len(lines) - 1:
                compare(ours, theirs, close, True)
                compare_graphs(ours, theirs)
        except Disagreement as found:
            found.number = number
            found.story = "\n".join([*lines[:number], f"> {line}", str(other or "fine"), str(found)])
            return None if any(tells_of(found, pattern) for pattern in known.values()) else found
    return None


def tells_of(found: Disagreement, pattern: str) -> bool:
    """Whether the pattern names this disagreement."""
    return re.search(pattern, found.story, re.DOTALL) is not None


def agree(what: str, mine: Any, other: Any) -> None:
    """Raises: Disagreement, if the two are not equal."""
    if mine != other:
        raise Disagreement(what, mine, other)


def said(question: Callable[[], Any]) -> Any:
    """The answer, or the error's first words."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return question()
    except RuntimeError as error:
        return f"RuntimeError: {' '.join(str(error).split()[:6])}"


def compare_errors(mine: Exception | None, other: Exception | None, words: int = 4) -> None:
    """Same type, same first words; minigrad's as the installed torch would put them."""
    if isinstance(mine, NameError) and isinstance(other, NameError):
        raise Invalid(str(other))
    said = [None if e is None else (type(e), str(e)) for e in (mine, other)]
    said[0] = error_in_this_release(said[0])
    seen = [None if error is None else (error[0], error[1].split()[:words]) for error in said]
    if seen[0] != seen[1]:
        texts = ["no error" if error is None else f"{error[0].__name__}: {error[1]:.200}" for error in said]
        raise Disagreement("error", *texts)


def compare(ours: Scope, theirs: Scope, close: Any, history: bool) -> None:
    """All that can be seen of all tensors, and the hooks' log.

    A view works out its history when it is asked, so asking changes what follows; where nobody should, history=False.
    """
    for name, mine, other in pairs(ours, theirs):
        agree(f"the first name of {name}", name_of(mine, ours), name_of(other, theirs))
        agree(f"{name}._is_view()", mine._is_view(), other._is_view())
        agree(f"{name}._base", name_of(mine._base, ours), name_of(other._base, theirs))
        agree(f"{name}.is_inference()", mine.is_inference(), other.is_inference())
        agree(f"{name}._version", writes_to(mine, name, ours), writes_to(other, name, theirs))
        compare_values(name, mine, other, close)
        if history:
            for attribute in ("requires_grad", "is_leaf", "retains_grad", "output_nr"):
                agree(f"{name}.{attribute}", *[said(lambda: getattr(t, attribute)) for t in (mine, other)])  # noqa: B023
            agree(f"{name}.grad_fn", *[said(lambda: type(t.grad_fn).__name__) for t in (mine, other)])  # noqa: B023
            my_grad, its_grad = [said(lambda: t.grad) for t in (mine, other)]  # noqa: B023
            agree(f"{name}.grad", name_of(my_grad, ours), name_of(its_grad, theirs))
            if hasattr(my_grad, "dtype"):
                compare_values(f"{name}.grad", my_grad, its_grad, close)
                agree(f"{name}.grad.requires_grad", my_grad.requires_grad, its_grad.requires_grad)
    compare_logs(ours["log"], theirs["log"], close)


def pairs(ours: Scope, theirs: Scope) -> Iterator[tuple[str, Any, Any]]:
    """Each tensor's name, and what it names on either side."""
    mine, other = tensors_in(ours), tensors_in(theirs)
    agree("names", list(mine), list(other))
    return ((name, mine[name], other[name]) for name in mine)


def name_of(tensor: Any, scope: Scope) -> str:
    """The first name of this very tensor; what is no tensor, as text."""
    if not hasattr(tensor, "dtype"):
        return str(tensor)
    return next((name for name, value in tensors_in(scope).items() if value is tensor), "unnamed")


def writes_to(tensor: Any, name: str, scope: Scope) -> Any:
    """How many writes were counted since the tensor got its name. (At birth torch's gradients have 0 or 1.)"""
    now = said(lambda: tensor._version)
    owner, first = scope["versions"].get(name, (None, None))
    if owner is not tensor:
        scope["versions"][name], first = (tensor, now), now
    return now if isinstance(now, str) or isinstance(first, str) else now - first


def compare_values(name: str, mine: Any, other: Any, close: Any) -> None:
    """Dtype, shape, layout, numbers."""
    agree(f"{name}.dtype", str(mine.dtype), str(other.dtype))
    agree(f"{name}.shape", tuple(mine.shape), tuple(other.shape))
    if other.numel():
        agree(f"{name}.stride()", steps(mine), steps(other))
    x, y = mine.numpy(force=True), other.numpy(force=True)
    if not (np.allclose(x, y, **close) if y.dtype.kind == "f" else np.array_equal(x, y)):
        raise Disagreement(name, x.tolist(), y.tolist())


def compare_logs(mine: Any, other: Any, close: Any) -> None:
    """What the hooks have seen, in order."""
    if isinstance(mine, (list, tuple)) and isinstance(other, (list, tuple)) and len(mine) == len(other):
        for each, its in zip(mine, other, strict=True):
            compare_logs(each, its, close)
    elif not (isinstance(mine, float) and isinstance(other, float)):
        agree("log", mine, other)
    elif not np.isclose(mine, other, **close):
        raise Disagreement("log", mine, other)


def compare_graphs(ours: Scope, theirs: Scope) -> None:
    """The graphs behind all tensors, node by node."""
    for name, mine, other in pairs(ours, theirs):
        agree(f"the graph behind {name}", *[said(lambda: graph_of(t)) for t in (mine, other)])  # noqa: B023


# -- Telling what was found


def shortest(lines: list[str], found: Disagreement, known: dict[str, str] = KNOWN) -> tuple[list[str], Disagreement]:
    """The program without the lines, and the blocks around lines, that the disagreement does not need."""
    lines = lines[: found.number + 1]
    number = len(lines)
    while number:
        number -= 1
        bare = [lines[number].partition(": ")[2]] if lines[number].startswith("with") else []
        for instead in ([], bare) if bare else ([],):
            shorter = lines[:number] + instead + lines[number + 1 :]
            try:
                still = disagreement(shorter, known)
            except Invalid:
                continue
            if still is not None and still.kind() == found.kind():
                lines, found, number = shorter[: still.number + 1], still, len(shorter)  # and once more from the end
                break
    return lines, found


def listing(lines: list[str], found: Disagreement) -> str:
    """The program, ready to be pasted, and where the libraries part."""
    scope = new_scope(torch)
    rows = [IMPORT + HEADER.rstrip()]
    for line in lines:
        fails = execute(line, scope) is not None
        rows.append(f"try:\n    {line}\nexcept Exception as error:\n    print(error)" if fails else line)
    return "\n".join([*rows, f"# {found}"])


# -- Tests


# Shrinking is `shortest`'s: it takes away lines, which hypothesis can only do by drawing others.
@settings(max_examples=8 * settings().max_examples, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@pytest.mark.timeout(1800)
@given(programs())
def test_random_programs_agree(lines):
    found = disagreement(lines)
    if found is not None:
        raise AssertionError("\n" + listing(*shortest(lines, found)))


PROGRAM = [
    "t0 = torch.tensor([1., -2.], requires_grad=True)",
    "t1 = torch.tensor(3.)",
    "t2 = t0 * 2",
    "t2.register_hook(note('t2'))",
    "t3 = t2 * t2",
    "with torch.no_grad(): t1.zero_()",
    "t4 = -t2",
    "t5 = t0.view(7)",
    "t3.sum().backward(retain_graph=True)",
    "t0.register_hook(note('t0'))",
    "t4.sum().backward()",
]


@pytest.mark.parametrize("name", KNOWN)
def test_what_is_known_to_differ_still_does(name):
    found = disagreement([line.strip() for line in PARTING[name].strip().splitlines()], known={})
    assert found is not None, "mended: take it out of KNOWN, and of parting.py"
    assert tells_of(found, KNOWN[name]), found.story


def uncounted(x):
    x.array[...] = 0
    return x


def overwritten(x, grad, is_spare=False):
    x._grad = grad.clone()


def other_words(x, *shape):
    raise RuntimeError("this does not fit")


FAULTS = {
    "a wrong value": (minigrad.Tensor, "__neg__", lambda x: x * -2, "t"),
    "an uncounted write": (minigrad.Tensor, "zero_", uncounted, "t._version"),
    "other words": (minigrad.Tensor, "view", other_words, "error"),
    "no error": (minigrad.Tensor, "view", lambda x, *shape: x, "error"),
    "a wrong derivative": (arithmetic.MulBackward0, "backward", lambda node, grad: (grad, None), "t.grad"),
    "a gradient that is not summed": (minigrad.Tensor, "accumulate_grad", overwritten, "t.grad"),
    "a silent hook": (Hooks, "on_tensors", lambda hooks, grads: grads, "log"),
    "another node": (arithmetic, "NegBackward0", type("Other", (arithmetic.NegBackward0,), {}), "t.grad_fn"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=FAULTS)
def test_a_fault_is_found_and_told_in_few_lines(monkeypatch, fault):
    assert disagreement(PROGRAM, known={}) is None
    monkeypatch.setattr(*FAULTS[fault][:3])
    found = disagreement(PROGRAM, known={})
    assert found is not None and found.kind() == FAULTS[fault][3]
    lines, still = shortest(PROGRAM, found, known={})
    assert still.kind() == found.kind() and len(lines) < len(PROGRAM) / 2 + 1
    for number in range(len(lines)):
        without = lines[:number] + lines[number + 1 :]
        try:
            assert disagreement(without, known={}) is None
        except Invalid:
            pass
