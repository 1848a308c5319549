"""Jacobians and Hessians, and their products with vectors: what one or two backwards can be made to say.

One backward gives vᵀJ, a row of the Jacobian for each one-hot v. The product J v from the other side is a trick: vᵀJ is
linear in v, so differentiating *it* with respect to v, in the direction u, gives J u.

Source: https://docs.pytorch.org/docs/stable/autograd.html#functional-higher-level-api
"""

from collections.abc import Callable
from typing import Any

from .engine import grad
from .function import is_tensor
from .grad_mode import enable_grad

ONE_NUMBER = "the input to the user-provided function is a single Tensor with a single element"
CONSTANT = (
    "The jacobian of the user-provided function is independent of input {index}. This is not allowed in strict mode "
    "when create_graph=True."
)
LINEAR = (
    "While computing the hessian, found that the jacobian of the user-provided function with respect to input {index} "
    "is independent of the input. This is not allowed in strict mode. You should ensure that your function is twice "
    "differentiable and that the jacobian depends on the inputs (this would be violated by a linear function for "
    "example)."
)


def jacobian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False) -> Any:
    """J[i, j] = ∂yᵢ/∂xⱼ, for each output y and each input x. Shape: the output's, then the input's.

    With `strict`, an output that does not depend on an input is an error instead of zeros.

    >>> import minigrad as torch
    >>> torch.autograd.functional.jacobian(lambda x: x ** 2, torch.tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    with enable_grad():
        inputs, single_input = tuple_of_tensors(inputs, "inputs", "jacobian")
        xs = prepared(inputs, create_graph)
        outputs, single_output = tuple_of_tensors(
            func(*xs), "outputs of the user-provided function", "jacobian"
        )
        check_depends(outputs, strict)
        rows = []
        for number, y in enumerate(outputs):
            blocks = jacobian_of(y, xs, create_graph, strict, number)
            rows.append(tuple(finished(block, create_graph) for block in blocks))
    return unwrapped([unwrapped(row, single_input) for row in rows], single_output)


def jacobian_of(y: Any, xs: tuple[Any, ...], create_graph: bool, strict: bool, number: int) -> list[Any]:
    """The Jacobian of one output with respect to each input."""
    rows: list[list[Any]] = [[] for _ in xs]
    for element in y.reshape(-1).unbind() if y.numel() else ():
        slopes: tuple[Any, ...] = (None,) * len(xs)
        if element.requires_grad:
            slopes = grad(element, xs, retain_graph=True, create_graph=create_graph, allow_unused=True)
        for index, (x, slope) in enumerate(zip(xs, slopes, strict=True)):
            if strict and slope is None:
                raise RuntimeError(
                    f"Output {number} of the user-provided function is independent of input {index}. This is not "
                    "allowed in strict mode."
                )
            if strict and create_graph and not slope.requires_grad:
                raise RuntimeError(CONSTANT.format(index=number))  # as in torch, the output's number
            rows[index].append(x.new_zeros(x.shape) if slope is None else slope)
    return [
        stacked(parts, x).view(tuple(y.shape) + tuple(x.shape)) for parts, x in zip(rows, xs, strict=True)
    ]  # fmt: skip


def stacked(parts: list[Any], x: Any) -> Any:
    """The rows as one tensor, in the tensor language: each added in its place. Raises: RuntimeError for none."""
    if not parts:
        raise RuntimeError("stack expects a non-empty TensorList")
    whole = x.new_zeros((len(parts), *x.shape))
    for index, part in enumerate(parts):
        whole[index] = part
    return whole


def hessian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False) -> Any:
    """H[i, j] = ∂²y/∂xᵢ∂xⱼ of a function with one number as its result: the Jacobian of its gradient.

    >>> import minigrad as torch
    >>> torch.autograd.functional.hessian(lambda x: (x ** 3).sum(), torch.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    inputs, single = tuple_of_tensors(inputs, "inputs", "hessian")

    def gradient(*xs: Any) -> tuple[Any, ...]:
        y = only_output(func(*xs), "hessian", strict)
        slopes = grad(y, xs, create_graph=True, allow_unused=True) if y.requires_grad else (None,) * len(xs)
        return completed(completed(slopes, xs), xs, strict, LINEAR)

    blocks = jacobian(gradient, inputs, create_graph, strict)
    return unwrapped([unwrapped(row, single) for row in blocks], single)


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """(y, vᵀJ): the outputs, and one backward from them with v. v may be left out for one number."""
    with enable_grad():
        inputs, single_input = tuple_of_tensors(inputs, "inputs", "vjp")
        xs = prepared(inputs, create_graph)
        outputs, single_output = tuple_of_tensors(func(*xs), "outputs of the user-provided function", "vjp")
        check_depends(outputs, strict)
        what = "the user-provided function returns a single Tensor with a single element"
        vectors = checked_vectors(v, outputs, single_output, "vjp", what)
        products = product(outputs, xs, vectors, create_graph)
        products = completed(products, xs, strict, CONSTANT if create_graph else "")
        outputs = tuple(finished(y, create_graph) for y in outputs)
        products = tuple(finished(p, create_graph) for p in products)
    return unwrapped(outputs, single_output), unwrapped(products, single_input)


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """(y, J v): the outputs, and how they change when the inputs move along v; by two backwards."""
    with enable_grad():
        inputs, single_input = tuple_of_tensors(inputs, "inputs", "jvp")
        vectors = checked_vectors(v, inputs, single_input, "jvp", ONE_NUMBER)
        xs = prepared(inputs, create_graph)
        outputs, single_output = tuple_of_tensors(func(*xs), "outputs of the user-provided function", "jvp")
        check_depends(outputs, strict)
        # uᵀJ as a function of u, and its slope along v: (uᵀJ)·v = u·(J v)
        dummies = tuple(y.new_zeros(y.shape).requires_grad_() for y in outputs)
        rows = completed(product(outputs, xs, dummies, True), xs, strict)
        products = product(rows, dummies, vectors, create_graph)
        products = completed(products, dummies, strict, CONSTANT if create_graph else "")
        outputs = tuple(finished(y, create_graph) for y in outputs)
        products = tuple(finished(p, create_graph) for p in products)
    return unwrapped(outputs, single_output), unwrapped(products, single_output)


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """(y, vᵀH) for a function with one number as its result: a backward through its gradient."""
    return hessian_product("vhp", func, inputs, v, create_graph, strict)


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """(y, H v) for a function with one number as its result. The Hessian is symmetric, so this is `vhp`.

    >>> import minigrad as torch
    >>> torch.autograd.functional.hvp(lambda x: (x ** 3).sum(), torch.tensor([1., 2.]), torch.tensor([1., 1.]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    return hessian_product("hvp", func, inputs, v, create_graph, strict)


def hessian_product(
    name: str, func: Callable[..., Any], inputs: Any, v: Any, create_graph: bool, strict: bool
) -> tuple[Any, Any]:
    """The gradient's gradient along v."""
    with enable_grad():
        inputs, single = tuple_of_tensors(inputs, "inputs", name)
        vectors = checked_vectors(v, inputs, single, name, ONE_NUMBER)
        xs = prepared(inputs, create_graph)
        y = only_output(func(*xs), name, strict)
        slopes = completed(product((y,), xs, (y.new_ones(y.shape),), True), xs, strict, LINEAR)
        products = product(slopes, xs, vectors, create_graph)
        products = completed(products, xs, strict, CONSTANT.replace("jacobian", "hessian") if create_graph else "")
        return finished(y, create_graph), unwrapped(tuple(finished(p, create_graph) for p in products), single)


def product(
    outputs: tuple[Any, ...], inputs: tuple[Any, ...], vectors: tuple[Any, ...], create_graph: bool
) -> tuple[Any, ...]:
    """Σ vᵀJ over the outputs, for each input; None for an input that they do not depend on."""
    pairs = [(y, v) for y, v in zip(outputs, vectors, strict=True) if y.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    ys, vs = zip(*pairs, strict=True)
    return grad(ys, inputs, vs, retain_graph=True, create_graph=create_graph, allow_unused=True)


def completed(
    slopes: tuple[Any, ...], inputs: tuple[Any, ...], strict: bool = False, constant: str = ""
) -> tuple[Any, ...]:
    """The slopes, with zeros where there is none.

    Raises: RuntimeError, in strict mode, at the first input that the outputs do not depend on; with `constant`, the
        sentence to say, also at the first whose slope could be differentiated but does not change.
    """
    for index, slope in enumerate(slopes):
        if strict and slope is None:
            raise RuntimeError(
                f"The output of the user-provided function is independent of input {index}. This is not allowed in "
                "strict mode."
            )
        if strict and constant and not slope.requires_grad:
            raise RuntimeError(constant.format(index=index))
    return tuple(x.new_zeros(x.shape) if s is None else s for s, x in zip(slopes, inputs, strict=True))


def tuple_of_tensors(value: Any, what: str, function: str) -> tuple[tuple[Any, ...], bool]:
    """The tensors as a tuple, and whether there was but one. Raises: TypeError for anything else."""
    single = not isinstance(value, tuple)
    tensors = (value,) if single else value
    for tensor in tensors:
        if not is_tensor(tensor):
            where = f"The {what} given to {function}"
            raise TypeError(
                f"{where} must be either a Tensor or a tuple of Tensors but the given {what} has type {type(tensor)}."
            )
    return tensors, single


def only_output(y: Any, function: str, strict: bool) -> Any:
    """The one number that the function returned. Raises: RuntimeError if it returned anything else."""
    outputs, single = tuple_of_tensors(y, "outputs of the user-provided function", function)
    check_depends(outputs, strict)
    if not single:
        raise RuntimeError(f"The function given to {function} should return a single Tensor")
    if y.numel() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {function} should contain a single element")
    return y


def prepared(inputs: tuple[Any, ...], create_graph: bool) -> tuple[Any, ...]:
    """The inputs as tensors of their own that require grad; with `create_graph`, still tied to the caller's."""
    if create_graph:
        return tuple(x.view_as(x) if x.requires_grad else x.detach().requires_grad_() for x in inputs)
    return tuple(x.detach().requires_grad_() for x in inputs)


def finished(tensor: Any, create_graph: bool) -> Any:
    """The result, without its history unless that was asked for."""
    return tensor if create_graph else tensor.detach()


def checked_vectors(v: Any, like: tuple[Any, ...], single: bool, function: str, what: str) -> tuple[Any, ...]:
    """The vectors of a product, one per tensor. Raises: RuntimeError when they do not fit."""
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(f"The vector v can only be None if {what}.")
        return (like[0].new_ones(like[0].shape),)
    vectors, _ = tuple_of_tensors(v, "v", function)
    if len(vectors) != len(like):
        if single:
            raise RuntimeError("The given v should contain a single Tensor.")
        raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(vectors)}.")
    for index, (vector, tensor) in enumerate(zip(vectors, like, strict=True)):
        if vector.shape != tensor.shape:
            entry = "v" if single else f"Entry {index} in v"
            raise RuntimeError(f"{entry} has invalid size: should be {tensor.shape} but got {vector.shape}.")
    return vectors


def check_depends(outputs: tuple[Any, ...], strict: bool) -> None:
    """Raises: RuntimeError, in strict mode, for an output that was not computed from the inputs."""
    for index, output in enumerate(outputs):
        if strict and not output.requires_grad:
            raise RuntimeError(
                f"Output {index} of the user-provided function does not require gradients. The outputs must be "
                "computed in a differentiable manner from the input when running in strict mode."
            )


def unwrapped(values: Any, single: bool) -> Any:
    """The one value, or all of them as a tuple."""
    return values[0] if single else tuple(values)
