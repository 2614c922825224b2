"""Numbers as people read them: few digits, the same width, from 1e-12 to 1e12. Knows nothing of the program."""

from __future__ import annotations

import math


def short(value: float | None, digits: int = 4) -> str:
    """A number for running text with so many significant digits; a dash for None.

    1.4158 is ``1.416``, 6208.0 is ``6208``, 3.1e-9 is ``3.100e-09``.
    """
    return "–" if value is None else f"{value:#.{digits}g}".removesuffix(".")


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """A number of things: ``1 step``, ``6,208 weights``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def duration(seconds: float) -> str:
    """A stretch of time in two units at most: ``0.21 ms``, ``8.1 s``, ``3 min 5 s``, ``2 h 10 min``.

    A dash for what is not finite.
    """
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
