"""Two lessons about checking a derivative with differences. Read next: `tensor_float.py`."""

from typing import Any

from minigrad.autograd.gradcheck import check_slow, slope_along

from .table import Line, lesson


@lesson(
    "gradcheck",
    remember="Check gradients in float64: in float32 a right one fails.",
    line=Line(check_slow, "if not np.allclose(a, n, told.rtol, told.atol):"),
)
def gradcheck(torch: Any) -> None:
    """gradcheck in float32.

    gradcheck moves each input by ε = 0.000001 up and down and compares the slope that it sees with the one from
    backward. Backward says 3x², 3 and 12 here, which is right. The differences say something else: float32 has 7
    digits, and x³ moves in the 6th or 7th of them, so what is left of (f(x + ε) − f(x − ε)) / 2ε is a digit and
    rounding. Both libraries warn and then fail a derivative that is right. In float64 nine more digits are there, and
    the check passes.
    """
    x = torch.tensor([1.0, 2.0], requires_grad=True)

    def cube(x):
        return x * x * x

    print("float64:", torch.autograd.gradcheck(cube, x.double()))
    print("float32:", torch.autograd.gradcheck(cube, x))


@lesson(
    "step-size",
    remember="The best step is about the cube root of the rounding: 6e-6 in float64, 5e-3 in float32.",
    line=Line(slope_along, "return np.asarray((sides[0] - sides[1]) / (2 * eps))"),
)
def step_size(torch: Any) -> None:
    """The error of a difference against its step.

    Each line is a step ε; the bar is as long as the error of (f(x + ε) − f(x − ε)) / 2ε is large, one mark for each
    power of ten, from 1e-10 on, that it exceeds. Read from the top: as ε gets ten times smaller, the error of the
    float64 curve falls a hundredfold, because what the difference leaves out is the bend of the curve, about ε². Then
    it turns and rises tenfold a line: f is only known to a rounding, which is divided by an ever smaller ε. In float32
    it turns after two steps. Where ε is below the rounding of x itself, x + ε is x, and the difference is 0.

    So no step is small enough for float32, and a derivative by differences has at best two thirds of the digits.
    Backward, in the line "back", has all of them, for it takes no difference.
    """

    def f(x):
        return x * x * x * x

    for dtype in (torch.float64, torch.float32):
        print(dtype)
        x = torch.tensor(1.7, dtype=dtype, requires_grad=True)
        f(x).backward()
        for power in range(1, 10):
            step = 10.0**-power
            with torch.no_grad():
                slope = (f(x + step) - f(x - step)) / (2 * step)
            error = abs(slope.item() - 4 * 1.7**3)
            marks = sum(error > 10.0**-k for k in range(-2, 11))
            print(f"1e-{power} {error:8.1e} {'#' * marks}")
        print(f"back {abs(x.grad.item() - 4 * 1.7**3):8.1e}")
