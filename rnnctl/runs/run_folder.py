"""The folder of a run, open for writing: created once, never overwritten, readable after any crash."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy.typing as npt

from rnnctl.data.dataset import Preparation
from rnnctl.results.evaluation import Combination
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.append_files import AppendFile
from rnnctl.runs.checkpoints import SUMS, sums_text
from rnnctl.runs.gradient_norms import GRADIENT_NORMS, GradientNormsWriter, check_weights, gradient_norms_until
from rnnctl.runs.jsonl import dump, dump_line, step_line, summary_fields, validation_line
from rnnctl.runs.lock import RunLock
from rnnctl.runs.record_truncation import Cut, steps_until, validations_until
from rnnctl.runs.run_files import arrays_to_bytes, disk_errors, remove_tree, write_file
from rnnctl.runs.through_time import ThroughTimeWriter, through_time_until
from rnnctl.util.atomic import sync_folder

CONFIG, ENVIRONMENT, STEPS, VALIDATION = "config.yaml", "environment.json", "steps.jsonl", "validation.jsonl"
SUMMARY, WEIGHTS, THROUGH_TIME = "summary.json", "weights.safetensors", "through_time"
RESUMED, PREPARATION, TEST = "resumed.jsonl", "preparation.json", "test.json"
COMBINATION = "combination.json"


@dataclass(frozen=True)
class Past:
    """The record of a run up to the step that it continues from.

    Attributes:
        first: Its first step, without gradient norms per weight; None before any.
        last: Its last step, likewise.
        validations: Its validations but the one that may follow its last step.
        through_time: By state, norms through time of the last recorded step that has some, ``[time]``.
    """

    first: StepRecord | None = None
    last: StepRecord | None = None
    validations: tuple[ValidationRecord, ...] = ()
    through_time: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def safe_name(name: str) -> str:
    """A folder name of at most 80 bytes that every file system takes; of ``../a b`` remains ``a-b``.

    It holds letters, digits, ``-``, ``_`` and ``.``; of a text without any of them remains ``run``.
    """
    words = re.sub(r"[^\w.-]+", "-", name[:1000])
    short = words.strip("-._").encode("utf-8", "ignore")[:80].decode("utf-8", "ignore")
    return short.strip("-._") or "run"


def next_number(parent: Path, name: str) -> int:
    """One more than the highest number of the entries ``<name>-<number>`` of a folder, which may be missing."""
    with disk_errors("read", parent):
        entries = [entry.name for entry in parent.iterdir()] if parent.is_dir() else []
    taken = [int(found[1]) for entry in entries if (found := re.fullmatch(re.escape(name) + r"-(\d{1,9})", entry))]
    return max(taken, default=0) + 1


class RunFolder:
    """A run folder at ``path``, locked and open for writing until `close`.

    Raises:
        RunError: Another process is writing it. Every method raises it where the disk says no.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = RunLock(path)
        self._resumed = False
        self._spacing: int | None = None
        self._norms: GradientNormsWriter | None = None
        self._lines: dict[str, AppendFile] = {}
        self._through_time: ThroughTimeWriter | None = None

    @classmethod
    def create(cls, parent: Path, name: str) -> Self:
        """Makes ``<parent>/<name>-<number>`` with the next free number; two runs never get the same one."""
        safe = safe_name(name)
        with disk_errors("create", parent):
            parent.mkdir(parents=True, exist_ok=True)
        number = next_number(parent, safe)
        while True:
            path = parent / f"{safe}-{number}"
            with disk_errors("create", path), suppress(FileExistsError):
                path.mkdir()
                return cls(path)
            number += 1  # another run was quicker

    @classmethod
    def make(cls, path: Path) -> Self:
        """Makes a folder at a path where nothing is."""
        with disk_errors("create", path):
            path.mkdir(parents=True)
        return cls(path)

    def rewind(
        self, step: int, weights: Sequence[str] | None = None, states: Mapping[str, int] | None = None
    ) -> tuple[Past, Cut]:
        """Reads and checks the record up to a step, to continue from there.

        Args:
            step: The step; with 0 all of the record is to be removed.
            weights: Paths of the weights that the run which continues has; None for any.
            states: Time steps by state of its norms through time; None for any.

        Returns:
            The record up to the step; and what truncates the folder after it, to be called before anything is written.

        Raises:
            RunError: The record cannot be read, or was changed by hand; then nothing was.
        """
        past, cuts = self._until(step, weights, states) if step else (Past(), ())
        record = () if step else (STEPS, GRADIENT_NORMS, VALIDATION, THROUGH_TIME)

        def cut() -> None:
            self._resumed = True
            for each in cuts:
                each()
                # All but the record describe an end that was none.
            for name in (SUMMARY, WEIGHTS, SUMS, TEST, COMBINATION, *record):
                with disk_errors("remove", self.path / name), suppress(FileNotFoundError):
                    remove_tree(self.path / name)

        return past, cut

    def _until(
        self, step: int, weights: Sequence[str] | None, states: Mapping[str, int] | None
    ) -> tuple[Past, tuple[Cut, ...]]:
        ends, cut_steps = steps_until(self.path / STEPS, step)
        cut_norms = gradient_norms_until(self.path / GRADIENT_NORMS, step)
        if weights is not None:
            check_weights(self.path / GRADIENT_NORMS, weights)
        validations, cut_validations = validations_until(self.path / VALIDATION, step)
        cuts, folder = (cut_steps, cut_norms, cut_validations), self.path / THROUGH_TIME
        if not folder.is_dir():
            return Past(*ends, tuple(validations)), cuts
        found = through_time_until(folder, step, states)
        self._spacing = found.spacing
        return Past(*ends, tuple(validations), found.last), (*cuts, found.cut)

    def note_resumption(self, fields: Mapping[str, Any]) -> Callable[[], None]:
        """Reads ``resumed.jsonl``, and gives back what adds a line to it."""
        path = self.path / RESUMED
        with disk_errors("read", path):
            before = path.read_bytes() if path.exists() else b""
        whole = before[: before.rfind(b"\n") + 1]
        return lambda: write_file(path, whole + dump_line({"event": "resumed", **fields}).encode())

    def write_config(self, text: str) -> None:
        """Writes ``config.yaml``."""
        write_file(self.path / CONFIG, text.encode())

    def write_environment(self, environment: Mapping[str, Any]) -> None:
        """Writes ``environment.json`` (`rnnctl.runs.environment`)."""
        write_file(self.path / ENVIRONMENT, (dump(environment, indent=2) + "\n").encode())

    def write_preparation(self, preparation: Preparation) -> None:
        """Writes ``preparation.json``: scales and vocabularies, to prepare other data in the same way."""
        write_file(self.path / PREPARATION, (dump(preparation.to_json(), indent=2) + "\n").encode())

    def append_steps(self, records: Sequence[StepRecord]) -> None:
        """Adds a row per step to ``gradient_norms.npy``, then a line to ``steps.jsonl``, each in one write.

        In this order a reader of the lines finds the row of each in the table.
        """
        if records:
            if self._norms is None:
                weights = tuple(records[0].gradient_norms)
                self._norms = GradientNormsWriter(self.path / GRADIENT_NORMS, weights, resumed=self._resumed)
            self._norms.append_steps(records)
        self._append(STEPS, "".join([step_line(record, per_weight=False) for record in records]))

    def _append(self, name: str, lines: str) -> None:
        if name not in self._lines:
            self._lines[name] = AppendFile(self.path / name, resumed=self._resumed)
        self._lines[name].append(lines.encode())

    @property
    def _files(self) -> Iterator[AppendFile]:
        files = (self._norms, *self._lines.values(), self._through_time)
        return (file for file in files if file is not None)

    def append_validation(self, record: ValidationRecord) -> None:
        """Adds a line to ``validation.jsonl``."""
        self._append(VALIDATION, validation_line(record))

    def append_through_time(self, records: Sequence[StepRecord], time_steps: int, keep: int | None = None) -> None:
        """Adds the norms through time of those records that have some to ``through_time/``.

        Args:
            time_steps: Time steps of the longest training sequence.
            keep: Most steps that are kept; None for the default of `ThroughTimeWriter`.
        """
        if self._through_time is None:
            states = next((record.state_gradient_norms for record in records if record.state_gradient_norms), None)
            if states is None:
                return
            folder = self.path / THROUGH_TIME
            self._through_time = ThroughTimeWriter(folder, tuple(states), time_steps, keep, self._spacing)
        self._through_time.append_steps(records)

    def write_weights(self, weights: Mapping[str, npt.NDArray[Any]]) -> None:
        """Writes ``weights.safetensors``: arrays by the weights' paths; and ``SHA256SUMS`` of what predictions need."""
        self._write_summed(WEIGHTS, arrays_to_bytes(weights))

    def write_combination(self, combination: Combination) -> None:
        """Writes ``combination.json``: what forecasts are made of; and ``SHA256SUMS`` anew."""
        self._write_summed(COMBINATION, (dump(asdict(combination), indent=2) + "\n").encode())

    def _write_summed(self, name: str, data: bytes) -> None:
        contents = {}
        for other in (WEIGHTS, PREPARATION, COMBINATION):
            with disk_errors("read", self.path / other), suppress(FileNotFoundError):
                contents[other] = data if other == name else (self.path / other).read_bytes()
        write_file(self.path / name, data)
        write_file(self.path / SUMS, sums_text(contents))

    def write_summary(self, summary: Summary) -> None:
        """Writes ``summary.json``."""
        write_file(self.path / SUMMARY, (dump(summary_fields(summary), indent=2) + "\n").encode())

    def sync(self) -> None:
        """Waits until the record is on the disk itself, so that no checkpoint is ahead of it."""
        for file in self._files:
            file.sync()
        # Names too: a file made since the last checkpoint would be gone after a power cut.
        for folder in (self.path.parent, self.path, self.path / THROUGH_TIME):
            with suppress(OSError):
                sync_folder(folder)

    def close(self) -> None:
        """Closes all files and releases the lock; a second call does nothing."""
        try:
            for file in self._files:
                file.close()
        finally:
            self._lock.release()

    def leave(self) -> None:
        """Closes a folder in which nothing was written, with the file of the lock as it was before."""
        self._lock.undo()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
