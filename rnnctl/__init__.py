"""Train recurrent networks from a YAML file, and see every gradient at every time step.

The public Python API is loaded on first use, so that importing the package costs nothing::

    import rnnctl

    for record in rnnctl.train(rnnctl.load_config("configs/first-step.yaml")):
        print(record.step, record.loss, record.gradient_norm)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnctl.config import Config as Config
    from rnnctl.config import load_config as load_config
    from rnnctl.model.recurrent import to_stock as to_stock
    from rnnctl.workflows.check import check as check
    from rnnctl.workflows.evaluate import evaluate as evaluate
    from rnnctl.workflows.forward import forward as forward
    from rnnctl.workflows.init import starter_config as starter_config
    from rnnctl.workflows.inspect_gradients import inspect_gradients as inspect_gradients
    from rnnctl.workflows.predict import predict as predict
    from rnnctl.workflows.resume import resume as resume
    from rnnctl.workflows.train import train as train
    from rnnctl.workflows.verify import verify as verify

__version__ = "0.1.0"

_HOMES = {
    "Config": "rnnctl.config",
    "load_config": "rnnctl.config",
    "ConfigError": "rnnctl.errors",
    "DataError": "rnnctl.errors",
    "NonFiniteError": "rnnctl.errors",
    "RnnctlError": "rnnctl.errors",
    "RunError": "rnnctl.errors",
    "evaluate": "rnnctl.workflows.evaluate",
    "check": "rnnctl.workflows.check",
    "forward": "rnnctl.workflows.forward",
    "inspect_gradients": "rnnctl.workflows.inspect_gradients",
    "predict": "rnnctl.workflows.predict",
    "resume": "rnnctl.workflows.resume",
    "starter_config": "rnnctl.workflows.init",
    "to_stock": "rnnctl.model.recurrent",
    "train": "rnnctl.workflows.train",
    "verify": "rnnctl.workflows.verify",
}

__all__ = [
    "Config",
    "ConfigError",
    "DataError",
    "NonFiniteError",
    "RnnctlError",
    "RunError",
    "__version__",
    "check",
    "evaluate",
    "forward",
    "inspect_gradients",
    "load_config",
    "predict",
    "resume",
    "starter_config",
    "to_stock",
    "train",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rnnctl' has no attribute {name!r}")
    if name == "to_stock":  # its room imports Keras at once, which is noisy unless the backend sees to it
        import_module("rnnctl.backend").start(deterministic=False)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
