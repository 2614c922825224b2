"""Writing the run folder of a run while it trains."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Self

from rnnctl.config.dump import config_to_yaml
from rnnctl.results.evaluation import NETWORK, Combination, Scores, TestResults
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.run_folder import RunFolder
from rnnctl.runs.test_results import write_test
from rnnctl.training.build import Built
from rnnctl.workflows.checkpointing import About, CheckpointWriter

BURST = 64
"""Records in one write."""

SECONDS = 1.0
"""Longest time that a record waits to be written: a killed run loses no more."""


class RunWriter:
    """Writes a run folder while a run goes on; every method raises a `RunError` where the disk says no.

    Args:
        folder: The folder.
        built: The config, its data and its schedule.
        best: Step of the best checkpoint so far.
        begin: Called before the first record or file is written: takes a run that is resumed back to where it goes on.

    Attributes:
        path: The run folder.
        checkpoints: Writes checkpoints, each after the records of the steps before it.
    """

    def __init__(
        self,
        folder: RunFolder,
        built: Built,
        about: About,
        best: int | None = None,
        begin: Callable[[], None] | None = None,
    ) -> None:
        self.path = folder.path
        self._folder, self._built = folder, built
        self._begin = begin
        self._waiting: list[StepRecord] = []
        self._written_at = time.monotonic()
        self.checkpoints = CheckpointWriter(self.path, built.config.checkpoints.keep, about, self._sync, best)

    @classmethod
    def create(cls, folder: RunFolder, built: Built, environment: Mapping[str, Any], about: About) -> Self:
        """Writes all that is known before the first step into the folder of a new run."""
        folder.write_config(config_to_yaml(built.config))
        if built.dataset.preparation is not None:
            folder.write_preparation(built.dataset.preparation)
        folder.write_environment(environment)
        return cls(folder, built, about)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        try:
            self._flush()
        finally:
            # At a second Ctrl-C a checkpoint that is being written is abandoned.
            self.checkpoints.close(at_once=kind is not None and issubclass(kind, KeyboardInterrupt))
            if self.begun:
                self._folder.close()
            else:
                self._folder.leave()

    @property
    def begun(self) -> bool:
        """Whether the folder is no longer as it was before the run was resumed."""
        return self._begin is None

    def begin(self) -> None:
        """Takes a run that is resumed back to where it goes on; a second call does nothing."""
        if self._begin is not None:
            self._begin()
            self._begin = None

    def add(self, record: StepRecord | ValidationRecord) -> None:
        """Adds a record; it is written after ``BURST`` more, with the first one ``SECONDS`` later, or at the end."""
        self.begin()
        if isinstance(record, ValidationRecord):
            self._flush()
            self._folder.append_validation(record)
            return
        self._waiting.append(record)
        if len(self._waiting) >= BURST or time.monotonic() - self._written_at >= SECONDS:
            self._flush()

    def write_weights(self, weights: Mapping[str, Any]) -> None:
        """Writes remaining records, and the final weights by their paths."""
        self.begin()
        self._flush()
        self._folder.write_weights(weights)

    def finish(
        self,
        summary: Summary,
        tested: tuple[Scores, TestResults] | None = None,
        combination: Combination = NETWORK,
    ) -> None:
        """Writes remaining records, what forecasts are made of, test results and the summary.

        Args:
            tested: Scores and predictions on the test split; None without one.
            combination: Nothing is written of a network alone.
        """
        self.begin()
        self._flush()
        if combination != NETWORK:
            self._folder.write_combination(combination)
        if tested is not None:
            write_test(self.path, tested[1], tested[0])
        self._folder.write_summary(summary)

    def _sync(self) -> None:
        self._flush()
        self._folder.sync()

    def _flush(self) -> None:
        self.checkpoints.check()
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._folder.append_steps(waiting)
            keep = self._built.config.gradients.keep
            self._folder.append_through_time(waiting, self._built.schedule.backward_length, keep)
            self._written_at = time.monotonic()
