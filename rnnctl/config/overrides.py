"""``--set a.b=value``: written into the plain values of a config before they are validated. Knows nothing of files."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any

from rnnctl.config import shape
from rnnctl.config.yaml_reader import Document, Path, Place, dotted, read_yaml
from rnnctl.errors import ConfigError, Fault
from rnnctl.schema.training import OptimizerBase, Training
from rnnctl.util.format import cut

_SHOWN = 100
_RIVALS: dict[str, tuple[str, ...]] = {"training": Training.lengths, "optimizer": OptimizerBase.clip_options}
"""Keys of a section of which only one can be set: setting one of them by an override unsets the file's."""


class _RefusedError(Exception):
    """An override that cannot be applied; its text says why."""


def override_source(override: str) -> str:
    """An override as faults name it."""
    return f"--set {cut(override, _SHOWN)}"


def apply_overrides(document: Document, overrides: Sequence[str]) -> None:
    """Writes overrides into a document, in order.

    Args:
        document: The config; its values, places and faults are changed in place.
        overrides: Each ``dotted.path=value``, the value in YAML; list items are reached by index, ``layers.0.units``.
    """
    given: set[Path] = set()
    for override in overrides:
        source = override_source(override)
        path_text, equals, value_text = override.partition("=")
        path = _path(path_text)
        try:
            if not equals or not all(path):
                raise _RefusedError("is not of the form key=value, such as --set optimizer.learning_rate=0.1")
            _write(document, path, _value(value_text, source), source)
        except _RefusedError as refusal:
            document.faults.append(Fault(source, None, None, dotted(path) if equals else "", str(refusal)))
            continue
        except ConfigError as error:
            message = f"the value is not YAML: {error.faults[0].message.removeprefix('is not YAML: ')}"
            document.faults.append(Fault(source, None, None, dotted(path), message))
            continue
        given.add(path)
        _unset_rivals(document, path, given)


def _path(text: str) -> tuple[str, ...]:
    """``a.b.0`` or ``a.b[0]`` in parts."""
    return tuple(re.sub(r"\[(\d+)\]", r".\1", text.strip()).split("."))


def _value(text: str, source: str) -> Any:
    if text.startswith("%"):  # a form of dates, which in a file stands in quotes
        return text
    document = read_yaml(text, source)
    if document.faults:
        raise ConfigError(document.faults)
    return document.value


def _write(document: Document, keys: Sequence[str], value: Any, source: str) -> None:
    """Sets the value at a path; what is not there yet on the way starts from its default."""
    if not isinstance(document.value, dict):
        document.value = {}
    here: Any = document.value
    path: Path = ()
    for key in keys[:-1]:
        part = _part(here, key, path)
        path = (*path, part)
        inner = _opened(shape.step(here, part), path, document.value, source)
        if inner is not shape.step(here, part):
            _put(here, part, inner)
            document.places.setdefault(path, Place(source))
            _note_short_form(document, path, inner)
        here = inner
    last = _part(here, keys[-1], path)
    _put(here, last, value)
    whole = (*path, last)
    for inside in [place for place in document.places if place[: len(whole)] == whole]:
        del document.places[inside]
    document.places[whole] = Place(source)


def _part(here: Any, key: str, path: Path) -> str | int:
    """A key of a mapping, or an index of a list that is there or comes next."""
    if not isinstance(here, list):
        return key
    if not key.isascii() or not key.isdigit():
        raise _RefusedError(f"{dotted(path)} is a list; name an item by its number, such as {dotted(path)}.0")
    if int(key[:9]) > len(here):
        raise _RefusedError(
            f"{dotted(path)} has {len(here)} item{'s' * (len(here) != 1)}, counted from 0; {key} is beyond them"
        )
    return int(key)


def _put(here: Any, part: str | int, value: Any) -> None:
    if isinstance(here, list) and part == len(here):
        here.append(value)
    else:
        here[part] = value


def _opened(value: Any, path: Path, root: Any, source: str) -> Any:
    """The mapping or list at a path that a deeper key can be written into."""
    if isinstance(value, dict | list):
        return value
    schema = shape.schema_at(path, root)
    choices = shape.sections(schema) if schema else []
    tag = shape.tag_of(choices)
    if isinstance(value, str) and tag:
        return {tag: value}
    if value is None:
        return _default(schema)
    if schema is None or choices:
        return {}
    raise _RefusedError(f"{dotted(path)} is a plain value without keys; set {dotted(path)} itself")


def _default(schema: shape.Schema | None) -> Any:
    """A section's default, with only those keys written that say more than the section's own defaults."""
    default = copy.deepcopy(schema.get("default")) if schema else None
    if isinstance(default, list):
        items = schema["items"] if schema else {}
        return [_essential(item, items) for item in default]
    return _essential(default, schema or {}) if isinstance(default, dict) else {}


def _essential(value: dict[str, Any], schema: shape.Schema) -> dict[str, Any]:
    section = shape.sections_for(schema, value)[0]
    known, required = section["properties"], section.get("required", ())
    return {key: inner for key, inner in value.items() if key in required or inner != known[key].get("default")}


def _note_short_form(document: Document, path: Path, inner: Any) -> None:
    """A word that became ``{kind: word}`` keeps its place."""
    if isinstance(inner, dict):
        for key in inner:
            document.places.setdefault((*path, key), document.places[path])


def _unset_rivals(document: Document, path: Path, given: set[Path]) -> None:
    rivals = _RIVALS.get(str(path[0]), ())
    if len(path) != 2 or path[1] not in rivals or shape.value_at(path, document.value) is None:
        return
    for rival in rivals:
        if rival != path[1] and (path[0], rival) not in given:
            document.value[path[0]].pop(rival, None)
