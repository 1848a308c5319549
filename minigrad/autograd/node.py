"""Node: one recorded operation, the box in the graph that `loss.grad_fn` leads to.

Each operation on tensors that require grad leaves one node behind. The node knows

- where gradients go next (`next_functions`: an edge for each input of the operation),
- what it must remember to compute them (the saved values), and
- how: `backward`, which turns ∂ℒ/∂output into ∂ℒ/∂input for each input. That is the chain rule, one link of it.

A graph of nodes is built forwards, while the operations run, and walked backwards by `engine.py` (read it next).
Nothing here knows any operation: those are in `minigrad/ops/`.
"""

import itertools
import re
from typing import TYPE_CHECKING, Any, ClassVar

from .anomaly import anomaly, where_from
from .grad_mode import mode, set_grad_enabled
from .hooks import Hooks, RemovableHandle, add_hook

Edge = tuple["Node | None", int]  # (the node that made an input, which of its outputs that input was)
NO_EDGE: Edge = (None, 0)  # the input needs no gradient
next_sequence_nr = itertools.count().__next__  # a node's age: a younger node runs first in backward
RUNS_FIRST = 2**64 - 1  # AccumulateGrad's number, as in torch: it runs before every other ready node

FREED_MESSAGE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
    "saved tensors after calling backward."
)


INFERENCE_MESSAGE = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
    "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in "
    "autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
)


class SavedTensor:
    """A tensor that a node keeps for its backward, and the version that it had then.

    The version is how a node notices that somebody overwrote the values it was going to use. An output of the node is
    kept without its history (output → node → output would be a cycle that only the garbage collector frees) and is
    given it back on use.
    """

    __slots__ = ("tensor", "version", "is_output", "number", "hooks", "packed", "origin")

    def __init__(self, tensor: Any, is_output: bool = False, number: int = 0) -> None:
        if tensor.is_inference():
            raise RuntimeError(INFERENCE_MESSAGE)
        self.tensor = tensor.detach() if is_output else tensor
        self.version = tensor.version.count
        self.is_output = is_output
        self.number = number  # which output of the node it is, if it is one
        self.hooks: tuple[Any, Any] | None = None
        if mode.saved_tensors_hooks and not tensor._is_number:  # the 2 of `2 * x` is no tensor that a hook could know
            self.pack(tensor, *mode.saved_tensors_hooks[-1])

    def register_hooks(self, pack_hook: Any, unpack_hook: Any) -> None:
        """From now on the value is what pack_hook makes of it, and unpack_hook of that: see `graph.py`."""
        check_hooks(pack_hook, unpack_hook)
        if self.hooks is not None:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of "
                "hooks is allowed at a time."
            )
        self.pack(self.tensor, pack_hook, unpack_hook, with_history=False)

    def pack(self, tensor: Any, pack_hook: Any, unpack_hook: Any, with_history: bool = True) -> None:
        """Keeps what the hook makes of the tensor, and of the tensor only where it came from."""
        version = tensor._version
        with set_grad_enabled(False):
            self.packed = pack_hook(tensor if with_history else tensor.detach())
        if tensor._version != version:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook "
                "cannot be modified by in-place operations as this can lead to unexpected side-effects. Please open an "
                "issue if you need to perform in-place operations on the input to a pack hook."
            )
        self.hooks = (pack_hook, unpack_hook)
        self.origin = NO_EDGE if self.is_output else tensor.gradient_edge()
        self.tensor = None

    def unpack(self, node: "Node") -> Any:
        """The tensor, as it was when it was saved. Raises: RuntimeError if it was modified since."""
        if self.hooks is not None:
            return self.unpacked(node)
        if self.tensor.version.count != self.version:
            raise RuntimeError(self.modified_message(node))
        return self.tensor.with_history(node, self.number) if self.is_output else self.tensor

    def unpacked(self, node: "Node") -> Any:
        """What the hook makes of what was kept, with the history of the tensor that was saved."""
        assert self.hooks is not None
        with set_grad_enabled(False):
            tensor = self.hooks[1](self.packed)
        if not hasattr(tensor, "gradient_edge"):
            raise TypeError(
                f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(tensor).__name__}"
            )
        maker, number = (node, self.number) if self.is_output else self.origin
        if isinstance(maker, AccumulateGrad):
            return tensor.detach().with_accumulator(maker)
        return tensor if maker is None else tensor.with_history(maker, number)

    def release(self) -> None:
        """Lets the tensor go."""
        self.tensor = self.packed = None

    def modified_message(self, node: "Node") -> str:
        tensor = self.tensor
        maker, number = (node, self.number) if self.is_output else (tensor.grad_fn, tensor.output_nr)
        origin = f", which is output {number} of {maker.operation()}," if maker is not None else ""
        hint = (
            "Hint: the backtrace further above shows the operation that failed to compute its gradient. The variable "
            "in question was changed in there or anywhere later. Good luck!"
            if anomaly.enabled
            else "Hint: enable anomaly detection to find the operation that failed to compute its gradient, with "
            "torch.autograd.set_detect_anomaly(True, check_nan=False)."
        )
        return (
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"[{tensor.type()} {list(tensor.shape)}]{origin} is at version {tensor._version}; expected version "
            f"{self.version} instead. {hint}"
        )


def check_hooks(pack_hook: Any, unpack_hook: Any) -> None:
    """Raises: TypeError for hooks that cannot be called."""
    if not callable(pack_hook) or not callable(unpack_hook):
        raise TypeError(
            "register_hooks(): incompatible function arguments. The following argument types are supported: a pack "
            "hook and an unpack hook, both callable"
        )


class SavedField:
    """The attribute `_saved_<name>` of a node: reads what was saved under that name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, node: "Node", owner: type) -> Any:
        value = node.saved.get(self.name)
        return value.unpack(node) if type(value) is SavedTensor and not node.freed else unpack(value, node)


class RawSavedField(SavedField):
    """The attribute `_raw_saved_<name>`: the `SavedTensor` itself, to register hooks on."""

    def __get__(self, node: "Node", owner: type) -> Any:
        return node.saved.get(self.name)


def unpack(value: Any, node: "Node") -> Any:
    """What was saved, as it was. Raises: RuntimeError for a tensor that was freed or modified since."""
    if type(value) is tuple:
        return tuple([unpack(item, node) for item in value])
    if type(value) is not SavedTensor:
        return value
    if node.freed:
        raise RuntimeError(FREED_MESSAGE)
    return value.unpack(node)


class Node:
    """One recorded operation. A subclass is named as torch names it and writes `backward`.

    Fields that a subclass declares:
        saves: what it keeps, under torch's names; each name `x` can be read as `node._saved_x`. The name `result`
            means the operation's output.
        saved_for: name -> number of an input; the value is kept only where that input needs a gradient
            (the slope along one factor of a product is the *other* factor).
        runs_on_nothing: whether backward is called even when no gradient arrives at all; else nothing makes nothing.

    Fields of each node:
        next_functions: an edge `(node, number)` per input, `(None, 0)` for an input that needs no gradient.
        output_metadata: (shape, dtype) of each output, to check its gradient by; None for one that was not wanted.
    """

    saves: ClassVar[tuple[str, ...]] = ()
    saved_for: ClassVar[dict[str, int]] = {}

    next_functions: tuple[Edge, ...] = ()
    prefix = ""  # of the name that torch writes in messages
    freed = False
    runs_on_nothing: ClassVar[bool] = False
    hooks: Hooks | None = None  # few nodes have any

    if TYPE_CHECKING:  # the saved fields, which __init_subclass__ adds

        def __getattr__(self, name: str) -> Any: ...

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in cls.saves:
            setattr(cls, f"_saved_{name}", SavedField(name))
            setattr(cls, f"_raw_saved_{name}", RawSavedField(name))

    def __init__(self, next_functions: tuple[Edge, ...], saved: dict[str, Any]) -> None:
        self.next_functions = next_functions
        self.saved = saved
        self.output_metadata: list[Any] = []
        self.sequence_nr = next_sequence_nr()
        if anomaly.enabled:
            self.metadata["traceback_"] = where_from()

    @property
    def metadata(self) -> dict[str, Any]:
        """Notes on this node: anomaly mode's, and anybody's."""
        return self.__dict__.setdefault("_metadata", {})

    def backward(self, *grads: Any) -> Any:
        """∂ℒ/∂input for each input, given ∂ℒ/∂output for each output; None where no gradient flows."""
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    def __call__(self, *grads: Any) -> Any:
        return self.backward(*grads)

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        """For each input, whether anybody wants its gradient; asked where that saves real work."""
        running = mode.running
        if running is None:
            return tuple([node is not None for node, _ in self.next_functions])
        return tuple([node in running for node, _ in self.next_functions])

    def input_shape(self, index: int) -> tuple[int, ...]:
        """The shape of an input: the shape that its gradient must have."""
        node, number = self.next_functions[index]
        return node.output_metadata[number][0] if node is not None else ()

    def name(self) -> str:
        return self.prefix + type(self).__name__

    def operation(self) -> str:
        """What torch's messages call the operation: `Mul` for `MulBackward0`, `Squeeze1` for `SqueezeBackward1`."""
        return re.sub(r"Backward0?(\d*)$", r"\1", self.name())

    def _sequence_nr(self) -> int:
        return self.sequence_nr

    def register_hook(self, fn: Any) -> RemovableHandle:
        """Calls fn(grad_inputs, grad_outputs) after the node has run; a tuple that it returns replaces grad_inputs."""
        return add_hook(self.own_hooks().after, fn)

    def register_prehook(self, fn: Any) -> RemovableHandle:
        """Calls fn(grad_outputs) before the node runs; a tuple that it returns replaces them."""
        return add_hook(self.own_hooks().before, fn)

    def own_hooks(self) -> Hooks:
        """The node's hooks, to add to."""
        if self.hooks is None:
            self.hooks = Hooks()
        return self.hooks

    def release_saved(self) -> None:
        """Drops the saved tensors: most of the memory of a graph is here."""
        if self.freed:
            return
        self.freed = True
        for value in self.saved.values():
            if type(value) is SavedTensor:
                value.release()
            elif type(value) is tuple:
                for item in value:
                    if type(item) is SavedTensor:
                        item.release()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"


class AccumulateGrad(Node):
    """The end of every path: adds the gradient that arrives to the leaf's `.grad`.

    A value that is used twice gets two gradients and their sum is the answer (∂ℒ/∂x = Σ over its uses), and a leaf that
    meets two backward passes goes on adding: that is why `zero_grad` exists. See the lesson `accumulate`
    in `comparisons/lessons/`.
    """

    prefix = "torch::autograd::"
    runs_on_nothing = True  # its hooks are called in any case

    def __init__(self, variable: Any) -> None:
        self.variable = variable
        self.saved = {}
        self.sequence_nr = RUNS_FIRST
        self.output_metadata = [(variable.array.shape, variable.array.dtype)]  # as it is now, whatever `.data` becomes
        if anomaly.enabled:
            self.metadata["traceback_"] = where_from()

    @property
    def hooks(self) -> Hooks | None:  # type: ignore[override]
        """The leaf's: it lives longer than its accumulator."""
        return self.variable._hooks

    def own_hooks(self) -> Hooks:
        return self.variable.own_hooks()

    def backward(self, grad: Any) -> tuple[()]:
        self.variable.accumulate_grad(grad)
        return ()
