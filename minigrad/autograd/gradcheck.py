"""gradcheck: is a derivative right? Compare it with (f(x + ε) − f(x − ε)) / 2ε, number by number.

The central difference is wrong by about ε² (the curve's own bend) plus the rounding of f divided by ε. In float64 with
ε = 1e-6 that leaves some ten digits; in float32 it leaves two or three, so float64 is demanded.
"""

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .engine import grad
from .function import Function, is_tensor
from .grad_mode import enable_grad


class GradcheckError(RuntimeError):
    """A derivative that is not the slope."""


def gradcheck(
    func: Callable[..., Any], inputs: Any, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
    raise_exception: bool = True, nondet_tol: float = 0.0, check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False, check_batched_grad: bool = False, fast_mode: bool = False,
) -> bool:  # fmt: skip
    """Whether backward through func agrees with finite differences at these inputs, those that require grad.

    Args:
        eps: how far to move each number. atol, rtol: agreed if |a − n| ≤ atol + rtol·|n|. nondet_tol: how far apart two
        backwards may be. raise_exception: raise GradcheckError instead of returning False. check_undefined_grad:
        whether no gradient at all makes none. check_grad_dtypes: whether gradients have their inputs' dtype.
        fast_mode: compare one number per Jacobian, vᵀJu for random u and v, instead of all of it.
    Raises: GradcheckError, with both Jacobians; ValueError if no input requires grad.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html

    >>> import minigrad as torch
    >>> x = torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(lambda x: x ** 3, x)
    True
    """
    if check_batched_grad:
        raise NotImplementedError("minigrad's gradcheck takes one vector at a time, no batch of them")
    try:
        inputs = as_tuple(inputs)
        check_inputs(inputs)
        with enable_grad():
            outputs = floating_outputs(func, inputs)
        wanted = [x for x in inputs if is_tensor(x) and x.requires_grad]
        if any(y.requires_grad for y in outputs):
            check = check_fast if fast_mode else check_slow
            check(func, inputs, outputs, wanted, Tolerance(eps, atol, rtol, nondet_tol, check_grad_dtypes))
            check_linear([y for y in outputs if y.requires_grad], wanted)
            if check_undefined_grad:
                check_undefined(func, inputs, wanted)
        else:
            check_constant(func, inputs, outputs, wanted, eps)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


class Tolerance(NamedTuple):
    """What `gradcheck` was told."""

    eps: float
    atol: float
    rtol: float
    nondet: float
    dtypes: bool


def check_constant(
    func: Callable[..., Any], inputs: tuple[Any, ...], outputs: list[Any], wanted: list[Any], eps: float
) -> None:
    """Raises: GradcheckError where outputs that have no derivative move nevertheless."""
    for place in range(len(outputs)):
        if any(jacobian.any() for jacobian in numerical_jacobians(func, inputs, place, wanted, eps)):
            raise GradcheckError("Numerical gradient for function expected to be zero")


def check_slow(
    func: Callable[..., Any], inputs: tuple[Any, ...], outputs: list[Any], wanted: list[Any], told: Tolerance
) -> None:
    """All numbers of all Jacobians. Raises: GradcheckError."""
    recorded = [place for place, y in enumerate(outputs) if y.requires_grad]
    numerical = [numerical_jacobians(func, inputs, place, wanted, told.eps) for place in recorded]
    for number, place in enumerate(recorded):
        y = outputs[place]
        analytical = reentrant(partial(rows, y, wanted, None, told.dtypes), told.nondet)
        for index, (a, n) in enumerate(zip(analytical, numerical[number], strict=True)):
            if not np.allclose(a, n, told.rtol, told.atol):
                raise GradcheckError(mismatch(number, index, as_tensor(n, y), as_tensor(a, y)))


def check_fast(
    func: Callable[..., Any], inputs: tuple[Any, ...], outputs: list[Any], wanted: list[Any], told: Tolerance
) -> None:
    """For each Jacobian J one number, vᵀJu: by moving the input along u, and by backward from v.

    A random u and v are almost never at right angles to a mistake.
    Raises: GradcheckError, with the whole Jacobians besides.
    """
    recorded = [(place, y) for place, y in enumerate(outputs) if y.requires_grad]
    words = np.random.RandomState(TORCHS_SEED)
    us, vs = [direction(words, x) for x in wanted], [direction(words, y) for _, y in recorded]
    moved, sent = [], []
    for (place, y), v in zip(recorded, vs, strict=True):
        along = [slope_along(func, inputs, place, x, u, told.eps) for x, u in zip(wanted, us, strict=True)]
        moved.append([v @ slope for slope in along])
        sent.append(reentrant(partial(rows, y, wanted, [v], told.dtypes), told.nondet))
    for index, (x, u) in enumerate(zip(wanted, us, strict=True)):
        for number, ((place, y), v) in enumerate(zip(recorded, vs, strict=True)):
            a, n = u @ sent[number][index][:, 0], moved[number][index]
            if not np.allclose(a, n, told.rtol, told.atol * u.sum() * v.sum()):  # the sum of all that may be off
                (whole_n,), (whole_a,) = numerical_jacobians(func, inputs, place, [x], told.eps), rows(y, [x])
                text = mismatch(number, index, as_tensor(n, y), as_tensor(a, y))
                raise GradcheckError(text + whole_text(whole_n, whole_a, y))


def whole_text(numerical: np.ndarray, analytical: np.ndarray, like: Any) -> str:
    """What fast mode adds to a mismatch."""
    return (
        "\nThe above quantities relating the numerical and analytical jacobians are computed \nin fast mode. See: "
        "https://github.com/pytorch/pytorch/issues/53876 for more background \nabout fast mode. Below, we recompute "
        f"numerical and analytical jacobians in slow mode:\n\nNumerical:\n {as_tensor(numerical, like)}\n"
        f"Analytical:\n{as_tensor(analytical, like)}\n\n"
        f"The max per-element difference (slow mode) is: {np.abs(numerical - analytical).max()}.\n"
    )


TORCHS_SEED = 67280421310721 & 0xFFFFFFFF  # of a generator that nobody has seeded


def direction(words: "np.random.RandomState", like: Any) -> np.ndarray:
    """A random vector of length 1 with as many numbers, none negative: torch's very numbers (see `generator/`)."""
    vector = (words.randint(0, 2**32, like.array.size, np.uint32) & 0xFFFFFF) * 2.0**-24
    return np.asarray(vector / np.sqrt(vector @ vector))


def mismatch(output: int, input: int, numerical: Any, analytical: Any) -> str:
    """What two Jacobians that differ are reported as."""
    return (
        f"Jacobian mismatch for output {output} with respect to input {input},\n"
        f"numerical:{numerical}\nanalytical:{analytical}\n"
    )


def reentrant(derivatives: Callable[[], list[np.ndarray]], tolerance: float) -> list[np.ndarray]:
    """What the function returns. Raises: GradcheckError if it returns something else the second time."""
    first, second = derivatives(), derivatives()
    if any(np.abs(a - b).max(initial=0) > tolerance for a, b in zip(first, second, strict=True)):
        raise GradcheckError(
            "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives "
            "different values, although analytical gradient matches numerical gradient.The tolerance for "
            f"nondeterminism was {tolerance}."
        )
    return first


def check_linear(outputs: list[Any], wanted: list[Any]) -> None:
    """Raises: GradcheckError if a gradient of 0 does not give 0: the formula has forgotten to multiply by it."""
    zeros = [y.detach().new_zeros(y.shape) for y in outputs]
    slopes = grad(outputs, wanted, zeros, retain_graph=True, allow_unused=True)
    for slope, x in zip(slopes, wanted, strict=True):
        if slope is not None and slope.array.any():
            raise GradcheckError("backward not multiplied by grad_output")
        if slope is not None and slope.array.dtype != x.array.dtype:
            raise GradcheckError("grad is incorrect type")


class UndefinedGrad(Function):
    """y = x, and no gradient comes back."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> None:
        return None


def check_undefined(func: Callable[..., Any], inputs: tuple[Any, ...], wanted: list[Any]) -> None:
    """Raises: GradcheckError if backward cannot do without a gradient: none for any output, and none for one."""
    with enable_grad():
        count = len([y for y in as_tuple(func(*inputs)) if y.requires_grad])
        for lacking in [set(range(count)), *({one} for one in range(count) if count > 1)]:
            outputs = [y for y in as_tuple(func(*inputs)) if y.requires_grad]
            cut = [UndefinedGrad.apply(y) if at in lacking else y for at, y in enumerate(outputs)]
            try:
                slopes = grad(cut, wanted, [y.detach().new_zeros(y.shape) for y in cut], allow_unused=True)
            except RuntimeError as error:
                warnings.warn(MAY_BREAK, stacklevel=3)
                raise GradcheckError(f"Expected backward function to handle undefined output grads. {NOTES}") from error
            if any(slope is not None and slope.array.any() for slope in slopes):
                warnings.warn(MAY_BREAK, stacklevel=3)
                raise GradcheckError(
                    "Expected all input grads to be undefined or zero when all output grads are undefined or zero. "
                    + NOTES
                )


MAY_BREAK = (
    "Backwards compatibility: New undefined gradient support checking feature is enabled by default, but it may break "
    "existing callers of this function. If this is true for you, you can call this function with "
    '"check_undefined_grad=False" to disable the feature'
)
NOTES = 'Please look at "Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"'


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
    for x in wanted:
        slopes = [slope_along(func, inputs, which, x, one, eps) for one in np.eye(x.array.size)]
        jacobians.append(np.array(slopes).reshape(x.array.size, -1 if slopes else 0))
    return jacobians


def slope_along(
    func: Callable[..., Any], inputs: tuple[Any, ...], which: int, x: Any, along: np.ndarray, eps: float
) -> np.ndarray:
    """(f(x + ε·u) − f(x − ε·u)) / 2ε: how fast an output changes as x moves along u. Shape: (numel of y)."""
    before, step = x.array.copy(), eps * along.reshape(x.array.shape)
    sides = []
    try:
        for moved in (before + step, before - step):
            x.array[...] = moved
            with enable_grad():
                sides.append(floating_outputs(func, inputs)[which].array.astype(np.float64).reshape(-1))
    finally:
        x.array[...] = before
    return np.asarray((sides[0] - sides[1]) / (2 * eps))


def rows(y: Any, inputs: list[Any], starts: Any = None, dtypes: bool = False) -> list[np.ndarray]:
    """The same by backward: vᵀJ for each v to start from, for one after each number of y if none is given.

    Shape: (numel of x, number of starts), one for each input.

    Raises: GradcheckError if a gradient is to have its input's dtype and has not.
    """
    starts = np.eye(y.array.size) if starts is None else starts
    columns: list[list[np.ndarray]] = [[] for _ in inputs]
    for v in starts:
        start = as_tensor(v.reshape(y.array.shape), y)
        slopes = grad(y, inputs, start, retain_graph=True, allow_unused=True)
        for column, slope, x in zip(columns, slopes, inputs, strict=True):
            if dtypes and slope is not None and slope.array.dtype != x.array.dtype:
                raise GradcheckError("Gradient has dtype mismatch")
            column.append(np.zeros(x.array.size) if slope is None else slope.array.reshape(-1).astype(np.float64))
    return [np.array(column).reshape(len(starts), x.array.size).T for column, x in zip(columns, inputs, strict=True)]


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
    rtol: float = 1e-3, raise_exception: bool = True, nondet_tol: float = 0.0, check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False, check_batched_grad: bool = False, fast_mode: bool = False,
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
        nondet_tol=nondet_tol, check_undefined_grad=check_undefined_grad, check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad, fast_mode=fast_mode,
    )  # fmt: skip
