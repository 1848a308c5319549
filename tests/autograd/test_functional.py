"""Jacobians, Hessians and their products: values, shapes, what is nested in what, and the refusals."""

import numpy as np
import pytest
from parity import LIBRARIES
from stories import assert_same_story

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])

X = [1.0, 2.0]
FUNCTIONS = {
    "a cube": lambda lib: lambda x: x**3,
    "a sum": lambda lib: lambda x: (x**3).sum(),
    "a sum of one number": lambda lib: lambda x: (x**3).sum().view(1),
    "a product of all": lambda lib: lambda x: x[0] * x[1] * x,
    "a constant": lambda lib: lambda x: lib.ones(2),
    "a constant number": lambda lib: lambda x: lib.tensor(3.0),
    "the input": lambda lib: lambda x: x,
    "a detached one": lambda lib: lambda x: x.detach(),
    "linear": lambda lib: lambda x: x * 3,
    "a linear sum": lambda lib: lambda x: x.sum(),
    "a matrix": lambda lib: lambda x: lib.outer(x, x),
    "two outputs": lambda lib: lambda x: (x * 2, x.sum()),
    "one output in a tuple": lambda lib: lambda x: (x**2,),
    "a list": lambda lib: lambda x: [x**2],
    "a number": lambda lib: lambda x: 5,
    "one dependent, one constant": lambda lib: lambda x: (x.sum(), lib.ones(1)),
    "a changed dtype": lambda lib: lambda x: x.double() ** 2,
    "in place": lambda lib: lambda x: (x * 1).mul_(x),
    "an error": lambda lib: lambda x: 1 / 0,
}
OF_TWO = {
    "a product": lambda lib: lambda x, y: x * y,
    "a sum of products": lambda lib: lambda x, y: (x * y**2).sum(),
    "two outputs": lambda lib: lambda x, y: (x * y, x + y.sum()),
    "the first alone": lambda lib: lambda x, y: (x**2).sum(),
    "linear": lambda lib: lambda x, y: (x + y).sum(),
    "one in each": lambda lib: lambda x, y: (x**2, y**2),
    "the second not, the first linearly": lambda lib: lambda x, y: (x * 2).sum(),
    "the first linearly": lambda lib: lambda x, y: (x.sum() + (y**3).sum()),
    "the second linearly": lambda lib: lambda x, y: ((x**3).sum() + y.sum()),
    "no output depends on both": lambda lib: lambda x, y: (lib.ones(1), y),
}
FLAGS = [{}, {"strict": True}, {"create_graph": True}, {"create_graph": True, "strict": True}]
EACH_FLAG = pytest.mark.parametrize("flags", FLAGS, ids=lambda flags: "+".join(flags) or "plain")


def functional(lib, name):
    return getattr(lib.autograd.functional, name)


@EACH_FLAG
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("requires_grad", [False, True], ids=["plain", "leaf"])
def test_jacobian_and_hessian(function, flags, requires_grad):
    def story(lib, see):
        x = lib.tensor(X, requires_grad=requires_grad)
        f = function(lib)
        see.error(lambda: functional(lib, "jacobian")(f, x, **flags))
        see.error(lambda: functional(lib, "jacobian")(f, (x,), **flags))
        see.error(lambda: functional(lib, "hessian")(f, x, **flags))
        see.error(lambda: functional(lib, "hessian")(f, (x,), **flags))
        see(x, x.grad, lib.is_grad_enabled())

    assert_same_story(story)


@EACH_FLAG
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_products_with_vectors(function, flags):
    def story(lib, see):
        x, v = lib.tensor(X, requires_grad=True), lib.tensor([1.0, -2.0])
        f = function(lib)
        for name in ("vjp", "jvp", "vhp", "hvp"):
            call = functional(lib, name)
            for vector in (v, (v,), None, lib.ones(3), lib.tensor(2.0), (v, v), 5):
                see.error(lambda call=call, vector=vector: call(f, x, vector, **flags))
            see.error(lambda call=call: call(f, (x,), (v,), **flags))
        see(x.grad, lib.is_grad_enabled())

    assert_same_story(story)


@EACH_FLAG
@pytest.mark.parametrize("function", OF_TWO.values(), ids=OF_TWO)
def test_functions_of_two_inputs(function, flags):
    def story(lib, see):
        x, y = lib.tensor(X, requires_grad=True), lib.tensor([3.0, -1.0])
        v, w = lib.tensor([1.0, 0.5]), lib.tensor([2.0, 1.0])
        f = function(lib)
        for name in ("jacobian", "hessian"):
            see.error(lambda name=name: functional(lib, name)(f, (x, y), **flags))
        for name in ("vjp", "jvp", "vhp", "hvp"):
            for vectors in ((v, w), v, (v,), (v, lib.ones(3)), None):
                see.error(lambda n=name, vectors=vectors: functional(lib, n)(f, (x, y), vectors, **flags))

    assert_same_story(story)


def test_inputs_that_are_no_tensors():
    def story(lib, see):
        for name in ("jacobian", "hessian", "vjp", "jvp", "vhp", "hvp"):
            for inputs in (5, [lib.ones(2)], (lib.ones(2), 5), (), "x"):
                see.error(lambda name=name, inputs=inputs: functional(lib, name)(lambda *xs: xs[0] ** 2, inputs))

    assert_same_story(story, words=10)


def test_one_number_needs_no_vector():
    def story(lib, see):
        x = lib.tensor(3.0)
        for name in ("vjp", "jvp", "vhp", "hvp"):
            see.error(lambda name=name: functional(lib, name)(lambda x: x**3, x))
            see.error(lambda name=name: functional(lib, name)(lambda x: (x**3).view(1), lib.ones(1)))

    assert_same_story(story)


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,), (2, 0)])
def test_shapes_of_jacobians(shape):
    def story(lib, see):
        x = lib.from_numpy(np.random.default_rng(0).standard_normal(shape))
        see(functional(lib, "jacobian")(lambda x: x.sum(), x))
        see.error(lambda: functional(lib, "jacobian")(lambda x: (x**2, x.view(-1)), x))
        see.error(lambda: functional(lib, "hessian")(lambda x: (x**3).sum(), x))

    assert_same_story(story)


def test_the_jacobian_of_a_jacobian_is_differentiable():
    def story(lib, see):
        x = lib.tensor(X, requires_grad=True)
        jacobian = functional(lib, "jacobian")
        J = jacobian(lambda x: x**3, x, create_graph=True)
        J.sum().backward()
        see(J.requires_grad, x.grad)
        see(jacobian(lambda x: jacobian(lambda x: x**3, x, create_graph=True), x))
        hvp = functional(lib, "hvp")
        see(functional(lib, "hessian")(lambda x: hvp(lambda x: (x**4).sum(), x, x, True)[1].sum(), x))

    assert_same_story(story)


def test_a_vector_may_ask_for_a_gradient():
    def story(lib, see):
        x = lib.tensor(X)
        for name in ("vjp", "jvp"):
            for create_graph in (False, True):
                w = lib.tensor([0.5, 3.0], requires_grad=True)
                _, result = functional(lib, name)(lambda x: x**3, x, w, create_graph)
                see(result)
                if create_graph:
                    result.sum().backward()
                see(w.grad)

    assert_same_story(story)


def test_they_work_where_nothing_is_recorded():
    def story(lib, see):
        x = lib.tensor(X, requires_grad=True)
        with lib.no_grad():
            see(functional(lib, "jacobian")(lambda x: x**3, x), functional(lib, "hessian")(lambda x: (x**3).sum(), x))
            see(functional(lib, "jvp")(lambda x: x**3, x, lib.ones(2)), lib.is_grad_enabled())
            see.error(lambda: functional(lib, "jacobian")(lambda x: 1 / 0, x))
            see(lib.is_grad_enabled())

    assert_same_story(story)


def test_weights_outside_the_function_get_no_gradient():
    def story(lib, see):
        w = lib.tensor([2.0, 3.0], requires_grad=True)
        x = lib.tensor(X)
        see(functional(lib, "jacobian")(lambda x: w * x, x), w.grad)
        J = functional(lib, "jacobian")(lambda x: w * x, x, create_graph=True)
        J.sum().backward()
        see(w.grad)

    assert_same_story(story)


def test_the_function_sees_tensors_of_its_own():
    def story(lib, see):
        x = lib.tensor(X, requires_grad=True)

        def f(inner):
            see(inner, inner is x, inner.is_leaf, lib.is_grad_enabled())
            return inner**2

        for create_graph in (False, True):
            functional(lib, "jacobian")(f, x, create_graph=create_graph)
            functional(lib, "vjp")(f, x, lib.ones(2), create_graph=create_graph)

    assert_same_story(story)


@BOTH
def test_the_products_are_the_jacobian_times_the_vector(lib):
    x, v = lib.rand(3, dtype=lib.float64), lib.rand(3, dtype=lib.float64)
    f = lambda x: lib.stack([x[0] * x[1], x[1] * x[2] ** 2, x.exp().sum()])  # noqa: E731
    J = functional(lib, "jacobian")(f, x)
    assert lib.allclose(functional(lib, "jvp")(f, x, v)[1], J @ v)
    assert lib.allclose(functional(lib, "vjp")(f, x, v)[1], v @ J)
    H = functional(lib, "hessian")(lambda x: f(x).sum(), x)
    assert lib.allclose(functional(lib, "hvp")(lambda x: f(x).sum(), x, v)[1], H @ v)
    assert lib.allclose(functional(lib, "vhp")(lambda x: f(x).sum(), x, v)[1], v @ H)
