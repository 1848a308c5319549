"""An expression of `graph --expr` or `step --expr`: its value in both libraries, or why it has none.

It is Python with x, w and b, or statements that make other leaves and an expression behind them; it is run as it
stands, with `torch` for either library. Read next: `step_programs.py`, or `graph.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .cases.table import compiled, evaluate
from .explain_programs import quiet
from .libraries import Library
from .parsing import did_you_mean
from .settings import OPERANDS, OPERANDS_IN_WORDS, CannotRun

MAY_USE = f"An expression may use {OPERANDS_IN_WORDS}, which require grad; and torch, F and nn."
SUCH_AS = "(x @ w + b).sum()"


def names_for(torch: Any, seed: int, dtype: str = "float32") -> dict[str, Any]:
    """The variables of an expression in a library: leaves with numbers of one decimal, and the library itself."""
    random = np.random.default_rng(seed % 2**64)
    names: dict[str, Any] = {"torch": torch, "F": torch.nn.functional, "nn": torch.nn}
    for name, shape in OPERANDS.items():
        values = np.round(random.uniform(-2, 2, shape), 1).astype(dtype)
        names[name] = torch.from_numpy(values).requires_grad_()
    torch.manual_seed(seed)
    return names


@dataclass(frozen=True)
class Value:
    """What an expression is in one library."""

    tensor: Any  # with a grad_fn
    names: dict[int, str]  # see names_of


def values_of(expression: str, libraries: Sequence[Library], seed: int, dtype: str = "float32") -> list[Value]:
    """The expression's value in each library. Raises: CannotRun, with the reason, where it has no graph in one."""
    check_form(expression)
    values, errors = [], {}
    for library in libraries:
        variables = names_for(library.torch, seed, dtype)
        try:
            with quiet():
                tensor = evaluate(expression, variables)
        except Exception as error:  # whatever the expression raises
            errors[library.name] = error
        else:
            values.append(Value(tensor, names_of(variables, library.torch)))
    if errors:
        raise cannot(expression, f"{what_was_raised(errors, everywhere=len(errors) == len(libraries))}\n{MAY_USE}")
    if any(getattr(value.tensor, "grad_fn", None) is None for value in values):
        why = "nothing that requires grad leads to it (or it was detached on the way)"
        raise cannot(expression, f"its value has no grad_fn, so there is no graph: {why}; compute it from x, w or b")
    return values


def what_was_raised(errors: Mapping[str, Exception], everywhere: bool) -> str:
    """The errors of both sides in words. Where torch fails too, what minigrad lacks is not the matter."""
    words = {name: words_for(error, with_notes=not everywhere) for name, error in errors.items()}
    if everywhere and len(set(words.values())) == 1:
        return f"both sides raise {next(iter(words.values()))}"
    return "\n".join(f"{name} raises {said}" for name, said in words.items())


def names_of(variables: Mapping[str, Any], torch: Any) -> dict[int, str]:
    """What tensors are called, by their id: variables by their name, the parameters of a module behind its name."""
    names = {id(value): name for name, value in variables.items() if torch.is_tensor(value)}
    for name, value in variables.items():
        if isinstance(value, torch.nn.Module):
            names |= {id(parameter): f"{name}.{inner}" for inner, parameter in value.named_parameters()}
    return names


def check_form(expression: str) -> None:
    """Raises: CannotRun for what is no Python, or ends in no expression."""
    try:
        compiled(expression)
    except SyntaxError as error:
        raise cannot(expression, f"not understood: {error.msg}") from error
    except (AssertionError, IndexError) as error:  # its last statement is no expression, or there is none
        reason = f"not understood: it must end in an expression, such as {SUCH_AS}"
        raise cannot(expression, reason) from error


def cannot(expression: str, reason: str) -> CannotRun:
    """The error that says why an expression cannot be taken."""
    return CannotRun(f"--expr {expression!r}: {reason}")


def words_for(error: Exception, with_notes: bool = True) -> str:
    """The error's type and text, and its notes; where a name was not known, what it may have been."""
    near = did_you_mean(error.name or "", ["torch", "nn", "F", *OPERANDS]) if isinstance(error, NameError) else ""
    notes = "".join(f" {note}" for note in getattr(error, "__notes__", ()) if with_notes)
    return f"{type(error).__name__}: {error}{'.' if near else ''}{near}{notes}"
