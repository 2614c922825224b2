"""``rnnctl train``: what it hands to the workflow, and what it shows of what comes back."""

from __future__ import annotations

import errno
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli.fakes import PLAIN, FakeRun, Terminal, step, summary

from rnnctl.cli.console.display import Json, Lines, Quiet
from rnnctl.cli.console.live import Live
from rnnctl.cli.main import run
from rnnctl.cli.train import LIVE_FROM, Asked, show
from rnnctl.errors import NonFiniteError, RunError


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Puts a fake in the workflow's place; gives what it was called with, and the events to come."""
    calls: dict[str, Any] = {"events": [step(1), summary(steps=1)]}

    def prepare(config: Any, **more: Any) -> FakeRun:
        calls.update(more, config=config)
        return FakeRun(calls["events"])

    monkeypatch.setattr("rnnctl.workflows.train.train_steps", prepare)
    return calls


def test_it_trains_the_first_example_into_runs(prepared: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train"]) == 0
    assert prepared["config"].name == "first-step"
    assert prepared["out"] == Path("runs")
    assert prepared["command"][0] == "rnnctl"
    told = capsys.readouterr()
    assert "▁▁▂▃▄▅▆▇██" in told.out
    assert "\x1b" not in told.out
    assert told.err == ""


def test_options_reach_the_workflow(prepared: dict[str, Any], tmp_path: Path) -> None:
    assert run(["train", "--set", "seed=7", "--steps", "5", "--out", str(tmp_path)]) == 0
    assert (prepared["config"].seed, prepared["config"].training.steps) == (7, 5)
    assert prepared["out"] == tmp_path
    assert run(["train", "--epochs", "3", "--no-run-folder"]) == 0
    assert (prepared["config"].training.steps, prepared["config"].training.epochs) == (None, 3)
    assert prepared["out"] is None


def test_json_alone_is_on_stdout(prepared: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "--json"]) == 0
    told = capsys.readouterr()
    assert [json.loads(line)["event"] for line in told.out.splitlines()] == ["header", "step", "summary"]
    assert told.err == ""


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (NonFiniteError("step 1: the loss is nan"), 4, "error: step 1: the loss is nan\n"),
        # The empty line is Click's, for the terminal's own ^C.
        (KeyboardInterrupt(), 130, "continue with: rnnctl resume runs/first-step-1\n\n"),
        (RunError("runs/a-1: no space"), 1, "error: runs/a-1: no space\n"),
    ],
)
@pytest.mark.parametrize("mode", [[], ["--json"]])
def test_what_came_before_an_early_end_is_shown(
    prepared: dict[str, Any],
    error: BaseException,
    code: int,
    words: str,
    mode: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    prepared["events"] = [step(1), step(2, loss=1.4146), summary(steps=2), error]
    assert run(["train", *mode]) == code
    told = capsys.readouterr()
    assert "1.4146" in told.out
    assert told.err == words


def test_steps_are_shown_even_where_no_summary_comes(
    prepared: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    prepared["events"] = [step(1), RunError("gone")]
    assert run(["train"]) == 1
    assert "1.4158" in capsys.readouterr().out


def test_the_display_suits_the_stream_and_the_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")

    def chosen(stream: io.StringIO, steps: int, *, as_json: bool = False, quiet: bool = False) -> type:
        monkeypatch.setattr("sys.stdout", stream)
        return type(Asked(as_json=as_json, quiet=quiet).display(steps))

    assert chosen(io.StringIO(), 10**6) is Lines
    assert chosen(Terminal(), LIVE_FROM - 1) is Lines
    assert chosen(Terminal(), LIVE_FROM) is Live
    assert chosen(Terminal(), LIVE_FROM, as_json=True) is Json
    assert chosen(Terminal(), LIVE_FROM, quiet=True) is Quiet


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "its output was closed"),
        (OSError(errno.ENOSPC, "No space left on device"), "its output could not be written: No space left on device"),
    ],
)
def test_a_run_ends_as_interrupted_where_nobody_takes_its_output(
    error: OSError, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            if "    2" in text:
                raise error
            return super().write(text)

    class Run(FakeRun):
        def events(self) -> Any:
            number = 0
            while self.stopped is None:
                number += 1
                yield step(number, seconds=1)
            self.summary = replace(summary(steps=number, stopped="interrupted"), reason=self.stopped)
            yield self.summary

    run, out = Run([]), Gone()
    with pytest.raises(type(error)):
        show(run, Lines(out, PLAIN))  # type: ignore[arg-type]
    assert run.stopped == why
    assert capsys.readouterr().err == (
        f"note: training ended after step 2: {why}\ncontinue with: rnnctl resume runs/first-step-1\n"
    )
    assert "    1" in out.getvalue()


def test_nothing_is_said_of_a_run_that_came_to_its_end_unread(capsys: pytest.CaptureFixture[str]) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            if "run folder" in text:
                raise BrokenPipeError
            return super().write(text)

    run = FakeRun([step(1), summary(steps=1)])
    run.summary = summary(steps=1)
    with pytest.raises(BrokenPipeError):
        show(run, Lines(Gone(), PLAIN))  # type: ignore[arg-type]
    assert capsys.readouterr().err == ""
