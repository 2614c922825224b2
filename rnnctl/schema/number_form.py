"""How the numbers of a column are written."""

from __future__ import annotations

from typing import NamedTuple


class NumberForm(NamedTuple):
    """How the numbers of a column are written as text.

    Attributes:
        decimal: The mark before decimals.
        thousands: The mark between groups of digits; empty where there is none.
        unit: What stands before or after each number; empty where nothing does.
        notes: Marks of footnotes that may stand beside a number.
    """

    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    notes: tuple[str, ...] = ()
