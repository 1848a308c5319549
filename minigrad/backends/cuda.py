"""`minigrad.backends.cuda`: not here."""


def is_built() -> bool:
    """False: minigrad computes with NumPy on the CPU."""
    return False
