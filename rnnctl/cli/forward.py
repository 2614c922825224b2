"""``rnnctl forward``."""

from __future__ import annotations

from dataclasses import asdict

import click

from rnnctl.cli.options import config_argument, json_option, set_option
from rnnctl.cli.output import stdout_style, write_json


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
        from rnnctl.cli.console.forward import forward_text

        click.echo(forward_text(report, stdout_style()))
