"""YAML text to a tree of nodes of limited depth and size."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any, cast

import yaml

from rnnctl.errors import ConfigError, Fault

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
    r"found undefined alias '(.*)'": "alias *{0} has no anchor &{0} above it",
    r"but found another document": "a second document starts here; a config is one document, so remove the ---",
    r"codec can't decode": "a tag has no meaning in a config; remove the word that starts with !",
    r"found undefined tag handle": "a tag has no meaning in a config; remove the word that starts with !",
}
"""What to do about a syntax error, by what PyYAML says of it."""
_OPENED = re.compile(r"could not find expected ':'|found unexpected (end|doc)|but got '<(stream|doc)")


PLAIN = "!"
"""Tag of a scalar without quotes and tag; in a text, PyYAML takes it for no tag."""
TEXT = "tag:yaml.org,2002:str"
"""Tag of everything else that has none of its own."""


def compose(text: str, source: str) -> yaml.Node | None:
    """Builds the tree of one YAML document; None where there is none. Aliases share the nodes of their anchors.

    Raises:
        ConfigError: If the text is no YAML, holds several documents, or is too deep or too large.
    """
    loader = None
    try:
        loader = _Loader(text, source)
        return loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        message, mark = _syntax_message(error)
        line, column = at(mark) if mark else (None, None)
        raise ConfigError([Fault(source, line, column, "", message)]) from None
    except yaml.YAMLError as error:
        raise ConfigError([Fault(source, None, None, "", f"is not YAML: {error}".split("\n")[0])]) from None
    except (ValueError, OverflowError):  # PyYAML lets chr() and int() fail
        message = (
            "what is escaped here is no character of Unicode (the last is \\U0010FFFF), or a number has too many "
            "digits; correct it, or put text in single quotes"
        )
        line, column = at(loader.get_mark()) if loader is not None else (None, None)
        raise ConfigError([Fault(source, line, column, "", message)]) from None


class _Loader(yaml.SafeLoader):
    """PyYAML's loader as far as nodes, within limits, so that neither recursion nor aliases get out of hand."""

    def __init__(self, text: str, source: str) -> None:
        super().__init__(text)
        self._source = source
        self._depth = -1
        self._sizes: dict[yaml.Node, int] = {}  # values in a node with aliases written out, itself included
        self._heights: dict[yaml.Node, int] = {}  # levels below a node

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        """The tag of a node that is written without one."""
        return PLAIN if kind is yaml.ScalarNode and implicit[0] else TEXT

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node:
        """Builds a node, or finds that of an alias."""
        event: yaml.NodeEvent = self.peek_event()  # type: ignore[no-untyped-call]
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise self._fault(event, f"is nested deeper than {DEPTH_LIMIT} levels; a config needs no more than ten")
        if isinstance(event, yaml.AliasEvent):
            self._check_alias(event)
        else:
            self.anchors.pop(event.anchor, None)  # an anchor may be set anew
        node = cast(yaml.Node, super().compose_node(parent, index))
        if node not in self._sizes:
            inner = [] if isinstance(node, yaml.ScalarNode) else node.value
            inner = list(chain(*inner)) if isinstance(node, yaml.MappingNode) else inner
            self._sizes[node] = 1 + sum(self._sizes[child] for child in inner)
            self._heights[node] = max((1 + self._heights[child] for child in inner), default=0)
        if max(self._sizes[node], len(self._sizes)) > NODE_LIMIT:
            raise self._fault(event, f"holds more than {NODE_LIMIT:,} values with its aliases written out; shorten it")
        self._depth -= 1
        return node

    def _check_alias(self, event: yaml.AliasEvent) -> None:
        node = self.anchors.get(event.anchor)
        if node is not None and node not in self._sizes:
            raise self._fault(event, f"alias *{event.anchor} stands inside its own anchor, which has no end")
        if node is not None and self._depth + self._heights[node] > DEPTH_LIMIT:
            raise self._fault(event, f"is nested deeper than {DEPTH_LIMIT} levels through the alias *{event.anchor}")

    def _fault(self, event: yaml.Event, message: str) -> ConfigError:
        return ConfigError([Fault(self._source, *at(event.start_mark), "", message)])


def at(mark: Any) -> tuple[int, int]:
    """The 1-based line and column of a mark."""
    return mark.line + 1, mark.column + 1


def _syntax_message(error: yaml.MarkedYAMLError) -> tuple[str, yaml.Mark | None]:
    """PyYAML's error in words that say what to do, and the mark that it is about."""
    problem = error.problem or "cannot be read"
    # For what was opened and never finished, PyYAML points at the end of the file; the start is what a person seeks.
    mark = error.context_mark if _OPENED.search(problem) and error.context_mark else error.problem_mark
    for pattern, message in _MESSAGES.items():
        if found := re.search(pattern, problem):
            return message.format(*found.groups()), mark
    return f"is not YAML: {problem}", mark
