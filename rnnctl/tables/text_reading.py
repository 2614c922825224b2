"""Text files as one text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnnctl.errors import DataError
from rnnctl.tables.csv_header import decoded
from rnnctl.tables.data_files import file_sha256, read_head, unpacked
from rnnctl.util.encoding import other_encoding

PACKED = {b"PK\x03\x04": "a ZIP archive or an office document", b"%PDF": "a PDF", b"PAR1": "Parquet"}
"""First bytes of files that are often taken for text."""


def read_text(paths: Sequence[Path]) -> tuple[str, dict[str, str]]:
    """Reads text files, one after the other.

    Returns:
        The text, with line feeds alone at the ends of lines and without byte order marks; and the SHA-256 of each file,
        by its path.

    Raises:
        DataError: A file is missing, empty or not text in UTF-8.
    """
    texts, fingerprints = [], {}
    for path in paths:
        read_head(path, "text", 1)  # raises where the file cannot be opened
        with unpacked(path) as file:
            texts.append(_decode(path, file.read()))
        fingerprints[str(path)] = file_sha256(path)
    return "".join(texts), fingerprints


def _decode(path: Path, content: bytes) -> str:
    if not content.strip():
        raise DataError(f"{path}: the file is empty; expected text in UTF-8")
    if encoding := other_encoding(content):
        raise DataError(f"{path}: line 1: byte 0x{content[0]:02x}: this is text in {encoding}; save it as UTF-8")
    for magic, what in PACKED.items():
        if content.startswith(magic):
            raise DataError(f"{path}: this is not a text file but {what}; save it as text in UTF-8")
    if b"\0" in content:
        at, head = content.index(0), content[:1000]
        every_other = max(head[::2].count(0), head[1::2].count(0)) > 0.8 * (len(head) // 2)  # Latin letters in UTF-16
        todo = "is this text in UTF-16? save it as UTF-8" if every_other else "save it as text"
        raise DataError(f"{path}: this is a binary file (byte 0 at position {at}); expected text in UTF-8; {todo}")
    return decoded(path, content).replace("\r\n", "\n").replace("\r", "\n")
