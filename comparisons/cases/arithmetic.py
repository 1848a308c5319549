"""Sums, products, powers, quotients and remainders: two tensors, or a tensor and a number on either side."""

import numpy as np

from .table import Case, case, learning, op
from .values import ALL, INTEGERS, Random, array, number_array, pair, pick, scalar, sometimes


def two_operands(random: Random, name: str, sign: str) -> Case:
    """x and y as a method call or an operator, y a tensor or a number, and the number on the left."""
    x, y = pair(random)
    n = scalar(random)
    return case(
        pick(random, f"x.{name}(y)", f"x {sign} y", f"x.{name}({n})", f"x {sign} {n}", f"{n} {sign} x"), x=x, y=y
    )


@op("add", errors=["torch.ones(3) + torch.ones(4)", "torch.ones(3) + 'a'", "'a' + torch.ones(3)",
                   "torch.add(torch.ones(3), None)",
                   "torch.add(torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.int64), alpha=0.5)",
                   "torch.ones(3).add_(torch.ones(2, 3))", "torch.ones(2, dtype=torch.int64).add_(1.5)"])  # fmt: skip
def add(random: Random) -> Case:
    if sometimes(random, 0.3):
        x, y = pair(random)
        return case(f"x.add(y, alpha={pick(random, 2, -1, 0.5)})", x=x, y=y)
    return two_operands(random, "add", "+")


@op("sub", errors=["torch.tensor([True]) - torch.tensor([True])", "torch.tensor([1]) - True", "torch.ones(3) - None",
                   "torch.ones(2, 3) - torch.ones(2)"])  # fmt: skip
def sub(random: Random) -> Case:
    if sometimes(random, 0.3):
        x, y = pair(random)
        return case(f"x.sub(y, alpha={pick(random, 2, -1, 0.5)})", x=x, y=y)
    return two_operands(random, "sub", "-")


@op("mul", errors=["torch.ones(3) * None", "torch.mul(torch.ones(3), 'a')", "torch.ones(3) * torch.ones(2)"])
def mul(random: Random) -> Case:
    return two_operands(random, "mul", "*")


@op("div", errors=["torch.div(torch.ones(2), 2, rounding_mode='up')", "torch.ones(3) / torch.ones(2)",
                   "torch.ones(2, dtype=torch.int64).div_(2)", "torch.ones(2) / None"])  # fmt: skip
def div(random: Random) -> Case:
    if sometimes(random):
        x, y = pair(random)
        other, mode = pick(random, "y", 2, -0.5), pick(random, "floor", "trunc", None)
        return case(f"x.div({other}, rounding_mode={mode!r})", x=x, y=y)
    return two_operands(random, "div", "/")


@op("neg", errors=["-torch.tensor([True])", "torch.neg('a')"])
def neg(random: Random) -> Case:
    return case(pick(random, "-x", "x.neg()", "+x"), x=number_array(random))


@op("reciprocal", errors=["torch.reciprocal(2)"])
def reciprocal(random: Random) -> Case:
    return case("x.reciprocal()", x=number_array(random))


@op(
    "pow",
    errors=["torch.arange(3) ** -1", "torch.pow(2, 3)", "torch.ones(3) ** torch.ones(2)", "torch.ones(2) ** None"],
    also=[learning("x.pow(y)", x=np.array(-0.0), y=np.array(0.0))],
)
def pow(random: Random) -> Case:
    exponent = pick(random, 0, 1, 2, 3, -1, 0.5, 2.5, -2, 2.0)
    if sometimes(random):
        return case(pick(random, f"x ** {exponent}", f"x.pow({exponent})"), x=number_array(random))
    if sometimes(random):
        return case(
            pick(random, "{} ** x", "torch.pow({}, x)").format(pick(random, 2, 0.5, 0, 1, 3.0)), x=number_array(random)
        )
    x, y = pair(random)
    return case(pick(random, "x ** y", "x.pow(y)"), x=x, y=y)


@op("rsub", errors=["torch.rsub(torch.tensor([True]), True)"])
def rsub(random: Random) -> Case:
    x, y = pair(random)
    return case(
        pick(random, "torch.rsub(x, y)", f"torch.rsub(x, {scalar(random)})", "torch.rsub(x, y, alpha=2)"), x=x, y=y
    )


@op("floor_divide", errors=["torch.ones(3) // torch.ones(2)", "torch.tensor([1]) // 0"])
def floor_divide(random: Random) -> Case:
    return quotient(random, "floor_divide", "//")


@op("remainder", errors=["torch.ones(3) % torch.ones(2)", "torch.tensor([1]) % 0", "torch.ones(2) % 'a'"])
def remainder(random: Random) -> Case:
    return quotient(random, "remainder", "%")


def quotient(random: Random, name: str, sign: str) -> Case:
    """Whole numbers are divided by whole numbers above 0: torch refuses 0, or leaves it to the processor."""
    x, y = pair(random) if sometimes(random) else pair(random, (*INTEGERS,), kind="positive")
    if y.dtype.kind != "f":
        y = array(random, y.shape, y.dtype.name if y.dtype.kind != "b" else "int64", kind="positive")
    n = pick(random, 2, -3, 0.5, 2.5)
    return case(pick(random, f"x.{name}(y)", f"x {sign} y", f"x.{name}({n})", f"x {sign} {n}",
                     f"{n} {sign} (x * x + 1)"),
                x=x, y=y)  # fmt: skip


@op("maximum", errors=["torch.maximum(torch.ones(2), 2)", "torch.maximum(torch.ones(3), torch.ones(2))"])
def maximum(random: Random) -> Case:
    x, y = pair(random)
    return case("x.maximum(y)", x=x, y=y)


@op("minimum", errors=["torch.minimum(torch.ones(2), 2)", "torch.minimum(torch.ones(3), torch.ones(2))"])
def minimum(random: Random) -> Case:
    x, y = pair(random)
    return case("x.minimum(y)", x=x, y=y)


def comparison(name: str, sign: str) -> None:
    """An entry for one of the six comparisons."""

    @op(name, errors=[f"torch.ones(3).{name}(torch.ones(2))", f"torch.{name}(torch.ones(2), None)"])
    def draw(random: Random) -> Case:
        x, y = pair(random, kinds=("ties", "special"))
        n = scalar(random)
        return case(
            pick(random, f"x.{name}(y)", f"x {sign} y", f"x.{name}({n})", f"x {sign} {n}", f"{n} {sign} x",
                 f"z = x * 1; z.{name}_({n}); z", f"z = x + y; z.{name}_(y); z"), x=x, y=y
        )  # fmt: skip


for name, sign in {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items():
    comparison(name, sign)


def logical(name: str) -> None:
    """An entry for a truth function of two tensors."""

    @op(name, errors=[f"torch.{name}(torch.ones(3), torch.ones(2))", f"torch.{name}(torch.ones(2), 1)"])
    def draw(random: Random) -> Case:
        x, y = pair(random, kinds=("ties", "special"))
        return case(f"x.{name}(y)", x=x, y=y)


for name in ("logical_and", "logical_or", "logical_xor"):
    logical(name)


@op("logical_not", errors=["torch.logical_not(1)"])
def logical_not(random: Random) -> Case:
    return case("x.logical_not()", x=array(random, dtype=ALL, kinds=("ties", "special")))


def bitwise(name: str, sign: str) -> None:
    """An entry for a function of two tensors' bits."""

    @op(name, errors=[f"torch.ones(2) {sign} torch.ones(2)", f"torch.tensor([1]) {sign} 1.5",
                      f"torch.tensor([1, 2, 3]) {sign} torch.tensor([1, 2])"])  # fmt: skip
    def draw(random: Random) -> Case:
        x, y = pair(random, (*INTEGERS, "bool"))
        n = pick(random, 1, 3, True)
        return case(
            pick(random, f"x.{name}(y)", f"x {sign} y", f"x {sign} {n}", f"x.{name}({n})", f"{n} {sign} x"), x=x, y=y
        )


for name, sign in {"bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^"}.items():
    bitwise(name, sign)


@op("bitwise_not", errors=["~torch.ones(2)", "torch.bitwise_not(1.5)"])
def bitwise_not(random: Random) -> Case:
    return case(pick(random, "~x", "x.bitwise_not()"), x=array(random, dtype=(*INTEGERS, "bool")))


@op("where", errors=["torch.where(torch.ones(2), 1.0, 2.0)", "torch.where(torch.ones(2) > 0, torch.ones(3), 1.0)"])
def where(random: Random) -> Case:
    x, y = pair(random)
    n, m = scalar(random), scalar(random)
    text = pick(random, "torch.where(x > 0, x, y)", f"torch.where(x > 0, x, {n})",
                f"torch.where(x > 0, {n}, x)", f"torch.where(x > 0, {n}, {m})", "torch.where(x > 0)")  # fmt: skip
    return case(text, x=x, y=y)


@op("clamp", errors=["torch.ones(2).clamp()", "torch.ones(2).clamp('a')", "torch.ones(2).clamp(torch.ones(3))",
                     "torch.ones(2).clamp(torch.ones(2), 1)"])  # fmt: skip
def clamp(random: Random) -> Case:
    x, y = pair(random, kinds=("normal", "ties", "special"))
    low, high = pick(random, -1, -0.5, 0, 1), pick(random, 0.5, 1, 2, -1)
    arguments = pick(random, f"{low}, {high}", f"min={low}", f"max={high}", "y", "min=y", "max=y", "y, y + 1", f"{low}")
    return case(f"x.clamp({arguments})", x=x, y=y)
