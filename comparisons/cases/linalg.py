"""Products of vectors, matrices and batches of them."""

import numpy as np

from .table import Case, case, op
from .values import ALL, FLOATS, Random, array, pick, shape, smaller, sometimes

KINDS = ("normal", "normal", "ties")


def side(random: Random) -> int:
    return int(pick(random, 0, 1, 2, 3, 3, 4))


def factors(random: Random, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Arrays of these shapes and one dtype, a floating one but for now and then."""
    dtype = pick(random, *FLOATS) if sometimes(random, 0.85) else pick(random, *ALL)
    return [array(random, sizes, dtype, kinds=KINDS) for sizes in shapes]


@op("matmul", errors=["torch.ones(2, 3) @ torch.ones(2, 3)", "torch.ones(2) @ torch.ones(3)",
                      "torch.tensor(1.0) @ torch.ones(3)", "torch.ones(2, 2) @ torch.ones(2, 2).double()",
                      "torch.ones(2, 2, 3) @ torch.ones(3, 3, 2)", "torch.ones(2) @ 2",
                      "2 @ torch.ones(2)"])  # fmt: skip
def matmul(random: Random) -> Case:
    n, k, m = side(random), side(random), side(random)
    batch = shape(random, max_dims=2)
    left, right = pick(random, ((n, k), (k, m)), ((k,), (k,)), ((n, k), (k,)), ((k,), (k, m)), ((*batch, n, k), (k, m)),
                       ((n, k), (*batch, k, m)), ((*batch, n, k), (k,)), ((k,), (*batch, k, m)),
                       ((*batch, n, k), (*smaller(random, batch), k, m)), ((*batch, n, k), (*batch, k, m)))  # fmt: skip
    x, y = factors(random, left, right)
    return case(pick(random, "x @ y", "x.matmul(y)"), x=x, y=y)


@op("mm", errors=["torch.mm(torch.ones(2), torch.ones(2, 2))", "torch.mm(torch.ones(2, 3), torch.ones(2, 3))",
                  "torch.mm(torch.ones(2, 2), torch.ones(2, 2).double())"])  # fmt: skip
def mm(random: Random) -> Case:
    n, k, m = side(random), side(random), side(random)
    x, y = factors(random, (n, k), (k, m))
    return case("x.mm(y)", x=x, y=y)


@op("mv", errors=["torch.mv(torch.ones(2), torch.ones(2))", "torch.mv(torch.ones(2, 3), torch.ones(2))"])
def mv(random: Random) -> Case:
    n, k = side(random), side(random)
    x, y = factors(random, (n, k), (k,))
    return case("x.mv(y)", x=x, y=y)


@op("dot", errors=["torch.dot(torch.ones(2, 2), torch.ones(2))", "torch.dot(torch.ones(2), torch.ones(3))",
                   "torch.dot(torch.ones(2), torch.ones(2).double())"])  # fmt: skip
def dot(random: Random) -> Case:
    n = side(random)
    x, y = factors(random, (n,), (n,))
    return case("x.dot(y)", x=x, y=y)


@op("bmm", errors=["torch.bmm(torch.ones(2, 2), torch.ones(2, 2, 2))",
                   "torch.bmm(torch.ones(2, 2, 2), torch.ones(2, 3, 2))",
                   "torch.bmm(torch.ones(2, 2, 2), torch.ones(3, 2, 2))"])  # fmt: skip
def bmm(random: Random) -> Case:
    b, n, k, m = side(random), side(random), side(random), side(random)
    x, y = factors(random, (b, n, k), (b, k, m))
    return case("x.bmm(y)", x=x, y=y)


@op("addmm", errors=["torch.addmm(torch.ones(3), torch.ones(2, 2), torch.ones(2, 2))",
                     "torch.addmm(torch.ones(2), torch.ones(2), torch.ones(2, 2))",
                     "torch.addmm(torch.ones(2).double(), torch.ones(2, 2), torch.ones(2, 2))"])  # fmt: skip
def addmm(random: Random) -> Case:
    n, k, m = side(random), side(random), side(random)
    x, y, z = factors(random, pick(random, (n, m), (m,), (1, m), (n, 1), ()), (n, k), (k, m))
    return case(
        f"x.addmm(y, z{pick(random, '', '', ', beta=0.5', ', alpha=2', ', beta=0', ', beta=2, alpha=3')})",
        x=x,
        y=y,
        z=z,
    )


@op("outer", errors=["torch.outer(torch.ones(2, 2), torch.ones(2))", "torch.outer(torch.ones(2), 2)"])
def outer(random: Random) -> Case:
    x, y = factors(random, (side(random),), (side(random),))
    return case("x.outer(y)", x=x, y=y)


@op("linear", errors=["F.linear(torch.ones(2, 3), torch.ones(4, 2))", "F.linear(torch.tensor(1.0), torch.ones(2, 1))",
                      "F.linear(torch.ones(2, 3), torch.ones(4, 3), torch.ones(3))",
                      "F.linear(torch.ones(2, 3), torch.ones(4, 3).double())",
                      "nn.Linear(3, 4)(torch.ones(2, 2))"])  # fmt: skip
def linear(random: Random) -> Case:
    inside, outside = side(random), max(side(random), 1)
    x, w, b = factors(random, (*shape(random, max_dims=3), inside), (outside, inside), (outside,))
    w1 = array(random, (inside,), x.dtype.name, kinds=KINDS)
    return case(
        pick(random, "F.linear(x, w)", "F.linear(x, w, b)", "F.linear(x, w, b)", "F.linear(x, v)"), x=x, w=w, b=b, v=w1
    )
