"""The keys of a starter config that say how a file is written: layout, numbers, marks for missing values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from rnnctl.config.dump import flow
from rnnctl.starter.column_guess import cell
from rnnctl.starter.remarks import MISSING, READ, Remark
from rnnctl.starter.sample import Sample
from rnnctl.starter.yaml_lines import Keys, Line, entries
from rnnctl.tables.csv_header import CsvLayout
from rnnctl.tables.footnotes import tail_of
from rnnctl.tables.frames import column_of
from rnnctl.tables.numbers import bare_numbers, grouped
from rnnctl.tables.sentinels import as_mark
from rnnctl.util.format import counted, cut, first_few

_MOST = 3


def file_lines(sample: Sample) -> list[Line]:
    """The keys, and beside them those that the cells leave open, as comments."""
    form, doubts = sample.numbers.form, sample.numbers.doubts
    lines = entries(_keys(sample))
    if form is None:
        lines += [Line('  # thousands: ","', "take in one of these two lines"), Line("  # decimal_comma: true")]
    elif doubts and form.decimal == "." and not sample.numbers.mixed:
        why = "take both lines in if points stand between thousands"
        lines += [Line("  # decimal_comma: true", why), Line('  # thousands: "."')]
    if notes := _notes(sample):
        why = f"{'; '.join(notes.values())}: taken off, the numbers stay as they are"
        lines += entries({"footnote_marks": (list(notes), why)})
    if marks := missing_marks(sample):
        lines += entries({"missing_marks": (list(marks), "; ".join(marks.values()))})
    return lines


def _keys(sample: Sample) -> Keys:
    """How lines, numbers and columns become a table, where that is not the usual way."""
    keys: Keys = {}
    layout, plain = sample.layout, CsvLayout()
    whys = dict(layout.whys)
    for key in ("separator", "skip_lines", "skip_footer", "comment", "header"):
        if (value := getattr(layout, key)) != getattr(plain, key):
            keys[key] = list(value) if isinstance(value, tuple) else value, whys.get(key, "")
    form = sample.numbers.form
    if form is not None and form.decimal == ",":
        keys["decimal_comma"] = True, _example(sample, r",\d+$")
    if form is not None and form.thousands:
        keys["thousands"] = form.thousands, _example(sample, rf"^[-+]?{grouped(form.thousands)}(\D|$)")
    if sample.wide:
        why = f"a column for each {sample.wide_what} of the file: each becomes a row"
        ends = "; ragged: empty cells at the ends of a row are none" if "ragged" in sample.wide else ""
        keys["wide"] = {**sample.wide}, why + ends
    return keys


def _example(sample: Sample, pattern: str) -> str:
    """The first number that shows a pattern, and where it is."""
    for name, column in sample.numbers.columns.items():
        shown = bare_numbers(column.cells, column.unit).str.contains(pattern).fill_null(value=False)
        if shown.any():
            return cell(column.cells, int(shown.arg_max() or 0), sample, name)
    return ""


def remarks_on_reading(sample: Sample, said: str) -> Iterator[Remark]:
    """How a file is read, a remark for each key; and which marks are taken for missing values, one for each.

    Args:
        said: Column of which the words for missing values are said already.
    """
    for key, (value, why) in _keys(sample).items():
        if key != "separator":
            written = repr(value) if isinstance(value, str) else flow(value)
            yield Remark("", READ, f"{key} {cut(written, 40)}{f' ({cut(why, 90)})' if why else ''}")
    yield from (Remark("", MISSING, why) for why in missing_marks(sample, said).values())


def _notes(sample: Sample) -> dict[str, str]:
    """Marks of footnotes, each with where it stands."""
    found: dict[str, list[str]] = {}
    for name, marks in sample.notes.items():
        for mark, (count, row) in marks.items():
            at = f"{counted(count, 'cell')} of {cut(name, 40)!r} (from {sample.place(row)} on)"
            found.setdefault(mark, []).append(at)
    return {mark: f"{flow(mark)} in {first_few(cells, _MOST)}" for mark, cells in found.items()}


def missing_marks(sample: Sample, said: str = "") -> dict[Any, str]:
    """Marks for missing values, each with its reason; without the words in a column of which they are said already."""
    found: dict[Any, list[str]] = {}
    for name, column in sample.numbers.columns.items():
        if name == said:
            continue
        text = column_of(sample.frame, name).cast(pl.String).str.strip_chars()  # Parquet has categories
        text = text.str.replace(tail_of(list(column.notes)), "") if column.notes and column.marks else text
        for word, count in column.marks.items():
            row = int(text.eq(word).fill_null(value=False).arg_max() or 0)
            at = f"{counted(count, 'cell')} of {cut(name, 40)!r} ({sample.place(row)})"
            found.setdefault(word, []).append(at)
    for name, codes in sample.sentinels.items():
        for value, count in codes.items():
            code = sample.series_codes.get(name, {}).get(value)
            where = "far from all others" if code is None else code.words()
            found.setdefault(as_mark(value), []).append(f"{counted(count, 'cell')} of {cut(name, 40)!r}, {where}")
    here = {mark: f"{flow(mark)} in {first_few(cells, _MOST)}" for mark, cells in found.items()}
    return here | dict(sample.ends)
