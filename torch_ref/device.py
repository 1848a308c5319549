"""Where PyTorch computes: chosen in this one place."""

import torch


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; "auto" is CUDA where there is one, else MPS, else the CPU.

    Raises: RuntimeError when the device that was asked for is not there.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    kind = name.split(":")[0]
    if kind not in available:
        raise RuntimeError(f"unknown device '{name}': expected auto, cuda, mps or cpu")
    if not available[kind]:
        raise RuntimeError(f"device '{name}' was asked for, but this PyTorch sees none; use --device cpu")
    return torch.device(name)


def full_precision() -> None:
    """Turns TF32 off: with its 10 bits of fraction, no gradient on CUDA would agree to more than three digits."""
    use_tf32(False)


def use_tf32(on: bool) -> None:
    """Whether CUDA may round the factors of float32 products to 10 bits of fraction, for speed. No effect elsewhere."""
    torch.backends.cuda.matmul.allow_tf32 = on
    torch.backends.cudnn.allow_tf32 = on
