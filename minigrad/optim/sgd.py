"""SGD: a step down the slope, and with momentum a ball that rolls. Read next: `adagrad.py`."""

from typing import Any

import numpy as np

from ..tensor import Tensor
from .blocks import blocks, descent_gradient
from .optimizer import Group, Optimizer, Params, check_number, check_one_element


class SGD(Optimizer):
    """Stochastic gradient descent, θ ← θ − γ g, with or without momentum.

    Input: γ `lr`, μ `momentum`, τ `dampening`, λ `weight_decay`, `nesterov`, `maximize`; θ the parameter, ∇ its
    gradient. For t = 1, 2, …:

        1. g ← ∇, or −∇ if maximize
        2. g ← g + λ θ
        3. if μ ≠ 0:
               b ← g if t = 1, else μ b + (1 − τ) g      the velocity, kept as `momentum_buffer`
               g ← g + μ b if nesterov, else b
        4. θ ← θ − γ g

    Departures from the paper: there the velocity contains the learning rate, v ← μ v − γ g and θ ← θ + v, and so it
    remembers the rates of old steps. Here γ multiplies at the end and a new rate acts at once; while γ stays the same,
    so do the two. Nesterov's gradient is that at θ itself, not at θ + μ v. The first velocity is g, not (1 − τ) g.
    Torch rounds products and sums together (a fused multiply-add) where NumPy rounds both: the last bit may differ.

    Args:
        params: tensors, (name, tensor) pairs or dicts, see `Optimizer`.
        foreach, fused: choose among torch's implementations; stored, without effect. differentiable: must be false.

    Raises: ValueError for a negative rate, momentum or decay, and for Nesterov without momentum or with dampening.
    Source: Sutskever et al., On the importance of initialization and momentum in deep learning (2013), equations 1–4;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html

    >>> import minigrad as torch
    >>> x = torch.tensor([1., 2.], requires_grad=True)
    >>> optimizer = SGD([x], lr=0.5, momentum=0.5)
    >>> for step in range(2):
    ...     x.grad = torch.tensor([1., -1.])
    ...     optimizer.step()
    >>> x                  # the velocity: 1, then 0.5 · 1 + 1 = 1.5; together 2.5 · 0.5 = 1.25
    tensor([-0.2500,  3.2500], requires_grad=True)
    """

    later_options = {"nesterov": False, "maximize": False, "foreach": None, "differentiable": False, "fused": False}

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_one_element("lr", lr)
        # Unlike the other rules, torch's SGD lets a nan pass.
        check_number("learning rate", lr, not lr < 0.0)
        check_number("momentum value", momentum, not momentum < 0.0)
        check_number("weight_decay value", weight_decay, not weight_decay < 0.0)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults: dict[str, Any] = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def update(self, param: Tensor, grad: np.ndarray, group: Group) -> None:
        lr, momentum, dampening = float(group["lr"]), float(group["momentum"]), float(group["dampening"])
        weight_decay, nesterov, maximize = float(group["weight_decay"]), group["nesterov"], group["maximize"]

        velocity, is_first = grad, True  # without momentum there is none, and no state either
        if momentum != 0:
            is_first = self.state[param].get("momentum_buffer") is None
            velocity = self.running(param, "momentum_buffer")

        for theta, g, b, spare, scaled in blocks(param.array, grad, velocity, scratch=2):
            g = descent_gradient(theta, g, weight_decay, maximize, out=spare)
            if momentum != 0:
                if is_first:
                    b[...] = g
                else:
                    b *= momentum
                    b += g if dampening == 0 else np.multiply(g, 1 - dampening, out=scaled)
                g = np.add(g, np.multiply(b, momentum, out=scaled), out=scaled) if nesterov else b
            theta -= np.multiply(g, lr, out=scaled)
