"""An evaluation as a page: the verdict, scores beside baselines, stretches of time, predictions beside the truth."""

from __future__ import annotations

from collections.abc import Iterator

from rnnctl.report.evaluation_words import evaluation_facts, evaluation_tables, verdict
from rnnctl.report.markup import Html, bullet_list, capital, tag
from rnnctl.report.page import Figure
from rnnctl.report.panels import score_section, titled_page, verdict_section
from rnnctl.report.predictions import prediction_panels
from rnnctl.results.evaluation import Evaluation


def evaluation_page(found: Evaluation) -> str:
    """Draws an evaluation as one self-contained HTML page, the text of the whole file."""
    drawn: dict[str, Figure] = {}
    return titled_page("evaluate", found.run, evaluation_facts(found), list(_sections(found, drawn)), drawn)


def _sections(found: Evaluation, drawn: dict[str, Figure]) -> Iterator[Html]:
    said = verdict(found)
    yield verdict_section(said.word or "nothing to compare with", said.tone, capital(said.sentence))
    for place, one in enumerate(evaluation_tables(found)):
        yield score_section(one, 0 if said.word == "better" and not place else None)
    if panels := prediction_panels(found.results, "answers", drawn, one="answer"):
        yield tag("section", tag("div", *panels, class_="grid"))
    yield bullet_list(found.notes, class_="told notes")
