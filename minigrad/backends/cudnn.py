"""`minigrad.backends.cudnn`: not here. Its switches can be set, and change nothing, as with torch on a CPU."""

enabled = True
benchmark = False
deterministic = False


def is_available() -> bool:
    """False: minigrad computes with NumPy on the CPU."""
    return False
