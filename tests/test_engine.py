"""The engine's corners, by name."""

import gc
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import LIBRARIES, assert_close, assert_parity, assert_same_error, graph_of

import minigrad

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])


def test_gradient_of_a_reused_value_is_the_sum():
    assert_parity(lambda lib, x: x * x + x, np.array([1.0, -2.0]))


def test_gradient_of_a_value_subtracted_from_itself_is_zero():
    x = minigrad.ones(2, requires_grad=True)
    (x - x).sum().backward()
    assert x.grad.tolist() == [0, 0]


def test_a_diamond_chain_costs_linear_time():
    calls = []

    class CountedAdd(minigrad.autograd.Node):
        def backward(self, grad):
            calls.append(1)
            return grad, grad

    from minigrad.recording import record

    x = y = minigrad.ones(1, requires_grad=True)
    for _ in range(16):
        y = record(CountedAdd, y.array + y.array, y, y)
    y.backward()
    assert x.grad.item() == 2**16
    assert len(calls) == 16  # and not 2¹⁶: each node runs once, however many paths lead to it


@BOTH
def test_backward_twice_raises_where_something_was_saved(lib):
    x = lib.ones(2, requires_grad=True)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        y.backward()


@BOTH
def test_backward_twice_is_fine_where_nothing_was_saved(lib):
    x = lib.ones(2, requires_grad=True)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [2, 2]


@BOTH
def test_retained_graph_can_be_walked_again_and_gradients_accumulate(lib):
    x = lib.tensor([3.0], requires_grad=True)
    y = x * x
    y.backward(retain_graph=True)
    first = x.grad
    y.backward()
    assert x.grad.tolist() == [12]
    assert x.grad is first  # in place: who holds it sees the sum


@BOTH
def test_saved_values_cannot_be_read_after_they_were_freed(lib):
    x = lib.ones(2, requires_grad=True)
    y = x.exp()
    assert y.grad_fn._saved_result.tolist() == y.tolist()
    node = y.grad_fn
    y.sum().backward()
    with pytest.raises(RuntimeError, match="directly access saved tensors after they have already been freed"):
        node._saved_result  # noqa: B018


def test_a_chain_of_100_000_nodes_runs_and_is_freed_without_recursion():
    x = minigrad.ones(1, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1
    y.backward()
    assert x.grad.item() == 1
    node = weakref.ref(y.grad_fn)
    del y
    assert node() is None


def test_a_graph_is_freed_without_the_garbage_collector():
    gc.disable()
    try:
        x = minigrad.rand(3, 3, requires_grad=True)
        loss = minigrad.log_softmax((x @ x).exp().relu(), 1).sum()
        nodes = [weakref.ref(loss.grad_fn)]
        for node in nodes:
            nodes += [weakref.ref(receiver) for receiver, _ in node().next_functions if receiver is not None]
        del loss, node
        assert all(node() is None for node in nodes)
    finally:
        gc.enable()


def test_two_leaves_never_share_the_memory_of_a_gradient():
    a, b = minigrad.ones(2, requires_grad=True), minigrad.ones(2, requires_grad=True)
    incoming = minigrad.ones(2)
    (a + b).backward(incoming)
    a.grad.zero_()
    assert b.grad.tolist() == [1, 1] and incoming.tolist() == [1, 1]


def gives_away(what):
    """A function y = x whose derivative returns `what(grad)`."""

    class GivesAway(minigrad.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, grad):
            return what(grad)

    return GivesAway.apply


HELD = minigrad.tensor([3.0, 4.0])


def a_hooks_gradient(x):
    seen = []
    y = x * 2
    y.register_hook(seen.append)
    (y + 0).sum().backward()
    return seen[0]


def a_retained_gradient(x):
    y = gives_away(lambda grad: grad)(x)
    y.retain_grad()
    (y * 3).sum().backward()
    return y.grad


def an_array_behind_a_view(x):
    """relu's derivative is an array that looks at another; what came through `view` then looks at that."""
    kept = []
    y = x.view(2, 1)
    y.register_hook(lambda grad: kept.append(grad.numpy()))
    minigrad.relu(y).sum().backward()
    return kept[0]


def the_gradient_at_the_root(x):
    (x + 0).backward(HELD)
    return HELD


def returned(make, gradient):
    """One list holds what was made; the derivative returns what `gradient` makes of it, which shares its memory."""

    def hold(x):
        kept = [make()]
        gives_away(lambda grad: gradient(kept[0]))(x).sum().backward()
        return kept[0]

    return hold


HOLDERS = {
    "a hook": a_hooks_gradient, "a hook's array": an_array_behind_a_view,
    "retain_grad": a_retained_gradient, "the caller": the_gradient_at_the_root,
    "the derivative": returned(lambda: minigrad.ones(2), lambda kept: kept),
    "an array": returned(lambda: np.ones(2, np.float32), lambda kept: minigrad.from_numpy(kept)),
    "the tensor that it is a view of": returned(lambda: minigrad.ones(2, 1), lambda kept: kept.t()[0]),
    "the array that it is a view of": returned(lambda: np.ones(2, "f"), lambda kept: minigrad.from_numpy(kept[:])),
    "the array of its base": returned(lambda: np.ones((2, 1), "f"), lambda kept: minigrad.from_numpy(kept).t()[0]),
}  # fmt: skip


@pytest.mark.parametrize("hold", HOLDERS.values(), ids=HOLDERS)
def test_a_leaf_copies_a_gradient_that_somebody_else_holds(hold):
    x = minigrad.ones(2, requires_grad=True)
    held = hold(x)
    before = held.tolist()
    x.grad.mul_(0)
    assert held.tolist() == before


@pytest.mark.parametrize(
    "fresh",
    [lambda grad: grad + 1, lambda grad: minigrad.ones(1, 2).t().t()[0], lambda grad: minigrad.ones(2, 1).view(2)],
    ids=["the tensor", "a view of a view", "a view"],
)
def test_a_leaf_keeps_a_gradient_that_nobody_else_holds(fresh):
    places = []

    def what(grad):
        result = fresh(grad)
        places.append(result.data_ptr())
        return result

    x = minigrad.ones(2, requires_grad=True)
    gives_away(what)(x).sum().backward()
    assert x.grad.data_ptr() == places[0]
    x.grad.add_(1)  # the memory may be written to


def test_a_leaf_copies_a_gradient_whose_memory_is_not_an_arrays():
    memory = np.array([3.0, 4.0], np.float32).tobytes()
    x = minigrad.ones(2, requires_grad=True)
    gives_away(lambda grad: minigrad.from_numpy(np.frombuffer(memory, np.float32)))(x).sum().backward()
    x.grad.add_(1)
    assert x.grad.tolist() == [4, 5]


def test_no_node_writes_into_the_gradient_it_is_given():
    x = minigrad.rand(4, 4, requires_grad=True)
    for make in (
        minigrad.relu,
        minigrad.exp,
        lambda t: t * t,
        lambda t: t @ t,
        lambda t: t.sum(1),
        lambda t: t.max(1)[0],
    ):
        y = make(x)
        incoming = minigrad.ones(*y.shape)
        incoming.array.flags.writeable = False
        y.backward(incoming)


@BOTH
def test_a_leaf_has_one_accumulator_while_a_graph_holds_it(lib):
    x = lib.ones(2, requires_grad=True)
    y, z = x * 2, x + 1
    first, second = y.grad_fn.next_functions[0][0], z.grad_fn.next_functions[0][0]
    assert first is second and first.variable is x and first.next_functions == ()
    assert first.name() == "torch::autograd::AccumulateGrad" and type(first).__name__ == "AccumulateGrad"


@BOTH
def test_nothing_is_recorded_under_no_grad(lib):
    x = lib.ones(2, requires_grad=True)
    with lib.no_grad():
        y = x * 2
        with lib.enable_grad():
            assert (x * 2).requires_grad
        assert not lib.is_grad_enabled()
    assert not y.requires_grad and y.grad_fn is None and y.is_leaf

    @lib.no_grad()
    def double(t):
        return t * 2

    assert not double(x).requires_grad and lib.is_grad_enabled()


@BOTH
def test_set_grad_enabled_works_at_once_as_context_and_as_decorator(lib):
    x = lib.ones(1, requires_grad=True)
    lib.set_grad_enabled(False)
    assert not (x * 2).requires_grad
    with lib.set_grad_enabled(True):
        assert (x * 2).requires_grad
    assert not lib.is_grad_enabled()
    lib.set_grad_enabled(True)

    @lib.set_grad_enabled(False)
    def double(t):
        return t * 2

    assert lib.is_grad_enabled() and not double(x).requires_grad


@BOTH
def test_an_exception_inside_no_grad_turns_recording_on_again(lib):
    with pytest.raises(ZeroDivisionError), lib.no_grad():
        raise ZeroDivisionError
    assert lib.is_grad_enabled()


def test_grad_mode_belongs_to_the_thread():
    import threading

    seen = []
    with minigrad.no_grad():
        thread = threading.Thread(target=lambda: seen.append(minigrad.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


@BOTH
def test_autograd_grad_returns_and_does_not_accumulate(lib):
    x, w = lib.tensor([2.0], requires_grad=True), lib.tensor([5.0], requires_grad=True)
    gx, gw = lib.autograd.grad(x * x * w, (x, w))
    assert gx.tolist() == [20] and gw.tolist() == [4] and x.grad is None and w.grad is None


@BOTH
def test_autograd_grad_of_an_intermediate_value(lib):
    x = lib.tensor([2.0], requires_grad=True)
    y = x * x
    (gy,) = lib.autograd.grad(y * 3, y)
    assert gy.tolist() == [3]


@BOTH
def test_autograd_grad_of_an_unused_input(lib):
    x, w = lib.ones(1, requires_grad=True), lib.ones(1, requires_grad=True)
    y = x * 2
    with pytest.raises(RuntimeError, match="appears to not have been used in the graph"):
        lib.autograd.grad(y, w, retain_graph=True)
    assert lib.autograd.grad(y, w, retain_graph=True, allow_unused=True) == (None,)
    assert lib.autograd.grad(y, w, materialize_grads=True)[0].tolist() == [0]


@BOTH
def test_backward_with_inputs_reaches_only_those(lib):
    x, w = lib.ones(1, requires_grad=True), lib.ones(1, requires_grad=True)
    (x * w).backward(inputs=[w])
    assert x.grad is None and w.grad.tolist() == [1]


def test_the_gradient_of_a_gradient_needs_nothing_more():
    values = np.array([0.5, -1.5, 2.0])
    results = []
    for lib in LIBRARIES:
        x = lib.from_numpy(values.copy()).requires_grad_()
        (slope,) = lib.autograd.grad((x**3 * x.exp()).sum(), x, create_graph=True)
        slope.sum().backward()
        results.append(x.grad.numpy())
    assert_close(*results, "second derivative", scale=100)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.sampled_from("+-*")), min_size=1, max_size=12))
def test_random_graphs_of_reused_values_have_torchs_gradients_and_graph(steps):
    def program(lib, a, b, c):
        values = [a, b, c]
        for i, j, op in steps:
            x, y = values[i % len(values)], values[j % len(values)]
            values.append(x + y if op == "+" else x - y if op == "-" else (x * y).relu())
        return values[-1]

    assert_parity(program, *np.random.default_rng(0).uniform(-1, 1, (3, 2)), scale=1e3)


def test_the_engine_runs_the_youngest_node_first_as_torch_does():
    def order(lib):
        seen = []
        x, w = lib.ones(2, requires_grad=True), lib.ones(2, requires_grad=True)
        a, b = x.exp(), x * w
        c = a * b
        d = (b + 1).relu()
        e = (c * d).sum() + d.log().sum()
        nodes = [e.grad_fn]
        for node in nodes:
            nodes += [n for n, _ in node.next_functions if n is not None and n not in nodes]
            name = type(node).__name__
            node.register_prehook(lambda grads, name=name: seen.append(name))
        e.backward()
        return seen

    assert order(minigrad) == order(torch) and len(order(torch)) > 8


def test_of_several_roots_the_youngest_runs_first_as_in_torch():
    def order(lib):
        seen = []
        x = lib.ones(2, requires_grad=True)
        roots = [x.exp().sum(), (x * x).sum(), x.sin().sum()]
        for root, name in zip(roots, "abc", strict=True):
            root.grad_fn.register_prehook(lambda grads, name=name: seen.append(name))
        lib.autograd.backward([roots[1], roots[0], roots[2]])
        return seen

    assert order(minigrad) == order(torch) == ["c", "b", "a"]


def test_many_gradients_can_be_wanted_at_once():
    xs = [minigrad.ones(1, requires_grad=True) for _ in range(300)]
    total = xs[0]
    for x in xs[1:]:
        total = total + x
    assert all(g.item() == 1 for g in minigrad.autograd.grad(total, xs))


@BOTH
def test_gradients_come_back_in_the_dtype_of_the_leaf(lib):
    x, y = lib.ones(2, requires_grad=True), lib.ones(2, dtype=lib.float64, requires_grad=True)
    (x * y).sum().backward()
    assert str(x.grad.dtype) == "torch.float32" and str(y.grad.dtype) == "torch.float64"


def test_a_node_that_returns_a_gradient_of_the_wrong_shape_is_named():
    class Wrong(minigrad.autograd.Node):
        def backward(self, grad):
            return minigrad.ones(3)

    from minigrad.recording import record

    x = minigrad.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="Function Wrong returned an invalid gradient at index 0"):
        record(Wrong, x.array, x).backward(minigrad.ones(2))


def test_the_walk_of_a_loss_reads_as_in_torch():
    def text(lib):
        x = lib.ones(1, 3, requires_grad=True)
        loss = lib.nn.functional.mse_loss(x.relu(), lib.zeros(1, 3))
        node = loss.grad_fn
        return [type(node).__name__, repr(node).split(" at ")[0], node.name(), len(node.next_functions), graph_of(loss)]

    assert text(minigrad) == text(torch)


@pytest.mark.parametrize(
    "program",
    [
        lambda lib: (lib.ones(3, requires_grad=True) * 2).backward(),
        lambda lib: lib.ones(1).backward(),
        lambda lib: (lib.ones(3, requires_grad=True) * 2).backward(lib.ones(4)),
        lambda lib: lib.autograd.grad(lib.ones(1, requires_grad=True) * 2, lib.ones(1)),
        lambda lib: lib.ones(2, requires_grad=True).sum().backward(inputs=[]),
        lambda lib: lib.autograd.grad(
            lib.ones(1, requires_grad=True) * 2,
            lib.ones(1, requires_grad=True),
            None,
            None,
            False,
            True,
            False,
            False,
            True,
        ),
        lambda lib: lib.ones(2, dtype=lib.int64).requires_grad_(),
        lambda lib: lib.tensor([1, 2], requires_grad=True),
        lambda lib: (lib.ones(2, requires_grad=True) * 2).requires_grad_(False),
        lambda lib: lib.ones(2, requires_grad=True).numpy(),
        lambda lib: setattr(lib.ones(2, requires_grad=True), "grad", lib.ones(3)),
        lambda lib: setattr(lib.ones(2, requires_grad=True), "grad", 1),
        lambda lib: setattr(lib.ones(2, requires_grad=True), "grad", lib.ones(2).double()),
    ],
)
def test_bad_use_of_autograd_raises_torchs_error(program):
    assert_same_error(program)


@BOTH
def test_reading_grad_of_a_computed_tensor_warns(lib):
    y = lib.ones(2, requires_grad=True) * 2
    with pytest.warns(UserWarning, match="The .grad attribute of a Tensor that is not a leaf Tensor is being accessed"):
        assert y.grad is None
