"""What a shell completes: commands, options, configs and runs, without any framework."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from rnnctl.cli.commands import COMMANDS
from rnnctl.cli.completion import MENDED
from rnnctl.cli.main import rnnctl, run

ROOT = str(Path(__file__).parents[2])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "deep.yml").touch()
    for age, name in enumerate(["shop-1", "shop-2", "sea-1"]):
        (tmp_path / "runs" / name).mkdir(parents=True)
        config = tmp_path / "runs" / name / "config.yaml"
        config.touch()
        os.utime(config, (age, age))
    (tmp_path / "runs" / "other").mkdir()
    return tmp_path


def completed(line: str) -> list[str]:
    """What bash would offer for the last word of a line."""
    *words, last = line.split(" ")
    completing = ShellComplete(rnnctl, {}, "rnnctl", "_RNNCTL_COMPLETE")
    return [item.value for item in completing.get_completions(words[1:], last)]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("rnnctl ", list(COMMANDS)),
        ("rnnctl insp", ["inspect-gradients"]),
        ("rnnctl train --ste", ["--steps"]),
        ("rnnctl train ", ["shop.yaml", "configs/", "runs/"]),
        ("rnnctl check configs/", ["configs/deep.yml"]),
        ("rnnctl train --steps 3 sh", ["shop.yaml"]),
        ("rnnctl resume ", ["runs/sea-1", "runs/shop-2", "runs/shop-1"]),
        ("rnnctl predict sh", ["runs/shop-2", "runs/shop-1"]),
        ("rnnctl compare runs/shop-1 runs/se", ["runs/sea-1"]),
        ("rnnctl inspect-gradients runs/sea", ["runs/sea-1", "runs/sea-1/"]),
    ],
)
def test_a_word_is_completed(folder: Path, line: str, offered: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert completed(line) == offered


def test_a_shell_asks_a_process_that_imports_nothing_heavy(folder: Path) -> None:
    code = """
import os, sys
from rnnctl.cli.main import run
for line in ("rnnctl train sh", "rnnctl predict sh"):
    os.environ["COMP_WORDS"] = line
    try:
        run([])
    except SystemExit:
        pass
print(*{"tensorflow", "keras", "numpy", "polars", "pydantic"} & set(sys.modules), file=sys.stderr)
"""
    environment = {**os.environ, "PYTHONPATH": ROOT, "_RNNCTL_COMPLETE": "bash_complete", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["plain,shop.yaml", "plain,runs/shop-2", "plain,runs/shop-1"]
    assert done.stderr.strip() == ""


@pytest.mark.parametrize("shell", MENDED)
def test_the_script_is_what_the_shell_understands(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"_RNNCTL_COMPLETE={shell}_complete" in script
    assert all(text in script for text in MENDED[shell].values())
    if shutil.which(shell):
        option = "--no-execute" if shell == "fish" else "-n"
        subprocess.run([shell, option], input=script, text=True, check=True)


def _shown(terminal: int, end: str) -> None:
    shown, until = "", time.monotonic() + 5
    while not shown.endswith(end) and time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            shown += os.read(terminal, 4096).decode()
    assert shown.endswith(end)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("a b.yaml", r"a\ b.yaml "),
        ("x$(touch lost).yaml", r"x\$\(touch\ lost\).yaml "),
        ("c,d.yaml", "c,d.yaml "),
        ("folder/", "folder/"),
    ],
)
def test_bash_quotes_names_of_files_and_goes_on_behind_a_folder(name: str, typed: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir() if name.endswith("/") else (tmp_path / name).touch()
    (tmp_path / "rnnctl").write_text(f"#!/bin/sh\necho 'plain,{name}'\n")
    (tmp_path / "rnnctl").chmod(0o755)
    with contextlib.redirect_stdout(io.StringIO()) as script:
        assert run(["completion", "bash"]) == 0
    (tmp_path / "script").write_text(script.getvalue() + "PS1=PROMPT\n")
    here, there = pty.openpty()
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "TERM": "dumb"}
    command = ["bash", "--noprofile", "--rcfile", "script", "-i"]
    bash = subprocess.Popen(command, cwd=tmp_path, env=environment, stdin=there, stdout=there, stderr=there)
    os.close(there)
    try:
        _shown(here, "PROMPT")
        os.write(here, f"rnnctl train {name[0]}\t".encode())
        _shown(here, f"rnnctl train {typed}")
    finally:
        bash.kill()
        bash.wait()
        os.close(here)


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "tcsh"]) == 2
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err
