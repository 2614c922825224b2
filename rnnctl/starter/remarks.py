"""What becomes of each column of a file, and what is doubtful about it: one list for `init`, its config and `check`.

Each column has one `Remark` that says its use, a key of ``data`` or `LEFT_OUT` (`column_uses`); and one more,
`DOUBTFUL`, for each thing that a person should decide. `init` tells them on the terminal, its config holds them as
comments, and `check` finds them again from the file and the config.

Who looks at cells says what is wrong with them where the column is described (`column_guess`): ``why``, ``at`` and
``option`` of a `ColumnGuess` are the remark of a column that is left out; ``doubts`` are those of one that is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rnnctl.util.format import cut, first_few

LEFT_OUT = "left out"
DOUBTFUL = "doubtful"
READ = "read"
MISSING = "missing"

_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Remark:
    """The use of a column and its reason, or a doubt.

    Attributes:
        column: Its name; empty where it is about the whole file.
        use: A key of ``data``, `LEFT_OUT`, `DOUBTFUL`, `READ` of how the file is read, or `MISSING` of a mark for
            missing values.
        reason: Why, or what is doubtful.
        at: The cells that show it and where they are: ``'2.596' in line 2``.
        option: What settles it, as an order to a person: ``set data.time_format``.
    """

    column: str
    use: str
    reason: str
    at: str = ""
    option: str = ""

    @property
    def text(self) -> str:
        """All but the column and its use."""
        return f"{self.reason}{f' ({self.at})' if self.at else ''}{f'; {self.option}' if self.option else ''}"


def grouped(remarks: Iterable[Remark]) -> dict[str, tuple[Remark, ...]]:
    """A note for all remarks of the same use, reason and option, with the cells of the first; and these remarks."""
    groups: dict[tuple[str, str, str], list[Remark]] = {}
    for remark in remarks:
        groups.setdefault((remark.use, remark.reason, remark.option), []).append(remark)
    return {_note(same): tuple(same) for same in groups.values()}


def _note(same: Sequence[Remark]) -> str:
    names = quoted([remark.column for remark in same if remark.column])
    first = same[0] if len(same) == 1 or not same[0].at else replace(same[0], at=f"such as {same[0].at}")
    return f"{names}: {first.text}" if names else first.text


def quoted(names: Sequence[str]) -> str:
    """The first names, quoted."""
    return first_few([repr(cut(name, 40)) for name in names], _MOST_NAMES)
