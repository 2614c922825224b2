"""The command line's boundary: every error has its exit code, and only a defect has a traceback."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import click
import pytest

import rnnctl
from rnnctl.cli.commands import COMMANDS
from rnnctl.cli.main import report_error, run
from rnnctl.errors import CheckFailedError, ConfigError, DataError, Fault, NonFiniteError, RnnctlError, RunError


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (ConfigError([Fault("a.yaml", 3, 5, "seed", "wrong")]), 2, "a.yaml:3:5: seed: wrong\n"),
        (DataError("a.csv:7: text"), 3, "error: a.csv:7: text\n"),
        (NonFiniteError("step 3: the loss is nan"), 4, "error: step 3: the loss is nan\n"),
        (CheckFailedError("vanishing"), 5, "error: vanishing\n"),
        (RunError("runs: full"), 1, "error: runs: full\n"),
        (RnnctlError("no"), 1, "error: no\n"),
        (click.Abort(), 130, ""),
        (BrokenPipeError(), 1, ""),
        (OSError(28, "No space left on device"), 1, "error: cannot write the output: No space left on device\n"),
        (FileNotFoundError(2, "No such file"), 1, "error: the current folder is no longer there; go to another one\n"),
        (OSError(30, "Read-only file system", "a.yaml"), 1, "error: a.yaml: Read-only file system\n"),
        (PermissionError(13, "Permission denied", "a.yaml"), 1, "error: a.yaml: Permission denied\n"),
        (MemoryError(), 1, "error: out of memory; use less data, or a smaller model or batch\n"),
    ],
)
def test_errors_have_their_code_and_no_traceback(
    error: Exception, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report_error(error) == code
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", message)


def test_a_message_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    report_error(DataError("a\x1b[2Jb"))
    assert capsys.readouterr().err == "error: a\\x1b[2Jb\n"


@pytest.mark.parametrize("error", [KeyError("x"), FileNotFoundError(2, "No such file", "x"), AssertionError()])
def test_a_defect_is_called_one_and_shows_its_traceback(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        fail()
    assert report_error(caught.value) == 1
    lines = capsys.readouterr().err.splitlines()
    assert "defect of rnnctl" in lines[0]
    assert lines[1].startswith("Traceback")
    assert "in fail" in "\n".join(lines)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tarin"], "'tarin'; did you mean 'train'?"),
        (["zzz"], f"the commands are {', '.join(COMMANDS)}"),
        (["fit"], "'fit'; did you mean 'train'?"),
        (["Test"], "'Test'; did you mean 'evaluate'?"),
        (["forecast"], "'forecast'; did you mean 'predict'?"),
        (["list"], "'list'; did you mean 'runs'?"),
        (["train", "--stpes", "3"], "--steps"),
        (["train", "--steps", "0"], "--steps"),
        (["train", "--steps", "1", "--epochs", "1"], "keep one of them"),
        (["train", "--quiet", "--json"], "keep one of them"),
        (["train", "a.yaml", "b.yaml"], "b.yaml"),
        (["check"], "CONFIG"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_the_nearest_word(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    told = capsys.readouterr()
    assert words in told.err
    assert told.out == ""


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert rnnctl.__version__ in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_begins_with_its_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"rnnctl {name}" in text
    # One sentence of what it does, and then at once how it is used.
    assert text.split("\n\n")[2].lstrip().startswith("Examples:")


def test_the_table_of_commands_fits_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    for name, command in COMMANDS.items():
        assert any(shown.split() == [name, *command.summary.split()] for shown in text.splitlines())


def test_an_interrupt_is_exit_code_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rnnctl.config.dump.json_schema", interrupt)
    assert run(["schema"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(rnnctl.__file__).parent.parent), **more}


def test_a_reader_that_goes_away_is_no_failure_to_talk_of() -> None:
    command = f'"{sys.executable}" -m rnnctl docs --find e | head -c 10'
    done = subprocess.run(command, shell=True, capture_output=True, env=_environment(), check=False)
    assert (len(done.stdout), done.stderr) == (10, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "rnnctl", "docs"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=_environment(), check=False)
    assert (done.returncode, done.stderr) == (1, "error: cannot write the output: No space left on device\n")


def test_warnings_of_libraries_are_shown_to_who_asks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["rnnctl.cli.main"]
    shown: list[int] = []

    def warn(arguments: object) -> int:
        with warnings.catch_warnings(record=True) as told:
            warnings.warn("overflow encountered", RuntimeWarning, stacklevel=1)
        shown.append(len(told))
        return 0

    monkeypatch.setattr(module, "run", warn)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    for options in ([], ["default"]):
        monkeypatch.setattr(sys, "warnoptions", options)
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            with pytest.raises(SystemExit):
                module.main([])
    assert shown == [0, 1]


def test_nothing_is_left_to_be_looked_through_for_garbage_when_the_process_ends() -> None:
    from rnnctl.cli import main

    try:
        with pytest.raises(SystemExit, match="0"):
            main(["--version"])
        assert gc.get_count()[2] == 0
        assert gc.get_freeze_count() > len(gc.get_objects())
    finally:
        gc.unfreeze()


def test_a_thread_that_is_still_at_work_is_not_waited_for_after_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["rnnctl.cli.main"]  # the package's main is the function
    left: list[int] = []
    let_go = threading.Event()
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(module, "run", lambda arguments: 130)
    monkeypatch.setattr(module.os, "_exit", left.append)
    thread = threading.Thread(target=let_go.wait, args=(60,), name="rnnctl-steps_0")
    thread.start()
    try:
        with pytest.raises(SystemExit):  # the fake lets it go on
            module.main([])
        assert left == [130]
    finally:
        let_go.set()
        thread.join()
    with pytest.raises(SystemExit) as ended:
        module.main([])
    assert (left, ended.value.code) == ([130], 130)
