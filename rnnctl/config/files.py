"""A config file's bytes to text."""

from __future__ import annotations

import os
import re
import select
import stat
import time
from pathlib import Path

from rnnctl.errors import ConfigError, Fault
from rnnctl.util.encoding import UTF8_MARK, UTF16_MARKS, UTF32_MARKS
from rnnctl.util.format import command
from rnnctl.util.suggest import nearest_file

SIZE_LIMIT = 2**20
"""Most bytes of a config file; a real one has a few hundred."""

PATIENCE = 3.0
"""Seconds in which a pipe must have given the whole config."""

DATA_ENDINGS = (".csv.gz", ".tsv.gz", ".txt.gz", ".csv", ".tsv", ".tab", ".parquet", ".xlsx", ".xls", ".feather", ".gz")
"""Endings of names of data files."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_text(path: Path, source: str) -> str:
    """Reads a config file, without its byte order mark; ``source`` is the path as the user typed it, for faults.

    Raises:
        ConfigError: There is no such file, or it cannot be read, is too large, or is no UTF-8 text.
    """
    try:
        data = _read(path)
    except FileNotFoundError:
        raise _fault(source, _missing(path)) from None
    except IsADirectoryError:
        names = sorted(entry.name for entry in path.glob("*.y*ml"))[:3]
        examples = f", such as {', '.join(names)}" if names else ""
        raise _fault(source, f"is a folder; name a config file in it{examples}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _fault(source, f"cannot be read: {reason}") from None
    if len(data) > SIZE_LIMIT and data_ending(path) is None:
        raise _fault(
            source, "has more than 1 MiB, the most of a config (is this the data file? rnnctl init --from FILE)"
        )
    if (ending := data_ending(path)) is not None:
        made = f"{path.name.removesuffix(ending) or 'config'}.yaml"
        how = command("init", "--from", source)
        raise _fault(source, f"is a data file, not a config; write a config for it with {how}, then use {made}")
    return _decode(data, source)


def data_ending(path: Path) -> str | None:
    """The ending of a file's name that only files of data have; None for another one."""
    name = path.name.casefold()
    found = next((ending for ending in DATA_ENDINGS if name.endswith(ending)), None)
    return None if found is None else path.name[len(path.name) - len(found) :]


def _read(path: Path) -> bytes:
    """The first bytes of a file; of a pipe or a device, those that come within `PATIENCE` seconds."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError
        data, until = bytearray(), time.monotonic() + PATIENCE
        while len(data) <= SIZE_LIMIT:
            left = until - time.monotonic()
            if not stat.S_ISREG(mode) and not select.select([descriptor], [], [], max(0.0, left))[0]:
                raise TimeoutError(f"nothing more came from this pipe or device in {PATIENCE:g} s; save it to a file")
            chunk = os.read(descriptor, SIZE_LIMIT + 1 - len(data))
            if not chunk:
                break
            data += chunk
        if not data and not stat.S_ISREG(mode):
            raise OSError("this is a pipe or a device with nothing in it; give a file")
        return bytes(data)
    finally:
        os.close(descriptor)


def _missing(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"no such file, and no folder {folder} either; give the path of a config file"
    near = nearest_file(path.name, (entry.name for entry in folder.iterdir() if entry.is_file()))
    return "no such file" + (f"; did you mean {folder / near}?" if near else "; give the path of a config file")


def _decode(data: bytes, source: str) -> str:
    if data.startswith(UTF16_MARKS + UTF32_MARKS):
        raise _fault(source, "is encoded as UTF-16 or UTF-32; save it as UTF-8")
    bare = data.removeprefix(UTF8_MARK)
    before, zero, _ = bare.partition(b"\0")
    if zero:
        raise _fault(source, "is a binary file (it holds zero bytes); a config is YAML text in UTF-8", before)
    try:
        text = bare.decode()
    except UnicodeDecodeError as error:
        message = f"byte 0x{bare[error.start]:02X} is not UTF-8; save the file as UTF-8"
        raise _fault(source, message, bare[: error.start]) from None
    if found := _UNPRINTABLE.search(text):
        message = f"the unprintable character U+{ord(found[0]):04X} cannot stand in YAML; remove it"
        raise _fault(source, message, text[: found.start()].encode())
    return text


def _fault(source: str, message: str, before: bytes | None = None) -> ConfigError:
    """The fault of a file, or of what stands behind some of its bytes."""
    if before is None:
        return ConfigError([Fault(source, None, None, "", message)])
    lines = before.decode("utf-8", "replace").split("\n")
    return ConfigError([Fault(source, len(lines), len(lines[-1]) + 1, "", message)])
