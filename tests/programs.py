"""Whole random programs, drawn line by line, for `test_programs.py` to run in both libraries.

A program is a list of lines of Python that can be read, pasted and run. Every line that is drawn is run in torch at
once, so that the next one can fit the tensors that are there: most lines succeed, and some are meant to fail.

There are two kinds of programs. In an *exact* one all values are small multiples of powers of two, so that every sum is
exact in any order, and it may compare, round and choose. In a *rounded* one there are exp, log, division, means; there
equal values may differ in the last bit, so nothing in it depends on a tie.
"""

import functools
import re
import warnings
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

LARGEST = 2.0**10  # a program whose numbers have grown beyond this draws no more values
SHAPES = [(3,), (2, 3), (2,), (3, 2), (2, 2), (), (1,), (1, 3), (3, 1), (2, 1, 2), (2, 2, 3), (0,), (2, 0)]
# What gives nothing a name.
STATEMENT = re.compile(r"[a-z]_\(| \S?= |^del |backward\(|\.register_|\.retain|\.(requires_grad|grad_fn|is_leaf)$")

# -- The vocabulary. {x} is any tensor, {f} a floating-point one, {r} one that requires grad, {w} and {v} are any and a
# floating-point one to write to. {y} broadcasts with the first tensor of the line, {into} broadcasts into its shape,
# {like} and {alike} have its shape and dtype. The other places say what they are.

VIEWS = [
    "{x}.view({shape})", "{x}.reshape({shape})", "{x}.flatten()", "{x}.t()", "{x}.mT", "{x}.transpose({dim}, {dim2})",
    "{x}.permute({order})", "{x}.expand({sizes})", "{x}.select({dim}, {i})", "{x}[{index}]", "{x}[{index}]",
    "{x}[{index}]", "{x}.narrow({dim}, {i}, 1)", "{x}.unbind({dim})", "{x}.split({n}, {dim})", "{x}.chunk(2, {dim})",
    "{x}.split({parts}, 0)", "{x}.squeeze()", "{x}.squeeze({dim})", "{x}.unsqueeze({dim})",
    "{x}.as_strided({strided})", "{x}.detach()", "{x}.data", "{x}.view_as({like})", "{x}.expand_as({y})",
    "{x}.movedim(0, -1)",
]  # fmt: skip
COPIES = [
    "{f} + {y}", "{f} - {y}", "{f} * {y}", "{f} * {f}", "{x} + {y}", "{x} * {number}", "{number} - {x}", "-{x}",
    "{f} / 2", "{f} ** 2", "{x}.clone()", "{x}.contiguous()", "{x}.double()", "{f}.float()", "{x}.to({dtype})",
    "{x}.sum()", "{x}.sum({dim})", "{x}.sum({dim}, keepdim=True)", "torch.cat([{x}, {like}], {dim})",
    "torch.stack([{x}, {like}])", "{x}[{picks}]", "{f} @ {right}", "F.linear({f}, {weight})",
    "F.linear({f}, {weight}, {bias})", "F.conv2d({image}, {kernel})", "F.conv2d({image}, {kernel}, padding=1)",
    "{f}.gather({dim}, {gathered})", "{f}.scatter({dim}, {gathered}, {like})",
    "{f}.scatter_add({dim}, {gathered}, {like})", "torch.zeros_like({x})", "torch.ones_like({f}, requires_grad=True)",
    "torch.nn.Parameter({f})", "{f}.index_put(({picks1},), {f0})", "torch.tensor({literal})",
    "{x}.as_strided((2, 2), (1, 1)) * 1", "{f}.new_ones({shape})",
    "torch.addmm({bias}, {f}, {right})", "{x}.as_strided((2, 2), (1, 1)) * 1",
]  # fmt: skip
EXACT = [
    "{x} > {y}", "{x} == {number}", "{x} <= {y}", "{f}.relu()", "{x}.abs()", "{f}.sign()", "{x}.max()",
    "{x}.max({dim})", "{x}.min({dim})", "{x}.amax({dim})", "{x}.amin()", "{x}.argmax({dim})",
    "torch.where({mask}, {x}, {y})", "{x}.clamp(0, 1)", "{x}.clamp(min={number})", "torch.maximum({x}, {y})",
    "torch.minimum({x}, {y})", "{x}.masked_fill({mask}, {number})", "{f}.masked_fill({mask}, {f0})", "{x}[{mask}]",
    "F.max_pool2d({image}, 2, 1)", "F.max_pool2d({image}, (1, 2))", "{x} // 2", "{x} % 2", "{f}.long()", "{x} & {x}",
    "F.nll_loss({scores}, {labels}, reduction='sum')", "{x}.any()", "F.relu({f})",
]  # fmt: skip
ROUNDED = [
    "{small}.exp()", "{positive}.log()", "{positive}.sqrt()", "{f} / {positive}", "1 / {positive}", "{f}.sigmoid()",
    "{f}.tanh()", "{f}.softmax({dim})", "{f}.log_softmax({dim})", "{f}.mean()", "{f}.mean({dim})", "{f}.var()",
    "{f}.std({dim})", "{f}.logsumexp({dim})", "{f}.sin()", "{f}.cos()", "F.mse_loss({f}, {like})",
    "F.cross_entropy({scores}, {labels})", "{positive} ** {y}", "{positive} ** 0.5", "2 ** {small}",
    "{positive}.norm()", "{f} / 3",
]  # fmt: skip
WRITES = [
    "{w}.add_({into})", "{v}.mul_({into})", "{v}.mul_(2)", "{w}.sub_({into})", "{w}.add_(1)", "{w} += {into}",
    "{v} *= {into}", "{w}.zero_()", "{w}.fill_({number})", "{v}.fill_({f0})", "{w}.copy_({into})", "{v}.neg_()",
    "{v}.div_(2)", "{v}.pow_(2)", "{w}[{index}] = {number}", "{w}[{index}] = {f0}", "{v}[{index}] += {number}",
    "{v}[{index}] *= {number}", "{w}[{picks}] = {number}", "{v}[{picks}] = {f0}", "{v}[{picks}] += 1",
    "{w}[{index}].zero_()", "{v}.data.mul_(2)", "{v}.detach().add_(1)", "{v}.t().mul_(2)",
    "{v}.scatter_({dim}, {gathered}, {like})", "{v}.index_put_(({picks1},), {f0})",
    "torch.add({x}, {number}, out={alike})",
    "torch.mul({f}, {f}, out={alike})", "torch.add({x}, {y}, out=torch.empty(0))", "{v}.addmm_({v}, {right})",
    "{v}.unbind()[0].mul_(2)",
]  # fmt: skip
EXACT_WRITES = [
    "{w}[{mask}] = {number}", "{w}[{mask}] = {f0}", "{v}.relu_()", "{w}.clamp_(0, 1)",
    "{w}.masked_fill_({mask}, {number})", "{v}.abs_()", "{v}.sign_()", "{v}.masked_fill_({mask}, {f0})",
    "{w}.floor_divide_(2)", "F.relu({v}, inplace=True)",
]  # fmt: skip
ROUNDED_WRITES = [
    "{small}.exp_()", "{v}.tanh_()", "{v}.sigmoid_()", "{positive}.sqrt_()", "{positive}.log_()", "{v}.sin_()",
]  # fmt: skip
FLAGS = [
    "{f}.requires_grad_()", "{f}.requires_grad_(False)", "{f}.detach_()", "{r}.retain_grad()", "{f}.data = {alike}",
    "{x}.requires_grad", "{x}.grad_fn", "{x}.is_leaf", "del {x}", "{x}.grad = None", "{r}.grad = torch.ones_like({r})",
    "{r}.grad = {like}",
]  # fmt: skip
HOOKS = [
    "{r}.register_hook(note('{r}'))", "{r}.register_hook(note('{r}'))", "{r}.register_hook(lambda g: g * 2)",
    "{computed}.grad_fn.register_hook(note('after {computed}'))",
    "{computed}.grad_fn.register_prehook(note('before {computed}'))",
    "{computed}.grad_fn.register_prehook(lambda gs: tuple(None if g is None else g * 2 for g in gs))",
    "{leaf}.register_post_accumulate_grad_hook(lambda p: log.append(('{leaf}', p.grad.tolist())))",
    "{computed}.grad_fn.next_functions[0][0].register_hook(note('below {computed}'))",
    "{leaf}.register_post_accumulate_grad_hook(lambda p: setattr(p, 'grad', None))",
]  # fmt: skip
BACKWARDS = [
    "{r}.sum().backward({options})", "{r}.sum().backward({options})", "{r}.backward(torch.ones_like({r}){more})",
    "{r}.backward({like}.clone(){more})", "{r}.backward({options})", "{r}.sum().backward(inputs=[{r2}]{more})",
    "({r} * {r2}).sum().backward({options})", "torch.autograd.backward([{r}.sum(), {r2}.sum()]{more})",
    "torch.autograd.grad({r}.sum(), [{r2}]{more})",
    "torch.autograd.grad(({r} ** 2).sum(), [{leaf}], create_graph=True, allow_unused=True)",
    "torch.autograd.grad({r}.sum(), [{r2}, {leaf}], allow_unused=True{more})",
    "torch.autograd.grad([{r}.sum(), {r2}.sum()], [{leaf}], allow_unused=True{more})",
    "torch.autograd.grad({r}, [{leaf}], torch.ones_like({r}), materialize_grads=True, allow_unused=True{more})",
]  # fmt: skip
LEAVES: list[str] = []  # a new leaf needs no template
GRADS = ["{graded}.grad", "{graded}.grad", "{graded}.grad.zero_()", "{graded}.grad.mul_(2)", "{graded}.grad[...]"]
MODES = [*["torch.no_grad()"] * 4, "torch.no_grad(), torch.enable_grad()", "torch.inference_mode()"]

IMPORT = "import torch  # or: import minigrad as torch"
HEADER = """
F, log = torch.nn.functional, []
def values(g): return None if g is None else g.tolist() if hasattr(g, "tolist") else [values(each) for each in g]
def note(name): return lambda *given: log.append((name, values(given)))
"""


Scope = dict[str, Any]  # what the names of a program stand for in one library


def new_scope(library: Any) -> Scope:
    """The names that a program starts with. (`versions` is for whoever compares.)"""
    scope: Scope = {"torch": library, "versions": {}}
    exec(HEADER, scope)
    return scope


def tensors_in(scope: Scope) -> dict[str, Any]:
    """The program's tensors by name, in the order in which they were made."""
    return {name: value for name, value in scope.items() if re.fullmatch(r"t\d+", name) and hasattr(value, "dtype")}


def execute(line: str, scope: Scope) -> Exception | None:
    """Runs a line. Returns the error that it raised."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(line, scope)
    except Exception as error:
        return error.with_traceback(None)
    return None


def holds(question: Callable[[Any], bool], tensor: Any) -> bool:
    """Whether it is so; not, if the tensor cannot say (a view whose history is lost raises)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(question(tensor))
    except (RuntimeError, AttributeError):
        return False


def crashes_torch(line: str, scope: Scope) -> bool:
    """Whether the line gives a hook to a view that says it requires grad but has no history: that may end Python."""
    match = re.search(r"(t\d+)\.register_", line)
    return match is not None and holds(lambda t: t._is_view() and t.requires_grad and t.is_leaf, scope.get(match[1]))


# -- Writing a program


class Draft:
    """A program that is being written: its lines so far, and torch's state after them."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.lines: list[str] = []
        self.scope = new_scope(torch)
        self.count = 0  # of the names given so far
        self.mode = ""  # the block that the next lines stand in

    def one_of(self, choices: Iterable[Any]) -> Any:
        return self.random.choice(list(choices))

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def rarely(self) -> bool:
        return self.number(0, 11) == 11

    def names(self, fits: Callable[[Any], bool] = lambda t: True) -> list[str]:
        """The names of the tensors that fit, the latest first."""
        return [name for name, tensor in reversed(tensors_in(self.scope).items()) if holds(fits, tensor)]

    def tensor(self, fits: Callable[[Any], bool] = lambda t: True, make: Callable[[], str] | None = None) -> str:
        """The name of a tensor that fits; where there is none, of a new one, or of any."""
        names = self.names(fits) or ([] if make else self.names())
        return str(self.one_of(names)) if names else (make or self.leaf)()

    def at(self, name: str) -> Any:
        """The tensor of this name, in torch."""
        return self.scope[name]

    def leaf(self, shape: Any = None, dtype: str | None = None, grad: bool = False) -> str:
        """A line that makes a tensor of small whole numbers. Returns its name."""
        shape = tuple(self.one_of(SHAPES) if shape is None else shape)
        dtype = dtype or self.one_of(["float64"] * 6 + ["float32"] * 3 + ["int64", "bool"])
        options = f", dtype=torch.{dtype}" if dtype == "float64" or 0 in shape else ""
        if dtype.startswith("float") and (grad or self.one_of([True, True, False])):
            options += ", requires_grad=True"
        if 0 in shape:
            return self.line(f"torch.ones({shape}{options})")
        first, step = self.number(0, 5), self.number(1, 5)
        values = ((np.arange(np.prod(shape, dtype=int)) * step + first) % 6 - 2).reshape(shape)
        return self.line(f"torch.tensor({values.astype(dtype).tolist()}{options})")

    def line(self, text: str) -> str:
        """Runs a line in torch and appends it; what it makes gets names. Returns the first of them."""
        if crashes_torch(text, self.scope):
            return ""
        prefix = f"with {self.mode}: " if self.mode else ""
        names: list[str] = []
        if STATEMENT.search(text):
            execute(prefix + text, self.scope)
        else:
            error = execute(f"{prefix}made = {text}", self.scope)
            made = (error,) if error else self.scope.pop("made")
            several = isinstance(made, tuple) and not error
            names = [f"t{self.count + i}" for i in range(len(made) if isinstance(made, tuple) else 1)]
            self.count += len(names)
            if not error:
                self.scope.update(zip(names, made if several else (made,), strict=True))
            prefix += ", ".join(names) + ("," if several and len(names) == 1 else "") + (" = " if names else "")
        self.lines.append(prefix + text)
        return names[0] if names else ""

    def step(self, template: str) -> None:
        """One line from a template."""
        filled: dict[str, str] = {}
        for place in re.findall(r"{(\w+)}", template):
            if place not in filled:
                first = next((name for name in filled.values() if name in self.scope), "") or self.tensor()
                filled[place] = PLACES[place](self, first)
        self.line(template.format(**filled))

    def grown(self) -> bool:
        """Whether a number has become so large that products should stop."""
        arrays = [tensor.numpy(force=True) for tensor in tensors_in(self.scope).values()]
        return any(np.abs(a[np.isfinite(a)].astype(float)).max(initial=0) > LARGEST for a in arrays)


# -- What may stand at each place of a template

Place = Callable[[Draft, str], str]  # given the first tensor of the line


def is_float(tensor: Any) -> bool:
    return bool(tensor.is_floating_point())


def wants_grad(tensor: Any) -> bool:
    return bool(tensor.requires_grad)


def has_grad(tensor: Any) -> bool:
    return tensor.grad is not None


def is_like(other: Any, first: Any) -> bool:
    return other.shape == first.shape and other.dtype == first.dtype


def is_source(other: Any, first: Any) -> bool:
    """Whether the other can be written into the first; not if they share memory and are not laid out alike."""
    apart = other.untyped_storage().data_ptr() != first.untyped_storage().data_ptr() or not other.numel()
    alike = (other.shape, other.stride(), other.data_ptr()) == (first.shape, first.stride(), first.data_ptr())
    fits = broadcast(other.shape, first.shape) == first.shape and torch.can_cast(other.dtype, first.dtype)
    return fits and (apart or alike)


def is_batch(ndim: int) -> Callable[[Any], bool]:
    """Whether a tensor is a batch of this many dimensions, none of them empty."""
    return lambda tensor: is_float(tensor) and tensor.dim() == ndim and 0 not in tensor.shape


def broadcast(first: Any, second: Any) -> tuple[int, ...] | None:
    """What the two shapes broadcast to; None if they do not."""
    try:
        return np.broadcast_shapes(tuple(first), tuple(second))
    except ValueError:
        return None


def dtype_name(tensor: Any) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def any_that(fits: Callable[[Any], bool]) -> Place:
    """A tensor that fits, if there is one."""
    return lambda draft, first: draft.tensor(fits)


def requiring_grad(draft: Draft, first: str) -> str:
    return draft.tensor(wants_grad, None if draft.rarely() else lambda: draft.leaf(dtype="float64", grad=True))


def target(fits: Callable[[Any], bool]) -> Place:
    """A tensor to write to: seldom a leaf that requires grad where that is recorded, which torch refuses."""

    def place(draft: Draft, first: str) -> str:
        free = "no_grad" in draft.mode or draft.rarely()
        return draft.tensor(lambda t: fits(t) and (free or not t.is_leaf or not t.requires_grad))

    return place


def partner(fits: Callable[[Any, Any], bool], seldom: bool = True) -> Place:
    """A tensor that fits the first one of the line; seldom another, which may be an error."""

    def place(draft: Draft, first: str) -> str:
        tensor = draft.at(first)
        make = functools.partial(draft.leaf, tensor.shape, dtype_name(tensor))
        return draft.tensor() if seldom and draft.rarely() else draft.tensor(lambda other: fits(other, tensor), make)

    return place


def of_shape(wanted: Callable[[Any], tuple[int, ...]]) -> Place:
    """A tensor of the first one's dtype, and of the shape that goes with it."""

    def place(draft: Draft, first: str) -> str:
        shape, dtype = wanted(draft.at(first)), draft.at(first).dtype
        make = functools.partial(draft.leaf, shape, dtype_name(draft.at(first)))
        return draft.tensor(lambda other: other.shape == shape and other.dtype == dtype, make)

    return place


def width(tensor: Any) -> int:
    """The length of the last dimension."""
    return tensor.shape[-1] if tensor.dim() else 2


def bounded(low: float, high: float, otherwise: str) -> Place:
    """A floating-point tensor whose values are within these bounds, or one that is brought there."""

    def place(draft: Draft, first: str) -> str:
        names = draft.names(lambda t: is_float(t) and ((t >= low) & (t <= high)).all())
        return str(draft.one_of(names)) if names else otherwise.format(draft.tensor(is_float))

    return place


def choice(*texts: str) -> Place:
    return lambda draft, first: draft.one_of(texts)


def options(separator: str) -> Place:
    """What else backward is told."""
    keep, create = f"{separator}retain_graph=True", f"{separator}create_graph=True"
    return choice("", "", keep, keep, create)


def image(draft: Draft, first: str) -> str:
    """A small batch of images."""
    shapes = [(1, 1, 3, 3), (2, 1, 2, 3), (1, 2, 3, 2)]
    return draft.tensor(is_batch(4), lambda: draft.leaf(draft.one_of(shapes), "float64"))


def labels(draft: Draft, first: str) -> str:
    """A class for each row of scores."""
    return f"torch.tensor({[row % width(draft.at(first)) for row in range(len(draft.at(first)))]})"


def mask(draft: Draft, first: str) -> str:
    """A comparison, or a mask of the same shape that is there."""
    shape = draft.at(first).shape
    there = draft.names(lambda t: t.dtype == torch.bool and t.shape == shape)
    return str(draft.one_of([f"{first} > 0", f"{first} == 0", *there]))


def dimension(draft: Draft, first: str) -> str:
    ndim = max(draft.at(first).dim(), 1)
    return str(ndim if draft.rarely() else draft.number(-ndim, ndim - 1))


def order(draft: Draft, first: str) -> str:
    ndim = draft.at(first).dim()
    return ", ".join(map(str, draft.random.sample(range(ndim), ndim))) or "()"


def shape_of_view(draft: Draft, first: str) -> str:
    """Another shape for as many elements."""
    n = draft.at(first).numel()
    halves = [(k, n // k) for k in (2, 3) if n and n % k == 0]
    return str(draft.one_of([(7,), (-1, 2)] if draft.rarely() else [(n,), (-1,), (1, n), (n, 1), *halves]))


def larger(draft: Draft, first: str) -> str:
    """Sizes to expand to."""
    sizes = [2 if n == 1 else n for n in draft.at(first).shape]
    return str(tuple(sizes if sizes and draft.number(0, 1) else [2, *sizes]))


def parts(draft: Draft, first: str) -> str:
    """Lengths that the first dimension splits into."""
    return str([1, len(draft.at(first)) - 1] if draft.at(first).dim() else [1])


def index(draft: Draft, first: str) -> str:
    """Numbers, slices, None and `...`."""
    choices = ["...", "None"]
    if draft.at(first).dim():
        choices += ["0", "-1", "1:", ":1", ":", "::2"]
    if draft.at(first).dim() > 1:
        choices += ["0, 0", ":, 0", "..., 0", ":, 1:", "0, None", "1, ::2"]
    return str(draft.one_of(choices))


def picks(draft: Draft, first: str) -> str:
    """Lists and tensors of indices, along one dimension or two."""
    choices = ["[0]"]
    if draft.at(first).dim():
        choices += ["[0, -1]", "torch.tensor([0, 0])", "torch.tensor([[0], [-1]])"]
    if draft.at(first).dim() > 1:
        choices += [":, [0, -1]", "0, [0, 0]", "[0, -1], [0, 0]", "[0], 1:"]
    return str(draft.one_of(choices))


def gathered(draft: Draft, first: str) -> str:
    """Indices that are in range along every dimension."""
    shape = tuple(draft.at(first).shape)
    if 0 in shape:
        return f"torch.zeros({shape}, dtype=torch.int64)"
    numbers = np.arange(np.prod(shape, dtype=int)) + draft.number(0, 2)
    return f"torch.tensor({(numbers % min(shape, default=1)).reshape(shape).tolist()})"


PLACES: dict[str, Place] = {
    "x": any_that(lambda t: True),
    "f": any_that(is_float),
    "w": target(lambda t: True),
    "v": target(is_float),
    "r": requiring_grad,
    "r2": requiring_grad,
    "leaf": any_that(lambda t: t.is_leaf and t.requires_grad),
    "computed": any_that(lambda t: t.grad_fn is not None),
    "graded": any_that(has_grad),
    "small": bounded(-4, 4, "{}.tanh()"),
    "positive": bounded(0.125, 1e3, "({}.abs() + 1)"),
    "y": partner(lambda other, first: broadcast(other.shape, first.shape) is not None),
    "like": partner(is_like),
    "alike": partner(is_like, seldom=False),  # with memory of another size torch may write where it must not
    "into": partner(is_source),
    "f0": of_shape(lambda first: ()),
    "right": of_shape(lambda first: (width(first), 2)),
    "weight": of_shape(lambda first: (2, width(first))),
    "bias": of_shape(lambda first: (2,)),
    "image": image,
    "kernel": of_shape(lambda first: (2, first.shape[1], 2, 2)),
    "scores": lambda draft, first: draft.tensor(is_batch(2), lambda: draft.leaf((2, 3), "float64")),
    "labels": labels,
    "mask": mask,
    "number": choice("0", "1", "2", "-1", "3", "0.5"),
    "n": choice("1", "2", "2", "0"),
    "dtype": choice("torch.float32", "torch.float64", "torch.int64", "torch.bool"),
    "literal": choice("[1., 0.]", "2.", "[[1, 2], [0, -1]]", "[True, False]"),
    "dim": dimension,
    "dim2": dimension,
    "i": choice("0", "0", "-1", "1"),
    "order": order,
    "shape": shape_of_view,
    "sizes": larger,
    "parts": parts,
    "strided": choice("(2,), (1,)", "(1,), (1,), 1", "(), ()", "(2, 1), (2, 1)", "(2,), (0,)"),
    "index": index,
    "picks": picks,
    "picks1": choice("torch.tensor([0])", "torch.tensor([0, 0])", "torch.tensor([-1, 0])"),
    "gathered": gathered,
    "options": options(""),
    "more": options(", "),
}


@st.composite
def programs(draw: DrawFn) -> list[str]:
    """The lines of a program.

    All of it hangs on one seed: hypothesis could not take lines away by itself, as each depends on those before it.
    """
    draft = Draft(draw(st.randoms(use_true_random=True)))
    values, writes = draft.one_of([(EXACT, EXACT_WRITES), (ROUNDED, ROUNDED_WRITES)])
    numbers = [COPIES, values, WRITES, writes]
    kinds = [*[VIEWS, COPIES, WRITES] * 3, *[values, BACKWARDS] * 2, writes, FLAGS, HOOKS, GRADS, LEAVES]
    draft.leaf()
    left = 0  # of the lines in the block
    for _ in range(draft.number(3, 16)):
        if not left:
            draft.mode, left = draft.one_of(MODES) if draft.rarely() else "", draft.number(1, 3)
        left -= 1
        kind = draft.one_of(kinds)
        if kind is LEAVES or not draft.names():
            draft.leaf()
        elif kind is GRADS and not draft.names(has_grad):
            draft.step("{r}.sum().backward({options})")
        elif kind not in numbers or not draft.grown():
            draft.step(draft.one_of(kind))
    draft.mode = ""
    draft.step("{r}.sum().backward()")
    return draft.lines
