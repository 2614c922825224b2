"""Files of offices of statistics: marks of footnotes are found by ``init``, told with their cells, and taken off."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnctl.config.load import load_config
from rnnctl.tables.reading import read_table
from rnnctl.workflows.init import starter_config

MONTHS = [f"{2010 + month // 12}-{month % 12 + 1:02}" for month in range(96)]
VALUES = [round(100 + month * 0.7, 1) for month in range(96)]
YEARS = range(1995, 2024)

FILES: dict[str, tuple[str, str, list[float | None]]] = {
    "numbers": (
        "month,gdp\n"
        + "".join(
            f"{at},{value}{'p' if row > 90 else '*' if row == 4 else ''}\n"
            for row, (at, value) in enumerate(zip(MONTHS, VALUES, strict=True))
        ),
        "p in 5 cells of 'gdp' (from line 93 on); '*' in 1 cell of 'gdp' (from line 6 on): taken off, the numbers stay "
        "as they are footnote_marks: [p, '*']",
        [*VALUES],
    ),
    "limits of detection": (
        "month,gdp\n"
        + "".join(
            f"{at},{'<' if row % 4 == 1 else ''}{v}\n" for row, (at, v) in enumerate(zip(MONTHS, VALUES, strict=True))
        ),
        "'<' beside 24 numbers is taken for a mark of a footnote ('<100.7' in line 3)",
        [*VALUES],
    ),
    "months": (
        "month,gdp\n"
        + "".join(
            f"{at}{'*' if row > 90 else ''},{value}\n"
            for row, (at, value) in enumerate(zip(MONTHS, VALUES, strict=True))
        ),
        "'*' in 5 cells of 'month' (from line 93 on): taken off, the numbers stay as they are footnote_marks: ['*']",
        [*VALUES],
    ),
    "years": (
        "year,gdp\n" + "".join(f"{1900 + row}{'*' if row > 90 else ''},{v}\n" for row, v in enumerate(VALUES)),
        "'*' in 5 cells of 'year' (from line 93 on): taken off, the numbers stay as they are footnote_marks: ['*']",
        [*VALUES],
    ),
    "Eurostat": (
        "geo\t"
        + "\t".join(f"{year} " for year in YEARS)
        + "\n"
        + "".join(
            f"{geo}\t"
            + "\t".join(": c" if y == 2000 else f"{y - 1900}.5 {'b' if y > 2021 else ''}" for y in YEARS)
            + "\n"
            for geo in ("AT", "BE", "CZ")
        ),
        "b in 6 cells of 'value' (from line 2 under '2022' on); c in 3 cells of 'value' (from line 2 under '2000' on): "
        "taken off, the numbers stay as they are footnote_marks: [b, c] missing_marks: [':'] # ':' in 3 cells of "
        "'value' (line 2 under '2000')",
        [None if year == 2000 else year - 1900 + 0.5 for _ in range(3) for year in YEARS],
    ),
}


@pytest.mark.parametrize(("text", "told", "values"), FILES.values(), ids=FILES)
def test_marks_are_found_told_and_change_no_number(
    text: str, told: str, values: list[float | None], tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_text(text)
    starter = starter_config(tmp_path / "x.csv", tmp_path)
    assert told in " ".join(" ".join(line.lstrip("# ") for line in starter.splitlines()).split())
    (tmp_path / "x.yaml").write_text(starter)
    data = load_config(tmp_path / "x.yaml").data
    assert data.table is not None
    table = read_table(data.table)
    assert table.frame[data.table.target[0]].to_list() == values
