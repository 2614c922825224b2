"""Where on disk the project may keep what can be made again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The folder for what can be made again: ``RNNCTL_CACHE``, else ``rnnctl`` in the user's cache; made if need be."""
    own, user = os.environ.get("RNNCTL_CACHE"), os.environ.get("XDG_CACHE_HOME")
    folder = Path(own) if own else (Path(user) if user else Path.home() / ".cache") / "rnnctl"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
