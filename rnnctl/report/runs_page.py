"""Runs as a page: what each came to in words, then curves, the gradient through time, the test, config, environment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from rnnctl.report import run_figures as figures
from rnnctl.report.comparing import compare, name_of
from rnnctl.report.curves import COLUMNS, thinning_in_words
from rnnctl.report.evaluation_parts import MODEL, part_tables
from rnnctl.report.evaluation_words import whole_table
from rnnctl.report.heat import heatmap
from rnnctl.report.markup import Html, bullet_list, table_row, tag
from rnnctl.report.page import Figure
from rnnctl.report.panels import grouped_table, panel, score_section, titled_page, verdict_section
from rnnctl.report.predictions import one_panel, prediction_panels
from rnnctl.report.run_view import RunView
from rnnctl.report.run_words import details, outcome, sentence
from rnnctl.results.evaluation import Scores
from rnnctl.scoring.measures import best_baseline, by_baseline, ruling
from rnnctl.util.format import counted

HEAT_COLUMNS = 1200
"""Columns of all heatmaps of a page together, so that it stays small however many layers and runs there are."""

MOST_HEATMAPS = 12
BESIDE = 5
"""Heatmaps of several runs side by side."""


def runs_page(views: Sequence[RunView]) -> str:
    """Draws one run, or several side by side, as one self-contained HTML page, the text of the whole file."""
    drawn: dict[str, Figure] = {}
    first, *others = views
    title = f"{len(views)} runs side by side" if others else first.run.name
    facts = [view.run.name for view in views] if others else first.facts
    said = _comparison(views) if others else verdict_section(*outcome(first), sentence(first), details(first))
    sections = [
        said,
        *_tests(views, drawn),
        _curves(views, drawn),
        _through_time(views, drawn),
        *(_papers(view, alone=not others) for view in views),
    ]
    return titled_page("report", title, facts, sections, drawn)


def _comparison(views: Sequence[RunView]) -> Html:
    found = compare(views)
    groups = {
        title: [table_row((row.name, *row.cells()), best=row.best()) for row in rows]
        for title, rows in found.groups.items()
    }
    same = Html() if "config" in found.groups else tag("p", "The configs are the same in every key.", class_="dim")
    return tag("section", same, grouped_table(found.runs, groups))


def _curves(views: Sequence[RunView], drawn: dict[str, Figure]) -> Html:
    steps = max(len(view.run.steps.step) for view in views)
    none = tag("p", "No step was recorded.", class_="dim")
    panels = tag("div", *_panels(views, drawn, steps), class_="grid first-wide") if steps else none
    return tag("section", tag("h2", "Training"), panels)


def _panels(views: Sequence[RunView], drawn: dict[str, Figure], steps: int) -> Iterator[Html]:
    alone = len(views) == 1
    thinning = thinning_in_words(steps, COLUMNS)
    loss, note = figures.loss(views), "Mean loss over the batch at every step, and over the validation split."
    configs = [view.run.config for view in views if view.run.config is not None]
    if any(config.training.class_weights is not None for config in configs):
        note += " Classes weigh as training.class_weights says in the former, and alike in the latter."
    height = _height(2 * len(views)) + 60
    yield panel(drawn, "loss", loss, "Loss", note + thinning, height=height, wide=True)
    norms, note = figures.gradient_norms(views), f"Over all weights, log scale, before{' and after' * alone} clipping."
    thinning = thinning_in_words(steps, figures.HALF_COLUMNS)
    yield panel(drawn, "gradient", norms, "Gradient norm", note + thinning, height=_height(len(views)))
    if alone and (paths := figures.largest_weights(views[0])):
        height, recorded = _height(len(paths)), views[0].run.steps
        every = len(recorded.gradient_norms)
        which = "" if len(paths) == every else f" The {len(paths)} largest of {every}; the run folder has them all."
        norms = figures.by_weight(views[0], recorded.step, recorded.gradient_norms)
        note = "Before clipping, log scale." + which + thinning
        yield panel(drawn, "weights", norms, "Gradient norm per weight", note, height=height)
        if len(recorded.ratio_step):
            ratios = figures.by_weight(views[0], recorded.ratio_step, recorded.update_ratios)
            note = "‖Δw‖ / ‖w‖ of single updates, log scale; around 0.001 is usual. None where a weight was all zeros."
            yield panel(drawn, "ratios", ratios, "Update ratio per weight", note, height=height)
    if figures.rate_changes(views):
        yield panel(drawn, "rate", figures.learning_rates(views), "Learning rate", "As each update used it.")


def _through_time(views: Sequence[RunView], drawn: dict[str, Figure]) -> Html:
    found = [(view, state) for view in views for state in view.profiles if len(view.profiles[state].last) > 1]
    if not found:
        return Html()
    panels = list(_profiles(views, drawn))
    shown = found[: MOST_HEATMAPS if len(views) == 1 else BESIDE]
    for place, (view, state) in enumerate(shown):
        rows = view.run.through_time[state]
        if len(rows) < 2:
            continue
        columns = min(400, HEAT_COLUMNS // len(shown))
        backwards = view.profiles[state].backwards
        figure = heatmap(rows, view.run.through_time_steps, columns=columns, backwards=backwards)
        of = f"{state}" if len(views) == 1 else f"{view.run.name}: {state}"
        note = f"Norm of the state gradient, log scale; {_kept(view, len(rows))}."
        panels.append(panel(drawn, f"heat-{place}", figure, f"{of} by training step and time step", note))
    more = len(found) - len(shown)
    rest = [tag("p", f"Not drawn: {counted(more, 'more layer')}, in through_time/.", class_="dim")] if more > 0 else []
    pictures = tag("div", *panels, class_="grid pairs")
    return tag("section", tag("h2", "The gradient’s way back through time"), pictures, *rest)


def _height(names: int) -> int:
    """Pixels of a picture whose legend has so many names, two on a line of a phone."""
    return 320 + 22 * max(0, (names + 1) // 2 - 1)


def _kept(view: RunView, rows: int) -> str:
    steps = len(view.run.steps.step)
    return "every step" if rows >= steps else f"{rows:,} of {counted(steps, 'step')}, evenly spaced"


def _profiles(views: Sequence[RunView], drawn: dict[str, Figure]) -> Iterator[Html]:
    """A picture of the way back: of one run by state at its first and last step, of several at their last."""
    note = "Norm of the state gradient ∂L/∂h, log scale; on the right, the last time step."
    if len(views) == 1:
        lines: dict[str, tuple[Sequence[float], Mapping[str, str]]] = {}
        for place, (state, profile) in enumerate(islice(views[0].profiles.items(), figures.COLOURS)):
            dress = figures.colour(place)
            lines[f"{state}, at first"] = profile.first, {**dress, "dash": "dot"}
            lines[f"{state}, at the end"] = profile.last, dress
        figure = figures.profiles(lines)
        yield panel(drawn, "profile", figure, "At the first step and at the end", note, height=_height(len(lines)))
        return
    states = dict.fromkeys(state for view in views for state in view.profiles)
    for number, state in enumerate(islice(states, MOST_HEATMAPS)):
        lines = {
            name_of(view, views): (view.profiles[state].last, figures.colour(place))
            for place, view in enumerate(views)
            if state in view.profiles
        }
        title, figure = f"{state} at the end of training", figures.profiles(lines)
        yield panel(drawn, f"profile-{number}", figure, title, note, height=_height(len(lines)))


def _answered(view: RunView) -> str:
    """What a class is told of: a sequence, each of its time steps, or the row after it."""
    config = view.run.config
    task = None if config is None else config.data.task_entry
    if task is not None and task.windowed:
        return "forecast"
    return "time step" if config is not None and config.model.return_sequences else "sequence"


def _tests(views: Sequence[RunView], drawn: dict[str, Figure]) -> list[Html]:
    """The test split of one run, or one picture of each of several, whose scores the comparison has."""
    if len(views) == 1:
        return list(_test(views[0], drawn))
    panels = [
        one_panel(view.run.test, f"test-{place}", drawn, one=_answered(view), of=view.run.name, like=views[0].run.test)
        for place, view in enumerate(views)
        if view.run.test
    ]
    return [tag("section", tag("h2", "Test"), tag("div", *panels, class_="grid pairs"))] if panels else []


def _test(view: RunView, drawn: dict[str, Figure]) -> Iterator[Html]:
    """The test split: its scores, those of its parts, and predictions beside the truth; nothing where none was kept."""
    scores = view.run.scores
    if scores is None or not scores.metrics:  # of runs that keep none beside their predictions
        scores = Scores(*by_baseline(view.run.metrics), entries=0)
    heading = "Test"
    if scores.metrics:
        rule = ruling(scores.metrics)
        best = rule and best_baseline(rule, {MODEL: scores.metrics, **scores.baselines})
        yield score_section(whole_table(scores, heading), [MODEL, *scores.baselines].index(best or MODEL))
        yield from map(score_section, part_tables(scores, "rnnctl evaluate -o"))
        heading = ""
    if test := view.run.test:
        panels = prediction_panels(test, "test", drawn, one=_answered(view))
        titles = [tag("h2", heading)] if heading else []
        yield tag("section", *titles, tag("div", *panels, class_="grid"))


def _papers(view: RunView, *, alone: bool) -> Html:
    """What the run was and on what it ran, folded away; what was left out of the page is not."""
    of = "" if alone else f" of {view.run.name}"
    environment = {name: value for name, value in view.run.environment.items() if name != "config"}
    return tag(
        "section",
        bullet_list(view.run.notes, class_="told notes"),
        tag("details", tag("summary", f"Config{of}"), tag("pre", view.run.config_text)),
        tag("details", tag("summary", f"Environment{of}"), tag("pre", _json(environment))),
        class_="papers",
    )


def _json(fields: Mapping[str, Any]) -> str:
    try:
        return json.dumps(fields, indent=2, ensure_ascii=False)
    except RecursionError:
        return "too deeply nested to be shown"
