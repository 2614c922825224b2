"""Predictions beside the truth, as panels of a page: forecasts over time, or a confusion matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rnnctl.report.axes import COLOUR_BAR, HEATMAP, digits, scatter
from rnnctl.report.markup import Html
from rnnctl.report.page import Figure
from rnnctl.report.panels import panel
from rnnctl.report.run_figures import escaped
from rnnctl.results.evaluation import Confusion, ForecastLine, TestResults
from rnnctl.util.format import counted

_FORECAST_POINTS = 4000


def prediction_panels(
    results: TestResults, key: str, drawn: dict[str, Figure], *, one: str, most: int | None = None
) -> list[Html]:
    """Panels of a split's predictions; ``drawn`` takes the figures.

    Args:
        key: Begins the ids of their elements.
        one: What a class is predicted of, such as ``sequence``.
        most: Forecasts drawn at most.
    """
    if isinstance(results, Confusion):
        right = sum(row[at] for at, row in enumerate(results.counts))
        every = sum(map(sum, results.counts))
        note = f"{right:,} of {counted(every, one)} right. A row is a true class, in shares of its {one}s."
        height = 200 + 26 * min(len(results.classes), 40)
        return [panel(drawn, key, confusion(results), "Confusion matrix", note, height=height)]
    panels = []
    for number, line in enumerate(results[:most]):
        heading = line.output if line.series is None else f"{line.output} of {line.series}"
        note = "Forecast beside what is true, in the data’s own units."
        panels.append(panel(drawn, f"{key}-{number}", forecast(line), heading, note, wide=True))
    return panels


def forecast(line: ForecastLine) -> Figure:
    """A forecast beside what is true, and beside the naive forecast where there is one."""
    count = len(line.truth)
    places: list[Any] = list(line.at or range(1, count + 1))
    stride = -(-count // _FORECAST_POINTS) or 1
    styles: dict[str, tuple[Sequence[float | None] | None, dict[str, Any]]] = {
        "truth": (line.truth, {"color": "--third", "width": 2.5}),
        "naive": (line.naive, {"color": "--second", "width": 1, "dash": "dot"}),
        "forecast": (line.forecast, {"color": "--main", "width": 1.6}),
    }
    shown = [escaped(place) if isinstance(place, str) else place for place in places[::stride]]
    drawn = [
        scatter(shown, [_number(value) for value in values[::stride]], "%{y:.5g}", name=name, **dress)
        for name, (values, dress) in styles.items()
        if values is not None
    ]
    # Plotly reads dates itself; other texts are names.
    named = any(isinstance(place, str) for place in places) and not all(map(_is_date, places))
    axis = {"nticks": 8, **({"type": "category"} if named else {})}
    return {"traces": drawn, "layout": {"xaxis": axis, "yaxis": {}, "hovermode": "x unified", "showlegend": True}}


def _is_date(place: Any) -> bool:
    return isinstance(place, str) and place[:4].isdecimal() and place[4:5] == "-"


def confusion(found: Confusion) -> Figure:
    """How often each class was taken for which: a row for each true class, in shares of its row."""
    names = _told_apart([escaped(name, 30) for name in found.classes])
    shares = [[count / sum(row) if sum(row) else None for count in row] for row in found.counts]
    trace = {
        **{**HEATMAP, "x": names, "y": names, "zmin": 0, "zmax": 1, "xgap": 1, "ygap": 1},
        "z": [[share and round(share, 4) for share in row] for row in shares],
        "text": [[f"{count:,}" for count in row] for row in found.counts],
        "texttemplate": "%{text}" if len(names) <= 20 else "",
        "colorbar": {**COLOUR_BAR, "tickformat": ".0%"},
        "hovertemplate": "%{y} taken for %{x}: %{text} (%{z:.1%})<extra></extra>",
    }
    layout = {
        "xaxis": {"type": "category", "title": {"text": "predicted"}, "showgrid": False},
        "yaxis": {"type": "category", "title": {"text": "true"}, "autorange": "reversed", "showgrid": False},
    }
    return {"traces": [trace], "layout": layout}


def _told_apart(names: Sequence[str]) -> list[str]:
    """Plotly draws two classes of one name over each other: those that are the same once cut have their number too."""
    times = Counter(names)
    return [name if times[name] == 1 else f"{name} {number}" for number, name in enumerate(names, start=1)]


def _number(value: float | None) -> float | None:
    return None if value is None else digits(value, 6)
