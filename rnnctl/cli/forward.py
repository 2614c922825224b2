"""``rnnctl forward``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import click

from rnnctl.cli.console.lines import named_lines
from rnnctl.cli.console.style import Style
from rnnctl.cli.console.table import table
from rnnctl.cli.options import config_argument, json_option, set_option
from rnnctl.cli.output import stdout_style, write_json
from rnnctl.results.checks import ForwardReport
from rnnctl.util.format import counted, short


@click.command()
@config_argument
@set_option
@json_option
def forward(config: str | None, overrides: tuple[str, ...], as_json: bool) -> None:
    """Follow the forward pass in NumPy beside Keras, time step by time step.

    \b
    Examples:
      rnnctl forward                                      the built-in first example
      rnnctl forward configs/lstm.yaml
      rnnctl forward --set data.length=4 --json

    The model's equations are computed in plain NumPy in float64 and by Keras with the same weights, on the first batch.
    Shown is the first sequence's output at each time step, and the largest difference over the whole batch.
    """
    from rnnctl.config import load_config
    from rnnctl.workflows.forward import forward as follow

    report = follow(load_config(config, overrides))
    if as_json:
        for step in report.steps:
            write_json("time_step", **asdict(step))
        keys = ("name", "model", "difference", "relative_difference")
        write_json("summary", **{key: getattr(report, key) for key in keys})
    else:
        click.echo(forward_text(report, stdout_style()))


SHOWN_MAX = 4
"""Outputs shown of each time step at most."""
CELL = 11
"""Characters of an output and its gap."""


def forward_text(report: ForwardReport, style: Style) -> str:
    """A header, the equations, a row per time step, and the largest difference."""
    outputs = len(report.steps[0].numpy) if report.steps else 0
    parts = filter(None, (report.model, counted(len(report.steps), "time step"), counted(outputs, "output")))
    blocks = [named_lines(report.name, list(parts), style)]
    blocks += [
        "\n".join([style.dim(layer), *(f"  {line}" for line in lines)]) for layer, lines in report.equations.items()
    ]
    shown = max(1, min(outputs, SHOWN_MAX, (style.width - 24) // (2 * CELL)))
    which = f" y₁…y{'₀₁₂₃₄'[shown]}" if outputs > 1 else ""
    rows = [
        (f"{step.time_step}", _values(step.numpy, shown), _values(step.keras, shown), f"{step.difference:.2e}")
        for step in report.steps
    ]
    blocks.append(table(("time step", f"NumPy{which}", f"Keras{which}", "difference"), rows, style, left=0))
    relative = report.relative_difference
    beside = "" if relative is None else f", {short(relative, 3)} of the largest output"
    blocks.append(f"largest difference {short(report.difference, 3)} over the batch and all time steps{beside}")
    return "\n\n".join(blocks)


def _values(values: Sequence[float], shown: int) -> str:
    texts = [f"{value:9.6f}" if abs(value) < 100 else f"{value:9.2e}" for value in values[:shown]]
    return " ".join(texts + ["…"] * (len(values) > shown))
