"""Texts as tokens: words and punctuation marks, or characters."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from rnnctl.data.sequences import Ints
from rnnctl.data.vocabulary import END, START
from rnnctl.tables.frames import replaced

WORD = r"[\p{L}\p{N}]+(?:['’\-][\p{L}\p{N}]+)*|[^\s\p{L}\p{N}]"
"""A word, with apostrophes and hyphens inside it, or one punctuation mark; as Rust's regular expressions have it."""

_NO_SPACE_BEFORE = re.compile(r"^[.,;:!?)\]}…%’”]+$")
_NO_SPACE_AFTER = re.compile(r"^[(\[{“‘]+$")


def tokenise(texts: pl.Series, level: str, *, lowercase: bool) -> pl.Series:
    """Cuts texts into tokens.

    Args:
        texts: Strings; a null is a text without tokens.
        level: ``words`` or ``characters``.
        lowercase: Whether tokens that differ only in case are the same.

    Returns:
        A list of strings for each text.
    """
    texts = texts.fill_null("")
    if lowercase:
        texts = texts.str.to_lowercase()
    return texts.str.extract_all(WORD) if level == "words" else texts.str.extract_all(r"(?s).")


def with_missing(tokens: pl.Series) -> pl.Series:
    """Puts one token that is missing into each text without any."""
    none = pl.lit(pl.Series([[None]], dtype=pl.List(pl.String)))
    frame = pl.DataFrame({"tokens": tokens})
    filled = pl.when(pl.col("tokens").list.len() == 0).then(none).otherwise(pl.col("tokens"))
    return frame.select(filled.alias("tokens")).to_series()


def between_ends(tokens: pl.Series) -> pl.Series:
    """Puts a start token before the first and an end token after the last token of each text."""
    frame = pl.DataFrame({"tokens": tokens})
    whole = pl.concat_list(pl.lit([START]), pl.col("tokens"), pl.lit([END]))
    return frame.select(whole.alias("tokens")).to_series()


def explode(frame: pl.DataFrame, name: str, tokens: pl.Series) -> tuple[pl.DataFrame, Ints]:
    """Makes a row of every token; the other columns are repeated.

    Args:
        frame: A row for each text.
        name: The column of texts.
        tokens: Its tokens, a list for each row.

    Returns:
        The longer frame, with tokens in that column, and each of its rows' row of ``frame`` (int64).
    """
    counts = tokens.list.len().to_numpy().astype(np.int64)
    origin = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    flat = tokens.filter(pl.Series(counts > 0)).list.explode()
    if frame.width == 1:  # Polars takes a frame without columns for one without rows
        return flat.alias(name).to_frame(), origin
    others = [column for column in frame.columns if column != name]  # drop() would take * for all of them
    return replaced(frame[others][origin], {name: flat}), origin


def join(tokens: list[str], level: str) -> str:
    """Tokens as readable text; words are set apart by spaces, punctuation marks as people set them."""
    if level != "words":
        return "".join(tokens)
    text, glue = "", False
    for token in tokens:
        if text and not glue and not _NO_SPACE_BEFORE.match(token):
            text += " "
        text += token
        glue = bool(_NO_SPACE_AFTER.match(token))
    return text
