"""What a training run leaves on disk, in the order in which it happens; nothing at all where no folder is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from rnnctl.config import Config
from rnnctl.config.dump import config_to_yaml
from rnnctl.data import Dataset
from rnnctl.records import StepRecord, Summary, ValidationRecord
from rnnctl.runs.environment import describe_environment
from rnnctl.runs.folder import RunFolder

BURST = 64
"""Records written in one go."""


class RunWriter:
    """Writes a run folder while a run goes on.

    Args:
        config: The whole config.
        dataset: The data, for its fingerprints.
        out: Folder that the run folder is made in; None writes nothing.
        command: The command line, for the record.

    Raises:
        RunError: The folder cannot be made or written.
    """

    def __init__(self, config: Config, dataset: Dataset, out: Path | None, command: Sequence[str]) -> None:
        self._waiting: list[StepRecord] = []
        self._folder = None if out is None else RunFolder.create(out, config.name)
        if self._folder is not None:
            self._folder.write_config(config_to_yaml(config))
            self._folder.write_environment(
                describe_environment(command, seed=config.seed, fingerprints=dataset.fingerprints)
            )

    @property
    def folder(self) -> Path | None:
        """The run folder; None where nothing is written."""
        return None if self._folder is None else self._folder.path

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder is not None:
            self._flush()
            self._folder.close()

    def add(self, record: StepRecord | ValidationRecord) -> None:
        """Takes a record; it is on disk after at most ``BURST`` more, or at the end of the run."""
        if self._folder is None or not isinstance(record, StepRecord):
            return
        self._waiting.append(record)
        if len(self._waiting) >= BURST:
            self._flush()

    def finish(self, summary: Summary, weights: Mapping[str, Any]) -> None:
        """Writes what is left, the final weights and the summary."""
        if self._folder is None:
            return
        self._flush()
        self._folder.write_weights(weights)
        self._folder.write_summary(summary)

    def _flush(self) -> None:
        if self._folder is not None and self._waiting:
            waiting, self._waiting = self._waiting, []
            self._folder.append_steps(waiting)
