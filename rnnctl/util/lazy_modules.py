"""Modules of TensorFlow that are loaded when something in them is first used, and others that are not looked for.

``import tensorflow`` runs 3,200 modules. The packages of its public names import what these names are for: TPUs,
TensorFlow Lite, all of version 1. Four in ten of the modules are needed by names alone that nothing here uses.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.abc import Loader
else:
    Loader = object  # importlib.abc imports fourteen modules, which help would wait for

own_process = False
"""Whether the process runs a command of rnnctl and nothing else; the command line sets it."""

_NAMES = "tensorflow._api.v2."
"""The packages of public names."""

_AT_ONCE = "tensorflow._api.v2.__internal__"
"""The one that loads TensorFlow itself."""

_TPU = "tensorflow.python.tpu.tpu"
"""What ``tf.config`` imports for TPUs, and with it their tracer: 39 modules."""

_UNUSED = "pandas"
"""What Keras imports where it is installed, to take its tables, which rnnctl never gives it."""


class LazyModule(ModuleType):
    """A module that is loaded when a name is looked for that it does not have yet."""

    def __getattr__(self, name: str) -> Any:
        """Loads the module, and finds the name in it."""
        _load(self)
        if type(self) is LazyModule:  # its own code looks for the name, while it is loaded
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)
        return getattr(self, name)

    def __dir__(self) -> list[str]:
        """Loads the module, and lists its names."""
        _load(self)
        return sorted(vars(self))


class LazyLoader(Loader):
    """Makes a module, and leaves loading it to the first use, in whichever thread that is."""

    def __init__(self, loader: Loader) -> None:
        self.loader, self.lock, self.begun = loader, RLock(), False

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Leaves it to Python to make the module."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Leaves the module empty."""
        module.__class__ = LazyModule


def _load(module: ModuleType) -> None:
    """Loads a module, unless it is loaded, or is being loaded by this thread."""
    spec: Any = module.__spec__
    lazy: LazyLoader = spec.loader
    with lazy.lock:
        if lazy.begun:
            return
        lazy.begun = True
        try:
            lazy.loader.exec_module(module)
        except BaseException:
            lazy.begun = False
            raise
        module.__class__ = ModuleType
        if (other := sys.modules[spec.name]) is not module:  # it put another one in its place
            package, _, own = spec.name.rpartition(".")
            setattr(sys.modules[package], own, other)


class LazyFinder:
    """Finds the modules that are loaded later."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of a module that is loaded later; None for any other one."""
        if name != _TPU and (not name.startswith(_NAMES) or name == _AT_ONCE):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


@contextmanager
def lean_imports() -> Iterator[None]:
    """In the block, TensorFlow and Keras are imported with as little as they need; what they lack is loaded later.

    Where rnnctl has the process for itself, Keras does not look for pandas either.
    """
    if LazyFinder not in sys.meta_path:
        sys.meta_path.insert(0, LazyFinder)
    hidden = own_process and _UNUSED not in sys.modules
    if hidden:
        sys.modules[_UNUSED] = None  # type: ignore[assignment] # which makes importing it an ImportError
    try:
        yield
    finally:
        if hidden:
            del sys.modules[_UNUSED]
