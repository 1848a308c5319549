"""Random cases of every operation, one file per kind as in `minigrad/ops/`. Read `table.py`, then `arithmetic.py`."""

from . import arithmetic, casts, elementwise, indexing, layers, linalg, losses, reductions, selection, shapes, writes
from .table import TABLE, Case, Op, names_in

FILES = (arithmetic, elementwise, reductions, shapes, indexing, selection, linalg, layers, losses, writes, casts)

__all__ = ["FILES", "TABLE", "Case", "Op", "names_in"]
