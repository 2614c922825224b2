"""A config as YAML, and its JSON Schema for editors."""

from __future__ import annotations

import ast
import inspect
import sys
from itertools import pairwise
from typing import Any

import yaml

from rnnctl.config.schema import Config
from rnnctl.config.schema_tree import TAGS
from rnnctl.schema.base import Section
from rnnctl.schema.scalars import plain_value
from rnnctl.util.printing import printable


def config_to_yaml(config: Config) -> str:
    """The config as YAML, defaults included, keys in the order of the schema; loading it gives an equal config."""
    plain = _tags_first(config.model_dump(mode="json"))
    # A text with unprintable characters stands in double quotes, in which YAML reads them spelt out.
    return printable(yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000))


def flow(value: Any) -> str:
    """A plain value as YAML on one line, as it can stand in a list, behind a key, or as a key."""
    text: str = yaml.dump(
        [value], Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**9, default_flow_style=True
    )
    return printable(text.strip()[1:-1])


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a config, with the documentation of every section and key as descriptions."""
    schema = Config.model_json_schema()
    definitions = schema.pop("$defs")
    sections = {section.__name__: section for section in Section.defined}
    for name, definition in definitions.items():
        _describe(definition, sections[name])
    _describe(schema, Config)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "rnnctl config",
        "$defs": dict(sorted(definitions.items())),
    }


class _Dumper(yaml.SafeDumper):
    """Quotes every text that our reader would take for a number or another value."""

    def ignore_aliases(self, data: Any) -> bool:
        """Values are written out wherever they stand."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if not text.isprintable():
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')  # line breaks bend in other styles
    style = None if isinstance(plain_value(text), str) and text != "<<" else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _tags_first(value: Any) -> Any:
    """Mappings with the word that chooses them (``kind``, ``cell``) in front."""
    if isinstance(value, list):
        return [_tags_first(item) for item in value]
    if isinstance(value, dict):
        order = sorted(value, key=lambda key: key not in TAGS)
        return {key: _tags_first(value[key]) for key in order}
    return value


def _describe(definition: dict[str, Any], section: type[Section]) -> None:
    """Puts a section's docstrings into its schema, and takes pydantic's invented titles out."""
    texts = _field_docstrings(section)
    properties = definition["properties"]
    for name in sorted(properties, key=lambda key: key not in TAGS):
        described = properties.pop(name)
        described.pop("title", None)
        properties[name] = ({"description": texts[name]} if name in texts else {}) | described


def _field_docstrings(section: type[Section]) -> dict[str, str]:
    """The texts below a section's fields; read here because pydantic would read them at every start."""
    texts: dict[str, str] = {}
    for cls in filter(Section.defined.__contains__, reversed(section.__mro__)):
        tree = ast.parse(inspect.getsource(sys.modules[cls.__module__]))
        body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == cls.__name__)
        for field, after in pairwise(body):
            match field, after:
                case ast.AnnAssign(target=key), ast.Expr(value=ast.Constant(value=str(text))):
                    texts[ast.unparse(key)] = inspect.cleandoc(text)
    return texts
