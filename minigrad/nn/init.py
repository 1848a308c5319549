"""How weights begin: random, and of a size that keeps signals and gradients alive through the layers.

A sum of n products of independent numbers has n times the variance of one. A layer of fan-in n therefore begins with
weights of variance about 1/n; too large and the signal explodes from layer to layer, too small and it dies.

From the same seed all weights have torch's bits, save those of `orthogonal_`: its QR decomposition is LAPACK's, of
which NumPy and torch bring different builds, equal up to rounding.
"""

import math
import warnings

import numpy as np

from ..autograd import no_grad
from ..random import Generator, default_generator, exact_normal_
from ..tensor import Tensor, wrap

# -- The same everywhere, or next to it


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """x ← val everywhere."""
    return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """x ← 1 everywhere."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """x ← 0 everywhere."""
    return constant_(tensor, 0.0)


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """x ← the identity matrix: a linear layer that passes on what it gets, as far as it has outputs.

    Raises: ValueError for other than two dimensions.
    """
    if tensor.array.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return tensor.copy_(wrap(np.eye(*tensor.array.shape, dtype=tensor.array.dtype)))


@no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """x ← 1 in the middle of the kernel from each channel to itself, else 0: the identity among the convolutions.

    Shape: (F, C, KW), (F, C, KH, KW) or (F, C, KD, KH, KW); each of the groups of F / groups channels begins anew.
    Raises: ValueError for other dimensions, or if the groups do not divide F.
    """
    if tensor.array.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    F, C, *kernel = tensor.array.shape
    if F % groups:
        raise ValueError("dim 0 must be divisible by groups")
    values = np.zeros_like(tensor.array)
    per_group = F // groups
    middle = tuple(size // 2 for size in kernel)
    for group in range(groups):
        for channel in range(min(per_group, C)):
            values[(group * per_group + channel, channel, *middle)] = 1
    return tensor.copy_(wrap(values))


# -- Random


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """x ← uniform in [a, b)."""
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """x ← normal of this mean and standard deviation."""
    return exact_normal_(tensor, mean, std, generator=generator)


@no_grad()
def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """x ← normal of this mean and standard deviation, but within [a, b]: no weight begins as an outlier.

    By rejection: what falls outside is drawn again. If [a, b] has more than 0.3 of the probability, the proposals are
    normal; else uniform in [a, b], and kept with the probability density(x) / (the largest density in [a, b]).
    Source: Robert 1995, "Simulation of truncated normal variables", Statistics and Computing 5, 121–125, section 2.
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )

    def cdf(x: float) -> float:
        """The probability that a standard normal number is below x."""
        return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0

    def propose_normal(proposal: Tensor) -> np.ndarray:
        low, high = proposal.array.dtype.type(a), proposal.array.dtype.type(b)
        exact_normal_(proposal, mean, std, generator=generator)
        return (proposal.array < low) | (proposal.array > high)

    def propose_uniform(proposal: Tensor) -> np.ndarray:
        log_peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
        proposal.uniform_(a, b, generator=generator)
        log_density = proposal.clone().sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(log_peak)
        return proposal.clone().uniform_(generator=generator).log_().array > log_density.array

    propose = propose_normal if cdf((b - mean) / std) - cdf((a - mean) / std) > 0.3 else propose_uniform
    rejected, again = propose(tensor), tensor.clone()
    while rejected.any():
        rejected_again = propose(again)  # as many as ever: torch draws them all, and so do we
        np.copyto(tensor.array, again.array, where=rejected)
        rejected &= rejected_again
    return tensor


# -- Random, and as large as the layer's fans ask for


def fans(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out): how many numbers go into one output of this weight, and how many outputs one input reaches.

    Shape: (out, in) or (out, in, KH, KW).
    Raises: ValueError for fewer than two dimensions.
    """
    if tensor.array.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    receptive_field = math.prod(tensor.array.shape[2:])
    return tensor.array.shape[1] * receptive_field, tensor.array.shape[0] * receptive_field


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much a layer's weights must grow to make up for what the bend after it takes away.

    relu lets half of the variance through, hence √2; leaky_relu of slope a lets through (1 + a²)/2.
    Raises: ValueError for an unknown name.

    >>> calculate_gain("leaky_relu", 1), calculate_gain("sigmoid")
    (1.0, 1)
    """
    gains = {"linear": 1, "sigmoid": 1, "tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}
    gains |= {f"conv{kind}{dims}d": 1 for kind in ("", "_transpose") for dims in (1, 2, 3)}
    if nonlinearity == "leaky_relu":
        if param is not None and (isinstance(param, bool) or not isinstance(param, (int, float))):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in gains:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return gains[nonlinearity]


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """x ← uniform in [−bound, bound), bound = gain·√(6/(fan_in + fan_out)): between what forward and backward want.

    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", eq. 16.
    """
    bound = math.sqrt(3.0) * (gain * math.sqrt(2.0 / sum(fans(tensor))))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """x ← normal of mean 0 and variance gain²·2/(fan_in + fan_out). Source: Glorot & Bengio 2010, equation 12."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(fans(tensor))), generator)


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """x ← uniform in [−bound, bound), bound = gain·√(3/fan), whose variance is bound²/3 = gain²/fan.

    Source: He et al. 2015, "Delving Deep into Rectifiers", equation 14.
    """
    if _is_empty(tensor):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """x ← normal of mean 0 and variance gain²/fan. Source: He et al. 2015, "Delving Deep into Rectifiers", eq. 10."""
    if _is_empty(tensor):
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _is_empty(tensor: Tensor) -> bool:
    """Whether there is nothing to initialise, which is worth a warning."""
    if 0 in tensor.array.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return 0 in tensor.array.shape


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    """gain/√fan. Raises: ValueError for an unknown mode."""
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan = fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


# -- Random, with a structure


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """x ← gain times a matrix of orthonormal rows (or columns, if they are fewer): it turns vectors, at their length.

    Q of the QR decomposition of a normal matrix, its columns multiplied by the signs on R's diagonal; without that step
    some rotations would be likelier than others. Dimensions from the second on count as one.
    Source: Saxe et al. 2013, arXiv:1312.6120; for the signs Mezzadri 2006, arXiv:math-ph/0609050, section 5.
    Raises: ValueError for fewer than two dimensions.
    """
    if tensor.array.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if not tensor.array.size:
        return tensor
    matrix = exact_normal_(wrap(np.empty_like(tensor.array, order="C")), generator=generator).array
    matrix = matrix.reshape(len(matrix), -1)
    rows, columns = matrix.shape
    q, r = np.linalg.qr(matrix.T if rows < columns else matrix)
    q *= np.sign(np.diag(r))
    q = q.T if rows < columns else q
    return tensor.copy_(wrap(q.reshape(tensor.array.shape))).mul_(gain)


@no_grad()
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """x ← normal of mean 0, but in each column that share of the rows, rounded up, is 0.

    Which rows is drawn from the default generator, whatever `generator` is: so does torch.
    Source: Martens 2010, "Deep learning via Hessian-free optimization", section 5.
    Raises: ValueError for other than two dimensions.
    """
    if tensor.array.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.array.shape
    zeros = math.ceil(sparsity * rows)
    normal_(tensor, 0.0, std, generator)
    for column in range(columns):
        tensor.array[default_generator.randperm(rows)[:zeros], column] = 0
    return tensor
