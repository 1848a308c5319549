"""Convolution, pooling, padding, patches, dropout."""

from typing import Any

import numpy as np

from .table import Case, case, joined, op
from .values import ALL, FLOATS, Random, array, number_array, pick, shape, sometimes


def one_or_two(random: Random, *choices: int) -> Any:
    """A number, or a pair of numbers."""
    return pick(random, pick(random, *choices), (pick(random, *choices), pick(random, *choices)))


def images(random: Random, channels: int, smallest: int, kinds: tuple[str, ...] = ("normal",)) -> np.ndarray:
    """(N, C, H, W), or without N."""
    sizes = (channels, *(int(random.integers(smallest, smallest + 5)) for _ in range(2)))
    batch = () if sometimes(random, 0.2) else (pick(random, 0, 1, 2, 2, 3),)
    return array(random, (*batch, *sizes), FLOATS, kinds=kinds)


BAD_CONVOLUTIONS = [
    "F.conv2d(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 3, 3))",
    "F.conv2d(torch.ones(1, 2, 4, 4), torch.ones(1, 1, 3, 3))",
    "F.conv2d(torch.ones(4, 4), torch.ones(1, 1, 3, 3))",
    "F.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3), stride=0)",
    "F.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3), padding=-1)",
    "F.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3), padding='full')",
    "F.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3), stride=2, padding='same')",
    "F.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3), torch.ones(2))",
    "F.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3).double())",
    "F.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3), stride=(1, 1, 1))",
    "F.conv2d(torch.ones(1, 3, 4, 4), torch.ones(3, 1, 3, 3), groups=2)",
    "F.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3), dilation=0)",
    "nn.Conv2d(3, 4, 3, groups=2)", "nn.Conv2d(1, 1, 3, padding_mode='odd')", "nn.Conv2d(1, 1, 3, padding='full')",
]  # fmt: skip


@op("conv2d", errors=BAD_CONVOLUTIONS)
def conv2d(random: Random) -> Case:
    groups = pick(random, 1, 1, 1, 2, 3)
    C, F = groups * pick(random, 1, 2), groups * pick(random, 1, 2)
    KH, KW = pick(random, 1, 2, 3), pick(random, 1, 2, 3)
    x = images(random, C, 5)
    w = array(random, (F, C // groups, KH, KW), x.dtype.name, kind="normal")
    b = array(random, (F,), x.dtype.name, kind="normal", plain=True)
    stride, dilation = one_or_two(random, 1, 1, 2, 3), one_or_two(random, 1, 1, 2)
    padding: Any = pick(random, 0, one_or_two(random, 0, 1, 2), "'valid'")
    if sometimes(random, 0.25):
        stride, padding = 1, "'same'"
    options = joined(
        f"stride={stride}" if stride != 1 else "", f"padding={padding}" if padding else "",
        f"dilation={dilation}" if dilation != 1 else "", f"groups={groups}" if groups > 1 else "",
    )  # fmt: skip
    return case(f"F.conv2d({joined(pick(random, 'x, w', 'x, w, b'), options)})", x=x, w=w, b=b)


@op("Conv2d plain", errors=["nn.Conv2d(3, 4, 3, groups=2)", "nn.Conv2d(2, 1, 3)(torch.ones(1, 3, 4, 4))"])
def conv2d_layer(random: Random) -> Case:
    C, F, K = pick(random, 1, 2), pick(random, 1, 2), pick(random, 1, 2, 3)
    options = pick(random, "", "", "stride=2", "padding=1", "bias=False")
    x = array(random, (pick(random, 1, 2), C, 3, 4), "float32", kind="normal")
    return case(f"nn.Conv2d({joined(f'{C}, {F}, {K}', options)})(x)", x=x)


@op("Conv2d padding_mode", errors=["nn.Conv2d(1, 1, 3, padding=3, padding_mode='reflect')(torch.ones(1, 1, 3, 3))"])
def padding_mode(random: Random) -> Case:
    mode = pick(random, "zeros", "reflect", "replicate", "circular")
    C, F = pick(random, 1, 2), pick(random, 1, 2)
    padding = pick(random, 1, 2, (1, 2), "'same'", 0)
    x = array(random, (pick(random, 1, 2), C, 5, 6), "float32", kind="normal")
    text = f"c = nn.Conv2d({C}, {F}, {pick(random, 3, (3, 1), (2, 3))}, padding={padding}, padding_mode={mode!r})"
    return case(f"{text}; y = c(x); (y, c.weight, c.bias)", x=x)


BAD_POOLINGS = [
    "F.max_pool2d(torch.ones(4, 4), 2)", "F.max_pool2d(torch.ones(1, 4, 4), 2, padding=2)",
    "F.max_pool2d(torch.ones(1, 4, 4), 0)",
    "F.max_pool2d(torch.ones(1, 4, 4), 2, stride=0)", "F.max_pool2d(torch.ones(1, 4, 4), 5)",
    "F.max_pool2d(torch.ones(1, 4, 4), (2, 2, 2))",
    "F.max_pool2d(torch.ones(1, 0, 4), 2)", "F.max_pool2d(torch.ones(1, 4, 4), 2, padding=-1)",
    "F.max_pool2d(torch.ones(1, 4, 4), 2, dilation=0)", "F.max_pool2d(torch.ones(1, 4, 4) > 0, 2)",
]  # fmt: skip


@op("max_pool2d", errors=BAD_POOLINGS)
def max_pool2d(random: Random) -> Case:
    kernel = one_or_two(random, 1, 2, 3)
    smallest = min(kernel) if isinstance(kernel, tuple) else kernel
    x = images(random, pick(random, 1, 2), 5, kinds=("normal", "ties", "special"))
    options = joined(
        pick(random, "", f"stride={one_or_two(random, 1, 2, 3)}"), pick(random, "", f"padding={smallest // 2}"),
        pick(random, "", "", "dilation=2"), pick(random, "", "ceil_mode=True"), pick(random, "", "return_indices=True"),
    )  # fmt: skip
    if sometimes(random, 0.2):
        return case(f"nn.MaxPool2d({joined(str(kernel), options)})(x)", x=x)
    return case(f"F.max_pool2d({joined(f'x, {kernel}', options)})", x=x)


@op("pad", errors=["F.pad(torch.ones(2), (1,))", "F.pad(torch.ones(2), (1, 1, 1, 1))", "F.pad(torch.ones(2), (-2, -1))",
                   "F.pad(torch.ones(1, 3), (3, 0), mode='reflect')", "F.pad(torch.ones(1, 3), (1, 1), mode='odd')",
                   "F.pad(torch.ones(1, 3), (4, 0), mode='circular')",
                   "F.pad(torch.ones(1, 2, 3), (1, 1, 1, 1, 1, 1), mode='reflect')",
                   "F.pad(torch.ones(3), (1, 1), mode='replicate')",
                   "F.pad(torch.ones(1, 3), (1, 1), mode='reflect', value=1.0)"])  # fmt: skip
def pad(random: Random) -> Case:
    x = number_array(random, shape(random, min_dims=1))
    widths = tuple(pick(random, 0, 1, 2, 2, -1) for _ in range(2 * random.integers(1, x.ndim + 1)))
    return case(f"F.pad(x, {widths}{pick(random, '', ', value=1.5', ', value=2')})", x=x)


for mode in ("reflect", "replicate", "circular"):

    @op(f"pad {mode}")
    def padded(random: Random, mode: str = mode) -> Case:
        spatial = pick(random, 1, 1, 2, 2, 3)
        around = [pick(random, 1, 2) for _ in range(pick(random, 1, 2))]
        widths = tuple(pick(random, 0, 1, 2) for _ in range(2 * spatial))
        x = array(random, around + [pick(random, 3, 4) for _ in range(spatial)])
        return case(f"F.pad(x, {widths}, mode={mode!r})", x=x)


@op(
    "F.unfold",
    errors=[
        "F.unfold(torch.ones(4, 4), 2)",
        "F.unfold(torch.ones(1, 1, 2, 2), 3)",
        "F.unfold(torch.ones(1, 1, 4, 4), 2, stride=0)",
    ],
)
def unfold(random: Random) -> Case:
    x = images(random, pick(random, 1, 2), 4)
    options = joined(
        pick(random, "", f"dilation={one_or_two(random, 1, 2)}"),
        pick(random, "", f"padding={one_or_two(random, 0, 1)}"),
        pick(random, "", f"stride={one_or_two(random, 1, 2)}"),
    )
    call = joined(f"{one_or_two(random, 1, 2)}", options)
    return case(pick(random, f"F.unfold(x, {call})", f"nn.Unfold({call})(x)"), x=x)


@op(
    "F.fold",
    errors=[
        "F.fold(torch.ones(1, 4, 8), (4, 4), 2)",
        "F.fold(torch.ones(1, 3, 9), (4, 4), 2)",
        "F.fold(torch.ones(4), (4, 4), 2)",
    ],
)
def fold(random: Random) -> Case:
    H, W, K = (pick(random, 3, 4, 5) for _ in range(3))
    K, stride, padding, dilation = pick(random, 1, 2), pick(random, 1, 2), pick(random, 0, 1), pick(random, 1, 2)
    blocks = np.prod([(n + 2 * padding - dilation * (K - 1) - 1) // stride + 1 for n in (H, W)])
    C = pick(random, 1, 2)
    sizes = (*(() if sometimes(random, 0.2) else (pick(random, 1, 2),)), C * K * K, int(blocks))
    call = f"({H}, {W}), {K}, dilation={dilation}, padding={padding}, stride={stride}"
    return case(pick(random, f"F.fold(x, {call})", f"nn.Fold({call})(x)"), x=array(random, sizes, kind="normal"))


DROPOUTS = {"dropout": (0, 4), "dropout1d": (2, 3), "dropout2d": (2, 4), "dropout3d": (3, 5)}

for name, (fewest, most) in DROPOUTS.items():

    @op(
        name,
        errors=[
            f"F.{name}(torch.ones(2, 3, 4), p=1.5)",
            f"F.{name}(torch.ones(2, 3, 4), p=-0.5)",
            f"nn.{name.capitalize().replace('d', 'd')}(p=2)",
        ],
    )
    def dropout(random: Random, name: str = name, fewest: int = fewest, most: int = most) -> Case:
        x = array(
            random,
            shape(random, min_dims=fewest, max_dims=most),
            FLOATS if sometimes(random, 0.95) else ALL,
            kind="normal",
        )
        options = joined(
            "x", pick(random, "", "p=0.3", "p=0.0", "p=1.0", "0.75"), pick(random, "", "", "training=False")
        )
        layer = "D" + name[1:]
        return case(pick(random, f"F.{name}({options})", f"F.{name}({options})", f"nn.{layer}(0.4)(x)",
                         f"nn.{layer}(0.4).eval()(x)",
                         f"F.{name}(x * 1, 0.5, inplace=True)"), x=x)  # fmt: skip
