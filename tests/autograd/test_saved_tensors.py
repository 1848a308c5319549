"""What a node saves: hooks that pack and unpack it, for a whole block or for one field, and the versions it had."""

import threading

import pytest
from parity import LIBRARIES
from stories import assert_same_story

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])


def hooks(lib, see):
    """A pair that keeps an array in place of the tensor, and says when it is called."""

    def pack(tensor):
        see("pack", tensor, tensor.is_leaf, lib.is_grad_enabled())
        return tensor.detach().numpy().copy()

    def unpack(array):
        see("unpack", array)
        return lib.from_numpy(array)

    return lib.autograd.graph.saved_tensors_hooks(pack, unpack)


PROGRAMS = {
    "an output": lambda lib, a, b: a.exp(),
    "an input": lambda lib, a, b: a.log(),
    "both factors": lambda lib, a, b: a * b,
    "the same twice": lambda lib, a, b: a * a,
    "a number": lambda lib, a, b: a * 2 + 1,
    "nothing": lambda lib, a, b: a + b,
    "a computed value": lambda lib, a, b: (a * 1).sqrt(),
    "a constant": lambda lib, a, b: a * lib.tensor([3.0, 4.0]),
    "a constant alone": lambda lib, a, b: lib.tensor([3.0, 4.0]).exp(),
    "a detached one": lambda lib, a, b: a * b.detach(),
    "a mask": lambda lib, a, b: lib.where(a > 1, a, b),
    "relu": lambda lib, a, b: a.relu(),
    "a matrix product": lambda lib, a, b: a @ b,
    "linear": lambda lib, a, b: lib.nn.functional.linear(a.view(1, 2), b.view(1, 2), a[:1]),
    "largest": lambda lib, a, b: a.max(0)[0] + b.max(),
    "an index": lambda lib, a, b: a[lib.tensor([1, 0, 1])],
    "softmax": lambda lib, a, b: a.softmax(0) * b.log_softmax(0),
    "a power": lambda lib, a, b: a**2 + b**1.5,
    "a division": lambda lib, a, b: a / b + 1 / a,
    "joined": lambda lib, a, b: lib.cat([a, b]).exp(),
    "a view written to": lambda lib, a, b: (a * 1)[:1].mul_(b[:1]),
    "in place": lambda lib, a, b: (a * 1).exp_(),
    "sigmoid and tanh": lambda lib, a, b: a.sigmoid() * b.tanh(),
    "mse": lambda lib, a, b: lib.nn.functional.mse_loss(a, b),
    "cross entropy": lambda lib, a, b: lib.nn.functional.cross_entropy(a, lib.tensor(1)),
    "clamped": lambda lib, a, b: a.clamp(1, 2),
    "dtype": lambda lib, a, b: a.double() * b.double(),
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_what_is_packed_and_that_the_gradient_is_the_same(program):
    def story(lib, see):
        packed = []

        def pack(tensor):
            packed.append((tensor.tolist(), tensor.requires_grad, tensor.is_leaf, lib.is_grad_enabled()))
            return tensor.detach().numpy().copy()

        a, b = lib.tensor([1.0, 2.0], requires_grad=True), lib.tensor([0.5, 3.0], requires_grad=True)
        with lib.autograd.graph.saved_tensors_hooks(pack, lib.from_numpy):
            y = program(lib, a, b)
        see(sorted(packed, key=str))  # of two factors torch packs the second first
        if y.requires_grad:
            y.sum().backward()
        see(a.grad, b.grad)

    assert_same_story(story)


@pytest.mark.parametrize("name", ["an output", "both factors", "a computed value", "a power", "softmax", "a division"])
def test_the_second_derivative_goes_through_packed_tensors(name):
    def story(lib, see):
        a, b = lib.tensor([1.0, 2.0], requires_grad=True), lib.tensor([0.5, 3.0], requires_grad=True)
        with lib.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), lambda values: lib.tensor(values)):
            y = PROGRAMS[name](lib, a, b)
            slopes = lib.autograd.grad(y.sum(), (a, b), create_graph=True, allow_unused=True)
            see(slopes)
            second = sum((slope * slope).sum() for slope in slopes if slope is not None)
        see(lib.autograd.grad(second, (a, b), allow_unused=True))

    assert_same_story(story)


def test_the_saved_field_reads_through_the_hooks():
    def story(lib, see):
        a = lib.tensor([1.0, 2.0], requires_grad=True)
        with hooks(lib, see):
            y, z = a.exp(), a * a
        see(y.grad_fn._saved_result, z.grad_fn._saved_self, z.grad_fn._saved_self.is_leaf)
        see(y.grad_fn._saved_result.grad_fn is y.grad_fn)
        node = z.grad_fn
        z.sum().backward()
        see.error(lambda: node._saved_self)
        see.error(lambda: z.sum().backward())

    assert_same_story(story)


def test_the_inner_pair_counts_and_the_outer_comes_back():
    def story(lib, see):
        a = lib.tensor([1.0, 2.0], requires_grad=True)
        pair = lib.autograd.graph.saved_tensors_hooks
        with pair(lambda t: see("outer"), lambda p: a):
            a.exp()
            with pair(lambda t: see("inner"), lambda p: a):
                a.exp()
            a.exp()
            try:
                with pair(lambda t: see("inner"), lambda p: a):
                    raise ZeroDivisionError
            except ZeroDivisionError:
                a.exp()
        a.exp()

    assert_same_story(story)


def test_hooks_belong_to_the_thread_that_set_them():
    def story(lib, see):
        a = lib.tensor([1.0, 2.0], requires_grad=True)
        with lib.autograd.graph.saved_tensors_hooks(lambda t: see("packed"), lambda p: a):
            thread = threading.Thread(target=lambda: a.exp())
            thread.start()
            thread.join()
            see("joined")
            a.exp()

    assert_same_story(story)


def test_one_object_serves_several_blocks():
    def story(lib, see):
        a = lib.tensor([1.0, 2.0], requires_grad=True)
        pair = hooks(lib, see)
        for _ in range(2):
            with pair:
                a.exp()
            a.exp()

    assert_same_story(story)


def test_hooks_that_fail():
    def story(lib, see):
        a = lib.tensor([1.0, 2.0], requires_grad=True)
        pair = lib.autograd.graph.saved_tensors_hooks
        with pair(lambda t: 1 / 0, lambda p: p):
            see.error(lambda: a.exp())
            see.error(lambda: a + 1)
        see(a.exp(), lib.is_grad_enabled())
        for unpacked in (5, None, [1.0]):
            with pair(lambda t: t, lambda p, u=unpacked: u):
                y = a.exp()
            see.error(lambda y=y: y.sum().backward())
        with pair(lambda t: t, lambda p: 1 / 0):
            y = a.exp()
        see.error(lambda: y.sum().backward())
        see(a.grad, lib.is_grad_enabled())
        with pair(lambda t: t.add_(1), lambda p: p):
            see.error(lambda: (a * 1).log())
        see(a.exp())

    assert_same_story(story)


def test_hooks_that_cannot_be_called():
    def story(lib, see):
        a = lib.tensor([1.0, 2.0], requires_grad=True)
        for bad in ((1, 2), (print, 2), (1, print)):
            see.error(lambda bad=bad: lib.autograd.graph.saved_tensors_hooks(*bad).__enter__())
            see.error(lambda bad=bad: (a * a).grad_fn._raw_saved_other.register_hooks(*bad))
        see(a.exp())

    assert_same_story(story, words=0)


@BOTH
def test_a_hook_may_change_what_is_kept(lib):
    a = lib.tensor([1.0, 2.0], requires_grad=True)
    with lib.autograd.graph.saved_tensors_hooks(lambda t: t * 10, lambda p: p):
        y = a * a
    y.sum().backward()
    assert y.tolist() == [1, 4] and a.grad.tolist() == [20, 40]


def test_hooks_on_one_field():
    def story(lib, see):
        a = lib.tensor([1.0, 2.0], requires_grad=True)
        y = a * a
        raw = y.grad_fn._raw_saved_self
        see(raw)
        raw.register_hooks(lambda t: (see("pack", t.tolist()), t * 10)[1], lambda p: (see("unpack"), p)[1])
        see(y.grad_fn._saved_self, y.grad_fn._saved_other)
        see.error(lambda: raw.register_hooks(lambda t: t, lambda p: p))
        y.sum().backward()
        see(a.grad)
        y = a * a
        see.error(lambda: y.grad_fn._raw_saved_self.register_hooks(lambda t: 1 / 0, lambda p: p))
        see.error(lambda: y.grad_fn._raw_saved_other.register_hooks(lambda t: t.add_(1), lambda p: p))
        y = a.exp()
        y.grad_fn._raw_saved_result.register_hooks(lambda t: (see("pack", t), t.tolist())[1], lambda p: lib.tensor(p))
        see(y.grad_fn._saved_result)
        y.sum().backward()
        see.error(lambda: y.grad_fn._raw_saved_result.register_hooks(lambda t: t, lambda p: p))

    assert_same_story(story)


def test_hooks_on_what_a_function_saves():
    def story(lib, see):
        class Square(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                y = x * x
                ctx.save_for_backward(x, y, None)
                return y

            @staticmethod
            def backward(ctx, grad):
                x, y, nothing = ctx.saved_tensors
                see("backward", x, y.tolist(), nothing)
                return 2 * x * grad

        a = lib.tensor([1.0, 2.0], requires_grad=True)
        with hooks(lib, see):
            y = Square.apply(a)
            see(Square.apply(lib.ones(2)))
        y.sum().backward()
        see(a.grad)

    assert_same_story(story)


def test_a_packed_tensor_may_be_overwritten_afterwards():
    def story(lib, see):
        a = lib.tensor([1.0, 2.0], requires_grad=True)
        b = a * 1
        with lib.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda p: p):
            y = b * b
        b.mul_(100)
        see.error(lambda: y.sum().backward())
        see(a.grad)
        with lib.autograd.graph.saved_tensors_hooks(lambda t: t, lambda p: p):
            b = a * 1
            y = b * b
        b.mul_(100)
        see.error(lambda: y.sum().backward())

    assert_same_story(story)


WRITES = {
    "the factor": lambda a, b: (b * b, b.add_(1)),
    "a view of it": lambda a, b: (b * b, b[0].add_(1)),
    "its base": lambda a, b: (b[:1] * 2 * b[:1], b.zero_()),
    "a result that was kept": lambda a, b: (lambda y: (y, y.mul_(2)))(b.exp()),
    "a result that was not": lambda a, b: (lambda y: (y, y.mul_(2)))(b + 1),
    "through detach": lambda a, b: (b * b, b.detach().add_(1)),
    "through data": lambda a, b: (b * b, b.data.add_(1)),
    "a softmax": lambda a, b: (lambda y: (y, y.add_(1)))(b.softmax(0)),
    "twice": lambda a, b: (b * b, b.add_(1).mul_(2)),
    "an index": lambda a, b: (b * b, b.__setitem__(0, 5.0)),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_saved_value_that_was_overwritten_is_refused_in_torchs_words(write):
    def story(lib, see):
        a = lib.tensor([1.0, 2.0], requires_grad=True)
        b = a * 1
        y, _ = write(a, b)
        see(b._version)
        see.error(lambda: y.sum().backward())
        see(a.grad)

    assert_same_story(story, words=60)
