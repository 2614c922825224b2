"""YAML text to a tree of nodes of limited depth and size.

PyYAML only cuts the text into events, which needs no recursion and constructs nothing; the tree is built here.
"""

from __future__ import annotations

import re
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

from rnnctl.errors import ConfigError, Fault
from rnnctl.schema.scalars import plain_value

DEPTH_LIMIT = 50
"""Most levels of nesting."""

NODE_LIMIT = 20_000
"""Most values of a config once its aliases are written out."""

_MESSAGES = {
    r"found character '\\t'": "a tab stands where YAML wants spaces; indent with spaces",
    r"found character '(.)' that cannot start": (
        "text cannot start with {0} unless it is in quotes; put quotes around it"
    ),
    r"mapping values are not allowed here": (
        "a colon cannot stand here; check the indentation, or put text that holds ': ' in quotes"
    ),
    r"expected <block end>.*'-'": "this list item is indented differently from the lines above it; align them",
    r"expected <block end>": (
        "this is not aligned with the lines above it; give the keys of a section the same indentation"
    ),
    r"expected ',' or '\]'": "the list that opened with [ is not closed, or lacks a comma before this",
    r"expected ',' or '\}'": "the mapping that opened with {{ is not closed, or lacks a comma before this",
    r"found unexpected end of stream|found unexpected document separator": "the quote that opened here is never closed",
    r"found unknown escape character '(.)'": (
        "\\{0} means nothing inside double quotes; use single quotes, or write \\\\"
    ),
    r"could not find expected ':'": "this line is no 'key: value'; write a colon and a space after the key",
    r"expected the node content, but found '<(?:stream|document)": (
        "the text ends where a value should stand; write the value, or close the bracket"
    ),
    r"expected the node content, but found '(.*)'": (
        "a value should stand here instead of {0}; write it, or put quotes around it"
    ),
    r"found undefined tag handle": "a tag has no meaning in a config; remove the word that starts with !",
}
"""What to do about a syntax error, by what PyYAML says of it."""
_OPENED = re.compile(r"could not find expected ':'|found unexpected (end|doc)|but got '<(stream|doc)")


def compose(text: str, source: str) -> Node:
    """Builds the tree of one YAML document; an empty scalar where there is none.

    Raises:
        ConfigError: If the text is no YAML, holds several documents, or is too deep or too large.
    """
    try:
        return _Composer(text, source).compose()
    except yaml.MarkedYAMLError as error:
        message, mark = _syntax_message(error)
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


class _Composer:
    """Builds nodes from events."""

    def __init__(self, text: str, source: str) -> None:
        self._source = source
        self._events: Iterator[Event] = yaml.parse(text, yaml.SafeLoader)
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
        if isinstance(event, ScalarEvent):
            plain = event.implicit[0]
            value = plain_value(event.value) if plain else event.value
            node = Node("scalar", value, _at(event), plain, event.tag)
        else:
            node = self._collection(event, depth)
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
        items = []
        while not isinstance(inner := next(self._events), CollectionEndEvent):
            items.append(self._node(inner, depth + 1))
        is_list = isinstance(event, SequenceStartEvent)
        content = items if is_list else list(zip(items[::2], items[1::2], strict=True))
        node = Node("list" if is_list else "mapping", content, _at(event), tag=getattr(event, "tag", None))
        node.size += sum(item.size for item in items)
        node.height = max((item.height + 1 for item in items), default=0)
        return node

    def _fault(self, event: Event, message: str) -> ConfigError:
        return ConfigError([_fault(self._source, _at(event), message)])


def _at(event: Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _fault(source: str, at: tuple[int, int] | None, message: str) -> Fault:
    line, column = at or (None, None)
    return Fault(source, line, column, "", message)


def _syntax_message(error: yaml.MarkedYAMLError) -> tuple[str, yaml.Mark | None]:
    """PyYAML's error in words that say what to do, and the mark that it is about."""
    problem = error.problem or "cannot be read"
    # For what was opened and never finished, PyYAML points at the end of the file; the start is what a person seeks.
    mark = error.context_mark if _OPENED.search(problem) and error.context_mark else error.problem_mark
    for pattern, message in _MESSAGES.items():
        if found := re.search(pattern, problem):
            return message.format(*found.groups()), mark
    return f"is not YAML: {problem}", mark
