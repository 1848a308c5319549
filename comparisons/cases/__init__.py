"""Random cases of every operation, one file per kind as in `minigrad/ops/`. Read `table.py`, then `arithmetic.py`."""

from . import (
    arithmetic,
    averaging,
    casts,
    elementwise,
    functions,
    indexing,
    layers,
    linalg,
    losses,
    pairwise,
    reductions,
    selection,
    shapes,
    writes,
)
from .table import TABLE, Case, Op, names_in

FILES = (
    arithmetic, elementwise, reductions, shapes, indexing, selection, linalg, layers, averaging, losses, pairwise,
    writes, casts, functions,
)  # fmt: skip

__all__ = ["FILES", "TABLE", "Case", "Op", "names_in"]
