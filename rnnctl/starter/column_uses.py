"""The use of each column of a file, and why the others are left out; the same for `init` and `check`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rnnctl.starter.column_guess import ColumnGuess
from rnnctl.starter.remarks import LEFT_OUT, Remark
from rnnctl.starter.target_guess import is_identifier, is_useless

NOT_CHOSEN = "usable, and not chosen"


def remarks_on(
    columns: Sequence[ColumnGuess], uses: Mapping[str, str], still: frozenset[str], reasons: Mapping[str, str] = {}
) -> Iterator[Remark]:
    """One remark for each column with its use, and the doubts about those that are used.

    Args:
        columns: The columns of the file.
        uses: The key of ``data`` that names a column, by the names of those that are used.
        still: Names of columns that do not change in the training rows.
        reasons: Reasons of the uses, by key of ``data``; what a column holds is the reason of the others.
    """
    for column in columns:
        if column.name in uses:
            use = uses[column.name]
            yield Remark(column.name, use, reasons.get(use, column.why))
            yield from column.doubts
        else:
            yield why_left_out(column, still)


def why_left_out(column: ColumnGuess, still: frozenset[str] = frozenset()) -> Remark:
    """Why a column is not used, and what a person does to use it."""
    if column.kind == "unusable":
        return column.unusable
    why, at, option = NOT_CHOSEN, column.why, "name it in data.features to use it"
    if column.distinct <= 1:
        why, at, option = "it never changes", "", ""
    elif useless := is_useless(column):
        why, at, option = useless, "", ""
        if is_identifier(column):
            at = column.why
            option = "name it in data.series if it tells sequences apart" if column.repeats else ""
    elif column.name in still:
        why, at, option = "it never changes in the rows that come first, which are for training", "", ""
    elif column.kind == "date":
        why, option = "dates that order no rows", "name it in data.time if it does"
    return Remark(column.name, LEFT_OUT, why, at, option)
