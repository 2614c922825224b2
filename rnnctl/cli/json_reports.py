"""Reports as JSON lines, for ``--json``: a line per time step and the summary last; an examination, a bench as one."""

from __future__ import annotations

from dataclasses import asdict

from rnnctl.bench.records import BenchReport
from rnnctl.findings import Examination
from rnnctl.records import ForwardReport
from rnnctl.runs.jsonl import dump_line


def examination_line(found: Examination) -> str:
    """An examination as one object: the fields of ``rnnctl.findings``, and all causes and all advice once more.

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
    return dump_line({"event": "examination", **fields, "causes": causes, "advice": advice})


def forward_lines(report: ForwardReport) -> str:
    """A line per time step (``"event": "time_step"``), then the whole (``"event": "summary"``)."""
    lines = [dump_line({"event": "time_step", **asdict(step)}) for step in report.steps]
    summary = {"event": "summary", "name": report.name, "model": report.model, "difference": report.difference}
    summary["relative_difference"] = report.relative_difference
    return "".join([*lines, dump_line(summary)])


def bench_line(report: BenchReport) -> str:
    """The whole bench as one object (``"event": "bench"``); ``rows`` holds one object per contender, ``BenchRow``."""
    return dump_line({"event": "bench", **asdict(report), "agrees": report.agrees})
