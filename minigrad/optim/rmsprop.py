"""RMSprop: each parameter's step is measured in the size that its own gradients usually have.

Read next: `adadelta.py`.
"""

from typing import Any

import numpy as np

from ..tensor import Tensor
from .blocks import blocks, descent_gradient, lerp
from .optimizer import Group, Optimizer, Params, check_not_capturable, check_not_negative, check_one_element


class RMSprop(Optimizer):
    """θ ← θ − γ g / √(running mean of g²): steep and flat directions advance alike.

    Input: γ `lr`, α `alpha`, ε `eps`, λ `weight_decay`, μ `momentum`, `centered`, `maximize`; θ the parameter, ∇ its
    gradient. v, b and ḡ start at 0. For t = 1, 2, …:

        1. g ← ∇, or −∇ if maximize
        2. g ← g + λ θ
        3. v ← α v + (1 − α) g²                        `square_avg`
        4. ṽ ← v; if centered:
               ḡ ← α ḡ + (1 − α) g                     `grad_avg`
               ṽ ← v − ḡ²                              the variance of g instead of its square
        5. without momentum: θ ← θ − γ g / (√ṽ + ε)
           with momentum:    b ← μ b + g / (√ṽ + ε)    `momentum_buffer`
                             θ ← θ − γ b

    Departures from the sources: Hinton's slide has neither ε nor momentum; Graves adds ε inside the root, here as in
    torch it is added after. The last bit may differ from torch's, which rounds products and sums together.

    Args:
        params: tensors, (name, tensor) pairs or dicts, see `Optimizer`.
        foreach: choose among torch's implementations; stored, without effect. capturable: for CUDA
            graphs, so refused at the step. differentiable: must be false.

    Raises: ValueError for a negative number.
    Source: Hinton, Neural networks for machine learning, lecture 6e; centered: Graves, Generating sequences with
    recurrent neural networks (2013), equations 38–41;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html

    >>> import minigrad as torch
    >>> x = torch.tensor([1., 1.], requires_grad=True)
    >>> x.grad = torch.tensor([4., 400.])
    >>> RMSprop([x], lr=0.25, alpha=0.75).step()
    >>> x                  # v = g² / 4, so g / √v = 2 for both
    tensor([0.5000, 0.5000], requires_grad=True)
    """

    later_options = {
        "momentum": 0, "centered": False, "foreach": None, "maximize": False, "differentiable": False,
        "capturable": False,
    }  # fmt: skip
    counts_steps = True

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_one_element("lr", lr)
        check_not_negative(lr=lr, eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        defaults: dict[str, Any] = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def update(self, param: Tensor, grad: np.ndarray, group: Group) -> None:
        check_not_capturable(group)
        lr, alpha, eps = float(group["lr"]), float(group["alpha"]), float(group["eps"])
        weight_decay, momentum = float(group["weight_decay"]), float(group["momentum"])
        centered, maximize = group["centered"], group["maximize"]

        self.count_step(param)
        square_avg = self.running(param, "square_avg")
        velocity = self.running(param, "momentum_buffer") if momentum > 0 else square_avg  # not used without
        grad_avg = self.running(param, "grad_avg") if centered else square_avg

        arrays = param.array, grad, square_avg, velocity, grad_avg
        for theta, g, v, b, g_mean, spare, root, ratio in blocks(*arrays, scratch=3):
            g = descent_gradient(theta, g, weight_decay, maximize, out=spare)
            # v ← α v + (1 − α) g²
            v *= alpha
            v += np.multiply(np.multiply(g, 1 - alpha, out=ratio), g, out=ratio)
            # root = √ṽ + ε
            if centered:
                lerp(g_mean, g, 1 - alpha, ratio)
                np.sqrt(np.subtract(v, np.multiply(g_mean, g_mean, out=root), out=root), out=root)
            else:
                np.sqrt(v, out=root)
            root += eps
            if momentum > 0:
                b *= momentum
                b += np.divide(g, root, out=ratio)
                theta -= np.multiply(b, lr, out=ratio)
            else:
                theta -= np.divide(np.multiply(g, lr, out=ratio), root, out=ratio)
