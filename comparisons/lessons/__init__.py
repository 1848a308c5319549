"""Short programs, broken on purpose, run in both libraries. Read `table.py`, then the files in the order of `FILES`."""

from . import (
    batch_view,
    columns,
    evaluation,
    flipped_kernel,
    inplace_leaf,
    leaves,
    numpy_float64,
    saved_values,
    scores,
    second_backward,
    shards,
    slopes,
    summed_loss,
    tensor_float,
)
from .table import Lesson

FILES = (
    leaves, second_backward, saved_values, inplace_leaf, summed_loss, scores, batch_view, numpy_float64, evaluation,
    flipped_kernel, columns, slopes, tensor_float, shards,
)  # fmt: skip

LESSONS = tuple(lesson for file in FILES for lesson in vars(file).values() if isinstance(lesson, Lesson))

__all__ = ["FILES", "LESSONS", "Lesson"]
