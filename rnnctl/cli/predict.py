"""``rnnctl predict``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnnctl.cli.console.style import Style, one_line, shown_path, style_of
from rnnctl.cli.console.table import table
from rnnctl.cli.options import FILE, Amount, engine_option, force_option, interval_option, run_argument
from rnnctl.cli.output import check_out, stdout_style, write_notes
from rnnctl.util.format import counted, cut, short
from rnnctl.util.printing import printable

if TYPE_CHECKING:
    import polars as pl

    from rnnctl.workflows.predict import Prediction


TEXT_ENDING = ".txt"


@click.command()
@run_argument
@click.option("--data", metavar="FILE", type=FILE, help="Predict from this file, not the run's own; - for stdin.")
@click.option("--horizon", type=click.IntRange(min=1), metavar="N", help="Rows or tokens to predict after the end.")
@interval_option("Add the ends of intervals that hold the truth in so many percent of the cases")
@click.option("--spread", is_flag=True, help="Add the standard deviation of several nets' forecasts.")
@click.option("--prompt", metavar="TEXT", help="Text to continue, rather than the file's end.")
@click.option(
    "--temperature",
    type=Amount(min=0),
    metavar="T",
    help="Draw tokens in proportion to p^(1/T); 0 takes the likeliest. Not given: 1 for running text, else 0.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of these draws.")
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=FILE,
    help="Write all of it to a .csv or .parquet file, or a continued text to a .txt file.",
)
@force_option
@engine_option
def predict(run: Path, out: Path | None, force: bool, **asked: Any) -> None:
    """Predict with a run's network, in the data's own units, labels and times.

    \b
    Examples:
      rnnctl predict runs/sunspots-1                     the year after the last one
      rnnctl predict runs/sunspots-1 --horizon 11 -o next.csv
      rnnctl predict runs/sunspots-1 --interval 80 --interval 95
      rnnctl predict runs/vowels-1 --data new.csv -o speakers.parquet
      rnnctl predict runs/novel-1 --prompt "She was" --horizon 300 --seed 7

    Forecasts and what comes next: the rows after the end of each series. Beyond the trained horizon predictions are fed
    back to the network. Features whose future is known (data.known) are read from rows at the file's end whose target
    is empty.

    A value or class for each sequence or row: of every sequence in the file, whose target column may be absent.
    Classes come with their probabilities, p(target) that of the predicted one and p(target=class) that of each. Ids,
    texts and other columns of the file come through under their own names, the target too where the file has it: the
    prediction beside it is then called "predicted NAME". A cell that cannot be read, or is empty where the network
    needs a value, costs the row or sequence that it belongs to: it is named, and its prediction left empty.

    Quantiles (loss: quantile) have a column each, NAME_q05 that of 0.05; NAME is the median, or what is nearest to it.

    --interval 80 adds the columns NAME_low_80 and NAME_high_80 to each prediction of a number: what the network's
    forecasts of the validation rows were off by, as many rows ahead, says how far apart they are (split conformal
    prediction). Of rows ahead, or levels, that validation rows are too few for there is none, and that is said.

    --spread adds the column NAME_spread: by how much the nets of an ensemble (training.members) differ, the standard
    deviation of their forecasts in the data's own units. It says what training leaves open, not how far off a forecast
    may be, which --interval does.

    Only the run folder and the file are needed, and for intervals the run's own data. Without -o a terminal is shown
    the first rows, and a pipe all of them as CSV. In CSV, text that a spreadsheet would take for a formula has an
    apostrophe before it.

    Exit codes: 0 done, 1 the run folder cannot be read or the file not written, 2 usage error, 3 data error.
    """
    check_out(out, TEXT_ENDING, force=force)
    if out is not None and out.suffix.lower() == TEXT_ENDING:
        from rnnctl.runs.trained_run import load_run

        if load_run(run).config.data.running_text is None:
            raise click.UsageError(f"-o: {out} is for a text that is continued; give a .csv or .parquet file.")
    from rnnctl.workflows.predict import predict as answer

    found = answer(run, **asked)
    _write(found, out, force=force)
    click.echo(style_of(sys.stderr).dim(f"computed by {found.engine}"), err=True)


def _write(found: Prediction, out: Path | None, *, force: bool) -> None:
    write_notes(found.notes)
    if out is not None and out.suffix.lower() == TEXT_ENDING:
        from rnnctl.runs.run_files import write_output

        text = found.text or ""
        write_output(out, (text + "\n").encode())
        click.echo(f"{counted(len(text), 'character')} in {shown_path(out)}", err=True)
    elif out is not None:
        from rnnctl.runs.csv_export import write_table

        write_table(out, found.frame if out.suffix.lower() == ".parquet" else found.written, force=force)
        click.echo(f"{counted(found.frame.height, 'row')} in {shown_path(out)}", err=True)
    elif found.text is not None:
        click.echo(printable(found.text))
    elif sys.stdout.isatty():
        click.echo(_predictions_text(found.written, stdout_style()))
    else:
        from rnnctl.runs.csv_export import csv_text

        click.echo(csv_text(found.written), nl=False)


ROWS = 20
TEXT = 60
"""Characters of a text cell at most."""


def _predictions_text(frame: pl.DataFrame, style: Style) -> str:
    shown = frame.head(ROWS)
    rows = [[_cell(value) for value in row] for row in shown.iter_rows()]
    left = next((place for place, dtype in enumerate(frame.dtypes) if dtype.is_numeric()), frame.width)
    text = table([cut(one_line(name), TEXT) for name in frame.columns], rows, style, left=left)
    if frame.height <= ROWS:
        return text
    return text + "\n" + style.dim(f"… {counted(frame.height - ROWS, 'more row')}; -o FILE writes them all")


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, float):
        return short(value, 5)
    return cut(one_line(str(value)), TEXT)
