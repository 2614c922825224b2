"""``rnnctl check``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from rnnctl.cli.options import json_option, set_option

if TYPE_CHECKING:
    from rnnctl.cli.console.style import Style
    from rnnctl.config import Config
    from rnnctl.errors import ConfigError, DataError


@click.command()
@click.argument("configs", nargs=-1, required=True, type=click.Path(), metavar="CONFIG...")
@set_option
@json_option
@click.option("--quiet", "-q", is_flag=True, help="Write one summary a file, and faults, and no more.")
def check(configs: tuple[str, ...], overrides: tuple[str, ...], as_json: bool, quiet: bool) -> int:
    """Check configs and their data without training; tell every fault of all files.

    \b
    Examples:
      rnnctl check configs/sunspots.yaml
      rnnctl check configs/*.yaml --quiet
      rnnctl check configs/gru.yaml --set optimizer.learning_rate=0.1
      rnnctl check configs/co2.yaml --json | jq '.findings[] | select(.level == "warning")'

    The data is looked at as a careful colleague would: splits and their times, lengths and padding, columns that are
    missing, constant, alike, unscaled or full of outliers, classes, unknown words, gaps, sequences that training and
    test share, features that give the target away, and what training will take. Of large data a sample is compared.

    Faults go to stderr, each as file:line:column: key: what is wrong. Warnings (it trains, and most likely not as it
    should) and facts go to stdout.

    Exit codes: 0 no fault, 2 some config is wrong, 3 every config is good and some data is not.
    """
    if quiet and as_json:
        raise click.UsageError("--quiet and --json are both given; keep one of them.")
    from rnnctl.cli.console.style import printable, style_of
    from rnnctl.config import load_config
    from rnnctl.errors import ConfigError, DataError

    style = style_of(sys.stdout)
    codes = set()
    for place, path in enumerate(configs):
        try:
            config = load_config(path, overrides)
            if quiet:
                _sum_up(config, path, style)
            else:
                _examine(config, path, style, first=place == 0, as_json=as_json)
        except (ConfigError, DataError) as error:
            # A config's faults begin with its path already, a data file's with that file's.
            about_file = isinstance(error, ConfigError) or str(error).startswith(os.sep)
            click.echo(printable(str(error) if about_file else f"{path}: {error}"), err=True)
            codes.add(error.exit_code)
            if as_json:
                click.echo(_faulty_line(path, error), nl=False)
    return min(codes, default=0)


def _sum_up(config: Config, path: str, style: Style) -> None:
    from rnnctl.cli.console.lines import named_lines
    from rnnctl.cli.console.style import printable
    from rnnctl.workflows.check import sum_up

    parts, notes = sum_up(config)
    click.echo(named_lines(path, parts, style))
    for note in notes:
        click.echo(f"note: {printable(note)}", err=True)


def _examine(config: Config, path: str, style: Style, *, first: bool, as_json: bool) -> None:
    from rnnctl.workflows.check import check as examine

    report = examine(config, path)
    if as_json:
        from rnnctl.cli.json_reports import check_line

        click.echo(check_line(report), nl=False)
    else:
        from rnnctl.cli.console.check import report_lines

        click.echo(("" if first else "\n") + report_lines(report, style))


def _faulty_line(path: str, error: ConfigError | DataError) -> str:
    from rnnctl.cli.json_reports import faulty_line

    return faulty_line(path, error)
