"""Each layer beside torch's: the same weights from the same seed, the same outputs and gradients, text and errors."""

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import LIBRARIES, assert_parity, assert_same_tensor, error_of, graph_of, tensor_from
from strategies import arrays, labels

import minigrad
import minigrad.models
import torch_ref.models

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])
PROBABILITIES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])


def seeded(lib: Any, make: Any, seed: int = 0) -> Any:
    """The layer that this library makes from this seed."""
    lib.manual_seed(seed)
    return make(lib)


def same_bits(ours: Any, theirs: Any) -> None:
    """Same dtype, shape and bits."""
    np.testing.assert_array_equal(ours.detach().numpy(), theirs.detach().numpy(), strict=True)


def assert_layer_parity(make: Any, *inputs: np.ndarray, seed: int = 0) -> None:
    """The layer from the seed: equal weights to the bit; outputs, graph, gradients of weights and inputs as torch's."""
    runs = []
    for lib in LIBRARIES:
        layer = seeded(lib, make, seed)
        tensors = [tensor_from(lib, x).requires_grad_(x.dtype.kind == "f") for x in inputs]
        output = layer(*tensors)
        incoming = np.random.default_rng(1).standard_normal(tuple(output.shape)).astype(output.detach().numpy().dtype)
        if output.requires_grad:
            output.backward(tensor_from(lib, incoming))
        runs.append((layer, tensors, output))
    (layer, tensors, output), (other_layer, other_tensors, other_output) = runs
    assert_same_tensor(output, other_output, "output")
    assert graph_of(output) == graph_of(other_output)
    pairs = zip(layer.named_parameters(), other_layer.named_parameters(), strict=True)
    for (name, parameter), (other_name, other) in pairs:
        assert name == other_name
        same_bits(parameter, other)
        assert_same_tensor(parameter.grad, other.grad, f"the gradient of {name}", scale=output.numel())
    for tensor, other in zip(tensors, other_tensors, strict=True):
        if other.grad is not None:
            assert_same_tensor(tensor.grad, other.grad, "the gradient of the input")


# -- Text

LAYERS = {
    "Linear": lambda nn: nn.Linear(3, 2),
    "Linear without bias": lambda nn: nn.Linear(3, 2, bias=False),
    "Conv2d": lambda nn: nn.Conv2d(1, 6, 3),
    "Conv2d with stride": lambda nn: nn.Conv2d(1, 6, (3, 5), stride=(2, 1)),
    "Conv2d with padding": lambda nn: nn.Conv2d(2, 4, 3, padding=1, dilation=2, groups=2, bias=False),
    "Conv2d with pairs": lambda nn: nn.Conv2d(2, 4, 3, padding=(0, 1), dilation=(1, 2)),
    "Conv2d with padding 'same'": lambda nn: nn.Conv2d(1, 32, 3, 1, padding="same"),
    "Conv2d with padding 'valid'": lambda nn: nn.Conv2d(1, 32, 3, 2, padding="valid"),
    "MaxPool2d": lambda nn: nn.MaxPool2d(2),
    "MaxPool2d with options": lambda nn: nn.MaxPool2d((2, 3), stride=(1, 2), padding=1, dilation=2, ceil_mode=True),
    "Dropout": lambda nn: nn.Dropout(),
    "Dropout in place": lambda nn: nn.Dropout(0.25, inplace=True),
    "Dropout2d": lambda nn: nn.Dropout2d(0.25),
    "Dropout1d": lambda nn: nn.Dropout1d(0.25),
    "Dropout3d in place": lambda nn: nn.Dropout3d(0.25, True),
    "Conv2d with a border that is mirrored": lambda nn: nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"),
    "Conv2d with 'same' and the far side": lambda nn: nn.Conv2d(1, 2, (3, 2), padding="same", padding_mode="circular"),
    "Identity": lambda nn: nn.Identity(54, told="anything"),
    "Unflatten": lambda nn: nn.Unflatten(1, (2, -1)),
    "Unfold": lambda nn: nn.Unfold(2, stride=2),
    "Fold": lambda nn: nn.Fold((4, 5), 2, padding=1),
    "Sigmoid": lambda nn: nn.Sigmoid(),
    "Tanh": lambda nn: nn.Tanh(),
    "Softmax": lambda nn: nn.Softmax(dim=1),
    "Softmax without dim": lambda nn: nn.Softmax(),
    "ReLU": lambda nn: nn.ReLU(),
    "ReLU in place": lambda nn: nn.ReLU(inplace=True),
    "LogSoftmax": lambda nn: nn.LogSoftmax(dim=1),
    "LogSoftmax without dim": lambda nn: nn.LogSoftmax(),
    "Flatten": lambda nn: nn.Flatten(),
    "Flatten with dims": lambda nn: nn.Flatten(0, 2),
    "AvgPool2d": lambda nn: nn.AvgPool2d(2),
    "AvgPool2d with options": lambda nn: nn.AvgPool2d((2, 3), 2, padding=1, ceil_mode=True, count_include_pad=False),
    "AdaptiveAvgPool2d": lambda nn: nn.AdaptiveAvgPool2d((3, None)),
    "AdaptiveAvgPool2d of one": lambda nn: nn.AdaptiveAvgPool2d(1),
    "BatchNorm1d": lambda nn: nn.BatchNorm1d(3),
    "BatchNorm1d without bias": lambda nn: nn.BatchNorm1d(3, bias=False, momentum=None),
    "BatchNorm2d": lambda nn: nn.BatchNorm2d(2, eps=1e-3, momentum=0.2),
    "BatchNorm2d without parameters": lambda nn: nn.BatchNorm2d(2, affine=False, track_running_stats=False),
    "L1Loss": lambda nn: nn.L1Loss(),
    "SmoothL1Loss": lambda nn: nn.SmoothL1Loss(beta=2.0),
    "BCELoss": lambda nn: nn.BCELoss(reduction="none"),
    "BCEWithLogitsLoss": lambda nn: nn.BCEWithLogitsLoss(),
    "MSELoss": lambda nn: nn.MSELoss(reduction="sum"),
    "NLLLoss": lambda nn: nn.NLLLoss(),
    "CrossEntropyLoss": lambda nn: nn.CrossEntropyLoss(),
    "CrossEntropyLoss with smoothing": lambda nn: nn.CrossEntropyLoss(label_smoothing=0.1),
}
PADDINGS = ["ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad"]
for _dims in (1, 2, 3):
    for _name in (f"{padding}{_dims}d" for padding in PADDINGS):
        _value = (1.5,) if "Constant" in _name else ()
        LAYERS[_name] = lambda nn, name=_name, value=_value: getattr(nn, name)(1, *value)
        LAYERS[f"{_name} of several widths"] = lambda nn, name=_name, dims=_dims, value=_value: getattr(nn, name)(
            (1, 2) * dims, *value
        )
LAYERS |= {
    "Unflatten to a list": lambda nn: nn.Unflatten(1, [2, 3]),
    "Conv2d with a list": lambda nn: nn.Conv2d(1, 6, [3, 3], stride=[1, 2]),
    "Conv2d with one padding": lambda nn: nn.Conv2d(1, 6, 3, padding=(1,)),
}
NOT_LAYERS = ("Module", "ModuleDict", "ModuleList", "Parameter", "Sequential")


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_prints_as_torch_prints_it(name):
    assert repr(LAYERS[name](minigrad.nn)) == repr(LAYERS[name](torch.nn))


@pytest.mark.parametrize(
    "make",
    [
        lambda nn: nn.Dropout(float("nan")),
        lambda nn: nn.Conv2d(1, 6, 3, stride=1.5),
        lambda nn: nn.Conv2d(1, 6, 3, stride=(1, 1.5), padding=None),
        lambda nn: nn.ZeroPad1d(1.5),
        lambda nn: nn.CircularPad2d(None),
    ],
)
def test_an_argument_that_is_refused_at_the_call_is_kept_until_then(make):
    assert repr(make(minigrad.nn)) == repr(make(torch.nn))


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_has_torchs_attributes(name):
    ours, theirs = LAYERS[name](minigrad.nn), LAYERS[name](torch.nn)
    fields = {k: v for k, v in vars(ours).items() if not k.startswith("_")}
    assert fields == {k: getattr(theirs, k, "missing") for k in fields}


INPUTS = {  # for layers of this rank; the others take images
    "1d": (2, 3, 5), "3d": (2, 2, 3, 4, 3), "Linear": (4, 3), "Unflatten": (2, 6), "Fold": (2, 4, 30),
}  # fmt: skip


@pytest.mark.parametrize("name", [n for n in LAYERS if "Loss" not in n and "weight" not in n])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_layer_computes_what_torchs_does(name, dtype):
    size = next((size for key, size in INPUTS.items() if key in name.split()[0]), None)

    def program(lib, x):
        lib.manual_seed(0)
        layer = LAYERS[name](lib.nn).to(dtype=getattr(lib, dtype))
        if size is None and hasattr(layer, "in_channels"):
            x = x.narrow(1, 0, layer.in_channels)
        return layer(x * 1)  # so that what works in place has something that may be overwritten

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a guessed dim; even kernels
        assert_parity(program, np.random.default_rng(0).standard_normal(size or (2, 2, 8, 9)).astype(dtype), scale=10)


def test_every_layer_that_minigrad_has_is_tested_here():
    layers = {
        name for name in minigrad.nn.__all__
        if isinstance(getattr(minigrad.nn, name), type) and name not in NOT_LAYERS
    }  # fmt: skip
    assert layers == {name.split()[0] for name in LAYERS}


# -- Weights

WEIGHTED = {
    "Linear": lambda lib: lib.nn.Linear(7, 5),
    "Linear of one": lambda lib: lib.nn.Linear(1, 1),
    "Linear without bias": lambda lib: lib.nn.Linear(7, 5, bias=False),
    "Linear in float64": lambda lib: lib.nn.Linear(7, 5, dtype=lib.float64),
    "Conv2d": lambda lib: lib.nn.Conv2d(3, 4, (3, 2)),
    "Conv2d without bias": lambda lib: lib.nn.Conv2d(3, 4, 3, bias=False),
    "Conv2d with groups": lambda lib: lib.nn.Conv2d(4, 6, 3, groups=2),
    "Conv2d in float64": lambda lib: lib.nn.Conv2d(1, 2, 3, dtype=lib.float64),
    "LeNet": lambda lib: (minigrad if lib is minigrad else torch_ref).models.LeNet(),
    "CNN": lambda lib: (minigrad if lib is minigrad else torch_ref).models.CNN(),
}


@pytest.mark.parametrize("name", WEIGHTED)
@pytest.mark.parametrize("seed", [0, 2**40 + 3])
def test_the_same_seed_gives_the_same_weights_to_the_bit_and_leaves_the_generator_at_the_same_place(name, seed):
    ours, theirs = (seeded(lib, WEIGHTED[name], seed) for lib in LIBRARIES)
    for parameter, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        same_bits(parameter, other)
    np.testing.assert_array_equal(minigrad.get_rng_state().numpy(), torch.get_rng_state().numpy())


@pytest.mark.parametrize("name", [name for name in WEIGHTED if "Linear" in name or "Conv" in name])
def test_reset_parameters_draws_the_weights_anew(name):
    layers = [seeded(lib, WEIGHTED[name]) for lib in LIBRARIES]
    before = layers[0].weight.tolist()
    for layer in layers:
        layer.reset_parameters()
    assert before != layers[0].weight.tolist()
    same_bits(layers[0].weight, layers[1].weight)


@BOTH
def test_the_default_dtype_at_construction_is_the_dtype_of_the_weights(lib):
    lib.set_default_dtype(lib.float64)
    layers = lib.nn.Linear(2, 2), lib.nn.Conv2d(1, 1, 1)
    lib.set_default_dtype(lib.float32)
    assert all(layer.weight.dtype is lib.float64 and layer.bias.dtype is lib.float64 for layer in layers)


@BOTH
@pytest.mark.parametrize("layer", ["Linear", "Conv2d"])
def test_a_layer_without_bias_has_none(lib, layer):
    made = getattr(lib.nn, layer)(2, 2, **({"kernel_size": 1} if layer == "Conv2d" else {}), bias=False)
    assert made.bias is None and list(made.state_dict()) == ["weight"]


# -- Forward and backward


@given(st.data(), st.booleans(), st.integers(1, 5), st.integers(1, 5))
def test_linear_agrees_with_torch(data, bias, width, outputs):
    shape = data.draw(st.sampled_from([(width,), (3, width), (0, width), (2, 3, width), (2, 0, 1, width)]))
    x = data.draw(arrays(shape, np.float32))
    assert_layer_parity(lambda lib: lib.nn.Linear(width, outputs, bias=bias), x, seed=width)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@given(
    st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3)), st.integers(1, 2),
    st.sampled_from([0, 1, (2, 1), "same", "valid"]), st.sampled_from([1, (1, 2)]), st.sampled_from([1, 2]),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_conv2d_agrees_with_torch(images, kernel, stride, padding, dilation, groups, bias, batched):
    if padding == "same":
        stride = 1
    shape = (images, 2, 7, 8) if batched else (2, 7, 8)
    x = np.random.default_rng(images).standard_normal(shape).astype(np.float32)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "bias": bias}
    assert_layer_parity(lambda lib: lib.nn.Conv2d(2, 4, kernel, **options), x)


@given(arrays((2, 3, 6, 5), np.float32, "ties"), st.sampled_from([2, (3, 2)]), st.sampled_from([None, 1, (2, 3)]),
       st.integers(0, 1), st.integers(1, 2), st.booleans())  # fmt: skip
def test_max_pool2d_agrees_with_torch(x, kernel, stride, padding, dilation, ceil_mode):
    options = {"stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    assert_layer_parity(lambda lib: lib.nn.MaxPool2d(kernel, **options), x)


def test_max_pool2d_returns_the_indices_when_asked():
    x = np.random.default_rng(0).standard_normal((2, 3, 6, 6)).astype(np.float32)
    assert_parity(lambda lib, x: lib.nn.MaxPool2d(2, return_indices=True)(x), x)


@pytest.mark.parametrize("name", ["ReLU", "LogSoftmax", "Flatten"])
def test_layers_without_weights_agree_with_torch(name):
    make = {"ReLU": LAYERS["ReLU"], "LogSoftmax": LAYERS["LogSoftmax"], "Flatten": LAYERS["Flatten"]}[name]
    x = np.random.default_rng(0).integers(-2, 3, (3, 4, 2)).astype(np.float64)
    assert_parity(lambda lib, x: make(lib.nn)(x), x)


@given(arrays((2, 3, 4, 1), np.float64), st.sampled_from([(0, -1), (1, 2), (-2, -1), (2, 2)]))
def test_flatten_agrees_with_torch_between_any_dims(x, dims):
    assert_parity(lambda lib, x: lib.nn.Flatten(*dims)(x), x)


def test_an_inplace_relu_writes_into_its_input_and_its_gradient_is_right():
    x = np.random.default_rng(0).standard_normal((3, 4))

    def program(lib: Any, x: Any) -> Any:
        hidden = x * 2
        output = lib.nn.ReLU(inplace=True)(hidden)
        assert output is hidden
        return output * 3

    assert_parity(program, x)


@given(st.data(), st.sampled_from(["mean", "sum", "none"]))
def test_mse_loss_agrees_with_torch(data, reduction):
    x, y = data.draw(arrays((3, 4), np.float32)), data.draw(arrays((3, 4), np.float32))
    assert_parity(lambda lib, x, y: lib.nn.MSELoss(reduction=reduction)(x, y), x, y, scale=100)


@given(st.data(), st.sampled_from(["NLLLoss", "CrossEntropyLoss"]), st.sampled_from(["mean", "sum", "none"]),
       st.booleans(), st.sampled_from([-100, 1]))  # fmt: skip
def test_losses_of_labels_agree_with_torch(data, name, reduction, weighted, ignore):
    x, y = data.draw(arrays((4, 3), np.float64)), data.draw(labels(4, 3))

    def program(lib: Any, x: Any, y: Any) -> Any:
        weight = lib.tensor([1.0, 2.0, 0.5], dtype=lib.float64) if weighted else None
        return getattr(lib.nn, name)(weight, reduction=reduction, ignore_index=ignore)(x, y)

    if (y != ignore).any():
        assert_parity(program, x, y, scale=10)


@BOTH
def test_the_weights_of_a_loss_are_a_buffer(lib):
    loss = lib.nn.CrossEntropyLoss(lib.ones(3))
    assert list(loss.state_dict()) == ["weight"] and not list(loss.parameters())
    assert loss.double().weight.dtype is lib.float64 and not lib.nn.NLLLoss().state_dict()


# -- Dropout


@given(st.sampled_from(["Dropout", "Dropout2d"]), PROBABILITIES, st.integers(0, 2**32), st.booleans(),
       arrays((2, 3, 4, 5), kind="positive"))  # fmt: skip
def test_the_same_seed_drops_the_same(name, p, seed, inplace, x):
    def program(lib: Any, x: Any) -> Any:
        lib.manual_seed(seed)
        layer = getattr(lib.nn, name)(p, inplace)
        return layer(x * 1), layer(x * 2), lib.rand(1)

    assert_parity(program, x)


@BOTH
@pytest.mark.parametrize("name", ["Dropout", "Dropout2d"])
def test_dropout_does_nothing_and_draws_nothing_in_evaluation(lib, name):
    layer, x = getattr(lib.nn, name)(0.5).eval(), lib.ones(2, 3, 4, 4)
    before = lib.get_rng_state().tolist()
    assert layer(x).tolist() == x.tolist() and lib.get_rng_state().tolist() == before
    assert layer.train()(x).tolist() != x.tolist()


@BOTH
def test_what_dropout_keeps_grows_by_the_share_that_it_drops(lib):
    y = lib.nn.Dropout(0.75)(lib.ones(1000))
    assert sorted(set(y.tolist())) == [0, 4] and 0.8 < y.mean().item() < 1.2


@BOTH
def test_dropout2d_drops_whole_channels(lib):
    y = lib.nn.Dropout2d(0.5)(lib.ones(4, 8, 3, 3))
    channels = y.view(32, 9).tolist()
    assert all(len(set(channel)) == 1 for channel in channels) and {channel[0] for channel in channels} == {0, 2}


@BOTH
def test_dropout_in_place_writes_into_its_input(lib):
    x = lib.ones(50)
    assert lib.nn.Dropout(0.5, inplace=True)(x) is x and 0 in x.tolist()


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 3)])
def test_dropout_takes_any_shape(shape):
    def program(lib: Any, x: Any) -> Any:
        lib.manual_seed(1)
        return lib.nn.Dropout(0.5)(x)

    assert_parity(program, np.ones(shape))


# -- The two networks


@pytest.mark.parametrize("name, side", [("LeNet", 32), ("CNN", 28)])
def test_a_network_from_a_seed_gives_torchs_scores_and_gradients(name, side):
    x = np.random.default_rng(0).standard_normal((2, 1, side, side)).astype(np.float32)
    assert_layer_parity(WEIGHTED[name], x, seed=3)


# -- Errors

ERRORS = {
    "no groups": lambda lib: lib.nn.Conv2d(4, 4, 3, groups=0),
    "channels that groups do not divide": lambda lib: lib.nn.Conv2d(3, 4, 3, groups=2),
    "outputs that groups do not divide": lambda lib: lib.nn.Conv2d(4, 3, 3, groups=2),
    "an unknown padding": lambda lib: lib.nn.Conv2d(1, 1, 3, padding="some"),
    "strided 'same'": lambda lib: lib.nn.Conv2d(1, 1, 3, stride=2, padding="same"),
    "strided 'same' in one direction": lambda lib: lib.nn.Conv2d(1, 1, 3, stride=(1, 2), padding="same"),
    "a probability above one": lambda lib: lib.nn.Dropout(1.5),
    "a size that is a number": lambda lib: lib.nn.Unflatten(1, 6),
    "a size of texts": lambda lib: lib.nn.Unflatten(1, (2, "x")),
    "a size of fractions": lambda lib: lib.nn.Unflatten(1, [2, 3.0]),
    "a row to pad on a ring": lambda lib: lib.nn.CircularPad1d(1)(lib.ones(3)),
    "an image to pad on a ring": lambda lib: lib.nn.CircularPad1d(1)(lib.ones(1, 1, 3, 3)),
    "a row to pad on a torus": lambda lib: lib.nn.CircularPad2d(1)(lib.ones(3)),
    "a plane to pad as a volume": lambda lib: lib.nn.CircularPad3d(1)(lib.ones(3, 3)),
    "a negative probability": lambda lib: lib.nn.Dropout2d(-0.5),
    "wrong channels": lambda lib: lib.nn.Conv2d(3, 6, 3)(lib.ones(1, 1, 32, 32)),
    "too large a kernel": lambda lib: lib.nn.Conv2d(1, 6, 5)(lib.ones(1, 1, 3, 3)),
    "another dtype": lambda lib: lib.nn.Conv2d(1, 6, 3)(lib.ones(1, 1, 5, 5).double()),
    "a width that does not fit": lambda lib: lib.nn.Linear(576, 120)(lib.ones(1, 784)),
    "a vector that does not fit": lambda lib: lib.nn.Linear(3, 2)(lib.ones(4)),
    "a linear layer of another dtype": lambda lib: lib.nn.Linear(3, 2)(lib.ones(1, 3).double()),
    "too few dimensions to pool": lambda lib: lib.nn.MaxPool2d(2)(lib.ones(4, 4)),
    "too large a window": lambda lib: lib.nn.MaxPool2d(5)(lib.ones(1, 1, 3, 3)),
    "too much padding to pool": lambda lib: lib.nn.MaxPool2d(2, padding=2)(lib.ones(1, 1, 6, 6)),
    "an unknown reduction": lambda lib: lib.nn.MSELoss(reduction="most")(lib.ones(1), lib.ones(1)),
    "a label out of range": lambda lib: lib.nn.CrossEntropyLoss()(lib.ones(1, 3), lib.tensor([3])),
    "too few labels": lambda lib: lib.nn.CrossEntropyLoss()(lib.ones(2, 3), lib.tensor([1])),
    "wrong dims to flatten": lambda lib: lib.nn.Flatten(2, 1)(lib.ones(1, 2, 3)),
    "a vector to flatten": lambda lib: lib.nn.Flatten(2)(lib.ones(3)),
    "a vector for dropout2d": lambda lib: lib.nn.Dropout2d(0.5)(lib.ones(3)),
}


@pytest.mark.filterwarnings("ignore:dropout2d")
@pytest.mark.parametrize("name", ERRORS)
def test_a_mistake_is_answered_in_torchs_words(name):
    (ours, our_text), (theirs, their_text) = (error_of(ERRORS[name], lib) for lib in LIBRARIES)
    assert theirs is not None and ours is theirs, f"minigrad: {our_text}\ntorch: {their_text}"
    first = their_text.split("\n")[0]
    assert our_text.startswith(first[:40]), f"minigrad: {our_text}\ntorch: {their_text}"
