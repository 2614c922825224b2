"""A long text as its tokens, one number each, where a string each would take forty bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.sequences import Ints
from rnnctl.data.tokens import tokenise
from rnnctl.data.vocabulary import encode

CHUNK = 1 << 20
"""Characters that are looked at at a time."""
_CHARACTERS = 0x110000  # that Unicode has room for


class Characters:
    """The characters of a text.

    Args:
        text: Without lone surrogates.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __len__(self) -> int:
        return len(self._text)

    def counts(self, count: int) -> pl.DataFrame:
        """How often each of the first ``count`` tokens stands there: columns ``token`` and ``count``."""
        found: Ints = np.zeros(_CHARACTERS, np.int64)
        for points in self._points(min(count, len(self))):
            some = np.bincount(points)
            found[: len(some)] += some
        used = np.flatnonzero(found)
        return pl.DataFrame({"token": [chr(point) for point in used.tolist()], "count": found[used]})

    def codes(self, vocabulary: Sequence[str]) -> Iterator[npt.NDArray[np.int32]]:
        """The place of each token in a vocabulary; 0, the unknown token's, where it is not in it; piece by piece."""
        places: npt.NDArray[np.int32] = np.zeros(_CHARACTERS, np.int32)
        for place, token in enumerate(vocabulary):
            if len(token) == 1:
                places[ord(token)] = place
        for points in self._points(len(self)):
            yield places.take(points)

    def _points(self, stop: int) -> Iterator[npt.NDArray[np.uint32]]:
        for start in range(0, stop, CHUNK):
            yield np.frombuffer(self._text[start : min(stop, start + CHUNK)].encode("utf-32-le"), dtype="<u4")


class Words:
    """The words and punctuation marks of a text, as numbers of its different ones."""

    def __init__(self, text: str, *, lowercase: bool, chunk: int = CHUNK) -> None:
        pieces = [
            tokenise(pl.Series([piece]), "words", lowercase=lowercase)[0].cast(pl.Categorical)
            for piece in _pieces(text, chunk)
        ]
        self._tokens = pl.concat(pieces)

    def __len__(self) -> int:
        return len(self._tokens)

    def counts(self, count: int) -> pl.DataFrame:
        """See `Characters.counts`."""
        tokens, times = self._tokens.head(count).value_counts(name="count").get_columns()
        return pl.DataFrame({"token": tokens.cast(pl.String), "count": times})

    def codes(self, vocabulary: Sequence[str]) -> Iterator[npt.NDArray[np.int32]]:
        """See `Characters.codes`."""
        own, different = self._tokens.to_physical().to_numpy(), self._tokens.unique()
        places = np.zeros(int(own.max(initial=0)) + 1, np.int32)
        places[different.to_physical().to_numpy()] = encode(different.cast(pl.String), vocabulary)
        yield places.take(own)


def _pieces(text: str, size: int) -> Iterator[str]:
    """The text, cut after white space, which no word holds."""
    space, start = re.compile(r"\s"), 0
    while start < len(text):
        found = space.search(text, start + size)
        end = found.end() if found else len(text)
        yield text[start:end]
        start = end
