"""The screen of ``rnnctl inspect-gradients``: verdict first, then pictures, layers and weights."""

from __future__ import annotations

from rnnctl.cli.console.examination_layers import layer_text, variables_text
from rnnctl.cli.console.examination_pictures import gradient_plot, heat_strip, singular_plot
from rnnctl.cli.console.examination_verdict import checked_lines, data_lines, trial_lines, verdict_lines
from rnnctl.cli.console.lines import named_lines
from rnnctl.cli.console.style import Style, printable
from rnnctl.report.wording import most_telling
from rnnctl.results import Examination
from rnnctl.util.format import counted, duration, short


def examination_text(found: Examination, style: Style) -> str:
    """Everything that was found, no line longer than the style's width but for the elements of ``--values``.

    Args:
        found: The examination.
        style: Width of a line, and how text is dressed.
    """
    several = len(found.layers) > 1
    verdicts = [line for verdict in found.verdicts for line in verdict_lines(verdict, style, several=several)]
    blocks = [
        header_text(found, style),
        "\n".join([*verdicts, *trial_lines(found, style), *data_lines(found, style), *checked_lines(found, style)]),
    ]
    if (telling := most_telling(found.layers)) is not None:
        pictures = (
            gradient_plot(telling, style),
            heat_strip(found.history, telling, style),
            singular_plot(telling, style),
        )
        blocks += [picture for picture in pictures if picture is not None]
    blocks += [layer_text(layer, style) for layer in found.layers]
    blocks.append(variables_text(found.variables, style))
    blocks += [f"{weight.path}\n{printable(weight.values)}" for weight in found.variables if weight.values is not None]
    return "\n\n".join(blocks)


def header_text(found: Examination, style: Style) -> str:
    """What was examined: one line where it fits."""
    clipped = found.clipped_norm < found.gradient_norm
    parts = [
        found.model,
        found.state,
        f"loss {short(found.loss)}",
        f"|grad| {short(found.gradient_norm)}",
        *([f"clipped to {short(found.clipped_norm)}"] if clipped else []),
        f"{counted(found.sequences, 'sequence')} × {counted(found.time_steps, 'time step')}",
    ]
    if found.truncated is not None:
        parts.append(f"truncated at {counted(found.truncated, 'time step')}")
    if found.dtype != "float32":
        parts.append(found.dtype)
    if found.seconds:
        parts.append(duration(found.seconds))
    return named_lines(found.name, parts, style)
