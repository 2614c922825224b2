"""``rnnctl compare``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from rnnctl.cli.options import json_option


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN RUN...")
@json_option
@click.option("--html", metavar="FILE", type=click.Path(path_type=Path), help="Write a page that opens offline, too.")
def compare(runs: tuple[Path, ...], as_json: bool, html: Path | None) -> None:
    """Put runs side by side: what differs in their configs, and what each came to.

    \b
    Examples:
      rnnctl compare runs/sunspots-1 runs/sunspots-2
      rnnctl compare runs/*-1 --html compared.html
      rnnctl compare runs/sunspots-1 runs/sunspots-2 --json | jq .groups.config

    Of the configs, only the keys that differ are shown. Then losses and test metrics, how far the gradient comes back
    through time at the end and by which factor it changes per time step, and speed, with what differs in the machine.

    Exit codes: 0 done, 1 a run folder cannot be read, 2 fewer than two runs.
    """
    if len(runs) < 2:
        raise click.UsageError("one run has nothing beside it; give two or more, or look at it with rnnctl report RUN.")
    from rnnctl.cli.console.style import printable, style_of
    from rnnctl.report.comparing import compare as put_side_by_side
    from rnnctl.report.comparing import comparison_fields
    from rnnctl.workflows.look import look_at

    looks = [look_at(run) for run in runs]
    for look in looks:
        for note in look.run.notes:
            click.echo(f"note: {printable(note)}", err=True)
    found = put_side_by_side(looks)
    if as_json:
        from rnnctl.runs.jsonl import dump_line

        click.echo(dump_line({"event": "comparison", **comparison_fields(found)}), nl=False)
    else:
        from rnnctl.cli.console.comparison import comparison_text

        click.echo(comparison_text(found, looks, style_of(sys.stdout)))
    if html is not None:
        from rnnctl.cli.console.lines import shown_path
        from rnnctl.workflows.look import write_report

        click.echo(f"page {shown_path(write_report(looks, html))}", err=True)
