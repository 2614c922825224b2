"""Reports as JSON lines, for ``--json``: a line per weight or time step, and the summary last; a bench as one line."""

from __future__ import annotations

from dataclasses import asdict

from rnnctl.bench.records import BenchReport
from rnnctl.records import ForwardReport, GradientReport
from rnnctl.runs.jsonl import dump_line


def gradient_lines(report: GradientReport) -> str:
    """A line per weight (``"event": "weight"``), then the whole (``"event": "summary"``)."""
    lines = [dump_line({"event": "weight", **_without_none(asdict(weight))}) for weight in report.weights]
    summary = {
        "event": "summary",
        "name": report.name,
        "loss": report.loss,
        "gradient_norm": report.gradient_norm,
        "state_gradient_norms": dict(report.state_gradient_norms),
    }
    return "".join([*lines, dump_line(summary)])


def forward_lines(report: ForwardReport) -> str:
    """A line per time step (``"event": "time_step"``), then the whole (``"event": "summary"``)."""
    lines = [dump_line({"event": "time_step", **asdict(step)}) for step in report.steps]
    summary = {"event": "summary", "name": report.name, "model": report.model, "difference": report.difference}
    return "".join([*lines, dump_line(summary)])


def bench_line(report: BenchReport) -> str:
    """The whole bench as one object (``"event": "bench"``); ``rows`` holds one object per contender, ``BenchRow``."""
    return dump_line({"event": "bench", **asdict(report), "agrees": report.agrees})


def _without_none(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
