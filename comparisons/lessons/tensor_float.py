"""A lesson about a number format that only GPUs have. Read next: `shards.py`."""

from typing import Any

import numpy as np

from minigrad.ops.linalg import mm

from .table import Line, lesson


def tf32(x):
    """The nearest float32 with 10 bits behind the point instead of 23."""
    bits = x.view(np.uint32)
    half = 0xFFF + ((bits >> 13) & 1)  # of two as near, the even one
    return ((bits + half) & 0xFFFFE000).view(np.float32)


@lesson(
    "tf32",
    remember="TF32 is float32's range with float16's digits: three of them, in the factors of a product.",
    line=Line(mm, "np.dot(input.array, mat2.array)"),
    helpers=(tf32,),
)
def tensor_float(torch: Any) -> None:
    """TF32, and what it rounds.

    A float32 has 8 bits of exponent and 23 bits behind the point. Nvidia's tensor cores, since Ampere, can multiply
    numbers of which they read only 10 of those 23 bits, and add the products up in float32. That is TF32: the range of
    float32, three digits instead of seven, and many times the speed. The tensors stay float32 all the time, so no dtype
    shows it.

    Here NumPy rounds the factors to the nearest (a chip may as well cut the bits off), and the product is computed in
    float32 as usual: the error is a thousand times larger. On a GPU torch has a switch for it:
    torch.backends.cuda.matmul.allow_tf32 (off by default), torch.backends.cudnn.allow_tf32 for convolutions (on), or
    torch.set_float32_matmul_precision("high"). The comparisons here turn it off: a gradient that agrees to three digits
    proves little. minigrad, on the CPU, has no such switch.
    """
    near = np.array([1 / 3, 1.0009765625, 1.0001], dtype=np.float32)
    for x, y in zip(near.tolist(), tf32(near).tolist(), strict=True):
        print(f"{x:.8f} -> {y:.8f}")

    a, b = np.random.RandomState(0).randn(2, 64, 64).astype(np.float32)
    exact = torch.from_numpy(a).double() @ torch.from_numpy(b).double()
    for name, form in (("float32", np.array), ("TF32", tf32)):
        c = torch.from_numpy(form(a)) @ torch.from_numpy(form(b))
        error = (c - exact).abs().mean() / exact.abs().mean()
        print(f"{name:8} off by ≈ {error.item():.1e}")
    print("the dtype:", c.dtype)
