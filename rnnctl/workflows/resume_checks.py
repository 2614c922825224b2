"""Conditions for resuming a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rnnctl.config import Config
from rnnctl.errors import DataError, RnnctlError, RunError
from rnnctl.runs.checkpoints import CHECKPOINTS
from rnnctl.runs.checkpoints_reading import Checkpoint, newest_whole
from rnnctl.runs.differences import changed_keys
from rnnctl.runs.members import DONE, further_folders, is_trained
from rnnctl.runs.record_truncation import recorded_steps
from rnnctl.runs.run_check import read_summary
from rnnctl.runs.run_folder import CONFIG, STEPS, WEIGHTS
from rnnctl.schema.training import Training
from rnnctl.util.format import command, counted

_FREE_TO_CHANGE = ("name", "training.steps", "training.epochs", "training.members", "checkpoints.", "data.path")
"""Keys that may differ between a config and its checkpoint: they change no bit of the later steps.

The data file may lie elsewhere, since its content is compared by itself (`check_data`)."""


class ChangedDataError(DataError):
    """The data is not what the run began with."""


class NothingLeftError(RnnctlError):
    """A run is finished, and no greater length is asked for."""

    exit_code = 0


def check_not_over(path: Path, training: Training, *, extended: bool) -> None:
    """Checks that there is something left to train.

    Args:
        path: The run.
        training: The section ``training`` of its config.
        extended: Whether a greater length is asked for.
    """
    summary = read_summary(path)
    if summary is None:
        return
    steps, stopped = summary.get("steps"), summary.get("stopped")
    if stopped == "non-finite":
        raise RunError(
            f"{path}: the loss or a gradient became NaN or infinite at step {steps}, and would again; "
            "lower optimizer.learning_rate or set optimizer.global_clipnorm, and train anew"
        )
    if stopped == "early stopping" and extended:
        raise RunError(
            f"{path}: the run stopped early after {steps} steps, because the validation loss no longer fell, and a "
            "greater length changes nothing about that; raise training.early_stopping.patience and train anew"
        )
    if stopped in DONE and not extended and all(map(is_trained, further_folders(path, training))):
        how = "is finished" if stopped == "finished" else "stopped early"
        advice = "; to train it further: --steps N or --epochs N" if stopped == "finished" else ""
        raise NothingLeftError(f"{path}: this run {how}, after {steps} steps: nothing is left to do{advice}")


def find_checkpoint(path: Path, *, force: bool) -> tuple[Checkpoint | None, tuple[str, ...]]:
    """The newest whole checkpoint, or None before a first one was written; and notices for the user.

    Args:
        force: Whether to begin at step 1 where there is none, though steps are recorded.

    Raises:
        RunError: There are checkpoints, and none is whole; or there is none, and what is recorded would be dropped.
    """
    checkpoint, damaged = newest_whole(path)
    if checkpoint is not None:
        used = f"continuing from the checkpoint before, {checkpoint.path}"
        return checkpoint, tuple(f"damaged checkpoint: {what}; {used}" for what in damaged)
    if damaged:
        raise RunError(
            "\n".join(damaged) + f"\n{path / CHECKPOINTS}: no checkpoint is whole, so this run cannot be resumed; "
            f"to train it anew: {command('train', path / CONFIG)}"
        )
    steps = recorded_steps(path / STEPS)
    # What a run that took no step left is what its seed gives.
    weights = (path / WEIGHTS).exists() and (read_summary(path) or {}).get("steps") != 0
    if (steps or weights) and not force:
        kept = f"the record of {counted(steps, 'step')}" + (f" and {WEIGHTS}" if weights else "")
        raise RunError(
            f"{path / CHECKPOINTS}: there is no checkpoint to continue from, so the run would begin at step 1, and "
            f"{kept} would be lost; put the checkpoints back, or train anew in another folder: "
            f"{command('train', path / CONFIG)}, or give it up: {command('resume', path, '--force')}"
        )
    return None, (
        f"{path}: the run ended before its first checkpoint; starting at step 1, from the initial weights that its "
        "seed gives",
    )


def check_kept(path: Path, total: int) -> None:
    """Checks that no more steps are recorded than the run is to have, since those beyond would be lost.

    Args:
        total: Steps that the run is to have in all.
    """
    recorded = recorded_steps(path / STEPS)
    if recorded > total:
        raise RunError(
            f"{path}: {counted(recorded, 'step')} are recorded, and the length asked for is {total:,}, counted from "
            "the run's first step: those beyond would be lost; ask for more, or give them up with --force"
        )


def check_config(what: str, about: Mapping[str, Any], path: Path, config: Config) -> None:
    """Checks that ``config.yaml`` is the one that was trained with.

    Args:
        what: What tells of the config in its field ``config``, if it does: a checkpoint, or the run's beginning.
        about: Its fields.
        path: The run folder.
        config: What ``config.yaml`` holds now.
    """
    then = about.get("config")
    if then is None:
        return
    try:
        # Through the schema, so that keys that a newer rnnctl added stand at their defaults.
        then = Config.model_validate(then).model_dump(mode="json")
    except ValidationError:
        then = then if isinstance(then, dict) else {}
    changed = [
        change
        for change in changed_keys(then, config.model_dump(mode="json"))
        if not change.key.startswith(_FREE_TO_CHANGE)
    ]
    if changed:
        raise RunError(
            f"{path / CONFIG}: this is not the config that {what} was trained with: "
            f"{'; '.join(map(str, changed[:10]))}; put it back, or train anew"
        )


def check_data(run: Path, environment: Mapping[str, Any], now: Mapping[str, str]) -> None:
    """Checks that the data is what the run began with.

    Args:
        now: SHA-256 of each data file by its path, in reading order.

    Raises:
        ChangedDataError: It is not.
    """
    then = environment.get("data") or {}
    if list(then.values()) != list(now.values()):  # in reading order; they may have moved
        changes = "; ".join(
            f"{path} has the SHA-256 {digest[:16]}…, and had {str(then.get(path))[:16]}…"
            for path, digest in now.items()
            if then.get(path) != digest
        )
        raise ChangedDataError(
            f"the data has changed since the run began: {changes or 'other files are read'}; "
            f"put the file back as it was, or train anew: {command('train', run / CONFIG)}"
        )


def rate_follows_length(config: Config) -> bool:
    """Whether a new length changes the learning rate: where it is a cosine that ends with the last step."""
    rate = config.optimizer.learning_rate
    return getattr(rate, "kind", "") == "cosine" and getattr(rate, "decay_steps", None) is None
