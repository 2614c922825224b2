"""PyYAML's syntax errors in words that say what to do. Knows nothing of the schema."""

from __future__ import annotations

import re

import yaml

_MESSAGES = (
    (r"found character '\\t'", "a tab stands where YAML wants spaces; indent with spaces"),
    (
        r"found character '(.)' that cannot start",
        "text cannot start with {0} unless it is in quotes; put quotes around it",
    ),
    (
        r"mapping values are not allowed here",
        "a colon cannot stand here; check the indentation, or put text that holds ': ' in quotes",
    ),
    (r"expected <block end>.*'-'", "this list item is indented differently from the lines above it; align them"),
    (
        r"expected <block end>",
        "this is not aligned with the lines above it; give the keys of a section the same indentation",
    ),
    (r"expected ',' or '\]'", "the list that opened with [ is not closed, or lacks a comma before this"),
    (r"expected ',' or '\}'", "the mapping that opened with {{ is not closed, or lacks a comma before this"),
    (
        r"found unexpected end of stream|found unexpected document separator",
        "the quote that opened here is never closed",
    ),
    (
        r"found unknown escape character '(.)'",
        "\\{0} means nothing inside double quotes; use single quotes, or write \\\\",
    ),
    (r"could not find expected ':'", "this line is no 'key: value'; write a colon and a space after the key"),
    (
        r"expected the node content, but found '<(?:stream|document)",
        "the text ends where a value should stand; write the value, or close the bracket",
    ),
    (
        r"expected the node content, but found '(.*)'",
        "a value should stand here instead of {0}; write it, or put quotes around it",
    ),
    (r"found undefined tag handle", "a tag has no meaning in a config; remove the word that starts with !"),
)
_AT_THE_START = re.compile(r"could not find expected ':'|found unexpected (end|doc)|but got '<(stream|doc)")


def syntax_message(error: yaml.MarkedYAMLError) -> tuple[str, yaml.Mark | None]:
    """Explains a syntax error.

    Args:
        error: What PyYAML raised.

    Returns:
        The message, and the mark that it is about.
    """
    problem = error.problem or "cannot be read"
    # For what was opened and never finished, PyYAML points at the end of the file; the start is what a person seeks.
    mark = error.context_mark if _AT_THE_START.search(problem) and error.context_mark else error.problem_mark
    for pattern, message in _MESSAGES:
        if found := re.search(pattern, problem):
            return message.format(*found.groups()), mark
    return f"is not YAML: {problem}", mark
