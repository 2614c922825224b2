"""Keys that a config suggests in comments: found, and uncommented one at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rnnctl.config.schema_tree import sections, whole_schema

KEY = re.compile(r"^(?P<indent> *)# (?P<entry>(?P<key>[a-z_]+): .*)$")


def known_keys() -> set[str]:
    """Every key of a config, of any section."""
    found: set[str] = set()

    def gather(schema: dict) -> None:
        for section in sections(schema):
            for key, inner in section["properties"].items():
                if key not in found:
                    found.add(key)
                    gather(inner.get("items", inner))

    gather(whole_schema())
    return found


def uncommented(text: str) -> Iterator[tuple[str, str]]:
    """Each commented line ``# key: value`` whose key a config can have, and the text with that one uncommented."""
    keys, lines = known_keys(), text.splitlines()
    for place, line in enumerate(lines):
        if place and lines[place - 1].startswith("# ") and line.startswith("# "):
            continue  # the lines of a heading, which may wrap before a word that is a key
        if (match := KEY.match(line)) and match["key"] in keys:
            changed = [*lines[:place], f"{match['indent']}{match['entry']}", *lines[place + 1 :]]
            yield match["entry"], "\n".join(changed) + "\n"
