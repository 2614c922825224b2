"""A diagnosis as a page: the cause in one sentence, the evidence, the learning-rate test, what was tried."""

from __future__ import annotations

from typing import Any

from rnnctl.report.axes import LOG_AXIS, counting_axis, positive, scatter, shade
from rnnctl.report.diagnosis_words import (
    SKILLS,
    TRIED,
    facts_of,
    how_sure,
    rates_in_words,
    skills_of,
    tone,
    tried_cells,
)
from rnnctl.report.examination_words import as_options
from rnnctl.report.markup import Html, bullet_list, capital, joined, table, tag
from rnnctl.report.page import Figure
from rnnctl.report.panels import panel, titled_page, verdict_section
from rnnctl.results.diagnosis import Cause, CourseFacts, Diagnosis, RateTest
from rnnctl.results.examination import Advice
from rnnctl.util.format import cut, short

COLOURS = ("--main", "--second", "--third")
MOST_CURVES = 3
_LEGEND = 40  # characters of a curve's name: a narrow page has no room for more
_POINTS = 300


def diagnosis_page(found: Diagnosis) -> str:
    """Draws a diagnosis as one self-contained HTML page, the text of the whole file."""
    drawn: dict[str, Figure] = {}
    sections = [
        *map(_cause, found.causes),
        _skills(found),
        _rates(found, drawn),
        _tried(found, drawn),
    ]
    title = f"{found.name}: {found.cause}"
    made = f"schema {found.schema_version}"
    return titled_page("diagnose", found.name, facts_of(found), sections, drawn, title=title, made=made)


def _cause(cause: Cause) -> Html:
    advice = [joined([each.why, *(tag("code", option) for option in as_options(each))]) for each in cause.advice]
    details = {"because": bullet_list(cause.because), "what to try": bullet_list(advice)}
    return verdict_section(cause.word, tone(cause), f"{cause.sentence} {how_sure(cause)}", details.items())


def _skills(found: Diagnosis) -> Html:
    tiles = [tag("div", tag("dt", name), tag("dd", short(value, 3))) for name, value in skills_of(found).items()]
    notes = bullet_list(found.notes, class_="told") if found.notes else Html()
    return tag(
        "section",
        tag("h2", "Skill on rows not trained on"),
        tag("p", SKILLS),
        tag("dl", *tiles, class_="numbers card"),
        notes,
    )


def _rates(found: Diagnosis, drawn: dict[str, Figure]) -> Html:
    if (rates := found.rates) is None:
        return Html()
    told = f"{capital(rates_in_words(rates))}. Dashed: the config's rate; solid: the smallest good one."
    picture = panel(drawn, "rates", rate_figure(rates), "Learning-rate test", told)
    return tag("section", tag("h2", "Learning rates"), tag("div", picture, class_="grid odd"))


def rate_figure(rates: RateTest) -> Figure:
    """Loss by learning rate, both log scales, with a line at the config's rate and one at the best."""
    losses = [None if loss is None else positive(loss) for loss in rates.losses]
    hover = "rate %{x:.3g}: loss %{y:.4g}<extra></extra>"
    line = {"type": "line", "xref": "x", "yref": "paper", "y0": 0, "y1": 1}
    marks = [(rates.configured, "--second", "dash"), (rates.best, "--main", "solid")]
    shapes = [
        {**line, "x0": x, "x1": x, "line": {"color": color, "width": 1.5, "dash": dash}} for x, color, dash in marks
    ]
    layout = {
        "xaxis": {**LOG_AXIS, "title": {"text": "learning rate"}},
        "yaxis": {**LOG_AXIS, "title": {"text": f"loss after {rates.steps} steps"}},
        "shapes": shapes,
    }
    return {"traces": [scatter(rates.rates, losses, hover, color="--main", mode="lines+markers")], "layout": layout}


def _tried(found: Diagnosis, drawn: dict[str, Figure]) -> Html:
    if not found.tried:
        return Html()
    rows = [(course.label + " ← do this" * course.best, *tried_cells(course)) for course in found.tried]
    best = next((place for place, course in enumerate(found.tried) if course.best), None)
    said = tag("p", capital(found.recommendation)) if found.recommendation else Html()
    picture = Html()
    if chosen := _shown(found.tried):
        note = "Training loss, mean of two seeds where there are two, with the band between them."
        picture = tag(
            "div", panel(drawn, "tried", curves_figure(chosen), "Learning curves", note, wide=True), class_="grid odd"
        )
    options = bullet_list(tag("code", option) for option in as_options(Advice(found.changes, "")))
    paste = joined([tag("h3", "The recommended changes"), options]) if found.changes else Html()
    return tag("section", tag("h2", "What was tried"), said, paste, table(TRIED, rows, best=best), picture)


def _shown(tried: tuple[CourseFacts, ...]) -> list[CourseFacts]:
    """As it is, the recommended change, and the best of the others."""
    others = sorted(tried[1:], key=lambda one: (not one.best, -(one.skill or -1.0)))
    return [one for one in (tried[0], *others[: MOST_CURVES - 1]) if one.losses]


def curves_figure(courses: list[CourseFacts]) -> Figure:
    """Losses by step of a few trainings, with the band of their seeds."""
    traces: list[dict[str, Any]] = []
    last = 1
    for course, color in zip(courses, COLOURS, strict=False):
        every = max(1, len(course.losses) // _POINTS)
        steps = list(range(every, len(course.losses) + 1, every))
        runs = [course.losses, *course.other_losses]
        means = [[_mean(run, step, every) for step in steps] for run in runs]
        low = [positive(min(values)) for values in zip(*means, strict=False)]
        high = [positive(max(values)) for values in zip(*means, strict=False)]
        if len(runs) > 1:
            traces += shade(steps, low, high)
        middle = [positive(sum(values) / len(values)) for values in zip(*means, strict=False)]
        hover = "step %{x}: %{y:.4g}<extra>%{fullData.name}</extra>"
        traces.append(scatter(steps, middle, hover, color=color, name=cut(course.label, _LEGEND)))
        last = max(last, len(course.losses))
    layout = {
        "xaxis": counting_axis(last, "step"),
        "yaxis": {**LOG_AXIS, "title": {"text": "loss"}},
        "showlegend": True,
    }
    return {"traces": traces, "layout": layout}


def _mean(losses: tuple[float, ...], step: int, every: int) -> float:
    """The mean of the losses of the steps up to one."""
    part = losses[max(0, step - every) : step]
    return sum(part) / len(part) if part else float("nan")
