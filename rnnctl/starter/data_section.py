"""The ``data`` section of a starter config, key by key with its reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rnnctl.config.dump import flow
from rnnctl.errors import DataError
from rnnctl.starter.column_guess import ColumnGuess
from rnnctl.starter.roles import HELD_OUT
from rnnctl.starter.sample import Sample
from rnnctl.starter.sequence_guess import SequenceGuess
from rnnctl.starter.task_guess import MOST_CLASSES, TaskGuess
from rnnctl.starter.window_guess import WindowGuess
from rnnctl.starter.yaml_lines import Line, entry, section, wrapped_list
from rnnctl.util.format import counted, cut

_MOST_TOKENS = 1000
_MOST_CHARACTERS = 200
_SCALE = entry(2, "scale", "standard", "by mean and standard deviation of the training rows")


def forecast_lines(path: str, sample: Sample, guess: TaskGuess, window: WindowGuess) -> list[Line]:
    """The data section of a forecast."""
    reasons = {**guess.reasons, **{key: why for key, why in window.reasons.items() if key != "time"}}
    if "time" in reasons:
        reasons["time"] += window.reasons.get("time", "")
    lines = _table_lines(path, sample, guess, reasons)
    if window.calendar:
        lines.append(entry(2, "calendar", list(window.calendar), reasons["calendar"]))
    lines.append(entry(2, "window", {"length": window.length, "horizon": 1}, reasons["length"]))
    lines.append(entry(2, "split", {"validation": HELD_OUT, "test": HELD_OUT}, "the last rows are held out"))
    for key in ("difference", "frequency"):
        if value := getattr(window, key):
            lines.append(entry(2, key, value, reasons[key]))
    lines.append(_SCALE)
    if window.missing:
        lines.append(entry(2, "missing", window.missing, reasons["missing"]))
    if any(column not in (guess.target, *guess.static) for column in guess.features):
        why = "known: of the other features, those whose future is known when the forecast is made, such as a holiday"
        lines.append(Line("  # known: []", why))
    return lines


def sequence_lines(path: str, sample: Sample, guess: TaskGuess, sequences: SequenceGuess) -> list[Line]:
    """The data section of a task whose sequences are series, pieces of them, or cells of text."""
    reasons = {**guess.reasons, **sequences.reasons}
    lines = _table_lines(path, sample, guess, reasons)
    if sequences.window:
        lines.append(entry(2, "window", {"length": sequences.window, "stride": sequences.window}, reasons["window"]))
    lines.append(_split(guess, sequences, reasons))
    if any(column.kind == "number" for column in (*guess.features, guess.target)):
        lines.append(_SCALE)
    if sequences.missing:
        lines.append(entry(2, "missing", sequences.missing, reasons["missing"]))
    return lines


def _split(guess: TaskGuess, sequences: SequenceGuess, reasons: dict[str, str]) -> Line:
    if guess.roles.split is not None:
        return entry(2, "split", {"column": guess.roles.split.name}, reasons["split"])
    shares: dict[str, Any] = {"validation": HELD_OUT, "test": HELD_OUT}
    if sequences.shuffle:
        return entry(2, "split", {**shares, "shuffle": True}, reasons["shuffle"])
    rows = guess.text is None and guess.roles.series is None
    return entry(2, "split", shares, f"the last {'rows' if rows else 'sequences'} are held out")


def text_lines(path: str, sample: Sample, length: int) -> list[Line]:
    """The data section of running text, cut into sequences of ``length`` characters."""
    if len(sample.text) < 20:
        raise DataError(f"{counted(len(sample.text), 'character')} of text are too few to learn from")
    characters = len(Counter(sample.text))
    pairs: dict[str, tuple[Any, str]] = {
        "kind": (sample.kind, "running text: each character is predicted from those before it"),
        "path": (path, "relative to this file"),
        "level": ("characters", f"{characters} different ones; words is the other choice"),
    }
    if characters > _MOST_CHARACTERS:
        pairs["size"] = (_MOST_CHARACTERS, "the most frequent ones; others are seen as the unknown one")
    pairs["length"] = (length, "characters of a sequence")
    pairs["split"] = ({"validation": 0.1, "test": 0.1}, "the end of the text is held out")
    return section("data", pairs)


def _table_lines(path: str, sample: Sample, guess: TaskGuess, reasons: dict[str, str]) -> list[Line]:
    """The keys of all tables: file, times, series, task, target, features, columns."""
    lines = [Line("data:"), entry(2, "kind", sample.kind), entry(2, "path", path, "relative to this file")]
    if sample.separator != ",":
        lines.append(entry(2, "separator", sample.separator))
    if sample.decimal_comma:
        lines.append(entry(2, "decimal_comma", value=True, why="numbers are written 3,14"))
    for key, column in (("time", guess.roles.time), ("series", guess.roles.series)):
        if column is not None:
            lines.append(entry(2, key, column.name, reasons[key]))
    lines.append(entry(2, "task", guess.task.word, reasons["task"]))
    lines.append(entry(2, "target", [guess.target.name], reasons["target"]))
    if guess.features != (guess.target,):
        lines += wrapped_list(2, "features", [column.name for column in guess.features], "what the model sees")
    if guess.static:
        why = "features that are the same in all rows of a series: they give the first state"
        lines += wrapped_list(2, "static", [column.name for column in guess.static], why)
    kinds = {
        column: _column(column, guess.kind if column is guess.target else column.kind)
        for column in dict.fromkeys((*guess.features, guess.target))
    }
    if any(kind != "number" for kind in kinds.values()):
        lines.append(Line("  columns:", "those that hold no numbers"))
        lines += [entry(4, column.name, kind, column.why) for column, kind in kinds.items() if kind != "number"]
    return [*lines, *_left_out([*guess.left_out, *sample.unusable])]


def _left_out(left_out: Sequence[tuple[str, str]]) -> list[Line]:
    lines = [Line(f"  # not used: {flow(cut(name, 40))}", why) for name, why in left_out[:10]]
    if len(left_out) > len(lines):
        lines.append(Line(f"  # not used: {counted(len(left_out) - len(lines), 'more column')}"))
    return lines


def _column(column: ColumnGuess, kind: str) -> Any:
    """A column's value under ``columns``: its kind, with more keys where there are many tokens."""
    if kind != "category" or column.distinct <= 20:
        return kind
    size = {"size": _MOST_TOKENS} if column.distinct > _MOST_TOKENS else {}
    return {"kind": kind, **size, "embedding": 16 if column.distinct <= MOST_CLASSES else 32}
