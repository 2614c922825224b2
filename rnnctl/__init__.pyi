"""The public names, each with the module that has it; ``__init__.py`` imports them from there on first use."""

from .api.run import (
    Run as Run,
    open_run as open_run,
)
from .api.stock import to_stock as to_stock
from .api.train import (
    resume as resume,
    train as train,
)
from .config import (
    Config as Config,
    load_config as load_config,
)
from .errors import (
    CheckFailedError as CheckFailedError,
    ConfigError as ConfigError,
    DataError as DataError,
    Fault as Fault,
    NonFiniteError as NonFiniteError,
    RnnctlError as RnnctlError,
    RunError as RunError,
)
from .results import (
    Advice as Advice,
    Cause as Cause,
    ColumnFindings as ColumnFindings,
    Confusion as Confusion,
    CourseFacts as CourseFacts,
    DataFindings as DataFindings,
    DataReport as DataReport,
    Diagnosis as Diagnosis,
    Difference as Difference,
    Evaluation as Evaluation,
    Examination as Examination,
    Finding as Finding,
    Fold as Fold,
    ForecastLine as ForecastLine,
    ForwardReport as ForwardReport,
    ForwardStep as ForwardStep,
    GateFindings as GateFindings,
    LayerFindings as LayerFindings,
    NoiseFindings as NoiseFindings,
    ProbeFacts as ProbeFacts,
    RangeFindings as RangeFindings,
    RateTest as RateTest,
    RunHeader as RunHeader,
    Scores as Scores,
    SelfCheck as SelfCheck,
    StepRecord as StepRecord,
    Summary as Summary,
    TrainingFindings as TrainingFindings,
    Trial as Trial,
    ValidationRecord as ValidationRecord,
    VariableFindings as VariableFindings,
    Verdict as Verdict,
    VerifyReport as VerifyReport,
)
from .trackers.following import Following as Following
from .trackers.mlflow import Mlflow as Mlflow
from .trackers.tensorboard import TensorBoard as TensorBoard
from .trackers.tracker import (
    MissingExtraError as MissingExtraError,
    Tracker as Tracker,
)
from .workflows.check import check as check
from .workflows.diagnose import diagnose as diagnose
from .workflows.evaluate import evaluate as evaluate
from .workflows.forward import forward as forward
from .workflows.init import starter_config as starter_config
from .workflows.inspect_gradients import inspect_gradients as inspect_gradients
from .workflows.predict import (
    Prediction as Prediction,
    predict as predict,
)
from .workflows.resume import (
    ResumedRun as ResumedRun,
    resume_steps as resume_steps,
)
from .workflows.resume_checks import NothingLeftError as NothingLeftError
from .workflows.train import (
    TrainRun as TrainRun,
    train_steps as train_steps,
)
from .workflows.verify import verify as verify

__version__: str
