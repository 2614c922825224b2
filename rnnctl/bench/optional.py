"""Peers that are not among this project's own needs: imported where they are there, and told of where they are not."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from rnnctl.bench.contender import NotComparableError

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
