"""A run folder read back: its config and its final weights. Knows neither TensorFlow nor the console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl import __version__
from rnnctl.config import Config, load_config
from rnnctl.errors import ConfigError, RunError
from rnnctl.runs.files import told
from rnnctl.runs.folder import CONFIG, WEIGHTS, read_environment


@dataclass(frozen=True, eq=False)
class StoredRun:
    """What a run left.

    Attributes:
        path: Its folder.
        config: The config as used, with whatever overrides it was read with.
        weights: The final weights by their paths.
    """

    path: Path
    config: Config
    weights: Mapping[str, npt.NDArray[Any]]


def load_run(path: Path, overrides: Sequence[str] = ()) -> StoredRun:
    """Reads a run folder.

    Args:
        path: The folder.
        overrides: ``key=value`` texts that are applied on top of its config.

    Raises:
        RunError: It is no run folder, was left half-written, or another version wrote it in a way not understood here.
        ConfigError: An override is wrong.
    """
    if not (path / CONFIG).is_file():
        raise RunError(
            f"{path}: this folder holds no {CONFIG}, so it is not a run; "
            "give a config file, or a run folder such as runs/first-step-1"
        )
    return StoredRun(path, _config(path, overrides), _weights(path / WEIGHTS))


def _config(path: Path, overrides: Sequence[str]) -> Config:
    try:
        return load_config(path / CONFIG, overrides)
    except ConfigError as error:
        writer = _writer(path)
        if writer in {None, __version__}:
            raise
        raise RunError(
            f"{path}: rnnctl {writer} wrote this run, this is rnnctl {__version__}, and its config cannot be used:\n"
            f"{error}\nuse that version, or put right a copy of {CONFIG} and train it"
        ) from error


def _writer(path: Path) -> str | None:
    """The version that wrote the run, where that can be read."""
    try:
        versions = read_environment(path)["versions"]
        return str(versions["rnnctl"])
    except (RunError, ValueError, KeyError, TypeError):
        return None


def _weights(path: Path) -> dict[str, npt.NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    if not path.is_file():
        raise RunError(
            f"{path.parent}: this run left no {path.name}: it is still going on, or was killed before its end; "
            f"examine its config with: rnnctl inspect-gradients {path.parent / CONFIG}"
        )
    with told("read", path):
        data = path.read_bytes()
    try:
        arrays = load(data)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"{path}: these are not weights as rnnctl writes them ({error}); the file is cut off or was changed"
        ) from error
    return {name: np.asarray(array) for name, array in arrays.items()}
