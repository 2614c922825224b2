"""The report of ``rnnctl inspect-gradients`` as text."""

from __future__ import annotations

from rnnctl.cli.console.lines import named_lines
from rnnctl.cli.console.strip import strip
from rnnctl.cli.console.style import Style
from rnnctl.cli.console.table import table
from rnnctl.numbers import counted, short
from rnnctl.records import GradientReport, WeightGradient

TITLES = ("weight", "shape", "norm", "mean", "std", "largest", "zeros")
STRIP_WIDTH = 60


def gradient_text(report: GradientReport, style: Style) -> str:
    """A header, a row per weight, a strip through time per state, and the elements where they were asked for."""
    parts = [
        f"loss {short(report.loss, 5)}",
        f"gradient norm {short(report.gradient_norm, 5)}",
        counted(len(report.weights), "weight"),
    ]
    blocks = [
        named_lines(report.name, parts, style),
        table(TITLES, [_row(weight) for weight in report.weights], style, left=2),
    ]
    if report.state_gradient_norms:
        blocks.append(_strips(report, style))
    blocks += [f"{weight.path}\n{weight.values}" for weight in report.weights if weight.values is not None]
    return "\n\n".join(blocks)


def _row(weight: WeightGradient) -> tuple[str, ...]:
    return (
        weight.path,
        "×".join(map(str, weight.shape)) or "scalar",
        *(f"{number:#.4g}".removesuffix(".") for number in (weight.norm, weight.mean, weight.std, weight.largest)),
        _share(weight.zeros),
    )


def _share(zeros: float) -> str:
    """A share in percent; never rounded to nothing or to everything."""
    if zeros in (0.0, 1.0):
        return f"{100 * zeros:.0f} %"
    return f"{min(max(100 * zeros, 0.01), 99.99):.2f} %"


def _strips(report: GradientReport, style: Style) -> str:
    states = report.state_gradient_norms
    size = max(len(path) for path in states)
    width = max(1, min(STRIP_WIDTH, style.width - size - 2 - 2 - 24))
    lines = [style.dim("norm of ∂L/∂h through time, the last time step on the right; each bar lower is half of it")]
    for path, norms in states.items():
        ends = f"{short(norms[0])} → {short(norms[-1])}" if norms else ""
        line = f"{path:<{size}}  {strip(norms, width)}"
        lines.append(f"{line}  {ends}" if len(line) + 2 + len(ends) <= style.width else line)
    if len(lines[0]) > style.width and not style.colour:
        lines[0] = "∂L/∂h through time"
    return "\n".join(lines)
