"""Tensor: a NumPy array that remembers how it was computed.

A tensor is its `array` and its history. The history is one reference, `grad_fn`, to the node that the operation which
made the tensor left behind; a tensor that nobody computed is a *leaf*, and a leaf that requires grad is where gradients
end up. Every operation hands its result to `record` (`recording.py`), which ties the two together.

A tensor may be a *view*: it looks at the memory of another tensor, its base. Writing to either changes both, so both
share one version counter, which counts the writes.

The operations themselves (`+`, `view`, `sum`, …) are functions in `minigrad/ops/`; `minigrad/methods.py` binds them to
this class. Read next: `recording.py`.
"""

import math
import threading
import warnings
import weakref
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from . import dtypes
from .autograd.engine import backward
from .autograd.grad_mode import inference_mode, mode
from .autograd.hooks import Hooks, RemovableHandle, add_hook
from .autograd.node import NO_EDGE, AccumulateGrad, Edge, Node
from .devices import CPU, device
from .dims import Size, check_flag, wrap_dim
from .memory import copy_in_place, dense_like, lies_as, offset_in
from .printing import tensor_text

NON_LEAF_GRAD_WARNING = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
    "populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, "
    "use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access "
    "the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more information."
)


FLOAT_WARNING = (
    "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\nConsider using "
    "tensor.detach() first."
)


def refusal(view: "Tensor", written: str) -> str:
    """Why a view's history cannot follow a write to its memory. `written`: what happened, as a half-sentence."""
    node, made_in = view._grad_fn, view._made_in
    output = "" if node is None else f"Output {view.output_nr} of {node.operation()} is a view"
    if made_in is None and output:
        start = f"{output} and {written}."
    else:
        start = f"{output} of a view which" if output else "A view"
        start += f" was created in {made_in or 'no_grad'} mode and {written} "
        start += "in normal mode." if made_in == "inference" else "with grad mode enabled."
    if view._fixed is not None:
        return f"{start} {view._fixed}"
    block = "inference_mode" if made_in == "inference" else "no_grad"
    return (
        f"{start} Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by "
        f"moving both the view and the inplace either both inside the {block} block (if you don't want the inplace to "
        "be tracked) or both outside (if you want the inplace to be tracked)."
    )


ACCUMULATING = threading.RLock()  # two backward passes in two threads may meet at one leaf


class Version:
    """How often the memory behind a tensor and its views was written to."""

    count = 0


class NoVersion(Version):
    """What an inference tensor has: it is in no graph, so nobody may ask for the count."""


class Tensor:
    """An array and its history. `Tensor(values)` makes float32; `minigrad.tensor` infers the dtype.

    Fields (all but the first two have a default, so that making a tensor is cheap):
        array: the numbers. version: counts the writes to them, shared with every view of them.

    >>> import minigrad as torch
    >>> x = torch.tensor([1., 2.], requires_grad=True)
    >>> y = x * x
    >>> y
    tensor([1., 4.], grad_fn=<MulBackward0>)
    >>> y.sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    array: np.ndarray
    version: Version
    output_nr = 0  # which output of grad_fn this is
    _grad_fn: Node | None = None
    _requires_grad = False  # for a leaf: whether it asks for a gradient
    _grad: "Tensor | None" = None
    _hooks: Hooks | None = None  # for a leaf; those of a computed tensor are its node's
    _retains_grad = False
    _accumulator: "weakref.ref[AccumulateGrad] | None" = None
    _base: "Tensor | None" = None  # whose memory this is a view of
    _history_version = 0  # for a view: the version at which _grad_fn was true
    _fixed: str | None = None  # for a view that no recorded write may change: why
    _is_number = False  # whether it stands for a Python number among the operands
    _made_in: str | None = None  # for a view that was not recorded: in which mode it was made
    _has_warned_of_float: ClassVar[bool] = False  # that is said once in a process

    def __init__(self, *values: Any) -> None:
        if len(values) == 1 and isinstance(values[0], str):
            raise TypeError("new(): invalid data type 'str'")
        if len(values) == 1 and isinstance(values[0], (bool, float, np.generic, type(None))):
            raise TypeError(f"new(): data must be a sequence (got {type(values[0]).__name__})")
        if len(values) == 1 and not isinstance(values[0], int):
            self.array = np.array(to_array(values[0]), dtype=dtypes.get_default_dtype().numpy)
        else:
            self.array = np.zeros(values or (0,), dtype=dtypes.get_default_dtype().numpy)
        self.version = Version()

    if TYPE_CHECKING:  # bound by methods.py

        def __getattr__(self, name: str) -> Any: ...

        __add__: Any
        __radd__: Any
        __sub__: Any
        __rsub__: Any
        __mul__: Any
        __rmul__: Any
        __truediv__: Any
        __rtruediv__: Any
        __pow__: Any
        __rpow__: Any
        __matmul__: Any
        __neg__: Any
        __getitem__: Any
        __setitem__: Any
        __lt__: Any
        __le__: Any
        __gt__: Any
        __ge__: Any

    # -- What it is made of

    @property
    def shape(self) -> Size:
        return tuple.__new__(Size, self.array.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of one dimension."""
        return self.shape if dim is None else self.along(dim, self.array.shape)

    def dim(self) -> int:
        return self.array.ndim

    ndim = property(dim)

    def numel(self) -> int:
        return self.array.size

    nelement, ndimension = numel, dim

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self.array)

    @property
    def dtype(self) -> dtypes.dtype:
        return dtypes.FROM_NUMPY[self.array.dtype]

    @property
    def device(self) -> device:
        return CPU

    is_cuda = False

    def type(self, dtype: Any = None) -> Any:
        """The name of torch's class for this dtype, or the tensor in another dtype."""
        if dtype is None:
            return f"torch.{self.dtype.legacy_name}"
        if isinstance(dtype, str):
            known = {f"torch.{d.legacy_name}": d for d in dtypes.FROM_NUMPY.values()}
            if dtype not in known:
                raise ValueError(f"invalid type: '{dtype}'")
            dtype = known[dtype]
        if isinstance(dtype, type):
            raise ValueError(f"invalid type: '{dtype.__name__}'")
        if not isinstance(dtype, dtypes.dtype):
            raise TypeError("dtype must be a type, str, or dtype object")
        return self.to(dtype)

    def is_floating_point(self) -> bool:
        return self.array.dtype.kind == "f"

    def is_complex(self) -> bool:
        return False

    def element_size(self) -> int:
        return self.array.itemsize

    itemsize = property(element_size)

    @property
    def nbytes(self) -> int:
        """The memory of its elements, in bytes."""
        return self.array.nbytes

    def storage_offset(self) -> int:
        """How many elements after the first one of the memory, which a base and its views share, this one's begin."""
        owner = self.array.base if self._base is None else self._base.array
        return offset_in(owner, self.array) if isinstance(owner, np.ndarray) and self.array.size else 0

    def get_device(self) -> int:
        """-1: on the CPU."""
        return -1

    def stride(self, dim: int | None = None) -> Any:
        """How many elements (not bytes) apart neighbours along each dimension lie in memory."""
        strides = tuple(stride // self.array.itemsize for stride in self.array.strides)
        if not self.array.size:  # NumPy has forgotten them
            strides = tuple(math.prod(max(n, 1) for n in self.array.shape[d + 1 :]) for d in range(self.array.ndim))
        return strides if dim is None else self.along(dim, strides)

    def along(self, dim: int, each: tuple[int, ...]) -> int:
        """Of one number for each dimension the one for this. Raises: IndexError without such a dimension."""
        place = wrap_dim(dim, self.array.ndim)
        if not each:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        return each[place]

    def is_contiguous(self) -> bool:
        return self.array.flags.c_contiguous

    def data_ptr(self) -> int:
        """The address of the first element, in bytes; equal for two tensors that share it."""
        return self.array.ctypes.data if self.array.size else 0

    @property
    def _version(self) -> int:
        if self.is_inference():
            raise RuntimeError("Inference tensors do not track version counter.")
        return self.version.count

    def is_inference(self) -> bool:
        """Whether it was made in inference mode, and so can be in no graph."""
        return type(self.version) is NoVersion

    def _is_view(self) -> bool:
        return self._base is not None

    # -- Its history

    @property
    def grad_fn(self) -> Node | None:
        """The node of the operation that made this tensor; None for a leaf.

        A write to shared memory changes the history of every view of it. A view finds that out here, by the version,
        and is then the same part of the base as it is now.
        """
        if self._base is not None and self._history_version != self.version.count and self._base.requires_grad:
            if self._made_in is not None or self._fixed is not None:
                raise RuntimeError(refusal(self, "its base or another view of its base has been modified inplace"))
            self._history_version = self.version.count
            with inference_mode(False):  # whoever asks, and wherever: the history is what it is
                again = self._base.as_strided(self.size(), self.stride(), offset_in(self._base.array, self.array))
            self.move_to(again._grad_fn, 0)
        return self._grad_fn

    def move_to(self, node: Any, output_nr: int) -> None:
        """Makes this an output of another node; if it asked to keep its gradient, of the one that it now has."""
        old = self._grad_fn
        if self._retains_grad and old is not None and old.hooks is not None:
            node.own_hooks().retained[output_nr] = old.hooks.retained.pop(self.output_nr)
        self._grad_fn, self.output_nr = node, output_nr

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient is wanted. A view says what its base says, even where no gradient can come (`no_grad`)."""
        own = self._requires_grad or self._grad_fn is not None
        return own or (self._base is not None and self._base.requires_grad)

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if not isinstance(wanted, (bool, np.bool_)):
            raise RuntimeError("requires_grad must be a bool")
        if not self.is_leaf:
            hint = (
                " If you want to use a computed variable in a subgraph that doesn't require differentiation use "
                "var_no_grad = var.detach()."
            )
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables." + ("" if wanted else hint)
            )
        if wanted and not self.is_floating_point():
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        if wanted and self.is_inference() and not mode.inference:
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        self._requires_grad = wanted

    def requires_grad_(self, requires_grad: bool = True) -> "Tensor":
        check_flag("requires_grad", requires_grad)
        if not requires_grad or self.is_leaf:  # the others require it already
            self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether nobody computed it: only a leaf's `.grad` is filled."""
        return self.grad_fn is None

    def gradient_edge(self) -> Edge:
        """Where the gradient of this tensor goes: to the node that made it, or to a leaf's one AccumulateGrad."""
        grad_fn = self._grad_fn if self._base is None else self.grad_fn
        if grad_fn is not None:
            return grad_fn, self.output_nr
        if not self._requires_grad:
            return NO_EDGE
        # The leaf knows its accumulator weakly and the accumulator its leaf strongly: no cycle, and while any graph
        # holds it, it is the same object.
        accumulator = self._accumulator() if self._accumulator is not None else None
        if accumulator is None:
            accumulator = AccumulateGrad(self)
            self._accumulator = weakref.ref(accumulator)
        return accumulator, 0

    def with_history(self, node: Node, number: int = 0) -> "Tensor":
        """The same values as an output of a node, where operations are recorded."""
        if not mode.recording:
            return self
        alias = self.detach()
        alias._grad_fn, alias.output_nr = node, number
        return alias

    def with_accumulator(self, accumulator: AccumulateGrad) -> "Tensor":
        """The same values as a leaf whose gradients go to another leaf."""
        self._requires_grad = True
        self._accumulator = weakref.ref(accumulator)
        return self

    def backward(
        self,
        gradient: "Tensor | None" = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Adds ∂self/∂leaf to the `.grad` of every leaf that self was computed from: see `autograd.backward`.

        >>> import minigrad as torch
        >>> x = torch.tensor([1., 2.], requires_grad=True)
        >>> (x ** 2).sum().backward()
        >>> x.grad
        tensor([2., 4.])
        """
        backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    @property
    def grad(self) -> "Tensor | None":
        """The sum of the gradients that have arrived at this leaf; None before the first."""
        if self._grad is None and self._grad_fn is not None and not self._retains_grad:
            warnings.warn(NON_LEAF_GRAD_WARNING, UserWarning, stacklevel=2)
        return self._grad

    @grad.setter
    def grad(self, grad: "Tensor | None") -> None:
        if grad is not None:
            if not isinstance(grad, Tensor):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got grad of type {type(grad).__name__}"
                )
            if grad is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if grad.array.shape != self.array.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(grad.shape)}' to a tensor of size "
                    f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size"
                )
            if grad.array.dtype != self.array.dtype:
                raise RuntimeError(
                    f"attempting to assign a gradient with dtype '{dtypes.CPP_NAMES[grad.dtype].lower()}' to a tensor "
                    f"with grad_dtype '{dtypes.CPP_NAMES[self.dtype]}'. The gradient must match the tensor's dtype."
                )
        self._grad = grad

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def accumulate_grad(self, grad: "Tensor | None", is_spare: bool = False) -> None:
        """grad ← grad + what arrives; in place, so that whoever holds `.grad` sees the sum.

        The first is kept where it is spare, which means that nobody else has its memory; else it is copied, for the
        same tensor may have been sent to another leaf too.
        """
        if grad is not None and self._requires_grad:  # it may have changed its mind since
            with ACCUMULATING:
                self.add_to_grad(grad, is_spare)
        for hook in () if self._hooks is None else list(self._hooks.accumulated.values()):
            hook(self)

    def add_to_grad(self, grad: "Tensor", is_spare: bool) -> None:
        """What `accumulate_grad` does, by one thread at a time."""
        if self._grad is None and is_spare and not mode.recording and lies_as(self.array, grad.array):
            self._grad = wrap(grad.array)
        elif self._grad is None:  # in the leaf's own layout
            copy = wrap(dense_like(self.array, grad.array.dtype))
            if mode.recording:
                copy.copy_(grad)
            elif grad.array.shape != self.array.shape:
                copy.zero_().add_(grad)  # `.data` was replaced: where it does not fit, torch says so in these words
            else:
                np.copyto(copy.array, grad.array)
            self._grad = copy
        elif mode.grad_enabled:
            self._grad = self._grad + grad
        elif self._grad.array.shape == grad.array.shape and self._grad.is_ordinary():
            self._grad.array += grad.array
            self._grad.version.count += 1
        else:
            self._grad.add_(grad)  # which says what is in the way

    def is_ordinary(self) -> bool:
        """Whether it may be written to: no inference tensor, and no element shown several times."""
        return type(self.version) is Version and 0 not in self.array.strides

    # -- Hooks

    def own_hooks(self) -> Hooks:
        """The hooks of this tensor's gradient, to add to: the node's that made it, or the leaf's own."""
        if self.grad_fn is not None:
            return self.grad_fn.own_hooks()
        if self._hooks is None:
            self._hooks = Hooks()
        return self._hooks

    def register_hook(self, hook: Any) -> RemovableHandle:
        """Calls hook(grad) with this tensor's gradient in each backward; a tensor that it returns replaces it.

        Raises: RuntimeError for a tensor that has no gradient to come.

        >>> import minigrad as torch
        >>> x = torch.tensor([1., 2.], requires_grad=True)
        >>> handle = x.register_hook(lambda grad: grad * 10)
        >>> x.sum().backward()
        >>> x.grad
        tensor([10., 10.])
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        return add_hook(self.own_hooks().of_tensor, (self.output_nr, hook))

    def register_post_accumulate_grad_hook(self, hook: Any) -> RemovableHandle:
        """Calls hook(leaf) after a gradient was added to this leaf's `.grad`. Raises: RuntimeError for no such leaf."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.grad_fn is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        return add_hook(self.own_hooks().accumulated, hook)

    def retain_grad(self) -> None:
        """Keeps this computed tensor's gradient in `.grad`, as a leaf does by itself.

        Raises: RuntimeError for a tensor that does not require grad.

        >>> import minigrad as torch
        >>> y = torch.ones(2, requires_grad=True) * 3
        >>> y.retain_grad()
        >>> y.sum().backward()
        >>> y.grad
        tensor([1., 1.])
        """
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.grad_fn is not None:
            self.own_hooks().retained[self.output_nr] = weakref.ref(self)
            self._retains_grad = True

    @property
    def retains_grad(self) -> bool:
        return self._retains_grad

    def keep_grad(self, grad: "Tensor") -> None:
        """What `retain_grad` asked for: adds to `.grad`, never in place."""
        self._grad = grad.clone() if self._grad is None else self._grad + grad

    # -- Its values outside the graph

    def detach_(self) -> "Tensor":
        """Forgets the history: from here on this tensor is a leaf. Raises: RuntimeError for a view."""
        if mode.inference or self.is_inference():
            return self  # there nobody looks at histories
        if self._base is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        self._grad_fn, self._requires_grad, self.output_nr = None, False, 0
        return self

    def detach(self) -> "Tensor":
        """The same memory without the history; a write to one shows in the other, and counts for both."""
        alias = wrap(self.array)
        alias.version = self.version
        return alias

    @property
    def data(self) -> "Tensor":
        """The same memory without the history, and unwatched: writes through it are not counted.

        Torch's back door. It lets an update by hand write to a leaf, and lets a mistake go unnoticed.
        """
        alias = wrap(self.array)
        alias.version = type(self.version)()
        return alias

    @data.setter
    def data(self, new: "Tensor") -> None:
        if not isinstance(new, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(new).__name__}")
        if self._requires_grad and not new.is_floating_point():
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        if new.array.dtype != self.array.dtype:
            self._accumulator = None  # the old one goes on taking gradients of the old dtype
        if new.is_inference() != self.is_inference():
            self.version = type(new.version)()
        self.array = new.array

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The array itself: it shares the tensor's memory.

        Raises: RuntimeError for a tensor that requires grad, where operations are recorded: NumPy would not record.
        """
        if mode.grad_enabled and self.requires_grad and not force:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return self.array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __array_wrap__(self, array: np.ndarray, context: Any = None, return_scalar: bool = False) -> "Tensor":
        """What a function of NumPy's makes of this tensor, as a tensor: bools as bytes, as torch has it."""
        dtypes.from_numpy_dtype(array.dtype)  # raises TypeError for what there is none of
        return wrap(array.view(np.uint8) if array.dtype == np.bool_ else array)

    def item(self) -> Any:
        """The value of a tensor with one element, as a Python number."""
        if self.array.size != 1:
            raise RuntimeError(f"a Tensor with {self.array.size} elements cannot be converted to Scalar")
        return self.array.item()

    def tolist(self) -> Any:
        return self.array.tolist()

    def __bool__(self) -> bool:
        if self.array.size != 1:
            few = "no values" if not self.array.size else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {few} is ambiguous")
        return bool(self.array.item())

    def __contains__(self, element: Any) -> bool:
        """Whether any of its numbers is equal to this number, or to those of a tensor that broadcasts."""
        if not isinstance(element, (Tensor, bool, int, float, complex, np.number, np.bool_)):
            raise RuntimeError(
                f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}."
            )
        return bool((self == element).any())  # type: ignore[attr-defined]

    def __float__(self) -> float:
        if mode.recording and self.requires_grad and not Tensor._has_warned_of_float:
            Tensor._has_warned_of_float = True
            warnings.warn(FLOAT_WARNING, stacklevel=2)
        return float(self.only_element())

    def __int__(self) -> int:
        return int(self.only_element())

    def only_element(self) -> Any:
        """As `item`; Python's own conversions raise ValueError."""
        if self.array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self.array.item()

    def __index__(self) -> int:
        if self.array.dtype.kind == "f" or self.array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.array.item())

    def __format__(self, spec: str) -> str:
        if not self.array.ndim and type(self) is Tensor:
            return format(self.item(), spec)
        return object.__format__(self, spec)

    def __repr__(self) -> str:
        try:
            name = None if self.grad_fn is None else type(self.grad_fn).__name__
        except RuntimeError:
            name = "Invalid"
        return tensor_text(
            self.array,
            default_dtype=dtypes.get_default_dtype().numpy,
            requires_grad=self.requires_grad,
            grad_fn_name=name,
        )

    __array_priority__ = 1000  # a NumPy number on the left lets the tensor do the arithmetic

    def __reduce__(self) -> Any:
        """A copy or a pickle has the values and asks for a gradient as this does; the history stays behind."""
        return rebuilt, (self.array, self.requires_grad)

    __hash__ = object.__hash__  # by identity: `==` compares element by element

    def __deepcopy__(self, memo: dict) -> "Tensor":
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment.  If you were attempting to deepcopy a module, this may be because of a tensor that was "
                "computed from its parameters; deepcopy it before, or detach() that tensor."
            )
        if id(self) not in memo:
            twin = wrap(copy_in_place(self.array, memo))
            twin.__class__ = self.__class__
            twin._requires_grad = self._requires_grad
            twin._grad = None if self._grad is None else self._grad.__deepcopy__(memo)
            memo[id(self)] = twin
        return memo[id(self)]


def wrap(array: Any) -> Tensor:
    """A new tensor around an array: no copy, no history."""
    tensor = object.__new__(Tensor)
    tensor.array = array if type(array) is np.ndarray else np.asarray(array)
    tensor.version = NoVersion() if mode.inference else Version()
    return tensor


def rebuilt(array: np.ndarray, requires_grad: bool) -> Tensor:
    """A leaf again, from what `Tensor.__reduce__` kept."""
    return wrap(array).requires_grad_(requires_grad)


def to_array(data: Any) -> np.ndarray:
    """The values of a tensor, an array, a number or nested sequences of them."""
    if isinstance(data, Tensor):
        return data.array
    if isinstance(data, (list, tuple)) and any(isinstance(item, Tensor) for item in data):
        return np.array([to_array(item) for item in data])
    return np.asarray(data)
