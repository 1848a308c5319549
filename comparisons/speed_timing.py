"""A fair race: both sides in turns, A B A B, and the ratio of each round.

A machine that others use as well is now fast, now slow. Two numbers measured one after the other may differ for that
reason alone; two that were measured within the same tenth of a second share their weather. So the sides take turns, the
ratio is taken round by round, and what is reported is the median of the ratios with the quartiles around it.

What is raced is a `Work`: a function that does its parts one after another and calls `mark` after each. Read next:
`speed_process.py`, where it is done.
"""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

WARM_UP = 3  # calls, untimed: code is loaded, caches fill, pools of threads start
LONG = 1.0  # seconds; a call that takes longer is warm-up enough
TURN = 0.1  # seconds that a turn should at least last, so that the clock's own cost is nothing
MOST_CALLS = 200  # in one turn
PAUSE = 0.03  # seconds before a turn: threads that wait for work keep a processor busy for a while, here the other's


class Work(NamedTuple):
    """Something to time: `run(mark)` does it once, calls `mark()` after each of its parts, returns a tensor."""

    parts: tuple[str, ...]
    run: Callable[[Callable[[], None]], Any]


class Clock(Protocol):
    """Notes moments while work is being done, and afterwards says how many seconds lay between them."""

    def mark(self) -> None: ...

    def seconds(self) -> list[float]: ...


class CpuClock:
    """The processor's clock, for work that is done when the call returns."""

    def __init__(self) -> None:
        self.moments: list[float] = []

    def mark(self) -> None:
        self.moments.append(time.perf_counter())

    def seconds(self) -> list[float]:
        return np.diff(self.moments).tolist()


class CudaClock:
    """The GPU's own clock. A call only queues work there, so the moments are events in that queue, read at the end."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self.events: list[Any] = []

    def mark(self) -> None:
        event = self.torch.cuda.Event(enable_timing=True)
        event.record()
        self.events.append(event)

    def seconds(self) -> list[float]:
        self.torch.cuda.synchronize()
        return [a.elapsed_time(b) / 1000 for a, b in zip(self.events, self.events[1:], strict=False)]  # from ms


@dataclass(frozen=True)
class Racer:
    """One side of a race."""

    work: Work
    clock: Callable[[], Clock] = CpuClock

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts of its work."""
        return self.work.parts

    def call(self) -> list[float]:
        """Does the work once. Returns the seconds of each part."""
        clock = self.clock()
        clock.mark()
        self.work.run(clock.mark)
        return clock.seconds()

    def warm_up(self) -> float:
        """A few calls, or one long one. Returns the seconds of the last."""
        for _ in range(WARM_UP):
            seconds = sum(self.call())
            if seconds > LONG:
                break
        return seconds

    def turn(self, calls: int) -> np.ndarray:
        """Does the work so many times. Returns the median seconds of each part, and of all together."""
        gc.collect()
        if calls > 1:
            self.call()  # untimed: the other side has just been using the caches
        seconds = np.array([self.call() for _ in range(calls)])  # (calls, parts)
        return np.median(np.column_stack([seconds, seconds.sum(1)]), axis=0)


@dataclass(frozen=True)
class Timing:
    """How long one part takes on both sides: seconds per call, one number for each round."""

    ours: np.ndarray
    theirs: np.ndarray

    @property
    def medians(self) -> tuple[float, float]:
        """Seconds per call on our side and on theirs."""
        return float(np.median(self.ours)), float(np.median(self.theirs))

    @property
    def ratio(self) -> float:
        """The median over the rounds of ours / theirs."""
        return float(np.median(self.ours / self.theirs))

    @property
    def quartiles(self) -> tuple[float, float]:
        """Between them lies half of the rounds' ratios."""
        low, high = np.quantile(self.ours / self.theirs, [0.25, 0.75])
        return float(low), float(high)


class Entrant(Protocol):
    """Who can take part in a race: a `Racer`, or one in another process."""

    @property
    def parts(self) -> tuple[str, ...]: ...

    def warm_up(self) -> float: ...

    def turn(self, calls: int) -> np.ndarray: ...


def race(ours: Entrant, theirs: Entrant, rounds: int) -> tuple[dict[str, Timing], int]:
    """Times both sides in turns. Returns a timing for each part, and "together"; and the calls in each turn.

    Both sides do the same number of calls, so that a work which goes through batches goes through the same ones.
    """
    slower = max(entrant.warm_up() for entrant in (ours, theirs))
    calls = int(np.clip(np.ceil(TURN / slower), 1, MOST_CALLS))
    turns = np.array([[rested_turn(entrant, calls) for entrant in (ours, theirs)] for _ in range(rounds)])
    names = [*ours.parts, "together"]  # turns: (rounds, 2, names)
    return {name: Timing(turns[:, 0, i], turns[:, 1, i]) for i, name in enumerate(names)}, calls


def rested_turn(entrant: Entrant, calls: int) -> np.ndarray:
    """A turn when the other side has come to rest."""
    time.sleep(PAUSE)
    return entrant.turn(calls)
