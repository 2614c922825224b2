"""The screen of ``rnnctl evaluate``: scores beside baselines, an honest word, folds, and a picture."""

from __future__ import annotations

import textwrap

from rnnctl.cli.console.evaluation_pictures import confusion_text, forecast_plot
from rnnctl.cli.console.lines import named_lines
from rnnctl.cli.console.style import Style, printable
from rnnctl.cli.console.table import table
from rnnctl.report.evaluation_words import PREVIOUS, evaluation_facts, fold_table, folds_sentence, score_table, verdict
from rnnctl.results.evaluation import Confusion, Evaluation
from rnnctl.util.format import cut

WIDEST = 100
"""Characters of a sentence's line at most."""


def evaluation_text(found: Evaluation, style: Style) -> str:
    """Everything that was found, no line longer than the style's width."""
    blocks = [
        named_lines(found.run, evaluation_facts(found), style),
        _scores_text(found, style),
        verdict_text(found, style),
    ]
    if found.folds:
        titles, rows = fold_table(found)
        sentence = style.dim(_filled(folds_sentence(found), style))
        blocks.append(sentence + "\n" + printable(table(titles, rows, style)))
    if isinstance(found.results, Confusion):
        blocks.append(confusion_text(found.results, style))
    elif (plot := forecast_plot(found.results, style)) is not None:
        blocks.append(plot)
    return "\n\n".join(blocks)


def _scores_text(found: Evaluation, style: Style) -> str:
    titles, rows = score_table(found.scores)
    lines = table(titles, rows, style).split("\n")
    lines[1] = style.bold(lines[1])
    notes = [style.dim(cut(PREVIOUS, style.width))] if "previous" in found.scores.baselines else []
    return "\n".join([*lines, *notes])


def verdict_text(found: Evaluation, style: Style) -> str:
    """Whether the network is worth having, its word dressed."""
    said = verdict(found)
    text = _filled(said.sentence, style)
    if not said.word:
        return style.dim(text)
    dressed = style.good(said.word) if said.word == "better" else style.worrying(said.word)
    return dressed + text[len(said.word) :]


def _filled(text: str, style: Style) -> str:
    return textwrap.fill(text, min(style.width, WIDEST), break_on_hyphens=False)
