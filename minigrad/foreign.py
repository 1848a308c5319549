"""What is said of an operand that is no tensor of ours: an array, or a tensor of PyTorch's.

No operation asks what its operands are; each takes the `array` that a tensor has. What has none raises AttributeError
there, and at the doors by which a user comes in (`Module.__call__`, the operations of `torch` and `nn.functional`) that
becomes the TypeError that torch raises. So the question costs nothing where the answer is yes.

Read next: `recording.py`.
"""

import functools
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, NoReturn


def name_of_type(value: Any) -> str:
    """The value's type as torch's errors name it: with its module, but for Python's own and minigrad's.

    >>> import numpy
    >>> name_of_type(numpy.ones(2)), name_of_type("a")
    ('numpy.ndarray', 'str')
    """
    kind = type(value)
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" or module.startswith("minigrad.") else f"{module}.{kind.__name__}"


def way_out(value: Any) -> str:
    """How a tensor is made of the value, to stand behind an error; nothing where it cannot be.

    >>> import numpy
    >>> way_out(numpy.ones(2)), way_out("a")
    ('; make a tensor of it: minigrad.from_numpy(x)', '')
    """
    if is_foreign_tensor(value):
        return "; make a tensor of it: minigrad.from_numpy(x.numpy())"
    return "; make a tensor of it: minigrad.from_numpy(x)" if name_of_type(value) == "numpy.ndarray" else ""


def is_foreign_tensor(value: Any) -> bool:
    """Whether it is a tensor of another library, PyTorch's above all."""
    return hasattr(value, "numpy") and hasattr(value, "requires_grad") and not hasattr(value, "array")


def refuse_foreign(error: AttributeError) -> None:
    """Raises: TypeError in torch's words, if the error is that an operand has no `array`; any other is left alone."""
    *_, (code, _, module) = frames(error.__traceback__)
    if error.name == "array" and module.startswith("minigrad.") and code.co_name != "__getattr__":
        refuse(where_it_came_in(error), error.obj)


def refuse(where: str, value: Any) -> NoReturn:
    """Raises: TypeError. `where`: which function's argument it is, as torch begins its sentence."""
    raise TypeError(f"{where} must be Tensor, not {name_of_type(value)}{way_out(value)}") from None


def where_it_came_in(error: AttributeError) -> str:
    """The function on the way to the error that was given the operand first, and which of its arguments it is."""
    place = "the operand"
    for code, values, _ in frames(error.__traceback__):
        if code.co_name.startswith("_"):
            continue  # nobody has called that
        names = code.co_varnames[: code.co_argcount]
        is_method = names[:1] == ("self",)
        for position, name in enumerate(names[is_method:], start=1):
            if values.get(name) is error.obj:
                place = f"{code.co_qualname}(): argument '{name}' (position {position})"
                if not is_method:  # a method is a layer's or a user's, and what it calls will be a better name
                    return place
    return place


def frames(trace: TracebackType | None) -> Iterator[tuple[Any, dict[str, Any], str]]:
    """Code, variables and module of each function on the way to an error, the outermost first."""
    while trace is not None:
        frame = trace.tb_frame
        yield frame.f_code, frame.f_locals, frame.f_globals.get("__name__", "")
        trace = trace.tb_next


def at_the_door(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as users call it: what it cannot take is refused in torch's words."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except AttributeError as error:
            refuse_foreign(error)
            raise

    return called
