"""Function: an operation of the user's own, forward and backward in one class.

    class Cube(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x ** 3

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return grad * 3 * x ** 2

    y = Cube.apply(x)

`ctx` is the node that the call leaves in the graph: `y.grad_fn` is the object that `forward` was given. It runs with
recording off, so whatever it computes is one node; `backward` runs as every node's does, so a derivative that is
written with tensor operations can be differentiated again.

Source: https://docs.pytorch.org/docs/stable/notes/extending.html
"""

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any, ClassVar

from .grad_mode import is_grad_enabled, mode, set_grad_enabled
from .node import FREED_MESSAGE, Node, SavedTensor, unpack

INSIDE_A_FUNCTION = (
    "This view was created inside a custom Function (or because an input was returned as-is) and the autograd logic to "
    "handle view+inplace would override the custom backward associated with the custom Function, leading to incorrect "
    "gradients. This behavior is forbidden. You can fix this by cloning the output of the custom Function."
)


def is_tensor(value: Any) -> bool:
    """Whether it is a tensor. (This floor does not know the class.)"""
    return hasattr(value, "gradient_edge")


class FunctionNode(Node):
    """∂ℒ/∂x is what the user's own `backward` makes of ∂ℒ/∂y. The node is also the `ctx` that its methods are given."""

    function: "ClassVar[type[Function]]"
    runs_on_nothing = True

    def __init__(self, args: tuple[Any, ...]) -> None:
        self.takes_tensor = tuple(map(is_tensor, args))
        self.needs = tuple(is_tensor(arg) and arg.requires_grad for arg in args)
        self.tensor_type = next((type(arg.detach()) for arg in args if is_tensor(arg)), None)  # to make zeros with
        super().__init__(tuple(arg.gradient_edge() for arg in args if is_tensor(arg)), {})
        self.to_save: tuple[Any, ...] = ()
        self.kept: tuple[Any, ...] = ()
        self.dirty_tensors: tuple[Any, ...] = ()
        self.non_differentiable: tuple[Any, ...] = ()
        self.materialize_grads = True

    # -- What `forward` and `backward` may say and ask

    def save_for_backward(self, *tensors: Any) -> None:
        """Keeps tensors, inputs and outputs above all, until backward. Raises: TypeError for what is no tensor."""
        message = "save_for_backward can only save variables, but argument {index} is of type {kind}"
        check_tensors(message, tensors, or_none=True)
        self.to_save = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Says that these inputs were overwritten; they must be among the outputs."""
        check_tensors("mark_dirty can only accept variables, but argument {index} is of type {kind}", tensors)
        self.dirty_tensors = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Says that these outputs have no gradient."""
        check_tensors("mark_non_differentiable only accepts variable arguments, but got {kind}", tensors)
        self.non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """False: an output that nobody used sends None to backward, instead of zeros."""
        self.materialize_grads = value

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        """For each argument of forward, whether its gradient is wanted."""
        return self.needs

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved, as it was. Raises: RuntimeError if it was freed, or overwritten since."""
        if self.freed:
            raise RuntimeError(FREED_MESSAGE)
        with set_grad_enabled(True):  # an output has its history, also where nothing is recorded
            return unpack(self.kept, self)

    # -- What the graph asks

    def backward(self, *grads: Any) -> tuple[Any, ...]:
        if self.materialize_grads and self.tensor_type is not None:
            nothing = self.tensor_type()
            grads = tuple(
                nothing.new_zeros(metadata[0]).to(metadata[1]) if grad is None and metadata is not None else grad
                for grad, metadata in zip(grads, self.output_metadata, strict=True)
            )
        returned = self.function.backward(self, *grads)
        returned = returned if isinstance(returned, tuple) else (returned,)
        expected = len(self.takes_tensor)
        if len(returned) > expected and not any(grad is not None for grad in returned[expected:]):
            returned = returned[:expected]  # None for what forward does not have
        if len(returned) != expected:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {expected}, got "
                f"{len(returned)})"
            )
        for index, (grad, takes_tensor) in enumerate(zip(returned, self.takes_tensor, strict=True)):
            if grad is not None and not takes_tensor:
                raise RuntimeError(
                    f"function {self.name()} returned a gradient different than None at position {index + 1}, but the "
                    "corresponding forward input was not a Variable"
                )
            if grad is not None and not is_tensor(grad):
                raise RuntimeError(f"expected Variable or None (got {type(grad).__name__})")
        return tuple(grad for grad, takes_tensor in zip(returned, self.takes_tensor, strict=True) if takes_tensor)

    def release_saved(self) -> None:
        self.freed = True
        self.kept = ()

    def wrap_outputs(self, output: Any, args: tuple[Any, ...]) -> Any:
        """What forward returned, its tensors hung on this node."""
        outputs = list(output) if isinstance(output, tuple) else [output]
        if any(not among(dirty, outputs) for dirty in self.dirty_tensors):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as output. The inputs that "
                "are modified inplace must all be outputs of the Function."
            )
        as_saved = [among(tensor, outputs) for tensor in self.to_save]  # before outputs get their history
        runs = any(self.needs) and mode.recording
        for number, tensor in enumerate(outputs):
            self.output_metadata.append((tensor.array.shape, tensor.array.dtype) if is_tensor(tensor) else None)
            if is_tensor(tensor):
                outputs[number] = self.as_output(tensor, number, args, runs)
        if runs:
            self.kept = tuple(
                None if tensor is None else SavedTensor(tensor, bool(is_output), (is_output or 1) - 1)
                for tensor, is_output in zip(self.to_save, as_saved, strict=True)
            )
        self.to_save = ()
        return tuple(outputs) if isinstance(output, tuple) else outputs[0]

    def as_output(self, tensor: Any, number: int, args: tuple[Any, ...], runs: bool) -> Any:
        """One output: with this node as its history, if it has one."""
        differentiable = runs and tensor.is_floating_point() and not among(tensor, self.non_differentiable)
        if among(tensor, self.dirty_tensors):
            if runs and tensor.is_leaf and tensor.requires_grad:
                raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
            tensor.version.count += 1
            if differentiable:
                tensor.rebase_history(self, number)
            return tensor
        if among(tensor, args):  # returned as it came: the output must be an object of its own
            with set_grad_enabled(False):
                tensor = tensor.view_as(tensor)
        if differentiable:
            tensor._grad_fn, tensor.output_nr = self, number
            if tensor._is_view():
                tensor._made_in = None
                tensor._fixed = INSIDE_A_FUNCTION
        return tensor

    def __repr__(self) -> str:
        return f"<torch.autograd.function.{type(self).__name__} object at {id(self):#x}>"


def among(tensor: Any, tensors: Any) -> int:
    """At which place the very same tensor stands in a sequence, counted from 1; 0 if nowhere."""
    return next((place for place, other in enumerate(tensors, start=1) if other is tensor and other is not None), 0)


def check_tensors(message: str, tensors: tuple[Any, ...], or_none: bool = False) -> None:
    """Raises: TypeError (of save_for_backward) or RuntimeError for what is no tensor."""
    for index, tensor in enumerate(tensors):
        if not is_tensor(tensor) and not (or_none and tensor is None):
            text = message.format(index=index, kind=type(tensor).__name__)
            raise TypeError(text) if or_none else RuntimeError(text)


def in_order(forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments after ctx, those given by keyword in their place. Raises: TypeError if that leaves a gap."""
    if not kwargs:
        return args
    parameters = list(inspect.signature(forward).parameters.values())[1:]
    names = [parameter.name for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    for name in kwargs:
        if name not in names[len(args) :]:
            said = "multiple values for" if name in names else "an unexpected keyword"
            raise TypeError(f"forward() got {said} argument '{name}'")
    last = max(names.index(name) for name in kwargs)
    for position, name in enumerate(names[len(args) : last + 1], start=len(args)):
        if name not in kwargs:
            raise TypeError(f"forward() missing required argument: '{name}' (position {position})")
        args += (kwargs[name],)
    return args


def with_defaults(forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """All of forward's arguments, also those not given: what setup_context sees."""
    bound = inspect.signature(forward).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args


class Function:
    """Base class of the user's own operations: write a static `forward(ctx, …)` and `backward(ctx, *grads)`.

    Call `apply`, not `forward`.

    With a static `setup_context(ctx, inputs, output)`, forward takes no ctx, and what it has to keep is kept there.

    >>> import minigrad as torch
    >>> class Clip(torch.autograd.Function):  # forward as it is, the gradient at most 1
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 10
    ...     @staticmethod
    ...     def backward(ctx, grad):
    ...         return (grad * 10).clamp(-1, 1)
    >>> x = torch.tensor(2., requires_grad=True)
    >>> y = Clip.apply(x)
    >>> y
    tensor(20., grad_fn=<ClipBackward>)
    >>> y.backward()
    >>> x.grad
    tensor(1.)
    """

    node_class: ClassVar[type[FunctionNode]] = FunctionNode

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.node_class = type(f"{cls.__name__}Backward", (FunctionNode,), {"function": cls, "__doc__": cls.__doc__})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should "
            "invoke them on the class itself. Instantiating an autograd function will raise an error in a future "
            "version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Raises: RuntimeError: call `apply` on the class."""
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            "function with static forward method."
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """What the operation computes. A subclass defines it."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """What to keep for backward, where forward takes no ctx."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """∂ℒ/∂input for each argument of forward (None for what is no tensor), given ∂ℒ/∂output for each output."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Runs forward on these arguments, and leaves one node in the graph."""
        with_context = cls.setup_context is Function.setup_context
        args = in_order(cls.forward, args, kwargs) if with_context else with_defaults(cls.forward, args, kwargs)
        node = cls.node_class(args)
        with set_grad_enabled(False):
            if with_context:
                output = cls.forward(node, *args)
            else:
                output = cls.forward(*args)
                cls.setup_context(node, args, output)
        return node.wrap_outputs(output, args)


class Error(Node):
    """No derivative: stands where there is none, and running it raises."""

    prefix = "torch::autograd::"

    def __init__(self, message: str, edges: tuple[Any, ...]) -> None:
        super().__init__(edges, {})
        self.message = message

    def backward(self, *grads: Any) -> Any:
        raise RuntimeError(self.message)


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator for a `backward` that is not to be differentiated itself: trying to raises RuntimeError."""

    @functools.wraps(fn)
    def backward(ctx: Any, *args: Any) -> Any:
        with set_grad_enabled(False):
            outputs = fn(ctx, *args)
        if not is_grad_enabled() or not any(is_tensor(arg) and arg.requires_grad for arg in args):
            return outputs
        several = outputs if isinstance(outputs, tuple) else (outputs,)
        leaves = [output.detach().requires_grad_() for output in several if output is not None]
        message = "trying to differentiate twice a function that was marked with @once_differentiable"
        node = Error(message, tuple(leaf.gradient_edge() for leaf in leaves))
        marked = []
        for number, output in enumerate(several):
            node.output_metadata.append(None if output is None else (output.array.shape, output.array.dtype))
            if output is not None:
                output = output.detach()
                output._grad_fn, output.output_nr = node, number
            marked.append(output)
        return tuple(marked) if isinstance(outputs, tuple) else marked[0]

    return backward
