"""Predictions beside the truth, as panels of a page: forecasts over time, or a confusion matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from rnnctl.report.axes import COLOUR_BAR, HEATMAP, digits, scatter, shade
from rnnctl.report.markup import Html, tag
from rnnctl.report.page import Figure
from rnnctl.report.panels import panel
from rnnctl.report.run_figures import escaped
from rnnctl.results.evaluation import Confusion, ForecastLine, ForecastPaths, TestResults, Values
from rnnctl.util.format import counted, first_few
from rnnctl.util.printing import visible

_FORECAST_POINTS = 4000
FIRST = 3
"""Pictures before the others share one."""
FEW = 3
NAMED = 8
"""Names of the series that paper does not show."""
Line = ForecastLine | ForecastPaths


def prediction_panels(results: TestResults, key: str, drawn: dict[str, Figure], *, one: str) -> list[Html]:
    """Panels of a split's predictions; ``drawn`` takes the figures.

    Args:
        key: Begins the ids of their elements.
        one: What a class is predicted of, such as ``sequence``.
    """
    if isinstance(results, Confusion):
        return [_matrix(results, key, drawn, "Confusion matrix", one)]
    first, others = _first(results)
    panels = [
        panel(drawn, f"{key}-{number}", forecast(line), _heading(line), _note(line), wide=True)
        for number, line in enumerate(first)
    ]
    if others:
        note = "Choose one in the picture."
        title, names = _others(others), dict.fromkeys(line.series or line.output for line in others)
        panels.append(panel(drawn, f"{key}-others", chooser(others), title, note, wide=True, paper=False))
        panels.append(tag("p", f"{title}, on the screen alone: {first_few(names, NAMED)}.", class_="paper dim"))
    return panels


def one_panel(
    results: TestResults, key: str, drawn: dict[str, Figure], *, one: str, of: str, like: TestResults | None
) -> Html:
    """A single panel of a split's predictions, of one run among several.

    Args:
        key: Id of its element.
        one: What a class is predicted of, such as ``sequence``.
        of: The run.
        like: Results of the first run, whose first series and target are drawn of every run that has them.
    """
    if isinstance(results, Confusion):
        return _matrix(results, key, drawn, of, one)
    (line, *_), _ = _first(results)
    if like and not isinstance(like, Confusion):
        (wanted, *_), _ = _first(like)
        same = (each for each in results if (each.output, each.series) == (wanted.output, wanted.series))
        line = next(same, line)
    return panel(drawn, key, forecast(line), f"{of}: {_heading(line)}", _note(line))


def _matrix(results: Confusion, key: str, drawn: dict[str, Figure], title: str, one: str) -> Html:
    right = sum(row[at] for at, row in enumerate(results.counts))
    every = sum(map(sum, results.counts))
    note = f"{right:,} of {counted(every, one)} right. A row is a true class, in shares of its {one}s."
    height = 200 + 26 * min(len(results.classes), 40)
    return panel(drawn, key, confusion(results), title, note, height=height)


def _first(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Lines with pictures of their own (worst, median and best series, target after target), and the others."""
    targets = {line.output: place for place, line in reversed([*enumerate(lines)])}
    standing = sorted((line for line in lines if line.standing), key=lambda line: targets[line.output])
    first = standing[: 2 * FIRST] or [*lines[:FIRST]]
    return first, [line for line in lines if not any(line is other for other in first)]


def _heading(line: Line) -> str:
    whose = "" if line.series is None else f" of {line.series}"
    return line.output + whose + (f": the {line.standing} series" if line.standing else "")


def _note(line: Line) -> str:
    made = "between predicted quantiles" if any(band.predicted for band in line.bands) else ""
    shaded = f" Shaded: intervals {made or 'calibrated on the validation rows'}." if line.bands else ""
    if isinstance(line, ForecastLine):
        return f"The forecast of each row beside what is true, in the data’s own units.{shaded}"
    ahead = max((len(values) for _, values in line.paths), default=0)
    many = f"A forecast of {counted(ahead, 'row')}"
    if len(line.paths) > 1:
        many = f"{len(line.paths)} forecasts of {counted(ahead, 'row')} each"
    return f"{many}, beside what is true, in the data’s own units.{shaded}"


def _others(lines: Sequence[Line]) -> str:
    several = len({line.output for line in lines}) > 1
    return "Other targets" if lines[0].series is None else "Other series and targets" if several else "Other series"


def chooser(lines: Sequence[Line]) -> Figure:
    """Several lines in one picture, of which one is shown at a time."""
    figures = [forecast(line) for line in lines]
    owner = [number for number, figure in enumerate(figures) for _ in figure["traces"]]
    traces = [
        {**trace, "visible": number == 0}
        for number, trace in zip(owner, (each for figure in figures for each in figure["traces"]), strict=True)
    ]
    buttons = [
        {
            "label": escaped(_heading(line), 40),
            "method": "restyle",
            "args": [{"visible": [number == place for number in owner]}],
        }
        for place, line in enumerate(lines)
    ]
    menu = {"buttons": buttons, "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom", "bgcolor": "--card"}
    layout = {**figures[0]["layout"], "updatemenus": [{**menu, "bordercolor": "--line"}]}
    return {"traces": traces, "layout": layout}


def forecast(line: Line) -> Figure:
    """What is predicted beside what is true: one value a row, or forecasts of several rows from some rows."""
    places: list[Any] = list(line.at or range(1, len(line.truth) + 1))
    # Plotly reads dates itself; other texts are names. So few that an axis of time would show seconds are names too.
    named = len(places) < FEW or (any(isinstance(place, str) for place in places) and not all(map(_is_date, places)))
    axis = {"nticks": 8, **({"type": "category"} if named else {})}
    traces = _value_traces(line, places) if isinstance(line, ForecastLine) else _path_traces(line, places)
    return {"traces": traces, "layout": {"xaxis": axis, "yaxis": {}, "hovermode": "x unified", "showlegend": True}}


def _value_traces(line: ForecastLine, places: Sequence[Any]) -> list[dict[str, Any]]:
    stride = -(-len(places) // _FORECAST_POINTS) or 1
    styles: dict[str, tuple[Sequence[float | None] | None, dict[str, Any]]] = {
        "truth": (line.truth, {"color": "--third", "width": 2.5}),
        "naive": (line.naive, {"color": "--second", "width": 1, "dash": "dot"}),
        "forecast": (line.forecast, {"color": "--main", "width": 1.6}),
    }
    shown = [_place(place) for place in places[::stride]]
    lines = [
        scatter(shown, [_number(value) for value in values[::stride]], "%{y:.5g}", name=name, **dress)
        for name, (values, dress) in styles.items()
        if values is not None
    ]
    return [*_fan(line, shown, lambda values: [_number(value) for value in values[::stride]]), *lines]


def _path_traces(line: ForecastPaths, places: Sequence[Any]) -> list[dict[str, Any]]:
    """The truth, and one trace for all forecasts; each begins at the last value seen."""
    spans = (places[max(first - 1, 0) : first + len(values)] for first, values in line.paths)
    x = [_place(place) for span in spans for place in (*span, None)]
    y = _joined(line, [value for _, values in line.paths for value in values])
    truth = [_number(value) for value in line.truth]
    return [
        *_fan(line, x, lambda values: _joined(line, values)),
        scatter(map(_place, places), truth, "%{y:.5g}", name="truth", color="--third", width=2.5),
        scatter(x, y, "%{y:.5g}", name="forecasts", color="--main", width=1.8),
    ]


def _joined(line: ForecastPaths, values: Sequence[float | None]) -> list[float | None]:
    """Values of all paths, one path after the other, each with the last value seen before it and a gap after it."""
    found: list[float | None] = []
    rest = iter(values)
    for first, path in line.paths:
        seen = line.truth[first - 1 : first] if first else ()
        found += [_number(value) for value in (*seen, *islice(rest, len(path)))] + [None]
    return found


def _fan(line: Line, places: Sequence[Any], drawn: Callable[[Values], list[float | None]]) -> Iterator[dict[str, Any]]:
    """The intervals of each level as a shade, the widest first, so that narrower ones are darker."""
    for place, band in enumerate(sorted(line.bands, key=lambda band: -band.level)):
        colour = "--main-soft" if place or len(line.bands) == 1 else "--soft"
        dress = {"name": f"{band.level:g} %", "fillcolor": colour, "showlegend": True}
        yield from shade(places, drawn(band.low), drawn(band.high), **dress)


def _place(place: Any) -> Any:
    return escaped(place) if isinstance(place, str) else place


def _is_date(place: Any) -> bool:
    return isinstance(place, str) and place[:4].isdecimal() and place[4:5] == "-"


def confusion(found: Confusion) -> Figure:
    """How often each class was taken for which: a row for each true class, in shares of its row."""
    names = _told_apart([escaped(visible(name), 30) for name in found.classes])
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
