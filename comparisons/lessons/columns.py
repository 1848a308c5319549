"""Two lessons about how a convolution becomes a matrix product. Read next: `slopes.py`."""

from time import perf_counter
from typing import Any

from minigrad.ops.convolution import correlate
from minigrad.ops.windows import windows

from .table import Line, lesson


@lesson(
    "im2col",
    remember="Write each patch as a column, and the convolution is one matrix product.",
    line=Line(windows, "(sn, sc, sh * DH, sw * DW, sh * SH, sw * SW)"),
)
def im2col(torch: Any) -> None:
    """im2col, drawn on a 4×4 image.

    A 3×3 kernel has four places on a 4×4 image. In the drawing each place has its nine pixels in brackets; read row by
    row they are a column of the matrix below. The kernel, read the same way, is a row, and row times matrix gives all
    the outputs at once. Nothing is broken here but the memory: pixel 5 stands in all four columns, so the matrix is
    larger than the image, up to nine times for a large one.

    Backward is the same matrix turned over: a pixel that was copied into four columns gets the sum of four gradients
    (`fold`). The corner was copied once. Copying forwards is summing backwards.
    """
    F = torch.nn.functional
    x = torch.arange(16.0).view(1, 1, 4, 4)
    columns = F.unfold(x, 3)
    for patch in columns[0].T.tolist():
        for row in x[0, 0].tolist():
            cells = ["[{:2.0f}]" if p in patch else " {:2.0f} " for p in row]
            print("".join(cells).format(*row))
        print()
    print("im2col:", tuple(columns.shape))
    for row in columns[0].tolist():
        print("".join(f" {p:2.0f} " for p in row))

    kernel = torch.arange(9.0).view(1, 1, 3, 3)
    product = kernel.view(1, 9) @ columns
    print("product:", product[0, 0].tolist())
    print("conv2d:", F.conv2d(x, kernel).flatten().tolist())
    ones = torch.ones(1, 9, 4)
    print("fold of ones, the first row:")
    print(F.fold(ones, 4, 3)[0, 0, 0].tolist())


def loops(x, kernel):
    """One output at a time: the kernel laid on one patch."""
    N, C, H, W = x.shape
    F, _, K, _ = kernel.shape
    y = x.new_zeros(N, F, H - K + 1, W - K + 1)
    for n in range(N):
        for f in range(F):
            for a in range(H - K + 1):
                for b in range(W - K + 1):
                    patch = x[n, :, a : a + K, b : b + K]
                    y[n, f, a, b] = (patch * kernel[f]).sum()
    return y


def product(torch, x, kernel):
    """Every patch a column, every kernel a row, and one matrix product."""
    N, C, H, W = x.shape
    F, _, K, _ = kernel.shape
    y = kernel.view(F, C * K * K) @ torch.nn.functional.unfold(x, K)
    return y.view(N, F, H - K + 1, W - K + 1)


@lesson(
    "three-forms",
    remember="A convolution is fast because it is a matrix product, not because anybody skipped a multiplication.",
    line=Line(correlate, "np.matmul(kernels, columns(x[part]"),
    helpers=(loops, product),
)
def three_forms(torch: Any) -> None:
    """A convolution in three forms, with times.

    The same sum three times: by loops that say what is meant, as a matrix product of im2col's columns, and by the
    library. All three do the same multiplications, and agree to rounding ("equal"). The loops make a handful of small
    tensors for every output, and each costs microseconds whatever is in it. The product hands all the work to one call.
    The library goes on from there: minigrad takes a few images at a time, so that the columns stay in the cache, and
    torch chooses among kernels that were written for just this. Times (≈) are the best of three on this machine, one
    thread on each side.
    """
    torch.manual_seed(0)
    x = torch.randn(2, 3, 14, 14)
    kernel = torch.randn(4, 3, 3, 3)
    forms = {
        "loops": lambda: loops(x, kernel),
        "product": lambda: product(torch, x, kernel),
        "conv2d": lambda: torch.nn.functional.conv2d(x, kernel),
    }
    wanted = forms["conv2d"]().double()
    for name, form in forms.items():
        seconds = []
        for _ in range(3):
            start = perf_counter()
            y = form()
            seconds.append(perf_counter() - start)
        near = (y - wanted).abs().max().item() < 1e-5
        print(f"{name:8} ≈ {min(seconds) * 1000:7.3f} ms  equal: {near}")
