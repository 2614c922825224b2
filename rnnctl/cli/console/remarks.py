"""What `init` did with the columns of a file: the target, the other uses, what is doubtful, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rnnctl.cli.console.lines import labelled
from rnnctl.cli.console.style import Style
from rnnctl.starter.remarks import DOUBTFUL, LEFT_OUT, MISSING, READ, Remark, grouped, quoted
from rnnctl.util.format import counted

MOST_LINES = 10
"""Most lines, the last one for what does not fit."""

TEXT_START = 12
_USES = ("time", "series", "features", "known", "static", "split.column")


def remark_lines(remarks: Sequence[Remark], style: Style) -> list[str]:
    """The lines, the most important first."""
    lines: list[str] = []
    parts = [*_uses(remarks), *_others(remarks)]
    for place, (label, text, _) in enumerate(parts):
        dress = style.worrying if label == DOUBTFUL else style.dim
        more = labelled(label, [text], style, dress=dress, start=TEXT_START)
        if len(lines) + len(more) > MOST_LINES - (place < len(parts) - 1):
            rest = sum(count for _, _, count in parts[place:])
            return [*lines, f"  … and {counted(rest, 'more remark')}, in the config's comments"]
        lines += more
    return lines


def _uses(remarks: Sequence[Remark]) -> Iterator[tuple[str, str, int]]:
    """The target, the columns of each other use, and how the file is read: label, text and number of remarks."""
    for remark in remarks:
        if remark.use == "target":
            yield "target", f"{quoted([remark.column])}: {remark.reason}", 1
    said = []
    for use in _USES:
        found = [remark for remark in remarks if remark.use == use]
        if names := [remark.column for remark in found if remark.column]:
            said.append(f"{use} {quoted(names)}")
        said += [remark.reason for remark in found if not remark.column]
    read, marks = ([remark.reason for remark in remarks if remark.use == use] for use in (READ, MISSING))
    for label, texts, between, begin in (
        ("used", said, " · ", ""),
        (READ, read, " · ", ""),
        (MISSING, marks, "; ", "taken as missing: "),
    ):
        if texts:
            yield label, begin + between.join(texts), len(texts)


def _others(remarks: Sequence[Remark]) -> Iterator[tuple[str, str, int]]:
    """What is doubtful, and what is left out: label, text and number of remarks."""
    doubts = [remark for remark in remarks if remark.use == DOUBTFUL]
    doubted = {remark.column for remark in doubts}
    out = [remark for remark in remarks if remark.use == LEFT_OUT and remark.column not in doubted]
    out.sort(key=lambda remark: not remark.option)  # what a person can do something about stands first
    for note, same in grouped([*doubts, *out]).items():
        yield same[0].use, note, len(same)
