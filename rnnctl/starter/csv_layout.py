"""How a CSV file is laid out: its separator, lines above the table, comments, and whether a line names its columns."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from rnnctl.tables.cells import MISSING_WORDS
from rnnctl.tables.csv_header import SAYS_SEPARATOR, SEPARATORS, CsvLayout, kind_of, looks_like_data
from rnnctl.tables.csv_rows import Row, RowError, numbered_rows
from rnnctl.tables.number_search import KNOWN_MARKS

HEAD_CHARACTERS = 1 << 18
"""Most characters in which a layout is looked for."""

COMMENTS = ("#", "//", "%", "!")
_MOST_LINES = 500
_MOST_TITLES = 40
_MOST_FOOTER = 10
END_CHARACTERS = 1 << 16
"""Most characters in which lines below the table are looked for."""
TOTALS = frozenset({"total", "totals", "sum", "all", "overall", "gesamt", "summe", "insgesamt", "totale", "suma"})
"""Names of rows and series that add up others."""
_FEW = 20
_FEWEST_ROWS = 3
_ALMOST_ALL = 0.9
_LONGEST_UNIT = 20
_MONTHS = 12
_FEWEST_YEARS = 5
_YEAR = re.compile(r"1[6-9]\d\d|20\d\d")
_NO_UNIT = {"", "text", "string", "name", "[-]", "(-)", *KNOWN_MARKS, *MISSING_WORDS}

_COMMA_BESIDE_NO_DIGIT = re.compile(r"(?<!\d),|,(?!\d)")
_DECIMAL_COMMA = re.compile(r"[-+]?[\d.]*,\d+")

Lines = Sequence[tuple[int, str]]
"""Lines with their 1-based numbers."""


def layout_of(text: str, end: str, least: int = 2) -> CsvLayout | None:
    """The layout of a file; None where no character cuts its lines into ``least`` fields or more.

    Args:
        text: How it begins.
        end: How it ends; empty where that is not known.
    """
    lines = _first_lines(text)
    said = SAYS_SEPARATOR.fullmatch(lines[0][1]) if lines else None
    if said and (not said[1].isascii() or said[1] in '"\0'):
        said = None
    lines = lines[1:] if said else lines
    separator = said[1] if said else separator_of(lines) or _of_most_lines(lines, least)
    if least == 1:
        separator = separator or separator_of(lines, least) or ","
    if separator is None:
        return None
    comment = _comment_of(lines, separator)
    try:
        rows = [row for row in numbered_rows(iter(lines), separator, comment or "") if row.fields]
    except RowError:  # said where the file is read
        return CsvLayout(separator)
    return _below_titles(lines, rows, separator, comment, end) if rows else CsvLayout(separator)


def _first_lines(text: str) -> Lines:
    head = text[:HEAD_CHARACTERS]
    head = head if len(head) == len(text) else head[: head.rfind("\n") + 1] or head
    return list(islice(enumerate(io.StringIO(head, newline="\n"), start=1), _MOST_LINES))


def separator_of(lines: Lines, least: int = 2) -> str | None:
    """The character that cuts the first lines into the same, largest number of fields, ``least`` or more."""
    widths: dict[str, int] = {}
    for separator in (",", *SEPARATORS):
        reader = csv.reader((line for _, line in lines), delimiter=separator)
        try:
            found = {len(row) for row in islice(reader, _FEW) if row}
        except csv.Error:
            continue
        # A decimal comma cuts the numbers and not the names, so that the header has another width.
        if len(found) == 1 and max(found) >= least:
            widths[separator] = max(found)
    if least > 1 and len(widths) > 1 and not any(_COMMA_BESIDE_NO_DIGIT.search(line) for _, line in lines[:_FEW]):
        widths.pop(",", None)  # it stands within numbers
    return max(widths, key=lambda separator: widths[separator]) if widths else None


def _of_most_lines(lines: Lines, least: int) -> str | None:
    """The character that cuts most of the lines into as many fields, and those at the end for certain."""
    found: dict[str, tuple[int, int]] = {}
    for separator in SEPARATORS:
        widths = [width for width in (_width(line, separator) for _, line in lines) if width]
        mode, count = _modal(widths)
        if mode == 1 or count < _FEWEST_ROWS or 2 * count < len(widths):
            continue
        table = widths[widths.index(mode) :]
        while len(table) > count and table[-1] != mode and len(widths) - len(table) < _MOST_FOOTER:
            table.pop()
        if least == 1 or count >= _ALMOST_ALL * len(table):
            found[separator] = (count, mode)
    if all(_DECIMAL_COMMA.fullmatch(line.strip()) for _, line in lines if "," in line):
        found.pop(",", None)
    return max(found, key=lambda separator: found[separator], default=None)


def _cut(line: str, separator: str) -> list[str]:
    """The fields of a line; all of it where it is no row."""
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return [line]


def _width(line: str, separator: str) -> int:
    return len(_cut(line, separator))


def _modal(widths: Sequence[int]) -> tuple[int, int]:
    """The number of fields that most rows have, and how many have it."""
    return Counter(widths).most_common(1)[0] if widths else (1, 0)


def _comment_of(lines: Lines, separator: str) -> str | None:
    """What lines begin with that are no rows, by their numbers of fields."""
    for mark in COMMENTS:
        outside, marked = _without(lines, mark)
        if not marked or len(outside) <= len(marked):
            continue
        width, _ = _modal([_width(line, separator) for _, line in outside])
        odd = [line for _, line in marked if _width(line, separator) != width]
        if 2 * len(odd) > len(marked):
            return mark
        if marked[-1][0] < outside[0][0]:  # all stand above the table
            first, *below = [_cut(line, separator) for _, line in outside[: _FEW + 1]]
            if odd or _are_names(first, below) or _named_by([marked[-1][1]], mark, separator, width) is not None:
                return mark
    return None


def _without(lines: Lines, mark: str) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """The lines that are not empty and begin a row, and those that begin with a mark for comments."""
    inside, outside, marked = 0, [], []
    for number, line in lines:
        if not inside and line.startswith(mark):
            marked.append((number, line))
            continue
        if not inside and line.strip():
            outside.append((number, line))
        inside ^= line.count('"') & 1
    return outside, marked


def _named_by(lines: Sequence[str], mark: str, separator: str, width: int) -> tuple[str, ...] | None:
    """The names of as many columns in the last of some lines that are comments."""
    if not lines or not lines[-1].startswith(mark):
        return None
    names = [name.strip() for name in _cut(lines[-1].lstrip(mark).strip(), separator)]
    words = all(name and kind_of(name) == "word" for name in names)
    return tuple(names) if words and len(names) == width == len(set(names)) > 1 else None


def _below_titles(lines: Lines, rows: Sequence[Row], separator: str, comment: str | None, end: str) -> CsvLayout:
    """The layout of rows of which the first may be titles, those below the header units, and the last a footer."""
    whys = {}
    if comment is not None:
        first = next((number for number, line in lines if line.startswith(comment)), 0)
        whys["comment"] = f"lines such as line {first} are no rows"
    top = _titles(rows)
    names, below = rows[top], [row.fields for row in rows[top + 1 :]]
    skip, header = names.begin - 1 if top else 0, _header(lines, names, below, separator, comment)
    if top:
        shown = next((cell.strip() for cell in rows[0].fields if cell.strip()), "")
        whys["skip_lines"] = f"lines above the names of the columns, such as {shown[:40]!r}"
    if header is False:
        whys["header"] = f"line {names.begin} holds a row, not names: {', '.join(names.fields)[:60]}"
        if (found := _years_with_months([names.fields, *below])) is not None:
            header, whys["header"] = found, f"{whys['header']}; its numbers are of years and months"
    elif header is not True:
        whys["header"] = "named by the comment above the rows"
    elif below and _are_units(names.fields, below):
        under = rows[top + 1]
        skip, header = under.end, _with_units(names.fields, under.fields)
        units = ", ".join(cell.strip() for cell in under.fields if cell.strip())[:60]
        whys["skip_lines"] = f"line {under.begin} below the names holds no row: {units}"
        whys["header"] = f"the names of line {names.begin}"
    elif (twice := _repeated(names.fields)) is not None and all(len(row) == len(names.fields) for row in below):
        skip, header = names.end, tuple(_apart(_filled(names.fields)))
        whys["skip_lines"] = "the header gives the names"
        whys["header"] = f"line {names.begin} names {twice[:40]!r} more than once"
    footer = _footer(end, below, separator, comment)
    if footer:
        whys["skip_footer"] = f"below the table, such as {footer[0][:40]!r}: no row"
    return CsvLayout(separator, skip, len(footer), comment, header, tuple(whys.items()))


def _years_with_months(rows: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    """Names of columns where rows without a header begin with a year and its month, or a year and its twelve months."""
    rows = [row for row in rows if len(row) == len(rows[0])]
    if len(rows) < _FEWEST_YEARS or not all(_YEAR.fullmatch(row[0].strip()) for row in rows):
        return None
    years, others = [int(row[0]) for row in rows], [f"column_{place + 1}" for place in range(len(rows[0]))]
    if len(others) == _MONTHS + 1 and all(after - before == 1 for before, after in pairwise(years)):
        return ("year", *map(str, range(1, _MONTHS + 1)))
    months = [int(row[1]) if row[1].strip().isdecimal() else 0 for row in rows if len(row) > 2]
    at = [_MONTHS * year + month for year, month in zip(years, months, strict=False) if 1 <= month <= _MONTHS]
    if len(at) == len(rows) > _MONTHS and all(after - before == 1 for before, after in pairwise(at)):
        return ("year", "month", *others[2:])
    return None


def _footer(end: str, rows: Sequence[Sequence[str]], separator: str, comment: str | None) -> list[str]:
    """The lines at the end of a file, without empty ones, that are no rows: a source, a note, a total."""
    rows = rows[: max(1, min(_FEW, len(rows) // 2))]
    width, _ = _modal([len(row) for row in rows])
    kinds = [_kinds(rows, place) for place in range(width)]
    told = [place for place, found in enumerate(kinds) if found and "word" not in found]
    dates = [place for place in told if kinds[place] == {"date"}]

    def is_row(line: str) -> bool:
        cells = [cell.strip() for cell in _cut(line, separator)]
        if len(cells) != width or not any(cells):
            return False
        good = [place for place in dates or told if kind_of(cells[place]) in kinds[place]]
        if cells[0].rstrip(":").casefold() in TOTALS and (0 in told or (dates and not good)):
            return False
        others = [cells[place] for place in dates or told if cells[place] not in _NO_UNIT]
        return bool(good) or not others or any(cell[0].isdigit() for cell in others)  # a date with a slip

    lines = [line for line in end[-END_CHARACTERS:].split("\n")[1:] if line.strip("\r")]
    if not rows or width < 2 or sum(line.count('"') for line in lines) % 2:
        return []
    found: list[str] = []
    for place, line in enumerate(reversed(lines), start=1):
        if comment is not None and line.startswith(comment):
            continue
        if is_row(line):
            return found
        if place > _MOST_FOOTER:
            return []
        found = lines[-place:]
    return []


def _titles(rows: Sequence[Row]) -> int:
    """How many rows stand above the header."""
    width, count = _modal([len(row.fields) for row in rows[:-1] or rows])
    if width == 1 or count < 2:
        return 0
    for place, row in enumerate(rows[:_MOST_TITLES]):
        below = [other.fields for other in rows[place + 1 : place + 1 + _FEW]]
        if len(row.fields) == width - 1 and below and {len(fields) for fields in below} == {width}:
            # Names of rows, or a separator at the end of each: the names have a field less.
            if not _are_names(below[0], below[1:]):
                return place
        elif len(row.fields) >= width and not _is_title(row.fields, below):
            return place
    return 0


def _is_title(fields: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row holds one cell at most, the first, where those below hold more."""
    return not any(cell.strip() for cell in fields[1:]) and any(
        cell.strip() for other in below for cell in other[1 : len(fields)]
    )


def _are_names(fields: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether cells are words where those below are numbers or dates."""
    kinds = [_kinds(below, place) for place in range(len(fields))]
    told = [place for place, found in enumerate(kinds) if found and "word" not in found]
    return bool(told) and all(kind_of(fields[place].strip()) == "word" and fields[place].strip() for place in told)


def _kinds(rows: Sequence[Sequence[str]], place: int) -> set[str]:
    cells = (row[place].strip() for row in rows[:_FEW] if place < len(row))
    return {kind_of(cell) for cell in cells if cell not in _NO_UNIT}


def _header(
    lines: Lines, names: Row, below: Sequence[Sequence[str]], separator: str, comment: str | None
) -> bool | tuple[str, ...]:
    if comment is not None and not _are_names(names.fields, below):
        above = [line for number, line in lines if number < names.begin and line.strip()]
        if (found := _named_by(above, comment, separator, len(names.fields))) is not None:
            return found
    return not looks_like_data(names.fields, below)


def _are_units(names: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the first row below the names holds words over two or more columns of numbers or dates, as units do."""
    units, rows = [cell.strip() for cell in below[0]], below[1:]
    if len(rows) < _FEWEST_ROWS or len(units) != len(names):
        return False
    if any(kind_of(name.strip()) != "word" for name in names):
        return False
    kinds = [_kinds(rows, place) for place in range(len(units))]
    plain = [place for place, found in enumerate(kinds) if found and "word" not in found]
    others = [place for place in range(len(units)) if place not in plain]
    return (
        len(plain) > 1
        and all(len(unit) <= _LONGEST_UNIT for unit in units)
        and all(units[place] in _NO_UNIT for place in others)
        and all(kind_of(units[place]) == "word" for place in plain)
        and any(units[place] not in _NO_UNIT for place in plain)
    )


def _with_units(names: Sequence[str], units: Sequence[str]) -> tuple[str, ...]:
    """The names, with what stands below where they are not unique."""
    if len(set(names)) < len(names):
        names = [f"{name} {unit}".strip() for name, unit in zip(names, units, strict=True)]
    return tuple(_apart(_filled(names)))


def _repeated(names: Sequence[str]) -> str | None:
    """The first name that stands more than once."""
    counts = Counter(names)
    return next((name.strip() for name in counts if name.strip() and counts[name] > 1), None)


def _filled(names: Sequence[str]) -> list[str]:
    """The names, with that of its place for a column without one."""
    return [name.strip() or f"column_{place}" for place, name in enumerate(names, start=1)]


def _apart(names: Sequence[str]) -> Iterator[str]:
    for place, name in enumerate(names, start=1):
        yield f"{name} ({place})" if name in names[: place - 1] else name
