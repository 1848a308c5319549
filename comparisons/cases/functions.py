"""What is no operation and leaves a node all the same: a function of the user's own, and a module's backward hook."""

from .table import Case, case, op
from .values import Random, array, pick

TWICE = (
    "type('Twice', (torch.autograd.Function,), {'forward': staticmethod(lambda ctx, x: 2 * x), "
    "'backward': staticmethod(%s)}).apply(x)"
)


@op("Function.apply", errors=["torch.autograd.Function.apply(torch.ones(2, requires_grad=True))"])
def function(random: Random) -> Case:
    backward = "lambda ctx, grad: 2 * grad"
    once = f"torch.autograd.function.once_differentiable({backward})"
    return case(TWICE % pick(random, backward, backward, once), x=array(random))


@op("register_full_backward_hook")
def register_full_backward_hook(random: Random) -> Case:
    module = pick(random, "nn.ReLU()", "nn.Tanh()")
    return case(f"m = {module}; m.register_full_backward_hook(lambda *_: None); m(x)", x=array(random))
