"""What is told on stderr while something long is under way."""

from __future__ import annotations

import io

import pytest

from rnnctl.cli.console.news import News
from rnnctl.util.progress import tell, told_to

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


def progress(news: News, clock: Clock, blocks: int, seconds: float) -> None:
    for block in range(1, blocks + 1):
        clock.seconds += seconds / blocks
        news(TEXT, block / blocks)


def test_away_from_a_terminal_progress_is_a_few_lines() -> None:
    out, clock = io.StringIO(), Clock()
    news = News(out, clock)
    news("first this", None)
    progress(news, clock, 1000, 60)
    news.end()
    assert out.getvalue().splitlines() == [
        "note: first this",
        *(f"note: {TEXT}: {share} %".replace(" %", "%") for share in (0, 25, 50, 75)),
        f"note: {TEXT}: done in 59.9 s",
    ]


def test_on_a_terminal_one_line_moves_a_few_times_a_second_and_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    out, clock = Terminal(), Clock()
    news = News(out, clock)
    progress(news, clock, 1000, 10)
    drawn = out.getvalue().split("\r\x1b[K")[1:]
    *moving, last = drawn
    assert last == f"note: {TEXT}: done in 10.0 s\n"
    assert 30 <= len(moving) <= 41
    assert all(len(line) <= 40 and "\n" not in line for line in moving)
    assert moving[0].endswith(": 0%")
    news(TEXT, 0.5)
    news("then that", None)
    assert out.getvalue().endswith(": 50%\r\x1b[Knote: then that\n")
    news.end()
    assert out.getvalue().endswith("note: then that\n")


def test_news_reach_the_innermost_listener_and_nobody_without_one() -> None:
    heard: list[tuple[str, str, float | None]] = []
    tell("nobody")
    with told_to(lambda text, share: heard.append(("outer", text, share))):
        with told_to(lambda text, share: heard.append(("inner", text, share))):
            tell("one", 0.5)
        tell("two")
    tell("nobody")
    assert heard == [("inner", "one", 0.5), ("outer", "two", None)]
