"""Second derivatives: of every operation torch's value, and torch's graph behind the gradient.

The first derivative of y = f(x), for a gradient g of y, is a function of x and of g, and has a graph of its own. What
torch's fused backward operations are called in it (`SigmoidBackwardBackward0`), ours are called too.
"""

from typing import Any

import numpy as np
import pytest
from parity import LIBRARIES, assert_close, graph_of, tensor_from

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
SEED = np.random.default_rng(0)


def normal(*shape: int) -> np.ndarray:
    return SEED.standard_normal(shape)


def positive(*shape: int) -> np.ndarray:
    return np.abs(SEED.standard_normal(shape)) + 0.5


A, B, P, Q = normal(2, 3), normal(2, 3), positive(2, 3), positive(2, 3)
V, W = normal(3), positive(3)
TIES = np.array([[1.0, 1.0, 0.0], [0.0, -1.0, -1.0]])
CUBE, IMAGE = normal(2, 3, 4), normal(2, 2, 5, 4)
S = np.array(0.7)

CASES: dict[str, tuple[Any, ...]] = {
    # arithmetic
    "add": (lambda lib, x, y: x + y, A, B),
    "add, broadcast": (lambda lib, x, y: x + y, A, V),
    "add, alpha": (lambda lib, x, y: lib.add(x, y, alpha=2), A, B),
    "add a number": (lambda lib, x: x + 1, A),
    "sub": (lambda lib, x, y: x - y, A, B),
    "sub, alpha": (lambda lib, x, y: lib.sub(x, y, alpha=3), A, B),
    "rsub": (lambda lib, x: 1 - x, A),
    "rsub, alpha": (lambda lib, x: lib.rsub(x, 1, alpha=2), A),
    "mul": (lambda lib, x, y: x * y, A, B),
    "mul, broadcast": (lambda lib, x, y: x * y, A, V),
    "mul by a scalar tensor": (lambda lib, x, y: x * y, A, S),
    "mul by a number": (lambda lib, x: x * 3, A),
    "mul by itself": (lambda lib, x: x * x, A),
    "div": (lambda lib, x, y: x / y, A, P),
    "div by a number": (lambda lib, x: x / 3, A),
    "a number by x": (lambda lib, x: 3 / x, P),
    "div, floor": (lambda lib, x, y: lib.div(x, y, rounding_mode="floor") + x * x, A, P),
    "remainder": (lambda lib, x, y: lib.remainder(x, y), A, P),
    "remainder by a number": (lambda lib, x: x % 0.4, A),
    "neg": (lambda lib, x: -x, A),
    "reciprocal": (lambda lib, x: x.reciprocal(), P),
    # elementwise
    "exp": (lambda lib, x: x.exp(), A),
    "log": (lambda lib, x: x.log(), P),
    "sqrt": (lambda lib, x: x.sqrt(), P),
    "square": (lambda lib, x: x.square(), A),
    "power 2": (lambda lib, x: x**2, A),
    "power 3": (lambda lib, x: x**3, A),
    "power 1": (lambda lib, x: x**1, A),
    "power 0": (lambda lib, x: x**0 + x, A),
    "power 0.5": (lambda lib, x: x**0.5, P),
    "power -1": (lambda lib, x: x**-1, P),
    "power -2": (lambda lib, x: x**-2, P),
    "power 1.5": (lambda lib, x: x**1.5, P),
    "tensor to a tensor": (lambda lib, x, y: x**y, P, Q),
    "tensor to a fixed tensor": (lambda lib, x, y: x ** y.detach(), P, Q),
    "number to a tensor": (lambda lib, x: 2**x, A),
    "abs": (lambda lib, x: x.abs(), A),
    "sin": (lambda lib, x: x.sin(), A),
    "cos": (lambda lib, x: x.cos(), A),
    "sign": (lambda lib, x: x.sign() + x, A),
    # choosing
    "where": (lambda lib, x, y: lib.where(x > 0, x, y), A, B),
    "where, a number": (lambda lib, x: lib.where(x > 0, x, 0.0), A),
    "where, broadcast": (lambda lib, x, y: lib.where(x > 0, x * x, y), A, V),
    "masked_fill": (lambda lib, x: x.masked_fill(x > 0, 2.0), A),
    "masked_fill, a tensor": (lambda lib, x, y: x.masked_fill(x > 0, y), A, S),
    "clamp": (lambda lib, x: x.clamp(-0.5, 0.5), A),
    "clamp, min": (lambda lib, x: x.clamp(min=0), A),
    "clamp, max": (lambda lib, x: x.clamp(max=0), A),
    "clamp by tensors": (lambda lib, x, y, z: x.clamp(y, z), A, -P, Q),
    "clamp by a tensor": (lambda lib, x, y: x.clamp(y), A, B),
    "clamp by a largest tensor": (lambda lib, x, y: x.clamp(max=y), A, B),
    "maximum": (lambda lib, x, y: lib.maximum(x, y), A, B),
    "maximum, ties": (lambda lib, x, y: lib.maximum(x, y), TIES, TIES),
    "minimum": (lambda lib, x, y: lib.minimum(x, y), A, B),
    "minimum, broadcast": (lambda lib, x, y: lib.minimum(x, y), A, V),
    # reductions
    "sum": (lambda lib, x: x.sum(), A),
    "sum, dim": (lambda lib, x: x.sum(1), A),
    "sum, keepdim": (lambda lib, x: x.sum((0, 1), True), A),
    "mean": (lambda lib, x: x.mean(), A),
    "mean, dim": (lambda lib, x: x.mean(0), A),
    "var": (lambda lib, x: x.var(), A),
    "var, dim": (lambda lib, x: x.var(1, keepdim=True), A),
    "std": (lambda lib, x: x.std(), A),
    "std, dim": (lambda lib, x: x.std(1), A),
    "logsumexp": (lambda lib, x: x.logsumexp(1), A),
    "logsumexp, keepdim": (lambda lib, x: x.logsumexp((0, 1), True), A),
    "norm": (lambda lib, x: x.norm(), A),
    "norm 1": (lambda lib, x: x.norm(1), A),
    "norm 3, dim": (lambda lib, x: x.norm(3, 1), A),
    "norm inf": (lambda lib, x: x.norm(float("inf")), A),
    "norm inf, dim": (lambda lib, x: x.norm(float("inf"), 1), A),
    "norm 2, dim": (lambda lib, x: x.norm(2, 1), A),
    "norm 0.5": (lambda lib, x: x.norm(0.5), P),
    # extrema
    "max": (lambda lib, x: x.max(), A),
    "max, ties": (lambda lib, x: x.max(), TIES),
    "max, dim": (lambda lib, x: x.max(1)[0], A),
    "max, dim, ties": (lambda lib, x: x.max(1, True)[0], TIES),
    "min": (lambda lib, x: x.min(), A),
    "min, dim": (lambda lib, x: x.min(0)[0], A),
    "amax": (lambda lib, x: x.amax(), A),
    "amax, dim, ties": (lambda lib, x: x.amax(1), TIES),
    "amax, keepdim": (lambda lib, x: x.amax((0, 1), True), A),
    "amin": (lambda lib, x: x.amin(1), A),
    # gathering
    "gather": (lambda lib, x: x.gather(1, lib.tensor([[0, 0], [2, 1]])), A),
    "scatter": (lambda lib, x, y: x.scatter(1, lib.tensor([[0, 1, 2], [2, 1, 0]]), y), A, B),
    "scatter a number": (lambda lib, x: x.scatter(0, lib.tensor([[1, 0]]), 3.0), A),
    "scatter_add": (lambda lib, x, y: x.scatter_add(1, lib.tensor([[0, 0, 2], [2, 2, 2]]), y), A, B),
    # shapes
    "view": (lambda lib, x: x.view(3, 2), A),
    "reshape of a turned one": (lambda lib, x: x.t().reshape(6), A),
    "flatten": (lambda lib, x: x.flatten(), A),
    "unflatten": (lambda lib, x: x.unflatten(1, (3, 1)), A),
    "t": (lambda lib, x: x.t(), A),
    "T": (lambda lib, x: x.T, A),
    "transpose": (lambda lib, x: x.transpose(0, 1), A),
    "permute": (lambda lib, x: x.permute(2, 0, 1), CUBE),
    "movedim": (lambda lib, x: x.movedim(0, 2), CUBE),
    "squeeze": (lambda lib, x: x[:, :1].squeeze(), A),
    "squeeze, dim": (lambda lib, x: x[:, :1].squeeze(1), A),
    "squeeze, dims": (lambda lib, x: x[:1, :1].squeeze((0, 1)), A),
    "unsqueeze": (lambda lib, x: x.unsqueeze(1), A),
    "expand": (lambda lib, x: x.expand(4, 2, 3), A),
    "expand 0-d": (lambda lib, x: x.expand(2, 3), S),
    "sum_to_size": (lambda lib, x: x.sum_to_size(1, 3), A),
    "clone": (lambda lib, x: x.clone(), A),
    "contiguous": (lambda lib, x: x.t().contiguous(), A),
    "double": (lambda lib, x: x.float() * 2, A),
    "as_strided": (lambda lib, x: x.as_strided((2, 2), (1, 2)), A),
    # slicing, indexing
    "x[0]": (lambda lib, x: x[0], A),
    "x[-1]": (lambda lib, x: x[-1], A),
    "x[:, 1:]": (lambda lib, x: x[:, 1:], A),
    "x[:, ::2]": (lambda lib, x: x[:, ::2], A),
    "x[...]": (lambda lib, x: x[...], A),
    "x[None]": (lambda lib, x: x[None], A),
    "x[0, 1]": (lambda lib, x: x[0, 1], A),
    "x[[1, 0, 1]]": (lambda lib, x: x[lib.tensor([1, 0, 1])], A),
    "x[:, [1, 1]]": (lambda lib, x: x[:, lib.tensor([1, 1])], A),
    "x[mask]": (lambda lib, x: x[x > 0], A),
    "x[i, j]": (lambda lib, x: x[lib.tensor([1, 0]), lib.tensor([2, 2])], A),
    "narrow": (lambda lib, x: x.narrow(1, 1, 2), A),
    "select": (lambda lib, x: x.select(1, 2), A),
    "index_put": (lambda lib, x, y: x.index_put((lib.tensor([1, 0]),), y), A, B),
    "index_put, accumulate": (lambda lib, x, y: x.index_put((lib.tensor([1, 1]),), y, accumulate=True), A, B),
    # joining
    "cat": (lambda lib, x, y: lib.cat([x, y], 1), A, B),
    "cat of three": (lambda lib, x, y: lib.cat([x, y, x]), A, B),
    "stack": (lambda lib, x, y: lib.stack([x, y], 1), A, B),
    "split": (lambda lib, x: x.split(2, 1)[0], A),
    "split, sizes": (lambda lib, x: x.split([1, 2], 1)[1], A),
    "chunk": (lambda lib, x: x.chunk(2, 1)[1], A),
    "unbind": (lambda lib, x: x.unbind(1)[1], A),
    "unbind, all": (lambda lib, x: (lambda a, b: a * b)(*x.unbind()), A),
    # padding, folding
    "constant pad": (lambda lib, x: lib.nn.functional.pad(x, (1, 2, 0, 1), value=3), A),
    "negative pad": (lambda lib, x: lib.nn.functional.pad(x, (-1, 1)), A),
    "reflect 1": (lambda lib, x: lib.nn.functional.pad(x, (2, 1), "reflect"), A),
    "reflect 2": (lambda lib, x: lib.nn.functional.pad(x, (2, 1, 1, 0), "reflect"), CUBE),
    "reflect 3": (lambda lib, x: lib.nn.functional.pad(x, (2, 1, 1, 0, 1, 1), "reflect"), IMAGE),
    "replicate 1": (lambda lib, x: lib.nn.functional.pad(x, (2, 1), "replicate"), A),
    "replicate 2": (lambda lib, x: lib.nn.functional.pad(x, (2, 1, 1, 0), "replicate"), CUBE),
    "replicate 3": (lambda lib, x: lib.nn.functional.pad(x, (2, 1, 1, 0, 1, 1), "replicate"), IMAGE),
    "circular": (lambda lib, x: lib.nn.functional.pad(x, (2, 1), "circular"), A),
    "unfold": (lambda lib, x: lib.nn.functional.unfold(x, (2, 2), 1, 1, 2), IMAGE),
    "fold": (lambda lib, x: lib.nn.functional.fold(x, (2, 3), (1, 1)), normal(2, 3, 6)),
    # products
    "mm": (lambda lib, x, y: x.mm(y), A, normal(3, 4)),
    "addmm": (lambda lib, b, x, y: lib.addmm(b, x, y), normal(4), A, normal(3, 4)),
    "addmm, alpha": (lambda lib, b, x, y: lib.addmm(b, x, y, beta=2, alpha=3), normal(4), A, normal(3, 4)),
    "mv": (lambda lib, x, y: x.mv(y), A, V),
    "dot": (lambda lib, x, y: x.dot(y), V, W),
    "bmm": (lambda lib, x, y: x.bmm(y), CUBE, normal(2, 4, 2)),
    "matmul 3-D 2-D": (lambda lib, x, y: x @ y, CUBE, normal(4, 2)),
    "matmul 3-D 3-D": (lambda lib, x, y: x @ y, CUBE, normal(2, 4, 2)),
    "matmul 1-D 2-D": (lambda lib, x, y: x @ y, normal(2), A),
    "matmul 3-D 1-D": (lambda lib, x, y: x @ y, CUBE, normal(4)),
    "outer": (lambda lib, x, y: lib.outer(x, y), V, W),
    "linear": (lambda lib, x, w, b: lib.nn.functional.linear(x, w, b), A, normal(4, 3), normal(4)),
    "linear, no bias": (lambda lib, x, w: lib.nn.functional.linear(x, w), A, normal(4, 3)),
    # networks
    "conv2d": (lambda lib, x, w, b: lib.nn.functional.conv2d(x, w, b, 1, 1), IMAGE, normal(3, 2, 3, 3), normal(3)),
    "conv2d, no bias": (lambda lib, x, w: lib.nn.functional.conv2d(x, w, None, 2), IMAGE, normal(3, 2, 3, 3)),
    "conv2d, groups": (lambda lib, x, w: lib.nn.functional.conv2d(x, w, groups=2), IMAGE, normal(2, 1, 2, 2)),
    "conv2d, same": (lambda lib, x, w: lib.nn.functional.conv2d(x, w, padding="same"), IMAGE, normal(1, 2, 2, 3)),
    "conv2d of a constant": (lambda lib, x, w: lib.nn.functional.conv2d(x.detach(), w), IMAGE, normal(3, 2, 3, 3)),
    "max_pool2d": (lambda lib, x: lib.nn.functional.max_pool2d(x, 2), IMAGE),
    "max_pool2d, overlapping": (lambda lib, x: lib.nn.functional.max_pool2d(x, 3, 1, 1), IMAGE),
    "relu": (lambda lib, x: x.relu(), A),
    "sigmoid": (lambda lib, x: x.sigmoid(), A),
    "tanh": (lambda lib, x: x.tanh(), A),
    "softmax": (lambda lib, x: x.softmax(1), A),
    "softmax 0": (lambda lib, x: x.softmax(0), A),
    "log_softmax": (lambda lib, x: x.log_softmax(1), A),
    "log_softmax -2": (lambda lib, x: x.log_softmax(-2), A),
    "dropout": (lambda lib, x: (lib.manual_seed(0), lib.nn.functional.dropout(x))[1], A),
    "dropout2d": (lambda lib, x: (lib.manual_seed(0), lib.nn.functional.dropout2d(x))[1], IMAGE),
    # losses
    "mse_loss": (lambda lib, x, y: lib.nn.functional.mse_loss(x, y), A, B),
    "mse_loss, sum": (lambda lib, x, y: lib.nn.functional.mse_loss(x, y, reduction="sum"), A, B),
    "mse_loss, none": (lambda lib, x, y: lib.nn.functional.mse_loss(x, y, reduction="none"), A, B),
    "mse_loss, a fixed target": (lambda lib, x, y: lib.nn.functional.mse_loss(x, y.detach()), A, B),
    "mse_loss, a fixed input": (lambda lib, x, y: lib.nn.functional.mse_loss(x.detach(), y), A, B),
    "mse_loss, weighted": (lambda lib, x, y, w: lib.nn.functional.mse_loss(x, y, weight=w.detach()), A, B, P),
    "nll_loss": (lambda lib, x: lib.nn.functional.nll_loss(x, lib.tensor([2, 0])), A),
    "nll_loss, none": (lambda lib, x: lib.nn.functional.nll_loss(x, lib.tensor([2, 0]), reduction="none"), A),
    "nll_loss, weighted": (lambda lib, x, w: lib.nn.functional.nll_loss(x, lib.tensor([2, 0]), w.detach()), A, W),
    "nll_loss, one": (lambda lib, x: lib.nn.functional.nll_loss(x, lib.tensor(2)), V),
    "nll_loss, image": (lambda lib, x: lib.nn.functional.nll_loss(x, lib.zeros(2, 5, 4).long()), IMAGE),
    "nll_loss, 3-D": (lambda lib, x: lib.nn.functional.nll_loss(x, lib.tensor([[0, 1, 2, 0], [1, 1, 2, 2]])), CUBE),
    "cross_entropy": (lambda lib, x: lib.nn.functional.cross_entropy(x, lib.tensor([2, 0])), A),
    "cross_entropy, sum": (lambda lib, x: lib.nn.functional.cross_entropy(x, lib.tensor([2, 0]), reduction="sum"), A),
    "cross_entropy, smooth": (
        lambda lib, x: lib.nn.functional.cross_entropy(x, lib.tensor([2, 0]), label_smoothing=0.1), A,
    ),
    "cross_entropy, smooth, weighted": (
        lambda lib, x, w: lib.nn.functional.cross_entropy(x, lib.tensor([2, 0]), w.detach(), label_smoothing=0.1), A, W,
    ),
    "cross_entropy, probabilities": (lambda lib, x, y: lib.nn.functional.cross_entropy(x, y), A, P),
    "cross_entropy, smooth probabilities": (
        lambda lib, x, y: lib.nn.functional.cross_entropy(x, y, label_smoothing=0.1), A, P,
    ),
    # in place
    "copy_": (lambda lib, x, y: (x * 1).copy_(y), A, B),
    "a row assigned": (lambda lib, x, y: (lambda b: (b.__setitem__(0, y), b)[1])(x * 1), A, V),
    "a row multiplied": (lambda lib, x, y: (lambda b: (b[0].mul_(y), b)[1])(x * 1), A, V),
    "exp_": (lambda lib, x: (x * 1).exp_(), A),
    "mul_": (lambda lib, x, y: (x * 1).mul_(y), A, B),
    "zero_": (lambda lib, x: (x * 1).zero_() + x, A),
    "fill_": (lambda lib, x, y: (x * 1).fill_(y), A, S),
    "relu_": (lambda lib, x: (x * 1).relu_(), A),
}  # fmt: skip


def derivatives(lib: Any, program: Any, arrays: Any) -> tuple[list[Any], list[Any]]:
    """∂ℒ/∂x for each input, as functions of the inputs and of ∂ℒ/∂y; and the derivatives of a weighted sum of them."""
    xs = [tensor_from(lib, array).requires_grad_() for array in arrays]
    y = program(lib, *xs)
    random = np.random.default_rng(1)
    grad = tensor_from(lib, np.asarray(random.standard_normal(tuple(y.shape)), y.detach().numpy().dtype))
    grad.requires_grad_()
    firsts = lib.autograd.grad(y, xs, grad, create_graph=True, allow_unused=True)
    curved = [first for first in firsts if first is not None and first.requires_grad]
    total = sum((first * tensor_from(lib, random.standard_normal(tuple(first.shape)))).sum() for first in curved)
    return list(firsts), list(lib.autograd.grad(total, [*xs, grad], allow_unused=True))


COLUMNS = "∂ℒ/∂Y is computed as (Gᵀ X)ᵀ always, so that it lies as Wᵀ does; torch looks at the strides"
POWERS = "torch chooses 0 after multiplying by ∂ℒ/∂y, and has a node for a number taken from an exponent"
SIGNS = "torch calls the sign inside a formula sgn"
NORMS = "torch divides by powers of the norm, and multiplies in another order"
WRITES = "torch writes into the gradient through as_strided; here it is put together from parts"
OTHER_GRAPHS = {  # where the graph behind the gradient is not torch's, and why
    "tensor to a tensor": POWERS,
    "tensor to a fixed tensor": POWERS,
    "number to a tensor": POWERS,
    "abs": SIGNS,
    "masked_fill, a tensor": "torch sums the elements that the mask picks; here all others are 0",
    "norm 1": SIGNS,
    "norm inf": SIGNS,
    "norm inf, dim": SIGNS,
    "norm 0.5": NORMS,
    "as_strided": WRITES,
    "circular": WRITES,
    "a row assigned": WRITES,
    "a row multiplied": WRITES,
    "mul_": "torch saves a clone of what is overwritten, here it is a copy without a node",
    "mm": COLUMNS,
    "addmm": COLUMNS,
    "addmm, alpha": COLUMNS,
    "matmul 3-D 2-D": COLUMNS,
    "matmul 1-D 2-D": COLUMNS,
    "cross_entropy, smooth probabilities": "torch has nodes of their own for the numbers inside its formula",
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CASES)
def test_the_gradients_gradient_is_torchs(name, dtype):
    program, *arrays = CASES[name]
    arrays = [array.astype(dtype) for array in arrays]
    mine, other = (derivatives(lib, program, arrays) for lib in LIBRARIES)
    for order, ours, theirs in zip(("first", "second"), mine, other, strict=True):
        assert kinds(ours) == kinds(theirs), f"the {order} derivatives"
        for index, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            if a is not None:
                what = f"the {order} derivative with respect to input {index}"
                assert_close(a.detach().numpy(), b.detach().numpy(force=True), what, scale=10)


def kinds(gradients: list[Any]) -> list[Any]:
    """Of each gradient: whether there is one, its dtype and shape, and whether it can be differentiated again."""
    return [None if g is None else (str(g.dtype), tuple(g.shape), g.requires_grad) for g in gradients]


@pytest.mark.parametrize("name", CASES)
def test_the_graph_behind_the_gradient_is_torchs(name):
    program, *arrays = CASES[name]
    mine, other = (derivatives(lib, program, arrays)[0] for lib in LIBRARIES)
    ours, theirs = ([g is not None and graph_of(g) for g in side] for side in (mine, other))
    assert (ours == theirs) == (name not in OTHER_GRAPHS)
