"""Automatic differentiation, and no operation: grad mode, nodes, the engine. Read them in that order."""

from .engine import backward, grad
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .node import AccumulateGrad, Node

__all__ = [
    "AccumulateGrad", "Node", "backward", "enable_grad", "grad", "is_grad_enabled", "no_grad", "set_grad_enabled",
]  # fmt: skip
