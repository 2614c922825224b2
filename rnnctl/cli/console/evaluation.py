"""The screen of ``rnnctl evaluate``: scores beside baselines, an honest word, folds, and a picture."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from rnnctl.cli.console.evaluation_pictures import confusion_text, forecast_plot
from rnnctl.cli.console.lines import named_lines
from rnnctl.cli.console.style import Style, cut, printable
from rnnctl.cli.console.table import table
from rnnctl.data.score_words import BASELINES, METRICS, best_baseline, ruling
from rnnctl.data.scores import Scores
from rnnctl.numbers import counted, short
from rnnctl.runs.evaluation import Evaluation
from rnnctl.runs.tested import Classes

MODEL = "this run"
PREVIOUS = "row before: repeats the row before's true value, which the network is not shown"


def evaluation_text(found: Evaluation, style: Style) -> str:
    """Everything that was found, no line longer than the style's width.

    Args:
        found: The evaluation.
        style: Width of a line, and how text is dressed.
    """
    blocks = [header_text(found, style), scores_text(found.scores, style), verdict_text(found, style)]
    if found.folds:
        blocks.append(folds_text(found, style))
    if isinstance(found.results, Classes):
        blocks.append(confusion_text(found.results, style))
    elif (plot := forecast_plot(found.results, style)) is not None:
        blocks.append(plot)
    return "\n\n".join(blocks)


def header_text(found: Evaluation, style: Style) -> str:
    """What was evaluated on what."""
    span = "" if found.first is None else f", {found.first} to {found.last}"
    parts = [
        found.model,
        ("all rows" if found.split == "all" else f"{found.split} split") + span,
        counted_entries(found),
        "final weights" if found.step is None else f"weights of the checkpoint at step {found.step:,}",
    ]
    if found.data is not None:
        parts.insert(1, found.data)
    return named_lines(found.run, parts, style)


def counted_entries(found: Evaluation) -> str:
    """How much is scored: ``46 forecasts, 1 row ahead``, ``270 sequences``, ``270 sequences, 4,274 time steps``."""
    if found.task == "forecast":
        ahead = "1 row ahead" if found.horizon == 1 else f"1 to {found.horizon} rows ahead"
        return f"{counted(found.scores.entries, 'forecast')}, {ahead}"
    sequences = counted(found.sequences, "sequence")
    if found.scores.entries == found.sequences:
        return sequences
    return f"{sequences}, {counted(found.scores.entries, 'time step')}"


def scores_text(scores: Scores, style: Style) -> str:
    """The model's metrics, and below them each baseline's; the best of each column is marked."""
    names = _shown(scores)
    rows = [[MODEL, *_cells(scores.metrics, names)]]
    for who, metrics in scores.baselines.items():
        title = BASELINES[who]
        if who == "seasonal_naive":
            title += f", {scores.season} rows"
        said = scores.scored.get(who, scores.entries)
        if said < scores.entries:
            title += f" ({said:,} of {scores.entries:,})"
        rows.append([title, *_cells(metrics, names)])
    told = [] if "previous" not in scores.baselines else [style.dim(cut(PREVIOUS, style.width))]
    lines = table(["", *(METRICS[name] for name in names)], rows, style).split("\n")
    lines[1] = style.bold(lines[1])
    return "\n".join([*lines, *told])


def _shown(scores: Scores) -> list[str]:
    """The metrics that there are; a share of exact sequences that is zero for everybody tells nothing."""
    every = [scores.metrics, *scores.baselines.values()]
    exact = any(metrics.get("exact") for metrics in every)
    return [name for name in METRICS if name in scores.metrics and (name != "exact" or exact)]


def _cells(metrics: Mapping[str, float], names: list[str]) -> list[str]:
    return [short(metrics.get(name)) for name in names]


def verdict_text(found: Evaluation, style: Style) -> str:
    """Whether the network is worth having: one or two sentences."""
    scores, unbeaten = found.scores, found.unbeaten
    name = ruling(scores.metrics)
    best = None if name is None else best_baseline(name, scores.baselines)
    if name is None or best is None:
        return style.dim("There is nothing to compare with on these rows.")
    mine, theirs = scores.metrics[name], scores.baselines[best][name]
    if name not in unbeaten:
        text = style.good("better") + " than every baseline: "
        text += f"{METRICS[name]} {short(mine)}, the best of them ({BASELINES[best]}) {short(theirs)}."
        others = _others(found, name)
        return _filled(text + others, style)
    text = style.worrying("not better") + f" than {_listed(unbeaten[name])}: {METRICS[name]} {short(mine)}, "
    text += f"{_the(best)} {short(theirs)}. On these rows that answer needs no network and is as good or better."
    return _filled(text, style)


def _others(found: Evaluation, name: str) -> str:
    """What of the other metrics is not in the network's favour."""
    worse = [other for other in _shown(found.scores) if other in found.unbeaten and other != name]
    if not worse:
        return ""
    told = "; ".join(f"in {METRICS[other]} {_listed(found.unbeaten[other])}" for other in worse)
    return f" It is not better than: {told}."


def _the(who: str) -> str:
    return f"the {BASELINES[who]}" if who in {"mean", "majority"} else BASELINES[who]


def _listed(names: tuple[str, ...]) -> str:
    words = [_the(name) for name in names]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def _filled(text: str, style: Style) -> str:
    """Text broken into lines; the few escape codes in it make a line a little shorter at worst."""
    return textwrap.fill(text, min(style.width, 100), break_on_hyphens=False)


def folds_text(found: Evaluation, style: Style) -> str:
    """The forecasts by when they were made."""
    names = _shown(found.scores)[:2]
    best = best_baseline(names[0], found.scores.baselines)
    baselines = [] if best is None else [f"{BASELINES[best]} {METRICS[name]}" for name in names]
    rows = []
    for fold in found.folds:
        theirs = {} if best is None else fold.scores.baselines.get(best, {})
        cells = _cells(fold.scores.metrics, names) + ([] if best is None else _cells(theirs, names))
        rows.append([f"{fold.first} to {fold.last}", f"{fold.forecasts:,}", *cells])
    titles = ["last row seen", "forecasts", *(METRICS[name] for name in names), *baselines]
    told = (
        f"rolling origins: the split's forecasts, each made from the rows before it with the same weights (nothing is "
        f"trained again), in {len(found.folds)} consecutive stretches of time"
    )
    return style.dim(_filled(told, style)) + "\n" + printable(table(titles, rows, style))
