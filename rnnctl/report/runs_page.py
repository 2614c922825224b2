"""Runs as a page: what each came to in words, then curves, the gradient through time, the test, config, environment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rnnctl import __version__
from rnnctl.report import run_figures as figures
from rnnctl.report.comparing import compare, name_of
from rnnctl.report.curves import COLUMNS, thinning_in_words
from rnnctl.report.heat import heatmap
from rnnctl.report.look import Look
from rnnctl.report.markup import Html, bullet_list, table, tag
from rnnctl.report.page import Figure, page
from rnnctl.report.panels import grouped_table, panel
from rnnctl.report.run_words import outcome, sentence, told
from rnnctl.results.evaluation import Confusion
from rnnctl.scoring.measures import BASELINES, METRICS, best_baseline, by_baseline
from rnnctl.util.format import counted, short

HEAT_COLUMNS = 1200
"""Columns of all heatmaps of a page together, so that it stays small however many layers and runs there are."""

MOST_HEATMAPS, MOST_FORECASTS = 12, 6


def runs_page(looks: Sequence[Look]) -> str:
    """Draws one run, or several side by side, as one self-contained HTML page.

    Args:
        looks: At least one.

    Returns:
        The whole file.
    """
    drawn: dict[str, Figure] = {}
    alone = len(looks) == 1
    title = looks[0].name if alone else f"{len(looks)} runs side by side"
    facts = " · ".join(looks[0].facts) if alone else " · ".join(look.name for look in looks)
    body = tag(
        "main",
        tag("header", tag("p", "rnnctl report", class_="tool"), tag("h1", title), tag("p", facts, class_="facts")),
        _outcome(looks[0]) if alone else _comparison(looks),
        tag("noscript", tag("p", "The pictures need JavaScript; everything else is here.")),
        _curves(looks, drawn),
        _through_time(looks, drawn),
        *(_test(look, place, drawn, alone=alone) for place, look in enumerate(looks)),
        *(_papers(look, alone=alone) for look in looks),
        tag("footer", f"rnnctl {__version__} · drawn {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
    )
    return page(title, body, drawn)


def _outcome(look: Look) -> Html:
    words = outcome(look)
    parts = [part for name, text in told(look) for part in (tag("dt", name), tag("dd", text))]
    return tag(
        "section",
        tag("div", words.state, class_="word"),
        tag("h2", sentence(look)),
        tag("dl", *parts) if parts else Html(),
        class_=f"verdict {words.tone}",
    )


def _comparison(looks: Sequence[Look]) -> Html:
    found = compare(looks)
    groups = {title: [(row.name, *row.cells()) for row in rows] for title, rows in found.groups.items()}
    same = Html() if "config" in found.groups else tag("p", "The configs are the same in every key.", class_="dim")
    return tag("section", same, grouped_table(found.runs, groups))


def _curves(looks: Sequence[Look], drawn: dict[str, Figure]) -> Html:
    steps = max(len(look.run.steps.step) for look in looks)
    if not steps:
        return tag("section", tag("h2", "Training"), tag("p", "No step was recorded.", class_="dim"))
    return tag("section", tag("h2", "Training"), tag("div", *_panels(looks, drawn, steps), class_="grid first-wide"))


def _panels(looks: Sequence[Look], drawn: dict[str, Figure], steps: int) -> Iterator[Html]:
    alone = len(looks) == 1
    thinning = thinning_in_words(steps, COLUMNS)
    drawn["loss"] = figures.loss(looks)
    note = "Mean loss over the batch at every step, and over the validation split."
    yield panel("loss", "Loss", note + thinning, height=_height(2 * len(looks)) + 60, switch="log scale", class_="wide")
    drawn["gradient"] = figures.gradient_norms(looks)
    note = "Over all weights, log scale" + (", before and after clipping." if alone else ", before clipping.")
    thinning = thinning_in_words(steps, figures.HALF_COLUMNS)
    yield panel("gradient", "Gradient norm", note + thinning, height=_height(len(looks)))
    if alone and (paths := figures.largest_weights(looks[0])):
        drawn["weights"] = figures.weight_norms(looks[0])
        every = len(looks[0].run.steps.gradient_norms)
        which = "" if len(paths) == every else f" The {len(paths)} largest of {every}; the run folder has them all."
        note = "Before clipping, log scale." + which + thinning
        yield panel("weights", "Gradient norm per weight", note, height=_height(len(paths)))
        if len(looks[0].run.steps.ratio_step):
            drawn["ratios"] = figures.update_ratios(looks[0])
            note = "‖Δw‖ / ‖w‖ of single updates, log scale; around 0.001 is usual. None where a weight was all zeros."
            yield panel("ratios", "Update ratio per weight", note, height=_height(len(paths)))
    if figures.rate_changes(looks):
        drawn["rate"] = figures.learning_rates(looks)
        yield panel("rate", "Learning rate", "As each update used it.")


def _through_time(looks: Sequence[Look], drawn: dict[str, Figure]) -> Html:
    found = [(look, state) for look in looks for state in look.profiles if look.profiles[state].time_steps > 1]
    if not found:
        return Html()
    panels = list(_profiles(looks, drawn))
    shown = found[:MOST_HEATMAPS]
    for place, (look, state) in enumerate(shown):
        name, rows = f"heat-{place}", look.run.through_time[state]
        if len(rows) < 2:
            continue
        columns = min(400, HEAT_COLUMNS // len(shown))
        drawn[name] = heatmap(rows, look.run.through_time_steps, columns=columns)
        of = f"{state}" if len(looks) == 1 else f"{look.name}: {state}"
        note = f"Norm of the state gradient, log scale; {_kept(look, len(rows))}."
        panels.append(panel(name, f"{of} by training step and time step", note))
    more = len(found) - len(shown)
    rest = tag("p", f"{more} more are in through_time/.", class_="dim") if more > 0 else Html()
    return tag(
        "section", tag("h2", "The gradient’s way back through time"), tag("div", *panels, class_="grid pairs"), rest
    )


def _height(names: int) -> int:
    """Pixels of a picture whose legend has so many names, two on a line of a phone."""
    return 320 + 22 * max(0, (names + 1) // 2 - 1)


def _kept(look: Look, rows: int) -> str:
    steps = len(look.run.steps.step)
    return "every step" if rows >= steps else f"{rows:,} of {counted(steps, 'step')}, evenly spaced"


def _profiles(looks: Sequence[Look], drawn: dict[str, Figure]) -> Iterator[Html]:
    """A picture of the way back: of one run by state at its first and last step, of several at their last."""
    note = "Norm of the state gradient ∂L/∂h, log scale; on the right, the last time step."
    if len(looks) == 1:
        states = list(looks[0].profiles.items())[: figures.COLOURS]
        curves: dict[str, Sequence[float]] = {}
        dresses = []
        for place, (state, profile) in enumerate(states):
            curves |= {f"{state}, at first": profile.first, f"{state}, at the end": profile.last}
            color = figures.colour(place)["color"]
            dresses += [{"color": color, "dash": "dot"}, {"color": color, "dash": "solid"}]
        drawn["profile"] = figures.profiles(curves, dresses)
        yield panel("profile", "At the first step and at the end", note, height=_height(len(curves)))
        return
    for number, state in enumerate(dict.fromkeys(state for look in looks for state in look.profiles)):
        if number == MOST_HEATMAPS:
            return
        having = [(place, look) for place, look in enumerate(looks) if state in look.profiles]
        curves = {name_of(look, looks): look.profiles[state].last for _, look in having}
        dresses = [figures.colour(place) for place, _ in having]
        drawn[f"profile-{number}"] = figures.profiles(curves, dresses)
        yield panel(f"profile-{number}", f"{state} at the end of training", note, height=_height(len(having)))


def _answered(look: Look) -> str:
    """What a class is told of: a sequence, each of its time steps, or the row after it."""
    config = look.run.config
    task = None if config is None else config.data.task_entry
    if task is not None and task.windowed:
        return "forecast"
    return "time step" if config is not None and config.model.return_sequences else "sequence"


def _test(look: Look, place: int, drawn: dict[str, Figure], *, alone: bool) -> Html:
    """The test split: a confusion matrix, or forecasts beside what is true; nothing where none was kept."""
    test, title = look.run.test, "Test" if alone else f"Test of {look.name}"
    scores = _scores(look)
    if not test:
        return tag("section", tag("h2", title), scores) if scores else Html()
    if isinstance(test, Confusion):
        drawn[f"test-{place}"] = figures.confusion(test)
        right = sum(row[at] for at, row in enumerate(test.counts))
        every = sum(map(sum, test.counts))
        one = _answered(look)
        note = f"{right:,} of {counted(every, one)} right. A row is a true class, in shares of its {one}s."
        height = 200 + 26 * min(len(test.classes), 40)
        return tag("section", tag("h2", title), scores, panel(f"test-{place}", "Confusion matrix", note, height=height))
    panels = []
    for number, line in enumerate(test[:MOST_FORECASTS]):
        name = f"test-{place}-{number}"
        drawn[name] = figures.forecast(line)
        heading = line.output if line.series is None else f"{line.output} of {line.series}"
        panels.append(panel(name, heading, "Forecast beside what is true, in the data’s own units.", class_="wide"))
    more = len(test) - len(panels)
    rest = tag("p", f"{counted(more, 'more line')} in test.json.", class_="dim") if more > 0 else Html()
    return tag("section", tag("h2", title), scores, tag("div", *panels, class_="grid"), rest)


def _scores(look: Look) -> Html:
    """The network's metrics above those of each baseline; whoever is best by the metric that rules is set off."""
    metrics, baselines = by_baseline(look.run.metrics)
    names = [name for name in METRICS if name in metrics]
    if not names:
        return Html()
    everybody = {"this network": metrics, **baselines}
    titles = {who: entry.title for who, entry in BASELINES.items()}
    rows = [(titles.get(who, who), *(short(of.get(name)) for name in names)) for who, of in everybody.items()]
    best = best_baseline(names[0], everybody)
    return table(
        ("", *(METRICS[name].title for name in names)), rows, best=list(everybody).index(best or "this network")
    )


def _papers(look: Look, *, alone: bool) -> Html:
    """What the run was and on what it ran, folded away; what was left out of the page is not."""
    of = "" if alone else f" of {look.name}"
    notes = bullet_list(look.run.notes, class_="told notes")
    return tag(
        "section",
        notes,
        tag("details", tag("summary", f"Config{of}"), tag("pre", look.run.config_text)),
        tag("details", tag("summary", f"Environment{of}"), tag("pre", _json(look.run.environment))),
        class_="papers",
    )


def _json(fields: Mapping[str, Any]) -> str:
    try:
        return json.dumps(fields, indent=2, ensure_ascii=False)
    except RecursionError:
        return "too deeply nested to be shown"
