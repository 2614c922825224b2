"""A config file's bytes to text."""

from __future__ import annotations

import re
from pathlib import Path

from rnnctl.errors import ConfigError, Fault
from rnnctl.util.encoding import OTHER_MARKS, UTF8_MARK
from rnnctl.util.suggest import nearest

SIZE_LIMIT = 2**20
"""Most bytes of a config file; a real one has a few hundred."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_text(path: Path, source: str) -> str:
    """Reads a config file, without its byte order mark; ``source`` is the path as the user typed it, for faults.

    Raises:
        ConfigError: There is no such file, or it cannot be read, is too large, or is no UTF-8 text.
    """
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        raise _fault(source, _missing(path)) from None
    except IsADirectoryError:
        names = sorted(entry.name for entry in path.glob("*.y*ml"))[:3]
        examples = f", such as {', '.join(names)}" if names else ""
        raise _fault(source, f"is a folder; name a config file in it{examples}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _fault(source, f"cannot be read: {reason}") from None
    if len(data) > SIZE_LIMIT:
        raise _fault(source, "has more than 1 MiB, the most of a config (is this the data file? name it in data.path)")
    return _decode(data, source)


def _missing(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"no such file, and no folder {folder} either; give the path of a config file"
    near = nearest(path.name, (entry.name for entry in folder.iterdir() if entry.is_file()))
    return "no such file" + (f"; did you mean {folder / near}?" if near else "; give the path of a config file")


def _decode(data: bytes, source: str) -> str:
    if data.startswith(OTHER_MARKS):
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
