"""What pydantic found wrong, as faults in our own words: what is wrong; what is allowed; the nearest right word.

Knows the schema; knows nothing of files. pydantic's own wording never reaches a user.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import ErrorDetails

from rnnctl.config import shape
from rnnctl.config.yaml_reader import Path
from rnnctl.schema.base import LARGEST_INT
from rnnctl.schema.scalars import plain_value
from rnnctl.util.format import cut, listed
from rnnctl.util.suggest import nearest

_SHOWN = 40
_TRUE, _FALSE = ("yes", "on", "true", "y"), ("no", "off", "false", "n")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, before its place is known.

    Attributes:
        path: The path that is told.
        message: What is wrong, and what is allowed.
        at: Whether the key, the value or the section around the path is to be pointed at.
        keys: For a rule across keys, the paths that it is about.
        meant: For an unknown key, the path that was probably meant.
    """

    path: Path
    message: str
    at: Literal["key", "value", "section"] = "value"
    keys: tuple[Path, ...] = ()
    meant: Path | None = None


def explain_all(errors: Sequence[ErrorDetails], root: Any) -> list[Finding]:
    """Explains what pydantic found, each thing once.

    Args:
        errors: The errors.
        root: The config as plain values, as it was validated.
    """
    # Of a list whose items are wrong pydantic also says that it is too short, and of a misspelt key that it is missing.
    findings = [_explain(error, root) for error in errors if error["type"] != "too_short" or not error["input"]]
    meant = {finding.meant for finding in findings} - {None}
    told = [finding for finding in findings if not (finding.at == "section" and finding.path in meant)]
    return list(dict.fromkeys(told))


def _explain(error: ErrorDetails, root: Any) -> Finding:
    """Explains one pydantic error."""
    path = shape.path_of(error["loc"])
    kind = error["type"]
    if kind == "rule":
        context = error.get("ctx", {})
        return Finding(path, context["message"], "section", tuple((*path, *key.split(".")) for key in context["keys"]))
    if kind == "text":
        return Finding(path, f"{found(error['input'])} {error['msg']}")
    if kind == "missing":
        return Finding(path, f"missing; needed: {_allowed(path, root)}", "section")
    if kind == "extra_forbidden":
        return _unknown_key(path, root)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _wrong_tag(path, root)
    return Finding(path, _wrong_value(path, error["input"], root))


def found(value: Any) -> str:
    """What stands in the file, in words."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    if isinstance(value, str):
        return repr(cut(value, _SHOWN))
    text = str(value)
    return cut(text, _SHOWN)


def _allowed(path: Path, root: Any) -> str:
    schema = shape.schema_at(path, root)
    return shape.allowed(schema, shape.value_at(path, root)) if schema else "another key"


def _unknown_key(path: Path, root: Any) -> Finding:
    """Which keys there are, and the one that was meant; of which kinds the key is, where it belongs to another."""
    *parents, key = path
    parent = tuple(parents)
    schema = shape.schema_at(parent, root) or shape.whole_schema()
    section = shape.sections_for(schema, shape.value_at(parent, root))[0]
    choices = shape.sections(schema)
    owners = [choice for choice in choices if key in choice["properties"] and choice is not section]
    known = [name for name in section["properties"] if name != shape.tag_of(choices)]
    if owners:
        tag = shape.tag_of(choices)
        own_word = shape.value_at((*parent, tag), root) if tag else None
        others = listed(shape.tag_words(owners), "and")
        return Finding(path, f"not a key of {own_word}, but of {others}; allowed: {', '.join(known)}", "key")
    near = nearest(str(key), section["properties"])
    message = f"unknown key; allowed: {', '.join(known)}" + (f"; did you mean {near}?" if near else "")
    return Finding(path, message, "key", meant=(*parent, near) if near else None)


def _wrong_tag(path: Path, root: Any) -> Finding:
    schema = shape.schema_at(path, root) or shape.whole_schema()
    choices = shape.sections(schema)
    tag = shape.tag_of(choices) or "kind"
    value = shape.value_at(path, root)
    if isinstance(value, Mapping):
        if tag not in value:
            misspelt = next((key for key in value if nearest(key, [tag])), None)
            if misspelt:
                return Finding((*path, misspelt), f"unknown key; did you mean {tag}?", "key")
            return Finding((*path, tag), f"missing; needed: {listed(shape.tag_words(choices))}", "section")
        path, value = (*path, tag), value[tag]
    return Finding(path, _unknown_word(value, shape.tag_words(choices)))


def _unknown_word(value: Any, words: list[str]) -> str:
    near = nearest(value, words) if isinstance(value, str) else None
    return f"{found(value)} is not known; allowed: {', '.join(words)}" + (f"; did you mean {near}?" if near else "")


def _wrong_value(path: Path, value: Any, root: Any) -> str:
    schema = shape.schema_at(path, root)
    if schema is None:
        return f"{found(value)} cannot stand here"
    words = [word for branch in shape.branches(schema) for word in shape.words_of(branch)]
    if words and isinstance(value, str) and not shape.sections(schema):
        return _unknown_word(value, words)
    if isinstance(value, float) and not math.isfinite(value):
        return f"{found(value)} is not a finite number; allowed: {_allowed(path, root)}"
    hint = _hint(schema, value)
    return f"{found(value)} cannot be used; allowed: {_allowed(path, root)}" + (f"; {hint}" if hint else "")


def _hint(schema: shape.Schema, value: Any) -> str | None:
    """What to write instead, where that can be guessed from what was written."""
    types = {branch.get("type") for branch in shape.branches(schema)}
    if "boolean" in types and isinstance(value, str):
        word = value.casefold()
        meant = "true" if word in _TRUE else "false" if word in _FALSE else None
        return f"write {meant}, without quotes" if meant else None
    if types & {"integer", "number"} and isinstance(value, str):
        return _number_hint(value)
    if "integer" in types and "number" not in types and isinstance(value, float) and value.is_integer():
        return f"write {int(value)}" if abs(value) < LARGEST_INT else None
    if "array" in types and isinstance(value, str):
        return f"write [{value}]"
    if "string" in types and isinstance(value, bool | int | float):
        return "put quotes around it to make it text"
    return None


def _number_hint(text: str) -> str | None:
    if isinstance(plain_value(text), int | float):
        return f"write {text} without quotes"
    if text.count(",") == 1 and isinstance(plain_value(text.replace(",", ".")), float):
        return f"write {text.replace(',', '.')} with a point"
    return None
