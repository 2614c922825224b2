"""``test.json``: predictions of a trained model on the test split beside the truth, for the report.

A forecast is lines of equal length; each belongs to one output, and to one series where there are several::

    {"format": 1, "kind": "forecast", "lines": [
        {"output": "sunspots", "series": null, "at": [1980, 1981], "truth": [154.6, 140.4],
         "forecast": [149.1, 143.0], "naive": [155.4, 154.6]}]}

``at`` gives the place of each value (years, dates, row numbers) and may be null, as may ``naive``, the naive forecast;
a value that is missing is null. ``standing`` says whether a series is the ``worst``, ``median`` or ``best`` one. Of
several rows ahead a line has ``paths`` in place of ``forecast``: ``[[3, [1.5, 1.6]], …]``, the position in ``truth`` at
which each forecast begins, and its values. A classification is a table of counts, ``counts[truth][predicted]``::

    {"format": 1, "kind": "classes", "classes": ["a", "b"], "counts": [[31, 2], [4, 27]]}

Beside either stand the fields of ``rnnctl.results.evaluation.Scores``: ``"metrics"``, the model's by name,
``"baselines"``, those of each baseline by its name, ``"by_target"``, ``"by_step"`` and ``"by_series"``, those of the
parts. Files of earlier versions have the first two, or none. All values are in the data's own units.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rnnctl.errors import RunError
from rnnctl.results.evaluation import (
    Confusion,
    ForecastLine,
    ForecastPaths,
    Metrics,
    Part,
    Scores,
    TestResults,
    Values,
)
from rnnctl.runs.jsonl import dump
from rnnctl.runs.run_files import MOST_JSON, read_json, write_file
from rnnctl.runs.run_folder import TEST
from rnnctl.runs.run_schema import ResultsFields, checked
from rnnctl.scoring.measures import BASELINES, METRICS

FORMAT = 1


def write_test(
    run: Path, results: Sequence[ForecastLine | ForecastPaths] | Confusion, scores: Scores | None = None
) -> None:
    """Writes ``test.json`` of a run folder: forecasts or a confusion matrix, and the scores where there are some.

    Of so many series that nobody could read the file again, each one's own scores are left out.

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
        data = dump({"format": FORMAT, **fields, "by_series": ()}).encode()
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
    checked(ResultsFields, fields, path)
    try:
        if fields["kind"] == "classes":
            return _scores(fields), _classes(fields)
        return _scores(fields), tuple(_paths(line) if "paths" in line else _line(line) for line in fields["lines"])
    except KeyError as error:
        raise RunError(f"{path}: {error.args[0]} is missing; the file was changed") from None
    except ValueError as error:
        raise RunError(f"{path}: these are no test results as rnnctl writes them ({error})") from error


def _scores(fields: Mapping[str, Any]) -> Scores:
    kept = ("entries", "scored", "season", "over", "unknown", "not_finite")
    more = {name: fields[name] for name in kept if name in fields}
    more |= {name: tuple(map(_part, fields.get(name, ()))) for name in ("by_target", "by_step", "by_series")}
    return Scores(*_metrics(fields), **{"entries": 0, **more})


def _part(fields: Mapping[str, Any]) -> Part:
    series, target, ahead = (fields.get(name) for name in ("series", "target", "ahead"))
    return Part(series, target, ahead, fields["values"], *_metrics(fields))


def _metrics(fields: Mapping[str, Any]) -> tuple[Metrics, Mapping[str, Metrics]]:
    """The model's metrics and the baselines'; one that was not finite is infinite, as such an error counts."""

    def known(metrics: Mapping[str, Any]) -> Metrics:
        return {name: math.inf if value is None else float(value) for name, value in metrics.items() if name in METRICS}

    baselines = fields.get("baselines", {})
    return known(fields.get("metrics", {})), {who: known(baselines[who]) for who in BASELINES if who in baselines}


def _line(fields: Mapping[str, Any]) -> ForecastLine:
    truth, forecast = _values(fields["truth"]), _values(fields["forecast"])
    naive = None if fields.get("naive") is None else _values(fields["naive"])
    at = _places(fields)
    for values in (forecast, naive, at):
        if values is not None and len(values) != len(truth):
            raise ValueError(f"{len(values)} values beside {len(truth)}")
    return ForecastLine(fields["output"], truth, forecast, fields.get("series"), at, naive, fields.get("standing"))


def _paths(fields: Mapping[str, Any]) -> ForecastPaths:
    truth, at = _values(fields["truth"]), _places(fields)
    paths = tuple((first, _values(values)) for first, values in fields["paths"])
    if any(first + len(values) > len(truth) for first, values in paths):
        raise ValueError("a forecast outside the truth beside it")
    if at is not None and len(at) != len(truth):
        raise ValueError(f"{len(at)} places beside {len(truth)}")
    return ForecastPaths(fields["output"], truth, paths, fields.get("series"), at, fields.get("standing"))


def _places(fields: Mapping[str, Any]) -> tuple[str | float, ...] | None:
    return None if fields.get("at") is None else tuple(fields["at"])


def _values(values: Sequence[Any]) -> Values:
    return tuple(None if value is None else float(value) for value in values)


def _classes(fields: Mapping[str, Any]) -> Confusion:
    classes, counts = tuple(fields["classes"]), tuple(map(tuple, fields["counts"]))
    if not classes or len(counts) != len(classes) or any(len(row) != len(classes) for row in counts):
        raise ValueError(f"{len(classes)} classes, and counts of another shape")
    return Confusion(classes, counts)
