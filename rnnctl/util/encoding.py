"""Byte order marks: how text files in UTF-8, and in UTF-16 and UTF-32, are recognised."""

from __future__ import annotations

import codecs

UTF8_MARK = codecs.BOM_UTF8
OTHER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
"""Marks of UTF-16 and UTF-32; that of little-endian UTF-32 begins with the first."""
