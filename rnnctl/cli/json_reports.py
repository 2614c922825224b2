"""Reports as JSON lines, for ``--json``: a line per time step and the summary last; an examination, a bench as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from rnnctl.errors import ConfigError, RnnctlError
from rnnctl.results import Examination
from rnnctl.results.bench import BenchReport
from rnnctl.results.checks import ForwardReport
from rnnctl.results.data_check import DataReport
from rnnctl.results.evaluation import Confusion, Evaluation
from rnnctl.runs.jsonl import dump_line


def examination_line(found: Examination) -> str:
    """An examination as one object: the fields of ``rnnctl.results``, and all causes and all advice once more.

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


def evaluation_line(found: Evaluation) -> str:
    """An evaluation as one object (``"event": "evaluation"``).

    ``metrics`` and ``baselines`` are by name (``rnnctl.scoring.scores``), ``unbeaten`` names by metric the
    baselines that the network is not better than; ``folds`` holds an object a stretch. ``forecast``
    holds the lines of truth and forecast, or ``confusion`` the classes and ``counts[truth][predicted]``
    (``rnnctl.runs.tested``).
    """
    fields = {
        name: getattr(found, name)
        for name in ("run", "name", "model", "step", "task", "target_kind", "split", "data", "sequences", "horizon")
    }
    fields |= {"first": found.first, "last": found.last, "entries": found.scores.entries, "season": found.scores.season}
    fields |= {"metrics": dict(found.scores.metrics), "baselines": _plain(found.scores.baselines)}
    fields |= {"scored": dict(found.scores.scored), "unbeaten": found.unbeaten, "notes": found.notes}
    fields["folds"] = [
        {
            "first": fold.first,
            "last": fold.last,
            "forecasts": fold.forecasts,
            "metrics": dict(fold.scores.metrics),
            "baselines": _plain(fold.scores.baselines),
        }
        for fold in found.folds
    ]
    if isinstance(found.results, Confusion):
        fields["confusion"] = asdict(found.results)
    else:
        fields["forecast"] = [asdict(line) for line in found.results]
    return dump_line({"event": "evaluation", **fields})


def _plain(baselines: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    return {who: dict(metrics) for who, metrics in baselines.items()}


def check_line(report: DataReport) -> str:
    """An examined config as one object (``"event": "check"``): ``ok``, then the fields of `DataReport`."""
    ok = all(finding.level != "fault" for finding in report.findings)
    return dump_line({"event": "check", "ok": ok, **asdict(report)})


def faulty_line(path: str, error: RnnctlError) -> str:
    """A config that cannot be trained as one object: ``ok`` is false, and ``findings`` holds its faults alone."""
    if isinstance(error, ConfigError):
        findings = [
            {"level": "fault", "topic": "config", "message": str(fault), "columns": []} for fault in error.faults
        ]
    else:
        findings = [{"level": "fault", "topic": "data", "message": str(error), "columns": []}]
    return dump_line({"event": "check", "ok": False, "path": path, "findings": findings})
