"""A folder for temporary files, on systems that have none: TensorFlow cannot even be imported without one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rnnctl.errors import RnnctlError
from rnnctl.util.cache_folder import cache_folder

IN_MEMORY = Path("/dev/shm")
"""Where Linux keeps files in memory, writable where no disk is."""


def ensure_temporary_folder(own: Path | None = None) -> None:
    """Has temporary files of this process be kept elsewhere where the system's temporary folders cannot be used.

    Does nothing where one can be, or where this found one before.

    Args:
        own: A folder that the user lets be written to, the first that is tried; made where it is missing.

    Raises:
        RnnctlError: Nothing can be written anywhere.
    """
    with suppress(FileNotFoundError):
        tempfile.gettempdir()
        return
    for folder in _places(own):
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                tempfile.tempdir = os.path.realpath(folder)
                return
    raise RnnctlError(
        "there is no folder for temporary files that can be written to; set TMPDIR to one, such as TMPDIR=~/tmp"
    )


def _places(own: Path | None) -> Iterator[Path]:
    if own is not None:
        yield own
    with suppress(OSError):
        yield cache_folder()
    yield IN_MEMORY
