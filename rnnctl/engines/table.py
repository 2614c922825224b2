"""The table of engines."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any

from rnnctl.util.registry import Registry


@dataclass(frozen=True)
class Engine:
    """An engine.

    Attributes:
        title: Its name in texts.
        network: Where its networks are, ``module:class``: a ``rnnctl.engines.network.Network``.
    """

    word: str
    title: str
    network: str

    @property
    def network_class(self) -> Any:
        """The class of its networks, with all that it imports."""
        return resolve_name(self.network)


def use_one_thread() -> None:
    """Has NumPy compute matrix products in one thread, if it is not imported yet.

    Bits then do not depend on the number of cores, and on a busy machine no thread waits for another one by spinning,
    which makes little work ten times as long.
    """
    if "numpy" not in sys.modules:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


NUMPY, TENSORFLOW = "numpy", "tensorflow"

ENGINES: Registry[Engine] = Registry(
    "engine",
    [
        Engine(NUMPY, "NumPy", "rnnctl.engines.numpy_network:NumpyNetwork"),
        Engine(TENSORFLOW, "TensorFlow", "rnnctl.engines.keras_network:KerasNetwork"),
    ],
)

AUTO = "auto"
"""The engine that the work to be done decides on."""
