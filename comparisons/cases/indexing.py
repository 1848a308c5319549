"""Indexing of every kind, and assignment to each."""

from typing import Any

import numpy as np

from .table import Case, case, learning, op
from .values import Random, array, integers, number_array, pick, scalar, shape, sometimes


def step(random: Random, side: int) -> str:
    """One place of an index, for a dimension of this length; `i`, `j` and `m` stand for tensors."""
    at = int(random.integers(-side, side)) if side else 0
    low, high = sorted(int(random.integers(0, side + 1)) for _ in range(2))
    number = f"{at}" if side else ":"
    few = [int(index) for index in random.integers(-side, side, random.integers(1, 4))] if side else []
    return pick(
        random,
        number,
        number,
        ":",
        f"{low}:",
        f":{high}",
        f"{low}:{high}",
        f"-{high + 1}:",
        "::2",
        f"{low}::3",
        "None",
        f"{few}",
    )


def index(random: Random, x: np.ndarray) -> str:
    """What stands in the brackets."""
    steps = [step(random, side) for side in x.shape[: random.integers(0, x.ndim + 1)]]
    if sometimes(random, 0.25):
        steps.insert(int(random.integers(0, len(steps) + 1)), "...")
    return ", ".join(steps) or pick(random, "()", "...", "None", "True", "False", "..., ..." if x.ndim else "...")


def by_tensors(random: Random, x: np.ndarray) -> tuple[str, dict[str, Any]]:
    """Brackets with tensors in them, and those tensors: integers (which may broadcast), a mask, or a list."""
    i = integers(random, -x.shape[0], x.shape[0], shape(random, max_dims=2, min_side=1))
    last = integers(random, 0, x.shape[-1], pick(random, (), i.shape, i.shape[-1:]))
    mask, rows = array(random, x.shape, "bool", plain=True), array(random, x.shape[:1], "bool", plain=True)
    text = pick(random, "i", "i, ...", "m", "r", "..., j", "None, i", "x > 0" if x.dtype != bool else "m",
                "r, ..., None",
                "i, :, j" if x.ndim > 2 else "i, ...", "i, j" if x.ndim == 2 else "i",
                "0, i % 2" if x.ndim > 1 and x.shape[1] > 1 else "i",
                "i.int()" , "i, None")  # fmt: skip
    return text, {"i": i, "j": last, "m": mask, "r": rows}


BAD = ["5", "0, 0", "[7]", "torch.tensor([True, False])", "::-1", "'a'", "1.5", "torch.tensor([9])",
       "torch.tensor([0.5])",
       "[[0, 1], [0, 5]]", "torch.tensor([0, 1]), torch.tensor([0, 1, 2])", "torch.tensor(4)", "None, 4"]  # fmt: skip


@op("getitem", errors=[*(f"torch.ones(3)[{bad}]" for bad in BAD), "torch.tensor(1.0)[0]", "torch.ones(2, 3)[:, 5]",
                       "torch.ones(2, 3)[torch.tensor([0, 1]), torch.tensor([0, 1, 2])]",
                       "torch.ones(0)[0]"])  # fmt: skip
def getitem(random: Random) -> Case:
    if sometimes(random, 0.55):
        x = number_array(random, shape(random))
        return case(f"x[{index(random, x)}]", x=x)
    x = number_array(random, shape(random, min_dims=1, max_dims=3, min_side=1))
    text, tensors = by_tensors(random, x)
    return case(f"x[{text}]", x=x, **tensors)


@op("setitem", errors=[*(f"z = torch.zeros(3); z[{bad}] = 1.0; z" for bad in BAD),
                       "z = torch.zeros(2, 3); z[0] = torch.ones(2); z",
                       "z = torch.zeros(2, 3); z[[0, 1]] = torch.ones(2); z",
                       "z = torch.zeros(2, 3); z[[0, 1]] = torch.ones(3).double(); z",
                       "z = torch.zeros(3); z[0] = 'a'; z",
                       "z = torch.zeros(3); z[0] = None; z", "z = torch.ones(3, requires_grad=True); z[0] = 1.0; z",
                       "z = torch.zeros(2, 3); z[0] = [1, 2, 3]; z",
                       "z = torch.zeros(3); z[z > 5] = torch.ones(2); z"],
    also=[learning("z = x * 1; z[2:] *= 2.0; z", x=np.ones(2)), learning("z = x * 1; z[True] = w; z", x=np.ones(3),
          w=np.ones(1)), learning("z = x * 1; z[False] *= w; z", x=np.ones(3), w=np.ones(1))])  # fmt: skip
def setitem(random: Random) -> Case:
    x = array(random, shape(random, min_dims=1, max_dims=3, min_side=1), kind="normal")
    text, tensors = by_tensors(random, x) if sometimes(random, 0.4) else (index(random, x), {})
    text = text.replace("x > 0", "z > 0")
    value = pick(random, scalar(random), "v", "w", f"torch.ones_like(z)[{text}]")
    aspect = pick(random, " =", " =", " =", " +=", " *=")
    return case(f"z = x * 1; z[{text}]{aspect} {value}; z", x=x, v=array(random, (), x.dtype.name, kind="normal"),
                w=array(random, (1,), x.dtype.name, kind="normal"), **tensors)  # fmt: skip


@op("index_put", errors=["torch.zeros(3).index_put((torch.tensor([5]),), torch.tensor(1.0))",
                         "torch.zeros(3).index_put((torch.tensor([0]),), torch.ones(1).double())"])  # fmt: skip
def index_put(random: Random) -> Case:
    x = array(random, shape(random, min_dims=1, max_dims=3, min_side=1), kind="normal")
    i = integers(random, 0, x.shape[0], (pick(random, 1, 2, 3),))
    added = pick(random, ", accumulate=True", "") if len(set(i.tolist())) == len(i) else ", accumulate=True"
    return case(
        f"x.index_put((i,), v{added})", x=x, i=i, v=array(random, pick(random, (), i.shape + x.shape[1:]), x.dtype.name)
    )
