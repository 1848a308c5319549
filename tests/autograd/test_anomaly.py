"""Anomaly mode: which line is blamed, what counts as an anomaly, and what it leaves behind."""

from importlib import import_module

import pytest
from parity import LIBRARIES
from stories import assert_same_story

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])


def state(lib):
    return lib.is_anomaly_enabled(), lib.is_anomaly_check_nan_enabled()


def test_the_switch_and_its_warning():
    def story(lib, see):
        see(state(lib))
        for check_nan in (True, False):
            with lib.autograd.detect_anomaly(check_nan):
                see(state(lib))
                with lib.autograd.set_detect_anomaly(False):
                    see(state(lib))
                see(state(lib))
            see(state(lib))
            with lib.autograd.set_detect_anomaly(True, check_nan=check_nan):
                see(state(lib))
            see(state(lib))
        lib.autograd.set_detect_anomaly(True)
        see(state(lib))
        lib.autograd.set_detect_anomaly(False)
        see(state(lib))

    assert_same_story(story, words=12)


def test_an_error_inside_turns_it_off_again():
    def story(lib, see):
        for mode in (lambda: lib.autograd.detect_anomaly(), lambda: lib.autograd.set_detect_anomaly(True, False)):
            try:
                with mode():
                    raise ZeroDivisionError
            except ZeroDivisionError:
                see(state(lib))

    assert_same_story(story)


ANOMALIES = {
    "0/0": lambda lib, x: (x * 0).sqrt() * 0,
    "a root below 0": lambda lib, x: (x - 5).sqrt(),
    "a root at 0": lambda lib, x: (x * 0).sqrt(),
    "infinity": lambda lib, x: 1 / (x * 0),
    "nan in the forward alone": lambda lib, x: (x * float("nan")).detach() + x,
    "nan that is multiplied": lambda lib, x: x * float("nan"),
    "a logarithm below 0": lambda lib, x: (-x).log(),
    "a saved value overwritten": lambda lib, x: (lambda b: ((b * b), b.add_(1))[0])(x * 1),
    "an error in a hook": lambda lib, x: (lambda b: (b.register_hook(lambda g: 1 / 0), b)[1])(x * 2),
    "a hook that makes nan": lambda lib, x: (lambda b: (b.register_hook(lambda g: g * float("nan")), b)[1])(x * 2) * 3,
    "nothing": lambda lib, x: x * 2,
    "second output": lambda lib, x: lib.stack([x, x * float("nan")]),
    "a division": lambda lib, x: x / (x * 0),
    "log of softmax": lambda lib, x: (x * 1e4).softmax(0).log(),
    "a mask": lambda lib, x: lib.where(x > 1.5, x, (x * 0).sqrt() * 0),
}


@pytest.mark.parametrize("made", ["in it", "before it", "with check_nan=False"])
@pytest.mark.parametrize("program", ANOMALIES.values(), ids=ANOMALIES)
def test_the_node_to_blame(program, made):
    def story(lib, see):
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        with lib.autograd.set_detect_anomaly(made == "in it"):
            y = program(lib, x).sum()
        with lib.autograd.set_detect_anomaly(True, check_nan=made != "with check_nan=False"):
            see.error(lambda: y.backward())
        see(x.grad, state(lib), lib.is_grad_enabled())

    assert_same_story(story, words=8)


@BOTH
def test_the_warning_shows_the_line_of_the_forward(lib):
    x = lib.tensor([-1.0, 4.0], requires_grad=True)
    with lib.autograd.set_detect_anomaly(True):
        y = x.sqrt()  # the line to blame
        with pytest.raises(RuntimeError, match="'SqrtBackward0' returned nan values in its 0th output"):
            with pytest.warns(UserWarning, match=r"Error detected in SqrtBackward0(.|\n)*y = x.sqrt\(\)"):
                y.sum().backward()


def test_nodes_remember_where_they_were_made():
    def story(lib, see):
        class Twice(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, grad):
                return grad * float("nan")

        x = lib.tensor([1.0, 2.0], requires_grad=True)
        with lib.autograd.set_detect_anomaly(True):
            y, z = x * 2, Twice.apply(x)
            for node in (y.grad_fn, z.grad_fn):
                made = node.metadata["traceback_"]
                see(sorted(node.metadata), type(made), "y, z = x * 2, Twice.apply(x)" in made[-1])
            see.error(lambda: z.sum().backward())
        see(sorted((x * 2).grad_fn.metadata))

    assert_same_story(story, words=10)


def test_an_error_in_a_backward_of_the_users_own_is_blamed_on_its_forward():
    def story(lib, see):
        class Fails(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, grad):
                raise ValueError("of its own")

        x = lib.tensor([1.0, 2.0], requires_grad=True)
        for enabled in (True, False):
            with lib.autograd.set_detect_anomaly(enabled):
                y = Fails.apply(x).sum()
                see.error(lambda y=y: y.backward())

    assert_same_story(story, words=5)


def test_the_names_are_where_torch_has_them():
    for lib in LIBRARIES:
        mode = import_module(f"{lib.__name__}.autograd.{'anomaly' if lib.__name__ == 'minigrad' else 'anomaly_mode'}")
        assert lib.autograd.detect_anomaly is mode.detect_anomaly
        assert lib.autograd.set_detect_anomaly is mode.set_detect_anomaly


def test_a_leaf_that_cannot_take_its_gradient_is_blamed_too():
    def story(lib, see):
        for forward in (True, False):
            x = lib.ones(3, requires_grad=True)
            with lib.autograd.set_detect_anomaly(forward):
                y = (x + 2).sum()
            x.data = lib.ones(1)
            with lib.autograd.set_detect_anomaly(True):
                see.error(y.backward)

    assert_same_story(story)


@pytest.mark.parametrize("value", ["x", 1, None, []])
def test_the_switch_takes_bools_alone(value):
    def story(lib, see):
        see.error(lambda: lib.autograd.set_detect_anomaly(value))
        see.error(lambda: lib.autograd.set_detect_anomaly(True, value))
        see.error(lambda: lib.autograd.detect_anomaly(value).__enter__())
        see(state(lib))

    assert_same_story(story, words=12)
