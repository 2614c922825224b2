"""The files that ``data.path`` names: found, or told what is wrong with them."""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Sequence
from pathlib import Path

from rnnctl.errors import DataError
from rnnctl.schema.data import FileFormat
from rnnctl.tables.unpacking import unpacked
from rnnctl.util.format import cut, first_few
from rnnctl.util.suggest import nearest, nearest_file

MOST_ENTRIES = 200_000
"""Entries of folders that are looked at for a pattern."""


def find_files(path: Path, wanted: FileFormat, others: Sequence[FileFormat] = ()) -> tuple[Path, ...]:
    """Finds the files that a path stands for.

    Args:
        path: A file; a folder, of which the data files count; or a pattern such as ``parts/*.csv``, ``**`` for folders
            at any depth.
        wanted: The format that ``data.kind`` reads.
        others: Formats that a folder's files may have instead, for messages.

    Returns:
        The files, sorted by name. A path that is neither a folder nor a pattern is returned as it is, even where there
        is no such file.

    Raises:
        DataError: A folder holds no data file, or nothing matches a pattern.
    """
    try:
        if path.is_dir():
            return _in_folder(path, wanted, others)
        if path.exists() or not glob.has_magic(str(path)):
            return (path,)
        files = tuple(sorted(name for name in matching_files(path) if not name.is_dir()))
    except (OSError, ValueError) as error:  # a name longer than any that the system takes, or one with a zero byte
        raise DataError(f"{cut(str(path), 200)}: this is no path ({_reason(error)}); correct the path") from None
    if not files:
        raise DataError(_no_match(path))
    return files


def matching_files(pattern: Path) -> set[Path]:
    """What matches a pattern, ``**`` for folders at any depth; entries that begin with a point are left out.

    Raises:
        DataError: More than `MOST_ENTRIES` entries of folders would be looked at.
    """
    seen = 0

    def entries(folder: Path) -> list[os.DirEntry[str]]:
        nonlocal seen
        try:
            with os.scandir(folder) as every:
                inside = [entry for entry in every if not entry.name.startswith(".")]
        except OSError:  # it is no folder, or may not be read
            return []
        seen += len(inside) + 1
        if seen > MOST_ENTRIES:
            raise DataError(
                f"{pattern}: this pattern looks through more than {MOST_ENTRIES:,} files and folders; write more of "
                f"the path before the first *"
            )
        return inside

    found = {Path(pattern.anchor)}
    parts = pattern.parts[bool(pattern.anchor) :]
    for number, part in enumerate(parts, start=1):
        if part == "**":
            folders = [*found]
            while folders:
                for entry in entries(folders.pop()):
                    if is_folder := entry.is_dir(follow_symlinks=False):
                        folders.append(Path(entry.path))
                    if is_folder or number == len(parts):
                        found.add(Path(entry.path))
        elif glob.has_magic(part):
            inside = (entry for folder in found for entry in entries(folder))
            found = {Path(entry.path) for entry in inside if fnmatch.fnmatchcase(entry.name, part)}
        else:
            found = {folder / part for folder in found if os.path.lexists(folder / part)}
    return found


def _in_folder(folder: Path, wanted: FileFormat, others: Sequence[FileFormat]) -> tuple[Path, ...]:
    try:
        inside = sorted(entry for entry in folder.iterdir() if not entry.name.startswith(".") and entry.is_file())
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{folder}: the folder cannot be read ({reason}); correct its permissions") from None
    if files := tuple(filter(wanted.matches, inside)):
        return files
    asked = f"{folder}: this folder holds no {wanted.name} file ({', '.join(f'*{end}' for end in wanted.endings)})"
    for other in others:
        if found := next(filter(other.matches, inside), None):
            raise DataError(f"{asked}, but {other.name} files such as {found.name}; set data.kind: {other.kind}")
    raise DataError(f"{asked}; give the path of the folder that does, of a file, or a pattern such as data/*.dat")


def _no_match(pattern: Path) -> str:
    folder = pattern.parent
    while glob.has_magic(str(folder)):
        folder = folder.parent
    if not folder.is_dir():
        return f"{pattern}: there is no folder {folder}; correct the path"
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    held = first_few(names, 5) or "nothing"
    fault = f"{pattern}: no file matches this pattern; looked in {folder}, which holds {held}"
    below = pattern.relative_to(folder).parts[0]
    near = nearest(below, names) or nearest(below.strip("*"), names)
    return f"{fault}; did you mean {near}?" if near else f"{fault}; correct the path"


def read_head(path: Path, name: str, size: int) -> bytes:
    """Reads the first bytes of a file; see `unpacked`.

    Args:
        name: Name of its format in messages.
        size: Number of bytes.

    Raises:
        DataError: There is no such file, or it is a pipe or cannot be read.
    """
    try:
        # A pipe can be read once, and a file is read twice.
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise DataError(f"{path}: this is a pipe or a device; save the data to a file, and give the path of that")
        if Path(os.path.realpath(path)).parts[1:2] in (("proc",), ("sys",)):
            raise DataError(f"{path}: this is the system's own and no file; save the data to a file")
        with unpacked(path) if size else path.open("rb") as file:
            return file.read(size)
    except FileNotFoundError:
        raise DataError(_no_file(path)) from None
    except IsADirectoryError:
        raise DataError(f"{path}: this is a folder; expected a {name} file; correct the path") from None
    except (OSError, ValueError) as error:
        shown = cut(str(path), 200)
        raise DataError(
            f"{shown}: the file cannot be read ({_reason(error)}); correct the path or its permissions"
        ) from None


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _no_file(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"{path}: there is no folder {path.parent}; correct the path"
    near = nearest_file(path.name, names)
    return f"{path}: there is no such file; " + (f"did you mean {near}?" if near else "correct the path")
