"""AdamW: Adam, with the weight decay taken out of the gradient. Read next: `lr_scheduler.py`."""

from typing import Any

from ..tensor import Tensor
from .adam import Adam
from .optimizer import Params


class AdamW(Adam):
    """θ ← (1 − γ λ) θ, then Adam's step: weights decay by the same share, whatever their gradients were.

    Input: γ `lr`, β₁ and β₂ `betas`, ε `eps`, λ `weight_decay`, `amsgrad`, `maximize`; θ the parameter, ∇ its gradient.
    For t = 1, 2, …:

        1. g ← ∇, or −∇ if maximize
        2. θ ← θ − γ λ θ
        3. to 7. as in `Adam`

    In Adam, λ θ is added to g and then divided by √v̂ with it, so weights with large gradients hardly decay. Here it is
    not part of g.

    Departures from the paper: its schedule multiplier ηₜ multiplies both the decay and the step, and α only the step;
    as in torch, one `lr` γ stands for both, so the decay of a step is γ λ.

    Args:
        params: tensors, (name, tensor) pairs or dicts, see `Optimizer`. The other arguments are `Adam`'s.

    Raises: ValueError for a negative number, and for betas outside [0, 1).
    Source: Loshchilov and Hutter, Decoupled weight decay regularization (2019), algorithm 2;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html

    >>> import minigrad as torch
    >>> x = torch.tensor([2., 2.], requires_grad=True)
    >>> x.grad = torch.tensor([0.01, -100.])
    >>> AdamW([x], lr=0.25, weight_decay=1.).step()
    >>> x                  # 2 · (1 − 0.25) = 1.5, then Adam's first step of ±0.25
    tensor([1.2500, 1.7500], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As `Optimizer.load_state_dict`; what Adam saved is loaded too, but from then on the decay is decoupled."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
