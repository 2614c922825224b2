"""``rnnctl evaluate``."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from rnnctl.cli.console.evaluation_pictures import confusion_text, forecast_plot
from rnnctl.cli.console.lines import named_lines
from rnnctl.cli.console.style import Style, one_line, shown_path
from rnnctl.cli.console.table import table
from rnnctl.cli.options import (
    FILE,
    engine_option,
    force_option,
    html_option,
    interval_option,
    json_option,
    run_argument,
)
from rnnctl.cli.output import check_out, write_notes, write_page, write_result
from rnnctl.report.evaluation_parts import MODEL, ScoreTable
from rnnctl.report.evaluation_words import evaluation_facts, evaluation_tables, verdict
from rnnctl.results.evaluation import Confusion, Evaluation
from rnnctl.util.format import counted, cut
from rnnctl.util.printing import printable


@click.command()
@run_argument
@click.option("--data", metavar="FILE", type=FILE, help="Evaluate on another file's rows, all of them; - for stdin.")
@click.option(
    "--split",
    type=click.Choice(["test", "validation", "train"]),
    default="test",
    show_default=True,
    help="Which rows of the run's own data.",
)
@click.option("--folds", type=click.IntRange(min=2), help="Score forecasts in so many stretches of time, too.")
@click.option("--season", type=click.IntRange(min=1), help="Rows of a season; else it is looked for.")
@interval_option("Score the intervals that are to hold so many percent of the truth")
@click.option(
    "-o", "--out", metavar="FILE", type=FILE, help="Write all scores, a row a part, to a .csv or .parquet file."
)
@force_option
@engine_option
@json_option
@html_option
def evaluate(run: Path, out: Path | None, force: bool, as_json: bool, html: Path | None, **asked: Any) -> None:
    """Score a run's network on rows that it was not trained on, beside baselines that need none.

    \b
    Examples:
      rnnctl evaluate runs/sunspots-1
      rnnctl evaluate runs/sunspots-1 --folds 4 --html sunspots.html
      rnnctl evaluate runs/vowels-1 --json | jq .metrics
      rnnctl evaluate runs/sunspots-1 --data newer.csv
      rnnctl evaluate runs/sunspots-1 --interval 80 --interval 95
      rnnctl evaluate runs/shops-1 -o scores.csv         every series, target and row ahead

    Numbers: MAE, RMSE, MASE (below 1 is better than the naive forecast was on the training rows) and R², beside the
    last value seen (naive), the value a season before, and the mean. Of quantiles (loss: quantile) also the CRPS,
    and of each level the pinball loss and the share of what came true at or below it. Classes: accuracy, macro F1
    and cross-entropy in nats, beside the majority class. Next tokens: also bits and perplexity, beside Markov
    models of order 0, 1 and 2. Baselines are fitted on the training rows alone. An unknown token is no right
    answer.

    Metrics are pooled over all rows ahead and series; those of each target, row ahead and series follow, the worst
    first. Errors of several targets, which may be in different units, are never averaged; MASE is pooled over them, and
    R² is the mean of theirs.

    --folds tells how steady forecasts are: those of the split, each made from the rows before it, are scored in
    consecutive stretches of time. Nothing is trained again.

    --interval scores intervals around forecasts of numbers, calibrated on the validation rows (split conformal
    prediction), and those around each baseline's own forecasts: coverage (the share that holds the truth), mean width,
    pinball loss of the ends, and CRPS of the whole distribution. The page draws them as a fan.

    -o lists scores: a row for each target, row ahead and series, of the network and of each baseline. Rows with their
    ids, what was predicted beside what is given: rnnctl predict RUN --data FILE -o rows.csv.

    The results are kept in the run folder (test.json), where its report shows them.

    Exit codes: 0 done, 1 the run folder cannot be read, 2 usage error, 3 data error.
    """
    check_out(out, force=force)
    from rnnctl.workflows.evaluate import evaluate as score

    found = score(run, **asked)
    write_notes(found.notes)
    write_result("evaluation", found, evaluation_fields, evaluation_text, as_json=as_json)
    if out is not None:
        from rnnctl.runs.csv_export import write_table
        from rnnctl.workflows.scores_frame import scores_frame

        frame = scores_frame(found)
        write_table(out, frame, force=force)
        click.echo(f"{counted(frame.height, 'row')} in {shown_path(out)}", err=True)
    if html is not None:
        from rnnctl.report.evaluation import evaluation_page

        write_page(html, evaluation_page(found))


def evaluation_fields(found: Evaluation) -> dict[str, Any]:
    """An evaluation for JSON.

    ``metrics`` and ``baselines`` are by name (``rnnctl.scoring.scores``), ``quantiles`` holds an object for each
    target and level of predicted quantiles, ``between`` one for each interval between two of them, ``intervals``
    one for each level, target and number of rows ahead of the network (``model``) and of each baseline,
    ``by_target``, ``by_step`` and ``by_series`` an object a part with its own, ``over`` says what metrics are taken
    over, ``unbeaten`` names by metric the baselines that the network is not better than; ``folds`` holds an object
    a stretch. ``forecast`` holds the lines of truth and forecast, ``combination`` what forecasts are made of;
    ``confusion`` the classes and ``counts[truth][predicted]``.
    """
    fields = asdict(found)
    fields |= fields.pop("scores")
    for fold in fields["folds"]:
        scores = fold.pop("scores")
        fold |= {name: scores[name] for name in ("metrics", "baselines")}
    fields["confusion" if isinstance(found.results, Confusion) else "forecast"] = fields.pop("results")
    return fields


LABEL = 24
"""Characters of a part's name at most."""

WIDEST = 100
"""Characters of a sentence's line at most."""


def evaluation_text(found: Evaluation, style: Style) -> str:
    """Everything that was found, no line longer than the style's width."""
    scores, *parts = (_table_text(one, style) for one in evaluation_tables(found))
    facts = named_lines(found.run, evaluation_facts(found), style)
    blocks = [facts, scores, verdict_text(found, style), *parts]
    if isinstance(found.results, Confusion):
        blocks.append(confusion_text(found.results, style))
    elif (plot := forecast_plot(found.results, style)) is not None:
        blocks.append(plot)
    return "\n\n".join(blocks)


def _table_text(found: ScoreTable, style: Style) -> str:
    widest = LABEL if found.leaving else style.width  # names of parts come from the data
    rows = [[cut(one_line(row[0]), widest), *row[1:]] for row in found.rows]
    lines = table(found.titles, rows, style, leaving=found.leaving).split("\n")
    if rows[0][0] == MODEL:
        lines[1] = style.bold(lines[1])
    above, *below = (style.dim(_filled(text, style)) for text in (found.above, *found.below))
    return "\n".join([*([above] if found.above else []), *lines, *below])


def verdict_text(found: Evaluation, style: Style) -> str:
    """Whether the network is worth having, its word dressed."""
    said = verdict(found)
    text = _filled(said.sentence, style)
    if not said.word:
        return style.dim(text)
    dress: Callable[[str], str] = getattr(style, said.tone)
    return dress(said.word) + text[len(said.word) :]


def _filled(text: str, style: Style) -> str:
    return textwrap.fill(printable(text), min(style.width, WIDEST), break_on_hyphens=False)
