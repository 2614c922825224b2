"""Configs that are no files, or that nobody would write by hand: a fault, never a traceback."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from rnnctl.config import files, load_config
from rnnctl.errors import ConfigError


def fault(path: Path) -> str:
    with pytest.raises(ConfigError) as raised:
        load_config(path)
    return str(raised.value)


def test_a_pipe_that_nobody_writes_to_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PATIENCE", 0.2)
    os.mkfifo(tmp_path / "p.yaml")
    assert "nothing more came from this pipe or device in 0.2 s; save it to a file" in fault(tmp_path / "p.yaml")


def test_a_pipe_that_is_written_is_read(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"data: {kind: adding}\n")
    os.close(writer)
    assert load_config(Path(f"/dev/fd/{reader}")).data.kind == "adding"
    os.close(reader)


def test_devices_sockets_and_folders_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "with nothing in it" in fault(Path("/dev/null"))
    assert "more than 1 MiB" in fault(Path("/dev/zero"))
    assert "is a folder" in fault(tmp_path)
    monkeypatch.chdir(tmp_path)  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.yaml")
        assert "cannot be read: " in fault(tmp_path / "s.yaml")
    assert "cannot be read: File name too long" in fault(tmp_path / ("a" * 300))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('name: "\\UFFFFFFFF"', "1:10: what is escaped here is no character of Unicode"),
        ('name: "\\U00110000"', "1:10: what is escaped here is no character of Unicode"),
        ("%YAML " + "9" * 5000 + ".1\n---\nname: a", "what is escaped here is no character of Unicode"),
        ("name: !<%FF> x", "a tag has no meaning in a config"),
        ("seed: " + "9" * 5000, "seed: "),
        ("a: " + "9" * 5000, "a: unknown key"),
        ('name: "\\ud800"', "name: "),
    ],
)
def test_what_python_cannot_read_is_told_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    message = fault(path)
    assert told in message
    for words in ("Error", "int()", "codec", "chr()", "Traceback", "limit (4300"):
        assert words not in message


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"k{i}: 1" for i in range(8000)),
        "\n".join(f"k{i}: &a{i} 1" for i in range(8000)),
        "data: {kind: csv, path: x, columns: {" + ",".join(f"t{i}: numbr" for i in range(4000)) + "}}",
        "a: " + "[" * 49 + "]" * 49,
        "a: " + "x " * 50_000,
    ],
    ids=["keys", "anchors", "columns", "depth", "words"],
)
def test_a_config_of_a_hundred_kilobytes_is_answered(text: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    fault(path)
