"""Text files as one text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnnctl.errors import DataError
from rnnctl.tables.data_files import read_head
from rnnctl.tables.unpacking import fingerprint, unpacked
from rnnctl.util.encoding import UTF8_MARK, UTF32_MARKS

FOREIGN = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook; save it as {}",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save it as {}",
    b"BZh91AY&SY": "bzip2; unpack it first",
    b"\xfd7zXZ": "xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "Zstandard; unpack it first",
    b"\x1f\x8b": "gzip inside gzip; unpack it first",
    b"PAR1": "Parquet; set data.kind: parquet",
    b"ARROW1\0\0": "Arrow; save it as {}",
    b"%PDF": "a PDF; save it as {}",
}
"""First bytes of files that are often taken for text, and what they are."""


def read_text(paths: Sequence[Path]) -> tuple[str, dict[str, str]]:
    """Reads text files, one after the other.

    Returns:
        The text, with line feeds alone at the ends of lines and without byte order marks; and the SHA-256 of each file,
        by its path.

    Raises:
        DataError: A file is missing, empty or not text in UTF-8, or in UTF-16 with its mark.
    """
    texts, fingerprints = [], {}
    for path in paths:
        read_head(path, "text", 1)  # raises where the file cannot be opened
        with unpacked(path) as file:
            content = file.read()
            fingerprints[str(path)] = fingerprint(file)
        if not content.removeprefix(UTF8_MARK).strip():
            raise DataError(f"{path}: the file is empty; expected text in UTF-8")
        texts.append(decoded(path, content, "text").replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(texts), fingerprints


def decoded(path: Path, content: bytes, name: str) -> str:
    """Decodes the beginning of a file, without a byte order mark.

    Args:
        name: Name of its format in messages.

    Raises:
        DataError: It is not text in UTF-8; names the line and the byte, or what it is instead.
    """
    if content.startswith(UTF32_MARKS):
        raise DataError(f"{path}: this is text in UTF-32; save it as UTF-8")
    for magic, what in FOREIGN.items():
        if content.startswith(magic):
            raise DataError(f"{path}: this is not a {name} file but {what.format(name)}")
    if b"\0" in content:
        at, head = content.index(0), content[:1000]
        every_other = max(head[::2].count(0), head[1::2].count(0)) > 0.8 * (len(head) // 2)  # Latin letters in UTF-16
        todo = "is this text in UTF-16? save it as UTF-8" if every_other else f"save it as {name}"
        raise DataError(f"{path}: this is a binary file (byte 0 at position {at}); expected {name} in UTF-8; {todo}")
    bare = content.removeprefix(UTF8_MARK)
    try:
        return bare.decode()
    except UnicodeDecodeError as error:
        raise DataError(not_utf8(path, bare.count(b"\n", 0, error.start) + 1, bare[error.start])) from None


def not_utf8(path: Path, line: int, byte: int) -> str:
    """The message for a byte that is not UTF-8."""
    return f"{path}: line {line}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"
