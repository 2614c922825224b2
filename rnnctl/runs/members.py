"""Further nets of a run: ``members/2``, ``members/3``, … in its folder, each a run folder of its own; and ``refit``."""

from __future__ import annotations

from pathlib import Path

from rnnctl.runs.run_check import read_summary
from rnnctl.runs.run_folder import WEIGHTS
from rnnctl.schema.training import Training

MEMBERS, REFIT = "members", "refit"

DONE = ("finished", "early stopping")
"""Why the training of a net ends that is trained to its end."""


def member_folder(run: Path, number: int) -> Path:
    """The folder of a further member of an ensemble, numbered from 2."""
    return run / MEMBERS / str(number)


def member_folders(run: Path, members: int) -> list[Path]:
    """The folders of all further members, whether they are there or not."""
    return [member_folder(run, number) for number in range(2, members + 1)]


def refit_folders(run: Path, members: int) -> list[Path]:
    """The folders of all nets that are trained anew on training and validation rows, likewise: each in its first's."""
    return [folder / REFIT for folder in (run, *member_folders(run, members))]


def further_folders(run: Path, training: Training) -> list[Path]:
    """The folders of all nets but a run's first, in the order in which they are trained."""
    refits = refit_folders(run, training.members) if training.refit else []
    return [*member_folders(run, training.members), *refits]


def is_trained(folder: Path) -> bool:
    """Whether a net is trained to its end, and its weights are there.

    Raises:
        RunError: Its summary cannot be read.
    """
    summary = read_summary(folder)
    return summary is not None and summary["stopped"] in DONE and (folder / WEIGHTS).exists()
