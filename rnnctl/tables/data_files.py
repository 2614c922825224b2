"""The files that ``data.path`` names, and their bytes, unpacked where they are gzipped."""

from __future__ import annotations

import glob
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rnnctl.errors import DataError
from rnnctl.schema.data import FileFormat
from rnnctl.util.format import first_few
from rnnctl.util.suggest import nearest

GZIP = b"\x1f\x8b"


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
    if path.is_dir():
        return _in_folder(path, wanted, others)
    if path.exists() or not glob.has_magic(str(path)):
        return (path,)
    found = sorted(Path(name) for name in glob.glob(str(path), recursive=True))  # noqa: PTH207 (the path is absolute)
    files = tuple(name for name in found if not name.is_dir())
    if not files:
        raise DataError(_no_match(path))
    return files


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
    raise DataError(f"{asked}; set data.path to the folder that does, to a file, or to a pattern such as data/*.dat")


def _no_match(pattern: Path) -> str:
    folder = pattern.parent
    while glob.has_magic(str(folder)):
        folder = folder.parent
    if not folder.is_dir():
        return f"{pattern}: there is no folder {folder}; correct data.path"
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    held = first_few(names, 5) or "nothing"
    fault = f"{pattern}: no file matches this pattern; looked in {folder}, which holds {held}"
    below = pattern.relative_to(folder).parts[0]
    near = nearest(below, names) or nearest(below.strip("*"), names)
    return f"{fault}; did you mean {near}?" if near else f"{fault}; correct data.path"


def read_head(path: Path, name: str, size: int) -> bytes:
    """Reads the first bytes of a file, unpacked where it is gzipped.

    Args:
        name: Name of its format in messages.
        size: Number of bytes.

    Raises:
        DataError: There is no such file, or it is a pipe or cannot be read.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe can be read once, and a file is read twice
        raise DataError(f"{path}: this is a pipe or a device; save the data to a file, and set data.path to that")
    try:
        with unpacked(path) as file:
            return file.read(size)
    except FileNotFoundError:
        raise DataError(_no_file(path)) from None
    except IsADirectoryError:
        raise DataError(f"{path}: this is a folder; expected a {name} file; correct data.path") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path}: the file cannot be read ({reason}); correct data.path or its permissions") from None


def _no_file(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"{path}: there is no folder {path.parent}; correct data.path"
    near = nearest(path.name, names)
    return f"{path}: there is no such file; " + (f"did you mean {near}?" if near else "correct data.path")


def file_sha256(path: Path) -> str:
    """Fingerprint of a file's bytes as they are on disk, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_gzip(path: Path) -> bool:
    """Whether a file is gzipped, by its content."""
    with path.open("rb") as file:
        return file.read(len(GZIP)) == GZIP


class HashedFile(io.BufferedReader):
    """A file whose bytes are hashed as they are read."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self.digest = hashlib.sha256()

    def read(self, size: int | None = -1, /) -> bytes:
        """Reads up to ``size`` bytes; none at the end."""
        content = super().read(size)
        self.digest.update(content)
        return content


@contextmanager
def unpacked(path: Path) -> Iterator[io.BufferedReader | gzip.GzipFile]:
    """Opens a file to be read from its beginning, unpacked where it is gzipped; see `fingerprint`.

    Raises:
        DataError: The file is gzipped, and what is read of it in the ``with`` block is damaged or cut off.
    """
    try:
        with HashedFile(path) as raw, gzip.GzipFile(fileobj=raw) if is_gzip(path) else raw as file:
            yield file
    except EOFError:
        raise DataError(f"{path}: the gzip file is cut off; download or copy it again") from None
    except (zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: the gzip file is damaged ({error}); download or copy it again") from None


def bytes_read(file: io.BufferedReader | gzip.GzipFile) -> int:
    """Number of bytes on disk that have been read of what `unpacked` opened."""
    return int(getattr(file, "fileobj", file).tell())


def fingerprint(file: io.BufferedReader | gzip.GzipFile) -> str:
    """SHA-256, in hexadecimal, of the bytes on disk that were taken by ``read`` of what `unpacked` opened."""
    raw: Any = getattr(file, "fileobj", file)
    return str(raw.digest.hexdigest())
