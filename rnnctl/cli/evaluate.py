"""``rnnctl evaluate``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rnnctl.cli.options import json_option

if TYPE_CHECKING:
    from rnnctl.results.evaluation import Evaluation


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--data", metavar="FILE", type=click.Path(path_type=Path), help="Evaluate on another file's rows, all of them."
)
@click.option(
    "--split",
    type=click.Choice(["test", "validation", "train"]),
    default="test",
    show_default=True,
    help="Which rows of the run's own data.",
)
@click.option("--folds", type=click.IntRange(min=2), help="Score forecasts in so many stretches of time, too.")
@click.option("--season", type=click.IntRange(min=1), help="Rows of a season; else it is looked for.")
@json_option
@click.option("--html", metavar="FILE", type=click.Path(path_type=Path), help="Write a page that opens offline, too.")
def evaluate(
    run: Path, data: Path | None, split: str, folds: int | None, season: int | None, as_json: bool, html: Path | None
) -> None:
    """Score a run's network on rows that it was not trained on, beside baselines that need none.

    \b
    Examples:
      rnnctl evaluate runs/sunspots-1
      rnnctl evaluate runs/sunspots-1 --folds 4 --html sunspots.html
      rnnctl evaluate runs/vowels-1 --json | jq .metrics
      rnnctl evaluate runs/sunspots-1 --data newer.csv

    Numbers: MAE, RMSE, MASE (below 1 is better than the naive forecast was on the training rows) and R², beside the
    last value seen (naive), the value a season before, and the mean. Classes: accuracy, macro F1 and cross-entropy in
    nats, beside the majority class. Tokens to come: also bits and perplexity, beside Markov models of the last none,
    one and two tokens. Baselines are fitted on the training rows alone.

    --folds tells how steady forecasts are: those of the split, each made from the rows before it, are scored in
    consecutive stretches of time. Nothing is trained again.

    The results are kept in the run folder (test.json), where its report shows them.

    Exit codes: 0 done, 1 the run folder cannot be read, 2 usage error, 3 data error.
    """
    from rnnctl.workflows.evaluate import evaluate as score

    found = score(run, split=split, folds=folds, season=season, data=data)
    _show(found, as_json=as_json)
    if html is not None:
        _write_page(found, html)


def _show(found: Evaluation, *, as_json: bool) -> None:
    from rnnctl.cli.console.style import printable, style_of

    for note in found.notes:
        click.echo(f"note: {printable(note)}", err=True)
    if as_json:
        from rnnctl.cli.json_reports import evaluation_line

        click.echo(evaluation_line(found), nl=False)
    else:
        from rnnctl.cli.console.evaluation import evaluation_text

        click.echo(evaluation_text(found, style_of(sys.stdout)))


def _write_page(found: Evaluation, path: Path) -> None:
    from rnnctl.cli.console.lines import shown_path
    from rnnctl.report.evaluation import evaluation_page
    from rnnctl.runs.files import write_output

    write_output(path, evaluation_page(found).encode())
    click.echo(f"page {shown_path(path)}", err=True)
