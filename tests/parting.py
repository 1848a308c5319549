"""For each way in which programs are known to part (`KNOWN` in `test_programs.py`), the shortest that shows it.

A test runs them: what is mended is found here, and taken out of both.
"""

PARTING = {
    "linear of one or three dimensions is an unsafe view": """
        t0 = torch.tensor([[2., -1.], [3., 1.]], requires_grad=True)
        t1 = torch.ones((2,))
        t2 = F.linear(t1, t0, t1)
    """,
    "a number assigned through a view leaves one edge": """
        t0 = torch.tensor([[2., -1.], [3., 1.]], requires_grad=True)
        t1 = t0 / 2
        t1[:, 0] = 0.5
    """,
    "and one without a view": """
        t0 = torch.tensor([[2., -1.], [3., 1.]], requires_grad=True)
        t1 = t0 / 2
        t1[:] = 0.5
    """,
    "torch does half of the write, then refuses": """
        with torch.inference_mode(): t0 = torch.ones((2,))
        t0.pow_(2)
        t0.mul_(3)
    """,
    "a write that reads what it has just written": """
        t0 = torch.tensor([[3., -2.], [-1., 0.]])
        t0.addmm_(t0, t0)
    """,
    "whether a gradient is a view": """
        t0 = torch.tensor([2., 1., 0.], requires_grad=True)
        t1 = t0.as_strided((1,), (1,), 1)
        t2 = t1.mean(0)
        t3, = torch.autograd.grad(t2, [t0])
    """,
    "the graph of a second derivative": """
        t0 = torch.tensor([[2., -1.], [3., 1.]], requires_grad=True)
        t1 = t0 ** torch.tensor(2.)
        t2, = torch.autograd.grad(t1.sum(), [t0], create_graph=True)
    """,
    "how operands that lie otherwise are laid out together": """
        t0 = torch.tensor([[2., -1.], [3., 1.]]).expand(2, 2, 2)
        t1 = t0.mT
        t2 = 2 ** t1
    """,
    "masked_fill_ and the like may write to expanded memory": """
        t0 = torch.ones((1,)).expand(2)
        t0.masked_fill_(t0 > 0, 1)
    """,
    "the alias of an inference tensor may be written to": """
        with torch.inference_mode(): t0 = torch.ones((2,))
        t1 = t0.detach()
    """,
    "an inference tensor that has a history": """
        with torch.inference_mode(): t0 = torch.ones((2,), requires_grad=True)
        t0.backward(t0.clone(), create_graph=True)
    """,
    "and what torch makes of several operations": """
        with torch.inference_mode(): t0 = torch.ones((2,), requires_grad=True)
        (t0.abs() + 1).sqrt_()
    """,
    "where an empty slice begins": """
        t0 = torch.tensor([[[1.0, -2.0]], [[1.0, -2.0]]])
        t1 = F.mse_loss(t0, t0)
        t5 = t1.as_strided((2, 2), (1, 1)) * 1
    """,
    "a view of a base that no longer wants a gradient": """
        t0 = torch.tensor([[2., -1.], [3., 1.]], requires_grad=True)
        t1 = t0.flatten()
        t0.requires_grad_(False)
        t0.exp_()
    """,
    "a node's hook is told None for what needs no gradient": """
        t0 = torch.tensor([[2., -1.], [3., 1.]], requires_grad=True)
        t1 = t0.sum(0)
        t1.grad_fn.register_hook(note('below t1'))
        t1.sum().backward(inputs=[t1])
    """,
    "a root off the way still calls its hooks": """
        t0 = torch.tensor([[2., -1.], [3., 1.]], requires_grad=True)
        t0.register_hook(note('t0'))
        t1 = torch.ones((2,), requires_grad=True)
        t2, = torch.autograd.grad(t0, [t1], torch.ones_like(t0), allow_unused=True)
    """,
    "linear with a bias that has gaps is composed": """
        t0 = torch.ones((2, 2, 2), requires_grad=True)
        t1 = torch.ones((2, 2))
        t2 = torch.ones((2, 2))[:, 0]
        t3 = F.linear(t0, t1, t2)
    """,
    "floor_divide refuses before leaves are reached, or after": """
        t0 = torch.ones((2,), requires_grad=True)
        t1 = t0 * 2
        t1.floor_divide_(2)
        t2 = torch.tensor(1., requires_grad=True)
        t1[:] = t2
        t1.sum().backward()
    """,
    "out= may be a part of an operand": """
        t0 = torch.tensor([[2., -1.], [3., 1.]], requires_grad=True)
        t1 = t0.t()
        with torch.inference_mode(): t2 = torch.mul(t1, t1, out=t0)
    """,
    "a value that nobody needs may be overwritten or freed": """
        t0 = torch.ones((1, 1, 2, 2), requires_grad=True)
        t1 = F.max_pool2d(t0, 2)
        t2, = torch.autograd.grad(t1, [t0], torch.ones_like(t1), create_graph=True)
        (t0 * t2).sum().backward()
        t2.sum().backward()
    """,
    "a saved value that was detached in place": """
        t0 = torch.ones((1, 3), requires_grad=True)
        t1 = (t0 + 1).log()
        t2 = t1 + t1
        t3 = t1.std(0)
        t1.detach_()
        (t2 * t3).sum().backward()
    """,
    "asking a lost view": """
        t0 = torch.tensor([-2., 2.], requires_grad=True)
        with torch.no_grad(): t1 = t0.view(2)
        with torch.no_grad(): t1.add_(1)
        t2 = torch.add(t0, t1, out=torch.empty(0))
    """,
    "a lost view, and a bad argument": """
        t0 = torch.tensor([[2., -1.], [3., 1.]], requires_grad=True)
        t1, t2 = t0.chunk(2, -1)
        t1.detach().add_(1)
        t3 = t2.sum(2)
    """,
    "out= is refused before shapes and inference are looked at": """
        t0 = torch.tensor([[2., -1.], [3., 1.]], requires_grad=True)
        t1 = torch.ones((1, 12))
        t2 = torch.add(t1, t0, out=torch.empty(0))
    """,
    "what comes first, memory or arguments": """
        with torch.inference_mode(): t0 = torch.tensor(1.)
        t0.index_put_((torch.tensor([0, 0]),), t0)
    """,
}
