"""A lesson about the dtype that NumPy brings along. Read next: `evaluation.py`."""

from typing import Any

import numpy as np

from minigrad.ops.linalg import addmm

from .table import Line, lesson


@lesson(
    "float64",
    remember="NumPy's default is float64 and torch's is float32: say .float() where an array comes in.",
    line=Line(addmm, "if matrix.array.dtype != mat2.array.dtype:"),
)
def float64(torch: Any) -> None:
    """float64 comes in from NumPy.

    Numbers that Python wrote become float32 in torch and float64 in NumPy, and both from_numpy and tensor keep the
    dtype of an array. An element-by-element product takes either and quietly becomes float64: twice the memory, half
    the speed. A matrix product does not promote, so the first linear layer raises.

    x.float() where the data comes in is the usual way out; model.double() is the other one, for gradcheck.
    """
    pixels = np.array([[0.0, 0.5, 1.0]])
    x = torch.from_numpy(pixels)
    print("from_numpy:", x.dtype)
    print("tensor(array):", torch.tensor(pixels).dtype)
    print("tensor(list):", torch.tensor([0.0, 0.5, 1.0]).dtype)
    print("x * float32:", (x * torch.ones(3)).dtype)

    layer = torch.nn.Linear(3, 1)
    print("layer(x.float()):", layer(x.float()).dtype)
    layer(x)
