"""Lines of YAML with comments."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnnctl.config.dump import flow

WIDTH = 110
_COMMENT_AT = 44


@dataclass(frozen=True, slots=True)
class Line:
    """A line of YAML and its comment; a comment alone where ``text`` is empty."""

    text: str
    why: str = ""


def entry(indent: int, key: str, value: Any, why: str = "") -> Line:
    """A key and its plain value on one line, after so many spaces."""
    return Line(f"{' ' * indent}{flow(key)}: {flow(value)}", why)


def render(lines: Iterable[Line]) -> str:
    """The lines as text; comments are aligned behind short lines and stand above long ones."""
    written: list[str] = []
    for line in lines:
        why = " ".join(_escaped(line.why).split())
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


def _escaped(text: str) -> str:
    """A comment's text, with unprintable characters escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape", "replace").decode() for char in text)


def wrapped_list(indent: int, key: str, names: Sequence[str], why: str = "") -> list[Line]:
    """A key with a list of names: on one line where it is short, else on several."""
    one = entry(indent, key, list(names), why)
    if len(one.text) <= WIDTH:
        return [one]
    lines, current = [Line(f"{' ' * indent}{key}: [", why)], ""
    for name in map(flow, names):
        if current and len(current) + len(name) + 2 > WIDTH - indent - 2:
            lines.append(Line(f"{' ' * (indent + 2)}{current},"))
            current = name
        else:
            current = f"{current}, {name}" if current else name
    lines.append(Line(f"{' ' * (indent + 2)}{current}"))
    return [*lines, Line(f"{' ' * indent}]")]


def section(key: str, pairs: Mapping[str, tuple[Any, str]]) -> list[Line]:
    """A section, given its values and their comments by key."""
    return [Line(f"{key}:"), *(entry(2, name, value, why) for name, (value, why) in pairs.items())]
