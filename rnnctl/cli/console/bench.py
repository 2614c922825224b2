"""The report of ``rnnctl bench`` as text."""

from __future__ import annotations

from rnnctl.cli.console.lines import named_lines
from rnnctl.cli.console.style import Style, printable
from rnnctl.cli.console.table import table
from rnnctl.results.bench import BenchReport, BenchRow
from rnnctl.util.format import counted, duration

TITLES = ("", "computes", "ms a step", "rnnctl ÷ it", "quartiles", "compile")


def bench_text(report: BenchReport, style: Style) -> str:
    """A header, a row for each that was timed, and a line for each that has something to say."""
    parts = [
        report.model,
        report.loss,
        report.optimizer,
        f"batch {report.batch:,} × {counted(report.time_steps, 'time step')} × {counted(report.features, 'feature')}",
        report.device if report.device != "CPU" else counted(report.cores, "CPU core"),
    ]
    timed = [_cells(row) for row in report.rows if row.milliseconds is not None]
    blocks = [named_lines(report.name, parts, style), table(TITLES, timed, style, left=2)]
    remarks = [_remark(row, style) for row in report.rows if row.remark]
    if remarks:
        blocks.append("\n".join(remarks))
    settings = [f"{row.name}: {row.settings}" for row in report.rows if row.settings]
    versions = ", ".join(f"{name} {number}" for name, number in report.versions.items())
    blocks.append("\n".join(map(style.dim, [*settings, _samples(report), *_waiting(report), versions])))
    return "\n\n".join(blocks)


def _samples(report: BenchReport) -> str:
    counts = sorted({row.samples for row in report.rows if row.samples})
    if not counts:
        return "nothing was timed"
    return f"{'–'.join(str(count) for count in dict.fromkeys((counts[0], counts[-1])))} samples each, taken in turns"


def _waiting(report: BenchReport) -> list[str]:
    if report.input_wait is None:
        return []
    where = "gathered on the device" if report.batches_from == "device" else "gathered beside it"
    return [f"training waits for batches {100 * report.input_wait:.1f} % of its time ({where})"]


def _cells(row: BenchRow) -> tuple[str, ...]:
    return (
        row.name,
        row.computes,
        _number(row.milliseconds),
        "–" if row.ratio is None else f"{row.ratio:#.2g}" if row.ratio < 0.095 else f"{row.ratio:.2f}",
        f"{_number(row.low)} – {_number(row.high)}",
        "–" if row.compile_seconds is None else duration(row.compile_seconds),
    )


def _number(milliseconds: float | None) -> str:
    """Three significant digits: ``0.165``, ``16.9``, ``1234``."""
    if milliseconds is None:
        return "–"
    return f"{milliseconds:#.3g}".removesuffix(".") if milliseconds < 1000 else f"{milliseconds:.0f}"


def _remark(row: BenchRow, style: Style) -> str:
    text = printable(row.remark)
    if row.agrees is False:
        return f"{style.bold(row.name)}: {text}"
    return f"{row.name}: {text if text.startswith(('not ', 'cannot ')) else f'not comparable: {text}'}"
