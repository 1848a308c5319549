"""`minigrad.backends.mps`: not here."""


def is_built() -> bool:
    """False: minigrad computes with NumPy on the CPU."""
    return False


def is_available() -> bool:
    """False."""
    return False
