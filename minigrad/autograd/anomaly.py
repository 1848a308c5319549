"""Anomaly mode: when a backward goes wrong, say which line of the forward is to blame.

A backward fails far from its cause: the error is raised in the engine, the mistake was made in the model. In this mode
every node remembers the lines that made it, and a gradient that is nan is an error at the node where it first appears.
"""

import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np

PACKAGE = str(Path(__file__).parents[1])


class _Anomaly:
    enabled = False
    check_nan = True


anomaly = _Anomaly()


def is_anomaly_enabled() -> bool:
    """Whether nodes remember where they were made."""
    return anomaly.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether, in that mode, a nan is an error."""
    return anomaly.check_nan


def set_anomaly_enabled(enabled: bool, check_nan: bool = True) -> None:
    """Turns the mode on or off. Raises: TypeError for what is no bool."""
    for place, (name, value) in enumerate({"enabled": enabled, "check_nan": check_nan}.items(), 1):
        if not isinstance(value, bool):
            kind = type(value).__name__
            raise TypeError(f"set_anomaly_enabled(): argument '{name}' (position {place}) must be bool, not {kind}")
    anomaly.enabled, anomaly.check_nan = enabled, check_nan


class set_detect_anomaly:
    """Turns the mode on or off at once; as a context manager it also puts it back.

    >>> import minigrad as torch
    >>> x = torch.tensor(-1., requires_grad=True)
    >>> with torch.autograd.set_detect_anomaly(True):
    ...     y = x.sqrt()
    >>> "traceback_" in y.grad_fn.metadata
    True
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.before = anomaly.enabled, anomaly.check_nan
        set_anomaly_enabled(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        anomaly.enabled, anomaly.check_nan = self.before


class detect_anomaly:
    """Turns the mode on inside, and warns that this is slow."""

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        self.before = anomaly.enabled, anomaly.check_nan
        set_anomaly_enabled(True, self.check_nan)

    def __exit__(self, *exception: object) -> None:
        anomaly.enabled, anomaly.check_nan = self.before


def where_from() -> list[str]:
    """The lines of the user's program that led here, the innermost last."""
    frames = traceback.extract_stack()
    return traceback.format_list([frame for frame in frames if not frame.filename.startswith(PACKAGE)])


def blame(node: Any) -> None:
    """Warns where the node was made."""
    made_at = node.metadata.get("traceback_")
    if made_at is None:
        hint = "No forward pass information available. Enable detect anomaly during forward pass for more information."
    else:
        hint = "Traceback of forward call that caused the error:\n" + "".join(made_at)
    warnings.warn(f"Error detected in {node.name()}. {hint}", stacklevel=2)


def check_no_nan(node: Any, grads: tuple[Any, ...]) -> None:
    """Raises: RuntimeError if a gradient that the node returned has a nan in it."""
    for index, grad in enumerate(grads):
        if grad is not None and np.isnan(grad.array).any():
            blame(node)
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {index}th output.")
