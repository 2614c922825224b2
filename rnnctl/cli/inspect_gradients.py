"""``rnnctl inspect-gradients``."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnnctl.cli.completing import ConfigOrRunPath
from rnnctl.cli.console.style import Style
from rnnctl.cli.fail_on import verdicts_asked
from rnnctl.cli.options import html_option, set_option
from rnnctl.cli.output import stdout_style, write_page, write_result
from rnnctl.errors import CheckFailedError

if TYPE_CHECKING:
    from rnnctl.results import Examination


@click.command()
@click.argument("config", metavar="[CONFIG | RUN]", required=False, type=ConfigOrRunPath())
@set_option
@click.option("--steps", type=click.IntRange(min=0), default=0, help="Take so many optimizer steps first.")
@click.option("--sequences", type=click.IntRange(min=1), help="Take gradients over so many sequences; else a batch.")
@click.option("--float64", is_flag=True, help="Measure in float64; steps are taken in float32 as always.")
@click.option("--values", is_flag=True, help="Print each gradient's elements too, the way NumPy abbreviates them.")
@click.option("--try", "try_advice", is_flag=True, help="Try what is advised, and other cells, side by side.")
@click.option(
    "--fail-on", metavar="WORDS", help="Exit with 5 on these verdicts, such as vanishing,exploding,non-finite."
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object to stdout, and nothing else.")
@html_option
@click.option("--explain", is_flag=True, help="Say what each quantity and each verdict means, and examine nothing.")
def inspect_gradients(
    config: str | None, explain: bool, fail_on: str | None, as_json: bool, html: Path | None, **asked: Any
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
        click.echo(explanation_text(stdout_style()))
        return
    unwanted = () if fail_on is None else verdicts_asked(fail_on)
    tell = (lambda line: click.echo(line, err=True)) if sys.stderr.isatty() else None
    from rnnctl.cli.console.examination import examination_text
    from rnnctl.workflows.inspect_gradients import inspect_gradients as inspect

    found = inspect(config, **asked, tell=tell)
    write_result("examination", found, examination_fields, examination_text, as_json=as_json)
    if html is not None:
        from rnnctl.report.examination import examination_page

        write_page(html, examination_page(found))
    for verdict in found.verdicts:
        if verdict.word in unwanted:
            headline = " ".join(verdict.headline.split())
            raise CheckFailedError(f"{found.name}: {verdict.word} ({verdict.subject}): {headline}")


def examination_fields(found: Examination) -> dict[str, Any]:
    """The fields of ``rnnctl.results.Examination`` for JSON, and all causes and all advice once more.

    ``causes`` holds an object for each line of evidence (``verdict``, ``subject``, ``because``), ``advice`` one for
    each change (``changes``, ``why``), both in the order of ``verdicts``.
    """
    fields = asdict(found)
    causes = [
        {"verdict": verdict.word, "subject": verdict.subject, "because": line}
        for verdict in found.verdicts
        for line in verdict.because
    ]
    advice = [change for verdict in fields["verdicts"] for change in verdict["advice"]]
    return {**fields, "causes": causes, "advice": advice}


def explanation_text(style: Style) -> str:
    """The tables of quantities and of rules, as text."""
    from rnnctl.gradients.verdicts import RULES
    from rnnctl.report.quantities import CONVENTION, QUANTITIES

    blocks = ["\n".join(_wrapped(CONVENTION, style, indent=0))]
    for group, quantities in QUANTITIES.items():
        lines = [style.bold(group)]
        for quantity in quantities:
            source = f" [{quantity.source}]" if quantity.source else ""
            lines += [f"  {quantity.name}", *_wrapped(quantity.definition + source, style, indent=6)]
        blocks.append("\n".join(lines))
    lines = [style.bold("verdicts")]
    for rule in RULES:
        holds = rule.holds if rule.default is None else rule.holds.replace("{}", f"{rule.default:g}")
        key = "" if rule.key is None else f" [{rule.key}]"
        lines += [f"  {rule.word}", *_wrapped(holds + key, style, indent=6), *_wrapped(rule.why, style, indent=6)]
    blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _wrapped(text: str, style: Style, *, indent: int) -> list[str]:
    width = max(min(style.width, 100) - indent, 16)
    return [" " * indent + line for line in textwrap.wrap(text, width, break_on_hyphens=False)]
