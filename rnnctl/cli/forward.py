"""``rnnctl forward``."""

from __future__ import annotations

import sys

import click

from rnnctl.cli.options import config_argument, json_option, set_option


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
        from rnnctl.cli.json_reports import forward_lines

        click.echo(forward_lines(report), nl=False)
    else:
        from rnnctl.cli.console.forward import forward_text
        from rnnctl.cli.console.style import style_of

        click.echo(forward_text(report, style_of(sys.stdout)))
