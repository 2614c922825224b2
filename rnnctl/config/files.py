"""A config file's bytes to text."""

from __future__ import annotations

import re
from pathlib import Path

from rnnctl.errors import ConfigError, Fault
from rnnctl.util.encoding import UTF8_MARK, other_encoding
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
    if encoding := other_encoding(data):
        raise _fault(source, f"is encoded as {encoding}; save it as UTF-8")
    if b"\0" in data:
        raise _fault(
            source, "is a binary file (it holds zero bytes); a config is YAML text in UTF-8", data, data.index(b"\0")
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.start + (len(UTF8_MARK) if data.startswith(UTF8_MARK) else 0)
        raise _fault(source, f"byte 0x{data[at]:02X} is not UTF-8; save the file as UTF-8", data, at) from None
    if found := _UNPRINTABLE.search(text):
        before = text[: found.start()].encode()
        message = f"the unprintable character U+{ord(found[0]):04X} cannot stand in YAML; remove it"
        raise _fault(source, message, before, len(before))
    return text


def _fault(source: str, message: str, data: bytes | None = None, at: int = 0) -> ConfigError:
    if data is None:
        return ConfigError([Fault(source, None, None, "", message)])
    before = data[:at]
    column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace").lstrip("\ufeff")) + 1
    return ConfigError([Fault(source, before.count(b"\n") + 1, column, "", message)])
