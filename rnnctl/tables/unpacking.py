"""The bytes of data files: unpacked where they are gzipped, in UTF-8 where they are in UTF-16."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rnnctl.errors import DataError
from rnnctl.tables.limits import most_unpacked, too_large
from rnnctl.util.encoding import UTF16_MARKS, UTF32_MARKS

GZIP = b"\x1f\x8b"
_RECODED_BYTES = 1 << 18


def file_sha256(path: Path) -> str:
    """Fingerprint of a file's bytes as they are on disk, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_gzip(path: Path) -> bool:
    """Whether a file is gzipped, by its content."""
    with path.open("rb") as file:
        return file.read(len(GZIP)) == GZIP


def is_packed(path: Path) -> bool:
    """Whether the bytes of a file are not those of its text: it is gzipped, or in UTF-16."""
    with path.open("rb") as file:
        head = file.read(max(map(len, UTF32_MARKS)))
    return head.startswith(GZIP) or _is_utf16(head)


def _is_utf16(head: bytes) -> bool:
    return head.startswith(UTF16_MARKS) and not head.startswith(UTF32_MARKS)


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


class BoundedGzip(gzip.GzipFile):
    """A gzipped file that holds no more than `most_unpacked` bytes; reading more raises a `DataError`."""

    def __init__(self, path: Path, raw: HashedFile) -> None:
        super().__init__(fileobj=raw)
        self._path, self._limit = path, most_unpacked(path.stat().st_size)

    def read(self, size: int | None = -1) -> bytes:
        """Reads up to ``size`` bytes; none at the end."""
        return self._within(super().read(self._most(size)))

    def readline(self, size: int | None = -1) -> bytes:
        """Reads to the end of a line."""
        return self._within(super().readline(self._most(size)))

    def _most(self, size: int | None) -> int:
        return self._limit + 1 if size is None or size < 0 else size

    def _within(self, content: bytes) -> bytes:
        if self.tell() > self._limit:
            raise DataError(f"{self._path}: {too_large(self._limit)}")
        return content


class _Recoded(io.RawIOBase):
    """The bytes in UTF-8 of a file in UTF-16, which begins with its mark."""

    def __init__(self, path: Path, file: io.BufferedReader | gzip.GzipFile) -> None:
        self._path, self._file = path, file
        self._decoder, self._rest = codecs.getincrementaldecoder("utf-16")(), b""

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Reads some bytes; none at the end."""
        more = True
        while more and not self._rest:
            content = self._file.read(len(buffer))
            more = bool(content)
            try:
                self._rest = self._decoder.decode(content, final=not more).encode()
            except UnicodeError:
                raise DataError(f"{self._path}: the text in UTF-16 is damaged; save it as UTF-8") from None
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


class RecodedFile(io.BufferedReader):
    """A file in UTF-16, read as UTF-8."""

    def __init__(self, path: Path, file: io.BufferedReader | gzip.GzipFile) -> None:
        super().__init__(_Recoded(path, file), _RECODED_BYTES)
        self.fileobj = file


@contextmanager
def unpacked(path: Path) -> Iterator[io.BufferedReader | gzip.GzipFile]:
    """Opens a file to be read from its beginning: unpacked where it is gzipped, as UTF-8 where it is in UTF-16.

    See `fingerprint`.

    Raises:
        DataError: The file is gzipped, and what is read of it in the ``with`` block is damaged or cut off; or it is no
            text in UTF-16, whose mark it has.
    """
    try:
        with HashedFile(path) as raw, BoundedGzip(path, raw) if is_gzip(path) else raw as file:
            yield RecodedFile(path, file) if _is_utf16(file.peek(4)[:4]) else file
    except EOFError:
        raise DataError(f"{path}: the gzip file is cut off; download or copy it again") from None
    except (zlib.error, gzip.BadGzipFile):
        raise DataError(f"{path}: the gzip file is damaged; download or copy it again") from None


def bytes_read(file: io.BufferedReader | gzip.GzipFile) -> int:
    """Number of bytes on disk that have been read of what `unpacked` opened."""
    return _raw(file).tell()


def fingerprint(file: io.BufferedReader | gzip.GzipFile) -> str:
    """SHA-256, in hexadecimal, of the bytes on disk that were taken by ``read`` of what `unpacked` opened."""
    return _raw(file).digest.hexdigest()


def _raw(file: Any) -> HashedFile:
    while not isinstance(file, HashedFile):
        file = file.fileobj
    return file
