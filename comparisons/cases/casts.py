"""Casts, Python numbers, and new tensors like others."""

from .table import Case, case, op
from .values import ALL, FLOATS, INTEGERS, Random, array, number_array, pick

DTYPES = tuple(f"torch.{name}" for name in ALL)
FINITE = ("normal", "ties")  # what nan and infinity become as integers is the processor's affair


@op("to", errors=["torch.ones(2).to('nowhere')", "torch.ones(2).to('float')"])
def to(random: Random) -> Case:
    dtype = pick(random, *DTYPES)
    text = pick(random, f"x.to({dtype})", f"x.to(dtype={dtype})", f"x.to('cpu', {dtype})", "x.to(y)",
                f"x.to({dtype}, copy=True)",
                "x.to('cpu')", f"x.to({dtype}) is x")  # fmt: skip
    return case(text, x=array(random, dtype=ALL, kinds=FINITE), y=array(random, (1,), ALL, kinds=FINITE))


@op("type", errors=["torch.ones(2).type('torch.NoTensor')", "torch.ones(2).type(3)"])
def type_(random: Random) -> Case:
    text = pick(random, "x.type()", f"x.type({pick(random, *DTYPES)})", "x.type('torch.DoubleTensor')", "x.type_as(y)")
    return case(text, x=array(random, dtype=ALL, kinds=FINITE), y=array(random, (1,), ALL, kinds=FINITE))


for name in ("float", "double", "long", "int", "short", "char", "byte", "bool"):

    @op(name, errors=[f"torch.ones(2).{name}('a')"])
    def cast(random: Random, name: str = name) -> Case:
        kinds = (
            ("positive",) if name == "byte" else (*FINITE, "special") if name in ("float", "double", "bool") else FINITE
        )
        return case(f"x.{name}()", x=number_array(random, kinds=kinds))


@op("item", errors=["torch.ones(3).item()", "torch.ones(0).item()", "int(torch.ones(2))", "float(torch.ones(2))",
                    "bool(torch.ones(2))", "bool(torch.ones(0))", "torch.ones(2).__index__()",
                    "len(torch.tensor(1))"])  # fmt: skip
def item(random: Random) -> Case:
    x = array(random, pick(random, (), (1,), (1, 1)), ALL, kinds=FINITE)
    return case(pick(random, "x.item()", "float(x)", "int(x)", "bool(x)", "x.tolist()", "f'{x}'"), x=x)


@op("zeros_like", errors=["torch.zeros_like(2)", "torch.ones(2).new_zeros(-1)"])
def zeros_like(random: Random) -> Case:
    dtype = pick(random, "", "", f", dtype={pick(random, *DTYPES)}")
    text = pick(random, f"torch.zeros_like(x{dtype})", f"torch.ones_like(x{dtype})", "x.new_zeros((2, 3))",
                "x.new_ones(3)",
                "x.new_zeros(0, 2)")  # fmt: skip
    return case(text, x=array(random, dtype=(*FLOATS, *INTEGERS, "bool")))
