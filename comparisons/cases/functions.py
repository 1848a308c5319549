"""What is no operation and leaves a node all the same: a function of the user's own, and a module's backward hook."""

from .table import Case, case, op
from .values import Random, array, pick

TWICE = """\
class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod{once}
    def backward(ctx, grad):
        return 2 * grad

Twice.apply(x)"""
ONCE = "\n    @torch.autograd.function.once_differentiable"


@op("Function.apply", errors=["torch.autograd.Function.apply(torch.ones(2, requires_grad=True))"])
def function(random: Random) -> Case:
    return case(TWICE.format(once=pick(random, "", "", ONCE)), x=array(random))


@op("register_full_backward_hook")
def register_full_backward_hook(random: Random) -> Case:
    module = pick(random, "nn.ReLU()", "nn.Tanh()")
    return case(f"m = {module}; m.register_full_backward_hook(lambda *_: None); m(x)", x=array(random))
