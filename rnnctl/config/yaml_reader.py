"""YAML text to plain values and the place of every key and value; duplicate keys, merge keys and tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rnnctl.config.yaml_nodes import Node, compose
from rnnctl.errors import Fault

Path = tuple[str | int, ...]
"""Keys and list indices from the root to a value."""


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
    document = Document(None)
    document.value = _Writer(document, source).write(root, (), root.at)
    return document


class _Writer:
    """Writes nodes out as plain values, aliases and merge keys resolved, and notes where each stands."""

    def __init__(self, document: Document, source: str) -> None:
        self._document = document
        self._source = source

    def write(self, node: Node, path: Path, key_at: tuple[int, int]) -> Any:
        self._document.places[path] = Place(self._source, key_at, node.at)
        if node.tag not in (None, "!", "tag:yaml.org,2002:str"):
            shown = str(node.tag).replace("tag:yaml.org,2002:", "!!")
            self._fault(node.at, path, f"the tag {shown} has no meaning in a config; remove it")
        if node.kind == "list":
            return [self.write(item, (*path, index), item.at) for index, item in enumerate(node.content)]
        if node.kind == "mapping":
            pairs = self._pairs(node, path)
            return {name: self.write(value, (*path, name), key.at) for name, (key, value) in pairs.items()}
        return node.content

    def _pairs(self, node: Node, path: Path) -> dict[str, tuple[Node, Node]]:
        """The mapping's own keys, then those that ``<<`` brings in and that it has not itself."""
        own: dict[str, tuple[Node, Node]] = {}
        merged: list[Node] = []
        for key, value in node.content:
            if key.plain and key.content == "<<":
                merged += value.content if value.kind == "list" else [value]
            elif key.kind != "scalar" or not isinstance(key.content, str):
                what = "empty" if key.content is None else f"the value {str(key.content)[:40]}"
                # {dropout: 0,5} is a dropout of 0 and a key named 5.
                comma = isinstance(key.content, int | float) and value.content is None
                hint = "a decimal is written with a point, as in 0.5" if comma else "write a known key"
                what = what if key.kind == "scalar" else f"a {key.kind}"
                self._fault(key.at, path, f"a key is a word, this is {what}; {hint}")
            elif key.content in own:
                line, column = own[key.content][0].at
                message = f"is set twice, first at line {line}, column {column}; keep one of them"
                self._fault(key.at, (*path, key.content), message)
            else:
                own[key.content] = (key, value)
        for other in merged:
            if other.kind != "mapping":
                self._fault(other.at, path, "<< takes a mapping (an alias of one), or a list of them")
                continue
            for name, pair in self._pairs(other, path).items():
                own.setdefault(name, pair)
        return own

    def _fault(self, at: tuple[int, int], path: Path, message: str) -> None:
        self._document.faults.append(Fault(self._source, *at, dotted(path), message))


def dotted(path: Path) -> str:
    """A path as a user writes it: ``model.layers.0.units``."""
    return ".".join(str(part) for part in path)
