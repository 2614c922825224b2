"""A text as a `Dataset`: one long sequence of tokens, cut into pieces."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from rnnctl.data.dataset import Dataset, InputColumn, Preparation
from rnnctl.data.row_order import Order
from rnnctl.data.running_text import Characters, Words
from rnnctl.data.sequence_checks import SPLIT_NAMES
from rnnctl.data.sequences import Floats, Sequences
from rnnctl.data.splits import SPLITS, split_counts
from rnnctl.data.table_arrays import allocate
from rnnctl.data.vocabulary import vocabulary_of
from rnnctl.errors import DataError
from rnnctl.tasks import NEXT_STEP
from rnnctl.util.format import counted

if TYPE_CHECKING:
    from rnnctl.sources.text import TextData

COLUMN = "token"
"""Name of the one column of a text."""

Splits = tuple[Sequences, Sequences | None, Sequences | None]
"""Training, validation and test."""


def text_dataset(data: TextData, text: str, fingerprints: dict[str, str], known: Preparation | None = None) -> Dataset:
    """Cuts a text into sequences.

    Args:
        known: The vocabulary of another text; then all of this one is for the test.

    Raises:
        DataError: It is too short.
    """
    tokens: Characters | Words
    if data.level == "words":
        tokens = Words(text, lowercase=data.lowercase)
    else:
        tokens = Characters(pl.Series([text]).str.to_lowercase()[0] if data.lowercase else text)
    total = len(tokens)
    if total < 2:
        raise DataError(
            f"{data.path}: {counted(total, data.level.removesuffix('s'))} in the text; expected two or more, to "
            f"predict one from another"
        )
    counts = split_counts(data.split, total, data.level) if known is None else (0, 0, total)
    learnt = known.vocabularies[COLUMN] if known is not None else None
    vocabulary = vocabulary_of(tokens.counts(counts[0]), data.size) if learnt is None else learnt
    values, place = allocate(total, 1), 0
    for codes in tokens.codes(vocabulary):
        values[place : place + len(codes), 0] = codes
        place += len(codes)
    splits = _splits(data, values, counts, learning=known is None)
    unseen = int((values[counts[0] :] == 0).sum())
    notes = (f"{data.path}: {unseen:,} {data.level} of the held-out text are not in the vocabulary",) if unseen else ()
    facts = {"tokens": total, "vocabulary": len(vocabulary)}
    dataset = tokens_dataset(data, vocabulary, splits)
    return replace(dataset, fingerprints=fingerprints, facts=facts, notes=notes)


def tokens_dataset(data: TextData, vocabulary: tuple[str, ...], splits: Splits) -> Dataset:
    """Sequences of a text's tokens, all of one table, as a dataset."""
    train, validation, test = splits
    return Dataset(
        train=train,
        validation=validation,
        test=test,
        inputs=(InputColumn(COLUMN, vocabulary, data.embedding, source=COLUMN),),
        target_names=(COLUMN,),
        target_kind="category",
        classes=vocabulary,
        task=NEXT_STEP,
        preparation=Preparation(vocabularies={COLUMN: vocabulary}),
        order=Order(np.array([0, len(train.values)])),
    )


def _splits(data: TextData, values: Floats, counts: tuple[int, int, int], *, learning: bool) -> Splits:
    """Stretches of a text as sequences; where nothing is learnt, those of the test stand for training too."""
    found: dict[str, Sequences | None] = {}
    for name, (begin, end) in zip(SPLITS, pairwise(np.cumsum((0, *counts)).tolist()), strict=True):
        # One after the other, each with a token after it; the last as long as tokens are left.
        starts = np.arange(begin, end - 1, data.length, dtype=np.int64)
        lengths = np.minimum(data.length, end - 1 - starts)
        found[name] = Sequences(values, values, starts, lengths, "each", 1) if len(starts) else None
        if learning and found[name] is None and (name == "train" or getattr(data.split, name)):
            todo = "hold out less (data.split)" if name == "train" else f"make data.split.{name} larger"
            raise DataError(f"{data.path}: the {SPLIT_NAMES[name]} split has no two {data.level}; {todo}")
    train = found["train"] or found["test"]
    if train is None:
        raise ValueError("the checks let no empty training split through")
    return train, found["validation"], found["test"]
