"""Reads what a run of `mnist` was told, from the `config.json` in its folder, so that others can go on with the run.

`mnist --resume RUN` takes all settings from there, and refuses others; `predict RUN` builds the run's network again.
Only the standard library is needed. Read next: `checkpoint.py`, which holds what the run had learned.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from .doctor import this_python
from .settings import CannotRun, Settings

# What may be other than when the run began: where the same digits lie, and how much is shown.
FREE = ("command", "data_dir", "json", "quiet", "resume")


def config_of(run: str | Path) -> dict[str, Any]:
    """The run's `config.json`. Raises: CannotRun when the folder is not one that `mnist` left."""
    path = Path(run) / "config.json"
    if not Path(run).is_dir():
        raise CannotRun(f"{run} is no folder; name the one that `comparisons mnist` printed in its last line")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        settings_in(config)
        dict(config["versions"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CannotRun(f"{run} is no folder that `comparisons mnist` left: {path.name}: {error}") from error
    return config


def settings_in(config: Mapping[str, Any]) -> Settings:
    """The settings in a `config.json`. Raises: TypeError or ValueError when they are not all there."""
    names = {field.name for field in fields(Settings)}
    settings = Settings(**{name: value for name, value in dict(config).items() if name in names})
    if settings.command != "mnist" or settings.net not in ("cnn", "lenet"):
        raise ValueError(f"it is of another command, {settings.command} {settings.net}")
    return settings


def settings_of(run: str | Path) -> Settings:
    """What the run was told. Raises: CannotRun when the folder is not one that `mnist` left."""
    return settings_in(config_of(run))


def resumed(run: str, asked: Settings, named: Mapping[str, Any]) -> Settings:
    """The settings of the run, to go on with.

    Args:
        asked: the settings of this command line. named: its options without the defaults, as `--seed 3` names one.

    Raises: CannotRun when an option is named that the run began without, or when the run is finished.
    """
    began = asdict(settings_of(run))
    for name, value in named.items():
        if name not in FREE and value != began.get(name):
            raise CannotRun(
                f"--resume {run}: {option(name)} is {value} here and {began.get(name)} in the run. A run goes on with "
                f"its own settings: leave {option(name)} out, or begin a new one without --resume"
            )
    refuse_finished(Path(run))
    data_dir = asked.data_dir if "data_dir" in named else began["data_dir"]
    free = {"data_dir": data_dir, "json": asked.json, "quiet": asked.quiet, "resume": run}
    return Settings(**(began | free))


def refuse_finished(run: Path) -> None:
    """Raises CannotRun when there is nothing to go on with: a finished run, or epochs without a checkpoint."""
    if (run / "checkpoint.npz").exists():
        return
    if (run / "summary.json").exists() and not interrupted(run / "summary.json"):
        raise CannotRun(f"--resume {run}: the run is finished; nothing is left to do. Look at {run}/report.html")
    if (run / "metrics.jsonl").exists():
        raise CannotRun(f"--resume {run}: checkpoint.npz is not there, and the run cannot go on without it")


def stopped_after(run: str | Path) -> int | None:
    """How many epochs a run had finished that was stopped and can go on; None for one that is finished."""
    if not (Path(run) / "checkpoint.npz").exists():
        return None
    return len((Path(run) / "metrics.jsonl").read_text(encoding="utf-8").splitlines())


def how_to_go_on(run: str | Path) -> str:
    """The command that goes on with a run."""
    return f"{this_python()} -m comparisons mnist --resume {shlex.quote(str(run))}"


def interrupted(summary: Path) -> bool:
    """Whether the summary says that Ctrl-C ended the run; an unreadable one says nothing."""
    try:
        return bool(json.loads(summary.read_text(encoding="utf-8"))["interrupted"])
    except (OSError, ValueError, KeyError, TypeError):
        return True


def option(name: str) -> str:
    """A setting as it is written on the command line.

    >>> option("batch_size")
    '--batch-size'
    """
    return "--" + name.replace("_", "-")
