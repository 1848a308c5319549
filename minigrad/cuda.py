"""`minigrad.cuda`: there is none, and tutorial code may ask."""


def is_available() -> bool:
    """False: minigrad computes with NumPy on the CPU.

    >>> is_available()
    False
    """
    return False


def device_count() -> int:
    """0."""
    return 0
