"""cat, stack, split, chunk, unbind: one node for many, mixed dtypes, empty parts, and outputs that nobody used."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity import LIBRARIES, assert_parity, assert_same_error
from stories import assert_same_story
from strategies import arrays, shapes

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])
X = np.arange(12.0).reshape(3, 4)


@given(st.integers(1, 4), st.data())
def test_cat(count, data):
    shape = list(data.draw(shapes(min_dims=1, max_dims=3)))
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    parts = []
    for _ in range(count):
        shape[dim] = data.draw(st.integers(0, 3))
        parts.append(data.draw(arrays(tuple(shape), np.float64)))
    wanted = [data.draw(st.booleans()) for _ in parts]
    assert_parity(lambda lib, *xs: lib.cat(xs, dim), *parts, requires_grad=wanted)


@given(arrays(shapes(min_dims=1, max_dims=3)), st.integers(1, 3), st.data())
def test_stack(x, count, data):
    dim = data.draw(st.integers(-x.ndim - 1, x.ndim))
    assert_parity(lambda lib, x, y: lib.stack([x, y, x][:count], dim), x, x * 2)


@given(arrays(shapes(min_dims=1, max_dims=3)), st.integers(1, 5), st.data())
def test_split_and_chunk(x, size, data):
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    assert_parity(lambda lib, x: x.split(size, dim), x)
    assert_parity(lambda lib, x: lib.chunk(x, size, dim), x)


@given(arrays(shapes(min_dims=1, max_dims=3)), st.data())
def test_split_by_sizes(x, data):
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    cuts = sorted(data.draw(st.lists(st.integers(0, x.shape[dim]), max_size=3)))
    sizes = np.diff([0, *cuts, x.shape[dim]]).tolist()
    assert_parity(lambda lib, x: lib.split(x, sizes, dim), x)


@given(arrays(shapes(min_dims=1, max_dims=3)), st.data())
def test_unbind(x, data):
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    assert_parity(lambda lib, x: x.unbind(dim), x)


FORMS = {
    "cat of mixed dtypes": lambda lib, x: lib.cat([x, lib.ones(1, 4), lib.ones(2, 4).long()]),
    "cat of integers and bools": lambda lib, x: lib.cat([x > 3, (x * 1).long()]),
    "cat of float32 and an integer": lambda lib, x: lib.cat([x.float(), lib.ones(1, 4).long()]),
    "cat with the empty vector": lambda lib, x: lib.cat([lib.zeros(0), x, lib.zeros(0).long()], 1),
    "cat of empty vectors": lambda lib, x: lib.cat([lib.zeros(0), lib.zeros(0)]),
    "cat of one": lambda lib, x: lib.cat([x]),
    "cat of the same twice": lambda lib, x: lib.cat([x, x, x[:1]]),
    "cat of a tuple": lambda lib, x: lib.cat((x, x), dim=-1),
    "cat of turned ones": lambda lib, x: lib.cat([x.t(), x.t()], 0),
    "cat of tensors=": lambda lib, x: lib.cat(tensors=[x, x], dim=1),
    "stack of numbers": lambda lib, x: lib.stack([x[0, 0], x[1, 1], x.sum()]),
    "stack of mixed dtypes": lambda lib, x: lib.stack([x, lib.ones(3, 4), lib.ones(3, 4).long()]),
    "stack at the end": lambda lib, x: lib.stack([x, x * 2], dim=-1),
    "split and cat": lambda lib, x: lib.cat(x.split(3, 1), 1),
    "split of integers": lambda lib, x: (x * 1).long().split(2, 1),
    "split of nothing": lambda lib, x: x[:0].split(2),
    "split by 0 of nothing": lambda lib, x: x[:0].split(0),
    "split longer than all": lambda lib, x: x.split(100),
    "chunk of nothing": lambda lib, x: x[:0].chunk(3),
    "chunk into more than there are": lambda lib, x: x.chunk(7),
    "chunk by keyword": lambda lib, x: x.chunk(chunks=2, dim=1),
    "split by keyword": lambda lib, x: x.split(split_size=2, dim=1),
    "unbind of nothing": lambda lib, x: x[:0].unbind(),
    "unbind by -1": lambda lib, x: lib.unbind(x, -1),
    "only the second": lambda lib, x: x.unbind()[1],
    "only the last part": lambda lib, x: x.split([1, 2])[1],
    "twice the same output": lambda lib, x: (lambda parts: parts[0] * parts[0] + parts[0])(x.unbind()),
    "iteration": lambda lib, x: [row * i for i, row in enumerate(x)],
    "iteration of a slice": lambda lib, x: sum(row.sum() for row in x[1:]),
    "zip of two": lambda lib, x: [a * b for a, b in zip(x, x * 2, strict=True)],
    "unpacking": lambda lib, x: (lambda a, b, c: a * b + c)(*x),
    "views of outputs": lambda lib, x: [row.view(2, 2) for row in x.unbind()],
    "outputs of outputs": lambda lib, x: [number for row in x for number in row],
}


@pytest.mark.parametrize("program", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_forms(program, dtype):
    assert_parity(program, X.astype(dtype))


OUTPUTS = {
    "unbind": lambda x: x.unbind(),
    "split": lambda x: x.split(2),
    "split by sizes": lambda x: x.split([1, 2]),
    "chunk": lambda x: x.chunk(2),
    "iteration": lambda x: tuple(x),
    "one part": lambda x: x.split(3),
}
WRITES = {
    "add_": lambda lib, part, x: part.add_(1),
    "a number": lambda lib, part, x: part.__setitem__(0, 5.0),
    "zero_": lambda lib, part, x: part.zero_(),
    "a view of it": lambda lib, part, x: part[0].mul_(2),
    "its data": lambda lib, part, x: part.data.add_(1),
    "detached": lambda lib, part, x: part.detach().add_(1),
    "under no_grad": lambda lib, part, x: quietly(lib, lambda: part.add_(1)),
    "the base": lambda lib, part, x: x.mul_(2),
    "detach_": lambda lib, part, x: part.detach_(),
    "with a gradient": lambda lib, part, x: part.mul_(lib.ones(1, requires_grad=True)),
}


def quietly(lib, write):
    with lib.no_grad():
        return write()


@pytest.mark.parametrize("outputs", OUTPUTS.values(), ids=OUTPUTS)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("source", ["leaf", "computed", "constant"])
def test_a_write_to_one_of_several_views(outputs, write, source):
    def story(lib, see):
        a = lib.tensor(X.tolist(), requires_grad=source != "constant")
        x = a * 1 if source == "computed" else a
        parts = outputs(x)
        if source == "constant" and write is WRITES["with a gradient"]:
            return see("here torch says that the views were made in no_grad mode")
        see([(part._is_view(), part._base is x, part.output_nr, part.grad_fn is parts[0].grad_fn) for part in parts])
        see.error(lambda: write(lib, parts[0], x))
        see(x, x._version, parts[0]._version)
        see.error(lambda: (parts[0] * 2).sum().backward())
        see.error(lambda: (parts[-1] * 2).sum().backward())
        see.error(lambda: parts)
        see(a.grad)

    assert_same_story(story)


def test_outputs_that_nobody_used_get_zeros():
    def story(lib, see):
        x = lib.tensor(X.tolist(), requires_grad=True)
        for parts in (x.unbind(), x.split(2), x.split([0, 3]), x.chunk(3)):
            parts[-1].sum().backward(retain_graph=True)
            see(x.grad)
            (parts[0].sum() * 3 + parts[-1].sum()).backward()
            see(x.grad)

    assert_same_story(story)


def test_hooks_and_retained_gradients_of_several_outputs():
    def story(lib, see):
        x = lib.tensor(X.tolist(), requires_grad=True)
        a, b, c = x.unbind()
        for name, part in zip("abc", (a, b, c), strict=True):
            part.retain_grad()
            part.register_hook(lambda g, name=name: see(name, g))
        a.grad_fn.register_prehook(lambda gs: see("before", gs))
        a.grad_fn.register_hook(lambda inputs, outputs: see("after", inputs, outputs))
        (a * 2 + c).sum().backward(retain_graph=True)
        see(a.grad, b.grad, c.grad, x.grad)
        see(lib.autograd.grad((b * 3).sum(), b, retain_graph=True))
        see(lib.autograd.grad((a * b).sum(), (a, b, x), retain_graph=True))
        see.error(lambda: lib.autograd.grad((a * b).sum(), c, retain_graph=True))
        c.register_hook(lambda g: g if g is not None else lib.ones(4))
        see.error(lambda: a.sum().backward())

    assert_same_story(story)


def test_the_nodes_saved_values_read_as_torchs():
    def story(lib, see):
        x = lib.tensor(X.tolist(), requires_grad=True)
        see(lib.cat([x, x], 1).grad_fn._saved_dim, lib.stack([x, x], 1).grad_fn._saved_dim)
        node = x.split(2)[0].grad_fn
        see(node._saved_dim, node._saved_split_size, tuple(node._saved_self_sym_sizes))
        node = x.split([1, 2])[0].grad_fn
        see(node._saved_dim, tuple(node._saved_split_sizes), tuple(node._saved_self_sym_sizes))
        see(x.unbind(1)[0].grad_fn._saved_dim)

    assert_same_story(story)


def test_second_derivatives_through_several_outputs():
    def program(lib, x):
        a, b, c = x.unbind()
        first, second = (a * b * c).split(2)
        (slope,) = lib.autograd.grad((first.exp() * second).sum(), x, create_graph=True)
        return lib.autograd.grad((slope**2).sum(), x)

    assert_parity(program, X / 10, backward=False, scale=100)


BAD = {
    "cat of nothing": lambda lib: lib.cat([]),
    "cat of a tensor": lambda lib: lib.cat(lib.ones(2)),
    "cat of numbers": lambda lib: lib.cat([1, 2]),
    "cat of a number among tensors": lambda lib: lib.cat([lib.ones(2), 2]),
    "cat of 0-d": lambda lib: lib.cat([lib.tensor(1.0), lib.tensor(2.0)]),
    "cat, sizes": lambda lib: lib.cat([lib.ones(2, 3), lib.ones(2, 4)]),
    "cat, dims": lambda lib: lib.cat([lib.ones(2, 3), lib.ones(2)]),
    "cat, dim": lambda lib: lib.cat([lib.ones(2), lib.ones(2)], 1),
    "stack of nothing": lambda lib: lib.stack([]),
    "stack of a tensor": lambda lib: lib.stack(lib.ones(2)),
    "stack, sizes": lambda lib: lib.stack([lib.ones(2), lib.ones(3)]),
    "stack, dim": lambda lib: lib.stack([lib.ones(2)], 2),
    "split by less than nothing": lambda lib: lib.ones(3).split(-1),
    "split by 0": lambda lib: lib.ones(3).split(0),
    "split of 0-d": lambda lib: lib.tensor(1.0).split(1),
    "split by sizes that are too much": lambda lib: lib.ones(3).split([2, 2]),
    "split by a negative size": lambda lib: lib.ones(3).split([4, -1]),
    "split, dim": lambda lib: lib.ones(3).split(1, 1),
    "chunk into none": lambda lib: lib.ones(3).chunk(0),
    "chunk of 0-d": lambda lib: lib.tensor(1.0).chunk(2),
    "unbind of 0-d": lambda lib: lib.tensor(1.0).unbind(),
    "unbind, dim": lambda lib: lib.ones(2).unbind(1),
    "iteration of 0-d": lambda lib: list(lib.tensor(1.0)),
}


@pytest.mark.parametrize("program", BAD.values(), ids=BAD)
def test_bad_arguments_raise_torchs_error(program):
    assert_same_error(program)


@BOTH
def test_parts_share_the_memory_and_joined_ones_do_not(lib):
    x = lib.tensor(X.tolist())
    x.split(2)[1][0, 0] = 100.0
    x.unbind(1)[3].mul_(2)
    joined = lib.cat([x])
    joined.zero_()
    assert x[2, 0].item() == 100 and x[0, 3].item() == 6 and x.sum().item() != 0
