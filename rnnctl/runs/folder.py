"""The folder that a run leaves: created once, never overwritten, readable after any crash.

Knows neither TensorFlow nor the console.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from rnnctl.records import StepRecord, Summary, ValidationRecord
from rnnctl.runs.files import AppendFile, told, write_whole
from rnnctl.runs.jsonl import dump, step_line, summary_fields, validation_line
from rnnctl.runs.through_time import ThroughTimeWriter

CONFIG, ENVIRONMENT, STEPS, VALIDATION = "config.yaml", "environment.json", "steps.jsonl", "validation.jsonl"
SUMMARY, WEIGHTS, THROUGH_TIME = "summary.json", "weights.safetensors", "through_time"


def safe_name(name: str) -> str:
    """A name that every file system takes as one folder: letters, digits, ``-``, ``_`` and ``.`` inside.

    Args:
        name: Any text; of ``../a b`` stays ``a-b``, of nothing usable ``run``.

    Returns:
        At most 80 bytes of UTF-8.
    """
    words = re.sub(r"[^\w.-]+", "-", name[:1000])
    short = words.strip("-._").encode("utf-8", "ignore")[:80].decode("utf-8", "ignore")
    return short.strip("-._") or "run"


class RunFolder:
    """A run's folder, open for writing. Use ``create``, and ``close`` (or ``with``) at the end.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._steps: AppendFile | None = None
        self._validation: AppendFile | None = None
        self._through_time: ThroughTimeWriter | None = None

    @classmethod
    def create(cls, parent: Path, name: str) -> Self:
        """Makes ``<parent>/<name>-<number>`` with the next free number; two runs never get the same one.

        Args:
            parent: Folder of all runs; created where it is missing.
            name: Name of the run, made safe for the file system.

        Raises:
            RunError: The folder cannot be made.
        """
        safe = safe_name(name)
        with told("create", parent):
            parent.mkdir(parents=True, exist_ok=True)
        with told("read", parent):
            taken = [
                int(found[1])
                for entry in parent.iterdir()
                if (found := re.fullmatch(re.escape(safe) + r"-(\d{1,9})", entry.name))
            ]
        number = max(taken, default=0) + 1
        while True:
            path = parent / f"{safe}-{number}"
            with told("create", path):
                try:
                    path.mkdir()
                except FileExistsError:  # another run was quicker
                    number += 1
                    continue
            return cls(path)

    def write_config(self, text: str) -> None:
        """Writes ``config.yaml``, the full config as used."""
        write_whole(self.path / CONFIG, text.encode())

    def write_environment(self, environment: Mapping[str, Any]) -> None:
        """Writes ``environment.json``, what the run ran on (``rnnctl.runs.environment``)."""
        write_whole(self.path / ENVIRONMENT, (dump(environment, indent=2) + "\n").encode())

    def append_steps(self, records: Sequence[StepRecord]) -> None:
        """Adds a line per step to ``steps.jsonl``, all in one write."""
        if self._steps is None:
            self._steps = AppendFile(self.path / STEPS)
        self._steps.append("".join(map(step_line, records)).encode())

    def append_validation(self, record: ValidationRecord) -> None:
        """Adds a line to ``validation.jsonl``."""
        if self._validation is None:
            self._validation = AppendFile(self.path / VALIDATION)
        self._validation.append(validation_line(record).encode())

    def append_through_time(self, records: Sequence[StepRecord], time_steps: int, keep: int = 10_000) -> None:
        """Adds the norms through time of those records that have some to ``through_time/``.

        Args:
            records: Steps in order.
            time_steps: Time steps of the longest sequence of the training split.
            keep: Steps that are kept at most; beyond them every second one is dropped, again and again.
        """
        if self._through_time is None:
            states = next((record.state_gradient_norms for record in records if record.state_gradient_norms), None)
            if states is None:
                return
            self._through_time = ThroughTimeWriter(self.path / THROUGH_TIME, tuple(states), time_steps, keep)
        self._through_time.append(records)

    def write_weights(self, weights: Mapping[str, npt.NDArray[Any]]) -> None:
        """Writes ``weights.safetensors``: arrays by the weights' paths, with no code in them."""
        from safetensors.numpy import save

        write_whole(self.path / WEIGHTS, save({path: np.ascontiguousarray(array) for path, array in weights.items()}))

    def write_summary(self, summary: Summary) -> None:
        """Writes ``summary.json``."""
        write_whole(self.path / SUMMARY, (dump(summary_fields(summary), indent=2) + "\n").encode())

    def close(self) -> None:
        """Closes all files; a second time does nothing."""
        for file in (self._steps, self._validation, self._through_time):
            if file is not None:
                file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_environment(folder: Path) -> dict[str, Any]:
    """Reads ``environment.json`` back.

    Raises:
        RunError: It cannot be read.
    """
    with told("read", folder / ENVIRONMENT):
        read: dict[str, Any] = json.loads((folder / ENVIRONMENT).read_bytes())
    return read
