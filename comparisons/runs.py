"""The folder that a run leaves behind, and how files get into it: whole or not at all.

A file is written under another name and then renamed, which either happens or does not: a run that is interrupted, or
a disk that is full, leaves no half of a file. Nothing is pickled, so nothing that is loaded again can run code.
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from .settings import CannotRun, Settings
from .text import say


def plain(value: Any) -> Any:
    """The value as JSON can say it: NumPy's numbers as Python's, and null for nan and infinity, which JSON lacks."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (np.generic, np.ndarray)):
        return plain(value.tolist())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def to_json(value: Any, indent: int | None = None) -> str:
    """The value as JSON, by `plain`."""
    return json.dumps(plain(value), indent=indent, ensure_ascii=False, allow_nan=False)


class RunFolder:
    """A new folder `<parent>/<time>-<name>/`, or one that is there (`existing`); `write_*` puts files into it."""

    def __init__(self, parent: str, name: str) -> None:
        """Raises: CannotRun when there cannot be a folder, or a file in it."""
        stamp = time.strftime("%Y%m%d-%H%M%S")
        try:
            Path(parent).mkdir(parents=True, exist_ok=True)
            self.path = unused(Path(parent) / f"{stamp}-{name}")
            self.path.mkdir()
        except OSError as error:
            raise CannotRun(
                f"--out {parent}: no folder can be made there: {error.strerror}; name one that you may write to"
            ) from error

    @classmethod
    def existing(cls, path: str) -> "RunFolder":
        """The folder of an earlier run."""
        folder = cls.__new__(cls)
        folder.path = Path(path)
        return folder

    def write(self, name: str, write: Callable[[IO[bytes]], Any]) -> None:
        """A file, by a function that writes to an open one. Raises: CannotRun when the disk does not take it."""
        write_whole(self.path / name, write)

    def remove(self, name: str) -> None:
        """Takes a file away, if it is there."""
        (self.path / name).unlink(missing_ok=True)

    def write_text(self, name: str, text: str) -> None:
        self.write(name, lambda file: file.write(text.encode()))

    def write_json(self, name: str, value: Any) -> None:
        self.write_text(name, to_json(value, indent=2) + "\n")

    def write_weights(self, name: str, weights: Mapping[str, np.ndarray]) -> None:
        """Arrays by name: `np.load(path, allow_pickle=False)` reads them."""
        self.write(name, lambda file: np.savez(file, **weights))  # type: ignore[arg-type]  # stubs: allow_pickle is one


def write_whole(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """A file, by a function that writes to an open one; what is no regular file, such as a pipe, is written into.

    Raises: CannotRun when it cannot be written.
    """
    path = Path(os.path.realpath(path))  # a link stays one
    unfinished = path.with_name(f".{path.name}.unfinished")
    renamed = path.is_file() or not path.exists()
    try:
        with (unfinished if renamed else path).open("wb") as file:
            write(file)
            if renamed:
                file.flush()
                os.fsync(file.fileno())  # on the disk before it takes the old file's place
        if renamed:
            os.replace(unfinished, path)
    except OSError as error:
        raise CannotRun(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        if renamed:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)


def unused(path: Path) -> Path:
    """The path, or the first of path-2, path-3, … that nobody has."""
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate


def publish(settings: Settings, folder: RunFolder | None, text: str, result: dict[str, Any]) -> None:
    """A command's result: on stdout as text, or with --json as one object; and both in the folder, if there is one."""
    say(settings, text)
    if folder is not None:
        folder.write_text("result.txt", text + "\n")
        folder.write_json("result.json", result)
        result = result | {"folder": str(folder.path)}
        say(settings, str(folder.path))
    if settings.json:
        print(to_json(result))
