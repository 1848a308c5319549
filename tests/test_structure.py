"""What holds the tree together: twins, floors, imports, torch's names, docstrings. DESIGN §2 and STYLE 1, 7 and 21."""

import ast
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import torch.nn.functional
import torch.utils.data

import minigrad

ROOT = Path(minigrad.__file__).parent.parent
FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "minigrad").rglob("*.py"))
TREES = {name: ast.parse((ROOT / name).read_text()) for name in FILES}
MODULES = sorted(info.name for info in pkgutil.walk_packages(minigrad.__path__, "minigrad."))

# -- Twins

TWINS = sorted(path.name for path in (ROOT / "torch_ref" / "models").glob("*.py"))


def without_imports(folder: str, other_folder: str, name: str) -> list[str]:
    """The file's lines but for the imports, and the one line of the docstring that names the other file."""
    lines = (ROOT / folder / name).read_text().splitlines()
    twins = [line for line in lines if f"{other_folder}/" in line]
    assert len(twins) == 1, f"{folder}/{name} should name its twin in {other_folder}/ in one line"
    assert twins[0] in (lines[0], lines[2]), f"{folder}/{name} should name its twin in its docstring"
    if name != "__init__.py":
        assert twins[0].startswith(f"`{other_folder}/{name}` is this file"), twins[0]
    return [line for line in lines if line not in twins and not line.startswith(("import ", "from "))]


def test_both_sides_have_the_same_models():
    assert [name for name in TWINS if name != "__init__.py"]
    assert sorted(path.name for path in (ROOT / "minigrad" / "models").glob("*.py")) == TWINS


@pytest.mark.parametrize("name", TWINS)
def test_twins_are_the_same_file_but_for_the_import_lines(name):
    ours = without_imports("minigrad/models", "torch_ref/models", name)
    assert ours == without_imports("torch_ref/models", "minigrad/models", name)


@pytest.mark.parametrize("name", [name for name in TWINS if name != "__init__.py"])
def test_twins_import_the_same_under_the_same_names(name):
    def imports(folder: str) -> list[str]:
        lines = (ROOT / folder / name).read_text().splitlines()
        return [line for line in lines if line.startswith(("import ", "from "))]

    ours = [line.replace("import minigrad as torch", "import torch") for line in imports("minigrad/models")]
    assert [line.replace("minigrad", "torch") for line in ours] == imports("torch_ref/models")


# -- Floors

FLOORS = {  # the first line that a file's path begins with
    "minigrad/autograd/": 0,
    "minigrad/dtypes.py": 1, "minigrad/printing.py": 1, "minigrad/generator/": 1, "minigrad/tensor.py": 1,
    "minigrad/devices.py": 1, "minigrad/dims.py": 1, "minigrad/memory.py": 1, "minigrad/recording.py": 1,
    "minigrad/foreign.py": 1, "minigrad/missing.py": 2,
    "minigrad/ops/": 2, "minigrad/random.py": 2,
    "minigrad/methods.py": 3,
    "minigrad/nn/functional/": 4, "minigrad/nn/init.py": 4, "minigrad/optim/": 4, "minigrad/utils/": 4,
    "minigrad/cuda.py": 4, "minigrad/accelerator.py": 4, "minigrad/backends/": 4,
    "minigrad/nn/": 5,
    "minigrad/models/": 6, "minigrad/serialization.py": 6,
    "minigrad/__init__.py": 7,  # the front door, above everything; the models alone enter through it
    "minigrad/standin/": 8, "minigrad/__main__.py": 9,  # whoever says `import torch` enters through these
}  # fmt: skip


def floor(name: str) -> int:
    """The floor that a file is on."""
    floors = [number for start, number in FLOORS.items() if name.startswith(start)]
    assert floors, f"{name} is on no floor: give it one in FLOORS, and in DESIGN §2"
    return floors[0]


def file_of(dotted: str) -> str | None:
    """minigrad.ops.shapes -> minigrad/ops/shapes.py; None for what is no file of ours."""
    for name in (dotted.replace(".", "/") + ".py", dotted.replace(".", "/") + "/__init__.py"):
        if name in TREES:
            return name
    return None


def absolute(name: str, node: ast.ImportFrom) -> str:
    """The dotted module that `from … import` names, dots in front resolved."""
    package = name.removesuffix(".py").split("/")[: -node.level] if node.level else []
    return ".".join([*package, *([node.module] if node.module else [])])


def imported_modules(name: str, tree: ast.AST) -> Iterator[str]:
    """The dotted names of all modules that the file imports, ours and others'."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = absolute(name, node)
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                yield inner if file_of(inner) else module


def imported_files(name: str) -> set[str]:
    """The files of minigrad that the file imports."""
    return {file for module in imported_modules(name, TREES[name]) if (file := file_of(module))}


@pytest.mark.parametrize("name", FILES)
def test_a_file_imports_only_from_its_own_floor_or_lower_ones(name):
    for other in imported_files(name):
        is_package = other.endswith("__init__.py") and other != "minigrad/__init__.py"
        twin = name.startswith("minigrad/models/")  # `import minigrad as torch`, as in a tutorial
        inside = is_package and name.startswith(other.removesuffix("__init__.py"))
        assert not inside, f"{name} imports its own package, {other}"
        higher = f"{name} (floor {floor(name)}) imports {other} (floor {floor(other)})"
        assert twin or floor(other) <= floor(name), higher


def test_no_file_is_imported_by_what_it_imports():
    lower = [name for name in FILES if not name.startswith("minigrad/models/")]
    try:
        TopologicalSorter({name: imported_files(name) for name in lower}).prepare()
    except CycleError as error:
        pytest.fail(f"a cycle of imports: {' <- '.join(error.args[1])}")


def test_nothing_below_the_models_enters_through_the_front_door():
    entering = {name for name in FILES if "minigrad/__init__.py" in imported_files(name)}
    assert {name for name in entering if not name.startswith("minigrad/models/")} == set()


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_imported_inside_a_function(name):
    for node in ast.walk(TREES[name]):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            hidden = [inner.lineno for inner in ast.walk(node) if isinstance(inner, (ast.Import, ast.ImportFrom))]
            assert not hidden, f"{name}:{hidden[0]} imports inside {getattr(node, 'name', 'a lambda')}"


@pytest.mark.parametrize("name", FILES)
def test_only_numpy_and_the_standard_library_are_imported(name):
    roots = {module.split(".")[0] for module in imported_modules(name, TREES[name])}
    assert roots <= {"numpy", "minigrad", *sys.stdlib_module_names}


def test_the_floor_checks_see_an_upward_import_and_a_hidden_one():
    source = "from ..nn import functional\nfrom .. import methods\nimport minigrad.nn.module\nfrom ..tensor import wrap"
    found = {file_of(module) for module in imported_modules("minigrad/ops/new.py", ast.parse(source))}
    assert found == {f"minigrad/{file}.py" for file in ("nn/functional/__init__", "methods", "nn/module", "tensor")}
    assert max(floor(file) for file in found if file) > floor("minigrad/ops/new.py")


# -- What a fresh interpreter loads


def fresh(code: str) -> str:
    """What this program prints in an interpreter of its own."""
    finished = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_minigrad_loads_numpy_and_nothing_else_that_is_installed():
    loaded = fresh(
        "import sys, numpy.random; before = {name.split('.')[0] for name in sys.modules}\n"
        "import minigrad, minigrad.models, minigrad.utils.data\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules} - before))"
    ).split()
    assert not {"torch", "torchvision"} & set(loaded)
    assert set(loaded) - set(sys.stdlib_module_names) == {"minigrad"}


@pytest.mark.parametrize("module", MODULES)
def test_every_module_can_be_imported_first(module):
    assert fresh(f"import {module}, sys; print('torch' in sys.modules)") == "False\n"


def test_importing_minigrad_does_not_wait_for_what_few_programs_need():
    loaded = fresh("import minigrad, sys; print(*sys.modules)").split()
    assert "numpy" in loaded
    assert {"numpy.random", "zipfile", "concurrent.futures", "argparse"}.isdisjoint(loaded)


# -- Names

NAMESPACES: dict[str, tuple[ModuleType, Any]] = {
    "": (minigrad, torch),
    "nn": (minigrad.nn, torch.nn),
    "nn.functional": (minigrad.nn.functional, torch.nn.functional),
    "nn.init": (minigrad.nn.init, torch.nn.init),
    "nn.utils": (minigrad.nn.utils, torch.nn.utils),
    "optim": (minigrad.optim, torch.optim),
    "optim.lr_scheduler": (minigrad.optim.lr_scheduler, torch.optim.lr_scheduler),
    "utils.data": (minigrad.utils.data, torch.utils.data),
    "autograd": (minigrad.autograd, torch.autograd),
    "cuda": (minigrad.cuda, torch.cuda),
    "accelerator": (minigrad.accelerator, torch.accelerator),
    "backends.cuda": (minigrad.backends.cuda, torch.backends.cuda),
    "backends.cudnn": (minigrad.backends.cudnn, torch.backends.cudnn),
    "backends.mps": (minigrad.backends.mps, torch.backends.mps),
}

# Ours alone: helpers that a reader meets in the file, which torch keeps in C++ or elsewhere.
OUR_NAMES = {
    "nn.init": {"fans"},
    "optim.lr_scheduler": {"note_step", "rates_of", "copied", "warn_of_lost_rate", "check_within_step"},
    "autograd": {"AccumulateGrad", "Node", "is_grad_enabled"},
}  # fmt: skip


def public_names(module: ModuleType) -> set[str]:
    """The functions and classes that the module offers: what it defines, or, in a package, what it gathers."""
    gathers = module.__file__ is not None and module.__file__.endswith("__init__.py")
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and (inspect.isroutine(value) or inspect.isclass(value))
        if value.__module__ == module.__name__ or (gathers and value.__module__.startswith("minigrad"))
    }


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_public_name_is_torchs_name(namespace):
    ours, theirs = NAMESPACES[namespace]
    missing = {name for name in public_names(ours) if not hasattr(theirs, name)}
    allowed = OUR_NAMES.get(namespace, set())
    assert missing == allowed, f"not in torch: {missing - allowed}; no longer needed: {allowed - missing}"


@pytest.mark.parametrize("namespace", ["", "nn", "optim"])
def test_what_is_a_class_in_torch_is_a_class_here_and_a_function_a_function(namespace):
    ours, theirs = NAMESPACES[namespace]
    for name in public_names(ours) - OUR_NAMES.get(namespace, set()):
        if hasattr(theirs, name):
            assert inspect.isclass(getattr(ours, name)) == inspect.isclass(getattr(theirs, name)), name


SAME_BY_ANOTHER_DEFAULT = {("random_split", "generator")}  # each library has its own default generator


def arguments(function: Any) -> dict[str, Any]:
    """The arguments and their defaults, without self and the starred ones; none where torch's C++ hides them."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return {}
    hidden = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {p.name: p.default for p in parameters if p.name != "self" and p.kind not in hidden}


@pytest.mark.parametrize("namespace", ["nn", "nn.functional", "nn.init", "optim", "utils.data"])
def test_arguments_have_torchs_names_order_and_defaults(namespace):
    ours, theirs = NAMESPACES[namespace]
    compared = 0
    for name in sorted(public_names(ours)):
        mine, torchs = arguments(getattr(ours, name)), arguments(getattr(theirs, name, None))
        if mine and torchs:
            compared += 1
            assert [argument for argument in torchs if argument in mine] == list(mine), f"{name}: torch has {torchs}"
            differing = {key: (mine[key], torchs[key]) for key in mine if mine[key] != torchs[key]}
            differing = {key: pair for key, pair in differing.items() if (name, key) not in SAME_BY_ANOTHER_DEFAULT}
            assert not differing, f"{name}: other defaults than torch's: {differing}"
    assert compared >= 5


# -- Docstrings


def undocumented(module: ModuleType) -> Iterator[str]:
    """The public functions and classes of a module without a docstring."""
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if (inspect.isfunction(value) or inspect.isclass(value)) and not (value.__doc__ or "").strip():
            yield f"{module.__name__}.{name}"


@pytest.mark.parametrize("name", ["minigrad", *MODULES])
def test_every_module_and_every_public_function_and_class_explains_itself(name):
    module = import_module(name)
    assert (module.__doc__ or "").strip(), f"{name} has no docstring"
    assert not list(undocumented(module))
