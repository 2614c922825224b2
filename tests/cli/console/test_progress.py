"""Progress on stderr, and the line that a notebook shows."""

from __future__ import annotations

import io
import sys
import time

import pytest

from rnnctl.cli.console import progress as console_progress
from rnnctl.cli.console.progress import ProgressNotes
from rnnctl.util.progress import ProgressLine, lasting, listening, notify

TEXT = "converting big.csv to a binary copy that later runs map into memory"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def progress(notes: ProgressNotes, clock: Clock, blocks: int, seconds: float) -> None:
    for block in range(1, blocks + 1):
        clock.seconds += seconds / blocks
        notes(TEXT, block / blocks)


def test_away_from_a_terminal_progress_is_a_few_lines() -> None:
    out, clock = io.StringIO(), Clock()
    notes = ProgressNotes(out, clock)
    notes("first this", None)
    clock.seconds = 5.0
    notes(TEXT, 0.0)
    progress(notes, clock, 1000, 60)
    notes.end()
    assert out.getvalue().splitlines() == [
        "note: first this",
        *(f"note: {TEXT}: {share} %".replace(" %", "%") for share in (0, 25, 50, 75)),
        f"note: {TEXT}: done in 1 min 0 s",
    ]


def test_on_a_terminal_one_line_moves_a_few_times_a_second_and_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    out, clock = Terminal(), Clock()
    notes = ProgressNotes(out, clock)
    progress(notes, clock, 1000, 10)
    *moving, last = [line for line in out.getvalue().split("\r")[1:] if line.strip()]
    assert last == f"note: {TEXT}: done in 10.0 s\n"
    assert 30 <= len(moving) <= 41
    assert all(len(line) <= 40 and "\n" not in line for line in moving)
    assert moving[0].endswith(": 0%")
    notes(TEXT, 0.5)
    notes("then that", None)
    assert out.getvalue().endswith(": 50%\r" + 39 * " " + "\rnote: then that\n")
    notes.end()
    assert out.getvalue().endswith("note: then that\n")


def lasts(notes: ProgressNotes, clock: Clock, seconds: int) -> None:
    """Work whose share done nobody knows, told four times a second."""
    for quarter in range(4 * seconds):
        clock.seconds += 0.25
        notes("compiling it, which usually takes 40 s", None, quarter / 4)
    notes("compiling it, which usually takes 40 s", 1.0, seconds)


def test_away_from_a_terminal_what_lasts_is_told_once_after_some_seconds_and_what_is_quick_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(console_progress, "PATIENCE_OF_A_FILE", 10.0)  # as it is but in tests
    out, clock = io.StringIO(), Clock()
    notes = ProgressNotes(out, clock)
    lasts(notes, clock, 10)
    assert out.getvalue() == ""
    lasts(notes, clock, 60)
    assert out.getvalue() == "note: compiling it, which usually takes 40 s\n"
    lasts(notes, clock, 60)
    assert out.getvalue().count("\n") == 2


def test_on_a_terminal_the_seconds_move_from_the_first_on_and_the_line_goes_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    out, clock = Terminal(), Clock()
    notes = ProgressNotes(out, clock)
    lasts(notes, clock, 1)
    assert out.getvalue() == ""
    lasts(notes, clock, 3)
    *moving, gone, last = out.getvalue().split("\r")[1:]
    assert (gone.strip(), last) == ("", "")
    assert moving == [
        f"note: compiling it, which usual…: {seconds}" for seconds in
        ("1.0 s", "1.2 s", "1.5 s", "1.8 s", "2.0 s", "2.2 s", "2.5 s", "2.8 s")
    ]  # fmt: skip
    clock.seconds += 1
    notes("taking 300 steps", 0.49, 10.3)
    assert out.getvalue().endswith("\rnote: taking 300 steps: 49%, 10.3 s")


def test_work_that_lasts_is_told_of_from_its_beginning_until_its_end_and_to_nobody_without_a_listener() -> None:
    heard: list[tuple[str, float | None, float | None]] = []
    with lasting("nobody"):
        pass
    with listening(lambda *message: heard.append(message)), lasting("measuring"):
        while len(heard) < 2:
            time.sleep(0.01)
    assert {text for text, _, _ in heard} == {"measuring"}
    assert [share for _, share, _ in heard] == [None] * (len(heard) - 1) + [1.0]
    assert [seconds for _, _, seconds in heard] == sorted(seconds for _, _, seconds in heard)


def test_messages_reach_the_innermost_listener_and_nobody_without_one() -> None:
    heard: list[tuple[str, str, float | None]] = []
    notify("nobody")
    with listening(lambda text, share, seconds=None: heard.append(("outer", text, share))):
        with listening(lambda text, share, seconds=None: heard.append(("inner", text, share))):
            notify("one", 0.5)
        notify("two")
    notify("nobody")
    assert heard == [("inner", "one", 0.5), ("outer", "two", None)]


def test_a_notebook_shows_a_line_that_is_redrawn_and_a_file_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    out, clock = io.StringIO(), Clock()
    line = ProgressLine(out, clock=clock)
    line.draw("nobody")
    line.close()
    assert not line.due
    assert out.getvalue() == ""
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    line = ProgressLine(out, clock=clock)
    for step in range(1, 8):
        clock.seconds += 0.1
        if line.due:
            line.draw(f"step {step}")
    line.draw("end")
    line.close()
    line.close()
    line.clear()
    assert out.getvalue() == "\rstep 1\rstep 4\rstep 7\rend   \n"
