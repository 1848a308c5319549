"""Standing in: `python -m minigrad SCRIPT` runs what says `import torch`; what it lacks fails by its name."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given
from hypothesis import strategies as st
from parity import assert_close

import minigrad
from minigrad import standin
from minigrad.__main__ import listing
from minigrad.missing import OUTSIDE
from minigrad.standin.names import MODULES, load_module, public_names
from minigrad.standin.torchvision import datasets, transforms, utils


def run(tmp_path: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a program as a user does, from a folder of its own."""
    script = tmp_path / "script.py"
    script.write_text(program)
    command = [sys.executable, "-m", "minigrad", str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def said(tmp_path: Path, program: str) -> str:
    """What a program prints that must not fail."""
    done = run(tmp_path, program)
    assert done.returncode == 0, done.stderr
    return done.stdout


# -- The process


def test_the_script_is_main_and_has_its_own_arguments_and_folder(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("import torch\nvalue = torch.ones(2)")
    program = "import sys, beside\nprint(__name__, sys.argv[1:], beside.value, __file__ == sys.argv[0])"
    done = run(tmp_path, program, "--lr", "0.1", "--list")
    assert done.stdout == "__main__ ['--lr', '0.1', '--list'] tensor([1., 1.]) True\n"


def test_no_module_of_the_real_torch_is_loaded(tmp_path: Path) -> None:
    program = "import sys, torch, torch.nn.functional, torchvision.transforms\nprint(torch.__version__, *sys.modules)"
    version, *loaded = said(tmp_path, program).split()
    assert version == minigrad.__version__
    mine = {name for name in loaded if name.partition(".")[0] in ("torch", "torchvision")}
    assert mine <= set(MODULES) and "torch.nn.functional" in mine


def test_a_traceback_begins_in_the_script(tmp_path: Path) -> None:
    failed = run(tmp_path, "import torch\n\ndef loss(x):\n    return x.view(7)\n\nloss(torch.ones(2))")
    first, second, *_ = failed.stderr.splitlines()
    assert first == "Traceback (most recent call last):" and "script.py" in second and "line 6" in second
    assert "runpy" not in failed.stderr and failed.returncode == 1


def test_an_error_in_a_property_of_the_users_is_that_error(tmp_path: Path) -> None:
    program = "import torch\nclass A(torch.Tensor):\n    @property\n    def bad(self): return {}.nope\nA([1.]).bad"
    assert "'dict' object has no attribute 'nope'" in run(tmp_path, program).stderr


def test_a_module_can_be_pickled(tmp_path: Path) -> None:
    program = """
import pickle, torch
net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
again = pickle.loads(pickle.dumps(net))
print(again, torch.equal(again[0].weight, net[0].weight), torch.nn.modules.linear.Linear is torch.nn.Linear)
"""
    assert said(tmp_path, program).endswith(") True True\n")


def test_a_reader_of_the_list_may_stop_reading() -> None:
    command = f"{sys.executable} -m minigrad --list | head -2"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == "" and len(done.stdout.splitlines()) == 2


def test_the_exit_code_is_the_scripts(tmp_path: Path) -> None:
    assert run(tmp_path, "import sys; sys.exit(7)").returncode == 7
    failed = run(tmp_path, "import torch\ntorch.ones(2) + torch.ones(3)")
    assert failed.returncode == 1
    assert "RuntimeError: The size of tensor a (2) must match the size of tensor b (3)" in failed.stderr


def test_a_script_that_is_not_there_is_exit_code_2() -> None:
    for arguments in ([], ["nowhere.py"]):
        command = [sys.executable, "-m", "minigrad", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 2 and "python -m minigrad" in done.stderr and "Traceback" not in done.stderr


def test_beside_the_real_torch_it_refuses() -> None:
    with pytest.raises(RuntimeError, match="the real torch is loaded in this process already"):
        standin.install()


# -- What there is, and what is not

LACKING = {
    "torch.einsum": "torch.einsum", "torch.nn.LSTM": "torch.nn.LSTM", "torch.ones(2).cumsum(0)": "cumsum",
    "import torch.fft": "torch.fft", "from torch.optim import LBFGS": "LBFGS", "torch.memory": "torch.memory",
    "import torchvision.models": "torchvision.models", "torch.nn.functional.gelu": "torch.nn.functional.gelu",
    "from torchvision import models": "models", "torch.methods": "torch.methods",
    "torch.nn.Parameter(torch.ones(1)).cumsum": "cumsum",
}  # fmt: skip


@pytest.mark.parametrize("line", LACKING)
def test_what_is_lacking_fails_at_its_use_by_its_name(tmp_path: Path, line: str) -> None:
    done = run(tmp_path, f"import torch, torch.nn.functional\nprint('before')\n{line}")
    assert done.returncode == 1 and done.stdout == "before\n"
    assert LACKING[line] in done.stderr and OUTSIDE in done.stderr


@pytest.mark.parametrize("line", ["lenght = 3; length", "torch.ones(3).reshpe(1)", "torch.nn.Linear(1, 1).wieght"])
def test_python_says_what_a_misspelt_name_may_mean_as_it_does_elsewhere(tmp_path: Path, line: str) -> None:
    done = run(tmp_path, f"import torch\n{line}")
    assert done.returncode == 1 and "Did you mean: " in done.stderr and "__main__" not in done.stderr


def test_what_is_lacking_can_be_asked_for(tmp_path: Path) -> None:
    program = "import torch\nprint(hasattr(torch, 'einsum'), hasattr(torch.ones(1), 'cumsum'), hasattr(torch, 'ones'))"
    assert said(tmp_path, program) == "False False True\n"


@pytest.mark.parametrize("name", [name for name in MODULES if name.partition(".")[0] == "torch"])
def test_every_name_of_a_stand_in_is_torchs(name: str) -> None:
    theirs = import_module(name)
    assert {mine for mine in public_names(name) if not hasattr(theirs, mine)} == set()
    assert all(hasattr(load_module(name), mine) for mine in public_names(name))
    assert all(f"{name}.{inner}" in MODULES for inner in MODULES[name])


@pytest.mark.parametrize("name", [name for name in MODULES if name.partition(".")[0] == "torchvision"])
def test_every_name_of_torchvisions_is_its(name: str) -> None:
    assert all(hasattr(import_module(name), mine) for mine in public_names(name))


TYPES = """
import torch, torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
p = nn.Parameter(torch.ones(1))
things = [torch.ones(1), p, nn.Linear(1, 1), nn.ReLU(), nn.Sequential(), torch.Size([1]), torch.float32, p.grad_fn,
          torch.device('cpu'), torch.optim.SGD([p]), torch.Generator(), TensorDataset(p), DataLoader([1])]
print(*map(type, things), p.shape, p.dtype, torch.float32, sep='\\n')
"""


def test_classes_are_printed_under_torchs_names(tmp_path: Path) -> None:
    theirs = subprocess.run([sys.executable, "-c", TYPES], capture_output=True, text=True, check=True).stdout
    assert said(tmp_path, TYPES) == theirs.replace("torch._C.Generator", "torch.Generator")


def test_the_list_has_modules_names_and_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    text = listing()
    lines = text.splitlines()
    heads = [line for line in lines if line.startswith("torch.nn.functional: ")]
    assert len(heads) == 1 and "%" in heads[0] and "of" in heads[0]
    assert any("adaptive_avg_pool2d" in line for line in lines) and max(map(len, lines)) <= 100
    monkeypatch.setattr(standin, "has_real_torch", lambda: False)
    assert "%" not in listing() and "share" in listing()
    for columns in (60, 80):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert columns - 20 < max(map(len, listing().splitlines())) <= columns


PICTURE = """
import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt, numpy as np, torch
drawn = plt.imshow(torch.arange(16.).view(1, 4, 4).squeeze(), cmap='gray')
plt.plot(torch.arange(3), torch.ones(3))
print(np.asarray(drawn.get_array()).sum())
"""


def test_matplotlib_draws_a_tensor(tmp_path: Path) -> None:
    assert said(tmp_path, PICTURE) == "120.0\n"


# -- torchvision


@given(st.integers(1, 3), st.integers(1, 5), st.sampled_from(["uint8", "float32", "int32"]))
def test_to_tensor_and_normalize_are_torchvisions(channels: int, height: int, dtype: str) -> None:
    image = np.random.default_rng(0).integers(0, 256, (height, 4, channels)).astype(dtype)
    ours, theirs = transforms.ToTensor()(image), torchvision.transforms.ToTensor()(image)
    assert str(ours.dtype) == str(theirs.dtype)
    assert_close(ours.numpy(), theirs.numpy(), "the image")
    for mean, std in ((0.5, 2.0), ([0.1] * channels, [0.3] * channels)):
        if dtype != "int32":
            normal = [lib.Normalize(mean, std)(x) for lib, x in ((transforms, ours), (torchvision.transforms, theirs))]
            assert_close(normal[0].numpy(), normal[1].numpy(), "the normalized image", scale=10)


@pytest.mark.parametrize(
    "use",
    [
        lambda lib, t: t.ToTensor()(3), lambda lib, t: t.ToTensor()(np.zeros(2)),
        lambda lib, t: t.Normalize(0.0, 0.0)(lib.ones(1, 2, 2)), lambda lib, t: t.Normalize(0.0, 1.0)(lib.ones(2)),
        lambda lib, t: t.Normalize(0.0, 1.0)(lib.ones(1, 2, 2).long()), lambda lib, t: t.Normalize(0.0, 1.0)(3),
        lambda lib, t: t.Lambda(3),
    ],
)  # fmt: skip
def test_bad_images_raise_torchvisions_error(use: Any) -> None:
    with pytest.raises(Exception) as theirs:
        use(torch, torchvision.transforms)
    with pytest.raises(theirs.type) as ours:
        use(minigrad, transforms)
    assert str(ours.value).split()[:6] == str(theirs.value).split()[:6]


def test_transforms_are_printed_as_torchvisions() -> None:
    def made(t: Any) -> str:
        return repr(t.Compose([t.ToTensor(), t.Normalize((0.1307,), (0.3081,)), t.Lambda(len)]))

    assert made(transforms) == made(torchvision.transforms)


@given(st.integers(1, 9), st.sampled_from([1, 3]), st.integers(1, 4), st.integers(0, 3), st.booleans(), st.booleans())
def test_make_grid_is_torchvisions(N: int, C: int, nrow: int, padding: int, normalize: bool, scale_each: bool) -> None:
    images = np.random.default_rng(N).standard_normal((N, C, 3, 2)).astype(np.float32)

    def grid(lib: Any, module: Any) -> Any:
        options = {"nrow": nrow, "padding": padding, "normalize": normalize, "scale_each": scale_each, "pad_value": 0.5}
        return module.make_grid(lib.from_numpy(images), **options).numpy()

    assert_close(grid(minigrad, utils), grid(torch, torchvision.utils), "the grid", scale=10)


def test_make_grid_of_lists_and_single_images() -> None:
    one = np.ones((1, 2, 2), np.float32)
    makes = [lambda lib: [lib.from_numpy(one)] * 3, lambda lib: lib.from_numpy(one), lambda lib: lib.from_numpy(one[0])]
    for make in makes:
        assert_close(utils.make_grid(make(minigrad)).numpy(), torchvision.utils.make_grid(make(torch)).numpy(), "grid")
    with pytest.raises(TypeError, match="tensor or list of tensors expected"):
        utils.make_grid(3)  # type: ignore[arg-type]


def write_digits(folder: Path, count: int = 12, rows: int = 28) -> None:
    """Four files as MNIST's, with few digits."""
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for part in ("train", "t10k"):
        sizes = np.array([count, rows, 28], ">i4").tobytes()
        pixels = random.integers(0, 256, (count, rows, 28), np.uint8).tobytes()
        (folder / f"{part}-images-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3]) + sizes + pixels)
        labels = random.integers(0, 10, count, np.uint8).tobytes()
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1]) + sizes[:4] + labels)


@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST"])
@pytest.mark.parametrize("train", [True, False])
def test_the_files_are_read_as_torchvision_reads_them(tmp_path: Path, name: str, train: bool) -> None:
    write_digits(tmp_path / name / "raw")

    def made(library: Any, t: Any, **options: Any) -> Any:
        return getattr(library, name)(tmp_path, train=train, **options)

    ours, theirs = made(datasets, transforms), made(torchvision.datasets, torchvision.transforms)
    assert len(ours) == len(theirs) == 12 and ours.classes == theirs.classes and repr(ours) == repr(theirs)
    assert ours.class_to_idx == theirs.class_to_idx and ours.raw_folder == theirs.raw_folder
    np.testing.assert_array_equal(ours.data.numpy(), theirs.data.numpy())
    np.testing.assert_array_equal(ours.targets.numpy(), theirs.targets.numpy())
    image, label = ours[3]
    its, its_label = theirs[3]
    assert image.size == its.size and image.mode == its.mode and label == its_label and type(label) is int
    np.testing.assert_array_equal(np.asarray(image), np.asarray(its))
    assert repr(image).split(" at ")[0] == repr(its).split(" at ")[0]
    options = [{"transform": t.Compose([t.ToTensor()]), "target_transform": t.Lambda(lambda y: y + 1)}
               for t in (transforms, torchvision.transforms)]  # fmt: skip
    ours, theirs = (made(lib, None, **o) for lib, o in zip((datasets, torchvision.datasets), options, strict=True))
    assert repr(ours) == repr(theirs) and ours[3][1] == theirs[3][1] == label + 1
    np.testing.assert_array_equal(ours[3][0].numpy(), theirs[3][0].numpy())


def test_without_files_mnist_is_the_embedded_digits_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    train, test = datasets.MNIST(tmp_path, download=True), datasets.MNIST(tmp_path, train=False)
    assert (len(train), len(test)) == (4000, 1000) and train.data.shape == (4000, 28, 28)
    assert str(train.targets.dtype) == "torch.int64" and sorted(set(train.targets.tolist())) == list(range(10))
    assert capsys.readouterr().err.count("no MNIST files in") == 1  # once is enough
    with pytest.raises(RuntimeError, match="Dataset not found"):
        datasets.FashionMNIST(tmp_path)


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b + b"x", lambda b: b[:3], lambda b: b"\1" + b[1:]])
def test_a_damaged_file_is_named(tmp_path: Path, damage: Any) -> None:
    folder = tmp_path / "MNIST" / "raw"
    write_digits(folder)
    images = folder / "train-images-idx3-ubyte"
    images.write_bytes(damage(images.read_bytes()))
    with pytest.raises(RuntimeError, match="train-images-idx3-ubyte is damaged"):
        datasets.MNIST(tmp_path)


def test_labels_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "MNIST" / "raw"
    write_digits(folder)
    labels = folder / "train-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-1] + bytes([10]))
    with pytest.raises(RuntimeError, match="does not fit"):
        datasets.MNIST(tmp_path)
