"""Runs, examinations and evaluations as HTML fragments for notebooks: escaped, without scripts, nothing fetched."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rnnctl.report.curves import thinned
from rnnctl.report.diagnosis_words import TRIED, facts_of as diagnosis_facts, tone, tried_cells
from rnnctl.report.evaluation_words import evaluation_facts, score_table, verdict
from rnnctl.report.examination_words import as_options, decay, facts_of, grave, layer_title, subject
from rnnctl.report.markup import Html, bullet_list, joined, table, tag
from rnnctl.report.run_words import best_validation, reach_back, step_time
from rnnctl.results import Advice, Diagnosis, Evaluation, Examination, Summary, Verdict
from rnnctl.scoring.measures import in_words
from rnnctl.util.format import counted, short

if TYPE_CHECKING:
    import polars as pl

WIDTH, HEIGHT = 320, 48
"""Pixels of a loss curve."""

_COLOURS = {"good": "#1a7f37", "worrying": "#9a6700", "bad": "#cf222e", "plain": "inherit"}


def run_html(summary: Summary, history: pl.DataFrame, name: str = "run") -> Html:
    """A run: its losses (the column ``loss`` of ``history``, a row for each step) as a curve, and its summary."""
    losses = np.asarray(history["loss"].to_list() if "loss" in history.columns else [], np.float64)
    return _fragment(name, _curve(losses), table((), _summary_rows(summary)))


def _summary_rows(summary: Summary) -> Iterator[tuple[str, str]]:
    yield "training", f"{summary.stopped}, {counted(summary.steps, 'step')}, {counted(summary.epochs, 'epoch')}"
    if summary.reason:
        yield "reason", summary.reason
    best = summary.best_validation_loss
    beside = "" if best is None else f"; {best_validation(best, summary.best_epoch)}"
    yield "loss", f"{short(summary.first_loss)} → {short(summary.final_loss)}{beside}"
    if not summary.diverged and (metrics := in_words(summary.metrics)):
        yield "test", " · ".join(metrics)
    if summary.worth:
        yield "result", summary.worth
    if way := reach_back(summary.verdict, summary.reach):
        yield "through time", way
    if summary.milliseconds_per_step is not None:
        yield "speed", step_time(summary.milliseconds_per_step)


def examination_html(found: Examination) -> Html:
    """An examination: its verdicts with causes and advice, and a row for each recurrent layer."""
    several = len(found.layers) > 1
    rows = [
        (layer.path, layer_title(layer), f"{layer.reach_steps} of {layer.time_steps}", decay(layer))
        for layer in found.layers
    ]
    layers = table(("layer", "cell", "reach", "gradient through time"), rows) if rows else Html()
    facts = tag("p", " · ".join(facts_of(found)))
    return _fragment(found.name, facts, *(_verdict(each, several=several) for each in found.verdicts), layers)


def diagnosis_html(found: Diagnosis) -> Html:
    """A diagnosis: its causes with evidence and advice, and what was tried."""
    causes = [
        joined(
            [tag("p", _word(one.word, tone(one)), " ", one.sentence), bullet_list([*one.because, *_advice(one.advice)])]
        )
        for one in found.causes
    ]
    rows = [(course.label, *tried_cells(course)) for course in found.tried]
    tried = table(TRIED, rows) if rows else Html()
    return _fragment(found.name, tag("p", " · ".join(diagnosis_facts(found))), *causes, tried)


def _advice(every: Sequence[Advice]) -> list[Html]:
    return [joined([each.why, *(joined([" ", tag("code", option)]) for option in as_options(each))]) for each in every]


def _verdict(verdict: Verdict, *, several: bool) -> Html:
    head = tag("p", _word(verdict.word, grave(verdict.word)), " ", subject(verdict, several=several))
    return joined([head, bullet_list([*verdict.because, *_advice(verdict.advice)])])


def evaluation_html(found: Evaluation) -> Html:
    """An evaluation: whether the model beats the baselines, and the metrics of all."""
    said = verdict(found)
    titles, rows = score_table(found.scores)
    sentence = tag("p", _word(said.word, said.tone), said.sentence.removeprefix(said.word))
    return _fragment(found.run, tag("p", " · ".join(evaluation_facts(found))), sentence, table(titles, rows))


def _fragment(name: str, *children: Html) -> Html:
    return tag("div", tag("p", tag("strong", name)), *children, class_="rnnctl")


def _word(word: str, tone: str) -> Html:
    return tag("strong", word, style=f"color:{_COLOURS[tone]}") if word else Html()


def _curve(losses: np.ndarray) -> Html:
    """The losses by step as a line; on a log scale where they span more than a factor of 30."""
    curve = thinned(np.arange(1, len(losses) + 1), losses, WIDTH)
    heights = curve.mean
    if len(heights) < 2:
        return Html()
    log = bool(heights.min() > 0 and heights.max() > 30 * heights.min())
    y = np.log(heights) if log else heights
    across = 2 + (WIDTH - 4) * (curve.x - curve.x[0]) / np.ptp(curve.x)  # 2 pixels from the border
    up = HEIGHT - 2 - (HEIGHT - 4) * (y - y.min()) / (np.ptp(y) or math.inf)
    points = " ".join(f"{left:.1f},{top:.1f}" for left, top in zip(across, up, strict=True))
    line = tag("polyline", points=points, fill="none", stroke="#2563eb", stroke_width="1.5")
    label = f"loss by step{' (log scale)' if log else ''}"
    picture = tag("svg", line, width=str(WIDTH), height=str(HEIGHT), role="img", aria_label=label)
    return tag("p", picture, tag("br"), tag("small", label))
