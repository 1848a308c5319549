"""What a Function must and must not do: inputs overwritten, views returned, gradients of the wrong number or kind."""

import pytest
from functions import exponential, function, two
from stories import assert_same_story


def dirty(lib, backward=lambda ctx, g: g * 7):
    """x += 1, said openly."""

    def forward(ctx, x):
        x.add_(1)
        ctx.mark_dirty(x)
        return x

    return function(lib, forward, backward)


def test_an_input_marked_dirty_is_the_output():
    def story(lib, see):
        F, x = dirty(lib), two(lib)
        b = x * 1
        c = b * b
        r = F.apply(b)
        see(r is b, r, b._version, b.grad_fn.next_functions)
        (r * 2).sum().backward()
        see(x.grad)
        see.error(lambda: c.sum().backward())
        see.error(lambda: F.apply(x))
        see(x)
        plain = lib.ones(2)
        r = F.apply(plain)
        see(r is plain, r, plain._version)

    assert_same_story(story)


def test_a_view_marked_dirty_changes_the_history_of_its_base():
    def story(lib, see):
        x = two(lib)
        b = x * 1
        view = b[:1]
        r = dirty(lib).apply(view)
        see(r is view, b, b.grad_fn.next_functions[0][0], r)
        (b * 2).sum().backward()
        see(x.grad)

    assert_same_story(story)


def test_a_dirty_input_must_be_an_output():
    def story(lib, see):
        def forward(ctx, x):
            x.add_(1)
            ctx.mark_dirty(x)
            return x * 2

        b = two(lib) * 1
        see.error(lambda: function(lib, forward, lambda ctx, g: g).apply(b))

    assert_same_story(story)


RETURNS = {
    "the input": lambda x: x,
    "a view": lambda x: x.view(2, 1),
    "two views": lambda x: (x.view(2, 1), x.view(1, 2)),
    "a view and a number": lambda x: (x.view(2, 1), x * 2),
    "a detached one": lambda x: x.detach(),
    "the same twice": lambda x: (lambda y: (y, y))(x * 2),
    "the input twice": lambda x: (x, x),
    "a row": lambda x: x[0],
    "its own data": lambda x: x.data,
}


@pytest.mark.parametrize("returned", RETURNS.values(), ids=RETURNS)
@pytest.mark.parametrize("source", ["leaf", "computed", "constant"])
def test_a_forward_that_returns(returned, source):
    def story(lib, see):
        F = function(lib, lambda ctx, x: returned(x), lambda ctx, *g: (see("backward", g), lib.ones(2))[1])
        a = lib.tensor([1.0, 2.0], requires_grad=source != "constant")
        b = a * 1 if source == "computed" else a
        outputs = F.apply(b)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        for r in outputs:
            see(r is b, r, r._is_view(), r._base is b, r.output_nr)
            if source != "constant":
                see.error(lambda r=r: r.sum().backward())
                see(a.grad)
        for r in outputs:
            see.error(lambda r=r: r.add_(1))
            see(b)

    assert_same_story(story, words=12)


GRADIENTS = {
    "one too many, None": (1, lambda lib, g: (g, None)),
    "one too many": (1, lambda lib, g: (g, g)),
    "one too few": (2, lambda lib, g: (g,)),
    "none": (1, lambda lib, g: ()),
    "None": (1, lambda lib, g: None),
    "a number": (1, lambda lib, g: 5),
    "another size": (1, lambda lib, g: lib.ones(3)),
    "another dtype": (1, lambda lib, g: g.double()),
    "a size that broadcasts": (1, lambda lib, g: lib.ones(1)),
    "a larger size that could be summed": (1, lambda lib, g: lib.ones(3, 2)),
    "integers": (1, lambda lib, g: lib.ones(2).long()),
    "a list": (1, lambda lib, g: [g]),
    "a generator": (1, lambda lib, g: (x for x in [g])),
    "nothing": (1, lambda lib, g: 1 / 0),
}


@pytest.mark.parametrize("gradient", GRADIENTS.values(), ids=GRADIENTS)
def test_a_backward_that_returns(gradient):
    count, returned = gradient

    def story(lib, see):
        F = function(lib, lambda ctx, *xs: xs[0] * 2, lambda ctx, g: returned(lib, g))
        xs = [two(lib) for _ in range(count)]
        y = F.apply(*xs).sum()
        see.error(lambda: y.backward())
        see([x.grad for x in xs], lib.is_grad_enabled())

    assert_same_story(story, words=9)


def test_a_gradient_for_what_is_no_tensor_or_needs_none():
    def story(lib, see):
        F = function(lib, lambda ctx, x, y: x * 2, lambda ctx, g: (g, g))
        x = two(lib)
        see.error(lambda: F.apply(x, 2).sum().backward())
        see.error(lambda: F.apply(x, lib.ones(3)).sum().backward())
        see(x.grad)
        see.error(lambda: F.apply(2, x).sum().backward())

    assert_same_story(story, words=9)


def test_a_second_backward_is_fine_where_nothing_was_saved():
    def story(lib, see):
        F, x = function(lib, lambda ctx, x: x * 2, lambda ctx, g: g * 2), two(lib)
        y = F.apply(x).sum()
        y.backward(retain_graph=True)
        see.error(y.backward)
        see.error(y.backward)
        see(x.grad)
        y = exponential(lib).apply(x).sum()
        y.backward(retain_graph=True)
        see.error(y.backward)
        see.error(y.backward)

    assert_same_story(story)


def saving(lib, *kept):
    def forward(ctx, x):
        ctx.save_for_backward(*[x if thing == "x" else thing for thing in kept])
        return x * 2

    return function(lib, forward, lambda ctx, g: (g * len(ctx.saved_tensors)))


def test_what_may_be_saved_and_marked():
    def story(lib, see):
        x = two(lib)
        for kept in ((), ("x",), ("x", None), (5,), ("x", "s"), ([1],)):
            see.error(lambda kept=kept: saving(lib, *kept).apply(x).sum().backward())
        for mark in ("mark_dirty", "mark_non_differentiable"):
            F = function(lib, lambda ctx, x, mark=mark: (getattr(ctx, mark)(5), x * 2)[1], lambda ctx, g: g)
            see.error(lambda F=F: F.apply(x))
        see(x.grad)

    assert_same_story(story)


def test_a_saved_input_that_was_overwritten_is_refused():
    def story(lib, see):
        b = two(lib) * 1
        y = saving(lib, "x").apply(b)
        b.add_(1)
        see.error(lambda: y.sum().backward())
        see.error(lambda: y.grad_fn.saved_tensors)
        y = exponential(lib).apply(b)
        y.mul_(2)
        see.error(lambda: y.sum().backward())

    assert_same_story(story, words=24)


def test_once_differentiable_refuses_the_second_derivative():
    def story(lib, see):
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @lib.autograd.function.once_differentiable
        def backward(ctx, g):
            """Its own text."""
            see(lib.is_grad_enabled())
            return g * 2 * ctx.saved_tensors[0]

        F, x = function(lib, forward, backward), two(lib)
        see(F.backward.__name__, F.backward.__doc__)
        see(lib.autograd.grad(F.apply(x).sum(), x))
        (slope,) = lib.autograd.grad(F.apply(x).sum(), x, create_graph=True)
        see(slope)
        (slope,) = lib.autograd.grad((F.apply(x) ** 2).sum(), x, create_graph=True)
        see(slope, slope.grad_fn.next_functions)
        see.error(lambda: slope.sum().backward())

    assert_same_story(story, words=20)


def test_once_differentiable_of_several_inputs():
    def story(lib, see):
        @lib.autograd.function.once_differentiable
        def backward(ctx, g, h):
            return g * 2, None, h

        F = function(lib, lambda ctx, x, k, y: (x * 2, y * 1), backward)
        x, y = two(lib), two(lib)
        a, b = F.apply(x, 5, y)
        slopes = lib.autograd.grad((a * a).sum() + (b * b).sum(), (x, y), create_graph=True)
        see(slopes, [slope.output_nr for slope in slopes])
        see.error(lambda: slopes[1].sum().backward())

    assert_same_story(story)


def test_a_function_without_its_methods():
    def story(lib, see):
        class Nothing(lib.autograd.Function):
            pass

        class NoBackward(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

        class NotStatic(lib.autograd.Function):
            def forward(self, x):
                return x * 2

            def backward(self, g):
                return g * 2

        x = two(lib)
        see.error(lambda: Nothing.apply(x))
        see.error(lambda: NoBackward.apply(x))
        see.error(lambda: NoBackward.apply(x).sum().backward())
        see.error(lambda: NoBackward.apply(lib.ones(1)))
        see.error(lambda: NotStatic.apply(x))
        see.error(lambda: NotStatic()(x))
        see.error(lambda: exponential(lib)())
        see.error(lambda: exponential(lib)()(x))
        see.error(lambda: lib.autograd.Function.apply(x))

    assert_same_story(story)


def test_an_error_in_forward_or_backward_turns_recording_on_again():
    def story(lib, see):
        x = two(lib)
        see.error(lambda: function(lib, lambda ctx, x: 1 / 0, lambda ctx, g: g).apply(x))
        see(lib.is_grad_enabled())
        F = function(lib, lambda ctx, x: x * 2, lambda ctx, g: 1 / 0)
        see.error(lambda: F.apply(x).sum().backward())
        see(lib.is_grad_enabled(), x.grad)

    assert_same_story(story)
