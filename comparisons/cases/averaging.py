"""Means over windows, regions and batches."""

from .layers import images, one_or_two
from .table import Case, case, joined, op
from .values import FLOATS, Random, array, pick, sometimes


@op("avg_pool2d", errors=["F.avg_pool2d(torch.ones(4, 4), 2)", "F.avg_pool2d(torch.ones(1, 4, 4), 2, padding=2)",
                          "F.avg_pool2d(torch.ones(1, 4, 4), 0)", "F.avg_pool2d(torch.ones(1, 4, 4), 2, stride=0)",
                          "F.avg_pool2d(torch.ones(1, 4, 4), 5)", "F.avg_pool2d(torch.ones(1, 4, 4), (2, 2, 2))",
                          "F.avg_pool2d(torch.ones(1, 0, 4, 4), 2)", "F.avg_pool2d(torch.ones(1, 4, 4), 2, padding=-1)",
                          "F.avg_pool2d(torch.ones(1, 4, 4), 2, divisor_override=0)"])  # fmt: skip
def avg_pool2d(random: Random) -> Case:
    kernel = one_or_two(random, 1, 2, 3)
    smallest = min(kernel) if isinstance(kernel, tuple) else kernel
    x = images(random, pick(random, 1, 2), 5)
    options = joined(
        pick(random, "", f"stride={one_or_two(random, 1, 2, 3)}"), pick(random, "", f"padding={smallest // 2}"),
        pick(random, "", "ceil_mode=True"), pick(random, "", "count_include_pad=False"),
        pick(random, "", "", "divisor_override=3"),
    )  # fmt: skip
    if sometimes(random, 0.2):
        return case(f"nn.AvgPool2d({joined(str(kernel), options)})(x)", x=x)
    return case(f"F.avg_pool2d({joined(f'x, {kernel}', options)})", x=x)


@op("adaptive_avg_pool2d", errors=["F.adaptive_avg_pool2d(torch.ones(4, 4), 2)",
                                   "F.adaptive_avg_pool2d(torch.ones(1, 4, 4), (2,))",
                                   "F.adaptive_avg_pool2d(torch.ones(1, 4, 4), -1)",
                                   "F.adaptive_avg_pool2d(torch.ones(1, 4, 4).long(), 2)",
                                   "F.adaptive_avg_pool2d(torch.ones(1, 4, 4).long(), 1)",
                                   "F.adaptive_avg_pool2d(torch.ones(1, 0, 4), 2)"])  # fmt: skip
def adaptive_avg_pool2d(random: Random) -> Case:
    x = images(random, pick(random, 1, 2), 3)
    size = pick(random, 1, (1, 1), one_or_two(random, 1, 2, 3, 4, 9), (None, 2), (3, None))
    return case(pick(random, f"F.adaptive_avg_pool2d(x, {size})", f"nn.AdaptiveAvgPool2d({size})(x)"), x=x)


@op("batch_norm", errors=[
    "F.batch_norm(torch.ones(2, 3), None, None)", "F.batch_norm(torch.ones(1, 3), None, None, training=True)",
    "F.batch_norm(torch.ones(2, 3), torch.zeros(2), torch.ones(2))",
    "F.batch_norm(torch.ones(2, 3), torch.zeros(3), torch.ones(3), torch.ones(2))",
    "F.batch_norm(torch.ones(2, 3), torch.zeros(3), torch.ones(3), None, torch.ones(2))",
    "F.batch_norm(torch.ones(2, 3), torch.zeros(3), None, training=True)",
    "F.batch_norm(torch.ones(2, 3).double(), torch.zeros(3), torch.ones(3))",
    "F.batch_norm(torch.ones(2, 3).long(), torch.zeros(3), torch.ones(3))",
    "F.batch_norm(torch.ones(2, 3), torch.zeros(3, requires_grad=True), torch.ones(3), training=True)",
    "nn.BatchNorm1d(3)(torch.ones(2, 3, 4, 4))", "nn.BatchNorm2d(3)(torch.ones(2, 3))",
    "nn.BatchNorm2d(3)(torch.ones(2, 4, 2, 2))", "nn.BatchNorm1d(3)(torch.ones(1, 3))",
])  # fmt: skip
def batch_norm(random: Random) -> Case:
    C = pick(random, 1, 2, 3)
    places = pick(random, (), (3,), (2, 3))
    x = array(random, (pick(random, 2, 3, 4), C, *places), FLOATS, kind="normal")
    # In plain memory: where it has gaps torch's gradient is not that of its value.
    w, b, m = (array(random, (C,), x.dtype.name, kind="normal", plain=True) for _ in range(3))
    v = array(random, (C,), x.dtype.name, kind="positive", plain=True)
    if sometimes(random, 0.4):
        layer = "BatchNorm2d" if len(places) == 2 else "BatchNorm1d"
        options = joined(
            f"{C}", pick(random, "", "momentum=0.3", "momentum=None"), pick(random, "", "affine=False", "bias=False"),
            pick(random, "", "", "track_running_stats=False"), f"dtype=torch.{x.dtype.name}",
        )  # fmt: skip
        after = pick(random, "", ".eval()")
        return case(f"n = nn.{layer}({options}); n(x); (n{after}(x), *n.parameters(), *n.buffers())", x=x)
    learned = pick(random, "", "w", "w, b")
    training = joined("x, m.clone(), v.clone()", learned, f"training={pick(random, True, False)}")
    text = pick(random, training, joined("x, None, None", learned, "training=True"))
    return case(f"F.batch_norm({joined(text, pick(random, '', 'momentum=0.5', 'eps=0.01'))})", "m v",
                x=x, w=w, b=b, m=m, v=v)  # fmt: skip
