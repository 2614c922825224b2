"""``rnnctl compare``."""

from __future__ import annotations

from pathlib import Path

import click

from rnnctl.cli.options import html_option, json_option, runs_argument
from rnnctl.cli.output import announce_page, write_notes, write_result


@click.command()
@runs_argument("RUN RUN...")
@json_option
@html_option
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
    from rnnctl.cli.console.comparison import comparison_text
    from rnnctl.report.comparing import compare as put_side_by_side, comparison_fields
    from rnnctl.workflows.report import view_run, write_report

    views = [view_run(run) for run in runs]
    write_notes(note for view in views for note in view.run.notes)
    found = put_side_by_side(views)
    write_result(
        "comparison", found, comparison_fields, lambda _, style: comparison_text(found, views, style), as_json=as_json
    )
    if html is not None:
        announce_page(write_report(views, html))
