"""Hooks of modules: when they are called, with what, what they may replace, and the graph that they leave."""

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from outcomes import BOTH, assert_same, assert_same_full_error
from parity import assert_parity, assert_same_error, graph_of

import minigrad


def module(lib: Any, forward: Any) -> Any:
    """A module without parameters that computes this function."""
    return type("Net", (lib.nn.Module,), {"forward": lambda self, *args, **kwargs: forward(*args, **kwargs)})()


def values(grads: Any) -> Any:
    return [grad.tolist() if hasattr(grad, "tolist") else grad for grad in grads]


def leaves(lib: Any, *requires_grad: bool) -> list[Any]:
    return [lib.tensor([1.0 + i, 2.0], requires_grad=wanted) for i, wanted in enumerate(requires_grad)]


# -- Forwards


def forward_log(register: Any, *args: Any, **kwargs: Any) -> Any:
    """The output of x · k under hooks, or the error; and what the hooks wrote down."""

    def program(lib: Any) -> Any:
        log: list[Any] = []
        net = module(lib, lambda x, *, k=1: x * k)
        register(net, log.append)
        return [values([net(lib.ones(2), *args, **kwargs)]), log]

    return program


@pytest.mark.parametrize(
    "register",
    [
        lambda net, log: net.register_forward_pre_hook(lambda module, args: log((module is net, values(args)))),
        lambda net, log: net.register_forward_pre_hook(lambda module, args: (args[0] * 5,)),
        lambda net, log: net.register_forward_pre_hook(lambda module, args: args[0] * 5),
        lambda net, log: net.register_forward_pre_hook(lambda m, args, kwargs: log(kwargs), with_kwargs=True),
        lambda net, log: net.register_forward_pre_hook(lambda m, args, kwargs: (args, {"k": 7}), with_kwargs=True),
        lambda net, log: net.register_forward_hook(lambda m, args, out: log((m is net, values(args), values([out])))),
        lambda net, log: net.register_forward_hook(lambda module, args, output: output + 1),
        lambda net, log: net.register_forward_hook(lambda module, args, output: "else"),
        lambda net, log: net.register_forward_hook(lambda m, args, kwargs, out: out + kwargs["k"], with_kwargs=True),
    ],
)
def test_what_forward_hooks_see_and_replace(register):
    assert_same(forward_log(register, k=3))


def register_many(net: Any, log: Any) -> None:
    for name in "ab":
        net.register_forward_hook(lambda module, args, output, name=name: log(name))
        net.register_forward_pre_hook(lambda module, args, name=name: log("before " + name))
    net.register_forward_hook(lambda module, args, output: log("first"), prepend=True)
    net.register_forward_pre_hook(lambda module, args: log("first of all"), prepend=True)


def register_one_that_leaves(net: Any, log: Any) -> None:
    handle = net.register_forward_hook(lambda module, args, output: [log("once"), handle.remove()] and None)
    net.register_forward_hook(lambda module, args, output: log("always"))
    net.register_forward_pre_hook(
        lambda module, args: [net.register_forward_pre_hook(lambda module, args: log("new"))] and None
    )


@pytest.mark.parametrize("register", [register_many, register_one_that_leaves])
def test_forward_hooks_are_called_in_the_order_of_their_registration(register):
    assert_same(forward_log(register))


@pytest.mark.parametrize(
    "answer", [lambda args: args, lambda args: 5, lambda args: (1, 2, 3), lambda args: [args, {}], lambda args: (5, 5)]
)
def test_a_pre_hook_with_keywords_that_returns_anything_else_is_refused(answer):
    def register(net: Any, log: Any) -> None:
        net.register_forward_pre_hook(lambda module, args, kwargs: answer(1), with_kwargs=True)

    if answer(1) == (5, 5):  # a pair, which Python itself refuses: of no arguments and no keywords
        with pytest.raises(TypeError):
            forward_log(register)(minigrad)
    else:
        assert_same_full_error(forward_log(register))


def test_what_cannot_be_called_fails_when_it_is_called():
    assert_same_full_error(forward_log(lambda net, log: net.register_forward_hook(5)))


@BOTH
def test_a_removed_hook_is_not_called_any_more(lib):
    log: list[str] = []
    net = lib.nn.ReLU()
    handle = net.register_forward_hook(lambda *args: log.append("first"))
    with net.register_forward_pre_hook(lambda *args: log.append("second")):
        net(lib.ones(1))
    net(lib.ones(1))
    handle.remove()
    handle.remove()
    net(lib.ones(1))
    assert log == ["second", "first", "first"] and not net._forward_hooks and not net._forward_pre_hooks


@BOTH
def test_a_copy_takes_the_hooks_along_and_a_pickle_those_that_have_a_name(lib):
    log: list[Any] = []
    net = lib.nn.ReLU()
    handle = net.register_forward_hook(lambda module, args, output: log.append(module))
    twin = copy.deepcopy(net)
    handle.remove()
    twin(lib.ones(1))
    net(lib.ones(1))
    assert log == [twin]
    net.register_forward_hook(print)
    assert len(pickle.loads(pickle.dumps(net))._forward_hooks) == 1
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(twin)


# -- Backwards


def add(a: Any, b: Any) -> Any:
    return a + b


CALLS = {
    "one input of two": (add, (True, False)),
    "the other": (add, (False, True)),
    "both": (add, (True, True)),
    "none": (add, (False, False)),
    "two outputs": (lambda a, b: (a * 2, b * 3), (True, True)),
    "two outputs, one of them fixed": (lambda a, b: (a * 2, b * 3), (False, True)),
    "an output that is no tensor": (lambda a, b: (a * b, None, 5, a.detach()), (True, True)),
    "its own input": (lambda a, b: a, (True, False)),
    "an input used twice": (lambda a, b: a * a * b, (True, True)),
    "an unused input": (lambda a, b: b * 2, (True, True)),
}


def backward_log(forward: Any, requires_grad: Any, used: int = 0, register: Any = None) -> Any:
    """What backward hooks saw, the gradients of the leaves, and the graph."""

    def program(lib: Any) -> Any:
        log: list[Any] = []
        net, inputs = module(lib, forward), leaves(lib, *requires_grad)
        if register is None:
            net.register_full_backward_pre_hook(lambda m, go: log.append((m is net, values(go))))
            net.register_full_backward_hook(lambda m, gi, go: log.append((m is net, values(gi), values(go))))
        else:
            register(lib, net, log)
        outputs = net(*inputs)
        output = outputs[used] if isinstance(outputs, tuple) else outputs
        graph = graph_of(output)
        if output.requires_grad:
            (output * lib.tensor([1.0, 10.0])).sum().backward()
        return [graph, log, values([x.grad for x in inputs])]

    return program


@pytest.mark.parametrize("call", CALLS)
def test_backward_hooks_see_what_torchs_see_between_the_same_nodes(call):
    assert_same(backward_log(*CALLS[call]))


def test_an_unused_output_has_no_gradient_and_an_input_behind_it_zero():
    assert_same(backward_log(*CALLS["two outputs"], used=1))


@pytest.mark.parametrize("shape", [(3, 4), (0, 4)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_watched_layer_computes_and_differentiates_as_an_unwatched_one(shape, dtype):
    random = np.random.default_rng(0)
    arrays = [random.standard_normal(size).astype(dtype) for size in (shape, (2, 4), (2,))]

    def program(lib: Any, x: Any, weight: Any, bias: Any) -> Any:
        net = module(lib, lambda x: lib.nn.functional.linear(x, weight, bias))
        net.register_full_backward_hook(lambda module, grad_input, grad_output: None)
        return net(x)

    assert_parity(program, *arrays)


@pytest.mark.parametrize(
    "register",
    [
        lambda lib, net, log: net.register_full_backward_hook(lambda m, gi, go: (gi[0] * 2, None)),
        lambda lib, net, log: net.register_full_backward_hook(lambda m, gi, go: [gi[0], gi[1] * 3]),
        lambda lib, net, log: net.register_full_backward_pre_hook(lambda m, go: (go[0] * 10,)),
        lambda lib, net, log: net.register_full_backward_pre_hook(lambda m, go: (None,)),
        lambda lib, net, log: [
            net.register_full_backward_pre_hook(lambda m, go: (go[0] * 10,)),
            net.register_full_backward_pre_hook(lambda m, go: log.append(values(go))),
            net.register_full_backward_hook(lambda m, gi, go: (gi[0] * 2, gi[1])),
            net.register_full_backward_hook(lambda m, gi, go: log.append((values(gi), values(go)))),
        ],
        lambda lib, net, log: [
            *(net.register_full_backward_hook(lambda m, gi, go, n=n: log.append(n)) for n in "abc"),
            net.register_full_backward_hook(lambda m, gi, go: log.append("first"), prepend=True),
            *(net.register_full_backward_pre_hook(lambda m, go, n=n: log.append(n)) for n in "de"),
            net.register_full_backward_pre_hook(lambda m, go: log.append("first of all"), True),
        ],
    ],
)
def test_backward_hooks_replace_gradients_and_are_called_in_torchs_order(register):
    assert_same(backward_log(add, (True, True), register=register))


def hook_that_returns(answer: Any) -> Any:
    return lambda lib, net, log: net.register_full_backward_hook(lambda m, gi, go: answer(lib, gi))


def pre_hook_that_returns(answer: Any) -> Any:
    return lambda lib, net, log: net.register_full_backward_pre_hook(lambda m, go: answer(lib, go))


@pytest.mark.parametrize(
    "register",
    [
        hook_that_returns(lambda lib, grads: grads[:1]),
        hook_that_returns(lambda lib, grads: (5, 5)),
        hook_that_returns(lambda lib, grads: 5),
        hook_that_returns(lambda lib, grads: grads[0]),
        hook_that_returns(lambda lib, grads: (lib.ones(3), None)),
        pre_hook_that_returns(lambda lib, grads: (grads[0], grads[0])),
        pre_hook_that_returns(lambda lib, grads: (5,)),
        pre_hook_that_returns(lambda lib, grads: 5),
        pre_hook_that_returns(lambda lib, grads: grads[0]),
        pre_hook_that_returns(lambda lib, grads: (lib.ones(3),)),
    ],
)
def test_a_backward_hook_that_returns_nonsense_is_answered_in_torchs_words(register):
    assert_same_full_error(backward_log(add, (True, True), register=register))


def linear_log(register: Any) -> Any:
    """A layer whose input needs no gradient: what its hooks saw, and what torch warned of."""

    def program(lib: Any) -> Any:
        log: list[Any] = []
        net = lib.nn.Linear(2, 1)
        register(lib, net, log)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            output = net(lib.ones(1, 2))
            graph = graph_of(output)
            output.sum().backward()
        return [graph, log, values([net.weight.grad]), [(str(w.message), w.category) for w in caught]]

    return program


def test_hooks_of_a_module_whose_inputs_need_no_gradient_are_called_with_none():
    def register(lib: Any, net: Any, log: Any) -> None:
        net.register_full_backward_hook(lambda m, gi, go: log.append((gi, values(go))))
        net.register_full_backward_hook(lambda m, gi, go: (None,))
        net.register_full_backward_pre_hook(lambda m, go: (go[0] * 2,))

    assert_same(linear_log(register))


def test_a_pre_hook_alone_of_such_a_module_is_called_as_torch_calls_it():
    assert_same(linear_log(pre_hook_that_returns(lambda lib, grads: (grads[0] * 2,))))


@pytest.mark.parametrize("answer", [lambda lib, grads: (lib.ones(2),), lambda lib, grads: 5, lambda lib, grads: [None]])
def test_such_hooks_may_not_replace_anything(answer):
    assert_same_full_error(linear_log(hook_that_returns(answer)))


@pytest.mark.parametrize("forward", [lambda a: {"a": a * 2}, lambda a: [a * 2], lambda a: None, lambda a: 5])
def test_an_output_that_hides_its_tensors_is_warned_of_and_left_alone(forward):
    def program(lib: Any) -> Any:
        log: list[Any] = []
        net = module(lib, forward)
        net.register_full_backward_hook(lambda *args: log.append("called"))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            output = net(*leaves(lib, True))
        for tensor in output.values() if isinstance(output, dict) else output if isinstance(output, list) else ():
            tensor.sum().backward()
            log.append(graph_of(tensor))
        return [log, [(str(w.message), w.category) for w in caught]]

    assert_same(program)


def test_tensors_hidden_in_an_input_are_left_alone_too():
    def program(lib: Any) -> Any:
        log: list[Any] = []
        net = module(lib, lambda pair: pair[0] * 2)
        net.register_full_backward_hook(lambda m, gi, go: log.append((gi, values(go))))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            output = net(leaves(lib, True))
            output.sum().backward()
        return [graph_of(output), log]

    assert_same(program)


def watched(lib: Any, layer: Any) -> Any:
    layer.register_full_backward_hook(lambda *args: None)
    return layer


@pytest.mark.parametrize(
    "program",
    [
        lambda lib: watched(lib, lib.nn.ReLU(inplace=True))(*leaves(lib, True)),
        lambda lib: watched(lib, lib.nn.ReLU(inplace=True))(leaves(lib, True)[0] * 2),
        lambda lib: watched(lib, lib.nn.ReLU())(*leaves(lib, True)).add_(1),
        lambda lib: watched(lib, lib.nn.ReLU())(leaves(lib, True)[0] * 2).mul_(2),
    ],
)
def test_what_goes_in_and_out_of_a_watched_module_is_not_written_to(program):
    assert_same_error(program, words=11)
    with pytest.raises(RuntimeError, match="^Output 0 of .*is a view and is being modified inplace"):
        program(minigrad)


@BOTH
def test_what_needs_no_gradient_may_be_written_to_in_a_watched_module(lib):
    net = watched(lib, module(lib, lambda a, b: a.add_(1) * b))
    fixed, free = leaves(lib, False, True)
    assert net(fixed, free).tolist() == [4, 6] and fixed.tolist() == [2, 3]


@BOTH
def test_under_no_grad_a_watched_module_leaves_no_node(lib):
    net = module(lib, lambda x: x * 2)
    net.register_full_backward_hook(lambda *args: None)
    with lib.no_grad():
        assert net(*leaves(lib, True)).grad_fn is None


def test_hooks_see_every_backward_through_the_graph_and_none_that_passes_by():
    def program(lib: Any) -> Any:
        log: list[Any] = []
        net, (x,) = module(lib, add), leaves(lib, True)
        net.register_full_backward_hook(lambda m, gi, go: log.append((values(gi), values(go))))
        inner = x * 1
        output = net(inner, x)
        log.append(values(lib.autograd.grad(output.sum(), output, retain_graph=True)))
        log.append(values(lib.autograd.grad(output.sum(), inner, retain_graph=True)))
        for _ in range(3):
            output.sum().backward(retain_graph=True)
        (slope,) = lib.autograd.grad((net(x, x) ** 2).sum(), x, create_graph=True)
        log.append("second derivative")
        slope.sum().backward()
        return [log, values([x.grad])]

    assert_same(program)


def test_a_gradient_that_comes_from_inside_the_module_is_not_the_hooks():
    def program(lib: Any) -> Any:
        log: list[Any] = []
        inside: list[Any] = []
        net, (x,) = module(lib, lambda x: [inside.append(x * 2), inside[0] * 3][1]), leaves(lib, True)
        net.register_full_backward_hook(lambda m, gi, go: log.append((values(gi), values(go))))
        net(x).sum().backward(retain_graph=True)
        inside[0].sum().backward()
        return [log, values([x.grad])]

    assert_same(program)


def test_hooks_inside_hooks_and_integers_among_the_inputs():
    def program(lib: Any) -> Any:
        log: list[Any] = []
        inner = module(lib, lambda number, x: x * number)
        outer = module(lib, lambda number, x: inner(number, x) + x)
        for net, name in ((inner, "inner"), (outer, "outer")):
            net.register_full_backward_hook(lambda m, gi, go, name=name: log.append((name, values(gi), values(go))))
        output = outer(lib.arange(2), *leaves(lib, True))
        graph = graph_of(output)
        output.sum().backward()
        return [graph, log]

    assert_same(program)
