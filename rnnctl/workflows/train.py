"""``rnnctl train`` as a function: builds, trains, tests, writes the run folder, and yields what happens."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, nullcontext, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from rnnctl.config import Config
from rnnctl.data import Dataset
from rnnctl.errors import NonFiniteError, RnnctlError, RunError
from rnnctl.results.training import RunHeader, Snapshot, StepRecord, Summary, ValidationRecord
from rnnctl.runs.environment import describe_environment, package_versions
from rnnctl.runs.temporary import ensure_temporary_folder
from rnnctl.trackers.following import Following
from rnnctl.trackers.tracker import Beginning
from rnnctl.training.build import build
from rnnctl.workflows.checkpointing import naming_the_last
from rnnctl.workflows.ending import said_of, tested, write_page_about
from rnnctl.workflows.interrupts import stop_on_signals
from rnnctl.workflows.run_writer import RunWriter
from rnnctl.workflows.summary import SummaryBuilder

Event = StepRecord | ValidationRecord | Summary


class TrainRun:
    """One training run, prepared: iterate over it to train.

    Args:
        out: Folder that the run folder is made in; None writes nothing.
        command: The command line, for the record.
        until: Step after which the run ends as if it were interrupted; None trains to its end.
        following: Trackers of the run; None for none.

    Attributes:
        config: The config, with names of columns in place of patterns.
        model: The ``keras.Model`` in training.
        header: Description of the run before the first step.
        folder: The run folder; None where nothing is written.
        validations: Validation losses so far.
        summary: The summary; None before the run's end.
        notices: Messages for the user before the first step.
        afterwards: Messages for the user after the last event.
    """

    def __init__(
        self,
        config: Config,
        out: Path | None,
        command: Sequence[str],
        *,
        until: int | None = None,
        following: Following | None = None,
    ) -> None:
        began = time.perf_counter()
        if out is not None:
            ensure_temporary_folder(out)
        self._built = built = build(config)
        from rnnctl.training.checkpoint_schedule import CheckpointSchedule
        from rnnctl.training.setup import make_header, make_loop

        self.config = built.config
        self.dataset: Dataset = built.dataset
        self.model: Any = built.model
        self.summary: Summary | None = None
        self.notices: tuple[str, ...] = ()
        self.afterwards: tuple[str, ...] = ()
        self.following = following or Following()
        self._command = command
        self._loop = make_loop(built)
        self._loop.until = until
        self.header: RunHeader = make_header(built, self._loop)
        self._totals = SummaryBuilder(built)
        self.validations = self._totals.validations
        self._left: str | None = None
        self._wrong: NonFiniteError | None = None
        self._writer = self._open_writer(out)
        self.folder = None if self._writer is None else self._writer.path
        if self._writer is not None:
            self._loop.checkpoints = CheckpointSchedule(self.config.checkpoints)
        self._totals.seconds_before += time.perf_counter() - began

    @cached_property
    def environment(self) -> dict[str, Any]:
        """What the run is made with and runs on, for ``environment.json``."""
        from rnnctl.training.setup import describe_loop

        more = {**describe_loop(self.config, self._loop), "config": self.config.model_dump(mode="json")}
        fingerprints = self.dataset.fingerprints
        return describe_environment(self._command, seed=self.config.seed, fingerprints=fingerprints, **more)

    def _open_writer(self, out: Path | None) -> RunWriter | None:
        self.following.check(None)
        return None if out is None else RunWriter.create(out, self._built, self.environment, self._about)

    def _about(self, step: int) -> dict[str, Any]:
        """Fields of ``checkpoint.json`` at a step."""
        schedule, config = self._built.schedule, self.config.model_dump(mode="json")
        return {
            "epoch": schedule.epoch(step + 1),
            "batches_into_epoch": step % schedule.steps_per_epoch,
            "total_steps": schedule.total_steps,
            "learning_rate": config["optimizer"]["learning_rate"],
            "seconds": self._totals.seconds,
            "config": config,
            "data": dict(self.dataset.fingerprints),
            "versions": package_versions(),
        }

    def __fspath__(self) -> str:
        if self.folder is None:
            raise RunError("this run writes no folder, which is needed here; give train_steps a folder as out")
        return str(self.folder)

    def __iter__(self) -> Iterator[StepRecord]:
        """Trains, and yields a record for every optimizer step."""
        return (event for event in self.events() if isinstance(event, StepRecord))

    def events(self) -> Generator[Event, None, None]:
        """Trains, and yields every step, every validation, and at the end the summary.

        Raises:
            NonFiniteError: The loss or a gradient became NaN or infinite; what was done before is recorded.
            KeyboardInterrupt: Ctrl-C or SIGTERM, after the summary; what was done is recorded.
            RunError: The run folder cannot be written.
            RnnctlError: The run has been iterated over before; training runs ahead of what it yields.
        """
        if self._totals.began is not None:
            raise RnnctlError("this run has been iterated over before; prepare another one with rnnctl.train_steps")
        self._totals.began = time.perf_counter()
        try:
            with self.following:  # trackers that copy the run folder find it complete on exit
                yield from self._train()
                if self._writer is not None and self._writer.begun:
                    self.afterwards = (*self.afterwards, *write_page_about(self._writer.path))
        except RunError as error:
            if self._writer is None:
                raise
            raise naming_the_last(error, self._writer.path, self._writer.checkpoints.last) from error
        if self._loop.stopped == "interrupted" and self._loop.done != self._loop.until and self._left is None:
            raise KeyboardInterrupt
        if self._wrong is not None:
            raise self._wrong

    def _train(self) -> Iterator[Event]:
        from rnnctl.model.weights import weight_arrays

        loop, writer = self._loop, self._writer
        with writer or nullcontext(), stop_on_signals() as request, closing(iter(loop)) as records:
            loop.stop = lambda: request() or self._left is not None
            loop.at_once = lambda: request.at_once
            try:
                if self.following:
                    known = self.header, self.config, self.environment, self.folder
                    self.following.begin(Beginning(*known, loop.done, weight_arrays(self.model)))
                for record in records:
                    if isinstance(record, Snapshot):
                        self._keep(record)
                        continue
                    with request:  # what is written is yielded too, and a burst of steps is written whole
                        self._note(record)
                        yield record
                summary = self._finish()
            except Exception as error:
                why = str(error) if isinstance(error, RnnctlError) else f"{type(error).__name__}: {error}"
                if writer is not None and writer.begun:
                    with suppress(RunError):  # the disk may be full or gone
                        writer.finish(self._totals.summary(loop, "failed", {}, why), None)
                raise
            with request:
                yield summary

    def stop(self, why: str) -> None:
        """Ends training between two steps, as Ctrl-C does; whoever iterates gets what was done until then.

        Args:
            why: For the run's record, in a sentence.
        """
        self._left = why

    def _note(self, record: StepRecord | ValidationRecord) -> None:
        self._totals.add(record)
        if self._writer is not None:
            self._writer.add(record)
        self.following.add(record)

    def _keep(self, snapshot: Snapshot) -> None:
        if self._writer is not None:
            self._writer.checkpoints.add(snapshot)
        self.following.weights(snapshot.step, {path: snapshot.model[path] for path in self.header.weight_paths})

    def _finish(self) -> Summary:
        from rnnctl.model.weights import weight_arrays
        from rnnctl.training.nonfinite import explain

        loop = self._loop
        if loop.stopped == "non-finite":
            self._wrong = explain(loop, self._built.schedule.sequences)
        finite, writer = self._wrong is None, self._writer
        if writer is not None and not writer.begun and loop.stopped == "interrupted":
            writer = None  # a run that is resumed and takes no step stays as it is
        if writer is not None:
            writer.begin()
            writer.checkpoints.finish(loop.snapshot("last") if finite and loop.done else None)
        if finite:
            loop.best.restore()
        test = tested(self._built) if finite and loop.done else None
        metrics = {} if test is None else test[0].flat()
        self.afterwards = tuple(self._totals.remarks(loop))
        why_left = self._left if loop.stopped == "interrupted" else None
        reason = why_left if self._wrong is None else str(self._wrong)
        worth = said_of(self._built, self.validations, None if test is None else test[0]) if finite else ""
        self.summary = self._totals.summary(loop, loop.stopped, metrics, reason, worth)
        # A step that is not finite ruins the weights; the newest checkpoint has those from before it.
        weights = weight_arrays(self.model) if finite else None
        if writer is not None:
            writer.finish(self.summary, weights, test)
        self.following.finish(self.summary, weights)
        return self.summary


def train_steps(
    config: Config,
    *,
    out: Path | str | None = None,
    command: Sequence[str] = (),
    following: Following | None = None,
) -> TrainRun:
    """Prepares a training run; iterating over it trains.

    ::

        run = rnnctl.train_steps(rnnctl.load_config("configs/sunspots.yaml"))
        for record in run:
            print(record.step, record.loss, record.gradient_norm)
        print(run.summary.metrics)

    Args:
        out: Folder that the run folder is made in; None writes nothing to disk.
        command: The command line, for the record in the run folder.
        following: Trackers that are told of the run, such as
            ``Following([rnnctl.trackers.tensorboard.TensorBoard()])``.

    Returns:
        The run: iterate over it for a ``StepRecord`` per optimizer step, or over its ``events()``.

    Raises:
        DataError: The data cannot be used.
        ConfigError: Model and data do not fit together.
        RunError: The run folder cannot be made, or a tracker cannot follow the run; then no run folder is.
    """
    return TrainRun(config, None if out is None else Path(out), command, following=following)
