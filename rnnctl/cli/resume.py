"""``rnnctl resume``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from rnnctl.cli.options import every_option, json_option, length_options, quiet_option, run_argument
from rnnctl.cli.output import write_notes
from rnnctl.cli.tracking import left_behind, make_following, tracking_options
from rnnctl.cli.train import Asked, fail_on_option, show
from rnnctl.util.format import command as command_line
from rnnctl.util.printing import printable


@click.command()
@run_argument
@length_options("Train to so many {} in all, whatever the config says.")
@click.option("--force", is_flag=True, help="Drop recorded steps for good where continuing asks for that.")
@tracking_options
@json_option
@quiet_option
@every_option
@fail_on_option
def resume(run: Path, force: bool, **shared: Any) -> None:
    """Go on with a run where it stopped, to the same bits.

    \b
    Examples:
      rnnctl resume runs/sunspots-1                after Ctrl-C, a crash, a full disk
      rnnctl resume runs/sunspots-1 --epochs 240   train a finished run further

    The newest checkpoint that is whole is used; a damaged one is named, and the one before is used. Steps after it are
    trained again, so that the record holds each step exactly once. Nothing is needed but the run folder and the data
    file, which must be the one that the run began with, and so must the config, but for its length. Where no checkpoint
    is left, or fewer steps are asked for than are recorded, --force gives those up. A resume that fails leaves the
    folder as it was. A run that was logged by --tensorboard or --mlflow is logged further, in the same place, where the
    option is given again.

    Exit codes: as for train; 0 too where the run is finished and nothing is left to do.
    """
    asked = Asked(**shared)
    from rnnctl.workflows.resume import resume_steps
    from rnnctl.workflows.resume_checks import NothingLeftError

    following = make_following(asked.tensorboard, asked.mlflow, Path(os.path.realpath(run)).parent)
    command = ["rnnctl", *sys.argv[1:]]
    try:
        length = {"steps": asked.steps, "epochs": asked.epochs}
        going_on = resume_steps(run, **length, force=force, command=command, following=following)
    except NothingLeftError as nothing:
        click.echo(printable(str(nothing)), err=True)
        if asked.fail_on:
            how = printable(command_line("diagnose", run))
            click.echo(f"--fail-on looked at nothing, since no step was taken; use {how} --fail-on", err=True)
        return
    write_notes([*going_on.notices, *left_behind(run, asked.tensorboard, asked.mlflow)])
    show(going_on, asked.display(going_on.header.total_steps), asked.fail_on)
