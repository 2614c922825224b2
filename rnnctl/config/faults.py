"""pydantic's errors in words of our own: what is wrong, what is allowed, and the nearest right word."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import ErrorDetails

from rnnctl.config import schema_tree as tree
from rnnctl.config.foreign_words import KEYS, TAG_WORDS, our_key, our_word, plain
from rnnctl.config.yaml_reader import Path
from rnnctl.schema.base import LARGEST_INT
from rnnctl.schema.scalars import plain_value
from rnnctl.util.format import cut, listed
from rnnctl.util.suggest import nearest

_LONGEST = 40
_MOST_KEYS = 200
"""Keys of a section beyond which an unknown one is not compared with those that there are."""
_BOOLEANS = dict.fromkeys(("yes", "on", "true", "y"), "true") | dict.fromkeys(("no", "off", "false", "n"), "false")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, before its place is known.

    Attributes:
        path: Path of the key or value.
        message: What is wrong, and what is allowed.
        at: Whether the place is that of the key, of the value or of the section around them.
        keys: For a rule across keys, their paths.
        suggestion: For an unknown key, the path of the nearest known one.
    """

    path: Path
    message: str
    at: Literal["key", "value", "section"] = "value"
    keys: tuple[Path, ...] = ()
    suggestion: Path | None = None


def explain_all(errors: Sequence[ErrorDetails], root: Any) -> list[Finding]:
    """Explains the errors of validating ``root``, a config as plain values; each thing once."""
    # Of a list whose items are wrong pydantic also says that it is too short, and of a misspelt key that it is missing.
    findings = [_explain(error, root) for error in errors if error["type"] != "too_short" or not error["input"]]
    suggested = {finding.suggestion for finding in findings} - {None}
    kept = (finding for finding in findings if not (finding.at == "section" and finding.path in suggested))
    return list(dict.fromkeys(kept))


def _explain(error: ErrorDetails, root: Any) -> Finding:
    path = tree.path_of(error["loc"])
    kind = error["type"]
    if kind == "rule":
        context = error.get("ctx", {})
        return Finding(path, context["message"], "section", tuple((*path, *key.split(".")) for key in context["keys"]))
    if kind == "value_error":
        return Finding(path, f"{found(error['input'])} {error['ctx']['error']}")
    if kind == "missing":
        return Finding(path, f"missing; needed: {_allowed(path, root)}", "section")
    if kind == "extra_forbidden":
        return _unknown_key(path, root)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _wrong_tag(error, root)
    return Finding(path, _wrong_value(path, error["input"], root))


def found(value: Any) -> str:
    """A value of the file, in words."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    if isinstance(value, str):
        return repr(cut(value, _LONGEST))
    return cut(str(value), _LONGEST)


def _allowed(path: Path, root: Any) -> str:
    schema = tree.schema_at(path, root)
    return tree.allowed(schema, tree.value_at(path, root)) if schema else "another key"


def _unknown_key(path: Path, root: Any) -> Finding:
    """Names the allowed keys and the nearest one, or the kinds of section that have the key."""
    *parents, key = path
    parent = tuple(parents)
    schema = tree.schema_at(parent, root) or tree.whole_schema()
    section = tree.sections_for(schema, tree.value_at(parent, root))[0]
    choices = tree.sections(schema)
    owners = [choice for choice in choices if key in choice["properties"] and choice is not section]
    known = [name for name in section["properties"] if name != tree.tag_of(choices)]
    if owners:
        tag = tree.tag_of(choices)
        own_word = tree.value_at((*parent, tag), root) if tag else None
        others = listed(tree.tag_words(owners), "and")
        return Finding(path, f"not a key of {own_word}, but of {others}; allowed: {', '.join(known)}", "key")
    written = tree.value_at(parent, root)
    many = isinstance(written, Mapping) and len(written) > _MOST_KEYS  # no config, and seconds for nothing
    near, meant = (None, None) if many else _meant(str(key), section)
    message = f"unknown key; allowed: {', '.join(known)}" + (
        f"; did you mean {near or meant}?" if near or meant else ""
    )
    return Finding(path, message, "key", suggestion=(*parent, near) if near else None)


def _meant(key: str, section: tree.Schema) -> tuple[str | None, str | None]:
    """The key of a section that an unknown one most likely means; else one elsewhere, with its path."""
    foreign = KEYS.get(plain(key))
    if foreign is not None:
        last = foreign.rpartition(".")[2]
        return (last, None) if last in section["properties"] else (None, foreign)
    near = nearest(key, section["properties"])
    return near, None if near else our_key(key)


def _tagged(error: ErrorDetails, root: Any) -> tuple[Path, list[tree.Schema], str, str | None]:
    """A section whose kind is missing or unknown: its path, what it can be, its tag, and a key that may be meant so."""
    path = tree.path_of(error["loc"])
    choices = tree.sections(tree.schema_at(path, root) or tree.whole_schema())
    tag, section = tree.tag_of(choices) or "kind", tree.value_at(path, root)
    keys = section if isinstance(section, Mapping) and tag not in section else ()
    return (
        path,
        choices,
        tag,
        next((key for key in keys if plain(str(key)) in TAG_WORDS or nearest(str(key), [tag])), None),
    )


def _wrong_tag(error: ErrorDetails, root: Any) -> Finding:
    path, choices, tag, misspelt = _tagged(error, root)
    value, words = tree.value_at(path, root), tree.tag_words(choices)
    if misspelt is not None:
        return Finding((*path, misspelt), f"unknown key; did you mean {tag}?", "key")
    if isinstance(value, Mapping):
        path = (*path, tag)
        if tag not in value:
            return Finding(path, f"missing; needed: {listed(words)}", "section")
        value = value[tag]
    return Finding(path, _unknown_word(value, words))


def _unknown_word(value: Any, words: list[str]) -> str:
    near = our_word(value, words) if isinstance(value, str) else None
    return f"{found(value)} is not known; allowed: {', '.join(words)}" + (f"; did you mean {near}?" if near else "")


def _wrong_value(path: Path, value: Any, root: Any) -> str:
    schema = tree.schema_at(path, root)
    if schema is None:
        return f"{found(value)} cannot stand here"
    words = [word for branch in tree.branches(schema) for word in tree.words_of(branch)]
    near = None
    if words and isinstance(value, str):
        if not {branch.get("type") for branch in tree.branches(schema)} & {"integer", "number", "object"}:
            return _unknown_word(value, words)
        near = our_word(value, words)
    if isinstance(value, float) and not math.isfinite(value):
        return f"{found(value)} is not a finite number; allowed: {_allowed(path, root)}"
    hint = f"did you mean {near}?" if near else _hint(schema, value)
    return f"{found(value)} cannot be used; allowed: {_allowed(path, root)}" + (f"; {hint}" if hint else "")


def _hint(schema: tree.Schema, value: Any) -> str | None:
    """What to write instead, where the value suggests it."""
    types = {branch.get("type") for branch in tree.branches(schema)}
    if isinstance(value, str):
        meant = _BOOLEANS.get(value.casefold())
        if "boolean" in types:
            return f"write {meant}, without quotes" if meant else None
        if types & {"integer", "number"}:
            return _number_hint(value)
        return f"write [{value}]" if "array" in types else None
    if "integer" in types and "number" not in types and isinstance(value, float) and value.is_integer():
        return f"write {int(value)}" if abs(value) < LARGEST_INT else None
    plain_text = any(one.get("type") == "string" and not tree.words_of(one) for one in tree.branches(schema))
    if plain_text and isinstance(value, bool | int | float):
        return "put quotes around it to make it text"
    return None


def _number_hint(text: str) -> str | None:
    if isinstance(plain_value(text), int | float):
        return f"write {text} without quotes"
    if text.count(",") == 1 and isinstance(plain_value(text.replace(",", ".")), float):
        return f"write {text.replace(',', '.')} with a point"
    return None


@dataclass(frozen=True, slots=True)
class Repair:
    """A section whose missing or unknown ``kind`` or ``cell`` was replaced by the likeliest one.

    Attributes:
        path: Path of the section.
        keys: Paths of the key that was set, and of a misspelt one that was removed.
        sure: Whether the word was only misspelt. Otherwise the kind with most of the section's keys was chosen, and of
            what is then wrong only faults of values are reported.
    """

    path: Path
    keys: tuple[Path, ...]
    sure: bool


def repair_kinds(errors: Sequence[ErrorDetails], root: Any) -> list[Repair]:
    """Sets the likeliest kind of each section of ``root`` that has none or an unknown one, in place."""
    chosen = []
    for error in errors:
        if error["type"] not in ("union_tag_invalid", "union_tag_not_found"):
            continue
        path, choices, tag, misspelt = _tagged(error, root)
        section = tree.value_at(path, root)
        if not isinstance(section, dict):
            continue
        word = section.pop(misspelt) if misspelt is not None else section.get(tag)
        near = our_word(word, tree.tag_words(choices)) if isinstance(word, str) else None
        likeliest = max(choices, key=lambda choice: len(section.keys() & choice["properties"].keys()))
        section[tag] = near or tree.tag_words([likeliest])[0]
        keys = (tag,) if misspelt is None else (tag, misspelt)
        chosen.append(Repair(path, tuple((*path, key) for key in keys), sure=near is not None))
    return chosen
