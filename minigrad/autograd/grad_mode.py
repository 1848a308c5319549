"""Whether operations are being recorded: the switch that `no_grad` turns off.

Recording costs memory, because each node keeps what its derivative needs. Evaluation, the optimizers' updates and the
backward pass itself do not want it. The switch belongs to the thread, so that one thread's `no_grad` cannot silence
another's training.

Read next: `node.py`, what is recorded.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any


class _Mode(threading.local):
    grad_enabled = True


mode = _Mode()


def is_grad_enabled() -> bool:
    """Whether operations are recorded in this thread.

    >>> import minigrad as torch
    >>> with torch.no_grad():
    ...     torch.is_grad_enabled()
    False
    """
    return mode.grad_enabled


class _GradMode:
    """A context manager, which can also decorate a function, that sets the switch and puts it back."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self.previous: list[bool] = []  # a stack, so that one object may be entered again inside itself

    def __enter__(self) -> None:
        self.previous.append(mode.grad_enabled)
        mode.grad_enabled = self.enabled

    def __exit__(self, *exception: object) -> None:
        mode.grad_enabled = self.previous.pop()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def in_this_mode(*args: Any, **kwargs: Any) -> Any:
            with _GradMode(self.enabled):
                return function(*args, **kwargs)

        return in_this_mode


class _Switch(_GradMode):
    """A mode that is always on or always off inside. `@no_grad` without parentheses decorates too, as in torch."""

    inside: bool

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return object.__new__(cls) if function is None else cls()(function)

    def __init__(self) -> None:
        super().__init__(self.inside)


class no_grad(_Switch):
    """Nothing is recorded inside: results do not require grad and keep no history.

    >>> import minigrad as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    inside = False


class enable_grad(_Switch):
    """Operations are recorded inside, also within a `no_grad`."""

    inside = True


class set_grad_enabled(_GradMode):
    """Sets the switch at once; as a context manager it also puts it back.

    >>> import minigrad as torch
    >>> with torch.set_grad_enabled(False):
    ...     torch.is_grad_enabled()
    False
    """

    def __init__(self, mode_: bool) -> None:
        super().__init__(mode_)
        self.before = mode.grad_enabled
        mode.grad_enabled = mode_

    def __enter__(self) -> None:
        self.previous.append(self.before)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        mode.grad_enabled = self.before  # as a decorator it acts during the calls only
        return super().__call__(function)
