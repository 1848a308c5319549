"""Images side by side, under torchvision's name."""

import math
from collections.abc import Sequence

from ...autograd import no_grad
from ...ops.creation import full
from ...ops.joining import cat, stack
from ...tensor import Tensor

__all__ = ["make_grid"]


@no_grad()
def make_grid(
    tensor: Tensor | Sequence[Tensor], nrow: int = 8, padding: int = 2, normalize: bool = False,
    value_range: tuple[float, float] | None = None, scale_each: bool = False, pad_value: float = 0.0,
) -> Tensor:  # fmt: skip
    """A batch of images as one: `nrow` to a row, `padding` pixels around each. Grey ones get three equal colours.

    normalize: move each number from value_range, or from the smallest and largest there are, to [0, 1]; of each image
    by itself if scale_each.

    Shape: (N, C, H, W), a list of (C, H, W), (C, H, W) or (H, W) -> (3 or C, height, width).
    Raises: TypeError for what is no tensor and no list of tensors.

    >>> import minigrad as torch
    >>> make_grid(torch.ones(10, 1, 4, 4), nrow=5).shape  # two rows of five
    torch.Size([3, 14, 32])
    """
    if not isinstance(tensor, Tensor):
        if not isinstance(tensor, (list, tuple)) or not all(isinstance(image, Tensor) for image in tensor):
            raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
        tensor = stack(tensor, 0)
    batch: Tensor = tensor
    while batch.dim() < 4:
        batch = batch.unsqueeze(0)
    if batch.size(1) == 1:
        batch = cat((batch, batch, batch), 1)
    if normalize:
        batch = batch.clone()
        for image in batch.unbind() if scale_each else (batch,):
            low, high = value_range or (float(image.min()), float(image.max()))
            image.clamp_(min=low, max=high).sub_(low).div_(max(high - low, 1e-5))
    N, C, H, W = batch.shape
    if N == 1:
        return batch.squeeze(0)
    across = min(nrow, N)
    down = math.ceil(N / across)
    grid = full((C, (H + padding) * down + padding, (W + padding) * across + padding), pad_value, dtype=batch.dtype)
    for number in range(N):
        top = number // across * (H + padding) + padding
        left = number % across * (W + padding) + padding
        grid[:, top : top + H, left : left + W] = batch[number]
    return grid
