"""A backward that is asked for some gradients only: what runs, whose hooks are called, what is kept; and gradients that
are None, too large, or asked for where there are none."""

import numpy as np
import pytest
from parity import assert_parity, assert_same_error
from stories import assert_same_story


def network(lib, see, nodes=True):
    """z = Σ (2x · 3w), everything on the way under observation."""
    x, w = lib.tensor([1.0, 2.0], requires_grad=True), lib.tensor([3.0, 4.0], requires_grad=True)
    y, v = x * 2, w * 3
    z = (y * v).sum()
    for name, tensor in {"x": x, "w": w, "y": y, "v": v}.items():
        tensor.register_hook(lambda g, name=name: see(name, g))
    for name, tensor in {"y": y, "v": v}.items():
        tensor.retain_grad()
        if nodes:
            tensor.grad_fn.register_prehook(lambda gs, name=name: see("before", name, gs))
            tensor.grad_fn.register_hook(lambda i, o, name=name: see("after", name, i, o))
    return x, w, y, v, z


WANTED = {
    "w": [1], "v": [3], "w and y": [1, 2], "x and w": [0, 1], "y and v": [2, 3], "w twice": [1, 1], "all": range(4),
}  # fmt: skip


@pytest.mark.parametrize("wanted", WANTED.values(), ids=WANTED)
def test_grad_calls_the_hooks_on_the_way_to_what_is_wanted_alone(wanted):
    def story(lib, see):
        *tensors, z = network(lib, see)
        see(lib.autograd.grad(z, [tensors[i] for i in wanted]))
        see([tensor.grad for tensor in tensors])

    assert_same_story(story)


@pytest.mark.parametrize("wanted", WANTED.values(), ids=WANTED)
def test_backward_with_inputs_fills_those_alone(wanted):
    def story(lib, see):
        *tensors, z = network(lib, see, nodes=False)  # torch runs the node of an input too, for nobody
        z.backward(inputs=[tensors[i] for i in wanted])
        see([(tensor.grad, tensor.retains_grad) for tensor in tensors])

    assert_same_story(story)


def test_an_intermediate_input_of_backward_keeps_its_gradient_from_then_on():
    def story(lib, see):
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        y = x + 2
        (y * y).sum().backward(inputs=y, retain_graph=True)
        see(y.grad, y.retains_grad, x.grad)
        (y * 3).sum().backward(inputs=[y, x])
        see(y.grad, x.grad)
        see.error(lambda: (y * 3).sum().backward(inputs=[lib.ones(2)]))
        row, _ = y.unbind()
        (row * 2).backward(inputs=[row])
        see(row.grad, row.retains_grad)

    assert_same_story(story)


def test_hooks_of_an_output_that_nobody_used_are_told_so():
    def story(lib, see):
        x = lib.tensor([1.0, 2.0, 3.0], requires_grad=True)
        first, second = x.split(2)
        first.register_hook(lambda g: see("first", g))
        second.register_hook(lambda g: see("second", g))
        first.retain_grad()
        second.sum().backward(retain_graph=True)
        see(first.grad, x.grad)
        second.register_hook(lambda g: lib.ones(1) if g is None else None)
        see.error(lambda: first.sum().backward())

    assert_same_story(story)


def test_a_gradient_of_the_broadcast_shape_is_summed():
    def program(lib, x, b):
        class Shift(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x, b):
                return x + b

            @staticmethod
            def backward(ctx, grad):
                return grad, grad  # b's is too large, and torch sums it

        return Shift.apply(x, b)

    for shape in ((3,), (1, 3), (2, 1), (), (1,)):
        x, b = np.arange(6.0).reshape(2, 3), np.ones(shape)
        assert_parity(program, x, b)


def test_zeros_that_materialize_grads_makes_can_be_differentiated():
    def story(lib, see):
        x, w = lib.tensor([1.0, 2.0], requires_grad=True), lib.tensor([3.0, 4.0], requires_grad=True)
        for create_graph in (False, True):
            slopes = lib.autograd.grad((x * x).sum(), (x, w), create_graph=create_graph, materialize_grads=True)
            see(slopes)
            see.error(lambda s=slopes: lib.autograd.grad(s[1].sum(), w, materialize_grads=True))
            see.error(lambda s=slopes: lib.autograd.grad(s[1].sum(), w))

    assert_same_story(story)


def test_the_second_derivative_of_what_is_flat_is_zero_and_not_missing():
    def story(lib, see):
        x = lib.tensor([[[[1.0, -2.0], [3.0, 4.0]]]], requires_grad=True)
        F = lib.nn.functional
        for y in (
            x.relu(), F.max_pool2d(x, 2), F.nll_loss(x, lib.zeros(1, 2, 2).long()), F.pad(x, (1, 1, 1, 1), "reflect"),
            F.pad(x, (1, 1, 1, 1), "replicate"), (x * 1).relu_(),
        ):  # fmt: skip
            (slope,) = lib.autograd.grad(y.sum(), x, create_graph=True)
            see.error(lambda slope=slope: lib.autograd.grad(slope.sum(), x))

    assert_same_story(story)


def test_an_infinite_gradient_of_what_is_overwritten_or_flat_is_zero_and_not_nan():
    inf = float("inf")
    programs = (
        lambda lib, x: (x * 1).zero_() + x * 0,
        lambda lib, x: (x * 1).fill_(2.0),
        lambda lib, x: (x * 1).copy_(lib.ones(2)),
        lambda lib, x: x.sign(),
        lambda lib, x: x**0,
        lambda lib, x: lib.div(x, 2, rounding_mode="floor"),
        lambda lib, x: x.norm(0).expand(2),
    )
    for program in programs:

        def story(lib, see, program=program):
            x = lib.tensor([1.5, -2.0], requires_grad=True)
            program(lib, x).backward(lib.tensor([inf, float("nan")]))
            see(x.grad)

        assert_same_story(story)


def test_numpy_is_given_what_requires_grad_where_nothing_is_recorded():
    def story(lib, see):
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        for tensor in (x, x * 2):
            for mode in (lib.no_grad(), lib.inference_mode(), lib.enable_grad()):
                with mode:
                    see.error(lambda tensor=tensor: tensor.numpy())
                    see.error(lambda tensor=tensor: tensor.numpy(force=True))

    assert_same_story(story)


def test_names_in_messages():
    def story(lib, see):
        x = lib.ones(2, requires_grad=True)
        a, b = x * 1, x * 1
        a[0] = x[1]
        b.copy_(x)
        see(a.grad_fn.name(), b.grad_fn.name(), (x // 2).grad_fn.name(), x.double().grad_fn.name())
        see((x * 1).grad_fn.next_functions[0][0].name())

    assert_same_story(story)


BAD = {
    "no inputs to grad": lambda lib: lib.autograd.grad(lib.ones(1, requires_grad=True) * 2, ()),
    "no inputs to backward": lambda lib: (lib.ones(1, requires_grad=True) * 2).backward(inputs=()),
    "fewer gradients than outputs": lambda lib: lib.autograd.grad(
        (lib.ones(2, requires_grad=True) * 2,) * 2, lib.ones(1, requires_grad=True), lib.ones(2)
    ),
    "a gradient of another size": lambda lib: lib.autograd.grad(
        lib.ones(2, requires_grad=True) * 2, lib.ones(1, requires_grad=True), lib.ones(3)
    ),
}


@pytest.mark.parametrize("program", BAD.values(), ids=BAD)
def test_bad_arguments_raise_torchs_error(program):
    assert_same_error(program, words=3)


def test_the_old_name_of_the_vector_is_taken_with_a_warning_but_not_beside_the_new_one():
    def story(lib, see):
        x, v = lib.ones(2, requires_grad=True), lib.tensor([2.0, 3.0])
        see(lib.autograd.backward(x * 2, grad_variables=v), x.grad)
        see.error(lambda: lib.autograd.backward(x * 2, v, grad_variables=v))
        see(x.grad)

    assert_same_story(story, words=20)
