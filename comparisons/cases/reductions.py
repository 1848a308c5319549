"""Reductions: along all dimensions, one or several."""

import numpy as np

from .table import Case, case, joined, learning, op
from .values import ALL, FLOATS, Random, array, dims, number_array, one_dim, pair, pick, sometimes

EMPTY = "torch.ones(0)"


def along(random: Random, x: np.ndarray, several: bool = True) -> str:
    """The arguments `dim` and `keepdim`, in one of their spellings."""
    dim = pick(random, "", one_dim(random, x), dims(random, x) if several else one_dim(random, x))
    if dim == "":
        return ""
    spelled = pick(random, f"{dim}", f"dim={dim}")
    return spelled + pick(random, "", "", ", keepdim=True")


def with_dtype(random: Random) -> str:
    """The argument `dtype`, or nothing."""
    return pick(random, "", "", "dtype=torch.float64", "dtype=torch.float32", "dtype=torch.int64")


for name in ("sum", "mean"):

    @op(name, errors=[f"torch.ones(2, 3).{name}(5)", f"torch.ones(2, 3).{name}((0, 0))",
                      f"torch.ones(2, 3).{name}((0, -2))",
                      f"torch.{name}(2)", "torch.ones(2, dtype=torch.int64).mean()"])  # fmt: skip
    def total(random: Random, name: str = name) -> Case:
        x = number_array(random)
        return case(f"x.{name}({joined(along(random, x), with_dtype(random))})", x=x)


for name in ("var", "std"):

    @op(name, errors=[f"torch.ones(2, 3).{name}(5)", f"torch.ones(2, dtype=torch.int64).{name}()"])
    def spread(random: Random, name: str = name) -> Case:
        x = array(random, kinds=("normal", "normal", "special"))
        extra = pick(random, "", "", "correction=0", "correction=1", "unbiased=False", "correction=2")
        if extra.startswith("unbiased"):
            return case(f"x.{name}({joined(along(random, x).replace('keepdim', 'unbiased=False, keepdim'))})", x=x)
        return case(f"x.{name}({joined(along(random, x), extra)})", x=x)


for name in ("amax", "amin"):

    @op(name, errors=[f"{EMPTY}.{name}()", f"torch.ones(2, 3).{name}(5)", f"torch.ones(2, 3).{name}((0, 0))"])
    def extreme(random: Random, name: str = name) -> Case:
        x = number_array(random, kinds=("normal", "ties", "special"))
        return case(f"x.{name}({along(random, x)})", x=x)


for name in ("max", "min"):

    @op(name, errors=[f"{EMPTY}.{name}()", f"torch.ones(0, 2).{name}(0)", f"torch.ones(2, 3).{name}(5)",
                      f"torch.{name}(torch.ones(3), torch.ones(2))", f"torch.ones(2, 3).{name}((0, 1))"])  # fmt: skip
    def max_or_min(random: Random, name: str = name) -> Case:
        if sometimes(random, 0.25):
            x, y = pair(random)
            return case(f"x.{name}(y)", x=x, y=y)
        x = number_array(random, kinds=("normal", "ties", "special"))
        return case(f"x.{name}({along(random, x, several=False)})", x=x)


for name in ("argmax", "argmin"):

    @op(name, errors=[f"{EMPTY}.{name}()", f"torch.ones(0, 2).{name}(0)", f"torch.ones(2, 3).{name}(5)"])
    def position(random: Random, name: str = name) -> Case:
        x = number_array(random, kinds=("normal", "ties", "special"))
        return case(f"x.{name}({along(random, x, several=False)})", x=x)


@op(
    "logsumexp",
    errors=["torch.ones(2).logsumexp()", "torch.ones(2).logsumexp(1)", "torch.ones(2, 3).logsumexp((0, 0))"],
)
def logsumexp(random: Random) -> Case:
    x = array(random, dtype=FLOATS if sometimes(random, 0.9) else ALL, kinds=("normal", "special"))
    dim = pick(random, one_dim(random, x), dims(random, x))
    return case(f"x.logsumexp({dim}{pick(random, '', ', keepdim=True')})", x=x)


@op("norm", errors=["torch.ones(2, 3).norm(2, 5)", "torch.tensor([1, 2]).norm()"],
    also=[learning(f"x.norm({p})", x=np.zeros(())) for p in ("", "1", "0.5", "3", "float('inf')")])  # fmt: skip
def norm(random: Random) -> Case:
    x = array(random, kinds=("normal", "ties", "special"))
    order = pick(random, "", "2", "1", "0", "3", "float('inf')", "-float('inf')", "'fro'", "0.5")
    dim = pick(random, "", one_dim(random, x), dims(random, x))
    extra = f"dim={dim}{pick(random, '', ', keepdim=True')}" if order and dim != "" else ""
    return case(f"x.norm({joined(order, extra)})", x=x)


for name in ("all", "any"):

    @op(name, errors=[f"torch.ones(2, 3).{name}(5)", f"torch.{name}(1)"])
    def truth(random: Random, name: str = name) -> Case:
        x = array(random, dtype=ALL, kinds=("ties", "special"))
        return case(f"x.{name}({along(random, x)})", x=x)
