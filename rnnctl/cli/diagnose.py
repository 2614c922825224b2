"""``rnnctl diagnose``."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnnctl.cli.completing import ConfigOrRunPath
from rnnctl.cli.fail_on import fail_on_causes, fail_on_causes_option
from rnnctl.cli.options import FILE, Amount, force_option, html_option, set_option, writable
from rnnctl.cli.output import write_page, write_result

if TYPE_CHECKING:
    from rnnctl.results.diagnosis import Diagnosis

MINUTES = 2.0


@click.command()
@click.argument("config", metavar="[CONFIG | RUN]", required=False, type=ConfigOrRunPath())
@set_option
@click.option("--try", "try_changes", is_flag=True, help="Try the changes that are advised, each with its best rate.")
@click.option("--minutes", type=Amount(min=0, min_open=True), help=f"How long to try; {MINUTES:g} with --try alone.")
@click.option(
    "-o", "--out", type=FILE, callback=writable, help="With --try, write the config that was found best to this file."
)
@force_option
@fail_on_causes_option("Exit with 5 on these causes, such as learning-rate-too-high; or any.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object to stdout, and nothing else.")
@html_option
def diagnose(
    config: str | None,
    try_changes: bool,
    minutes: float | None,
    out: Path | None,
    force: bool,
    fail_on: tuple[str, ...] | None,
    as_json: bool,
    html: Path | None,
    **asked: Any,
) -> None:
    """Find out why a network does not learn, and what helps.

    \b
    Examples:
      rnnctl diagnose config.yaml
      rnnctl diagnose config.yaml --try -o fixed.yaml
      rnnctl diagnose runs/sunspots-1
      rnnctl diagnose config.yaml --fail-on learning-rate-too-high,exploding

    A config is trained for some steps as it is, beside a GRU with usual settings, and shortly at other learning rates;
    of a run the record is read, and nothing is trained. The likeliest cause stands first, with how sure it is, the
    evidence, and the keys to change. --try trains with these changes, each at its best learning rate, then with the
    best ones together, and judges them on rows that are held out, over two seeds. The test split is never looked at.

    Exit codes: 0 done, 1 the run folder cannot be read, 2 config error, 3 data error, 5 --fail-on found its cause.
    """
    trying = MINUTES if try_changes and minutes is None else minutes
    if out is not None:
        if trying is None:
            raise click.UsageError("-o writes the config that --try found best; add --try.")
        if out.exists() and not force:
            raise click.UsageError(f"{out} is there already; choose another name, or write over it with --force.")
    tell = (lambda line: click.echo(line, err=True)) if sys.stderr.isatty() else None
    from rnnctl.cli.console.diagnosis import diagnosis_text
    from rnnctl.workflows.diagnose import diagnose as find

    found = find(config, asked["overrides"], minutes=trying, tell=tell)
    write_result("diagnosis", found, diagnosis_fields, diagnosis_text, as_json=as_json)
    if html is not None:
        from rnnctl.report.diagnosis import diagnosis_page

        write_page(html, diagnosis_page(found))
    if out is not None:
        _write_config(config, asked["overrides"], found, out)
    fail_on_causes(found.name, found.causes, fail_on or ())


def _write_config(config: str | None, overrides: tuple[str, ...], found: Diagnosis, out: Path) -> None:
    """Writes the config with the recommended changes; says so where there are none."""
    from rnnctl.cli.console.style import shown_path
    from rnnctl.runs.run_files import write_output
    from rnnctl.workflows.diagnose import fixed_config

    if not found.changes:
        click.echo(f"nothing was found that helps, so {shown_path(out)} is not written", err=True)
        return
    write_output(out, fixed_config(config, overrides, found).encode())
    click.echo(f"config {shown_path(out)}", err=True)


def diagnosis_fields(found: Diagnosis) -> dict[str, Any]:
    """The fields of ``rnnctl.results.Diagnosis`` for JSON."""
    return asdict(found)
