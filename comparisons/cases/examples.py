"""Examples to be read: for operations whose random cases are long or odd, a small one each, written by hand.

They are cases like all others, run in both libraries; `explain` shows them first. A number is never 0 or 1 where that
would hide what happens to it, labels are of several classes, and what can meet twice does: an index, a window, a leaf.
"""

from dataclasses import replace

import numpy as np

from .functions import ONCE, TWICE
from .table import Case, learning

VECTOR = [0.5, -1.0, 2.0]
FOUR = [0.5, -1.0, 2.0, 3.0]
ROWS = [[0.5, -1.0, 2.0], [1.5, 3.0, -0.5]]
SQUARE = [[2.0, -1.0], [0.5, 3.0]]
IMAGE = [[[[1.0, 3.0, -1.0, 0.5], [2.0, -2.0, 0.3, 1.5]]]]  # (1, 1, 2, 4)
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")


def example(text: str, **arrays: object) -> Case:
    """The program, and the numbers of its variables; a gradient is wanted of all that are not whole."""
    numbers = {name: np.asarray(value) for name, value in arrays.items()}
    single = {name: x.astype(np.float32) if x.dtype.kind == "f" else x for name, x in numbers.items()}
    return replace(learning(text, **single), is_example=True)


EXAMPLES = {
    "add": [example("x + y", x=ROWS, y=VECTOR)],
    "sub": [example("x - y", x=ROWS, y=VECTOR)],
    "mul": [example("x * y", x=VECTOR, y=[3.0, 4.0, -2.0]), example("x * x", x=VECTOR)],  # a leaf that is used twice
    "div": [example("x / y", x=VECTOR, y=[4.0, -2.0, 0.5]),
            example("x.div(y, rounding_mode='floor')", x=[7.0, -7.0], y=[2.0, 3.0])],
    "neg": [example("-x", x=VECTOR)],
    "reciprocal": [example("x.reciprocal()", x=[0.5, -4.0, 2.0])],
    "rsub": [example("3 - x", x=VECTOR)],
    "remainder": [example("x % y", x=[7.0, -7.0, 2.5], y=[3.0, 3.0, -2.0])],
    "pow": [example("x ** y", x=[0.5, 2.0, 3.0], y=[2.0, 3.0, -1.0]), example("x ** 3", x=VECTOR),
            example("2 ** x", x=VECTOR)],
    "clamp": [example("x.clamp(-0.8, 1)", x=FOUR),
              example("x.clamp(y, z)", x=VECTOR, y=[0.7, -2.0, -1.0], z=[0.9, 3.0, 1.0])],
    "where": [example("torch.where(m, x, y)", m=[True, False, True], x=VECTOR, y=[3.0, 4.0, -2.0])],
    **{name: [example(f"z = x * 1; z.{name}_(2); z", x=VECTOR),
              example(f"z = x + y; z.{name}_(y); z", x=[-1.0, 0.0, 0.5], y=[1.0, 2.0, 3.0])] for name in COMPARISONS},
    "relu": [example("x.relu()", x=ROWS)],
    "softmax": [example("x.softmax(1)", x=ROWS)],
    "log_softmax": [example("x.log_softmax(1)", x=ROWS)],
    "sum": [example("x.sum()", x=ROWS), example("x.sum(0)", x=ROWS)],
    "mean": [example("x.mean()", x=ROWS), example("x.mean(0)", x=ROWS)],
    "var": [example("x.var(1)", x=ROWS)],
    "std": [example("x.std(1)", x=ROWS)],
    "logsumexp": [example("x.logsumexp(1)", x=ROWS)],
    "norm": [example("x.norm()", x=[3.0, -4.0])],
    "max": [example("x.max()", x=[2.0, -1.0, 2.0]), example("x.max(1)", x=ROWS)],
    "min": [example("x.min()", x=[2.0, -1.0, 3.0]), example("x.min(1)", x=ROWS)],
    "amax": [example("x.amax(1)", x=ROWS)],
    "amin": [example("x.amin(1)", x=ROWS)],
    "view": [example("x.view(3, 2)", x=ROWS)],
    "t": [example("x.t()", x=ROWS), example("c = x.clone(); c.t_(); c", x=ROWS)],
    "transpose": [example("x.transpose(0, 1)", x=ROWS), example("c = x.clone(); c.transpose_(0, 1); c", x=ROWS)],
    "permute": [example("x.permute(2, 0, 1)", x=[ROWS])],
    "squeeze": [example("x.squeeze()", x=[[VECTOR]]), example("x.squeeze(1)", x=[[[0.5, -1.0]], [[2.0, 3.0]]]),
                example("x.squeeze((0, 2))", x=[[[0.5], [-1.0], [2.0]]])],
    "squeeze_": [example(f"z = x * 1; z.squeeze_({dim}); z", x=[[VECTOR]]) for dim in ("", "0", "(0, 1)")],
    "unsqueeze": [example("x.unsqueeze(1)", x=VECTOR), example("c = x.clone(); c.unsqueeze_(1); c", x=VECTOR)],
    "expand": [example("x.expand(2, 3)", x=VECTOR)],
    "clone": [example("x.clone()", x=VECTOR)],
    "as_strided": [example("x.as_strided((2, 2), (1, 1))", x=VECTOR)],  # the number in the middle is seen twice
    "unbind": [example("x.unbind()", x=ROWS)],
    "split": [example("x.split(2)", x=FOUR), example("x.split([1, 3])", x=FOUR)],
    "getitem": [example("x[1:3]", x=FOUR), example("x[1]", x=ROWS), example("x[...]", x=VECTOR),
                example("x[i]", x=VECTOR, i=[2, 0, 2])],
    "setitem": [example("z = x * 1; z[1:] = y; z", x=VECTOR, y=[3.0, 4.0])],
    "index_put": [example("x.index_put((i,), y)", x=VECTOR, i=[2, 0], y=[3.0, 4.0])],
    "gather": [example("x.gather(0, i)", x=VECTOR, i=[2, 0, 2, 1])],
    "scatter": [example("x.scatter(0, i, y)", x=VECTOR, i=[2, 0], y=[3.0, 4.0]),
                example("x.scatter(0, i, 7)", x=VECTOR, i=[2, 0])],
    "scatter_add": [example("x.scatter_add(0, i, y)", x=VECTOR, i=[2, 2], y=[3.0, 4.0])],
    "masked_fill": [example("x.masked_fill(m, 7)", x=VECTOR, m=[True, False, True]),
                    example("x.masked_fill(m, y)", x=VECTOR, m=[True, False, True], y=7.0)],
    "cat": [example("torch.cat([x, y])", x=VECTOR, y=[3.0, 4.0])],
    "stack": [example("torch.stack([x, y])", x=VECTOR, y=[3.0, 4.0, -2.0])],
    "matmul": [example("x @ w", x=SQUARE, w=ROWS), example("w @ x", w=ROWS, x=VECTOR)],
    "mm": [example("x.mm(w)", x=SQUARE, w=ROWS)],
    "mv": [example("w.mv(x)", w=ROWS, x=VECTOR)],
    "bmm": [example("x.bmm(y)", x=[[[1.0, 2.0]], [[3.0, 4.0]]], y=[SQUARE, SQUARE])],
    "linear": [example("F.linear(x, w, b)", x=SQUARE, w=[[1.0, 2.0], [-1.0, 0.5], [3.0, -2.0]], b=VECTOR),
               example("F.linear(x, w)", x=[SQUARE, [[1.0, 4.0], [-3.0, 2.0]]], w=SQUARE)],
    "conv2d": [example("F.conv2d(x, w, b)", x=[[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]],
                       w=[[[[0.5, -1.0], [2.0, 0.3]]], [[[1.0, 0.2], [-2.0, 3.0]]]], b=[0.1, -0.4])],
    "max_pool2d": [example("F.max_pool2d(x, 2)", x=IMAGE)],
    "avg_pool2d": [example("F.avg_pool2d(x, 2)", x=IMAGE)],
    "adaptive_avg_pool2d": [example("F.adaptive_avg_pool2d(x, (1, 2))", x=IMAGE)],
    "F.unfold": [example("F.unfold(x, 2)", x=IMAGE)],
    "F.fold": [example("F.fold(x, (2, 3), 2)", x=[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]])],
    "pad": [example("F.pad(x, (1, 2))", x=VECTOR)],
    "batch_norm": [example("F.batch_norm(x, None, None, w, b, training=True)", x=[[0.5, -1.0], [2.0, 3.0], [1.5, -0.5]],
                           w=[2.0, -1.0], b=[0.1, 0.3])],
    "nll_loss": [example("F.nll_loss(x, y)", x=[[-0.5, -1.0, -2.0], [-1.5, -3.0, -0.3]], y=[2, 0]),
                 example("F.nll_loss(x, y)", x=[[[[-0.5, -1.0]], [[-2.0, -0.3]]]], y=[[[1, 0]]])],
    "mse_loss": [example("F.mse_loss(x, y)", x=VECTOR, y=[1.0, 0.5, 4.0])],
    "smooth_l1_loss": [example("F.smooth_l1_loss(x, y)", x=VECTOR, y=[1.0, 0.5, 4.0])],
    "zero_": [example("z = x.clone(); z.zero_(); z", x=VECTOR)],
    "fill_": [example("z = x.clone(); z.fill_(7); z", x=VECTOR),
              example("z = x.clone(); z.fill_(y); z", x=VECTOR, y=7.0)],
    "Function.apply": [example(TWICE.format(once=once), x=VECTOR) for once in ("", ONCE)],
    "copy_": [example("z = x.clone(); z.copy_(y); z", x=VECTOR, y=[3.0, 4.0, -2.0])],
}  # fmt: skip
