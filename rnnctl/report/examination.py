"""An examination as a page: the verdict on top in words, then layers with pictures, weights, data, meanings."""

from __future__ import annotations

from collections.abc import Iterator

from rnnctl.report import figures
from rnnctl.report.examination_words import (
    as_options,
    checked_in_words,
    facts_of,
    grave,
    layer_title,
    noise_in_words,
    subject,
    targets_outside,
    trials_table,
    troubled,
    weight_columns,
)
from rnnctl.report.heat import heatmap
from rnnctl.report.markup import Html, bullet_list, capital, definitions, joined, minus, table, tag
from rnnctl.report.page import Figure
from rnnctl.report.panels import panel, titled_page, verdict_section
from rnnctl.report.quantities import CONVENTION, QUANTITIES
from rnnctl.results import ColumnFindings, Examination, LayerFindings, Verdict
from rnnctl.util.format import counted, duration, percent, short

ROUNDED = 1e-6
"""Share of a column's spread below which its mean is shown as 0."""


def examination_page(found: Examination) -> str:
    """Draws an examination as one self-contained HTML page, the text of the whole file."""
    drawn: dict[str, Figure] = {}
    several = len(found.layers) > 1
    sections = [
        *(_verdict(verdict, several=several) for verdict in found.verdicts),
        _trials(found),
        *(_layer_section(layer, found, drawn) for layer in found.layers),
        _weights(found, drawn),
        _data(found),
        _meanings(),
    ]
    made = f"schema {found.schema_version} · {duration(found.seconds)}"
    facts, title = facts_of(found, "gradient norm"), f"{found.name}: {found.verdict}"
    return titled_page("inspect-gradients", found.name, facts, sections, drawn, title=title, made=made)


def _verdict(verdict: Verdict, *, several: bool) -> Html:
    advice = [joined([each.why, *(tag("code", option) for option in as_options(each))]) for each in verdict.advice]
    details = {
        "because": bullet_list(verdict.because),
        "not": " · ".join(verdict.not_because),
        "what to try": bullet_list(advice),
    }
    headline = capital(subject(verdict, several=several))
    return verdict_section(verdict.word, grave(verdict.word), headline, details.items())


def _trials(found: Examination) -> Html:
    if not found.trials:
        return Html()
    titles, cells = trials_table(found)
    longer = {"loss": "loss at first", "after": "loss after", "a step": "time a step"}
    titles = ["change", *(longer.get(title, title) for title in titles)]
    rows = [(trial.label, *row) for trial, row in zip(found.trials, cells, strict=True)]
    best = next((place for place, trial in enumerate(found.trials) if trial.best), None)
    recommendation = tag("p", capital(found.recommendation)) if found.recommendation else Html()
    return joined([tag("h2", "What was tried"), recommendation, table(titles, rows, best=best)])


def _weights(found: Examination, drawn: dict[str, Figure]) -> Html:
    picture = Html()
    if any(weight.norm > 0 for weight in found.variables):
        clipped = any(weight.clipped_norm < weight.norm for weight in found.variables)
        note = f"Per weight, before and after clipping{'' if clipped else '; nothing was clipped'}."
        height = 110 + 30 * min(len(found.variables), figures.MOST_WEIGHTS)
        picture = panel(drawn, "weights", figures.weight_norms(found.variables), "Gradient norms", note, height=height)
    values = [
        tag("details", tag("summary", f"Elements of {weight.path}"), tag("pre", weight.values))
        for weight in found.variables
        if weight.values is not None
    ]
    return tag("section", tag("h2", "Weights"), picture, table(*weight_columns(found.variables)), *values)


def _data(found: Examination) -> Html:
    rows = [
        (column.name, column.role, short(_mean(column), 3), short(column.std, 3), short(column.largest, 3),
         f"{column.non_finite:,}", ", ".join(troubled(column)) or "well")
        for column in found.data.columns
    ]  # fmt: skip
    lines = filter(None, (noise_in_words(found), checked_in_words(found), targets_outside(found)))
    titles = ("column", "role", "mean", "std", "largest", "not finite", "health")
    told = bullet_list(lines, class_="told")
    return tag("section", tag("h2", "Data, noise and self-check"), told, table(titles, rows))


def _mean(column: ColumnFindings) -> float:
    """A column's mean; 0 where it is what rounding leaves of a scaled column's."""
    return 0.0 if abs(column.mean) < ROUNDED * column.std else column.mean


def _meanings() -> Html:
    blocks = [
        joined([tag("h3", group), definitions((each[0], " · ".join(filter(None, each[1:]))) for each in quantities)])
        for group, quantities in QUANTITIES.items()
    ]
    summary = tag("summary", "What the quantities mean, and where they come from")
    return tag("details", summary, tag("p", CONVENTION), *blocks)


def _layer_section(layer: LayerFindings, found: Examination, drawn: dict[str, Figure]) -> Html:
    panels = list(_panels(layer, found, drawn))
    tiles = [
        tag("div", tag("dt", name), tag("dd", value, *([tag("small", note)] if note else [])))
        for name, value, note in _numbers(layer)
    ]
    title = tag("h2", f"{layer.path} · {layer_title(layer)}, {layer.activation}")
    grid = "grid odd" if len(panels) % 2 else "grid"
    pictures = tag("div", *panels, class_=grid) if panels else Html()
    return tag("section", title, tag("dl", *tiles, class_="numbers card"), pictures)


def _numbers(layer: LayerFindings) -> Iterator[tuple[str, str, str]]:
    """Name, value and a note of each number worth a tile."""
    yield "reach", f"{layer.reach_steps} of {layer.time_steps}", "time steps"
    yield "decay a time step", short(layer.decay_per_step, 3), _fit(layer)
    if layer.half_life is not None:
        yield "half-life", short(layer.half_life, 3), "time steps"
    if layer.lyapunov:
        memory = "" if layer.memory_steps is None else f"memory {short(layer.memory_steps, 3)}"
        yield "Lyapunov exponent λ₁", minus(f"{layer.lyapunov[0]:+.3f}"), memory
    yield (
        "recurrent kernel’s spectral radius",
        short(layer.spectral_radius, 3),
        f"norm {short(layer.recurrent_norm, 3)}",
    )
    yield "mean φ′", short(layer.mean_derivative, 3), ""
    if layer.saturation is not None:
        yield "|h| > 0.99", percent(layer.saturation), "saturated"
    yield "dead units", percent(layer.dead_units), ""
    yield "effective rank", short(layer.effective_rank, 3), f"of {layer.units}"
    for name, gate in layer.gates.items():
        yield f"{name} gate", f"{gate.mean:.2f}", f"shut {percent(gate.shut)}, open {percent(gate.open)}"


def _fit(layer: LayerFindings) -> str:
    if layer.decay_per_step is None:
        return "a single time step" if layer.time_steps < 2 else "could not be fitted"
    predicted = "" if layer.predicted_decay is None else f"predicted {short(layer.predicted_decay, 3)}"
    fit = "" if layer.decay_fit is None else f"R² {layer.decay_fit:.3f}"
    return ", ".join(filter(None, (predicted, fit)))


def _panels(layer: LayerFindings, found: Examination, drawn: dict[str, Figure]) -> Iterator[Html]:
    key = layer.path.replace("/", "-")
    if any(norm > 0 for norm in layer.state_gradient_norms.get("h", ())) and layer.time_steps > 1:
        profile = figures.profile(layer)
        note = "Norm of the state gradient, log scale."
        if 0 < layer.reach_steps < layer.time_steps:
            reach = counted(layer.reach_steps, "time step")
            note += f" Shaded: the {reach} over which the last one’s gradient keeps above 1 %."
        height = 400 if len(profile["traces"]) > 3 else 0  # the legend takes some of it
        title = "The gradient’s way back through time"
        yield panel(drawn, f"profile-{key}", profile, title, note, height=height)
    if any(value > 0 for value in layer.singular_largest):
        note = "Singular values of the step Jacobian. Above the dashed line at 1 a gradient can grow, below it shrinks."
        yield panel(drawn, f"spectrum-{key}", figures.spectrum(layer), "Step Jacobian over time", note)
    rows = found.history.get(f"{layer.path}/h", ())
    if len(rows) > 1:
        note = "Norm of the state gradient in each step of training before the examination, log scale."
        yield panel(drawn, f"heat-{key}", heatmap(rows, backwards=layer.backwards), "Training step × time step", note)
    if len(layer.lyapunov) > 1:
        note = "Mean log growth per time step along each direction. All below 0: the state forgets."
        yield panel(drawn, f"exponents-{key}", figures.exponents(layer), "Lyapunov exponents", note)
