"""What a person or a program sees of a run: four displays with the same four methods.

A display is told the header, then steps and validations in order, then the summary; ``close`` leaves the terminal as
it was, whatever happened. They write; everything they write is made by the pure functions beside this module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Protocol, TextIO

from rnnctl.cli.console.columns import Columns, choose_columns, line_maker, title_line
from rnnctl.cli.console.lines import epoch_mark, header_lines, summary_lines, validation_text
from rnnctl.cli.console.plot import LossCurve, Point, loss_plot
from rnnctl.cli.console.style import Style
from rnnctl.results.training import RunHeader, StepRecord, Summary, ValidationRecord
from rnnctl.runs.jsonl import dump_line, step_line, summary_line, validation_line

BURST_SECONDS = 0.05
"""Seconds of training whose lines are written in one go."""


class Display(Protocol):
    """What the train command drives."""

    def begin(self, header: RunHeader) -> None:
        """Shows what is going to be trained."""

    def step(self, record: StepRecord) -> None:
        """Shows an optimizer step."""

    def validation(self, record: ValidationRecord) -> None:
        """Shows a validation."""

    def end(self, summary: Summary, folder: Path | None) -> None:
        """Shows what the run came to."""

    def close(self) -> None:
        """Writes what is left, and leaves the terminal as it was."""


class Quiet:
    """Shows the summary alone."""

    def __init__(self, out: TextIO, style: Style) -> None:
        self._out, self._style, self._total = out, style, 0

    def begin(self, header: RunHeader) -> None:
        """Shows nothing."""
        self._total = header.total_steps

    def step(self, record: StepRecord) -> None:
        """Shows nothing."""

    def validation(self, record: ValidationRecord) -> None:
        """Shows nothing."""

    def end(self, summary: Summary, folder: Path | None) -> None:
        """Shows what the run came to."""
        self._out.write(summary_lines(summary, folder, self._total, self._style) + "\n")
        self._out.flush()

    def close(self) -> None:
        """Has nothing left to do."""


class Json:
    """Writes a JSON object a line: header, steps, validations, summary."""

    def __init__(self, out: TextIO) -> None:
        self._burst = Burst(out)

    def begin(self, header: RunHeader) -> None:
        """Writes what is going to be trained."""
        self._burst.add(dump_line({"event": "header", **asdict(header)}), BURST_SECONDS)

    def step(self, record: StepRecord) -> None:
        """Writes an optimizer step."""
        self._burst.add(step_line(record, through_time=True), record.seconds)

    def validation(self, record: ValidationRecord) -> None:
        """Writes a validation."""
        self._burst.add(validation_line(record), BURST_SECONDS)

    def end(self, summary: Summary, folder: Path | None) -> None:
        """Writes what the run came to."""
        self._burst.add(summary_line(summary, folder=None if folder is None else str(folder)), BURST_SECONDS)

    def close(self) -> None:
        """Writes what is left."""
        self._burst.flush()


class Lines:
    """Writes a line per step: to a pipe for any run, to a terminal for a run of a few hundred steps."""

    def __init__(self, out: TextIO, style: Style) -> None:
        self._style, self._burst = style, Burst(out)
        self._scribe = Scribe(style)

    def begin(self, header: RunHeader) -> None:
        """Writes what is going to be trained."""
        self._burst.add(self._scribe.begin(header), BURST_SECONDS)

    def step(self, record: StepRecord) -> None:
        """Writes a step, after the titles where it is the first, and an epoch's mark where it begins one."""
        scribe = self._scribe
        scribe.curve.add(record.step, record.loss)
        if record.epoch != scribe.epoch:
            self._burst.add(scribe.new_epoch(record), 0.0)
        self._burst.add(scribe.line(record) + "\n", record.seconds)

    def validation(self, record: ValidationRecord) -> None:
        """Writes a validation."""
        self._burst.add(self._scribe.validation(record), BURST_SECONDS)

    def end(self, summary: Summary, folder: Path | None) -> None:
        """Writes the loss curve and what the run came to."""
        self._burst.add(self._scribe.end(summary, folder), BURST_SECONDS)

    def close(self) -> None:
        """Writes what is left."""
        self._burst.flush()


class Burst:
    """Gathers text and writes it in one call, once the steps it tells of took long enough to be worth one.

    Args:
        out: Where it is written.
    """

    def __init__(self, out: TextIO) -> None:
        self._out, self._waiting, self._seconds = out, list[str](), 0.0

    def add(self, text: str, seconds: float) -> None:
        """Takes text that tells of so many seconds of work."""
        self._waiting.append(text)
        self._seconds += seconds
        if self._seconds >= BURST_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Writes what waits."""
        if not self._waiting:
            return
        # Forgotten first: where writing fails, closing must not fail again.
        text, self._seconds = "".join(self._waiting), 0.0
        self._waiting.clear()
        self._out.write(text)
        self._out.flush()


class Scribe:
    """Knows a run's columns, epoch and losses so far, and words everything that is written of it.

    Attributes:
        line: Draws a step; set once the first step has told the columns (``new_epoch``).
        curve: The losses so far.
        epoch: Epoch of the last step; 0 before the first.
    """

    def __init__(self, style: Style) -> None:
        self.style, self.curve, self.epoch = style, LossCurve(), 0
        self.line: Callable[[StepRecord], str] = lambda record: ""
        self._header: RunHeader | None = None
        self._columns: Columns | None = None
        self._epoch_steps, self._validated = 0, False
        self._validations: list[Point] = []

    @property
    def header(self) -> RunHeader:
        """What is known of the run; only after ``begin``."""
        if self._header is None:
            raise RuntimeError("a display is told the header first")
        return self._header

    @property
    def columns(self) -> Columns:
        """The run's columns; only after the first step."""
        if self._columns is None:
            raise RuntimeError("a display is told a step before this")
        return self._columns

    def begin(self, header: RunHeader) -> str:
        """Words what is going to be trained."""
        self._header = header
        return header_lines(header, self.style) + "\n\n"

    def new_epoch(self, record: StepRecord) -> str:
        """Words the beginning of an epoch: at the first the titles, later a mark unless epochs are single steps."""
        first, self.epoch = self.epoch == 0, record.epoch
        steps, self._epoch_steps = record.step - self._epoch_steps, record.step
        validated, self._validated = self._validated, False
        if first:
            self._columns = choose_columns(self.header, record, self.style.width)
            self.line = line_maker(self._columns)
            return self.style.dim(title_line(self._columns)) + "\n"
        return "" if validated or steps == 1 else epoch_mark(record.epoch, self.columns, self.style) + "\n"

    def validation(self, record: ValidationRecord) -> str:
        """Words a validation."""
        self._validated = True
        self._validations.append((record.step, record.loss))
        if self._columns is None:  # a run that goes on may begin with the validation that it had not come to
            return ""
        return validation_text(record, self.columns, self.style) + "\n"

    def end(self, summary: Summary, folder: Path | None) -> str:
        """Words the loss curve and what the run came to."""
        plot = loss_plot(self.curve.points, self._validations, self.style.width)
        text = summary_lines(summary, folder, self.header.total_steps, self.style)
        return "\n" + (plot + "\n\n" if plot else "") + text + "\n"
