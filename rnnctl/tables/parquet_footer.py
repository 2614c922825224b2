"""What a Parquet file's footer says of its columns' sizes; Polars reads it, but does not tell.

The footer is a Thrift structure in the compact protocol: of each field a byte of its type and the distance of its
number from the one before, and then its value.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

_MOST_BYTES = 1 << 20
"""Of a footer that is looked at; about 7,000 columns."""
_DEEPEST = 16
_ROW_GROUPS, _COLUMNS, _ABOUT, _PATH, _UNPACKED = 4, 1, 3, 3, 6
"""Numbers of fields: of a file, a row group, a column of it, and what is said about that one."""


def unpacked_bytes(path: Path, names: Collection[str]) -> int:
    """Bytes of some columns once they are unpacked, as the footer says; 0 where it cannot be read."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 8))
        (length,) = struct.unpack("<I4x", file.read(8))
        if length > min(_MOST_BYTES, end):
            return 0
        file.seek(end - 8 - length)
        data = file.read(length)
    try:
        groups = _Reader(data).struct(_DEEPEST)[_ROW_GROUPS]
        every = [column[_ABOUT] for group in groups for column in group[_COLUMNS]]
        return sum(int(one[_UNPACKED]) for one in every if one[_PATH][0].decode() in names)
    except (LookupError, TypeError, ValueError, AttributeError):  # a damaged footer is Polars' to tell
        return 0


class _Reader:
    """Values of the compact protocol, one after the other: structures by number of field, lists, numbers and bytes."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        whole = dict.fromkeys((4, 5, 6), self._whole)
        text = {7: lambda: self._bytes(8), 8: lambda: self._bytes(self._length())}
        self._plain: dict[int, Callable[[], int | bytes]] = {3: self._byte, **whole, **text}

    def struct(self, deepest: int) -> dict[int, Any]:
        """The fields up to the end of a structure."""
        fields: dict[int, Any] = {}
        number = 0
        while kind := self._byte():
            number = number + (kind >> 4) if kind >> 4 else self._whole()
            fields[number] = self._value(kind & 15, deepest - 1, field=True)
        return fields

    def _value(self, kind: int, deepest: int, *, field: bool = False) -> Any:
        if deepest < 0:
            raise ValueError("nested too deeply")
        if kind in (1, 2):  # a field's type is its value
            return kind == 1 if field else self._byte() == 1
        if kind in (9, 10):
            head = self._byte()
            count = self._length() if head >> 4 == 15 else head >> 4
            return [self._value(head & 15, deepest - 1) for _ in range(count)]
        if kind == 12:
            return self.struct(deepest)
        return self._plain[kind]()  # a map, which a footer does not hold, is a LookupError

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _bytes(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at]

    def _length(self) -> int:
        """A number that is not negative."""
        found, shift = 0, 0
        while True:
            byte = self._byte()
            found |= (byte & 127) << shift
            shift += 7
            if byte < 128 or shift > 63:
                return found

    def _whole(self) -> int:
        found = self._length()
        return (found >> 1) ^ -(found & 1)
