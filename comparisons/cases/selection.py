"""Choosing, moving and joining elements: by index and by mask."""

import numpy as np

from .table import Case, case, learning, op
from .values import ALL, Random, array, integers, number_array, one_dim, pair, pick, scalar, shape, smaller, sometimes


def with_index(random: Random, within: bool = False) -> tuple[np.ndarray, np.ndarray, int]:
    """x, a dimension of it, and an index for gather and scatter: of x's rank, its sides no longer than x's."""
    x = number_array(random, shape(random, min_dims=1, max_dims=3, min_side=1))
    dim = one_dim(random, x)
    sides = [int(random.integers(0 if sometimes(random, 0.1) else 1, side + 1)) for side in x.shape]
    if not within:
        sides[dim] = pick(random, 1, 2, 3, 4)
    return x, integers(random, 0, x.shape[dim], sides), dim


def like(random: Random, x: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """An array of x's dtype."""
    return array(random, sizes, x.dtype.name)


@op("gather", errors=["torch.ones(3).gather(0, torch.tensor([3]))", "torch.ones(3).gather(0, torch.tensor([[0]]))",
                      "torch.ones(3).gather(0, torch.tensor([0.0]))",
                      "torch.ones(2, 2).gather(0, torch.tensor([[0, 0, 0]]))",
                      "torch.ones(3).gather(1, torch.tensor([0]))"])  # fmt: skip
def gather(random: Random) -> Case:
    x, index, dim = with_index(random)
    return case(f"x.gather({dim}, i)", x=x, i=index)


@op("scatter", errors=["torch.ones(3).scatter(0, torch.tensor([3]), 1.0)",
                       "torch.ones(3).scatter(0, torch.tensor([[0]]), 1.0)",
                       "torch.ones(3).scatter(0, torch.tensor([0, 1]), torch.ones(1))",
                       "torch.ones(3).scatter(0, torch.tensor([0]), torch.ones(1).double())",
                       "torch.ones(3).scatter(0, torch.tensor([0]), torch.ones(1), reduce='mean')"])  # fmt: skip
def scatter(random: Random) -> Case:
    x, index, dim = with_index(random)
    places = np.argsort(random.random(x.shape), axis=dim)[tuple(slice(0, n) for n in index.shape)]  # each place once
    return case(pick(random, f"x.scatter({dim}, i, s)", f"x.scatter({dim}, i, {scalar(random)})"),
                x=x, i=places.astype(np.int64), s=like(random, x, places.shape))  # fmt: skip


@op("scatter_add", errors=["torch.ones(3).scatter_add(0, torch.tensor([3]), torch.ones(1))",
                           "torch.ones(3).scatter_add(0, torch.tensor([0]), torch.ones(1).double())"])  # fmt: skip
def scatter_add(random: Random) -> Case:
    x, index, dim = with_index(random)
    longer = tuple(n + int(random.integers(0, 2)) for n in index.shape)
    return case(f"x.scatter_add({dim}, i, s)", x=x, i=index, s=like(random, x, longer))


@op("masked_fill", errors=["torch.ones(3).masked_fill(torch.ones(3), 1.0)",
                           "torch.ones(3).masked_fill(torch.ones(2) > 0, 1.0)",
                           "torch.ones(3).masked_fill(torch.ones(3) > 0, torch.ones(2))"],
    also=[learning("z = x.detach().clone().expand(2, 2); z.masked_fill_(m, 1.0); z", x=np.ones(2),
          m=np.array([True, False]))])  # fmt: skip
def masked_fill(random: Random) -> Case:
    x = number_array(random)
    mask = array(random, smaller(random, x.shape), "bool")
    return case(f"x.masked_fill(m, {pick(random, 2, 0.5, 'v', 'v')})", x=x, m=mask, v=like(random, x, ()))


@op("cat", errors=["torch.cat([])", "torch.cat([torch.ones(2, 3), torch.ones(2, 2)])", "torch.cat([torch.ones(2)], 1)",
                   "torch.cat([torch.tensor(1.0)])", "torch.cat(torch.ones(2))",
                   "torch.cat([torch.ones(2, 2), torch.ones(2)])"])  # fmt: skip
def cat(random: Random) -> Case:
    x = number_array(random, shape(random, min_dims=1, max_dims=3))
    dim = one_dim(random, x)
    sides = list(x.shape)
    sides[dim] = pick(random, 0, 1, 2)
    y = array(random, sides, ALL) if sometimes(random, 0.2) else like(random, x, tuple(sides))
    return case(pick(random, f"torch.cat([x, y], {dim})", f"torch.cat((x, y, x), dim={dim})", f"torch.cat([x], {dim})",
                     "torch.cat([x.flatten(), y.flatten()])"), x=x, y=y)  # fmt: skip


@op(
    "stack",
    errors=["torch.stack([])", "torch.stack([torch.ones(2), torch.ones(3)])", "torch.stack([torch.ones(2)], 3)"],
)
def stack(random: Random) -> Case:
    x = number_array(random, shape(random, max_dims=3))
    dim = int(random.integers(-x.ndim - 1, x.ndim + 1))
    return case(pick(random, f"torch.stack([x, y], {dim})", "torch.stack((x, y, x))", f"torch.stack([x], dim={dim})"),
                x=x, y=like(random, x, x.shape))  # fmt: skip


@op("equal", errors=["torch.equal(torch.ones(2), 1)"])
def equal(random: Random) -> Case:
    x, y = pair(random, kinds=("ties",))
    return case(pick(random, "torch.equal(x, y)", "torch.equal(x, x)"), x=x, y=y)


for name in ("allclose", "isclose"):

    @op(name, errors=[f"torch.{name}(torch.ones(2), torch.ones(3))",
                      f"torch.{name}(torch.ones(2), torch.ones(2).double())"])  # fmt: skip
    def close(random: Random, name: str = name) -> Case:
        x = array(random)
        options = pick(random, "", ", equal_nan=True", ", rtol=0.0, atol=0.0", ", atol=0.5")
        return case(f"torch.{name}(x, {pick(random, 'x', 'x + 1e-9', 'x * 1.1')}{options})", x=x)
