"""YAML text to a tree of nodes, checked for depth and size before anything walks it. Knows nothing of the schema.

PyYAML only cuts the text into events, which needs no recursion and constructs nothing; the tree is built here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from rnnctl.config.syntax_faults import syntax_message
from rnnctl.errors import ConfigError, Fault
from rnnctl.schema.scalars import plain_value

DEPTH_LIMIT = 50
"""Most levels of nesting."""

NODE_LIMIT = 20_000
"""Most values of a config once its aliases are written out."""


def compose(text: str, source: str) -> Node:
    """Builds the tree of one YAML document.

    Args:
        text: The text.
        source: Where it is from, for faults.

    Returns:
        The root; an empty scalar where there is no document.

    Raises:
        ConfigError: If the text is no YAML, holds several documents, or is too deep or too large.
    """
    try:
        return _Composer(text, source).compose()
    except yaml.MarkedYAMLError as error:
        message, mark = syntax_message(error)
        raise ConfigError([_fault(source, (mark.line + 1, mark.column + 1) if mark else None, message)]) from None
    except yaml.YAMLError as error:
        raise ConfigError([_fault(source, None, f"is not YAML: {error}".split("\n")[0])]) from None


@dataclass(slots=True)
class Node:
    """A value, perhaps shared by aliases.

    Attributes:
        kind: ``scalar``, ``list`` or ``mapping``.
        content: The scalar's value, the list's nodes, or the mapping's pairs of nodes.
        at: 1-based line and column.
        plain: Whether it is a scalar without quotes and tag.
        tag: The tag written in front of it.
        size: Values in it with aliases written out, itself included.
        height: Levels below it.
    """

    kind: str
    content: Any
    at: tuple[int, int]
    plain: bool = False
    tag: str | None = None
    size: int = 1
    height: int = 0

    def hold(self, child: Node) -> None:
        """Counts a child in."""
        self.size += child.size
        self.height = max(self.height, child.height + 1)


class _Composer:
    """Builds nodes from events."""

    def __init__(self, text: str, source: str) -> None:
        self._source = source
        self._events = _event_stream(text)
        self._anchors: dict[str, Node | None] = {}
        self._seen = 0

    def compose(self) -> Node:
        next(self._events)
        if isinstance(next(self._events), StreamEndEvent):
            return Node("scalar", None, (1, 1))
        root = self._node(next(self._events), 0)
        next(self._events)
        after = next(self._events)
        if isinstance(after, DocumentStartEvent):
            raise self._fault(after, "a second document starts here; a config is one document, so remove the ---")
        return root

    def _node(self, event: Event, depth: int) -> Node:
        if depth > DEPTH_LIMIT:
            raise self._fault(event, f"is nested deeper than {DEPTH_LIMIT} levels; a config needs no more than ten")
        if isinstance(event, AliasEvent):
            return self._alias(event, depth)
        anchor = event.anchor if isinstance(event, NodeEvent) else None
        if anchor:
            self._anchors[anchor] = None
        node = _scalar(event) if isinstance(event, ScalarEvent) else self._collection(event, depth)
        if anchor:
            self._anchors[anchor] = node
        self._seen += 1
        if max(node.size, self._seen) > NODE_LIMIT:
            raise self._fault(event, f"holds more than {NODE_LIMIT:,} values with its aliases written out; shorten it")
        return node

    def _alias(self, event: AliasEvent, depth: int) -> Node:
        name = str(event.anchor)
        if name not in self._anchors:
            raise self._fault(event, f"alias *{name} has no anchor &{name} above it")
        node = self._anchors[name]
        if node is None:
            raise self._fault(event, f"alias *{name} stands inside its own anchor, which has no end")
        if depth + node.height > DEPTH_LIMIT:
            raise self._fault(event, f"is nested deeper than {DEPTH_LIMIT} levels through the alias *{name}")
        return node

    def _collection(self, event: Event, depth: int) -> Node:
        is_list = isinstance(event, SequenceStartEvent)
        node = Node("list" if is_list else "mapping", [], _at(event), tag=getattr(event, "tag", None))
        while not isinstance(inner := next(self._events), CollectionEndEvent):
            child = self._node(inner, depth + 1)
            node.hold(child)
            if is_list:
                node.content.append(child)
                continue
            value = self._node(next(self._events), depth + 1)
            node.hold(value)
            node.content.append((child, value))
        return node

    def _fault(self, event: Event, message: str) -> ConfigError:
        return ConfigError([_fault(self._source, _at(event), message)])


def _event_stream(text: str) -> Iterator[Event]:
    loader: Any = yaml.SafeLoader(text)
    while loader.check_event():
        yield loader.get_event()


def _scalar(event: ScalarEvent) -> Node:
    plain = event.implicit[0]
    return Node("scalar", plain_value(event.value) if plain else event.value, _at(event), plain, event.tag)


def _at(event: Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _fault(source: str, at: tuple[int, int] | None, message: str) -> Fault:
    line, column = at or (None, None)
    return Fault(source, line, column, "", message)
