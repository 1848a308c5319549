"""Padding layers: a border of one value, mirrored, repeated, or from the far side. See `functional.pad`."""

from collections.abc import Iterable
from typing import Any

from ..tensor import Tensor
from . import functional as F
from .module import Module


def repeated(value: Any, times: int) -> tuple[Any, ...]:
    """One number for so many places, or those that were given; what they are is looked at when they are used.

    >>> repeated(1, 2), repeated([1, 3], 2)
    ((1, 1), (1, 3))
    """
    return tuple(value) if isinstance(value, Iterable) else (value,) * times


class _Pad(Module):
    """What they have in common: a width on every side of 1, 2 or 3 dimensions, and a mode."""

    dims: int
    mode: str

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = repeated(padding, 2 * self.dims)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    """The border is one value."""

    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    """The border is zeros."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPad1d(_ConstantPad):
    """A border of one value. Shape: (*, W) -> (*, W + left + right)."""

    dims = 1


class ConstantPad2d(_ConstantPad):
    """A border of one value. Shape: (*, H, W) -> (*, H + top + bottom, W + left + right)."""

    dims = 2


class ConstantPad3d(_ConstantPad):
    """A border of one value around the last three dimensions."""

    dims = 3


class ZeroPad1d(_ZeroPad):
    """A border of zeros. Shape: (*, W) -> (*, W + left + right)."""

    dims = 1


class ZeroPad2d(_ZeroPad):
    """A border of zeros. Shape: (*, H, W) -> (*, H + top + bottom, W + left + right)."""

    dims = 2


class ZeroPad3d(_ZeroPad):
    """A border of zeros around the last three dimensions."""

    dims = 3


class ReflectionPad1d(_Pad):
    """A mirror image as the border: c b | a b c | b a."""

    dims, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """A mirror image as the border of a plane."""

    dims, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """A mirror image as the border of a volume."""

    dims, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """The edge, repeated: a a | a b c | c c."""

    dims, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """The edge of a plane, repeated."""

    dims, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """The faces of a volume, repeated."""

    dims, mode = 3, "replicate"


class _CircularPad(_Pad):
    """The border is the far side. Raises: ValueError for an input that has neither a batch of channels nor channels."""

    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        if input.dim() not in (self.dims + 1, self.dims + 2):
            expected = f"{self.dims + 1}D or {self.dims + 2}D"
            raise ValueError(f"expected {expected} input (got {input.dim()}D input)")
        return super().forward(input)


class CircularPad1d(_CircularPad):
    """The far side as the border, as on a ring: b c | a b c | a b."""

    dims = 1


class CircularPad2d(_CircularPad):
    """The far side as the border, as on a torus."""

    dims = 2


class CircularPad3d(_CircularPad):
    """The far side as the border of a volume."""

    dims = 3
