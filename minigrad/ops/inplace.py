"""In place: `x.add_(y)` writes where `x` is, and the graph must not notice that it was ever otherwise.

Every in-place operation is the ordinary one followed by the same three steps: overwrite the memory, count the write,
and let the tensor's history be that of the result. The count is what makes this safe. A node that saved the tensor
remembers the count, and refuses to use values that are no longer the ones it saved.

A write to a view changes its base too, so then it is the base that gets the new history: `CopySlices`.

Read next: `minigrad/methods.py`.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.engine import running_only
from ..autograd.grad_mode import mode
from ..autograd.node import FREED_MESSAGE, Node, SavedTensor
from ..memory import empty_like, offset_in, overlap, places_in
from ..recording import record
from ..tensor import NoVersion, Tensor, Version, refusal, wrap
from .broadcasting import as_operand, broadcast_shapes, expand, number_in, sum_to_size
from .shapes import (
    SqueezeBackward0,
    SqueezeBackward1,
    SqueezeBackward2,
    SqueezeBackward3,
    SqueezeBackward4,
    SqueezeBackward5,
    TBackward0,
    TBackward1,
    TransposeBackward0,
    TransposeBackward1,
    UnsqueezeBackward0,
    UnsqueezeBackward1,
)


def check_no_part(tensor: Tensor, *others: Any, **named: Any) -> None:
    """Raises: RuntimeError for memory that cannot be written to while the operands are read: what `check_no_overlap`
    refuses, and an operand that is a part of what is written to, or shares a part with it.
    """
    check_no_overlap(tensor)
    for other in (*others, *named.values()):
        if isinstance(other, Tensor) and overlap(tensor.array, other.array) == "part":
            raise RuntimeError(OVERLAP_MESSAGE)


def check_apart(tensor: Tensor, *others: Any, **named: Any) -> None:
    """Raises: RuntimeError as `check_no_part`, and for an operand that shares all of the memory."""
    check_no_overlap(tensor)
    for other in (*others, *named.values()):
        if isinstance(other, Tensor) and (other is tensor or overlap(tensor.array, other.array) != "none"):
            raise RuntimeError(OVERLAP_MESSAGE)


def check_filling(tensor: Tensor, value: Any = 0) -> None:
    """As `check_no_overlap`, but for a Python number: in which order it is written does not matter."""
    if isinstance(value, Tensor):
        check_no_overlap(tensor)


OVERLAP_MESSAGE = (
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
    "location. Please clone() the tensor before performing the operation."
)


def in_place(operation: Callable[..., Tensor], check: Callable[..., None] = check_no_part) -> Callable[..., Tensor]:
    """The in-place twin of an operation: `x.op_(…)` gives `x` the values and the history of `op(x, …)`.

    check: raises for arguments that only the twin refuses.
    """

    def update(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_writable(self, *args, *kwargs.values())
        check(self, *args, **kwargs)
        before = self.detach()  # x as it was: the operand of the operation, with x's history
        if mode.recording:
            before._requires_grad, before._grad_fn, before.output_nr = self._requires_grad, self.grad_fn, self.output_nr
        return overwrite(self, operation(before, *args, **kwargs), before)

    update.__name__ = update.__qualname__ = f"{operation.__name__}_"
    update.__doc__ = f"x ← {operation.__name__}(x, …), in x's own memory."
    return update


IN_PLACE_FORM: dict[type[Node], type[Node]] = {  # torch numbers the nodes of these forms apart
    SqueezeBackward0: SqueezeBackward3, SqueezeBackward1: SqueezeBackward4, SqueezeBackward2: SqueezeBackward5,
    UnsqueezeBackward0: UnsqueezeBackward1, TBackward0: TBackward1, TransposeBackward0: TransposeBackward1,
}  # fmt: skip


def reshaping(operation: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The in-place twin of a view: `x.unsqueeze_(0)` gives `x` itself the new shape, over the same memory."""

    def update(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_not_inference(self)
        if mode.recording and self._requires_grad:
            raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
        before = self.detach()
        before._requires_grad, before._grad_fn, before.output_nr = self._requires_grad, self.grad_fn, self.output_nr
        result = operation(before, *args, **kwargs)
        self.array = result.array
        self.version.count += 1
        self._history_version = self.version.count
        if result._grad_fn is not None:
            result._grad_fn.__class__ = IN_PLACE_FORM[type(result._grad_fn)]
            self._grad_fn, self.output_nr = result._grad_fn, 0
        return self

    update.__name__ = update.__qualname__ = f"{operation.__name__}_"
    update.__doc__ = f"x ← {operation.__name__}(x, …): the same memory under another shape."
    return update


def check_writable(tensor: Tensor, *others: Any) -> None:
    """Raises: RuntimeError for a leaf whose gradient is wanted, or a view of one.

    others: what is written into it: where they ask for a gradient, so will it.
    """
    check_not_inference(tensor)
    if not mode.recording:
        return
    base, wanted = tensor._base, tensor.requires_grad
    if base is not None:
        if wanted or any(isinstance(other, Tensor) and other.requires_grad for other in others):
            check_view(tensor)
        if wanted and base._grad_fn is None:
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    if wanted and tensor._grad_fn is None:  # of a view that nobody asked about since its base got a history, too
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")


def check_no_overlap(tensor: Tensor, *_: Any, **__: Any) -> None:
    """Raises: RuntimeError for memory that several elements share."""
    x = tensor.array
    if x.size and any(stride == 0 and size > 1 for stride, size in zip(x.strides, x.shape, strict=True)):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )


def check_not_inference(tensor: Tensor) -> None:
    """Raises: RuntimeError for an inference tensor, outside of that mode."""
    if type(tensor.version) is NoVersion and not mode.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a "
            "normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
        )


def check_view(tensor: Tensor) -> None:
    """Raises: RuntimeError for a view whose history cannot follow a write, and says why."""
    if tensor._made_in is not None or tensor._fixed is not None:
        raise RuntimeError(refusal(tensor, "is being modified inplace"))


def overwrite(tensor: Tensor, result: Tensor, before: Tensor) -> Tensor:
    """Gives the tensor the values and history of the result. Raises: RuntimeError, changing nothing, if misfitting."""
    if result.array.shape != tensor.array.shape:
        raise RuntimeError(
            f"output with shape {list(tensor.array.shape)} doesn't match the broadcast shape {list(result.array.shape)}"
        )
    check_castable(result, tensor)
    node = result.grad_fn
    if node is not None:
        node.output_metadata[result.output_nr] = (tensor.array.shape, tensor.array.dtype)
        if "op" in node.saved:
            node.saved["op"] += "_"  # whose derivative there is none of
        keep_what_is_overwritten(node, tensor, before)
        rebase_history(tensor, node, result.output_nr)
    np.copyto(tensor.array, result.array, casting="unsafe")
    tensor.version.count += 1
    return tensor


def keep_what_is_overwritten(node: Node, tensor: Tensor, before: Tensor) -> None:
    """If the node saved its operand, a copy takes its place; if it saved its result, that is the tensor from now on."""
    for saved in node.saved.values():
        if type(saved) is not SavedTensor:
            continue
        if saved.tensor is before:
            before.array = before.array.copy()
            before.version = Version()
            saved.version = before._version
        elif saved.is_output:
            saved.tensor, saved.version = tensor.detach(), tensor._version + 1


def rebase_history(tensor: Tensor, node: Node, output_nr: int) -> None:
    """Makes the node the tensor's grad_fn; for a view, a part of its base's.

    Raises: RuntimeError for a view made under no_grad, whose history nobody knows.
    """
    base = tensor._base
    if base is not None:
        check_view(tensor)
        view, tensor, node, output_nr = tensor, base, CopySlices(base, tensor, node), 0
        if view._grad_fn is None:
            view._grad_fn = node  # for the time being: whoever asks is told what the version says
    tensor.move_to(node, output_nr)


class CopySlices(Node):
    """What a base becomes when a view of it is written to: itself, but in the view's place the result of an operation.

    ∂ℒ/∂base = ∂ℒ/∂y outside the view; inside it, what the operation's own node makes of ∂ℒ/∂y there. The operation's
    other inputs get their gradients from that node too.
    """

    prefix = "torch::autograd::"

    def __init__(self, base: Tensor, view: Tensor, node: Node) -> None:
        super().__init__((base.gradient_edge(), *node.next_functions[1:]), node.saved)
        self.node: Node | None = node
        places = places_in(base.array, view.array.shape, view.stride(), offset_in(base.array, view.array))
        self.places, self.shape = wrap(places.reshape(-1)), places.shape
        self.output_metadata = [(base.array.shape, base.array.dtype)]

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        if self.node is None:
            raise RuntimeError(FREED_MESSAGE)
        result = grad.reshape(-1).clone()
        with running_only(None):  # the node's own edge leads to the view as it was, which is no part of this backward
            returned = self.node(result[self.places].view(self.shape))
        inside, *others = returned if isinstance(returned, tuple) else (returned,)
        result[self.places] = 0.0 if inside is None else inside.reshape(-1)
        return result.view(grad.shape), *others

    def release_saved(self) -> None:
        if self.node is not None:
            self.node.release_saved()
        self.node = None


def write_out(operation: Callable[..., Tensor], args: Any, kwargs: Any, out: Tensor) -> Tensor:
    """`op(…, out=x)`: the result is written into x, which takes its shape.

    Raises: RuntimeError where the operation would have to be recorded.
    """
    name = operation.__name__
    check_no_overlap(out)
    result = operation(*args, **kwargs)
    if mode.recording and (result.requires_grad or out.requires_grad):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    check_not_inference(out)
    check_castable(result, out)
    if result.array.shape != out.array.shape:
        if out.array.size:
            warnings.warn(
                "An output with one or more elements was resized since it had shape "
                f"{list(out.array.shape)}, which does not match the required output shape {list(result.array.shape)}.",
                stacklevel=3,
            )
        out.array = empty_like(result.array, out.array.dtype)
    np.copyto(out.array, result.array, casting="unsafe")
    out.version.count += 1
    return out


def check_castable(result: Tensor, target: Tensor) -> None:
    """Raises: RuntimeError when the target's kind of number is too narrow for the result: a float is no integer."""
    rank = dtypes.KIND_RANK
    if rank[result.array.dtype.kind] > rank[target.array.dtype.kind]:
        raise RuntimeError(
            f"result type {dtypes.CPP_NAMES[result.dtype]} can't be cast to the desired output type "
            f"{dtypes.CPP_NAMES[target.dtype]}"
        )


def copy(input: Tensor, other: Any, non_blocking: bool = False) -> Tensor:
    """The other's values, in the shape and dtype of the input that they are about to overwrite."""
    src = as_operand(other)
    together = broadcast_shapes(input.array.shape, src.array.shape)
    if together != input.array.shape:
        raise RuntimeError(
            f"output with shape {list(input.array.shape)} doesn't match the broadcast shape {list(together)}"
        )
    values = np.empty_like(input.array)
    np.copyto(values, src.array, casting="unsafe")
    return record(CopyBackwards, values, input, src)


class CopyBackwards(Node):
    """∂ℒ/∂x = 0: what was there is gone. ∂ℒ/∂src = ∂ℒ/∂y."""

    prefix = "torch::autograd::"

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_src = self.needs_input_grad
        return (
            grad.new_zeros(grad.shape) if needs_input else None,
            sum_to_size(grad, self.input_shape(1)) if needs_src else None,
        )


class Overwritten(Node):
    """∂ℒ/∂x = 0: nothing of x is left in what it was overwritten with."""

    def backward(self, grad: Tensor) -> Tensor:
        return grad.new_zeros(grad.shape)


class ZeroBackward0(Overwritten):
    """∂ℒ/∂x = 0."""


class FillBackward2(Overwritten):
    """∂ℒ/∂x = 0."""


def zero(input: Tensor) -> Tensor:
    """Zeros."""
    return record(ZeroBackward0, np.zeros_like(input.array), input)


class FillBackward3(Node):
    """∂ℒ/∂x = 0, and ∂ℒ/∂value = Σ ∂ℒ/∂y: the one number went everywhere."""

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_value = self.needs_input_grad
        return grad.new_zeros(grad.shape) if needs_input else None, grad.sum() if needs_value else None


def fill(input: Tensor, value: Any) -> Tensor:
    """The same number everywhere: a Python number, or a 0-d tensor. Raises: RuntimeError for a larger tensor."""
    if not isinstance(value, Tensor):
        if not isinstance(value, (bool, int, float, np.generic)):
            raise TypeError(f"fill_() received an invalid combination of arguments - got ({type(value).__name__})")
        return record(FillBackward2, np.full_like(input.array, number_in(value, input.array.dtype)), input)
    if value.array.ndim:
        raise RuntimeError(
            "fill_ only supports 0-dimension value tensor but got tensor with "
            f"{value.array.ndim} dimension{'s' if value.array.ndim > 1 else ''}."
        )
    return record(FillBackward3, np.full_like(input.array, value.array), input, value)


copy_, zero_, fill_ = in_place(copy), in_place(zero, check_filling), in_place(fill, check_filling)


def assign_(self: Tensor, value: Any) -> Tensor:
    """x ← the value, a number or a tensor that broadcasts; leading dimensions of size 1 may be too many."""
    if isinstance(value, Tensor) and value.array.shape == self.array.shape:
        return copy_(self, value)
    if not isinstance(value, Tensor) or not value.array.ndim:
        check_writable(self, value)
        check_no_overlap(self)
        return fill_(self, value)
    trimmed = value.view(without_leading_ones(value.array.shape))
    return copy_(self, trimmed if trimmed.array.shape == self.array.shape else expand(trimmed, self.array.shape))


def without_leading_ones(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The sizes without those of 1 in front."""
    while sizes and sizes[0] == 1:
        sizes = sizes[1:]
    return sizes
