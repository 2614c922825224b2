"""The display of a long run on a terminal: a sample of the steps stays, the latest and a progress bar move below."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live as RichLive
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from rnnctl.cli.console.display import BURST_SECONDS, Lines
from rnnctl.cli.console.progress import with_end
from rnnctl.cli.console.style import Style
from rnnctl.results.training import RunHeader, StepRecord, Summary, ValidationRecord
from rnnctl.util.format import duration, short
from rnnctl.util.progress import PATIENCE

REDRAW_SECONDS = 0.1
SAMPLE = 20
"""Steps whose lines stay on the screen."""


class Live(Lines):
    """Shows a long run."""

    def __init__(self, out: TextIO, style: Style, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(out, style)
        self._clock = clock
        self._console = Console(file=out, width=style.width, force_terminal=True, no_color=not style.colour)
        self._progress = Progress(
            BarColumn(bar_width=None, complete_style="none", finished_style="none", style="dim"),
            MofNCompleteColumn(),
            TextColumn("steps ·"),
            TimeRemainingColumn(compact=True),
            TextColumn("left{task.fields[note]}"),
            console=self._console,
            expand=True,
        )
        self._drawn, self._next, self._note, self._waiting = -REDRAW_SECONDS, 1.0, "", ""
        self._latest: StepRecord | None = None
        self._task = TaskID(0)
        # Made whenever it is drawn, below a line that is kept too: no such line is ahead of it.
        self._live = RichLive(self, console=self._console, auto_refresh=False, transient=True)

    def begin(self, header: RunHeader) -> None:
        """Shows what is going to be trained, and an empty bar."""
        super().begin(header)
        self._task = self._progress.add_task("", total=header.total_steps, note="")
        self._validation_due = self._between_lines = header.total_steps / SAMPLE
        self._live.start()

    def step(self, record: StepRecord) -> None:
        """Keeps a line of the sample, or redraws what moves, or does nothing."""
        self._take(record)
        self._latest, self._waiting = record, ""
        if record.step >= self._next:
            # From the first step: an epoch's last batch, often a small one, says little.
            self._next += self._between_lines * math.ceil((record.step + 1 - self._next) / self._between_lines)
            self.add(self._line(record))
        if self._clock() - self._drawn >= REDRAW_SECONDS:
            self._redraw()

    def validation(self, record: ValidationRecord) -> None:
        """Notes a validation beside the bar, and keeps every so many-th as a line."""
        self._note = f" · validation {short(record.loss)}"
        super().validation(record)

    def progress(self, text: str, share: float | None, seconds: float | None = None) -> None:
        """Shows what is waited for in place of the bar."""
        if seconds is None:
            super().progress(text, share)
            return
        waits = (share is None or share < 1) and seconds >= PATIENCE
        self._waiting = with_end(text, duration(seconds), self._style.width) if waits else ""
        self._redraw()

    def end(self, summary: Summary, folder: Path | None) -> None:
        """Takes the bar away, and shows the loss curve and what the run came to."""
        self._live.stop()
        super().end(summary, folder)

    def add(self, text: str, seconds: float = BURST_SECONDS) -> None:
        """Writes a text, above the bar where there is one."""
        if self._live.is_started:
            self._console.print(Text.from_ansi(text.rstrip("\n")), soft_wrap=True)
        else:
            super().add(text, seconds)

    def close(self) -> None:
        """Takes the bar away."""
        self._live.stop()
        super().close()

    def __rich__(self) -> Group:
        """The latest step's line, and below it the bar, or what is waited for."""
        lines: list[RenderableType] = []
        if (record := self._latest) is not None:
            lines.append(Text.from_ansi(self._line(record), no_wrap=True, overflow="crop"))
            note = f" · {duration(record.seconds)} a step{self._note}"
            self._progress.update(self._task, completed=record.step, note=note)
            lines.append(self._progress.get_renderable())
        if self._waiting:
            lines[1:] = [Text(self._waiting, style="dim")]
        return Group(*lines)

    def _redraw(self) -> None:
        self._drawn = self._clock()
        self._live.refresh()
