"""``rnnctl resume``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from rnnctl.cli.options import json_option
from rnnctl.cli.tracking import left_behind, make_following, tracking_options


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--steps", type=click.IntRange(min=1), help="Train to so many steps in all, whatever the config says.")
@click.option("--epochs", type=click.IntRange(min=1), help="Train to so many epochs in all, whatever the config says.")
@tracking_options
@json_option
@click.option("--quiet", "-q", is_flag=True, help="Show the summary alone.")
def resume(
    run: Path,
    steps: int | None,
    epochs: int | None,
    tensorboard: str | None,
    mlflow: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Go on with a run where it stopped, to the same bits.

    \b
    Examples:
      rnnctl resume runs/sunspots-1                after Ctrl-C, a crash, a full disk
      rnnctl resume runs/sunspots-1 --epochs 240   train a finished run further

    The newest checkpoint that is whole is used; a damaged one is named, and the one before is used. Steps after it are
    trained again, so that the record holds each step exactly once. Nothing is needed but the run folder and the data
    file, which must be the one that the run began with. What --tensorboard and --mlflow followed before goes on there.

    Exit codes: as for train; 0 too where the run is finished and nothing is left to do.
    """
    if steps is not None and epochs is not None:
        raise click.UsageError("--steps and --epochs are both given; keep one of them.")
    if quiet and as_json:
        raise click.UsageError("--quiet and --json are both given; keep one of them.")
    from rnnctl.cli.console.style import printable
    from rnnctl.cli.train import choose_display, show
    from rnnctl.workflows.resume import resume_steps
    from rnnctl.workflows.resume_checks import NothingLeftError

    following = make_following(tensorboard, mlflow, run.resolve().parent)
    command = ["rnnctl", *sys.argv[1:]]
    try:
        going_on = resume_steps(run, steps=steps, epochs=epochs, command=command, following=following)
    except NothingLeftError as nothing:
        click.echo(printable(str(nothing)), err=True)
        return
    for notice in (*going_on.notices, *left_behind(run, tensorboard, mlflow)):
        click.echo(f"note: {printable(notice)}", err=True)
    show(going_on, choose_display(going_on.header.total_steps, as_json=as_json, quiet=quiet))
