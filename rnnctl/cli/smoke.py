"""``rnnctl smoke``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from rnnctl.cli.console.style import Style, printable
from rnnctl.cli.options import FILE, json_option, set_option
from rnnctl.cli.output import stdout_style
from rnnctl.errors import CheckFailedError, ConfigError, Fault
from rnnctl.results.checks import SMOKE_CHECKS, SmokeReport
from rnnctl.util.format import counted, cut

FOLDER = Path("configs")
"""Where configs are looked for where none is named."""


@click.command()
@click.argument("configs", nargs=-1, metavar="[CONFIG]...", type=FILE)
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
    gradients are finite, that every weight gets gradient, that built and trained again, and stopped and gone on with
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
    table = SmokeTable(stdout_style(), paths, as_json=as_json)
    reports = []
    for report in run_smoke(paths, steps=steps, overrides=overrides):
        reports.append(report)
        click.echo("\n".join(table.add(report)))
        _tell_defects(report)
    click.echo("".join(line + "\n" for line in table.end()), nl=False)
    if junit is not None:
        write_junit(reports, junit)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in github_annotations(reports):
            click.echo(line, err=as_json)
    failed = [report for report in reports if not report.passed]
    if failed:
        raise CheckFailedError(f"smoke: {len(failed)} of {len(reports)} configs fail")


def _tell_defects(report: SmokeReport) -> None:
    for check in report.checks:
        if check.traceback is not None:
            where = printable(f"{report.path}: {check.name}")
            click.echo(f"{where}: most likely a defect of rnnctl; please report it with what follows:", err=True)
            click.echo(printable(check.traceback), err=True)


OK, BAD, NOT_MADE = "ok", "FAILS", "–"


class SmokeTable:
    """Renders reports as they come."""

    def __init__(self, style: Style, paths: Sequence[Path], *, as_json: bool) -> None:
        self._style, self._as_json = style, as_json
        self._reports: list[SmokeReport] = []
        self._name = max(len("config"), *(len(str(path)) for path in paths))
        self._widths = {name: max(len(name), len(BAD)) for name in SMOKE_CHECKS}

    def add(self, report: SmokeReport) -> Iterator[str]:
        """The lines of one more report."""
        first = not self._reports
        self._reports.append(report)
        if self._as_json:
            yield _json(report)
            return
        if first:
            yield self._style.dim(self._line("config", {name: name for name in SMOKE_CHECKS}, "seconds", ""))
        made = {check.name: OK if check.passed else BAD for check in report.checks}
        yield self._line(str(report.path), made, f"{report.seconds:.1f}", report.verdict or "")
        for check in report.checks:
            if not check.passed:
                for line in printable(check.message).splitlines():
                    yield self._style.bad(cut(f"    {check.name}: {line}", max(self._style.width, 400)))

    def end(self) -> Iterator[str]:
        """The lines after the last report."""
        if self._as_json:
            return
        failed = sum(not report.passed for report in self._reports)
        seconds = sum(report.seconds for report in self._reports)
        totals = f"{counted(len(self._reports), 'config')} in {seconds:.0f} s: "
        yield ""
        yield totals + ("every check holds" if not failed else f"{failed} with a check that fails")

    def _line(self, name: str, cells: dict[str, str], seconds: str, verdict: str) -> str:
        shown = [f"{printable(name):<{self._name}}"]
        shown += [f"{cells.get(check, NOT_MADE):>{width}}" for check, width in self._widths.items()]
        shown += [f"{seconds:>7}", verdict]
        line = "  ".join(shown).rstrip()
        return line if len(line) <= self._style.width else cut(line, self._style.width)


def _json(report: SmokeReport) -> str:
    from rnnctl.runs.jsonl import dump_line

    checks = [
        {
            **{"name": check.name, "passed": check.passed, "message": check.message},
            **({} if check.traceback is None else {"traceback": check.traceback}),
        }
        for check in report.checks
    ]
    fields = {"config": str(report.path), "passed": report.passed, "verdict": report.verdict}
    return dump_line({"event": "smoke", **fields, "seconds": round(report.seconds, 3), "checks": checks}).rstrip("\n")
