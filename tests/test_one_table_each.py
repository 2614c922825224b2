"""What is specific to a cell, a loss, an optimizer, a task or a data source is in its table: nobody compares its word.

Read from the source, without running it: comparisons (`==`, `in`, `match`) with a word of a table, dict literals keyed
by two or more words of one table, and `isinstance` of an entry's section, outside of the entries' own modules.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import rnnctl
from rnnctl.cells import CELLS
from rnnctl.losses import LOSSES
from rnnctl.optimizers import OPTIMIZERS
from rnnctl.sources import SOURCES
from rnnctl.tasks import TASKS
from rnnctl.util.registry import Registry

ROOT = Path(rnnctl.__file__).parent


class Kind(NamedTuple):
    """A table, the modules that its entries consist of, and places where a word of it means something else."""

    table: Registry[Any]
    own: tuple[str, ...]
    other_meaning: frozenset[tuple[str, str]] = frozenset()


KINDS = {
    "cell": Kind(CELLS, ("cells/", "model/recurrent/")),
    "loss": Kind(LOSSES, ("losses.py", "model/losses.py")),
    "optimizer": Kind(OPTIMIZERS, ("optimizers.py", "model/optimizers.py")),
    "task": Kind(TASKS, ("tasks/",)),
    "source": Kind(
        SOURCES,
        ("sources/",),
        # The kind of a column's values.
        frozenset({("tables/cells.py", "text")}),
    ),
}


def strings(node: ast.AST | None) -> Iterator[str]:
    """The string constants of an operand: itself, or the elements of a tuple, list or set."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for element in node.elts:
            yield from strings(element)


def compared(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Words that code branches on, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for operand in (node.left, *node.comparators):
                yield from ((node.lineno, word) for word in strings(operand))
        elif isinstance(node, ast.MatchValue):
            yield from ((node.lineno, word) for word in strings(node.value))


def keyed(tree: ast.AST, words: set[str]) -> Iterator[tuple[int, str]]:
    """Words of one table that a dict literal is keyed by, two or more of them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            found = [word for key in node.keys for word in strings(key) if word in words]
            yield from ((node.lineno, word) for word in found if len(found) > 1)


def asked(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Names of classes that `isinstance`, `issubclass` or `match` ask for."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("isinstance", "issubclass")
        ):
            names = (inner for inner in ast.walk(node.args[1]) if isinstance(inner, ast.Name | ast.Attribute))
            yield from ((node.lineno, name.id if isinstance(name, ast.Name) else name.attr) for name in names)
        elif isinstance(node, ast.MatchClass):
            yield node.lineno, ast.unparse(node.cls).rpartition(".")[2]


parsed = cache(ast.parse)


def offenders(kind: Kind, name: str, source: str) -> list[str]:
    """Places of a module at which it asks for a word or section of a table."""
    tree, words = parsed(source), set(kind.table)
    sections = {entry.section.__name__ for entry in kind.table.values() if getattr(entry, "section", None)}
    found = [*compared(tree), *keyed(tree, words)]
    places = [(line, word) for line, word in found if word in words and (name, word) not in kind.other_meaning]
    places += [(line, section) for line, section in asked(tree) if section in sections]
    return [f"rnnctl/{name}:{line}: {what}" for line, what in sorted(set(places))]


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_asks_for_an_entry_by_its_word_or_class(kind: str) -> None:
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(KINDS[kind].own):
            found += offenders(KINDS[kind], name, path.read_text(encoding="utf-8"))
    assert not found, "ask the table's entry instead:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        'gates = 3 if layer.cell == "gru" else 1',
        'gated = layer.cell in ("gru", "lstm")',
        'GATES = {"gru": 3, "lstm": 4}',
        "after = isinstance(layer, GruLayer) and layer.reset_after",
        "both = isinstance(layer, table.GruLayer | LstmLayer)",
        'match layer.cell:\n    case "lstm" | "gru":\n        pass',
        "match layer:\n    case GruLayer():\n        pass",
    ],
)
def test_every_way_to_ask_is_found(source: str) -> None:
    assert offenders(KINDS["cell"], "anywhere.py", source)


def test_making_a_section_and_naming_one_entry_is_no_question() -> None:
    source = 'layer = GruLayer(cell="gru")\nsection = {"cell": "gru", "units": 3}\nentry = CELLS["gru"]'
    assert not offenders(KINDS["cell"], "anywhere.py", source)
