"""What a terminal cannot show is written in ASCII, and what it should not is spelt out; closed streams do no harm."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import click
import pytest

from rnnctl.cli.console.plot import loss_plot
from rnnctl.cli.console.screen import STAND_INS, Screen, stand_in
from rnnctl.cli.main import run


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def shown(text: str, encoding: str = "utf-8", stream: type[io.TextIOWrapper] = io.TextIOWrapper) -> str:
    inner = stream(io.BytesIO(), encoding=encoding, newline="")
    screen = Screen(inner)
    assert screen.write(text) == len(text)
    screen.flush()
    return inner.buffer.getvalue().decode(encoding)


def test_signs_have_stand_ins_where_there_is_no_room_for_them() -> None:
    assert shown("2 × 3 → ∂L/∂h – …", "ascii") == "2 x 3 -> dL/dh - ..."
    assert shown("2 × 3 → ∂L/∂h – …", "latin-1") == "2 × 3 -> dL/dh - ..."
    assert shown("▁█⣿größe 模", "ascii") == "_##gr\\xf6\\xdfe \\u6a21"
    assert shown("2 × 3 → ∂L/∂h 模") == "2 × 3 → ∂L/∂h 模"
    assert all(sign.isascii() for sign in STAND_INS.values())


def test_every_sign_of_the_package_has_a_stand_in(root: Path) -> None:
    texts = [path.read_text() for path in (root / "rnnctl").rglob("*.py")]
    # Names of months, words for units and marks of footnotes are read, not written.
    read = re.compile("LATIN|CYRILLIC|MODIFIER|SUPERSCRIPT|DAGGER|PILCROW|SECTION|ORDINAL|CJK|HANGUL")
    signs = {char for text in texts for char in text if not char.isascii() and not read.search(unicodedata.name(char))}
    assert [sign for sign in signs if stand_in(sign).startswith("\\")] == []


def test_a_plot_keeps_its_frame_in_ascii() -> None:
    plot = loss_plot([(step, 1 / step) for step in range(1, 90)], [(50, 0.5)], 60)
    narrow = shown(plot, "ascii")
    assert "\\" not in narrow
    assert list(map(len, narrow.splitlines())) == list(map(len, plot.splitlines()))
    assert "+---" in narrow


def test_json_stays_json() -> None:
    assert json.loads(shown(json.dumps({"name": "größe → 模"}, ensure_ascii=False), "ascii")) == {"name": "größe → 模"}


@pytest.mark.parametrize("char", ["\x9b", "\x85", "\x7f", "\u2028", "\u202e", "\u2066", "\x07"])
def test_what_steers_a_terminal_never_reaches_it(char: str) -> None:
    for stream in (io.TextIOWrapper, Terminal):
        assert char not in shown(f"a{char}b", stream=stream)
    assert shown("a\x1b[31mb\tc\n") == "a\\x1b[31mb\tc\n"
    assert shown("a\x1b[31mb\n", stream=Terminal) == "a\x1b[31mb\n"


def test_click_takes_a_screen_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", Screen(inner))
    click.echo("→")
    inner.flush()
    assert inner.buffer.getvalue() == b"->\n"


@pytest.mark.parametrize("name", ["\x1b[31mred", "\u202etxt", "\x9b2J"])
@pytest.mark.parametrize("arguments", [["{}"], ["check", "{}"], ["train", "--{}"], ["evaluate", "{}"], ["docs", "{}"]])
def test_arguments_in_errors_are_spelt_out(
    arguments: list[str], name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([argument.format(name) for argument in arguments]) != 0
    told = capsys.readouterr()
    assert {"\x1b", "\u202e", "\x9b"}.isdisjoint(told.out + told.err)
    assert "Traceback" not in told.err


ODD = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}


def program(folder: Path, line: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    root = str(Path(__file__).parents[3])
    whole = {**os.environ, "PYTHONPATH": root, **environment}
    command = f'exec "{sys.executable}" -m rnnctl {line}'
    return subprocess.run(["sh", "-c", command], cwd=folder, env=whole, capture_output=True, check=False)


def test_names_beyond_ascii_are_no_trouble_in_a_locale_of_ascii(tmp_path: Path) -> None:
    rows = "".join(f"{k},{k * k % 11}\n" for k in range(60))
    (tmp_path / "größe.csv").write_text("t,模\n" + rows)
    made = program(tmp_path, "init größe.csv -o ü.yaml", **ODD)
    assert (made.returncode, made.stdout.split(b"\n")[0]) == (0, b"wrote \\xfc.yaml")
    assert "path: größe.csv" in (tmp_path / "ü.yaml").read_text()
    checked = program(tmp_path, "check ü.yaml", **ODD)
    assert checked.returncode == 0
    assert b" time steps x " in checked.stdout
    assert checked.stdout.isascii()


def test_a_config_in_a_pipe_is_in_utf8_whatever_the_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "größe.csv").write_text("t,模\n" + "".join(f"{k},{k * k % 11}\n" for k in range(60)))
    pipe = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", pipe)
    monkeypatch.chdir(tmp_path)
    assert run(["init", "größe.csv", "-o", "-"]) == 0
    assert "path: größe.csv" in pipe.buffer.getvalue().decode()


@pytest.mark.parametrize(
    ("line", "code", "closed"),
    [
        ("init -o made.yaml", 0, ">&-"),
        ("init -o made.yaml", 0, "<&- >&- 2>&-"),
        ("docs", 0, ">&-"),
        ("docs", 0, "2>&-"),
        ("nonsense", 2, "2>&-"),
        ("--version", 0, "<&- >&- 2>&-"),
    ],
)
def test_closed_streams_do_no_harm(tmp_path: Path, closed: str, line: str, code: int) -> None:
    done = program(tmp_path, f"{line} {closed}")
    assert done.returncode == code
    assert b"Traceback" not in done.stdout + done.stderr
    for path in tmp_path.glob("*.yaml"):
        assert path.read_text().startswith("# The built-in first example")
