"""Convolution: torch's values, gradients and graph over its argument space, and what makes it a convolution at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity import assert_close, assert_parity, assert_same_error
from stories import assert_same_story
from strategies import FLOATS, arrays, windows

import minigrad
from minigrad.ops import convolution
from minigrad.ops import windows as window_views
from minigrad.ops.windows import pad_planes, pair, scatter_runs, scatter_windows, widen
from minigrad.ops.windows import windows as view_windows


@given(windows(), st.integers(0, 3), st.sampled_from([(1, 1, 1), (2, 3, 1), (4, 2, 2), (2, 2, 2)]), FLOATS,
       st.booleans(), st.booleans(), st.data())  # fmt: skip
def test_conv2d(window, N, channels, dtype, bias, needs_input, data):
    C, F, groups = channels
    x = data.draw(arrays((N, C, *window.size), dtype))
    w, b = data.draw(arrays((F, C // groups, *window.kernel), dtype)), data.draw(arrays((F,), dtype))

    def program(lib, x, w, b):
        conv2d = lib.nn.functional.conv2d
        return conv2d(x, w, b if bias else None, window.stride, window.padding, window.dilation, groups)

    assert_parity(program, x, w, b, requires_grad=(needs_input, True, True), scale=20)


@given(windows(), st.sampled_from(["same", "valid"]), FLOATS, st.data())
def test_conv2d_with_padding_by_name(window, padding, dtype, data):
    x = data.draw(arrays((2, 2, 8, 7), dtype))
    w = data.draw(arrays((3, 2, *window.kernel), dtype))
    assert_parity(
        lambda lib, x, w: lib.nn.functional.conv2d(x, w, padding=padding, dilation=window.dilation), x, w, scale=20
    )


@given(FLOATS, st.data())
def test_conv2d_of_one_image_without_a_batch(dtype, data):
    x, w, b = (
        data.draw(arrays((2, 5, 5), dtype)),
        data.draw(arrays((3, 2, 3, 3), dtype)),
        data.draw(arrays((3,), dtype)),
    )
    assert_parity(lambda lib, x, w, b: lib.nn.functional.conv2d(x, w, b), x, w, b, scale=20)


def simple_conv2d(x, w, stride, padding, dilation):
    """The formula of the docstring, index by index."""
    x = pad_planes(x, padding)
    (N, C, H, W), (F, _, KH, KW) = x.shape, w.shape
    OH = (H - dilation[0] * (KH - 1) - 1) // stride[0] + 1
    OW = (W - dilation[1] * (KW - 1) - 1) // stride[1] + 1
    y = np.zeros((N, F, OH, OW))
    for n, f, a, b, c, i, j in np.ndindex(N, F, OH, OW, C, KH, KW):
        y[n, f, a, b] += w[f, c, i, j] * x[n, c, a * stride[0] + i * dilation[0], b * stride[1] + j * dilation[1]]
    return y


@given(windows())
def test_conv2d_is_its_formula(window):
    random = np.random.default_rng(0)
    x, w = random.standard_normal((1, 2, *window.size)), random.standard_normal((2, 2, *window.kernel))
    geometry = convolution.Geometry(pair(window.stride), window.padding, window.dilation, 1)
    assert_close(convolution.correlate(x, w, geometry), simple_conv2d(x, w, *geometry[:3]), scale=20)


@given(windows())
def test_the_three_convolutions_are_one_trilinear_form(window):
    random = np.random.default_rng(1)
    x, w = random.standard_normal((2, 2, *window.size)), random.standard_normal((4, 1, *window.kernel))
    geometry = convolution.Geometry(pair(window.stride), window.padding, window.dilation, 2)
    y = convolution.correlate(x, w, geometry)
    g = random.standard_normal(y.shape)
    form = [(g * y).sum(), (x * convolution.spread(g, w, x.shape, geometry)).sum(),
            (w * convolution.meet(g, x, w.shape, geometry)).sum()]  # fmt: skip
    assert_close(np.array(form), np.full(3, form[0]), "the form", scale=100)


@given(windows())
def test_scattering_windows_is_the_adjoint_of_showing_them(window):
    random = np.random.default_rng(2)
    size = tuple(n + 2 * p for n, p in zip(window.size, window.padding, strict=True))
    x = random.standard_normal((2, 1, *size))
    patches = view_windows(x, window.kernel, pair(window.stride), window.dilation)
    g = random.standard_normal(patches.shape)
    back = scatter_windows(g, size, pair(window.stride), window.dilation)
    assert_close((patches * g).sum(), (x * back).sum(), "the product", scale=100)


@given(windows())
def test_scattering_in_runs_is_scattering_windows_at_stride_1(window):
    random = np.random.default_rng(4)
    (H, W), (KH, KW), (DH, DW) = window.size, window.kernel, window.dilation
    H, W = H + DH * (KH - 1), W + DW * (KW - 1)  # so that the kernel fits
    patches = random.standard_normal((2, 3, KH, KW, *window.size))
    wide = np.stack([[widen(patches[:, :, i, j], W) for j in range(KW)] for i in range(KH)])
    wide = wide.transpose(2, 3, 0, 1, 4, 5)  # (KH, KW, N, C, OH, W) -> (N, C, KH, KW, OH, W)
    one_by_one = scatter_windows(patches, (H, W), (1, 1), (DH, DW))
    assert_close(scatter_runs(wide, (H, W), (1, 1), (DH, DW)), one_by_one, "the image", scale=10)


@pytest.mark.parametrize("stride", [1, 2])
def test_images_in_parts_give_what_they_give_together(stride, monkeypatch):
    random = np.random.default_rng(5)
    x, w = random.standard_normal((5, 4, 6, 7)), random.standard_normal((6, 2, 3, 2))
    geometry = convolution.Geometry((stride, stride), (1, 0), (1, 2), 2)
    g, bias = random.standard_normal(convolution.correlate(x, w, geometry).shape), random.standard_normal(6)

    def products():
        return (convolution.correlate(x, w, geometry, bias), convolution.spread(g, w, x.shape, geometry),
                convolution.meet(g, x, w.shape, geometry))  # fmt: skip

    together = products()
    for most in (0, 2 * 4 * 6 * 4 * 4 * 8):  # one image at a time; a few, and at the end fewer
        monkeypatch.setattr(window_views, "PART_BYTES", most)
        for ours, whole in zip(products(), together, strict=True):
            assert_close(ours, whole, "the product", scale=10)


def test_gradients_lie_row_by_row_as_torchs_do():
    def story(lib, see):
        x, w = lib.ones(2, 4, 5, 5, requires_grad=True), lib.ones(6, 2, 3, 3, requires_grad=True)
        for gradient in lib.autograd.grad(lib.nn.functional.conv2d(x, w, groups=2).sum(), (x, w)):
            see(gradient.stride(), gradient.view(-1))

    assert_same_story(story)


@pytest.mark.parametrize("value", [np.inf, np.nan])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_weight_that_is_no_number_reaches_only_its_own_pixels(value, stride):
    w = np.ones((1, 1, 2, 2))
    w[0, 0, 0, 1] = value
    assert_parity(lambda lib, x, w: lib.nn.functional.conv2d(x, w, stride=stride), np.ones((1, 1, 4, 4)), w)


def test_no_channels_have_a_gradient_too():
    x, w = minigrad.ones(1, 0, 3, 3, requires_grad=True), minigrad.ones(2, 0, 2, 2, requires_grad=True)
    minigrad.nn.functional.conv2d(x, w).sum().backward()
    assert x.grad.shape == x.shape and w.grad.shape == w.shape


def test_the_second_derivatives_are_torchs():
    def program(lib, x, w):
        y = lib.nn.functional.conv2d(x, w, stride=2, padding=1)
        gx, gw = lib.autograd.grad((y**3).sum(), (x, w), create_graph=True)
        return lib.autograd.grad((gx**2).sum() + (gw**2).sum(), (x, w))

    random = np.random.default_rng(3)
    x, w = random.standard_normal((2, 2, 5, 5)), random.standard_normal((3, 2, 3, 3))
    assert_parity(program, x, w, backward=False, scale=1e6)


def test_the_first_layer_does_not_compute_the_gradient_of_the_image(monkeypatch):
    monkeypatch.setattr(convolution, "spread", lambda *_: pytest.fail("nobody wants this gradient"))
    w = minigrad.ones(1, 1, 2, 2, requires_grad=True)
    minigrad.nn.functional.conv2d(minigrad.ones(1, 1, 3, 3), w).sum().backward()
    assert w.grad.tolist() == [[[[4, 4], [4, 4]]]]


def conv(lib, x, w, *args, **options):
    return lib.nn.functional.conv2d(lib.ones(x), lib.ones(w), *args, **options)


@pytest.mark.parametrize(
    "program",
    [
        lambda lib: conv(lib, (1, 3, 5, 5), (6, 1, 3, 3)),
        lambda lib: conv(lib, (1, 1, 2, 2), (6, 1, 3, 3)),
        lambda lib: conv(lib, (1, 5), (6, 1, 3, 3)),
        lambda lib: conv(lib, (1, 1, 5, 5), (6, 1, 3, 3), lib.ones(5)),
        lambda lib: conv(lib, (1, 1, 5, 5), (6, 1, 3, 3), stride=0),
        lambda lib: conv(lib, (1, 1, 5, 5), (6, 1, 3, 3), padding=-1),
        lambda lib: conv(lib, (1, 1, 5, 5), (6, 1, 3, 3), dilation=0),
        lambda lib: conv(lib, (1, 1, 5, 5), (6, 1, 3, 3), padding="foo"),
        lambda lib: conv(lib, (1, 1, 5, 5), (6, 1, 3, 3), stride=2, padding="same"),
        lambda lib: conv(lib, (1, 1, 5, 5), (6, 1, 3, 3), stride=(1, 2, 3)),
        lambda lib: conv(lib, (1, 4, 5, 5), (6, 1, 3, 3), groups=2),
        lambda lib: conv(lib, (1, 4, 5, 5), (5, 2, 3, 3), groups=2),
        lambda lib: lib.nn.functional.conv2d(lib.ones(1, 1, 5, 5).double(), lib.ones(6, 1, 3, 3), lib.ones(6)),
        lambda lib: lib.nn.functional.conv2d(lib.ones(1, 1, 5, 5).double(), lib.ones(6, 1, 3, 3)),
        lambda lib: lib.nn.functional.conv2d(lib.ones(1, 1, 5, 5).long(), lib.ones(6, 1, 3, 3)),
    ],
)
def test_bad_arguments_raise_torchs_error(program):
    assert_same_error(program, words=7)


@pytest.mark.parametrize("wanted", [("x",), ("w",), ("b",), ("x", "b"), ("w", "b"), ("x", "w")], ids="".join)
def test_second_derivatives_by_some_of_the_inputs(wanted):
    needs = tuple(name in wanted for name in "xwb")

    def program(lib, x, w, b):
        loss = (lib.nn.functional.conv2d(x, w, b, padding=1) ** 2).sum()
        inputs = [tensor for tensor, needed in zip((x, w, b), needs, strict=True) if needed]
        return tuple(lib.autograd.grad(loss, inputs, create_graph=True))

    random = np.random.default_rng(0)
    x, w, b = (random.standard_normal(shape) for shape in [(1, 2, 4, 4), (3, 2, 3, 3), (3,)])
    assert_parity(program, x, w, b, requires_grad=needs, scale=1e4)


NOTHING = {  # sizes of the image, the kernels and the bias; what else conv2d is told
    "no channels": ((1, 0, 4, 4), (2, 0, 3, 3), None, {}), "no channels, a bias": ((1, 0, 4, 4), (2, 0, 3, 3), 2, {}),
    "no channels in groups": ((1, 0, 4, 4), (2, 0, 3, 3), None, {"groups": 2}),
    "no channels, one image": ((0, 4, 4), (2, 0, 3, 3), 2, {}), "no batch": ((0, 2, 4, 4), (2, 2, 3, 3), 2, {}),
    "no batch of no channels": ((0, 0, 4, 4), (2, 0, 3, 3), None, {"padding": "same"}),
    "no filters": ((1, 2, 4, 4), (0, 2, 3, 3), None, {}), "no filters in groups": ((1, 2, 4, 4), (0, 1, 3, 3), None,
                                                                                  {"groups": 2}),
    "fewer filters than groups": ((1, 4, 4, 4), (2, 1, 3, 3), None, {"groups": 4}),
    "no kernel": ((1, 2, 4, 4), (2, 2, 0, 3), None, {}), "no rows": ((1, 2, 0, 4), (2, 2, 1, 1), None, {"padding": 1}),
    "an image too small": ((0, 2, 2, 2), (2, 2, 3, 3), None, {}), "a matrix": ((1, 2, 4, 4), (2, 2), None, {}),
    "kernels of lines": ((1, 2, 4, 4), (2, 2, 3), None, {}), "of cubes": ((1, 2, 4, 4), (2, 2, 3, 3, 3), None, {}),
}  # fmt: skip


@pytest.mark.parametrize("case", NOTHING.values(), ids=NOTHING)
def test_convolutions_of_nothing(case):
    size, kernels, bias, options = case

    def story(lib, see):
        sizes = [size, kernels, *([(bias,)] if bias else [])]
        tensors = [lib.ones(*size, requires_grad=True) for size in sizes]
        see.error(lambda: lib.nn.functional.conv2d(*tensors, **options))
        try:
            lib.nn.functional.conv2d(*tensors, **options).sum().backward()
        except RuntimeError:
            return
        see(*(tensor.grad for tensor in tensors))

    assert_same_story(story, words=12)
