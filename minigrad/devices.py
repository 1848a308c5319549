"""Where tensors live: on the CPU, all of them. The name is here because tutorial code asks for it."""


class device:
    """Where a tensor lives. minigrad computes on the CPU; the name is here so that `.to(device)` reads as in torch.

    >>> device('cpu')
    device(type='cpu')
    """

    def __init__(self, type: "str | device | int", index: int | None = None) -> None:
        if isinstance(type, int):  # the number of a GPU
            type = f"cuda:{type}"
        kind, _, number = str(type).partition(":")
        if kind not in ("cpu", "cuda", "mps", "meta", "xpu"):
            raise RuntimeError(
                f"Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, "
                f"vulkan, mps, meta, hpu, mtia, privateuseone device type at start of device string: {kind}"
            )
        if number and not number.isdecimal():
            raise RuntimeError(f"Invalid device string: '{type}'")
        self.type: str = kind
        self.index: int | None = int(number) if number else index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __enter__(self) -> "device":
        """Makes new tensors here inside the block. Raises: RuntimeError for any place but the CPU."""
        return on_cpu(self)

    def __exit__(self, *exception: object) -> None:
        """There is only the CPU to go back to."""

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"


CPU = device("cpu")


def on_cpu(place: "device | str | int | None") -> device:
    """The device, when it is one that minigrad has.

    Raises: RuntimeError for any other: a GPU's arithmetic is what `torch_ref` is for.
    """
    place = CPU if place is None else device(place)
    if place.type != "cpu":
        raise RuntimeError(
            f"minigrad computes with NumPy on the CPU and has no {place} tensors; use device 'cpu', or PyTorch itself "
            "for a GPU (torch_ref has minigrad's networks in it)"
        )
    return place


def get_default_device() -> device:
    """Where new tensors are made: on the CPU."""
    return CPU


def set_default_device(device: "device | str | int | None") -> None:
    """Makes new tensors there from now on. Raises: RuntimeError for any place but the CPU."""
    on_cpu(device)
