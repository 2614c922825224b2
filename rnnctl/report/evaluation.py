"""An evaluation as a page: the verdict, scores beside baselines, stretches of time, and pictures of the answers."""

from __future__ import annotations

from datetime import UTC, datetime

from rnnctl import __version__
from rnnctl.report import run_figures as figures
from rnnctl.report.evaluation_words import PREVIOUS, evaluation_facts, fold_table, folds_sentence, score_table, verdict
from rnnctl.report.markup import Html, bullet_list, table, tag
from rnnctl.report.page import Figure, page
from rnnctl.report.panels import panel
from rnnctl.results.evaluation import Confusion, Evaluation
from rnnctl.util.format import counted


def evaluation_page(found: Evaluation) -> str:
    """Draws an evaluation as one self-contained HTML page.

    Args:
        found: The evaluation.

    Returns:
        The whole file.
    """
    drawn: dict[str, Figure] = {}
    said = verdict(found)
    titles, rows = score_table(found.scores)
    told = tag("p", PREVIOUS, class_="dim") if "previous" in found.scores.baselines else Html()
    body = tag(
        "main",
        tag(
            "header",
            tag("p", "rnnctl evaluate", class_="tool"),
            tag("h1", found.run),
            tag("p", " · ".join(evaluation_facts(found)), class_="facts"),
        ),
        tag(
            "section",
            tag("div", said.word or "nothing to compare with", class_="word"),
            tag("h2", said.sentence.removeprefix(said.word).lstrip()),
            class_=f"verdict {said.tone}",
        ),
        tag("section", tag("h2", "Scores"), table(titles, rows, best=0 if said.word == "better" else None), told),
        _folds(found),
        tag("noscript", tag("p", "The pictures need JavaScript; everything else is here.")),
        _answers(found, drawn),
        bullet_list(found.notes, class_="told notes"),
        tag("footer", f"rnnctl {__version__} · drawn {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
    )
    return page(found.run, body, drawn)


def _folds(found: Evaluation) -> Html:
    if not found.folds:
        return Html()
    titles, rows = fold_table(found)
    return tag("section", tag("h2", "Stretches of time"), tag("p", folds_sentence(found)), table(titles, rows))


def _answers(found: Evaluation, drawn: dict[str, Figure]) -> Html:
    """A confusion matrix, or forecasts beside what is true."""
    if isinstance(found.results, Confusion):
        drawn["answers"] = figures.confusion(found.results)
        right = sum(row[at] for at, row in enumerate(found.results.counts))
        note = f"{right:,} of {counted(sum(map(sum, found.results.counts)), 'answer')} right. A row is a true class."
        height = 200 + 26 * min(len(found.results.classes), 40)
        return tag("section", panel("answers", "Confusion matrix", note, height=height))
    panels = []
    for number, line in enumerate(found.results):
        drawn[f"answers-{number}"] = figures.forecast(line)
        heading = line.output if line.series is None else f"{line.output} of {line.series}"
        note = "What the network says beside what is true, in the data’s own units."
        panels.append(panel(f"answers-{number}", heading, note, class_="wide"))
    return tag("section", tag("div", *panels, class_="grid")) if panels else Html()
