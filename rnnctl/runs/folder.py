"""The folder that a run leaves: created once, never overwritten, readable after any crash.

Knows neither TensorFlow nor the console.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Preparation
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.files import told, write_whole
from rnnctl.runs.gradient_norms import GRADIENT_NORMS, GradientNormsWriter, rewind_gradient_norms
from rnnctl.runs.growing import AppendFile
from rnnctl.runs.jsonl import dump, dump_line, step_line, summary_fields, validation_line
from rnnctl.runs.lock import RunLock
from rnnctl.runs.rewind import rewind_steps, rewind_validations
from rnnctl.runs.through_time import SoFar, ThroughTimeWriter, last_norms, rewind_through_time
from rnnctl.util.atomic import sync_folder

CONFIG, ENVIRONMENT, STEPS, VALIDATION = "config.yaml", "environment.json", "steps.jsonl", "validation.jsonl"
SUMMARY, WEIGHTS, THROUGH_TIME = "summary.json", "weights.safetensors", "through_time"
RESUMED, PREPARATION, TEST = "resumed.jsonl", "preparation.json", "test.json"


@dataclass(frozen=True)
class Past:
    """What a run did before it goes on.

    Attributes:
        first: Its first step, without the norms that are kept beside its line; None before any.
        last: Its last step, likewise.
        validations: Its validations but the one that may follow its last step.
        through_time: By state, the norms through time of the last step that has some and was kept, ``[time]``.
    """

    first: StepRecord | None = None
    last: StepRecord | None = None
    validations: tuple[ValidationRecord, ...] = ()
    through_time: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


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
        self._lock = RunLock(path)
        self._again = False
        self._so_far: SoFar | None = None
        self._steps: AppendFile | None = None
        self._norms: GradientNormsWriter | None = None
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

    @classmethod
    def reopen(cls, path: Path) -> Self:
        """Opens a run's folder to go on writing it; ``rewind`` comes next.

        Raises:
            RunError: Another process is writing it, or it cannot be written.
        """
        return cls(path)

    def rewind(self, step: int, measured_every: int) -> Past:
        """Truncates the record after a step, to continue from there.

        Args:
            step: The last step that stays.
            measured_every: The config's ``gradients.every``.

        Raises:
            RunError: The record cannot be read or written, or was changed by hand.
        """
        self._again = True
        steps = rewind_steps(self.path / STEPS, step)
        rewind_gradient_norms(self.path / GRADIENT_NORMS, step)
        validations = rewind_validations(self.path / VALIDATION, step)
        norms: dict[str, tuple[float, ...]] = {}
        if (self.path / THROUGH_TIME).is_dir():
            self._so_far = rewind_through_time(self.path / THROUGH_TIME, step, measured_every)
            norms = {} if self._so_far is None else last_norms(self.path / THROUGH_TIME)
        for ending in (SUMMARY, WEIGHTS, TEST):  # they tell of an end that was none
            with told("remove", self.path / ending):
                (self.path / ending).unlink(missing_ok=True)
        return Past(steps[0] if steps else None, steps[1] if steps else None, tuple(validations), norms)

    def note_resumption(self, fields: Mapping[str, Any]) -> None:
        """Adds a line to ``resumed.jsonl``: from where the run went on, on what, and what was changed."""
        path = self.path / RESUMED
        with told("read", path):
            before = path.read_bytes() if path.exists() else b""
        whole = before[: before.rfind(b"\n") + 1]
        write_whole(path, whole + dump_line({"event": "resumed", **fields}).encode())

    def write_config(self, text: str) -> None:
        """Writes ``config.yaml``, the full config as used."""
        write_whole(self.path / CONFIG, text.encode())

    def write_environment(self, environment: Mapping[str, Any]) -> None:
        """Writes ``environment.json``, what the run ran on (``rnnctl.runs.environment``)."""
        write_whole(self.path / ENVIRONMENT, (dump(environment, indent=2) + "\n").encode())

    def write_preparation(self, preparation: Preparation) -> None:
        """Writes ``preparation.json``: scales and vocabularies, so that other data can be brought to the same form."""
        write_whole(self.path / PREPARATION, (dump(preparation.to_json(), indent=2) + "\n").encode())

    def append_steps(self, records: Sequence[StepRecord]) -> None:
        """Adds a line per step to ``steps.jsonl``, and a row to ``gradient_norms.npy``, each in one write.

        The rows first: whoever reads the lines before the table finds there all that the lines tell of.
        """
        if records:
            if self._norms is None:
                weights = tuple(records[0].gradient_norms)
                self._norms = GradientNormsWriter(self.path / GRADIENT_NORMS, weights, again=self._again)
            self._norms.append(records)
        if self._steps is None:
            self._steps = AppendFile(self.path / STEPS, again=self._again)
        self._steps.append("".join([step_line(record, per_weight=False) for record in records]).encode())

    @property
    def _files(self) -> Iterator[AppendFile | GradientNormsWriter | ThroughTimeWriter]:
        files = (self._norms, self._steps, self._validation, self._through_time)
        return (file for file in files if file is not None)

    def append_validation(self, record: ValidationRecord) -> None:
        """Adds a line to ``validation.jsonl``."""
        if self._validation is None:
            self._validation = AppendFile(self.path / VALIDATION, again=self._again)
        self._validation.append(validation_line(record).encode())

    def append_through_time(self, records: Sequence[StepRecord], time_steps: int, keep: int | None = None) -> None:
        """Adds the norms through time of those records that have some to ``through_time/``.

        Args:
            records: Steps in order.
            time_steps: Time steps of the longest sequence of the training split.
            keep: Steps that are kept at most; beyond them every second one is dropped, again and again. None keeps
                as many as a moderate size allows (``rnnctl.runs.through_time``).
        """
        if self._through_time is None:
            states = next((record.state_gradient_norms for record in records if record.state_gradient_norms), None)
            if states is None:
                return
            folder = self.path / THROUGH_TIME
            self._through_time = ThroughTimeWriter(folder, tuple(states), time_steps, keep, self._so_far)
        self._through_time.append(records)

    def write_weights(self, weights: Mapping[str, npt.NDArray[Any]]) -> None:
        """Writes ``weights.safetensors``: arrays by the weights' paths, with no code in them."""
        from safetensors.numpy import save

        write_whole(self.path / WEIGHTS, save({path: np.ascontiguousarray(array) for path, array in weights.items()}))

    def write_summary(self, summary: Summary) -> None:
        """Writes ``summary.json``."""
        write_whole(self.path / SUMMARY, (dump(summary_fields(summary), indent=2) + "\n").encode())

    def sync(self) -> None:
        """Waits until the record is on the disk itself, so that no checkpoint is ahead of it.

        Raises:
            RunError: The disk says no.
        """
        for file in self._files:
            file.sync()
        # Names too: a file that was made since the last checkpoint would be gone after a power cut.
        for folder in (self.path.parent, self.path, self.path / THROUGH_TIME):
            sync_folder(folder)

    def close(self) -> None:
        """Closes all files and gives up the folder; a second time does nothing."""
        try:
            for file in self._files:
                file.close()
        finally:
            self._lock.release()

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
