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


def manual_seed(seed: int) -> None:
    """Nothing: it seeds the generator of a GPU."""


def manual_seed_all(seed: int) -> None:
    """Nothing, as `manual_seed`."""


def empty_cache() -> None:
    """Nothing: it gives back a GPU's memory."""
