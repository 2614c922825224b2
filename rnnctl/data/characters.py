"""A text as its characters: one number each, where a string each would take forty bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

CHARACTERS = 0x110000
"""Characters that Unicode has room for."""


class Characters:
    """The characters of a text.

    Args:
        text: Without lone surrogates.
    """

    def __init__(self, text: str) -> None:
        self._points = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")

    def __len__(self) -> int:
        return len(self._points)

    def counts(self, count: int) -> pl.DataFrame:
        """How often each of the first ``count`` characters stands there: columns ``token`` and ``count``."""
        found = np.bincount(self._points[:count], minlength=CHARACTERS)
        used = np.flatnonzero(found)
        return pl.DataFrame({"token": [chr(point) for point in used.tolist()], "count": found[used]})

    def encode(self, tokens: Sequence[str]) -> npt.NDArray[np.int32]:
        """The place of each character in a vocabulary; 0, the unknown token's, where it is not in it."""
        places: npt.NDArray[np.int32] = np.zeros(CHARACTERS, np.int32)
        for place, token in enumerate(tokens):
            if len(token) == 1:
                places[ord(token)] = place
        return places.take(self._points)
