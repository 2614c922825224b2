"""Marks between thousands that a config reads as decimal marks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rnnctl.tables.csv_blocks import rows_end, text_rows
from rnnctl.tables.csv_header import read_header
from rnnctl.tables.csv_scan import CsvPart, bytes_below
from rnnctl.tables.frames import column_of
from rnnctl.tables.number_advice import setting
from rnnctl.tables.number_search import search, thousands
from rnnctl.tables.unpacking import unpacked
from rnnctl.util.format import first_few

if TYPE_CHECKING:
    from rnnctl.sources.csv import CsvData

_BYTES = 1 << 22
_ROWS = 20_000
_SHOWN = 3
_MOST = 300
"""Most columns that are looked at, those with marks that may stand between thousands before all others."""


def misread_thousands(data: CsvData) -> dict[str, str]:
    """What is said of columns of numbers whose decimal marks most likely stand between thousands, by their names.

    Args:
        data: As `TableData.resolved`.
    """
    path = data.files()[0]
    header = read_header(path, data.layout)
    with unpacked(path) as file:
        rows = next(bytes_below(file, header, _BYTES), b"")
    end = rows_end(rows)
    frame = text_rows(header, rows[:end] if end or len(rows) > _BYTES // 2 else rows, _ROWS)
    wanted = {*data.seen, *data.target}
    numbers = {
        name: column_of(frame, str(place))
        for place, name in enumerate(header.names)
        if name in wanted and data.column(name).kind == "number"
    }
    mark = re.escape(data.number_form("").decimal)
    ambiguous = [name for name, cells in numbers.items() if cells.str.contains(rf"\d{mark}\d{{3}}(\D|$)").any()]
    if not ambiguous:
        return {}
    found = search({name: numbers[name] for name in [*dict.fromkeys((*ambiguous, *numbers))][:_MOST]})
    said = {}
    for name, written in found.columns.items():
        form = data.number_form(name)
        if found.form is None or form.thousands or found.form.thousands != form.decimal:
            continue
        if not thousands(written.cells, form.unit, form.decimal):
            continue
        marked = written.cells.str.contains(rf"\d{re.escape(form.decimal)}\d").fill_null(value=False)
        at = marked.arg_true().to_list()[:_SHOWN]
        places = CsvPart.below(header, frame.height, quotes=b'"' in rows).places(at)
        cells = first_few([f"line {line} {written.cells[row]!r}" for row, line in zip(at, places, strict=True)], _SHOWN)
        plain = written.cells.filter(~marked).drop_nulls()[0]
        mark = "comma" if form.decimal == "," else "point"
        said[name] = (
            f"{name!r} is read with a decimal {mark} ({path.name}: {cells}), but each {mark} stands before three "
            f"digits, beside numbers such as {plain}; if it stands between thousands, "
            f"{setting(name, form, found.form._replace(unit=form.unit))}"
        )
    return said
