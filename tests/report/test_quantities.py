from __future__ import annotations

from dataclasses import fields

from rnnctl.report.quantities import QUANTITIES
from rnnctl.results import (
    DataFindings,
    LayerFindings,
    NoiseFindings,
    RangeFindings,
    SelfCheck,
    TrainingFindings,
    VariableFindings,
)

NAMES = {name for group in QUANTITIES.values() for quantity in group for name in quantity.name.split(", ")}
PLAIN = {
    *("path", "shape", "values", "cell", "units", "activation", "time_steps", "singular_at", "backwards"),
    *("sequences", "output_range", "batch_size", "checked", "where"),
}
"""Fields that say what was measured, not what it came to."""


def test_every_number_of_an_examination_is_explained_and_nothing_else() -> None:
    kinds = (
        VariableFindings,
        LayerFindings,
        RangeFindings,
        TrainingFindings,
        DataFindings,
        NoiseFindings,
        SelfCheck,
    )
    assert {field.name for kind in kinds for field in fields(kind)} - PLAIN == NAMES
