"""Measures intervals with nothing but defaults: ``init``, ``train`` and ``evaluate --interval 80 --interval 95``.

``FOLDER`` holds a CSV file of two columns, ``ds`` and ``y``, for each series; ``meta.json`` beside them may tell the
rows of their seasons. It takes about fifteen seconds a series::

    python tests/bench/interval_table.py FOLDER
    python tests/bench/interval_table.py FOLDER --only co2_month --save scores.jsonl

Coverage is the share of the test rows' truths that the intervals hold, one row ahead. The other columns are this
project's figures over those of the naive or the seasonal naive forecast, whichever errs less there: its mean absolute
error, the mean width of its own intervals of the same level, and its CRPS.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

LEVELS = (80, 95)
HEAD = (
    "series",
    "test rows",
    "MAE ÷ naive",
    "CRPS ÷ naive",
    *(f"{what}, {level} %" for level in LEVELS for what in ("coverage", "width ÷ naive")),
)
NAIVE = ("naive", "seasonal_naive")


def scores(path: Path, season: int) -> dict[str, Any]:
    """What ``evaluate --json`` says of the defaults on a series.

    Args:
        season: Rows of a season, as the series' source tells them; 1 where there is none.
    """
    with tempfile.TemporaryDirectory() as folder:

        def rnnctl(*words: str) -> str:
            command = [sys.executable, "-m", "rnnctl", *words]
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
            if done.returncode:
                sys.exit(f"{path}: {' '.join(words)}\n{done.stderr}")
            return done.stdout

        rnnctl("init", "--from", str(path.resolve()), "--target", "y", "--time", "ds", "-o", "c.yaml")
        rnnctl("train", "c.yaml", "--quiet", "--out", "runs")
        (run,) = Path(folder, "runs").iterdir()
        levels = [word for level in LEVELS for word in ("--interval", str(level))]
        given = ["--season", str(season)] if season > 1 else []
        found: dict[str, Any] = json.loads(rnnctl("evaluate", str(run), "--json", *levels, *given))
        return found


def figures(report: dict[str, Any]) -> list[float | None]:
    """What a line of the table has after the series' name; None where there is no interval of a level."""
    baselines = report["baselines"]
    naive = min((name for name in NAIVE if name in baselines), key=lambda name: baselines[name]["mae"])
    found = {(one["who"], one["level"]): one for one in report["intervals"] if one["ahead"] is None}
    own, other = ([found.get((who, level)) for level in LEVELS] for who in ("model", naive))
    first = [
        report["entries"],
        report["metrics"]["mae"] / baselines[naive]["mae"],
        None if own[0] is None or other[0] is None else own[0]["crps"] / other[0]["crps"],
    ]
    for one, theirs in zip(own, other, strict=True):
        first += [None, None] if one is None or theirs is None else [one["coverage"], one["width"] / theirs["width"]]
    return first


def line(name: str, numbers: list[float | None]) -> str:
    """A line of the table."""
    coverage = {HEAD.index(f"coverage, {level} %") for level in LEVELS}
    cells = [name]
    for place, number in enumerate(numbers, start=1):
        if number is None:
            cells.append("–")
        elif HEAD[place] == "test rows":
            cells.append(f"{number:,.0f}")
        else:
            cells.append(f"{100 * number:.1f} %" if place in coverage else f"{number:.2f}")
    return f"| {' | '.join(cells)} |"


def together(lines: list[list[float | None]]) -> list[float | None]:
    """All test rows, the geometric means of ratios, and coverage pooled over the test rows."""
    found: list[float | None] = [sum(one[0] or 0 for one in lines)]
    for place, head in enumerate(HEAD[2:], start=1):
        known = [(one[0] or 0, value) for one in lines if (value := one[place]) is not None]
        if not known:
            found.append(None)
        elif head.startswith("coverage"):
            found.append(sum(rows * share for rows, share in known) / sum(rows for rows, _ in known))
        else:
            found.append(math.exp(sum(math.log(ratio) for _, ratio in known) / len(known)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the intervals of the defaults.")
    parser.add_argument("folder", type=Path, help="a CSV file of each series")
    parser.add_argument("--only", default="", help="the series whose name holds this")
    parser.add_argument("--save", type=Path, help="append what evaluate says of each to this file, as a JSON line")
    options = parser.parse_args()
    meta = options.folder / "meta.json"
    seasons = json.loads(meta.read_text(encoding="utf-8")) if meta.exists() else {}
    print("\n".join([f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]))
    lines = []
    for path in sorted(options.folder.glob("*.csv")):
        if options.only not in path.stem:
            continue
        report = scores(path, seasons.get(path.stem, {}).get("season", 1))
        if options.save:
            with options.save.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"series": path.stem, **report}, ensure_ascii=False) + "\n")
        lines.append(figures(report))
        print(line(path.stem, lines[-1]), flush=True)
    if len(lines) > 1:
        print(line("together", together(lines)))


if __name__ == "__main__":
    main()
