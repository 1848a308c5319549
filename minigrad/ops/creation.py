"""Creation: tensors from numbers, arrays and sizes. Leaves of the graph: no node, no derivative.

Read next: `minigrad/random.py`, for the random ones.
"""

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import dtypes
from ..devices import device, on_cpu
from ..dims import check_flag, integer, sizes_from
from ..generator.rounding import fused_multiply_add
from ..memory import empty_like as new_memory_like
from ..tensor import Tensor, wrap
from .broadcasting import number_in
from .data import array_of

Device = device | str | int | None

COPY_CONSTRUCT = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor)."
)
NOT_WRITABLE = (
    "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means writing to "
    "this tensor will result in undefined behavior. You may want to copy the array to protect its data or make it "
    "writable before converting it to a tensor."
)


def leaf(array: np.ndarray, requires_grad: bool = False, device: Device = None) -> Tensor:
    """A new leaf around an array. Raises: RuntimeError if an integer is to require grad, or for another device."""
    on_cpu(device)
    check_flag("requires_grad", requires_grad)
    if requires_grad and array.dtype.kind != "f":
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    result = wrap(array)
    result._requires_grad = requires_grad
    return result


def tensor(
    data: Any, *, dtype: dtypes.dtype | None = None, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """A copy of the data: a number, nested lists of them, or an array, whose dtype is kept.

    Python floats become the default dtype, float32; ints int64.

    >>> import minigrad as torch
    >>> torch.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    if isinstance(data, Tensor):
        warnings.warn(COPY_CONSTRUCT, stacklevel=2)
    return leaf(np.array(array_of(data, dtype)), requires_grad, device)


def as_tensor(data: Any, dtype: dtypes.dtype | None = None, device: Device = None) -> Tensor:
    """As `tensor`, but without a copy where the data is a tensor or an array of that dtype already."""
    if isinstance(data, Tensor):
        return data.to(data.dtype if dtype is None else dtype)
    return leaf(array_of(data, dtype), device=device)


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor that shares the array's memory."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    dtypes.from_numpy_dtype(ndarray.dtype)
    if any(stride < 0 for stride in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array  with "
            "array.copy().) "
        )
    if not ndarray.flags.writeable:
        warnings.warn(NOT_WRITABLE, stacklevel=2)
    return wrap(ndarray)


def wanted_size(name: str, sizes: tuple[Any, ...], size: Any) -> Any:
    """The sizes, however they were given. Raises: TypeError for none at all."""
    if size is None and not sizes:
        raise TypeError(f'{name}() missing 1 required positional arguments: "size"')
    return sizes if size is None else (size,)


def checked_shape(op: str, sizes: Sequence[Any]) -> tuple[int, ...]:
    """The sizes as one tuple. Raises: RuntimeError for a negative one."""
    shape = sizes_from(op, sizes)
    if any(length < 0 for length in shape):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    return shape


def full(
    size: Any, fill_value: Any, *, dtype: dtypes.dtype | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor of this size, the same number everywhere.

    Raises: RuntimeError for a number that is too large for the dtype.
    """
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    if isinstance(fill_value, Tensor):
        dtype, fill_value = dtype or fill_value.dtype, fill_value.item()
    wanted = dtypes.as_dtype(dtype)
    numpy_dtype = dtypes.numpy_dtype_of_number(fill_value) if wanted is None else wanted.numpy
    number = number_in(fill_value, numpy_dtype, "full(): argument 'fill_value' (position 2)")
    return leaf(np.full(checked_shape("full", (size,)), number), requires_grad, device)


def empty(
    *sizes: Any, size: Any = None, dtype: dtypes.dtype | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor of this size. Torch leaves the memory as it finds it; zeros are one thing it may find."""
    shape = checked_shape("empty", wanted_size("empty", sizes, size))
    return leaf(np.zeros(shape, (dtypes.as_dtype(dtype) or dtypes.get_default_dtype()).numpy), requires_grad, device)


def zeros(
    *sizes: Any, size: Any = None, dtype: dtypes.dtype | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor of zeros."""
    shape = sizes_from("zeros", wanted_size("zeros", sizes, size))
    if any(length < 0 for length in shape):
        raise RuntimeError("zeros: Dimension size must be non-negative.")
    return empty(shape, dtype=dtype, device=device, requires_grad=requires_grad)


def ones(
    *sizes: Any, size: Any = None, dtype: dtypes.dtype | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor of ones."""
    shape = checked_shape("ones", wanted_size("ones", sizes, size))
    return leaf(np.ones(shape, (dtypes.as_dtype(dtype) or dtypes.get_default_dtype()).numpy), requires_grad, device)


def eye(
    n: int, m: int | None = None, *, dtype: dtypes.dtype | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The identity matrix. Raises: RuntimeError for a negative size."""
    n, m = integer(n, "n", "eye", 1), None if m is None else integer(m, "m", "eye", 2)
    for name, size in (("n", n), ("m", m)):
        if size is not None and size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    return leaf(np.eye(n, m, dtype=(dtype or dtypes.get_default_dtype()).numpy), requires_grad, device)


def arange(
    *bounds: Any, start: Any = 0, end: Any = None, step: Any = 1, dtype: dtypes.dtype | None = None,
    device: Device = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The numbers start, start + step, … below end: `arange(end)` or `arange(start, end, step)`. Whole ones make int64.

    Raises: RuntimeError for a step of 0, and for one that leads away from the end; TypeError without an end.

    >>> import minigrad as torch
    >>> torch.arange(1, 2, 0.25)
    tensor([1.0000, 1.2500, 1.5000, 1.7500])
    """
    names = ("end",) if len(bounds) == 1 and end is None else ("start", "end", "step")[: len(bounds)]
    if len(bounds) > len(names) or (end is None and "end" not in names):
        got = ", ".join(type(bound).__name__ for bound in bounds)
        raise TypeError(f"arange() received an invalid combination of arguments - got ({got})")
    given = {"start": start, "end": end, "step": step} | dict(zip(names, bounds, strict=True))
    start, end, step = (number.item() if isinstance(number, Tensor) else number for number in given.values())
    for name, number in (("start", start), ("end", end), ("step", step)):
        if not isinstance(number, (int, float, np.number)):
            raise TypeError(f"arange(): argument '{name}' must be Number, not {type(number).__name__}")
    if dtype is None:
        whole = all(isinstance(number, (int, np.integer)) for number in (start, end, step))
        dtype = dtypes.int64 if whole else dtypes.get_default_dtype()
    if dtype.numpy == np.bool_:
        raise NotImplementedError("\"arange_cpu\" not implemented for 'Bool'")
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not math.isfinite(start) or not math.isfinite(end):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) / step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    count = math.ceil((end - start) / step)
    if dtype.numpy.kind != "f":
        start, step = int(start), int(step)  # only now: torch counts them first
    return leaf((start + step * np.arange(count)).astype(dtype.numpy), requires_grad, device)


def linspace(
    start: float, end: float, steps: int, *, dtype: dtypes.dtype | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """`steps` numbers from start to end, evenly spaced, both ends included.

    The first half is counted from the start and the second from the end, so that both ends are met exactly.
    Raises: RuntimeError for a negative number of steps.
    """
    steps = integer(steps, "steps")
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    wanted = (dtype or dtypes.get_default_dtype()).numpy
    if wanted == np.bool_:
        raise NotImplementedError("\"linspace_cpu\" not implemented for 'Bool'")
    kind = wanted.type if wanted.kind == "f" else np.float64
    first, last = (kind(number_in(float(number), wanted)) for number in (start, end))
    if steps == 1:
        return leaf(np.full(1, first, wanted), requires_grad, device)
    step, half = (last - first) / kind(steps - 1), steps // 2
    ahead = fused_multiply_add(np.arange(half, dtype=kind), step, first) + 0 * first  # of −0 that makes 0
    back = fused_multiply_add(np.arange(steps - half, dtype=kind)[::-1], -step, last) + 0 * last
    return leaf(np.concatenate((ahead, back)).astype(wanted), requires_grad, device)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: dtypes.dtype | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The same number everywhere, in the input's shape, and in its dtype unless another is given."""
    array = new_memory_like(input.array, (dtype or input.dtype).numpy)
    array[...] = number_in(fill_value, array.dtype)
    return leaf(array, requires_grad, device)


def zeros_like(
    input: Tensor, *, dtype: dtypes.dtype | None = None, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """Zeros in the input's shape and dtype."""
    return full_like(input, 0, dtype=dtype, device=device, requires_grad=requires_grad)


def ones_like(
    input: Tensor, *, dtype: dtypes.dtype | None = None, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """Ones in the input's shape and dtype."""
    return full_like(input, 1, dtype=dtype, device=device, requires_grad=requires_grad)


def empty_like(
    input: Tensor, *, dtype: dtypes.dtype | None = None, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of the input's shape and dtype; of zeros, as `empty`."""
    return full_like(input, 0, dtype=dtype, device=device, requires_grad=requires_grad)


def new_full(
    input: Tensor, size: Any, fill_value: Any, *, dtype: dtypes.dtype | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The same number everywhere, in this size and in the input's dtype."""
    return full(size, fill_value, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def new_zeros(
    input: Tensor, *sizes: Any, size: Any = None, dtype: dtypes.dtype | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Zeros of this size in the input's dtype."""
    shape = checked_shape("new_zeros", wanted_size("new_zeros", sizes, size))
    return empty(shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def new_empty(
    input: Tensor, *sizes: Any, size: Any = None, dtype: dtypes.dtype | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor of this size in the input's dtype; of zeros, as `empty`."""
    shape = checked_shape("new_empty", wanted_size("new_empty", sizes, size))
    return empty(shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def new_ones(
    input: Tensor, *sizes: Any, size: Any = None, dtype: dtypes.dtype | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Ones of this size in the input's dtype."""
    shape = checked_shape("new_ones", wanted_size("new_ones", sizes, size))
    return ones(shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def new_tensor(
    input: Tensor, data: Any, *, dtype: dtypes.dtype | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A copy of the data in the input's dtype."""
    return tensor(data, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)
