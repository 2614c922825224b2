"""The parts of the documentation that come from the program: found, made and renewed.

Two kinds of blocks stand in README.md, CONTRIBUTING.md and rnnctl/docs/*.md:

``<!-- shows: COMMAND -->`` and a console block: what the command prints. Each file's commands run one after the other,
in a folder of their own with ``configs`` and ``data`` in it.
``<!-- generated: NAME -->`` … ``<!-- end -->``: what the function NAME of ``GENERATED`` makes from the code.

``python tests/documentation.py`` renews what is generated and the blocks that the tests compare exactly (``QUICK``);
``python tests/documentation.py WORD…`` also runs every command that contains one of the words, ``--all`` every command.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any, ClassVar

from click.testing import CliRunner

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "rnnctl" / "docs"
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]

QUICK = re.compile(r"rnnctl( [\w-]+)? --help|rnnctl [\w-]+ --explain|rnnctl (init|check|docs)\b[^|]*")
"""Commands whose output is the same everywhere and needs no TensorFlow."""

_SHOWN = re.compile(r"<!-- shows: (?P<command>[^\n]+) -->\n```(?P<kind>\w+)\n(?P<text>.*?)```\n", re.DOTALL)
_GENERATED = re.compile(r"<!-- generated: (?P<name>\w+) -->\n(?P<text>.*?)<!-- end -->\n", re.DOTALL)


def shown_blocks(page: Path) -> dict[str, str]:
    """Commands that a page shows, and their output without the line that repeats the command."""
    return {match["command"]: match["text"].split("\n", 1)[1] for match in _SHOWN.finditer(_text(page))}


def generated_blocks(page: Path) -> dict[str, str]:
    """Names of what is generated in a page, and the text that stands there."""
    return {match["name"]: match["text"] for match in _GENERATED.finditer(_text(page))}


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@contextmanager
def examples_folder() -> Iterator[Path]:
    """A new working folder with ``configs`` and ``data`` in it."""
    with tempfile.TemporaryDirectory() as name, chdir(name):
        for shared in ("configs", "data"):
            Path(shared).symlink_to(ROOT / shared)
        yield Path(name)


def quick_output(command: str) -> str:
    """What one of the ``QUICK`` commands prints; run in this process."""
    from rnnctl.cli.main import rnnctl

    # Click leaves two characters of a terminal's eighty free.
    result = CliRunner(env={"COLUMNS": "100"}).invoke(
        rnnctl, shlex.split(command)[1:], terminal_width=78, prog_name="rnnctl"
    )
    return result.output


def run(command: str) -> str:
    """What a command prints, stdout and stderr together, in a pipe 100 columns wide."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        env=os.environ | {"COLUMNS": "100", "PATH": path, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return re.sub(r"^note: (compiling|measuring) .*\n", "", done.stdout, flags=re.MULTILINE)  # on a slow machine alone


# What is generated


def commands() -> str:
    """A heading and the help of every command."""
    from rnnctl.cli.commands import COMMANDS

    names = ["rnnctl", *(f"rnnctl {name}" for name in COMMANDS)]
    helps = {name: quick_output(f"{name} --help").rstrip() for name in names}
    return "\n".join(f"## {name}\n\n```text\n$ {name} --help\n{text}\n```\n" for name, text in helps.items())


def rooms() -> str:
    """The table of packages, highest layer first: the import contract, and the first sentence of each docstring."""
    contracts = tomllib.loads(_text(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    lines = ["| layer | package | what it holds |", "|---|---|---|"]
    for number, layer in enumerate(layers, 1):
        for module in layer.split(" | "):
            path = ROOT / module.replace(".", "/")
            source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            (described, *_) = re.split(r"(?<=\.)\s", ast.get_docstring(ast.parse(_text(source))) or "")
            holds = described.replace("\n", " ").replace("``", "`")
            name = str(path.relative_to(ROOT)) + ("/" if path.is_dir() else ".py")
            lines.append(f"| {number} | `{name}` | {holds} |")
    return "\n".join(lines) + "\n"


def causes() -> str:
    """The table of causes that ``rnnctl diagnose`` tells apart."""
    from rnnctl.diagnosis.causes import CAUSES

    lines = ["| cause | what it means |", "|---|---|"]
    return "\n".join([*lines, *(f"| {word} | {entry.sentence} |" for word, entry in CAUSES.items())]) + "\n"


def tables() -> str:
    """The tables of which a config or a command line names an entry, each with its module and its words."""
    from rnnctl.cells import CELLS
    from rnnctl.cli.commands import COMMANDS
    from rnnctl.losses import LOSSES
    from rnnctl.optimizers import OPTIMIZERS
    from rnnctl.sources import SOURCES
    from rnnctl.tasks import TASKS

    places = {
        "CELLS": (CELLS, "rnnctl/cells/table.py"),
        "LOSSES": (LOSSES, "rnnctl/losses.py"),
        "OPTIMIZERS": (OPTIMIZERS, "rnnctl/optimizers.py"),
        "TASKS": (TASKS, "rnnctl/tasks/__init__.py"),
        "SOURCES": (SOURCES, "rnnctl/sources/__init__.py"),
        "COMMANDS": (COMMANDS, "rnnctl/cli/commands.py"),
    }
    lines = ["| table | in | entries |", "|---|---|---|"]
    lines += [
        f"| `{name}` | `{place}` | {', '.join(f'`{word}`' for word in table)} |"
        for name, (table, place) in places.items()
    ]
    return "\n".join(lines) + "\n"


def config_keys() -> str:
    """Every section of a config with a table of its keys, from the JSON Schema."""
    from rnnctl.config.dump import json_schema

    return "\n".join(_Keys(json_schema()).sections())


class _Keys:
    """Tables of keys from a JSON Schema."""

    _NAMES: ClassVar = {
        "integer": "whole number",
        "number": "number",
        "string": "text",
        "boolean": "`true`, `false`",
        "object": "mapping",
        "null": "null",
    }

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._definitions: dict[str, dict[str, Any]] = schema["$defs"]
        self._done: set[tuple[str, ...]] = set()

    def sections(self) -> Iterator[str]:
        yield "## Top level\n"
        yield self._table({"": self._schema}) + "\n"
        for key, node in self._schema["properties"].items():
            yield from self._section(key, node)

    def _section(self, path: str, node: dict[str, Any]) -> Iterator[str]:
        """A section's heading, its kinds, its keys, and the sections within."""
        variants = self._variants(node)
        meanings: dict[str, list[str]] = {}
        for word, variant in variants.items():
            meanings.setdefault(self._described(variant), []).append(word)
        if not variants or tuple(meanings) in self._done:
            return
        self._done.add(tuple(meanings))
        yield f"## `{path}`\n"
        if list(variants) == [""]:
            yield self._described(variants[""]) + "\n"
        else:
            listed = [", ".join(f"`{word}`" for word in words) + f": {text}" for text, words in meanings.items()]
            yield "\n".join(f"- {line}" for line in listed) + "\n"
        if any(self._keys(variant) for variant in variants.values()):
            yield self._table(variants) + "\n"
        for variant in variants.values():
            for key, inner in self._keys(variant).items():
                yield from self._section(f"{path}.{key}", inner)
                for nested in self._alternatives(inner):
                    if "items" in nested:
                        yield from self._section(f"{path}.{key}[]", nested["items"])
                    if isinstance(nested.get("additionalProperties"), dict):
                        yield from self._section(f"{path}.{key}.NAME", nested["additionalProperties"])

    @staticmethod
    def _alternatives(node: dict[str, Any]) -> list[dict[str, Any]]:
        found = [node]
        for key in ("anyOf", "oneOf"):
            found += [inner for alternative in node.get(key, []) for inner in _Keys._alternatives(alternative)]
        return found

    def _variants(self, node: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The mappings that a node allows, by the word that chooses one (empty where there is no choice)."""
        found = {}
        for alternative in self._alternatives(node):
            if "$ref" in alternative:
                definition = self._definitions[alternative["$ref"].rpartition("/")[2]]
                for word in self._words(definition) or [""]:
                    found[word] = definition
        return found

    @staticmethod
    def _words(definition: dict[str, Any]) -> list[str]:
        for key in ("kind", "cell"):
            tag = definition.get("properties", {}).get(key, {})
            if "const" in tag or "enum" in tag:
                return list(tag.get("enum", [tag.get("const")]))
        return []

    @staticmethod
    def _keys(definition: dict[str, Any]) -> dict[str, Any]:
        keys = definition.get("properties", {})
        return {key: node for key, node in keys.items() if not (key in ("kind", "cell") and "description" not in node)}

    @staticmethod
    def _described(node: dict[str, Any]) -> str:
        text = " ".join(node.get("description", "").split())
        return text.replace("``", "`").replace("|", "\\|")

    def _table(self, variants: dict[str, dict[str, Any]]) -> str:
        """A row per key; keys that several kinds share in one row."""
        rows: dict[tuple[str, ...], list[str]] = {}
        for word, variant in variants.items():
            for key, node in self._keys(variant).items():
                required = key in variant.get("required", [])
                default = "required" if required else self._default(node)
                rows.setdefault((key, self._type(node), default, self._described(node)), []).append(word)
        choice = any(len(words) < len(variants) for words in rows.values())
        head = ["key", *(["of"] if choice else []), "type", "default", "meaning"]
        lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        for (key, kind, default, meaning), words in rows.items():
            of = ["all" if len(words) == len(variants) else ", ".join(words)] if choice else []
            lines.append("| " + " | ".join([f"`{key}`", *of, kind, default, meaning]) + " |")
        return "\n".join(lines)

    def _default(self, node: dict[str, Any]) -> str:
        default = node.get("default")
        if "default" not in node:
            return "see below" if self._variants(node) else "empty"
        if isinstance(default, dict) and "kind" in default:
            default = default["kind"]
        elif isinstance(default, dict):  # of a section: what is not the default of its own key
            (section,) = self._variants(node).values()
            own = {key: inner.get("default") for key, inner in self._keys(section).items()}
            changed = [f"{key}: {json.dumps(value)}" for key, value in default.items() if value != own[key]]
            changed = [text for text in changed if len(text) < 40]
            return f"`{{{', '.join(changed)}}}`" if changed else "see below"
        elif len(str(default)) > 100:
            return "see below"
        return f"`{default if isinstance(default, str) else json.dumps(default)}`"

    def _type(self, node: dict[str, Any]) -> str:
        """What may be written, in words."""
        if "const" in node or "enum" in node:
            return ", ".join(f"`{word}`" for word in node.get("enum", [node.get("const")]))
        if variants := self._variants(node):
            scalars = [self._type(each) for each in node.get("oneOf", node.get("anyOf", [])) if "type" in each]
            words = ", ".join(f"`{word}`" for word in variants if word) if len(variants) < 8 else "see below"
            return " or ".join([words or "section", *(scalar for scalar in scalars if "`" not in scalar)])
        if choices := node.get("anyOf", node.get("oneOf")):
            return " or ".join(self._type(each) for each in choices)
        if node.get("type") == "array":
            return "list of " + (self._type(node["items"]) if "type" in node["items"] else "sections")
        name = "path" if node.get("format") == "path" else self._NAMES[node["type"]]
        return name + self._bounds(node)

    @staticmethod
    def _bounds(node: dict[str, Any]) -> str:
        signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
        huge = 2**31 - 1
        found = [f"{sign} {node[key]:g}" for key, sign in signs.items() if key in node and node[key] < huge]
        return " " + ", ".join(found) if found else ""


GENERATED = {"causes": causes, "commands": commands, "rooms": rooms, "tables": tables, "config_keys": config_keys}
"""By its name in a page: what makes a generated block."""


def renew(page: Path, words: list[str]) -> None:
    """Renews a page's blocks: generated ones, quick ones, and those whose command contains one of the words."""
    with examples_folder():

        def shown(match: re.Match[str]) -> str:
            command = match["command"]
            if QUICK.fullmatch(command):
                printed = quick_output(command)
            elif any(word in command for word in words):
                printed = run(command)
            else:
                return match[0]
            return f"<!-- shows: {command} -->\n```{match['kind']}\n$ {command}\n{printed.rstrip()}\n```\n"

        def made(match: re.Match[str]) -> str:
            return f"<!-- generated: {match['name']} -->\n{GENERATED[match['name']]()}<!-- end -->\n"

        page.write_text(_SHOWN.sub(shown, _GENERATED.sub(made, _text(page))), encoding="utf-8")


def main() -> None:
    """Renews every page."""
    words = [""] if "--all" in sys.argv else sys.argv[1:]
    for page in PAGES:
        renew(page, words)


if __name__ == "__main__":
    main()
