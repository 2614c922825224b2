"""What an examination of a network's gradients found: frozen results that verdicts, console, JSON and HTML share.

Knows neither TensorFlow nor Click. The names of the fields are the names of the JSON keys (``SCHEMA_VERSION`` counts
their changes). ``None`` stands for what cannot be computed, such as the decay over a single time step.
"""

from __future__ import annotations

from rnnctl.findings.data import ColumnFindings, DataFindings
from rnnctl.findings.examination import SCHEMA_VERSION, Examination
from rnnctl.findings.gradients import NoiseFindings, SelfCheck, VariableFindings
from rnnctl.findings.layers import GateFindings, LayerFindings, Series
from rnnctl.findings.verdicts import Advice, Trial, Verdict

__all__ = [
    "SCHEMA_VERSION",
    "Advice",
    "ColumnFindings",
    "DataFindings",
    "Examination",
    "GateFindings",
    "LayerFindings",
    "NoiseFindings",
    "SelfCheck",
    "Series",
    "Trial",
    "VariableFindings",
    "Verdict",
]
