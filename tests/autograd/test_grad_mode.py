"""The switches: what is recorded, in which mode, in which thread, and what an error in the middle leaves behind."""

import copy
import threading

import pytest
from parity import LIBRARIES
from stories import assert_same_story

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])
MODES = {
    "no_grad": lambda lib: lib.no_grad(),
    "enable_grad": lambda lib: lib.enable_grad(),
    "set_grad_enabled(False)": lambda lib: lib.set_grad_enabled(False),
    "set_grad_enabled(True)": lambda lib: lib.set_grad_enabled(True),
    "inference_mode": lambda lib: lib.inference_mode(),
    "inference_mode(False)": lambda lib: lib.inference_mode(False),
}
EACH_MODE = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
EACH_OTHER = pytest.mark.parametrize("other", MODES.values(), ids=MODES)


def switches(lib):
    return lib.is_grad_enabled(), lib.is_inference_mode_enabled()


@EACH_MODE
@EACH_OTHER
def test_what_a_mode_inside_another_records(mode, other):
    def story(lib, see):
        x = lib.ones(2, requires_grad=True)
        with mode(lib):
            see(switches(lib))
            with other(lib):
                y = x * 2
                see(switches(lib), y, y.is_inference(), y.is_leaf, lib.ones(1).is_inference())
            y = x * 2
            see(switches(lib), y, y.is_inference())
        see(switches(lib))

    assert_same_story(story)


@EACH_MODE
@EACH_OTHER
def test_an_error_inside_puts_the_switches_back(mode, other):
    def story(lib, see):
        with mode(lib):
            try:
                with other(lib):
                    raise ZeroDivisionError
            except ZeroDivisionError:
                see(switches(lib))
        see(switches(lib))

    assert_same_story(story)


@EACH_MODE
def test_a_decorated_function_runs_in_the_mode_at_every_call(mode):
    def story(lib, see):
        x = lib.ones(2, requires_grad=True)

        @mode(lib)
        def twice(t, *, fail=False):
            """Doubles."""
            see(switches(lib))
            if fail:
                raise ZeroDivisionError
            return t * 2

        see(switches(lib), twice(x), twice(t=x), twice.__name__, twice.__doc__)
        see.error(lambda: twice(x, fail=True))
        see(switches(lib))
        with lib.no_grad():
            see(twice(x), switches(lib))

    assert_same_story(story)


@pytest.mark.parametrize("name", ["no_grad", "enable_grad", "inference_mode"])
def test_the_decorator_needs_no_parentheses(name):
    def story(lib, see):
        @getattr(lib, name)
        def twice(t):
            return t * 2

        with lib.no_grad():
            y = twice(lib.ones(2, requires_grad=True))
            see(y, y.is_inference(), twice.__name__, switches(lib))
        see(switches(lib))

    assert_same_story(story)


@EACH_MODE
def test_a_decorated_class_is_made_in_the_mode_and_warned_of(mode):
    def story(lib, see):
        class Doubled:
            def __init__(self, x):
                self.value = x * 2

            def again(self, x):
                return x * 2

        x = lib.ones(2, requires_grad=True)
        with lib.no_grad():
            decorated = mode(lib)(Doubled)
            made = decorated(x)
        see(type(made) is Doubled, made.value.requires_grad, made.again(x).requires_grad)

    assert_same_story(story, words=30)


def test_a_recursive_decorated_function_finds_its_way_back():
    def story(lib, see):
        @lib.no_grad()
        def down(n):
            with lib.enable_grad():
                if n:
                    down(n - 1)
                see(lib.is_grad_enabled())
            see(lib.is_grad_enabled())

        down(3)
        see(lib.is_grad_enabled())

    assert_same_story(story)


@EACH_MODE
def test_one_object_can_be_entered_again_and_after_it_was_left(mode):
    def story(lib, see):
        switch = mode(lib)
        with switch:
            see(switches(lib))
        see(switches(lib))
        with switch:
            see(switches(lib))
        see(switches(lib))

    assert_same_story(story)


@EACH_MODE
def test_a_mode_belongs_to_its_thread(mode):
    def story(lib, see):
        with mode(lib):
            thread = threading.Thread(target=lambda: see(switches(lib), (lib.ones(1, requires_grad=True) * 2)))
            thread.start()
            thread.join()
            see(switches(lib))

    assert_same_story(story)


def test_backward_runs_without_recording_and_in_create_graph_with_it():
    def story(lib, see):
        x = lib.ones(2, requires_grad=True)
        for create_graph in (False, True):
            for outside in (False, True):
                y = x * 3
                y.register_hook(lambda g: see("hook", switches(lib), g))
                loss = y.sum()
                with lib.set_grad_enabled(outside):
                    lib.autograd.grad(loss, x, create_graph=create_graph)
                    see(switches(lib))

    assert_same_story(story)


def test_a_backward_that_fails_leaves_the_switch_as_it_was():
    def story(lib, see):
        x = lib.ones(2, requires_grad=True)
        for create_graph in (False, True):
            y = x * 3
            y.register_hook(lambda g: 1 / 0)
            see.error(lambda y=y, c=create_graph: lib.autograd.grad(y.sum(), x, create_graph=c))
            see(switches(lib))

    assert_same_story(story)


def test_a_backward_under_no_grad_and_in_inference_mode():
    def story(lib, see):
        x = lib.ones(2, requires_grad=True)
        y, z = (x * x).sum(), (x * x).sum()
        with lib.no_grad():
            y.backward()
        see(x.grad, x.grad.is_inference())
        with lib.inference_mode():
            see.error(z.backward)
        see(x.grad)

    assert_same_story(story)


# -- Inference tensors


def inference_tensor(lib, requires_grad=False):
    with lib.inference_mode():
        return lib.tensor([2.0, 4.0], requires_grad=requires_grad)


USES_OF_AN_INFERENCE_TENSOR = {
    "its version": lambda lib, y, a: y._version,
    "a write": lambda lib, y, a: y.add_(1),
    "a copy into it": lambda lib, y, a: y.copy_(a),
    "a number into it": lambda lib, y, a: y.__setitem__(0, 5.0),
    "requires_grad_": lambda lib, y, a: y.requires_grad_(),
    "requires_grad = False": lambda lib, y, a: y.requires_grad_(False),
    "saved for backward": lambda lib, y, a: a * y,
    "not saved": lambda lib, y, a: a + y,
    "a clone saved": lambda lib, y, a: a * y.clone(),
    "clone": lambda lib, y, a: (y.clone(), y.clone().is_inference()),
    "view": lambda lib, y, a: (y.view(2), y.view(2).is_inference(), y.view(2)._is_view()),
    "detach": lambda lib, y, a: (y.detach(), y.detach().is_inference()),
    "an operation": lambda lib, y, a: (y + 1, (y + 1).is_inference(), (y + 1)._version),
    "backward": lambda lib, y, a: y.backward(),
    "detach_": lambda lib, y, a: y.detach_().is_inference(),
    "exp(a) times it in place": lambda lib, y, a: a.exp().mul_(y),
    "added in place": lambda lib, y, a: (a * 1).add_(y),
    "copied from": lambda lib, y, a: (a * 1).copy_(y),
    "numpy": lambda lib, y, a: y.numpy(),
    "data": lambda lib, y, a: (y.data, y.data.is_inference()),
    "a list of its rows": lambda lib, y, a: (list(y), y[0].is_inference(), y[0]._is_view()),
    "a gradient": lambda lib, y, a: (a * 2).backward(y),
    "grad": lambda lib, y, a: (setattr(a, "grad", y), a.grad.is_inference()),
    "repr": lambda lib, y, a: repr(y),
    "a deepcopy": lambda lib, y, a: copy.deepcopy(y).is_inference(),
    "a parameter that asks": lambda lib, y, a: lib.nn.Parameter(y).is_inference(),
    "a parameter": lambda lib, y, a: lib.nn.Parameter(y, requires_grad=False).is_inference(),
    "is_leaf": lambda lib, y, a: (y.is_leaf, y.grad, y.grad_fn, y.retains_grad),
    "retain_grad": lambda lib, y, a: y.retain_grad(),
}


@pytest.mark.parametrize("use", USES_OF_AN_INFERENCE_TENSOR.values(), ids=USES_OF_AN_INFERENCE_TENSOR)
@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
def test_an_inference_tensor_in(use, inside):
    def story(lib, see):
        y, a = inference_tensor(lib), lib.tensor([1.0, 3.0], requires_grad=True)
        with lib.inference_mode(inside):
            see.error(lambda: use(lib, y, a))

    assert_same_story(story)


def test_an_inference_tensor_that_asks_for_a_gradient():
    def story(lib, see):
        with lib.inference_mode():
            z = lib.ones(2, requires_grad=True)
            see(z, z.is_inference())
            see.error(lambda: z.add_(1))
            see(z * 2)
        see(z)
        see.error(lambda: z * lib.ones(2, requires_grad=True))

    assert_same_story(story)


def test_a_write_in_inference_mode_to_an_ordinary_tensor():
    def story(lib, see):
        a = lib.ones(2, requires_grad=True)
        b = a * 1
        c = b * b
        with lib.inference_mode():
            see(b.add_(1), b._version, b.is_inference())
            see(a.add_(1), a._version)
        see(a, b)
        see.error(lambda: c.sum().backward())

    assert_same_story(story)


# -- Views made without recording


WAYS = {
    "view": lambda t: t.view(2),
    "select": lambda t: t[0],
    "slice": lambda t: t[:1],
    "t": lambda t: t.t(),
    "detach": lambda t: t.detach(),
    "clone": lambda t: t.clone(),
    "data": lambda t: t.data,
    "unsqueeze": lambda t: t.unsqueeze(0),
    "expand": lambda t: t.expand(3, 2),
    "unbind": lambda t: t.unbind()[0],
    "a view of a view": lambda t: t.view(2, 1)[1],
    "as_strided": lambda t: t.as_strided((1,), (1,)),
    "reshape": lambda t: t.reshape(2, 1),
    "contiguous": lambda t: t.contiguous(),
}
MODES_WITHOUT = pytest.mark.parametrize("mode", [MODES["no_grad"], MODES["inference_mode"]], ids=["no_grad", "infer"])


def writes(v):
    """A write, but to an inference tensor: there torch writes first and then refuses, minigrad changes nothing."""
    if not v.is_inference() and 0 not in v.stride():
        v.add_(1)


@MODES_WITHOUT
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("source", ["leaf", "computed", "constant"])
def test_a_view_made_without_recording(mode, way, source):
    def story(lib, see):
        a = lib.ones(2, requires_grad=source != "constant")
        b = a * 1 if source == "computed" else a
        with mode(lib):
            v = way(b)
            see(v, v.is_leaf, v._is_view())
        see(v, v.is_leaf)
        y = v * 2
        see(y)
        if y.requires_grad:
            see(y.grad_fn.next_functions[0])
            see.error(lambda: y.sum().backward())
        see(a.grad, v.requires_grad)
        see.error(lambda: writes(v))
        see.error(lambda: v.requires_grad_(False))
        see.error(lambda: b.add_(1))
        see.error(lambda: v.grad_fn)
        see.error(lambda: v * 2)
        see.error(lambda: repr(v))

    assert_same_story(story)


@MODES_WITHOUT
def test_a_view_made_and_written_without_recording(mode):
    def story(lib, see):
        a = lib.ones(2, requires_grad=True)
        b = a * 1
        for base in (a, b):
            with mode(lib):
                v = base.view(2)
                v.add_(1)
                see.error(lambda v=v: v.requires_grad)
                see.error(lambda v=v: v)
                w = base[0]
                base.mul_(3)
                see.error(lambda w=w: w)
            see(base)
            see.error(lambda v=v: v.grad_fn)
            see.error(lambda v=v: v.requires_grad)
            see.error(lambda v=v: v * 2)
            see.error(lambda v=v: repr(v))
            with lib.no_grad():
                see.error(lambda v=v: v.grad_fn)
                see.error(lambda v=v: v * 2)

    assert_same_story(story)


def test_updates_by_hand_through_views_under_no_grad():
    def story(lib, see):
        p = lib.nn.Parameter(lib.ones(2, 2))
        (p.sum() * 2).backward()
        with lib.no_grad():
            row, flat = p[0], p.view(-1)
            row.sub_(p.grad[0] * 0.5)
            flat[3] = 7.0
            see(p, p._version, row._version, flat._version)
        see(p.data.t(), p.detach())
        (p * p).sum().backward()
        see(p.grad)

    assert_same_story(story)


def test_a_view_of_a_detached_tensor_owes_nothing():
    def story(lib, see):
        b = lib.ones(2, requires_grad=True) * 1
        with lib.no_grad():
            v, w = b.detach().view(2), b.data[0]
        see(v, w, v * 2)
        see.error(lambda: v.add_(1))
        see(b, v, w, b._version)

    assert_same_story(story)


OF_INFERENCE_ALONE = {
    "exp": lambda lib, x: x.exp(), "product": lambda lib, x: x * x, "view": lambda lib, x: x.view(2, 1),
    "sum": lambda lib, x: x.sum(), "softmax": lambda lib, x: x.softmax(0), "cat": lambda lib, x: lib.cat([x, x]),
    "select": lambda lib, x: x[0], "matrix product": lambda lib, x: x.view(1, 2) @ x.view(2, 1),
    "with a number": lambda lib, x: x + 1, "with a tensor": lambda lib, x: x + lib.ones(2),
    "times a number": lambda lib, x: x * 2, "picked": lambda lib, x: x[[0]], "where": lambda lib, x:
    x.masked_fill(x > 0, 1.0), "with a leaf": lambda lib, x: lib.ones(2, requires_grad=True) * x,
    "unsqueeze_": lambda lib, x: x.unsqueeze_(0), "exp_": lambda lib, x: x.exp_(),
    "out": lambda lib, x: lib.add(lib.ones(2), 1, out=x), "a view written to": lambda lib, x: x[0].zero_(),
}  # fmt: skip


@pytest.mark.parametrize("program", OF_INFERENCE_ALONE.values(), ids=OF_INFERENCE_ALONE)
@pytest.mark.parametrize("wanted", [True, False])
def test_of_inference_tensors_alone_nothing_is_recorded(program, wanted):
    def story(lib, see):
        with lib.inference_mode():
            x = lib.ones(2, requires_grad=wanted)
        see.error(lambda: program(lib, x))
        see(x.requires_grad, x.is_leaf)

    assert_same_story(story, words=20)


def test_a_gradient_that_was_made_in_inference_mode_is_added_to_in_that_mode_only():
    def story(lib, see):
        x = lib.ones(2, requires_grad=True)
        y = (x * x).sum()
        with lib.inference_mode():
            y.backward(retain_graph=True)
            y.backward(retain_graph=True)
        see(x.grad, x.grad.is_inference())
        see.error(y.backward)  # (torch has added by then)

    assert_same_story(story, words=20)


def test_histories_are_not_forgotten_in_inference_mode():
    def story(lib, see):
        x = lib.ones(2, requires_grad=True)
        with lib.inference_mode():
            y = lib.ones(2, requires_grad=True)
            x.detach_()
        y.detach_()
        see(x.requires_grad, y.requires_grad)

    assert_same_story(story)


def test_data_brings_along_whether_it_is_of_inference_mode():
    def story(lib, see):
        with lib.inference_mode():
            y = lib.ones(2)
        x, z = lib.ones(2), lib.ones(2)
        x.data, y.data = y, z
        see(x.is_inference(), y.is_inference(), z.is_inference())

    assert_same_story(story)
