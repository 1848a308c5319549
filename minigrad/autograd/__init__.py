"""Automatic differentiation, and no operation: grad mode, nodes, the engine. Read them in that order.

Then, for what a program may ask of them: `function.py`, `functional.py`, `gradcheck.py`, `graph.py`, `anomaly.py`.
"""

from . import function, functional, graph
from .anomaly import detect_anomaly, set_detect_anomaly
from .engine import backward, grad
from .function import Function
from .grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from .gradcheck import gradcheck, gradgradcheck
from .node import AccumulateGrad, Node

__all__ = [
    "AccumulateGrad", "Function", "Node", "backward", "detect_anomaly", "enable_grad", "function", "functional", "grad",
    "gradcheck", "gradgradcheck", "graph", "inference_mode", "is_grad_enabled", "no_grad", "set_detect_anomaly",
    "set_grad_enabled",
]  # fmt: skip
