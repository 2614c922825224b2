"""Tables of texts: which columns are texts, and what is predicted of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from rnnctl.errors import DataError
from rnnctl.starter.column_guess import ColumnGuess
from rnnctl.starter.label_guess import TargetKind, few_codes, has_few, labels, target_kind
from rnnctl.starter.roles import Roles
from rnnctl.starter.target_guess import is_label, is_useless, why_target
from rnnctl.starter.task_choice import MOST_FEATURES, TEXT_KINDS, Asked, TaskGuess
from rnnctl.tasks import NEXT_STEP, PER_SEQUENCE

_FEWEST_WORDS = 3.0
"""Words a cell from which on few different texts may be texts, rather than names of several words."""


def with_text(columns: Sequence[ColumnGuess], asked: Asked) -> Sequence[ColumnGuess]:
    """Few different texts that repeat are texts, not words, where all that stands beside them says what they are."""
    if any(column.kind in (*TEXT_KINDS, "date") for column in columns):
        return columns
    words = {column.name: _words_a_cell(column) for column in columns if column.kind == "category"}
    text = max(words, key=lambda name: words[name], default="")
    others = [column for column in columns if column.name != text and column.kind != "unusable"]
    labelling = [column for column in others if column is asked.target or _tells_of_text(column)]
    if words.get(text, 0.0) < _FEWEST_WORDS or not labelling:
        return columns
    if any(column not in labelling and not is_useless(column) for column in others):
        return columns
    why = f"text of {words[text]:.0f} words a cell"
    return [replace(column, kind="words", why=why) if column.name == text else column for column in columns]


def _words_a_cell(column: ColumnGuess) -> float:
    return float(column.values.drop_nulls().cast(pl.String).str.count_matches(r"\S+").mean() or 0)  # type: ignore[arg-type]


def _tells_of_text(column: ColumnGuess) -> bool:
    """Whether a column beside texts may say what they are."""
    return not is_useless(column) and has_few(column) and (column.kind in ("category", "boolean") or few_codes(column))


def of_text(others: Sequence[ColumnGuess], text: ColumnGuess, asked: Asked, roles: Roles) -> TaskGuess:
    """Each cell of a column of text is a sequence; times and series of rows have no meaning then."""
    chosen = asked.target
    roles = replace(roles, time=None, series=None, constant=frozenset())
    found = labels(others, roles) or [column for column in others if _tells_of_text(column)]
    label = chosen if chosen is not None and chosen is not text else next(iter(found), None)
    if asked.task is PER_SEQUENCE and (label is None or chosen is text):
        raise DataError(
            f"--task {asked.task.word}: no column says what the texts of {text.name!r} are; name it with --target"
        )
    if label is not None and chosen is not text and asked.task is not NEXT_STEP:
        why = "each cell of text is a sequence, and a column says what it is"
        kind = "category" if label in found and not chosen else target_kind(label, roles, asked.task)
        alike = [] if chosen else [one for one in found if one is not label and is_label(one) == is_label(label)]
        reasons = {"task": why, "target": "given with --target" if chosen else why_target(label, alike, found)}
        return TaskGuess(PER_SEQUENCE, label, kind, (text,), (), roles, reasons, alike=tuple(alike))
    if chosen is not None and chosen is not text:
        raise DataError(
            f"--task {NEXT_STEP.word} goes on with the text of {text.name!r}, and --target is {chosen.name!r}; "
            "leave one of them out"
        )
    numbers = tuple(column for column in others if column.kind in ("number", "boolean"))[:MOST_FEATURES]
    why = f"each cell is a sequence: what comes next in it{', given the numbers beside it' if numbers else ''}"
    reasons = {"task": why, "target": text.why}
    of_words: TargetKind = "words" if text.kind == "words" else "characters"
    return TaskGuess(NEXT_STEP, text, of_words, (text, *numbers), numbers, roles, reasons)
