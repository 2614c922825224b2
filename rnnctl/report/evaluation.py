"""An evaluation as a page: the verdict, scores beside baselines, stretches of time, predictions beside the truth."""

from __future__ import annotations

from collections.abc import Iterator

from rnnctl.report.evaluation_parts import part_tables
from rnnctl.report.evaluation_words import (
    PREVIOUS,
    evaluation_facts,
    fold_table,
    folds_sentence,
    over_sentence,
    score_table,
    verdict,
)
from rnnctl.report.markup import Html, bullet_list, table, tag
from rnnctl.report.page import Figure
from rnnctl.report.panels import titled_page, verdict_section
from rnnctl.report.predictions import prediction_panels
from rnnctl.results.evaluation import Evaluation


def evaluation_page(found: Evaluation) -> str:
    """Draws an evaluation as one self-contained HTML page, the text of the whole file."""
    drawn: dict[str, Figure] = {}
    return titled_page("evaluate", found.run, evaluation_facts(found), list(_sections(found, drawn)), drawn)


def _sections(found: Evaluation, drawn: dict[str, Figure]) -> Iterator[Html]:
    said = verdict(found)
    sentence = said.sentence.removeprefix(said.word).lstrip()
    yield verdict_section(said.word or "nothing to compare with", said.tone, sentence)
    scores = table(*score_table(found.scores), best=0 if said.word == "better" else None)
    previous = tag("p", PREVIOUS, class_="dim") if "previous" in found.scores.baselines else Html()
    over = over_sentence(found)
    yield tag("section", tag("h2", "Scores"), scores, previous, tag("p", over, class_="dim") if over else Html())
    for part in part_tables(found):
        note = tag("p", part.note, class_="dim") if part.note else Html()
        yield tag("section", tag("h2", f"By {part.heading}"), table(part.titles, part.rows), note)
    if found.folds:
        yield tag("section", tag("h2", "Stretches of time"), tag("p", folds_sentence(found)), table(*fold_table(found)))
    if panels := prediction_panels(found.results, "answers", drawn, one="answer"):
        yield tag("section", tag("div", *panels, class_="grid"))
    yield bullet_list(found.notes, class_="told notes")
