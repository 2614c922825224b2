"""``rnnctl train`` as a function: builds, trains, tests, writes the run folder, and yields what happens."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from rnnctl.config import Config
from rnnctl.data import Dataset
from rnnctl.errors import RnnctlError
from rnnctl.records import RunHeader, StepRecord, Summary, ValidationRecord
from rnnctl.workflows.build import build
from rnnctl.workflows.interrupts import stop_on_signals
from rnnctl.workflows.run_writer import RunWriter

Event = StepRecord | ValidationRecord | Summary


class TrainRun:
    """One training run, prepared: iterate over it to train.

    Args:
        config: The whole config.
        out: Folder that the run folder is made in; None writes nothing.
        command: The command line, for the record.

    Attributes:
        config: The config.
        dataset: The data, split.
        model: The ``keras.Model`` in training.
        header: What is known before the first step.
        folder: The run folder; None where nothing is written.
        validations: Validation losses so far.
        summary: What the run came to; None before its end.
    """

    def __init__(self, config: Config, out: Path | None, command: Sequence[str]) -> None:
        began = time.perf_counter()
        built = build(config)
        from rnnctl.training.setup import describe_loop, make_header, make_loop

        self.config = config
        self.dataset: Dataset = built.dataset
        self.model: Any = built.model
        self.validations: list[ValidationRecord] = []
        self.summary: Summary | None = None
        self._loop = make_loop(config, built.dataset, built.model)
        self.header: RunHeader = make_header(config, built.dataset, built.model, self._loop)
        self._writer = RunWriter(config, built.dataset, out, command, **describe_loop(config, self._loop))
        self.folder: Path | None = self._writer.folder
        self._setup_seconds = time.perf_counter() - began
        self._began: float | None = None
        self._first_loss: float | None = None
        self._final_loss: float | None = None

    def __iter__(self) -> Iterator[StepRecord]:
        """Trains, and yields a record for every optimizer step."""
        return (event for event in self.events() if isinstance(event, StepRecord))

    def events(self) -> Iterator[Event]:
        """Trains, and yields every step, every validation, and at the end the summary.

        Raises:
            NonFiniteError: The loss or a gradient became NaN or infinite; what was done before is recorded.
            KeyboardInterrupt: Ctrl-C or SIGTERM, after the summary; what was done is recorded.
            RunError: The run folder cannot be written.
            RnnctlError: The run has been iterated over before. Training runs ahead of what it yields, so that a run
                that was left cannot be taken up again.
        """
        if self._began is not None:
            raise RnnctlError("this run has been iterated over before; prepare another one with rnnctl.train")
        self._began = time.perf_counter() - self._setup_seconds
        with self._writer, stop_on_signals() as request, closing(iter(self._loop)) as records:
            self._loop.stop = request
            for record in records:
                self._note(record)
                yield record
            yield self._finish(time.perf_counter() - self._began)
        self._raise_if_cut_short()

    def _note(self, record: StepRecord | ValidationRecord) -> None:
        if isinstance(record, StepRecord):
            self._final_loss = record.loss
            if self._first_loss is None:
                self._first_loss = record.loss
        else:
            self.validations.append(record)
        self._writer.add(record)

    def _finish(self, seconds: float) -> Summary:
        from rnnctl.model.weights import weight_arrays
        from rnnctl.training.setup import test_metrics

        loop = self._loop
        finite = loop.stopped != "non-finite"
        if finite:
            loop.best.restore()
        metrics = test_metrics(self.config, self.dataset, self.model) if finite and loop.done else {}
        median = loop.pace.median
        self.summary = Summary(
            steps=loop.done,
            epochs=loop.done // loop.plan.steps_per_epoch,
            first_loss=self._first_loss,
            final_loss=self._final_loss,
            best_validation_loss=loop.best.loss,
            best_epoch=loop.best.epoch,
            stopped=loop.stopped,
            seconds=seconds,
            milliseconds_per_step=None if median is None else 1000 * median,
            metrics=metrics,
        )
        self._writer.finish(self.summary, weight_arrays(self.model))
        return self.summary

    def _raise_if_cut_short(self) -> None:
        if self._loop.stopped == "interrupted":
            raise KeyboardInterrupt
        if self._loop.stopped == "non-finite":
            from rnnctl.training.nonfinite import explain

            raise explain(self._loop, self.dataset.train)


def train(config: Config, *, out: Path | str | None = None, command: Sequence[str] = ()) -> TrainRun:
    """Prepares a training run; iterating over it trains.

    ::

        run = rnnctl.train(rnnctl.load_config("configs/sunspots.yaml"))
        for record in run:
            print(record.step, record.loss, record.gradient_norm)
        print(run.summary.metrics)

    Args:
        config: The whole config.
        out: Folder that the run folder is made in; None writes nothing to disk.
        command: The command line, for the record in the run folder.

    Returns:
        The run: iterate over it for a ``StepRecord`` per optimizer step, or over its ``events()``.

    Raises:
        DataError: The data cannot be used.
        ConfigError: Model and data do not fit together.
        RunError: The run folder cannot be made.
    """
    return TrainRun(config, None if out is None else Path(out), command)
