"""Displays of a training run: quiet, as JSON lines, as a line per step. The one of long runs is in ``live``.

A display gets the header, then steps and validations in order, then the summary; ``close`` leaves the terminal as it
was, whatever happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import cycle
from pathlib import Path
from typing import TextIO

from rnnctl.cli.console.columns import Columns, choose_columns, line_maker, title_line
from rnnctl.cli.console.lines import header_lines, net_text, summary_lines, validation_text
from rnnctl.cli.console.plot import LossCurve, Point, loss_plot
from rnnctl.cli.console.style import Style
from rnnctl.results.diagnosis import Cause
from rnnctl.results.training import NetRecord, RunHeader, StepRecord, Summary, ValidationRecord
from rnnctl.runs.jsonl import dump_line, net_line, step_line, summary_line, validation_line
from rnnctl.util.progress import listener

BURST_SECONDS = 0.05
"""Seconds of training whose lines are written in one call."""


class Display:
    """What the train command drives: gathers text, and writes it once the steps in it took long enough to be worth it.

    Shows nothing itself.
    """

    def __init__(self, out: TextIO) -> None:
        self._out, self._texts, self._seconds = out, list[str](), 0.0
        self._notes = listener()

    def begin(self, header: RunHeader) -> None:
        """Shows what is going to be trained."""

    def step(self, record: StepRecord) -> None:
        """Shows an optimizer step."""

    def validation(self, record: ValidationRecord) -> None:
        """Shows a validation."""

    def net(self, record: NetRecord) -> None:
        """Shows that a further net of an ensemble is trained."""

    def end(self, summary: Summary, folder: Path | None) -> None:
        """Shows what the run came to."""

    def causes(self, causes: Sequence[Cause]) -> None:
        """Shows why the run did not learn, where the note on stderr is not enough; nothing where it learns."""

    def progress(self, text: str, share: float | None, seconds: float | None = None) -> None:
        """Shows the progress of other work than steps, as a `Listener`: where there is no better place, on stderr."""
        Display.close(self)
        self._notes(text, share, seconds)

    def add(self, text: str, seconds: float = BURST_SECONDS) -> None:
        """Takes the text of so many seconds of work."""
        self._texts.append(text)
        self._seconds += seconds
        if self._seconds >= BURST_SECONDS:
            self.close()

    def close(self) -> None:
        """Writes what is left, and leaves the terminal as it was."""
        if not self._texts:
            return
        # Forgotten first: where writing fails, closing must not fail again.
        text, self._seconds = "".join(self._texts), 0.0
        self._texts.clear()
        self._out.write(text)
        self._out.flush()


class Json(Display):
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

    def net(self, record: NetRecord) -> None:
        """Writes a net's summary."""
        self.add(net_line(record))

    def end(self, summary: Summary, folder: Path | None) -> None:
        """Writes the summary."""
        self.add(summary_line(summary, folder=None if folder is None else str(folder)))

    def causes(self, causes: Sequence[Cause]) -> None:
        """Writes the causes, if any."""
        if causes:
            self.add(dump_line({"event": "causes", "cause": causes[0].word, "causes": list(map(asdict, causes))}))


class Quiet(Display):
    """Shows the summary alone."""

    _header: RunHeader

    def __init__(self, out: TextIO, style: Style) -> None:
        super().__init__(out)
        self._style = style

    def begin(self, header: RunHeader) -> None:
        """Keeps the header."""
        self._header = header

    def end(self, summary: Summary, folder: Path | None) -> None:
        """Writes what the run came to."""
        self.add(summary_lines(summary, folder, self._header.total_steps, self._style) + "\n")


MOST_LINES = 500
"""Steps of a run up to which a pipe or a file gets a line for each; of longer runs so many lines at most."""


def steps_a_line(total_steps: int) -> int:
    """The least of 1, 2, 5, 10, 20, … steps a line that gives at most ``MOST_LINES`` lines."""
    steps = 1
    for factor in cycle((2, 2.5, 2)):
        if steps * MOST_LINES >= total_steps:
            break
        steps = round(factor * steps)
    return steps


class Lines(Quiet):
    """Writes a line per step, or per some steps: to a pipe or a file, or to a terminal for a short run.

    Args:
        every: Steps a line, and steps from a validation's line to the next; the first and the last of both have one
            whatever this says.
    """

    _line: Callable[[StepRecord], str]

    def __init__(self, out: TextIO, style: Style, every: int = 1) -> None:
        super().__init__(out, style)
        self._steps_a_line, self._opening = every, 0
        self._unseen: StepRecord | None = None
        self._unseen_validation: ValidationRecord | None = None
        self._validation_due, self._between_lines = 0.0, float(every)
        self._columns: Columns | None = None
        self._curve, self._validations = LossCurve(), list[Point]()
        self._epoch, self._epoch_began, self._validated = 0, 0, False

    def begin(self, header: RunHeader) -> None:
        """Writes the header."""
        super().begin(header)
        self.add(header_lines(header, self._style) + "\n\n")
        if self._steps_a_line > 1:
            self.add(self._style.dim(f"a line per {self._steps_a_line:,} steps; --every 1 shows all") + "\n\n", 0.0)

    def step(self, record: StepRecord) -> None:
        """Writes a step, and before it a mark where it begins an epoch and no validation ended the one before."""
        columns = self._take(record)
        if record.step % self._steps_a_line and record.step != self._opening:
            self._unseen = record
            return
        self._unseen = None
        if record.epoch != self._epoch:
            several_steps = record.step > self._epoch_began + 1
            if self._epoch and several_steps and not self._validated:
                self.add(self._style.dim(f"{'':>{columns.step}} epoch {record.epoch}") + "\n", 0.0)
            self._epoch, self._epoch_began, self._validated = record.epoch, record.step, False
        self.add(self._line(record) + "\n", record.seconds)

    def _take(self, record: StepRecord) -> Columns:
        """Keeps a step's loss; the first step chooses the columns, and writes their titles."""
        self._curve.add(record.step, record.loss)
        if self._columns is None:
            self._opening = record.step
            self._columns = choose_columns(self._header, record, self._style.width)
            self._line = line_maker(self._columns)
            self.add(self._style.dim(title_line(self._columns)) + "\n", 0.0)
        return self._columns

    def validation(self, record: ValidationRecord) -> None:
        """Writes a validation, unless a run goes on with one that it had not come to."""
        self._validated = True
        self._validations.append((record.step, record.loss))
        self._unseen_validation = record
        if record.step >= self._validation_due:
            self._validation_due = record.step + self._between_lines
            self._show_validation()

    def net(self, record: NetRecord) -> None:
        """Writes a line, after the last one of the first net."""
        self._end_steps()
        self.add(net_text(record) + "\n")

    def _end_steps(self) -> None:
        """Writes the last step and validation, unless they are written."""
        if self._unseen is not None:
            self.add(self._line(self._unseen) + "\n")
            self._unseen = None
        self._show_validation()

    def _show_validation(self) -> None:
        if self._columns is not None and self._unseen_validation is not None:
            self.add(validation_text(self._unseen_validation, self._columns, self._style) + "\n")
        self._unseen_validation = None

    def end(self, summary: Summary, folder: Path | None) -> None:
        """Writes the loss curve and the summary."""
        self._end_steps()
        plot = loss_plot(self._curve.points, self._validations, self._style.width)
        self.add("\n" + (plot + "\n\n" if plot else ""), 0.0)
        super().end(summary, folder)
