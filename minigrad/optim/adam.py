"""Adam: momentum's velocity, in RMSprop's units, with both averages corrected for their start at zero.

Read next: `adamw.py`.
"""

from typing import Any

import numpy as np

from ..tensor import Tensor
from .blocks import blocks, descent_gradient, lerp
from .optimizer import (
    Group,
    Optimizer,
    Params,
    check_not_capturable,
    check_not_negative,
    check_number,
    check_one_element,
)


class Adam(Optimizer):
    """θ ← θ − γ m̂ / (√v̂ + ε): the mean of the gradient over the root of its mean square.

    Input: γ `lr`, β₁ and β₂ `betas`, ε `eps`, λ `weight_decay`, `amsgrad`, `maximize`, `decoupled_weight_decay`; θ the
    parameter, ∇ its gradient. m, v and vᵐᵃˣ start at 0. For t = 1, 2, … (`step`):

        1. g ← ∇, or −∇ if maximize
        2. g ← g + λ θ, or if decoupled: θ ← θ − γ λ θ
        3. m ← β₁ m + (1 − β₁) g                       `exp_avg`
        4. v ← β₂ v + (1 − β₂) g²                      `exp_avg_sq`
        5. m̂ ← m / (1 − β₁ᵗ)
        6. v̂ ← v / (1 − β₂ᵗ); if amsgrad:
               vᵐᵃˣ ← max(vᵐᵃˣ, v)                     `max_exp_avg_sq`
               v̂ ← vᵐᵃˣ / (1 − β₂ᵗ)
        7. θ ← θ − γ m̂ / (√v̂ + ε)

    Why 5 and 6: after t steps the weights of the average sum to 1 − βᵗ; the division makes them sum to 1.

    Departures from the papers: weight decay is not in the first; AMSGrad's has no correction, here vᵐᵃˣ is the largest
    *uncorrected* v and is corrected after that. As in torch, 5 divides the step size and 6 divides √v instead, which is
    the same. The last bit may differ from torch's, which rounds products and sums together.

    Args:
        params: tensors, (name, tensor) pairs or dicts, see `Optimizer`.
        foreach, fused: choose among torch's implementations; stored, without effect. capturable: for CUDA
            graphs, so refused at the step. differentiable: must be false.

    Raises: ValueError for a negative number, and for betas outside [0, 1).
    Source: Kingma and Ba, Adam: a method for stochastic optimization (2015), algorithm 1; Reddi, Kale and Kumar, On the
    convergence of Adam and beyond (2018), algorithm 2;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html

    >>> import minigrad as torch
    >>> x = torch.tensor([1., 1.], requires_grad=True)
    >>> x.grad = torch.tensor([0.01, -100.])
    >>> Adam([x], lr=0.25).step()
    >>> x                  # at t = 1, m̂ = g and v̂ = g²: the step is γ, whatever the gradient's size
    tensor([0.7500, 1.2500], requires_grad=True)
    """

    later_options = {
        "amsgrad": False, "maximize": False, "foreach": None, "capturable": False, "differentiable": False,
        "decoupled_weight_decay": False, "fused": None,
    }  # fmt: skip
    counts_steps = True

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_one_element("lr", lr, capturable, foreach)
        check_not_negative(lr=lr, eps=eps)
        for index, beta in enumerate(betas[:2]):
            check_number(f"beta parameter at index {index}", beta, 0.0 <= beta < 1.0)
        check_not_negative(weight_decay=weight_decay)
        if not any(isinstance(betas[0], kind) and isinstance(betas[1], kind) for kind in (float, Tensor)):
            raise ValueError("betas must be either both floats or both Tensors")
        for index, beta in enumerate(betas[:2]):
            check_one_element(f"betas[{index}]", beta, capturable, foreach)
        defaults: dict[str, Any] = {
            "lr": lr,
            "betas": (betas[0], betas[1]),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def update(self, param: Tensor, grad: np.ndarray, group: Group) -> None:
        check_not_capturable(group)
        lr, eps, weight_decay = float(group["lr"]), float(group["eps"]), float(group["weight_decay"])
        beta1, beta2 = float(group["betas"][0]), float(group["betas"][1])
        amsgrad, maximize, decoupled = group["amsgrad"], group["maximize"], group["decoupled_weight_decay"]

        t = self.count_step(param)
        step_size = lr / (1 - beta1**t)
        root_correction = (1 - beta2**t) ** 0.5
        exp_avg, exp_avg_sq = self.running(param, "exp_avg"), self.running(param, "exp_avg_sq")
        largest = self.running(param, "max_exp_avg_sq") if amsgrad else exp_avg_sq

        arrays = param.array, grad, exp_avg, exp_avg_sq, largest
        for theta, g, m, v, v_max, spare, root, ratio in blocks(*arrays, scratch=3):
            if decoupled and weight_decay != 0:
                theta *= 1 - lr * weight_decay
            g = descent_gradient(theta, g, 0.0 if decoupled else weight_decay, maximize, out=spare)
            # m ← β₁ m + (1 − β₁) g
            lerp(m, g, 1 - beta1, ratio)
            # v ← β₂ v + (1 − β₂) g²
            v *= beta2
            v += np.multiply(np.multiply(g, 1 - beta2, out=ratio), g, out=ratio)
            if amsgrad:
                np.maximum(v_max, v, out=v_max)
            # √v̂ + ε
            np.sqrt(v_max, out=root)
            root /= root_correction
            root += eps
            # θ ← θ − γ m̂ / (√v̂ + ε)
            theta -= np.divide(np.multiply(m, step_size, out=ratio), root, out=ratio)
