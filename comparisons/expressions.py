"""What an expression of `graph --expr` or `step --expr` may use, and what is said of a name that it may not.

Read next: `step_programs.py`, or `graph.py`.
"""

from typing import Any

import numpy as np

from .parsing import did_you_mean
from .settings import OPERANDS, OPERANDS_IN_WORDS

MAY_USE = f"An expression may use {OPERANDS_IN_WORDS}, which require grad; and torch, F and nn."


def names_for(torch: Any, seed: int, dtype: str = "float32") -> dict[str, Any]:
    """The variables of an expression in a library: leaves with numbers of one decimal, and the library itself."""
    random = np.random.default_rng(seed % 2**64)
    names: dict[str, Any] = {"torch": torch, "F": torch.nn.functional, "nn": torch.nn}
    for name, shape in OPERANDS.items():
        values = np.round(random.uniform(-2, 2, shape), 1).astype(dtype)
        names[name] = torch.from_numpy(values).requires_grad_()
    torch.manual_seed(seed)
    return names


def words_for(error: Exception) -> str:
    """The error's type and text; where a name was not known, what it may have been."""
    near = did_you_mean(error.name or "", ["torch", "nn", "F", *OPERANDS]) if isinstance(error, NameError) else ""
    return f"{type(error).__name__}: {error}{'.' if near else ''}{near}"
