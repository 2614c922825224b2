"""``test.json``: predictions of a trained model on the test split beside the truth, for the report.

A forecast is lines of equal length; each belongs to one output, and to one series where there are several::

    {"format": 1, "kind": "forecast", "lines": [
        {"output": "sunspots", "series": null, "at": [1980, 1981], "truth": [154.6, 140.4],
         "forecast": [149.1, 143.0], "naive": [155.4, 154.6]}]}

``at`` gives the place of each value (years, dates, row numbers) and may be null, as may ``naive``, the naive forecast;
a value that is missing is null. ``standing`` says whether a series is the ``worst``, ``median`` or ``best`` one. Of
several rows ahead a line has ``paths`` in place of ``forecast``: ``[[3, [1.5, 1.6]], …]``, the position in ``truth`` at
which each forecast begins, and its values. ``bands`` holds intervals around the forecasts: ``level``, ``low`` and
``high``, as many values as are forecast. A classification is a table of counts, ``counts[truth][predicted]``::

    {"format": 1, "kind": "classes", "classes": ["a", "b"], "counts": [[31, 2], [4, 27]]}

Beside either stand the fields of ``rnnctl.results.evaluation.Scores``: ``"metrics"``, the model's by name,
``"baselines"``, those of each baseline by its name, ``"by_target"``, ``"by_step"`` and ``"by_series"``, those of the
parts, and ``"intervals"``, how good intervals are. Files of earlier versions have the first two, or none. All values
are in the data's own units.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields as dataclass_fields
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

from pydantic import Discriminator, Tag

from rnnctl.errors import RunError
from rnnctl.results.evaluation import Confusion, ForecastLine, ForecastPaths, Scores, TestResults
from rnnctl.runs.jsonl import dump
from rnnctl.runs.run_files import MOST_JSON, read_json, write_file
from rnnctl.runs.run_folder import TEST
from rnnctl.runs.run_schema import checked_as
from rnnctl.scoring.measures import BASELINES, METRICS

FORMAT = 1
PARTS = ("by_target", "by_step", "by_series")


def write_test(
    run: Path, results: Sequence[ForecastLine | ForecastPaths] | Confusion, scores: Scores | None = None
) -> None:
    """Writes ``test.json`` of a run folder: forecasts or a confusion matrix, and the scores where there are some.

    Of so many series that nobody could read the file again, each one's own scores, and those of the intervals of each
    row ahead, are left out.

    Raises:
        RunError: The disk says no.
    """
    if isinstance(results, Confusion):
        fields: dict[str, Any] = {"kind": "classes", **asdict(results)}
    else:
        fields = {"kind": "forecast", "lines": [asdict(line) for line in results]}
    if scores is not None:
        fields |= asdict(scores)
    data = dump({"format": FORMAT, **fields}).encode()
    if len(data) >= MOST_JSON:
        few = [one for one in fields.get("intervals", ()) if one["ahead"] is None]
        data = dump({"format": FORMAT, **fields, "by_series": (), "intervals": few}).encode()
    write_file(run / TEST, data + b"\n")


def read_test(run: Path) -> tuple[Scores, TestResults] | None:
    """Reads ``test.json``; None where a run has none. Scores that were not kept are empty.

    Raises:
        RunError: It cannot be read, or is not as this module's docstring says.
    """
    path = run / TEST
    if not path.exists():
        return None
    fields = read_json(path)
    if fields.get("format") != FORMAT:
        raise RunError(f"{path}: this is of format {fields.get('format')!r}, and this rnnctl reads format {FORMAT}")
    scores = checked_as(Scores, _known({"metrics": {}, "baselines": {}, "entries": 0, **_of(Scores, fields)}), path)
    results: TestResults
    if fields.get("kind") == "classes":
        results = checked_as(Confusion, _of(Confusion, fields), path)
        faults = _faults_of_classes(results)
    else:
        results = checked_as(_Forecast, _of(_Forecast, fields), path).lines
        faults = chain.from_iterable(map(_faults_of_line, results))
    if fault := next(faults, ""):
        raise RunError(f"{path}: these are no test results as rnnctl writes them ({fault})")
    return scores, results


def _of(kind: type[Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    return {field.name: fields[field.name] for field in dataclass_fields(kind) if field.name in fields}


@dataclass(frozen=True)
class _Forecast:
    """A forecast's part of the file."""

    lines: tuple[
        Annotated[
            Annotated[ForecastLine, Tag("line")] | Annotated[ForecastPaths, Tag("paths")],
            Discriminator(lambda line: "paths" if isinstance(line, dict) and "paths" in line else "line"),
        ],
        ...,
    ]


def _known(part: Any) -> Any:
    """Scores without what this version does not know, and without metrics that were not finite."""
    if not isinstance(part, dict):
        return part

    def metrics(found: Any) -> Any:
        known = isinstance(found, dict)
        return {name: found[name] for name in METRICS if found.get(name) is not None} if known else found

    every = part.get("baselines")
    baselines = {who: metrics(every[who]) for who in BASELINES if who in every} if isinstance(every, dict) else every
    parts = {name: list(map(_known, of)) for name, of in part.items() if name in PARTS and isinstance(of, list)}
    return {**part, **parts, "metrics": metrics(part.get("metrics")), "baselines": baselines}


def _faults_of_line(line: ForecastLine | ForecastPaths) -> Iterator[str]:
    beside: list[Sequence[Any] | None] = [line.at]
    if isinstance(line, ForecastPaths):
        if any(first < 0 or first + len(values) > len(line.truth) for first, values in line.paths):
            yield "a forecast outside the truth beside it"
        forecast = sum(len(values) for _, values in line.paths)
    else:
        forecast = len(line.forecast)
        beside += [line.forecast, line.naive]
    yield from (
        f"{len(of)} values beside {len(line.truth)}" for of in beside if of is not None and len(of) != len(line.truth)
    )
    ends = (end for band in line.bands for end in (band.low, band.high))
    yield from (f"{len(end)} ends of intervals for {forecast} values" for end in ends if len(end) != forecast)


def _faults_of_classes(found: Confusion) -> Iterator[str]:
    size = len(found.classes)
    if not size or len(found.counts) != size or any(len(row) != size for row in found.counts):
        yield f"{size} classes, and counts of another shape"
    if any(count < 0 for row in found.counts for count in row):
        yield "a count below zero"
