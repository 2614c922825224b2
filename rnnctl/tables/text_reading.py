"""Text files as one text, in UTF-8. Knows no tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnnctl.errors import DataError
from rnnctl.tables.csv_header import decoded
from rnnctl.tables.data_files import Source, read_head
from rnnctl.util.encoding import other_encoding

PACKED = {b"PK\x03\x04": "a ZIP archive or an office document", b"%PDF": "a PDF", b"PAR1": "Parquet"}
"""How files begin that are often taken for text."""


def read_text(paths: Sequence[Path]) -> tuple[str, dict[str, str]]:
    """Reads a text file, or several, one after the other.

    Args:
        paths: The files.

    Returns:
        The text, lines ended by a line feed alone and without a byte order mark; and the SHA-256 of each file, by its
        path.

    Raises:
        DataError: A file is missing, empty or not text in UTF-8.
    """
    texts, fingerprints = [], {}
    for path in paths:
        content, fingerprints[str(path)] = _read(path)
        texts.append(_decode(path, content))
    return "".join(texts), fingerprints


def _read(path: Path) -> tuple[bytes, str]:
    read_head(path, "text", 1)  # tells what is wrong with a file that cannot be opened
    with Source(path) as source:
        return source.read(), source.sha256


def _decode(path: Path, content: bytes) -> str:
    if not content.strip():
        raise DataError(f"{path}: the file is empty; expected text in UTF-8")
    if encoding := other_encoding(content):
        raise DataError(f"{path}: line 1: byte 0x{content[0]:02x}: this is text in {encoding}; save it as UTF-8")
    for magic, what in PACKED.items():
        if content.startswith(magic):
            raise DataError(f"{path}: this is not a text file but {what}; save it as text in UTF-8")
    if b"\0" in content:
        at = content.index(0)
        told = "is this text in UTF-16? save it as UTF-8" if _every_other_is_zero(content) else "save it as text"
        raise DataError(f"{path}: this is a binary file (byte 0 at position {at}); expected text in UTF-8; {told}")
    return decoded(path, content).replace("\r\n", "\n").replace("\r", "\n")


def _every_other_is_zero(content: bytes) -> bool:
    """Whether this looks like UTF-16 without a byte order mark, in a script that Latin-1 holds."""
    head = content[:1000]
    return max(head[::2].count(0), head[1::2].count(0)) > 0.8 * (len(head) // 2)
