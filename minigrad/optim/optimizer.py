"""What every optimizer has in common: groups of parameters, a state for each parameter, and the loop over them.

An optimizer is its `update`: the rule that moves one parameter, given its gradient. This file holds the rest. The
parameters come in *groups*, each with its own options (`lr`, …), and what a rule remembers from step to step (a
momentum, a running average) is the parameter's *state*.

The rules work on NumPy arrays and in place: no operation is recorded, and no gradient is ever written to. Read next:
`blocks.py`.
"""

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

import numpy as np

from ..autograd import enable_grad
from ..autograd.hooks import RemovableHandle, add_hook
from ..dtypes import get_default_dtype
from ..tensor import Tensor, to_array, wrap
from .hooks import with_hooks

Params = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]
Group = dict[str, Any]


class Optimizer:
    """The base of all optimizers: a subclass says in `update` how one parameter moves.

    Args:
        params: the tensors to optimize; or (name, tensor) pairs, as `named_parameters()` gives; or dicts, one for each
            group: {"params": [...], "lr": 0.1}. What a group leaves out it takes from the defaults.
        defaults: the options and their values.

    Fields, which have torch's layout:
        param_groups: a list of dicts, each with the tensors under "params" and an entry for every option. Changing an
            option there (`optimizer.param_groups[0]["lr"] /= 10`) takes effect at the next step.
        state: for each parameter, a dict of what its rule remembers; empty until its first step.

    Left out: hooks on state dicts, and `differentiable=True`, which would record the updates themselves.

    Raises: TypeError, ValueError for what is not a list of leaf tensors; see `add_param_group`.
    Source: https://docs.pytorch.org/docs/stable/optim.html

    >>> import minigrad as torch
    >>> class SignDescent(Optimizer):
    ...     def update(self, param, grad, group):
    ...         param.array -= group["lr"] * np.sign(grad)
    >>> x = torch.tensor([3., -4.], requires_grad=True)
    >>> optimizer = SignDescent([x], {"lr": 0.5})
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([ 2.5000, -3.5000], requires_grad=True)
    """

    later_options: dict[str, Any] = {}  # those that states of old lack, and what they then are
    counts_steps = False  # whether the state of a parameter has a "step", which a loaded one must bring along
    _opt_called = False  # whether a step has been taken since the first learning rate scheduler was made

    def __init_subclass__(cls) -> None:
        if cls.step is not Optimizer.step:  # it has a step of its own
            cls.step = with_hooks(cls.step)  # type: ignore[method-assign]

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        check_fused(defaults)
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{type_name(params)}; put it into a list"
            )
        if isinstance(params, set):
            warnings.warn(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in "
                "sets will change between runs. Please use a list instead. This will be an error in a future release.",
                FutureWarning,
                stacklevel=2,
            )
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError(
                "optimizer got an empty parameter list; was the iterator already used up, or do the layers stand in a "
                "plain list, where the module does not find them? (nn.ModuleList is one where it does)"
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]

        self.defaults = defaults
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._optimizer_step_pre_hooks: dict[int, Callable[..., Any]] = {}
        self._optimizer_step_post_hooks: dict[int, Callable[..., Any]] = {}
        # First as copies: the caller's dicts are filled in only when all of them are good.
        for group in groups:
            self.add_param_group(dict(group) if isinstance(group, dict) else group)
        for group, filled in zip(groups, self.param_groups, strict=True):
            group.update(filled)
        self.param_groups = groups

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for number, group in enumerate(self.param_groups):
            text += f"\nParameter Group {number}\n"
            text += "".join([f"    {name}: {group[name]}\n" for name in sorted(group) if name != "params"])
        return text + ")"

    @with_hooks
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Moves every parameter that has a gradient. Returns: the loss, if there is a closure to compute it.

        Args:
            closure: computes the loss anew and its gradients (zero_grad, forward, backward) before the update.
        """
        if type(self).update is Optimizer.update:
            raise NotImplementedError(f"{type(self).__name__} must say in update() how a parameter moves")
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with np.errstate(all="ignore"):  # as in torch: inf and nan are results, not warnings
            for group in self.param_groups:
                for param in group["params"]:
                    if param.grad is not None:
                        self.update(param, param.grad.array, group)
                        param.version.count += 1
        return loss

    def update(self, param: Tensor, grad: np.ndarray, group: Group) -> None:
        """Moves one parameter in place, by the options of its group. The gradient must not be written to."""
        raise NotImplementedError

    def running(self, param: Tensor, name: str, start: float = 0.0) -> np.ndarray:
        """The array of this name in the parameter's state, of the parameter's shape; at first, `start` everywhere."""
        state = self.state[param]
        if state.get(name) is None:
            state[name] = wrap(np.full_like(param.array, start))
        return state[name].array

    def steps_of(self, param: Tensor) -> np.ndarray:
        """How many steps the parameter has taken: a 0-d array in its state, to be counted up."""
        state = self.state[param]
        if "step" not in state:
            state["step"] = wrap(np.zeros((), get_default_dtype().numpy))
        return state["step"].array

    def count_step(self, param: Tensor) -> float:
        """t ← t + 1: how many steps this parameter has taken, this one included."""
        t = self.steps_of(param)
        t += 1
        return float(t)

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls hook(optimizer, args, kwargs) before each step, with the arguments of `step`, the optimizer among args.

        A pair that it returns replaces them. Raises: RuntimeError, at the step, for what is neither a pair nor None.
        """
        return add_hook(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls hook(optimizer, args, kwargs) after each step; what it returns is not used."""
        return add_hook(self._optimizer_step_post_hooks, hook)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients, because backward adds to what it finds.

        Args:
            set_to_none: if false, fills them with zeros instead. That is not the same to the optimizer: a parameter
                without a gradient is skipped, one with a zero gradient still feels its momentum and weight decay.
        """
        for group in self.param_groups:
            for param in group["params"]:
                if param.grad is None:
                    continue
                if set_to_none:
                    param.grad = None
                    continue
                if param.grad.requires_grad:  # it came from a backward with create_graph
                    param.grad = param.grad.detach()
                param.grad.array[...] = 0
                param.grad.version.count += 1

    def add_param_group(self, param_group: Group) -> None:
        """Adds parameters, with their own options: {"params": [...], "lr": 0.1}. The dict itself is filled in and kept.

        Raises: TypeError for what is not a dict of tensors; ValueError for a tensor that was computed from others, that
        is already in a group, or when some parameters have names and some have none. Then nothing has changed.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        filled = param_group | split_names(param_group["params"])
        params = filled["params"]
        for param in params:
            if not isinstance(param, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type_name(param)}")
            if not (param.is_leaf or getattr(param, "retains_grad", False)):
                raise ValueError("can't optimize a non-leaf Tensor: optimize the tensors that it was computed from")
        for name, default in self.defaults.items():
            filled.setdefault(name, default)
        check_not_differentiable(filled)

        if len(params) != len(set(params)):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        for group in self.param_groups:
            if ("param_names" in filled) != ("param_names" in group):
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param group "
                    f"{'with' if 'param_names' in filled else 'without'} names to the optimizer"
                )
        if not set(params).isdisjoint(chain.from_iterable(group["params"] for group in self.param_groups)):
            raise ValueError("some parameters appear in more than one parameter group")
        param_group.update(filled)
        self.param_groups.append(param_group)

    def state_dict(self) -> dict[str, Any]:
        """The options and the state, with a number in place of each parameter: 0, 1, … in the order of the groups.

        The tensors in it are the optimizer's own, as in torch: later steps change them.
        """
        ids: dict[Tensor, int] = {}
        for param in chain.from_iterable(group["params"] for group in self.param_groups):
            ids.setdefault(param, len(ids))
        groups = [
            {name: value for name, value in group.items() if name != "params"}
            | {"params": [ids[param] for param in group["params"]]}
            for group in self.param_groups
        ]
        state = {ids[key] if isinstance(key, Tensor) else key: values for key, values in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes the options and the state from a `state_dict()`, this optimizer's or another's like it.

        The options are copied. A tensor of the state is kept and written to, as in torch: while the other optimizer
        lives, both count in it. One of another dtype is cast to the parameter's, and other arrays, such as `np.load`
        returns or torch's own optimizer has, are copied. An option that the groups lack stays missing, and the next
        step raises KeyError, unless it is one of the `later_options`.

        Raises: ValueError when the groups are not of the same sizes as here; KeyError when a parameter's state counts
        no steps and must. Then nothing has changed.
        """
        saved_groups = adopted(state_dict["param_groups"])
        if len(saved_groups) != len(self.param_groups):
            raise ValueError(
                "loaded state dict has a different number of parameter groups: "
                f"expected {len(self.param_groups)}, but got {len(saved_groups)}"
            )
        for group, saved in zip(self.param_groups, saved_groups, strict=True):
            if len(group["params"]) != len(saved["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of optimizer's group: "
                    f"expected {len(group['params'])} parameters, but got {len(saved['params'])}"
                )
            for name, value in self.later_options.items():
                saved.setdefault(name, value)
            check_not_differentiable(saved)

        owners: dict[Any, Tensor] = {}
        for group, saved in zip(self.param_groups, saved_groups, strict=True):
            owners.update(zip(saved["params"], group["params"], strict=True))
            saved["params"] = group["params"]
            if "param_names" in group:
                saved.setdefault("param_names", group["param_names"])
        state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        for key, values in state_dict["state"].items():
            if key in owners:
                if self.counts_steps and values and "step" not in values:
                    raise KeyError("step")
                values = {name: loaded_value(name, value, owners[key]) for name, value in values.items()}
            state[owners.get(key, key)] = values
        self.state, self.param_groups = state, saved_groups


def check_number(name: str, value: Any, valid: bool) -> None:
    """Raises: ValueError for an option out of its range, in torch's words."""
    if not valid:
        raise ValueError(f"Invalid {name}: {value}")


def check_not_negative(**options: Any) -> None:
    """Raises: ValueError for the first option that is negative, or not a number."""
    words = {"lr": "learning rate", "eps": "epsilon value"}
    for name, value in options.items():
        check_number(words.get(name, f"{name} value"), value, 0.0 <= value)


def check_one_element(name: str, value: Any, capturable: bool = True, foreach: bool | None = None) -> None:
    """Raises: ValueError for an option that is a tensor, where it may not be one or has not one element."""
    if isinstance(value, Tensor):
        if foreach and not capturable:
            raise ValueError(f"{name} as a Tensor is not supported for capturable=False and foreach=True")
        if value.numel() != 1:
            raise ValueError(f"Tensor {name} must be 1-element")


def check_fused(options: dict[str, Any]) -> None:
    """Raises: RuntimeError for two ways to be fast at once. (Here neither changes anything.)"""
    if options.get("fused") and options.get("foreach"):
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def check_not_capturable(group: Group) -> None:
    """Raises: AssertionError when the steps should be part of a CUDA graph, because everything is on the CPU."""
    if group["capturable"]:
        raise AssertionError(
            "If capturable=True, params and state_steps must be on supported devices: ['cuda', 'xpu', 'hpu', "
            "'privateuseone', 'xla']."
        )


def check_not_differentiable(group: Group) -> None:
    """Raises: NotImplementedError when the updates themselves should be recorded."""
    if group.get("differentiable"):
        raise NotImplementedError(
            "differentiable=True is not supported: minigrad's optimizers update arrays in place and record nothing; "
            "write the update with tensor operations to differentiate through it"
        )


def split_names(params: Any) -> dict[str, Any]:
    """The "params" of a group as a list of tensors, and the "param_names", if they came with names."""
    if isinstance(params, Tensor):
        return {"params": [params]}
    if isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
            "will change between runs. Please use a list instead."
        )
    params = list(params)
    names = [item[0] for item in params if isinstance(item, tuple)]
    if not names:
        return {"params": params}
    if len(names) != len(params):
        raise ValueError("all optimizer params should be with/without names. Some param names are missing")
    return {"params": [item[1] for item in params], "param_names": names}


def loaded_value(name: str, value: Any, param: Tensor) -> Any:
    """One value of a saved state: an array is a tensor of the parameter's dtype, but for the step."""
    if name == "step" and isinstance(value, (int, float)):
        return wrap(np.array(value, get_default_dtype().numpy))
    if isinstance(value, dict):
        return {key: loaded_value(key, item, param) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(loaded_value("", item, param) for item in value)
    if not hasattr(value, "__array__"):
        return value
    tensor = value if isinstance(value, Tensor) else wrap(np.array(to_array(value)))
    return tensor.to(param.dtype) if name != "step" and param.is_floating_point() else tensor


def adopted(value: Any) -> Any:
    """A copy of saved options, in which the tensors of torch's have become tensors of ours."""
    if isinstance(value, dict):
        return {key: adopted(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(adopted(item) for item in value)
    if hasattr(value, "__array__") and not isinstance(value, (Tensor, np.ndarray, np.generic)):
        return wrap(to_array(value).copy())
    return deepcopy(value)


def type_name(value: Any) -> str:
    """What torch calls the type of a value: torch.FloatTensor, int, numpy.ndarray."""
    if isinstance(value, Tensor):
        return value.type()
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
