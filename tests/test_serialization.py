"""save and load: everything comes back as it was, nothing else gets in or out, and a failure leaves the old file."""

import io
import json
import os
import pickle
import signal
import struct
import subprocess
import sys
import zipfile
from collections import OrderedDict, namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import strategies as some
import torch
from hypothesis import given
from hypothesis import strategies as st
from outcomes import BOTH, assert_same_full_error
from parity import LIBRARIES

import minigrad

DTYPES = ["float32", "float64", "int64", "int32", "int16", "int8", "uint8", "bool"]


def through(lib: Any, obj: Any) -> Any:
    """The object, saved and loaded again."""
    file = io.BytesIO()
    lib.save(obj, file)
    return lib.load(io.BytesIO(file.getvalue()))


def seen(value: Any) -> Any:
    """All that there is to see of a value, in plain terms that are equal for equal values."""
    if isinstance(value, (minigrad.Tensor, torch.Tensor)):
        array = value.detach().numpy()
        return type(value).__name__, str(value.dtype), tuple(value.shape), array.tobytes(), value.requires_grad
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [seen(item) for item in value]
    if isinstance(value, dict):
        return type(value).__name__, [(seen(key), seen(item)) for key, item in value.items()]
    return type(value).__name__, repr(value)


def checkpoint(lib: Any) -> Any:
    """What tutorials save, after two steps: the states of a network and of its optimizers, and some numbers."""
    net = lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.ReLU(), lib.nn.Linear(4, 1))
    optimizers = [
        lib.optim.Adam(net.parameters(), lr=0.01),
        lib.optim.SGD([{"params": net[0].parameters(), "lr": 0.1}, {"params": net[2].parameters()}], 0.1, momentum=0.9),
    ]
    for _ in range(2):
        for optimizer in optimizers:
            optimizer.zero_grad()
            net(lib.ones(2, 3)).sum().backward()
            optimizer.step()
    return {
        "epoch": 3,
        "model": net.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "loss": 0.1,
    }


OBJECTS = {
    "a checkpoint": checkpoint,
    "plain values": lambda lib: [
        None,
        True,
        False,
        0,
        -1,
        10**30,
        0.1,
        -0.0,
        1e-300,
        "",
        "é\n\ud800",
        [],
        (),
        {},
        [[()]],
    ],
    "floats that are no numbers": lambda lib: [float("inf"), -float("inf"), float("nan")],
    "keys of many kinds": lambda lib: {0: 1, "0": 2, 0.5: 3, None: 4, (1, "a"): 5},
    "an ordered dict": lambda lib: OrderedDict([("b", 1), ("a", OrderedDict())]),
    "sizes and dtypes": lambda lib: [lib.ones(2, 3).shape, lib.Size([]), lib.float32, lib.bool],
    "words of the format": lambda lib: {"tensor": 0, "dict": [["tensor", 1]], "format": [{"tuple": {}}]},
    "a tensor": lambda lib: lib.ones(2, requires_grad=True),
    "a computed tensor": lambda lib: lib.ones(2, requires_grad=True) * 2,
    "parameters": lambda lib: [lib.nn.Parameter(lib.ones(2)), lib.nn.Parameter(lib.arange(3), requires_grad=False)],
    "state of the random numbers": lambda lib: lib.get_rng_state(),
}


@pytest.mark.parametrize("name", OBJECTS)
@BOTH
def test_an_object_comes_back_as_it_was(lib, name):
    obj = OBJECTS[name](lib)
    assert seen(through(lib, obj)) == seen(obj)


@given(some.arrays(some.shapes(min_side=0), st.sampled_from([np.dtype(name) for name in DTYPES])))
def test_every_array_comes_back_bit_for_bit(array):
    tensor = minigrad.from_numpy(array)
    assert seen(through(minigrad, tensor)) == seen(tensor)


@pytest.mark.parametrize(
    "make",
    [
        lambda lib: lib.tensor(3.0),
        lambda lib: lib.zeros(0, 3),
        lambda lib: lib.arange(12.0).view(3, 4)[:, ::2],
        lambda lib: lib.arange(6.0).view(2, 3).t(),
        lambda lib: lib.ones(1).expand(3),
        lambda lib: lib.tensor([float("nan"), -0.0, float("inf")]),
    ],
)
@BOTH
def test_odd_tensors_come_back(lib, make):
    assert seen(through(lib, make(lib))) == seen(make(lib))


@BOTH
def test_what_shared_memory_shares_it_again_and_the_same_tensor_is_the_same(lib):
    net = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.Linear(2, 2))
    net[1].weight = net[0].weight
    state = through(lib, {"state": net.state_dict(), "again": [net[0].weight, net[0].weight]})
    first, second = state["state"]["0.weight"], state["state"]["1.weight"]
    assert first.data_ptr() == second.data_ptr() and first is not second
    first.fill_(7)
    assert second.tolist() == [[7, 7], [7, 7]] and second._version == 1
    assert state["again"][0] is state["again"][1] and state["again"][0].detach().tolist() == second.tolist()


@BOTH
def test_training_goes_on_where_it_stopped(lib, tmp_path):
    def steps(net: Any, optimizer: Any) -> list[float]:
        losses = []
        for _ in range(3):
            optimizer.zero_grad()
            loss = (net(lib.ones(2, 3)) ** 2).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    def new() -> tuple[Any, Any]:
        net = lib.nn.Linear(3, 2)
        return net, lib.optim.Adam(net.parameters(), lr=0.1)

    net, optimizer = new()
    steps(net, optimizer)
    lib.save({"model": net.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "checkpoint")
    other, its_optimizer = new()
    loaded = lib.load(tmp_path / "checkpoint", map_location=lib.device("cpu"), weights_only=True)
    other.load_state_dict(loaded["model"])
    its_optimizer.load_state_dict(loaded["optimizer"])
    assert steps(other, its_optimizer) == steps(net, optimizer)


def test_the_file_is_one_that_numpy_opens_without_pickle(tmp_path):
    minigrad.save({"w": minigrad.ones(2)}, tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz", allow_pickle=False) as archive:
        assert archive["0"].tolist() == [1, 1] and json.loads(archive["description"].tobytes())["format"]


# -- What cannot be saved


class Odd:
    """Something of the user's."""


Pair = namedtuple("Pair", ["a", "b"])


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: minigrad.nn.ReLU(), "obj, a minigrad.nn.activation.ReLU"),
        (lambda: {"model": minigrad.nn.ReLU()}, "obj['model'], a minigrad.nn.activation.ReLU"),
        (lambda: {"a": [0, (1, {2: print})]}, "obj['a'][1][1][2], a builtin_function_or_method"),
        (lambda: [lambda: 0], "obj[0], a function"),
        (lambda: {"x": Odd()}, "Odd"),
        (lambda: {Odd(): 1}, "a key of obj, a"),
        (lambda: {"x": {1}}, "obj['x'], a set"),
        (lambda: {"x": np.ones(2)}, "obj['x'], a numpy.ndarray"),
        (lambda: {"x": np.float64(1)}, "obj['x'], a numpy.float64"),
        (lambda: {"x": torch.ones(2)}, "obj['x'], a torch.Tensor"),
        (lambda: Pair(1, 2), "Pair"),
        (lambda: b"bytes", "obj, a bytes"),
        (lambda: 1j, "obj, a complex"),
    ],
)
def test_what_cannot_be_saved_is_named_with_its_place_before_the_disk_is_touched(make, where, tmp_path):
    path = tmp_path / "state"
    path.write_bytes(b"as it was")
    with pytest.raises(TypeError, match="^cannot save obj|^cannot save a key of obj") as caught:
        minigrad.save(make(), path)
    assert where in str(caught.value)
    assert path.read_bytes() == b"as it was" and os.listdir(tmp_path) == ["state"]


def test_a_module_is_told_of_its_state_dict():
    with pytest.raises(TypeError, match=r"save what its state_dict\(\) returns"):
        minigrad.save(minigrad.nn.ReLU(), io.BytesIO())


def test_what_contains_itself_is_refused():
    obj: list[Any] = []
    obj.append(obj)
    with pytest.raises(ValueError, match="contains itself"):
        minigrad.save(obj, io.BytesIO())


@pytest.mark.parametrize(
    "program",
    [
        lambda lib: lib.save(1, 5),
        lambda lib: lib.save(1, "/no/such/folder/file"),
        lambda lib: lib.load("/no/such/folder/file"),
    ],
)
def test_a_file_that_cannot_be_is_answered_in_torchs_words(program):
    assert_same_full_error(program)


@BOTH
def test_a_folder_is_no_file(lib, tmp_path):
    with pytest.raises((OSError, RuntimeError)):
        lib.save(1, tmp_path)
    with pytest.raises(IsADirectoryError):
        lib.load(tmp_path)
    assert tmp_path.is_dir()


# -- Writing at once


@pytest.mark.parametrize("broken", ["fsync", "replace"])
@pytest.mark.parametrize("nameless", [True, False])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failure_while_writing_leaves_the_old_file_and_nothing_else(broken, nameless, error, tmp_path, monkeypatch):
    path = tmp_path / "state"
    minigrad.save("old", path)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    if not nameless:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    with monkeypatch.context() as patch:
        patch.setattr(os, broken, fail)
        with pytest.raises(type(error)):
            minigrad.save("new", path)
    assert minigrad.load(path) == "old" and os.listdir(tmp_path) == ["state"]
    minigrad.save("new", path)
    assert minigrad.load(path) == "new" and os.listdir(tmp_path) == ["state"]


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="nameless files are Linux's")
def test_a_process_killed_while_writing_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "state"
    minigrad.save("old", path)
    code = (
        "import minigrad, os, signal\n"
        "os.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)  # all is written, and not yet in its place\n"
        f"minigrad.save(minigrad.ones(1000), {str(path)!r})"
    )
    killed = subprocess.run([sys.executable, "-c", code], cwd=Path(minigrad.__file__).parent.parent, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert minigrad.load(path) == "old" and os.listdir(tmp_path) == ["state"]


def test_a_link_leads_to_the_file_and_stays_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    minigrad.save(1, tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and minigrad.load(tmp_path / "file") == 1


def test_what_is_no_file_is_written_to_and_not_replaced():
    minigrad.save(1, os.devnull)
    assert not os.path.isfile(os.devnull)


def test_a_saved_file_may_be_read_by_whom_an_ordinary_one_may(tmp_path):
    minigrad.save(1, tmp_path / "state")
    (tmp_path / "ordinary").touch()
    assert (tmp_path / "state").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


# -- Files that are none of ours


def content_of(obj: Any) -> bytes:
    file = io.BytesIO()
    minigrad.save(obj, file)
    return file.getvalue()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_of_torchs_is_refused_and_the_way_out_named(zipped, tmp_path):
    path = tmp_path / "weights.pt"
    torch.save({"w": torch.ones(2)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(RuntimeError, match=r"written by torch.save.*torch_ref\.weights\.write") as caught:
        minigrad.load(path)
    assert str(path) in str(caught.value)


@BOTH
def test_an_empty_file_is_an_error(lib, tmp_path):
    (tmp_path / "empty").touch()
    with pytest.raises(EOFError):
        lib.load(tmp_path / "empty")


def test_a_file_cut_short_anywhere_is_an_error():
    content = content_of({"w": minigrad.ones(3), "x": minigrad.zeros(2)})
    for length in range(1, len(content)):
        with pytest.raises(RuntimeError, match="was not written by minigrad.save"):
            minigrad.load(io.BytesIO(content[:length]))


@given(st.binary(max_size=200))
def test_garbage_is_an_error(content):
    with pytest.raises((RuntimeError, EOFError)):
        minigrad.load(io.BytesIO(content))


@given(st.data())
def test_a_changed_byte_is_noticed_or_harmless(data):
    obj = {"w": minigrad.arange(5.0), "n": [1, "a"]}
    content = bytearray(content_of(obj))
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        assert seen(minigrad.load(io.BytesIO(bytes(content)))) == seen(obj)
    except RuntimeError as error:
        assert "was not written by minigrad.save" in str(error)


def archive_of(description: Any, compressed: bool = False, **arrays: Any) -> io.BytesIO:
    """A file with any description: a value, which becomes JSON, or bytes."""
    text = description if isinstance(description, bytes) else json.dumps(description).encode()
    file = io.BytesIO()
    write = np.savez_compressed if compressed else np.savez
    write(file, description=np.frombuffer(text, np.uint8), **arrays)
    return io.BytesIO(file.getvalue())


def described(obj: Any, *tensors: Any, **arrays: Any) -> io.BytesIO:
    return archive_of({"format": "minigrad 1", "tensors": list(tensors), "obj": obj}, **arrays)


ONE = {"array": "0", "requires_grad": False, "parameter": False}
HUGE_HEADER = (
    b"\x93NUMPY\x01\x00"
    + struct.pack("<H", 118)
    + b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000000,), }"
)


def with_raw_member(name: str, member: bytes) -> io.BytesIO:
    """A good file of one tensor with the bytes of a member replaced."""
    file = io.BytesIO()
    good = zipfile.ZipFile(io.BytesIO(content_of(minigrad.ones(2))))
    with zipfile.ZipFile(file, "w") as archive:
        for other in good.namelist():
            archive.writestr(other, member if other == name else good.read(other))
    return io.BytesIO(file.getvalue())


class Spiteful:
    """Unpickled, it would end the test run."""

    def __reduce__(self) -> Any:
        return os._exit, (1,)


SPITEFUL = np.array([Spiteful()], dtype=object)


@pytest.mark.parametrize(
    "make",
    [
        lambda: archive_of({}),
        lambda: archive_of([]),
        lambda: archive_of(b"{"),
        lambda: archive_of(b"\xff\xfe"),
        lambda: archive_of(b"[" * 100_000),
        lambda: archive_of({"format": "minigrad 2", "tensors": [], "obj": 1}),
        lambda: archive_of({"format": "minigrad 1", "obj": 1}),
        lambda: described({"module": "os.system"}),
        lambda: described({"dict": [], "list": []}),
        lambda: described({}),
        lambda: described({"dict": [[1]]}),
        lambda: described({"dict": [[[], 1]]}),
        lambda: described({"dict": 5}),
        lambda: described({"tuple": 5}),
        lambda: described({"Size": {"tensor": 0}}),
        lambda: described({"dtype": "float16"}),
        lambda: described({"dtype": []}),
        lambda: described({"tensor": 0}),
        lambda: described({"tensor": "0"}),
        lambda: described({"tensor": 1}, ONE, **{"0": np.ones(1)}),
        lambda: described({"tensor": 0}, ONE),
        lambda: described({"tensor": 0}, {"array": "0"}, **{"0": np.ones(1)}),
        lambda: described({"tensor": 0}, ONE | {"array": []}, **{"0": np.ones(1)}),
        lambda: described({"tensor": 0}, ONE | {"requires_grad": True}, **{"0": np.ones(1, np.int64)}),
        lambda: described({"tensor": 0}, ONE | {"requires_grad": True, "parameter": True}, **{"0": np.ones(1, bool)}),
        lambda: described({"tensor": 0}, ONE, **{"0": np.ones(1, np.complex64)}),
        lambda: described({"tensor": 0}, ONE, **{"0": np.ones(1, np.float16)}),
        lambda: described({"tensor": 0}, ONE, **{"0": np.ones(1, ">f4")}),
        lambda: described({"tensor": 0}, ONE, **{"0": np.array(["text"])}),
        lambda: described({"tensor": 0}, ONE, **{"0": np.ones(1, [("a", "f4")])}),
        lambda: described({"tensor": 0}, ONE, **{"0": SPITEFUL}),
        lambda: archive_of({"format": "minigrad 1", "tensors": [], "obj": 1}, compressed=True),
        lambda: with_raw_member("0.npy", b""),
        lambda: with_raw_member("0.npy", b"not an array"),
        lambda: with_raw_member("0.npy", HUGE_HEADER.ljust(127) + b"\n"),
        lambda: with_raw_member("0.npy", pickle.dumps(Spiteful())),
        lambda: with_raw_member("description.npy", pickle.dumps(Spiteful())),
        lambda: io.BytesIO(pickle.dumps(Spiteful())),
    ],
)
def test_a_description_that_save_never_writes_is_an_error_and_runs_nothing(make):
    with pytest.raises(RuntimeError, match="was not written by minigrad.save, or"):
        minigrad.load(make())


def test_arrays_without_a_description_are_an_error():
    file = io.BytesIO()
    np.savez(file, weight=np.ones(2))
    with pytest.raises(RuntimeError, match="description"):
        minigrad.load(io.BytesIO(file.getvalue()))


@pytest.mark.parametrize("place", ["cuda", "cuda:0", "nowhere"])
def test_a_device_that_is_not_there_is_an_error(place):
    for lib in LIBRARIES:
        file = io.BytesIO()
        lib.save(lib.ones(1), file)
        with pytest.raises(RuntimeError):
            lib.load(io.BytesIO(file.getvalue()), map_location=place)


@pytest.mark.parametrize("place", [None, "cpu", lambda lib: lib.device("cpu"), {"cuda:0": "cpu"}])
@BOTH
def test_whatever_lived_elsewhere_is_loaded_to_the_cpu(lib, place):
    file = io.BytesIO()
    lib.save(lib.ones(1), file)
    place = place(lib) if callable(place) else place
    assert lib.load(io.BytesIO(file.getvalue()), place).tolist() == [1]
