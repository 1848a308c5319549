"""Hooks on tensors, leaves and nodes: called when torch calls them, with what torch hands them."""

import pytest
from parity import LIBRARIES, assert_same_error, error_of

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])


def log_of(program):
    """What a program appends to its log, in both libraries."""
    logs = []
    for lib in LIBRARIES:
        log = []
        program(lib, log)
        logs.append(log)
    return logs


def values(grads):
    return [None if g is None else g.tolist() for g in grads]


def assert_same_log(program):
    ours, theirs = log_of(program)
    assert ours == theirs and theirs


def test_hooks_see_and_replace_gradients_in_torchs_order():
    def program(lib, log):
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        y = x * 2
        y.register_hook(lambda g: log.append(("y", g.tolist())))
        y.register_hook(lambda g: g * 10)
        x.register_hook(lambda g: log.append(("x", g.tolist())))
        x.register_hook(lambda g: g + 1)
        x.register_post_accumulate_grad_hook(lambda p: log.append(("accumulated", p.grad.tolist())))
        y.grad_fn.register_prehook(lambda gs: log.append(("before", values(gs))))
        y.grad_fn.register_hook(lambda gi, go: log.append(("after", values(gi), values(go))))
        y.retain_grad()
        accumulator = y.grad_fn.next_functions[0][0]
        accumulator.register_prehook(lambda gs: log.append(("accumulator before", values(gs))))
        accumulator.register_hook(lambda gi, go: log.append(("accumulator after", values(gi), values(go))))
        z = (y * 3).sum()
        z.backward(retain_graph=True)
        log.append((y.grad.tolist(), x.grad.tolist(), y.retains_grad, x.retains_grad))
        z.backward()
        log.append((y.grad.tolist(), x.grad.tolist()))

    assert_same_log(program)


def test_autograd_grad_captures_what_torch_captures():
    def program(lib, log):
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        y = x * 2
        y.register_hook(lambda g: g * 10)
        x.register_hook(lambda g: g + 1)
        z = (y * 3).sum()
        log.append(values(lib.autograd.grad(z, y, retain_graph=True)))
        log.append(values(lib.autograd.grad(z, (y, x), retain_graph=True)))
        log.append(values(lib.autograd.grad(z, x)))

    assert_same_log(program)


def test_a_removed_hook_is_not_called():
    def program(lib, log):
        x = lib.ones(1, requires_grad=True)
        handle = x.register_hook(lambda g: log.append("first"))
        with x.register_hook(lambda g: log.append("second")):
            (x * 2).backward()
        (x * 2).backward()
        handle.remove()
        handle.remove()
        (x * 2).backward()

    assert_same_log(program)


def test_hooks_follow_a_write_in_place_as_in_torch():
    def program(lib, log):
        x = lib.ones(2, requires_grad=True)
        y = x * 1
        y.retain_grad()
        y.register_hook(lambda g: log.append(("before", g.tolist())))
        y.mul_(3)
        y.register_hook(lambda g: log.append(("after", g.tolist())))
        y.sum().backward()
        log.append((y.grad.tolist(), y.retains_grad, x.grad.tolist()))

    assert_same_log(program)


def test_hooks_of_the_heads_of_a_node_that_is_called_by_hand_stay_silent():
    def program(lib, log):
        y = lib.ones(2, requires_grad=True) * 2
        y.register_hook(lambda g: log.append("called"))
        log.append(values(y.grad_fn(lib.ones(2))))

    assert_same_log(program)


def test_replacing_the_gradients_that_a_node_returns():
    def program(lib, log):
        x, w = lib.ones(2, requires_grad=True), lib.ones(2, requires_grad=True)
        y = x * w
        y.grad_fn.register_hook(lambda gi, go: (gi[0] * 5, None))
        y.grad_fn.register_prehook(lambda go: (go[0] * 2,))
        y.sum().backward()
        log.append((x.grad.tolist(), w.grad))

    assert_same_log(program)


def hooked(lib, register):
    y = lib.ones(2, requires_grad=True) * lib.ones(2, requires_grad=True)
    register(lib, y)
    y.sum().backward()


@pytest.mark.parametrize(
    "program",
    [
        lambda lib: lib.ones(2).register_hook(print),
        lambda lib: lib.ones(2).retain_grad(),
        lambda lib: lib.ones(2).register_post_accumulate_grad_hook(print),
        lambda lib: (lib.ones(2, requires_grad=True) * 2).register_post_accumulate_grad_hook(print),
        lambda lib: hooked(lib, lambda lib, y: y.register_hook(lambda g: 5)),
        lambda lib: hooked(lib, lambda lib, y: y.register_hook(lambda g: lib.ones(3))),
        lambda lib: hooked(lib, lambda lib, y: y.grad_fn.register_prehook(lambda g: 5)),
        lambda lib: hooked(lib, lambda lib, y: y.grad_fn.register_hook(lambda i, o: 5)),
        lambda lib: hooked(lib, lambda lib, y: y.grad_fn.register_hook(lambda i, o: (None,))),
    ],
)
def test_bad_hooks_raise_torchs_error(program):
    assert_same_error(program, words=6)


@BOTH
def test_a_retained_gradient_is_read_without_a_warning(lib, recwarn):
    y = lib.ones(2, requires_grad=True) * 2
    y.retain_grad()
    assert y.grad is None
    y.sum().backward()
    assert y.grad.tolist() == [1, 1] and not recwarn.list


@pytest.mark.parametrize("materialize", [True, False])
def test_hooks_and_functions_are_called_also_when_no_gradient_arrives(materialize):
    def said(grads):
        return values(grads) if isinstance(grads, tuple) else values([grads])

    def program(lib, log):
        class Copy(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.set_materialize_grads(materialize)
                return x.clone()

            @staticmethod
            def backward(ctx, grad):
                log.append(("function", said(grad)))
                return grad

        class Stop(Copy):
            @staticmethod
            def backward(ctx, grad):
                return None

        x = lib.ones(2, requires_grad=True)
        y = x * 2
        z = Copy.apply(y)
        x.register_hook(lambda grad: log.append(("leaf", said(grad))))
        x.register_post_accumulate_grad_hook(lambda leaf: log.append(("after", said(leaf.grad))))
        y.register_hook(lambda grad: log.append(("tensor", said(grad))))
        y.grad_fn.register_prehook(lambda grads: log.append(("before", said(grads))))
        y.grad_fn.register_hook(lambda inputs, outputs: log.append(("node", said(inputs), said(outputs))))
        Stop.apply(z).sum().backward()
        log.append(said(x.grad))

    assert_same_log(program)


def backward_through(where, returned):
    """A backward through a hook at this place, which returns what is made of the gradients."""

    def program(lib):
        x = lib.ones(2, requires_grad=True)
        y = x * 2
        if where == "tensor":
            y.register_hook(lambda grad: returned(grad))
        elif where == "leaf":
            x.register_hook(lambda grad: returned(grad))
        elif where == "node":
            y.grad_fn.register_hook(lambda grads, _: (returned(grads[0]), *grads[1:]))
        else:
            y.grad_fn.register_prehook(lambda grads: (returned(grads[0]),))
        y.sum().backward()

    return program


@pytest.mark.parametrize("where", ["tensor", "leaf", "node", "before the node"])
@pytest.mark.parametrize(
    "returned", [lambda g: g.double(), lambda g: g.long(), lambda g: g[:1], lambda g: g[:1].double()],
    ids=["float64", "int64", "a smaller one", "a smaller one of float64"],
)  # fmt: skip
def test_a_hook_may_change_neither_dtype_nor_shape(where, returned):
    ours, theirs = (error_of(backward_through(where, returned), lib) for lib in LIBRARIES)
    assert ours == theirs and ours[0] is RuntimeError
