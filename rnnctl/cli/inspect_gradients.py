"""``rnnctl inspect-gradients``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rnnctl.cli.options import set_option

if TYPE_CHECKING:
    from rnnctl.results import Examination


@click.command()
@click.argument("config", metavar="[CONFIG | RUN]", required=False, type=click.Path())
@set_option
@click.option("--steps", type=click.IntRange(min=0), default=0, help="Take so many optimizer steps first.")
@click.option("--sequences", type=click.IntRange(min=1), help="Take gradients over so many sequences; else a batch.")
@click.option("--float64", is_flag=True, help="Measure in float64; steps are taken in float32 as ever.")
@click.option("--values", is_flag=True, help="Print each gradient's elements too, the way NumPy abbreviates them.")
@click.option("--try", "try_advice", is_flag=True, help="Try what is advised, and other cells, side by side.")
@click.option(
    "--fail-on", metavar="WORDS", help="Exit with 5 on these verdicts, such as vanishing,exploding,non-finite."
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object to stdout, and nothing else.")
@click.option("--html", metavar="FILE", type=click.Path(path_type=Path), help="Write a page that opens offline, too.")
@click.option("--explain", is_flag=True, help="Say what each quantity and each verdict means, and examine nothing.")
def inspect_gradients(
    config: str | None,
    overrides: tuple[str, ...],
    steps: int,
    sequences: int | None,
    float64: bool,
    values: bool,
    try_advice: bool,
    fail_on: str | None,
    as_json: bool,
    html: Path | None,
    explain: bool,
) -> None:
    """Find out why a network does not learn: what its gradients are per weight and through time, and a verdict.

    \b
    Examples:
      rnnctl inspect-gradients                            the built-in first example
      rnnctl inspect-gradients configs/vanishing.yaml --try
      rnnctl inspect-gradients runs/sunspots-1 --html gradients.html
      rnnctl inspect-gradients configs/gru.yaml --steps 20 --fail-on vanishing,exploding
      rnnctl inspect-gradients configs/gru.yaml --values --set model.layers.0.units=8

    A config is examined at its initial weights, or after --steps; a run folder at its final
    weights, or at its newest checkpoint.

    The verdict stands first, with its causes and with what to change. Then pictures of the gradient's way back through
    time, the layers, and for each weight the gradient's norm, mean, standard deviation, largest magnitude and share of
    exact zeros. --explain defines them all.

    Exit codes: 0 done, 1 the run folder cannot be read, 2 config error, 3 data error, 5 --fail-on found its verdict.
    """
    if explain:
        from rnnctl.cli.console.explanation import explanation_text
        from rnnctl.cli.console.style import style_of

        click.echo(explanation_text(style_of(sys.stdout)))
        return
    words = _words(fail_on)
    from rnnctl.workflows.inspect_gradients import inspect_gradients as inspect
    from rnnctl.workflows.inspect_gradients import inspect_run

    if config is not None and Path(config).is_dir():
        found = inspect_run(
            Path(config),
            overrides,
            steps=steps,
            sequences=sequences,
            float64=float64,
            values=values,
            try_advice=try_advice,
            tell=_progress(),
        )
    else:
        from rnnctl.config import load_config

        found = inspect(
            load_config(config, overrides),
            steps=steps,
            sequences=sequences,
            float64=float64,
            values=values,
            try_advice=try_advice,
            tell=_progress(),
        )
    _show(found, as_json=as_json)
    if html is not None:
        _write_page(found, html)
    _fail(found, words)


def _progress() -> Callable[[str], None] | None:
    """Writes a line per trial, where a person waits for it."""
    return (lambda line: click.echo(line, err=True)) if sys.stderr.isatty() else None


def _words(fail_on: str | None) -> tuple[str, ...]:
    """The verdicts that were asked for, each once.

    Raises:
        click.UsageError: A word is none; the allowed ones and the nearest are named.
    """
    if fail_on is None:
        return ()
    from rnnctl.gradients.verdicts import GRAVITY
    from rnnctl.util.suggest import nearest

    allowed = {word.replace(" ", "-"): word for word in GRAVITY if word != "healthy"}
    wanted = [word.strip().casefold().replace(" ", "-") for word in fail_on.split(",")]
    for word in wanted:
        if word not in allowed:
            meant = nearest(word, allowed)
            advice = f"did you mean {meant!r}? " if meant else ""
            raise click.UsageError(
                f"--fail-on: there is no verdict {word!r}; {advice}allowed, separated by commas: {', '.join(allowed)}."
            )
    return tuple(allowed[word] for word in dict.fromkeys(wanted))


def _show(found: Examination, *, as_json: bool) -> None:
    if as_json:
        from rnnctl.cli.json_reports import examination_line

        click.echo(examination_line(found), nl=False)
    else:
        from rnnctl.cli.console.examination import examination_text
        from rnnctl.cli.console.style import style_of

        click.echo(examination_text(found, style_of(sys.stdout)))


def _write_page(found: Examination, path: Path) -> None:
    from rnnctl.cli.console.lines import shown_path
    from rnnctl.report.examination import examination_page
    from rnnctl.runs.files import write_output

    write_output(path, examination_page(found).encode())
    click.echo(f"page {shown_path(path)}", err=True)


def _fail(found: Examination, words: tuple[str, ...]) -> None:
    """Ends with exit code 5 where a verdict was found that must not be.

    Raises:
        CheckFailedError: In one line: the verdict, its subject and headline.
    """
    from rnnctl.errors import CheckFailedError

    for verdict in found.verdicts:
        if verdict.word in words:
            headline = " ".join(verdict.headline.split())
            raise CheckFailedError(f"{found.name}: {verdict.word} ({verdict.subject}): {headline}")
