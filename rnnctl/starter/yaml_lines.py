"""Lines of YAML with comments."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rnnctl.config.dump import flow
from rnnctl.util.printing import printable

WIDTH = 110
_COMMENT_AT = 44
_LIST_WIDTH = 90
"""Most characters of the items on one line of a list."""

Keys = dict[str, tuple[Any, str]]
"""Values of a section by key, each with its comment."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of YAML and its comment; a comment alone where ``text`` is empty."""

    text: str
    why: str = ""


def entry(indent: int, key: str, value: Any, why: str = "") -> Line:
    """A key and its plain value after so many spaces, on one line unless it is a long list."""
    written = flow(value)
    if isinstance(value, list) and len(written) > _LIST_WIDTH:
        items = ", ".join(flow(item).replace(" ", "\0") for item in value)  # an item stays on one line
        indented = textwrap.fill(
            items, _LIST_WIDTH, subsequent_indent=" " * (indent + 2), break_long_words=False, break_on_hyphens=False
        )
        written = f"[{indented}]".replace("\0", " ")
    return Line(f"{' ' * indent}{flow(key)}: {written}", why)


def render(lines: Iterable[Line]) -> str:
    """The lines as text; comments are aligned behind short lines and stand above long ones."""
    written: list[str] = []
    for line in lines:
        why = " ".join(printable(line.why).split())
        indent = line.text[: len(line.text) - len(line.text.lstrip())]
        if not line.text:
            written += [f"# {part}" for part in textwrap.wrap(why, WIDTH - 2)] if why else [""]
        elif not why:
            written.append(line.text)
        elif len(line.text) < _COMMENT_AT and _COMMENT_AT + 2 + len(why) <= WIDTH:
            written.append(f"{line.text:<{_COMMENT_AT}}# {why}")
        else:
            written += [f"{indent}# {part}" for part in textwrap.wrap(why, WIDTH - len(indent) - 2)]
            written.append(line.text)
    return "\n".join(written) + "\n"


def entries(keys: Keys) -> list[Line]:
    """Keys of a section."""
    return [entry(2, key, value, why) for key, (value, why) in keys.items()]
