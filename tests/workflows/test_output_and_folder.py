"""What is shown and what is recorded agree to the last step, however a run ends."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
import time

import pytest
from cli.fakes import PLAIN
from small import small_config, with_split

from rnnctl.cli.console.display import Json, Lines, Quiet
from rnnctl.cli.train import show
from rnnctl.errors import RunError
from rnnctl.runs.checkpoints import checkpoint_steps
from rnnctl.runs.jsonl import read_steps
from rnnctl.runs.listing import entry_of
from rnnctl.runs.run_folder import RunFolder
from rnnctl.workflows.resume import resume_steps
from rnnctl.workflows.train import train_steps

STEPS = 30_000
LONG = small_config(data=with_split(), training={"steps": STEPS, "batch_size": 4})
"""Longer than any test waits for, and with an end all the same."""


def _interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def _recorded(folder):
    return [record.step for record in read_steps(folder / "steps.jsonl")]


def _shown(text):
    return [event["step"] for event in map(json.loads, text.splitlines()) if event["event"] == "step"]


@pytest.mark.parametrize("where", ["while a step is written", "between two halves of a line", "after a line"])
def test_a_second_interrupt_leaves_stdout_with_the_steps_that_the_folder_has(where, tmp_path, monkeypatch):
    out = io.StringIO()
    if where == "while a step is written":
        append = RunFolder.append_steps

        def interrupted(folder, records):
            if records[-1].step == 129:  # the end of an epoch
                _interrupt()
                _interrupt()
            append(folder, records)

        monkeypatch.setattr(RunFolder, "append_steps", interrupted)
        monkeypatch.setattr("rnnctl.workflows.run_writer.SECONDS", 1e9)

    class Interrupting(Json):
        def step(self, record):
            if record.step == 70 and where == "between two halves of a line":
                _interrupt()
                _interrupt()
            super().step(record)
            if record.step == 70 and where == "after a line":
                _interrupt()
                _interrupt()

    run = train_steps(LONG, out=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        show(run, Interrupting(out))
    assert run.summary is None
    last = 129 if where == "while a step is written" else 70
    assert _recorded(run.folder) == _shown(out.getvalue()) == list(range(1, last + 1))


@pytest.fixture
def broken_pipe():
    """A stream whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    yield stream
    with pytest.raises(BrokenPipeError):
        stream.close()


def test_a_run_whose_reader_goes_away_ends_as_interrupted_and_can_be_gone_on_with(tmp_path, capsys):
    class Head(io.StringIO):
        """Reads twenty lines, as ``head -20`` does."""

        def write(self, text):
            if len(self.getvalue().splitlines()) >= 20:
                raise BrokenPipeError
            return super().write(text)

    run = train_steps(LONG, out=tmp_path)
    with pytest.raises(BrokenPipeError):
        show(run, Lines(Head(), PLAIN))
    steps = run.summary.steps
    assert 0 < steps < STEPS
    assert _recorded(run.folder) == list(range(1, steps + 1))
    entry = entry_of(run.folder)
    assert (entry.state, entry.why, entry.steps) == ("interrupted", "its output was closed", steps)
    assert checkpoint_steps(run.folder)[-1] == steps
    assert (run.folder / "report.html").exists()
    again = resume_steps(run.folder, steps=steps + 3)
    assert [record.step for record in again] == [steps + 1, steps + 2, steps + 3]
    told = capsys.readouterr().err
    assert f"note: training ended after step {steps:,}: its output was closed\n" in told
    assert f"continue with: rnnctl resume {run.folder}\n" in told


def test_a_reader_that_was_never_there_stops_training_before_its_first_step(tmp_path, broken_pipe):
    run = train_steps(LONG, out=tmp_path)
    with pytest.raises(BrokenPipeError):
        show(run, Lines(broken_pipe, PLAIN))
    assert (run.summary.stopped, run.summary.steps) == ("interrupted", 0)
    assert entry_of(run.folder).why == "its output was closed"
    assert next(iter(resume_steps(run.folder))).step == 1


def test_a_run_that_came_to_its_end_unread_is_done(tmp_path, broken_pipe, capsys):
    run = train_steps(small_config(), out=tmp_path)
    with pytest.raises(BrokenPipeError):
        show(run, Quiet(broken_pipe, PLAIN))
    assert entry_of(run.folder).state == "done"
    assert (run.folder / "report.html").exists()
    assert capsys.readouterr().err == ""


def test_whoever_stops_a_run_by_its_method_gets_the_rest_and_no_error(tmp_path):
    run = train_steps(LONG, out=tmp_path)
    seen = []
    for record in run:
        seen.append(record.step)
        if record.step == 30:
            run.stop("thirty were enough")
    assert STEPS > len(seen) == run.summary.steps >= 30
    assert (run.summary.stopped, run.summary.reason) == ("interrupted", "thirty were enough")
    assert _recorded(run.folder) == seen


@pytest.mark.parametrize("what", ["a step", "a validation", "compiling"])
def test_a_second_interrupt_waits_for_nothing_that_takes_long(what, tmp_path, monkeypatch):
    run = train_steps(LONG, out=tmp_path)
    loop, begun, let_go = run._loop, threading.Event(), threading.Event()
    owner, name = {
        "a step": (loop.program, "run"), "a validation": (loop, "validate"), "compiling": (loop.program, "warm_up")
    }[what]  # fmt: skip
    real = getattr(owner, name)

    def slow(*arguments):
        if loop.done >= 3 or what == "compiling":
            begun.set()
            assert let_go.wait(60)
        return real(*arguments)

    def interrupt_twice():
        assert begun.wait(60)
        while not loop.at_once():  # a signal that comes just before the main thread falls asleep does not wake it
            _interrupt()
            time.sleep(0.5)

    monkeypatch.setattr(owner, name, slow)
    other = threading.Thread(target=interrupt_twice)
    other.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            list(run.events())
        assert not let_go.is_set()
        assert any(thread.name.startswith("rnnctl-steps") for thread in threading.enumerate()), "it goes on by itself"
    finally:
        let_go.set()
        other.join()
    assert entry_of(run.folder).state == "interrupted"
    if what == "compiling":
        assert not (run.folder / "steps.jsonl").exists()
    else:
        recorded = _recorded(run.folder)
        assert recorded == list(range(1, len(recorded) + 1))
        assert len(recorded) >= 3
    checkpoints = [int(path.name.removeprefix("step-")) for path in run.folder.glob("checkpoints/step-*")]
    recorded = (run.folder / "steps.jsonl").exists()
    if recorded and not checkpoints:
        with pytest.raises(RunError, match=r"would be lost; .* --force"):
            resume_steps(run.folder)
    again = resume_steps(run.folder, force=recorded and not checkpoints)
    assert next(iter(again)).step == max(checkpoints, default=0) + 1  # and the lock is free
