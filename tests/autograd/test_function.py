"""Function: the user's own operations, in every form that torch allows. (Its refusals: `test_function_rules.py`.)"""

import gc
import weakref

import pytest
from functions import exponential, function, two
from parity import LIBRARIES, graph_of
from stories import assert_same_story

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])


def test_the_node_is_the_ctx():
    def story(lib, see):
        x = two(lib)
        contexts = []
        base = exponential(lib)

        class Exp(base):
            @staticmethod
            def forward(ctx, x, k=2):
                contexts.append(ctx)
                see(ctx.needs_input_grad, lib.is_grad_enabled(), x.requires_grad, x, type(ctx))
                return base.forward(ctx, x, k)

        for y in (Exp.apply(x), Exp.apply(x, 3)):
            node = y.grad_fn
            see(y, y.output_nr, node is contexts.pop(), node.name(), type(node), node.k, node.saved_tensors)
            see(node.needs_input_grad, node.next_functions[0][0].variable is x, len(node.next_functions))
            see(repr(node).split(" at ")[0], isinstance(node, lib.autograd.graph.Node), node.metadata)
            y.sum().backward()
            see(x.grad)

    assert_same_story(story)


def test_a_keyword_argument_finds_its_place():
    def story(lib, see):
        def forward(ctx, x, k=2, m=3):
            see(ctx.needs_input_grad, k, m)
            return x * k + m

        F, x = function(lib, forward, lambda ctx, g: g), two(lib)
        for kwargs in ({"k": 7}, {"m": 5, "k": 7}, {"m": 5}, {"wrong": 3}, {"x": x}, {"k": 7, "wrong": 3}):
            see.error(lambda kwargs=kwargs: F.apply(x, **kwargs))
        for kwargs in ({"x": x}, {"m": 5, "x": x}, {"m": 5, "x": x, "k": 7}, {"k": 3}):
            see.error(lambda kwargs=kwargs: F.apply(**kwargs))
        see.error(lambda: F.apply(x, 4, k=5))
        see.error(lambda: F.apply(x, 4, m=5))

    assert_same_story(story)


def test_arguments_that_forward_does_not_have():
    def story(lib, see):
        Exp = exponential(lib)
        see.error(lambda: Exp.apply())
        see.error(lambda: Exp.apply(two(lib), 2, 3))
        F = function(lib, lambda ctx, x, *, k=2: x * k, lambda ctx, g: g)
        see.error(lambda: F.apply(two(lib), k=3))
        G = function(lib, lambda ctx, x, *rest: (see(rest), x * 2)[1], lambda ctx, g: (g, None, None))
        see(G.apply(two(lib), 1, 2), G.apply(x=two(lib)))

    assert_same_story(story, words=5)


def test_setup_context_sees_the_defaults_too():
    def story(lib, see):
        setup_context = lambda ctx, inputs, output: see(inputs)  # noqa: E731
        F = function(lib, lambda x, k=2, m=3: x * k + m, lambda ctx, g: (g, None, None), setup_context)
        x = two(lib)
        for kwargs in ({}, {"k": 7}, {"m": 5}, {"m": 5, "k": 7}):
            y = F.apply(x, **kwargs)
            see(y, y.grad_fn.needs_input_grad)
        F.apply(x, 4, m=5).sum().backward()
        see(x.grad, F.apply(m=5, x=x))
        see.error(lambda: F.apply(k=3))
        see.error(lambda: F.apply(x, wrong=3))

    assert_same_story(story)


def test_without_a_gradient_there_is_no_node():
    def story(lib, see):
        Exp = exponential(lib)
        see(Exp.apply(lib.ones(2)), Exp.apply(lib.ones(2)).requires_grad)
        with lib.no_grad():
            see(Exp.apply(two(lib)))
        with lib.inference_mode():
            see(Exp.apply(two(lib)), Exp.apply(two(lib)).is_inference())

    assert_same_story(story)


def test_backward_runs_with_recording_off_unless_it_is_to_be_differentiated():
    def story(lib, see):
        def backward(ctx, grad):
            see(lib.is_grad_enabled(), grad, ctx.saved_tensors[0].grad_fn is None)
            return grad * ctx.saved_tensors[0]

        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x / 2

        F, x = function(lib, forward, backward), two(lib)
        (slope,) = lib.autograd.grad(F.apply(x).sum(), x, create_graph=True)
        see(slope, slope.grad_fn.next_functions)
        see(lib.autograd.grad(slope.sum(), x))
        see(lib.autograd.grad(F.apply(x).sum(), x))

    assert_same_story(story)


def test_a_saved_output_has_its_history_in_backward():
    def story(lib, see):
        def forward(ctx, x):
            y, z = x * 2, x.exp()
            ctx.save_for_backward(y, z, x * 7, x, None)
            return y, z

        def backward(ctx, g, h):
            y, z, w, x, nothing = ctx.saved_tensors
            see(y, z, w, x, nothing, z.output_nr)
            return g * 2 + h * z

        F, x = function(lib, forward, backward), two(lib)
        y, z = F.apply(x)
        see(y.grad_fn.saved_tensors)
        (slope,) = lib.autograd.grad(y.sum() + z.sum(), x, create_graph=True)
        see(slope, graph_of(slope))
        see(lib.autograd.grad(slope.sum(), x))

    assert_same_story(story)


def test_several_outputs_get_zeros_or_none_for_those_not_used():
    def story(lib, see):
        for materialize in (True, False, None):

            def forward(ctx, x, y, materialize=materialize):
                if materialize is not None:
                    ctx.set_materialize_grads(materialize)
                return x * 2, x.double() + y, x[0] * 3

            def backward(ctx, *grads):
                see("backward", grads)
                return (grads[0] * 2 if grads[0] is not None else None), None

            F = function(lib, forward, backward)
            for used in range(3):
                x, y = two(lib), two(lib, "float64")
                outputs = F.apply(x, y)
                see(outputs, [t.output_nr for t in outputs], type(outputs))
                outputs[used].sum().backward()
                see(x.grad, y.grad)

    assert_same_story(story)


def test_outputs_that_are_no_tensors_pass_through():
    def story(lib, see):
        F = function(lib, lambda ctx, x: (x * 2, 5, "s", None), lambda ctx, *g: (see("backward", g), g[0])[1])
        outputs = F.apply(two(lib))
        see(outputs)
        outputs[0].sum().backward()
        G = function(lib, lambda ctx, x: (x * 2,), lambda ctx, g: g)
        see(G.apply(two(lib)))
        for returned in (5, None, "s", [1.0], {}):
            H = function(lib, lambda ctx, x, r=returned: r, lambda ctx, g: g)
            see.error(lambda H=H: H.apply(two(lib)))
        L = function(lib, lambda ctx, x: [x * 2, x * 3], lambda ctx, *g: g[0])
        see.error(lambda: L.apply(two(lib)))

    assert_same_story(story)


def test_integers_and_marked_outputs_have_no_gradient():
    def story(lib, see):
        def forward(ctx, x):
            whole, other = (x > 1).long(), x * 3
            ctx.mark_non_differentiable(whole, other)
            return x * 2, whole, other

        F, x = function(lib, forward, lambda ctx, *g: (see("backward", g), g[0] * 2)[1]), two(lib)
        outputs = F.apply(x)
        see(outputs)
        outputs[0].sum().backward()
        see(x.grad)
        I = function(lib, lambda ctx, x: x.long(), lambda ctx, g: g)
        see(I.apply(x))

    assert_same_story(story)


def test_setup_context_keeps_what_forward_cannot():
    def story(lib, see):
        def setup_context(ctx, inputs, output):
            see("setup", inputs, output, lib.is_grad_enabled(), ctx.needs_input_grad)
            ctx.save_for_backward(inputs[0], output)
            ctx.k = inputs[1]

        F = function(lib, lambda x, k: x * k, lambda ctx, g: (g * ctx.k, None), setup_context)
        x = two(lib)
        y = F.apply(x, 3)
        node = y.grad_fn
        see(y, node.saved_tensors)
        y.sum().backward()
        see(x.grad)
        see.error(lambda: node.saved_tensors)
        see.error(lambda: y.sum().backward())
        see.error(lambda: F.apply(x, k=3))

    assert_same_story(story)


def test_a_function_inside_a_function_and_inside_itself():
    def story(lib, see):
        Exp = exponential(lib)

        def forward(ctx, x):
            with lib.enable_grad():
                inner = x.detach().requires_grad_()
                y = Exp.apply(inner) * 2
            ctx.inner, ctx.y = inner, y
            return y.detach()

        def backward(ctx, grad):
            see("outer", lib.is_grad_enabled())
            with lib.enable_grad():  # a backward inside a backward: how checkpointing is written
                return lib.autograd.grad(ctx.y, ctx.inner, grad)[0]

        F, x = function(lib, forward, backward), two(lib)
        F.apply(F.apply(x)).sum().backward()
        see(x.grad)
        see(Exp.apply(Exp.apply(x)))

    assert_same_story(story)


def test_hooks_on_the_node_and_the_tensors_of_a_function():
    def story(lib, see):
        F = function(lib, lambda ctx, x, k, y: (x * 2, y * k), lambda ctx, g, h: (g * 2, None, h * 3))
        x, y = two(lib), two(lib)
        a, b = F.apply(x, 3, y)
        a.register_hook(lambda g: (see("a", g), g * 10)[1])
        b.register_hook(lambda g: see("b", g))
        a.grad_fn.register_prehook(lambda gs: see("before", gs))
        a.grad_fn.register_hook(lambda inputs, outputs: see("after", inputs, outputs))
        b.retain_grad()
        (a.sum() + b.sum()).backward()
        see(x.grad, y.grad, b.grad)
        a, b = F.apply(x, 3, y)
        a.register_hook(lambda g: see("a", g))
        a.grad_fn.register_prehook(lambda gs: see("before", gs))
        b.sum().backward()

    assert_same_story(story)


def test_only_the_gradients_that_are_wanted_are_asked_for():
    def story(lib, see):
        def backward(ctx, g):
            see(ctx.needs_input_grad)
            return g * ctx.needs_input_grad[0], g * ctx.needs_input_grad[1]

        F = function(lib, lambda ctx, x, y: x * y, backward)
        x, y = two(lib), lib.ones(2)
        F.apply(x, y).sum().backward()
        see(x.grad, y.grad)
        x, y = two(lib), two(lib)
        see(lib.autograd.grad(F.apply(x, y).sum(), y))
        F.apply(y, y).sum().backward()
        see(y.grad)

    assert_same_story(story)


def test_tensors_inside_a_list_are_not_seen():
    def story(lib, see):
        F = function(lib, lambda ctx, xs, y: xs[0] * y, lambda ctx, g: (None, g))
        x, y = two(lib), two(lib)
        out = F.apply([x], y)
        see(out, out.grad_fn.next_functions, out.grad_fn.needs_input_grad)
        see(F.apply([x], lib.ones(2)))

    assert_same_story(story)


def test_gradcheck_holds_for_a_function():
    def story(lib, see):
        see(lib.autograd.gradcheck(exponential(lib).apply, (two(lib, "float64"),)))
        see(lib.autograd.gradgradcheck(exponential(lib).apply, (two(lib, "float64"),)))

    assert_same_story(story)


@BOTH
def test_a_function_that_saved_its_output_is_freed_without_the_garbage_collector(lib):
    gc.collect()
    gc.disable()
    try:
        y = exponential(lib).apply(two(lib))
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    finally:
        gc.enable()


def test_names_follow_the_class():
    def story(lib, see):
        class Outer(exponential(lib)):
            """Its text."""

            class Inner(exponential(lib)):
                pass

        x = two(lib)
        see(Outer.apply(x), Outer.Inner.apply(x), Outer.apply(x).grad_fn.name(), Outer.Inner.apply(x).grad_fn.name())
        see(repr(Outer.apply(x)), type(Outer.apply(x).grad_fn))

    assert_same_story(story)
