"""Whether operations are being recorded: the switches that `no_grad` and `inference_mode` turn.

Recording costs memory, because each node keeps what its derivative needs. Evaluation, the optimizers' updates and the
backward pass itself do not want it. The switches belong to the thread, so that one thread's `no_grad` cannot silence
another's training.

Read next: `node.py`, what is recorded.
"""

import functools
import threading
import warnings
from collections.abc import Callable
from typing import Any


class _Mode(threading.local):
    grad_enabled = True
    inference = False  # in inference_mode nothing is recorded, whatever grad_enabled says
    recording = True  # grad_enabled and not inference: what every operation asks
    running: set[Any] | None = None  # in a backward for some inputs only: the nodes that will run; None: all of them
    saved_tensors_hooks: tuple[Any, ...] = ()  # see `graph.py`; the last pair counts

    def set(self, grad_enabled: bool, inference: bool) -> None:
        self.grad_enabled = grad_enabled
        self.inference = inference
        self.recording = grad_enabled and not inference


mode = thread = _Mode()  # `thread` where an argument is called `mode`, as in torch


def is_grad_enabled() -> bool:
    """Whether operations are recorded in this thread.

    >>> import minigrad as torch
    >>> with torch.no_grad():
    ...     torch.is_grad_enabled()
    False
    """
    return mode.grad_enabled


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside an `inference_mode`."""
    return mode.inference


class _Switch:
    """A context manager, which can also decorate a function, that sets the switches and puts them back.

    Of a class it decorates the making of instances, and warns: no method of theirs runs in the mode.
    """

    def __init__(self, grad_enabled: bool, inference: bool | None = None) -> None:
        self.inside = (grad_enabled, inference)
        self.outside: list[tuple[bool, bool]] = []  # a stack, so that one object may be entered again inside itself

    def __enter__(self) -> None:
        self.outside.append((mode.grad_enabled, mode.inference))
        grad_enabled, inference = self.inside
        mode.set(grad_enabled, mode.inference if inference is None else inference)

    def __exit__(self, *exception: object) -> None:
        mode.set(*self.outside.pop())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if isinstance(function, type):
            warnings.warn(
                "Decorating classes is deprecated and will be disabled in future versions. You should only decorate "
                "functions or methods. To preserve the current behavior of class decoration, you can directly decorate "
                "the `__init__` method and nothing else.",
                FutureWarning,
                stacklevel=2,
            )

        @functools.wraps(function)
        def in_this_mode(*args: Any, **kwargs: Any) -> Any:
            with _Switch(*self.inside):
                return function(*args, **kwargs)

        return in_this_mode


class no_grad(_Switch):
    """Nothing is recorded inside: results do not require grad and keep no history.

    `@no_grad`, with or without parentheses, does that to every call of a function.

    >>> import minigrad as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return object.__new__(cls) if function is None else cls()(function)

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_Switch):
    """Operations are recorded inside, also within a `no_grad`."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return object.__new__(cls) if function is None else cls()(function)

    def __init__(self) -> None:
        super().__init__(True)


class set_grad_enabled(_Switch):
    """Sets the switch at once; as a context manager it also puts it back.

    >>> import minigrad as torch
    >>> with torch.set_grad_enabled(False):
    ...     torch.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            kind = type(mode).__name__
            raise TypeError(f"set_grad_enabled(): argument 'enabled' (position 1) must be bool, not {kind}")
        super().__init__(mode)
        self.before = (thread.grad_enabled, thread.inference)
        thread.set(mode, thread.inference)

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.inside[0]})"

    def __enter__(self) -> None:
        super().__enter__()
        self.outside[-1] = self.before  # the switch was set before the block: that is what it goes back to

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        mode.set(*self.before)  # as a decorator it acts during the calls only
        return super().__call__(function)


class inference_mode(_Switch):
    """As `no_grad`, and for good: what is made inside counts no writes and can never take part in a graph.

    >>> import minigrad as torch
    >>> with torch.inference_mode():
    ...     y = torch.ones(2)
    >>> y.is_inference(), y.requires_grad
    (True, False)
    """

    def __new__(cls, mode: Any = True) -> Any:
        return cls()(mode) if callable(mode) else object.__new__(cls)

    def __init__(self, mode: bool = True) -> None:
        super().__init__(not mode, mode)
