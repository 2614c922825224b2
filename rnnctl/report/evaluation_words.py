"""An evaluation in words, for the console and the page: what was scored, the table of scores, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rnnctl.report.evaluation_parts import (
    MODEL,
    ScoreTable,
    better,
    part_tables,
    ranked_series,
    series_sentence,
    worse_targets,
)
from rnnctl.results.evaluation import Combination, Evaluation, Scores
from rnnctl.results.training import DIVERGED, NOT_BETTER
from rnnctl.scoring.measures import BASELINES, METRICS, best_baseline, ruling, unbeaten
from rnnctl.tasks import TASKS
from rnnctl.util.format import counted, listed, percent, short

PREVIOUS = "row before: repeats the row before's true value, which the network is not shown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``better``, ``not better``, ``diverged`` or nothing (nothing to compare with), and a sentence that begins so.

    Its tone is ``good``, ``worrying`` or ``plain``.
    """

    word: str
    tone: str
    sentence: str


def evaluation_facts(found: Evaluation) -> list[str]:
    """What was evaluated on what, in a few parts."""
    span = "" if found.first is None else f", {found.first} to {found.last}"
    return [
        found.model,
        *filter(None, [made_of(found.scores.combination)]),
        *([] if found.data is None else [found.data]),
        ("all rows" if found.split == "all" else f"{found.split} split") + span,
        _counted_entries(found),
        "final weights" if found.step is None else f"weights of the checkpoint at step {found.step:,}",
        *_spread(found.spread),
        *filter(None, [found.engine]),
    ]


def _spread(spread: Mapping[str, float]) -> Iterator[str]:
    if spread:
        each = [f"{short(value)}{f' in {name}' if len(spread) > 1 else ''}" for name, value in spread.items()]
        yield f"its nets differ by {listed(each, 'and')} (standard deviation)"


def _counted_entries(found: Evaluation) -> str:
    """How much is scored: ``46 forecasts, 1 row ahead``, ``270 sequences``, ``270 sequences, 4,274 time steps``."""
    if TASKS[found.task].windowed:
        ahead = "1 row ahead" if found.horizon == 1 else f"1 to {found.horizon} rows ahead"
        return f"{counted(found.scores.entries, 'forecast')}, {ahead}"
    sequences = counted(found.sequences, "sequence")
    if found.scores.entries == found.sequences:
        return sequences
    return f"{sequences}, {counted(found.scores.entries, 'time step')}"


def score_table(scores: Scores) -> tuple[list[str], list[list[str]]]:
    """Titles, and rows: the model's metrics, then each baseline's."""
    names = _shown_metrics(scores)
    rows = [[MODEL, *cells(scores.metrics, names)]]
    for who, metrics in scores.baselines.items():
        title = BASELINES[who].title
        if BASELINES[who].seasonal and scores.season:
            title += f", {scores.season} rows"
        said = scores.scored.get(who, scores.entries)
        if said < scores.entries:
            title += f" ({said:,} of {scores.entries:,})"
        rows.append([title, *cells(metrics, names)])
    return ["", *(METRICS[name].title for name in names)], rows


def _shown_metrics(scores: Scores) -> list[str]:
    every = [scores.metrics, *scores.baselines.values()]
    return [
        name
        for name, metric in METRICS.items()
        if name in scores.metrics and (not metric.only_where_positive or any(metrics.get(name) for metrics in every))
    ]


def cells(metrics: Mapping[str, float], names: list[str]) -> list[str]:
    """Some metrics as text."""
    return [short(metrics.get(name)) for name in names]


def evaluation_tables(found: Evaluation) -> Iterator[ScoreTable]:
    """The scores beside the baselines', those of the parts, and those of stretches of time where asked for."""
    yield whole_table(found.scores)
    yield from part_tables(found.scores)
    if found.folds:
        yield _fold_table(found)


def whole_table(scores: Scores, heading: str = "Scores") -> ScoreTable:
    """The scores beside the baselines', and what they are taken over."""
    notes = (PREVIOUS if "previous" in scores.baselines else "", over_sentence(scores))
    return ScoreTable(heading, *score_table(scores), below=tuple(filter(None, notes)))


def _fold_table(found: Evaluation) -> ScoreTable:
    """A row for each stretch of time: the two ruling metrics, the best baseline's beside them."""
    names = _shown_metrics(found.scores)[:2]
    best = best_baseline(names[0], found.scores.baselines)
    baselines = [] if best is None else [f"{BASELINES[best].title} {METRICS[name].title}" for name in names]
    rows = []
    for fold in found.folds:
        theirs = [] if best is None else cells(fold.scores.baselines.get(best, {}), names)
        own = cells(fold.scores.metrics, names)
        rows.append([f"{fold.first} to {fold.last}", f"{fold.forecasts:,}", *own, *theirs])
    above = (
        f"rolling origins: the split's forecasts, each made from the rows before it with the same weights (nothing is "
        f"trained again), in {len(found.folds)} consecutive stretches of time"
    )
    titles = ["last row seen", "forecasts", *(METRICS[name].title for name in names), *baselines]
    return ScoreTable("Stretches of time", titles, rows, above=above)


LAST = {
    ("year", 1): "last year",
    ("quarter", 1): "last quarter",
    ("month", 1): "last month",
    ("week", 1): "last week",
    ("day", 1): "the day before",
    ("hour", 1): "the hour before",
    ("quarter", 4): "last year",
    ("month", 12): "last year",
    ("week", 52): "last year",
    ("day", 365): "last year",
    ("day", 7): "last week",
    ("business day", 5): "last week",
    ("hour", 24): "the day before",
    ("hour", 168): "last week",
}
"""What lies so many rows of a kind before."""


def _doing(who: str, season: int | None, row: str, horizon: int) -> str:
    """What one does who answers as a baseline does."""
    baseline = BASELINES[who]
    if baseline.seasonal and season:
        before = LAST.get((row, season))
        return f"repeating {before}" if before else f"repeating the values of {counted(season, 'row')} before"
    if who == "naive" and horizon == 1 and (row, 1) in LAST:
        return f"repeating {LAST[row, 1]}"
    return baseline.doing


SHARES = {0.25: "¼", 0.5: "½", 0.75: "¾"}


def made_of(combination: Combination) -> str:
    """``¾ network and ¼ seasonal naive of 12 rows``; empty of a network alone."""
    weight, season = combination.weight, combination.season
    if not weight:
        return ""
    who, rows = BASELINES[combination.simple], f" of {counted(season, 'row')}" if season else ""
    if weight == 1:
        return f"{who.title}{' forecast' if who.repeats else ''}{rows} alone"
    network, simple = (SHARES.get(share) or percent(share) for share in (1 - weight, weight))
    return f"{network} network and {simple} {who.title}{rows}"


def _doing_of(combination: Combination, row: str, horizon: int) -> str:
    return _doing(combination.simple, combination.season, row, horizon)


def forecast_sentence(combination: Combination, *, row: str = "", horizon: int = 0) -> str:
    """What a forecast is made of, and why; empty of a network alone. See `worth` for the arguments."""
    if not combination.weight:
        return ""
    if combination.weight < 1:
        why = "chosen on the validation rows" if combination.chosen else "training.naive_weight"
        return f"the forecast is {made_of(combination)} ({why})"
    said = _without_network(combination, row, horizon)
    return f"the network is {said}" if combination.chosen else said


def _without_network(combination: Combination, row: str, horizon: int) -> str:
    """Why a forecast is the simple one."""
    doing = _doing_of(combination, row, horizon)
    which = "the naive one" if BASELINES[combination.simple].repeats else ""
    if not combination.chosen:
        said = ", ".join(filter(None, (which, doing)))
        return f"training.naive_weight is 1: the network has no share, and this forecast is {said}"
    why = f"{NOT_BETTER} than {doing} on the validation rows"
    return f"{why}: the network's share is 0, so this forecast is {which or doing}"


def worth(scores: Scores, *, row: str = "", horizon: int = 0) -> str:
    """A network beside the best baseline: ``beats repeating last year by 45 % (MAE 12.36 instead of 22.45)``.

    Args:
        scores: With those of the parts.
        row: What the time from row to row is called; empty where that is not known.
        horizon: Rows ahead that are forecast.

    Returns:
        Empty where there is nothing to compare with. Where series are compared, a second sentence says how they stand.
    """
    text = _beside_the_best(scores, row, horizon)
    series = series_sentence(ranked_series(scores)) if text and scores.combination.weight < 1 else ""
    return f"{text}. Better than every baseline {series}" if series else text


def _beside_the_best(scores: Scores, row: str, horizon: int) -> str:
    """The first sentence of `worth`."""
    name = ruling(scores.metrics)
    best = None if name is None else best_baseline(name, scores.baselines)
    if name is None or best is None:
        return ""
    mine, theirs, title = scores.metrics[name], scores.baselines[best][name], METRICS[name].title
    values = f"both {title} {short(mine)}" if mine == theirs else f"{title} {short(mine)} instead of {short(theirs)}"
    if len(scores.by_target) > 1 and not _in_units(scores):
        values += f", over {len(scores.by_target)} targets"
    if (said := scores.scored.get(best, scores.entries)) < scores.entries:
        values += f", which is of {said:,} of {scores.entries:,} alone"
    doing = {who: _doing(who, scores.season, row, horizon) for who in scores.baselines}
    if scores.combination.weight == 1:
        values = f"{title} {short(mine)}"
        # A baseline may say nothing of some rows: the very one that is forecast is not compared with itself.
        if METRICS[name].is_better(theirs, mine) and doing[best] != _doing_of(scores.combination, row, horizon):
            values += f", {doing[best]} has {short(theirs)}"
        return f"{_without_network(scores.combination, row, horizon)} ({values})"
    values += f"; {parts}" if (parts := made_of(scores.combination)) else ""
    if others := unbeaten(scores.metrics, scores.baselines).get(name):
        rest = [doing[who] for who in others if who != best]
        return f"{NOT_BETTER} than {doing[best]} ({values}){f', nor than {listed(rest)}' if rest else ''}"
    by = "" if METRICS[name].higher_is_better else f" by {percent(theirs - mine, theirs)}"
    return f"beats {doing[best]}{by} ({values})"


def verdict(found: Evaluation) -> Verdict:
    """Whether the network is better than what needs none: a few honest sentences."""
    if found.diverged:
        return Verdict("diverged", "worrying", DIVERGED + found.diverged)
    scores, ranked = found.scores, ranked_series(found.scores)
    said, series = _beside_the_best(scores, found.row, found.horizon), series_sentence(ranked)
    if not said:
        return Verdict("", "plain", "There is nothing to compare with on these rows.")
    if scores.combination.weight == 1:
        return Verdict(*((NOT_BETTER, "worrying") if scores.combination.chosen else ("", "plain")), f"{said}.")
    if ruling(scores.metrics) in found.unbeaten:
        text = f"{said}. On these rows no network is needed to do as well or better."
        text += f" Better than every baseline {series}." if series else ""
        return Verdict(NOT_BETTER, "worrying", text)
    text = f"better than every baseline{f' {series}. Over all it' if series else ': it'} {said}."
    if worse := worse_targets(scores):
        text += f" It is not better for {worse}."
    for other in _shown_metrics(scores):
        if other in found.unbeaten:
            text += f" In {METRICS[other].title} it is not better than {_listed(found.unbeaten[other])}."
    return Verdict("better", "worrying" if series and 2 * better(ranked) < len(ranked) else "good", text)


def _in_units(scores: Scores) -> bool:
    """Whether a metric is in the targets' own units: of several targets none is."""
    return any(METRICS[name].unit for name in scores.metrics)


def over_sentence(scores: Scores) -> str:
    """What the metrics of the first table are taken over, and how unknown tokens count."""
    if not scores.over:
        return ""
    text = f"pooled over {scores.over}"
    if len(scores.by_target) > 1 and scores.metrics.keys() & {"mase", "r2"} and not _in_units(scores):
        text += "; of the targets, whose errors may be in different units, MASE is pooled and R² is the mean"
    if scores.unknown:
        share = percent(scores.unknown, scores.entries)
        text += (
            f"; {scores.unknown:,} ({share}) have a token as their truth that is not in the vocabulary: no answer to "
            f"these is right, and cross-entropy leaves them out"
        )
    return text


def _listed(names: tuple[str, ...]) -> str:
    return listed([BASELINES[who].phrase or BASELINES[who].title for who in names], "and")
