"""`minigrad.accelerator`: there is none, and tutorial code may ask."""

from .devices import device


def is_available() -> bool:
    """False: minigrad computes with NumPy on the CPU.

    >>> is_available()
    False
    """
    return False


def current_accelerator(check_available: bool = False) -> device | None:
    """None."""
    return None


def device_count() -> int:
    """0."""
    return 0
