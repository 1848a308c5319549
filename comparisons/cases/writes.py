"""Writing in place: what only exists there, and writes through views, whose history is their base's."""

import numpy as np

from .table import Case, case, learning, op
from .values import ALL, FLOATS, Random, array, number_array, pick, scalar, shape, smaller, sometimes


@op("fill_", errors=["torch.ones(2).fill_(torch.ones(2))", "torch.ones(2).fill_('a')",
                     "torch.ones(2, requires_grad=True).fill_(1)"],
    also=[learning("z = x.clone(); z.fill_(v); z", x=np.array([1, 2]), v=np.array(3.5))])  # fmt: skip
def fill_(random: Random) -> Case:
    value = pick(random, scalar(random), "v")
    made = pick(random, "x.clone()", "x.clone()", "x.detach().clone().unsqueeze(0).expand(2, *x.shape)")
    return case(f"z = {made}; z.fill_({value}); z", x=number_array(random), v=array(random, (), ALL))


@op("zero_", errors=["torch.ones(2, requires_grad=True).zero_()"])
def zero_(random: Random) -> Case:
    return case(pick(random, "z = x.clone(); z.zero_(); z", "z = x * 1; z.view_as(z).zero_(); z",
                     "z = x * 1; z[..., :1].zero_(); z"),
                x=number_array(random, shape(random, min_dims=1)))  # fmt: skip


@op("copy_", errors=["torch.ones(3).copy_(torch.ones(2))", "torch.ones(2, requires_grad=True).copy_(torch.ones(2))",
                     "torch.ones(3).copy_('a')"])  # fmt: skip
def copy_(random: Random) -> Case:
    x = number_array(random)
    y = array(random, smaller(random, x.shape), FLOATS if sometimes(random, 0.7) else ALL, kind="normal")
    return case(pick(random, "z = x.clone(); z.copy_(y); z", "z = x * 1; z.view_as(z).copy_(y); z"), x=x, y=y)


DRAWS = {
    "uniform_": ("", "-1, 2"), "normal_": ("", "1, 0.5"), "bernoulli_": ("", "0.3", "p"), "random_": ("", "5", "2, 9"),
    "exponential_": ("", "0.5"),
}  # fmt: skip


for name, arguments in DRAWS.items():

    @op(name, errors=[f"torch.ones(2, requires_grad=True).{name}()"])
    def random_numbers(random: Random, name: str = name, arguments: tuple[str, ...] = arguments) -> Case:
        x = array(random, kind="normal", plain=True)
        chances = array(random, x.shape, x.dtype.name, kind="unit", plain=True) ** 2
        return case(f"z = x * 1; z.{name}({pick(random, *arguments)}); z", x=x, p=chances)


@op("normal", errors=["torch.normal(torch.ones(2), -1.0)"])
def normal(random: Random) -> Case:
    x = array(random, kind="normal", plain=True)
    y = array(random, x.shape, x.dtype.name, kind="positive", plain=True)
    return case(pick(random, "torch.normal(x, 0.5)", "torch.normal(0.5, y)", "torch.normal(x, y)"), x=x, y=y)


@op("bernoulli", errors=["torch.bernoulli(torch.tensor([2.0]))"])
def bernoulli(random: Random) -> Case:
    x = array(random, kind="unit", plain=True)
    return case(pick(random, "torch.bernoulli(x * x)", "torch.bernoulli(x, 0.3)", "(x * x).bernoulli()"), x=x)


ARITHMETIC, BITS = ("+=", "-=", "*=", "/=", "//=", "%=", "**="), ("&=", "|=", "^=")


MISFITS = [f"z = torch.ones(2).int(); z {sign} torch.ones(3).int(); z" for sign in (*ARITHMETIC, *BITS)]


@op("augmented", errors=[*MISFITS, "z = torch.ones(2, requires_grad=True); z += 1; z",
                         "z = torch.tensor([1, 2]); z /= 2; z"])  # fmt: skip
def augmented(random: Random) -> Case:
    bits = sometimes(random, 0.3)
    x = array(random, dtype=("int64", "bool", "uint8")) if bits else array(random, kind="positive")
    y = array(random, smaller(random, x.shape), x.dtype.name, kind="positive")
    sign, number = (pick(random, *BITS), 1) if bits else (pick(random, *ARITHMETIC), pick(random, 2, 0.5))
    return case(f"z = x.clone(); z {sign} {pick(random, number, 'y', 'z')}; z", x=x, y=y)


@op("through a view", errors=["x = torch.ones(3, requires_grad=True); x[0].add_(1); x",
                              "x = torch.ones(3, requires_grad=True); x.view(3).mul_(2); x",
                              "z = torch.ones(3, requires_grad=True) * 1; r = z.unbind(); r[0].add_(1); z",
                              "z = torch.ones(4, requires_grad=True) * 1; a, b = z.split(2); a.mul_(2); z",
                              "z = torch.ones(2, requires_grad=True) * 1; z.expand(3, 2).add_(1); z"])  # fmt: skip
def through_a_view(random: Random) -> Case:
    x = array(random, shape(random, min_dims=2, max_dims=3, min_side=2), kind="normal")
    seen = pick(random, "z[0]", "z[:, 1:]", "z.t()" if x.ndim == 2 else "z.transpose(0, 1)", "z.unsqueeze(0)",
                "z.select(1, 0)", "z.narrow(0, 0, 1)", "z[1][0]", "z.flatten()", "z.squeeze()",
                "z[..., 0]")  # fmt: skip
    write = pick(
        random, "v.mul_(2)", "v.add_(y)", "v.exp_()", "v.copy_(y)", "v.zero_()", "v.fill_(y)", "v.mul_(v)", "v.relu_()"
    )
    return case(f"z = x * 1; v = {seen}; {write}; {pick(random, 'z', '(z, v)', 'v', 'z * z')}",
                x=x, y=array(random, (), x.dtype.name, kind="normal"))  # fmt: skip


@op("after a write")
def after_a_write(random: Random) -> Case:
    """A value modified after it was saved: refused in backward, or harmless where nobody saved it."""
    x = array(random, shape(random, min_dims=1, max_dims=2, min_side=1), kind="positive")
    first = pick(random, "z.exp()", "z * z", "z.sin()", "z + 1", "z.sum()", "z.sqrt()", "z * 2", "z.relu()",
                 "z.tanh()", "z / z",
                 "z.sigmoid()", "z.log()", "z ** 2", "z.abs()", "z.max()")  # fmt: skip
    return case(
        pick(random, f"z = x * 1; y = {first}; z.add_(1); y", f"z = x * 1; y = {first}; w = y.sin(); y.add_(1); w"), x=x
    )
