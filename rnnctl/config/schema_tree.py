"""The config's JSON Schema as a tree: the keys, words and values that each path allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, reduce
from typing import Any

from rnnctl.config.yaml_reader import Path
from rnnctl.schema.base import LARGEST_INT
from rnnctl.util.format import counted, listed
from rnnctl.util.registry import Registry

Schema = dict[str, Any]
TAGS = ("kind", "cell")
"""Keys whose word chooses between sections."""


@cache
def whole_schema() -> Schema:
    """The JSON Schema of the config as pydantic writes it."""
    from rnnctl.config.schema import Config

    return Config.model_json_schema()


Registry.listeners.append(whole_schema.cache_clear)


def branches(schema: Schema) -> list[Schema]:
    """The alternatives of a schema, references followed, nested choices flattened."""
    if "$ref" in schema:
        return branches(whole_schema()["$defs"][schema["$ref"].rpartition("/")[2]])
    inner = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if inner:
        return [leaf for choice in inner for leaf in branches(choice)]
    return [{"properties": {}, **schema}] if schema.get("type") == "object" else [schema]


def below(section: Schema, key: str) -> Schema | None:
    """The schema of a key of a section, or of any name in a mapping from names that the user chooses."""
    found: Schema | None = section["properties"].get(key)
    named = section.get("additionalProperties")
    return found if found is not None or not isinstance(named, dict) else named


def sections(schema: Schema) -> list[Schema]:
    """The alternatives of a schema that are mappings of known keys."""
    return [branch for branch in branches(schema) if branch.get("type") == "object"]


def tag_of(choices: Sequence[Schema]) -> str | None:
    """The key whose word tells sections apart (``kind``, ``cell``); None for a lone section without one."""
    return next((tag for tag in TAGS if choices and tag in choices[0]["properties"]), None)


def words_of(schema: Schema) -> list[str]:
    """The words that a value may be, in the order of the schema."""
    return [*([schema["const"]] if "const" in schema else ()), *schema.get("enum", ())]


def tag_words(choices: Sequence[Schema]) -> list[str]:
    """The words that choose between sections."""
    tag = tag_of(choices)
    return [word for choice in choices for word in words_of(choice["properties"][tag])] if tag else []


def chosen(choices: Sequence[Schema], word: Any) -> list[Schema]:
    """The sections that a tag's word chooses; all of them where it chooses none."""
    tag = tag_of(choices)
    return [choice for choice in choices if tag and word in words_of(choice["properties"][tag])] or list(choices)


def sections_for(schema: Schema, value: Any) -> list[Schema]:
    """The sections that a value can be: one where its tag (or short form) is known, otherwise all of them."""
    choices = sections(schema)
    tag = tag_of(choices)
    word = value.get(tag) if isinstance(value, Mapping) and tag else value
    return chosen(choices, word) if isinstance(word, str) else choices


def child(schema: Schema, key: str | int, value: Any) -> Schema | None:
    """The schema of a key or list index below a value; None where there is none."""
    if isinstance(key, int):
        return next((branch["items"] for branch in branches(schema) if branch.get("type") == "array"), None)
    found = (below(section, key) for section in sections_for(schema, value))
    return next((schema for schema in found if schema is not None), None)


def schema_at(path: Path, root: Any) -> Schema | None:
    """The schema at a path; None for an unknown key. Words of ``root``, the plain values, choose between sections."""
    schema: Schema | None = whole_schema()
    for key in path:
        if schema is None:
            return None
        schema = child(schema, key, root)
        root = step(root, key)
    return schema


def step(value: Any, key: str | int) -> Any:
    """The value below a key or index; None where there is none."""
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def value_at(path: Path, root: Any) -> Any:
    """The value at a path; None where there is none."""
    return reduce(step, path, root)


def path_of(location: Sequence[str | int]) -> Path:
    """The config path of a pydantic error: its location without the words that name a union's branches."""
    path: list[str | int] = []
    here = branches(whole_schema())
    for part in location:
        choices = [branch for branch in here if branch.get("type") == "object"]
        if isinstance(part, int):
            here = [leaf for branch in here if "items" in branch for leaf in branches(branch["items"])]
        elif len(choices) > 1 and part in tag_words(choices):
            here = chosen(choices, part)
            continue
        elif len(choices) == 1 and len(here) > 1 and not choices[0]["properties"]:
            here = choices  # names of a user's own or a word: the part names the branch
            continue
        elif len(choices) == 1:
            known = below(choices[0], part)
            here = branches(known) if known is not None else []
        else:
            continue
        path.append(part)
    return tuple(path)


def allowed(schema: Schema, value: Any = None) -> str:
    """The allowed values, in words; the largest int is only named where ``value`` is above it."""
    leaves = [branch for branch in branches(schema) if branch.get("type") not in ("object", "null")]
    null = ["null"] if any(branch.get("type") == "null" for branch in branches(schema)) else []
    choices = sections(schema)
    if not choices:
        return listed([*(_leaf(leaf, value) for leaf in leaves), *null])
    tag = tag_of(choices)
    known = list(choices[0]["properties"])
    if not known:
        return listed([*(_leaf(leaf, value) for leaf in leaves), "a mapping with names of your own as keys", *null])
    short_form = any(words_of(leaf) for leaf in leaves)
    keys = f"{tag}: {listed(tag_words(choices))}" if tag else f"the keys {listed(known, 'and')}"
    mapping = f"a mapping with {keys}" + (" (or the word alone)" if short_form else "")
    return listed([*(_leaf(leaf, value) for leaf in leaves if not words_of(leaf)), mapping, *null])


def _leaf(schema: Schema, value: Any) -> str:
    words = words_of(schema)
    if words:
        return listed([str(word) for word in words])
    kind = schema.get("type")
    if kind == "array":
        items = "sections" if sections(schema["items"]) else _items(schema["items"])
        return f"a list of one or more {items}" if schema.get("minItems") else f"a list of {items}"
    if kind in ("integer", "number"):
        return ("a whole number" if kind == "integer" else "a number") + _range(schema, value)
    if schema.get("format") == "path":
        return "the path of a file"
    return {"boolean": "true or false", "string": "text"}.get(str(kind), "a value") + _size(schema)


def _items(schema: Schema) -> str:
    """What a list holds, in the plural."""
    numbers = [branch for branch in branches(schema) if branch.get("type") in ("integer", "number")]
    return f"numbers{_range(numbers[0], None)}" if numbers else "words"


def _range(schema: Schema, value: Any) -> str:
    if "exclusiveMinimum" in schema:
        above = f" above {schema['exclusiveMinimum']}"
        return f"{above} and below {schema['exclusiveMaximum']}" if "exclusiveMaximum" in schema else above
    if "minimum" not in schema:
        return ""
    low, high = schema["minimum"], schema.get("maximum")
    if "exclusiveMaximum" in schema:
        return f" from {low} to below {schema['exclusiveMaximum']}"
    within = not isinstance(value, int | float) or high is None or value <= high
    return f" of {low} or more" if high is None or (high == LARGEST_INT and within) else f" from {low} to {high}"


def _size(schema: Schema) -> str:
    if "minLength" not in schema:
        return ""
    least, most = schema["minLength"], schema.get("maxLength")
    return f" of {counted(least, 'character')}" if most == least else f" of {least} to {most} characters"
