"""Numbers, lists and commands in messages: significant digits, units of time, "a, b or c", "a, b and 4 more"."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

_WRITTEN_OUT = 1e9


def short(value: float | None, digits: int = 4) -> str:
    """A number with so many significant digits; 6208.0 is ``6208``, 3.1e-9 is ``3.100e-09``, None a dash.

    A larger whole part is written out below 1e9: 95203.4 is ``95,203``.
    """
    if value is None:
        return "–"
    text = f"{value:#.{digits}g}".removesuffix(".")
    return f"{value:,.0f}" if "e+" in text and abs(value) < _WRITTEN_OUT else text


def bound(value: float) -> str:
    """A number with six significant digits; a larger whole part is written out below 1e9: ``90.25``, ``1600000``."""
    text = f"{value:.6g}"
    return f"{value:.0f}" if "e+" in text and abs(value) < _WRITTEN_OUT else text


def percent(part: float | None, whole: float = 1) -> str:
    """A share in percent: ``27 %``, ``1.1 %``, ``0.04 %``, ``under 0.01 %``; ``100 %`` only where it is all of it.

    None, NaN and a share of nothing are a dash.
    """
    share = math.nan if part is None or not whole else 100 * part / whole
    if math.isnan(share):
        return "–"
    if 0 < share < 0.01:
        return "under 0.01 %"
    if 99 < share < 100:
        return f"{math.floor(10 * share) / 10:.1f} %"
    text = f"{share:.{0 if share >= 10 else 1 if share >= 1 else 2}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def aligned(cells: Sequence[str], space: str = " ") -> list[str]:
    """Cells with spaces after them, so that the points of plain numbers stand below each other at the right."""
    digits = [len(cell.partition(".")[2]) + ("." in cell) if _PLAIN.fullmatch(cell) else None for cell in cells]
    most = max((count for count in digits if count is not None), default=0)
    return [cell if count is None else cell + space * (most - count) for cell, count in zip(cells, digits, strict=True)]


_PLAIN = re.compile(r"[-−+]?[\d,]+(?:\.\d+)?")


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """A number of things: ``1 step``, ``6,208 weights``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def listed(items: Sequence[str], last: str = "or") -> str:
    """All items: ``a``, ``a or b``, ``a, b or c``."""
    return f"{', '.join(items[:-1])} {last} {items[-1]}" if len(items) > 1 else "".join(items)


def command(*words: object) -> str:
    """A command of rnnctl as it is typed in a shell: ``rnnctl resume 'my runs/shop-7'``."""
    typed = [f"./{word}" if isinstance(word, Path) and str(word).startswith("-") else str(word) for word in words]
    return shlex.join(["rnnctl", *typed])


def first_few(items: Iterable[str], most: int, total: int | None = None, separator: str = ", ") -> str:
    """The first items and the number of the others (of ``total``): ``a, b and 4 more``, ``a; b; and 4 more``."""
    every = list(items)
    named = every[:most]
    rest = (len(every) if total is None else total) - len(named)
    if rest <= 0:
        return separator.join(named)
    return f"{separator.join(named)}{' ' if separator == ', ' else separator}and {rest:,} more"


def cut(text: str, width: int) -> str:
    """The text, or as much of it as fits into ``width`` characters, ended by an ellipsis."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def duration(seconds: float) -> str:
    """Seconds in two units at most: ``0.21 ms``, ``8.1 s``, ``3 min 5 s``, ``2 h 10 min``; a dash if not finite."""
    if not -math.inf < seconds < math.inf:
        return "–"
    if seconds < 1:
        return f"{1000 * seconds:.2g} ms" if seconds < 0.0995 else f"{1000 * seconds:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
