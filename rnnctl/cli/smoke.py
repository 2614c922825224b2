"""``rnnctl smoke``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from rnnctl.cli.completing import ConfigPath
from rnnctl.cli.console.style import Style
from rnnctl.cli.options import FILE, json_option, set_option
from rnnctl.cli.output import stdout_style, write_json
from rnnctl.errors import CheckFailedError, ConfigError, Fault
from rnnctl.results.checks import SMOKE_CHECKS, SmokeReport
from rnnctl.util.format import counted, cut
from rnnctl.util.printing import printable

FOLDER = Path("configs")
"""Where configs are looked for where none is named."""


@click.command()
@click.argument("configs", nargs=-1, metavar="[CONFIG]...", type=ConfigPath(path_type=Path))
@set_option
@click.option(
    "--steps", type=click.IntRange(min=2), default=4, show_default=True, help="Optimizer steps of each config."
)
@click.option("--junit", type=FILE, metavar="FILE", help="Write JUnit XML to this file, too.")
@json_option
def smoke(configs: tuple[Path, ...], overrides: tuple[str, ...], steps: int, junit: Path | None, as_json: bool) -> None:
    """Train a few steps of every config, and check what must hold of each; for CI.

    \b
    Examples:
      rnnctl smoke                                   all of configs/*.yaml
      rnnctl smoke configs/gru.yaml --junit smoke.xml
      rnnctl smoke configs/*.yaml --json | jq .passed

    Of each config it is checked that its data loads, that the forward pass agrees with plain NumPy, that losses and
    gradients are finite, that every weight gets gradient, that built and trained again, and stopped and resumed
    from disk, every bit is the same, and that the gradients' verdict is the one that gradients.expect declares
    (where it declares none: not non-finite, not bad data).

    In GitHub Actions failures are annotated at their files. A defect of rnnctl fails its config alone; its traceback
    goes to stderr, the JUnit file and the JSON lines.

    Exit codes: 0 all checks hold, 2 there is no config to check, 5 a check fails.
    """
    from rnnctl.runs.junit import github_annotations, write_junit
    from rnnctl.workflows.smoke import smoke as run_smoke

    paths = configs or tuple(sorted(FOLDER.glob("*.yaml")))
    if not paths:
        raise ConfigError([Fault(str(FOLDER), None, None, "", "holds no *.yaml; name the configs to check")])
    style = stdout_style()
    reports: list[SmokeReport] = []
    for report in run_smoke(paths, steps=steps, overrides=overrides):
        if as_json:
            write_json("smoke", **smoke_fields(report))
        else:
            click.echo("\n".join(smoke_lines(report, paths, style, titled=not reports)))
        reports.append(report)
        _tell_defects(report)
    if not as_json:
        click.echo("\n" + smoke_total(reports))
    if junit is not None:
        write_junit(reports, junit)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in github_annotations(reports):
            click.echo(line, err=as_json)
    if failed := [report for report in reports if not report.passed]:
        raise CheckFailedError(f"smoke: {len(failed)} of {len(reports)} configs fail")


def _tell_defects(report: SmokeReport) -> None:
    for check in report.checks:
        if check.traceback is not None:
            where = printable(f"{report.path}: {check.name}")
            click.echo(f"{where}: most likely a defect of rnnctl; please report it with what follows:", err=True)
            click.echo(printable(check.traceback), err=True)


OK, BAD, NOT_MADE = "ok", "FAILS", "–"


def smoke_lines(report: SmokeReport, paths: Sequence[Path], style: Style, *, titled: bool) -> Iterator[str]:
    """A row for a config, its column as wide as all ``paths`` need, and below it the checks that fail."""
    room = max(len("config"), *(len(str(path)) for path in paths))

    def row(name: str, cells: Mapping[str, str], seconds: str, verdict: str) -> str:
        made = (f"{cells.get(check, NOT_MADE):>{max(len(check), len(BAD))}}" for check in SMOKE_CHECKS)
        return cut("  ".join([f"{printable(name):<{room}}", *made, f"{seconds:>7}", verdict]).rstrip(), style.width)

    if titled:
        yield style.dim(row("config", {name: name for name in SMOKE_CHECKS}, "seconds", ""))
    made = {check.name: OK if check.passed else BAD for check in report.checks}
    yield row(str(report.path), made, f"{report.seconds:.1f}", report.verdict or "")
    for check in report.checks:
        if not check.passed:
            for line in printable(check.message).splitlines():
                yield style.bad(cut(f"    {check.name}: {line}", max(style.width, 400)))


def smoke_total(reports: Sequence[SmokeReport]) -> str:
    """How many configs fail."""
    failed = sum(not report.passed for report in reports)
    result = "every check holds" if not failed else f"{failed} with a check that fails"
    return f"{counted(len(reports), 'config')} in {sum(report.seconds for report in reports):.0f} s: {result}"


def smoke_fields(report: SmokeReport) -> dict[str, Any]:
    """A report for JSON; a check has ``traceback`` only where it could not be made."""
    checks = [{key: value for key, value in asdict(check).items() if value is not None} for check in report.checks]
    fields = {"config": str(report.path), "passed": report.passed, "verdict": report.verdict}
    return {**fields, "seconds": round(report.seconds, 3), "checks": checks}
