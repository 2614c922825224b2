"""Peers' frameworks, imported where they are installed, and what none of them can do the same way."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from rnnctl.bench.contender import NotComparableError
from rnnctl.config import Config

INSTALL = "pip install 'rnnctl[bench]'"
"""What brings them."""


def import_peer(name: str) -> Any:
    """Imports a framework.

    Args:
        name: Its module.

    Returns:
        The module.

    Raises:
        NotComparableError: It is not installed, or cannot be loaded here.
    """
    # A peer that takes a GPU's memory at its start leaves none to the others.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise NotComparableError(f"cannot be loaded: {error}") from error
        raise NotComparableError(f"not installed: {INSTALL}") from error
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        # What a build for another processor or another NumPy says while it is imported.
        raise NotComparableError(f"cannot be loaded: {error}") from error


def why_not_elsewhere(config: Config) -> str | None:
    """What of a config the peers outside Keras cannot be asked to do the same way; None where there is nothing.

    Args:
        config: The whole config.

    Returns:
        A reason in words.
    """
    for layer in config.model.layers:
        if layer.bidirectional:
            return "bidirectional layers"
        if layer.dropout or layer.recurrent_dropout:
            return "dropout draws other masks there"
    if not isinstance(config.optimizer.learning_rate, float | int):
        return "a learning-rate schedule"
    return None
