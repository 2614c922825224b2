"""Texts as tokens: words and punctuation marks, or characters."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from rnnctl.data.sequences import Ints
from rnnctl.data.vocabulary import END, START
from rnnctl.schema.column_kinds import CharactersColumn, WordsColumn
from rnnctl.schema.table import TableData
from rnnctl.tables.frames import replaced

WORD = r"[\p{L}\p{N}]+(?:['’\-][\p{L}\p{N}]+)*|[^\s\p{L}\p{N}]"
"""A word, with apostrophes and hyphens inside it, or one punctuation mark; as Rust's regular expressions have it."""

_NO_SPACE_BEFORE = re.compile(r"^[.,;:!?)\]}…%’”]+$")
_NO_SPACE_AFTER = re.compile(r"^[(\[{“‘]+$")


def tokenise(texts: pl.Series, level: str, *, lowercase: bool) -> pl.Series:
    """Cuts each text into a list of tokens, ``words`` or ``characters``; a null has none."""
    texts = texts.fill_null("")
    if lowercase:
        texts = texts.str.to_lowercase()
    return texts.str.extract_all(WORD) if level == "words" else texts.str.extract_all(r"(?s).")


def text_tokens(data: TableData, texts: pl.Series) -> pl.Series:
    """Cuts texts of a table's column of text into lists of tokens."""
    column = data.column(data.text or "")
    if not isinstance(column, WordsColumn | CharactersColumn):
        raise TypeError("the table has no column of text")
    return tokenise(texts, column.kind, lowercase=column.lowercase)


def with_missing(tokens: pl.Series) -> pl.Series:
    """Puts one token that is missing into each text without any."""
    none = pl.Series([[None]], dtype=pl.List(pl.String))
    return tokens.zip_with(tokens.list.len() > 0, none.new_from_index(0, len(tokens)))


def between_ends(tokens: pl.Series) -> pl.Series:
    """Puts a start token before the first and an end token after the last token of each text."""
    return tokens.to_frame("tokens").select(pl.concat_list(pl.lit([START]), "tokens", pl.lit([END]))).to_series()


def explode(frame: pl.DataFrame, name: str, tokens: pl.Series) -> tuple[pl.DataFrame, Ints]:
    """Makes a row of every token of the texts in column ``name``; the other columns are repeated.

    Returns:
        The longer frame, and each of its rows' row of ``frame`` (int64).
    """
    counts = tokens.list.len().to_numpy().astype(np.int64)
    origin = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    flat = tokens.filter(pl.Series(counts > 0)).list.explode()
    if frame.width == 1:  # Polars takes a frame without columns for one without rows
        return flat.alias(name).to_frame(), origin
    others = [column for column in frame.columns if column != name]  # drop() would take * for all of them
    return replaced(frame[others][origin], {name: flat}), origin


def join(tokens: list[str], level: str) -> str:
    """Tokens as readable text, with spaces between words and around punctuation marks as people write them."""
    if level != "words":
        return "".join(tokens)
    text, glue = "", False
    for token in tokens:
        if text and not glue and not _NO_SPACE_BEFORE.match(token):
            text += " "
        text += token
        glue = bool(_NO_SPACE_AFTER.match(token))
    return text
