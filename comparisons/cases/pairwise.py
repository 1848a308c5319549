"""Losses number by number: absolute errors, yes or no; and labels as ones and zeros."""

import numpy as np

from .losses import REDUCTIONS
from .table import Case, case, joined, op
from .values import FLOATS, Random, array, integers, pair, pick, shape, smaller, sometimes


@op("l1_loss", errors=["F.l1_loss(torch.ones(3), torch.ones(2))",
                       "F.l1_loss(torch.ones(3), torch.ones(3), reduction='all')",
                       "F.l1_loss(torch.ones(3, dtype=torch.int64), torch.ones(3, dtype=torch.int64))"])  # fmt: skip
def l1_loss(random: Random) -> Case:
    x, y = pair(random, FLOATS)
    options = pick(random, *REDUCTIONS)
    if sometimes(random, 0.2):
        return case(f"nn.L1Loss({options})(x, y)", x=x, y=y)
    return case(f"F.l1_loss({joined('x, y', options)})", x=x, y=y)


@op("smooth_l1_loss", errors=["F.smooth_l1_loss(torch.ones(3), torch.ones(2))",
                              "F.smooth_l1_loss(torch.ones(3), torch.ones(3), beta=-1.0)",
                              "F.smooth_l1_loss(torch.ones(3), torch.ones(3), reduction='all')",
                              "F.smooth_l1_loss(torch.ones(3).long(), torch.ones(3).long())"])  # fmt: skip
def smooth_l1_loss(random: Random) -> Case:
    x, y = pair(random, FLOATS)
    options = joined(pick(random, *REDUCTIONS), pick(random, "", "beta=0.5", "beta=3.0", "beta=0.0"))
    if sometimes(random, 0.2):
        return case(f"nn.SmoothL1Loss({options})(x, y)", x=x, y=y)
    return case(f"F.smooth_l1_loss({joined('x, y', options)})", x=x, y=y)


def answers(random: Random, certain: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, targets in [0, 1] (some of them 0 or 1, as often as `certain` says), and a weight that broadcasts."""
    sizes = shape(random, max_dims=3)
    x = array(random, sizes, FLOATS, kind="normal")
    y = np.asarray(random.random(sizes))
    y = np.where(random.random(sizes) < certain, np.round(y), y)
    return x, np.asarray(y, x.dtype), array(random, smaller(random, sizes), x.dtype.name, kind="positive")


@op("binary_cross_entropy", errors=["F.binary_cross_entropy(torch.ones(3), torch.ones(2))",
                                    "F.binary_cross_entropy(torch.ones(3) * 2, torch.ones(3))",
                                    "F.binary_cross_entropy(torch.ones(3), torch.ones(3) * 2)",
                                    "F.binary_cross_entropy(torch.ones(3), torch.ones(3).double())",
                                    "F.binary_cross_entropy(torch.ones(3).long(), torch.ones(3).long())",
                                    "F.binary_cross_entropy(torch.ones(3), torch.ones(3), weight=torch.ones(2))",
                                    "F.binary_cross_entropy(torch.ones(3), torch.ones(3), reduction='all')",
                                    ])  # fmt: skip
def binary_cross_entropy(random: Random) -> Case:
    x, y, w = answers(random, 0.3)
    x = np.asarray(1 / (1 + np.exp(-x)), x.dtype)
    options = joined(pick(random, "", "weight=w"), pick(random, *REDUCTIONS))
    if sometimes(random, 0.2):
        return case(f"nn.BCELoss({options})(x, y)", "w y", x=x, y=y, w=w)
    return case(f"F.binary_cross_entropy({joined('x, y', options)})", "w", x=x, y=y, w=w)


@op("binary_cross_entropy_with_logits", errors=[
    "F.binary_cross_entropy_with_logits(torch.ones(3), torch.ones(2))",
    "F.binary_cross_entropy_with_logits(torch.ones(3), torch.ones(3).long())",
    "F.binary_cross_entropy_with_logits(torch.ones(3).long(), torch.ones(3).long())",
    "F.binary_cross_entropy_with_logits(torch.ones(3), torch.ones(3), weight=torch.ones(2))",
    "F.binary_cross_entropy_with_logits(torch.ones(3), torch.ones(3), pos_weight=torch.ones(2))",
    "F.binary_cross_entropy_with_logits(torch.ones(3), torch.ones(3), reduction='all')",
])  # fmt: skip
def binary_cross_entropy_with_logits(random: Random) -> Case:
    x, y, w = answers(random, 0.5)
    p = array(random, x.shape[-1:], x.dtype.name, kind="positive")
    options = joined(pick(random, "", "weight=w"), pick(random, *REDUCTIONS), pick(random, "", "pos_weight=p"))
    if sometimes(random, 0.2):
        return case(f"nn.BCEWithLogitsLoss({options})(x * 9, y)", "w p", x=x, y=y, w=w, p=p)
    return case(f"F.binary_cross_entropy_with_logits({joined('x * 9, y', options)})", "w p", x=x, y=y, w=w, p=p)


@op("one_hot", errors=["F.one_hot(torch.tensor([0, 3]), 3)", "F.one_hot(torch.tensor([-1]))",
                       "F.one_hot(torch.tensor([1.0]))", "F.one_hot(torch.ones(0, dtype=torch.int64))",
                       "F.one_hot(torch.tensor([1]), 0)", "F.one_hot(torch.tensor([1], dtype=torch.int32))"],
    )  # fmt: skip
def one_hot(random: Random) -> Case:
    x = integers(random, 0, 4, shape(random, max_dims=3, min_side=1))
    return case(f"F.one_hot(x{pick(random, '', ', 4', ', num_classes=6')})", x=x)
