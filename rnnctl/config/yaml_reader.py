"""YAML text to plain values and the place of every key and value; duplicate keys, merge keys and tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from rnnctl.config.yaml_nodes import PLAIN, TEXT, at, compose
from rnnctl.errors import Fault
from rnnctl.schema.scalars import plain_value

Path = tuple[str | int, ...]
"""Keys and list indices from the root to a value."""

_COLLECTIONS = {"sequence": "a list", "mapping": "a mapping"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key and its value stand.

    Attributes:
        source: File, or the override it came from.
        key: 1-based line and column of the key; the value's own for a list's item. None for an override.
        value: 1-based line and column of the value.
    """

    source: str
    key: tuple[int, int] | None = None
    value: tuple[int, int] | None = None


@dataclass(slots=True)
class Document:
    """A config as plain values.

    Attributes:
        value: The root: dicts, lists and scalars, no two of them shared.
        places: The place of every value, by its path.
        faults: What is wrong with the text itself but lets the rest be read, such as duplicate keys.
    """

    value: Any
    places: dict[Path, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def read_yaml(text: str, source: str) -> Document:
    """Reads one YAML document; ``source`` says where it is from, for faults.

    Raises:
        ConfigError: If the text is no YAML, holds several documents, or is too deep or too large.
    """
    root = compose(text, source)
    if root is None:
        return Document(None, {(): Place(source, (1, 1), (1, 1))})
    document = Document(None)
    document.value = _Writer(document, source).write(root, (), root)
    return document


class _Writer:
    """Writes nodes out as plain values, aliases and merge keys resolved, and notes where each stands."""

    def __init__(self, document: Document, source: str) -> None:
        self._document = document
        self._source = source

    def write(self, node: yaml.Node, path: Path, key: yaml.Node) -> Any:
        self._document.places[path] = Place(self._source, at(key.start_mark), at(node.start_mark))
        if node.tag not in (PLAIN, TEXT):
            shown = node.tag.replace("tag:yaml.org,2002:", "!!")
            self._fault(node, path, f"the tag {shown} has no meaning in a config; remove it")
        if isinstance(node, yaml.SequenceNode):
            return [self.write(item, (*path, index), item) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            pairs = self._pairs(node, path)
            return {name: self.write(value, (*path, name), key) for name, (key, value) in pairs.items()}
        return _scalar(node)

    def _pairs(self, node: yaml.MappingNode, path: Path) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """The mapping's own keys, then those that ``<<`` brings in and that it has not itself."""
        own: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        merged: list[yaml.Node] = []
        for key, value in node.value:
            name = _scalar(key)
            if isinstance(name, int | float) and _scalar(value) is not None:
                name = str(key.value)  # a label or column may be called 1 or true
            if key.tag == PLAIN and name == "<<":
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            elif not isinstance(name, str):
                what = "empty" if name is None else _COLLECTIONS.get(key.id) or f"the value {str(name)[:40]}"
                # {dropout: 0,5} is a dropout of 0 and a key named 5.
                comma = isinstance(name, int | float) and _scalar(value) is None
                hint = "a decimal is written with a point, as in 0.5" if comma else "write a known key"
                hint = "put quotes around it if it is a name" if name is None and key.value else hint
                self._fault(key, path, f"a key is a word, this is {what}; {hint}")
            elif name in own:
                line, column = at(own[name][0].start_mark)
                message = f"is set twice, first at line {line}, column {column}; keep one of them"
                self._fault(key, (*path, name), message)
            else:
                own[name] = (key, value)
        for other in merged:
            if not isinstance(other, yaml.MappingNode):
                self._fault(other, path, "<< takes a mapping (an alias of one), or a list of them")
                continue
            for name, pair in self._pairs(other, path).items():
                own.setdefault(name, pair)
        return own

    def _fault(self, node: yaml.Node, path: Path, message: str) -> None:
        self._document.faults.append(Fault(self._source, *at(node.start_mark), dotted(path), message))


def _scalar(node: yaml.Node) -> Any:
    """The value of a scalar; what another node holds."""
    return plain_value(node.value) if node.tag == PLAIN else node.value


def dotted(path: Path) -> str:
    """A path as a user writes it: ``model.layers.0.units``."""
    return ".".join(str(part) for part in path)
