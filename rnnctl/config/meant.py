"""Which kind a section was probably meant to be, so that the rest of it is checked too. Knows no files or positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails

from rnnctl.config import shape
from rnnctl.config.yaml_reader import Path
from rnnctl.util.suggest import nearest


@dataclass(frozen=True, slots=True)
class Meant:
    """A section whose kind is missing or unknown, and was chosen for it.

    Attributes:
        path: The section's path.
        repaired: Paths of the key that was set (``kind`` or ``cell``), and of a misspelt one that was taken out for it.
        sure: Whether the word was only misspelt; otherwise the kind that has most of the section's keys was chosen, and
            of what is then wrong only the values are worth telling.
    """

    path: Path
    repaired: tuple[Path, ...]
    sure: bool


def choose_kinds(errors: Sequence[ErrorDetails], root: Any) -> list[Meant]:
    """Sets the kind of every section of which pydantic said that it has none, or one that is not known.

    Args:
        errors: What pydantic found.
        root: The config as plain values, as it was validated; changed in place.
    """
    chosen = []
    for error in errors:
        if error["type"] not in ("union_tag_invalid", "union_tag_not_found"):
            continue
        path = shape.path_of(error["loc"])
        schema, section = shape.schema_at(path, root), shape.value_at(path, root)
        choices = shape.sections(schema) if schema else []
        tag = shape.tag_of(choices)
        if tag is None or not isinstance(section, dict):
            continue
        misspelt = None if tag in section else next((key for key in section if nearest(str(key), [tag])), None)
        found = section.pop(misspelt) if misspelt is not None else section.get(tag)
        near = _known(found, shape.tag_words(choices))
        section[tag] = near or _with_most_keys(choices, tag, section)
        keys = (tag,) if misspelt is None else (tag, misspelt)
        chosen.append(Meant(path, tuple((*path, key) for key in keys), sure=near is not None))
    return chosen


def _known(found: Any, words: list[str]) -> str | None:
    return nearest(found, words) if isinstance(found, str) else None


def _with_most_keys(choices: Sequence[shape.Schema], tag: str, section: Mapping[str, Any]) -> str:
    best = max(choices, key=lambda choice: len(section.keys() & choice["properties"].keys()))
    return shape.words_of(best["properties"][tag])[0]
