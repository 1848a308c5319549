"""Adagrad: the steeper a parameter's slopes have been so far, the smaller its steps. Read next: `rmsprop.py`."""

from typing import Any

import numpy as np

from ..tensor import Tensor
from .blocks import blocks, descent_gradient
from .optimizer import Group, Optimizer, Params, check_not_negative, check_one_element


class Adagrad(Optimizer):
    """θ ← θ − γ g / √(sum of all g² so far): a step size for each parameter, which only ever shrinks.

    Input: γ `lr`, η `lr_decay`, λ `weight_decay`, τ `initial_accumulator_value`, ε `eps`, `maximize`; θ the parameter,
    ∇ its gradient. s starts at τ. For t = 1, 2, … (`step`):

        1. g ← ∇, or −∇ if maximize
        2. g ← g + λ θ
        3. γ̃ ← γ / (1 + (t − 1) η)
        4. s ← s + g²                                  `sum`
        5. θ ← θ − γ̃ g / (√s + ε)

    A feature that is seldom seen has a small s, and takes large steps when it is.

    Departures from the paper: there ε is δ; the decays λ and η and the start τ are not in it. The last bit may differ
    from torch's, which rounds products and sums together.

    Args:
        params: tensors, (name, tensor) pairs or dicts, see `Optimizer`.
        foreach, fused: choose among torch's implementations; stored, without effect. differentiable: must be false.

    Raises: ValueError for a negative number.
    Source: Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic optimization
    (2011), figure 1, with diagonal matrices; https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html

    >>> import minigrad as torch
    >>> x = torch.tensor([1., 1.], requires_grad=True)
    >>> optimizer = Adagrad([x], lr=0.5)
    >>> for g in 3., 4.:
    ...     x.grad = torch.tensor([g, 100 * g])
    ...     optimizer.step()
    >>> x                  # 1 − 0.5 · 3/√(3²) − 0.5 · 4/√(3² + 4²), whatever the gradient's size
    tensor([0.1000, 0.1000], requires_grad=True)
    """

    later_options = {"foreach": None, "maximize": False, "differentiable": False, "fused": None}
    counts_steps = True

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_one_element("lr", lr)
        check_not_negative(
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )
        defaults: dict[str, Any] = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for param in group["params"]:  # before the first step, unlike the other rules, and as in torch
                self.steps_of(param)
                self.squares(param)

    def squares(self, param: Tensor) -> np.ndarray:
        """s: the sum of the squares of the parameter's gradients. As in torch, a group has no τ of its own."""
        return self.running(param, "sum", start=self.defaults["initial_accumulator_value"])

    def update(self, param: Tensor, grad: np.ndarray, group: Group) -> None:
        lr, lr_decay, eps = float(group["lr"]), float(group["lr_decay"]), float(group["eps"])
        weight_decay, maximize = float(group["weight_decay"]), group["maximize"]

        t = self.count_step(param)
        rate = lr / (1 + (t - 1) * lr_decay)
        for theta, g, s, spare, root, ratio in blocks(param.array, grad, self.squares(param), scratch=3):
            g = descent_gradient(theta, g, weight_decay, maximize, out=spare)
            s += np.multiply(g, g, out=root)
            # √s + ε
            np.sqrt(s, out=root)
            root += eps
            # θ ← θ − γ̃ g / (√s + ε)
            theta -= np.divide(np.multiply(g, rate, out=ratio), root, out=ratio)
