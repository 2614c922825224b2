"""Advice for cells that are no numbers as the config says how numbers are written."""

from __future__ import annotations

import json
from collections.abc import Sequence

import polars as pl

from rnnctl.schema.number_form import NumberForm
from rnnctl.schema.table import TableData
from rnnctl.tables.cells import bare, key_in_yaml, of_words
from rnnctl.tables.footnotes import split_notes
from rnnctl.tables.number_search import FORMS, KNOWN_MARKS, look
from rnnctl.tables.numbers import parse_numbers


def todo(data: TableData, name: str, cells: Sequence[str], *, alone: bool) -> str:
    """What to do about cells that cannot be read.

    Args:
        name: Their column.
        cells: Some of them.
        alone: Whether the column holds no cell that can be read.
    """
    form, text = data.number_form(name), pl.Series(cells, dtype=pl.String).str.strip_chars()
    written, split = look(text), split_notes(bare(text), sure=False)
    notes = form.notes
    if split.notes and (written.notes or not alone):
        notes = tuple(dict.fromkeys((*notes, *split.notes)))
        written = look(split.text)
    if form.unit and (others := [unit for unit in written.units if unit not in ("", form.unit)]):
        return (
            f"they are in {others[0]!r}, and the unit of the column is {form.unit!r} (data.columns); write all its "
            f"numbers in one unit"
        )
    signs = split.text.is_in(list(KNOWN_MARKS)).fill_null(value=False)
    numbers = text.filter(~signs) if not signs.all() else text
    fitting = [
        wanted
        for unit in dict.fromkeys((form.unit, written.unit))
        for found in FORMS
        for wanted in (found._replace(unit=unit, notes=marks) for marks in dict.fromkeys((form.notes, notes)))
        if not parse_numbers(numbers, wanted).null_count()
    ]
    if fitting and "decimal_comma" not in type(data).model_fields:
        fitting = [found for found in fitting if found[:2] == form[:2]]
        if not fitting:
            return "these look like numbers with a mark between thousands or before decimals; save them as numbers"
    kept = [found for found in fitting if found.decimal == form.decimal and form.thousands in ("", found.thousands)]
    if fitting:
        changed = [found for found in fitting if not found.thousands and found.decimal != form.decimal]
        if kept and changed and alone:
            return (
                f"does its mark stand between thousands or before decimals? {setting(name, form, kept[0])}, or "
                f"{setting(name, form, changed[0])}"
            )
        return f"{_looks(form, (kept or fitting)[0])}: {setting(name, form, (kept or fitting)[0])}"
    if signs.all():
        marks = [*data.missing_marks, *dict.fromkeys(split.text)]
        return (
            f"if they stand for missing values, set data.missing_marks: {json.dumps(marks, ensure_ascii=False)} and "
            f"data.missing: drop; otherwise correct them"
        )
    return f"correct them, or leave them empty and set data.missing: drop; {of_words(name, cells)}"


def _looks(form: NumberForm, found: NumberForm) -> str:
    if found.thousands and not form.thousands:
        return "these look like numbers with a mark between the thousands"
    if found.decimal != form.decimal:
        return f"these look like numbers with a decimal {'comma' if found.decimal == ',' else 'point'}"
    if found.unit != form.unit:
        return f"these look like numbers with the unit {found.unit!r}"
    return "these look like numbers with marks of footnotes"


def setting(name: str, form: NumberForm, wanted: NumberForm) -> str:
    """The settings that change how numbers are written, in words."""
    changes = []
    if wanted.decimal != form.decimal:
        changes.append(f"data.decimal_comma: {'true' if wanted.decimal == ',' else 'false'}")
    if wanted.thousands != form.thousands:
        changes.append(f"data.thousands: {json.dumps(wanted.thousands) if wanted.thousands else 'null'}")
    if wanted.unit != form.unit:
        column = f"{key_in_yaml(name)}: {{kind: number, unit: {json.dumps(wanted.unit, ensure_ascii=False)}}}"
        changes.append(f"data.columns: {{{column}}}")
    if wanted.notes != form.notes:
        changes.append(f"data.footnote_marks: {json.dumps(wanted.notes, ensure_ascii=False)}")
    return f"set {' and '.join(changes)}"
