"""``rnnctl train``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnnctl.cli.fail_on import fail_on_causes, fail_on_causes_option
from rnnctl.cli.options import (
    FILE,
    config_argument,
    every_option,
    json_option,
    length_options,
    only_one,
    quiet_option,
    set_option,
)
from rnnctl.cli.output import stdout_style, write_notes
from rnnctl.cli.tracking import make_following, tracking_options
from rnnctl.errors import NonFiniteError
from rnnctl.util.format import command
from rnnctl.util.printing import printable
from rnnctl.util.progress import listening

if TYPE_CHECKING:
    from rnnctl.cli.console.display import Display
    from rnnctl.workflows.train import Event, TrainRun

LIVE_FROM = 300
"""Steps from which a terminal gets the live display rather than a line per step."""


fail_on_option = fail_on_causes_option("Exit with 5 where a finished run's likeliest cause is one of these; or any.")


@dataclass(frozen=True, slots=True)
class Asked:
    """Values of the options that ``train`` and ``resume`` share."""

    steps: int | None = None
    epochs: int | None = None
    tensorboard: str | None = None
    mlflow: str | None = None
    as_json: bool = False
    quiet: bool = False
    every: int | None = None
    fail_on: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        only_one(steps=self.steps, epochs=self.epochs)
        only_one(quiet=self.quiet, json=self.as_json)

    @property
    def length(self) -> list[str]:
        """Overrides for the length that was asked for, in place of whichever the config has."""
        asked = {"epochs": self.epochs, "steps": self.steps}
        return [f"training.{unit}={number or 'null'}" for unit, number in asked.items() if any(asked.values())]

    def display(self, total_steps: int) -> Display:
        """The display that suits where stdout goes and how long the run is."""
        from rnnctl.cli.console.display import Json, Lines, Quiet, steps_a_line

        style = stdout_style()
        if self.as_json:
            return Json(sys.stdout)
        if self.quiet:
            return Quiet(sys.stdout, style)
        if style.terminal and total_steps >= LIVE_FROM and self.every is None:
            from rnnctl.cli.console.live import Live

            return Live(sys.stdout, style)
        all_of_them = 1 if style.terminal else steps_a_line(total_steps)
        return Lines(sys.stdout, style, self.every or all_of_them)


@click.command()
@config_argument
@set_option
@length_options("Train so many {}, whatever the config says.")
@click.option(
    "--out", type=FILE, default="runs", show_default=True, help="Folder that the run's own folder is made in."
)
@click.option("--fast", is_flag=True, help="Let the bits differ from run to run, where that is faster.")
@click.option("--no-run-folder", is_flag=True, help="Leave nothing on disk.")
@tracking_options
@json_option
@quiet_option
@every_option
@fail_on_option
def train(
    config: str | None, overrides: tuple[str, ...], out: Path, fast: bool, no_run_folder: bool, **shared: Any
) -> None:
    """Train a network, and see its loss and gradients at every step.

    \b
    Examples:
      rnnctl train                                  the built-in first example
      rnnctl train configs/sunspots.yaml            a config
      rnnctl train configs/gru.yaml --steps 100 --set optimizer.learning_rate=0.01
      rnnctl train configs/lstm.yaml --json | jq .loss
      rnnctl train configs/lstm.yaml --tensorboard  then: tensorboard --logdir runs
      rnnctl train configs/lstm.yaml --fail-on learning-rate-too-high,exploding

    Each line shows the loss, the gradient's norm before and after clipping, the norm per weight, and the norm of the
    gradient at each time step: the strip's right end is the last time step, and each bar lower is half the gradient.

    A run leaves its config, environment, steps, weights and summary in a folder of its own, never overwritten, and
    checkpoints from which it can be continued. Ctrl-C keeps what was done, and rnnctl resume continues it; Ctrl-C twice
    ends at once. Where the reader of the output ends (| head), a run ends as by Ctrl-C.

    Exit codes: 0 done, 1 the run failed, 2 config error, 3 data error, 4 the loss or a gradient became NaN or
    infinite, 5 --fail-on found its cause, 130 interrupted.
    """
    asked = Asked(**shared)
    if no_run_folder and asked.fail_on:
        raise click.UsageError("--fail-on looks at the run's record; leave out --no-run-folder.")
    from rnnctl.config import load_config
    from rnnctl.workflows.train import train_steps

    faster = ["training.deterministic=false"] if fast else []
    loaded = load_config(config, [*overrides, *asked.length, *faster])
    folder = None if no_run_folder else out
    following = make_following(asked.tensorboard, asked.mlflow, folder)
    run = train_steps(loaded, out=folder, command=["rnnctl", *sys.argv[1:]], following=following)
    write_notes(run.header.notes)
    show(run, asked.display(run.header.total_steps), asked.fail_on)


def show(run: TrainRun, display: Display, fail_on: tuple[str, ...] | None = None) -> None:
    """Trains, and shows every event as it comes; after an error or Ctrl-C, what came before is shown.

    Args:
        fail_on: Causes at which the command fails once the run is complete.
    """
    run.always_judged = fail_on is not None
    try:
        with listening(display.progress), closing(run.events()) as events:
            try:
                _show_all(run, events, display)
                display.causes(run.causes)
            except NonFiniteError:
                display.causes(run.causes)
                raise
            except OSError as error:
                _end_unseen(run, events, error)
                raise
    except KeyboardInterrupt:
        display.close()
        _say_how_to_go_on(run)
        raise
    finally:
        display.close()
        write_notes(run.afterwards)
    if fail_on and run.folder is not None:
        closer = f"To look closer: {command('diagnose', run.folder)}"
        fail_on_causes(run.config.name, run.causes[:1], fail_on, closer)


def _show_all(run: TrainRun, events: Iterator[Event], display: Display) -> None:
    from rnnctl.results.training import NetRecord, StepRecord, ValidationRecord

    display.begin(run.header)
    for event in events:
        if isinstance(event, StepRecord):
            display.step(event)
        elif isinstance(event, ValidationRecord):
            display.validation(event)
        elif isinstance(event, NetRecord):
            display.net(event)
        else:
            display.end(event, run.folder)


def _end_unseen(run: TrainRun, events: Iterator[Event], error: OSError) -> None:
    """Ends a run whose output nobody takes any more (``| head``, a full disk behind ``>``) as one that is interrupted.

    Going on would keep the shell waiting for what nobody sees; whoever wants the steps that were not taken goes on.
    """
    unread = isinstance(error, BrokenPipeError)
    run.stop("its output was closed" if unread else f"its output could not be written: {error.strerror}")
    for _ in events:  # the steps that are being taken, the checkpoint, the summary
        pass
    if run.summary is not None and run.summary.stopped == "interrupted":
        with suppress(OSError):
            write_notes([f"training ended after step {run.summary.steps:,}: {run.summary.reason}"])
            _say_how_to_go_on(run)


def _say_how_to_go_on(run: TrainRun) -> None:
    if run.folder is not None:
        click.echo(f"continue with: {printable(command('resume', run.folder))}", err=True)
