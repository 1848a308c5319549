"""The differences from torch that are known: which check sees them where, and the sentence in the README that says so.

`python -m comparisons parity` sorts what it finds by this list, and ends with exit code 1 for anything else. A test
holds the README to it: every sentence stands there, and every entry is still needed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .versions import BEFORE_2_15


@dataclass(frozen=True)
class Known:
    """One difference."""

    sentence: str  # as it stands in the README
    checks: tuple[str, ...]  # which of the checks see it
    ops: tuple[str, ...] = ()  # in which entries of the table; everywhere if empty
    text: str = ""  # a regular expression for the program and, in the next line, what the check says
    before_2_15: bool = False  # whether it is one only beside a torch before 2.15

    def covers(self, op: str, check: str, program: str, said: str) -> bool:
        """Whether this is that difference."""
        if check not in self.checks or (self.ops and op not in self.ops) or (self.before_2_15 and not BEFORE_2_15):
            return False
        return re.search(self.text, f"{program}\n{said}") is not None


OUT = r"out=o[\s\S]*"  # the program writes into a tensor that is there

OF_TWO = (  # operations of two operands
    "add", "sub", "mul", "div", "rsub", "floor_divide", "remainder", "maximum", "minimum", "bitwise_and", "bitwise_or",
    "bitwise_xor", "logical_and", "logical_or", "logical_xor", "eq", "ne", "lt", "le", "gt", "ge", "isclose",
)  # fmt: skip

KNOWN: Sequence[Known] = (
    # Left out
    Known("`out=` of `max` and `min`, `scatter(reduce=)`, `as_strided_` and `torch.detach`", ("missing",),
          ("max", "min", "scatter", "as_strided", "detach"), r"out=o|reduce=|as_strided_\(|torch\.detach"),
    Known("`out=` of `max` and `min`", ("errors",), ("max", "min"), OUT + "has no attribute 'dtype'"),
    # Other rounding
    Known("Integers whose function goes into an `out=` of float64 are computed in float32 first.", ("values",),
          ("exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "reciprocal"),
          r"dtype=torch\.float64\); torch\.\w+\(x, " + OUT + r"e\+0[78] ulps"),
    Known("`torch.var(x, dim=())`, and `std` with it, has the right gradient, where torch's does not fit its value.",
          ("gradients", "second derivatives"), ("var", "std"), r"(dim=|x, |var\(|std\()\(\)"),
    Known("Where a formula of a second derivative divides 0 by 0 (of the norm of zeros, of the variance of too few "
          "numbers, of 0⁰), 0 may stand for torch's nan, or nan for its 0.", ("second derivatives",),
          ("norm", "var", "std", "pow"), " inf ulps"),
    Known("The second derivative of `binary_cross_entropy` lacks the 10⁻¹² that torch adds to the probabilities.",
          ("second derivatives",), ("binary_cross_entropy",), r"float64[\s\S]* ulps"),
    # Other graphs
    Known("The graph of a *second* derivative (`create_graph=True`) has torch's nodes where torch has one for it",
          ("second graph",)),
    Known("Where the two releases differ in the graph, minigrad is like 2.15", ("graph", "printed"), ("setitem",),
          r"CopySlices\(1\).*CopySlices\(1, -\)|FillBackward2(?=[\s\S]*FillBackward3)", before_2_15=True),
    Known("Where the two releases differ in the graph, minigrad is like 2.15", ("views",), ("linear",),
          "minigrad nobody, torch another", before_2_15=True),
    Known("`div` with `rounding_mode=None` written out leaves `DivBackward0`, torch's `DivBackward2`",
          ("graph", "printed"), ("div",), r"DivBackward0[\s\S]*DivBackward2"),
    Known("label smoothing of class probabilities adds with `AddBackward0`, torch with `AddBackward1`", ("graph",),
          ("cross_entropy",), r"AddBackward1"),
    Known("`linear` of a batch with a bias that has gaps in memory adds it inside the product", ("graph", "versions",
          "printed"), ("linear",), r"b = float\d+ \(\d+\) with strides"),
    # What nodes save
    Known("Negative dimensions and the ends of slices are saved as plain numbers, where torch prints them as numbers "
          "of 64 bits.", ("saved",), text=r"18446744073709\d+"),
    Known("A Python number among the operands is saved in the tensor's dtype, not as float64.", ("saved",),
          ("add", "sub", "mul", "div", "augmented", "rsub", "remainder", "cross_entropy", "setitem"),
          r"_saved_other: minigrad (array\(\S+, dtype=float32\), torch array\(\S+\)|(\d+)\.0, torch \2)$"),
    Known("`MmBackward0` and `AddmmBackward0` keep the factors, and not their sizes and strides besides.", ("saved",),
          text=r"what (Mm|Addmm)Backward0 saves: .*_sym_strides"),
    Known("Convolution and pooling save their arguments as pairs", ("saved",), ("conv2d", "Conv2d padding_mode",
          "max_pool2d", "avg_pool2d"),
          r"_saved_(stride|padding|output_padding): minigrad \(\d+, \d+\), torch \((0,)?\)"),
    Known("circular padding cuts its slices dimension by dimension in another order", ("saved",),
          ("pad circular", "Conv2d padding_mode"), r"SliceBackward0\._saved_(dim|end|start|self_sym_sizes)"),
    Known("`nll_loss` of an empty batch saves the sizes that the batch had", ("saved",), ("nll_loss", "cross_entropy"),
          r"ViewBackward0\._saved_self_sym_sizes: minigrad \(0, |"
          r"NllLoss2DBackward0\._saved_(self|target): .*0, 0\)"),
    Known("`torch.normal` saves no sizes", ("saved",), ("normal",), r"saves: minigrad \[\]"),
    Known("without a reduction no total weight", ("saved",), ("nll_loss", "cross_entropy"), "_saved_total_weight"),
    Known("an empty view begins where its base does", ("saved",), ("setitem", "fill_"),
          r"AsStridedBackward0\._saved_(storage_offset: minigrad 0, torch|stride: minigrad)"),
    # More lenient
    Known("`out=` takes what the result can be cast to, where torch's reductions and products demand the very dtype",
          ("errors",), text=OUT + r"minigrad (nothing|RuntimeError: result type .* can't be cast).*; "
          r"torch (nothing|RuntimeError: .*(type|dtype|supports bool))"),
    Known("`pad` with a negative width may take away more than there was", ("errors",), ("pad",),
          r"minigrad nothing; torch RuntimeError: narrow\(\): length"),
    Known("`sum` and `mean` with `dtype=torch.int64` may be asked of what requires grad", ("errors",), ("sum", "mean"),
          "minigrad nothing; torch RuntimeError: Autograd not support dtype: Long"),
    Known("whole numbers and bools that are overwritten with what requires grad keep no history", ("graph", "gradients",
          "printed", "requires_grad"), ("fill_", "masked_fill", "setitem", "eq", "ne", "lt", "le", "gt", "ge"),
          r"graph behind output \d: minigrad , torch (Fill|MaskedFill|CopySlices|Eq|Ne|Lt|Le|Gt|Ge)|INTERNAL ASSERT|"
          r"minigrad False, torch True|torch tensor\([\s\S]*grad_fn=<(Fill|MaskedFill|CopySlices|Eq|Ne|Lt|Le|Gt|Ge)"),
    # Stricter
    Known("`logical_and_` and its like of a leaf that requires grad are refused", ("errors",),
          ("logical_and", "logical_or", "logical_xor", "logical_not"), r"logical_\w+_\([\s\S]*a leaf Variable"),
    Known("`masked_fill_` of a tensor that shows one number in several places is refused", ("errors",),
          ("masked_fill",), r"more than one element .*; torch nothing"),
    Known("`floor_divide` with `out=` of operands that require grad is refused", ("errors",), ("floor_divide",),
          r"don't support automatic differentiation.*torch nothing"),
    # Smaller
    Known("For an argument of a wrong Python type torch's TypeError has other words", ("errors",),
          text=r"minigrad (TypeError|AttributeError: '\w+' object has no attribute 'array'|RuntimeError: minigrad com)"
          r"[\s\S]*; torch TypeError: (\w+\(\)(: argument '| received an invalid| takes \d positional)|dtype must be)"),
    Known("for `~` of floats a NotImplementedError", ("errors",), ("bitwise_not",),
          r"minigrad NotImplementedError: \"bitwise_not_cpu\".*; torch TypeError: ~"),
    Known("of several things that are wrong with a call another may be named first", ("errors",),
          ("getitem", "setitem", "F.unfold", "amin", "amax", "mean", "mv", "floor_divide", "logsumexp"),
          r"minigrad IndexError: index \d+ is out of bounds.*torch IndexError: too many indices|torch IndexError: Dim|"
          r"(non-zero size|reduction dim).*torch RuntimeError: (Expected the dtype|am\w+\(\): functions with out=)|"
          r"infer output.*torch RuntimeError: mean(\(\): func|\.dtype_out)|"
          r"minigrad NotImplementedError: .*'Bool'; torch RuntimeError: Expected out tensor to have dtype bool|"
          r"minigrad RuntimeError: floor_divide\(\): func.*torch RuntimeError: result type|"
          r"minigrad RuntimeError: output with shape.*torch RuntimeError: logsumexp\(\): Expected"),
    Known("`outer` speaks of itself where torch speaks of the `mul` inside", ("errors",), ("outer",),
          r"minigrad RuntimeError: outer\(\).*torch RuntimeError: mul\(\)"),
    Known("The memory order of a result whose operands lie otherwise than row by row is NumPy's", ("strides",),
          (*OF_TWO, "masked_fill", "where", "pow", "dropout", "dropout1d", "dropout2d", "dropout3d", "conv2d",
           "Conv2d padding_mode", "pad replicate", "pad reflect", "binary_cross_entropy", "smooth_l1_loss", "mse_loss",
           "l1_loss", "binary_cross_entropy_with_logits", "augmented"), r"with strides \("),
    Known("`_version` counts minigrad's own writes", ("versions",), ("isclose", "one_hot", "matmul"), "torch"),
    Known("`T` and `mT` of tensors without two dimensions do not warn", ("warnings",), ("T", "mT"),
          r"deprecated|`x\.T`"),
)  # fmt: skip


def known_as(op: str, check: str, program: str, said: str) -> Known | None:
    """The entry that names this difference, or None for a new one."""
    return next((known for known in KNOWN if known.covers(op, check, program, said)), None)
