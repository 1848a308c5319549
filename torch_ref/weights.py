"""States between the libraries: reads what `minigrad.save` wrote as PyTorch's tensors, and writes what it reads.

    torch_model.load_state_dict(read("weights.npz"))
    write(torch_model.state_dict(), "weights.npz")

The format is that of `minigrad/serialization.py`, and needs NumPy and JSON only.
"""

import json
from collections import OrderedDict
from typing import Any

import numpy as np
import torch

FORMAT = "minigrad 1"
SEQUENCES: dict[str, type] = {"tuple": tuple, "Size": torch.Size}
MAPPINGS: dict[str, type] = {"dict": dict, "OrderedDict": OrderedDict}
DTYPES = (torch.float32, torch.float64, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)


def read(path: Any) -> Any:
    """The object in a file of `minigrad.save`, with PyTorch's tensors. Raises: ValueError for another kind of file."""
    with np.load(path, allow_pickle=False) as archive:
        description = json.loads(archive["description"].tobytes()) if "description" in archive.files else {}
        if description.get("format") != FORMAT:
            raise ValueError(f"{path} was not written by minigrad.save")
        over = {name: torch.from_numpy(archive[name]) for name in archive.files if name != "description"}
    tensors: list[torch.Tensor] = []
    for entry in description["tensors"]:
        tensor = over[entry["array"]].detach()
        if entry["parameter"]:
            tensors.append(torch.nn.Parameter(tensor, entry["requires_grad"]))
        else:
            tensors.append(tensor.requires_grad_(entry["requires_grad"]))

    def rebuilt(part: Any) -> Any:
        if isinstance(part, list):
            return [rebuilt(item) for item in part]
        if not isinstance(part, dict):
            return part
        ((kind, content),) = part.items()
        if kind == "tensor":
            return tensors[content]
        if kind == "dtype":
            return getattr(torch, content)
        if kind in SEQUENCES:
            return SEQUENCES[kind](rebuilt(content))
        return MAPPINGS[kind]([(rebuilt(key), rebuilt(item)) for key, item in content])

    return rebuilt(description["obj"])


def write(obj: Any, path: Any) -> None:
    """Writes tensors, on any device, and dicts, lists and tuples of them to a file that `minigrad.load` reads.

    Raises: TypeError for what minigrad does not have: other dtypes, other classes.
    """
    tensors: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    number_of: dict[torch.Tensor, int] = {}
    name_of: dict[Any, str] = {}

    def number(tensor: torch.Tensor) -> int:
        if tensor.dtype not in DTYPES:
            raise TypeError(f"minigrad has no {tensor.dtype}")
        if tensor not in number_of:
            array = tensor.detach().cpu().numpy()
            memory = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype, tensor.device)
            name = name_of.setdefault(memory, str(len(arrays)))
            arrays[name] = array
            is_parameter = isinstance(tensor, torch.nn.Parameter)
            number_of[tensor] = len(tensors)
            tensors.append({"array": name, "requires_grad": tensor.requires_grad, "parameter": is_parameter})
        return number_of[tensor]

    def described(value: Any) -> Any:
        if value is None or type(value) in (bool, int, float, str):
            return value
        if isinstance(value, torch.Tensor):
            return {"tensor": number(value)}
        if type(value) is list:
            return [described(item) for item in value]
        if type(value) in SEQUENCES.values():
            return {type(value).__name__: described(list(value))}
        if type(value) in MAPPINGS.values():
            return {type(value).__name__: [[described(key), described(item)] for key, item in value.items()]}
        if isinstance(value, torch.dtype):
            return {"dtype": str(value).removeprefix("torch.")}
        raise TypeError(f"minigrad's files have no place for a {type(value).__name__}")

    text = json.dumps({"format": FORMAT, "obj": described(obj), "tensors": tensors})
    with open(path, "wb") as file:
        np.savez(file, description=np.frombuffer(text.encode(), np.uint8), **arrays)  # type: ignore[arg-type]
