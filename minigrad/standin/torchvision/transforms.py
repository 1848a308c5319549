"""What happens to an image on its way into a network, under torchvision's names."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...dtypes import get_default_dtype
from ...ops.creation import from_numpy, tensor
from ...tensor import Tensor

__all__ = ["Compose", "Lambda", "Normalize", "ToTensor"]


class Compose:
    """One transform after the other.

    >>> Compose([abs, str])(-3)
    '3'
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return "\n".join(["Compose(", *[f"    {transform}" for transform in self.transforms], ")"])


class ToTensor:
    """An image as a tensor, its colours in front; bytes 0 … 255 become floats 0 … 1.

    Shape: (H, W) or (H, W, C) -> (C, H, W).
    Raises: TypeError for what is no image and no array, ValueError for an array of another rank.

    >>> ToTensor()(np.array([[0, 255]], np.uint8))
    tensor([[[0., 1.]]])
    """

    def __call__(self, pic: Any) -> Tensor:
        if not isinstance(pic, np.ndarray) and not hasattr(pic, "mode"):  # an image, the reader's or Pillow's, has one
            raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
        array = np.asarray(pic)
        if getattr(pic, "mode", None) == "1":
            array = array.astype(np.uint8) * 255  # black and white
        if array.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {array.ndim} dimensions.")
        array = np.ascontiguousarray(np.atleast_3d(array).transpose(2, 0, 1))  # (H, W, C) -> (C, H, W)
        return from_numpy(array).to(get_default_dtype()) / 255 if array.dtype == np.uint8 else from_numpy(array)

    def __repr__(self) -> str:
        return "ToTensor()"


class Normalize:
    """y = (x − mean) / std, a channel at a time. Shape: (*, C, H, W) -> (*, C, H, W).

    Raises: TypeError for what is no image of floats, ValueError for one without channels and for a std of 0.

    >>> Normalize((0.5,), (0.5,))(tensor([[[0., 1.]]]))
    tensor([[[-1.,  1.]]])
    """

    def __init__(self, mean: Any, std: Any, inplace: bool = False) -> None:
        self.mean = mean
        self.std = std
        self.inplace = inplace

    def __call__(self, tensor: Tensor) -> Tensor:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
        if tensor.dim() < 2:
            raise TypeError("Tensor is not a torch image.")
        if not tensor.is_floating_point():
            raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
        if tensor.dim() < 3:
            raise ValueError(
                f"Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = {tensor.size()}"
            )
        mean, std = (per_channel(values, tensor) for values in (self.mean, self.std))
        if not std.array.all():
            raise ValueError(f"std evaluated to zero after conversion to {tensor.dtype}, leading to division by zero.")
        return (tensor if self.inplace else tensor.clone()).sub_(mean).div_(std)

    def __repr__(self) -> str:
        return f"Normalize(mean={self.mean}, std={self.std})"


def per_channel(values: Any, image: Tensor) -> Tensor:
    """One number for each channel, or one for all, in a shape that broadcasts. Shape: (C) -> (C, 1, 1)."""
    numbers = tensor(values, dtype=image.dtype)
    return numbers.view(-1, 1, 1) if numbers.dim() == 1 else numbers


class Lambda:
    """Any function as a transform.

    Raises: TypeError for what cannot be called.
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return "Lambda()"
