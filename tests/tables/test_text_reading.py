"""Text files: what is read, and what is said of files that are no text in UTF-8."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

import pytest

from rnnctl.errors import DataError
from rnnctl.sources.text import TextData
from rnnctl.tables import text_reading


def read(path: Path) -> str:
    return TextData.model_validate({"kind": "text", "path": str(path)}).read()[0]


def test_line_ends_and_a_byte_order_mark_are_evened_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffone\r\ntwo\rthree\n é\n".encode())
    assert read(tmp_path / "a.txt") == "one\ntwo\nthree\n é\n"


def test_files_of_a_folder_follow_each_other_and_have_their_fingerprints(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(b"b\n")
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"a\n"))
    (tmp_path / "c.md").write_bytes(b"c\n")
    text, fingerprints = TextData.model_validate({"kind": "text", "path": str(tmp_path)}).read()
    assert text == "a\nb\n"
    assert fingerprints == {
        str(tmp_path / name): hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        for name in ("a.txt.gz", "b.txt")
    }
    assert read(tmp_path / "?.md") == "c\n"


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_the_fingerprint_is_of_what_was_read(packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, content = tmp_path / "a.txt", gzip.compress(b"one") if packed else b"one"
    path.write_bytes(content)
    decoded = text_reading.decoded

    def written_over(path: Path, *rest: Any) -> str:
        path.write_bytes(b"two")  # another program writes the file once it has been read
        return decoded(path, *rest)

    monkeypatch.setattr(text_reading, "decoded", written_over)
    assert text_reading.read_text([path]) == ("one", {str(path): hashlib.sha256(content).hexdigest()})


REFUSED = {
    "empty": (b"", "the file is empty; expected text in UTF-8"),
    "byte order mark alone": (b"\xef\xbb\xbf", "the file is empty; expected text in UTF-8"),
    "blank": (b" \r\n\n", "the file is empty; expected text in UTF-8"),
    "half of UTF-16": ("one".encode("utf-16")[:-1], "the text in UTF-16 is damaged; save it as UTF-8"),
    "UTF-32": ("one".encode("utf-32"), "this is text in UTF-32; save it as UTF-8"),
    "UTF-16 without a mark": (
        "one and two".encode("utf-16-le"),
        "this is a binary file (byte 0 at position 1); expected text in UTF-8; is this text in UTF-16? save it as "
        "UTF-8",
    ),
    "Latin-1": (
        "one\ntwo\ncaf\xe9\n".encode("latin-1"),
        "line 3: byte 0xe9 is not UTF-8; save the file as UTF-8",
    ),
    "Latin-1 after a mark": (b"\xef\xbb\xbfa\nb\xe9", "line 2: byte 0xe9 is not UTF-8; save the file as UTF-8"),
    "binary": (
        b"abc\0\x01\x02",
        "this is a binary file (byte 0 at position 3); expected text in UTF-8; save it as text",
    ),
    "office document": (
        b"PK\x03\x04\x14\0",
        "this is not a text file but a ZIP archive or an Excel workbook; save it as text",
    ),
    "PDF": (b"%PDF-1.7\n", "this is not a text file but a PDF; save it as text"),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_no_text_is_refused_with(content: bytes, message: str, packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DataError) as raised:
        read(path)
    assert str(raised.value) == f"{path}: {message}"


def test_a_missing_file_and_a_folder_without_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "novel.text").write_text("a")
    with pytest.raises(DataError, match=r"there is no such file; did you mean novel\.text\?"):
        read(tmp_path / "novel.txt")
    told = r"this folder holds no text file \(\*\.txt, \*\.txt\.gz\); give the path of the folder that does"
    with pytest.raises(DataError, match=told):
        read(tmp_path)
