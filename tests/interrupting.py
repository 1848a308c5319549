"""A run of `python -m comparisons mnist` that Ctrl-C stops at a chosen place."""

from typing import Any

import pytest

from comparisons import mnist


def interrupt_at(monkeypatch: pytest.MonkeyPatch, call: int) -> None:
    """Ctrl-C in the n-th evaluation: two of them make an epoch."""
    calls, evaluate = 0, mnist.evaluate

    def interrupted(learner: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            raise KeyboardInterrupt
        return evaluate(learner)

    monkeypatch.setattr(mnist, "evaluate", interrupted)
