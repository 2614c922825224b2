"""Frozen results, which commands render as text, JSON and HTML, and Python users get as objects."""

from .bench import (
    BenchReport as BenchReport,
    BenchRow as BenchRow,
)
from .checks import (
    Difference as Difference,
    ForwardReport as ForwardReport,
    ForwardStep as ForwardStep,
    SmokeCheck as SmokeCheck,
    SmokeReport as SmokeReport,
    VerifyReport as VerifyReport,
)
from .data_check import (
    DataReport as DataReport,
    Finding as Finding,
)
from .diagnosis import (
    Cause as Cause,
    CourseFacts as CourseFacts,
    Diagnosis as Diagnosis,
    ProbeFacts as ProbeFacts,
    RateTest as RateTest,
)
from .evaluation import (
    Combination as Combination,
    Confusion as Confusion,
    Evaluation as Evaluation,
    Fold as Fold,
    ForecastLine as ForecastLine,
    ForecastPaths as ForecastPaths,
    QuantileScore as QuantileScore,
    Scores as Scores,
)
from .examination import (
    SCHEMA_VERSION as SCHEMA_VERSION,
    Advice as Advice,
    ColumnFindings as ColumnFindings,
    DataFindings as DataFindings,
    Examination as Examination,
    Trial as Trial,
    Verdict as Verdict,
)
from .gradients import (
    GateFindings as GateFindings,
    LayerFindings as LayerFindings,
    NoiseFindings as NoiseFindings,
    RangeFindings as RangeFindings,
    SelfCheck as SelfCheck,
    Series as Series,
    TrainingFindings as TrainingFindings,
    VariableFindings as VariableFindings,
)
from .training import (
    RunHeader as RunHeader,
    Snapshot as Snapshot,
    StepRecord as StepRecord,
    Stopping as Stopping,
    Summary as Summary,
    ValidationRecord as ValidationRecord,
)
