"""gradcheck and gradgradcheck: what passes, what fails, and in which words."""

import re
from importlib import import_module

import numpy as np
import pytest
from stories import assert_same_story

import minigrad


def wrong(lib, slope=3.0):
    """2x, with a gradient of our choice."""

    class Wrong(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * slope

    return Wrong.apply


def two(lib, dtype="float64"):
    return lib.tensor([1.0, 2.0], dtype=getattr(lib, dtype), requires_grad=True)


CHECKED = {
    "a cube": lambda lib: (lambda x: x**3, two(lib)),
    "in a tuple": lambda lib: (lambda x: x**3, (two(lib),)),
    "in a list": lambda lib: (lambda x: x**3, [two(lib)]),
    "a sum": lambda lib: (lambda x: x.sum(), two(lib)),
    "two inputs": lambda lib: (lambda x, y: x * y, (two(lib), two(lib))),
    "one of two": lambda lib: (lambda x, y: x * y, (two(lib), two(lib).detach())),
    "a number beside": lambda lib: (lambda x, k: x * k, (two(lib), 3)),
    "several outputs": lambda lib: (lambda x: (x**2, x.sum(), x.exp()), two(lib)),
    "an input it ignores": lambda lib: (lambda x, y: x * 2, (two(lib), two(lib))),
    "a step": lambda lib: (lambda x: (x > 1.5).double(), two(lib)),
    "an integer beside": lambda lib: (lambda x: (x**2, (x > 1.5).long()), two(lib)),
    "only integers": lambda lib: (lambda x: (x > 1.5).long(), two(lib)),
    "one output of two detached": lambda lib: (lambda x: (x.detach(), x * 2), two(lib)),
    "a constant": lambda lib: (lambda x: lib.ones(2, dtype=lib.float64), two(lib)),
    "detached": lambda lib: (lambda x: x.detach(), two(lib)),
    "a wrong slope": lambda lib: (wrong(lib), two(lib)),
    "a wrong slope at the second input": lambda lib: (lambda x, y: x + wrong(lib)(y), (two(lib), two(lib))),
    "a wrong slope at the second output": lambda lib: (lambda x: (x, wrong(lib)(x)), two(lib)),
    "a slope wrong by a little": lambda lib: (wrong(lib, 2.0 + 1e-3), two(lib)),
    "a slope wrong by very little": lambda lib: (wrong(lib, 2.0 + 1e-7), two(lib)),
    "no slope": lambda lib: (wrong(lib, 0.0), two(lib)),
    "nan": lambda lib: (wrong(lib, float("nan")), two(lib)),
    "float32": lambda lib: (lambda x: x**3, two(lib, "float32")),
    "no gradient wanted": lambda lib: (lambda x: x**3, two(lib).detach()),
    "expanded": lambda lib: (lambda x: x**3, two(lib).expand(3, 2)),
    "turned": lambda lib: (lambda x: x**3, two(lib).view(1, 2).expand(2, 2).contiguous().t().detach().requires_grad_()),
    "0-d": lambda lib: (lambda x: x**3, lib.tensor(2.0, dtype=lib.float64, requires_grad=True)),
    "empty": lambda lib: (lambda x: x**3, lib.zeros(0, dtype=lib.float64, requires_grad=True)),
    "computed": lambda lib: (lambda x: x**3, two(lib) * 2),
    "overwriting a copy": lambda lib: (lambda x: x.clone().mul_(x), two(lib)),
    "sqrt at 0": lambda lib: (lambda x: x.sqrt(), lib.zeros(1, dtype=lib.float64, requires_grad=True)),
    "an error": lambda lib: (lambda x: x[5], two(lib)),
    "a kink": lambda lib: (lambda x: x.relu(), lib.zeros(1, dtype=lib.float64, requires_grad=True)),
}
OPTIONS = {
    "plain": {},
    "raise_exception=False": {"raise_exception": False},
    "strict": {"atol": 1e-12, "rtol": 0},
    "lax": {"atol": 10.0},
    "large steps": {"eps": 1e-2},
}


def outputs_of(function, inputs):
    try:
        outputs = function(*inputs) if isinstance(inputs, (tuple, list)) else function(inputs)
    except IndexError:
        return ()
    return outputs if isinstance(outputs, tuple) else (outputs,)


@pytest.mark.parametrize("case", CHECKED.values(), ids=CHECKED)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_gradcheck_and_gradgradcheck(case, options):
    def story(lib, see):
        function, inputs = case(lib)
        see.error(lambda: lib.autograd.gradcheck(function, inputs, **options))
        see(inputs, lib.is_grad_enabled())
        if any(y.requires_grad for y in outputs_of(function, inputs)):  # else torch miscounts its arguments
            see.error(lambda: lib.autograd.gradgradcheck(function, inputs, **options))

    assert_same_story(story, words=5)


def test_the_message_shows_both_jacobians():
    def story(lib, see):
        GradcheckError = import_module(f"{lib.__name__}.autograd.gradcheck").GradcheckError
        with pytest.raises(GradcheckError) as raised:
            lib.autograd.gradcheck(wrong(lib), two(lib))
        lines = str(raised.value).splitlines()
        see(lines[0], lines[3:5], lines[1].split("[")[0], issubclass(GradcheckError, RuntimeError))

    assert_same_story(story)


def test_a_backward_that_differs_from_time_to_time_is_found():
    def story(lib, see):
        count = [0]

        class Unsteady(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, grad):
                count[0] += 1
                return grad * (2 + 1e-7 * count[0])

        x = lib.tensor([1.0], dtype=lib.float64, requires_grad=True)
        see.error(lambda: lib.autograd.gradcheck(Unsteady.apply, x))
        see.error(lambda: lib.autograd.gradcheck(Unsteady.apply, x, nondet_tol=1e-3))

    assert_same_story(story, words=4)


def test_the_second_derivative_may_be_wrong_where_the_first_is_right():
    def story(lib, see):
        class Cube(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x**3

            @staticmethod
            def backward(ctx, grad):
                (x,) = ctx.saved_tensors
                return grad * 3 * x.detach() ** 2

        see(lib.autograd.gradcheck(Cube.apply, two(lib)))
        see.error(lambda: lib.autograd.gradgradcheck(Cube.apply, two(lib)))
        see.error(lambda: lib.autograd.gradgradcheck(Cube.apply, two(lib), raise_exception=False))

    assert_same_story(story, words=3)


def test_gradgradcheck_takes_the_gradients_that_arrive():
    def story(lib, see):
        x = two(lib)
        see(lib.autograd.gradgradcheck(lambda x: x**3, x, two(lib)))
        see(lib.autograd.gradgradcheck(lambda x: (x**3, x.exp()), (x,), (two(lib), two(lib))))
        see(lib.autograd.gradgradcheck(lambda x: x**3, x, two(lib).detach()))

    assert_same_story(story)


def test_every_combination_of_option_names_is_torchs():
    def story(lib, see):
        x = two(lib)
        options = {"eps": 1e-6, "atol": 1e-5, "rtol": 1e-3, "raise_exception": True, "nondet_tol": 0.0}
        see(lib.autograd.gradcheck(lambda x: x**2, x, **options))
        see(lib.autograd.gradgradcheck(lambda x: x**2, x, None, **options))
        see.error(lambda: lib.autograd.gradcheck(lambda x: x**2, x, 1e-6))

    assert_same_story(story, words=3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_inputs_are_the_same_to_the_bit_afterwards(dtype):
    values = np.random.default_rng(0).standard_normal((3, 4)).astype(dtype)
    x = minigrad.from_numpy(values.copy()).t().requires_grad_()
    minigrad.autograd.gradcheck(lambda x: (x**2).sum(0), x, raise_exception=False, eps=1e-3)
    assert (x.detach().numpy() == values.T).all() and x.grad is None
    with pytest.raises(ZeroDivisionError):
        minigrad.autograd.gradcheck(fails_at_the_third_call(), x)
    assert (x.detach().numpy() == values.T).all()


def fails_at_the_third_call():
    calls = []

    def function(x):
        calls.append(1)
        if len(calls) == 3:
            raise ZeroDivisionError
        return x**2

    return function


def custom(lib, backward, outputs=1):
    """2x, once or several times, with a backward of our choice that is told None for what is not there."""

    class Custom(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2 if outputs == 1 else tuple(x * 2 for _ in range(outputs))

    Custom.backward = staticmethod(lambda ctx, *grads: backward(lib, *grads))
    return Custom.apply


def refusing_none(lib, grad):
    if grad is None:
        raise RuntimeError("no gradient came")
    return grad * 2


def both_or_nothing(lib, first, second):
    if first is None and second is None:
        return None
    return first * 2 + second * 2


FAST = {
    **{name: CHECKED[name] for name in (
        "a cube", "several outputs", "two inputs", "an input it ignores", "detached", "a wrong slope", "nan", "float32",
        "a wrong slope at the second input", "a wrong slope at the second output", "a slope wrong by very little",
        "0-d", "empty",
    )},
    "a slope that slow mode would take": lambda lib: (wrong(lib, 2.0 + 1e-5), two(lib)),
}  # fmt: skip


@pytest.mark.parametrize("case", FAST.values(), ids=FAST)
@pytest.mark.parametrize("options", [{}, {"atol": 0.0, "rtol": 4e-6}, {"raise_exception": False}], ids=str)
def test_fast_mode(case, options):
    def story(lib, see):
        function, inputs = case(lib)
        see.error(lambda: lib.autograd.gradcheck(function, inputs, fast_mode=True, **options))

    assert_same_story(story, words=5)


def test_fast_mode_reports_the_very_numbers():
    def story(lib, see):
        x = lib.tensor([1.0, 2.0, 3.0], dtype=lib.float64, requires_grad=True)
        with pytest.raises(RuntimeError) as raised:
            lib.autograd.gradcheck(wrong(lib), x, fast_mode=True)
        text = str(raised.value)
        numbers = [round(float(number), 6) for number in re.findall(r"(?<=cal:)[0-9.]+", text)]
        see(numbers, text.splitlines()[4:8], len(text.splitlines()))

    assert_same_story(story)


UNDEFINED = {
    "it multiplies": lambda lib: (custom(lib, lambda lib, grad: None if grad is None else grad * 2), two(lib)),
    "it refuses None": lambda lib: (custom(lib, refusing_none), two(lib)),
    "something from nothing": lambda lib: (
        custom(lib, lambda lib, grad: lib.ones(2, dtype=lib.float64) if grad is None else grad * 2), two(lib)
    ),
    "one of two is missing": lambda lib: (custom(lib, both_or_nothing, outputs=2), two(lib)),
    "none of two is missing": lambda lib: (lambda x: (x * 2, x * 3), two(lib)),
    "it forgets to multiply": lambda lib: (custom(lib, lambda lib, grad: 0 * grad + 2), two(lib)[:1].detach()
                                           .requires_grad_()),
    "it multiplies by nothing": lambda lib: (custom(lib, lambda lib, grad: 0 * grad + 1e-7), two(lib)),
}  # fmt: skip


@pytest.mark.parametrize("case", UNDEFINED.values(), ids=UNDEFINED)
@pytest.mark.parametrize("options", [{}, {"check_undefined_grad": False}, {"atol": 10.0}], ids=str)
def test_gradients_that_are_not_there(case, options):
    def story(lib, see):
        function, inputs = case(lib)
        see.error(lambda: lib.autograd.gradcheck(function, inputs, **options))

    assert_same_story(story, words=5)


def test_gradients_in_batches_are_left_out():
    with pytest.raises(NotImplementedError, match="one vector at a time"):
        minigrad.autograd.gradcheck(lambda x: x * 2, two(minigrad), check_batched_grad=True)
