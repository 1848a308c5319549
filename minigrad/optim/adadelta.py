"""Adadelta: a step in the size that the parameter's own last steps had, so that no rate need be chosen.

Read next: `adam.py`.
"""

from typing import Any

import numpy as np

from ..tensor import Tensor
from .blocks import blocks, descent_gradient
from .optimizer import (
    Group,
    Optimizer,
    Params,
    check_not_capturable,
    check_not_negative,
    check_number,
    check_one_element,
)


class Adadelta(Optimizer):
    """θ ← θ − γ g · √(running mean of Δ²) / √(running mean of g²), where Δ is what the earlier steps were.

    Input: γ `lr`, ρ `rho`, ε `eps`, λ `weight_decay`, `maximize`; θ the parameter, ∇ its gradient. v and u start at 0.
    For t = 1, 2, … (`step`):

        1. g ← ∇, or −∇ if maximize
        2. g ← g + λ θ
        3. v ← ρ v + (1 − ρ) g²                        `square_avg`
        4. Δ ← g · √(u + ε) / √(v + ε)
        5. u ← ρ u + (1 − ρ) Δ²                        `acc_delta`
        6. θ ← θ − γ Δ

    Why 4: RMSprop's g / √v has no unit, whatever θ is measured in; times √u, the step is in the unit of θ. Without the
    ε beside u no step would ever be taken: u starts at 0.

    Departures from the paper: there Δ includes the sign of step 6, and neither γ nor λ exists; γ = 1 is the paper's
    rule. The last bit may differ from torch's, which rounds products and sums together.

    Args:
        params: tensors, (name, tensor) pairs or dicts, see `Optimizer`.
        foreach: choose among torch's implementations; stored, without effect. capturable: for CUDA
            graphs, so refused at the step. differentiable: must be false.

    Raises: ValueError for a negative number, and for rho outside [0, 1].
    Source: Zeiler, ADADELTA: an adaptive learning rate method (2012), algorithm 1;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.Adadelta.html

    >>> import minigrad as torch
    >>> x = torch.tensor([1., 1.], requires_grad=True)
    >>> x.grad = torch.tensor([40., -4000.])
    >>> Adadelta([x], rho=0.75, eps=0.01).step()
    >>> x                  # v = g² / 4, so g / √v = ±2, nearly; times √ε = 0.1
    tensor([0.8000, 1.2000], requires_grad=True)
    """

    later_options = {"foreach": None, "maximize": False, "differentiable": False, "capturable": False}
    counts_steps = True

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_one_element("lr", lr)
        check_not_negative(lr=lr)
        check_number("rho value", rho, 0.0 <= rho <= 1.0)
        check_not_negative(eps=eps, weight_decay=weight_decay)
        defaults: dict[str, Any] = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def update(self, param: Tensor, grad: np.ndarray, group: Group) -> None:
        check_not_capturable(group)
        lr, rho, eps = float(group["lr"]), float(group["rho"]), float(group["eps"])
        weight_decay, maximize = float(group["weight_decay"]), group["maximize"]

        self.count_step(param)
        arrays = param.array, grad, self.running(param, "square_avg"), self.running(param, "acc_delta")
        for theta, g, v, u, spare, delta, ratio in blocks(*arrays, scratch=3):
            g = descent_gradient(theta, g, weight_decay, maximize, out=spare)
            # v ← ρ v + (1 − ρ) g²
            v *= rho
            v += np.multiply(np.multiply(g, 1 - rho, out=ratio), g, out=ratio)
            # Δ ← g · √(u + ε) / √(v + ε)
            np.sqrt(np.add(u, eps, out=delta), out=delta)
            delta /= np.sqrt(np.add(v, eps, out=ratio), out=ratio)
            delta *= g
            # u ← ρ u + (1 − ρ) Δ²
            u *= rho
            u += np.multiply(np.multiply(delta, 1 - rho, out=ratio), delta, out=ratio)
            theta -= np.multiply(delta, lr, out=ratio)
