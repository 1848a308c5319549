"""Hooks around a step: functions of the user's that are called before it and after it."""

from collections.abc import Callable
from functools import wraps
from typing import Any


def with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """A `step` that calls the optimizer's hooks: once, also when it goes on to the `step` of its base class."""

    @wraps(step)
    def hooked(*args: Any, **kwargs: Any) -> Any:
        optimizer = args[0]
        if type(optimizer).step is not hooked:  # we are the base class's, and the subclass's has called the hooks
            return step(*args, **kwargs)
        for hook in list(optimizer._optimizer_step_pre_hooks.values()):
            changed = hook(optimizer, args, kwargs)
            if changed is None:
                continue
            if not (isinstance(changed, tuple) and len(changed) == 2):
                raise RuntimeError(f"{step} must return None or a tuple of (new_args, new_kwargs), but got {changed}.")
            args, kwargs = changed
        result = step(*args, **kwargs)
        for hook in list(optimizer._optimizer_step_post_hooks.values()):
            hook(optimizer, args, kwargs)
        return result

    return hooked
