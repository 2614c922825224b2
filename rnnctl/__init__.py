"""Train recurrent networks from a YAML file, and see every gradient at every time step.

The public Python API is loaded on first use, so that importing the package costs nothing::

    import rnnctl

    run = rnnctl.train("configs/sunspots.yaml")
    run.history
    run.predict(horizon=12)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnctl.api.run import Run as Run
    from rnnctl.api.run import open_run as open_run
    from rnnctl.api.train import resume as resume
    from rnnctl.api.train import train as train
    from rnnctl.config import Config as Config
    from rnnctl.config import load_config as load_config
    from rnnctl.errors import CheckFailedError as CheckFailedError
    from rnnctl.errors import ConfigError as ConfigError
    from rnnctl.errors import DataError as DataError
    from rnnctl.errors import Fault as Fault
    from rnnctl.errors import NonFiniteError as NonFiniteError
    from rnnctl.errors import RnnctlError as RnnctlError
    from rnnctl.errors import RunError as RunError
    from rnnctl.model.recurrent import to_stock as to_stock
    from rnnctl.results import Advice as Advice
    from rnnctl.results import ColumnFindings as ColumnFindings
    from rnnctl.results import Confusion as Confusion
    from rnnctl.results import DataFindings as DataFindings
    from rnnctl.results import DataReport as DataReport
    from rnnctl.results import Difference as Difference
    from rnnctl.results import Evaluation as Evaluation
    from rnnctl.results import Examination as Examination
    from rnnctl.results import Finding as Finding
    from rnnctl.results import Fold as Fold
    from rnnctl.results import ForecastLine as ForecastLine
    from rnnctl.results import ForwardReport as ForwardReport
    from rnnctl.results import ForwardStep as ForwardStep
    from rnnctl.results import GateFindings as GateFindings
    from rnnctl.results import LayerFindings as LayerFindings
    from rnnctl.results import NoiseFindings as NoiseFindings
    from rnnctl.results import RunHeader as RunHeader
    from rnnctl.results import Scores as Scores
    from rnnctl.results import SelfCheck as SelfCheck
    from rnnctl.results import StepRecord as StepRecord
    from rnnctl.results import Summary as Summary
    from rnnctl.results import Trial as Trial
    from rnnctl.results import ValidationRecord as ValidationRecord
    from rnnctl.results import VariableFindings as VariableFindings
    from rnnctl.results import Verdict as Verdict
    from rnnctl.results import VerifyReport as VerifyReport
    from rnnctl.trackers.following import Following as Following
    from rnnctl.trackers.mlflow import Mlflow as Mlflow
    from rnnctl.trackers.tensorboard import TensorBoard as TensorBoard
    from rnnctl.trackers.tracker import MissingExtraError as MissingExtraError
    from rnnctl.trackers.tracker import Tracker as Tracker
    from rnnctl.workflows.check import check as check
    from rnnctl.workflows.evaluate import evaluate as evaluate
    from rnnctl.workflows.forward import forward as forward
    from rnnctl.workflows.init import starter_config as starter_config
    from rnnctl.workflows.inspect_gradients import inspect_gradients as inspect_gradients
    from rnnctl.workflows.predict import Prediction as Prediction
    from rnnctl.workflows.predict import predict as predict
    from rnnctl.workflows.resume import ResumedRun as ResumedRun
    from rnnctl.workflows.resume import resume_steps as resume_steps
    from rnnctl.workflows.resume_checks import NothingLeftError as NothingLeftError
    from rnnctl.workflows.train import TrainRun as TrainRun
    from rnnctl.workflows.train import train_steps as train_steps
    from rnnctl.workflows.verify import verify as verify

__version__ = "0.1.0"

_NAMES = {
    "rnnctl.api.train": ("resume", "train"),
    "rnnctl.workflows.evaluate": ("evaluate",),
    "rnnctl.api.run": ("Run", "open_run"),
    "rnnctl.config": ("Config", "load_config"),
    "rnnctl.errors": (
        "CheckFailedError",
        "ConfigError",
        "DataError",
        "Fault",
        "NonFiniteError",
        "RnnctlError",
        "RunError",
    ),
    "rnnctl.model.recurrent": ("to_stock",),
    "rnnctl.results": (
        "Advice",
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
        "StepRecord",
        "Summary",
        "Trial",
        "ValidationRecord",
        "VariableFindings",
        "Verdict",
        "VerifyReport",
    ),
    "rnnctl.trackers.following": ("Following",),
    "rnnctl.trackers.mlflow": ("Mlflow",),
    "rnnctl.trackers.tensorboard": ("TensorBoard",),
    "rnnctl.trackers.tracker": ("MissingExtraError", "Tracker"),
    "rnnctl.workflows.check": ("check",),
    "rnnctl.workflows.forward": ("forward",),
    "rnnctl.workflows.init": ("starter_config",),
    "rnnctl.workflows.inspect_gradients": ("inspect_gradients",),
    "rnnctl.workflows.predict": ("Prediction", "predict"),
    "rnnctl.workflows.resume": ("ResumedRun", "resume_steps"),
    "rnnctl.workflows.resume_checks": ("NothingLeftError",),
    "rnnctl.workflows.train": ("TrainRun", "train_steps"),
    "rnnctl.workflows.verify": ("verify",),
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE_OF)]  # noqa: PLE0604


if not TYPE_CHECKING:  # to a type checker any name would exist

    def __getattr__(name: str) -> Any:
        if name not in _MODULE_OF:
            raise AttributeError(f"module 'rnnctl' has no attribute {name!r}")
        if name == "to_stock":  # its module imports Keras at once, which must happen through the backend
            import_module("rnnctl.backend").start(deterministic=False)
        return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
