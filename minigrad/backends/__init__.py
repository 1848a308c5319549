"""`minigrad.backends`: the libraries behind torch's tensors, of which there are none here. Tutorial code may ask."""

from . import cuda, cudnn, mps

__all__ = ["cuda", "cudnn", "mps"]
