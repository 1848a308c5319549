"""What "the two sides agree" means: every tolerance, named once, with its reason, and the checks that use them.

Two correct programs do not compute the same floating-point numbers: they add up the same terms in another order, and
each order rounds otherwise. So gradients of the *first* step, from equal weights, may differ by a few roundings and no
more. What happens later is another matter: each step starts from the rounding errors of the one before, and training
magnifies them (Adam divides by the size of the gradient: where that is nearly nothing, its rounding error becomes a
step of full length). In float32 the two loss curves part after some dozens of steps, as torch's own do when one of its
kernels is exchanged for another. So losses are held to a tight tolerance for as many steps as that takes, and beyond,
the difference is measured and shown instead of being forgiven by a wide tolerance. In float64 the whole run is held.
Where float32 parts earlier than that, torch is run again from weights one bit off: see `check_losses`. And with
`mnist --yardstick` torch is trained a second time, its kernels exchanged, and drift stands beside drift: `check_drift`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Yardstick = Callable[[int], Sequence[Sequence[float]]]

EPSILON = {"float32": 2.0**-23, "float64": 2.0**-52}  # the step from 1 to the next number

# A sum of n terms is off by about √n roundings; the longest sums here, over a batch of 50 and 28×28 places, have
# 39,200 terms: 200 roundings of the largest number in play. Seen: at most 32 (both networks, 200 seeds).
ROUNDINGS = 200

LOSS_TOLERANCE = {"float32": 1e-6, "float64": 1e-9}  # relative
TIMES_THE_YARDSTICK = 3  # two roundings of one trajectory part alike, not equally far
LOSS_STEPS = {"float32": 30, "float64": None}  # the first so many steps; None for the whole run

# The accuracies of two trainings that parted are two measurements, each of n digits: standard error √(2·p(1 − p)/n).
STANDARD_ERRORS = 2


@dataclass(frozen=True)
class Check:
    """One thing that was compared: whether it agrees, a sentence for people and the figures for programs."""

    name: str
    agrees: bool
    text: str
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """How far two arrays are apart."""

    largest: float  # max |Δ|
    relative: float  # max |Δ| / max |theirs|
    cosine: float  # of the angle between them: 1 for the same direction


def tolerance_of(dtype: str) -> float:
    """How far two correct results may be apart, relative to the largest number: 200 roundings of the dtype."""
    return ROUNDINGS * EPSILON[dtype]


def tolerance_text(dtype: str) -> str:
    """The tolerance with its reason."""
    return (
        f"{tolerance_of(dtype):.1e}, which is {ROUNDINGS} roundings of {dtype} (ε = {EPSILON[dtype]:.1e}): a sum "
        "of n terms, added up in another order, is off by about √n roundings, and the longest sums here have "
        "39,200 terms"
    )


def difference_between(ours: np.ndarray, theirs: np.ndarray) -> Difference:
    """How far our array is from theirs, computed in float64. Nan, and another shape, are infinitely far from anything.

    >>> difference_between(np.array([1., 2.]), np.array([1., 4.])).relative
    0.5
    """
    if ours.shape != theirs.shape:
        return Difference(np.inf, np.inf, np.nan)
    a, b = ours.astype(np.float64).ravel(), theirs.astype(np.float64).ravel()
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return Difference(np.inf, np.inf, np.nan)
    largest, size = np.abs(a - b).max(initial=0), np.abs(b).max(initial=0)
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return Difference(
        largest=float(largest),
        relative=float(ratio(largest, size)),
        cosine=float(a @ b / lengths) if lengths else float(largest == 0),
    )


def ratio(difference: Any, size: Any) -> np.ndarray:
    """difference / size, element by element, where nothing differs from nothing by 0 and something by infinity."""
    difference, size = np.asarray(difference, np.float64), np.abs(np.asarray(size, np.float64))
    with np.errstate(all="ignore"):
        return np.where(difference == 0, 0.0, difference / size)


def relative_differences(ours: Sequence[float], theirs: Sequence[float]) -> np.ndarray:
    """|a − b| / |b| for each pair; 0 where both are not a number, or the same infinity; infinite where one is.

    >>> relative_differences([3.0, np.nan, np.inf, np.nan], [2.0, np.nan, np.inf, 1.0])
    array([0.5, 0. , 0. , inf])
    """
    a, b = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    with np.errstate(all="ignore"):
        differences = ratio(np.abs(a - b), b)
    alike = (a == b) | (np.isnan(a) & np.isnan(b))
    return np.where(alike, 0.0, np.where(np.isnan(differences), np.inf, differences))


def check_weights(ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray], seed: int, dtype: str) -> Check:
    """Whether one seed gave both sides the same weights, to the bit.

    On a processor where torch rounds otherwise than on the ones that minigrad was checked on, the last bit may differ;
    then torch's weights are copied, which is said. Weights that differ by more are an error.
    """
    count = f"{sum(array.size for array in theirs.values()):,} numbers"
    if all(ours[name].tobytes() == theirs[name].tobytes() for name in theirs):
        text = f"equal to the bit, nothing copied: {count} from seed {seed}"
        return Check("weights", True, text, {"equal_to_the_bit": True})
    worst = max(difference_between(ours[name], theirs[name]).relative for name in theirs)
    text = (
        f"NOT equal to the bit on this processor, but to {worst:.1e}: torch's were copied to minigrad ({count})"
        if worst <= tolerance_of(dtype)
        else f"differ by {worst:.1e}, relative: one seed should have drawn the same on both sides ({count})"
    )
    return Check("weights", worst <= tolerance_of(dtype), text, {"equal_to_the_bit": False, "relative": worst})


def check_gradients(ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray], dtype: str) -> Check:
    """Whether the gradients of the first step agree, parameter by parameter, up to rounding."""
    relative = {name: difference_between(ours[name], theirs[name]).relative for name in theirs}
    worst = max(relative, key=relative.__getitem__)
    text = (
        f"max |Δ| / max |g| = {relative[worst]:.1e}, at {worst};\n"
        f"tolerance {tolerance_of(dtype):.1e}, {ROUNDINGS} roundings of {dtype}"
    )
    figures = {"relative": relative, "tolerance": tolerance_of(dtype)}
    return Check("first-step gradients", relative[worst] <= tolerance_of(dtype), text, figures)


def check_losses(
    ours: Sequence[float], theirs: Sequence[float], dtype: str, yardstick: Yardstick | None = None
) -> Check:
    """Whether the losses of the first steps agree, and when they stop agreeing.

    Args:
        yardstick: gives torch's losses of the first so many steps, rounded otherwise. It is asked only where float32 is
        above the tolerance early: then what torch differs from itself by is all that can be asked of anyone.
    """
    tolerance = LOSS_TOLERANCE[dtype]
    differences = relative_differences(ours, theirs)
    total, finite = len(differences), bool(np.isfinite([*ours, *theirs]).all())
    held = min(LOSS_STEPS[dtype] or total, total)
    above = np.flatnonzero(differences > tolerance)
    agreed = int(above[0]) if above.size else total  # steps before the first that is too far off
    furthest = int(differences.argmax())
    agrees, largest_held, own = agreed >= held, float(differences[:held].max()), None
    steps = f"{held} step{'s' * (held != 1)}"
    first = f"first {steps}" if held < total else f"all {steps}" if held > 1 else "the one step"
    lines = [f"{first}: {differences[:held].max():.1e}, relative; tolerance {tolerance:.0e}"]
    if held < total and above.size:
        later = "later" if agreed >= held else "early"
        lines.append(
            f"drifts apart {later}: first above at step {agreed + 1:,}, "
            f"furthest at step {furthest + 1:,} of {total:,}, by {differences[furthest]:.1e}"
        )
    elif above.size:
        lines.append(f"above {tolerance:.0e} from step {agreed + 1:,} on")
    elif held < total:
        lines.append(f"and no drift above {tolerance:.0e} in all {total:,} steps")
    if not finite:
        lines.append(f"not every loss is a finite number{', on both sides alike' * agrees}: a smaller --lr?")
    if not agrees and np.isfinite(largest_held) and dtype == "float32" and yardstick is not None:
        own = max(float(relative_differences(run, theirs[:held]).max()) for run in yardstick(held))
        agrees = largest_held <= TIMES_THE_YARDSTICK * own < np.inf
        lines.append(
            f"so it is judged otherwise: torch, from weights one bit off, is {own:.1e} from torch; "
            f"no more than {TIMES_THE_YARDSTICK} times that is float32's doing"
            + (", as here" if agrees else ", but this is more")
        )
    figures = {
        "tolerance": tolerance,
        "yardstick": own,
        "steps_held": held,
        "largest_held": largest_held,
        "first_step_above": agreed + 1 if above.size else None,
        "steps": total,
        "largest": float(differences[furthest]),
        "largest_at_step": furthest + 1,
    }
    return Check("losses", agrees, "\n".join(lines), figures)


def check_drift(ours: Sequence[float], theirs: Sequence[float], own: Sequence[float], dtype: str) -> Check:
    """Whether minigrad's losses are no further from torch's than torch's own are with its kernels exchanged.

    Compared is the median over all steps: where a run happens to part is chance, and the largest difference more so.
    A median below the tolerance of the first steps is no drift.

    Args:
        own: torch's losses in the second run, with the same weights, batches and masks.
    """
    apart, yardstick = relative_differences(ours, theirs), relative_differences(own, theirs)
    median, own_median = float(np.median(apart)), float(np.median(yardstick))
    verdicts = {
        "minigrad's is no larger": own_median,
        f"minigrad's is within the tolerance, {LOSS_TOLERANCE[dtype]:.0e}": LOSS_TOLERANCE[dtype],
        f"minigrad's is within {TIMES_THE_YARDSTICK} times that": TIMES_THE_YARDSTICK * own_median,
    }
    verdict = next((text for text, bound in verdicts.items() if median <= bound), None)
    text = (
        f"median {median:.1e} over {len(apart):,} steps, largest {apart.max():.1e};\n"
        f"torch from itself, without oneDNN: {own_median:.1e}, {yardstick.max():.1e};\n"
        + (verdict or f"minigrad's is more than {TIMES_THE_YARDSTICK} times that")
    )
    figures = {
        "median": median,
        "largest": float(apart.max()),
        "yardstick_median": own_median,
        "yardstick_largest": float(yardstick.max()),
        "differences": apart.tolist(),
        "yardstick_differences": yardstick.tolist(),
    }
    return Check("drift", verdict is not None, text, figures)


def check_accuracy(ours: Sequence[int], theirs: Sequence[int], labels: np.ndarray) -> Check:
    """Whether both sides get as many test digits right, within the error of measuring that on so many digits."""
    a, b, count = np.asarray(ours), np.asarray(theirs), len(labels)
    right = int((a == labels).sum()), int((b == labels).sum())
    share = sum(right) / (2 * count)
    # √(2·p(1 − p)/n) in digits; two trainings may always differ by one
    margin = max(STANDARD_ERRORS * float(np.sqrt(2 * share * (1 - share) * count)), 1.0)
    apart, same = abs(right[0] - right[1]), int((a == b).sum())
    text = (
        f"{right[0]:,} and {right[1]:,} of {count:,} test digits right;\n"
        f"margin {margin:.0f} ({STANDARD_ERRORS} standard errors); same answer to {same:,}"
    )
    figures = {"right": right, "of": count, "margin": margin, "same_answer": same}
    return Check("accuracies", apart <= margin, text, figures)
