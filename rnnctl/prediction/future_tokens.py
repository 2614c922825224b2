"""Texts with room for the tokens that are to be predicted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Preparation
from rnnctl.data.sequences import Sequences
from rnnctl.data.table_dataset import make_dataset
from rnnctl.data.text_dataset import COLUMN, tokens_dataset
from rnnctl.data.tokens import text_tokens, tokenise
from rnnctl.data.vocabulary import encode
from rnnctl.errors import DataError
from rnnctl.prediction.future_rows import Extended
from rnnctl.sources.text import TextData
from rnnctl.tables.frames import column_of, replaced
from rnnctl.tables.table import Table
from rnnctl.util.format import first_few

FILLER = "0"
"""A token in place of a future one; a single token at every level."""


def prompt_to_continue(data: TextData, prompt: str, known: Preparation, steps: int) -> Extended:
    """A text to be continued, encoded as the run's text.

    Raises:
        DataError: The text holds no token.
    """
    tokens = tokenise(pl.Series([prompt]), data.level, lowercase=data.lowercase)[0]
    if not len(tokens):
        raise DataError(f"the text to continue holds none of the {data.level} that this run learnt from; give some")
    vocabulary = known.vocabularies[COLUMN]
    count = len(tokens)
    values = np.zeros((count + steps, 1), dtype=np.float32)
    values[:count, 0] = encode(tokens, vocabulary)
    unknown = tokens.filter(pl.Series(values[:count, 0] == 0)).unique(maintain_order=True).to_list()
    sequences = Sequences(values, values, np.zeros(1, np.int64), np.full(1, count), "each", 1)
    dataset = tokens_dataset(data, vocabulary, (sequences, None, sequences))
    at = np.zeros(1, dtype=np.int64)
    first = first_few(map(repr, unknown), 5)
    note = f"these {data.level} of the text are not in the run's vocabulary, and are shown as unknown ones: {first}"
    return Extended(dataset, at + count - 1, at, at, (note,) if unknown else ())


def texts_to_continue(config: Config, table: Table, known: Preparation, steps: int) -> Extended:
    """The texts of a table's column, each to be continued; an empty one is to be begun."""
    name = str(table.data.text)
    texts = column_of(table.frame, name).fill_null("")
    counts = text_tokens(table.data, texts).list.len().to_numpy().astype(np.int64)
    between = " " if table.data.column(name).kind == "words" else ""
    room = between + between.join([FILLER] * steps)
    longer = replace(table, frame=replaced(table.frame, {name: texts + room}))
    dataset = make_dataset(longer, per_step=config.model.return_sequences, known=known, unlabelled=True)
    begin = dataset.order.begin
    # A text's rows: the start token, its own tokens, the room, the end token.
    return Extended(dataset, begin + counts, begin, np.arange(len(begin), dtype=np.int64), dataset.notes)
