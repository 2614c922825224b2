from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rnnctl.config import load_config
from rnnctl.errors import ConfigError

Faults = Callable[..., list[str]]
GOOD = "data: {kind: dummy}\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"name: caf\xe9\n", "c.yaml:1:10: byte 0xE9 is not UTF-8; save the file as UTF-8"),
        (b"\xef\xbb\xbfn: \xe9", "c.yaml:1:4: byte 0xE9 is not UTF-8; save the file as UTF-8"),
        ("a: 1\n".encode("utf-16"), "c.yaml: is encoded as UTF-16 or UTF-32; save it as UTF-8"),
        ("a: 1\n".encode("utf-32"), "c.yaml: is encoded as UTF-16 or UTF-32; save it as UTF-8"),
        (b"a\n\x7fELF\0", "c.yaml:2:5: is a binary file (it holds zero bytes); a config is YAML text in UTF-8"),
        (b"a: \x07", "c.yaml:1:4: the unprintable character U+0007 cannot stand in YAML; remove it"),
        (b"", "c.yaml:1:1: is empty; a config is a mapping with at least data: {kind: …}"),
        (b"# nothing\n", "c.yaml:1:1: is empty; a config is a mapping with at least data: {kind: …}"),
        (
            b"#" * 2_000_000,
            "c.yaml: has more than 1 MiB, the most of a config (is this the data file? rnnctl init --from FILE)",
        ),
    ],
)
def test_a_file_that_is_no_config_is_told_in_one_line(faults: Faults, data: bytes, message: str) -> None:
    assert faults(data) == [message]


def test_a_byte_order_mark_of_utf_8_is_no_fault(faults: Faults) -> None:
    assert faults(b"\xef\xbb\xbf" + GOOD.encode()) == []


def test_windows_line_ends_are_no_fault(faults: Faults) -> None:
    assert faults(GOOD.replace("\n", "\r\n") + "seed: 3\r\n") == []


def _message(path: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    return str(caught.value)


def test_a_missing_file_names_its_nearest_neighbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("vanishing.yaml").write_text(GOOD)
    assert _message("vanishin.yaml") == "vanishin.yaml: no such file; did you mean vanishing.yaml?"
    assert _message("x/a.yaml") == "x/a.yaml: no such file, and no folder x either; give the path of a config file"


def test_a_folder_is_told_with_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    assert _message(str(tmp_path)) == f"{tmp_path}: is a folder; name a config file in it, such as a.yaml"


def test_a_file_of_a_gigabyte_is_refused_without_being_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(2**30)  # sparse: it takes no space
    assert _message(str(huge)).startswith(f"{huge}: has more than 1 MiB, the most of a config")


def test_a_path_that_no_system_can_have_is_a_fault() -> None:
    assert "cannot be read" in _message("a\0b")
    assert "cannot be read: File name too long" in _message("a" * 300)
