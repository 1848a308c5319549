"""Losses: mean squared error, negative log-likelihood, cross entropy."""

import numpy as np

from .table import Case, case, joined, op
from .values import FLOATS, Random, array, integers, pair, pick, shape, sometimes

REDUCTIONS = ("", "reduction='mean'", "reduction='sum'", "reduction='none'")


@op("mse_loss", errors=["F.mse_loss(torch.ones(3), torch.ones(2))",
                        "F.mse_loss(torch.ones(3), torch.ones(3), reduction='all')",
                        "F.mse_loss(torch.ones(3, dtype=torch.int64), torch.ones(3, dtype=torch.int64))",
                        "F.mse_loss(torch.ones(3), torch.ones(3), weight=torch.ones(2))"])  # fmt: skip
def mse_loss(random: Random) -> Case:
    x, y = pair(random, FLOATS)
    if sometimes(random, 0.6):
        y = array(random, x.shape, x.dtype.name)
    weight = "weight=w" if sometimes(random, 0.2) and x.shape == y.shape else ""
    options = joined(pick(random, *REDUCTIONS), weight)
    if not weight and sometimes(random, 0.2):
        return case(f"nn.MSELoss({options})(x, y)", x=x, y=y)
    return case(
        f"F.mse_loss({joined('x, y', options)})", x=x, y=y, w=array(random, x.shape, x.dtype.name, kind="positive")
    )


def classes(random: Random) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores (C), (N, C) or (N, C, …), labels of which some are to be ignored, and class weights."""
    C = pick(random, 1, 2, 3, 4)
    rest = shape(random, max_dims=3, min_side=0 if sometimes(random, 0.3) else 1)
    unbatched = sometimes(random, 0.15)
    sizes = (C,) if unbatched else (rest[0] if rest else 2, C, *rest[1:])
    x = array(random, sizes, FLOATS, kinds=("normal", "normal", "ties"))
    labels = integers(random, 0, C, () if unbatched else (sizes[0], *sizes[2:]))
    if sometimes(random, 0.3):
        labels = np.where(random.random(labels.shape) < 0.3, -100, labels)
    return x, np.asarray(labels), array(random, (C,), x.dtype.name, kind="positive")


@op("nll_loss", errors=["F.nll_loss(torch.ones(2, 3), torch.tensor([0, 3]))",
                        "F.nll_loss(torch.ones(2, 3), torch.tensor([0]))",
                        "F.nll_loss(torch.ones(2, 3), torch.tensor([0.0, 1.0]))",
                        "F.nll_loss(torch.tensor(1.0), torch.tensor(0))",
                        "F.nll_loss(torch.ones(2, 3), torch.tensor([[0, 1]]))",
                        "F.nll_loss(torch.ones(2, 3), torch.tensor([0, 1]), torch.ones(2))",
                        "F.nll_loss(torch.ones(2, 3, 4), torch.ones(2, 3, dtype=torch.int64))",
                        "F.nll_loss(torch.ones(2, 3), torch.tensor([0, 1]), reduction='all')"])  # fmt: skip
def nll_loss(random: Random) -> Case:
    x, y, w = classes(random)
    options = joined(pick(random, "", "weight=w"), pick(random, "", "", "ignore_index=0"), pick(random, *REDUCTIONS))
    if sometimes(random, 0.2):
        return case(f"nn.NLLLoss({options})(x, y)", "w", x=x, y=y, w=w)
    return case(f"F.nll_loss({joined('x, y', options)})", "w", x=x, y=y, w=w)


@op("cross_entropy", errors=["F.cross_entropy(torch.ones(2, 3), torch.tensor([0, 3]))",
                             "F.cross_entropy(torch.ones(2, 3), torch.tensor([0]))",
                             "F.cross_entropy(torch.ones(2, 3), torch.ones(2, 2))",
                             "F.cross_entropy(torch.ones(2, 3), torch.tensor([0, 1]), label_smoothing=2.0)",
                             "F.cross_entropy(torch.ones(2, 3), torch.ones(2, 3, dtype=torch.int64))",
                             "F.cross_entropy(torch.ones(2, 3), torch.tensor([0, 1]), reduction='all')",
                             "F.cross_entropy(torch.ones(2, 3), torch.ones(2, 3), ignore_index=1)"])  # fmt: skip
def cross_entropy(random: Random) -> Case:
    x, y, w = classes(random)
    options = joined(pick(random, "", "weight=w"), pick(random, "", "", "label_smoothing=0.1", "label_smoothing=1.0"))
    if sometimes(random, 0.3):
        target, shares = "q", array(random, x.shape, x.dtype.name, kind="positive")
    else:
        target, shares = "y", x
        options = joined(options, pick(random, "", "", "ignore_index=0"))
    options = joined(options, pick(random, *REDUCTIONS))
    if sometimes(random, 0.2):
        return case(f"nn.CrossEntropyLoss({options})(x, {target})", "w", x=x, y=y, w=w, q=shares)
    return case(f"F.cross_entropy({joined(f'x, {target}', options)})", "w", x=x, y=y, w=w, q=shares)
