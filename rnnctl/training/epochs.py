"""What is laid out anew for every epoch, and remembered for a while: steps ask for it one by one."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

Made = TypeVar("Made")

_REMEMBERED = 4
"""Epochs: the one that steps are taken in, the one that batches are prepared of, and some to look back at."""


def remembered(make: Callable[[int], Made], *, differ: bool) -> Callable[[int], Made]:
    """Makes a function that lays an epoch out once.

    Args:
        make: Lays out one epoch, numbered from 1.
        differ: Whether epochs differ; otherwise the first stands for all.

    Returns:
        The same function, with the last few epochs remembered; several threads may call it.
    """
    made = lru_cache(maxsize=_REMEMBERED)(make)
    return made if differ else lambda _: made(1)
