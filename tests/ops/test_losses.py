"""Activations, losses and dropout: torch's values, gradients and graphs."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity import LIBRARIES, assert_parity, assert_same_error
from stories import assert_same_story
from strategies import FLOATS, arrays, broadcastable, labels, shapes

REDUCTIONS = st.sampled_from(["mean", "sum", "none"])


@given(arrays())
def test_relu(x):
    assert_parity(lambda lib, x: (lib.relu(x), lib.nn.functional.relu(x), x.relu()), x)


def test_relu_at_zero_has_slope_zero_and_keeps_nan():
    assert_parity(lambda lib, x: x.relu(), np.array([0.0, -0.0, np.nan, np.inf, -np.inf]))


def test_relu_of_an_infinite_gradient_is_not_nan():
    for lib in LIBRARIES:
        x = lib.tensor([-1.0, 1.0], requires_grad=True)
        x.relu().backward(lib.tensor([float("inf"), float("inf")]))
        assert x.grad.tolist() == [0, float("inf")]


@given(arrays(), st.data())
def test_log_softmax(x, data):
    dim = data.draw(st.integers(-max(x.ndim, 1), max(x.ndim, 1) - 1))
    assert_parity(lambda lib, x: lib.nn.functional.log_softmax(x, dim), x, scale=10)


def test_log_softmax_of_large_numbers_does_not_overflow():
    assert_parity(lambda lib, x: lib.nn.functional.log_softmax(x, 1), np.array([[1000.0, 0.0], [-1000.0, 1000.0]]))


@given(arrays(shapes(min_dims=1)), st.data())
def test_log_softmax_twice_changes_nothing(x, data):
    def program(lib, x):
        once = lib.nn.functional.log_softmax(x, -1)
        return lib.nn.functional.log_softmax(once, -1), once

    assert_parity(program, x, scale=10)


@given(broadcastable(), REDUCTIONS, st.booleans())
def test_mse_loss(pair, reduction, needs_target):
    def program(lib, x, y):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return lib.nn.functional.mse_loss(x, y, reduction=reduction)

    assert_parity(program, *pair, requires_grad=(True, needs_target), scale=100)


@pytest.mark.parametrize("lib", LIBRARIES)
def test_mse_loss_warns_when_shapes_differ(lib):
    with pytest.warns(UserWarning, match="Using a target size"):
        lib.nn.functional.mse_loss(lib.ones(3, 4), lib.ones(4))


@given(st.integers(0, 5), st.integers(1, 5), FLOATS, REDUCTIONS, st.booleans(), st.booleans(), st.data())
def test_nll_loss_and_cross_entropy(N, C, dtype, reduction, weighted, ignoring, data):
    x, y = data.draw(arrays((N, C), dtype)), data.draw(labels(N, C))
    w = data.draw(arrays((C,), dtype, kind="positive"))
    ignore = 0 if ignoring else -100

    def program(lib, x, y, w):
        options = {"reduction": reduction, "ignore_index": ignore, "weight": w if weighted else None}
        F = lib.nn.functional
        return F.nll_loss(x, y, **options), F.cross_entropy(x, y, **options)

    assert_parity(program, x, y, w, requires_grad=(True, False, False), scale=20)


@given(st.integers(1, 5), FLOATS, REDUCTIONS, st.data())
def test_cross_entropy_of_one_item_without_a_batch(C, dtype, reduction, data):
    x, y = data.draw(arrays((C,), dtype)), np.array(data.draw(st.integers(0, C - 1)))
    assert_parity(lambda lib, x, y: lib.nn.functional.cross_entropy(x, y, reduction=reduction), x, y, scale=20)


def test_cross_entropy_of_ignored_labels_has_torchs_gradient():
    x = np.random.default_rng(0).standard_normal((3, 4))
    assert_parity(lambda lib, x: lib.nn.functional.cross_entropy(x, lib.full((3,), -100)), x)
    no_weight = np.zeros(4)
    assert_parity(lambda lib, x, w: lib.nn.functional.cross_entropy(x, lib.tensor([1, 2, 3]), w.detach()), x, no_weight)


FLAGS = [{"reduce": False}, {"size_average": False}, {"size_average": True}, {"reduce": True}]


@pytest.mark.parametrize("flags", FLAGS)
def test_the_flags_of_old_are_obeyed_with_a_warning(flags):
    def program(lib, x):
        F = lib.nn.functional
        with pytest.warns(UserWarning, match="size_average and reduce args will be deprecated"):
            losses = [F.mse_loss(x, x * 2, **flags), F.nll_loss(x, lib.tensor([1, 0]), **flags)]
        with pytest.warns(UserWarning, match="please use reduction="):
            return *losses, lib.nn.MSELoss(**flags)(x, x * 3), F.cross_entropy(x, lib.tensor([1, 0]), **flags)

    assert_parity(program, np.random.default_rng(0).standard_normal((2, 2)))


def test_second_derivatives_of_the_losses_are_torchs():
    def program(lib, x, y):
        F = lib.nn.functional
        results = []
        for loss in (
            F.cross_entropy(x, lib.tensor([1, 0])),
            F.mse_loss(x, y),
            (F.log_softmax(x, 1).relu() + x.relu() ** 3).sum(),
        ):
            (gx,) = lib.autograd.grad(loss, x, create_graph=True)
            results += lib.autograd.grad((gx**2).sum(), x)
        return results

    random = np.random.default_rng(0)
    assert_parity(program, random.standard_normal((2, 3)), random.standard_normal((2, 3)), backward=False, scale=10)


@given(arrays(shapes(min_dims=2)), st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.booleans(), st.integers(0, 2**40))
def test_dropout_draws_torchs_mask(x, p, training, seed):
    def program(lib, x):
        lib.manual_seed(seed)
        F = lib.nn.functional
        outputs = [F.dropout(x, p, training)]
        if x.ndim == 4:
            outputs.append(F.dropout2d(x, p, training))
        return outputs

    assert_parity(program, x)


@pytest.mark.parametrize("lib", LIBRARIES)
def test_dropout_that_drops_nothing_returns_the_input_itself(lib):
    x = lib.ones(1, 2, 3, 3)
    F = lib.nn.functional
    assert F.dropout(x, 0.5, training=False) is x and F.dropout2d(x, 0.5, False) is x


# -- Losses of scores of any rank, label smoothing, probabilities, weights


@st.composite
def classified(draw):
    """Scores (N, C, d₁, …), labels (N, d₁, …), some of them to ignore, and class weights."""
    N, C = draw(st.integers(0, 3)), draw(st.integers(1, 4))
    places = draw(shapes(max_dims=3, max_side=3))
    dtype = draw(FLOATS)
    x, w = draw(arrays((N, C, *places), dtype)), draw(arrays((C,), dtype, kind="positive"))
    x = np.ascontiguousarray(x)  # of others torch's nll_loss of images has no gradient
    count = int(np.prod((N, *places)))
    y = draw(labels(count, C)).reshape((N, *places))
    y[np.random.default_rng(draw(st.integers(0, 99))).random(y.shape) < draw(st.sampled_from([0, 0.3, 1]))] = -100
    return x, y, w


@given(classified(), REDUCTIONS, st.booleans(), st.sampled_from([0.0, 0.1, 1.0]))
def test_losses_of_scores_of_any_rank(case, reduction, weighted, smoothing):
    x, y, w = case

    def program(lib, x, y, w):
        F, weight = lib.nn.functional, w if weighted else None
        losses = [F.cross_entropy(x, y, weight, reduction=reduction, label_smoothing=smoothing)]
        return [*losses, F.nll_loss(x, y, weight, reduction=reduction)]

    assert_parity(program, x, y, w, requires_grad=(True, False, False), scale=50)


@given(classified(), REDUCTIONS, st.booleans(), st.sampled_from([0.0, 0.1, 1.0]), st.booleans())
def test_cross_entropy_with_probabilities(case, reduction, weighted, smoothing, learned):
    x, _, w = case
    if not x.size:
        return  # torch's graph is another one then

    def program(lib, x, p, w):
        options = {"reduction": reduction, "label_smoothing": smoothing, "weight": w if weighted else None}
        return lib.nn.functional.cross_entropy(x, p, **options)

    p = np.abs(x) / 3
    learned = learned and not smoothing  # the graph of smoothed targets has numbers in it, under other names
    assert_parity(program, x, p.astype(x.dtype), w, requires_grad=(True, learned, False), scale=50)


@given(st.integers(1, 4), FLOATS, REDUCTIONS, st.sampled_from([0.0, 0.2]), st.booleans(), st.data())
def test_losses_of_one_item_without_a_batch(C, dtype, reduction, smoothing, weighted, data):
    x, w = data.draw(arrays((C,), dtype)), data.draw(arrays((C,), dtype, kind="positive"))
    y = np.array(data.draw(st.sampled_from([*range(C), -100])))

    def program(lib, x, y, w):
        options = {"reduction": reduction, "weight": w if weighted else None}
        F = lib.nn.functional
        return F.cross_entropy(x, y, label_smoothing=smoothing, **options), F.nll_loss(x, y, **options)

    assert_parity(program, x, y, w, requires_grad=(True, False, False), scale=50)


@given(arrays(shapes(max_dims=3)), REDUCTIONS, st.booleans(), st.booleans())
def test_weighted_mse_loss(x, reduction, learned_target, learned_weight):
    def program(lib, x, y, w):
        return lib.nn.functional.mse_loss(x, y, weight=w, reduction=reduction)

    arguments = x, np.asarray(x * 2 + 1, x.dtype), np.asarray(np.abs(x) + 0.5, x.dtype)
    assert_parity(program, *arguments, requires_grad=(True, learned_target, learned_weight), scale=100)


LOSSES = {
    "ignore_index 0": lambda lib, x: lib.nn.functional.cross_entropy(x, lib.tensor([0, 1, 0]), ignore_index=0),
    "ignore_index, smooth": lambda lib, x: lib.nn.functional.cross_entropy(
        x, lib.tensor([0, 1, 2]), ignore_index=1, label_smoothing=0.2
    ),
    "ignore_index, smooth, none": lambda lib, x: lib.nn.functional.cross_entropy(
        x, lib.tensor([0, 1, 2]), ignore_index=1, label_smoothing=0.2, reduction="none"
    ),
    "ignore_index, smooth, weighted": lambda lib, x: lib.nn.functional.cross_entropy(
        x, lib.tensor([0, 1, 2]), lib.tensor([1.0, 2, 3, 4], dtype=x.dtype), ignore_index=1, label_smoothing=0.2
    ),
    "all ignored": lambda lib, x: lib.nn.functional.cross_entropy(x, lib.full((3,), -100), label_smoothing=0.1),
    "all ignored, sum": lambda lib, x: lib.nn.functional.nll_loss(x, lib.full((3,), -100), reduction="sum"),
    "uint8 labels": lambda lib, x: lib.nn.functional.nll_loss(x, lib.tensor([0, 1, 2]).byte()),
    "a weight": lambda lib, x: lib.nn.functional.cross_entropy(x, lib.tensor([0, 1, 2]), x[0].detach().abs()),
    "infinite scores": lambda lib, x: lib.nn.functional.cross_entropy(x * float("inf"), lib.tensor([0, 1, 2])),
    "nan": lambda lib, x: lib.nn.functional.cross_entropy(x * float("nan"), lib.tensor([0, 1, 2])),
    "probabilities of no class": lambda lib, x: lib.nn.functional.cross_entropy(x[:, :0], x[:, :0].detach()).detach(),
    "mse of nothing": lambda lib, x: lib.nn.functional.mse_loss(x[:0], x[:0]),
    "mse with itself": lambda lib, x: lib.nn.functional.mse_loss(x, x),
    "mse of two dtypes": lambda lib, x: lib.nn.functional.mse_loss(x, x.detach().double() * 2),
    "turned scores": lambda lib, x: lib.nn.functional.cross_entropy(x[:, :3].t(), lib.tensor([0, 1, 2])),
    "softmax in float64": lambda lib, x: lib.nn.functional.softmax(x, 1, dtype=lib.float64),
    "log_softmax of integers in float32": lambda lib, x: lib.nn.functional.log_softmax(x.long(), 1, dtype=lib.float32),
    "sigmoid of integers": lambda lib, x: (x.long().sigmoid(), x.long().tanh(), lib.nn.functional.tanh(x)),
}


@pytest.mark.parametrize("program", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_losses_and_activations_in_their_corners(program, dtype):
    assert_parity(program, np.random.default_rng(0).standard_normal((3, 4)).astype(dtype), scale=10)


@given(arrays(), st.sampled_from(["sigmoid", "tanh"]))
def test_sigmoid_and_tanh(x, name):
    assert_parity(lambda lib, x: (getattr(lib, name)(x), getattr(x, name)(), getattr(x * 1, name + "_")()), x)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_far_out(name, dtype):
    x = np.array([0.0, -0.0, 1e-30, 20, -20, 90, -90, 750, -750, np.inf, -np.inf, np.nan], dtype)
    assert_parity(lambda lib, x: getattr(lib, name)(x), x)


@given(arrays(), st.data())
def test_softmax(x, data):
    dim = data.draw(st.integers(-max(x.ndim, 1), max(x.ndim, 1) - 1))
    assert_parity(lambda lib, x: (lib.softmax(x, dim), x.softmax(dim), lib.nn.functional.softmax(x, dim)), x)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4), (2, 3, 4, 5)])
def test_a_softmax_without_a_dim_guesses_one_and_warns(name, shape):
    def story(lib, see):
        see(getattr(lib.nn.functional, name)(lib.from_numpy(np.random.default_rng(0).standard_normal(shape))))

    assert_same_story(story, words=12)


@pytest.mark.parametrize("name", ["dropout", "dropout1d", "dropout2d", "dropout3d"])
@pytest.mark.parametrize("shape", [(), (4,), (3, 4), (2, 3, 4), (2, 3, 4, 2), (2, 2, 2, 2, 2), (0, 3, 4), (2, 2) * 3])
def test_every_dropout_of_every_rank(name, shape):
    def story(lib, see):
        drop = getattr(lib.nn.functional, name)
        for options in ({}, {"p": 0.0}, {"p": 1.0}, {"training": False}, {"inplace": True}):
            lib.manual_seed(1)
            x = lib.ones(shape, requires_grad=True)
            y = x * 1
            see.error(lambda y=y, options=options: drop(y, **options))
            see(y)
            if y.requires_grad:
                see.error(lambda y=y, options=options: drop(y, **options).sum().backward())
                see(x.grad)

    assert_same_story(story, words=12)


BAD = [
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.tensor([1, 2, 4])),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.tensor([1, 2, -1])),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.tensor([1, 2])),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.tensor([1.0, 2, 3])),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.tensor([1, 2, 3]).int()),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.tensor([[1, 2, 3]])),
    lambda lib: lib.nn.functional.nll_loss(lib.zeros(3, 4), lib.tensor([1, 2])),
    lambda lib: lib.nn.functional.nll_loss(lib.zeros(3, 4), lib.tensor([1, 2, 3]), reduction="foo"),
    lambda lib: lib.nn.functional.mse_loss(lib.zeros(3, 4), lib.zeros(3, 4), reduction="foo"),
    lambda lib: lib.nn.functional.mse_loss(lib.zeros(2).long(), lib.zeros(2).long()),
    lambda lib: lib.nn.functional.log_softmax(lib.zeros(3, 4), 2),
    lambda lib: lib.nn.functional.log_softmax(lib.zeros(3, 4).long(), 1),
    lambda lib: lib.nn.functional.dropout(lib.zeros(3), 1.5),
    lambda lib: lib.nn.functional.dropout2d(lib.zeros(3, 3, 3, 3), -1),
    lambda lib: lib.relu(lib.tensor([True])),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.tensor([[1], [2], [3]])),
    lambda lib: lib.nn.functional.nll_loss(lib.zeros(3, 4), lib.tensor([[1], [2], [3]])),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.tensor([1, 2, 3]), lib.ones(5)),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.tensor([1, 2, 3]), lib.ones(4).double()),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(4), lib.tensor([1, 2])),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.tensor(1)),
    lambda lib: lib.nn.functional.linear(lib.tensor(1.0), lib.ones(2, 1)),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.tensor([1, 2, 3]), label_smoothing=1.5),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.zeros(3, 4).long()),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.zeros(3, 4), ignore_index=1),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.zeros(3, 4), lib.ones(3)),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 4), lib.zeros(3, 4), label_smoothing=2.0),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(2, 3, 4), lib.zeros(2, 5).long()),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(2, 3, 4, 5), lib.zeros(2, 4).long()),
    lambda lib: lib.nn.functional.cross_entropy(lib.zeros(2, 3, 4, 5), lib.zeros(2, 4, 4).long()),
    lambda lib: lib.nn.functional.nll_loss(lib.zeros(2, 3, 4, 5), lib.zeros(3, 4, 5).long()),
    lambda lib: lib.nn.functional.nll_loss(lib.zeros(2, 3, 4, 5), lib.full((2, 4, 5), 3)),
    lambda lib: lib.nn.functional.nll_loss(lib.zeros(2, 3, 4, 5), lib.zeros(2, 4, 5).long(), lib.ones(4)),
    lambda lib: lib.nn.functional.nll_loss(lib.zeros(2, 3, 4, 5, 6), lib.zeros(2, 4, 5, 7).long()),
    lambda lib: lib.nn.functional.nll_loss(lib.tensor(1.0), lib.tensor(0)),
    lambda lib: lib.nn.functional.mse_loss(lib.zeros(3), lib.zeros(3), weight=lib.ones(2)),
    lambda lib: lib.nn.functional.mse_loss(lib.zeros(3), lib.zeros(3), reduction="foo", weight=lib.ones(3)),
    lambda lib: lib.nn.functional.softmax(lib.zeros(3).long(), 0),
    lambda lib: lib.nn.functional.softmax(lib.zeros(3, 2).long(), 0),
    lambda lib: lib.nn.functional.softmax(lib.zeros(3), 1),
    lambda lib: lib.nn.functional.dropout1d(lib.zeros(3)),
    lambda lib: lib.nn.functional.dropout1d(lib.zeros(3, 3), 2.0),
    lambda lib: lib.nn.functional.dropout3d(lib.zeros(3, 3), -0.5),
    lambda lib: lib.zeros(2).long().sigmoid_(),
]


@pytest.mark.parametrize("program", BAD)
def test_bad_arguments_raise_torchs_error(program):
    assert_same_error(program, words=6)


def permuted(lib, *order):
    sizes = (2, 2, 3, 2)
    x = lib.arange(24.0).view([sizes[dim] for dim in order]).permute([order.index(dim) for dim in range(4)])
    return x.requires_grad_(), lib.zeros(2, 3, 2, dtype=lib.int64)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (1, 0, 2, 3), (0, 1, 3, 2)], ids=str)
@pytest.mark.parametrize("loss", ["nll_loss", "cross_entropy"])
def test_scores_of_images_in_another_memory_order(order, loss):
    def story(lib, see):
        for reduction in ("mean", "none"):
            x, labels = permuted(lib, *order)
            see.error(getattr(lib.nn.functional, loss)(x, labels, reduction=reduction).sum().backward)
            see(x.grad, None if x.grad is None else x.grad.stride())
        see(lib.log_softmax(x, 1).stride(), lib.softmax(x, 2).stride())

    assert_same_story(story)


def test_a_loss_of_a_beta_that_is_no_number_is_refused():
    for beta in (float("nan"), -1.0):
        assert_same_error(lambda lib: lib.nn.functional.smooth_l1_loss(lib.ones(2), lib.ones(2), beta=beta))  # noqa: B023


@pytest.mark.parametrize("classes", [2, 2.0, True, "2", None, -1], ids=repr)
def test_one_hot_counts_classes_in_whole_numbers(classes):
    def story(lib, see):
        see.error(lambda: lib.nn.functional.one_hot(lib.tensor([0, 1]), classes))

    assert_same_story(story, words=9)


ZEROS = [-0.0, 0.0, -1.0, float("nan"), 2.0, -0.0, 0.0] * 5
KEEPING_SIGNS = {
    "relu": lambda lib, x: x.relu(), "relu_": lambda lib, x: x.clone().relu_(),
    "F.relu": lambda lib, x: lib.nn.functional.relu(x), "clamp": lambda lib, x: x.clamp(0, 1),
    "clamp at least": lambda lib, x: x.clamp(min=0.0), "clamp at most": lambda lib, x: x.clamp(max=-0.0),
    "max_pool2d": lambda lib, x: lib.nn.functional.max_pool2d(x.reshape(1, 5, -1), 2),
    "relu of every second": lambda lib, x: x[::2].relu(), "relu of one": lambda lib, x: x[0].relu(),
    "clamp of one": lambda lib, x: x[0].clamp(0, 1),
}  # fmt: skip


@pytest.mark.parametrize("program", KEEPING_SIGNS.values(), ids=KEEPING_SIGNS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_zero_keeps_its_sign(program, dtype):
    if program is KEEPING_SIGNS["max_pool2d"]:
        numbers = [x for x in ZEROS if x == x]
    else:
        numbers = ZEROS
    ours, theirs = (repr(program(lib, lib.tensor(numbers, dtype=getattr(lib, dtype)))) for lib in LIBRARIES)
    assert ours == theirs
