"""A small JSON Schema checker and generator of our own: only the keywords that the config's schema uses."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

KEYWORDS = {
    *(
        "$schema",
        "$defs",
        "$ref",
        "title",
        "description",
        "default",
        "type",
        "properties",
        "required",
        "items",
        "format",
    ),
    *("additionalProperties", "anyOf", "oneOf", "discriminator", "enum", "const", "minimum", "maximum", "minItems"),
    *("exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "uniqueItems", "pattern"),
}
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}


def conforms(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Whether a value is what a schema allows."""
    unknown = set(schema) - KEYWORDS
    if unknown:
        raise AssertionError(f"the checker does not know {unknown}")
    if "$ref" in schema and not conforms(value, _target(schema, root), root):
        return False
    if "anyOf" in schema and not any(conforms(value, branch, root) for branch in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(conforms(value, branch, root) for branch in schema["oneOf"]) != 1:
        return False
    if "type" in schema:
        right = isinstance(value, _TYPES[schema["type"]]) and (isinstance(value, bool) <= (schema["type"] == "boolean"))
        if not right:
            return False
    return _words(value, schema) and _limits(value, schema) and _inside(value, schema, root)


def _words(value: Any, schema: dict[str, Any]) -> bool:
    written = "pattern" not in schema or re.search(schema["pattern"], value) is not None
    return written and value in schema.get("enum", [value]) and value == schema.get("const", value)


def _limits(value: Any, schema: dict[str, Any]) -> bool:
    size = len(value) if isinstance(value, str | list) else 0
    number = value if isinstance(value, int | float) else None
    return (
        (number is None or "minimum" not in schema or number >= schema["minimum"])
        and (number is None or "maximum" not in schema or number <= schema["maximum"])
        and (number is None or "exclusiveMinimum" not in schema or number > schema["exclusiveMinimum"])
        and (number is None or "exclusiveMaximum" not in schema or number < schema["exclusiveMaximum"])
        and size >= schema.get("minLength" if isinstance(value, str) else "minItems", 0)
        and size <= schema.get("maxLength", size)
        and not ("uniqueItems" in schema and len(set(value)) < size)
    )


def _inside(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    if isinstance(value, list):
        return all(conforms(item, schema.get("items", {}), root) for item in value)
    if not isinstance(value, dict):
        return True
    known, named = schema.get("properties", {}), schema.get("additionalProperties", {})
    other = named if isinstance(named, dict) else {}
    return (
        all(key in value for key in schema.get("required", ()))
        and (schema.get("additionalProperties", True) is not False or set(value) <= set(known))
        and all(conforms(inner, known.get(key, other), root) for key, inner in value.items())
    )


def _target(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return found


def values(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema allows; numbers small."""
    if "$ref" in schema:
        return st.deferred(lambda: values(_target(schema, root), root))  # keeps its repr short
    choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if choices:
        return st.one_of([values(choice, root) for choice in choices])
    words = [*([schema["const"]] if "const" in schema else ()), *schema.get("enum", ())]
    if words:
        return st.sampled_from(words)
    return _sections(schema, root) if schema["type"] == "object" else _lists(schema, root)


def _sections(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "properties" not in schema:  # names that the user chooses
        return st.dictionaries(st.text("ab", min_size=1, max_size=2), values(schema["additionalProperties"], root))
    required = {key: values(schema["properties"][key], root) for key in schema.get("required", ())}
    optional = {key: values(inner, root) for key, inner in schema["properties"].items() if key not in required}
    return st.fixed_dictionaries(required, optional=optional)


def _lists(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    if schema["type"] == "array":
        unique = schema.get("uniqueItems", False)
        return st.lists(values(schema["items"], root), min_size=1, max_size=3, unique=unique)
    return _scalars(schema)


def _scalars(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if schema["type"] == "integer":
        return st.integers(schema.get("minimum", 0), min(schema.get("maximum", 2**31), 10**6))
    if schema["type"] == "number":
        low = schema.get("minimum", schema.get("exclusiveMinimum", -1e6))
        high = schema.get("maximum", schema.get("exclusiveMaximum", 1e6))
        return st.floats(low, high, exclude_min="exclusiveMinimum" in schema, exclude_max="exclusiveMaximum" in schema)
    if "pattern" in schema:
        return st.from_regex(schema["pattern"].removesuffix("$"), fullmatch=True)
    if schema["type"] == "string":
        most = schema.get("maxLength", 8)
        tricky = [
            text for text in ("no", "1e-3", "010", "1:30", "~", "<<", "a: b", "# c", "-", "'", ";") if len(text) <= most
        ]
        plain = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=most)
        return st.sampled_from(tricky) | plain
    return {"boolean": st.booleans(), "null": st.none()}[schema["type"]]
