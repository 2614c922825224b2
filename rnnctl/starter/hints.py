"""What columns are called: words in a name that hint at what the column is for."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def name_words(name: str) -> set[str]:
    """The words that a column's name is made of, in lower case: ``unique_id`` and ``uniqueId`` are {unique, id}."""
    return {word.casefold() for word in _WORD.findall(name)} or {name.casefold()}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TIME_WORDS = _words(
    """time date datetime timestamp ds year month week day hour minute second step t frame position pos place row index
    click tick period epoch order turn"""
)
"""Names of columns that order rows."""

SERIES_WORDS = _words(
    """id series sequence seq session utterance user customer client store shop sensor device station symbol ticker
    item product sku clip image melody patient subject machine unit group entity household meter city country region
    sample trip video document doc recording run game match account"""
)
"""Names of columns that tell series apart."""

LABEL_WORDS = _words(
    """label labels class classes target y category tag tags speaker digit direction outcome diagnosis sentiment feeling
    rating intent emotion gesture activity species genre answer result"""
)
"""Names of columns that somebody wants to know."""

VALUE_WORDS = (
    "value values sales sold demand load consumption usage revenue close passengers visits traffic power energy "
    "production temperature temp count quantity amount price level flow height rate"
)
"""Names of numbers that somebody wants to forecast, the likeliest first."""

SPLIT_WORDS = _words("split set subset fold partition part usage")
"""Names of columns that say what is held out."""


def value_rank(name: str) -> int | None:
    """How likely a name is that of a number to forecast, 0 the likeliest; None where it says nothing."""
    words = name_words(name)
    return next((rank for rank, word in enumerate(VALUE_WORDS.split()) if word in words), None)


def hints_at(words: frozenset[str], name: str) -> bool:
    """Whether a name holds one of the words."""
    return not words.isdisjoint(name_words(name))
