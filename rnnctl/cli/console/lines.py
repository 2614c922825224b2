"""Lines of text: a name with what belongs to it, labelled texts, and a run's header, validations and ending."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

from rnnctl.cli.console.columns import GAP, LOSS, Columns
from rnnctl.cli.console.style import Style, shown_path
from rnnctl.report.run_words import NEVER_FINITE, best_validation, step_time
from rnnctl.results.training import DIVERGED, NetRecord, RunHeader, Summary, ValidationRecord
from rnnctl.scoring.measures import in_words
from rnnctl.util.format import counted, short
from rnnctl.util.printing import printable

TEXT_START = 13
"""Column of texts that have a label before them."""
_PERCENT = "\u00a0%"
"""A percent sign that stays beside its number."""
NARROW = 50
"""Width below which labels stand on lines of their own."""


def header_lines(header: RunHeader, style: Style) -> str:
    """What is trained, in one line; in several where the terminal is narrow."""
    parts = [
        header.cells,
        counted(header.weights, "weight"),
        header.loss,
        header.optimizer,
        f"{counted(header.sequences, 'sequence')} × {counted(header.time_steps, 'time step')} "
        f"× {counted(header.features, 'feature')}",
    ]
    if header.truncated is not None:
        parts.append(f"truncated at {counted(header.truncated, 'time step')}")
    return named_lines(header.name, parts, style)


def named_lines(name: str, parts: Sequence[str], style: Style) -> str:
    """A name and what belongs to it, separated by ``·``, broken between parts where a line is full."""
    name = printable(name).replace("\n", " ")
    indent = len(name) + len(GAP)
    if indent > style.width // 3 or indent + max(map(len, parts), default=0) > style.width:
        return "\n".join([style.bold(name), *(f"  {line}" for line in _filled(parts, style.width - 2))])
    return style.bold(name) + GAP + ("\n" + " " * indent).join(_filled(parts, style.width - indent))


def _filled(parts: Sequence[str], width: int) -> list[str]:
    lines: list[str] = []
    for part in map(printable, parts):
        if lines and len(lines[-1]) + 3 + len(part) <= width:
            lines[-1] += f" · {part}"
        else:
            lines.append(part)
    return lines


def labelled(
    label: str,
    texts: Sequence[str],
    style: Style,
    *,
    dress: Callable[[str], str] | None = None,
    indent: int = 2,
    start: int = TEXT_START,
) -> list[str]:
    """A label and the texts beside it, each on lines of its own; below it where the terminal is narrow.

    Args:
        label: One word; empty where the label above goes on.
        dress: The label's style; dim if not given.
        indent: Spaces before the label.
        start: Column of the texts, where the label is not longer.
    """
    narrow = style.width < NARROW
    start = 4 if narrow else max(start, indent + len(label) + 2)
    width = max(style.width - start, 8)
    one_line = (printable(text).replace("\n", " ") for text in texts)
    wrapped = (textwrap.wrap(text.replace(" %", _PERCENT), width, break_on_hyphens=False) for text in one_line)
    lines = [line.replace(_PERCENT, " %") for text in wrapped for line in text]
    shown = (dress or style.dim)(label) if label else ""
    if narrow or not lines:
        return [*([" " * indent + shown] if label else []), *(" " * start + line for line in lines)]
    first = " " * indent + shown + " " * (start - indent - len(label)) + lines[0]
    return [first, *(" " * start + line for line in lines[1:])]


def validation_text(record: ValidationRecord, columns: Columns, style: Style) -> str:
    """A validation, its loss below the steps' losses."""
    loss = f"{record.loss:#{LOSS}.5g}".removesuffix(".")
    line = f"{'val':>{columns.step}} {loss:>{LOSS}}{GAP}epoch {record.epoch}"
    return style.dim(line) + (" · " + style.good("best so far") if record.is_best else "")


def net_text(record: NetRecord) -> str:
    """What the training of a further net came to, in a line."""
    summary = record.summary
    text = f"{record.name} · loss {short(summary.first_loss, 5)} → {short(summary.final_loss, 5)}"
    text += f" in {counted(summary.steps, 'step')}"
    if summary.best_validation_loss is not None:
        text += " · " + best_validation(summary.best_validation_loss, summary.best_epoch)
    return text if summary.stopped in ("finished", "early stopping") else f"{text} · {summary.stopped}"


def summary_lines(summary: Summary, folder: Path | None, total_steps: int, style: Style) -> str:
    """What the run came to: first the losses, last what the network is worth, and in between what there is to tell."""
    lines = [_loss_line(summary, folder, style)]
    if summary.best_validation_loss is not None:
        lines.append(best_validation(summary.best_validation_loss, summary.best_epoch))
    if ending := ENDINGS.get(summary.stopped):
        done = f"{summary.steps:,} of {counted(total_steps, 'step')}"
        if summary.stopped == "early stopping" and summary.best_epoch is None:
            lines.append(f"stopped early after {done}, {printable(summary.worth) or DIVERGED + NEVER_FINITE}")
            return "\n".join(lines)
        why = f": {printable(summary.reason)}" if summary.reason else ""
        lines.append(ending.format(done=done, epoch=summary.best_epoch, why=why))
    if not summary.diverged and (metrics := in_words(summary.metrics)):
        lines.append("test " + " · ".join(metrics))
    if summary.worth:
        lines.append(printable(summary.worth))
    return "\n".join(lines)


ENDINGS = {
    "interrupted": "interrupted after {done}{why}; what was done is kept",
    "non-finite": "stopped after {done}: the loss or a gradient is not finite; every step is kept, the non-finite "
    "weights are not",
    "early stopping": "stopped early after {done}: no better validation loss since epoch {epoch}",
}
"""What is told of a run that ended before its last step."""

MUCH_WAITING = 0.05
"""Share of the steps' time spent waiting for batches from which on it is told."""


def _loss_line(summary: Summary, folder: Path | None, style: Style) -> str:
    text = "no step was taken"
    if summary.steps:
        text = f"loss {short(summary.first_loss, 5)} → {short(summary.final_loss, 5)} in "
        text += counted(summary.steps, "step")
        if summary.milliseconds_per_step is not None:
            waiting = summary.input_wait or 0.0
            waited = f", {100 * waiting:.0f} % of it waiting for batches" if waiting >= MUCH_WAITING else ""
            text += f" ({step_time(summary.milliseconds_per_step)}{waited})"
    if folder is None:
        return text
    place = f"run folder {shown_path(folder)}"
    return f"{text} · {place}" if len(text) + 3 + len(place) <= style.width else f"{text}\n{place}"
