"""Train recurrent networks from a YAML file, and see every gradient at every time step.

The public Python API is loaded on first use, so that importing the package costs nothing::

    import rnnctl

    for record in rnnctl.train_steps(rnnctl.load_config("configs/first-step.yaml")):
        print(record.step, record.loss, record.gradient_norm)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from rnnctl.workflows.check import check as check
    from rnnctl.workflows.evaluate import evaluate as evaluate
    from rnnctl.workflows.forward import forward as forward
    from rnnctl.workflows.init import starter_config as starter_config
    from rnnctl.workflows.inspect_gradients import inspect_gradients as inspect_gradients
    from rnnctl.workflows.predict import predict as predict
    from rnnctl.workflows.resume import resume_steps as resume_steps
    from rnnctl.workflows.train import train_steps as train_steps
    from rnnctl.workflows.verify import verify as verify

__version__ = "0.1.0"

_NAMES = {
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
    "rnnctl.workflows.check": ("check",),
    "rnnctl.workflows.evaluate": ("evaluate",),
    "rnnctl.workflows.forward": ("forward",),
    "rnnctl.workflows.init": ("starter_config",),
    "rnnctl.workflows.inspect_gradients": ("inspect_gradients",),
    "rnnctl.workflows.predict": ("predict",),
    "rnnctl.workflows.resume": ("resume_steps",),
    "rnnctl.workflows.train": ("train_steps",),
    "rnnctl.workflows.verify": ("verify",),
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE_OF)]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'rnnctl' has no attribute {name!r}")
    if name == "to_stock":  # its module imports Keras at once, which must happen through the backend
        import_module("rnnctl.backend").start(deterministic=False)
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
