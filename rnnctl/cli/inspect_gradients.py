"""``rnnctl inspect-gradients``."""

from __future__ import annotations

import sys

import click

from rnnctl.cli.options import config_argument, json_option, set_option


@click.command()
@config_argument
@set_option
@click.option("--values", is_flag=True, help="Print each gradient's elements too, the way NumPy abbreviates them.")
@json_option
def inspect_gradients(config: str | None, overrides: tuple[str, ...], values: bool, as_json: bool) -> None:
    """Examine the gradient of every weight: one batch, one backward pass at the initial weights.

    \b
    Examples:
      rnnctl inspect-gradients                            the built-in first example
      rnnctl inspect-gradients configs/vanishing.yaml
      rnnctl inspect-gradients configs/gru.yaml --values --set model.layers.0.units=8

    For each weight: its shape, and of its gradient the L2 norm, mean, standard deviation, largest magnitude and
    share of exact zeros. Then the norm of the gradient at each time step, as a strip whose right end is the last one.
    """
    from rnnctl.config import load_config
    from rnnctl.workflows.inspect_gradients import inspect_gradients as inspect

    report = inspect(load_config(config, overrides), values=values)
    if as_json:
        from rnnctl.cli.json_reports import gradient_lines

        click.echo(gradient_lines(report), nl=False)
    else:
        from rnnctl.cli.console.gradients import gradient_text
        from rnnctl.cli.console.style import style_of

        click.echo(gradient_text(report, style_of(sys.stdout)))
