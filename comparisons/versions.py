"""Where two releases of torch differ from each other. minigrad is like the newer; beside an older one, this translates.

Names of nodes and words of errors move between releases. What is compared is always the torch that is installed, so
what minigrad says is first put as that release would put it. Nothing here hides a difference that is not listed.
"""

import re
from typing import Any

import torch

from minigrad.autograd import Node
from minigrad.dtypes import get_default_dtype
from minigrad.printing import tensor_text

RELEASE = tuple(int(number) for number in re.findall(r"\d+", torch.__version__)[:2])  # (2, 14)
BEFORE_2_15 = RELEASE < (2, 15)

REWORDED_IN_2_15 = (  # (what it says now, what it said before)
    (r"^mm: (self|mat2) must be a matrix, got .*", r"\1 must be a matrix"),
    (r"^addmm: self must be a matrix", "mat1 must be a matrix"),
    (r"^addmm: mat2 must be a matrix", "mat2 must be a matrix"),
    (r"^(add)?mm: mat1 and mat2 shapes", "mat1 and mat2 shapes"),
)


def error_in_this_release(error: tuple[type, str] | None) -> tuple[type, str] | None:
    """minigrad's error as the installed torch would put it."""
    if error is None or not BEFORE_2_15:
        return error
    kind, text = error
    for now, before in REWORDED_IN_2_15:
        text = re.sub(now, before, text)
    return (RuntimeError if text.startswith("mean(): could not infer output dtype") else kind), text


def name_in_this_release(node: Any) -> str:
    """The name of a node of either library. `linear` of a vector or a batch ended in a plain view before 2.15."""
    name = type(node).__name__
    if BEFORE_2_15 and name == "UnsafeViewBackward0" and isinstance(node, Node):
        maker = node.next_functions[0][0]
        if type(maker).__name__ == "AddmmBackward0":
            return "ViewBackward0"
    return name


def printed_in_this_release(tensor: Any) -> str:
    """The text of a tensor of minigrad's, its node by the name above."""
    node = getattr(tensor, "grad_fn", None)
    if node is None or name_in_this_release(node) == type(node).__name__:
        return repr(tensor)
    default = get_default_dtype().numpy
    return tensor_text(tensor.array, default_dtype=default, grad_fn_name=name_in_this_release(node))
