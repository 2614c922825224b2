"""``--tensorboard`` and ``--mlflow``, of ``train`` and ``resume``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rnnctl.cli.output import write_notes

if TYPE_CHECKING:
    from rnnctl.trackers.following import Following

Function = TypeVar("Function", bound=Callable[..., Any])

DEFAULT = "\0"
"""What an option is that was given without a value."""


def tracking_options(function: Function) -> Function:
    """``--tensorboard [DIR]`` and ``--mlflow [URI]``, each with a value or without."""
    texts = {
        ("--mlflow", "[URI]"): "Log to MLflow too: to this store, else MLFLOW_TRACKING_URI, else mlflow.db beside the "
        "run folders.",
        ("--tensorboard", "[DIR]"): "Write for TensorBoard too: into a folder of the run's name in DIR, else into the "
        "run folder.",
    }
    for (option, metavar), text in texts.items():
        function = click.option(option, is_flag=False, flag_value=DEFAULT, metavar=metavar, help=text)(function)
    return function


def make_following(tensorboard: str | None, mlflow: str | None, beside: Path | None) -> Following:
    """Makes the trackers whose options are given (not None), beside a folder of run folders if there is one.

    Raises:
        UsageError: A value is missing, or is not meant as one.
        MissingExtraError: What a tracker needs is not installed.
    """
    from rnnctl.trackers.following import Following

    trackers: list[Any] = []
    if tensorboard is not None:
        from rnnctl.trackers.tensorboard import TensorBoard

        folder = _value("--tensorboard", "DIR", tensorboard, beside)
        trackers.append(TensorBoard(None if folder is None else Path(folder)))
    if mlflow is not None:
        from rnnctl.trackers.mlflow import Mlflow

        trackers.append(Mlflow(_value("--mlflow", "URI", mlflow, beside, variable="MLFLOW_TRACKING_URI"), beside))
    return Following(trackers, lambda message: write_notes([message]))


def left_behind(run: Path, tensorboard: str | None, mlflow: str | None) -> list[str]:
    """What to tell where a run goes on, and a tracker that followed it before is not asked to."""
    followed = {"TensorBoard": (tensorboard, "tensorboard"), "MLflow": (mlflow, "mlflow.json")}
    return [
        f"{name} followed this run before, and is not told of this part; to continue it: --{name.lower()}"
        for name, (value, entry) in followed.items()
        if value is None and (run / entry).exists()
    ]


def _value(option: str, metavar: str, value: str, beside: Path | None, variable: str = "") -> str | None:
    """The value of an option, or None for its default."""
    if value != DEFAULT:
        if value.endswith((".yaml", ".yml")) or Path(value).is_file():
            raise click.UsageError(
                f"{option} took {value!r} for its {metavar}; write the config before {option}, or {option}={metavar}"
            )
        return value
    if beside is None and not os.environ.get(variable):
        raise click.UsageError(f"{option} without {metavar} writes beside the run, and --no-run-folder leaves nothing.")
    return None
