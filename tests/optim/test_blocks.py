"""Blocks cover their arrays whatever the layout, and the shared formulas are torch's."""

from unittest import mock

import numpy as np
import pytest
import torch
from optim.twins import assert_close

from minigrad.optim import blocks as blocks_module


def test_blocks_cover_every_element_once_whatever_the_layout() -> None:
    for array in (np.zeros(()), np.zeros((0, 3)), np.zeros((5, 7)), np.zeros((5, 7)).T, np.zeros((5, 7))[:, ::2]):
        with mock.patch.object(blocks_module, "BLOCK_BYTES", 8 * 4):
            for piece, other, spare in blocks_module.blocks(array, np.ones_like(array), scratch=1):
                assert piece.shape == other.shape == spare.shape
                piece += other
        assert (array == 1).all()


def test_blocks_refuses_arrays_of_different_shapes() -> None:
    with pytest.raises(
        RuntimeError,
        match=r"^expected the gradient and the state of a parameter to have its shape \[2, 3\], but got \[3, 2\]",
    ):
        list(blocks_module.blocks(np.zeros((2, 3)), np.zeros((3, 2)), scratch=0))


@pytest.mark.parametrize("weight_decay", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("maximize", [False, True])
def test_the_descent_gradient_is_the_gradient_or_its_negative_plus_the_decay(
    weight_decay: float, maximize: bool
) -> None:
    theta, g, out = np.array([2.0, -4.0]), np.array([1.0, 3.0]), np.empty(2)
    result = blocks_module.descent_gradient(theta, g, weight_decay, maximize, out)
    assert result.tolist() == ((-g if maximize else g) + weight_decay * theta).tolist()
    assert result is (out if weight_decay or maximize else g) and g.tolist() == [1.0, 3.0]


@pytest.mark.parametrize("weight", [0.0, 0.1, 0.49, 0.5, 0.9, 1.0])
def test_lerp_goes_the_given_part_of_the_way(weight: float) -> None:
    start, end = torch.randn(50), torch.randn(50)
    mine = start.numpy().copy()
    blocks_module.lerp(mine, end.numpy(), weight, np.empty(50, np.float32))
    assert_close(mine, torch.lerp(start, end, weight).numpy())
    if weight == 1:
        assert (mine == end.numpy()).all()
