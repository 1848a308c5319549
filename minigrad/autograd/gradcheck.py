"""gradcheck: is a derivative right? Compare it with (f(x + ε) − f(x − ε)) / 2ε, number by number.

The central difference is wrong by about ε² (the curve's own bend) plus the rounding of f divided by ε. In float64 with
ε = 1e-6 that leaves some ten digits; in float32 it leaves two or three, so float64 is demanded.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .engine import grad
from .function import is_tensor
from .grad_mode import enable_grad


class GradcheckError(RuntimeError):
    """A derivative that is not the slope."""


def gradcheck(
    func: Callable[..., Any], inputs: Any, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
    raise_exception: bool = True, nondet_tol: float = 0.0,
) -> bool:  # fmt: skip
    """Whether backward through func agrees with finite differences at these inputs, those that require grad.

    Args:
        eps: how far to move each number. atol, rtol: agreed if |a − n| ≤ atol + rtol·|n|. nondet_tol: how far apart two
        backwards may be. raise_exception: raise GradcheckError instead of returning False.
    Raises: GradcheckError, with both Jacobians; ValueError if no input requires grad.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html

    >>> import minigrad as torch
    >>> x = torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(lambda x: x ** 3, x)
    True
    """
    try:
        check(func, as_tuple(inputs), eps, atol, rtol, nondet_tol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def check(
    func: Callable[..., Any], inputs: tuple[Any, ...], eps: float, atol: float, rtol: float, nondet: float
) -> None:
    """Raises: as `gradcheck`."""
    check_inputs(inputs)
    wanted = [x for x in inputs if is_tensor(x) and x.requires_grad]
    with enable_grad():
        outputs = floating_outputs(func, inputs)
    recorded = [place for place, y in enumerate(outputs) if y.requires_grad]
    for number, place in enumerate(recorded or range(len(outputs))):
        y = outputs[place]
        numerical = numerical_jacobians(func, inputs, place, wanted, eps)
        if not recorded:
            if any(jacobian.any() for jacobian in numerical):
                raise GradcheckError("Numerical gradient for function expected to be zero")
            continue
        analytical, again = analytical_jacobians(y, wanted), analytical_jacobians(y, wanted)
        for index, (a, n) in enumerate(zip(analytical, numerical, strict=True)):
            if not np.allclose(a, n, rtol, atol):
                raise GradcheckError(
                    f"Jacobian mismatch for output {number} with respect to input {index},\n"
                    f"numerical:{as_tensor(n, y)!r}\nanalytical:{as_tensor(a, y)!r}\n"
                )
        if any(np.abs(a - b).max(initial=0) > nondet for a, b in zip(analytical, again, strict=True)):
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times "
                "gives different values, although analytical gradient matches numerical gradient. The tolerance for "
                f"nondeterminism was {nondet}."
            )


def check_inputs(inputs: tuple[Any, ...]) -> None:
    """Raises: ValueError if no input requires grad; warns of those that are not float64."""
    tensors = [(index, x) for index, x in enumerate(inputs) if is_tensor(x) and x.requires_grad]
    if not tensors:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    for index, x in tensors:
        if x.array.dtype != np.float64:
            warnings.warn(
                f"Input #{index} requires gradient and is not a double precision floating point or complex. This check "
                "will likely fail if all the inputs are not of double precision floating point or complex. ",
                stacklevel=5,
            )
        if any(stride == 0 and size > 1 for stride, size in zip(x.stride(), x.shape, strict=True)):
            raise RuntimeError(
                f"The {index}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous "
                "on the input before passing it to gradcheck."
            )


def floating_outputs(func: Callable[..., Any], inputs: tuple[Any, ...]) -> list[Any]:
    """The outputs that could have a gradient."""
    return [y for y in as_tuple(func(*inputs)) if y.is_floating_point()]


def numerical_jacobians(
    func: Callable[..., Any], inputs: tuple[Any, ...], which: int, wanted: list[Any], eps: float
) -> list[np.ndarray]:
    """∂y/∂x by moving each number of each input up and down. Shape: (numel of x, numel of y), one for each input."""
    jacobians = []
    with enable_grad():
        for x in wanted:
            rows = []
            for place in np.ndindex(x.array.shape):
                value = x.array[place]
                try:
                    sides = []
                    for moved in (value + eps, value - eps):
                        x.array[place] = moved
                        y = floating_outputs(func, inputs)[which]
                        sides.append(y.array.astype(np.float64).reshape(-1))
                finally:
                    x.array[place] = value
                rows.append((sides[0] - sides[1]) / (2 * eps))
            jacobians.append(np.array(rows).reshape(x.array.size, -1 if rows else 0))
    return jacobians


def analytical_jacobians(y: Any, inputs: list[Any]) -> list[np.ndarray]:
    """The same by backward: one from each number of y."""
    columns: list[list[np.ndarray]] = [[] for _ in inputs]
    for place in np.ndindex(y.array.shape):
        one_hot = y.new_zeros(y.shape)
        one_hot.array[place] = 1
        slopes = grad(y, inputs, one_hot, retain_graph=True, allow_unused=True)
        for column, slope, x in zip(columns, slopes, inputs, strict=True):
            column.append(np.zeros(x.array.size) if slope is None else slope.array.reshape(-1).astype(np.float64))
    return [
        np.array(column).reshape(y.array.size, x.array.size).T for column, x in zip(columns, inputs, strict=True)
    ]  # fmt: skip


def as_tensor(jacobian: np.ndarray, like: Any) -> Any:
    """A Jacobian as a tensor, to print."""
    tensor = like.detach().new_zeros(jacobian.shape)
    tensor.array[...] = jacobian
    return tensor


def as_tuple(values: Any) -> tuple[Any, ...]:
    """One value, or several, as a tuple."""
    return tuple(values) if isinstance(values, (tuple, list)) else (values,)


def gradgradcheck(
    func: Callable[..., Any], inputs: Any, grad_outputs: Any = None, *, eps: float = 1e-6, atol: float = 1e-5,
    rtol: float = 1e-3, raise_exception: bool = True, nondet_tol: float = 0.0,
) -> bool:  # fmt: skip
    """`gradcheck` of the gradient, as a function of the inputs and of the gradient that arrives.

    Where that is None it is drawn, uniform in [−1, 1), from the default generator: the numbers that torch draws.

    >>> import minigrad as torch
    >>> x = torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradgradcheck(lambda x: x ** 3, x)
    True
    """
    inputs = as_tuple(inputs)
    outputs = [y for y in as_tuple(func(*inputs)) if y.requires_grad]
    if grad_outputs is None:
        grad_outputs = [y.detach().new_zeros(y.shape).uniform_(-1, 1).requires_grad_() for y in outputs]
    grad_outputs = as_tuple(grad_outputs)

    def gradient(*args: Any) -> tuple[Any, ...]:
        xs, incoming = args[: len(inputs)], args[len(inputs) :]
        ys = [y for y in as_tuple(func(*xs)) if y.requires_grad]
        wanted = [x for x in xs if is_tensor(x) and x.requires_grad]
        slopes = grad(ys, wanted, incoming, create_graph=True, allow_unused=True)
        return tuple(slope for slope in slopes if slope is not None)

    return gradcheck(
        gradient, inputs + grad_outputs, eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
        nondet_tol=nondet_tol,
    )  # fmt: skip
