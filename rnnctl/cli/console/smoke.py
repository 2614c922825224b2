"""A smoke run as a table that grows a line a config, and as JSON lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rnnctl.cli.console.style import Style, printable
from rnnctl.results.checks import SMOKE_CHECKS, SmokeReport
from rnnctl.util.format import counted, cut

OK, BAD, NOT_MADE = "ok", "FAILS", "–"


class SmokeTable:
    """Renders reports as they come.

    Args:
        style: How the terminal is dressed.
        paths: All configs, for the width of their column.
        as_json: Whether to write JSON lines instead.
    """

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
        told = f"{counted(len(self._reports), 'config')} in {seconds:.0f} s: "
        yield ""
        yield told + ("every check holds" if not failed else f"{failed} with a check that fails")

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
