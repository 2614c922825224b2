from __future__ import annotations

from pathlib import Path

import pytest
from cli.fakes import Terminal

from rnnctl.cli.console.runs import age, runs_text
from rnnctl.cli.console.style import Style
from rnnctl.cli.console.watch import watch
from rnnctl.runs.listing import RunEntry

NOW = 1_000_000.0


def entry(name: str, state: str = "done", why: str = "", **fields) -> RunEntry:  # type: ignore[no-untyped-def]
    made = {"steps": 840, "loss": 0.19707, "best_loss": 0.2031, "milliseconds_per_step": 0.56, "written_at": NOW - 42}
    return RunEntry(name, Path("runs") / name, state, why, **{**made, **fields})


ENTRIES = [
    entry("sunspots-2", "running", steps=1234, best_loss=None, written_at=NOW - 1),
    entry("vanishing-1", verdict="vanishing", reach=(8, 100), milliseconds_per_step=1.6),
    entry("gru-7", "failed", "step 12: the loss is nan; lower optimizer.learning_rate (3)", loss=float("nan")),
    entry("sunspots-1", "interrupted", "its process is gone", reach=(24, 24), written_at=NOW - 200_000),
    entry("broken", "unreadable", "it cannot be read", steps=0, loss=None, best_loss=None, written_at=0.0),
]

WIDE = """\
run          state        steps    loss    best        through time   a step     age
sunspots-2   running      1,234  0.1971       –                   –  0.56 ms     1 s
vanishing-1  done           840  0.1971  0.2031  vanishing 8 of 100   1.6 ms    42 s
gru-7        failed         840     nan  0.2031                   –  0.56 ms    42 s
  step 12: the loss is nan; lower optimizer.learning_rate (3)
sunspots-1   interrupted    840  0.1971  0.2031            24 of 24  0.56 ms  2 days
  its process is gone
broken       unreadable       0       –       –                   –  0.56 ms       –
  it cannot be read

5 runs · 1 running · 1 done · 1 failed · 1 interrupted · 1 unreadable"""


def text(width: int, *, colour: bool = False) -> str:
    return runs_text(ENTRIES, NOW, Style(width=width, terminal=colour, colour=colour))


def test_the_table_is_aligned_and_says_why_a_run_is_not_done() -> None:
    assert text(120) == WIDE


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80])
def test_narrow_terminals_drop_columns_and_never_names(width: int) -> None:
    lines = text(width).split("\n")
    assert all(len(line) <= width for line in lines[:-1])
    assert [word[:5] for word in lines[1].split()[:2]] == ["sunsp", "runni"]


def test_the_state_has_a_colour_and_the_rest_none() -> None:
    lines = text(120, colour=True).split("\n")
    assert "\x1b[32mrunning\x1b[0m" in lines[1]
    assert "\x1b[31mfailed\x1b[0m" in lines[3]


def test_a_hostile_name_steers_no_terminal_and_stays_in_its_column() -> None:
    shown = runs_text([entry("\x1b[31m" + "n" * 300 + "\n")], NOW, Style(80, terminal=True, colour=True))
    assert "\x1b[31m" not in shown
    assert len(shown.split("\n")) == 4
    assert "…" in shown
    assert len(runs_text([entry("a\nb")], NOW, Style(80, terminal=True, colour=True)).split("\n")) == 4


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "1 h"), (86_400, "1 day"), (1e6, "11 days")]
)
def test_ages_have_one_unit(seconds: float, words: str) -> None:
    assert age(seconds) == words


def test_a_watch_draws_again_until_ctrl_c_and_leaves_the_last_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    out, drawn = Terminal(), []

    def draw(style: Style) -> str:
        drawn.append(style.width)
        return f"look {len(drawn)}"

    def sleep(seconds: float) -> None:
        assert seconds == 1.0
        if len(drawn) == 3:
            raise KeyboardInterrupt

    watch(draw, out, sleep=sleep)
    assert drawn == [60, 60, 60]
    written = out.getvalue()
    assert "look 1" in written
    assert written.endswith("look 3\n")
    assert written.count("\x1b[?1049h") == written.count("\x1b[?1049l") == 1  # a screen of its own, given back
