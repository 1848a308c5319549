"""Random cases of every operation, one file per kind as in `minigrad/ops/`. Read `table.py`, then `arithmetic.py`."""

from dataclasses import replace

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
from .examples import EXAMPLES
from .table import TABLE, Case, Op, names_in

FILES = (
    arithmetic, elementwise, reductions, shapes, indexing, selection, linalg, layers, averaging, losses, pairwise,
    writes, casts, functions,
)  # fmt: skip

for name, examples in EXAMPLES.items():
    TABLE[name] = replace(TABLE[name], also=(*TABLE[name].also, *examples))

__all__ = ["FILES", "TABLE", "Case", "Op", "names_in"]
