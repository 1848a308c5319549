"""What torch's last bits depend on: the processor. Where it is another one, tests skip and say why."""

from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from parity import assert_same_tensor


@cache
def torch_rounds_once() -> bool:
    """Whether torch's u · (b − a) + a is one fused multiply-add here: compared with exact arithmetic."""
    u = torch.rand(64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x = torch.empty(64, dtype=torch.float64).uniform_(0.1, 0.7, generator=torch.Generator().manual_seed(0))
    return x.tolist() == [float(Fraction(k) * Fraction(0.7 - 0.1) + Fraction(0.1)) for k in u.tolist()]


@cache
def torch_has_short_polynomials() -> bool:
    """Whether torch's float32 normals from 16 on come from its AVX2 kernel: compared with the bits it gives there."""
    drawn = torch.randn(16, generator=torch.Generator().manual_seed(0)).view(torch.int32).tolist()
    return drawn == KNOWN_AVX2_NORMALS


# fmt: off
KNOWN_AVX2_NORMALS = [  # the bits of torch.manual_seed(0); torch.randn(16)
    -1081074811, -1080852342, -1098888234, -1092737699, 1062814997, 1060185987, -1096692627, -1073258559,
    1051001144, -1079921420, 1051930879, 1050526651, 1039495031, 1067346835, 1066332814, -1099090308,
]
# fmt: on

needs_one_rounding = pytest.mark.skipif(
    not torch_rounds_once(), reason="torch rounds u * (b - a) + a twice on this processor: no fused multiply-add"
)
needs_short_polynomials = pytest.mark.skipif(
    not torch_has_short_polynomials(), reason="torch's float32 normals from 16 on are not those of its AVX2 kernel here"
)


def assert_same_bits(mine: Any, other: Any, what: str) -> None:
    """Tensors of the same dtype, shape and bits. (Normals, where torch's come from another kernel: up to rounding.)"""
    if torch_rounds_once() and torch_has_short_polynomials():
        np.testing.assert_array_equal(mine.detach().numpy(), other.detach().numpy(), what, strict=True)
    else:
        assert_same_tensor(mine, other, what, scale=6)
