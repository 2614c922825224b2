"""A text file's bytes to text."""

from __future__ import annotations

import hashlib

from rnnctl.config.table_schema import TextData


def read_text(data: TextData) -> tuple[str, dict[str, str]]:
    """Reads a text file; being replaced by the reading room's own."""
    raw = data.path.read_bytes()
    return raw.decode("utf-8-sig"), {str(data.path): hashlib.sha256(raw).hexdigest()}
