"""The screen of ``rnnctl inspect-gradients``: verdict first, then pictures, layers and weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rnnctl.cli.console.examination_pictures import gradient_plot, heat_strip, singular_plot
from rnnctl.cli.console.lines import TEXT_START, labelled, named_lines
from rnnctl.cli.console.strip import strip
from rnnctl.cli.console.style import Style
from rnnctl.cli.console.table import table
from rnnctl.report.examination_words import (
    as_options,
    checked_in_words,
    data_in_words,
    decay,
    facts_of,
    grave,
    layer_title,
    most_telling,
    noise_in_words,
    subject,
    trials_table,
    weight_columns,
)
from rnnctl.results import Examination, LayerFindings, Verdict
from rnnctl.util.format import counted, cut, duration, percent, short
from rnnctl.util.printing import printable

STRIP_WIDTH = 60


def examination_text(found: Examination, style: Style) -> str:
    """An examination as text, no line longer than the style's width but for the elements of ``--values``."""
    several = len(found.layers) > 1
    verdicts = [line for verdict in found.verdicts for line in verdict_lines(verdict, style, several=several)]
    findings = [*verdicts, *_trial_lines(found, style), *_data_lines(found, style)]
    blocks = [_header_text(found, style), "\n".join(findings)]
    if (telling := most_telling(found.layers)) is not None:
        history = heat_strip(found.history, telling, style)
        pictures = (gradient_plot(telling, style), history, singular_plot(telling, style))
        blocks += [picture for picture in pictures if picture is not None]
    blocks += [_layer_text(layer, style) for layer in found.layers]
    blocks.append(table(*weight_columns(found.variables), style, left=2))
    blocks += [f"{weight.path}\n{printable(weight.values)}" for weight in found.variables if weight.values is not None]
    return "\n\n".join(blocks)


def _header_text(found: Examination, style: Style) -> str:
    parts = facts_of(found)
    if found.clipped_norm < found.gradient_norm:
        parts.insert(4, f"clipped to {short(found.clipped_norm)}")
    return named_lines(found.name, [*parts, *([duration(found.seconds)] if found.seconds else [])], style)


def verdict_lines(verdict: Verdict, style: Style, *, several: bool) -> list[str]:
    """A verdict with its causes and advice; ``several`` layers make it name the one that it is about."""
    dress: Callable[[str], str] = getattr(style, grave(verdict.word))
    lines = labelled(verdict.word, [subject(verdict, several=several)], style, dress=dress, indent=0)
    for because in verdict.because:
        lines += labelled("because", [because], style)
    if verdict.not_because:
        lines += labelled("not", [" · ".join(verdict.not_because)], style)
    for advice in verdict.advice:
        options = as_options(advice)
        one = " ".join(options)
        lines += labelled("advice", [advice.why, *([one] if len(one) <= style.width - TEXT_START else options)], style)
    return lines


def _trial_lines(found: Examination, style: Style) -> list[str]:
    if not found.trials:
        return []
    titles, cells = trials_table(found)
    label = max(style.width - 64 - 7 * (len(titles) > 5), 24)  # what the other columns leave
    rows = [
        (cut(printable(trial.label).replace("\n", " "), label), *row, "← do this" if trial.best else "")
        for trial, row in zip(found.trials, cells, strict=True)
    ]
    leaving = (len(titles), 2, 3, 1)  # the time of a step, decay, the first loss, reach
    text = table(("tried", *titles, ""), rows, replace(style, width=style.width - 2), leaving=leaving)
    lines = ["  " + line for line in text.split("\n")]
    return lines + (labelled("so", [found.recommendation], style) if found.recommendation else [])


def _data_lines(found: Examination, style: Style) -> list[str]:
    lines = labelled("data", texts, style) if (texts := data_in_words(found)) else []
    for label, text in (("noise", noise_in_words(found)), ("checked", checked_in_words(found))):
        if text is not None:
            lines += labelled(label, [text], style)
    return lines


def _layer_text(layer: LayerFindings, style: Style) -> str:
    what = [layer_title(layer), layer.activation, counted(layer.time_steps, "time step")]
    if layer.backwards:
        what.append("reads from the end")
    lines = labelled(layer.path, [" · ".join(what)], style, dress=style.bold, indent=0)
    for name, parts in _layer_facts(layer).items():
        lines += labelled(name, [" · ".join(filter(None, parts))], style) if parts else []
    for state, norms in layer.state_gradient_norms.items():
        lines += _strip_line(f"∂L/∂{state}", norms, style)
    return "\n".join(lines)


def _layer_facts(layer: LayerFindings) -> dict[str, list[str]]:
    """What is known of a layer, an empty text for what is not."""
    through_all = layer.total_reach_steps if layer.total_reach_steps != layer.reach_steps else None
    return {
        "gradient": [
            decay(layer),
            f"half-life {short(layer.half_life, 3)}" if layer.half_life is not None else "",
            f"reach {layer.reach_steps} of {layer.time_steps}",
            f"through all layers {through_all}" if through_all else "",
        ],
        "forward": [
            f"λ₁ {layer.lyapunov[0]:+.3f}" if layer.lyapunov else "",
            f"memory {short(layer.memory_steps, 3)} time steps" if layer.memory_steps is not None else "",
            f"predicted decay {short(layer.predicted_decay, 3)}" if layer.predicted_decay is not None else "",
            f"recurrent kernel's spectral radius {short(layer.spectral_radius, 3)}, "
            f"norm {short(layer.recurrent_norm, 3)}",
        ],
        "states": [
            f"mean φ′ {short(layer.mean_derivative, 3)}",
            f"|h| > 0.99 in {percent(layer.saturation)}" if layer.saturation is not None else "",
            f"dead units {percent(layer.dead_units)}" if layer.dead_units else "",
            f"effective rank {short(layer.effective_rank, 3)} of {layer.units}",
        ],
        "gates": [
            f"{name} {gate.mean:.2f} (shut {percent(gate.shut)}, open {percent(gate.open)})"
            for name, gate in layer.gates.items()
        ],
    }


def _strip_line(label: str, norms: Sequence[float], style: Style) -> list[str]:
    """The norms as a strip, and what they are at its ends."""
    if not norms:
        return []
    ends = f"{short(norms[0], 3)} → {short(norms[-1], 3)}"
    room = style.width - TEXT_START - 2 - len(ends)
    if room >= 10:
        return labelled(label, [f"{strip(norms, min(room, STRIP_WIDTH))}  {ends}"], style)
    return labelled(label, [strip(norms, max(style.width - TEXT_START, 4)), ends], style)
