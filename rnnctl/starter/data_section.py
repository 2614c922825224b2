"""The ``data`` section of a starter config, key by key with its reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rnnctl.config.dump import flow
from rnnctl.data.known_features import FILLING
from rnnctl.errors import DataError
from rnnctl.schema.column_names import in_config
from rnnctl.starter.column_guess import ColumnGuess
from rnnctl.starter.file_lines import file_lines
from rnnctl.starter.label_guess import MOST_CLASSES
from rnnctl.starter.remarks import LEFT_OUT, Remark
from rnnctl.starter.roles import hints_at
from rnnctl.starter.sample import Sample
from rnnctl.starter.target_guess import KNOWN_WORDS
from rnnctl.starter.task_choice import TaskGuess
from rnnctl.starter.yaml_lines import Keys, Line, entries, entry
from rnnctl.util.format import counted, cut, first_few

_MOST_TOKENS = 1000
_MOST_CHARACTERS = 200
_FEWEST_CHARACTERS = 20
_MOST_LEFT_OUT = 100
"""Most columns that are left out with a reason for each."""


def table_lines(path: str, sample: Sample, guess: TaskGuess, keys: Keys, note: str = "") -> list[Line]:
    """The data section of a table; ``keys`` say how its rows become sequences, ``note`` more of its times."""
    left_out = _left_out([remark for remark in guess.remarks if remark.use == LEFT_OUT])
    lines = [*_columns(path, sample, guess, note), *left_out, *entries(keys)]
    # A row that is put in, or misses one, would have nothing in place of a feature whose future is known.
    filled = keys.get("missing", ("",))[0] in FILLING
    others = [
        column
        for column in guess.features
        if column not in (guess.target, *guess.static)
        and not (filled and ("frequency" in keys or column.values.null_count()))
    ]
    if guess.task.windowed and others and not guess.known:
        why = "features whose future is known when the forecast is made, such as a holiday, can be named so"
        known = entry(
            2, "known", [column.name for column in others if hints_at(KNOWN_WORDS, column.name)] or [others[0].name]
        )
        lines.append(Line(f"  # {known.text.lstrip()}", why))
    return lines


def text_lines(path: str, sample: Sample, length: int) -> list[Line]:
    """The data section of running text, cut into sequences of ``length`` characters."""
    if len(sample.text) < _FEWEST_CHARACTERS:
        few = f"{counted(len(sample.text), 'character')} of text are too few to learn from"
        raise DataError(f"{few}; expected {_FEWEST_CHARACTERS} or more")
    characters = len(Counter(sample.text))
    keys: Keys = {
        "kind": (sample.kind, "running text: each character is predicted from those before it"),
        "path": (path, "relative to this file"),
        "level": ("characters", f"{characters} different ones; words is the other choice"),
    }
    if characters > _MOST_CHARACTERS:
        keys["size"] = (_MOST_CHARACTERS, "the most frequent ones; others are seen as the unknown one")
    keys["length"] = (length, "characters of a sequence")
    keys["split"] = ({"validation": 0.1, "test": 0.1}, "the end of the text is held out")
    return [Line("data:"), *entries(keys)]


def _columns(path: str, sample: Sample, guess: TaskGuess, note: str) -> list[Line]:
    """The keys of all tables: file, times, series, task, target, features, columns."""
    keys: Keys = {"kind": (sample.kind, ""), "path": (path, "relative to this file")}
    lines = [Line("data:"), *entries(keys), *file_lines(sample)]
    keys = {}
    if guess.roles.time is not None:
        keys["time"] = in_config(guess.roles.time.name), guess.roles.reasons["time"] + note
        if guess.roles.time.form:
            keys["time_format"] = guess.roles.time.form, "without it, they are read as numbers"
        if guess.roles.time.zone:
            keys["time_zone"] = guess.roles.time.zone, "clocks are changed as in this zone; name yours if it is another"
    if guess.roles.series is not None:
        keys["series"] = in_config(guess.roles.series.name), guess.roles.reasons["series"]
    keys["task"] = guess.task.word, guess.reasons["task"]
    keys["target"] = [guess.target.name], guess.reasons["target"]
    if guess.features != (guess.target,):
        keys["features"] = [column.name for column in guess.features], "what the model sees"
    if guess.known:
        keys["known"] = [column.name for column in guess.known], guess.reasons["known"]
    if guess.static:
        why = "features that are the same in all rows of a series: they give the first state"
        keys["static"] = [column.name for column in guess.static], why
    lines += entries(keys)
    kinds = {
        column: _column(column, guess.kind if column is guess.target else column.kind)
        for column in dict.fromkeys((*guess.features, guess.target))
    }
    if any(kind != "number" for kind in kinds.values()):
        plain = not any(column.unit for column in kinds)
        lines.append(Line("  columns:", "those that hold no numbers" if plain else "what the columns hold"))
        lines += [entry(4, column.name, kind, column.why) for column, kind in kinds.items() if kind != "number"]
    return lines


def _left_out(remarks: Sequence[Remark]) -> list[Line]:
    lines = [Line(f"  # not used: {flow(cut(one.column, 40))}", one.text) for one in remarks[:_MOST_LEFT_OUT]]
    if len(remarks) > len(lines):
        names = [flow(cut(one.column, 40)) for one in remarks[len(lines) :]]
        lines.append(Line(f"  # not used: {first_few(names, 2 * _MOST_LEFT_OUT)}", "for such reasons"))
    return lines


def _column(column: ColumnGuess, kind: str) -> Any:
    """A column's value under ``columns``: its kind, with more keys where there are many tokens."""
    if kind == "number" and column.unit:
        return {"kind": kind, "unit": column.unit}
    if kind != "category" or column.distinct <= 20:
        return kind
    size = {"size": _MOST_TOKENS} if column.distinct > _MOST_TOKENS else {}
    return {"kind": kind, **size, "embedding": 16 if column.distinct <= MOST_CLASSES else 32}
