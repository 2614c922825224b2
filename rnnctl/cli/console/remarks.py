"""What `init` did with the columns of a file: the target, the other uses, what is doubtful, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rnnctl.cli.console.lines import labelled
from rnnctl.cli.console.style import Style
from rnnctl.starter.remarks import DOUBTFUL, LEFT_OUT, MISSING, Remark, grouped, quoted
from rnnctl.util.format import counted

MOST_LINES = 10
"""Most lines, the last one for what does not fit."""

TEXT_START = 12
_USES = ("time", "series", "features", "known", "static", "split.column")


def remark_lines(remarks: Sequence[Remark], style: Style) -> list[str]:
    """The lines, the most important first."""
    lines: list[str] = []
    for remark in remarks:
        if remark.use == "target":
            lines += labelled("target", [f"{quoted([remark.column])}: {remark.reason}"], style, start=TEXT_START)
    if uses := " · ".join(_uses(remarks)):
        lines += labelled("used", [uses], style, start=TEXT_START)
    if marks := [remark.reason for remark in remarks if remark.use == MISSING]:
        lines += labelled(MISSING, [f"taken as missing: {'; '.join(marks)}"], style, start=TEXT_START)
    doubts = [remark for remark in remarks if remark.use == DOUBTFUL]
    doubted = {remark.column for remark in doubts}
    out = [remark for remark in remarks if remark.use == LEFT_OUT and remark.column not in doubted]
    out.sort(key=lambda remark: not remark.option)  # what a person can do something about stands first
    groups = list(grouped([*doubts, *out]).items())
    for place, (note, same) in enumerate(groups):
        use = same[0].use
        dress = style.worrying if use == DOUBTFUL else style.dim
        more = labelled(use, [note], style, dress=dress, start=TEXT_START)
        if len(lines) + len(more) > MOST_LINES - (place < len(groups) - 1):
            rest = sum(len(same) for _, same in groups[place:])
            return [*lines, f"  … and {counted(rest, 'more remark')}, in the config's comments"]
        lines += more
    return lines


def _uses(remarks: Sequence[Remark]) -> Iterator[str]:
    """The columns of each use but the target."""
    for use in _USES:
        found = [remark for remark in remarks if remark.use == use]
        if names := [remark.column for remark in found if remark.column]:
            yield f"{use} {quoted(names)}"
        yield from (remark.reason for remark in found if not remark.column)
