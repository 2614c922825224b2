"""``--set a.b=value``: overrides written into the plain values of a config before they are validated."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rnnctl.config import schema_tree as tree
from rnnctl.config.schema import Config
from rnnctl.config.yaml_reader import Document, Path, Place, dotted, read_yaml
from rnnctl.errors import ConfigError, Fault
from rnnctl.optimizers import OptimizerBase
from rnnctl.schema.training import Training
from rnnctl.util.format import counted, cut

_EXCLUSIVE: dict[str, tuple[str, ...]] = {"training": Training.exclusive, "optimizer": OptimizerBase.exclusive}
"""Keys of a section of which only one can be set: an override of one unsets the file's other one."""


class _RefusedError(Exception):
    """An override that cannot be applied, and why."""


def as_overrides(changes: Mapping[str, Any]) -> tuple[str, ...]:
    """New values by dotted path, as ``--set`` takes them: ``optimizer.global_clipnorm=1.0``."""
    # A plain word needs no quotes; everything else is JSON, which is YAML too.
    return tuple(f"{path}={value if isinstance(value, str) else json.dumps(value)}" for path, value in changes.items())


def with_changes(config: Config, changes: Mapping[str, Any]) -> Config:
    """A copy of the config with new values by dotted path, validated.

    Raises:
        ConfigError: A path cannot be written to.
        pydantic.ValidationError: The changed config is not valid.
    """
    # Without defaults: one that the old cell has and the new one lacks would be an unknown key.
    document = Document(config.model_dump(mode="json", exclude_unset=True), {(): Place("the config")})
    apply_overrides(document, as_overrides(changes))
    if document.faults:
        raise ConfigError(document.faults)
    return Config.model_validate(document.value)


def override_source(override: str) -> str:
    """An override as faults name it."""
    return f"--set {cut(override, 100)}"


def apply_overrides(document: Document, overrides: Sequence[str]) -> None:
    """Writes overrides into a document, in order.

    Args:
        document: The config; its values, places and faults are changed in place.
        overrides: Each ``dotted.path=value``, the value in YAML; list items are reached by index, ``layers.0.units``.
    """
    written: set[Path] = set()
    for override in overrides:
        source = override_source(override)
        path_text, equals, value_text = override.partition("=")
        path = tuple(re.sub(r"\[(\d+)\]", r".\1", path_text.strip()).split("."))  # a.b[0] is a.b.0
        try:
            if not equals or not all(path):
                raise _RefusedError("is not of the form key=value, such as --set optimizer.learning_rate=0.1")
            value: Any = value_text
            if not value_text.startswith("%"):  # a date format, which stands in quotes in a file
                read = read_yaml(value_text, source)
                if read.faults:
                    raise ConfigError(read.faults)
                value = read.value
            _write(document, path, value, source)
        except (_RefusedError, ConfigError) as error:
            message = str(error)
            if isinstance(error, ConfigError):
                message = f"the value is not YAML: {error.faults[0].message.removeprefix('is not YAML: ')}"
            document.faults.append(Fault(source, None, None, dotted(path) if equals else "", message))
        else:
            written.add(path)
            _unset_exclusive(document, path, written)


def _write(document: Document, keys: Sequence[str], value: Any, source: str) -> None:
    """Sets the value at a path; sections on the way that are not written down start from their defaults."""
    if not isinstance(document.value, dict):
        document.value = {}
    here: Any = document.value
    path: Path = ()
    for key in keys[:-1]:
        part = _part(here, key, path)
        path = (*path, part)
        inner = _container(tree.step(here, part), path, document.value)
        if inner is not tree.step(here, part):
            _put(here, part, inner)
            document.places.setdefault(path, Place(source))
            for name in inner if isinstance(inner, dict) else ():  # a word that became {kind: word} keeps its place
                document.places.setdefault((*path, name), document.places[path])
        here = inner
    last = _part(here, keys[-1], path)
    _put(here, last, value)
    whole = (*path, last)
    for inside in [place for place in document.places if place[: len(whole)] == whole]:
        del document.places[inside]
    document.places[whole] = Place(source)


def _part(here: Any, key: str, path: Path) -> str | int:
    """A key of a mapping, or an index of a list that exists or is the next one."""
    if not isinstance(here, list):
        return key
    if not key.isascii() or not key.isdigit():
        raise _RefusedError(f"{dotted(path)} is a list; name an item by its number, such as {dotted(path)}.0")
    if int(key[:9]) > len(here):
        raise _RefusedError(f"{dotted(path)} has {counted(len(here), 'item')}, counted from 0; {key} is beyond them")
    return int(key)


def _put(here: Any, part: str | int, value: Any) -> None:
    if isinstance(here, list) and part == len(here):
        here.append(value)
    else:
        here[part] = value


def _container(value: Any, path: Path, root: Any) -> Any:
    """The mapping or list at a path, into which a deeper key can be written."""
    if isinstance(value, dict | list):
        return value
    schema = tree.schema_at(path, root)
    choices = tree.sections(schema) if schema else []
    tag = tree.tag_of(choices)
    if isinstance(value, str) and tag:
        return {tag: value}
    if value is None:
        return _default(schema)
    if schema is None or choices:
        return {}
    raise _RefusedError(f"{dotted(path)} is a plain value without keys; set {dotted(path)} itself")


def _default(schema: tree.Schema | None) -> Any:
    """A section's default, without the keys that only repeat the section's own defaults."""
    default = copy.deepcopy(schema.get("default")) if schema else None
    if schema and isinstance(default, list):
        return [_essential(item, schema["items"]) for item in default]
    return _essential(default, schema) if schema and isinstance(default, dict) else {}


def _essential(value: dict[str, Any], schema: tree.Schema) -> dict[str, Any]:
    section = tree.sections_for(schema, value)[0]
    known, required = section["properties"], section.get("required", ())
    return {key: inner for key, inner in value.items() if key in required or inner != known[key].get("default")}


def _unset_exclusive(document: Document, path: Path, written: set[Path]) -> None:
    exclusive = _EXCLUSIVE.get(str(path[0]), ())
    if len(path) != 2 or path[1] not in exclusive or tree.value_at(path, document.value) is None:
        return
    for other in exclusive:
        if other != path[1] and (path[0], other) not in written:
            document.value[path[0]].pop(other, None)
