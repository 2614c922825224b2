"""Byte order marks: how text files in UTF-16 and UTF-32 are recognised."""

from __future__ import annotations

import codecs

UTF8_MARK = codecs.BOM_UTF8

_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def other_encoding(content: bytes) -> str | None:
    """``UTF-16`` or ``UTF-32`` where text begins with its byte order mark, else None."""
    return next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)
