"""The parts of an evaluation in words: which series, targets and rows ahead are worst, beside the best baseline."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rnnctl.results.evaluation import IntervalScore, Part, QuantileScore, Scores
from rnnctl.scoring.measures import BASELINES, METRICS, best_baseline, ruling
from rnnctl.util.format import first_few, percent, short

FEW = 8
"""Parts of a table at most; of more the worst, the median and the best are shown."""
WORST = 5
MODEL = "this run"
"""What the model is called in tables."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A part beside the baseline that is best in it.

    Attributes:
        name: The metric.
        ratio: How many times the baseline's error the model's is.
    """

    part: Part
    name: str
    mine: float
    baseline: str
    theirs: float

    @property
    def better(self) -> bool:
        """Whether the model is better."""
        return METRICS[self.name].is_better(self.mine, self.theirs)

    @property
    def ratio(self) -> float:
        """How many times the baseline's error the model's is; errors of a share are what it lacks of 1."""
        mine, theirs = self.mine, self.theirs
        if METRICS[self.name].higher_is_better:
            mine, theirs = 1 - mine, 1 - theirs
        if math.isnan(mine):
            return math.inf
        return mine / theirs if theirs > 0 else math.inf if mine > 0 else 1.0


def compared(parts: Sequence[Part]) -> list[Compared]:
    """Parts that have a baseline, the worst first: by MASE where there is one, since series may differ in size."""
    found = []
    for part in parts:
        name = "mase" if "mase" in part.metrics else ruling(part.metrics)
        best = None if name is None else best_baseline(name, part.baselines)
        if name is not None and best is not None:
            found.append(Compared(part, name, part.metrics[name], best, part.baselines[best][name]))
    return sorted(found, key=lambda one: -one.ratio)


def whole_series(parts: Sequence[Part]) -> list[Part]:
    """Of the parts of series those of all targets, where there are several."""
    whole = [part for part in parts if part.target is None]
    return whole or list(parts)


def ranked_series(scores: Scores) -> list[Compared]:
    """The series that are compared with a baseline, the worst first."""
    return compared(whole_series(scores.by_series))


def series_sentence(ranked: Sequence[Compared]) -> str:
    """In how many series the model is better than every baseline, and the worst; empty where there are not several.

    It goes on from "better than every baseline".
    """
    if len(ranked) < 2:
        return ""
    worst = ranked[0]
    whose = instead(worst)
    if math.isfinite(worst.ratio):
        whose = (
            f"whose error is {short(worst.ratio, 2)} times that of {BASELINES[worst.baseline].title} ({_values(worst)})"
        )
    return f"in {better(ranked):,} of {len(ranked):,} series; worst: {worst.part.series!r}, {whose}"


def better(ranked: Sequence[Compared]) -> int:
    """In how many parts the model is better than every baseline."""
    return sum(one.better for one in ranked)


def instead(one: Compared) -> str:
    """``MASE 2.100 instead of 1.000 (seasonal naive)``."""
    return f"{_values(one)} ({BASELINES[one.baseline].title})"


def _values(one: Compared) -> str:
    return f"{METRICS[one.name].title} {short(one.mine)} instead of {short(one.theirs)}"


def worse_targets(scores: Scores) -> str:
    """The targets in which a baseline is as good or better, where there are several; else nothing."""
    ranked = [one for one in compared(scores.by_target) if not one.better]
    if len(scores.by_target) < 2:
        return ""
    return first_few((f"{one.part.target!r}, {instead(one)}" for one in ranked), FEW, separator="; ")


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """A table of scores: what it is of, a sentence above it, its titles and rows, and sentences below it.

    Attributes:
        leaving: The columns that a narrow terminal does without, in that order; none for those from the right.
    """

    heading: str
    titles: list[str]
    rows: list[list[str]]
    above: str = ""
    below: tuple[str, ...] = ()
    leaving: tuple[int, ...] = ()


def part_tables(scores: Scores, in_full: str = "--json and -o") -> Iterator[ScoreTable]:
    """Tables of intervals, quantiles, and of targets, rows ahead and series, where there are several.

    Args:
        in_full: What has all of their rows.
    """
    if scores.intervals:
        yield _interval_table("Intervals", CALIBRATED, scores.intervals, in_full)
    several = len(scores.by_target) > 1
    if scores.quantiles:
        yield _quantile_table(scores.quantiles, in_full)
    if scores.between:
        yield _interval_table("Intervals between quantiles", BETWEEN, scores.between, in_full)
    if several:
        yield _table("target", scores.by_target, _ranked(scores.by_target), lambda part: str(part.target), in_full)
    if scores.by_step:
        yield _table(
            "rows ahead",
            scores.by_step,
            _even_steps(scores.by_step),
            lambda part: f"{part.ahead} ({part.target})" if several else str(part.ahead),
            in_full,
        )
    series = whole_series(scores.by_series)
    if len(series) > 1:
        yield _table("series", series, _ranked(series), lambda part: str(part.series), in_full)


def _quantile_table(scores: Sequence[QuantileScore], in_full: str) -> ScoreTable:
    """A row for each predicted quantile, of a few targets, the pinball losses of the baselines beside it."""
    targets = list(dict.fromkeys(one.target for one in scores))
    own = [one for one in scores if one.who not in BASELINES]
    shown = [one for one in own if one.target in targets[: FEW // 2]]
    theirs = {(one.who, one.target, one.level): short(one.pinball) for one in scores}
    baselines = [who for who in BASELINES if any(one.who == who for one in scores)]
    rows = [
        [
            f"{one.level:g}" + (f" ({one.target})" if len(targets) > 1 else ""),
            *(short(one.pinball), percent(one.below)),
            *(theirs.get((who, one.target, one.level), "–") for who in baselines),
        ]
        for one in shown
    ]
    titles = ["quantile", "pinball loss", "at or below", *(f"{BASELINES[who].title}'s loss" for who in baselines)]
    below = ["of true quantiles that share of what comes true lies at or below them that their level says"]
    if len(shown) < len(own):
        below.append(f"{len(shown):,} of {len(own):,} rows of this table; all are in {in_full}")
    return ScoreTable("Quantiles", titles, rows, below=tuple(below))


CALIBRATED = "calibrated on the validation rows"
BETWEEN = (
    "between predicted quantiles; a baseline's are its forecasts, plus quantiles of its errors in the training rows"
)


def _interval_table(heading: str, made: str, scores: Sequence[IntervalScore], in_full: str) -> ScoreTable:
    """A row for each level and who makes the forecasts, of each of a few targets.

    Args:
        made: Where the intervals come from.
    """
    whole = [one for one in scores if one.ahead is None]
    targets = list(dict.fromkeys(one.target for one in whole))
    shown = sorted(
        (one for one in whole if one.target in targets[: FEW // 2]),
        key=lambda one: (targets.index(one.target), one.level),
    )
    rows: list[list[str]] = []
    distributions: dict[str, str] = {}
    for one in shown:
        who = BASELINES[one.who].title if one.who in BASELINES else MODEL
        of = f" of {one.target}" if len(targets) > 1 else ""
        rows.append(
            [f"{one.level:g} %: {who}{of}", f"{100 * one.coverage:.1f} %", short(one.width), short(one.pinball)]
        )
        distributions[who + of] = short(one.crps)
    listed_crps = ", ".join(f"{who} {value}" for who, value in distributions.items())
    below = [
        f"CRPS, of the whole distribution: {listed_crps}",
        made,
        "intervals of a level should hold the truth in that share of the cases; of those that do the narrower ones, "
        "and the lower pinball loss and CRPS, are better",
    ]
    if len(shown) < len(whole):
        below.append(f"{len(shown):,} of {len(whole):,} rows of this table; all are in {in_full}")
    return ScoreTable(heading, ["interval", "coverage", "mean width", "pinball loss"], rows, below=tuple(below))


def _table(
    title: str, parts: Sequence[Part], shown: Sequence[tuple[str, Part]], label: Callable[[Part], str], in_full: str
) -> ScoreTable:
    names = [name for name in METRICS if any(name in part.metrics for part in parts)]
    names = [name for name in names if not METRICS[name].only_where_positive]
    ranks = {id(one.part): one for one in compared(parts)}
    best = next((one.name for one in ranks.values()), None)
    rows = []
    for standing, part in shown:
        one = ranks.get(id(part))
        beside = ["–", "–"] if one is None else [short(one.theirs), BASELINES[one.baseline].title]
        if one is not None and one.name != best:  # a series that never changes in training has no MASE
            beside[0] += f" ({METRICS[one.name].title})"
        text = label(part) + (f" ({standing})" if standing else "")
        rows.append([text, *(short(part.metrics.get(name)) for name in names), *(beside if best else [])])
    beside = [f"best baseline's {METRICS[best].title}", "baseline"] if best else []
    all_of_them = f"{len(shown)} of {len(parts):,} rows of this table; all are in {in_full}"
    below = () if len(shown) == len(parts) else (all_of_them,)
    if best is not None and any(standing for standing, _ in shown):
        error = METRICS[best].title if not METRICS[best].higher_is_better else f"what {METRICS[best].title} lacks of 1"
        below = (*below, f"the worst has the largest {error} in proportion to that of its best baseline")
    titles = [title, *(METRICS[name].title for name in names), *beside]
    last, own = len(names), 1 + names.index(best) if best in names else 1
    others = (place for place in range(last, 0, -1) if place != own)  # the baseline's metric stands beside the own one
    leaving = (*others, *range(len(titles) - 1, last, -1), own)
    return ScoreTable(f"By {title}", titles, rows, below=below, leaving=leaving)


def _even_steps(parts: Sequence[Part]) -> list[tuple[str, Part]]:
    """Parts of some rows ahead, evenly chosen, the first and the last among them; of many targets the first few."""
    targets = list(dict.fromkeys(part.target for part in parts))[: FEW // 2]
    horizon, most = max(part.ahead or 0 for part in parts), max(2, FEW // len(targets))
    steps = {1 + round(place * (horizon - 1) / (most - 1)) for place in range(most)}
    return [("", part) for part in parts if part.ahead in steps and part.target in targets]


def _ranked(parts: Sequence[Part]) -> list[tuple[str, Part]]:
    """Each part with its standing, the worst first; of many the worst, the median and the best."""
    ranked = [one.part for one in compared(parts)]
    if len(ranked) < 2:
        return [("", part) for part in parts[:FEW]]
    found = [("worst", ranked[0]), *(("", part) for part in ranked[1:-1]), ("best", ranked[-1])]
    if len(ranked) > FEW:
        return [*found[:WORST], ("median", ranked[len(ranked) // 2]), found[-1]]
    compared_too = {id(part) for part in ranked}
    rest = [("", part) for part in parts if id(part) not in compared_too]
    return found + rest[: FEW - len(found)]
