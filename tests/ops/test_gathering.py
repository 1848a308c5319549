"""gather, scatter, scatter_add: repeated indices, negative dims, shapes smaller than the input, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity import LIBRARIES, assert_parity, assert_same_error, error_of
from strategies import arrays, shapes

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])
X = np.arange(6.0).reshape(2, 3) + 1


@st.composite
def indexed(draw, repeated=True):
    """An array, a dim from either end, and an index whose shape fits; without repetition where asked."""
    x = draw(arrays(shapes(min_dims=1, max_dims=3, min_side=1)))
    dim = draw(st.integers(-x.ndim, x.ndim - 1))
    along = x.shape[dim]
    shape = [draw(st.integers(0 if repeated else 1, n)) for n in x.shape]
    shape[dim] = draw(st.integers(0, along + 2 if repeated else along))
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    if repeated:
        return x, dim, random.integers(0, along, shape)
    order = random.permuted(np.broadcast_to(np.arange(along), [*np.delete(shape, dim % x.ndim), along]), axis=-1)
    return x, dim, np.ascontiguousarray(np.moveaxis(order[..., : shape[dim]], -1, dim))


@given(indexed())
def test_gather(case):
    x, dim, index = case
    assert_parity(lambda lib, x: x.gather(dim, lib.from_numpy(index)), x)


@given(indexed(repeated=False))
def test_scatter(case):
    x, dim, index = case
    src = np.random.default_rng(0).standard_normal(index.shape).astype(x.dtype)
    assert_parity(lambda lib, x, src: x.scatter(dim, lib.from_numpy(index), src), x, src)
    assert_parity(lambda lib, x, src: (x * 1).scatter_(dim, lib.from_numpy(index), src), x, src)
    assert_parity(lambda lib, x: x.scatter(dim, lib.from_numpy(index), 2.5), x)


@given(indexed())
def test_scatter_add_sums_what_meets(case):
    x, dim, index = case
    src = np.random.default_rng(0).standard_normal(index.shape).astype(x.dtype)
    assert_parity(lambda lib, x, src: x.scatter_add(dim, lib.from_numpy(index), src), x, src, scale=10)
    assert_parity(lambda lib, x, src: (x * 1).scatter_add_(dim, lib.from_numpy(index), src), x, src, scale=10)


@given(indexed(repeated=False), st.integers(0, 2))
def test_of_a_source_larger_than_the_index_the_first_part_is_used_and_no_gradient_fits(case, larger):
    x, dim, index = case
    src = np.random.default_rng(0).standard_normal([n + larger for n in index.shape]).astype(x.dtype)
    for op in ("scatter", "scatter_add"):

        def program(lib, x, src, op=op):
            return getattr(x, op)(dim, lib.from_numpy(index), src)

        assert_parity(program, x, src, requires_grad=(True, False), scale=10)
        outcomes = []
        for lib in LIBRARIES:
            source = lib.from_numpy(src.copy()).requires_grad_()
            outcomes.append(error_of(lambda lib: program(lib, lib.zeros(*x.shape), source.float()).sum().backward(), lib))  # noqa: B023, E501
        assert outcomes[0] == outcomes[1]


FORMS = {
    "one-hot": lambda lib, x: lib.zeros(2, 4).scatter(1, lib.tensor([[3], [0]]), 1.0),
    "one-hot in place": lambda lib, x: lib.zeros(2, 4).scatter_(1, lib.tensor([[3], [0]]), 1),
    "value by keyword": lambda lib, x: x.scatter(1, lib.tensor([[2], [0]]), value=5.0),
    "src by keyword": lambda lib, x: x.scatter(dim=1, index=lib.tensor([[2], [0]]), src=x[:, :1] * 2),
    "0-d index and source": lambda lib, x: x[0].scatter(0, lib.tensor(2), x[1, 1]),
    "0-d index and a vector": lambda lib, x: x[0].scatter_add(0, lib.tensor(2), x[1].detach()),
    "a number by a 0-d index": lambda lib, x: x[0].scatter(0, lib.tensor(2), 5.0),
    "an empty index of another length": lambda lib, x: x.scatter(1, lib.zeros(5, 0).long(), x.detach()),
    "an empty float index": lambda lib, x: x.gather(1, lib.zeros(0)),
    "the function": lambda lib, x: lib.gather(x, dim=-1, index=lib.tensor([[2, 2], [0, 1]])),
    "int32": lambda lib, x: x.gather(1, lib.tensor([[2], [0]]).int()),
    "0-d by 0-d": lambda lib, x: x[0, 0].gather(0, lib.tensor(0)),
    "0-d by 1-d": lambda lib, x: x[0, 0].gather(0, lib.tensor([0, 0, 0])),
    "1-d by 0-d": lambda lib, x: x[0].gather(0, lib.tensor(2)),
    "scatter into 0-d": lambda lib, x: x[0, 0].scatter(0, lib.tensor(0), x[1, 1]),
    "scatter_add into 0-d": lambda lib, x: x[0, 0].scatter_add(0, lib.tensor([0, 0]), x[1, :2]),
    "an empty index": lambda lib, x: x.gather(1, lib.zeros(0).long()),
    "an empty index of two dims": lambda lib, x: x.gather(1, lib.zeros(2, 0).long()),
    "scatter by an empty index": lambda lib, x: x.scatter(1, lib.zeros(0).long(), x.detach()),
    "scatter a number by an empty index": lambda lib, x: x.scatter(1, lib.zeros(2, 0).long(), 5.0),
    "turned": lambda lib, x: x.t().gather(0, lib.tensor([[2, 0], [1, 1]])),
    "a turned index": lambda lib, x: x.gather(1, lib.tensor([[2, 0], [1, 1]]).t()),
    "by its argmax": lambda lib, x: x.gather(1, x.argmax(1, keepdim=True)),
    "a turned source": lambda lib, x: x.scatter(1, lib.tensor([[2, 0], [1, 0]]), x[:, :2].t()),
    "integers": lambda lib, x: x.long().scatter_add(0, lib.tensor([[1, 1, 1]]), x.long()),
    "bools": lambda lib, x: (x > 2).scatter(1, lib.tensor([[0], [0]]), True),
    "nan at a place": lambda lib, x: x.scatter(1, lib.tensor([[0], [2]]), float("nan")),
    "sparse_grad": lambda lib, x: x.gather(1, lib.tensor([[0]]), sparse_grad=False),
}


@pytest.mark.parametrize("program", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_forms(program, dtype):
    assert_parity(program, X.astype(dtype))


@given(indexed())
def test_gathering_is_the_adjoint_of_scattering(case):
    x, dim, index = case
    lib, places = LIBRARIES[0], LIBRARIES[0].from_numpy(index)
    y = lib.from_numpy(np.random.default_rng(0).standard_normal(index.shape).astype(x.dtype))
    there = (lib.from_numpy(x.copy()).gather(dim, places) * y).sum()
    back = (lib.from_numpy(x.copy()) * lib.zeros(*x.shape, dtype=y.dtype).scatter_add(dim, places, y)).sum()
    assert np.isclose(there.item(), back.item(), rtol=1e-4, atol=1e-4)  # float32 rounds sums of some 60 terms


BAD = {
    "gather, out of range": lambda lib: lib.ones(2, 3).gather(1, lib.tensor([[3]])),
    "gather, negative": lambda lib: lib.ones(2, 3).gather(1, lib.tensor([[-1]])),
    "gather, float index": lambda lib: lib.ones(2, 3).gather(1, lib.ones(2, 3)),
    "gather, bool index": lambda lib: lib.ones(2, 3).gather(1, lib.ones(2, 3) > 0),
    "gather, too few dims": lambda lib: lib.ones(2, 3).gather(1, lib.tensor([0])),
    "gather, too long": lambda lib: lib.ones(2, 3).gather(1, lib.zeros(3, 1).long()),
    "gather, dim": lambda lib: lib.ones(2, 3).gather(2, lib.tensor([[0]])),
    "gather, out of range in 0-d": lambda lib: lib.tensor(1.0).gather(0, lib.tensor(1)),
    "scatter, out of range": lambda lib: lib.ones(2, 3).scatter(1, lib.tensor([[3]]), lib.ones(2, 3)),
    "scatter a number, out of range": lambda lib: lib.ones(2, 3).scatter(1, lib.tensor([[3]]), 1.0),
    "scatter, negative": lambda lib: lib.ones(2, 3).scatter(1, lib.tensor([[-1]]), lib.ones(2, 3)),
    "scatter, float index": lambda lib: lib.ones(2, 3).scatter(1, lib.ones(2, 3), lib.ones(2, 3)),
    "scatter, too long": lambda lib: lib.ones(2, 3).scatter(1, lib.zeros(3, 1).long(), lib.ones(3, 3)),
    "scatter, longer than the source": lambda lib: lib.ones(2, 3).scatter(1, lib.zeros(2, 2).long(), lib.ones(2, 1)),
    "scatter, dtypes": lambda lib: lib.ones(2, 3).scatter(1, lib.tensor([[0]]), lib.ones(2, 3).double()),
    "scatter, too few dims": lambda lib: lib.ones(2, 3).scatter(1, lib.tensor([0]), lib.ones(2, 3)),
    "scatter, too few dims in the source": lambda lib: lib.ones(2, 3).scatter(0, lib.tensor([[0]]), lib.ones(3)),
    "scatter, dim": lambda lib: lib.ones(2, 3).scatter(-3, lib.tensor([[0]]), lib.ones(2, 3)),
    "scatter_add, out of range": lambda lib: lib.ones(2, 3).scatter_add(0, lib.tensor([[2]]), lib.ones(2, 3)),
    "scatter_add, dtypes": lambda lib: lib.ones(2, 3).scatter_add(0, lib.tensor([[0]]), lib.ones(2, 3).double()),
    "scatter_add, longer than the source": lambda lib: lib.ones(2, 3).scatter_add(
        0, lib.zeros(2, 2).long(), lib.ones(1, 3)
    ),
    "scatter_ of a leaf": lambda lib: lib.ones(2, requires_grad=True).scatter_(0, lib.tensor([0]), 1.0),
    "scatter_add_ of a leaf": lambda lib: lib.ones(2, requires_grad=True).scatter_add_(
        0, lib.tensor([0]), lib.ones(2)
    ),
}


@pytest.mark.parametrize("program", BAD.values(), ids=BAD)
def test_bad_arguments_raise_torchs_error(program):
    assert_same_error(program)


@BOTH
def test_a_scatter_that_is_refused_changes_nothing(lib):
    x = lib.ones(2, 3)
    with lib.no_grad():
        for write in (
            lambda: x.scatter_(1, lib.tensor([[3]]), 5.0),
            lambda: x.scatter_add_(1, lib.tensor([[7]]), lib.ones(2, 3)),
        ):
            try:
                write()
            except RuntimeError:
                pass
    assert x.tolist() == [[1, 1, 1], [1, 1, 1]]
