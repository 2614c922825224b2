"""``rnnctl init``."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from rnnctl.cli.console.remarks import remark_lines
from rnnctl.cli.console.style import shown_path, style_of
from rnnctl.cli.options import FILE, force_option
from rnnctl.starter.wishes import Wishes
from rnnctl.tasks import TASKS
from rnnctl.util.format import command, listed

DATA_FAULT = 3


@click.command()
@click.argument("data", required=False, type=FILE, metavar="[FILE]")
@click.option("--from", "source", type=FILE, metavar="FILE", help="The data: CSV, Parquet, text. FILE alone will do.")
@click.option(
    "--out",
    "-o",
    type=FILE,
    metavar="CONFIG",
    help="The config to write; - for stdout. The data file's name with .yaml, in this folder, where it is not given.",
)
@click.option("--target", metavar="NAME", help="Column to predict, rather than a guess.")
@click.option("--time", metavar="NAME", help="Column of times (a,b for a date and a clock), rather than a guess.")
@click.option("--series", metavar="NAME", help="Column that tells series apart (a,b for two), rather than a guess.")
@click.option("--task", type=click.Choice(list(TASKS)), help="What to predict, rather than a guess.")
@click.option("--horizon", type=click.IntRange(min=1), help="Rows ahead to forecast, rather than 1 or a guess.")
@click.option("--known", metavar="NAME", multiple=True, help="Feature whose future is known (a,b for two).")
@click.option("--static", metavar="NAME", multiple=True, help="Feature that never changes in a series (a,b for two).")
@force_option
def init(data: Path | None, source: Path | None, out: Path | None, force: bool, **asked: Any) -> int:
    """Write a commented config for a data file, ready to be checked and trained.

    \b
    Examples:
      rnnctl init --from data/sunspots.csv           writes sunspots.yaml
      rnnctl init --from sales.parquet --target sold --series shop --known price --horizon 28
      rnnctl init                                    writes the built-in first example

    What the columns hold, which of them orders the rows, what can be predicted and how far back the past tells of the
    future is guessed from the data (of a large file from its first part), and each line says why. Options rule over
    guesses; what the file does not allow is an error. No file is ever written over without --force.

    Exit codes: 0 written, 1 cannot be written, 2 there is such a file, 3 the data cannot be read or predicted, or
    does not pass check even with the config that was written.
    """
    if data is not None and source is not None:
        raise click.UsageError(f"two data files: {data} and --from {source}; keep one of them.")
    source = source or data
    wishes = Wishes(**asked)
    if source is None and (given := wishes.given()):
        raise click.UsageError(f"{listed(given, 'and')} say something of a data file; add --from FILE.")
    to_stdout = out == Path("-")
    path = Path(_stem(source) + ".yaml") if out is None or to_stdout else out
    if not to_stdout and not force and path.exists():
        raise click.UsageError(f"{path} is there already; choose another name with -o, or write over it with --force.")
    if not path.parent.is_dir():
        raise click.UsageError(f"{path}: there is no folder {path.parent}; make it, or choose another place with -o.")
    from rnnctl.util.printing import printable
    from rnnctl.workflows.init import fault_of, make_starter

    starter = make_starter(source, path.parent, wishes)
    told = remark_lines(starter.remarks, style_of(sys.stderr if to_stdout else sys.stdout))
    if to_stdout:
        for line in told:
            click.echo(line, err=True)
        # A file behind ">" is a config in UTF-8, whatever a terminal could show.
        click.echo(starter.text if sys.stdout.isatty() else starter.text.encode(), nl=False)
        return 0
    _write(path, starter.text, force=force)
    shown = shown_path(path)
    click.echo("\n".join([f"wrote {shown}", *told]))
    if (fault := fault_of(path)) is not None:
        click.echo(f"it does not pass check yet: {printable(fault)}", err=True)
        return DATA_FAULT
    click.echo(f"now: {command('check', Path(shown))}, then {command('train', Path(shown))}")
    return 0


def _stem(source: Path | None) -> str:
    """The data file's name without its endings; a name that cannot be one for a config is ``config``."""
    if source is None:
        return "first-step"
    name = source.name
    for ending in (".gz", source.with_suffix("").suffix if source.suffix == ".gz" else source.suffix):
        name = name.removesuffix(ending) if ending else name
    return name.lstrip("-") or "config"


def _write(path: Path, text: str, *, force: bool) -> None:
    from rnnctl.runs.run_files import disk_errors, write_output

    if force:
        write_output(path, text.encode())
        return
    with disk_errors("create", path), path.open("xb") as file:  # another process may have made it in the meantime
        try:
            file.write(text.encode())
            file.flush()
        except BaseException:  # a file that was opened is this command's own
            with suppress(OSError):
                path.unlink()
            raise
