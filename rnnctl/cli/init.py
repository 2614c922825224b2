"""``rnnctl init``."""

from __future__ import annotations

from pathlib import Path

import click

from rnnctl.cli.options import FILE, force_option

DATA_FAULT = 3


@click.command()
@click.option("--from", "source", type=FILE, metavar="FILE", help="The data: CSV, Parquet, text.")
@click.option(
    "--out",
    "-o",
    type=FILE,
    metavar="CONFIG",
    help="The config to write; - for stdout. The data file's name with .yaml, in this folder, where it is not given.",
)
@click.option("--target", metavar="NAME", help="Column to predict, rather than a guess.")
@click.option("--time", metavar="NAME", help="Column of times, rather than a guess.")
@click.option("--series", metavar="NAME", help="Column that tells series apart, rather than a guess.")
@force_option
def init(source: Path | None, out: Path | None, force: bool, **names: str | None) -> int:
    """Write a commented config for a data file, ready to be checked and trained.

    \b
    Examples:
      rnnctl init --from data/sunspots.csv           writes sunspots.yaml
      rnnctl init --from sales.parquet --target sold --series shop -o sales.yaml
      rnnctl init                                    writes the built-in first example

    What the columns hold, which of them orders the rows, what can be predicted and how far back the past tells of the
    future is guessed from the data (of a large file from its first part), and each line says why. No file is ever
    written over without --force.

    Exit codes: 0 written, 1 cannot be written, 2 there is such a file, 3 the data cannot be read or predicted, or
    does not pass check even with the config that was written.
    """
    if source is None and any(names.values()):
        raise click.UsageError("--target, --time and --series name columns of a data file; add --from FILE.")
    to_stdout = out == Path("-")
    path = Path(_stem(source) + ".yaml") if out is None or to_stdout else out
    if not to_stdout and not force and path.exists():
        raise click.UsageError(f"{path} is there already; choose another name with -o, or write over it with --force.")
    if not path.parent.is_dir():
        raise click.UsageError(f"{path}: there is no folder {path.parent}; make it, or choose another place with -o.")
    from rnnctl.cli.console.style import printable, shown_path
    from rnnctl.workflows.init import fault_of, starter_config

    text = starter_config(source, path.parent, **names)
    if to_stdout:
        click.echo(text, nl=False)
        return 0
    _write(path, text, force=force)
    shown = shown_path(path)
    if (fault := fault_of(path)) is not None:
        click.echo(f"wrote {shown}")
        click.echo(f"it does not pass check yet: {printable(fault)}", err=True)
        return DATA_FAULT
    click.echo(f"wrote {shown}; now: rnnctl check {shown}, then rnnctl train {shown}")
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
    try:
        with disk_errors("create", path), path.open("xb") as file:  # another process may have made it in the meantime
            file.write(text.encode())
    except BaseException as error:
        if not isinstance(error.__cause__, FileExistsError):
            path.unlink(missing_ok=True)
        raise
