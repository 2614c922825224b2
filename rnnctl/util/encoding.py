"""Byte order marks, by which text files in UTF-8, UTF-16 and UTF-32 are recognised."""

from __future__ import annotations

import codecs

UTF8_MARK = codecs.BOM_UTF8
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
"""The first begins with a mark of UTF-16."""
