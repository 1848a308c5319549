"""Schedules: how the learning rate changes from epoch to epoch, large at first to get near, small later to settle.

    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=30)
    for epoch in range(90):
        train()             # many optimizer.step()
        scheduler.step()    # the next epoch's rate, written to every group of the optimizer

A schedule is its `get_lr`: the rates γₜ of epoch t, one for each group of parameters; γ₀ is the rate that a group began
with. Most rules have two forms. The closed one says what γₜ is, given γ₀; the chained one, which `step` uses, makes γₜ
from the rate that is in the group now. They agree but for rounding, until somebody else changes the rate: another
scheduler or `group["lr"] = …`. Then the chained form goes on from there, and so schedules can be combined. The last
file about optimizers; read next: `nn/`.
"""

import math
import warnings
from collections.abc import Callable
from copy import deepcopy
from types import FunctionType
from typing import Any

from ..tensor import Tensor
from .optimizer import Group, Optimizer, adopted

Rate = float | Tensor  # a group's "lr" that is a tensor stays the same tensor: it is filled anew

HOW_TO = "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"


class LRScheduler:
    """The base of all schedules: a subclass says in `get_lr` what the rates of epoch `last_epoch` are.

    Args:
        optimizer: whose rates to set; each of its groups gets the entry "initial_lr", γ₀.
        last_epoch: the epoch t to go on from, for groups that have an "initial_lr"; −1 begins anew.

    Fields, which have torch's names: `optimizer`; `base_lrs`, γ₀ of each group; `last_epoch`, t, counted from 0.

    Left out: torch's other schedules.

    Raises: TypeError for what is no optimizer; KeyError when an epoch is to be resumed and a group lacks "initial_lr".
    Source: https://docs.pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate

    >>> import minigrad as torch
    >>> class Halving(LRScheduler):
    ...     def get_lr(self):
    ...         return [rate / 2**self.last_epoch for rate in self.base_lrs]
    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=0.5)
    >>> scheduler = Halving(optimizer)
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr(), optimizer.param_groups[0]["lr"]
    ([0.25], 0.25)
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{number}] when resuming scheduler with "
                    "last_epoch >= 0. Load the optimizer's state first, or begin anew with last_epoch=-1"
                )
        self.base_lrs: list[Rate] = rates_of(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        if note_step not in optimizer._optimizer_step_pre_hooks.values():
            optimizer.register_step_pre_hook(note_step)

        self._step_count = 0
        self._is_initial = True
        self.step()  # to epoch last_epoch + 1, whose rates are those in the groups
        self._is_initial = False

    def get_lr(self) -> list[Rate]:
        """The rates of epoch `last_epoch`. For `step` alone: `get_last_lr` says what they are now."""
        raise NotImplementedError(f"{type(self).__name__} must say in get_lr() what the learning rates are")

    def get_last_lr(self) -> list[Rate]:
        """The rates that this scheduler has set last, one for each group."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """t ← t + 1, and every group gets its rate γₜ. Call it once an epoch, after the epoch's `optimizer.step()`.

        Args:
            epoch: t, instead of t + 1, and by the closed form. Deprecated, as in torch.
        """
        if self._step_count == 1:
            warn_of_lost_rate(self.optimizer)
        self._step_count += 1
        if epoch is not None:
            warnings.warn(
                "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. "
                "Please use `scheduler.step()`, which goes one epoch on.",
                UserWarning,
                stacklevel=2,
            )
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        form = self.get_lr if epoch is None else getattr(self, "_get_closed_form_lr", self.get_lr)
        self._get_lr_called_within_step = True
        try:
            rates = form()
        finally:
            self._get_lr_called_within_step = False
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(float(rate))
            else:
                group["lr"] = rate
        self._last_lr = rates_of(self.optimizer)

    def state_dict(self) -> dict[str, Any]:
        """All fields but the optimizer: save its own state_dict() too."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes a copy of the fields that were saved, here or by torch. The optimizer is not touched."""
        vars(self).update(adopted(state_dict))


def note_step(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
    """The hook by which a scheduler knows that the optimizer has taken a step."""
    optimizer._opt_called = True


def rates_of(optimizer: Optimizer, name: str = "lr") -> list[Rate]:
    """This entry of every group; tensors are copied, so that nobody else writes to them."""
    return [copied(group[name]) for group in optimizer.param_groups]


def copied(rate: Rate) -> Rate:
    """The rate; a tensor without its history and in memory of its own."""
    return rate.detach().clone() if isinstance(rate, Tensor) else rate


def warn_of_lost_rate(optimizer: Optimizer) -> None:
    """Warns when the optimizer has taken no step yet: the first epoch's rate would never be used."""
    if "step" in vars(optimizer):  # then nobody knows
        message = (
            "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. "
            "Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`. "
            f"See more details at {HOW_TO}"
        )
    elif not optimizer._opt_called:
        message = (
            "Detected call of `lr_scheduler.step()` before `optimizer.step()`. Call them in the opposite order: "
            "`optimizer.step()` before `lr_scheduler.step()`. Otherwise the first value of the learning rate "
            f"schedule is skipped. See more details at {HOW_TO}"
        )
    else:
        return
    warnings.warn(message, UserWarning, stacklevel=3)


def check_within_step(scheduler: LRScheduler) -> None:
    """Warns when it was the user who called get_lr."""
    if not scheduler._get_lr_called_within_step:
        warnings.warn(
            "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
            UserWarning,
            stacklevel=3,
        )


class StepLR(LRScheduler):
    """γₜ = γ₀ · gᵏ, k = ⌊t / step_size⌋: every `step_size` epochs the rate is multiplied by g, `gamma`.

    Args: optimizer, last_epoch: see `LRScheduler`; step_size: in epochs.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html

    >>> import minigrad as torch
    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> scheduler = StepLR(optimizer, step_size=2, gamma=0.5)
    >>> for epoch in range(5):
    ...     print(scheduler.get_last_lr())
    ...     optimizer.step()
    ...     scheduler.step()
    [1.0]
    [1.0]
    [0.5]
    [0.5]
    [0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        check_within_step(self)
        if self.last_epoch == 0 or self.last_epoch % self.step_size != 0:
            return rates_of(self.optimizer)
        return [rate * self.gamma for rate in rates_of(self.optimizer)]

    def _get_closed_form_lr(self) -> list[Rate]:
        return [rate * self.gamma ** (self.last_epoch // self.step_size) for rate in self.base_lrs]


class ExponentialLR(LRScheduler):
    """γₜ = γ₀ · gᵗ: after every epoch the rate is multiplied by g, `gamma`.

    Args: optimizer, last_epoch: see `LRScheduler`.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html

    >>> import minigrad as torch
    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> scheduler = ExponentialLR(optimizer, gamma=0.5)
    >>> for epoch in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.125]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        check_within_step(self)
        if self._is_initial:
            return rates_of(self.optimizer)
        return [rate * self.gamma for rate in rates_of(self.optimizer)]

    def _get_closed_form_lr(self) -> list[Rate]:
        return [rate * self.gamma**self.last_epoch for rate in self.base_lrs]


class CosineAnnealingLR(LRScheduler):
    """γₜ = η + ½ (γ₀ − η)(1 + cos(π t / T)): down half a wave in T epochs, `T_max`, from γ₀ to η, `eta_min`.

    The chained form divides by the last epoch's factor and multiplies by this one's:

        γₜ = η + (γₜ₋₁ − η)(1 + cos(π t / T)) / (1 + cos(π (t − 1) / T))

    At t = T + 1, and whenever the wave has been at its bottom the epoch before, that would be 0 / 0. There the first
    step up is the last one down, γₜ = γₜ₋₁ + ½ (γ₀ − η)(1 − cos(π / T)).

    Departures from the paper: no restarts. After T epochs the rate goes up the wave again.

    Args: optimizer, last_epoch: see `LRScheduler`; T_max: in epochs.
    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts (2017), equation 5;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html

    >>> import minigrad as torch
    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=1.0)
    >>> scheduler = CosineAnnealingLR(optimizer, T_max=4)
    >>> for epoch in range(5):
    ...     print(f"{scheduler.get_last_lr()[0]:.3f}")
    ...     optimizer.step()
    ...     scheduler.step()
    1.000
    0.854
    0.500
    0.146
    0.000
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        check_within_step(self)
        t, T, eta = self.last_epoch, self.T_max, self.eta_min
        if self._is_initial:
            return rates_of(self.optimizer)
        if self._step_count == 1 and t > 0:  # the user asks, just after resuming
            return self._get_closed_form_lr()
        if (t - 1 - T) % (2 * T) == 0:
            up = 1 - math.cos(math.pi / T)
            return [
                rate + (base - eta) * up / 2 for base, rate in zip(self.base_lrs, rates_of(self.optimizer), strict=True)
            ]
        factor = (1 + math.cos(math.pi * t / T)) / (1 + math.cos(math.pi * (t - 1) / T))
        return [factor * (rate - eta) + eta for rate in rates_of(self.optimizer)]

    def _get_closed_form_lr(self) -> list[Rate]:
        height = 1 + math.cos(math.pi * self.last_epoch / self.T_max)
        return [self.eta_min + (base - self.eta_min) * height / 2 for base in self.base_lrs]


class LambdaLR(LRScheduler):
    """γₜ = γ₀ · f(t), with a function f of the user's, `lr_lambda`. There is no chained form.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        lr_lambda: one function for all groups, or a list of functions, one for each.

    Raises: ValueError when there are not as many functions as groups.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html

    >>> import minigrad as torch
    >>> optimizer = torch.optim.SGD([torch.ones(1)], lr=0.5)
    >>> scheduler = LambdaLR(optimizer, lambda t: 1 / (1 + t))
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        groups: list[Group] = optimizer.param_groups
        functions = list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * len(groups)
        if len(functions) != len(groups):
            raise ValueError(f"Expected {len(groups)} lr_lambdas, but got {len(functions)}")
        self.lr_lambdas: list[Callable[[int], float]] = functions
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        check_within_step(self)
        return [base * f(self.last_epoch) for f, base in zip(self.lr_lambdas, self.base_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """All fields but the optimizer and the functions; of an object that can be called like one, its fields."""
        saved = super().state_dict()
        del saved["lr_lambdas"]  # to come last, as in torch
        saved["lr_lambdas"] = [None if isinstance(f, FunctionType) else f.__dict__.copy() for f in self.lr_lambdas]
        return saved

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As `LRScheduler.load_state_dict`; the functions stay, and objects among them get their saved fields."""
        saved = dict(state_dict)
        for f, fields in zip(self.lr_lambdas, saved.pop("lr_lambdas"), strict=True):
            if fields is not None:
                f.__dict__.update(deepcopy(fields))
        super().load_state_dict(saved)
