"""Where on disk the project keeps what can be made again: a folder of its own, which it marks and which is private."""

from __future__ import annotations

import os
from pathlib import Path

from rnnctl.util.atomic import replace_file

NAME = "rnnctl-cache"
"""Name of the folder, in the one that the user gives."""

TAG = "CACHEDIR.TAG"
"""The mark of the folder; see https://bford.info/cachedir. Programs for backups know it, too."""
_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of rnnctl. It may be deleted.\n"


def cache_folder() -> Path:
    """The folder `NAME` in ``RNNCTL_CACHE``, else in the user's cache; made and marked if need be.

    Raises:
        OSError: It cannot be made, another program made it, or others can write to it.
    """
    own, user = os.environ.get("RNNCTL_CACHE"), os.environ.get("XDG_CACHE_HOME")
    try:
        base = Path(own) if own else Path(user) if user else Path.home() / ".cache"
    except RuntimeError:
        raise OSError("this user has no home folder; set RNNCTL_CACHE to a folder") from None
    base.mkdir(parents=True, exist_ok=True)
    folder = private_folder(base / NAME)
    tag = folder / TAG
    if _is_marked(tag):
        return folder
    others = any(not entry.name.startswith(f".{TAG}.") for entry in folder.iterdir())
    if others and not _is_marked(tag):  # another process may have marked it in the meantime
        raise OSError(f"{folder} was not made by rnnctl; rename it, or set RNNCTL_CACHE to another folder")
    replace_file(tag, _TAG, durable=False, shared=True)
    return folder


def _is_marked(tag: Path) -> bool:
    if tag.is_symlink() or not tag.is_file():
        return False
    with tag.open("rb") as file:
        return file.read(len(_TAG)) == _TAG


def private_folder(folder: Path) -> Path:
    """Makes a folder that this user alone can write to, and returns it.

    Raises:
        OSError: It cannot be made, or it is there and is not private.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    check_private(folder)
    return folder


def check_private(folder: Path) -> None:
    """Raises OSError where a folder is a link, belongs to another user, or lets others write to it."""
    stat = folder.lstat()
    if folder.is_symlink():
        raise OSError(f"{folder} is a link; remove it, or set RNNCTL_CACHE to another folder")
    if hasattr(os, "getuid") and (stat.st_uid != os.getuid() or stat.st_mode & 0o022):
        raise OSError(f"others can write to {folder}; chmod go-w it, or set RNNCTL_CACHE to a folder of your own")
