"""Marks of footnotes and flags beside numbers, as offices of statistics write them: ``106.2*``, ``99.8 p``, ``5 (e)``.

A mark is taken off only where a digit is left, so that ``(1)`` stays -1; the number stays as it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

_SIGNS = r"[*†‡§¶#^]{1,3}|\((?:[A-Za-z]{1,4}\.?|\*+)\)|\[(?:[A-Za-z]{1,4}\.?|\*+)\]"
_FLAG = r"[bcdefnprsuz]{1,3}|[BCDEFNPRSUZ]|(?:est|prov|prel|rev)\.?|[A-Za-z][)/]|[⁰¹²³⁴⁵⁶⁷⁸⁹ᵃᵇᶜᵈᵉᶠᵖʳˢª]{1,2}"
"""What offices of statistics write for break, confidential, definition, estimated, forecast, provisional, revised."""
_NUMBERED = r"\(\d{1,2}\)|\[\d{1,2}\]"
_PATTERNS = (
    (rf"^(.*\d[^\d]*?)\s*({_SIGNS})$", 1, 2, True),
    (rf"^({_SIGNS})\s*(.*\d.*)$", 2, 1, True),
    (r"^([<>≤≥]=?)\s*([-+]?\d.*)$", 2, 1, True),  # below or above what a device can measure
    (rf"^(\W{{1,3}}|n\.?a\.?)\s*({_SIGNS}|{_FLAG})$", 1, 2, True),
    (rf"^(.*[\d.%)])({_FLAG}|{_NUMBERED})$", 1, 2, False),
    (rf"^(.*\d.*?)\s+({_FLAG}|{_NUMBERED}|\d{{1,2}}[)/])$", 1, 2, False),
)
"""Cells with a mark: the pattern, its groups of the rest and of the mark, and whether that is certainly no unit."""
_MOST_NOTES = 8
_MOST_AT_ONCE = 3
_ALIKE = 20.0
"""Most times that numbers with a letter are larger or smaller than those without: beyond, it may be a unit."""


def tail_of(notes: Sequence[str]) -> str:
    """The pattern of one or more marks at the end of a cell, with what may stand between them."""
    words = "|".join(re.escape(note) for note in sorted(notes, key=len, reverse=True) if not note[0].isdecimal())
    numbered = "|".join(re.escape(note) for note in notes if note[0].isdecimal())
    each = "|".join(filter(None, (rf"\s*(?:{words})" if words else "", rf"\s+(?:{numbered})" if numbered else "")))
    return rf"(?:{each})(?:[\s,;]*(?:{each}))*$"


def without_notes(text: pl.Series, notes: Sequence[str]) -> pl.Series:
    """Cells without marks behind or before the number."""
    if not notes:
        return text
    text = text.str.replace(rf"^(.*?\d.*?){tail_of(notes)}", "$1")
    before = "|".join(re.escape(note) for note in notes if not note[0].isdecimal())
    return text.str.replace(rf"^(?:(?:{before})\s*)+(.*\d.*)$", "$1") if before else text


class Split(NamedTuple):
    """Cells apart from what stands beside their numbers.

    Attributes:
        text: Without what looks like a mark of a note; null stays null.
        notes: The marks, and their numbers of cells.
        unsure: Whether a cell has a mark that could be a unit or a power.
    """

    text: pl.Series
    notes: Counter[str]
    unsure: pl.Series


def is_sure(mark: str) -> bool:
    """Whether a mark is no unit, power, number or part of a time."""
    return re.fullmatch(_SIGNS, mark) is not None


def split_notes(text: pl.Series, *, sure: bool) -> Split:
    """Takes off what looks like a mark of a note; a cell of a sign for a missing value and a mark becomes the sign.

    Args:
        sure: Whether only marks that `is_sure` are taken off, and no letters and digits, which may be units.
    """
    found: Counter[str] = Counter()
    unsure = pl.Series([False]).new_from_index(0, len(text))
    for _ in range(_MOST_AT_ONCE):
        before = sum(found.values())
        for pattern, rest, mark, is_sure in _PATTERNS:
            if sure and not is_sure:
                continue
            marks = text.str.extract(pattern, mark)
            if marks.null_count() < len(marks):
                found.update(map(str, marks.drop_nulls()))
                text = text.str.extract(pattern, rest).fill_null(text).str.strip_chars()
                unsure |= marks.is_not_null() & (not is_sure)
        if sum(found.values()) == before:
            break
    return Split(text, found, unsure)


def are_notes(split: Split, sizes: pl.Series) -> bool:
    """Whether what `split_notes` found in a column are marks of notes rather than units.

    They are few and different from what stands beside most numbers; numbers with a letter are of the size of those
    without (``1.2 b`` beside 950 may be billions).

    Args:
        sizes: The cells as numbers without signs; null where they are none.
    """
    if not split.notes or len(split.notes) > _MOST_NOTES:
        return False
    if not split.unsure.any():
        return True
    plain, marked = sizes.filter(~split.unsure).drop_nulls(), sizes.filter(split.unsure).drop_nulls()
    least, most = sorted(float(part.median() or 0) for part in (plain, marked))  # type: ignore[arg-type]
    return len(marked) <= len(plain) and 0 < most <= _ALIKE * least
