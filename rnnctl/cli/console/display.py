"""Displays of a training run: quiet, as JSON lines, as a line per step. The one of long runs is in ``live``.

A display gets the header, then steps and validations in order, then the summary; ``close`` leaves the terminal as it
was, whatever happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from rnnctl.cli.console.columns import Columns, choose_columns, line_maker, title_line
from rnnctl.cli.console.lines import epoch_mark, header_lines, summary_lines, validation_text
from rnnctl.cli.console.plot import LossCurve, Point, loss_plot
from rnnctl.cli.console.style import Style
from rnnctl.results.training import RunHeader, StepRecord, Summary, ValidationRecord
from rnnctl.runs.jsonl import dump_line, step_line, summary_line, validation_line

BURST_SECONDS = 0.05
"""Seconds of training whose lines are written in one call."""


class Display:
    """What the train command drives; shows nothing."""

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


class Quiet(Display):
    """Shows the summary alone."""

    def __init__(self, out: TextIO, style: Style) -> None:
        self._out, self._style, self._total = out, style, 0

    def begin(self, header: RunHeader) -> None:
        """Keeps the number of steps."""
        self._total = header.total_steps

    def end(self, summary: Summary, folder: Path | None) -> None:
        """Writes what the run came to."""
        self._out.write(summary_lines(summary, folder, self._total, self._style) + "\n")
        self._out.flush()


class _Buffered(Display):
    """Gathers text and writes it in one call, once the steps in it took long enough to be worth one."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._waiting, self._seconds = out, list[str](), 0.0

    def add(self, text: str, seconds: float = BURST_SECONDS) -> None:
        """Takes the text of so many seconds of work."""
        self._waiting.append(text)
        self._seconds += seconds
        if self._seconds >= BURST_SECONDS:
            self.close()

    def close(self) -> None:
        """Writes what waits."""
        if not self._waiting:
            return
        # Forgotten first: where writing fails, closing must not fail again.
        text, self._seconds = "".join(self._waiting), 0.0
        self._waiting.clear()
        self._out.write(text)
        self._out.flush()


class Json(_Buffered):
    """Writes a JSON object a line: header, steps, validations, summary."""

    def begin(self, header: RunHeader) -> None:
        """Writes the header."""
        self.add(dump_line({"event": "header", **asdict(header)}))

    def step(self, record: StepRecord) -> None:
        """Writes a step."""
        self.add(step_line(record, through_time=True), record.seconds)

    def validation(self, record: ValidationRecord) -> None:
        """Writes a validation."""
        self.add(validation_line(record))

    def end(self, summary: Summary, folder: Path | None) -> None:
        """Writes the summary."""
        self.add(summary_line(summary, folder=None if folder is None else str(folder)))


class Lines(_Buffered):
    """Writes a line per step: to a pipe for any run, to a terminal for a run of a few hundred steps."""

    def __init__(self, out: TextIO, style: Style) -> None:
        super().__init__(out)
        self._text = RunText(style)

    def begin(self, header: RunHeader) -> None:
        """Writes the header."""
        self.add(self._text.begin(header))

    def step(self, record: StepRecord) -> None:
        """Writes a step, after the titles where it is the first, and an epoch's mark where it begins one."""
        text = self._text
        text.curve.add(record.step, record.loss)
        if record.epoch != text.epoch:
            self.add(text.new_epoch(record), 0.0)
        self.add(text.line(record) + "\n", record.seconds)

    def validation(self, record: ValidationRecord) -> None:
        """Writes a validation."""
        self.add(self._text.validation(record))

    def end(self, summary: Summary, folder: Path | None) -> None:
        """Writes the loss curve and the summary."""
        self.add(self._text.end(summary, folder))


class RunText:
    """The text of a run as it goes on; keeps its columns, epoch and losses.

    Attributes:
        line: Formats a step; set by the first step (``new_epoch``), which the columns depend on.
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
        """The run's header; only after ``begin``."""
        if self._header is None:
            raise RuntimeError("a display is told the header first")
        return self._header

    def begin(self, header: RunHeader) -> str:
        """What is going to be trained."""
        self._header = header
        return header_lines(header, self.style) + "\n\n"

    def new_epoch(self, record: StepRecord) -> str:
        """The beginning of an epoch: of the first the titles, of others a mark unless epochs are single steps."""
        self.epoch = record.epoch
        steps, self._epoch_steps = record.step - self._epoch_steps, record.step
        validated, self._validated = self._validated, False
        if self._columns is None:
            self._columns = choose_columns(self.header, record, self.style.width)
            self.line = line_maker(self._columns)
            return self.style.dim(title_line(self._columns)) + "\n"
        return "" if validated or steps == 1 else epoch_mark(record.epoch, self._columns, self.style) + "\n"

    def validation(self, record: ValidationRecord) -> str:
        """A validation."""
        self._validated = True
        self._validations.append((record.step, record.loss))
        if self._columns is None:  # a run that goes on may begin with the validation that it had not come to
            return ""
        return validation_text(record, self._columns, self.style) + "\n"

    def end(self, summary: Summary, folder: Path | None) -> str:
        """The loss curve and what the run came to."""
        plot = loss_plot(self.curve.points, self._validations, self.style.width)
        text = summary_lines(summary, folder, self.header.total_steps, self.style)
        return "\n" + (plot + "\n\n" if plot else "") + text + "\n"
