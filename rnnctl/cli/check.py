"""``rnnctl check``."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rnnctl.cli.console.style import printable
from rnnctl.cli.options import json_option, only_one, set_option
from rnnctl.cli.output import stdout_style, write_json, write_notes
from rnnctl.errors import ConfigError, DataError

if TYPE_CHECKING:
    from rnnctl.config import Config


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
    only_one(quiet=quiet, json=as_json)
    from rnnctl.config import load_config

    codes = set()
    for place, path in enumerate(configs):
        try:
            config = load_config(path, overrides)
            if quiet:
                _sum_up(config, path)
            else:
                _examine(config, path, first=place == 0, as_json=as_json)
        except (ConfigError, DataError) as error:
            # A config's faults begin with its path already, a data file's with that file's.
            about_file = isinstance(error, ConfigError) or str(error).startswith(os.sep)
            click.echo(printable(str(error) if about_file else f"{path}: {error}"), err=True)
            codes.add(error.exit_code)
            if as_json:
                write_json("check", ok=False, path=path, findings=_faults(error))
    return min(codes, default=0)


def _sum_up(config: Config, path: str) -> None:
    from rnnctl.cli.console.lines import named_lines
    from rnnctl.workflows.check import sum_up

    parts, notes = sum_up(config)
    click.echo(named_lines(path, parts, stdout_style()))
    write_notes(notes)


def _examine(config: Config, path: str, *, first: bool, as_json: bool) -> None:
    from rnnctl.workflows.check import check as examine

    report = examine(config, path)
    if as_json:
        write_json("check", ok=all(finding.level != "fault" for finding in report.findings), **asdict(report))
    else:
        from rnnctl.cli.console.check import report_lines

        click.echo(("" if first else "\n") + report_lines(report, stdout_style()))


def _faults(error: ConfigError | DataError) -> list[dict[str, object]]:
    """The findings of a config that cannot be trained: its faults alone."""
    topic, faults = ("config", error.faults) if isinstance(error, ConfigError) else ("data", [error])
    return [{"level": "fault", "topic": topic, "message": str(fault), "columns": []} for fault in faults]
