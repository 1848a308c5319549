"""Functions of one element, the activations among them."""

from .table import Case, case, op
from .values import Random, array, number_array, pick

KINDS = {  # where a function lives; all of them see nan, infinity and zero too
    "exp": "normal", "log": "positive", "sqrt": "positive", "sin": "normal", "cos": "normal", "sigmoid": "normal",
    "tanh": "normal", "abs": "ties", "sign": "ties", "square": "normal", "isnan": "special", "isinf": "special",
    "isfinite": "special",
}  # fmt: skip


def function(name: str, kind: str) -> None:
    """An entry for a function without arguments."""

    @op(name, errors=[f"torch.{name}(2)", f"torch.{name}()"])
    def draw(random: Random) -> Case:
        return case(f"x.{name}()", x=number_array(random, kinds=(kind, kind, "special")))


for name, kind in KINDS.items():
    function(name, kind)


@op("abs(x)")
def built_in_abs(random: Random) -> Case:
    return case("abs(x)", x=number_array(random))


@op("relu", errors=["torch.relu(torch.tensor([True]))", "F.relu(2)", "torch.ones(2, requires_grad=True).relu_()"])
def relu(random: Random) -> Case:
    return case(
        pick(random, "x.relu()", "F.relu(x)", "nn.ReLU()(x)", "F.relu(x * 1, inplace=True)"), x=number_array(random)
    )


def softmax(name: str, layer: str) -> None:
    """An entry for softmax and its logarithm."""

    @op(name, errors=[f"torch.ones(2).{name}(1)", f"F.{name}(torch.ones(2, dtype=torch.int64), 0)",
                      f"torch.{name}(torch.ones(2), -2)"])  # fmt: skip
    def draw(random: Random) -> Case:
        x = array(random, kinds=("normal", "ties", "special"))
        dim = int(random.integers(-max(x.ndim, 1), max(x.ndim, 1)))
        dtype = pick(random, "", "", ", dtype=torch.float64", ", dtype=torch.float32")
        return case(pick(random, f"x.{name}({dim}{dtype})", f"F.{name}(x, dim={dim}{dtype})", f"F.{name}(x)",
                         f"nn.{layer}(dim={dim})(x)"), x=x)  # fmt: skip


softmax("softmax", "Softmax")
softmax("log_softmax", "LogSoftmax")
