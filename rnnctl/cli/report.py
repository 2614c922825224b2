"""``rnnctl report``."""

from __future__ import annotations

from pathlib import Path

import click

from rnnctl.cli.options import FILE, runs_argument, writable
from rnnctl.cli.output import announce_page, write_notes


@click.command()
@runs_argument("RUN...")
@click.option("--out", "-o", metavar="FILE", type=FILE, callback=writable, help="The page; else RUN/report.html.")
def report(runs: tuple[Path, ...], out: Path | None) -> None:
    """Write a page about a run, or several side by side, that opens offline.

    \b
    Examples:
      rnnctl report runs/sunspots-1                        runs/sunspots-1/report.html
      rnnctl report runs/sunspots-1 -o sunspots.html
      rnnctl report runs/sunspots-1 runs/sunspots-2 -o both.html

    What the run came to in words, loss, gradient norms before and after clipping and per weight, the gradient through
    time, learning rate, the test, config and environment. Long runs are thinned: each column of a picture keeps its
    lowest and its highest value. A run that is still going on is shown as far as it is; looking does not disturb it.

    train writes this page at its end. Several runs need --out.

    Exit codes: 0 done, 1 a run folder cannot be read, or the page cannot be written.
    """
    if len(runs) > 1 and out is None:
        raise click.UsageError("several runs make one page; say where with --out FILE.")
    from rnnctl.workflows.report import view_run, write_report

    views = [view_run(run) for run in runs]
    write_notes(note for view in views for note in view.run.notes)
    announce_page(write_report(views, out))
