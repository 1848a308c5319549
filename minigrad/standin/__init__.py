"""Standing in for torch: in this process `import torch` gives minigrad.

A script that was written for torch says `import torch.nn as nn`. `install` puts a finder in front of Python's own; it
answers for `torch`, for those of its modules that minigrad has, and for the little of torchvision that tutorials use.
Each is a `StandIn`, a thin module that passes on what minigrad has under that name. What it has not fails where it is
used, by its name. One thing is replaced, and says so on stderr: MNIST, where its files are not there, becomes the
embedded digits.

Read next: `names.py`, what there is; `minigrad/__main__.py`, the command.
"""

import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from ..missing import OUTSIDE
from ..tensor import Tensor
from .names import MODULES, load_module, public_names

ROOTS = ("torch", "torchvision", "torchaudio", "torchtext")


class StandIn(ModuleType):
    """A module of torch's, as far as minigrad has it."""

    target: ModuleType  # minigrad's module

    def __getattr__(self, name: str) -> Any:  # called for what is not in the module itself: everything
        if name in public_names(self.__name__):
            return getattr(self.target, name)
        if name in MODULES.get(self.__name__, ()):
            return import_module(f"{self.__name__}.{name}")
        if name.startswith("__"):
            raise AttributeError(name)
        near = get_close_matches(name, public_names(self.__name__), n=1, cutoff=0.8)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise AttributeError(f"{self.__name__}.{name}: {OUTSIDE}{hint}")

    def __dir__(self) -> list[str]:
        return sorted({*MODULES.get(self.__name__, ()), *public_names(self.__name__)})


class StandInFinder(MetaPathFinder, Loader):
    """Finds `torch` and `torchvision` and what is inside, before Python looks for packages of that name."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in ROOTS:
            return None
        if fullname not in MODULES:
            raise ModuleNotFoundError(f"{fullname}: {OUTSIDE}", name=fullname)
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> StandIn:
        target = load_module(spec.name)
        module = StandIn(spec.name, target.__doc__)
        module.target = target
        return module

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run: minigrad's module is loaded."""


def install() -> None:
    """From now on `torch` is minigrad in this process. Raises: RuntimeError where the real one is loaded already."""
    loaded = [name for name in sys.modules if name.partition(".")[0] in ("torch", "torchvision")]
    if any(not isinstance(sys.modules[name], StandIn) for name in loaded):
        raise RuntimeError("the real torch is loaded in this process already; minigrad cannot take its place")
    if loaded or any(isinstance(finder, StandInFinder) for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, StandInFinder())
    for name in MODULES:
        take_torchs_names(name)


SHORT = {"Tensor": "torch", "Size": "torch", "dtype": "torch", "device": "torch", "Generator": "torch",
         "Parameter": "torch.nn.parameter"}  # fmt: skip


def take_torchs_names(of: str) -> None:
    """Lets a module's classes say that they are torch's, so that `print(type(x))` reads as it does there."""
    for name in public_names(of):
        value = getattr(load_module(of), name)
        if isinstance(value, type) and value.__module__.startswith("minigrad."):
            path = value.__module__.removeprefix("minigrad.").removeprefix("standin.")
            if path.startswith("nn.") and of == "torch.nn":
                path = path.replace("nn.", "nn.modules.", 1)
            root = "" if path.startswith("torchvision") else "torch."
            value.__module__ = SHORT.get(name, f"{root}{path}")


def explain(error: BaseException) -> None:
    """Adds to an error of `from torch… import name`, whose text is Python's, what it means here."""
    name = getattr(error, "name", None) or ""
    if isinstance(error, ImportError) and name.partition(".")[0] in ROOTS and OUTSIDE not in str(error):
        error.add_note(f"({OUTSIDE})")


def covered(theirs: dict[str, Sequence[str]]) -> Iterator[tuple[str, list[str], int]]:
    """For each module: its name, what minigrad has of it, and how many public names torch's has (0 if unknown)."""
    found = {name: public_names(name) for name in MODULES}
    found["torch.Tensor"] = frozenset(name for name in dir(Tensor) if not name.startswith("_"))
    for name in sorted(found):
        mine, known = sorted(found[name]), theirs.get(name)
        if known:
            mine = [n for n in mine if n in known]
        yield name, mine, len(known) if known else 0


def has_real_torch() -> bool:
    """Whether torch itself is installed beside minigrad."""
    return find_spec("torch") is not None
