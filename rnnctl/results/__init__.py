"""What an examination of a network's gradients found: frozen results that verdicts, console, JSON and HTML share.

Knows neither TensorFlow nor Click. The names of the fields are the names of the JSON keys (``SCHEMA_VERSION`` counts
their changes). ``None`` stands for what cannot be computed, such as the decay over a single time step.
"""

from __future__ import annotations

from rnnctl.results.data_health import ColumnFindings, DataFindings
from rnnctl.results.examination import SCHEMA_VERSION, Examination
from rnnctl.results.gradients import NoiseFindings, SelfCheck, VariableFindings
from rnnctl.results.layers import GateFindings, LayerFindings, Series
from rnnctl.results.verdicts import Advice, Trial, Verdict

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
