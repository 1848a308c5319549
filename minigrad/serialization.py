"""save and load: tensors and what holds them, in a file, without pickle.

PyTorch pickles. A pickle is a program, and reading one from a stranger runs the stranger's code. Here a file holds
numbers and a description, and reading it can do nothing but make tensors, numbers and dicts.

The file is a `.npz`, NumPy's zip of arrays, so `np.load(path, allow_pickle=False)` opens it too. Its array named
`description` is a text in JSON: what the object is made of, with `{"tensor": 3}` where a tensor stands. A list of the
tensors says for each which array has its numbers; two tensors over the same memory name the same array.
`torch_ref/weights.py` reads and writes such files for PyTorch.

Not kept: gradients, the graph, and that a tensor is a part of another's memory. What was a slice comes back with memory
of its own.
"""

import io
import json
import os
from collections import OrderedDict
from typing import IO, Any

import numpy as np

from .devices import device, on_cpu
from .dims import Size
from .dtypes import FROM_NUMPY, dtype, from_numpy_dtype
from .nn.parameter import Parameter
from .nn.tree import type_name
from .tensor import Tensor, wrap

FORMAT = "minigrad 1"
PLAIN = (type(None), bool, int, float, str)  # what JSON has itself, and lists
SEQUENCES: dict[str, type] = {"tuple": tuple, "Size": Size}
MAPPINGS: dict[str, type] = {"dict": dict, "OrderedDict": OrderedDict}
DTYPES = {d.name: d for d in FROM_NUMPY.values()}
ZIP, AS_IT_IS = b"PK\x03\x04", 0  # how a zip archive begins, and its number for "not compressed"
TORCH_WITHOUT_ZIP = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # how a file of torch.save began before 1.6


def save(obj: Any, f: Any) -> None:
    """Writes an object to a file: all of it or, when anything fails, nothing: an older file is then as it was.

    Args:
        obj: a tensor, number, string, None, dtype or torch.Size, or dicts, lists and tuples of them to any depth; above
            all what `state_dict()` returns. f: a path, or a file that is open for writing bytes.

    Raises: TypeError for anything else inside, and says where it is; then f has not been touched. RuntimeError for a
    folder that does not exist.

    >>> import io
    >>> import minigrad as torch
    >>> file = io.BytesIO()
    >>> save({"epoch": 3, "weights": {0: torch.ones(2)}}, file)
    >>> load(io.BytesIO(file.getvalue()))
    {'epoch': 3, 'weights': {0: tensor([1., 1.])}}
    >>> save({"layer": torch.nn.ReLU()}, file)
    Traceback (most recent call last):
    ...
    TypeError: cannot save obj['layer'], a minigrad.nn.activation.ReLU: save what its state_dict() returns
    """
    content = packed(obj)
    if isinstance(f, (str, os.PathLike)):
        write_at_once(os.path.realpath(f), content)
    elif hasattr(f, "write"):
        f.write(content)
    else:
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")


def load(f: Any, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Reads what `save` wrote.

    Args:
        f: a path, or a file that is open for reading bytes. map_location: where the tensors are to live: "cpu".
        weights_only: makes no difference: there is never anything else in the file.

    Raises: RuntimeError for a file of torch's or of another kind, a damaged one, or a device that minigrad does not
    have; EOFError for an empty one.
    """
    if isinstance(map_location, (str, device)):
        on_cpu(map_location)
    if hasattr(f, "read"):
        return unpacked(f.read(), "the file")
    with open(f, "rb") as file:
        return unpacked(file.read(), os.fspath(f))


# -- An object as a description and arrays


class Packing:
    """The tensors that were met in an object, and the arrays behind them; each once."""

    def __init__(self) -> None:
        self.tensors: list[dict[str, Any]] = []
        self.arrays: dict[str, np.ndarray] = {}
        self.number_of: dict[Tensor, int] = {}
        self.name_of: dict[Any, str] = {}

    def describe(self, value: Any, where: str) -> Any:
        """The value in JSON's terms. Raises: TypeError for what has none, naming the place."""
        if type(value) in PLAIN:
            return value
        if isinstance(value, Tensor):
            return {"tensor": self.number(value)}
        if type(value) is list:
            return [self.describe(item, f"{where}[{index}]") for index, item in enumerate(value)]
        if type(value) in SEQUENCES.values():
            return {type(value).__name__: self.describe(list(value), where)}
        if type(value) in MAPPINGS.values():  # as pairs: JSON's own keys are strings, an optimizer's numbers
            pairs = [
                [self.describe(key, f"a key of {where}"), self.describe(item, f"{where}[{key!r}]")]
                for key, item in value.items()
            ]
            return {type(value).__name__: pairs}
        if isinstance(value, dtype):
            return {"dtype": value.name}
        if hasattr(value, "state_dict"):
            raise TypeError(f"cannot save {where}, a {type_name(value)}: save what its state_dict() returns")
        raise TypeError(
            f"cannot save {where}, a {type_name(value)}: expected a tensor, number, string, None, dtype or torch.Size, "
            "or dicts, lists and tuples of them"
        )

    def number(self, tensor: Tensor) -> int:
        """The tensor's place in the list of tensors."""
        if tensor not in self.number_of:
            self.number_of[tensor] = len(self.tensors)
            array = tensor.array
            memory = (array.ctypes.data, array.shape, array.strides, array.dtype)
            name = self.name_of.setdefault(memory, str(len(self.arrays)))
            self.arrays[name] = array
            is_parameter = isinstance(tensor, Parameter)
            self.tensors.append({"array": name, "requires_grad": tensor.requires_grad, "parameter": is_parameter})
        return self.number_of[tensor]


def packed(obj: Any) -> bytes:
    """The object as the content of a file."""
    packing = Packing()
    try:
        described = packing.describe(obj, "obj")
        text = json.dumps({"format": FORMAT, "tensors": packing.tensors, "obj": described})
    except RecursionError:
        raise ValueError("cannot save obj: it contains itself, or is nested too deeply") from None
    file = io.BytesIO()
    np.savez(file, description=np.frombuffer(text.encode(), np.uint8), **packing.arrays)  # type: ignore[arg-type]
    return file.getvalue()


# -- And back


def unpacked(content: bytes, name: str) -> Any:
    """The object in the content of a file. Raises: EOFError, RuntimeError; whatever the content, nothing else."""
    if not content:
        raise EOFError(f"{name} is empty")
    if content.startswith(TORCH_WITHOUT_ZIP):
        raise RuntimeError(written_by_torch(name))
    if not content.startswith(ZIP):
        raise RuntimeError(f"{name} was not written by minigrad.save, or not to its end: it is no zip archive")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            of_torch = any(member.endswith("data.pkl") for member in archive.files)
            if not of_torch:
                return read_archive(archive)
    except Exception as error:  # the content may be anything, and so may be what it makes the readers stumble over
        raise RuntimeError(f"{name} was not written by minigrad.save, or is damaged: {error}") from error
    raise RuntimeError(written_by_torch(name))


def written_by_torch(name: str) -> str:
    """What to say of such a file."""
    return (
        f"{name} was written by torch.save, with pickle, which minigrad never reads. With PyTorch at hand, "
        f"torch_ref.weights.write(torch.load(f), path) writes the same to a file that minigrad.load reads"
    )


def read_archive(archive: Any) -> Any:
    """The object in an open archive. Raises: errors of many kinds when it is not as `save` makes it."""
    if any(member.compress_type != AS_IT_IS for member in archive.zip.infolist()):
        raise ValueError("it is compressed")  # a small file could ask for all the memory there is
    description = json.loads(archive["description"].tobytes())
    if description["format"] != FORMAT:
        raise ValueError(f"its format is {description['format']!r}, and this is {FORMAT!r}")
    by_name: dict[str, Tensor] = {}  # the first tensor over each array
    tensors: list[Tensor] = []
    for entry in description["tensors"]:
        name = entry["array"]
        if name not in by_name:
            array = archive[name]
            from_numpy_dtype(array.dtype)
            by_name[name] = wrap(array)
        tensor = by_name[name].detach()
        if entry["parameter"]:
            tensors.append(Parameter(tensor, entry["requires_grad"]))
        else:
            tensors.append(tensor.requires_grad_(entry["requires_grad"]))
    return rebuilt(description["obj"], tensors)


def rebuilt(description: Any, tensors: list[Tensor]) -> Any:
    """What `Packing.describe` described. Raises: ValueError, KeyError, IndexError, TypeError for what it never says."""
    if type(description) is list:
        return [rebuilt(item, tensors) for item in description]
    if type(description) is not dict:
        return description
    ((kind, content),) = description.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "dtype":
        return DTYPES[content]
    if kind in SEQUENCES:
        return SEQUENCES[kind](rebuilt(content, tensors))
    if kind in MAPPINGS:
        return MAPPINGS[kind]([(rebuilt(key, tensors), rebuilt(item, tensors)) for key, item in content])
    raise ValueError(f"it has something of an unknown kind, {kind!r}")


# -- To the disk


def write_at_once(path: str, content: bytes) -> None:
    """Makes this the content of the file, at once and only when all of it is on the disk.

    It is written to another file, which then takes the place of the old one; so whoever reads meanwhile, and whatever
    stops us, finds the old file or the new one. On Linux that other file has no name until it is whole, so that not
    even a process that is killed leaves a piece behind.
    """
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {folder} does not exist.")
    if os.path.exists(path) and not os.path.isfile(path):  # such as /dev/stdout, which nothing may take the place of
        with open(path, "wb") as file:
            file.write(content)
        return
    unfinished = f"{path}.{os.urandom(8).hex()}.unfinished"
    try:
        try:
            with open(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o666), "wb") as file:
                write_through(file, content)
                # What /proc shows for an open file is a link to it; Python follows it only with a src_dir_fd, any.
                os.link(f"/proc/self/fd/{file.fileno()}", unfinished, src_dir_fd=file.fileno())
        except (AttributeError, OSError):  # not Linux, or a file system without nameless files
            with open(unfinished, "wb") as file:
                write_through(file, content)
        os.replace(unfinished, path)
    finally:
        if os.path.exists(unfinished):
            os.remove(unfinished)


def write_through(file: IO[bytes], content: bytes) -> None:
    """Writes, and waits until it is on the disk."""
    file.write(content)
    file.flush()
    os.fsync(file.fileno())
