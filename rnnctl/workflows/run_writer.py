"""Writing the run folder of a run while it trains; nothing where no folder is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnctl.config.dump import config_to_yaml
from rnnctl.results.evaluation import Scores, TestResults
from rnnctl.results.training import Snapshot, StepRecord, Summary, ValidationRecord
from rnnctl.runs.environment import describe_environment
from rnnctl.runs.run_folder import RunFolder
from rnnctl.runs.test_results import write_test
from rnnctl.training.build import Built
from rnnctl.workflows.checkpointing import CheckpointWriter

BURST = 64
"""Records in one write."""

SECONDS = 1.0
"""Longest time that a record waits to be written: a killed run loses no more."""


class RunWriter:
    """Writes a run folder while a run goes on.

    Args:
        built: The config, its data and its schedule.
        out: Folder that the run folder is made in; None writes nothing.
        again: The folder of a run that goes on, taken back to where it goes on from; ``out`` is not looked at then.
        about: Fields of ``checkpoint.json`` for a step.
        best: Step of the best checkpoint so far.
        environment: Further fields of ``environment.json``.

    Raises:
        RunError: The folder cannot be made or written.
    """

    def __init__(
        self,
        built: Built,
        out: Path | None,
        command: Sequence[str],
        *,
        again: RunFolder | None = None,
        about: Callable[[int], Mapping[str, Any]] = lambda step: {},
        best: int | None = None,
        **environment: Any,
    ) -> None:
        self._waiting: list[StepRecord] = []
        self._written_at = time.monotonic()
        config, dataset = built.config, built.dataset
        self._time_steps = built.schedule.backward_length
        self._keep = config.gradients.keep
        self._checkpoints: CheckpointWriter | None = None
        self._folder = again if again is not None or out is None else RunFolder.create(out, config.name)
        if self._folder is None:
            return
        self._checkpoints = CheckpointWriter(
            self._folder.path, config.checkpoints.keep, about, before=self._sync, best=best
        )
        if again is None:
            self._folder.write_config(config_to_yaml(config))
            if dataset.preparation is not None:
                self._folder.write_preparation(dataset.preparation)
            self._folder.write_environment(
                describe_environment(command, seed=config.seed, fingerprints=dataset.fingerprints, **environment)
            )

    @property
    def folder(self) -> Path | None:
        """The run folder; None where nothing is written."""
        return None if self._folder is None else self._folder.path

    @property
    def last_checkpoint(self) -> Path | None:
        """The last checkpoint that is whole on disk; None where there is none."""
        return None if self._checkpoints is None else self._checkpoints.last

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if self._folder is not None:
            try:
                self._flush()
            finally:
                if self._checkpoints is not None:
                    # At a second Ctrl-C a checkpoint that is being written is abandoned.
                    self._checkpoints.close(at_once=kind is not None and issubclass(kind, KeyboardInterrupt))
                self._folder.close()

    def add(self, record: StepRecord | ValidationRecord) -> None:
        """Adds a record; it is written after ``BURST`` more, with the first one ``SECONDS`` later, or at the end."""
        if self._folder is None:
            return
        if isinstance(record, ValidationRecord):
            self._flush()
            self._folder.append_validation(record)
            return
        self._waiting.append(record)
        if len(self._waiting) >= BURST or time.monotonic() - self._written_at >= SECONDS:
            self._flush()

    def add_checkpoint(self, snapshot: Snapshot) -> None:
        """Writes a snapshot in the background, after syncing the record of earlier steps."""
        if self._checkpoints is not None:
            self._checkpoints.add(snapshot)

    def finish_checkpoints(self, last: Snapshot | None) -> None:
        """Writes the last checkpoint, unless its state is not finite (None), and waits for it."""
        if self._checkpoints is not None:
            self._checkpoints.finish(last)

    def finish(
        self, summary: Summary, weights: Mapping[str, Any] | None, tested: tuple[Scores, TestResults] | None = None
    ) -> None:
        """Writes remaining records, final weights, test results and the summary.

        Args:
            weights: The final weights by their paths; None where they are not finite.
            tested: Scores and predictions on the test split; None without one.
        """
        if self._folder is None:
            return
        self._flush()
        if weights is not None:
            self._folder.write_weights(weights)
        if tested is not None:
            write_test(self._folder.path, tested[1], tested[0])
        self._folder.write_summary(summary)

    def _sync(self) -> None:
        self._flush()
        if self._folder is not None:
            self._folder.sync()

    def _flush(self) -> None:
        if self._checkpoints is not None:
            self._checkpoints.check()
        if self._folder is not None and self._waiting:
            waiting, self._waiting = self._waiting, []
            self._folder.append_steps(waiting)
            self._folder.append_through_time(waiting, self._time_steps, self._keep)
            self._written_at = time.monotonic()
