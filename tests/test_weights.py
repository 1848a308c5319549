"""torch_ref.weights: states go from one library to the other and back, bit for bit."""

import numpy as np
import pytest
import strategies as some
import torch
from hypothesis import given
from hypothesis import strategies as st
from outcomes import BOTH
from parity import LIBRARIES
from test_serialization import DTYPES, OBJECTS, seen

import minigrad
import minigrad.models
import torch_ref.models
from torch_ref import weights


@pytest.mark.parametrize("name", [name for name in OBJECTS if "random" not in name])
def test_an_object_is_in_the_other_library_what_it_was_in_the_first(name, tmp_path):
    ours, theirs = (OBJECTS[name](library) for library in LIBRARIES)
    minigrad.save(ours, tmp_path / "ours")
    weights.write(theirs, tmp_path / "theirs")
    assert seen(weights.read(tmp_path / "ours")) == seen(ours)
    assert seen(minigrad.load(tmp_path / "theirs")) == seen(theirs)


@given(some.arrays(some.shapes(), st.sampled_from([np.dtype(name) for name in DTYPES])))
def test_every_array_crosses_bit_for_bit(tmp_path_factory, array):
    path = tmp_path_factory.getbasetemp() / "array"
    minigrad.save([minigrad.from_numpy(array)], path)
    there = weights.read(path)
    weights.write(there, path)
    assert seen(there) == seen(minigrad.load(path)) == seen([minigrad.from_numpy(array)])


@pytest.mark.parametrize(
    "make",
    [
        lambda lib: lib.tensor(3.0),
        lambda lib: lib.zeros(0, 3),
        lambda lib: lib.arange(24.0).view(2, 3, 4).permute(2, 0, 1)[:, :, ::2],
        lambda lib: lib.ones(1).expand(3),
    ],
)
def test_odd_tensors_cross(make, tmp_path):
    ours, theirs = make(minigrad), make(torch)
    minigrad.save(ours, tmp_path / "ours")
    weights.write(theirs, tmp_path / "theirs")
    assert seen(weights.read(tmp_path / "ours")) == seen(theirs)
    assert seen(minigrad.load(tmp_path / "theirs")) == seen(ours)


@pytest.mark.parametrize("name", minigrad.models.__all__)
def test_a_network_takes_the_weights_of_its_twin(name, tmp_path):
    ours, theirs = getattr(minigrad.models, name)(), getattr(torch_ref.models, name)()
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.add_(1)
    weights.write(theirs.state_dict(), tmp_path / "theirs")
    minigrad.save(ours.state_dict(), tmp_path / "ours")
    before = seen(dict(ours.state_dict()))
    ours.load_state_dict(minigrad.load(tmp_path / "theirs"))
    assert seen(dict(ours.state_dict())) == seen(dict(theirs.state_dict())) != before
    theirs.load_state_dict(weights.read(tmp_path / "ours"))
    assert seen(dict(theirs.state_dict())) == before


@BOTH
def test_shared_memory_is_shared_on_the_other_side(lib, tmp_path):
    tensor = lib.ones(2)
    obj = [tensor, tensor.detach(), tensor]
    if lib is minigrad:
        lib.save(obj, tmp_path / "state")
        back = weights.read(tmp_path / "state")
    else:
        weights.write(obj, tmp_path / "state")
        back = minigrad.load(tmp_path / "state")
    assert back[0].data_ptr() == back[1].data_ptr() and back[0] is back[2] and back[0] is not back[1]


@pytest.mark.parametrize(
    "obj", [torch.nn.ReLU(), {"x": {1}}, torch.ones(1).bfloat16(), torch.ones(1).half(), torch.ones(1) * 1j]
)
def test_what_minigrad_does_not_have_is_refused(obj, tmp_path):
    with pytest.raises(TypeError, match="minigrad"):
        weights.write(obj, tmp_path / "state")
    assert not (tmp_path / "state").exists()


def test_another_file_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", weight=np.ones(2))
    with pytest.raises(ValueError, match="minigrad.save"):
        weights.read(tmp_path / "other.npz")
