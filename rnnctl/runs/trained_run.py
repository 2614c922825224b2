"""A run folder read back for its model: config, weights and preparation of data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from rnnctl import __version__
from rnnctl.config import Config, load_config
from rnnctl.config.files import read_text
from rnnctl.config.yaml_reader import read_yaml
from rnnctl.data.dataset import Preparation
from rnnctl.errors import ConfigError, DataError, RunError
from rnnctl.results.evaluation import NETWORK, Combination
from rnnctl.runs.checkpoints import SUMS, sums_text
from rnnctl.runs.checkpoints_reading import newest_whole
from rnnctl.runs.environment import writer_of
from rnnctl.runs.members import is_trained, member_folders, refit_folders
from rnnctl.runs.run_check import check_run
from rnnctl.runs.run_files import arrays_from_bytes, disk_errors, read_json
from rnnctl.runs.run_folder import COMBINATION, CONFIG, PREPARATION, WEIGHTS
from rnnctl.runs.run_schema import checked_as
from rnnctl.util.format import command


@dataclass(frozen=True, eq=False)
class TrainedRun:
    """Config and weights of a run.

    Attributes:
        config: The config as used, with the overrides it was read with.
        weights: By their paths; from a checkpoint, the model's other variables too.
        step: Step of the checkpoint that the weights are from; None for the final weights.
        notes: What the user should know of what is read and what is not there yet, a sentence each.
        members: The further nets of an ensemble.
        refits: The nets that predict, where all were trained anew on training and validation rows; this run and its
            members are then what they were chosen as.
        combination: What its forecasts are made of.
    """

    path: Path
    config: Config
    weights: Mapping[str, npt.NDArray[Any]]
    step: int | None
    notes: tuple[str, ...] = ()
    members: tuple[TrainedRun, ...] = ()
    refits: tuple[TrainedRun, ...] = ()
    combination: Combination = NETWORK

    def weights_of(self, paths: Iterable[str]) -> dict[str, npt.NDArray[Any]]:
        """The weights; from a checkpoint those of the paths alone, of which some may be missing."""
        if self.step is None:
            return dict(self.weights)
        return {path: self.weights[path] for path in paths if path in self.weights}


def load_run(path: Path, overrides: Sequence[str] = ()) -> TrainedRun:
    """Reads a run folder: its final weights, or those of its newest whole checkpoint where there are none yet.

    Args:
        overrides: ``key=value`` texts that are applied on top of its config.

    Raises:
        RunError: It is no run folder, holds no weights, or another version wrote it in a way not understood here.
        ConfigError: An override is wrong.
    """
    environment = check_run(path)
    config = read_config(path, environment, overrides)
    if (path / WEIGHTS).exists():
        combination, told = _read_combination(path, config)
        notes, members, refits = _further_nets(path, config)
        notes = (*told, *notes)
        return TrainedRun(path, config, checked_weights(path), None, notes, members, refits, combination)
    checkpoint, wrong = newest_whole(path)
    if checkpoint is None:
        damaged = "".join(f"\n{line}" for line in wrong)
        raise RunError(
            f"{path}: this run left no {WEIGHTS} and no whole checkpoint: it is still at its beginning, was killed "
            f"there, or stopped being finite there; examine its config instead: "
            f"{command('inspect-gradients', path / CONFIG)}{damaged}"
        )
    notes = tuple(f"damaged checkpoint: {what}; an older one is used, {checkpoint.path}" for what in wrong)
    notes += _read_combination(path, config)[1]
    return TrainedRun(path, config, checkpoint.snapshot.model, checkpoint.snapshot.step, notes)


def _further_nets(path: Path, config: Config) -> tuple[tuple[str, ...], tuple[TrainedRun, ...], tuple[TrainedRun, ...]]:
    """The other nets that are trained, the refits, and before them what there is to say of those that are not."""

    def read(folders: list[Path]) -> tuple[TrainedRun, ...]:
        return tuple(TrainedRun(folder, config, checked_weights(folder), None) for folder in folders)

    members, notes, refits = config.training.members, list[str](), list[Path]()
    there = list(filter(is_trained, member_folders(path, members)))
    if missing := members - 1 - len(there):
        notes.append(f"{missing} of the {members} nets are not trained to their end, and have no part in this")
    elif config.training.refit:
        refits = refit_folders(path, members)
        if not all(map(is_trained, refits)):
            notes.append(
                "the refit on training and validation rows (training.refit) is not done, and has no part in this"
            )
            refits = []
    return tuple(f"{note}; to go on with them: {command('resume', path)}" for note in notes), read(there), read(refits)


def _read_combination(path: Path, config: Config) -> tuple[Combination, tuple[str, ...]]:
    """The content of ``combination.json``; the network alone, and a sentence why, where it was not chosen yet.

    Raises:
        RunError: It is gone, or is not as rnnctl wrote it.
    """
    if not config.training.naive_weight:
        return NETWORK, ()
    file, sums = path / COMBINATION, path / SUMS
    if file.exists():
        _check_sum(file)
        return checked_as(Combination, read_json(file), file), ()
    with disk_errors("read", sums):
        if sums.exists() and COMBINATION in sums.read_text("utf-8", "replace"):
            raise RunError(
                f"{path}: {COMBINATION}, which says what the network is combined with (training.naive_weight), is "
                f"gone: put it back from a copy, or train anew: {command('train', path / CONFIG)}"
            )
    told = "the network alone forecasts: what it is combined with (training.naive_weight) is chosen at a run's end"
    return NETWORK, (f"{told}; to take it there: {command('resume', path)}",)


def checked_weights(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The final weights of a run folder, by their paths.

    Raises:
        RunError: They cannot be read, or are not those that were written.
    """
    _check_sum(path / WEIGHTS)
    return read_weights(path / WEIGHTS)


def read_config(path: Path, environment: Mapping[str, Any], overrides: Sequence[str] = ()) -> Config:
    """Reads a run's config.

    Args:
        environment: What `check_run` gave.
        overrides: ``key=value`` texts that are applied on top.

    Raises:
        RunError: Another version of rnnctl wrote it in a way not understood here.
        ConfigError: It is not valid.
    """
    try:
        return load_config(path / CONFIG, overrides)
    except ConfigError as error:
        writer = writer_of(environment)
        if writer in {None, __version__}:
            raise
        raise RunError(
            f"{path}: rnnctl {writer} wrote this run, this is rnnctl {__version__}, and its config cannot be used:\n"
            f"{error}\nuse that version, or put right a copy of {CONFIG} and train it"
        ) from error


def data_gone(path: Path, config: Config) -> str:
    """Where to say that a run's data file is elsewhere now; empty where it is where the run's config says.

    Args:
        path: The run folder.
        config: Its config.
    """
    with suppress(DataError):
        if not (files := config.data.files()) or any(file.exists() for file in files):
            return ""
    file = path / CONFIG
    place = read_yaml(read_text(file, str(file)), str(file)).places.get(("data", "path"))
    line = f":{place.value[0]}" if place is not None and place.value is not None else ""
    return f"the data is no longer where it was: put it back there, or write its new path as data.path in {file}{line}"


def read_preparation(path: Path) -> Preparation:
    """Reads ``preparation.json``: scales and vocabularies of a run's training rows.

    Raises:
        RunError: The run has none, or it is not as rnnctl writes it.
    """
    file = path / PREPARATION
    if not file.exists():
        raise RunError(
            f"{path}: this run has no {PREPARATION}, so other data cannot be scaled as its own was: an older rnnctl "
            f"wrote it, or its data is made up; train it anew: {command('train', path / CONFIG)}"
        )
    _check_sum(file)
    return checked_as(Preparation, read_json(file), file)


def read_weights(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Reads ``weights.safetensors``: arrays by the weights' paths.

    Raises:
        RunError: It cannot be read, or is not as rnnctl writes it.
    """
    with disk_errors("read", path):
        data = path.read_bytes()
    try:
        return arrays_from_bytes(data)
    except ValueError as error:
        raise RunError(
            f"{path}: these are not weights as rnnctl writes them ({error}); the file is cut off or was changed"
        ) from error


def _check_sum(path: Path) -> None:
    """Checks a file's bytes with ``SHA256SUMS`` beside it, which older runs do not have.

    Raises:
        RunError: They are not those that were written.
    """
    sums = path.with_name(SUMS)
    with disk_errors("read", path):
        lines, data = sums.read_bytes() if sums.exists() else None, path.read_bytes()
    if lines is not None and sums_text({path.name: data}) not in lines:
        raise RunError(
            f"{path}: its bytes are not those that were written (SHA-256 differs from {SUMS}): the file is damaged or "
            f"was changed; put it back from a copy, or train anew: {command('train', path.parent / CONFIG)}"
            + (f"; without {path.name} the weights of the newest checkpoint are used" if path.name == WEIGHTS else "")
        )
