"""Writing in place: what may be written to while it is read, and in which words torch refuses the rest."""

import pytest
from stories import assert_same_story

SQUARE = "x = torch.arange(4.).view(2, 2); "
WRITES = [
    "x = torch.arange(4.); x[1:].add_(x[:-1])", "x = torch.arange(4.); x[1:].copy_(x[:-1])",
    "x = torch.arange(4.); x[1:] = x[:-1]", "x = torch.arange(4.); x[1:] += x[:-1]",
    "x = torch.arange(4.); x[1:].add_(x[:2])", "x = torch.arange(4.)[::2]; x.add_(x[0])",
    "x = torch.ones(3, 0); x.add_(x[0])", "x = torch.ones(0); x.scatter_(0, torch.zeros(0).long(), x)",
    *(SQUARE + text for text in (
        "x.add_(x[0])", "x.add_(x[0, 0])", "x.copy_(x[0])", "x.mul_(x.t())", "x.add_(x)",
        "x.add_(x.view(4).view(2, 2))",
        "x[:, 0].add_(x[:, 1])", "x.fill_(x[0, 0])", "x.masked_fill_(x > 1, x[0, 0])", "x[[0]] = x[1]",
        "x[[0, 1]] = x",
        "x[x > 1] = x[0, 0]", "x.index_put_((torch.tensor([0]),), x[1])", "x.pow_(x[0])", "x.clamp_(x[0], x[1])",
        "x.scatter_(0, torch.tensor([[0, 1]]), x)", "x.scatter_(5, torch.tensor([[0, 1]]), x)", "x.eq_(x[0])",
        "x.scatter_add_(0, torch.tensor([[0, 1]]), x[:1])", "x.remainder_(x[0])", "x.addmm_(x, x[:, :1])",
        "torch.add(torch.ones(2), 1, out=x[:, :1].expand(2, 2)[0])", "torch.exp(x[0], out=x[1])",
    )),
    # the same number everywhere
    "x = torch.ones(2, 1).expand(2, 3); x.fill_(5)", "x = torch.ones(2, 1).expand(2, 3); x.zero_()",
    "x = torch.ones(2, 1).expand(2, 3); x.fill_(torch.tensor(5.))", "x = torch.ones(2, 1).expand(2, 3); x[...] = 5",
    "x = torch.ones(2, 1).expand(2, 3); x[0] = 5", "x = torch.ones(2, 1).expand(2, 3); x.add_(1)",
    "x = torch.ones(2, 1).expand(2, 3); torch.add(x, 1, out=x)",
    # products
    "x = torch.ones(2, 3); x.addmm_(torch.ones(2, 2), torch.ones(2, 2))",
    "x = torch.ones(2); x.addmm_(torch.ones(2, 2), "
    "torch.ones(2, 2))", "x = torch.ones(2, 2, requires_grad=True); x.addmm_(torch.ones(2), torch.ones(2, 2))",
    # a view whose base got a history of its own
    "x = torch.ones(3); v = x.view(3); x.mul_(w); v.clamp_(0, 1)", "x = torch.ones(3); v = x.view(3); x.mul_(w); "
    "v.grad_fn; v.clamp_(0, 1)", "x = torch.ones(3); v = x.view(3); u = x.view(3); v.mul_(w); u.add_(1)",
    "x = torch.ones(3); v = x.view(3); v.mul_(w); v.mul_(2)", "x = w.expand(3); w.requires_grad_(False); x[0] = 3.0",
    "x = torch.ones(3, 2)[0, None]; x.requires_grad_(); x.exp_()",
    # no elements to overlap
    "x = torch.ones(0, requires_grad=True); y = x.data; y.scatter_(-1, torch.zeros(0).long(), x)",
    # in inference mode
    "x = torch.ones(2).view(2)\nwith torch.inference_mode(): x.detach_()", "x = torch.ones(2).view(2); x.detach_()",
    # bare bools
    "x = w * torch.ones(3); x[True] = 2.0", "x = w * torch.ones(3); x[False] = 2.0",
    "x = w * torch.ones(3); x[True] = "
    "torch.ones(1, 3)", "x = w * torch.ones(3); x[False] += 1", "x = w * torch.ones(3); x[True] = torch.ones(2)",
    # indices that are out of bounds, where writing is not allowed anyhow
    "x = torch.ones(3, requires_grad=True); x[[7]] = 1.0", "x = torch.ones(3); x[[7]] = 1.0",
    "x = torch.ones(0); x[[0]] = 1.0",
]  # fmt: skip


@pytest.mark.parametrize("write", WRITES)
def test_a_write_is_done_or_refused_as_in_torch(write):
    def story(lib, see):
        names = {"torch": lib, "w": lib.tensor(2.0, requires_grad=True)}
        see.error(lambda: exec(write, names))
        x = names["x"]
        see(x, x._version, type(x.grad_fn).__name__)

    assert_same_story(story)


READS = [
    "torch.tensor(1.)[0]", "torch.tensor(1.)[[0]]", "torch.tensor(1.)[:]", "torch.tensor(1.)[..., 0]",
    "torch.ones(0)[[0]]",
    "torch.ones(2, 0)[[5], [0]]", "torch.ones(2).index_put((torch.tensor([0]), torch.tensor([0])), torch.ones(1))",
    "torch.tensor(1.).split(2, 1)", "torch.cat([torch.ones(0), torch.ones(0)], 5)", "torch.ones(0).long().softmax(0)",
    "torch.ones(2).scatter_add(0, torch.tensor([0, 1]), torch.tensor(1.))",
    "torch.ones(2, 2).scatter(0, torch.tensor([[0]]), torch.ones(2))", "torch.ones(2).byte() ** -2",
    "torch.tensor([True]).view(1, 1).expand(3)", "torch.ones(2, 2).bool() @ torch.ones(2, 2).bool()",
    "torch.ones(2, 2).bool() @ torch.ones(2).bool()", "torch.ones(2, 3).bool().t()[:0] @ torch.ones(2, 2).bool()",
    "torch.addmm(torch.ones(2), torch.ones(3), torch.ones(2, 2).double())",
    "torch.where(torch.eye(2) > 0)[1]._is_view()",
    "torch.where(torch.ones(2, 3) > 0)[1].stride()", "torch.ones(2, 0, 3).stride()", "torch.tensor(-0.0) ** -0.5",
    "torch.stack([torch.ones(2, 3).t()] * 2).stride()", "torch.ones(2, 3, 4).permute(2, 0, 1).sum(0).stride()",
    "torch.exp(torch.ones(2, 3).t(), out=torch.empty(0)).stride()",
    "torch.ones(2, 3).t().masked_fill(torch.ones(3, 2) > 0, 1.)"
    ".stride()", "F.dropout(torch.ones(2).byte(), p=1.0)",
]  # fmt: skip


@pytest.mark.parametrize("read", READS)
def test_values_layouts_and_words_in_corners(read):
    def story(lib, see):
        see.error(lambda: eval(read, {"torch": lib, "F": lib.nn.functional}))

    if "@ torch" in read or "addmm" in read:
        assert_same_story(story, words=3)
    else:
        assert_same_story(story)


def test_the_gradient_of_a_root_comes_in_its_dtype():
    def story(lib, see):
        x = lib.ones(2, dtype=lib.float64, requires_grad=True)
        see(*lib.autograd.grad(x, [x], lib.ones(2)))

    assert_same_story(story, words=3)


def test_a_view_without_a_history_is_no_reason_to_differentiate_by_what_needs_none():
    def story(lib, see):
        w = lib.ones(2, 1, requires_grad=True)
        with lib.no_grad():
            view = w.reshape(-1)
        y = lib.nn.functional.linear(lib.ones(3, 1), w, lib.ones(2))
        see(*lib.autograd.grad(y.sum(), [w, view], allow_unused=True))

    assert_same_story(story)
