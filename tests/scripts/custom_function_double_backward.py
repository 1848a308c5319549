"""Functions of our own that can be differentiated twice: what to save, and how gradcheck and gradgradcheck judge it."""

import torch
from torch.autograd import Function
from torch.autograd.function import once_differentiable

torch.manual_seed(0)


def graph(node, depth=0):
    """A node and everything below it, one a line."""
    print("  " * depth + (node.name() if node is not None else "None"))
    if node is not None:
        for child, _ in node.next_functions:
            graph(child, depth + 1)


# --- saving an input
class Square(Function):
    @staticmethod
    def forward(ctx, values):
        # not ctx.values = values: only this keeps an eye on the tensor's version and its place in the graph
        ctx.save_for_backward(values)
        return values * values

    @staticmethod
    def backward(ctx, upstream):
        (values,) = ctx.saved_tensors
        return 2 * values * upstream


x = torch.rand(3, 3, requires_grad=True, dtype=torch.double)
print(torch.autograd.gradcheck(Square.apply, x), torch.autograd.gradgradcheck(Square.apply, x))

x = torch.tensor(1.5, requires_grad=True)
y = Square.apply(x)
(grad_x,) = torch.autograd.grad(y, x, create_graph=True)
(grad_grad_x,) = torch.autograd.grad(grad_x, x, create_graph=True)
print(y, grad_x, grad_grad_x, grad_grad_x.requires_grad)
graph(y.grad_fn)
graph(grad_x.grad_fn)


# --- saving an output
class Exponential(Function):
    @staticmethod
    def forward(ctx, values):
        powers = values.exp()
        ctx.save_for_backward(powers)
        return powers

    @staticmethod
    def backward(ctx, upstream):
        return upstream * ctx.saved_tensors[0]


x = torch.tensor([0.5, -1.0], requires_grad=True, dtype=torch.double)
print(torch.autograd.gradcheck(Exponential.apply, x), torch.autograd.gradgradcheck(Exponential.apply, x))
out = Exponential.apply(x)
(grad,) = torch.autograd.grad(out.sum(), x, create_graph=True)
(second,) = torch.autograd.grad(grad.sum(), x, create_graph=True)
(third,) = torch.autograd.grad(second.sum(), x)
print(out, grad, second, third)
graph(grad.grad_fn)


# --- saving intermediates: they are returned as well, so that they are part of the graph
class HyperbolicSine(Function):
    @staticmethod
    def forward(ctx, values):
        growing, falling = values.exp(), values.neg().exp()
        ctx.save_for_backward(growing, falling)
        return 0.5 * (growing - falling), growing, falling

    @staticmethod
    def backward(ctx, to_sine, to_growing, to_falling):
        growing, falling = ctx.saved_tensors
        total = to_sine * 0.5 * (growing + falling)
        return total + to_growing * growing - to_falling * falling


def sinh(values):
    sine, _, _ = HyperbolicSine.apply(values)
    return sine


x = torch.rand(3, 3, requires_grad=True, dtype=torch.double)
print(torch.autograd.gradcheck(sinh, x), torch.autograd.gradgradcheck(sinh, x))
out = sinh(x)
(grad,) = torch.autograd.grad(out.sum(), x, create_graph=True)
(second,) = torch.autograd.grad(grad.sum(), x)
print(out, grad, second, torch.allclose(second, (x.exp() - (-x).exp()) / 2), sep="\n")
print(out.grad_fn.name(), [o.shape for o in HyperbolicSine.apply(x)])
print([o.requires_grad for o in HyperbolicSine.apply(x)])


# --- intermediates that are not returned: the first gradient is right, the second one silently is not
class ForgetfulSine(Function):
    @staticmethod
    def forward(ctx, values):
        growing, falling = values.exp(), values.neg().exp()
        ctx.cosine = 0.5 * (growing + falling)
        return 0.5 * (growing - falling)

    @staticmethod
    def backward(ctx, upstream):
        return upstream * ctx.cosine


print(torch.autograd.gradcheck(ForgetfulSine.apply, x))
print(torch.autograd.gradgradcheck(ForgetfulSine.apply, x, raise_exception=False))
try:
    torch.autograd.gradgradcheck(ForgetfulSine.apply, x)
except RuntimeError as e:
    print(type(e).__name__, str(e).split("\n")[0])
(grad,) = torch.autograd.grad(ForgetfulSine.apply(x).sum(), x, create_graph=True)
print(grad.requires_grad, grad.grad_fn)


# --- a backward done by NumPy, which autograd cannot follow: it is a Function in its turn
class NumpyCube(Function):
    @staticmethod
    def forward(ctx, values):
        ctx.save_for_backward(values)
        return torch.as_tensor(values.detach().numpy() ** 3)

    @staticmethod
    def backward(ctx, upstream):
        (values,) = ctx.saved_tensors
        return NumpyCubeSlope.apply(values, upstream)


class NumpyCubeSlope(Function):
    """upstream * 3 values^2, and what that gives for either of the two."""

    @staticmethod
    def forward(ctx, values, upstream):
        ctx.save_for_backward(values, upstream)
        return torch.as_tensor(3 * upstream.detach().numpy() * values.detach().numpy() ** 2)

    @staticmethod
    def backward(ctx, upstream_again):
        values, upstream = ctx.saved_tensors
        return upstream_again * upstream * 6 * values, upstream_again * 3 * values.square()


x = torch.tensor(2.0, requires_grad=True, dtype=torch.double)
print(torch.autograd.gradcheck(NumpyCube.apply, x), torch.autograd.gradgradcheck(NumpyCube.apply, x))
out = NumpyCube.apply(x)
(grad,) = torch.autograd.grad(out, x, create_graph=True)
(second,) = torch.autograd.grad(grad, x)
print(out, grad, second)
graph(grad.grad_fn)


# --- once_differentiable says so when it is asked for more
class OnceCube(Function):
    @staticmethod
    def forward(ctx, values):
        ctx.save_for_backward(values)
        return values.pow(3)

    @staticmethod
    @once_differentiable
    def backward(ctx, upstream):
        (values,) = ctx.saved_tensors
        return upstream * 3 * values.pow(2)


x = torch.tensor([1.0, 2.0], requires_grad=True)
OnceCube.apply(x).sum().backward()
print(x.grad)
(grad,) = torch.autograd.grad(OnceCube.apply(x).pow(2).sum(), x, create_graph=True)
print(grad, grad.requires_grad)
try:
    grad.sum().backward()
except RuntimeError as e:
    print("RuntimeError:", e)


# --- which inputs need a gradient, undefined gradients, outputs that have none
class Affine(Function):
    @staticmethod
    def forward(ctx, rows, weight, shift=None):
        ctx.save_for_backward(rows, weight)
        ctx.inputs = 2 if shift is None else 3
        product = rows.mm(weight.t())
        return product if shift is None else product + shift.unsqueeze(0).expand_as(product)

    @staticmethod
    def backward(ctx, upstream):
        rows, weight = ctx.saved_tensors
        print("needs", ctx.needs_input_grad)
        made = (lambda: upstream.mm(weight), lambda: upstream.t().mm(rows), lambda: upstream.sum(0))
        return tuple(
            make() if needed else None for make, needed in zip(made[: ctx.inputs], ctx.needs_input_grad, strict=True)
        )


class TwoOut(Function):
    @staticmethod
    def forward(ctx, values):
        ctx.set_materialize_grads(False)
        index = values.argmax()
        ctx.mark_non_differentiable(index)
        return values * 2, values * 3, index

    @staticmethod
    def backward(ctx, grad_a, grad_b, _):
        print("undefined", grad_a is None, grad_b is None)
        grad = None
        if grad_a is not None:
            grad = 2 * grad_a
        if grad_b is not None:
            grad = 3 * grad_b if grad is None else grad + 3 * grad_b
        return grad


input = torch.randn(4, 3)
weight = torch.randn(2, 3, requires_grad=True)
bias = torch.randn(2, requires_grad=True)
out = Affine.apply(input, weight, bias)
out.pow(2).sum().backward()
print(out, weight.grad, bias.grad, sep="\n")
Affine.apply(input, weight).sum().backward()
print(weight.grad)

x = torch.tensor([1.0, 3.0, 2.0], requires_grad=True)
a, b, index = TwoOut.apply(x)
print(index, index.requires_grad, a.requires_grad)
b.sum().backward(retain_graph=True)
print(x.grad)
(a + b).sum().backward()
print(x.grad)
