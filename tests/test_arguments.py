"""Arguments at the edge: numbers that do not fit, data of every kind, floats in the place of sizes, odd indices.

Each line below is a program, run in both libraries: what it leaves in `r` must be printed alike, or the error must be
of the same type and begin with the same words, and the same warnings must be given on the way. A TypeError's words are
Python's business: torch lists the signatures that it knows there.
"""

import re
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from parity import LIBRARIES

import minigrad
from comparisons.versions import error_in_this_release

# What torch answers for a number that the dtype cannot hold, and for one that only the arithmetic can

NUMBERS = """
r=bytes8+256
r=bytes8-300
r=bytes8*256
r=bytes8+torch.tensor(256)
r=bytes8+(-1)
r=bytes8*-1
r=bytes8-(-1)
r=bytes8>300
r=bytes8>-1
r=bytes8==266
r=bytes8>torch.tensor(-1)
r=torch.maximum(bytes8, torch.tensor(300))
r=torch.div(torch.tensor([100, -100], dtype=torch.int8), 200, rounding_mode='floor')
r=torch.div(torch.tensor([100, -100], dtype=torch.int8), 200, rounding_mode='trunc')
bytes8[0, 0]=-1; r=bytes8
bytes8[bytes8>100]=-1; r=bytes8
bytes8[0, 0]=300; r=bytes8
bytes8[0, 0]=-256; r=bytes8
bytes8[0, 0]=3.7; r=bytes8
bytes8[0]=-1; r=bytes8
r=bytes8.masked_fill(bytes8>100, -1)
r=bytes8.masked_fill(bytes8>100, 300)
r=bytes8.fill_(-1)
r=bytes8.fill_(300)
r=bytes8.fill_(-300)
r=bytes8.scatter(1, torch.tensor([[0]]), -1)
r=bytes8.scatter(1, torch.tensor([[0]]), 300)
r=bytes8.add(bytes8, alpha=-1)
r=bytes8.add(bytes8, alpha=300)
r=bytes8.sub(bytes8, alpha=2)
r=-bytes8
r=torch.tensor([2**40], dtype=torch.int32)
r=torch.tensor([2**63])
r=torch.tensor(2**63)
r=torch.tensor([-2**63])
r=torch.tensor([2**63], dtype=torch.float32)
r=u8.clamp(min=300)
r=u8.clamp(max=-1)
r=u8.clamp(min=-1)
r=u8.clamp(min=2.5)
r=u8.clamp(0, 100)
r=torch.where(u8>5, u8, 300)
r=torch.where(u8>5, u8, -1)
r=torch.where(u8>5, -300, u8)
r=torch.full((2, ), 1e300)
r=torch.full((2, ), -300, dtype=torch.uint8)
r=torch.full((2, ), -1, dtype=torch.uint8)
r=torch.full((2, ), 300, dtype=torch.uint8)
r=torch.full((2, ), inf)
r=torch.full((2, ), nan, dtype=torch.int64)
x=torch.ones(2); x.fill_(-1e39); r=x
x=torch.ones(2); r=x.masked_fill(x>0, -1e300)
x=torch.ones(2); r=x.masked_fill(x>0, -1e9)
x=torch.ones(2); r=x.masked_fill(x>0, -inf)
x=torch.ones(2); x[0]=1e300; r=x
x=torch.ones(1, 2); r=F.pad(x, (1, 1), value=1e300)
x=torch.ones(2); r=x+1e300
x=torch.ones(2); r=x*1e300
x=torch.ones(2); r=x.clamp(max=1e300)
x=torch.ones(2); r=torch.where(x>0, x, 1e300)
x=torch.arange(2); x[0]=nan; r=x
x=torch.arange(2); x[0]=2.7; r=x
x=torch.arange(2); x[x>0]=2.7; r=x
x=torch.arange(2); r=x.masked_fill(x>0, 2.7)
x=torch.arange(2); r=x.fill_(2.7)
x=torch.arange(2)>0; x[0]=2.7; r=x
x=torch.arange(2)>0; r=x.masked_fill(x, 2.7)
x=torch.arange(2)>0; r=x.fill_(-1)
r=torch.tensor([3, 200], dtype=torch.uint8)**-2
r=torch.tensor([3, 200], dtype=torch.uint8)**300
r=torch.tensor([3, 200], dtype=torch.uint8)**2
r=torch.tensor([3, 200])**-1
r=torch.tensor([3, 2])**torch.tensor(-1)
r=torch.tensor([3, 2])**torch.tensor([-1, 2])
r=2**torch.tensor([3, 2], dtype=torch.uint8)
r=300**torch.tensor([3, 2], dtype=torch.uint8)
r=(-1)**torch.tensor([3, 2], dtype=torch.uint8)
r=torch.tensor([True, False])**torch.tensor(True)
r=torch.tensor([True, False])**2
r=torch.tensor([True, False])**True
r=torch.addmm(torch.full((2, 2), nan), torch.ones(2, 3), torch.ones(3, 2), beta=0)
r=torch.addmm(torch.ones(2, 2), torch.full((2, 3), nan), torch.ones(3, 2), alpha=0)
z=torch.ones(1, requires_grad=True); torch.addmm(z*nan, torch.ones(1, 3), torch.ones(3, 1), beta=0).backward(); r=z.grad
r=F.binary_cross_entropy(torch.tensor([.5]), torch.tensor([True]))
r=F.binary_cross_entropy(torch.tensor([.5]), torch.tensor([1]))
r=torch.allclose(torch.ones(2), torch.ones(2), rtol=-1.)
r=torch.allclose(torch.ones(2), torch.ones(2), atol=-1.)
r=torch.allclose(torch.ones(2), torch.ones(2).double())
r=torch.ones(2).type(int)
r=torch.randperm(300, dtype=torch.int8)
r=torch.randperm(-1)
r=torch.device('foo')
r=torch.empty(0, 3).stride()
r=torch.empty(3, 0).stride()
r=torch.empty(3, 0, 2).stride()
r=torch.ones(1, requires_grad=True).item()
r=torch.where(torch.tensor([1, 0]), torch.ones(2), torch.zeros(2))
r=torch.ones(2).masked_fill(torch.tensor([1, 0], dtype=torch.uint8), 5)
"""

QUOTIENTS = """
r=bytes8/256
r=bytes8/-1
r=bytes8/torch.tensor(256)
r=256/bytes8
r=bytes8/256.
r=bytes8//256
r=bytes8%256
r=torch.tensor([100, -100], dtype=torch.int8)/200
r=torch.tensor([100, -100], dtype=torch.int16)/40000
x=torch.tensor([100], dtype=torch.int8); x/=2; r=x
x=torch.tensor([1.]); x/=3; r=x
r=torch.tensor([True, False])//torch.tensor(True)
r=torch.tensor([True, False])//torch.tensor([False, True])
r=torch.tensor([True, False])%torch.tensor(True)
r=torch.tensor([True, False])//True
r=torch.tensor([True, False])%2
r=torch.tensor([True, False])/torch.tensor(True)
"""

# Nested lists, with arrays and tensors among the numbers

DATA = """
r=torch.tensor([300], dtype=torch.uint8)
r=torch.tensor([-1], dtype=torch.uint8)
r=torch.tensor(-300, dtype=torch.uint8)
r=torch.tensor([3.7], dtype=torch.uint8)
r=torch.tensor([300.], dtype=torch.uint8)
r=torch.tensor(nan, dtype=torch.int64)
r=torch.tensor(inf, dtype=torch.int64)
r=torch.tensor([1e300], dtype=torch.float32)
r=torch.tensor(np.array([300]), dtype=torch.uint8)
r=torch.tensor(np.int64(300), dtype=torch.uint8)
r=torch.as_tensor([300], dtype=torch.uint8)
r=torch.Tensor(2.5)
r=torch.tensor([[], [1]])
r=torch.tensor([[1], []])
r=torch.tensor([np.float32(3), 2]).dtype
r=torch.tensor([2, np.float32(3)]).dtype
r=torch.tensor([np.int32(3), 2]).dtype
r=torch.tensor([np.float64(3), 2]).dtype
r=torch.tensor(np.float64(3)).dtype
r=torch.tensor([np.ones(2), [1, 2]]).dtype
r=torch.tensor({})
r=torch.tensor({1, 2})
r=torch.tensor(i for i in range(3))
r=torch.tensor(range(3))
r=torch.tensor([torch.ones(2), torch.zeros(2)])
r=torch.tensor([torch.ones(1), torch.ones(1)])
r=torch.tensor([torch.tensor(1), torch.tensor(2)])
r=torch.tensor([torch.tensor(1), 2.5])
r=torch.tensor([[1., 2], torch.ones(2)])
r=torch.tensor([torch.tensor(1., dtype=torch.float64)]).dtype
r=torch.as_tensor([torch.ones(2), torch.zeros(2)])
r=torch.tensor(torch.ones(2))
r=torch.as_tensor(torch.ones(2))
r=torch.ones(2).new_tensor(torch.ones(2))
r=torch.tensor((1, 2.5, True))
r=torch.tensor([True, 2])
r=torch.tensor('a')
r=torch.tensor(['a'])
r=torch.tensor(None)
r=torch.tensor([None])
r=torch.tensor([])
r=torch.tensor([[]]).shape
r=torch.tensor(b'a')
"""

# One number for all places of a mask, whatever its dtype

MASKED = """
row[row>1]=torch.tensor(0); r=row
row[row>1]=torch.tensor([7]); r=row
row[row>1]=torch.tensor([[7]]); r=row
row[row>1]=torch.tensor(7, dtype=torch.float64); r=row
x=torch.arange(4); x[x>1]=torch.tensor(7.5); r=x
x=torch.arange(4); x[x>1]=torch.tensor(True); r=x
x=torch.arange(4)>2; x[x]=torch.tensor(7.5); r=x
x=torch.arange(4, dtype=torch.uint8); x[x>1]=torch.tensor(-1); r=x
x=torch.arange(4, dtype=torch.uint8); x[x>1]=torch.tensor(300); r=x
x=torch.arange(4, dtype=torch.uint8); x[x>1]=torch.tensor(3.5); r=x
row[torch.tensor([0])]=torch.tensor(5); r=row
row[torch.tensor(0)]=torch.tensor(5); r=row
x=torch.arange(4.).reshape(2, 2); x[:, torch.tensor([True, False])]=torch.tensor(5); r=x
x=torch.arange(4.).reshape(2, 2); x[0, torch.tensor([True, False])]=torch.tensor(5); r=x
x=torch.arange(4.).reshape(2, 2); x[torch.tensor([0]), torch.tensor([True, False])]=torch.tensor(5); r=x
v=torch.tensor(5., requires_grad=True); row[row>1]=v; row.sum().backward(); r=(row, v.grad)
v=torch.tensor(5., dtype=torch.float64, requires_grad=True); row[row>1]=v; row.sum().backward(); r=(row, v.grad)
x=torch.arange(4.).requires_grad_(); y=x*1; y[x>1]=torch.tensor(0); y.sum().backward(); r=(y, x.grad)
r=row.index_put((row>1,), torch.tensor(0))
row.index_put_((row>1,), torch.tensor(3)); r=row
row.index_put_((row>1,), torch.tensor(3), accumulate=True); r=row
"""

INDICES = """
r=torch.tensor([torch.tensor(1, dtype=torch.int8)]).dtype
x=torch.ones(4, 6); r=x[[[0, 1], [1, 0]]]
r=table[[0, torch.tensor(1)]]
r=table[[slice(0, 1)]]
r=table[[0, 1]]
r=table[[True, False, True]]
r=table[[None, 0]].shape
r=table[[..., 0]]
r=table[torch.tensor([0, 1, 1], dtype=torch.uint8)]
r=table[torch.tensor([0, 1], dtype=torch.uint8)]
r=table[torch.tensor([0, 1], dtype=torch.int16)]
r=table[torch.tensor([0, 1], dtype=torch.int8)]
r=table[torch.tensor([0, 1], dtype=torch.int32)]
r=table[torch.tensor(1, dtype=torch.int16)]
r=table[np.array([0, 1, 1], dtype=np.uint8)]
r=table[[[0, 1]]]
r=table[[[True, False, True]]].shape
table[[[0, 1], [1, 0]]]=7; r=table
"""

# 6 / 2 is no size, and 1. is no dimension

SIZES = """
r = x.view(4, 6/2, 2)
r = x.view(4.)
r = x.view((4, 6/2, 2))
r = x.reshape(4, 12/2)
r = x.reshape((4, 12/2))
r = x.reshape(2.)
r = torch.zeros(10/3, 2)
r = torch.zeros((10/3, 2))
r = torch.zeros(2, 10/3)
r = torch.zeros(2.5)
r = torch.ones(2., 3)
r = torch.empty(2., 3)
r = torch.full((2., ), 1)
r = torch.rand(2., 3)
r = torch.randn(4, 12/2)
r = torch.randn((4, 12/2))
r = torch.randint(10, (2., ))
r = torch.randint(0, 10, (2., 3))
r = torch.randint(0, 10, 3)
r = torch.randint(2.5, (2, ))
r = torch.randperm(2.5)
r = x.new_zeros(2.)
r = x.expand(4., 6)
r = x.expand(2., 4, 6)
r = x.permute(1., 0)
r = x.permute((1., 0))
r = x.unflatten(1, (2., 3))
r = x.unflatten(1., (2, 3))
r = x.select(0, 1.)
r = x.flatten(0.)
r = x.unsqueeze(1.)
r = x.squeeze(1.)
r = x.transpose(0., 1)
r = x.sum(0.)
r = x.sum((0., ))
r = x.mean(1.)
r = x.max(0.)
r = x.argmax(1.)
r = x.softmax(1.)
r = F.log_softmax(x, 1.)
r = x.narrow(0, 1., 2)
r = x.split(2.)
r = x.split((2., 2.))
r = x.chunk(2.)
r = torch.cat([x, x], 1.)
r = torch.stack([x, x], 1.)
r = torch.arange(4).view(2, 2.)
r = x.sum_to_size(4., 6)
r = x.as_strided((2., ), (1, ))
r = x.as_strided((-1, ), (1, ))
r = F.max_pool2d(img, 2.5)
r = F.max_pool2d(img, (2, 2.5))
r = F.avg_pool2d(img, 2.5)
r = F.max_pool2d(img, 2, stride=1.5)
r = F.conv2d(img, w, stride=1.5)
r = F.conv2d(img, w, padding=1.5)
r = F.conv2d(img, w, padding=(1, 1.5))
r = F.conv2d(img, w, groups=1.)
r = F.unfold(img, 2.5)
r = F.pad(x, (1., 1))
r = F.adaptive_avg_pool2d(img, 2.5)
r = x.view()
r = x.reshape()
r = x.permute()
r = x.expand()
r = torch.zeros()
r = torch.randn()
r = x.gather(1., torch.zeros(4, 6).long())
r = x.movedim(0., 1)
r = torch.eye(2.)
r = torch.linspace(0, 1, 2.)
r = torch.Size([2.])
r = torch.Size(torch.tensor([2, 3]))
r = torch.zeros(torch.tensor(2), 3).shape
r = torch.zeros([torch.tensor(2), 3]).shape
r = x.view(torch.tensor(4), -1).shape
r = x.view('a')
r = torch.zeros('a')
r = torch.zeros(None)
r = torch.zeros(2, None)
r = x.reshape(None)
r = x.unsqueeze('a')
r = x.sum('a')
r = x.var(0.)
r = x.unbind(0.)
"""

ARGUMENTS = """
torch.nn.CrossEntropyLoss(torch.ones(2, 3), torch.tensor([0, 1]))
torch.nn.MSELoss(torch.ones(2), torch.ones(2))
r = table[np.array(1)]
r = torch.arange(12).view(2, 3, 2)[np.array(1), 0:2, [0, 1]]
i = table[np.array(1)]; i.fill_(9); r = table
r = table[..., ..., 0]
r = torch.tensor([[[1], [2]], [[3], [4, 5]]])
r = torch.tensor([2**63], dtype=torch.int64)
r = torch.tensor(np.array(["1"]), dtype=torch.float32)
row[:3].clamp_(min=row[1:])
row[:3].add_(other=row[1:])
r = row.copy_(other=torch.ones(4))
r = row.copy_(torch.ones(4), non_blocking=True)
r = F.pad(x, (1.,1), mode="reflect")
r = F.pad(x, (1,), mode="reflect")
r = F.pad(x, (True, 1))
r = F.pad(x, 1)
r = F.avg_pool2d(img, 2, divisor_override=1.5)
r = F.avg_pool2d(img, 2, count_include_pad=1)
r = F.max_pool2d(img, 2, ceil_mode=1)
r = F.max_pool2d(img, True)
r = F.cross_entropy(torch.ones(2, 3), t, ignore_index=1.5)
r = F.dropout(x, nan)
r = F.dropout(x, 2.)
r = F.softmax(x, True)
r = x.view(True, 24)
r = torch.tensor(1.).size(0)
r = torch.tensor(1.).size(-1)
r = torch.tensor(1.).stride(0)
r = x.size(2)
"""

FLAGS = """
r = torch.ones(2, requires_grad=0)
r = torch.ones(2).requires_grad_(1)
r = torch.nn.Parameter(torch.ones(2), requires_grad=0)
r = torch.nn.Linear(2, 2).requires_grad_(0)
torch.ones(2).requires_grad = 1
r = torch.tensor([1.], requires_grad=1)
"""

BYTES = {"u8": [1, 200], "bytes8": [[10, 250]]}
ONCE = "extremely slow"  # torch warns of lists of arrays once in a process
FIRST_WORDS = 40  # letters


def outcome(library: Any, program: str) -> tuple[Any, ...]:
    """What a program leaves, as text; or its error. And the warnings on the way."""
    names: dict[str, Any] = {"torch": library, "np": np, "F": library.nn.functional, "x": library.ones(4, 6)}
    names |= {"img": library.ones(1, 1, 6, 6), "w": library.ones(1, 1, 3, 3), "t": library.tensor([0, 1])}
    names |= {"row": library.arange(4.0), "table": library.arange(12.0).reshape(3, 4), "nan": np.nan, "inf": np.inf}
    names |= {name: library.tensor(value, dtype=library.uint8) for name, value in BYTES.items()}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(program, names)
            left = re.sub("0x[0-9a-f]+", "0x", repr(names.get("r")))
        except TypeError:
            left = "TypeError"
        except Exception as raised:
            error = type(raised), str(raised)
            kind, text = (error_in_this_release(error) if library is minigrad else None) or error
            left = f"{kind.__name__}: {text[:FIRST_WORDS]}"
    said = [(w.category, str(w.message)[:FIRST_WORDS]) for w in caught if w.category is not RuntimeWarning]
    return left, [words for words in said if ONCE not in str(words)]


GROUPS = (NUMBERS, QUOTIENTS, DATA, MASKED, INDICES, SIZES, ARGUMENTS, FLAGS)
PROGRAMS = [line for group in GROUPS for line in group.strip().splitlines()]


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_answer_is_torchs(program: str) -> None:
    ours, theirs = (outcome(library, program) for library in LIBRARIES)
    assert ours == theirs


OTHER_NAMES = """
torch.arange(6.).view(2, 3).sum(axis=1)
torch.arange(6.).view(2, 3).max(axis=1)[0]
torch.arange(6.).view(2, 3).mean(1, keepdims=True)
torch.sum(torch.arange(6.).view(2, 3), axis=0, keepdims=True)
torch.cat((torch.ones(1, 2), torch.ones(1, 2)), axis=1)
torch.stack((torch.ones(2), torch.zeros(2)), axis=1)
torch.softmax(torch.arange(6.).view(2, 3), axis=0)
torch.arange(6.).view(size=(3, 2))
torch.arange(6.).reshape(shape=(3, 2))
torch.arange(6.).view(2, 3).permute(dims=(1, 0))
torch.ones(1, 3).expand(size=(2, 3))
torch.arange(end=3)
torch.arange(1, end=3)
torch.arange(start=1, end=3)
repr(torch.set_grad_enabled(True)).replace("minigrad", "torch")
torch.device(5)
torch.device(0) == torch.device("cuda:0")
torch.cuda.manual_seed_all(0)
torch.cuda.empty_cache()
"""


@pytest.mark.parametrize("program", OTHER_NAMES.split("\n")[1:-1])
def test_arguments_have_the_names_that_torch_knows(program: str) -> None:
    ours, theirs = (repr(eval(program, {"torch": library})) for library in LIBRARIES)
    assert ours == theirs


REFUSED = {
    "torch.arange()": "arange() received an invalid combination of arguments",
    "torch.arange(1, 2, 3, 4)": "arange() received an invalid combination of arguments",
    "torch.arange(start=1)": "arange() ", "torch.arange('a')": "arange(): argument 'end' ",
    "torch.eye(3.)": "eye(): argument 'n' (position 1) must be int, not float",
    "torch.randperm(3.)": "randperm(): argument 'n' (position 1) must be int, not float",
    "torch.full((2,), None)": "full(): argument 'fill_value' (position 2) must be Number, not NoneType",
    "torch.full((2,), 'a')": "full(): argument 'fill_value' (position 2) must be Number, not str",
    "torch.ones(2).add(1, alpha='a')": "add(): argument 'alpha' must be Number, not str",
    "torch.ones(2).sub(1, alpha='a')": "sub(): argument 'alpha' must be Number, not str",
    "torch.set_grad_enabled('no')": "set_grad_enabled(): argument 'enabled' (position 1) must be bool, not str",
    "torch.set_grad_enabled(0)": "set_grad_enabled(): argument 'enabled' (position 1) must be bool, not int",
    "torch.Tensor('a')": "new(): invalid data type 'str'",
    "torch.ones(3, requires_grad=True).backward([1, 1, 1])": "gradients can be either Tensors or None, but got int",
    "torch.ones(1, requires_grad=True).backward('a')": "gradients can be either Tensors or None, but got str",
}


@pytest.mark.parametrize("program", REFUSED)
def test_a_wrong_argument_is_refused_in_torchs_words(program: str) -> None:
    for library in LIBRARIES:
        with pytest.raises(TypeError) as caught:
            eval(program, {"torch": library})
        assert str(caught.value).startswith(REFUSED[program]) and library.is_grad_enabled()


OUTSIDE = ["[0, 7]", "[:, 0, 9]", "[..., 9]", "[None, 0, 9]", "[5]", "[0][7]", "[-4]", "[:, -9]", "[[0], 9]"]


@pytest.mark.parametrize("index", OUTSIDE)
def test_an_index_outside_is_refused_in_torchs_words(index: str) -> None:
    errors = []
    for library in LIBRARIES:
        with pytest.raises(IndexError) as caught:
            eval(f"torch.ones(3, 4, 5){index}", {"torch": library})
        errors.append(str(caught.value))
    assert errors[0] == errors[1]


SIZES_IN_WORDS = """
torch.empty((3, 5.))
torch.empty(5.)
torch.empty(3, 5.)
torch.zeros((2., 3))
torch.zeros(np.float64(2))
torch.zeros((True, 2))
torch.ones([2.])
torch.ones(True)
torch.full((2.,), 1)
torch.randn(2, 3.)
torch.rand((1, 2, torch.tensor(3.)))
torch.ones(2).expand(2.)
torch.ones(2).new_zeros((2.,))
torch.ones(2).new_ones(2.)
torch.ones(2).new_empty(2, "a")
torch.nn.Linear(10 / 2, 3)
torch.nn.Linear(10, None)
torch.nn.Conv2d(1., 2, 3)
torch.nn.Conv2d(1, 2., 3)
torch.nn.Conv2d(1, 2, 3.)
torch.nn.BatchNorm2d("a")
"""


@pytest.mark.parametrize("program", SIZES_IN_WORDS.split("\n")[1:-1])
def test_what_is_no_size_is_refused_in_torchs_words(program: str) -> None:
    errors = []
    for library in LIBRARIES:
        with pytest.raises(TypeError) as caught:
            eval(program, {"torch": library, "np": np})
        errors.append(str(caught.value))
    assert errors[0] == errors[1]


@pytest.mark.parametrize("kind", [np.float16, np.uint16])
def test_numbers_of_a_dtype_that_is_not_here_are_refused(kind: Any) -> None:
    with pytest.raises(TypeError, match="can't convert np.ndarray of type"):
        minigrad.tensor([kind(3)])


WARNINGS = {
    "mse_loss": lambda F: F.mse_loss(minigrad.ones(2, 1), minigrad.ones(2)),
    "softmax": lambda F: F.softmax(minigrad.ones(2)),
    "dropout2d": lambda F: F.dropout2d(minigrad.ones(2, 3, 4)),
    "dropout3d": lambda F: F.dropout3d(minigrad.ones(2)),
    "conv2d": lambda F: F.conv2d(minigrad.ones(1, 1, 4, 4), minigrad.ones(1, 1, 2, 2), padding="same"),
    "where": lambda F: minigrad.where(minigrad.ones(2).byte(), minigrad.ones(2), 0.0),
    "l1_loss": lambda F: F.l1_loss(minigrad.ones(2, 1), minigrad.ones(2)),
    "tensor": lambda F: minigrad.tensor(minigrad.ones(2)),
    "an index": lambda F: minigrad.ones(2, 2)[[[0, 1], [0, 1]]],
    "a mask": lambda F: minigrad.ones(2)[minigrad.ones(2).byte()],
}


@pytest.mark.parametrize("name", WARNINGS)
def test_a_warning_names_the_line_of_the_caller(name: str) -> None:
    with pytest.warns(UserWarning) as caught:
        WARNINGS[name](minigrad.nn.functional)
    assert caught[0].filename == __file__


def test_a_tensor_of_torchs_is_no_data() -> None:
    with pytest.raises(TypeError, match="must be Tensor, not torch.Tensor; make a tensor of it: minigrad.from_numpy"):
        minigrad.tensor(torch.ones(2))


def test_a_list_of_arrays_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="list of numpy.ndarrays is extremely slow"):
        minigrad.tensor([np.ones(2), np.ones(2)])


def test_memory_that_may_not_be_written_to_is_warned_of_and_stays_as_it_is() -> None:
    """Torch would write into it all the same."""
    array = np.ones(3)
    array.flags.writeable = False
    with pytest.warns(UserWarning, match="The given NumPy array is not writable"):
        tensor = minigrad.from_numpy(array)
    with pytest.raises(ValueError, match="read-only"):
        tensor.add_(1)
    assert tensor.tolist() == [1, 1, 1]
    assert torch.tensor(array).tolist() == minigrad.tensor(array).tolist() == [1, 1, 1]
