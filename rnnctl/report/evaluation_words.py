"""An evaluation in words, for the console and the page: what was scored, the table of scores, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rnnctl.results.evaluation import Evaluation, Scores
from rnnctl.scoring.measures import BASELINES, METRICS, best_baseline, ruling
from rnnctl.tasks import TASKS
from rnnctl.util.format import counted, listed, short

MODEL = "this run"
PREVIOUS = "row before: repeats the row before's true value, which the network is not shown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``better``, ``not better`` or nothing (nothing to compare with), and the sentence that begins with it.

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
        *([] if found.data is None else [found.data]),
        ("all rows" if found.split == "all" else f"{found.split} split") + span,
        _counted_entries(found),
        "final weights" if found.step is None else f"weights of the checkpoint at step {found.step:,}",
    ]


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


def fold_table(found: Evaluation) -> tuple[list[str], list[list[str]]]:
    """Titles, and a row for each stretch of time: the two ruling metrics, the best baseline's beside them."""
    names = _shown_metrics(found.scores)[:2]
    best = best_baseline(names[0], found.scores.baselines)
    baselines = [] if best is None else [f"{BASELINES[best].title} {METRICS[name].title}" for name in names]
    rows = []
    for fold in found.folds:
        theirs = [] if best is None else cells(fold.scores.baselines.get(best, {}), names)
        own = cells(fold.scores.metrics, names)
        rows.append([f"{fold.first} to {fold.last}", f"{fold.forecasts:,}", *own, *theirs])
    return ["last row seen", "forecasts", *(METRICS[name].title for name in names), *baselines], rows


def folds_sentence(found: Evaluation) -> str:
    """What the stretches of time are."""
    return (
        f"rolling origins: the split's forecasts, each made from the rows before it with the same weights (nothing is "
        f"trained again), in {len(found.folds)} consecutive stretches of time"
    )


def verdict(found: Evaluation) -> Verdict:
    """Whether the network is better than what needs none: one or two honest sentences."""
    scores, unbeaten = found.scores, found.unbeaten
    name = ruling(scores.metrics)
    best = None if name is None else best_baseline(name, scores.baselines)
    if name is None or best is None:
        return Verdict("", "plain", "There is nothing to compare with on these rows.")
    mine, theirs = short(scores.metrics[name]), short(scores.baselines[best][name])
    if name in unbeaten:
        text = f"not better than {_listed(unbeaten[name])}: {METRICS[name].title} {mine}, {_the(best)} {theirs}. "
        text += "On these rows that answer needs no network and is as good or better."
        return Verdict("not better", "worrying", text)
    values = f"{METRICS[name].title} {mine}, the best of them ({BASELINES[best].title}) {theirs}."
    text = f"better than every baseline: {values}"
    if worse := [other for other in _shown_metrics(scores) if other in unbeaten]:
        values = "; ".join(f"in {METRICS[other].title} {_listed(unbeaten[other])}" for other in worse)
        text += f" It is not better than: {values}."
    return Verdict("better", "good", text)


def _the(who: str) -> str:
    return BASELINES[who].phrase or BASELINES[who].title


def _listed(names: tuple[str, ...]) -> str:
    return listed([_the(name) for name in names], "and")
