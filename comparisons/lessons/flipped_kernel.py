"""A lesson about the direction of a kernel. Read next: `columns.py`."""

from typing import Any

from minigrad.ops.windows import scatter_windows

from .table import Line, lesson


@lesson(
    "flipped-kernel",
    remember="conv2d does not flip its kernel; its gradient towards the image does.",
    line=Line(scatter_windows, "+= patches[:, :, i, j]"),
)
def flipped_kernel(torch: Any) -> None:
    """Cross-correlation, and where the kernel is flipped.

    conv2d lays the kernel on a patch as it is and multiplies: y[a] = Σ k[i] · x[a + i], which mathematics calls
    cross-correlation. So the one bright pixel is met first by the *last* element of the kernel, and the output shows
    the kernel turned by 180°. A convolution in the mathematician's sense would show it upright.

    Backward goes the other way: a gradient at the output position a is sent, times k[i], to pixel a + i, which draws
    the kernel upright. Collected pixel by pixel, ∂ℒ/∂x[p] = Σ k[i] · g[p − i]: the minus is the flip. The last line
    computes that as a conv2d of the padded gradient with the flipped kernel and gets the same numbers. For learning
    none of it matters: a kernel that is learned would be learned flipped.
    """
    F = torch.nn.functional
    kernel = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    x = torch.zeros(1, 1, 3, 3)
    x[0, 0, 1, 1] = 1.0
    x.requires_grad_()
    y = F.conv2d(x, kernel)
    print("kernel:", *kernel[0, 0].tolist())
    print("one pixel:", *y[0, 0].tolist())

    g = torch.tensor([[[[1.0, 0.0], [0.0, 10.0]]]])
    y.backward(g)
    print("gradient:", *g[0, 0].tolist())
    print("towards the image:")
    print(*x.grad[0, 0].tolist(), sep="\n")
    flipped = kernel[:, :, [1, 0]][:, :, :, [1, 0]]
    again = F.conv2d(F.pad(g, (1, 1, 1, 1)), flipped)
    print("conv2d, flipped:", torch.equal(again, x.grad))
