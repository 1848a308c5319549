"""Shapes and views: the same numbers, arranged otherwise."""


import numpy as np

from .table import Case, case, op
from .values import Random, array, dims, number_array, one_dim, pick, shape, sometimes


def matrix_or_less(random: Random) -> np.ndarray:
    return number_array(random, shape(random, max_dims=2))


def at_least(random: Random, ndim: int, most: int = 4) -> np.ndarray:
    """An array with so many dimensions."""
    return number_array(random, shape(random, min_dims=ndim, max_dims=most))


def target(random: Random, x: np.ndarray) -> tuple[int, ...]:
    """Another shape with as many elements: sides merged, 1s added, one side left to be inferred."""
    sides = [int(side) for side in x.shape]
    while len(sides) > 1 and sometimes(random):
        at = int(random.integers(len(sides) - 1))
        sides[at : at + 2] = [sides[at] * sides[at + 1]]
    if sometimes(random, 0.3):
        sides.insert(int(random.integers(len(sides) + 1)), 1)
    if sides and x.size and sometimes(random, 0.3):
        sides[int(random.integers(len(sides)))] = -1
    return tuple(sides)


@op("view", errors=["torch.ones(3, 2).view(4)", "torch.ones(3, 2).t().view(6)", "torch.ones(3, 2).view(-1, -1)",
                    "torch.ones(0, 2).view(-1, 0)", "torch.ones(2).view(-2)",
                    "torch.ones(3, 2).view(-1, 4)"])  # fmt: skip
def view(random: Random) -> Case:
    x = number_array(random)
    sizes = target(random, x)
    return case(f"x.view({sizes})", x=x)


@op("reshape", errors=["torch.ones(3, 2).reshape(4)", "torch.ones(2).reshape(-2)", "torch.ones(3, 2).reshape(-1, -1)"])
def reshape(random: Random) -> Case:
    x = number_array(random)
    return case(f"x.reshape({target(random, x)})", x=x)


@op("flatten", errors=["torch.ones(2, 3, 4).flatten(2, 1)", "torch.ones(2).flatten(3)"])
def flatten(random: Random) -> Case:
    x = number_array(random)
    first, last = sorted(dim % max(x.ndim, 1) for dim in (one_dim(random, x), one_dim(random, x)))
    return case(f"x.flatten({pick(random, '', first, f'{first}, {last}', f'start_dim={first}')})", x=x)


@op("unflatten", errors=["torch.ones(6).unflatten(0, (4, 2))", "torch.ones(6).unflatten(1, (6,))",
                         "torch.ones(6).unflatten(0, ())"])  # fmt: skip
def unflatten(random: Random) -> Case:
    x = at_least(random, 1)
    dim = one_dim(random, x)
    side = x.shape[dim]
    sizes = pick(
        random,
        (side,),
        (1, side),
        (side, 1),
        (-1, side) if side else (side,),
        (2, -1) if side % 2 == 0 and side else (side, 1, 1),
    )
    return case(f"x.unflatten({dim}, {sizes})", x=x)


@op("t", errors=["torch.ones(2, 3, 4).t()"])
def t(random: Random) -> Case:
    return case("x.t()", x=matrix_or_less(random))


@op("T")
def capital_t(random: Random) -> Case:
    return case(pick(random, "x.T", "x.T", "x.t().T"), x=matrix_or_less(random))


@op("mT", errors=["torch.ones(2).mT"])
def matrix_t(random: Random) -> Case:
    return case("x.mT", x=at_least(random, 2) if sometimes(random, 0.9) else number_array(random, ()))


@op("transpose", errors=["torch.ones(2, 3).transpose(0, 2)", "torch.ones(2, 3).transpose(0)"])
def transpose(random: Random) -> Case:
    x = number_array(random)
    return case(f"x.transpose({one_dim(random, x)}, {one_dim(random, x)})", x=x)


@op(
    "permute",
    errors=["torch.ones(2, 3).permute(0)", "torch.ones(2, 3).permute(0, 0)", "torch.ones(2, 3).permute(0, 2)"],
)
def permute(random: Random) -> Case:
    x = number_array(random)
    order = tuple(int(dim) - x.ndim * sometimes(random, 0.3) for dim in random.permutation(x.ndim))
    return case(f"x.permute({order})", x=x)


@op("movedim", errors=["torch.ones(2, 3).movedim(0, 2)", "torch.ones(2, 3).movedim((0, 1), (0,))",
                       "torch.ones(2, 3).movedim((0, 0), (0, 1))"])  # fmt: skip
def movedim(random: Random) -> Case:
    x = at_least(random, 1)
    several = (
        tuple(int(dim) for dim in random.permutation(x.ndim)),
        tuple(int(dim) for dim in random.permutation(x.ndim)),
    )
    one = one_dim(random, x), one_dim(random, x)
    source, destination = pick(random, one, several)
    return case(f"x.movedim({source}, {destination})", x=x)


@op("squeeze", errors=["torch.ones(2, 1).squeeze(2)", "torch.ones(2, 1).squeeze((0, 0))"])
def squeeze(random: Random) -> Case:
    x = number_array(random, [pick(random, 1, 1, 2, 3) for _ in range(random.integers(0, 5))])
    return case(f"x.squeeze({pick(random, '', one_dim(random, x), dims(random, x))})", x=x)


@op("squeeze_", errors=["torch.ones(2, 1).squeeze_(2)"])
def squeeze_(random: Random) -> Case:
    x = array(random, [pick(random, 1, 1, 2) for _ in range(3)], plain=True)
    return case(f"z = x * 1; z.squeeze_({pick(random, '', 0, (0, 1))}); z", x=x)


@op("unsqueeze", errors=["torch.ones(2).unsqueeze(3)", "torch.ones(2).unsqueeze()"])
def unsqueeze(random: Random) -> Case:
    x = number_array(random)
    return case(f"x.unsqueeze({random.integers(-x.ndim - 1, x.ndim + 1)})", x=x)


def wider(random: Random, x: np.ndarray) -> tuple[int, ...]:
    """A shape that x can be expanded to."""
    sides = [pick(random, 1, 2, 3, 0) if side == 1 and sometimes(random) else side for side in x.shape]
    return (*shape(random, max_dims=2), *sides)


@op("expand", errors=["torch.ones(2, 3).expand(4)", "torch.ones(2, 3).expand(2, 2)", "torch.ones(2).expand(-1, 2)"])
def expand(random: Random) -> Case:
    x = number_array(random, shape(random, max_dims=3))
    sizes = wider(random, x)
    front = len(sizes) - x.ndim
    kept = [-1 if at >= front and side == x.shape[at - front] and sometimes(random, 0.3) else side
            for at, side in enumerate(sizes)]  # fmt: skip
    return case(f"x.expand({tuple(kept)})", x=x)


@op("expand_as", errors=["torch.ones(2, 3).expand_as(torch.ones(3, 3))"])
def expand_as(random: Random) -> Case:
    x = number_array(random, shape(random, max_dims=3))
    return case("x.expand_as(y)", x=x, y=array(random, wider(random, x)))


@op("narrow", errors=["torch.ones(3).narrow(0, 2, 2)", "torch.ones(3).narrow(1, 0, 1)",
                      "torch.ones(3).narrow(0, 0, -1)",
                      "torch.tensor(1.0).narrow(0, 0, 1)"])  # fmt: skip
def narrow(random: Random) -> Case:
    x = at_least(random, 1)
    dim = one_dim(random, x)
    start = int(random.integers(0, x.shape[dim] + 1))
    return case(f"x.narrow({dim}, {start}, {random.integers(0, x.shape[dim] - start + 1)})", x=x)


@op("select", errors=["torch.ones(3).select(0, 3)", "torch.ones(3).select(1, 0)", "torch.tensor(1.0).select(0, 0)"])
def select(random: Random) -> Case:
    x = number_array(random, shape(random, min_dims=1, min_side=1))
    dim = one_dim(random, x)
    return case(f"x.select({dim}, {random.integers(-x.shape[dim], x.shape[dim])})", x=x)


@op("unbind", errors=["torch.ones(3).unbind(1)", "torch.tensor(1.0).unbind()", "iter(torch.tensor(1.0))"])
def unbind(random: Random) -> Case:
    x = at_least(random, 1, 3)
    return case(
        pick(random, f"x.unbind({one_dim(random, x)})", "x.unbind()", "list(x)", "tuple(row * 2 for row in x)"), x=x
    )


@op("split", errors=["torch.ones(3).split(-1)", "torch.ones(3).split([1, 1])", "torch.ones(3).split(1, 1)",
                     "torch.ones(3).split(0)"])  # fmt: skip
def split(random: Random) -> Case:
    x = at_least(random, 1)
    dim = one_dim(random, x)
    cut = int(random.integers(0, x.shape[dim] + 1))
    return case(f"x.split({pick(random, 1, 2, 3, [cut, x.shape[dim] - cut])}, {dim})", x=x)


@op("chunk", errors=["torch.ones(3).chunk(0)", "torch.ones(3).chunk(2, 1)", "torch.tensor(1.0).chunk(2)"])
def chunk(random: Random) -> Case:
    x = at_least(random, 1)
    return case(f"x.chunk({random.integers(1, 5)}, {one_dim(random, x)})", x=x)


@op("as_strided", errors=["torch.ones(3).as_strided((2, 2), (2, 1))", "torch.ones(3).as_strided((2,), (1, 1))",
                          "torch.ones(3).as_strided((2,), (-1,))"])  # fmt: skip
def as_strided(random: Random) -> Case:
    x = array(random, pick(random, (12,), (3, 4), (2, 2, 3)), plain=sometimes(random))
    return case(pick(random, "x.as_strided((2, 3), (3, 1))", "x.as_strided((2, 2), (1, 2), 1)", "x.as_strided((), ())",
                     "x.as_strided((3, 3), (1, 1))", "x.as_strided((2, 2), (0, 1))", "x.as_strided((4,), (2,), 0)"),
                     x=x)  # fmt: skip


@op("view_as", errors=["torch.ones(3).view_as(torch.ones(2))"])
def view_as(random: Random) -> Case:
    x = number_array(random)
    return case("x.view_as(y)", x=x, y=array(random, [side if side >= 0 else 1 for side in x.shape]))


@op("contiguous")
def contiguous(random: Random) -> Case:
    return case(pick(random, "x.contiguous()", "x.transpose(0, -1).contiguous()"), x=number_array(random))


@op("clone")
def clone(random: Random) -> Case:
    return case("x.clone()", x=number_array(random))


@op("detach")
def detach(random: Random) -> Case:
    return case(pick(random, "x.detach()", "x.detach() * x", "(x * 1).detach_()"), x=number_array(random))


@op("sum_to_size", errors=["torch.ones(2, 3).sum_to_size(4)"])
def sum_to_size(random: Random) -> Case:
    x = at_least(random, 1)
    cut = int(random.integers(0, x.ndim))
    return case(f"x.sum_to_size({tuple(1 if sometimes(random) else side for side in x.shape[cut:])})", x=x)


@op("size")
def size(random: Random) -> Case:
    x = number_array(random)
    dim = one_dim(random, x) if x.ndim else 0
    text = pick(random, "x.size()", f"x.size({dim})" if x.ndim else "x.shape", "x.numel()", "x.dim()", "x.stride()",
                "x.is_contiguous()", "x.shape", "x.ndim", "x.element_size()", "x.nelement()",
                "x.is_floating_point()", "x.is_leaf", "x.requires_grad", "x.device", "x.dtype", "x.tolist()", "repr(x)",
                "str(x.size())", "x.type()")  # fmt: skip
    return case(text, x=x)
