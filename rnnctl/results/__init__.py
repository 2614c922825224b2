"""Frozen results, which commands render as text, JSON and HTML, and Python users get as objects."""

from __future__ import annotations

from rnnctl.results.bench import BenchReport, BenchRow
from rnnctl.results.checks import Difference, ForwardReport, ForwardStep, SmokeCheck, SmokeReport, VerifyReport
from rnnctl.results.data_check import DataReport, Finding
from rnnctl.results.evaluation import Confusion, Evaluation, Fold, ForecastLine, Scores
from rnnctl.results.examination import (
    SCHEMA_VERSION,
    Advice,
    ColumnFindings,
    DataFindings,
    Examination,
    Trial,
    Verdict,
)
from rnnctl.results.gradients import (
    GateFindings,
    LayerFindings,
    NoiseFindings,
    SelfCheck,
    Series,
    VariableFindings,
)
from rnnctl.results.training import RunHeader, Snapshot, StepRecord, Stopping, Summary, ValidationRecord

__all__ = [
    "SCHEMA_VERSION",
    "Advice",
    "BenchReport",
    "BenchRow",
    "ColumnFindings",
    "Confusion",
    "DataFindings",
    "DataReport",
    "Difference",
    "Evaluation",
    "Examination",
    "Finding",
    "Fold",
    "ForecastLine",
    "ForwardReport",
    "ForwardStep",
    "GateFindings",
    "LayerFindings",
    "NoiseFindings",
    "RunHeader",
    "Scores",
    "SelfCheck",
    "Series",
    "SmokeCheck",
    "SmokeReport",
    "Snapshot",
    "StepRecord",
    "Stopping",
    "Summary",
    "Trial",
    "ValidationRecord",
    "VariableFindings",
    "Verdict",
    "VerifyReport",
]
