"""``rnnctl runs``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from rnnctl.cli.options import FILE, json_option, only_one
from rnnctl.cli.output import stdout_style, write_json
from rnnctl.util.printing import printable

SORTS = ("age", "name", "state", "steps", "loss", "best", "speed")


@click.command()
@click.argument("folder", type=FILE, default="runs")
@click.option("--sort", type=click.Choice(SORTS), default="age", show_default=True, help="What comes first.")
@click.option("--reverse", is_flag=True, help="Reverse the order.")
@click.option("--watch", is_flag=True, help="Update the list every second, until Ctrl-C.")
@json_option
def runs(folder: Path, sort: str, reverse: bool, watch: bool, as_json: bool) -> None:
    """List the runs in FOLDER (runs, if none is given), and how each stands.

    \b
    Examples:
      rnnctl runs                        the youngest first
      rnnctl runs --sort best            the best validation loss first
      rnnctl runs --watch                follow runs that train
      rnnctl runs --json | jq -r 'select(.state == "failed") | .name'

    A run is running, done, interrupted (rnnctl resume continues it) or failed, with the reason below it. Whether it
    is running is asked of the operating system, so that one whose process is gone is never shown as running. Listing
    disturbs no run. Best is the loss of the best validation, whose weights are kept; reach says over how many of the
    time steps the gradient came back at the last step, where the loss is read at the last time step alone.
    """
    only_one(watch=watch, json=as_json)
    import time

    from rnnctl.cli.console.runs import runs_text
    from rnnctl.runs.listing import RunEntry, entry_fields, list_runs, ordered

    def entries() -> list[RunEntry]:
        return ordered(list_runs(folder), sort, reverse=reverse)

    if watch:
        if not stdout_style().terminal:
            raise click.UsageError("--watch needs a terminal; leave it out, and call rnnctl runs again and again.")
        from rnnctl.cli.console.watch import watch as look_on

        look_on(lambda style: runs_text(entries(), time.time(), style), sys.stdout)
    elif as_json:
        now = time.time()
        for entry in entries():
            write_json("run", **entry_fields(entry, now))
    elif found := entries():
        click.echo(runs_text(found, time.time(), stdout_style()))
    else:
        click.echo(f"{printable(str(folder))}: no runs yet; rnnctl train leaves one", err=True)
